"""Births as users hold them - arrays, Series, DataFrames, labelled arrays - read and returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.errors import InvalidInput, Problems
from capsim.demography.births_point import FEWEST_YEARS

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class BirthsSeries:
    """Checked births of one or many series.

    Attributes
    ----------
    births : ndarray, shape (series, years)
        Missing before a series begins.
    first : ndarray of int, shape (series,)
        Position of the first year of each series.
    names : tuple of str
        Names of the series; draws are keyed by them.
    years : ndarray of int or None
        Calendar years; None where the user gave none.
    dim : str or None
        Name of the dimension of the series; None for a single one.
    """

    births: F64
    first: NDArray[np.int64]
    names: tuple[str, ...]
    years: NDArray[np.int64] | None
    dim: str | None

    def years_ahead(self, horizon: int) -> NDArray[np.int64]:
        """Labels of the years of a forecast."""
        last = 0 if self.years is None else int(self.years[-1])
        return np.arange(last + 1, last + 1 + horizon)


def read_births(births: Any) -> BirthsSeries:
    """Read births in any of the forms of :func:`~capsim.demography.births.forecast_births`.

    Raises
    ------
    InvalidInput
        If years have gaps, a value is missing or negative, or a series is too short.
    """
    values, years, names, dim = _labelled(births)
    if values.ndim == 1:
        values = values[None]
    problems = Problems()
    if years is not None and len(years) > 1 and (np.diff(years) != 1).any():
        missing = sorted(set(range(int(years[0]), int(years[-1]) + 1)) - set(years.tolist()))
        found = ", ".join(map(str, missing[:8]))
        problems.add("births", f"years have gaps: {found}" if missing else "years are not in order")
    first = np.zeros(len(values), dtype=np.int64)
    label = np.arange(values.shape[1]) if years is None else years
    for i, row in enumerate(values):
        where = "births" if dim is None else f"births of {names[i]}"
        known = np.flatnonzero(np.isfinite(row))
        if not len(known):
            problems.add(where, "has no values")
            continue
        first[i] = known[0]
        inside = row[known[0] :]
        for position in np.flatnonzero(~np.isfinite(inside))[:3] + known[0]:
            problems.add(where, f"year {label[position]} is missing")
        for position in np.flatnonzero(row < 0)[:3]:
            problems.add(where, f"year {label[position]}: {row[position]:g} is negative")
        if len(inside) < FEWEST_YEARS:
            problems.add(
                where, f"{len(inside)} years are too few to fit", f"give at least {FEWEST_YEARS}"
            )
        elif not np.nanmax(inside) > 0:
            problems.add(where, "is zero in every year")
    problems.raise_if_any()
    return BirthsSeries(values, first, tuple(names), years, dim)


def _labelled(
    births: Any,
) -> tuple[F64, NDArray[np.int64] | None, Sequence[str], str | None]:
    """Values (series, years), years, names and dimension of whatever holds the births."""
    import pandas as pd
    import xarray as xr

    if isinstance(births, xr.DataArray):
        if "year" not in births.dims or births.ndim > 2:
            raise InvalidInput.of("births", f"has dimensions {births.dims}", "give year and area")
        years = _whole_years(births["year"].values) if "year" in births.coords else None
        if births.ndim == 1:
            name = "births" if births.name is None else str(births.name)
            return np.asarray(births.values, dtype=np.float64), years, (name,), None
        dim = next(str(d) for d in births.dims if d != "year")
        table = np.asarray(births.transpose(dim, "year").values, dtype=np.float64)
        labels = births[dim].values if dim in births.coords else np.arange(len(table))
        return table, years, [str(x) for x in labels], dim
    if isinstance(births, pd.DataFrame):
        frame = births if _are_years(births.index) or not _are_years(births.columns) else births.T
        if not _are_years(frame.index):
            raise InvalidInput.of("births", "has years neither as rows nor as columns")
        table = np.asarray(frame.to_numpy(dtype=np.float64).T)
        return table, _whole_years(frame.index), [str(c) for c in frame.columns], "area"
    if isinstance(births, pd.Series):
        name = "births" if births.name is None else str(births.name)
        years = _whole_years(births.index) if _are_years(births.index) else None
        return births.to_numpy(dtype=np.float64), years, (name,), None
    table = np.asarray(births, dtype=np.float64)
    if table.ndim != 1:
        raise InvalidInput.of(
            "births", f"has shape {table.shape}", "give one series, or a labelled table of many"
        )
    return table, None, ("births",), None


def _are_years(labels: Any) -> bool:
    try:
        numbers = np.asarray(labels, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return bool(len(numbers) and (numbers >= 1500).all() and (numbers <= 3000).all())


def _whole_years(labels: Any) -> NDArray[np.int64]:
    return np.asarray(labels).astype(np.int64)


def as_table(
    series: BirthsSeries, values: ArrayLike, first_draw: int, *, history: bool = False
) -> xr.DataArray:
    """Return values of shape (draw, year, series) as a labelled array."""
    import xarray as xr

    table = np.asarray(values, dtype=np.float64)
    count = table.shape[1]
    if history:
        years = np.arange(1 - count, 1) if series.years is None else series.years
    else:
        years = series.years_ahead(count)
    coords: dict[str, Any] = {"draw": first_draw + np.arange(len(table)), "year": years}
    attrs = {"units": "births a year", "long_name": "births", "long_name_zh": "出生人数"}
    if series.dim is None:
        name = series.names[0]
        return xr.DataArray(
            table[..., 0], dims=("draw", "year"), coords=coords, name=name, attrs=attrs
        )
    coords[series.dim] = list(series.names)
    return xr.DataArray(
        table, dims=("draw", "year", series.dim), coords=coords, name="births", attrs=attrs
    )


def read_path(
    series: BirthsSeries, horizon: int, method: str, path: Mapping[int, float] | str | None
) -> F64:
    """Return the births of a path, a stress path or the last value, shape (horizon, series).

    Raises
    ------
    InvalidInput
        If a path leaves out years of the horizon, is negative, or is not known by name.
    """
    from capsim.demography.stress import apply_stress

    last = series.births[:, -1]
    if method == "last_value":
        return np.repeat(last[None], horizon, axis=0)
    if method == "stress":
        if not isinstance(path, str):
            raise InvalidInput.of("path", "method 'stress' needs the name of a stress path")
        return np.stack([apply_stress(float(x), path, horizon) for x in last], axis=1)
    if not isinstance(path, Mapping):
        raise InvalidInput.of("path", "method 'path' needs births by year")
    years = series.years_ahead(horizon)
    problems = Problems()
    for year in years.tolist():
        value = path.get(year)
        if value is None:
            problems.add("path", f"year {year} is missing")
        elif not value >= 0:
            problems.add("path", f"year {year}: {value} is not a number of births")
    if len(series.names) > 1:
        problems.add("path", "stands for one series", "forecast each series with its own path")
    problems.raise_if_any()
    return np.array([[float(path[int(year)])] for year in years])


def exposure_of(
    series: BirthsSeries, horizon: int, women: xr.DataArray, schedule: ArrayLike | None
) -> F64:
    """Women weighted by the fertility schedule, shape (series, years + horizon).

    Raises
    ------
    InvalidInput
        If women of a year, an age or a series are missing.
    """
    from capsim.core.dims import require_dims, require_labels
    from capsim.demography.schedules import china_fertility_schedule

    shares = china_fertility_schedule() if schedule is None else np.asarray(schedule, np.float64)
    wanted = ["year", "age"] + ([] if series.dim is None else [series.dim])
    require_dims(women, wanted, name="women")
    fertile = np.flatnonzero(shares > 0)
    known = series.years if series.years is not None else np.arange(1 - series.births.shape[1], 1)
    years = [*known.tolist(), *series.years_ahead(horizon).tolist()]
    table = women.sel(year=[y for y in years if y in women["year"].values])
    table = require_labels(table, "year", years, name="women")
    ages = [a for a in women["age"].values.tolist() if a in set(fertile.tolist())]
    table = require_labels(table.sel(age=ages), "age", fertile.tolist(), name="women")
    if series.dim is not None:
        table = require_labels(table, series.dim, series.names, name="women")
        table = table.transpose(series.dim, "year", "age")
    else:
        table = table.transpose("year", "age").expand_dims("series")
    exposure: F64 = np.asarray(table.values, dtype=np.float64) @ shares[fertile]
    if not (exposure > 0).all():
        raise InvalidInput.of("women", "has years without women of fertile age")
    return exposure
