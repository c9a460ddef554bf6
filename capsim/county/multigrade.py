"""Multi-grade classes (复式班): neighbouring grades of tiny schools taught in one class."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I8 = NDArray[np.int8]

@dataclass(frozen=True, slots=True)
class MultigradeRule:
    """When neighbouring grades of a level share a class.

    Attributes
    ----------
    below : int
        Grades with fewer pupils than this share a class with a neighbour that is as small.
    largest_class : int
        Most pupils of a shared class.
    most_grades : int
        Most grades that share a class by choice. Want of rooms or teachers can join more.
    """

    below: int = 8
    largest_class: int = 30
    most_grades: int = 3


def join_grades(
    pupils: I32, count: I32, rooms: I32, rule: MultigradeRule, home: I8 | None = None
) -> I8:
    """Let grades of a level share classes; changes `count` in place.

    First tiny neighbouring grades are joined from the lowest up. Where the school still has more
    classes than rooms, the two neighbouring single classes that make the smallest class together
    are joined, again and again, while the shared class stays within its largest size.

    Parameters
    ----------
    pupils, count : ndarray of int32, shape (schools, grades of the level)
        Rolls and classes; the shared class is left at the lowest of its grades.
    rooms : ndarray of int32, shape (schools,)
        Rooms that can be used.
    rule : MultigradeRule
    home : ndarray of int8, shape (schools, grades of the level), optional
        Grades that share classes already; schools with any join further for want of rooms only.

    Returns
    -------
    ndarray of int8, shape (schools, grades of the level)
        Column, within the level, at which the class of each grade is counted.
    """
    own = np.arange(pupils.shape[1], dtype=np.int8)
    single = count == 1
    tiny = single & (pupils < rule.below)
    if home is None:
        home = np.empty(pupils.shape, dtype=np.int8)
        home[:] = own
    else:
        home = home.copy()
        tiny &= (home == own).all(axis=1)[:, None]
    lacking = count.sum(axis=1) > rooms
    rows = np.flatnonzero((tiny.sum(axis=1) > 1) | (lacking & (single.sum(axis=1) > 1)))
    if rows.size:
        # Few schools are so small, and each needs a few steps: plain numbers are quickest.
        joined = [
            _Joining(*school, rule=rule).run()
            for school in zip(
                pupils[rows].tolist(),
                count[rows].tolist(),
                home[rows].tolist(),
                tiny[rows].tolist(),
                rooms[rows].tolist(),
                strict=True,
            )
        ]
        home[rows] = [school.home for school in joined]
        count[rows] = [school.count for school in joined]
    return home


class _Joining:
    """The grades of one school and level while they are joined.

    Attributes
    ----------
    count, home : list of int
        Classes counted at each grade, and the grade at which each grade's class is counted.
    """

    def __init__(
        self,
        pupils: list[int],
        count: list[int],
        home: list[int],
        tiny: list[bool],
        rooms: int,
        *,
        rule: MultigradeRule,
    ) -> None:
        self.count, self.home = count, home
        self._tiny, self._rooms, self._rule = tiny, rooms, rule
        self._held = [0] * len(pupils)
        for grade, number in zip(home, pupils, strict=True):
            self._held[grade] += number

    def run(self) -> _Joining:
        """Join tiny grades, then what the rooms ask for."""
        self._join_tiny()
        while sum(self.count) > self._rooms and self._join_smallest():
            pass
        return self

    def _join_tiny(self) -> None:
        """Join tiny neighbours from the lowest grade up."""
        start = width = 0  # the class at hand and the tiny grades in it; 0 where it is not tiny
        for grade, tiny in enumerate(self._tiny):
            fits = self._held[start] + self._held[grade] <= self._rule.largest_class
            if tiny and 0 < width < self._rule.most_grades and fits:
                self._join(start, grade)
                width += 1
            elif self.count[grade]:
                start, width = grade, int(tiny)

    def _join_smallest(self) -> bool:
        """Join the two neighbouring single classes that make the smallest; False if none may."""
        best, smallest = None, self._rule.largest_class + 1
        present = [grade for grade, number in enumerate(self.count) if number]
        for low, high in pairwise(present):
            size = self._held[low] + self._held[high]
            if self.count[low] == self.count[high] == 1 and size < smallest:
                best, smallest = (low, high), size
        if best is not None:
            self._join(*best)
        return best is not None

    def _join(self, into: int, grade: int) -> None:
        """Put the class counted at `grade` into the class counted at `into`."""
        self._held[into] += self._held[grade]
        self._held[grade] = self.count[grade] = 0
        self.home = [into if at == grade else at for at in self.home]
