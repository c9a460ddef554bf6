"""Who is sent where: hand-computed allocations, slow versions and what must always hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.schools.staffing.allocation import (
    Moves,
    destinations,
    fair_targets,
    first_of_each_cell,
    from_closed,
    straight_km,
    surplus_to_shortage,
    to_largest_need,
)

ANY = (1 << 30, 1 << 30)
LINE = straight_km([0, 8, 10, 1], [0] * 4)


def both(primary: list[float], junior: list[float] | None = None) -> np.ndarray:
    return np.array([primary, junior or [0.0] * len(primary)]).T


def test_each_teacher_goes_where_most_are_lacking_then() -> None:
    # 5 lacking falls to 3 before the second cell (3 lacking) gets one; the first is served first.
    assert to_largest_need([5, 3, 1], [9, 9, 9], 3).tolist() == [0, 0, 0]
    assert to_largest_need([5, 3, 1], [9, 9, 9], 4).tolist() == [0, 0, 0, 1]
    assert to_largest_need([5, 3, 1], [1, 9, 9], 4).tolist() == [0, 1, 1, 1]
    assert to_largest_need([5, 3, 1], [1, 1, 0], 9).tolist() == [0, 1]
    assert to_largest_need([-5, -3], [9, 9], 1).tolist() == [1]


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 6)), min_size=1, max_size=8),
    st.integers(0, 30),
)
def test_largest_need_against_the_slow_version(cells: list[tuple[int, int]], number: int) -> None:
    lack = [float(c[0]) for c in cells]
    most = [c[1] for c in cells]
    slow = [0] * len(cells)
    for _ in range(number):
        able = [i for i in range(len(cells)) if slow[i] < most[i]]
        if not able:
            break
        slow[max(able, key=lambda i: (lack[i] - slow[i], -i))] += 1
    assert (
        to_largest_need(lack, most, number).tolist() == np.repeat(range(len(cells)), slow).tolist()
    )


def test_fair_targets_share_a_shortage_and_leave_a_surplus() -> None:
    short = fair_targets(both([10, 30]), both([20, 12]))  # 32 for 40: 80 %
    assert np.allclose(short[:, 0], [8, 24])
    assert np.allclose(fair_targets(both([10, 30]), both([30, 30]))[:, 0], [10, 30])


def test_surplus_moves_to_the_nearest_shortage() -> None:
    heads, target = both([20, 18, 6, 9]), both([15, 15, 10, 10])
    moves = surplus_to_shortage(heads, target, LINE, most=ANY, farthest_km=99)
    listed = list(zip(moves.origin, moves.destination, moves.number, strict=True))
    # School 2 lacks 4 and comes first: 3 from school 1 at 2 km, 1 from school 0; then school 3.
    assert listed == [(2, 4, 3), (0, 4, 1), (0, 6, 1)]


def test_distance_and_number_limit_the_moves() -> None:
    heads, target = both([20, 18, 6, 9]), both([15, 15, 10, 10])
    near = surplus_to_shortage(heads, target, LINE, most=ANY, farthest_km=5)
    assert near.total() == 4
    few = surplus_to_shortage(heads, target, LINE, most=(2, 2), farthest_km=99)
    assert few.total() == 2
    assert surplus_to_shortage(heads, target, LINE, most=(0, 0), farthest_km=99).total() == 0


COUNTY = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)),
    min_size=1,
    max_size=7,
)


@given(COUNTY, st.integers(0, 30), st.floats(0, 20))
@settings(deadline=None)
def test_moves_never_overshoot_and_are_not_reversed(
    county: list[tuple[int, int, int, int]], most: int, far: float
) -> None:
    table = np.array(county, dtype=float)
    heads, need = table[:, :2], table[:, 2:]
    x = np.arange(len(county)) * 3.0
    apart = straight_km(x, x * 0)
    target = fair_targets(need, heads)

    def after(now: np.ndarray) -> tuple[np.ndarray, Moves]:
        moves = surplus_to_shortage(now, target, apart, most=(most, most), farthest_km=far)
        change = np.bincount(moves.destination, moves.number, 2 * len(county))
        change -= np.bincount(moves.origin, moves.number, 2 * len(county))
        assert (moves.origin % 2 == moves.destination % 2).all()
        return now + change.reshape(-1, 2), moves

    once, moves = after(heads)
    assert (once.sum(axis=0) == heads.sum(axis=0)).all()
    gave, got = once < heads, once > heads
    assert (once[gave] >= target[gave] - 1e-9).all()
    assert (once[got] <= target[got] + 0.5 + 1e-9).all()
    by_level = np.bincount(moves.origin % 2, moves.number, 2)
    assert (by_level <= most).all()
    twice, _ = after(once)
    assert not ((twice > once) & gave).any()


def test_the_first_of_each_cell_by_key() -> None:
    cell = np.array([3, 1, 3, 1, 3])
    key = np.array([9, 5, 2, 1, 4], dtype=np.uint64) << np.uint64(40)
    chosen = first_of_each_cell(cell, key, np.array([0, 1, 0, 2]))
    assert chosen.tolist() == [3, 2, 4]


def test_destinations_serve_every_move() -> None:
    moves = Moves(np.array([4, 0, 4]), np.array([6, 2, 8]), np.array([1, 2, 2]))
    assert destinations(np.array([0, 0, 4, 4, 4]), moves).tolist() == [2, 2, 6, 8, 8]


def test_teachers_of_closed_schools_follow_their_pupils_or_go_where_they_lack() -> None:
    # Schools 0 and 1 close; 2 takes over from 0; primary (even cells) and junior (odd).
    cell = np.array([0, 0, 2, 2, 2, 5, 1])
    receiver = np.array([2, -1, -1, -1])
    open_cells = np.array([[False, False], [False, False], [True, True], [True, False]])
    shortage = np.array([[-99.0, -99], [-99, -99], [1, 0], [2, -99]])
    rows, cells = from_closed(cell, receiver, open_cells, shortage)
    # Two go to school 2 with their pupils (it then has 1 too many); the three of school 1 go to
    # school 3 until it is worse off than school 2.
    assert dict(zip(rows.tolist(), cells.tolist(), strict=True)) == {
        0: 4, 1: 4, 2: 6, 3: 6, 4: 6, 6: 5,
    }  # fmt: skip


def test_without_any_school_of_their_level_teachers_stay() -> None:
    open_cells = np.array([[False, False], [False, True]])
    rows, cells = from_closed(np.array([0, 1]), [-1, -1], open_cells, np.zeros((2, 2)))
    assert rows.tolist() == [1] and cells.tolist() == [3]
