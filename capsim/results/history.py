"""States of every year, kept until all years are worked out at once.

Many small arrays cost one call each and year by year; stacked over the years they cost one call.
What no step of the run reads is therefore kept here and worked out when the run ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.year.year import AdmissionRecord

Array = NDArray[Any]


class History:
    """What the years of one replicate leave for its end.

    Attributes
    ----------
    admissions : list of AdmissionRecord
        Of the years after the base year, primary before junior.
    trips, pupils : list of ndarray of int, shape (pairs,)
        By year, the pairs of a home and a school and the pupils who make them
        (:meth:`capsim.results.child_years.Places.trips`).
    """

    def __init__(self) -> None:
        self._states: dict[str, list[Array]] = {}
        self.admissions: list[AdmissionRecord] = []
        self.trips: list[Array] = []
        self.pupils: list[Array] = []

    def append(self, *, copy: bool, **state: Array) -> None:
        """Keep arrays of a year; copies of those that later steps may change in place."""
        for name, array in state.items():
            self._states.setdefault(name, []).append(array.copy() if copy else array)

    def stacked(self) -> dict[str, Array]:
        """Return what was kept with the years as first axis."""
        return {name: np.array(arrays) for name, arrays in self._states.items()}
