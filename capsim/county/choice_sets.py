"""The schools open to each home; found anew when schools, zones or buses change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from capsim.choice.travel import Alternatives, alternatives, by_distance
from capsim.core.dims import GRADE_LEVEL_INDEX, LEVELS
from capsim.core.draws import alternative_words
from capsim.county.private_schools import PrivateSchools
from capsim.county.schools import Schools
from capsim.scenario.schema import Scenario
from capsim.schools.buses import felt_distance_km
from capsim.schools.classes.formation import ENTRY

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class ChoiceSets:
    """The schools open to each home.

    Attributes
    ----------
    by_level : tuple of Alternatives
        Public schools.
    private : PrivateSchools or None
        Those that stand beside them at the entry grades.
    boarding : ndarray of bool, shape (settlements, schools + 1)
        From which homes pupils would board at which school; the last column stands for none.
    """

    by_level: tuple[Alternatives, ...]
    private: PrivateSchools | None
    boarding: NDArray[np.bool_]

    @cached_property
    def at_entry(self) -> tuple[Alternatives, ...]:
        """The schools children may enter at grades 1 and 7, private ones after the public ones."""
        if self.private is None:
            return self.by_level
        return tuple(self.private.alternatives(one, i) for i, one in enumerate(self.by_level))

    def first_of_zone(self, homes: I32, taught: NDArray[np.bool_]) -> I32:
        """Return the first school of some homes' zones that teaches a grade.

        Parameters
        ----------
        homes : ndarray of int32, shape (n,)
        taught : ndarray of bool, shape (schools, 9)
            Grades taught by open schools.

        Returns
        -------
        ndarray of int32, shape (n, 9)
            -1 where there is none.
        """
        zones = [one.zone.take(homes, axis=0) for one in self.by_level]
        return np.where(GRADE_LEVEL_INDEX == 0, *(_first_teaching(z, taught) for z in zones))


def choice_sets(
    scenario: Scenario,
    distance_km: F32,
    nearest: I32,
    schools: Schools,
    zones: list[I32],
    served: NDArray[np.bool_],
    *,
    private: PrivateSchools | None = None,
) -> ChoiceSets:
    """Return the schools open to each home as schools, zones and buses stand.

    Parameters
    ----------
    scenario : Scenario
    distance_km : ndarray of float32, shape (settlements, schools)
    nearest : ndarray of int32, shape (settlements, schools)
        Schools of each home by distance (:func:`capsim.choice.travel.by_distance`).
    schools : Schools
    zones : list of ndarray of int32, shape (settlements, most in a zone)
        By level.
    served : ndarray of bool, shape (settlements, schools)
        Which homes have a bus to which schools.
    private : PrivateSchools, optional
    """
    admits = schools.teaches[:, ENTRY] & schools.is_open[:, None]
    km, order = _felt(scenario, distance_km, nearest, served)
    limits = scenario.enrolment.placement.travel_limit_km
    words = alternative_words(schools.identity)
    by_level = tuple(
        alternatives(
            km,
            zone.copy(),
            admits[:, level],
            schools.identity,
            candidates=scenario.choice.candidates,
            limit_km=limits.at(LEVELS[level]),
            nearest_order=order,
            words=words,
        )
        for level, zone in enumerate(zones)
    )
    far = distance_km > np.float64(scenario.programme.boarding.beyond_km)
    boarding = np.zeros((len(km), len(schools) + 1), np.bool_)
    np.greater(far, served, out=boarding[:, :-1])
    return ChoiceSets(by_level, private, boarding)


def _felt(
    scenario: Scenario, distance_km: F32, nearest: I32, served: NDArray[np.bool_]
) -> tuple[F32, I32]:
    """Return the distances that families feel, and the schools of each home by them."""
    riding = np.flatnonzero(served.any(axis=1))
    if not riding.size:
        return distance_km, nearest
    km, order = distance_km.copy(), nearest.copy()
    with_bus = felt_distance_km(
        km[riding].astype(np.float64), served[riding], scenario.programme.buses
    )
    km[riding] = with_bus
    order[riding] = by_distance(km[riding])
    return km, order


def _first_teaching(listed: I32, taught: NDArray[np.bool_]) -> I32:
    """Of the schools listed for each home the first that teaches each grade, -1 if none does."""
    fits = taught[listed] & (listed >= 0)[:, :, None]
    school = np.take_along_axis(listed, fits.argmax(axis=1), axis=1)
    return np.where(fits.any(axis=1), school, np.int32(-1))
