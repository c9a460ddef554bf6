"""Families choosing schools: travel, utility, admission and its rules, estimation."""
