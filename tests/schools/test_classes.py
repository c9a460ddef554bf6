"""Classes: hand-computed cases, a slow version as oracle, and what must always hold."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.scenario.options.base import ByLevel
from capsim.scenario.options.classes import ClassOptions
from capsim.scenario.options.enrolment import EnrolmentOptions
from capsim.schools.classes.formation import (
    ClassPlan,
    ClassRules,
    by_level,
    class_pupils,
    form_classes,
    promote_classes,
)
from capsim.schools.classes.multigrade import MultigradeRule
from capsim.schools.classes.rules import class_rules
from capsim.schools.classes.seats import (
    entry_rooms,
    free_rooms,
    offer_seats,
    places_in_classes,
    rooms_lacking,
    usable_rooms,
)
from capsim.schools.classes.sizes import ClassSizes, class_sizes, crowding

RULES = ClassRules(cap=(45, 50), hard_cap=(55, 55), multigrade=None)
SHARING = ClassRules(cap=(45, 50), hard_cap=(55, 55))
ALL = np.ones((1, 9), dtype=bool)


def one(*values: int) -> np.ndarray:
    return np.array([values], dtype=np.int32)


def primary(*values: int) -> np.ndarray:
    return one(*values, 0, 0, 0)


def sizes_of(roll: np.ndarray, plan: ClassPlan) -> ClassSizes:
    return class_sizes(class_pupils(roll, plan), plan.classes)


def test_entry_grades_open_the_fewest_classes_within_the_cap() -> None:
    roll = one(91, 40, 0, 0, 0, 0, 101, 0, 0)
    before = one(0, 1, 0, 0, 0, 0, 0, 0, 0)
    plan = form_classes(roll, before, rooms=[[12, 9]], rules=RULES)
    assert plan.classes.tolist() == [[3, 1, 0, 0, 0, 0, 3, 0, 0]]


@pytest.mark.parametrize(("cap", "classes"), [(45, 14), (50, 12)])
def test_a_cap_of_45_needs_the_computed_number_of_classes(cap: int, classes: int) -> None:
    # 600 entrants: ceil(600/45) = 14 classes, ceil(600/50) = 12; two teachers a class: 4 more.
    rules = ClassRules(cap=(cap, 50), hard_cap=(55, 55), multigrade=None)
    plan = form_classes(primary(600, 0, 0, 0, 0, 0), np.zeros((1, 9)), rooms=[[99, 0]], rules=rules)
    assert plan.classes[0, 0] == classes


def test_rooms_limit_new_classes_but_pupils_never_go_without_one() -> None:
    before = primary(0, 2, 2, 2, 2, 2)
    roll = primary(100, 80, 80, 80, 80, 80)
    plan = form_classes(roll, before, rooms=[[11, 0]], rules=RULES)
    assert plan.classes[0].tolist() == [1, 2, 2, 2, 2, 2, 0, 0, 0]
    assert rooms_lacking(plan, [[11, 0]]).tolist() == [[0, 0]]
    none_free = form_classes(roll, before, rooms=[[10, 0]], rules=RULES)
    # 80 pupils in one class are above the cap, so nothing merges and a room is lacking.
    assert none_free.classes[0].tolist() == [1, 2, 2, 2, 2, 2, 0, 0, 0]
    assert rooms_lacking(none_free, [[10, 0]]).tolist() == [[1, 0]]


def test_classes_move_up_with_their_grade_and_end_with_the_level() -> None:
    moved = promote_classes(one(1, 2, 3, 4, 5, 6, 7, 8, 9), ALL)
    assert moved.tolist() == [[0, 1, 2, 3, 4, 5, 0, 7, 8]]
    point = np.array([[1, 1, 1, 0, 0, 0, 0, 0, 0]], dtype=bool)
    assert promote_classes(primary(1, 1, 1, 0, 0, 0), point).tolist() == [[0, 1, 1, *[0] * 6]]


def test_classes_are_kept_though_the_pupils_would_fit_into_fewer() -> None:
    plan = form_classes(
        primary(0, 46, 30, 0, 0, 0), primary(0, 2, 2, 0, 0, 0), rooms=[[12, 0]], rules=RULES
    )
    assert plan.classes[0, :3].tolist() == [0, 2, 2]


def test_merging_is_a_rule_that_is_off_by_default() -> None:
    rules = ClassRules(cap=(45, 50), hard_cap=(55, 55), merge_size=(40, 40), multigrade=None)
    plan = form_classes(
        primary(0, 80, 81, 40, 0, 0), primary(0, 3, 3, 2, 0, 0), rooms=[[12, 0]], rules=rules
    )
    assert plan.classes[0, :4].tolist() == [0, 2, 3, 1]
    assert ClassOptions().merge_size is None


def test_classes_above_the_hard_cap_split_only_into_free_rooms() -> None:
    roll, before = primary(0, 56, 60, 55, 0, 0), primary(0, 1, 1, 1, 0, 0)
    split = form_classes(roll, before, rooms=[[9, 0]], rules=RULES)
    assert split.classes[0, :4].tolist() == [0, 2, 2, 1]
    single = form_classes(roll, before, rooms=[[4, 0]], rules=RULES)  # the larger one goes first
    assert single.classes[0, :4].tolist() == [0, 1, 2, 1]
    kept = form_classes(roll, before, rooms=[[9, 0]], reserve=[[6, 0]], rules=RULES)
    assert kept.classes[0, :4].tolist() == [0, 1, 1, 1]
    assert sizes_of(roll, kept).classes_above(RULES.hard_cap).tolist() == [[2, 0]]


def test_want_of_rooms_merges_up_to_the_cap_and_can_be_switched_off() -> None:
    roll, before = primary(0, 40, 90, 60, 0, 0), primary(0, 2, 3, 2, 0, 0)
    plan = form_classes(roll, before, rooms=[[5, 0]], rules=RULES)
    assert plan.classes[0, :4].tolist() == [0, 1, 2, 2]
    off = ClassRules(cap=(45, 50), hard_cap=(55, 55), merge_when_rooms_lack=False, multigrade=None)
    assert form_classes(roll, before, rooms=[[5, 0]], rules=off).classes.sum() == 7


def test_no_class_without_a_pupil() -> None:
    plan = form_classes(
        primary(0, 1, 0, 0, 0, 0), primary(0, 3, 2, 0, 0, 0), rooms=[[6, 0]], rules=RULES
    )
    assert plan.classes.sum() == 1


def test_tiny_grades_share_a_class() -> None:
    roll = primary(5, 6, 7, 7, 20, 3)
    plan = form_classes(roll, np.zeros((1, 9)), rooms=[[6, 0]], rules=SHARING)
    # Grades 1-3 share (18 pupils, three grades); grade 4 starts anew; 5 is not tiny; 6 is alone.
    assert plan.classes[0, :6].tolist() == [1, 0, 0, 1, 1, 1]
    assert plan.class_grade[0, :6].tolist() == [0, 0, 0, 3, 4, 5]
    assert class_pupils(roll, plan)[0, :6].tolist() == [18, 0, 0, 7, 20, 3]
    alone = form_classes(roll, np.zeros((1, 9)), rooms=[[6, 0]], rules=RULES)
    assert alone.classes.sum() == 6


def test_want_of_rooms_joins_the_smallest_neighbours() -> None:
    roll = primary(12, 10, 9, 14, 15, 11)
    plan = form_classes(roll, np.zeros((1, 9)), rooms=[[4, 0]], rules=SHARING)
    # 10 + 9 = 19 is the smallest pair, then 15 + 11 = 26 (12 + 19 = 31 would be above 30).
    assert plan.classes[0, :6].tolist() == [1, 1, 0, 1, 1, 0]
    assert plan.class_grade[0, :6].tolist() == [0, 1, 1, 3, 4, 4]
    too_large = form_classes(
        primary(20, 20, 20, 20, 20, 20), np.zeros((1, 9)), rooms=[[4, 0]], rules=SHARING
    )
    assert rooms_lacking(too_large, [[4, 0]]).tolist() == [[2, 0]]


def test_shared_classes_are_formed_anew_after_promotion() -> None:
    roll = primary(5, 5, 5, 0, 0, 0)
    plan = form_classes(roll, np.zeros((1, 9)), rooms=[[3, 0]], rules=SHARING)
    assert plan.classes[0, :3].tolist() == [1, 0, 0]
    point = np.array([[1, 1, 1, 0, 0, 0, 0, 0, 0]], dtype=bool)
    continuing = primary(0, 5, 5, 0, 0, 0)
    settled = form_classes(
        continuing, promote_classes(plan.classes, point), rooms=[[3, 0]], rules=SHARING
    )
    assert settled.classes[0, :3].tolist() == [0, 1, 0]


# ---------------------------------------------------------------- seats


def offer(roll: np.ndarray, classes: np.ndarray, rooms: list[list[int]], **kw: object):
    rules = kw.pop("rules", RULES)
    plan = ClassPlan(classes, np.broadcast_to(np.arange(9, dtype=np.int8), (len(roll), 9)))
    teaches = kw.pop("teaches", ALL)
    due = entry_rooms(rooms, teaches)
    return offer_seats(roll, plan, rooms=rooms, due=due, rules=rules, **kw)


def test_seats_are_the_lesser_of_free_rooms_and_the_share_of_the_grade() -> None:
    continuing = one(0, 2, 2, 2, 2, 2, 0, 4, 4)
    given_ = offer(continuing * 40, continuing, [[13, 12]])
    # primary: min(13 - 10, ceil(13/6) = 3) = 3 x 45; junior: min(12 - 8, ceil(12/3)) = 4 x 50
    assert given_.classes.tolist() == [[3, 4]]
    assert given_.seats.tolist() == [[135, 200]]
    assert given_.emergency_seats.tolist() == [[30, 20]]
    crowded = offer(continuing * 40, continuing, [[11, 8]])
    assert crowded.seats.tolist() == [[45, 0]]


def test_a_new_school_fills_upward_from_its_entry_grade() -> None:
    given_ = offer(np.zeros((1, 9)), np.zeros((1, 9), dtype=np.int32), [[12, 0]])
    assert given_.seats.tolist() == [[90, 0]]


def test_teachers_limit_the_seats() -> None:
    rooms = [[12, 12]]
    staffed = usable_rooms(rooms, [[11, 30]], (1.0, 2.0))
    assert staffed.tolist() == [[11, 12]]
    continuing = one(0, 2, 2, 2, 2, 2, 0, 4, 4)
    given_ = offer(continuing * 40, continuing, rooms, staffed_rooms=staffed)
    assert given_.seats.tolist() == [[45, 200]]
    assert usable_rooms(rooms, [[0, 0]], (0, 0)).tolist() == rooms


def test_closed_schools_offer_nothing_and_points_teach_fewer_grades() -> None:
    zero = np.zeros((1, 9), dtype=np.int32)
    assert not offer(zero, zero, [[6, 6]], teaches=np.zeros((1, 9), dtype=bool)).seats.any()
    point = np.array([[1, 1, 1, 0, 0, 0, 0, 0, 0]], dtype=bool)
    assert entry_rooms([[4, 0]], point).tolist() == [[2, 0]]
    upper = np.array([[0, 0, 0, 1, 1, 1, 0, 0, 0]], dtype=bool)
    assert entry_rooms([[6, 0]], upper).tolist() == [[0, 0]]


def test_a_one_room_school_offers_what_its_shared_class_can_take() -> None:
    roll = primary(0, 4, 5, 0, 0, 0)
    point = np.array([[1, 1, 1, 0, 0, 0, 0, 0, 0]], dtype=bool)
    plan = form_classes(roll, primary(0, 1, 1, 0, 0, 0), rooms=[[1, 0]], rules=SHARING)
    due = entry_rooms([[1, 0]], point)
    given_ = offer_seats(roll, plan, rooms=[[1, 0]], due=due, rules=SHARING)
    assert given_.classes.tolist() == [[0, 0]]
    assert given_.seats.tolist() == [[21, 0]]
    full = primary(12, 4, 5, 0, 0, 0)
    formed = form_classes(full, plan.classes, rooms=[[1, 0]], rules=SHARING)
    assert formed.classes.sum() == 1
    assert class_pupils(full, formed)[0, 0] == 21


def test_places_left_in_the_classes() -> None:
    roll = primary(40, 5, 6, 100, 0, 0)
    plan = form_classes(roll, primary(1, 1, 1, 2, 0, 0), rooms=[[12, 0]], rules=SHARING)
    to_cap = places_in_classes(roll, plan, (45, 50), largest_shared=30)
    assert to_cap[0, :6].tolist() == [5, 19, 0, 0, 0, 0]  # grades 2 and 3 share a class
    to_hard_cap = places_in_classes(roll, plan, (55, 55))
    assert to_hard_cap[0, :6].tolist() == [15, 44, 0, 10, 0, 0]
    assert free_rooms(plan, [[12, 0]]).tolist() == [[8, 0]]


# ---------------------------------------------------------------- sizes


def test_sizes_are_counted_with_pupils_spread_evenly() -> None:
    roll = one(91, 56, 66, 90, 0, 0, 150, 101, 200)
    classes = one(2, 1, 1, 2, 0, 0, 3, 2, 2)
    plan = ClassPlan(classes, np.broadcast_to(np.arange(9, dtype=np.int8), (1, 9)))
    sizes = sizes_of(roll, plan)
    primary, junior = sizes.distribution()
    assert {size + 1: n for size, n in enumerate(primary) if n} == {45: 3, 46: 1, 56: 1, 66: 1}
    assert {size + 1: n for size, n in enumerate(junior) if n} == {50: 4, 51: 1, 80: 2}
    assert sizes.pupils_above(RULES.cap).tolist() == [[1 + 11 + 21, 1 + 100]]
    assert sizes.classes_above(RULES.cap).tolist() == [[3, 3]]
    above, places = np.array([33, 101]), np.array([6 * RULES.cap[0], 7 * RULES.cap[1]])
    held = class_pupils(roll, plan)
    assert crowding(held, plan, RULES.cap)[0].tolist() == (above / places).tolist()
    assert crowding(held, ClassPlan(3 * classes, plan.class_grade), RULES.cap).tolist() == [[0, 0]]
    assert sizes.classes_above(RULES.hard_cap).tolist() == [[2, 2]]
    assert sizes.classes_above(55).tolist() == [[2, 2]]
    assert sizes.classes_above(65).tolist() == [[1, 2]]


def test_options_become_rules() -> None:
    enrolment = EnrolmentOptions(
        class_cap=ByLevel(primary=40, junior=45), hard_cap=ByLevel(primary=50, junior=51)
    )
    options = ClassOptions(merge_size=ByLevel(primary=40, junior=45), multigrade=None)
    assert class_rules(enrolment, options) == ClassRules((40, 45), (50, 51), (40, 45), True, None)
    assert class_rules(enrolment, ClassOptions()).multigrade == MultigradeRule()


# ---------------------------------------------------------------- properties and oracle

COUNTS = st.lists(st.integers(0, 130), min_size=9, max_size=9)
SCHOOLS = st.lists(
    st.tuples(
        COUNTS,
        st.lists(st.integers(0, 4), min_size=9, max_size=9),
        st.tuples(st.integers(0, 24), st.integers(0, 15)),
    ),
    min_size=1,
    max_size=6,
)


def slow_classes(roll: list[int], before: list[int], rooms: tuple[int, int]) -> list[int]:
    """Form the classes of one school without shared classes, school by school and step by step."""
    result: list[int] = []
    for level, (first, last) in enumerate(((0, 6), (6, 9))):
        cap, hard = RULES.cap[level], RULES.hard_cap[level]
        pupils = roll[first:last]
        count = [min(b, p) for b, p in zip(before[first:last], pupils, strict=True)]
        fresh = [g for g, p in enumerate(pupils) if p and not count[g]]
        for g in fresh:
            count[g] = ceil(pupils[g] / cap)
        entrants = count[0] - 1 if 0 in fresh else 0  # one room must be free for them
        while sum(count) - entrants > rooms[level]:
            can = [
                (ceil(pupils[g] / (count[g] - 1)), g)
                for g in range(last - first)
                if count[g] > 1 and g not in fresh
            ]
            if not can or min(can)[0] > cap:
                break
            count[min(can)[1]] -= 1
        while sum(count) > rooms[level] and any(count[g] > 1 for g in fresh):
            best = min((ceil(pupils[g] / (count[g] - 1)), g) for g in fresh if count[g] > 1)
            count[best[1]] -= 1
        while sum(count) < rooms[level]:
            size = [-ceil(p / n) if n else 0 for p, n in zip(pupils, count, strict=True)]
            if -min(size) <= hard:
                break
            count[size.index(min(size))] += 1
        result += count
    return result


@given(SCHOOLS)
@settings(max_examples=150, deadline=None)
def test_the_slow_version_forms_the_same_classes(schools: list[tuple]) -> None:
    roll, before, rooms = (np.array(part, dtype=np.int32) for part in zip(*schools, strict=True))
    plan = form_classes(roll, before, rooms=rooms, rules=RULES)
    assert plan.classes.tolist() == [slow_classes(*school) for school in schools]


@given(SCHOOLS, st.integers(0, 12), st.integers(15, 40), st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_what_always_holds(
    schools: list[tuple], below: int, largest: int, most_grades: int
) -> None:
    roll, before, rooms = (np.array(part, dtype=np.int32) for part in zip(*schools, strict=True))
    rules = ClassRules(multigrade=MultigradeRule(below, largest, most_grades))
    kept = roll.copy(), before.copy(), rooms.copy()
    plan = form_classes(roll, before, rooms=rooms, rules=rules)
    for array, copy in zip((roll, before, rooms), kept, strict=True):
        assert (array == copy).all()
    held = class_pupils(roll, plan)
    assert (held.sum(axis=1) == roll.sum(axis=1)).all()
    assert ((plan.classes > 0) == (held > 0)).all()  # every pupil has a class, no class is empty
    assert (plan.classes <= np.maximum(held, 0)).all()
    shared = (plan.class_grade != np.arange(9)) & (roll > 0)
    rows, columns = np.nonzero(shared)
    home = plan.class_grade[rows, columns]
    assert (plan.classes[rows, home] == 1).all()
    assert (held[rows, home] <= largest).all()
    counted = sizes_of(roll, plan).distribution().sum(axis=1)
    assert (counted == by_level(plan.classes).sum(axis=0)).all()
    unlimited = form_classes(roll, np.zeros_like(roll), rooms=rooms + 99, rules=rules)
    assert not sizes_of(roll, unlimited).classes_above(rules.cap).any()


@given(SCHOOLS)
@settings(max_examples=100, deadline=None)
def test_admission_to_the_offer_never_exceeds_the_cap(schools: list[tuple]) -> None:
    """Seats to the cap keep entry classes within it, emergency seats within the hard cap."""
    roll, before, rooms = (np.array(part, dtype=np.int32) for part in zip(*schools, strict=True))
    roll[:, [0, 6]] = 0
    teaches = np.ones(roll.shape, dtype=bool)
    reserve = entry_rooms(rooms, teaches)
    plan = form_classes(roll, before, rooms=rooms, rules=SHARING, reserve=reserve)
    given_ = offer_seats(roll, plan, rooms=rooms, due=reserve, rules=SHARING)
    for extra, limit in ((0, SHARING.cap), (given_.emergency_seats, SHARING.hard_cap)):
        full = roll.copy()
        full[:, [0, 6]] = given_.seats + extra
        formed = form_classes(full, plan.classes, rooms=rooms, rules=SHARING)
        held = class_pupils(full, formed)
        for level, column in enumerate((0, 6)):
            assert (held[:, column] <= formed.classes[:, column] * limit[level]).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_rooms_that_were_offered_are_there(seed: int) -> None:
    """Thousands of mostly tiny schools: filling the offer needs no room that is not there."""
    rng, n = np.random.default_rng(seed), 5000
    roll = rng.integers(0, rng.choice([6, 15, 40, 120], (n, 1)) + 1, (n, 9)).astype(np.int32)
    roll[:, [0, 6]] = 0
    rooms = np.stack([rng.integers(0, 14, n), rng.integers(0, 8, n)], axis=1)
    teaches = np.ones((n, 9), dtype=bool)
    teaches[::3, 3:6] = False
    roll *= teaches
    staffed = usable_rooms(rooms, rng.integers(0, 20, (n, 2)), (1, 1.5)) if seed else None
    due = entry_rooms(rooms, teaches)
    settled = form_classes(
        roll, rng.integers(0, 3, (n, 9)), rooms=rooms, rules=SHARING, staffed_rooms=staffed,
        reserve=due,
    )  # fmt: skip
    given_ = offer_seats(roll, settled, rooms=rooms, due=due, rules=SHARING, staffed_rooms=staffed)
    roll[:, [0, 6]] = given_.seats
    formed = form_classes(roll, settled.classes, rooms=rooms, rules=SHARING, staffed_rooms=staffed)
    assert (formed.by_level() <= np.maximum(rooms, settled.by_level())).all()
    held = class_pupils(roll, formed)
    assert (held[:, [0, 6]] <= formed.classes[:, [0, 6]] * np.array(SHARING.cap)).all()
