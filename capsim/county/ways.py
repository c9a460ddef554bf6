"""The schools open to each home, remembered: replicates pass through the same states of schools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.choice.together import joined_alternatives
from capsim.choice.travel import Alternatives, alternatives
from capsim.choice.utility import ChoiceSet, lasting_terms
from capsim.county.buses import felt_distance_km
from capsim.county.schools import Schools
from capsim.dims import ENTRY_GRADES, LEVELS
from capsim.scenario.schema import Scenario

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

MOST_REMEMBERED: Final = 64


@dataclass(frozen=True)
class Ways:
    """The schools open to each home by level, and the terms of utility that hang on them alone."""

    by_level: tuple[Alternatives, ...]
    _lasting: dict[int, dict[str, F32]] = field(default_factory=dict)
    _joined: list[Alternatives] = field(default_factory=list)

    def joined(self) -> Alternatives:
        """Return the schools open at all levels in one table, made when first asked for."""
        if not self._joined:
            self._joined.append(joined_alternatives(self.by_level))
        return self._joined[0]

    def lasting_terms(self, level: int, choices: ChoiceSet) -> dict[str, F32]:
        """Return the terms that stay while these ways are open, computed when first asked for."""
        if level not in self._lasting:
            self._lasting[level] = lasting_terms(choices)
        return self._lasting[level]


class WaysKnown:
    """Finds ways by the state of schools, zones and buses.

    Parameters
    ----------
    scenario : Scenario
    distance_km : ndarray of float32, shape (settlements, schools)
    """

    def __init__(self, scenario: Scenario, distance_km: F32) -> None:
        self._scenario = scenario
        self._km = distance_km
        self._known: dict[bytes, Ways] = {}

    def find(self, schools: Schools, zones: list[I32], served: NDArray[np.bool_]) -> Ways:
        """Return the ways of a state; what it returns is shared and must not be changed.

        Parameters
        ----------
        schools : Schools
        zones : list of ndarray of int32, shape (settlements, most in a zone)
            By level.
        served : ndarray of bool, shape (settlements, schools)
            Which homes have a bus to which schools.
        """
        entries = [grade - 1 for grade in ENTRY_GRADES]
        admits = schools.teaches[:, entries] & schools.is_open[:, None]
        key = b"|".join(array.tobytes() for array in (admits, served, *zones))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._ways(schools, admits, zones, served)
        return known

    def _ways(
        self,
        schools: Schools,
        admits: NDArray[np.bool_],
        zones: list[I32],
        served: NDArray[np.bool_],
    ) -> Ways:
        scenario = self._scenario
        km = felt_distance_km(self._km.astype(np.float64), served, scenario.programme.buses)
        felt_km = km.astype(np.float32)
        limits = scenario.enrolment.placement.travel_limit_km
        return Ways(
            tuple(
                alternatives(
                    felt_km,
                    zones[level].copy(),
                    admits[:, level],
                    schools.identity,
                    candidates=scenario.choice.candidates,
                    limit_km=limits.at(name),
                )
                for level, name in enumerate(LEVELS)
            )
        )
