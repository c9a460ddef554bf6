"""Steps of a year that read each other's work: review, transfers, companions and beds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.assemble import dimension_sizes
from capsim.choice.transfers import transfer
from capsim.county import enrolment, model, observe, works
from capsim.county.classes import ClassPlan
from capsim.county.county import build_county
from capsim.county.model import CountyModel
from capsim.county.population import COMPANION_AGES, FEMALE
from capsim.county.seats import distinct_places, places_in_classes

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


def model_of(changes=None, horizon=2019):
    scenario = capsim.load(BASELINE, {"years.horizon": horizon, **(changes or {})})
    county = build_county(scenario, replicates=1)
    return CountyModel(county, 0, sizes=dimension_sizes(county))


def test_the_review_sees_the_children_that_are_recorded(monkeypatch):
    """Children who left or moved this year count in the gap that demand-led schools answer."""
    seen = {}

    def review(county_model):
        seen[county_model.year] = observe.children_by_township(county_model)
        works.review(county_model)

    order = tuple((n, review if n == "review" else s) for n, s in model.YEARLY_ORDER)
    monkeypatch.setattr(model, "YEARLY_ORDER", order)
    county_model = model_of()
    county_model.run()
    for index, year in enumerate((2018, 2019), start=1):
        np.testing.assert_allclose(
            seen[year], county_model.record.get("children", index), rtol=1e-6
        )


def test_companions_go_where_their_household_goes():
    population = model_of().population
    group = population.persons[:, FEMALE, COMPANION_AGES].sum(axis=1)
    before = population.persons.sum()
    population.move_companions(np.array([3, 3, 4], np.int32), np.array([0, 1, 0], np.int32), 0.5)
    change = population.persons[:, FEMALE, COMPANION_AGES].sum(axis=1) - group
    np.testing.assert_allclose(change[[0, 1, 3, 4]], [1.0, 0.5, -1.0, -0.5])
    assert np.abs(np.delete(change, [0, 1, 3, 4])).max() == 0
    assert population.persons.sum() == pytest.approx(before)


def test_no_more_companions_leave_a_place_than_live_there():
    population = model_of().population
    population.persons[3, FEMALE, COMPANION_AGES] = 0.01
    population.move_companions(np.full(9, 3, np.int32), np.arange(9, dtype=np.int32) % 2, 1.0)
    assert population.persons.min() >= -1e-12
    assert population.persons[3, FEMALE, COMPANION_AGES].sum() == pytest.approx(0.0, abs=1e-12)


def test_transfers_take_the_places_of_a_shared_class_once():
    """Grades 2 and 3 share a class of 20 with 30 at most: ten movers fit, not ten a grade."""
    roll = np.array([[0, 10, 10, 0, 0, 0, 0, 0, 0]], np.int32)
    classes = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 0]], np.int32)
    column = np.arange(9, dtype=np.int8)[None].copy()
    column[0, 2] = 1
    plan = ClassPlan(classes, column)
    room = distinct_places(places_in_classes(roll, plan, (50, 50), largest_shared=30), plan)
    movers = 40
    accepted = transfer(
        np.zeros(movers, np.int32),
        np.full(movers, -1),
        np.tile([2, 3], movers // 2),
        np.arange(movers),
        room=room,
        vacated=np.zeros((1, 9), np.int64),
        one_out_one_in=[False],
    )
    assert accepted.sum() == 10


@pytest.mark.parametrize(
    ("boarding", "levels"),
    [
        ({}, [False, True]),
        ({"programme.boarding": {"lowest_grade": 1}}, [True, True]),
        ({"programme.boarding": {"enabled": False}}, [False, False]),
    ],
)
def test_only_grades_that_board_apply_for_beds(boarding, levels):
    county_model = model_of(boarding)
    families = county_model.families
    for level, wanted in enumerate(levels):
        rows = np.flatnonzero(families.grade(2017) == (1, 7)[level])
        asked = enrolment._applicants(county_model, rows, level).boards
        np.testing.assert_array_equal(asked, families.boards[rows] & wanted)
