"""Explanations of an admission, from a small dataset written out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from capsim.admission.outcomes import OUTCOMES, ROUNDS
from capsim.core.errors import InvalidInput
from capsim.reporting.explain import explain_area, explain_school

REPLICATES = 10


@pytest.fixture
def data():
    """One scenario, ten replicates, 2017-2018, two schools of one township, primary level.

    School a offers 90 seats and is full in the zone round in all replicates, at tier 3 with
    lottery 0.40 to 0.49, and in placement in half of them at 2.5 km. School b never fills. Of 120
    children 90 enter the zone school, 20 to 29 are placed because it was full, 2 are unplaced.
    """
    shape = {"scenario": 1, "replicate": REPLICATES, "year": 2, "level": 2}
    cutoff = (*shape.values(), 2, len(ROUNDS))
    dims = (*shape, "school", "round")
    tier, score = np.full(cutoff, np.nan), np.full(cutoff, np.nan)
    tier[:, :, 1, 0, 0, ROUNDS.index("zone")] = 3
    score[0, :, 1, 0, 0, ROUNDS.index("zone")] = 0.40 + np.arange(REPLICATES) / 100
    score[0, :5, 1, 0, 0, ROUNDS.index("placement")] = 2.5
    outcomes = np.zeros((*shape.values(), 1, 3, len(OUTCOMES)))
    cell = outcomes[0, :, 1, 0, 0, 2]
    cell[:, OUTCOMES.index("zone")] = 90
    cell[:, OUTCOMES.index("placed_zone_full")] = 20 + np.arange(REPLICATES)
    cell[:, OUTCOMES.index("unplaced_full")] = 2
    seats = np.zeros((*shape.values(), 2))
    seats[:, :, 1, 0] = 90, 40
    by_school = (*shape, "school")
    tiers = ["sibling", "hukou_and_home", "hukou", "home"]
    rules = {"scenarios": {"base": {"enrolment": {"tiers": tiers, "tie_break": "lottery"}}}}
    return xr.Dataset(
        {
            "cutoff_tier": (dims, tier),
            "cutoff_score": (dims, score),
            "outcomes": ((*shape, "township", "settlement_kind", "outcome"), outcomes),
            "seats_offered": (by_school, seats),
            "entrants": (by_school, seats),
        },
        coords={
            "scenario": ["base"],
            "year": [2017, 2018],
            "level": ["primary", "junior"],
            "school": ["a", "b"],
            "round": list(ROUNDS),
            "township": ["hill"],
            "township_name": ("township", ["Hill"]),
            "township_name_zh": ("township", ["山"]),
            "outcome": list(OUTCOMES),
            "name": ("school", ["School A", "School B"]),
            "name_zh": ("school", ["甲校", "乙校"]),
            "school_township": ("school", ["hill", "hill"]),
        },
        attrs={"provenance": json.dumps(rules)},
    )


def test_a_full_school(data):
    told = explain_school(data, "a", level="primary", year=2018)
    assert told.title == "School A, primary, 2018 (base)"
    assert told.sentences[0] == "90 seats offered, 90 children admitted."
    assert told.table["Round"] == ["Zone round", "Placement by distance"]
    assert told.table["Full in"] == ["100%", "50%"]
    # The median of 0.40 to 0.49 is 0.445.
    assert told.table["Last admitted"][0] in (
        "tier 3 (hukou in the zone), lottery 0.44",
        "tier 3 (hukou in the zone), lottery 0.45",
    )
    assert told.table["Last admitted"][1] == "2.5 km"


def test_a_school_with_seats_left(data):
    told = explain_school(data, "b", level="primary", year=2018)
    assert told.sentences[1].startswith("No round filled the school")
    assert told.text().splitlines()[0] == "School B, primary, 2018 (base)"


def test_why_children_were_placed_elsewhere(data):
    """90 of a median of 116.5 children got their zone school: 77 %; 2 unplaced are not counted
    out."""
    told = explain_area(data, "hill", level="primary", year=2018)
    assert told.title == "Hill, primary, 2018 (base)"
    assert "77% entered a school of their zone" in told.sentences[0]
    assert "Placed: the zone school was full: 24 [21-28]" in told.sentences[1]
    assert "all schools in reach are full: <5" in told.sentences[1]
    assert "School A (tier 3 (hukou in the zone), lottery 0.4" in told.sentences[2]
    assert "School B" not in told.sentences[2]
    assert told.table["Children"] == ["90", "24 [21-28]", "<5"]
    assert told.table["Share"] == ["77%", "21%", ""]
    assert list(told.frame().columns) == ["Outcome", "Children", "Share"]


def test_in_chinese(data):
    told = explain_school(data, "a", level="primary", year=2018, lang="zh")
    assert told.title == "甲校, 小学, 2018 (base)"
    assert "第3顺位（仅有户籍），摇号" in told.table["末位录取"][0]
    assert explain_area(data, "hill", level="primary", year=2018, lang="zh").title.startswith("山")


def test_columns_of_chinese_text_line_up(data):
    lines = explain_area(data, "hill", level="primary", year=2018, lang="zh").text().splitlines()
    table = lines[lines.index("") + 1 :]

    def column(line, text):
        return sum(2 if ord(c) > 0x2E80 else 1 for c in line[: line.index(text)])

    assert column(table[0], "人数") == column(table[1], "90")


def test_nobody_applied(data):
    told = explain_area(data, "hill", level="junior", year=2018)
    assert told.sentences == ("Nobody applied.",)


def test_everything_wrong_is_named_at_once(data):
    with pytest.raises(InvalidInput) as error:
        explain_school(data, "c", level="middle", year=2017, scenario="bass")
    assert len(error.value.problems) == 4
    assert "base year" in str(error.value)
    with pytest.raises(InvalidInput, match='did you mean "hill"'):
        explain_area(data, "hil", level="primary", year=2018)
