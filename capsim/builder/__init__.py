"""A county from published totals: every table that a run needs."""
