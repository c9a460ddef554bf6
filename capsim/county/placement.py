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
from capsim.county.classes import (
    GRADE_COLUMNS,
    ClassPlan,
    ClassRules,
    by_level,
    class_cells,
)
from capsim.county.flows import roll_of
from capsim.county.seats import free_rooms, places_in_classes
from capsim.dims import GRADE_LEVEL_INDEX

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]


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
    nearest: Callable[[Rows], I32],
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
    named = (receiver >= 0).nonzero()[0]
    _seat(state, named, grade, receiver[:, None], priority, limit, rules)
    waiting = (state.school < 0).nonzero()[0]
    if len(waiting):
        listed = nearest(waiting)
        lists = np.full((len(grade), listed.shape[1]), -1, np.int32)
        lists[waiting] = listed
        waiting = waiting[listed[:, 0] >= 0]
        _seat(state, waiting, grade, lists, priority, limit, rules)
    return state


def _seat(
    state: Placement,
    waiting: Rows,
    grade: I32,
    lists: I32,
    priority: NDArray[np.uint32],
    limit: I32,
    rules: ClassRules,
) -> None:
    """Seat waiting children at the schools of their lists: to the cap, in new classes, beyond."""
    waiting = _fill(state, waiting, grade, lists, priority, rules.cap, rules)
    waiting = _open_classes(state, waiting, grade, lists, priority, limit, rules)
    _fill(state, waiting, grade, lists, priority, rules.hard_cap, rules)


def _fill(
    state: Placement,
    waiting: Rows,
    grade: I32,
    lists: I32,
    priority: NDArray[np.uint32],
    size: tuple[int, int],
    rules: ClassRules,
) -> Rows:
    """Seat waiting children in existing classes up to `size`; return who waits still."""
    if not len(waiting):
        return waiting
    shared = rules.multigrade.largest_class if rules.multigrade is not None else None
    places = places_in_classes(state.roll, state.plan, size, largest_shared=shared)
    capacity = places.ravel()
    listed = lists.take(waiting, axis=0)
    asked = grade.take(waiting)
    own = listed * np.intp(9)
    own += asked[:, None] - 1
    # Grades that share a class share its places: the cell is the class, not the grade.
    cell = class_cells(state.plan).take(own, mode="clip")
    cell[listed < 0] = -1
    # Where nobody competes everybody gets the first of the list.
    taken: NDArray[np.integer] = cell[:, 0]
    if (np.bincount(taken, minlength=len(capacity)) > capacity).any():
        key = np.broadcast_to(priority.take(waiting)[:, None], cell.shape)
        taken = deferred_acceptance(cell, key, capacity).school
    seated = taken >= 0
    rows = waiting[seated]
    state.school[rows] = taken[seated] // 9
    state.roll += roll_of(state.school[rows], asked[seated], len(state.roll))
    return waiting[~seated]


def _open_classes(
    state: Placement,
    waiting: Rows,
    grade: I32,
    lists: I32,
    priority: NDArray[np.uint32],
    limit: I32,
    rules: ClassRules,
) -> Rows:
    """Open classes in free rooms where children wait, the grade with most waiting first.

    Returns who waits still.
    """
    for column in range(lists.shape[1]):
        asking = waiting[lists[waiting, column] >= 0]
        if not len(asking):
            continue
        cells = lists[asking, column] * 9 + grade[asking] - 1
        queue = np.bincount(cells, minlength=state.roll.size).reshape(-1, 9)
        opened = _new_classes(queue, free_rooms(state.plan, limit), rules)
        if not opened.any():
            continue
        state.plan.classes[...] += opened
        np.copyto(state.plan.class_grade, GRADE_COLUMNS, where=opened > 0)
        there = asking[opened.take(cells) > 0]
        only = lists[:, column : column + 1]
        _fill(state, there, grade, only, priority, rules.cap, rules)
        waiting = waiting[state.school[waiting] < 0]
    return waiting


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
