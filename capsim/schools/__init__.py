"""The rules of schools as pure functions: quality, groups, buses, small schools."""
