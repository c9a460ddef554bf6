"""The places of a county as columns: settlements, townships, planning areas, zones.

Everything here is fixed for a run: it is built once from the checked tables and shared by all
replicates. Row numbers are positions in the tables; permanent identities hang on names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from capsim.core import draws
from capsim.core.dims import LEVELS, SETTLEMENT_KINDS

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Geography:
    """Columns of a county's places.

    Attributes
    ----------
    settlements, townships : tuple of str
        Identifiers; the row number of a settlement is its position here.
    identity : ndarray of uint64, shape (settlements,)
        Permanent identity of each settlement for keyed draws.
    township, kind : ndarray of int32, shape (settlements,)
        Row of the township, and position in ``SETTLEMENT_KINDS``.
    x_km, y_km, population : ndarray of float64, shape (settlements,)
    cell : ndarray of int32, shape (settlements,)
        Row of the settlement's projection cell: one cell per township and kind that occurs.
    cell_township, cell_kind : ndarray of int32, shape (cells,)
    share_of_cell : ndarray of float64, shape (settlements,)
        The settlement's share of its cell's people.
    zone : tuple of two ndarrays of int32, shape (settlements, most schools in a zone)
        School rows of each settlement's attendance zone, by level, padded with -1.
    planning_areas : tuple of str
        Identifiers of the planning areas of both levels, each carrying its level.
    planning_area_names : tuple of (str, str)
        English and Chinese names.
    planning_area : ndarray of int32, shape (2, townships)
        Row of the planning area of each township, by level.
    """

    settlements: tuple[str, ...]
    settlement_names: tuple[tuple[str, str], ...]
    townships: tuple[str, ...]
    township_names: tuple[tuple[str, str], ...]
    identity: NDArray[np.uint64]
    township: I32
    kind: I32
    x_km: F64
    y_km: F64
    population: F64
    cell: I32
    cell_township: I32
    cell_kind: I32
    share_of_cell: F64
    zone: tuple[I32, I32]
    planning_areas: tuple[str, ...]
    planning_area_names: tuple[tuple[str, str], ...]
    planning_area: I32

    @cached_property
    def town(self) -> I32:
        """Rows of the county town's settlements."""
        return np.flatnonzero(self.kind == 0).astype(np.int32)

    @cached_property
    def town_shares(self) -> F64:
        """Shares of people of the county town's settlements, added up, but for the last of them."""
        people = self.population[self.town]
        return np.asarray((people / people.sum()).cumsum()[:-1])

    def places_of_birth(self, year: int, *, years: int) -> NDArray[np.uint64]:
        """Return the identity of each settlement in a year and the years before it, remembered.

        Parameters
        ----------
        year, years : int
            Year of entry to school, and how many years from it backwards.

        Returns
        -------
        ndarray of uint64, shape (settlements, years)
            Shared, not to be changed.
        """
        known = self._places_of_birth.get(year)
        if known is None or known.shape[1] != years:
            known = draws.combine(self.identity[:, None], year - np.arange(years))
            self._places_of_birth[year] = known
        return known

    @cached_property
    def _places_of_birth(self) -> dict[int, NDArray[np.uint64]]:
        return {}

    def level_of_area(self) -> NDArray[np.int8]:
        """Return the level (0 primary, 1 junior) of each planning area."""
        return np.array([LEVELS.index(a.split(":", 1)[0]) for a in self.planning_areas], np.int8)

    @cached_property
    def cell_identity(self) -> NDArray[np.uint64]:
        """Permanent identity of each cell for keyed draws."""
        return draws.combine(draws.identity_of(self.townships)[self.cell_township], self.cell_kind)

    @cached_property
    def homes_of_cell(self) -> F64:
        """1 where a settlement (column) lies in a cell (row), 0 elsewhere."""
        inside: F64 = (np.arange(len(self.cell_kind))[:, None] == self.cell).astype(np.float64)
        return inside


def names_of(table: pd.DataFrame, key: str) -> tuple[tuple[str, str], ...]:
    """English and Chinese names of a table's rows; the identifier where none is given."""
    english = table.get("name", table[key])
    chinese = table.get("name_zh", english)
    pairs = []
    for ident, en, zh in zip(table[key], english, chinese, strict=True):
        en_text = str(en) if isinstance(en, str) and en else str(ident)
        pairs.append((en_text, str(zh) if isinstance(zh, str) and zh else en_text))
    return tuple(pairs)


def build_geography(
    settlements: pd.DataFrame,
    zones: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    townships: pd.DataFrame | None = None,
    planning_areas: pd.DataFrame | None = None,
    partition: Geography | None = None,
) -> Geography:
    """Return the columns of a county's places from its checked tables.

    Parameters
    ----------
    settlements, zones, schools, townships, planning_areas : DataFrame
        Tables as described in the data guide. School rows are numbered by their position in
        `schools`.
    partition : Geography, optional
        Places whose planning areas are taken over, so that all scenarios of a run count gaps in
        the same areas.

    Returns
    -------
    Geography
    """
    ids = tuple(settlements["settlement"].astype(str))
    row_of = {name: row for row, name in enumerate(ids)}
    township_ids = (
        tuple(townships["township"].astype(str))
        if townships is not None
        else tuple(dict.fromkeys(settlements["township"].astype(str)))
    )
    township_row = {name: row for row, name in enumerate(township_ids)}
    township = np.array([township_row[str(t)] for t in settlements["township"]], np.int32)
    kind = np.array([SETTLEMENT_KINDS.index(k) for k in settlements["kind"]], np.int32)
    population = settlements["population"].to_numpy(np.float64)
    code = township * len(SETTLEMENT_KINDS) + kind
    cells, cell = np.unique(code, return_inverse=True)
    cell_total = np.bincount(cell, weights=population, minlength=len(cells))
    members = np.bincount(cell, minlength=len(cells))
    empty = cell_total[cell] <= 0
    share = np.where(
        empty, 1.0 / members[cell], population / np.where(empty, 1.0, cell_total[cell])
    )
    zone = _zone_tables(zones, row_of, {s: i for i, s in enumerate(schools["school"].astype(str))})
    names = (
        names_of(townships, "township")
        if townships is not None
        else tuple((t, t) for t in township_ids)
    )
    if partition is not None and partition.townships == township_ids:
        areas, area_names = partition.planning_areas, partition.planning_area_names
        area_of = partition.planning_area
    else:
        areas, area_names, area_of = _planning_areas(
            planning_areas, township_ids, names, township, zone, schools, row_of
        )
    return Geography(
        settlements=ids,
        settlement_names=names_of(settlements, "settlement"),
        townships=township_ids,
        township_names=names,
        identity=draws.identity_of(ids),
        township=township,
        kind=kind,
        x_km=settlements["x_km"].to_numpy(np.float64),
        y_km=settlements["y_km"].to_numpy(np.float64),
        population=population,
        cell=cell.astype(np.int32),
        cell_township=(cells // len(SETTLEMENT_KINDS)).astype(np.int32),
        cell_kind=(cells % len(SETTLEMENT_KINDS)).astype(np.int32),
        share_of_cell=share,
        zone=zone,
        planning_areas=areas,
        planning_area_names=area_names,
        planning_area=area_of,
    )


def _zone_tables(
    zones: pd.DataFrame, settlement_row: dict[str, int], school_row: dict[str, int]
) -> tuple[I32, I32]:
    """School rows of each settlement's zone by level, padded with -1."""
    tables = []
    for level in LEVELS:
        rows: list[list[int]] = [[] for _ in settlement_row]
        part = zones[zones["level"] == level]
        for settlement, school in zip(part["settlement"], part["school"], strict=True):
            rows[settlement_row[str(settlement)]].append(school_row[str(school)])
        width = max(1, max((len(r) for r in rows), default=1))
        padded = np.full((len(rows), width), -1, np.int32)
        for i, r in enumerate(rows):
            padded[i, : len(r)] = r
        tables.append(padded)
    return tables[0], tables[1]


def _planning_areas(
    table: pd.DataFrame | None,
    township_ids: Sequence[str],
    names: Sequence[tuple[str, str]],
    township: I32,
    zone: tuple[I32, I32],
    schools: pd.DataFrame,
    settlement_row: dict[str, int],
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], I32]:
    """Planning areas of both levels: from the table, or townships joined by shared zones."""
    school_township = township[[settlement_row[str(s)] for s in schools["settlement"]]]
    areas: list[str] = []
    area_names: list[tuple[str, str]] = []
    area_of = np.zeros((2, len(township_ids)), np.int32)
    for index, level in enumerate(LEVELS):
        if table is not None:
            part = table[table["level"] == level]
            label_of = dict(zip(part["township"].astype(str), part["planning_area"], strict=True))
            labels = [str(label_of[t]) for t in township_ids]
            pairs = {label: (label, label) for label in labels}
        else:
            labels, pairs = _areas_from_zones(
                zone[index], township, school_township, township_ids, names
            )
        start = len(areas)
        order = list(dict.fromkeys(labels))
        areas += [a if a.startswith(f"{level}:") else f"{level}:{a}" for a in order]
        area_names += [pairs[label] for label in order]
        area_of[index] = [start + order.index(label) for label in labels]
    return tuple(areas), tuple(area_names), area_of


def _areas_from_zones(
    zone: I32,
    township: I32,
    school_township: I32,
    township_ids: Sequence[str],
    names: Sequence[tuple[str, str]],
) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """Join townships whose settlements share zone schools: connected components."""
    n = len(township_ids)
    home, column = np.nonzero(zone >= 0)
    links = (township[home], school_township[zone[home, column]])
    graph = coo_array((np.ones(len(home), np.int8), links), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    labels = []
    pairs: dict[str, tuple[str, str]] = {}
    for t in range(n):
        members = np.flatnonzero(component == component[t])
        first = township_ids[members[0]]
        label = first if len(members) == 1 else f"{first}+{len(members) - 1}"
        labels.append(label)
        en = " + ".join(names[m][0] for m in members[:3]) + (" ..." if len(members) > 3 else "")
        zh = "、".join(names[m][1] for m in members[:3]) + ("等" if len(members) > 3 else "")
        pairs[label] = (en, zh)
    return labels, pairs
