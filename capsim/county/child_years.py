"""What follows from where children lived and went to school, worked out for all years at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capsim.choice.outcomes import OUTCOMES, ROUNDS
from capsim.dims import SETTLEMENT_KINDS

if TYPE_CHECKING:
    from capsim.county.county import County
    from capsim.county.families import Families
    from capsim.county.notes import Notes
    from capsim.county.record import Record
    from capsim.county.season import Season

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Array = NDArray[Any]

KINDS = len(SETTLEMENT_KINDS)
TRAVEL_STEP_KM = 0.05
TRAVEL_STEPS = 2000


def trips(families: Families, year: int, homes: int, schools: int) -> tuple[I64, I64]:
    """Count the pupils of each level by home and school.

    Returns
    -------
    trip : ndarray of int64, shape (pairs,)
        ``(level x homes + home) x (schools + 1) + school + 1``, for pairs that have pupils.
    pupils : ndarray of int64, shape (pairs,)
    """
    trip = (families.grade(year) >= 7) * np.int32(homes)
    trip += families.settlement
    trip *= np.int32(schools + 1)
    trip += families.school
    trip += 1
    pupils = np.bincount(trip, minlength=2 * homes * (schools + 1))
    pupils[:: schools + 1] = 0  # children without a school
    made = np.flatnonzero(pupils)
    return made, pupils[made]


def write_children(record: Record, county: County, notes: Notes) -> None:
    """Write what follows from the notes of all years on journeys and admissions."""
    _journeys(record, county, notes)
    _admissions(record, county, notes.seasons)


def _journeys(record: Record, county: County, notes: Notes) -> None:
    """Mean and 90th percentile of distance by level and home, from a histogram of 50 m steps."""
    geography, km = county.geography, county.distance_km
    homes, schools = km.shape
    years, townships = len(notes.trips), len(geography.townships)
    year = np.arange(years).repeat([len(trip) for trip in notes.trips])
    place, school = np.divmod(np.concatenate(notes.trips), schools + 1)
    level, home = np.divmod(place, homes)
    pupils = np.concatenate(notes.pupils)
    distance = km[home, school - 1].astype(np.float64)
    part = 2 * year + level
    group, groups = part * KINDS + geography.kind[home], years * 2 * KINDS
    mean = _mean(group, pupils, distance, groups)
    record.put_years("travel_km", mean.reshape(years, 2, KINDS))
    step = np.minimum((distance / TRAVEL_STEP_KM).astype(np.intp), TRAVEL_STEPS - 1)
    table = np.bincount(group * TRAVEL_STEPS + step, pupils, groups * TRAVEL_STEPS)
    reached = table.reshape(groups, TRAVEL_STEPS).cumsum(axis=1)
    number = reached[:, -1]
    at = (reached >= 0.9 * number[:, None]).argmax(axis=1)
    p90 = np.where(number > 0, (at + 0.5) * TRAVEL_STEP_KM, np.nan)
    record.put_years("travel_km_p90", p90.reshape(years, 2, KINDS))
    cell = part * townships + geography.township[home]
    mean = _mean(cell, pupils, distance, years * 2 * townships)
    record.put_years("travel_km_by_township", mean.reshape(years, 2, townships))


def _mean(group: I64, pupils: I64, km: F64, groups: int) -> F64:
    """Mean distance by group; missing where no pupil is."""
    number = np.bincount(group, pupils, groups)
    total = np.bincount(group, pupils * km, groups)
    mean = np.full(groups, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean


def _admissions(record: Record, county: County, seasons: Sequence[Season]) -> None:
    """Outcomes, shares and cutoffs of the admissions; flows, so missing in the base year.

    The seasons are those of the years after the base year, primary before junior.
    """
    if not seasons:
        return
    geography = county.geography
    years, townships = 1 + len(seasons) // 2, len(geography.townships)
    number = np.arange(len(seasons)).repeat([len(season.rows) for season in seasons])
    home, outcome, school = _columns(seasons, "settlement", "outcome", "school")
    kind = number * KINDS + geography.kind[home]
    place = (number * townships + geography.township[home]) * KINDS + geography.kind[home]
    counted = np.bincount(
        place * len(OUTCOMES) + outcome, minlength=len(seasons) * townships * KINDS * len(OUTCOMES)
    )
    outcomes = np.full((years, 2, townships, KINDS, len(OUTCOMES)), np.nan)
    outcomes[1:] = counted.reshape(outcomes[1:].shape)
    record.put_years("outcomes", outcomes)
    seated = school >= 0
    cells = len(seasons) * KINDS
    entrants = np.bincount(kind, seated, cells)
    for name, column in (("zone_school_share", "in_zone"), ("first_choice_share", "first_choice")):
        (flag,) = _columns(seasons, column)
        hits = np.bincount(kind, seated & flag, cells)
        share = np.full((years, 2, KINDS), np.nan)
        of_season = share[1:].reshape(-1)  # a view
        np.divide(hits, entrants, out=of_season, where=entrants > 0)
        record.put_years(name, share)
    for column in ("cutoff_tier", "cutoff_score"):
        cutoffs = np.full((years, len(county.schools), 2, len(ROUNDS)), np.nan)
        table = np.stack([getattr(season, column) for season in seasons])
        cutoffs[1:] = table.reshape(years - 1, 2, *table.shape[1:]).swapaxes(1, 2)
        record.put_years(column, cutoffs)


def _columns(seasons: Sequence[Season], *names: str) -> list[Array]:
    """Columns of the applicants of all seasons, one after the other."""
    return [np.concatenate([getattr(season, name) for season in seasons]) for name in names]
