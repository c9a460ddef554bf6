"""Settings of all tests, and the way to the cases that tests of this folder share."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# Machines differ in speed: no property fails for being slow.
settings.register_profile("capsim", deadline=None)
settings.load_profile("capsim")
