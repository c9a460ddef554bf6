"""The review of small village schools."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.core.dims import SCHOOL_KINDS
from capsim.scenario.options.programme import BoardingOptions, BusOptions, SmallSchoolOptions
from capsim.schools.small_schools import (
    SchoolSnapshot,
    bus_range_km,
    count_small_years,
    review_small_schools,
)

CAP = (45.0, 50.0)
POINT = SCHOOL_KINDS.index("teaching_point")
PRIMARY = SCHOOL_KINDS.index("primary")
CENTRE = 0  # a big school in the township seat; the others are village schools


def county(pupils, x_km, *, rooms=6, beds=0, kinds=None, protected=()):
    """Primary schools on a line; school 0 is no village school. `pupils` per grade."""
    n = len(pupils)
    roll = np.zeros((n, 9), np.int32)
    roll[:, :6] = np.asarray(pupils)[:, None]
    teaches = np.zeros((n, 9), bool)
    teaches[:, :6] = True
    kind = np.array(kinds or [PRIMARY] * n, np.int32)
    teaches[kind == POINT, 3:] = False
    roll[~teaches] = 0
    flags = np.zeros(n, bool)
    flags[list(protected)] = True
    x = np.asarray(x_km, float)
    snapshot = SchoolSnapshot(
        roll=roll,
        rooms=np.array([[12, 0]] + [[rooms, 0]] * (n - 1), np.int32),
        teaches=teaches,
        is_open=np.ones(n, bool),
        protected=flags,
        kind=kind,
        settlement_kind=np.array([1] + [2] * (n - 1), np.int32),
        beds=np.array([beds] + [0] * (n - 1), np.int32),
        boarders=np.zeros(n, np.int32),
    )
    return snapshot, np.abs(x[:, None] - x[None, :])


def review(snapshot, distance, *, years_small=None, boarding=None, **options):
    options = {"enabled": True, "threshold_pupils": 30, "years": 1, **options}
    count = np.zeros(len(snapshot.roll), np.int32) if years_small is None else years_small
    rules = SmallSchoolOptions(**options)
    if rules.enabled:
        count_small_years(count, rules, snapshot)
    return review_small_schools(
        rules,
        BusOptions(),
        BoardingOptions(**(boarding or {})),
        snapshot,
        year=2020,
        years_small=count,
        distance_km=distance,
        class_cap=CAP,
    )


def test_a_small_school_in_walking_distance_is_merged_next_year():
    snapshot, distance = county([50, 4], [0, 2.5])
    result = review(snapshot, distance)
    (decision,) = result.decisions
    assert (decision.school, decision.measure, decision.receiver) == (1, "merge", CENTRE)
    assert decision.distance_km == 2.5
    assert decision.pupils == 24
    (event,) = result.events
    assert event.year == 2021 and event.cause == "merge" and not event.bus
    assert event.grades_off == (1, 2, 3, 4, 5, 6)
    assert event.keeps_at_most is None


def test_a_school_still_filling_is_not_ended_but_receives():
    """School 1 is new and small itself; school 2 is small and 1 km from it."""
    snapshot, distance = county([50, 4, 3], [0, 2.5, 3.5])
    new = replace(snapshot, filling=np.array([False, True, False]))
    (decision,) = review(new, distance).decisions
    assert (decision.school, decision.measure, decision.receiver) == (2, "merge", 1)
    alone, distance = county([50, 4], [0, 2.5])
    assert review(alone, distance).events
    assert not review(replace(alone, filling=np.array([False, True])), distance).events


def test_the_switch_removes_it():
    snapshot, distance = county([50, 4], [0, 2.5])
    result = review(snapshot, distance, enabled=False)
    assert result.decisions == [] and result.events == []


def test_a_bus_runs_where_walking_is_too_far():
    snapshot, distance = county([50, 4], [0, 10])
    (event,) = review(snapshot, distance).events
    assert event.cause == "merge" and event.bus


def test_the_bus_goes_as_far_as_its_time_allows():
    # 30 minutes less one stop of 1.5 minutes at 30 km/h
    assert bus_range_km(BusOptions()) == pytest.approx(14.25)
    for km, closes in [(14.2, True), (14.3, False)]:
        snapshot, distance = county([50, 4], [0, km])
        result = review(snapshot, distance, measures=["bus"])
        assert bool(result.events) is closes
    assert result.decisions[0].measure == "kept"


def test_a_teaching_point_keeps_grades_1_to_3():
    snapshot, distance = county([50, 4], [0, 10])
    result = review(snapshot, distance, measures=["merge", "teaching_point"])
    (event,) = result.events
    assert event.cause == "convert"
    assert event.grades_off == (4, 5, 6)
    assert event.keeps_at_most == 3
    assert event.receiver == CENTRE
    assert result.decisions[0].pupils == 12


@pytest.mark.parametrize(("beds", "boards"), [(12, True), (11, False)])
def test_boarding_is_from_grade_4_and_within_beds(beds, boards):
    snapshot, distance = county([50, 4], [0, 25], beds=beds)
    result = review(snapshot, distance, measures=["merge", "bus", "board"])
    assert bool(result.events) is boards
    if boards:
        (event,) = result.events
        assert event.boards and event.grades_off == (4, 5, 6) and event.keeps_at_most == 3


def test_no_boarding_where_it_is_switched_off():
    snapshot, distance = county([50, 4], [0, 25], beds=99)
    result = review(snapshot, distance, measures=["board"], boarding={"enabled": False})
    assert result.decisions[0].measure == "kept"


def test_the_order_of_measures_is_the_scenarios():
    snapshot, distance = county([50, 4], [0, 2])
    measures = ["teaching_point", "merge"]
    assert review(snapshot, distance, measures=measures).decisions[0].measure == "teaching_point"


def test_the_roll_must_be_small_for_years_in_a_row():
    options = {"years": 3}
    small, distance = county([50, 4], [0, 2])
    large, _ = county([50, 5], [0, 2])
    years = np.zeros(2, np.int32)
    decided = [
        bool(review(s, distance, years_small=years, **options).events)
        for s in (small, small, large, small, small, small)
    ]
    assert decided == [False] * 5 + [True]


def test_only_village_schools_are_counted():
    snapshot, _ = county([4, 4], [0, 2])
    years = np.zeros(2, np.int32)
    count_small_years(years, SmallSchoolOptions(), snapshot)
    assert years.tolist() == [0, 1]


def test_teaching_points_have_their_own_threshold():
    snapshot, distance = county([50, 4, 3], [0, 2, 2.5], kinds=[PRIMARY, POINT, POINT])
    result = review(snapshot, distance, teaching_point_threshold_pupils=10)
    # 12 pupils are enough for a point, 9 are not.
    assert [d.school for d in result.decisions] == [2]
    assert result.events[0].grades_off == (1, 2, 3)
    assert result.events[0].receiver == CENTRE


def test_schools_with_a_project_are_left_alone():
    snapshot, distance = county([50, 4], [0, 2], protected=[1])
    assert review(snapshot, distance).decisions == []
    snapshot, distance = county([50, 4], [0, 2], protected=[0])
    assert review(snapshot, distance).decisions[0].measure == "kept"


def test_a_school_that_receives_is_not_ended_in_the_same_review():
    # Both are small and 2 km apart; the smaller one goes into the other, which then stays.
    snapshot, distance = county([50, 3, 4], [0, 100, 102])
    result = review(snapshot, distance)
    assert [(d.school, d.measure, d.receiver) for d in result.decisions] == [(1, "merge", 2)]


def test_the_receiver_needs_free_seats():
    # The centre has 12 rooms x 45 = 540 seats; 6 x 87 = 522 are taken, 24 pupils do not fit.
    snapshot, distance = county([87, 4], [0, 2])
    assert review(snapshot, distance, measures=["merge"]).decisions[0].measure == "kept"
    snapshot, distance = county([86, 4], [0, 2])
    assert review(snapshot, distance, measures=["merge"]).decisions[0].measure == "merge"


def test_seats_given_to_one_school_are_gone_for_the_next():
    # 540 - 6 x 84 = 36 free seats: the smaller school (18 pupils) fits, 24 more do not.
    snapshot, distance = county([84, 3, 4], [0, 2, -2])
    result = review(snapshot, distance, measures=["merge"])
    decisions = {d.school: d.measure for d in result.decisions}
    assert decisions == {1: "merge", 2: "kept"}


def test_the_nearest_receiver_takes_the_pupils():
    snapshot, distance = county([50, 40, 4], [0, 3, 2.2])
    assert review(snapshot, distance).decisions[0].receiver == 1


def test_more_pupils_threshold_closes_more():
    snapshot, distance = county([50, 4, 7, 9], [0, 2, -2, 2.9])
    closed = {t: len(review(snapshot, distance, threshold_pupils=t).events) for t in (20, 30, 50)}
    assert closed == {20: 0, 30: 1, 50: 2}


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_no_review_ends_a_receiver_or_sends_pupils_beyond_seats_and_limits(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    snapshot, distance = county(
        rng.integers(0, 12, n), rng.uniform(-15, 15, n), beds=int(rng.integers(0, 40))
    )
    options = {"measures": ["merge", "bus", "board", "teaching_point"], "threshold_pupils": 50}
    result = review(snapshot, distance, **options)
    receivers = {d.receiver for d in result.decisions if d.measure != "kept"}
    ended = {d.school for d in result.decisions if d.measure != "kept"}
    assert not receivers & ended
    limits = {"merge": 3.0, "bus": 14.25, "teaching_point": 14.25, "board": 30.0}
    taken = np.zeros(n)
    for decision in result.decisions:
        if decision.measure != "kept":
            assert decision.distance_km <= limits[decision.measure]
            taken[decision.receiver] += decision.pupils
    free = snapshot.rooms[:, 0] * 45 - snapshot.roll.sum(axis=1)
    assert (taken[list(receivers)] <= free[list(receivers)]).all()
    assert [e.school for e in result.events] == [
        d.school for d in result.decisions if d.measure != "kept"
    ]
