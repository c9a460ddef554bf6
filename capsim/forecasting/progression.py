"""Grade progression, the profession's method: last year's grade times a ratio.

A progression ratio is ``r[g, t] = E[g, t] / E[g-1, t-1]``: this year's pupils of a grade over
last year's of the grade below; it holds repeaters, movers, leavers and deaths together. Entrants
are births times a births-to-entry ratio. Ratios are averaged over years, pooled with those of a
parent area where cells are small, held within limits and damped with the horizon. Known in
forecasting handbooks of school rolls as the grade-progression, cohort-survival or roll-forward
method.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from capsim.core.errors import InvalidInput, Problems
from capsim.demography.entrants import Entry, entry_cohorts
from capsim.forecasting.roll_tables import births_array, roll_array, stage_of

if TYPE_CHECKING:
    import pandas as pd

Average = Literal["mean", "weighted", "geometric", "median", "smoothing"]
F64 = NDArray[np.float64]

AVERAGES: Final[tuple[str, ...]] = get_args(Average)


def progression_ratios(
    rolls: pd.DataFrame | xr.DataArray,
    *,
    average: Average = "weighted",
    years: int = 3,
    exclude_years: Collection[int] = (),
    pool_below: float = 0.0,
    prior_pupils: float = 0.0,
    parent: Mapping[Any, Hashable] | None = None,
    clamp: tuple[float, float] | None = None,
    smoothing: float = 0.5,
) -> xr.DataArray:
    """Return the progression ratio into each grade (or age) above the lowest.

    Parameters
    ----------
    rolls : pandas.DataFrame or xarray.DataArray
        Pupils by year, area and grade or age; for the forms allowed see
        :func:`~capsim.forecasting.roll_tables.roll_array`.
    average : {"mean", "weighted", "geometric", "median", "smoothing"}
        How the yearly ratios are averaged: arithmetic mean; pupils over pupils (ratio of sums);
        geometric mean; median; simple exponential smoothing that ends in the last year.
    years : int
        Number of last years that count, after exclusion.
    exclude_years : collection of int
        Years whose ratios do not count: those of the later of the two rolls.
    pool_below : float
        A cell with fewer pupils at risk (sum of the denominators) takes its parent's ratio.
    prior_pupils : float
        Partial pooling: the parent's ratio counts as much as this many pupils at risk, so that
        ``weight = n / (n + prior_pupils)`` (credibility weighting, Bühlmann 1967). 0: no pooling.
    parent : mapping of area to parent area, optional
        Areas with the same parent are pooled together; all areas together if left out.
    clamp : (float, float), optional
        Least and greatest ratio, applied last.
    smoothing : float
        Weight of the newest ratio in exponential smoothing, above 0 and at most 1.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(area, grade)`` or ``(area, age)``; the grade is the one moved *into*.

    Raises
    ------
    InvalidInput
        For settings out of range, fewer than two years, areas without parent, or a grade without
        pupils in the whole parent area.
    """
    array = roll_array(rolls)
    stage = stage_of(array)
    pupils = array.values
    if array.sizes["year"] < 2 or array.sizes[stage] < 2:
        raise InvalidInput.of("rolls", f"need two years and two {stage}s for a ratio")
    _check_settings(average, years, pool_below, prior_pupils, clamp, smoothing)
    ratio_years = [int(y) for y in array["year"].values[1:]]
    kept = _kept_years(ratio_years, years, exclude_years, "rolls")
    ratio = _pooled_ratio(
        pupils[1:, :, 1:][kept],
        pupils[:-1, :, :-1][kept],
        _parent_index(array["area"], parent),
        average=average,
        pool_below=pool_below,
        prior_pupils=prior_pupils,
        smoothing=smoothing,
    )
    labels = array[stage].values[1:]
    _check_found(ratio, array["area"].values, labels, stage)
    return xr.DataArray(
        ratio if clamp is None else np.clip(ratio, *clamp),
        dims=("area", stage),
        coords={"area": array["area"].values, stage: labels},
        name="progression_ratio",
    )


def entry_ratios(
    rolls: pd.DataFrame | xr.DataArray,
    births: pd.DataFrame | xr.DataArray,
    entry: Entry,
    *,
    average: Average = "weighted",
    years: int = 3,
    exclude_years: Collection[int] = (),
    pool_below: float = 0.0,
    prior_pupils: float = 0.0,
    parent: Mapping[Any, Hashable] | None = None,
    clamp: tuple[float, float] | None = None,
    smoothing: float = 0.5,
) -> xr.DataArray:
    """Return births-to-entry ratios: pupils of the entry grade over the births of their cohort.

    Parameters are those of :func:`progression_ratios`, with `births` by year and area and the
    rule of `entry`; ``pool_below`` and ``prior_pupils`` count births. Where births were
    registered elsewhere than children live, or families move before school, the ratio is far
    from 1.

    Returns
    -------
    xarray.DataArray
        Dimension ``area``.

    Raises
    ------
    InvalidInput
        As :func:`progression_ratios`, and if no roll has a cohort of known births.
    """
    array = roll_array(rolls, first_stage=entry.at)
    cohorts = entry_cohorts(births_array(births, array["area"]), entry)
    _check_settings(average, years, pool_below, prior_pupils, clamp, smoothing)
    both = [int(y) for y in array["year"].values if y in set(cohorts["year"].values.tolist())]
    if not both:
        raise InvalidInput.of(
            "births",
            f"no entry cohort of births {_span(births_array(births, array['area']))} is in the "
            f"rolls of {_span(array)}",
        )
    kept = _kept_years(both, years, exclude_years, "births")
    entered = array.sel({stage_of(array): entry.at, "year": both}).values
    born = cohorts.sel(year=both).values
    ratio = _pooled_ratio(
        entered[kept][:, :, None],
        born[kept][:, :, None],
        _parent_index(array["area"], parent),
        average=average,
        pool_below=pool_below,
        prior_pupils=prior_pupils,
        smoothing=smoothing,
    )
    _check_found(ratio, array["area"].values, [entry.at], stage_of(array))
    flat = ratio[:, 0]
    return xr.DataArray(
        flat if clamp is None else np.clip(flat, *clamp),
        dims="area",
        coords={"area": array["area"].values},
        name="entry_ratio",
    )


def project_rolls(
    rolls: pd.DataFrame | xr.DataArray,
    ratios: xr.DataArray,
    entrants: xr.DataArray,
    *,
    damping: float = 1.0,
    towards: xr.DataArray | float = 1.0,
) -> xr.DataArray:
    """Roll the last roll forward by ratios, one grade a year.

    Parameters
    ----------
    rolls : pandas.DataFrame or xarray.DataArray
        Pupils by year, area and grade or age; the last year starts the projection.
    ratios : xarray.DataArray
        From :func:`progression_ratios`; dimensions ``(area, grade)`` or ``(area, age)``.
    entrants : xarray.DataArray
        Pupils of the lowest grade in each coming year; dimensions ``(year, area)``. Its years,
        which follow the last roll, are the years projected.
    damping : float
        The distance of a ratio from `towards` shrinks by this factor a year: in the k-th year
        the ratio is ``towards * (ratio / towards) ** (damping ** (k - 1))``. 1 keeps it.
    towards : xarray.DataArray or float
        What ratios are damped to: 1, or the parent's ratios.

    Returns
    -------
    xarray.DataArray
        Pupils, dimensions ``(year, area, grade)`` or ``(year, area, age)``.

    Raises
    ------
    InvalidInput
        If labels do not agree, years do not follow the rolls, or damping is outside 0-1.
    """
    array = roll_array(rolls)
    stage = stage_of(array)
    problems = Problems()
    if not 0.0 <= damping <= 1.0:
        problems.add("damping", f"{damping} is not between 0 and 1")
    start = int(array["year"].values[-1])
    coming = [int(y) for y in entrants["year"].values]
    if coming != list(range(start + 1, start + 1 + len(coming))):
        problems.add("entrants", f"years {coming} do not follow the last roll, {start}")
    for name, found in (("ratios", ratios), ("entrants", entrants)):
        if set(found["area"].values.tolist()) != set(array["area"].values.tolist()):
            problems.add(name, "areas are not those of the rolls")
    if ratios[stage].values.tolist() != array[stage].values.tolist()[1:]:
        problems.add("ratios", f"{stage}s are not those above the lowest of the rolls")
    problems.raise_if_any()
    areas = array["area"]
    ratio = ratios.sel(area=areas).transpose("area", stage)
    target = (xr.zeros_like(ratio) + towards).transpose("area", stage).values
    into = entrants.sel(area=areas).transpose("year", "area").values
    distance = np.log(np.maximum(ratio.values, 1e-12) / target)
    pupils = array.values[-1]
    projected = np.empty((len(coming), *pupils.shape))
    for step in range(len(coming)):
        moved = pupils[:, :-1] * target * np.exp(distance * damping**step)
        pupils = np.concatenate([into[step][:, None], moved], axis=1)
        projected[step] = pupils
    return xr.DataArray(
        projected,
        dims=("year", "area", stage),
        coords={"year": coming, "area": areas.values, stage: array[stage].values},
        name="pupils",
    )


def _pooled_ratio(
    after: F64,
    before: F64,
    parent: NDArray[np.int64],
    *,
    average: str,
    pool_below: float,
    prior_pupils: float,
    smoothing: float,
) -> F64:
    """Average ratios over years (axis 0) and pool each area's (axis 1) with its parent's."""
    n_parents = int(parent.max()) + 1
    member = (parent[None, :] == np.arange(n_parents)[:, None]).astype(np.float64)
    whole_after = np.einsum("pa,tas->tps", member, after)
    whole_before = np.einsum("pa,tas->tps", member, before)
    own = _average(after, before, average, smoothing)
    parents = _average(whole_after, whole_before, average, smoothing)[parent]
    at_risk = before.sum(axis=0)
    weight = np.divide(
        at_risk, at_risk + prior_pupils, out=np.zeros_like(at_risk), where=at_risk > 0
    )
    weight = np.where((at_risk < pool_below) | np.isnan(own), 0.0, weight)
    pooled: F64 = weight * np.nan_to_num(own)
    pooled += (1.0 - weight) * np.where(weight < 1.0, parents, 0.0)
    return pooled


def _average(after: F64, before: F64, average: str, smoothing: float) -> F64:
    """Average yearly ratios over axis 0; NaN where no year has pupils to divide by."""
    if average == "weighted":
        return _divide(after.sum(axis=0), before.sum(axis=0))
    yearly: F64 = _divide(after, before)
    known = ~np.isnan(yearly)
    some = known.any(axis=0)
    if average == "smoothing":
        level: F64 = yearly[0]
        for ratio in yearly[1:]:
            moved = np.where(np.isnan(level), ratio, level + smoothing * (ratio - level))
            level = np.where(np.isnan(ratio), level, moved)
        return level
    if average == "median":
        filled = np.where(some, yearly, 0.0)
        return np.where(some, np.nanmedian(filled, axis=0), np.nan)
    # A geometric mean needs positive ratios; an empty year counts as a ratio of 1 in 1000.
    values = np.log(np.maximum(yearly, 1e-3)) if average == "geometric" else yearly
    mean: F64 = _divide(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype(float))
    return np.asarray(np.exp(mean)) if average == "geometric" else mean


def _divide(above: F64, below: F64) -> F64:
    ratio: F64 = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return ratio


def _kept_years(
    ratio_years: list[int], years: int, exclude: Collection[int], where: str
) -> list[int]:
    """Positions of the last `years` years that are not excluded."""
    left = [i for i, y in enumerate(ratio_years) if y not in set(exclude)]
    if not left:
        raise InvalidInput.of(where, "every year is excluded")
    return left[-years:]


def _parent_index(areas: xr.DataArray, parent: Mapping[Any, Hashable] | None) -> NDArray[np.int64]:
    names = areas.values.tolist()
    if parent is None:
        return np.zeros(len(names), dtype=np.int64)
    without = [str(a) for a in names if a not in parent]
    if without:
        raise InvalidInput.of("parent", f"no parent given for area {', '.join(without)}")
    order = list(dict.fromkeys(parent[a] for a in names))
    return np.array([order.index(parent[a]) for a in names], dtype=np.int64)


def _check_settings(
    average: str,
    years: int,
    pool_below: float,
    prior_pupils: float,
    clamp: tuple[float, float] | None,
    smoothing: float,
) -> None:
    problems = Problems()
    if average not in AVERAGES:
        problems.add("average", f"{average!r} is not known", f"one of {', '.join(AVERAGES)}")
    if years < 1:
        problems.add("years", f"{years} is not at least 1")
    for name, value in (("pool_below", pool_below), ("prior_pupils", prior_pupils)):
        if value < 0:
            problems.add(name, f"{value} is negative")
    if clamp is not None and not 0 <= clamp[0] <= clamp[1]:
        problems.add("clamp", f"{clamp} is not a least and a greatest ratio")
    if not 0.0 < smoothing <= 1.0:
        problems.add("smoothing", f"{smoothing} is not above 0 and at most 1")
    problems.raise_if_any()


def _check_found(ratio: F64, areas: Any, labels: Any, stage: str) -> None:
    problems = Problems()
    for i in np.unique(np.nonzero(np.isnan(ratio))[1]):
        problems.add(
            "rolls",
            f"no pupils or births to divide by for {stage} {labels[i]} in the parent of "
            f"{areas[np.isnan(ratio[:, i])][0]}",
        )
    problems.raise_if_any()


def _span(array: xr.DataArray) -> str:
    return f"{int(array['year'].values[0])}-{int(array['year'].values[-1])}"
