"""Names of the rounds of admission and of what can come of an application.

What they are called for people stands in ``texts/<language>/admission.yaml``.
"""

from __future__ import annotations

from typing import Final

ROUNDS: Final = (
    "direct",
    "zone",
    "private",
    "private_losers",
    "migrant_points",
    "placement",
    "boarding",
    "emergency",
)
"""Rounds in the order in which they are held: the coordinate `round`."""

DIRECT, ZONE, PRIVATE, PRIVATE_LOSERS, MIGRANT_POINTS, PLACEMENT, BOARDING, EMERGENCY = range(8)

OUTCOMES: Final = (
    "direct_promotion",
    "zone",
    "zone_later_choice",
    "private",
    "zone_after_private",
    "migrant_points",
    "placed_zone_full",
    "placed_no_bed",
    "placed_after_private",
    "placed_points_low",
    "placed_no_zone",
    "boarding",
    "emergency_zone",
    "emergency_elsewhere",
    "unplaced_full",
    "unplaced_out_of_reach",
)
"""Outcomes in the order of their codes: the coordinate `outcome`."""
CODE: Final = {name: code for code, name in enumerate(OUTCOMES)}
"""Code of each outcome."""
UNPLACED: Final = tuple(CODE[name] for name in OUTCOMES if name.startswith("unplaced"))
"""Codes of children left without a seat."""
ZONE_OUTCOMES: Final = (CODE["zone"], CODE["zone_later_choice"], CODE["zone_after_private"])
"""Codes of children admitted in the zone round or after it for a zone school."""
