"""The ledger of pupils: every change of a roll has a cause, and the causes add up exactly."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.catalogue import PUPIL_CAUSES

I32 = NDArray[np.int32]

CAUSE: Final = {name: column for column, name in enumerate(PUPIL_CAUSES)}
_LAST_GRADES: Final = slice(5, 9, 3)


class PupilFlows:
    """Signed changes of rolls in one year, by school, grade (of this year) and cause.

    ``roll(t) = roll(t - 1) + sum of all causes`` for every school and grade.

    Parameters
    ----------
    schools : int
    """

    def __init__(self, schools: int) -> None:
        self.counts = np.zeros((schools, 9, len(PUPIL_CAUSES)), np.int32)

    def add(self, cause: str, school: NDArray[np.integer], grade: I32) -> None:
        """Count pupils gained by school and grade; those without a school (-1) are left out.

        Parameters
        ----------
        cause : str
            One of the catalogue's pupil causes.
        school, grade : ndarray of int, shape (children,)
            Grades 1-9.
        """
        if len(school):
            self.counts[..., CAUSE[cause]] += roll_of(school, grade, len(self.counts))

    def lose(self, cause: NDArray[np.intp], school: NDArray[np.integer], grade: I32) -> None:
        """Count pupils lost, each by a cause of its own.

        Parameters
        ----------
        cause : ndarray of int, shape (children,)
            Positions in the catalogue's pupil causes.
        school, grade : ndarray of int, shape (children,)
            As of :meth:`add`.
        """
        inside = (school >= 0).nonzero()[0]
        cells = cells_of(school.take(inside), grade.take(inside))
        cells -= 9
        cells *= len(PUPIL_CAUSES)
        cells += cause.take(inside)
        np.subtract.at(self.counts.reshape(-1), cells, np.int32(1))

    def add_table(self, cause: str, counted: I32) -> None:
        """Add signed counts by school and grade, shape (schools, 9)."""
        self.counts[..., CAUSE[cause]] += counted

    def of(self, cause: str) -> I32:
        """Return the signed counts of one cause, shape (schools, 9)."""
        return np.asarray(self.counts[..., CAUSE[cause]])

    def total(self) -> I32:
        """Return the signed counts of all causes so far, shape (schools, 9)."""
        changed: I32 = np.add.reduce(self.counts, axis=2, dtype=np.int32)
        return changed

    def promote(self, roll: I32) -> None:
        """Record that last year's rolls move up: grades 6 and 9 finish their level.

        Parameters
        ----------
        roll : ndarray of int32, shape (schools, 9)
            Rolls of last year.
        """
        moving = roll.copy()
        moving[:, _LAST_GRADES] = 0
        self.add_table("graduated", moving - roll)
        self.add_table("promoted_out", -moving)
        self.counts[:, 1:, CAUSE["promoted_in"]] += moving[:, :-1]


def roll_of(school: NDArray[np.integer], grade: I32, schools: int) -> I32:
    """Count pupils by school and grade: shape (schools, 9)."""
    return roll_of_cells(cells_of(school, grade), schools)


def cells_of(school: NDArray[np.integer], grade: I32) -> NDArray[np.intp]:
    """Return ``9 x (school + 1) + grade - 1``: below 9 for children without a school (-1)."""
    cells = school * np.intp(9)
    cells += grade
    cells += 8
    return cells


def roll_of_cells(cells: NDArray[np.intp], schools: int) -> I32:
    """Count pupils by school and grade from their cells; those without a school are left out."""
    counted = np.bincount(cells, minlength=(schools + 1) * 9)
    return counted[9:].reshape(-1, 9).astype(np.int32)
