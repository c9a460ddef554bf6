"""Classes: rooms, formation, sizes, seats offered."""
