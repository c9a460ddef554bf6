"""The national standard applied to the results of a run: indicators by school, year and replicate.

The formulas are in ``measures.indicators``, the figures in ``reference.standards``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from capsim.core.catalogue import BY_NAME
from capsim.core.dims import GRADES, LEVELS
from capsim.core.errors import InvalidInput, Problems
from capsim.measures.indicators import (
    indicator_met,
    projected_resources,
    resource_indicator,
    retention,
    variation_coefficient,
)
from capsim.reference.standards import RESOURCE_INDICATORS, Standards
from capsim.scenario.options.base import Section

if TYPE_CHECKING:
    import xarray as xr

    from capsim.scenario.options.budget import StandardsOptions

F64 = NDArray[np.float64]
Chosen = TypeVar("Chosen", bound="Section | float")

# What each indicator divides by pupils, in the order of RESOURCE_INDICATORS.
TEACHER_RESOURCES: Final = (
    "teachers_high_degree",
    "teachers_backbone",
    "teachers_pe_arts",
)
PLACE_RESOURCES: Final = (
    "teaching_area_m2",
    "sports_area_m2",
    "equipment_yuan",
    "multimedia_rooms",
)
RUN: Final = ("scenario", "replicate", "year")
RESOURCES: Final = (*TEACHER_RESOURCES, *PLACE_RESOURCES)
# Indicators counted per 100 pupils; the others are per pupil.
PUPILS_PER_UNIT: Final = np.array([100.0, 100.0, 100.0, 1.0, 1.0, 1.0, 100.0])


def add_indicators(
    data: xr.Dataset,
    inputs: xr.Dataset,
    options: StandardsOptions | Mapping[str, StandardsOptions],
    *,
    entrants_before: Mapping[int, float] | None = None,
) -> xr.Dataset:
    """Return the results with the standards' variables added.

    Parameters
    ----------
    data : xarray.Dataset
        Results of a run: ``roll`` (scenario, replicate, year, school, grade); ``capacity_change``
        where there is a programme; ``is_open`` where schools open and close.
    inputs : xarray.Dataset
        Stocks behind the indicators, each with any of the run's dimensions and ``school, level``:
        `TEACHER_RESOURCES` (by year) and `PLACE_RESOURCES` (as reported in the base year). What is
        absent leaves its indicator missing. ``is_teaching_point`` (school) marks teaching points.
    options : StandardsOptions or mapping by scenario
    entrants_before : mapping of int to float, optional
        Grade-1 pupils of the county in school years before the base year.

    Returns
    -------
    xarray.Dataset
        With ``indicator``, ``indicator_met`` and ``variation_coefficient``, and with
        ``retention`` where the run has not recorded it.

    Raises
    ------
    InvalidInput
        If `data` or `inputs` lack what is needed or do not align.
    """
    import xarray as xr

    _check(data, inputs)
    parts = []
    for scenario in data["scenario"].values.tolist():
        chosen = options_of(options, scenario)
        one = data.sel(scenario=[scenario])
        stocks = inputs.sel(scenario=[scenario]) if "scenario" in inputs.dims else inputs
        parts.append(_scenario_indicators(one, stocks, chosen))
    added = xr.concat(parts, dim="scenario") if len(parts) > 1 else parts[0]
    if "retention" not in data:
        added["retention"] = _nine_year_retention(data, entrants_before or {})
    for name in added.data_vars:
        variable = BY_NAME[str(name)]
        added[name].attrs = {
            "units": variable.unit,
            "long_name": variable.long_name,
            "long_name_zh": variable.long_name_zh,
        }
    return data.assign(added.data_vars)


def options_of(options: Chosen | Mapping[str, Chosen], scenario: str) -> Chosen:
    """Return the options of a scenario from one for all, or from a mapping by scenario.

    A stress path ``name@path`` is held to what its scenario ``name`` is held to.

    Raises
    ------
    InvalidInput
        If the mapping lacks the scenario.
    """
    if not isinstance(options, Mapping):
        return options
    for name in (scenario, scenario.partition("@")[0]):
        if name in options:
            return options[name]
    raise InvalidInput.of("standards", f"no options for the scenario {scenario}")


def _check(data: xr.Dataset, inputs: xr.Dataset) -> None:
    """Raise unless results and inputs hold what the indicators need, exactly aligned."""
    problems = Problems()
    if "roll" not in data:
        problems.add("results", "hold no variable roll")
    known = {*RESOURCES, "is_teaching_point"}
    for name in inputs.data_vars:
        if name not in known:
            problems.add("indicator inputs", f"unknown variable {name}", ", ".join(sorted(known)))
    for dim in inputs.dims:
        if dim not in data.sizes:
            problems.add("indicator inputs", f"unknown dimension {dim}")
        elif inputs[dim].values.tolist() != data[dim].values.tolist():
            problems.add("indicator inputs", f"labels of {dim} differ from those of the results")
    problems.raise_if_any()


def roll_by_level(data: xr.Dataset) -> xr.DataArray:
    """Return pupils by school and level: nine-year and complete schools count in both levels."""
    import xarray as xr

    grades = data["roll"]
    if grades["grade"].values.tolist() != list(GRADES):
        raise InvalidInput.of("results", f"grade must run from {GRADES[0]} to {GRADES[-1]}")
    parts = [
        grades.isel(grade=slice(0, 6)).sum("grade"),
        grades.isel(grade=slice(6, 9)).sum("grade"),
    ]
    level = xr.DataArray(list(LEVELS), dims="level", name="level")
    return xr.concat(parts, dim=level).transpose(..., "school", "level")


def assessed_pupils(
    data: xr.Dataset, teaching_point: xr.DataArray | None, *, excluded_below: float
) -> xr.DataArray:
    """Return pupils by school and level of the schools the standard looks at, 0 elsewhere.

    Closed schools and teaching points under the given roll (both levels together) are left out.
    """
    pupils = roll_by_level(data)
    if "is_open" in data:
        pupils = pupils.where(data["is_open"].astype(bool), 0)
    if teaching_point is not None:
        small = teaching_point.astype(bool) & (pupils.sum("level") < excluded_below)
        pupils = pupils.where(~small, 0)
    return pupils.transpose("scenario", "replicate", "year", "school", "level")


def _scenario_indicators(
    data: xr.Dataset, inputs: xr.Dataset, options: StandardsOptions
) -> xr.Dataset:
    """Return the indicator variables of one scenario."""
    import xarray as xr

    standards = options.standards()
    pupils = assessed_pupils(
        data,
        inputs.get("is_teaching_point"),
        excluded_below=standards.limit("excluded_teaching_point_below"),
    )
    roll = pupils.values
    stocks = _stocks(data, inputs, pupils, standards, options.resources_of_new_seats_share)
    thresholds = standards.thresholds()
    shape = (*roll.shape, len(RESOURCE_INDICATORS))
    value = np.empty(shape, dtype=np.float32)
    met = np.empty(shape, dtype=np.float32)
    spread = np.empty((*shape[:3], len(LEVELS), len(RESOURCE_INDICATORS)))
    for i, stock in enumerate(stocks):
        exact = resource_indicator(stock, roll, per=float(PUPILS_PER_UNIT[i]))
        value[..., i] = exact
        met[..., i] = indicator_met(exact, thresholds[:, i])
        spread[..., i] = variation_coefficient(stock, roll, axis=-2)
    run = RUN
    coords = {**{d: data[d] for d in run}, "level": list(LEVELS)}
    coords["resource_indicator"] = list(RESOURCE_INDICATORS)
    by_school = ((*run, "school", "level", "resource_indicator"), value)
    return xr.Dataset(
        {
            "indicator": by_school,
            "indicator_met": ((*run, "school", "level", "resource_indicator"), met),
            "variation_coefficient": ((*run, "level", "resource_indicator"), spread),
        },
        coords={**coords, "school": data["school"]},
    )


def _stocks(
    data: xr.Dataset,
    inputs: xr.Dataset,
    pupils: xr.DataArray,
    standards: Standards,
    new_seat_share: float,
) -> list[F64]:
    """Return the stock behind each indicator in the shape of `pupils`."""
    added = _seats_added(data, pupils)
    per_pupil = standards.thresholds() / PUPILS_PER_UNIT
    stocks = []
    for i, name in enumerate(RESOURCES):
        if name not in inputs:
            stocks.append(np.full(pupils.shape, np.nan))
            continue
        shaped = inputs[name].broadcast_like(pupils).transpose(*pupils.dims)
        stock = shaped.values.astype(np.float64)
        if name in PLACE_RESOURCES:
            stock = np.where(_unbuilt(data, pupils), 0.0, stock)
            stock = projected_resources(stock, added, per_pupil[:, i], share=new_seat_share)
        stocks.append(stock)
    return stocks


def _unbuilt(data: xr.Dataset, pupils: xr.DataArray) -> NDArray[np.bool_]:
    """Return which schools do not stand in the base year: they start with nothing."""
    if "is_open" not in data:
        return np.zeros(pupils.shape, dtype=bool)
    standing = data["is_open"].astype(bool).isel(year=0, drop=True)
    shaped = standing.broadcast_like(pupils).transpose(*pupils.dims)
    return ~np.asarray(shaped.values, dtype=bool)


def _seats_added(data: xr.Dataset, pupils: xr.DataArray) -> F64:
    """Return seats the programme has added at each school since the base year."""
    if "capacity_change" not in data:
        return np.zeros(pupils.shape)
    change = data["capacity_change"].sum("capacity_cause").fillna(0).cumsum("year")
    return np.asarray(change.transpose(*pupils.dims).values, dtype=np.float64)


def _nine_year_retention(data: xr.Dataset, before: Mapping[int, float]) -> xr.DataArray:
    """Return grade-9 pupils over grade-1 pupils eight years earlier, for the county."""
    import xarray as xr

    grades = data["roll"].sum("school").transpose("scenario", "replicate", "year", "grade")
    years = grades["year"].values.astype(int)
    first = np.full((*grades.shape[:2], 8), np.nan)
    for k, year in enumerate(range(years[0] - 8, years[0])):
        first[..., k] = before.get(year, np.nan)
    entrants = np.concatenate([first, grades.sel(grade=1).values], axis=-1)
    final = np.concatenate([np.full_like(first, np.nan), grades.sel(grade=9).values], axis=-1)
    share = retention(final, entrants, years=8)[..., 8:]
    coords = {dim: grades[dim] for dim in grades.dims[:3]}
    return xr.DataArray(share, coords=coords, dims=grades.dims[:3])
