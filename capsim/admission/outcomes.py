"""Names of the rounds of admission and of what can come of an application."""

from __future__ import annotations

from typing import Final, NamedTuple


class Label(NamedTuple):
    """A code with its labels for people.

    Attributes
    ----------
    name : str
        Coordinate in the dataset.
    en, zh : str
        Labels.
    """

    name: str
    en: str
    zh: str


_ROUND_LABELS = (
    Label("direct", "Direct promotion", "直升"),
    Label("zone", "Zone round", "划片录取"),
    Label("private", "Private lottery", "民办摇号"),
    Label("private_losers", "Those who lost the private lottery", "民办落选补录"),
    Label("migrant_points", "Migrant children by points", "随迁子女积分"),
    Label("placement", "Placement by distance", "统筹安排"),
    Label("boarding", "Placement as boarder", "寄宿安排"),
    Label("emergency", "Seats up to the hard cap", "应急学位"),
)
ROUND_LABELS: Final = _ROUND_LABELS
"""Rounds in the order in which they are held."""
ROUNDS: Final = tuple(label.name for label in _ROUND_LABELS)
"""Names of the rounds: the coordinate `round`."""

DIRECT, ZONE, PRIVATE, PRIVATE_LOSERS, MIGRANT_POINTS, PLACEMENT, BOARDING, EMERGENCY = range(8)

OUTCOME_LABELS: Final = (
    Label("direct_promotion", "Promoted directly", "直升录取"),
    Label("zone", "Zone school, first on the list", "划片录取（第一志愿）"),
    Label("zone_later_choice", "Zone school, not first on the list", "划片录取（非第一志愿）"),
    Label("private", "Private school", "民办录取"),
    Label("zone_after_private", "Zone school after a lost private lottery", "民办落选后划片补录"),
    Label("migrant_points", "By points, as a migrant child", "随迁子女积分录取"),
    Label("placed_zone_full", "Placed: the zone school was full", "统筹安排（片区学位已满）"),
    Label("placed_no_bed", "Placed: no bed at the zone school", "统筹安排（床位不足）"),
    Label("placed_after_private", "Placed after a lost private lottery", "统筹安排（民办落选）"),
    Label("placed_points_low", "Placed: points did not suffice", "统筹安排（积分不足）"),
    Label(
        "placed_no_zone",
        "Placed: no zone school would take the child",
        "统筹安排（无片区学校可报）",
    ),
    Label("boarding", "Placed as boarder beyond daily reach", "统筹安排（寄宿）"),
    Label("emergency_zone", "Zone school above the class cap", "片区学校应急学位"),
    Label("emergency_elsewhere", "Another school above the class cap", "其他学校应急学位"),
    Label("unplaced_full", "No seat: all schools in reach are full", "未安置（可达学校已满）"),
    Label("unplaced_out_of_reach", "No seat: no school in reach", "未安置（无可达学校）"),
)
"""Outcomes in the order of their codes."""
OUTCOMES: Final = tuple(label.name for label in OUTCOME_LABELS)
"""Names of the outcomes: the coordinate `outcome`."""
CODE: Final = {name: code for code, name in enumerate(OUTCOMES)}
"""Code of each outcome."""
UNPLACED: Final = tuple(CODE[name] for name in OUTCOMES if name.startswith("unplaced"))
"""Codes of children left without a seat."""
ZONE_OUTCOMES: Final = (CODE["zone"], CODE["zone_later_choice"], CODE["zone_after_private"])
"""Codes of children admitted in the zone round or after it for a zone school."""
