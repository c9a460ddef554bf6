"""What follows from where children lived and went to school, worked out for all years at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.admission.outcomes import OUTCOMES
from capsim.core.dims import SETTLEMENT_KINDS
from capsim.core.lookup import sum_by
from capsim.county.county import County
from capsim.county.families import STATES, Families
from capsim.results.history import History
from capsim.results.record import Record
from capsim.schools.buses import plan_years
from capsim.year.year import AdmissionRecord

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Array = NDArray[Any]

KINDS = len(SETTLEMENT_KINDS)
OUTSIDE = len(STATES)
TRAVEL_STEP_KM = 0.05
TRAVEL_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Places:
    """Where the children of a year live and go to school.

    Attributes
    ----------
    table : ndarray of int64, shape (2 x homes, 4 + schools)
        Children by level and home, and by state if they have no school or by school.
    """

    table: I64

    def outside(self) -> I64:
        """Return who dropped out, is out of the county, private or unplaced, (2 x homes, 4)."""
        return self.table[:, :OUTSIDE]

    def trips(self) -> tuple[I64, I64]:
        """Return the pairs of a home and a school that have pupils, and their pupils.

        Returns
        -------
        trip : ndarray of int64, shape (pairs,)
            ``(level x homes + home) x (schools + 4) + school + 4``.
        pupils : ndarray of int64, shape (pairs,)
        """
        attended = self.table > 0
        attended[:, :OUTSIDE] = False
        trip = attended.ravel().nonzero()[0]
        return trip, self.table.take(trip)


def places(families: Families, year: int, homes: int, schools: int) -> Places:
    """Count the children of each level by home, and by school or by state if they have none."""
    # Only children with a public destination have a school: the columns before the schools are
    # those of the states, from the last to the first.
    place = (families.grade(year) >= 7) * np.int32(homes)
    place += families.settlement
    place *= np.int32(schools + OUTSIDE)
    place += families.school
    place -= families.state
    place += OUTSIDE
    counted = np.bincount(place, minlength=2 * homes * (schools + OUTSIDE))
    return Places(counted.reshape(2 * homes, schools + OUTSIDE))


def write_children(
    record: Record, county: County, history: History, states: Mapping[str, Array]
) -> F64:
    """Write what follows from the notes of all years on destinations, journeys and admissions.

    Parameters
    ----------
    record : Record
    county : County
    history : History
    states : mapping of ndarray
        Of all years, who is outside public schools (``outside``, see :meth:`Places.outside`) and
        which homes have a bus to which schools (``served``).

    Returns
    -------
    ndarray of float64, shape (years,)
        What the school buses cost in yuan.
    """
    journeys = _all_journeys(county, history)
    placed = _travel(record, county, journeys)
    _destinations(record, county, placed, states["outside"])
    _admissions(record, county, history.admissions)
    return _buses(record, county, journeys, states["served"])


@dataclass(frozen=True, slots=True)
class _Journeys:
    """The ways to school of all years; a place is level x homes + home."""

    years: int
    year: I64
    place: I64
    home: I64
    school: I64
    pupils: F64
    km: F64


def _all_journeys(county: County, history: History) -> _Journeys:
    homes, schools = county.distance_km.shape
    year = np.arange(len(history.trips)).repeat([len(trip) for trip in history.trips])
    place, school = np.divmod(np.concatenate(history.trips), OUTSIDE + schools)
    home = place % homes
    school -= OUTSIDE
    km = county.distance_km.take(home * schools + school).astype(np.float64)
    pupils = np.concatenate(history.pupils).astype(np.float64)
    return _Journeys(len(history.trips), year, place, home, school, pupils, km)


def _buses(record: Record, county: County, journeys: _Journeys, served: Flags) -> F64:
    """Bus riders by school; returns what the buses of each year cost."""
    options = county.scenario.programme.buses
    years, homes, schools = served.shape
    rides = served.take((journeys.year * homes + journeys.home) * schools + journeys.school)
    rides &= journeys.km > options.walk_limit_km
    rows = rides.nonzero()[0]
    columns = (journeys.year, journeys.school, journeys.home, journeys.pupils)
    riding = zip(*(column.take(rows).tolist() for column in columns), strict=True)
    stops: dict[tuple[int, int], dict[int, int]] = {}
    for year, school, stop, pupils in riding:
        waiting = stops.setdefault((year, school), {})
        waiting[stop] = waiting.get(stop, 0) + int(pupils)
    riders, cost = np.zeros((years, schools)), np.zeros(years)
    plans = plan_years(stops, county.distance_km, county.between_homes_km, options)
    for (year, school), plan in plans.items():
        riders[year, school] = plan.riders
        cost[year] += plan.cost_yuan(options)
    record.put_years("bus_riders", riders)
    return cost


def _destinations(record: Record, county: County, placed: F64, outside: I64) -> None:
    """Shares by destination, and the unplaced by township."""
    geography, years = county.geography, len(outside)
    by_level = outside.reshape(years, 2, len(geography.settlements), OUTSIDE)
    dropped_out, away, private, unplaced = np.moveaxis(by_level.sum(axis=2), -1, 0)
    counted = np.stack([placed, private, away, dropped_out + unplaced], axis=-1)
    shares = counted / np.maximum(counted.sum(axis=-1, keepdims=True), 1)
    record.put_years("participation", shares)
    waiting = by_level[..., -1].reshape(2 * years, -1)
    table = sum_by(geography.township, waiting, len(geography.townships))
    record.put_years("unplaced", table.reshape(years, 2, -1))


def _travel(record: Record, county: County, journeys: _Journeys) -> F64:
    """Mean and 90th percentile of distance by level and home, from a histogram of 50 m steps.

    Returns the pupils by year and level.
    """
    geography, years, year = county.geography, journeys.years, journeys.year
    place, pupils, distance = journeys.place, journeys.pupils, journeys.km
    townships, levels = len(geography.townships), np.arange(2)[:, None]
    groups = years * 2 * KINDS
    group = year * (2 * KINDS) + (levels * KINDS + geography.kind).take(place)
    number, mean = _mean(group, pupils, distance, groups)
    record.put_years("travel_km", mean.reshape(years, 2, KINDS))
    step = np.minimum((distance / TRAVEL_STEP_KM).astype(np.intp), TRAVEL_STEPS - 1)
    steps = 1 + int(step.max(initial=0))  # nobody goes farther
    table = np.bincount(group * steps + step, pupils, groups * steps)
    reached = table.reshape(groups, steps).cumsum(axis=1, dtype=np.int32)
    at = (reached >= 0.9 * number[:, None]).argmax(axis=1)
    p90 = np.where(number > 0, (at + 0.5) * TRAVEL_STEP_KM, np.nan)
    record.put_years("travel_km_p90", p90.reshape(years, 2, KINDS))
    cell = year * (2 * townships) + (levels * townships + geography.township).take(place)
    _, mean = _mean(cell, pupils, distance, years * 2 * townships)
    record.put_years("travel_km_by_township", mean.reshape(years, 2, townships))
    placed: F64 = number.reshape(years, 2, KINDS).sum(axis=2)
    return placed


def _mean(group: I64, pupils: F64, km: F64, groups: int) -> tuple[F64, F64]:
    """Pupils by group and their mean distance; missing where no pupil is."""
    number = np.asarray(np.bincount(group, pupils, groups), np.float64)
    total = np.bincount(group, pupils * km, groups)
    mean = np.full(groups, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return number, mean


def _admissions(record: Record, county: County, records: Sequence[AdmissionRecord]) -> None:
    """Outcomes, shares and cutoffs of the admissions; flows, so missing in the base year.

    The records are those of the years after the base year, primary before junior.
    """
    if not records:
        return
    geography = county.geography
    number, townships = len(records), len(geography.townships)
    home, outcome, school, in_zone, first = _columns(
        records, "settlement", "outcome", "school", "in_zone", "first_choice"
    )
    first_place = np.arange(number, dtype=np.int32) * np.int32(townships * KINDS)
    place = first_place.repeat([len(one.rows) for one in records])
    place += (geography.township * KINDS + geography.kind).take(home, mode="wrap")
    flags = (school >= 0) * np.int8(4) + in_zone * np.int8(2) + first
    counted = np.bincount(place * np.int32(8) + flags, minlength=number * townships * KINDS * 8)
    by_flags = counted.reshape(number, townships, KINDS, 8).sum(axis=1)
    place *= np.int32(len(OUTCOMES))
    place += outcome
    shape = (-1, 2, townships, KINDS, len(OUTCOMES))
    counted = np.bincount(place, minlength=number * townships * KINDS * len(OUTCOMES))
    record.put_years("outcomes", counted.reshape(shape), first=1)
    seated = by_flags[..., 4:]
    entrants = seated.sum(axis=-1)
    for name, columns in (("zone_school_share", (2, 3)), ("first_choice_share", (1, 3))):
        share = np.full(entrants.shape, np.nan)
        hits = seated[..., columns].sum(axis=-1)
        np.divide(hits, entrants, out=share, where=entrants > 0)
        record.put_years(name, share.reshape(-1, 2, KINDS), first=1)
    for column in ("cutoff_tier", "cutoff_score"):
        table = np.array([getattr(one, column) for one in records])
        cutoffs = table.reshape(-1, 2, *table.shape[1:]).swapaxes(1, 2)
        record.put_years(column, cutoffs, first=1)


def _columns(records: Sequence[AdmissionRecord], *names: str) -> list[Array]:
    """Columns of the applicants of all admissions, one after the other."""
    return [np.concatenate([getattr(one, name) for one in records]) for name in names]
