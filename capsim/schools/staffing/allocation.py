"""Allocation of teachers between schools: who moves, from where, to where.

Pure functions on counts and rows: they decide, ``schools.staffing.staff`` carries out. Counts
by *cell* are flat: cell ``2 x school + level``.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Rows = NDArray[np.intp]
Cells = NDArray[np.integer]
Bool = NDArray[np.bool_]

_S24, _S40 = np.array(24, np.uint64), np.array(40, np.uint64)


@dataclass(frozen=True, slots=True)
class Moves:
    """Numbers of teachers who move between cells.

    Attributes
    ----------
    origin, destination : ndarray of intp, shape (moves,)
        Cells.
    number : ndarray of int64, shape (moves,)
        Teachers of each move.
    """

    origin: Rows
    destination: Rows
    number: I64

    def total(self) -> int:
        """Return the teachers who move."""
        return int(self.number.sum())


def no_moves() -> Moves:
    """Return moves of nobody."""
    empty = np.zeros(0, dtype=np.intp)
    return Moves(empty, empty, np.zeros(0, dtype=np.int64))


def to_largest_need(shortage: ArrayLike, most: ArrayLike, number: int) -> Rows:
    """Place teachers one by one, each in the cell that then lacks most.

    Parameters
    ----------
    shortage : array_like of float, shape (cells,)
        Need minus teachers; negative where there are too many.
    most : array_like of int, shape (cells,)
        Most that each cell can take; 0 or less takes none.
    number : int
        Teachers to place.

    Returns
    -------
    ndarray of intp
        Cells of the teachers placed, in rising order; fewer than `number` where the cells cannot
        take them. Of equal cells the first is served first.
    """
    taken: list[int] = []
    if number > 0:
        surplus, limit = -np.asarray(shortage, dtype=np.float64), np.asarray(most)
        able = (limit > 0).nonzero()[0]
        # Before the next in order gets one, each of those before it has got one.
        first = able.take(surplus.take(able).argsort(kind="stable")[:number])
        columns = (surplus.take(first), first, limit.take(first))
        # In order, so a heap.
        heap = list(zip(*(column.tolist() for column in columns), strict=True))
        while heap and len(taken) < number:
            value, cell, left = heap[0]
            taken.append(cell)
            if left > 1:
                heapq.heapreplace(heap, (value + 1.0, cell, left - 1))
            else:
                heapq.heappop(heap)
        taken.sort()
    return np.array(taken, dtype=np.intp)


def fair_targets(need: ArrayLike, heads: ArrayLike) -> F64:
    """Return what each school would have if the county's teachers were shared by need.

    Where a level has fewer teachers than it needs every school gets the same share of its need;
    where it has more, every school gets its need and the rest stays where it is.

    Parameters
    ----------
    need : array_like, shape (schools, 2)
    heads : array_like, shape (schools, 2)

    Returns
    -------
    ndarray of float64, shape (schools, 2)
    """
    wanted = np.asarray(need, dtype=np.float64)
    cover = np.add.reduce(heads, axis=0) / np.maximum(np.add.reduce(wanted, axis=0), 1e-9)
    target: F64 = wanted * np.minimum(cover, 1.0)
    return target


def straight_km(x_km: ArrayLike, y_km: ArrayLike) -> F64:
    """Return straight-line distances between places, shape (places, places)."""
    x, y = np.asarray(x_km, dtype=np.float64), np.asarray(y_km, dtype=np.float64)
    km: F64 = np.hypot(x[:, None] - x, y[:, None] - y)
    return km


def surplus_to_shortage(
    heads: ArrayLike,
    target: ArrayLike,
    km: F64,
    *,
    most: Sequence[int],
    farthest_km: float,
    receivers: Bool | None = None,
) -> Moves:
    """Move teachers from schools above their target to schools below it.

    Schools that lack most come first, each served by the nearest schools that have more than
    their target; a school never falls below its target by giving, and never passes it by more
    than half a teacher by receiving, so that nobody is moved back the year after.

    Parameters
    ----------
    heads, target : array_like, shape (schools, 2)
    km : ndarray of float64, shape (schools, schools)
        Distances between schools (:func:`straight_km`).
    most : sequence of int
        Most teachers moved at each of the two levels.
    farthest_km : float
        Longest move.
    receivers : ndarray of bool, shape (schools, 1) or (schools, 2), optional
        Schools, or their levels, that may receive. Default: all.

    Returns
    -------
    Moves
    """
    beyond = np.subtract(heads, target, dtype=np.float64)
    over, lack = (beyond + 1e-9).ravel(), (0.5 - beyond).ravel()
    may_take = lack >= 1.0
    if receivers is not None:
        may_take &= np.broadcast_to(receivers, beyond.shape).ravel()
    giving, taking = (over >= 1.0).nonzero()[0], may_take.nonzero()[0]
    if not giving.size or not taking.size:
        return no_moves()
    taking = taking.take(beyond.take(taking).argsort(kind="stable"))
    wanting = lack.take(taking).astype(np.int64).tolist()
    spare: tuple[dict[int, int], dict[int, int]] = ({}, {})  # by school
    for cell, n in zip(giving.tolist(), over.take(giving).tolist(), strict=True):
        spare[cell & 1][cell >> 1] = int(n)
    left = [*most]
    found: list[int] = []
    for cell, wanted in zip(taking.tolist(), wanting, strict=True):
        level, far = cell & 1, km[cell >> 1].tolist()
        givers = spare[level]
        wanted = min(wanted, left[level])
        while wanted > 0 and givers:
            nearest = min(givers, key=far.__getitem__)
            if not far[nearest] <= farthest_km:
                break
            n = min(wanted, givers[nearest])
            found += (2 * nearest + level, cell, n)
            wanted -= n
            left[level] -= n
            givers[nearest] -= n
            if not givers[nearest]:
                del givers[nearest]
    moves = np.array(found, dtype=np.int64).reshape(-1, 3)
    return Moves(moves[:, 0], moves[:, 1], moves[:, 2])


def first_of_each_cell(cell: Cells, key: NDArray[np.uint64], number: I64) -> Rows:
    """Choose from each cell the given number of teachers, in the order of their keys.

    Parameters
    ----------
    cell : ndarray of intp, shape (candidates,)
    key : ndarray of uint64, shape (candidates,)
        Lower is chosen first.
    number : ndarray of int64, shape (cells,)
        Teachers to choose from each cell; all its candidates where there are fewer.

    Returns
    -------
    ndarray of intp
        Rows of the candidates chosen, by cell and then by key.
    """
    packed = cell.astype(np.uint64) << _S40
    packed |= key >> _S24
    order = packed.argsort(kind="stable")
    where = cell.take(order)
    start = where.searchsorted(where)
    chosen: Rows = order[np.arange(order.size) - start < number.take(where)]
    return chosen


def lowest(words: NDArray[np.uint64], number: int) -> Rows:
    """Return the rows of the lowest of some words that differ, in no order; all if too few."""
    if number >= len(words):
        return np.arange(len(words))
    # Words are spread evenly, so the lowest are found among a few that are low.
    share = (4 * number + 20) / len(words)
    if share < 1.0:
        few = (words < np.array(int(share * 2.0**64), np.uint64)).nonzero()[0]
        if few.size >= number:
            return few.take(words.take(few).argsort()[:number])
    rows: Rows = words.argpartition(number)[:number]
    return rows


def destinations(origin: Cells, moves: Moves) -> Rows:
    """Give each teacher who leaves a cell one of the places the moves hold for it.

    Parameters
    ----------
    origin : ndarray of intp, shape (leaving,)
        Cells of those who leave, sorted; no cell more often than its moves.
    moves : Moves

    Returns
    -------
    ndarray of intp, shape (leaving,)
        Their destinations, cells.
    """
    order = moves.origin.argsort(kind="stable")
    order = order.repeat(moves.number.take(order))
    end = moves.destination.take(order)
    if origin.size == order.size:
        return end
    start = moves.origin.take(order)
    within = np.arange(origin.size) - origin.searchsorted(origin)
    taken: Rows = end.take(start.searchsorted(origin) + within)
    return taken


def from_closed(
    cell: Cells, receiver: ArrayLike, open_cells: Bool, shortage: ArrayLike
) -> tuple[Rows, Rows]:
    """Post the teachers of schools and levels that ended.

    They go with their pupils to the receiver where it is open and teaches their level, otherwise
    one by one to the school of their level that lacks most.

    Parameters
    ----------
    cell : ndarray of intp, shape (teachers,)
        Cells of all teachers.
    receiver : array_like of int, shape (schools,)
        Row of the school that takes over; -1 where there is none.
    open_cells : ndarray of bool, shape (schools, 2)
        Levels taught this year at open schools.
    shortage : array_like of float, shape (schools, 2)
        Need minus teachers who stay.

    Returns
    -------
    rows : ndarray of intp
        Teachers who are posted. Where no school of their level is open they stay.
    cells : ndarray of intp
        Where to.
    """
    is_open = open_cells.ravel()
    stranded = (~is_open).take(cell).nonzero()[0]
    if not stranded.size:
        return stranded, stranded
    left = cell.take(stranded)
    heir = np.asarray(receiver, dtype=np.intp).take(left >> 1)
    target = 2 * heir + (left & 1)
    target[(heir < 0) | ~is_open.take(target)] = -1
    placed = target >= 0
    if placed.all():
        return stranded, target
    lack = np.array(shortage, dtype=np.float64).ravel()
    np.subtract.at(lack, target[placed], 1.0)
    for level in range(2):
        waiting = ((target < 0) & (left & 1 == level)).nonzero()[0]
        places = np.where(is_open & (np.arange(is_open.size) & 1 == level), waiting.size, 0)
        given = to_largest_need(lack, places, waiting.size)
        target[waiting[: given.size]] = given
    placed = target >= 0
    return stranded[placed], target[placed]
