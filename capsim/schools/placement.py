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

from capsim.admission.matching import deferred_acceptance
from capsim.core.dims import GRADE_LEVEL_INDEX
from capsim.schools.classes.formation import ClassPlan, ClassRules, class_cells
from capsim.schools.classes.seats import free_rooms, places_in_classes

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]
Priority = Callable[[Rows], NDArray[np.uint32]]

GRADE_LEVEL = GRADE_LEVEL_INDEX.tolist()


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
    priority: Priority,
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
    priority : callable
        From rows of children to their priorities as uint32, the lowest first; asked only where
        children compete.
    roll : ndarray of int32, shape (schools, 9)
    plan : ClassPlan
    rooms, usable : ndarray of int32, shape (schools, 2)
        Classrooms, and those that teachers can staff.
    rules : ClassRules

    Returns
    -------
    Placement
    """
    classrooms = _Classrooms(roll, plan, np.minimum(rooms, usable), rules)
    school = np.full(len(grade), -1, np.int32)
    named = (receiver >= 0).nonzero()[0]
    school[named] = classrooms.seat_named(
        receiver.take(named), grade.take(named), lambda rows: priority(named[rows])
    )
    waiting = (school < 0).nonzero()[0]
    if len(waiting):
        listed = nearest(waiting)
        some = (listed[:, 0] >= 0).nonzero()[0]
        waiting = waiting[some]
        school[waiting] = classrooms.seat(
            listed[some], grade[waiting], lambda rows: priority(waiting[rows])
        )
    return Placement(school, classrooms.roll, classrooms.plan)


class _Classrooms:
    """Classes that fill with children, and rooms in which more are opened.

    Parameters
    ----------
    roll : ndarray of int32, shape (schools, 9)
    plan : ClassPlan
    limit : ndarray of int32, shape (schools, 2)
        Rooms that can be used.
    rules : ClassRules
    """

    def __init__(self, roll: I32, plan: ClassPlan, limit: I32, rules: ClassRules) -> None:
        self.roll = roll.copy()
        self.plan = ClassPlan(plan.classes.copy(), plan.class_grade.copy())
        self._limit = limit
        self._rules = rules
        # Grades that share a class share its places: the cell is the class, not the grade. Where
        # a list is padded with -1 it is the last.
        self._class = np.full(roll.size + 1, -1, np.intp)
        self._class[:-1] = class_cells(plan).ravel()

    def seat_named(self, school: I32, grade: I32, priority: Priority) -> I32:
        """Seat children at the one school named for each, as :meth:`seat` does.

        Lots are drawn only where somebody is left over once classes are opened.
        """
        wanted = school * np.intp(9)
        wanted += grade - 1
        beyond, settled = self._beyond(wanted), False
        if beyond.max() > 0 and (settled := self._open_beforehand(wanted, beyond)):
            beyond = self._beyond(wanted)
        if beyond.max() > 0:
            return self.seat(school[:, None], grade, priority, settled=settled)
        self._enter(wanted)
        return school

    def seat(self, lists: I32, grade: I32, priority: Priority, *, settled: bool = False) -> I32:
        """Seat children at the schools of their lists: to the cap, in new classes, beyond.

        Parameters
        ----------
        lists : ndarray of int32, shape (children, listed)
            Padded with -1, but not in the first column.
        grade : ndarray of int32, shape (children,)
        priority : callable
            As :func:`place` takes it, of these children.
        settled : bool
            Whether the classes that they need are open already.

        Returns
        -------
        ndarray of int32, shape (children,)
            School of each child, -1 if none could take it.
        """
        school = np.full(len(grade), -1, np.int32)
        # Cells of a (schools, 9) table.
        wanted = np.where(lists < 0, -1, lists * np.intp(9) + (grade - 1)[:, None])
        cap, hard_cap = self._rules.cap, self._rules.hard_cap
        waiting = self._fill(school, np.arange(len(grade)), wanted, priority, cap)
        for column in range(0 if settled else lists.shape[1]):
            asking = waiting[lists[waiting, column] >= 0]
            asked = wanted[asking, column]
            opened = self._open(np.bincount(asked, minlength=self.roll.size))
            if opened:
                there = asking[np.isin(asked, opened)]
                only = wanted[:, column : column + 1]
                self._fill(school, there, only, priority, cap)
                waiting = waiting[school[waiting] < 0]
        self._fill(school, waiting, wanted, priority, hard_cap)
        return school

    def _fill(
        self, school: I32, waiting: Rows, wanted: Rows, priority: Priority, size: tuple[int, int]
    ) -> Rows:
        """Seat waiting children in existing classes up to `size`; return who waits still."""
        if not len(waiting):
            return waiting
        asked = wanted.take(waiting, axis=0)
        cell = self._class.take(asked)
        capacity = self._places(size)
        taken: NDArray[np.integer] = cell[:, 0]
        # Where nobody competes everybody gets the first of the list.
        if (np.bincount(taken, minlength=len(capacity)) > capacity).any():
            key = np.broadcast_to(priority(waiting)[:, None], cell.shape)
            taken = deferred_acceptance(cell, key, capacity).school
        seated = (taken >= 0).nonzero()[0]
        there = taken.take(seated) // 9
        school[waiting.take(seated)] = there
        self._enter(there * 9 + asked[:, 0].take(seated) % 9)
        return waiting[taken < 0]

    def _enter(self, cell: Rows) -> None:
        """Add children to the roll, by their own cells."""
        self.roll += np.bincount(cell, minlength=self.roll.size).reshape(self.roll.shape)

    def _places(self, size: tuple[int, int]) -> I32:
        """Places left in classes up to `size`, by cell."""
        rule = self._rules.multigrade
        shared = rule.largest_class if rule is not None else None
        return places_in_classes(self.roll, self.plan, size, largest_shared=shared).ravel()

    def _beyond(self, wanted: Rows) -> NDArray[np.int64]:
        """How many more children want each cell than classes up to the cap have places."""
        asked = np.bincount(self._class.take(wanted), minlength=self.roll.size)
        asked -= self._places(self._rules.cap)
        return asked

    def _open_beforehand(self, wanted: Rows, beyond: NDArray[np.int64]) -> bool:
        """Open classes before children of one school each are seated; return if that is all.

        It is unless grades compete for a class: then who is left over depends on the lots.
        """
        waiting = np.maximum(beyond, 0)
        cell = self._class.take(wanted)
        if waiting.take(cell[cell != wanted]).any():
            return False
        self._open(waiting)
        return True

    def _open(self, waiting: NDArray[np.int64]) -> list[int]:
        """Open classes in free rooms, the grade with most waiting first; return their cells.

        `waiting` counts children by cell.
        """
        free = free_rooms(self.plan, self._limit)
        left: dict[tuple[int, int], dict[int, int]] = {}
        for cell in waiting.nonzero()[0].tolist():
            left.setdefault((cell // 9, GRADE_LEVEL[cell % 9]), {})[cell] = int(waiting[cell])
        opened = []
        for campus, number in left.items():
            for _ in range(int(free[campus])):
                most = max(number, key=number.__getitem__)
                if number[most] <= 0:
                    break
                number[most] -= self._rules.cap[campus[1]]
                self.plan.classes.flat[most] += 1
                self.plan.class_grade.flat[most] = most % 9
                self._class[most] = most
                opened.append(most)
        return opened
