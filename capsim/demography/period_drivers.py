"""From published five-year tables to an annual projection: populations and drivers by period.

Statistical offices publish projections by five-year periods and age groups: a base population,
total fertility, its percentages by age of the mother, death rates, sex ratios at birth and total
net migration. These functions turn such tidy tables into the labelled single-year arrays of
:func:`capsim.demography.project_population`. By default groups are split evenly, which is what a
projection in five-year steps assumes; drivers are constant within their period.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from capsim.core.dims import AGES, SEXES
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.age_groups import SplitMethod, parse_age_group, split_groups
from capsim.demography.fertility import single_year_schedule
from capsim.demography.rates import single_year_mx

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def period_years(period: object) -> tuple[int, int]:
    """Read a period label: ``"2020-2025"`` is 2020 to 2025, the end not included.

    Raises
    ------
    InvalidInput
        If the label is not two years.
    """
    first, dash, last = str(period).partition("-")
    if not dash or not first.strip().isdigit() or not last.strip().isdigit():
        raise InvalidInput.of("period", f"{period!r} is not a period", 'write "2020-2025"')
    if int(last) <= int(first):
        raise InvalidInput.of("period", f"{period!r} runs backwards", 'write "2020-2025"')
    return int(first), int(last)


def population_from_groups(
    table: pd.DataFrame,
    *,
    value: str = "population",
    area: str = "area",
    method: SplitMethod = "even",
) -> xr.DataArray:
    """Turn a tidy population by age group into single years.

    Parameters
    ----------
    table : DataFrame
        Columns `area`, ``sex`` (female, male), ``age`` (``0-4``, ..., ``100+``), `value`; with a
        column ``year`` of one value the result is dated.
    value, area : str
        Names of the columns.
    method : {"even", "smooth"}
        See :func:`capsim.demography.age_groups.split_groups`.

    Returns
    -------
    DataArray, dims area, sex, age

    Raises
    ------
    InvalidInput
        If cells or columns are missing, ages have gaps, or a value is negative.
    """
    import xarray as xr

    grid, labels = _grid(table, [area, "sex"], "age", value, "population")
    areas, single = [], []
    for name in grid.index.get_level_values(0).unique():
        cells = _by_sex(grid, name, "population")
        single.append(split_groups(cells, labels, method=method))
        areas.append(name)
    coords: dict[str, Any] = {"area": areas, "sex": list(SEXES), "age": list(AGES)}
    if "year" in table.columns:
        years = table["year"].unique()
        if len(years) != 1:
            raise InvalidInput.of("population", f"holds {len(years)} years", "give one")
        coords["year"] = int(years[0])
    return xr.DataArray(np.stack(single), dims=("area", "sex", "age"), coords=coords)


def annual_death_rates(
    table: pd.DataFrame, *, value: str = "mx", area: str = "area"
) -> xr.DataArray:
    """Turn tidy abridged death rates by period into single years of age and calendar years.

    Parameters
    ----------
    table : DataFrame
        Columns `area`, ``period``, ``sex``, ``age`` (0, 1-4, 5-9, ..., an open group), `value`.

    Returns
    -------
    DataArray, dims area, year, sex, age
        Deaths per person-year.

    Raises
    ------
    InvalidInput
        If cells are missing, periods have gaps, or rates are negative or above one.
    """
    import xarray as xr

    grid, labels = _grid(table, [area, "period", "sex"], "age", value, "mx")
    areas = list(grid.index.get_level_values(0).unique())
    periods, years = _periods(grid.index.get_level_values(1).unique(), "mx")
    rates = np.stack([np.stack([_by_sex(grid.loc[a], p, "mx") for p in periods]) for a in areas])
    single = single_year_mx(rates, labels)
    spans = [b - a for a, b in map(period_years, periods)]
    return xr.DataArray(
        np.repeat(single, spans, axis=1),
        dims=("area", "year", "sex", "age"),
        coords={"area": areas, "year": years, "sex": list(SEXES), "age": list(AGES)},
    )


def annual_fertility(
    drivers: pd.DataFrame,
    percent_asfr: pd.DataFrame,
    *,
    tfr: str = "tfr",
    percent: str = "percent_asfr",
    area: str = "area",
    method: SplitMethod = "even",
) -> xr.DataArray:
    """Turn total fertility and its percentages by age of the mother into annual single-year rates.

    Parameters
    ----------
    drivers : DataFrame
        Columns `area`, ``period``, `tfr`.
    percent_asfr : DataFrame
        Columns `area`, ``period``, ``mother_age`` (``15-19`` ...), `percent` of the total.

    Returns
    -------
    DataArray, dims area, year, age
        Births a year per woman.

    Raises
    ------
    InvalidInput
        If cells are missing, periods have gaps or values are negative.
    """
    import xarray as xr

    total = annual_driver(drivers, tfr, area=area)
    grid, labels = _grid(percent_asfr, [area, "period"], "mother_age", percent, percent)
    areas = total["area"].values.tolist()
    periods, years = _periods(grid.index.get_level_values(1).unique(), percent)
    _require([(a, p) for a in areas for p in periods], grid.index, percent)
    if years != total["year"].values.tolist():
        raise InvalidInput.of(percent, "covers other periods than the total fertility rate")
    cells = np.stack([np.stack([grid.loc[(a, p)].to_numpy() for p in periods]) for a in areas])
    schedule = single_year_schedule(cells, labels, method=method, where=percent)
    spans = [b - a for a, b in map(period_years, periods)]
    rates = total.values[..., None] * np.repeat(schedule, spans, axis=1)
    return xr.DataArray(
        rates,
        dims=("area", "year", "age"),
        coords={"area": areas, "year": years, "age": list(AGES)},
    )


def annual_driver(table: pd.DataFrame, value: str, *, area: str = "area") -> xr.DataArray:
    """Turn a driver by period, constant within it, into one by calendar year (dims area, year).

    Raises
    ------
    InvalidInput
        If a period of an area is missing, periods have gaps, or a value is not a number.
    """
    import xarray as xr

    grid, labels = _grid(table, [area], "period", value, value)
    periods, years = _periods(labels, value)
    spans = [b - a for a, b in map(period_years, periods)]
    return xr.DataArray(
        np.repeat(grid[periods].to_numpy(dtype=np.float64), spans, axis=1),
        dims=("area", "year"),
        coords={"area": list(grid.index), "year": years},
    )


def annual_net_migration(
    table: pd.DataFrame,
    schedule: pd.DataFrame | xr.DataArray,
    *,
    value: str = "net_migration",
    area: str = "area",
) -> xr.DataArray:
    """Spread total net migration of a period evenly over its years and by a schedule over ages.

    Parameters
    ----------
    table : DataFrame
        Columns `area`, ``period``, `value`: net migrants of the whole period.
    schedule : DataFrame or DataArray
        Shares of net migrants summing to one: a tidy table ``sex``, ``age`` (groups), ``share``,
        or an array with dims sex, age (single years).

    Returns
    -------
    DataArray, dims area, year, sex, age
        Net migrants a year.

    Raises
    ------
    InvalidInput
        If cells are missing, periods have gaps or shares do not sum to one.
    """
    import pandas as pd
    import xarray as xr

    total = annual_driver(table, value, area=area)
    periods, _ = _periods(table["period"].unique(), value)
    spans = np.concatenate([[b - a] * (b - a) for a, b in map(period_years, periods)])
    if isinstance(schedule, pd.DataFrame):
        grid, labels = _grid(schedule, ["sex"], "age", "share", "migration schedule")
        _require(SEXES, grid.index, "migration schedule")
        shares = split_groups(grid.loc[list(SEXES)].to_numpy(), labels, method="even")
    else:
        shares = schedule.transpose("sex", "age").sel(sex=list(SEXES)).to_numpy()
    if abs(float(shares.sum()) - 1.0) > 1e-3:
        raise InvalidInput.of("migration schedule", f"shares sum to {shares.sum():g}, not to one")
    annual = (total.values / spans)[..., None, None] * (shares / shares.sum())
    return xr.DataArray(
        annual,
        dims=("area", "year", "sex", "age"),
        coords={**total.coords, "sex": list(SEXES), "age": list(AGES)},
    )


def project_periods(
    population: pd.DataFrame,
    drivers: pd.DataFrame,
    percent_asfr: pd.DataFrame,
    mx: pd.DataFrame,
    migration_schedule: pd.DataFrame | xr.DataArray,
    *,
    area: str = "area",
    population_value: str = "population",
    migration_value: str = "net_migration",
    sex_ratio_value: str = "sex_ratio_at_birth",
    method: SplitMethod = "even",
) -> xr.Dataset:
    """Project populations year by year from tables by five-year period and age group.

    Parameters
    ----------
    population, drivers, percent_asfr, mx : DataFrame
        As the functions of this module take them; `drivers` holds ``tfr``, the sex ratio at birth
        and net migration of the period. Persons and net migrants in the same unit.
    migration_schedule : DataFrame or DataArray
        See :func:`annual_net_migration`.
    area, population_value, migration_value, sex_ratio_value : str
        Names of the columns.
    method : {"even", "smooth"}
        How groups are split.

    Returns
    -------
    Dataset
        Of :func:`capsim.demography.project_population`, from the first year of the first period
        to the end of the last.

    Raises
    ------
    InvalidInput
        If a table cannot be used or the tables do not fit together.
    """
    from capsim.demography.projection import project_population

    base = population_from_groups(population, value=population_value, area=area, method=method)
    asfr = annual_fertility(drivers, percent_asfr, area=area, method=method)
    return project_population(
        base,
        asfr=asfr,
        mx=annual_death_rates(mx, area=area),
        sex_ratio_at_birth=annual_driver(drivers, sex_ratio_value, area=area),
        net_migration=annual_net_migration(
            drivers, migration_schedule, value=migration_value, area=area
        ),
        years=asfr["year"].values.tolist(),
    )


def _grid(
    table: pd.DataFrame, rows: list[str], columns: str, value: str, where: str
) -> tuple[Any, list[str]]:
    """Pivot a tidy table, every cell present once; return it and its column labels as text."""
    problems = Problems()
    for column in (*rows, columns, value):
        if column not in table.columns:
            problems.add(where, f"has no column {column}")
    problems.raise_if_any()
    keys = [*rows, columns]
    twice = table.duplicated(keys)
    if twice.any():
        cell = ", ".join(str(x) for x in table.loc[twice, keys].iloc[0])
        raise InvalidInput.of(where, f"{cell} stands twice")
    grid = table.assign(**{columns: table[columns].astype(str)}).pivot_table(
        index=rows if len(rows) > 1 else rows[0],
        columns=columns,
        values=value,
        aggfunc="first",
        sort=False,
    )
    empty = np.argwhere(grid.isna().to_numpy())
    if len(empty):
        row, column = empty[0]
        place = grid.index[row]
        cell = ", ".join(map(str, place if isinstance(place, tuple) else (place,)))
        raise InvalidInput.of(where, f"{cell}, {grid.columns[column]} is missing")
    if columns != "period":
        order = sorted(grid.columns, key=lambda label: parse_age_group(label, where=where).first)
        grid = grid[order]
    return grid, [str(label) for label in grid.columns]


def _by_sex(grid: Any, name: object, where: str) -> Any:
    """Cells of one area (or period), sexes in the order of the projection."""
    part = grid.loc[name]
    _require(SEXES, part.index, f"{where} of {name}")
    return part.loc[list(SEXES)].to_numpy(dtype=np.float64)


def _require(wanted: Sequence[Any], found: Any, where: str) -> None:
    missing = [w for w in wanted if w not in found]
    if missing:
        raise InvalidInput.of(where, f"lacks {missing[0]}")


def _periods(labels: Any, where: str) -> tuple[list[str], list[int]]:
    """Periods in order and the calendar years they cover, without gaps."""
    periods = sorted((str(label) for label in labels), key=period_years)
    years: list[int] = []
    for period in periods:
        first, last = period_years(period)
        if years and first != years[-1] + 1:
            raise InvalidInput.of(where, f"period {period} does not follow {years[-1] + 1}")
        years.extend(range(first, last))
    return periods, years
