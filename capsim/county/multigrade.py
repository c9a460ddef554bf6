"""Multi-grade classes (复式班): neighbouring grades of tiny schools taught in one class."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

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
    tiny = pupils < rule.below
    tiny &= single
    if home is None:
        home = np.empty(pupils.shape, dtype=np.int8)
        home[:] = own
    else:
        home = home.copy()
        tiny &= (home == own).all(axis=1)[:, None]
    joins = tiny.sum(axis=1) > 1
    lacking = count.sum(axis=1) > rooms
    if lacking.any():
        joins |= lacking & (single.sum(axis=1) > 1)
    rows = joins.nonzero()[0]
    if rows.size:
        # Few schools are so small, and many stand as others have stood: plain numbers, remembered.
        grades = len(own)
        schools = np.empty((rows.size, 4 * grades + 1), dtype=np.int32)
        columns: tuple[NDArray[Any], ...] = (pupils, count, home, tiny)
        for part, values in enumerate(columns):
            schools[:, part * grades : (part + 1) * grades] = values[rows]
        schools[:, -1] = rooms[rows]
        words, width = schools.tobytes(), 4 * schools.shape[1]
        joined = [_joined(words[at : at + width], rule) for at in range(0, len(words), width)]
        parts = np.frombuffer(b"".join(joined), dtype=np.int32).reshape(rows.size, 2 * grades)
        count[rows], home[rows] = parts[:, :grades], parts[:, grades:]
    return home


@lru_cache(maxsize=1 << 16)
def _joined(school: bytes, rule: MultigradeRule) -> bytes:
    """Join the grades of one school and level; return its classes and homes by grade.

    Parameters
    ----------
    school : bytes
        As 32-bit numbers: pupils, classes, homes and whether it is tiny of each grade; rooms.
    rule : MultigradeRule

    Returns
    -------
    bytes
        32-bit numbers.
    """
    *numbers, rooms = memoryview(school).cast("i").tolist()
    grades = len(numbers) // 4
    pupils, count, home, tiny = (numbers[at : at + grades] for at in range(0, 4 * grades, grades))
    held = [0] * len(pupils)  # pupils of the classes counted at each grade
    for grade, number in zip(home, pupils, strict=True):
        held[grade] += number

    def put(grade: int, into: int) -> None:
        held[into] += held[grade]
        held[grade] = count[grade] = 0
        for at, where in enumerate(home):
            if where == grade:
                home[at] = into

    start = width = 0  # the class at hand and the tiny grades in it; 0 where it is not tiny
    for grade, small in enumerate(tiny):
        fits = held[start] + held[grade] <= rule.largest_class
        if small and 0 < width < rule.most_grades and fits:
            put(grade, into=start)
            width += 1
        elif count[grade]:
            start, width = grade, int(small)
    excess = sum(count) - rooms
    while excess > 0:
        pair = _smallest_neighbours(held, count, rule.largest_class)
        if pair is None:
            break
        put(pair[1], into=pair[0])
        excess -= 1
    return array("i", count + home).tobytes()


def _smallest_neighbours(held: list[int], count: list[int], largest: int) -> tuple[int, int] | None:
    """The neighbouring single classes that make the smallest class together; None if none may."""
    best, smallest = None, largest + 1
    low = -1
    for high, number in enumerate(count):
        if number:
            single = low >= 0 and number == count[low] == 1
            if single and held[low] + held[high] < smallest:
                best, smallest = (low, high), held[low] + held[high]
            low = high
    return best
