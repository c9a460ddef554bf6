"""Forecasts of children: projection, births, progression ratios, entry cohorts."""
