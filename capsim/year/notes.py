"""Notes of a run: states of every year, kept until all years are worked out at once.

Many small arrays cost one call each and year by year; stacked over the years they cost one call.
What no later step of the run reads is therefore noted here and worked out when the run ends.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from capsim.year.season import Season

Array = NDArray[Any]


class Notes:
    """What the years of one replicate leave for its end.

    Attributes
    ----------
    seasons : list of Season
        Admissions of the years after the base year, primary before junior.
    trips, pupils : list of ndarray of int, shape (pairs,)
        By year, the pairs of a home and a school and the pupils who make them
        (:meth:`capsim.year.child_years.Places.trips`).
    """

    def __init__(self) -> None:
        self._states: dict[str, list[Array]] = {}
        self.seasons: list[Season] = []
        self.trips: list[Array] = []
        self.pupils: list[Array] = []

    def note(self, **state: Array) -> None:
        """Keep copies of the arrays of a year, which later steps may change in place."""
        for name, array in state.items():
            self._states.setdefault(name, []).append(array.copy())

    def keep(self, **made: Array) -> None:
        """Keep arrays that a year makes anew and nothing changes any more."""
        for name, array in made.items():
            self._states.setdefault(name, []).append(array)

    def stacked(self) -> dict[str, Array]:
        """Return the notes with the years in which they were taken as first axis."""
        return {name: np.array(arrays) for name, arrays in self._states.items()}


def sum_by(group: NDArray[np.integer], values: Array, groups: int) -> NDArray[np.float64]:
    """Sum the columns of each year by group: (years, columns, ...) to (years, groups, ...)."""
    years, _, *rest = values.shape
    each = math.prod(rest)
    cell = np.arange(years)[:, None] * groups + group
    if rest:
        cell = cell[..., None] * each + np.arange(each)
    total = np.bincount(cell.ravel(), values.ravel(), years * groups * each)
    return np.asarray(total.reshape(years, groups, *rest))
