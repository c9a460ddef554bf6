"""What a year does to a county: the steps and their order."""
