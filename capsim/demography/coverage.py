"""From births and resident children to entrants, with nothing counted twice.

Expected entrants are births of the cohort x survival x net migration x participation, all of
them modelled; *coverage* is what past entrants say beyond that product. Fitted after it, coverage
holds no survival, migration or participation a second time. It is 1 where there are no past
entrants to fit it to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from capsim.core.dims import ENTRY_AGE
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.entrants import CHINA_ENTRY, Entry, entry_cohorts
from capsim.scenario.options.entry import CoverageOptions

if TYPE_CHECKING:
    import pandas as pd

Factor = float | xr.DataArray


def births_of_basis(
    births: pd.DataFrame, options: CoverageOptions | None = None, *, name: str = "births"
) -> xr.DataArray:
    """Return births by year and area of one basis of registration.

    Parameters
    ----------
    births : pandas.DataFrame
        Columns ``year, area, births, basis``; ``basis`` is ``hukou`` (registered residence),
        ``resident`` or ``hospital`` (place of birth).
    options : CoverageOptions, optional
        Says which basis to use; may be left out where the table holds one basis only.
    name : str
        Name of the table in error messages.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(year, area)``; NaN where an area has no births in a year.

    Raises
    ------
    InvalidInput
        If the basis is not in the table, or several are and none is chosen, or rows repeat.
    """
    basis = options.basis if options is not None else None
    found = sorted(births["basis"].unique())
    if basis is None and len(found) > 1:
        raise InvalidInput.of(
            f"{name}: basis", f"holds {', '.join(found)}", "say which one to use: coverage.basis"
        )
    wanted = found[0] if basis is None else basis
    if wanted not in found:
        raise InvalidInput.of(f"{name}: basis", f"holds no {wanted}", f"found {', '.join(found)}")
    rows = births[births["basis"] == wanted]
    if rows.duplicated(["year", "area"]).any():
        first = rows[rows.duplicated(["year", "area"])].iloc[0]
        raise InvalidInput.of(name, f"repeats {first['area']} in {first['year']} ({wanted})")
    array: xr.DataArray = xr.DataArray.from_series(rows.set_index(["year", "area"])["births"])
    return array.astype(np.float64).rename("births")


def expected_entrants(
    births: xr.DataArray,
    *,
    survival: Factor = 1.0,
    migration: Factor = 0.0,
    participation: Factor = 1.0,
    coverage: Factor = 1.0,
    entry: Entry = CHINA_ENTRY,
) -> xr.DataArray:
    """Return expected entrants to public schools.

    Parameters
    ----------
    births : xarray.DataArray
        By calendar ``year`` and any other dimensions (area, draw).
    survival : float or xarray.DataArray
        Probability of surviving from birth to entry.
    migration : float or xarray.DataArray
        Net migration between birth and entry, as a share of the cohort.
    participation : float or xarray.DataArray
        Public share of the resident children of the entry level.
    coverage : float or xarray.DataArray
        From :func:`fit_coverage`.
    entry : Entry
        Rule of entry.

    Returns
    -------
    xarray.DataArray
        By entry ``year`` and the other dimensions of `births`.
    """
    cohorts = entry_cohorts(births, entry)
    return (cohorts * survival * (1.0 + migration) * participation * coverage).rename("entrants")


def fit_coverage(
    entrants: xr.DataArray | None,
    births: xr.DataArray,
    *,
    survival: Factor = 1.0,
    migration: Factor = 0.0,
    participation: Factor = 1.0,
    entry: Entry = CHINA_ENTRY,
    options: CoverageOptions | None = None,
) -> xr.DataArray:
    """Fit coverage to past entrants, after modelled survival, migration and participation.

    Parameters
    ----------
    entrants : xarray.DataArray or None
        Entrants to public schools by ``year`` and ``area``; None where none are known.
    births : xarray.DataArray
        Births by calendar ``year`` and ``area``.
    survival, migration, participation, entry
        As in :func:`expected_entrants`; they must be those of the forecast.
    options : CoverageOptions, optional
        Years, pooling and limits.

    Returns
    -------
    xarray.DataArray
        Coverage by ``area``: entrants over expected entrants of the last years, drawn towards
        that of all areas together by ``n / (n + prior_children)`` with n expected children, and
        kept within the limits. 1 without past entrants.

    Raises
    ------
    InvalidInput
        If areas of the entrants have no births, or counts are negative.
    """
    chosen = options if options is not None else CoverageOptions()
    ones = xr.ones_like(births.isel(year=0, drop=True)).rename("coverage")
    if chosen.factor is not None:
        return ones * chosen.factor
    if entrants is None:
        return ones
    problems = Problems()
    unknown = [str(a) for a in entrants["area"].values if a not in set(births["area"].values)]
    if unknown:
        problems.add("entrants", f"area {', '.join(unknown)} has no births")
    if bool((entrants < 0).any()):
        problems.add("entrants", "holds negative numbers")
    problems.raise_if_any()
    expected = expected_entrants(
        births, survival=survival, migration=migration, participation=participation, entry=entry
    )
    excluded = set(chosen.exclude_years)
    both = [
        y
        for y in sorted(
            set(entrants["year"].values.tolist()) & set(expected["year"].values.tolist())
        )
        if y not in excluded
    ][-chosen.years :]
    if not both:
        return ones
    came = entrants.sel(year=both)
    due = expected.sel(year=both, area=entrants["area"].values)
    known = came.notnull() & due.notnull()  # noqa: PD004  xarray has no notna
    came, due = came.where(known, 0.0).sum("year"), due.where(known, 0.0).sum("year")
    if float(due.sum()) <= 0:
        return ones
    whole = float(came.sum() / due.sum())
    own = (came / due.where(due > 0)).fillna(whole)
    weight = due / (due + chosen.prior_children).where(due + chosen.prior_children > 0, 1.0)
    fitted = weight * own + (1.0 - weight) * whole
    every: xr.DataArray = fitted.reindex(area=births["area"].values, fill_value=whole)
    limited: xr.DataArray = every.clip(*chosen.limits).rename("coverage")
    return limited


def fit_public_share(pupils: xr.DataArray, residents: xr.DataArray) -> xr.DataArray:
    """Return pupils of public schools over resident children of the same ages.

    Parameters
    ----------
    pupils, residents : xarray.DataArray
        Same dimensions, for instance ``level``, or ``area`` and ``level``.

    Returns
    -------
    xarray.DataArray
        Public share, at most 1: more pupils than residents means children from elsewhere, which
        is no participation.

    Raises
    ------
    InvalidInput
        If there are pupils where no children live, or labels differ.
    """
    try:
        came, live = xr.align(pupils, residents, join="exact")
    except xr.AlignmentError as error:
        raise InvalidInput.of("pupils", "labels are not those of the residents") from error
    if bool(((live <= 0) & (came > 0)).any()):
        raise InvalidInput.of("residents", "no children where there are pupils")
    return (came / live.where(live > 0)).clip(max=1.0).rename("public_share")


def children_already_born(
    children: xr.DataArray, year: int, *, entry_age: int = ENTRY_AGE
) -> xr.DataArray:
    """Return the coming entry cohorts that can be counted: children below the age of entry.

    Parameters
    ----------
    children : xarray.DataArray
        Resident children by single completed ``age`` on 31 August of `year` (and area, sex).
    year : int
        Year of the count.
    entry_age : int
        Age in completed years at which children enter that September.

    Returns
    -------
    xarray.DataArray
        Dimension ``year`` (of entry) in place of ``age``: a child aged a enters in
        ``year + entry_age - a``. Neither deaths nor migration to come are in it.
    """
    below = [int(a) for a in children["age"].values if a <= entry_age]
    if not below:
        raise InvalidInput.of("children", f"holds no age to {entry_age}")
    kept = children.sel(age=below)
    enter = [year + entry_age - a for a in below]
    moved = kept.rename(age="year").assign_coords(year=enter).sortby("year")
    return moved.rename("entry_cohorts")


def share_births(births: xr.DataArray, weights: xr.DataArray) -> xr.DataArray:
    """Share a county's births over its areas.

    Parameters
    ----------
    births : xarray.DataArray
        Of the county, by ``year`` (and draw).
    weights : xarray.DataArray
        By ``area``: women of childbearing age, or children under five.

    Returns
    -------
    xarray.DataArray
        Dimensions of `births` and ``area``; areas add up to the county.
    """
    total = float(weights.sum())
    if total <= 0 or bool((weights < 0).any()):
        raise InvalidInput.of("weights", "must be positive numbers of women or children")
    return (births * (weights / total)).rename("births")


def preschool_entrants(
    preschool: xr.DataArray, entrants: xr.DataArray, *, years: int = 3, ahead: int = 1
) -> tuple[xr.DataArray, float]:
    """Forecast entrants from the rolls of one kindergarten class.

    Parameters
    ----------
    preschool, entrants : xarray.DataArray
        Children of the class, and entrants, by ``year`` and ``area``; a child in the class in
        year t enters in ``t + ahead``.
    years : int
        Number of last entry years whose ratio is pooled.
    ahead : int
        Years from the class to school entry: 1 for the last class.

    Returns
    -------
    estimate : xarray.DataArray
        Entrants by ``year`` and ``area`` for every entry year with preschool rolls before it.
    error : float
        Root mean square log error of the same rule in past years, each forecast from the years
        before it; NaN with fewer than two past years.

    Raises
    ------
    InvalidInput
        If the two have no year in common.
    """
    rolls = preschool.assign_coords(year=preschool["year"] + ahead)
    both = sorted(set(rolls["year"].values.tolist()) & set(entrants["year"].values.tolist()))
    if not both:
        raise InvalidInput.of("preschool", "no entry year follows a preschool roll")

    def ratio(known: Sequence[Any]) -> xr.DataArray:
        last = list(known)[-years:]
        before = rolls.sel(year=last).sum("year")
        return entrants.sel(year=last).sum("year") / before.where(before > 0)

    misses = [
        np.log((entrants.sel(year=year) + 0.5) / (rolls.sel(year=year) * ratio(both[:i]) + 0.5))
        for i, year in enumerate(both)
        if i > 0
    ]
    squares = [float((miss**2).mean()) for miss in misses]
    error = float(np.sqrt(np.mean(squares))) if squares else float("nan")
    return (rolls * ratio(both)).rename("entrants"), error


def combine_estimates(
    estimates: Mapping[str, xr.DataArray], errors: Mapping[str, float]
) -> xr.DataArray:
    """Combine estimates of the same entrants, each weighted by its past errors.

    Parameters
    ----------
    estimates : mapping of name to xarray.DataArray
        Entrants by ``year`` and ``area``, for instance from births and from preschool rolls.
        Where only one covers a year it stands alone.
    errors : mapping of name to float
        Root mean square log error of each in past years.

    Returns
    -------
    xarray.DataArray
        Geometric mean with weights ``1 / error**2`` (independent errors).

    Raises
    ------
    InvalidInput
        If an estimate has no positive past error.
    """
    problems = Problems()
    for name in estimates:
        if not errors.get(name, float("nan")) > 0:
            problems.add(name, "has no past error to be weighted by")
    problems.raise_if_any()
    above: xr.DataArray | None = None
    below: xr.DataArray | None = None
    arrays = xr.align(*estimates.values(), join="outer")
    for name, array in zip(estimates, arrays, strict=True):
        weight = errors[name] ** -2.0
        known = array.notnull()  # noqa: PD004  xarray has no notna
        part = (weight * np.log(array.where(known, 1.0).clip(min=0.5))).where(known, 0.0)
        share = known * weight
        above = part if above is None else above + part
        below = share if below is None else below + share
    assert above is not None and below is not None
    logs = above / below.where(below > 0)
    return logs.copy(data=np.exp(logs.values)).rename("entrants")
