"""The sections of a scenario: every parameter with default, unit, source and mark."""
