"""Multi-grade classes (复式班): neighbouring grades of tiny schools taught in one class."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]


_GRADES: Final = np.arange(9, dtype=np.int8)


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


def share_grades(
    pupils: I32, count: I32, opened: Flags, rooms: I32, rule: MultigradeRule
) -> NDArray[np.int8]:
    """Let grades of a level share classes and fit new classes into the rooms; in place.

    Tiny neighbouring grades are joined from the lowest up. Where the school still has more
    classes than rooms, the two neighbouring single classes that make the smallest class together
    are joined, again and again, while the shared class stays within its largest size.

    The continuing grades are joined first, as far as the entrants need their rooms, in the same
    way as before admission; so the rooms that were offered are there. Then grades that open
    several classes open fewer, as rooms lack. Entrants then share only for want of rooms; tiny
    entry grades also where all grades joined anew need no more classes.

    Parameters
    ----------
    pupils, count : ndarray of int32, shape (schools, grades of the level)
        Rolls and classes; the count is changed, the shared class is left at the lowest of its
        grades.
    opened : ndarray of bool, shape (schools, grades of the level)
        Grades that open their classes now.
    rooms : ndarray of int32, shape (schools,)
        Rooms that can be used.
    rule : MultigradeRule

    Returns
    -------
    ndarray of int8, shape (schools, grades of the level)
        Column, within the level, at which the class of each grade is counted.
    """
    home = np.empty_like(pupils, dtype=np.int8)
    home[:] = _GRADES[: pupils.shape[1]]
    excess = np.add.reduce(count, axis=1, dtype=np.int32)
    excess -= rooms
    small = pupils < rule.below
    tiny = small & (count == 1)
    may = np.add.reduce(tiny.view(np.int8), axis=1, dtype=np.int8) > 1
    may |= excess > 0
    rows = may.nonzero()[0]
    if rows.size:
        # Grade by grade, as the tables lie in memory.
        alone = count.T.take(rows, axis=1)
        found = _shared(
            pupils.T.take(rows, axis=1),
            alone,
            small.T.take(rows, axis=1),
            opened.T.take(rows, axis=1),
            excess.take(rows),
            rule,
            entrants=bool(np.count_nonzero(opened[:, 0])),
        )
        home[rows] = found[:, 0]
        count.T[:, rows] = alone - found[:, 1].T
    return home


def _shared(
    pupils: I32,
    count: I32,
    small: Flags,
    opened: Flags,
    excess: I32,
    rule: MultigradeRule,
    *,
    entrants: bool,
) -> NDArray[np.int16]:
    """Join the grades of schools of which some may share a class; the tables are by grade first.

    Few schools are so small, and many stand as others have stood: plain numbers, remembered.
    Numbers that make no difference are made alike, so that more schools are.

    Returns
    -------
    ndarray of int16, shape (schools, 2, grades)
        Where the class of each grade is counted, and by how many its classes become fewer.
    """
    grades, schools = pupils.shape
    numbers = np.empty((3 * grades + 5, schools), dtype=np.int32)
    size, classes, marks = (numbers[at : at + grades] for at in range(0, 3 * grades, grades))
    movable = opened & (count > 1)
    largest = rule.largest_class
    if np.count_nonzero(movable):
        size[:], classes[:], marks[:] = pupils, count, small + movable * np.int8(2)
    else:
        np.minimum(pupils, largest + 1, out=size)
        np.minimum(count, 2, out=classes)
        marks[:] = small
    if rule.most_grades * (rule.below - 1) <= largest:
        size *= excess > 0  # tiny grades fit together, whatever they are
    np.maximum(excess, 0, out=numbers[-5])
    numbers[-4] = opened[0]
    numbers[-3], numbers[-2], numbers[-1] = entrants, largest, rule.most_grades
    words, width = numbers.T.tobytes(), numbers.itemsize * len(numbers)
    found = [_share(words[at : at + width]) for at in range(0, len(words), width)]
    return np.frombuffer(b"".join(found), dtype=np.int16).reshape(schools, 2, grades)


@lru_cache(maxsize=1 << 16)
def _share(school: bytes) -> bytes:
    """Join the grades of one school and level, see :func:`share_grades`.

    Parameters
    ----------
    school : bytes
        As 32-bit numbers: of each grade the pupils, the classes and whether it is small (1) and
        may open fewer (2); classes above the rooms; whether the entry grade opens its classes,
        and that of any school; most pupils and most grades of a shared class.

    Returns
    -------
    bytes
        16-bit numbers: of each grade where it is counted and by how many its classes become fewer.
    """
    *numbers, excess, opens, entrants, largest, most = memoryview(school).cast("i").tolist()
    grades = len(numbers) // 3
    pupils, alone, marks = (numbers[at : at + grades] for at in range(0, 3 * grades, grades))
    own = list(range(grades))
    limits = (largest, most)
    count, home, fewer = alone.copy(), own.copy(), [0] * grades
    new = alone[0] if opens else 0
    count[0] -= new
    small = {grade for grade in own if marks[grade] & 1}
    left = _join(pupils, count, home, small, excess, limits)
    count[0] += new
    movable = [grade for grade in own if marks[grade] & 2]
    while left > 0 and movable:
        grade = min(movable, key=lambda g: -(-pupils[g] // (alone[g] - 1)))
        fewer[grade] += 1
        alone[grade] -= 1
        count[grade] = alone[grade]
        movable = [grade for grade in movable if alone[grade] > 1]
        excess -= 1
        left -= 1
    if entrants and (left > 0 or home == own):
        _join(pupils, count, home, small if home == own else set(), left, limits)
    if new and 0 in small:
        anew, grouped = alone.copy(), own.copy()
        _join(pupils, anew, grouped, small, excess, limits)
        if sum(anew) <= sum(count):
            home = grouped
    for grade in own:
        fewer[grade] += home[grade] != grade
    return array("h", home + fewer).tobytes()


def _join(
    pupils: list[int],
    count: list[int],
    home: list[int],
    small: set[int],
    excess: int,
    limits: tuple[int, int],
) -> int:
    """Join tiny grades, then neighbours for want of rooms; return the classes still in excess.

    Changes the classes and where they are counted. `limits` are the most pupils and the most
    grades of a shared class.
    """
    largest, most = limits
    held = pupils.copy()  # of the classes counted at each grade
    taught: list[int] = []  # the grades at which classes are counted
    width = 0  # tiny grades in the class at hand; 0 where it is not tiny
    for grade, number in enumerate(count):
        if not number:
            if home[grade] != grade:
                held[home[grade]] += pupils[grade]
            continue
        tiny = number == 1 and grade in small
        if tiny and 0 < width < most and held[taught[-1]] + pupils[grade] <= largest:
            _put(grade, taught[-1], held, count, home)
            width += 1
            excess -= 1
        else:
            taught.append(grade)
            width = int(tiny)
    while excess > 0:
        # The neighbouring single classes that make the smallest class together.
        pairs = [
            (held[low] + held[high], low, high)
            for low, high in pairwise(taught)
            if count[low] == 1 == count[high]
        ]
        smallest, low, high = min(pairs, default=(largest + 1, 0, 0))
        if smallest > largest:
            break
        _put(high, low, held, count, home)
        taught.remove(high)
        excess -= 1
    return excess


def _put(grade: int, into: int, held: list[int], count: list[int], home: list[int]) -> None:
    """Let the class counted at a grade join that counted at a lower one."""
    held[into] += held[grade]
    count[grade] = 0
    for at, where in enumerate(home):
        if where == grade:
            home[at] = into
