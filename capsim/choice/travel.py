"""Travel from homes to schools, and the schools a family considers.

Everything is by settlement: families of one settlement share distances and candidate schools.
:class:`Alternatives` holds what depends on which schools are open; it is rebuilt when that
changes and otherwise shared by years and replicates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.draws import alternative_words

if TYPE_CHECKING:
    import pandas as pd

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]
U32 = NDArray[np.uint32]
Flags = NDArray[np.bool_]


def travel_km(
    home_x_km: ArrayLike,
    home_y_km: ArrayLike,
    school_x_km: ArrayLike,
    school_y_km: ArrayLike,
    *,
    terrain_factor: float,
) -> F32:
    """Return distances by road: straight lines times a terrain factor.

    Parameters
    ----------
    home_x_km, home_y_km : array_like, shape (settlements,)
    school_x_km, school_y_km : array_like, shape (schools,)
    terrain_factor : float
        Road distance over straight-line distance, at least 1.

    Returns
    -------
    ndarray of float32, shape (settlements, schools)
        Kilometres.
    """
    dx = np.asarray(home_x_km, np.float64)[:, None] - np.asarray(school_x_km, np.float64)
    dy = np.asarray(home_y_km, np.float64)[:, None] - np.asarray(school_y_km, np.float64)
    return (np.hypot(dx, dy) * terrain_factor).astype(np.float32)


def with_travel_table(
    km: F32,
    table: pd.DataFrame,
    settlements: tuple[str, ...],
    schools: tuple[str, ...],
    *,
    speed_kmh: float,
) -> F32:
    """Return `km` with the pairs of a travel table in place of the straight lines.

    Parameters
    ----------
    km : ndarray of float32, shape (settlements, schools)
        Distances for the pairs the table does not hold.
    table : DataFrame
        Columns ``settlement``, ``school`` and ``km`` or ``minutes``; minutes are turned into km.
        Schools that are not in `schools` are passed over (the table may hold both levels).
    settlements, schools : tuple of str
        Labels of the rows and columns.
    speed_kmh : float
        Speed at which minutes become km.

    Returns
    -------
    ndarray of float32, shape (settlements, schools)
    """
    row = _rows_of(settlements, table["settlement"].astype(str))
    column = _rows_of(schools, table["school"].astype(str))
    given = np.full(len(table), np.nan)
    if "minutes" in table:
        given = table["minutes"].to_numpy(np.float64) * (speed_kmh / 60.0)
    if "km" in table:
        stated = table["km"].to_numpy(np.float64)
        given = np.where(np.isnan(stated), given, stated)
    use = (row >= 0) & (column >= 0) & ~np.isnan(given)
    merged = km.copy()
    merged[row[use], column[use]] = given[use]
    return merged


def _rows_of(labels: tuple[str, ...], names: Iterable[str]) -> NDArray[np.int64]:
    """Position of each name among the labels, -1 where it is none of them."""
    position = {label: row for row, label in enumerate(labels)}
    return np.array([position.get(name, -1) for name in names], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """The schools open to the families of each settlement, for one level and set of schools.

    Tables of schools hold column numbers of `km`, padded with -1.

    Attributes
    ----------
    km : ndarray of float32, shape (settlements, schools)
        Distance from each settlement to each school.
    zone : ndarray of int32, shape (settlements, most in a zone)
        Open schools of the attendance zone, in the order of the zone's table.
    candidates : ndarray of int32, shape (settlements, k)
        Public schools a family considers, nearest first: the nearest and those of the zone.
    candidate_km : ndarray of float32, shape (settlements, k)
        Their distances; infinite where padded.
    candidate_in_zone : ndarray of bool, shape (settlements, k)
    nearest : ndarray of int32, shape (settlements, m)
        Public schools within the travel limit, nearest first.
    beyond : ndarray of int32, shape (settlements, b)
        Public schools beyond the limit, nearest first; for boarders.
    private : ndarray of int32, shape (settlements, p)
        Private schools in range, nearest first.
    limit_km : ndarray of float32, shape (settlements,)
        The travel limit.
    words : ndarray of uint32, shape (schools,)
        Words of the schools for pair draws.
    """

    km: F32
    zone: I32
    candidates: I32
    candidate_km: F32
    candidate_in_zone: Flags
    nearest: I32
    beyond: I32
    private: I32
    limit_km: F32
    words: U32

    def too_far(self, settlement: ArrayLike, school: ArrayLike) -> Flags:
        """Return whether each school lies beyond the travel limit of each settlement."""
        home = np.asarray(settlement)
        beyond: Flags = self.km[home, np.asarray(school)] > self.limit_km[home]
        return beyond

    def in_zone(self, settlement: ArrayLike, school: ArrayLike) -> Flags:
        """Return whether each school (-1 for none) belongs to the zone of each settlement."""
        wanted = np.asarray(school)
        zone = self.zone[np.asarray(settlement)]
        found: Flags = ((zone == wanted[:, None]) & (zone >= 0)).any(axis=1)
        return found


def alternatives(
    km: F32,
    zone: ArrayLike,
    open_public: ArrayLike,
    identity: ArrayLike,
    *,
    candidates: int,
    limit_km: float,
    open_private: ArrayLike | None = None,
    private_range_km: float = 0.0,
) -> Alternatives:
    """Return the schools that families consider and may be placed at.

    Parameters
    ----------
    km : ndarray of float32, shape (settlements, schools)
    zone : array_like of int, shape (settlements, z)
        Zone schools, padded with -1; those not open are left out.
    open_public : array_like of bool, shape (schools,)
        Public schools that are open and admit at this level.
    identity : array_like of uint64, shape (schools,)
        Permanent identities of the schools.
    candidates : int
        Number of nearest schools a family considers.
    limit_km : float
        Travel limit for day pupils.
    open_private : array_like of bool, shape (schools,), optional
        Private schools that are open at this level.
    private_range_km : float
        Families consider private schools within this distance.

    Returns
    -------
    Alternatives
    """
    public = np.asarray(open_public, dtype=bool)
    schools = len(public)
    distance = np.where(public, km, np.float32(np.inf))
    order = np.argsort(distance, axis=1, kind="stable").astype(np.int32)
    sorted_km = np.take_along_axis(distance, order, axis=1)
    ranked = np.where(np.isfinite(sorted_km), order, np.int32(-1))
    zones = _open_zone(np.asarray(zone, dtype=np.int32), public)
    considered, in_zone = _considered(ranked, zones, candidates, schools)
    chosen_km = np.take_along_axis(distance, np.maximum(considered, 0), axis=1)
    within = sorted_km <= limit_km
    if open_private is None:
        private = np.full((len(km), 0), -1, dtype=np.int32)
    else:
        private = nearest_first(km, np.asarray(open_private, dtype=bool) & (km <= private_range_km))
    return Alternatives(
        km=km,
        zone=zones,
        candidates=considered,
        candidate_km=np.where(considered >= 0, chosen_km, np.float32(np.inf)),
        candidate_in_zone=in_zone,
        nearest=_pack(np.where(within, ranked, np.int32(-1))),
        beyond=_pack(np.where(within, np.int32(-1), ranked)),
        private=private,
        limit_km=np.full(len(km), limit_km, dtype=np.float32),
        words=alternative_words(identity),
    )


def _open_zone(zone: I32, public: Flags) -> I32:
    """Zone schools that are open, moved to the left, in their order."""
    if zone.shape[1] == 0 or not len(public):
        return np.full((len(zone), 1), -1, dtype=np.int32)
    kept = np.where((zone >= 0) & public[np.maximum(zone, 0)], zone, np.int32(-1))
    packed = _pack(kept)
    return packed if packed.shape[1] else np.full((len(zone), 1), -1, dtype=np.int32)


def _considered(ranked: I32, zone: I32, most: int, schools: int) -> tuple[I32, Flags]:
    """The nearest `most` schools and those of the zone, in order of distance; and which is which.

    The order of schools that stay candidates never changes when another school opens.
    """
    rows = np.arange(len(ranked))[:, None]
    of_zone = np.zeros((len(ranked), schools + 1), dtype=bool)
    of_zone[rows, zone] = True
    of_zone[:, -1] = False  # where the padding -1 was written
    ranked_in_zone = of_zone[rows, ranked]
    position = np.arange(ranked.shape[1])
    wanted = (ranked >= 0) & ((position < most) | ranked_in_zone)
    considered = _pack(np.where(wanted, ranked, np.int32(-1)))
    return considered, of_zone[rows, considered]


def nearest_first(km: F32, within: Flags) -> I32:
    """Return the schools that are in reach of each settlement, nearest first.

    Parameters
    ----------
    km : ndarray of float32, shape (settlements, schools)
    within : ndarray of bool, shape (settlements, schools)
        Which schools count for which settlement.

    Returns
    -------
    ndarray of int32, shape (settlements, most in reach)
        Padded with -1.
    """
    distance = np.where(within, km, np.float32(np.inf))
    order = np.argsort(distance, axis=1, kind="stable").astype(np.int32)
    finite = np.isfinite(np.take_along_axis(distance, order, axis=1))
    return _pack(np.where(finite, order, np.int32(-1)))


def _pack(table: I32) -> I32:
    """Move entries that are not -1 to the left, keeping their order; drop empty columns."""
    order = np.argsort(table < 0, axis=1, kind="stable")
    packed = np.take_along_axis(table, order, axis=1)
    width = int((packed >= 0).sum(axis=1).max(initial=0))
    return np.ascontiguousarray(packed[:, :width])
