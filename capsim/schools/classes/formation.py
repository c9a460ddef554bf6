"""Classes: formed at grades 1 and 7, kept as the grade moves up, split above the hard cap.

A class is opened for a grade that has none (grades 1 and 7 every September, other grades when
pupils are placed in them for the first time) and stays with its pupils until they finish the
level. It is split only when it is above the hard cap and a room is free, and merged only by rule.
In tiny schools several grades are taught in one class (复式班).

All functions are pure and work on whole counties: ``(schools, grades)`` arrays with the nine
grades of compulsory education, ``(schools, levels)`` arrays with primary and junior. A class that
several grades share is counted once, at the lowest of them; ``class_grade`` says where.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.schools.classes.multigrade import MultigradeRule, share_grades

I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
Bool = NDArray[np.bool_]

LEVEL_GRADES: Final = (slice(0, 6), slice(6, 9))
ENTRY_COLUMNS: Final = (0, 6)
ENTRY: Final = slice(0, 9, 6)
"""The entry columns as a slice, quicker than a list of them."""
DEFAULT_MULTIGRADE: Final = MultigradeRule()
GRADE_COLUMNS: Final = np.arange(9, dtype=np.int8)
LEVEL_START: Final = np.array([0] * 6 + [6] * 3, dtype=np.int8)
MOST_GRADES: Final = 6
JUNIOR_GRADES: Final = 3


@dataclass(frozen=True, slots=True)
class ClassRules:
    """The rules by which classes are opened, split and merged.

    Attributes
    ----------
    cap, hard_cap : tuple of int
        Planned class size and the size no admission may exceed; primary and junior.
    merge_size : tuple of int or None
        Classes of a grade are merged when its pupils fit into fewer classes of this size
        (primary and junior); None merges none.
    merge_when_rooms_lack : bool
        Merge classes of a grade, up to the cap, when the level has more classes than rooms.
    multigrade : MultigradeRule or None
        When grades share a class; None lets no grades share.
    """

    cap: tuple[int, int] = (45, 50)
    hard_cap: tuple[int, int] = (55, 55)
    merge_size: tuple[int, int] | None = None
    merge_when_rooms_lack: bool = True
    multigrade: MultigradeRule | None = DEFAULT_MULTIGRADE


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """The classes of every school.

    Attributes
    ----------
    classes : ndarray of int32, shape (schools, 9)
        Classes, a shared class counted once at its lowest grade.
    class_grade : ndarray of int8, shape (schools, 9)
        Column at which the class of each grade's pupils is counted (the grade's own column
        unless it shares a class).
    """

    classes: I32
    class_grade: I8

    def by_level(self) -> I32:
        """Return the classes by level, shape (schools, 2)."""
        return by_level(self.classes)


def by_level(values: ArrayLike) -> I32:
    """Sum a (schools, 9) array of counts over the grades of each level: shape (schools, 2)."""
    total: I32 = np.add.reduceat(np.asarray(values), ENTRY_COLUMNS, axis=1, dtype=np.int32)
    return total


def promote_classes(classes: ArrayLike, teaches: ArrayLike) -> I32:
    """Move every class up one grade; entry grades start with none.

    Classes of grades 6 and 9 end; so do classes that move into a grade the school does not
    teach (their pupils are reassigned).

    Parameters
    ----------
    classes : array_like of int, shape (schools, 9)
    teaches : array_like of bool, shape (schools, 9)

    Returns
    -------
    ndarray of int32, shape (schools, 9)
    """
    old = np.asarray(classes, dtype=np.int32)
    moved = np.zeros_like(old)
    np.multiply(old[:, :-1], np.asarray(teaches, dtype=bool)[:, 1:], out=moved[:, 1:])
    moved[:, ENTRY] = 0
    return moved


def form_classes(
    roll: ArrayLike,
    classes_before: ArrayLike,
    *,
    rooms: ArrayLike,
    rules: ClassRules,
    staffed_rooms: ArrayLike | None = None,
    reserve: ArrayLike | None = None,
) -> ClassPlan:
    """Form the classes of the year from the rolls and the classes that moved up.

    Grades without a class open ``ceil(roll / cap)``, as far as rooms allow and never fewer than
    one; grades with classes keep them, but no class stays without a pupil. Then, in this order:
    merging by rule, merging for want of rooms, sharing between grades, and splitting of classes
    above the hard cap into rooms still free. Where even that leaves more classes than rooms, or
    classes above the hard cap, they stay: :func:`~capsim.schools.classes.seats.rooms_lacking` and
    :func:`~capsim.schools.classes.sizes.class_sizes` show them.

    Parameters
    ----------
    roll : array_like of int, shape (schools, 9)
        Pupils. Before admission the entry grades are 0 and only the continuing grades are
        settled.
    classes_before : array_like of int, shape (schools, 9)
        Classes that moved up (:func:`promote_classes`); 0 opens the grade afresh.
    rooms : array_like of int, shape (schools, 2)
        Classrooms of the level.
    rules : ClassRules
    staffed_rooms : array_like of int, shape (schools, 2), optional
        Rooms the teachers can staff (``usable_rooms``); limits what is
        opened. Default: all.
    reserve : array_like of int, shape (schools, 2), optional
        Rooms kept for entrants while continuing grades are settled
        (:func:`~capsim.schools.classes.seats.entry_rooms`).

    Returns
    -------
    ClassPlan
    """
    pupils = np.asarray(roll, dtype=np.int32)
    before = np.minimum(np.asarray(classes_before, dtype=np.int32), pupils)
    space = np.asarray(rooms, dtype=np.int32)
    usable = space if staffed_rooms is None else np.asarray(staffed_rooms, dtype=np.int32)
    if reserve is not None:
        due = np.asarray(reserve, dtype=np.int32)
        usable = np.maximum(usable - due, 0)
        space = space - np.minimum(due, 1)
    size, count, room = _campuses(pupils), _campuses(before), usable.T.ravel()
    opened = _open_and_merge(size, count, space.T.ravel(), rules)
    if rules.multigrade is None:
        home = np.broadcast_to(GRADE_COLUMNS[:MOST_GRADES], size.shape)
        _reduce(size, count, _total(count) - room, opened)
    else:
        home = share_grades(size, count, opened, room, rules.multigrade)
    _split(size, count, room, _by_campus(rules.hard_cap, len(pupils)))
    return ClassPlan(_grades(count), _grades(home) + LEVEL_START)


def _campuses(values: I32) -> I32:
    """Levels of schools as rows, (2 x schools, 6): primary first; junior grades padded with 0."""
    schools = len(values)
    # Grade by grade in memory, so that sums over the grades are quick.
    rows = np.zeros((MOST_GRADES, 2 * schools), dtype=values.dtype).T
    rows[:schools] = values[:, LEVEL_GRADES[0]]
    rows[schools:, :JUNIOR_GRADES] = values[:, LEVEL_GRADES[1]]
    return rows


def _grades(rows: NDArray[Any]) -> NDArray[Any]:
    """Schools by grade, (schools, 9), from the rows of :func:`_campuses`."""
    schools = len(rows) // 2
    values = np.empty((schools, len(GRADE_COLUMNS)), dtype=rows.dtype)
    values[:, LEVEL_GRADES[0]] = rows[:schools]
    values[:, LEVEL_GRADES[1]] = rows[schools:, :JUNIOR_GRADES]
    return values


def _total(count: I32) -> I32:
    """Classes of each row of :func:`_campuses`."""
    total: I32 = np.add.reduce(count, axis=1, dtype=np.int32)
    return total


@lru_cache(maxsize=32)
def _by_campus(by_level: tuple[int, int], schools: int) -> I32:
    """One number for each row of :func:`_campuses`, as a read-only column."""
    numbers = np.repeat(np.array(by_level, dtype=np.int32), schools)[:, None]
    numbers.flags.writeable = False
    return numbers


def _open_and_merge(pupils: I32, count: I32, space: I32, rules: ClassRules) -> Bool:
    """Merge old classes and open new ones, in place; return the grades that open classes.

    A room of `space` is left for entrants, as far as merging up to the cap can free one.
    """
    cap = _by_campus(rules.cap, len(pupils) // 2)
    opened: Bool = count == 0
    opened &= pupils > 0
    if rules.merge_size is not None:
        largest = _by_campus(rules.merge_size, len(pupils) // 2)
        np.copyto(count, np.minimum(count, -(-pupils // largest)))
    np.floor_divide(pupils + (cap - 1), cap, out=count, where=opened)
    if rules.merge_when_rooms_lack:
        beyond = _total(count)
        beyond -= space
        beyond -= (count[:, 0] - 1) * opened[:, 0]
        _reduce(pupils, count, beyond, ~opened, cap[:, 0])
    return opened


def _reduce(
    pupils: I32, count: I32, excess: I32, movable: Bool, largest: I32 | None = None
) -> None:
    """Take `excess` classes away, each time where the classes stay smallest, in place.

    A grade keeps at least one class; no class grows above `largest` pupils, if given.
    """
    may = np.logical_or.reduce(movable & (count > 1), axis=1)
    may &= excess > 0
    rows = may.nonzero()[0]
    left = excess[rows]
    while rows.size:
        n = count[rows]
        can = movable[rows] & (n > 1)
        size = np.where(can, -(-pupils[rows] // np.maximum(n - 1, 1)), np.iinfo(np.int32).max)
        pick = size.argmin(axis=1)
        reached = size[np.arange(rows.size), pick]
        able = can.any(axis=1) & (reached <= (reached if largest is None else largest[rows]))
        count[rows[able], pick[able]] -= 1
        left[able] -= 1
        going = able & (left > 0)
        rows, left = rows[going], left[going]


def _split(pupils: I32, count: I32, usable: I32, hard_cap: I32) -> None:
    """Split classes above the hard cap while rooms are free, the largest first, in place."""
    over = pupils > count * hard_cap
    over &= count > 0
    if not over.any():
        return
    hard_cap = hard_cap[:, 0]
    free = usable - _total(count)
    rows = (over.any(axis=1) & (free > 0)).nonzero()[0]
    left = free[rows].copy()
    while rows.size:
        n = count[rows]
        size = np.where(n > 0, -(-pupils[rows] // np.maximum(n, 1)), 0)
        pick = size.argmax(axis=1)
        able = size[np.arange(rows.size), pick] > hard_cap[rows]
        count[rows[able], pick[able]] += 1
        left[able] -= 1
        going = able & (left > 0)
        rows, left = rows[going], left[going]


def class_pupils(roll: ArrayLike, plan: ClassPlan, cells: NDArray[np.intp] | None = None) -> I32:
    """Return the pupils taught in the classes counted at each grade, shape (schools, 9).

    `cells` are those of :func:`class_cells`, where they are known already.
    """
    pupils = np.asarray(roll, dtype=np.int32)
    cells = class_cells(plan) if cells is None else cells
    held = np.bincount(cells.ravel(), pupils.ravel(), pupils.size)
    return held.astype(np.int32).reshape(pupils.shape)


def class_cells(plan: ClassPlan) -> NDArray[np.intp]:
    """Return the cell of a (schools, 9) table at which the class of each grade is counted."""
    cells = _first_cells(len(plan.class_grade)) + plan.class_grade
    return cells


@lru_cache(maxsize=32)
def _first_cells(schools: int) -> NDArray[np.intp]:
    """The first cell of each row of a (schools, 9) table, as a read-only column."""
    cells = np.arange(0, schools * len(GRADE_COLUMNS), len(GRADE_COLUMNS))[:, None]
    cells.flags.writeable = False
    return cells
