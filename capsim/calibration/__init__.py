"""Parameters of behaviour estimated from data."""
