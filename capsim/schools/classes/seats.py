"""Seats: what schools offer at their entry grades and can still take in the classes they have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from capsim.core.dims import GRADE_LEVEL_INDEX
from capsim.schools.classes.formation import (
    ENTRY,
    ENTRY_COLUMNS,
    GRADE_COLUMNS,
    I32,
    LEVEL_GRADES,
    ClassPlan,
    ClassRules,
    by_level,
    class_cells,
    class_pupils,
)
from capsim.schools.classes.multigrade import MultigradeRule


@dataclass(frozen=True, slots=True)
class SeatOffer:
    """What the schools offer at their entry grades.

    Attributes
    ----------
    classes : ndarray of int32, shape (schools, 2)
        Classes that can be opened at the entry grade; 0 also where entrants would share the
        class of higher grades.
    seats : ndarray of int32, shape (schools, 2)
        Seats offered, to the class cap.
    emergency_seats : ndarray of int32, shape (schools, 2)
        Further seats between the class cap and the hard cap in the same classes.
    """

    classes: I32
    seats: I32
    emergency_seats: I32


def usable_rooms(rooms: ArrayLike, teachers: ArrayLike, least_per_class: ArrayLike) -> I32:
    """Return the classrooms that the teachers of the school can staff.

    Parameters
    ----------
    rooms, teachers : array_like, shape (schools, 2)
    least_per_class : array_like, shape (2,)
        Fewest teachers with whom a class can be kept open; 0 sets no limit.

    Returns
    -------
    ndarray of int32, shape (schools, 2)
    """
    least = np.asarray(least_per_class, dtype=np.float64)
    space = np.asarray(rooms, dtype=np.int32)
    staffed = np.full(space.shape, np.inf)
    np.divide(teachers, least, out=staffed, where=least > 0)
    staffed += 1e-9
    limited: I32 = np.minimum(space, np.floor(staffed)).astype(np.int32)
    return limited


def entry_rooms(rooms: ArrayLike, teaches: ArrayLike) -> I32:
    """Return the rooms an entry grade is due: ``ceil(rooms of the level / grades taught)``.

    Parameters
    ----------
    rooms : array_like of int, shape (schools, 2)
    teaches : array_like of bool, shape (schools, 9)

    Returns
    -------
    ndarray of int32, shape (schools, 2)
        0 where the school does not teach the entry grade of the level.
    """
    space = np.asarray(rooms, dtype=np.int32)
    taught = np.asarray(teaches, dtype=bool)
    due: I32 = -(-space // np.maximum(by_level(taught), 1))
    due *= taught[:, ENTRY]
    return due


def offer_seats(
    roll: ArrayLike,
    plan: ClassPlan,
    *,
    rooms: ArrayLike,
    due: ArrayLike,
    rules: ClassRules,
    staffed_rooms: ArrayLike | None = None,
) -> SeatOffer:
    """Return the seats offered at the entry grades.

    ``min(free rooms, ceil(rooms of the level / grades taught there)) x cap``, where the free
    rooms are those left by the classes of the continuing grades, among the rooms that the
    teachers can staff. Where no room is free and grades share classes, entrants may share the
    class of the lowest continuing grade up to the size of a multi-grade class.

    Parameters
    ----------
    roll : array_like of int, shape (schools, 9)
        Rolls of the continuing grades; the entry grades are not read.
    plan : ClassPlan
        Classes of the continuing grades, settled (entry grades without classes).
    rooms : array_like of int, shape (schools, 2)
    due : array_like of int, shape (schools, 2)
        Rooms an entry grade is due (:func:`entry_rooms`); 0 at schools that are closed.
    rules : ClassRules
    staffed_rooms : array_like of int, shape (schools, 2), optional
        Rooms the teachers can staff (:func:`usable_rooms`). Default: all.

    Returns
    -------
    SeatOffer
    """
    space = np.asarray(rooms, dtype=np.int32)
    usable = space if staffed_rooms is None else np.asarray(staffed_rooms, dtype=np.int32)
    free = np.maximum(np.minimum(space, usable) - plan.by_level(), 0)
    opened = np.minimum(free, due)
    cap = np.asarray(rules.cap, dtype=np.int32)
    hard_cap = np.maximum(np.asarray(rules.hard_cap, dtype=np.int32), cap)
    seats = opened * cap
    if rules.multigrade is not None:
        may = (opened == 0) & (np.asarray(due) > 0)
        if np.count_nonzero(may):
            sharing = _seats_in_shared_classes(roll, plan, rules.multigrade)
            np.copyto(seats, sharing, where=may)
    return SeatOffer(opened, seats, opened * (hard_cap - cap))


def _seats_in_shared_classes(roll: ArrayLike, plan: ClassPlan, rule: MultigradeRule) -> I32:
    """Places for entrants in the single class of the lowest continuing grade, (schools, 2)."""
    has_class = plan.classes > 0
    first = np.empty((len(has_class), 2), dtype=np.intp)
    for level, grades in enumerate(LEVEL_GRADES):
        has_class[:, grades].argmax(axis=1, out=first[:, level])
    first += np.arange(0, has_class.size, len(GRADE_COLUMNS))[:, None]
    first += ENTRY_COLUMNS
    places: I32 = rule.largest_class - class_pupils(roll, plan).take(first)
    np.maximum(places, 0, out=places)
    places *= plan.classes.take(first) == 1
    return places


def places_in_classes(
    roll: ArrayLike,
    plan: ClassPlan,
    limit: tuple[int, int],
    *,
    largest_shared: int | None = None,
) -> I32:
    """Return the pupils that the classes counted at each grade can still take.

    Parameters
    ----------
    roll : array_like of int, shape (schools, 9)
    plan : ClassPlan
    limit : tuple of int
        Size by level to which classes may be filled: the class cap or the hard cap.
    largest_shared : int, optional
        Size to which a class shared by several grades may be filled. Default: `limit`.

    Returns
    -------
    ndarray of int32, shape (schools, 9)
        The places of a shared class once, at the grade where it is counted.
    """
    places: I32 = plan.classes * _by_grade(limit)
    cells = class_cells(plan)
    joins = (plan.class_grade != GRADE_COLUMNS).ravel().nonzero()[0]
    if largest_shared is not None:
        shared = cells.take(joins)
        most = np.minimum(plan.classes.take(shared) * largest_shared, places.take(shared))
        places.put(shared, most)
    places -= class_pupils(roll, plan, cells)
    np.maximum(places, 0, out=places)
    places.put(joins, 0)
    return places


@lru_cache(maxsize=32)
def _by_grade(by_level: tuple[int, int]) -> I32:
    """One number for each grade, read-only."""
    numbers = np.array(by_level, dtype=np.int32)[GRADE_LEVEL_INDEX]
    numbers.flags.writeable = False
    return numbers


def free_rooms(plan: ClassPlan, rooms: ArrayLike) -> I32:
    """Return the classrooms without a class, shape (schools, 2)."""
    spare: I32 = np.maximum(np.asarray(rooms, dtype=np.int32) - plan.by_level(), 0)
    return spare


def rooms_lacking(plan: ClassPlan, rooms: ArrayLike) -> I32:
    """Return the classes that have no classroom of their own, shape (schools, 2)."""
    lacking: I32 = np.maximum(plan.by_level() - np.asarray(rooms, dtype=np.int32), 0)
    return lacking
