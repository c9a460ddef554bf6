"""The schools open to each home, remembered: replicates pass through the same states of schools."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.admission.together import JoinedAlternatives
from capsim.choice.outlook import Outlook, outlook_of
from capsim.choice.travel import Alternatives, alternatives, by_distance
from capsim.choice.utility import Tastes
from capsim.core.dims import GRADE_LEVEL_INDEX, LEVELS
from capsim.core.draws import alternative_words
from capsim.county.private_schools import PrivateSchools
from capsim.county.schools import Schools
from capsim.scenario.schema import Scenario
from capsim.schools.buses import felt_distance_km
from capsim.schools.classes.formation import ENTRY

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]

MOST_REMEMBERED: Final = 64


@dataclass(frozen=True)
class Ways:
    """The schools open to each home, and how families see them; made when first asked for.

    Attributes
    ----------
    by_level : tuple of Alternatives
        Public schools.
    private : PrivateSchools or None
        Those that stand beside them at the entry grades.
    outlooks : tuple of dict
        What admissions keep of :class:`~capsim.choice.outlook.Outlook`, by level; of both levels
        in one at the end.
    boarding : ndarray of bool, shape (settlements, schools + 1)
        From which homes pupils would board at which school; the last column stands for none.
    """

    by_level: tuple[Alternatives, ...]
    private: PrivateSchools | None
    outlooks: tuple[dict[str, Outlook], ...]
    boarding: NDArray[np.bool_]

    @cached_property
    def at_entry(self) -> tuple[Alternatives, ...]:
        """The schools children may enter at grades 1 and 7, private ones after the public ones."""
        if self.private is None:
            return self.by_level
        return tuple(self.private.alternatives(one, i) for i, one in enumerate(self.by_level))

    @cached_property
    def joined(self) -> Alternatives:
        """The schools children may enter at both levels, in one table."""
        return JoinedAlternatives(self.at_entry)

    def first_of_zone(self, homes: I32, taught: NDArray[np.bool_]) -> I32:
        """Return the first school of some homes' zones that teaches a grade, the last answer kept.

        Parameters
        ----------
        homes : ndarray of int32, shape (n,)
        taught : ndarray of bool, shape (schools, 9)
            Grades taught by open schools.

        Returns
        -------
        ndarray of int32, shape (n, 9)
            -1 where there is none. Shared, not to be changed.
        """
        key = homes.tobytes() + taught.tobytes()
        if key not in self._first_of_zone:
            self._first_of_zone.clear()
            zones = [one.zone.take(homes, axis=0) for one in self.by_level]
            firsts = [_first_teaching(zone, taught) for zone in zones]
            self._first_of_zone[key] = np.where(GRADE_LEVEL_INDEX == 0, *firsts)
        return self._first_of_zone[key]

    @cached_property
    def _first_of_zone(self) -> dict[bytes, I32]:
        return {}

    def candidates_as_seen(self, level: int, tastes: Tastes) -> Outlook:
        """Return how families see the public schools they consider."""
        return outlook_of(self.outlooks[level], self.by_level[level], "candidates", tastes)

    def all_candidates_as_seen(self, tastes: Tastes) -> Outlook | None:
        """Return the same of both levels in one, numbered as :class:`JoinedAlternatives` does.

        None where families consider more schools at one level than at the other.
        """
        primary, junior = self.by_level
        if primary.candidates.shape != junior.candidates.shape:
            return None
        return outlook_of(self._public_outlooks, self._public, "candidates", tastes)

    @cached_property
    def _public(self) -> Alternatives:
        return self.joined if self.private is None else JoinedAlternatives(self.by_level)

    @cached_property
    def _public_outlooks(self) -> dict[str, Outlook]:
        return self.outlooks[-1] if self.private is None else {}


def _first_teaching(listed: I32, taught: NDArray[np.bool_]) -> I32:
    """Of the schools listed for each home the first that teaches each grade, -1 if none does."""
    fits = taught[listed] & (listed >= 0)[:, :, None]
    school = np.take_along_axis(listed, fits.argmax(axis=1), axis=1)
    return np.where(fits.any(axis=1), school, np.int32(-1))


class WaysKnown:
    """Finds ways by the state of schools, zones and buses.

    Parameters
    ----------
    scenario : Scenario
    distance_km : ndarray of float32, shape (settlements, schools)
    private : PrivateSchools, optional
    """

    def __init__(
        self, scenario: Scenario, distance_km: F32, private: PrivateSchools | None = None
    ) -> None:
        self._scenario = scenario
        self._km = distance_km
        self._private = private
        self._order = by_distance(distance_km)
        self._words: U32 | None = None
        self._far = distance_km > np.float64(scenario.programme.boarding.beyond_km)
        self._known: dict[bytes, Ways] = {}
        self._of_level: dict[bytes, tuple[Alternatives, dict[str, Outlook]]] = {}

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
        admits = schools.teaches[:, ENTRY] & schools.is_open[:, None]
        key = b"|".join(array.tobytes() for array in (admits, served, *zones))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
                self._of_level.clear()
            known = self._known[key] = self._ways(schools, admits, zones, served)
        return known

    def _ways(
        self,
        schools: Schools,
        admits: NDArray[np.bool_],
        zones: list[I32],
        served: NDArray[np.bool_],
    ) -> Ways:
        km, order = self._felt(served)
        by_level, outlooks = zip(
            *(
                self._level(level, km, order, zones[level], admits[:, level], schools.identity)
                for level in range(len(LEVELS))
            ),
            strict=True,
        )
        boarding = np.zeros((len(km), len(schools) + 1), np.bool_)
        np.greater(self._far, served, out=boarding[:, :-1])
        return Ways(by_level, self._private, (*outlooks, {}), boarding)

    def _level(
        self,
        level: int,
        km: F32,
        order: I32,
        zone: I32,
        admits: NDArray[np.bool_],
        identity: NDArray[np.uint64],
    ) -> tuple[Alternatives, dict[str, Outlook]]:
        """Return the ways of one level, and how families see them as far as that was asked for.

        Where only schools of another level changed, all but the table of distances is as before.
        """
        key = b"|".join((bytes([level]), *(a.tobytes() for a in (admits, zone, km[:, admits]))))
        known = self._of_level.get(key)
        if known is None:
            if self._words is None:
                self._words = alternative_words(identity)
            limits = self._scenario.enrolment.placement.travel_limit_km
            ways = alternatives(
                km,
                zone.copy(),
                admits,
                identity,
                candidates=self._scenario.choice.candidates,
                limit_km=limits.at(LEVELS[level]),
                nearest_order=order,
                words=self._words,
            )
            known = self._of_level[key] = (ways, {})
        ways, outlooks = known
        return ways if ways.km is km else replace(ways, km=km), outlooks

    def _felt(self, served: NDArray[np.bool_]) -> tuple[F32, I32]:
        """Return the distances that families feel, and the schools of each home by them."""
        km, order = self._km, self._order
        riding = np.logical_or.reduce(served, axis=1).nonzero()[0]
        if riding.size:
            km, order = km.copy(), order.copy()
            with_bus = felt_distance_km(
                km[riding].astype(np.float64), served[riding], self._scenario.programme.buses
            )
            km[riding] = with_bus
            order[riding] = by_distance(km[riding])
        return km, order
