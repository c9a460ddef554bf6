"""Which school and which county rule fails the standard when, and where seats will be short.

Tidy tables over the replicates of a run, one row a year, for the report and for notebooks. Every
row that rests on a figure of the standard carries the figure's source and mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS
from capsim.measures.indicators import (
    indicator_met,
    school_meets_standard,
    seats_per_1000_residents,
)
from capsim.measures.standards import options_of
from capsim.reference.standards import RESOURCE_INDICATORS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from capsim.scenario.options.budget import StandardsOptions

F64 = NDArray[np.float64]


def school_verdicts(
    data: xr.Dataset, options: StandardsOptions | Mapping[str, StandardsOptions]
) -> xr.DataArray:
    """Return whether each school meets "six of seven, the rest at 85 %".

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``indicator``.
    options : StandardsOptions or mapping by scenario

    Returns
    -------
    xarray.DataArray
        (scenario, replicate, year, school, level): 1, 0, or missing where unknown or not assessed.
    """
    import xarray as xr

    array = data["indicator"].transpose(
        "scenario", "replicate", "year", "school", "level", "resource_indicator"
    )
    verdicts = np.empty(array.shape[:-1], dtype=np.float32)
    for i, scenario in enumerate(array["scenario"].values.tolist()):
        standards = options_of(options, scenario).standards()
        verdicts[i] = school_meets_standard(
            array.values[i],
            standards.thresholds(),
            at_least=int(standards.limit("indicators_met_per_school")),
            floor=standards.limit("remaining_indicator_floor"),
        )
    first = array.isel(resource_indicator=0, drop=True)
    return xr.DataArray(verdicts, coords=first.coords, dims=first.dims, name="meets_standard")


def failing_schools(
    data: xr.Dataset, options: StandardsOptions | Mapping[str, StandardsOptions]
) -> pd.DataFrame:
    """Return which school fails which indicator when, under which scenario.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``indicator`` and ``indicator_met``.
    options : StandardsOptions or mapping by scenario

    Returns
    -------
    DataFrame
        One row for each scenario, school, level, indicator and year in which a replicate fails:
        ``probability`` (share of the replicates with a known value that fail), ``median`` (of the
        indicator), ``threshold``, ``below_floor`` (share of replicates under 85 % of it),
        ``source``, ``mark``.
    """
    import pandas as pd

    order = ("scenario", "replicate", "year", "school", "level", "resource_indicator")
    met = data["indicator_met"].transpose(*order)
    value = data["indicator"].transpose(*order).values
    known = ~np.isnan(met.values)
    replicates = known.sum(axis=1)
    failing = ((met.values == 0) & known).sum(axis=1)
    cells = np.nonzero(failing)
    names = {d: met[d].values for d in order if d != "replicate"}
    frame = pd.DataFrame({d: names[d][cells[k]] for k, d in enumerate(names)})
    frame = frame.rename(columns={"resource_indicator": "indicator"})
    frame["probability"] = failing[cells] / replicates[cells]
    by_cell = np.moveaxis(value, 1, -1)[cells].astype(np.float64)
    frame["median"] = np.nanmedian(by_cell, axis=1) if len(frame) else np.empty(0)
    threshold, floor, source, mark = _figures(names["scenario"].tolist(), options)
    s, lv, ind = cells[0], cells[3], cells[4]
    frame["threshold"] = threshold[s, lv, ind]
    least = (floor[s] * threshold[s, lv, ind])[:, None]
    frame["below_floor"] = (indicator_met(by_cell, least) == 0).sum(axis=1) / replicates[cells]
    frame["source"] = source[s, ind]
    frame["mark"] = mark[s, ind]
    keys = ["scenario", "school", "level", "indicator", "year"]
    rank = {"level": list(LEVELS), "indicator": list(RESOURCE_INDICATORS)}
    return frame.sort_values(
        keys, key=lambda c: c.map(rank[c.name].index) if c.name in rank else c, ignore_index=True
    )


def _figures(
    scenarios: list[str], options: StandardsOptions | Mapping[str, StandardsOptions]
) -> tuple[F64, F64, NDArray[np.object_], NDArray[np.object_]]:
    """Return thresholds, floors, titles of the sources and marks by scenario."""
    chosen = [options_of(options, s).standards() for s in scenarios]
    thresholds = np.stack([c.thresholds() for c in chosen])
    floors = np.array([c.limit("remaining_indicator_floor") for c in chosen])
    sources = np.array([[c.title(n) for n in RESOURCE_INDICATORS] for c in chosen], dtype=object)
    marks = np.array([[c[n].mark for n in RESOURCE_INDICATORS] for c in chosen], dtype=object)
    return thresholds, floors, sources, marks


def first_failures(table: pd.DataFrame, *, probability: float = 0.5) -> pd.DataFrame:
    """Return the first year in which each school fails each indicator.

    Parameters
    ----------
    table : DataFrame
        As :func:`failing_schools` returns it.
    probability : float
        Least share of replicates that fail.

    Returns
    -------
    DataFrame
        The row of the first such year, with ``years_failing``, the number of such years.
    """
    keys = ["scenario", "school", "level", "indicator"]
    likely = table[table["probability"] >= probability].sort_values([*keys, "year"])
    groups = likely.groupby(keys, sort=False, observed=True)
    first = groups.head(1).copy()
    first["years_failing"] = groups.size().to_numpy()
    return first.reset_index(drop=True)


def seat_warnings(
    data: xr.Dataset, options: StandardsOptions | Mapping[str, StandardsOptions]
) -> pd.DataFrame:
    """Return the seat warning list (学位预警) by planning area.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``seat_gap`` and ``demand``, missing where an area belongs to another level.
    options : StandardsOptions or mapping by scenario
        The least probability that is worth a warning.

    Returns
    -------
    DataFrame
        One row for each scenario, level, planning area and year in which the share of replicates
        with a gap reaches the warning probability: ``probability``, ``p10``, ``median`` and
        ``p90`` of the gap over all replicates, ``mean_when_short`` (mean over the replicates with
        a gap), ``median_demand``, and ``first_year`` of the area's warnings.
    """
    import pandas as pd

    order = ("scenario", "replicate", "year", "level", "planning_area")
    gap = data["seat_gap"].transpose(*order)
    demand = data["demand"].transpose(*order)
    values = gap.values.astype(np.float64)
    there = ~np.isnan(values).any(axis=1)
    probability = (values > 0).mean(axis=1)
    least = np.array(
        [options_of(options, s).warning_probability for s in gap["scenario"].values.tolist()]
    )
    cells = np.nonzero(there & (probability >= least[:, None, None, None]))
    frame = pd.DataFrame(
        {
            d: gap[d].values[cells[k]]
            for k, d in enumerate(("scenario", "year", "level", "planning_area"))
        }
    )
    gaps = np.moveaxis(values, 1, -1)[cells]
    frame["probability"] = probability[cells]
    for name, share in (("p10", 0.1), ("median", 0.5), ("p90", 0.9)):
        frame[name] = np.quantile(gaps, share, axis=1) if len(frame) else np.empty(0)
    frame["mean_when_short"] = gaps.sum(axis=1) / np.maximum((gaps > 0).sum(axis=1), 1)
    wanted = np.moveaxis(demand.values.astype(np.float64), 1, -1)[cells]
    frame["median_demand"] = np.median(wanted, axis=1) if len(frame) else np.empty(0)
    keys = ["scenario", "level", "planning_area"]
    frame["first_year"] = frame.groupby(keys, observed=True)["year"].transform("min")
    return frame.sort_values(
        [*keys, "year"],
        key=lambda c: c.map(LEVELS.index) if c.name == "level" else c,
        ignore_index=True,
    )


def seats_per_1000(data: xr.Dataset) -> xr.DataArray:
    """Return the county's seats per 1,000 residents by level.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``capacity`` (planning areas of each level) and ``population`` (townships).

    Returns
    -------
    xarray.DataArray
        (scenario, replicate, year, level), seats per 1,000 residents.
    """
    import xarray as xr

    capacity = data["capacity"].sum("planning_area")
    people = data["population"].sum("township")
    seats: xr.DataArray = xr.apply_ufunc(seats_per_1000_residents, capacity, people)
    return seats.transpose("scenario", "replicate", "year", "level")
