"""Travel from homes to schools, and the schools a family considers.

Everything is by settlement: families of one settlement share distances and candidate schools.
:class:`Alternatives` holds what depends on which schools are open; it is rebuilt when that
changes and otherwise shared by years and replicates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.draws import alternative_words

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


@dataclass(frozen=True, eq=False)
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
    ranked : ndarray of int32, shape (settlements, r)
        All public schools, nearest first, those that cannot be reached at all at the end.
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
    ranked: I32
    private: I32
    limit_km: F32
    words: U32

    @cached_property
    def zone_and_private(self) -> I32:
        """Schools of the zone, then private schools, shape (settlements, z + p)."""
        return np.concatenate([self.zone, self.private], axis=1)

    @cached_property
    def beyond(self) -> I32:
        """Public schools beyond the limit, nearest first; for boarders: shape (settlements, b)."""
        km = self.km_between(np.arange(len(self.ranked))[:, None], self.ranked)
        far = (self.ranked >= 0) & np.isfinite(km) & (km > self.limit_km[:, None])
        return np.asarray(_pack(far, (self.ranked, -1))[0], dtype=np.int32)

    def too_far(self, settlement: ArrayLike, school: ArrayLike) -> Flags:
        """Return whether each school lies beyond the travel limit of each settlement."""
        home = np.asarray(settlement)
        beyond: Flags = self.km_between(home, school) > self.limit_km.take(home)
        return beyond

    def km_between(self, settlement: ArrayLike, school: ArrayLike) -> F32:
        """Return the distance of each school from each settlement; any number for the padding."""
        cell = np.asarray(settlement) * np.intp(self.km.shape[1])
        km: F32 = self.km.take(cell + np.asarray(school), mode="clip")
        return km

    def in_zone(self, settlement: ArrayLike, school: ArrayLike) -> Flags:
        """Return whether each school (-1 for none) belongs to the zone of each settlement."""
        home, wanted = np.asarray(settlement), np.asarray(school)
        found: Flags = self.zone[:, 0].take(home) == wanted
        for place in self.zone.T[1:]:  # few
            found |= place.take(home) == wanted
        found &= wanted >= 0
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
    nearest_order: I32 | None = None,
    words: U32 | None = None,
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
    nearest_order : ndarray of int32, shape (settlements, schools), optional
        What :func:`by_distance` makes of `km`, where it is known.
    words : ndarray of uint32, shape (schools,), optional
        The words of the identities, where they are known.

    Returns
    -------
    Alternatives
    """
    public = np.asarray(open_public, dtype=bool)
    order = by_distance(km) if nearest_order is None else nearest_order
    chosen = public.take(order).ravel().nonzero()[0]
    ranked = order.take(chosen).reshape(len(km), np.count_nonzero(public))
    pair = np.arange(len(km))[:, None] * len(public) + ranked
    ranked_km = km.take(pair)
    reached = np.isfinite(ranked_km)
    zones = _open_zone(np.asarray(zone, dtype=np.int32), public)
    in_zone = _zone_flags(zones, len(public)).take(pair)
    # The order of schools that stay candidates never changes when another school opens.
    wanted = in_zone.copy()
    wanted[:, :candidates] = True
    wanted &= reached
    considered, candidate_km, candidate_in_zone = _pack(
        wanted, (ranked, -1), (ranked_km, np.inf), (in_zone, False)
    )
    within = reached & (ranked_km <= limit_km)
    most = np.add.reduce(within, axis=1, dtype=np.intp).max(initial=0)
    nearest = np.where(within[:, :most], ranked[:, :most], np.int32(-1))
    if open_private is None:
        private = np.full((len(km), 0), -1, dtype=np.int32)
    else:
        private = nearest_first(km, np.asarray(open_private, dtype=bool) & (km <= private_range_km))
    return Alternatives(
        km=km,
        zone=zones,
        candidates=considered,
        candidate_km=candidate_km,
        candidate_in_zone=candidate_in_zone,
        nearest=nearest,
        ranked=ranked,
        private=private,
        limit_km=np.full(len(km), limit_km, dtype=np.float32),
        words=alternative_words(identity) if words is None else words,
    )


def by_distance(km: F32) -> I32:
    """Return the schools of each settlement in order of distance, shape of `km`."""
    return km.argsort(axis=1, kind="stable").astype(np.int32)


def _open_zone(zone: I32, public: Flags) -> I32:
    """Zone schools that are open, moved to the left, in their order."""
    if zone.shape[1] == 0 or not len(public):
        return np.full((len(zone), 1), -1, dtype=np.int32)
    is_open = (zone >= 0) & public.take(zone)
    if zone.shape[1] == 1:
        return np.where(is_open, zone, np.int32(-1))
    (packed,) = _pack(is_open, (zone, -1))
    return packed if packed.shape[1] else np.full((len(zone), 1), -1, dtype=np.int32)


def _zone_flags(zone: I32, schools: int) -> Flags:
    """Return which schools belong to the zone of each settlement, shape (settlements, schools)."""
    flags = np.zeros((len(zone), schools), dtype=bool)
    home, place = (zone >= 0).nonzero()
    flags[home, zone[home, place]] = True
    return flags


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
    order = by_distance(np.where(within, km, np.float32(np.inf)))
    reached = np.take_along_axis(within & np.isfinite(km), order, axis=1)
    (packed,) = _pack(reached, (order, -1))
    return packed


def _pack(wanted: Flags, *tables: tuple[NDArray[Any], float]) -> list[NDArray[Any]]:
    """Move the wanted entries of tables to the left, in their order; each has its own padding.

    Columns in which nothing stands then are dropped.
    """
    count = np.add.reduce(wanted, axis=1, dtype=np.intp)
    filled = np.arange(count.max(initial=0)) < count[:, None]
    source, target = wanted.ravel().nonzero()[0], filled.ravel().nonzero()[0]
    packed = []
    for table, padding in tables:
        whole = np.full(filled.size, padding, dtype=table.dtype)
        whole[target] = table.take(source)
        packed.append(whole.reshape(filled.shape))
    return packed
