"""Transfers of continuing grades, with and without the one-out-one-in rule (一出一进)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.dims import GRADES

GRADE_COUNT = len(GRADES)


def transfer(
    wanted: ArrayLike,
    current: ArrayLike,
    grade: ArrayLike,
    priority: ArrayLike,
    *,
    room: ArrayLike,
    vacated: ArrayLike,
    one_out_one_in: ArrayLike,
) -> NDArray[np.bool_]:
    """Return which movers of continuing grades are accepted.

    A school and grade takes movers while there is room below the class cap; under one out, one
    in, at most as many as left the school and grade this year. A mover who is accepted leaves a
    place behind, which counts for the next: acceptance is repeated until nothing changes. Movers
    who could only exchange places with each other stay.

    Parameters
    ----------
    wanted : array_like of int, shape (m,)
        School each mover wants; -1 for none.
    current : array_like of int, shape (m,)
        School each mover leaves; -1 for none.
    grade : array_like of int, shape (m,)
        Grade 1-9.
    priority : array_like of int, shape (m,)
        Lower goes first; ties to the lower index. A lottery number or a distance.
    room : array_like of int, shape (schools, 9)
        Places below the class cap; negative where the grade is above it.
    vacated : array_like of int, shape (schools, 9)
        Pupils who left the school and grade this year before the transfers.
    one_out_one_in : array_like of bool, shape (schools,)
        Schools under the rule.

    Returns
    -------
    ndarray of bool, shape (m,)
    """
    target = np.asarray(wanted, dtype=np.int64)
    origin = np.asarray(current, dtype=np.int64)
    step = np.asarray(grade, dtype=np.int64) - 1
    free = np.asarray(room, dtype=np.int64).ravel()
    left = np.asarray(vacated, dtype=np.int64).ravel()
    ruled = np.repeat(np.asarray(one_out_one_in, dtype=bool), GRADE_COUNT)
    accepted = np.zeros(len(target), dtype=bool)
    asks = np.flatnonzero((target >= 0) & (target != origin))
    if not asks.size:
        return accepted
    cell = target[asks] * GRADE_COUNT + step[asks]
    turn = _rank_within(cell, np.asarray(priority)[asks])
    home = origin[asks]
    # Who comes from no school leaves a place behind in a last cell that nobody asks for.
    behind = np.where(home >= 0, home * GRADE_COUNT + step[asks], len(free))
    limit = np.where(ruled, np.minimum(left, free), free)
    granted = np.zeros(len(asks), dtype=bool)
    while True:
        gone = np.bincount(behind[granted], minlength=len(free) + 1)
        places = limit + gone[:-1]
        now = turn < places[cell]
        if (now == granted).all():
            break
        granted = now
    accepted[asks] = granted
    return accepted


def _rank_within(cell: NDArray[np.int64], priority: NDArray[np.generic]) -> NDArray[np.int64]:
    """Position of each mover among those who want the same cell, by priority and index."""
    order = np.lexsort((priority, cell))
    ordered = cell[order]
    rank = np.empty(len(cell), dtype=np.int64)
    rank[order] = np.arange(len(cell)) - ordered.searchsorted(ordered)
    return rank
