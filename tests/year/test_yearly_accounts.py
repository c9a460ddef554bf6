"""The ledgers of a run: heads, seats and causes balance every year, and county = sum of places."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from runs import with_attrition

import capsim
from capsim.core.catalogue import ATTRITION_CAUSES
from capsim.core.dims import SCHOOL_AGES
from capsim.county.county import County, build_county
from capsim.county.families import DROPPED_OUT, NO_SCHOOL, PUBLIC

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"
YEARS = 6
CASES = {
    "as reported": ("baseline.yaml", {}),
    "growing, with a private school": (
        "private_school.yaml",
        {"choice.arriving.rate_by_grade": [0.06, 0.04, 0.04, 0.04, 0.04, 0.04, 0.08, 0.03, 0.02]},
    ),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def county(request: pytest.FixtureRequest) -> County:
    file, changes = request.param
    scenario = capsim.load(JIAJIANG / file, {"years.horizon": 2017 + YEARS, **changes})
    return build_county(scenario, replicates=3)


@pytest.fixture(scope="module")
def states(county: County) -> list[dict[str, object]]:
    """One replicate, with what each step left behind."""
    fresh, attrition = with_attrition(county, 1)
    kept: list[dict[str, object]] = []
    before = fresh.state.schools.roll.copy()
    for _ in range(YEARS):
        fresh.step()
        kept.append(
            {
                "before": before,
                "after": fresh.state.schools.roll.copy(),
                "flows": fresh.this_year.flows.counts.copy(),
                "families": fresh.state.families.copy(),
                "year": fresh.state.year,
                "attrition": attrition.lost(),
                "classes": fresh.state.class_plan.classes.copy(),
                "persons": fresh.state.population.persons.copy(),
                "teacher_flows": fresh.state.staff.flows.copy(),
                "teachers": fresh.state.staff.present.copy(),
            }
        )
        before = fresh.state.schools.roll.copy()
    return kept


def test_every_change_of_a_roll_has_a_cause(states: list[dict]) -> None:
    for state in states:
        change = state["after"] - state["before"]
        np.testing.assert_array_equal(change, state["flows"].sum(axis=2))


def test_rolls_are_the_children_of_the_ledger(states: list[dict]) -> None:
    for state in states:
        families = state["families"]
        seated = families.school >= 0
        counted = np.zeros_like(state["after"])
        grade = families.grade(state["year"])
        np.add.at(counted, (families.school[seated], grade[seated] - 1), 1)
        np.testing.assert_array_equal(counted, state["after"])


def test_a_child_is_in_exactly_one_place(states: list[dict]) -> None:
    for state in states:
        families = state["families"]
        assert len(np.unique(families.identity)) == len(families)
        assert (families.school[families.state != PUBLIC] == NO_SCHOOL).all()
        assert set(np.unique(families.state)) <= set(range(DROPPED_OUT + 1))
        grade = families.grade(state["year"])
        assert grade.min() >= 1
        assert grade.max() <= 9


def test_the_projection_holds_the_ledger_at_school_ages(states: list[dict]) -> None:
    for state in states:
        ages = state["persons"][:, :, SCHOOL_AGES[0] : SCHOOL_AGES[-1] + 1]
        assert ages.sum() == len(state["families"])


def test_attrition_adds_up_to_the_loss_of_village_pupils(
    states: list[dict], county: County
) -> None:
    village = county.schools.settlement_kind == 2
    for state in states:
        loss = (state["before"] - state["after"])[village]
        by_level = [loss[:, :6].sum(), loss[:, 6:].sum()]
        assert state["attrition"].shape == (2, len(ATTRITION_CAUSES))
        np.testing.assert_array_equal(state["attrition"].sum(axis=1), by_level)


def test_teachers_balance(states: list[dict], county: County) -> None:
    for first, second in itertools.pairwise(states):
        change = second["teachers"] - first["teachers"]
        np.testing.assert_array_equal(change, second["teacher_flows"].sum(axis=2))


def test_no_admission_lifts_a_class_above_the_hard_cap(states: list[dict]) -> None:
    for state in states:
        entry = [0, 6]
        classes, roll = state["classes"][:, entry], state["after"][:, entry]
        assert (roll[classes > 0] <= 55 * classes[classes > 0]).all()
