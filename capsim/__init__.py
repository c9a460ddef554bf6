"""capsim: forecasts of school capacity for county education bureaus."""

__version__ = "0.1.0"
