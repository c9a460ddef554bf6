"""Scenarios: the YAML vocabulary, its loading and checking, and the tables of a county."""
