"""The band that stands beside every number: four futures in five lie within it."""

from __future__ import annotations

from typing import Final

BAND: Final = (0.1, 0.5, 0.9)
"""Lower end, median and upper end of the 80 % band over replicates."""
