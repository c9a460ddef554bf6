"""Moving, leaving, dropping out, transfers at random, expectations: by hand and by switch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.admission.transfers import transfer
from capsim.choice.expectations import expected_tiers, perceived_quality
from capsim.choice.moving import (
    most_likely_to_leave,
    most_likely_to_move,
    odds_of_moving,
    p_leave_and_drop_out,
    p_move_to_town,
)
from capsim.scenario.options.choice import LeavingOptions, MovingOptions


def move(options=None, **changes):
    options = options or MovingOptions()
    facts = {"small_class": False, "closed": False, "parent_in_town": False, "income": 1, **changes}
    seen = {name: [facts.pop(name, 1.0)] for name in ("v_town", "v_here")}
    odds = odds_of_moving(options, **seen)
    return float(p_move_to_town(options, odds, **{k: [v] for k, v in facts.items()})[0])


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_moving_by_hand():
    """Defaults -4.8, 0.4, 0.3, 0.9, 0.8: with a gain of 2, a closed small school and a parent in
    town the log odds are -4.8 + 0.8 + 0.3 + 0.9 + 0.8 = -2.0; income group 0 counts 0.4."""
    assert move() == pytest.approx(logistic(-4.8))
    facts = {"v_town": 3.0, "small_class": True, "closed": True, "parent_in_town": True}
    assert move(**facts) == pytest.approx(logistic(-2.0))
    assert move(**facts, income=0) == pytest.approx(0.4 * logistic(-2.0))
    assert move(MovingOptions(enabled=False), **facts) == 0.0


def test_probabilities_of_moving_stay_below_one():
    assert move(v_town=500.0, income=2) == 1.0


@given(
    gain=st.floats(-20, 20),
    utility=st.floats(0, 3),
    effects=st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    facts=st.lists(st.booleans(), min_size=3, max_size=3),
    income=st.integers(0, 2),
)
def test_no_family_is_likelier_to_move_than_the_bound(gain, utility, effects, facts, income):
    names = ("small_class", "closed", "parent_in_town")
    options = MovingOptions(utility=utility, **dict(zip(names, effects, strict=True)))
    facts = dict(zip(names, facts, strict=True))
    chance = move(options, v_town=gain, v_here=0.0, income=income, **facts)
    for closed in {True, facts["closed"]}:
        odds = odds_of_moving(options, v_town=np.full((1, 3, 1), gain), v_here=0.0)
        bound = most_likely_to_move(options, odds, closed=closed)
        assert chance <= bound[0, income, 0]


@given(
    per_km=st.lists(st.floats(0, 0.2), min_size=2, max_size=2),
    factors=st.tuples(st.floats(0, 1), st.floats(0.5, 2.0)),
    km=st.floats(0, 30),
    grade=st.integers(1, 9),
    facts=st.lists(st.booleans(), min_size=2, max_size=2),
)
def test_no_child_is_likelier_to_leave_than_the_bound(per_km, factors, km, grade, facts):
    options = LeavingOptions(
        leave_per_km=per_km[0],
        drop_out_per_km=per_km[1],
        boarding_factor=factors[0],
        drop_out_male_factor=factors[1],
    )
    chances = p_leave_and_drop_out(
        options, grade=[grade], male=[facts[1]], km=[km], boards=[facts[0]]
    )
    assert chances.sum() <= most_likely_to_leave(options, longest_km=30.0)


def test_leaving_by_hand():
    """Grade 7 has a base of 0.016, odds 0.016/0.984; at 13 km, 10 beyond the near 3, the log odds
    rise by 0.05 * 10; for boarders by 0.6 of it. Within 3 km the base stands."""
    options = LeavingOptions()
    children = {"grade": [7, 7, 7], "male": [False, True, True], "boards": [False, False, True]}
    got, _ = p_leave_and_drop_out(options, km=[2.0, 13.0, 13.0], **children)
    odds = np.log(0.016 / 0.984)
    assert got == pytest.approx([0.016, logistic(odds + 0.5), logistic(odds + 0.3)])
    off = LeavingOptions(enabled=False)
    assert (p_leave_and_drop_out(off, km=[9.0, 9.0, 9.0], **children) == 0.0).all()


def test_dropping_out_by_hand():
    """Nobody drops out before grade 1-5 by default; boys' odds are 1.2 times those of girls."""
    options = LeavingOptions()
    _, got = p_leave_and_drop_out(
        options, grade=[3, 8, 8], male=[True, False, True], km=[30, 0, 0], boards=[False] * 3
    )
    odds = 0.006 / 0.994
    assert got == pytest.approx([0.0, 0.006, 1.2 * odds / (1 + 1.2 * odds)])


def one_after_the_other(wanted, current, grade, priority, room, vacated, ruled):
    """Transfers as a bureau would do them by hand: take the first who can go, start again."""
    room, vacated = room.copy(), vacated.copy()
    order = sorted(range(len(wanted)), key=lambda m: (priority[m], m))
    accepted = [False] * len(wanted)
    blocked = True
    while blocked:
        blocked = False
        for m in order:
            s, g = wanted[m], grade[m] - 1
            if accepted[m] or s < 0 or s == current[m]:
                continue
            places = min(room[s, g], vacated[s, g]) if ruled[s] else room[s, g]
            if places > 0:
                accepted[m] = blocked = True
                room[s, g] -= 1
                vacated[s, g] -= 1
                if current[m] >= 0:
                    room[current[m], g] += 1
                    vacated[current[m], g] += 1
                break
    return accepted


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_transfers_equal_the_slow_way_in_number_and_never_exceed_places(seed):
    rng = np.random.default_rng(seed)
    movers, schools = int(rng.integers(1, 25)), 4
    wanted, current = rng.integers(-1, schools, (2, movers))
    grade = rng.integers(1, 3, movers)
    priority = rng.permutation(movers)
    room = rng.integers(-2, 4, (schools, 9))
    vacated = rng.integers(0, 3, (schools, 9))
    ruled = rng.random(schools) < 0.5
    got = transfer(
        wanted, current, grade, priority, room=room, vacated=vacated, one_out_one_in=ruled
    )
    slow = one_after_the_other(wanted, current, grade, priority, room, vacated, ruled)
    assert got.tolist() == slow
    came, went = np.zeros((2, schools, 9), int)
    for m in np.flatnonzero(got):
        came[wanted[m], grade[m] - 1] += 1
        if current[m] >= 0:
            went[current[m], grade[m] - 1] += 1
    assert (came <= np.maximum(room + went, 0)).all()
    assert (came <= vacated + went)[ruled].all()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_households_go_together_or_not_at_all(seed):
    """Who gets some of the places of the household stays, and the rest asks anew."""
    rng = np.random.default_rng(seed)
    movers, schools = int(rng.integers(0, 30)), 4
    household = rng.integers(100, 112, movers)
    current = rng.integers(-1, schools, movers)
    ready = rng.random(movers) < 0.2
    wanted = np.where(ready, -1, rng.integers(-1, schools, movers))
    grade, priority = rng.integers(1, 3, movers), rng.integers(0, 5, movers)
    places = {
        "room": rng.integers(-2, 4, (schools, 9)),
        "vacated": rng.integers(0, 3, (schools, 9)),
        "one_out_one_in": rng.random(schools) < 0.5,
    }
    got = transfer(wanted, current, grade, priority, **places, household=household, ready=ready)
    asked = wanted.copy()
    while True:
        placed = transfer(asked, current, grade, priority, **places)
        stuck = set(household[~(placed | ready)])
        torn = [h in stuck and placed[household == h].any() for h in household]
        if not any(torn):
            break
        asked[torn] = -1
    assert got.tolist() == [h not in stuck for h in household]


def test_expected_tiers_are_means_of_recent_years():
    """Tiers 2 and 4 give 3; a school that was not full in one of the years rules nobody out."""
    history = [[1.0, 1.0], [2.0, np.nan], [4.0, 3.0]]
    assert expected_tiers(history, 2).tolist() == [3.0, np.inf, np.inf]


def test_reputation_follows_quality():
    years = [np.array([0.0]), np.array([1.0]), np.array([2.0])]
    assert perceived_quality(years, 0).tolist() == [2.0]
    assert perceived_quality(years, 1).tolist() == [1.0]
    assert perceived_quality(years, 9).tolist() == [0.0]
