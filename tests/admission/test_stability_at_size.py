"""No blocking pair at the sizes of a province: checked by the definition, from the lists alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from capsim.admission.matching import deferred_acceptance, first_choice_first


def blocking(lists, priority, seats, school):
    """Count pairs of a child and a school it prefers to its own that would take it.

    Worked out from the result's schools only: the worst child each school holds, by key and
    index, and whether it has seats left; cutoffs and ranks of the result are not read.
    """
    children = np.arange(len(lists))
    held = np.flatnonzero(school >= 0)
    at = (lists[held] == school[held, None]).argmax(axis=1)
    key = (priority[held, at].astype(np.uint64) << np.uint64(24)) | held.astype(np.uint64)
    worst = np.zeros(len(seats), np.uint64)
    np.maximum.at(worst, school[held], key)
    room = np.bincount(school[held], minlength=len(seats)) < seats
    better = np.ones(len(lists), bool)
    pairs = 0
    for position in range(lists.shape[1]):
        wanted = lists[:, position]
        better &= wanted != school
        own = (priority[:, position].astype(np.uint64) << np.uint64(24)) | children.astype(
            np.uint64
        )
        pairs += int((better & (room[wanted] | (own < worst[wanted]))).sum())
    return pairs


def nearest(children, schools, length):
    rng = np.random.default_rng(0)
    _, lists = cKDTree(rng.random((schools, 2))).query(rng.random((children, 2)), k=length)
    priority = rng.integers(0, 2**32, size=lists.shape, dtype=np.uint32)
    return lists.astype(np.int32), priority, np.full(schools, children // schools)


def check(children, schools, length):
    lists, priority, seats = nearest(children, schools, length)
    result = deferred_acceptance(lists, priority, seats)
    assert (np.bincount(result.school[result.school >= 0], minlength=schools) <= seats).all()
    assert blocking(lists, priority, seats, result.school) == 0


def test_a_city():
    check(60_000, 60, 8)


def test_the_count_of_blocking_pairs_can_fail():
    """Under first choice first there are blocking pairs with respect to the true keys."""
    lists, priority, seats = nearest(60_000, 60, 8)
    result = deferred_acceptance(lists, first_choice_first(priority), seats)
    assert blocking(lists, priority, seats, result.school) > 0


@pytest.mark.validate
@pytest.mark.parametrize("children, schools", [(1_000_000, 200), (400_000, 5_000)])
def test_a_province(children, schools):
    check(children, schools, 10)
