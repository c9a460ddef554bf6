"""Fertility by age: schedules by single year, scaled to a total fertility rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import OLDEST_AGE
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.age_groups import read_age_groups

F64 = NDArray[np.float64]

#: Ages of mothers that rates are asked for; births below and above are given to the ends.
FERTILE_AGES = range(15, 50)


def single_year_schedule(
    shares: ArrayLike,
    labels: Sequence[object],
    *,
    method: Literal["smooth", "even"] = "smooth",
    oldest: int = OLDEST_AGE,
    where: str = "fertility schedule",
) -> F64:
    """Split fertility by age group of the mother into single years, summing to one.

    Parameters
    ----------
    shares : array_like, shape (..., groups)
        Shares or percentages of the total fertility rate (or rates: only proportions count).
    labels : sequence
        Age groups of the mothers, e.g. ``15-19`` to ``45-49``.
    method : {"smooth", "even"}
        A monotone cubic through the cumulative shares, or the same rate within a group.
    oldest : int
        Last age of the result.

    Returns
    -------
    ndarray, shape (..., oldest + 1)
        Zero outside the groups.

    Raises
    ------
    InvalidInput
        If a share is negative or missing, all are zero, or ages are missing between groups.
    """
    from scipy.interpolate import PchipInterpolator

    table = np.asarray(shares, dtype=np.float64)
    if not len(labels):
        raise InvalidInput.of(where, "has no age groups")
    # Labels that are no ages are named by what reads them.
    begins = (str(label).split("-")[0].strip() for label in labels)
    first = min((int(age) for age in begins if age.isdecimal()), default=0)
    groups, order = read_age_groups(labels, where=where, first_age=first, must_be_open=False)
    table = table[..., order]
    problems = Problems()
    for i, group in enumerate(groups):
        if group.last is None:
            problems.add(where, f"group {group.label} is open", "close the oldest group")
        if not np.isfinite(table[..., i]).all():
            problems.add(where, f"age {group.label} has a missing value")
        elif (table[..., i] < 0).any():
            problems.add(where, f"age {group.label}: {table[..., i].min():g} is negative")
    if (np.nansum(table, axis=-1) <= 0).any():
        problems.add(where, "sums to zero")
    problems.raise_if_any()
    edges = np.array([g.first for g in groups] + [(groups[-1].last or 0) + 1])
    result = np.zeros((*table.shape[:-1], oldest + 1))
    if method == "even":
        per_year = np.repeat(table / np.diff(edges), np.diff(edges), axis=-1)
    else:
        # The curve must leave and arrive flat: no fertility before the first and after the last
        # group, so a group of nothing stands at either side.
        cumulative = np.concatenate([np.zeros((*table.shape[:-1], 1)), table.cumsum(axis=-1)], -1)
        nodes = np.concatenate([[edges[0] - 1], edges, [edges[-1] + 1]])
        flat = np.concatenate([cumulative[..., :1], cumulative, cumulative[..., -1:]], axis=-1)
        curve = PchipInterpolator(nodes, flat, axis=-1)
        per_year = np.diff(curve(np.arange(edges[0], edges[-1] + 1)), axis=-1)
    result[..., edges[0] : edges[-1]] = per_year / per_year.sum(axis=-1, keepdims=True)
    return result


def age_specific_fertility(tfr: ArrayLike, schedule: ArrayLike) -> F64:
    """Scale a schedule to a total fertility rate.

    Parameters
    ----------
    tfr : array_like, shape (...)
        Children per woman.
    schedule : array_like, shape (ages,) or (..., ages)
        Shares by single age, summing to one.

    Returns
    -------
    ndarray, shape (..., ages)
        Births a year per woman of each age.

    Raises
    ------
    InvalidInput
        If a rate is negative or missing, or the schedule does not sum to one.
    """
    rate = np.asarray(tfr, dtype=np.float64)
    shape = np.asarray(schedule, dtype=np.float64)
    problems = Problems()
    if not np.isfinite(rate).all() or (rate < 0).any():
        problems.add("tfr", "has a missing or negative value")
    if (shape < 0).any() or (np.abs(shape.sum(axis=-1) - 1.0) > 1e-6).any():
        problems.add("fertility schedule", "must be non-negative and sum to one")
    problems.raise_if_any()
    asfr: F64 = rate[..., None] * shape
    return asfr


def total_fertility(asfr: ArrayLike) -> F64:
    """Return the total fertility rate, children per woman, of rates by single age (..., ages)."""
    return np.asarray(np.asarray(asfr, dtype=np.float64).sum(axis=-1), dtype=np.float64)


def implied_total_fertility(births: ArrayLike, women: ArrayLike, schedule: ArrayLike) -> F64:
    """Return the total fertility rate that gives these births with this schedule.

    Parameters
    ----------
    births : array_like, shape (...)
        Births of a year.
    women : array_like, shape (..., ages)
        Mean women of that year by single age.
    schedule : array_like, shape (ages,)
        Shares by age, summing to one.
    """
    exposure = (np.asarray(women, np.float64) * np.asarray(schedule, np.float64)).sum(axis=-1)
    tfr: F64 = np.asarray(births, dtype=np.float64) / exposure
    return tfr
