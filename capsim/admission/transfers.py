"""Transfers of continuing grades, with and without the one-out-one-in rule (一出一进)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import GRADES

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
    household: ArrayLike | None = None,
    ready: ArrayLike | None = None,
) -> NDArray[np.bool_]:
    """Return which movers of continuing grades are accepted.

    A school and grade takes movers while there is room below the class cap; under one out, one
    in, at most as many as left the school and grade this year. A mover who is accepted leaves a
    place behind, which counts for the next: acceptance is repeated until nothing changes. Movers
    who could only exchange places with each other stay.

    A household that gets some of its places only stays, and with it the places that its pupils
    would have left behind for others: the rest is accepted anew until no such household is left.

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
    household : array_like of int, shape (m,), optional
        Movers with the same number go together or not at all; by default everybody goes alone.
    ready : array_like of bool, shape (m,), optional
        Movers who need no place and want none; they go if the others of their household do.

    Returns
    -------
    ndarray of bool, shape (m,)
    """
    target = np.asarray(wanted, dtype=np.int64)
    origin = np.asarray(current, dtype=np.int64)
    step = np.asarray(grade, dtype=np.int64) - 1
    together = _numbered(household, len(target))
    needing = together if ready is None else together[~np.asarray(ready, dtype=bool)]
    needed = np.bincount(needing, minlength=len(target))
    asks = ((target >= 0) & (target != origin)).nonzero()[0]
    cell = target.take(asks) * GRADE_COUNT
    cell += step.take(asks)
    # In the order in which movers are taken, cell by cell.
    order = np.lexsort((np.asarray(priority).take(asks), cell))
    cell, asks = cell.take(order), asks.take(order)
    limit = _limits(room, vacated, one_out_one_in)
    # Who comes from no school leaves a place behind in a last cell that nobody asks for.
    left = origin.take(asks)
    behind = np.where(left >= 0, left * GRADE_COUNT + step.take(asks), len(limit) - 1)
    members = together.take(asks)
    while True:
        granted = _granted(cell, behind, limit)
        got = np.bincount(members[granted], minlength=len(target))
        torn = got > 0
        torn &= got < needed
        if not np.count_nonzero(torn):
            whole: NDArray[np.bool_] = (got == needed).take(together)
            return whole
        stay = (~torn).take(members).nonzero()[0]
        cell, behind, members = cell.take(stay), behind.take(stay), members.take(stay)


def _numbered(household: ArrayLike | None, movers: int) -> NDArray[np.intp]:
    """Number the households from 0 on."""
    if household is None:
        return np.arange(movers)
    names = np.asarray(household)
    order = names.argsort(kind="stable")
    names = names[order]
    new = np.zeros(movers, dtype=np.bool_)
    np.not_equal(names[1:], names[:-1], out=new[1:])
    number = np.empty(movers, dtype=np.intp)
    number[order] = new.cumsum()
    return number


def _limits(room: ArrayLike, vacated: ArrayLike, one_out_one_in: ArrayLike) -> NDArray[np.int64]:
    """Movers whom each school and grade takes as things stand, and a last cell for no school."""
    free = np.asarray(room, dtype=np.int64)
    left = np.asarray(vacated, dtype=np.int64)
    ruled = np.asarray(one_out_one_in, dtype=bool)[:, None]
    limit = np.zeros(free.size + 1, dtype=np.int64)
    limit[:-1] = np.where(ruled, np.minimum(left, free), free).ravel()
    return limit


def _granted(
    cell: NDArray[np.int64], behind: NDArray[np.int64], limit: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of those who ask, in order, get a place, with the places that they leave behind."""
    # The place that each needs: how many there must be at least for those before and itself.
    turn = np.arange(len(cell))
    turn -= cell.searchsorted(cell)
    turn -= limit.take(cell)
    granted: NDArray[np.bool_] = turn < 0
    number = np.count_nonzero(granted)
    while number:
        gone = np.bincount(behind[granted], minlength=len(limit))
        granted = turn < gone.take(cell)
        # A place more never costs anybody a place, so that the same number are the same movers.
        before, number = number, np.count_nonzero(granted)
        if number == before:
            break
    return granted
