"""The sections of the report, as content."""
