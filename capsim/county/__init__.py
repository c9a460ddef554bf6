"""The county in motion: families, schools, classes, teachers, buildings, the yearly order."""
