"""Shipped figures with their sources: standards, schedules, costs."""
