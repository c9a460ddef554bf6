"""Replicates of scenarios run side by side, and where results come from."""
