"""Projections of many areas and draws of which only quantiles of age groups are kept.

Blocks of draws are projected, summed to age groups and released, so that memory stays small
however many draws there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.demography.projection_inputs import ProjectionInputs, read_inputs

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]


def project_quantiles(
    population: xr.DataArray,
    *,
    asfr: xr.DataArray,
    mx: xr.DataArray,
    sex_ratio_at_birth: xr.DataArray | float,
    net_migration: xr.DataArray | None = None,
    years: Sequence[int],
    groups: Mapping[str, tuple[int, int]],
    quantiles: Sequence[float] = (0.025, 0.1, 0.5, 0.9, 0.975),
    cells_at_once: int = 1_000_000,
) -> xr.DataArray:
    """Project many areas and draws and keep only quantiles of age groups.

    Expected values, without holding every cell: blocks of draws are projected, summed to the age
    groups by area and year, and released. Arithmetic is in single precision.

    Parameters
    ----------
    population, asfr, mx, sex_ratio_at_birth, net_migration, years
        As in :func:`project_population`; at least one has the dimension draw.
    groups : mapping of name to (first age, last age)
        Age groups, both ends included.
    quantiles : sequence of float
        Probabilities over the draws.
    cells_at_once : int
        Cells (draw, area, sex, age) held at once.

    Returns
    -------
    DataArray, dims quantile, year, area, group
        Persons.

    Raises
    ------
    InvalidInput
        As :func:`project_population`.
    """
    import xarray as xr

    inputs = read_inputs(
        population,
        asfr=asfr,
        mx=mx,
        sex_ratio_at_birth=sex_ratio_at_birth,
        net_migration=net_migration,
        flows=None,
        years=years,
    )
    count = 1 if inputs.draws is None else len(inputs.draws)
    _, areas, _, ages = inputs.population.shape
    size = max(1, cells_at_once // (areas * 2 * ages))
    sums = np.empty((count, len(inputs.years) + 1, areas, len(groups)), dtype=np.float32)
    for begin in range(0, count, size):
        part = slice(begin, min(begin + size, count))
        _project_block(inputs, part, list(groups.values()), sums[part])
    return xr.DataArray(
        np.quantile(sums, list(quantiles), axis=0),
        dims=("quantile", "year", "area", "group"),
        coords={
            "quantile": list(quantiles),
            "year": np.arange(inputs.years[0], inputs.years[-1] + 2),
            "area": list(inputs.areas),
            "group": list(groups),
        },
        name="population",
        attrs={"units": "persons", "long_name": "population", "long_name_zh": "人口"},
    )


def _project_block(
    inputs: ProjectionInputs,
    part: slice,
    groups: Sequence[tuple[int, int]],
    sums: NDArray[np.float32],
) -> None:
    """Project one block of draws in single precision and write its sums by age group.

    The same year as :func:`capsim.demography.cohort.step`, in two buffers that change places.
    Axes are (sex, age, draw, area), so that every operation runs along whole rows of areas.
    """

    turned_tables: dict[int, NDArray[np.float32]] = {}

    def of_block(table: F64) -> NDArray[np.float32]:
        # A table that stays the same over the years is turned once.
        if id(table) not in turned_tables:
            turned_tables[id(table)] = _turned(table, part)
        return turned_tables[id(table)]

    def keep(year: int) -> None:
        for g, (first, last) in enumerate(groups):
            np.add.reduce(now[:, first : last + 1], axis=(0, 1), out=sums[:, year, :, g])

    start = of_block(inputs.population)
    shape = (*start.shape[:2], sums.shape[0], start.shape[3])
    now, then = np.empty(shape, np.float32), np.empty(shape, np.float32)
    now[...] = start
    keep(0)
    fertile = np.flatnonzero(np.max([a.max(axis=(0, 1)) for a in inputs.asfr], axis=0))
    ages = slice(fertile[0], fertile[-1] + 1) if len(fertile) else slice(0, 1)
    for i in range(len(inputs.years)):
        survival = of_block(inputs.survival[i])
        half = None
        if inputs.net_migration is not None:
            half = of_block(inputs.net_migration[i]) * np.float32(0.5)
            _add_not_below_zero(now, half)
        np.multiply(now[:, :-1], survival[:, 1:-1], out=then[:, 1:])
        then[:, -1] += now[:, -1] * survival[:, -1]
        then[:, 0] = 0.0
        if half is not None:
            _add_not_below_zero(then, half)
        women = now[0, ages] + then[0, ages]
        women *= np.moveaxis(of_block(inputs.asfr[i])[..., ages], -1, 0)
        births = np.float32(0.5) * np.add.reduce(women, axis=0)
        ratio = of_block(inputs.sex_ratio[i])
        girls = births / (1.0 + ratio)
        then[0, 0], then[1, 0] = girls, births - girls
        then[:, 0] *= survival[:, 0]
        if half is not None:
            then[:, 0] = np.maximum(then[:, 0] + half[:, 0], 0.0)
        now, then = then, now
        keep(i + 1)


def _turned(table: F64, part: slice) -> NDArray[np.float32]:
    """One block of a table with sex and age, if it has them, in front."""
    block = table[part] if table.shape[0] > 1 else table
    turned = np.moveaxis(block, (-2, -1), (0, 1)) if block.ndim == 4 else block
    return np.ascontiguousarray(turned, dtype=np.float32)


def _add_not_below_zero(persons: NDArray[np.float32], net: NDArray[np.float32]) -> None:
    """Add net migrants in place; no more leave than are there."""
    persons += net
    if net.min() < 0:
        np.maximum(persons, 0.0, out=persons)
