"""Forecasts of rolls, and how good forecasts are."""
