"""Allocation of teachers between schools: who moves, from where, to where.

Pure functions on counts and rows: they decide, :mod:`capsim.county.staffing` carries out. Counts
by *cell* are flat: cell ``2 x school + level``.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Rows = NDArray[np.intp]
Cells = NDArray[np.integer]
Bool = NDArray[np.bool_]


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


def to_largest_need(shortage: ArrayLike, most: ArrayLike, number: int) -> I64:
    """Allot teachers one by one, each to the cell that then lacks most.

    Parameters
    ----------
    shortage : array_like of float, shape (cells,)
        Need minus teachers; negative where there are too many.
    most : array_like of int, shape (cells,)
        Most that each cell can take; 0 or less takes none.
    number : int
        Teachers to allot.

    Returns
    -------
    ndarray of int64, shape (cells,)
        Teachers allotted; fewer than `number` in all where the cells cannot take them. Of equal
        cells the first is served first.
    """
    lack = np.asarray(shortage, dtype=np.float64)
    if number <= 0:
        return np.zeros(lack.size, dtype=np.int64)
    able = (np.asarray(most) > 0).nonzero()[0]
    # Before the next in order gets one, each of those before it has got one.
    first = able.take(np.argsort(-lack.take(able), kind="stable")[:number])
    limit = dict(zip(first.tolist(), np.asarray(most).take(first).tolist(), strict=True))
    heap = list(zip((-lack.take(first)).tolist(), limit, strict=True))  # in order, so a heap
    given = dict.fromkeys(limit, 0)
    for _ in range(number):
        if not heap:
            break
        value, cell = heap[0]
        given[cell] += 1
        if given[cell] < limit[cell]:
            heapq.heapreplace(heap, (value + 1.0, cell))
        else:
            heapq.heappop(heap)
    allotted = np.zeros(lack.size, dtype=np.int64)
    allotted[first] = list(given.values())
    return allotted


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
    total = np.add.reduce(wanted, axis=0)
    cover = np.add.reduce(heads, axis=0, dtype=np.float64) / np.where(total > 0, total, 1.0)
    return np.asarray(wanted * np.minimum(cover, 1.0), dtype=np.float64)


def surplus_to_shortage(
    heads: ArrayLike,
    target: ArrayLike,
    x_km: ArrayLike,
    y_km: ArrayLike,
    *,
    most: ArrayLike,
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
    x_km, y_km : array_like, shape (schools,)
        Straight-line distances are used.
    most : array_like of int, shape (2,)
        Most teachers moved at each level.
    farthest_km : float
        Longest move.
    receivers : ndarray of bool, shape (schools,) or (schools, 2), optional
        Schools, or their levels, that may receive. Default: all.

    Returns
    -------
    Moves
    """
    spare_heads = np.asarray(heads, dtype=np.float64) - np.asarray(target, dtype=np.float64)
    over = np.floor(np.maximum(spare_heads, 0.0) + 1e-9).astype(np.int64)
    lack = np.floor(np.maximum(-spare_heads, 0.0) + 0.5).astype(np.int64)
    if receivers is not None:
        lack[~receivers] = 0
    x, y = np.asarray(x_km, dtype=np.float64), np.asarray(y_km, dtype=np.float64)
    limit = np.asarray(most)
    found: list[tuple[int, int, int]] = []
    for level in range(2):
        giving, taking = over[:, level].nonzero()[0], lack[:, level].nonzero()[0]
        left = int(limit[level])
        if not giving.size or not taking.size or left <= 0:
            continue
        taking = taking.take(spare_heads[taking, level].argsort(kind="stable"))
        far = np.hypot(
            x.take(taking)[:, None] - x.take(giving), y.take(taking)[:, None] - y.take(giving)
        )
        nearest, km = far.argsort(axis=1, kind="stable").tolist(), far.tolist()
        givers, spare = giving.tolist(), over[giving, level].tolist()
        for row, school in enumerate(taking.tolist()):
            wanted = min(int(lack[school, level]), left)
            for column in nearest[row]:
                if wanted <= 0 or not km[row][column] <= farthest_km:
                    break
                n = min(wanted, spare[column])
                if n:
                    found.append((2 * givers[column] + level, 2 * school + level, n))
                    spare[column] -= n
                    wanted -= n
                    left -= n
    if not found:
        return no_moves()
    return Moves(*np.array(found, dtype=np.int64).T)


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
    packed = (cell.astype(np.uint64) << np.uint64(40)) | (key >> np.uint64(24))
    order = packed.argsort(kind="stable")
    where = cell.take(order)
    start = where.searchsorted(where)
    chosen: Rows = order[np.arange(order.size) - start < number.take(where)]
    return chosen


def lowest(words: NDArray[np.uint64], number: int) -> Rows:
    """Return the rows of the lowest of some words that differ, in no order; all if too few."""
    if number >= len(words):
        return np.arange(len(words))
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
    start, end = moves.origin.take(order), moves.destination.take(order)
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
    stranded = np.flatnonzero(~is_open[cell])
    if not stranded.size:
        return stranded, stranded
    take_over = np.asarray(receiver, dtype=np.intp)
    heir = take_over[cell[stranded] // 2]
    target = np.where(heir >= 0, 2 * heir + cell[stranded] % 2, -1)
    target = np.where((target >= 0) & is_open[target], target, -1)
    lack = np.array(shortage, dtype=np.float64).ravel()
    np.subtract.at(lack, target[target >= 0], 1.0)
    for level in range(2):
        waiting = np.flatnonzero((target < 0) & (cell[stranded] % 2 == level))
        places = np.where(is_open & (np.arange(is_open.size) % 2 == level), waiting.size, 0)
        allotted = to_largest_need(lack, places, waiting.size)
        given = np.repeat(np.arange(is_open.size), allotted)
        target[waiting[: given.size]] = given
    placed = target >= 0
    return stranded[placed], target[placed]
