"""What everything stands on: errors, dimensions, draws, the catalogue of results, small helpers."""
