"""Cohort-component projection of labelled populations: many areas and draws at once.

The arithmetic stands in :mod:`capsim.demography.cohort` (expected values) and
:mod:`capsim.demography.cohort_counts` (whole persons); here labels are checked, years follow one
another and the results get their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import SEXES
from capsim.demography.cohort import YearResult, step
from capsim.demography.cohort_counts import CellDraws, flow_counts, step_counts, whole_persons
from capsim.demography.migration import flow_balance
from capsim.demography.projection_inputs import ProjectionInputs, check_request, read_inputs

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]
Mode = Literal["expected", "integer"]

_NAMES = {
    "population": ("persons", "population", "人口"),
    "births": ("persons a year", "births", "出生人数"),
    "deaths": ("persons a year", "deaths by age reached", "死亡人数"),
    "migrants": ("persons a year", "net migrants by age reached", "净迁移人数"),
}


def project_population(
    population: xr.DataArray,
    *,
    asfr: xr.DataArray,
    mx: xr.DataArray,
    sex_ratio_at_birth: xr.DataArray | float,
    net_migration: xr.DataArray | None = None,
    flows: xr.DataArray | None = None,
    years: Sequence[int],
    mode: Mode = "expected",
    draws: int | None = None,
    seed: int = 0,
) -> xr.Dataset:
    """Project populations by single years of age, both sexes, in annual steps.

    Parameters
    ----------
    population : DataArray, dims area, sex, age (and draw)
        Persons in the first of `years`; ages 0, 1, 2 ... without gaps, the last one open; sexes
        ``female`` and ``male``. A scalar coordinate ``year`` is checked against `years`.
    asfr : DataArray, dims age (and area, year, draw)
        Births a year per woman of each age; zero at ages left out.
    mx : DataArray, dims sex, age (and area, year, draw)
        Deaths per person-year.
    sex_ratio_at_birth : float or DataArray, dims among area, year, draw
        Boys born for each girl.
    net_migration : DataArray, dims sex, age (and area, year, draw), optional
        Net migrants a year by age at the move: half at the beginning of the year, half at its end.
    flows : DataArray, dims origin, destination, sex, age (and year), optional
        Shares of those present at the end of the year who move from area to area; the destination
        ``outside`` takes those who leave altogether, and rows of the origin ``outside`` are
        persons a year who come.
    years : sequence of int
        Years whose rates are applied, without gaps: rates labelled y lead from the population of
        y to that of y + 1. Rates may cover further years.
    mode : {"expected", "integer"}
        Expected values, or whole persons with deaths (binomial), births (Poisson) and moves drawn.
    draws : int, optional
        Number of futures in integer mode, where no input has the dimension draw.
    seed : int
        Seed of the draws of integer mode.

    Returns
    -------
    Dataset
        ``population`` (draw, year, area, sex, age), ``births`` (draw, year, area, sex), ``deaths``
        and ``migrants`` (as the population), with ``draw`` only where there are draws. ``year``
        runs from ``years[0]`` to ``years[-1] + 1``: the population of that year and the flows of
        the twelve months before it, which are missing in the first year. Deaths and migrants
        stand at the age that was, or would have been, reached at the end of the year, so that in
        every cell ``population[x, t] = population[x - 1, t - 1] + migrants[x, t] - deaths[x, t]``,
        with the births at x = 0. Where more were to leave than were there, ``migrants`` are those
        who left.

    Raises
    ------
    InvalidInput
        If dimensions, ages, areas or years are missing or unknown, values are missing or
        negative, or rates above one; everything at once.
    """
    inputs = read_inputs(
        population,
        asfr=asfr,
        mx=mx,
        sex_ratio_at_birth=sex_ratio_at_birth,
        net_migration=net_migration,
        flows=flows,
        years=years,
    )
    check_request(mode, draws, inputs.draws is not None)
    labels = inputs.draws if draws is None else np.arange(draws)
    count = 1 if labels is None else len(labels)
    start = np.broadcast_to(inputs.population, (count, *inputs.population.shape[1:]))
    if mode == "expected":
        results = _expected_years(inputs, start)
    else:
        numbers = [0] if labels is None else [int(label) for label in labels]
        results = _counted_years(inputs, whole_persons(start), numbers, seed)
    return _dataset(inputs, labels, results)


def _expected_years(inputs: ProjectionInputs, start: F64) -> list[YearResult]:
    """Every year in expected values; the first entry holds the base population."""
    results = [_base(start)]
    for i in range(len(inputs.years)):
        year = step(
            results[-1].population,
            inputs.survival[i],
            sex_ratio_at_birth=inputs.sex_ratio[i],
            asfr=inputs.asfr[i],
            net_migration=None if inputs.net_migration is None else inputs.net_migration[i],
        )
        if inputs.flows is not None:
            leaving, arriving = flow_balance(year.population, inputs.flows[i], _came(inputs, i))
            year = _moved(year, leaving, arriving)
        results.append(year)
    return results


def _counted_years(
    inputs: ProjectionInputs, start: F64, numbers: Sequence[int], seed: int
) -> list[YearResult]:
    """Every year of every draw in whole persons."""
    cells = CellDraws(inputs.areas, start.shape[-1])
    results = [_base(start)]
    for i, label in enumerate(inputs.years):
        parts = []
        for d, number in enumerate(numbers):
            year = step_counts(
                results[-1].population[d],
                _of_draw(inputs.survival[i], d),
                asfr=_of_draw(inputs.asfr[i], d),
                sex_ratio_at_birth=_of_draw(inputs.sex_ratio[i], d),
                net_migration=(
                    None if inputs.net_migration is None else _of_draw(inputs.net_migration[i], d)
                ),
                draws=cells,
                seed=seed,
                draw=number,
                year=label,
            )
            if inputs.flows is not None:
                leaving, arriving = flow_counts(
                    year.population, inputs.flows[i], cells, seed=seed, draw=number, year=label
                )
                came = _came(inputs, i)
                if came is not None:
                    arriving = arriving + whole_persons(came)
                year = _moved(year, leaving, arriving)
            parts.append(year)
        results.append(YearResult(*(np.stack(column) for column in zip(*parts, strict=True))))
    return results


def _of_draw(table: F64, draw: int) -> F64:
    """One draw of an array whose first axis is draw (or one for all)."""
    part: F64 = table[draw if table.shape[0] > 1 else 0]
    return part


def _came(inputs: ProjectionInputs, year: int) -> F64 | None:
    return None if inputs.arrivals is None else inputs.arrivals[year]


def _base(start: F64) -> YearResult:
    missing = np.full(start.shape, np.nan)
    return YearResult(np.array(start), missing[..., 0], missing, missing)


def _moved(year: YearResult, leaving: F64, arriving: F64) -> YearResult:
    net = arriving - leaving
    return YearResult(year.population + net, year.births, year.deaths, year.migrants + net)


def _dataset(
    inputs: ProjectionInputs, labels: NDArray[Any] | None, results: list[YearResult]
) -> xr.Dataset:
    """Name the results."""
    import xarray as xr

    ages = inputs.population.shape[-1]
    coords: dict[str, Any] = {
        "year": np.arange(inputs.years[0], inputs.years[-1] + 2),
        "area": list(inputs.areas),
        "sex": list(SEXES),
        "age": np.arange(ages),
    }
    if labels is not None:
        coords = {"draw": labels, **coords}
    variables = {}
    for k, name in enumerate(YearResult._fields):
        table = np.stack([result[k] for result in results], axis=1)
        dims = ["draw", "year", "area", "sex", "age"][: table.ndim]
        if labels is None:
            table, dims = table[0], dims[1:]
        units, long_name, long_name_zh = _NAMES[name]
        attrs = {"units": units, "long_name": long_name, "long_name_zh": long_name_zh}
        variables[name] = xr.Variable(dims, table, attrs)
    return xr.Dataset(variables, coords=coords)
