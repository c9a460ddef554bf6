"""Steps of a year that read each other's work: review, transfers, companions and beds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from runs import recorded

import capsim
from capsim.admission.transfers import transfer
from capsim.core.catalogue import PUPIL_CAUSES
from capsim.county.county import build_county
from capsim.county.population import COMPANION_AGES, FEMALE
from capsim.schools.classes.formation import ClassPlan
from capsim.schools.classes.seats import places_in_classes
from capsim.schools.staffing.teachers import quality_counts
from capsim.year import admit, order
from capsim.year.model import CountyModel
from capsim.year.review import review, still_filling

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


def model_of(changes=None, horizon=2019):
    scenario = capsim.load(BASELINE, {"years.horizon": horizon, **(changes or {})})
    county = build_county(scenario, replicates=1)
    return CountyModel(county, 0)


def test_the_review_sees_the_children_that_are_recorded(monkeypatch):
    """Children who left or moved this year count in the gap that demand-led schools answer."""
    seen = {}

    def watched(county, state, year):
        seen[state.year] = state.children_by_cell().sum(axis=0)
        review(county, state, year)

    steps = tuple(watched if step is review else step for step in order.ORDER)
    monkeypatch.setattr(order, "ORDER", steps)
    _, recorder = recorded(model_of().county)
    for index, year in enumerate((2018, 2019), start=1):
        found = recorder.record.get("children", index).sum(axis=0)
        np.testing.assert_allclose(seen[year], found, rtol=1e-6)


def test_the_numbers_of_kin_stand_for_households():
    """Each number belongs to one household and each household has one number, newcomers too."""
    county_model = model_of({"choice.arriving.rate_by_grade": [0.05] * 9}, horizon=2021)
    for _ in range(4):
        families = county_model.state.families
        pairs = np.unique(np.stack([families.household, families.kin.astype(np.uint64)]), axis=1)
        assert len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]
        assert pairs.shape[1] < len(families)  # some have siblings
        county_model.step()


def test_companions_go_where_their_household_goes():
    population = model_of().state.population
    group = population.persons[:, FEMALE, COMPANION_AGES].sum(axis=1)
    before = population.persons.sum()
    population.move_companions(np.array([3, 3, 4], np.int32), np.array([0, 1, 0], np.int32), 0.5)
    change = population.persons[:, FEMALE, COMPANION_AGES].sum(axis=1) - group
    np.testing.assert_allclose(change[[0, 1, 3, 4]], [1.0, 0.5, -1.0, -0.5])
    assert np.abs(np.delete(change, [0, 1, 3, 4])).max() == 0
    assert population.persons.sum() == pytest.approx(before)


def test_no_more_companions_leave_a_place_than_live_there():
    population = model_of().state.population
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
    room = places_in_classes(roll, plan, (50, 50), largest_shared=30)
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
    county, state = county_model.county, county_model.state
    families = state.families
    entrants = [np.flatnonzero(families.grade(2017) == grade) for grade in (1, 7)]
    for level, (rows, wanted) in enumerate(zip(entrants, levels, strict=True)):
        asked = admit._applicants(county, state, level, rows).boards
        np.testing.assert_array_equal(asked, families.boards[rows] & wanted)


def test_quality_is_missing_where_a_level_is_not_taught():
    """A number there would read as a school of average quality."""
    county_model, recorder = recorded(model_of(horizon=2018).county)
    schools = county_model.state.schools
    taught = schools.teaches_level() & schools.is_open[:, None]
    assert taught.any(axis=0).all()
    assert not taught.all(axis=0).any()
    for index in (0, 1):
        found = np.isfinite(recorder.record.get("quality", index))
        np.testing.assert_array_equal(found, taught)


def test_pupils_of_every_settlement_balance():
    """Heads followed by identity, home by home, are the flows that schools have booked."""
    county_model = model_of({"choice.arriving.rate_by_grade": [0.05] * 9}, horizon=2022)
    homes = len(county_model.county.geography.settlements)
    while county_model.state.year < 2022:
        old, year = county_model.state.families.copy(), county_model.state.year
        county_model.step()
        new = county_model.state.families
        _, at_old, at_new = np.intersect1d(old.identity, new.identity, return_indices=True)
        was, now = old.school >= 0, new.school >= 0
        grade = old.grade(year)
        stays, came = np.zeros(len(old), bool), np.ones(len(new), bool)
        stays[at_old], came[at_new] = True, False
        finishing = np.isin(grade, (6, 9))
        causes = {
            "graduated": was & finishing,
            "gone": was & ~finishing & ~stays,
            "lost": np.zeros(len(old), bool),
        }
        causes["lost"][at_old] = (was & ~finishing)[at_old] & ~now[at_new]
        joins = {
            "entered": now & np.isin(new.grade(year + 1), (1, 7)),
            "arrived": now & came & ~np.isin(new.grade(year + 1), (1, 7)),
        }
        regains = np.zeros(len(new), bool)
        regains[at_new] = (now & ~np.isin(new.grade(year + 1), (1, 7)))[at_new] & ~was[at_old]

        def by_home(settlement, rows):
            return np.bincount(settlement[rows], minlength=homes)

        moved = was[at_old] & now[at_new] & ~finishing[at_old]
        moves = by_home(new.settlement[at_new], moved) - by_home(old.settlement[at_old], moved)
        change = by_home(new.settlement, now) - by_home(old.settlement, was)
        expected = moves + by_home(new.settlement, regains)
        expected += sum(by_home(new.settlement, rows) for rows in joins.values())
        expected -= sum(by_home(old.settlement, rows) for rows in causes.values())
        np.testing.assert_array_equal(change, expected)
        assert moves.sum() == 0
        booked = {name: int(county_model.this_year.flows.of(name).sum()) for name in PUPIL_CAUSES}
        assert causes["graduated"].sum() == -booked["graduated"]
        assert causes["gone"].sum() == -booked["died"] - booked["left_county"]
        assert joins["entered"].sum() == booked["entered"]
        assert joins["arrived"].sum() == booked["arrived"] > 0
        assert booked["moved_in"] == -booked["moved_out"] > 0
        out = -booked["dropped_out"] - booked["reassigned_out"] - booked["reassigned_in"]
        assert causes["lost"].sum() - regains.sum() == out


def test_a_new_school_has_the_years_of_its_level_to_fill():
    """Opened in 2018, a primary school has had all six grades in 2023, a junior one in 2020."""
    county_model = model_of()
    taught = county_model.state.schools.teaches_level()
    primary, junior = int(taught[:, 0].argmax()), int(taught[:, 1].argmax())
    county_model.state.opened_in[[primary, junior]] = 2018
    filling = {}
    for year in range(2018, 2025):
        county_model.state.year = year
        filling[year] = still_filling(county_model.state)
    assert [y for y in filling if filling[y][primary]] == [2018, 2019, 2020, 2021, 2022]
    assert [y for y in filling if filling[y][junior]] == [2018, 2019]
    assert filling[2018].sum() == 2


def test_what_is_remembered_within_a_year_is_what_would_be_worked_out_anew(monkeypatch):
    """The teachers present and their qualities, after every step."""
    seen = []

    def checked(step):
        def then_check(county, state, year):
            step(county, state, year)
            staff, name = state.staff, step.__name__
            np.testing.assert_array_equal(staff.present, staff.heads(), name)
            qualities = quality_counts(staff.teachers, len(state.schools))
            np.testing.assert_array_equal(staff.quality_counts(), qualities, name)
            seen.append(int(state.schools.open_levels().sum()))

        return then_check

    number = len(order.ORDER)
    monkeypatch.setattr(order, "ORDER", tuple(checked(step) for step in order.ORDER))
    scenario = capsim.load(BASELINE.with_name("all_measures.yaml"), {"years.horizon": 2028})
    CountyModel(build_county(scenario, replicates=1), 0).run_model()
    assert len(seen) == 11 * number
    assert len(set(seen)) > 2  # schools open and close on the way
