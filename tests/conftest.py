"""Settings of all tests."""

from hypothesis import settings

# Machines differ in speed: no property fails for being slow.
settings.register_profile("capsim", deadline=None)
settings.load_profile("capsim")
