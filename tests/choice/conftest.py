"""Lets the tests of this folder share the cases of rules_cases.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
