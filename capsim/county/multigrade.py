"""Multi-grade classes (复式班): neighbouring grades of tiny schools taught in one class."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
Flags = NDArray[np.bool_]


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
        home = np.empty_like(pupils, dtype=np.int8)
        home[:] = own
    else:
        home = home.copy()
        tiny &= np.logical_and.reduce(home == own, axis=1)[:, None]
    excess = np.add.reduce(count, axis=1, dtype=np.int32)
    excess -= rooms
    np.maximum(excess, 0, out=excess)
    joins = _number(tiny) > 1
    if excess.any():
        joins |= (excess > 0) & (_number(single) > 1)
    rows = joins.nonzero()[0]
    if rows.size:
        held = pupils.take(rows, axis=0)
        home[rows] = _homes(held, count[rows], home[rows], tiny[rows], excess[rows], rule)
        count *= home == own
    return home


def _number(marked: Flags) -> I8:
    """Return the number of marked grades of each school."""
    number: I8 = np.add.reduce(marked.view(np.int8), axis=1, dtype=np.int8)
    return number


def _homes(
    pupils: I32, count: I32, home: I8, tiny: Flags, excess: I32, rule: MultigradeRule
) -> I32:
    """Join the grades of schools of which some may share a class; return where each is counted.

    Few schools are so small, and many stand as others have stood: plain numbers, remembered.
    Numbers that make no difference are made alike, so that more schools are.
    """
    schools, grades = pupils.shape
    numbers = np.empty((schools, 4 * grades + 3), dtype=np.int32)
    parts = numbers[:, :-3].reshape(schools, 4, grades)
    np.minimum(pupils, rule.largest_class + 1, out=parts[:, 0])
    if rule.most_grades * (rule.below - 1) <= rule.largest_class:
        parts[:, 0] *= (excess > 0)[:, None]  # tiny grades fit together, whatever they are
    np.minimum(count, 2, out=parts[:, 1])
    parts[:, 2] = home
    parts[:, 3] = tiny
    numbers[:, -3] = excess
    numbers[:, -2:] = rule.largest_class, rule.most_grades
    words = numbers.view(f"V{numbers.strides[0]}").ravel().tolist()
    joined = b"".join(map(_joined, words))
    return np.frombuffer(joined, dtype=np.int32).reshape(schools, grades)


@lru_cache(maxsize=1 << 16)
def _joined(school: bytes) -> bytes:
    """Join the grades of one school and level; return where each is counted.

    Parameters
    ----------
    school : bytes
        As 32-bit numbers: pupils, classes, homes and whether it is tiny of each grade; classes
        above the rooms; most pupils and most grades of a shared class.

    Returns
    -------
    bytes
        32-bit numbers.
    """
    *numbers, excess, largest, most = memoryview(school).cast("i").tolist()
    grades = len(numbers) // 4
    pupils, count, home, tiny = (numbers[at : at + grades] for at in range(0, 4 * grades, grades))
    held = [0] * grades  # pupils of the classes counted at each grade
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
        fits = held[start] + held[grade] <= largest
        if small and 0 < width < most and fits:
            put(grade, into=start)
            width += 1
            excess -= 1
        elif count[grade]:
            start, width = grade, int(small)
    while excess > 0:
        pair = _smallest_neighbours(held, count, largest)
        if pair is None:
            break
        put(pair[1], into=pair[0])
        excess -= 1
    return array("i", home).tobytes()


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
