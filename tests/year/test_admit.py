"""The admission season of a county: who counts as a sibling, and both levels in one pass or two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.core.dims import ENTRY_GRADES
from capsim.county.county import County, build_county
from capsim.county.families import PUBLIC
from capsim.year import admit
from capsim.year.model import CountyModel
from capsim.year.order import ORDER
from capsim.year.year import Year

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


def county(years: int) -> County:
    changes = {"years.horizon": 2017 + years, "demography.births.stress_paths": []}
    return build_county(capsim.load(BASELINE, changes), replicates=1)


@pytest.fixture(scope="module")
def before_admission() -> CountyModel:
    ready = county(1)
    model = CountyModel(ready, 0)
    model.state.year += 1
    year = Year(len(ready.schools), model.bureau)
    for step in ORDER[: ORDER.index(admit.admit)]:
        step(ready, model.state, year)
    return model


def test_siblings_are_children_of_the_household_who_are_at_school(before_admission):
    model = before_admission
    families = model.state.families
    grade = families.grade(model.state.year)
    entrants = [np.flatnonzero((grade == g) & (families.state == PUBLIC)) for g in ENTRY_GRADES]
    found = [
        admit._sibling_schools(model.state, level, rows) for level, rows in enumerate(entrants)
    ]
    by_household: dict[int, list[int]] = {}
    for row in np.flatnonzero(families.school >= 0):
        by_household.setdefault(int(families.household[row]), []).append(int(row))
    some = 0
    for rows, schools, entry in zip(entrants, found, ENTRY_GRADES, strict=True):
        teaches = model.state.schools.teaches[:, entry - 1]
        for row, school in zip(rows, schools, strict=True):
            attended = [
                int(families.school[other])
                for other in by_household.get(int(families.household[row]), [])
                if teaches[families.school[other]]
            ]
            assert school == (attended[0] if attended else -1)
            some += bool(attended)
    assert some > 20
