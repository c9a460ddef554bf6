"""How families see the schools of a table, with what of it lasts worked out once.

Distances, zones and fees stay while the same schools are open; quality and crowding change from
year to year.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.choice.travel import Alternatives
from capsim.choice.utility import (
    CROWDING,
    SIBLING,
    ChoiceSet,
    Tastes,
    choice_set,
    lasting_terms,
    term_value,
)

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
        weights = {
            name: coefficient[:, None, None]
            for name, coefficient in tastes.coefficients.items()
            if name != SIBLING and coefficient.any()
        }
        lasting = lasting_terms(self._first, weights)
        self._padding = schools < 0
        # What begins with the lasting terms before all others is summed up once.
        self._sum = np.zeros((len(tastes.income_yuan), *schools.shape), dtype=np.float32)
        self._further: list[tuple[str, F32, bool]] = []
        for name, weight in weights.items():
            if name not in lasting:
                self._further.append((name, weight, False))
            elif lasting[name].any() and self._further:
                self._further.append((name, weight * lasting[name], True))
            elif lasting[name].any():
                self._sum += weight * lasting[name]

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
        crowds = first.crowding if crowding is None else np.asarray(crowding, np.float32)
        crowded = bool(crowds.any())
        choices = ChoiceSet(
            schools=first.schools,
            km=first.km,
            in_zone=first.in_zone,
            quality=np.asarray(quality, dtype=np.float32),
            fee_yuan=first.fee_yuan,
            crowding=crowds,
            income_yuan=first.income_yuan,
            distance=first.distance,
        )
        total = self._sum.copy()
        for name, factor, lasts in self._further:
            if lasts:
                total += factor
            elif name != CROWDING or crowded:
                total += factor * term_value(name, choices)
        np.copyto(total, np.float32(-np.inf), where=self._padding)
        return total


def outlook_of(
    known: dict[str, Outlook],
    alternatives: Alternatives,
    name: str,
    tastes: Tastes,
    fee_yuan: ArrayLike | None = None,
) -> Outlook:
    """Return the outlook on a table of alternatives, made when first asked for.

    Parameters
    ----------
    known : dict of str to Outlook
        Where it is kept, by name of the table: one for the same alternatives, tastes and fees.
    alternatives : Alternatives
    name : {"candidates", "zone", "zone_and_private"}
    tastes, fee_yuan
        As :class:`Outlook` takes them.
    """
    if name not in known:
        known[name] = Outlook(alternatives, getattr(alternatives, name), tastes, fee_yuan)
    return known[name]
