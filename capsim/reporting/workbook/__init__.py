"""The workbook of projections as sheets."""
