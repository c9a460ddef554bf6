"""Ages of places: what is known is met, moves make towns younger, and the switch is off at 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.core.dims import SETTLEMENT_KINDS
from capsim.county.age_structure import carried_to, rake
from capsim.county.county import County, build_county

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"
TOWN, VILLAGE = SETTLEMENT_KINDS.index("county_town"), SETTLEMENT_KINDS.index("village")


def county(**changes: object) -> County:
    settings = {
        "years.horizon": 2018,
        "demography.births.stress_paths": [],
        "demography.migration.history_years": 20,
        **changes,
    }
    return build_county(capsim.load(BASELINE, settings), replicates=1)


def shares(built: County) -> np.ndarray:
    """Share of the county town in the women of 20-34 and in all residents."""
    town = built.geography.cell_kind == TOWN
    women = built.persons[:, 0, 20:35].sum(axis=1)
    people = built.persons.sum(axis=(1, 2))
    return np.array([women[town].sum() / women.sum(), people[town].sum() / people.sum()])


def test_raking_meets_places_and_ages_by_hand():
    """Two places, one sex, two ages: margins 6 and 4, 5 and 5, from a table of 3 1 / 1 3."""
    start = np.array([[[3.0, 1.0]], [[1.0, 3.0]]])
    found = rake(start, np.array([6.0, 4.0]), np.array([[5.0, 5.0]]))
    assert found.sum(axis=(1, 2)) == pytest.approx([6.0, 4.0])
    assert found.sum(axis=0)[0] == pytest.approx([5.0, 5.0])
    odds = found[0, 0, 0] * found[1, 0, 1] / (found[0, 0, 1] * found[1, 0, 0])
    assert odds == pytest.approx(9.0)


def test_the_county_keeps_its_ages_and_places_their_people():
    fitted, plain = county(), county(**{"demography.migration.history_years": 0})
    young = slice(15, 101)  # children of school age are whole persons and follow the rolls
    assert fitted.persons[..., young].sum(axis=0) == pytest.approx(
        plain.persons[..., young].sum(axis=0)
    )


def test_moves_make_the_town_younger_than_the_villages():
    (women, people), (plain_women, plain_people) = (
        shares(county()),
        shares(county(**{"demography.migration.history_years": 0})),
    )
    assert plain_women == pytest.approx(plain_people, abs=0.01)
    assert women > people + 0.05


def test_cohorts_are_carried_along_the_diagonal():
    census = np.arange(101.0)
    assert carried_to(census, 3)[10] == 7.0
    assert carried_to(census, -3)[10] == 13.0
