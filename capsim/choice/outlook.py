"""How families see the schools of a table, with what of it lasts worked out once.

Distances, zones and fees stay while the same schools are open; quality and crowding change from
year to year.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.choice.travel import Alternatives
from capsim.choice.utility import ChoiceSet, Tastes, choice_set, lasting_terms, systematic_utility

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]


class Outlook:
    """The schools of one table as the families of each settlement see them, year after year.

    Parameters
    ----------
    alternatives : Alternatives
    schools : ndarray of int32, shape (settlements, k)
        For example ``alternatives.candidates`` or ``alternatives.zone``.
    tastes : Tastes
    fee_yuan : array_like, shape (schools,), optional
        Default 0.
    """

    def __init__(
        self,
        alternatives: Alternatives,
        schools: I32,
        tastes: Tastes,
        fee_yuan: ArrayLike | None = None,
    ) -> None:
        unknown = np.zeros(alternatives.km.shape[1], dtype=np.float32)
        self._first = choice_set(
            alternatives, schools, tastes=tastes, quality=unknown, fee_yuan=fee_yuan
        )
        self._coefficients = {
            name: value for name, value in tastes.coefficients.items() if value.any()
        }
        self._lasting = lasting_terms(self._first)
        self._uncrowded = self._lasting | {"crowding": np.zeros((1, 1), dtype=np.float32)}

    def systematic(self, quality: ArrayLike, crowding: ArrayLike | None = None) -> F32:
        """Return the part of utility that families of a settlement and income group share.

        Parameters
        ----------
        quality : array_like, shape (schools,)
            Perceived quality.
        crowding : array_like, shape (schools,), optional
            Default 0.

        Returns
        -------
        ndarray of float32, shape (groups, settlements, k)
            As :func:`~capsim.choice.utility.systematic_utility` gives it.
        """
        first = self._first
        crowded = crowding is not None and bool(np.any(crowding))
        choices = ChoiceSet(
            schools=first.schools,
            km=first.km,
            in_zone=first.in_zone,
            quality=np.asarray(quality, dtype=np.float32),
            fee_yuan=first.fee_yuan,
            crowding=np.asarray(crowding, np.float32) if crowded else first.crowding,
            income_yuan=first.income_yuan,
            distance=first.distance,
        )
        known = self._lasting if crowded else self._uncrowded
        return systematic_utility(choices, self._coefficients, known)
