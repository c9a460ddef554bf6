"""Attrition by cause: by hand, at random, and refusing what does not add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.core.catalogue import ATTRITION_CAUSES, PUPIL_CAUSES
from capsim.schools.village_attrition import VillageCounts, decompose_attrition, village_counts

CAUSE = {name: k for k, name in enumerate(ATTRITION_CAUSES)}
FLOW = {name: k for k, name in enumerate(PUPIL_CAUSES)}


def counts(**primary):
    """Counts of the primary level; junior all zero."""
    values = {name: np.zeros(2, np.int64) for name in VillageCounts.__dataclass_fields__}
    for name, value in primary.items():
        values[name] = np.array([value, 0])
    return VillageCounts(**values)


def causes(table, level=0):
    return {name: int(table[level, k]) for name, k in CAUSE.items() if table[level, k]}


def test_smaller_cohorts_alone():
    # 20 finish grade 6, 14 are due and all enter.
    table = decompose_attrition(counts(before=100, after=94, finished=20, due=14, entered=14))
    assert causes(table) == {"fewer_births": 6}


def test_growing_cohorts_have_the_other_sign():
    table = decompose_attrition(counts(before=100, after=105, finished=10, due=15, entered=15))
    assert causes(table) == {"fewer_births": -5}


def test_every_cause_at_once_by_hand():
    # Due 30: 4 moved to town, 2 lost by closure, 1 dropped out, 18 entered with 3 from outside:
    # 30 - 4 - 2 - 1 - 18 = 5 chose elsewhere. Lost: 25 - 18 + 6 + 7 + 2 + 8 + 1 - 3 - 4 = 24.
    table = decompose_attrition(
        counts(
            before=200,
            after=176,
            finished=25,
            due=30,
            entered=18,
            due_moved_to_town=4,
            due_lost_by_closure=2,
            due_dropped_out_or_died=1,
            left_county=6,
            moved_to_town=7,
            dropped_out_or_died=2,
            closure=8,
            transferred_out=1,
            transferred_in=3,
            arrived=4,
        )
    )
    assert causes(table) == {
        "fewer_births": -5,
        "left_county": 6,
        "moved_to_town": 11,
        "closure": 10,
        "chose_elsewhere": 3,
        "dropped_out_or_died": 3,
        "arrivals": -4,
    }
    assert table[0].sum() == 24


def test_what_does_not_add_up_is_refused():
    with pytest.raises(ArithmeticError, match="1 primary and 0 junior"):
        decompose_attrition(counts(before=100, after=99))


def test_counts_need_both_levels():
    with pytest.raises(ValueError, match="before must have one count"):
        replace(counts(), before=np.zeros(3, np.int64))


# From the flows of schools ------------------------------------------------------------------


class Year:
    """Two village schools (0, 1) and a town school (2), with a year that is written down."""

    def __init__(self, last_grade=(6, 6, 6)):
        self.before = np.zeros((3, 9), np.int64)
        self.before[:, :6] = 10
        self.last_grade = np.array(last_grade)
        for row, last in enumerate(last_grade):
            self.before[row, last:] = 0
        self.flows = np.zeros((3, 9, len(PUPIL_CAUSES)), np.int64)
        # Everybody moves up; those of grade 6 leave.
        moving = self.before[:, :8].copy()
        moving[:, 5] = 0
        self.flows[:, :8, FLOW["promoted_out"]] = moving
        self.flows[:, 1:, FLOW["promoted_in"]] = moving
        self.flows[:, 5, FLOW["promoted_out"]] = self.before[:, 5]
        self.due = np.zeros(2, np.int64)

    def add(self, cause, school, grade, pupils):
        self.flows[school, grade - 1, FLOW[cause]] += pupils

    def after(self):
        sign = np.array(
            [
                1 if name in ("entered", "promoted_in", "moved_in", "reassigned_in", "arrived")
                else -1
                for name in PUPIL_CAUSES
            ]
        )  # fmt: skip
        return self.before + (self.flows * sign).sum(axis=2)

    def causes(self, level=0, **more):
        table = decompose_attrition(
            village_counts(
                self.flows,
                roll_before=self.before,
                roll_after=self.after(),
                in_village=np.array([True, True, False]),
                last_grade_before=self.last_grade,
                due=self.due,
                **more,
            )
        )
        return causes(table, level)


def test_a_steady_village_loses_nobody():
    year = Year()
    year.due[0] = 20
    year.add("entered", 0, 1, 10)
    year.add("entered", 1, 1, 10)
    assert year.causes() == {}


def test_a_closure_counts_only_those_who_leave_village_schools():
    year = Year()
    year.due[0] = 20
    year.add("entered", 1, 1, 20)
    for grade in range(2, 7):
        year.add("reassigned_out", 0, grade, 10)
        year.add("reassigned_in", 1, grade, 6)
        year.add("reassigned_in", 2, grade, 4)
    assert year.causes() == {"closure": 5 * 4}


def test_children_due_at_a_closed_campus():
    year = Year()
    year.due[0] = 20
    year.add("entered", 1, 1, 12)
    assert year.causes(due_lost_by_closure=(5, 0)) == {"closure": 5, "chose_elsewhere": 3}


def test_finishing_a_teaching_point_is_no_closure():
    # School 0 is a teaching point: its ten pupils of grade 3 go on to the village school 1.
    year = Year(last_grade=(3, 6, 6))
    year.due[0] = 20
    year.add("entered", 0, 1, 10)
    year.add("entered", 1, 1, 10)
    year.add("reassigned_out", 0, 4, 10)
    year.add("reassigned_in", 1, 4, 10)
    # Ten left grade 6 of school 1, ten entered each school: the villages have ten more.
    assert year.causes(reassigned_in_after_finishing=(10, 0)) == {"fewer_births": -10}


def test_finishing_a_teaching_point_for_a_town_school_is_finishing():
    year = Year(last_grade=(3, 6, 6))
    year.due[0] = 20
    year.add("entered", 0, 1, 10)
    year.add("entered", 1, 1, 10)
    year.add("reassigned_out", 0, 4, 10)
    year.add("reassigned_in", 2, 4, 10)
    assert year.causes() == {}


def test_grades_that_end_by_conversion_are_closure():
    # A school that taught 1-6 last year and keeps grades 1-3: grades 4-6 are driven out.
    year = Year()
    year.due[0] = 20
    year.add("entered", 0, 1, 10)
    year.add("entered", 1, 1, 10)
    for grade in (4, 5, 6):
        year.add("reassigned_out", 0, grade, 10)
        year.add("reassigned_in", 2, grade, 10)
    assert year.causes() == {"closure": 30}


def test_moves_leavers_and_arrivals():
    year = Year()
    year.due[0] = 20
    year.add("entered", 0, 1, 8)
    year.add("entered", 1, 1, 9)
    year.add("moved_out", 0, 3, 2)
    year.add("left_county", 1, 4, 3)
    year.add("died", 1, 5, 1)
    year.add("dropped_out", 0, 6, 1)
    year.add("arrived", 0, 2, 4)
    year.add("reassigned_in", 1, 2, 1)
    assert year.causes(due_moved_to_town=(2, 0), reassigned_in_from_nowhere=(1, 0)) == {
        "left_county": 3,
        "moved_to_town": 4,
        "chose_elsewhere": 1,
        "dropped_out_or_died": 2,
        "arrivals": -5,
    }


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_the_causes_always_add_up_to_the_loss(seed):
    rng = np.random.default_rng(seed)
    year = Year()
    year.flows += rng.integers(0, 4, year.flows.shape)
    year.due = rng.integers(0, 50, 2)
    finishing = rng.integers(0, 5, 2)
    table = decompose_attrition(
        village_counts(
            year.flows,
            roll_before=year.before,
            roll_after=year.after(),
            in_village=np.array([True, True, False]),
            last_grade_before=rng.integers(0, 10, 3),
            due=year.due,
            due_moved_to_town=rng.integers(0, 9, 2),
            due_lost_by_closure=rng.integers(0, 9, 2),
            due_dropped_out_or_died=rng.integers(0, 9, 2),
            reassigned_in_after_finishing=finishing,
            reassigned_in_from_nowhere=rng.integers(0, 9, 2),
        )
    )
    lost = year.before[:2] - year.after()[:2]
    assert table[0].sum() == lost[:, :6].sum()
    assert table[1].sum() == lost[:, 6:].sum()
