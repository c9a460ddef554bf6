"""Multi-grade classes (复式班): neighbouring grades of tiny schools taught in one class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I8 = NDArray[np.int8]

_NEVER = np.iinfo(np.int32).max


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
    home = np.broadcast_to(own, pupils.shape).copy() if home is None else home.copy()
    single = count == 1
    tiny = single & (pupils < rule.below) & (home == own).all(axis=1)[:, None]
    lacking = count.sum(axis=1) > rooms
    rows = np.flatnonzero((tiny.sum(axis=1) > 1) | (lacking & (single.sum(axis=1) > 1)))
    if rows.size:
        here, classes = home[rows], count[rows]
        held = np.zeros(here.shape, dtype=np.int32)
        np.add.at(held, (np.arange(rows.size)[:, None], here), pupils[rows])
        _join_tiny(held, classes, here, tiny[rows], rule)
        _join_for_rooms(held, classes, here, rooms[rows], rule)
        home[rows], count[rows] = here, classes
    return home


def _join_tiny(
    held: I32, count: I32, home: I8, tiny: NDArray[np.bool_], rule: MultigradeRule
) -> None:
    """Join tiny neighbours from the lowest grade up, in place."""
    rows = np.arange(held.shape[0])
    start = np.zeros(held.shape[0], dtype=np.intp)
    width = np.zeros(held.shape[0], dtype=np.int32)  # grades in the class at hand, 0: not tiny
    for grade in range(held.shape[1]):
        present = count[:, grade] > 0
        size = held[rows, start] + held[:, grade]
        joins = tiny[:, grade] & (width > 0) & (width < rule.most_grades)
        joins &= size <= rule.largest_class
        if joins.any():
            _move(held, count, home, rows[joins], start[joins], np.full(joins.sum(), grade))
        opens = present & ~joins
        start[opens] = grade
        width = np.where(joins, width + 1, np.where(opens, tiny[:, grade], width))


def _join_for_rooms(held: I32, count: I32, home: I8, rooms: I32, rule: MultigradeRule) -> None:
    """Join the smallest neighbouring classes while the level has more classes than rooms."""
    rows = np.flatnonzero(count.sum(axis=1) > rooms)
    while rows.size:
        n, pupils = count[rows], held[rows]
        follower = np.full(n.shape, -1, dtype=np.intp)
        after = np.full(rows.size, -1, dtype=np.intp)
        for grade in range(n.shape[1] - 1, -1, -1):
            follower[:, grade] = after
            after = np.where(n[:, grade] > 0, grade, after)
        at = np.arange(rows.size)[:, None]
        both = (n == 1) & (follower >= 0) & (n[at, follower] == 1)
        size = np.where(both, pupils + pupils[at, follower], _NEVER)
        pick = size.argmin(axis=1)
        able = size[at[:, 0], pick] <= rule.largest_class
        rows, pick = rows[able], pick[able]
        _move(held, count, home, rows, pick, follower[able, pick])
        rows = rows[count[rows].sum(axis=1) > rooms[rows]]


def _move(
    held: I32,
    count: I32,
    home: I8,
    rows: NDArray[np.intp],
    into: NDArray[np.intp],
    grade: NDArray[np.intp],
) -> None:
    """Put the class counted at `grade` into the class counted at `into`, in place."""
    held[rows, into] += held[rows, grade]
    held[rows, grade] = 0
    count[rows, grade] = 0
    mine = home[rows] == grade[:, None]
    home[rows] = np.where(mine, into[:, None], home[rows])
