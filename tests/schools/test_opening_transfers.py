"""Who moves to a new school in its first year."""

from __future__ import annotations

import numpy as np
from scipy import stats

from capsim.core.draws import identity_of, stream
from capsim.schools.programme.opening_transfers import opening_transfers
from capsim.schools.programme.schedule import Event

SCHOOLS = identity_of(["town", "other", "new", "newer"])


def opening(school, sources, grades, share):
    return Event(
        2020, "build", school, opens=True, transfer_from=sources, transfer_grades=grades,
        transfer_share=share,
    )  # fmt: skip


def transfers(events, school, grade, replicate=0):
    identity = np.arange(len(school), dtype=np.uint64)
    numbers = stream(1, replicate, "opening transfer", 2020)
    return opening_transfers(events, np.array(school), np.array(grade), identity, SCHOOLS, numbers)


def test_all_of_the_named_schools_and_grades_move_at_share_one():
    target = transfers([opening(2, (0,), (2, 3), 1.0)], [0, 0, 0, 1, -1], [2, 3, 4, 2, 2])
    assert target.tolist() == [2, 2, -1, -1, -1]


def test_nobody_moves_without_an_opening():
    assert (transfers([], [0, 1], [2, 3]) == -1).all()


def test_the_share_moves():
    n = 20_000
    target = transfers([opening(2, (0,), (2,), 0.3)], [0] * n, [2] * n)
    assert stats.binomtest(int((target == 2).sum()), n, 0.3).pvalue > 0.001


def test_two_new_schools_draw_apart_and_nobody_moves_twice():
    n = 20_000
    first, second = opening(2, (0,), (2,), 0.5), opening(3, (0,), (2,), 0.5)
    target = transfers([first, second], [0] * n, [2] * n)
    alone = transfers([first], [0] * n, [2] * n)
    # The second takes half of those whom the first left.
    assert np.array_equal(target == 2, alone == 2)
    assert stats.binomtest(int((target == 3).sum()), int((target != 2).sum()), 0.5).pvalue > 0.001


def test_another_child_changes_nobodys_luck():
    few = transfers([opening(2, (0,), (2,), 0.5)], [0] * 50, [2] * 50)
    many = transfers([opening(2, (0,), (2,), 0.5)], [0] * 80, [2] * 80)
    assert np.array_equal(few, many[:50])
