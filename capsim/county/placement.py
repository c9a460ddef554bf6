"""Reassignment: pupils of continuing grades who must be given a school.

Those whose campus closed, merged or no longer teaches their grade, who come from outside the
county, or who found no seat last year are placed before the entry round: at the receiver named
for them first - in classes up to the class cap, then in a new class in a free room, then up to
the hard cap - then in the same order at the nearest other schools, else they stay unplaced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capsim.choice.admission import deferred_acceptance
from capsim.county.classes import ClassPlan, ClassRules, by_level
from capsim.county.flows import roll_of
from capsim.county.seats import distinct_places, free_rooms, places_in_classes
from capsim.dims import GRADE_LEVEL_INDEX

I32 = NDArray[np.int32]


@dataclass
class Placement:
    """Outcome of :func:`place`.

    Attributes
    ----------
    school : ndarray of int32, shape (children,)
        School row of each child, -1 if none could take it.
    roll : ndarray of int32, shape (schools, 9)
    plan : ClassPlan
        Classes after new ones were opened for the placed.
    """

    school: I32
    roll: I32
    plan: ClassPlan


def place(
    grade: I32,
    receiver: I32,
    nearest: Callable[[NDArray[np.intp]], I32],
    priority: NDArray[np.uint32],
    *,
    roll: I32,
    plan: ClassPlan,
    rooms: I32,
    rules: ClassRules,
    usable: I32,
) -> Placement:
    """Give children of continuing grades a school.

    Parameters
    ----------
    grade : ndarray of int32, shape (children,)
        Grade 1-9 of each child.
    receiver : ndarray of int32, shape (children,)
        School named for the child, -1 if none.
    nearest : callable
        From the rows of children still without a school to the open schools that teach their
        grades, nearest first, shape (rows, schools listed), padded with -1.
    priority : ndarray of uint32, shape (children,)
        Lower goes first.
    roll : ndarray of int32, shape (schools, 9)
    plan : ClassPlan
    rooms, usable : ndarray of int32, shape (schools, 2)
        Classrooms, and those that teachers can staff.
    rules : ClassRules

    Returns
    -------
    Placement
    """
    state = Placement(
        np.full(len(grade), -1, np.int32),
        roll.copy(),
        ClassPlan(plan.classes.copy(), plan.class_grade.copy()),
    )
    limit = np.minimum(rooms, usable)
    _seat(state, grade, receiver[:, None], priority, limit, rules)
    waiting = np.flatnonzero(state.school < 0)
    if len(waiting):
        listed = nearest(waiting)
        lists = np.full((len(grade), listed.shape[1]), -1, np.int32)
        lists[waiting] = listed
        _seat(state, grade, lists, priority, limit, rules)
    return state


def _seat(
    state: Placement,
    grade: I32,
    lists: I32,
    priority: NDArray[np.uint32],
    limit: I32,
    rules: ClassRules,
) -> None:
    """Seat waiting children at the schools of their lists: to the cap, in new classes, beyond."""
    _fill(state, grade, lists, priority, rules.cap, rules)
    _open_classes(state, grade, lists, priority, limit, rules)
    _fill(state, grade, lists, priority, rules.hard_cap, rules)


def _fill(
    state: Placement,
    grade: I32,
    lists: I32,
    priority: NDArray[np.uint32],
    size: tuple[int, int],
    rules: ClassRules,
) -> None:
    """Seat waiting children in existing classes up to `size`, in place."""
    waiting = np.flatnonzero((state.school < 0) & (lists[:, 0] >= 0))
    if not len(waiting):
        return
    shared = rules.multigrade.largest_class if rules.multigrade is not None else None
    places = distinct_places(
        places_in_classes(state.roll, state.plan, size, largest_shared=shared), state.plan
    )
    listed = lists[waiting]
    column = grade[waiting, None] - 1
    # Grades that share a class share its places: the cell is the class, not the grade.
    cell = np.where(listed >= 0, listed * 9 + state.plan.class_grade[listed, column], -1)
    capacity = places.ravel()
    if (np.bincount(cell[:, 0], minlength=len(capacity)) <= capacity).all():
        taken = cell[:, 0]  # nobody competes: everybody gets the first of the list
    else:
        key = np.broadcast_to(priority[waiting, None], cell.shape)
        taken = deferred_acceptance(cell, key, capacity).school
    seated = taken >= 0
    rows = waiting[seated]
    state.school[rows] = taken[seated] // 9
    state.roll += roll_of(state.school[rows], grade[rows], len(state.roll))


def _open_classes(
    state: Placement,
    grade: I32,
    lists: I32,
    priority: NDArray[np.uint32],
    limit: I32,
    rules: ClassRules,
) -> None:
    """Open classes in free rooms where children wait, the grade with most waiting first."""
    for column in range(lists.shape[1]):
        waiting = np.flatnonzero((state.school < 0) & (lists[:, column] >= 0))
        if not len(waiting):
            continue
        schools = lists[waiting, column]
        queue = np.bincount(schools * 9 + grade[waiting] - 1, minlength=state.roll.size)
        opened = _new_classes(queue.reshape(-1, 9), free_rooms(state.plan, limit), rules)
        if not opened.any():
            continue
        state.plan.classes[...] += opened
        rows, columns = np.nonzero(opened)
        state.plan.class_grade[rows, columns] = columns.astype(np.int8)
        one = np.where(opened[schools, grade[waiting] - 1] > 0, schools, -1)
        only = np.full((len(grade), 1), -1, np.int32)
        only[waiting, 0] = one
        _fill(state, grade, only, priority, rules.cap, rules)


def _new_classes(queue: NDArray[np.int64], free: I32, rules: ClassRules) -> I32:
    """Share the free rooms of each level among the grades whose children wait."""
    opened = np.zeros(queue.shape, np.int32)
    cap = np.asarray(rules.cap)[GRADE_LEVEL_INDEX]
    asked = by_level(queue) > 0
    for school, level in zip(*np.nonzero((free > 0) & asked), strict=True):
        grades = slice(0, 6) if level == 0 else slice(6, 9)
        left = queue[school, grades].copy()
        for _ in range(int(free[school, level])):
            most = int(left.argmax())
            if left[most] <= 0:
                break
            opened[school, grades.start + most] += 1
            left[most] -= cap[grades.start + most]
    return opened
