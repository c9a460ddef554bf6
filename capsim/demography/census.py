"""From census tables to the population of a base year: dates, single years, cohorts.

Everything here is a pure function of arrays with the sexes (female, male) on the last but one
axis and single years of age, the last open, on the last. "31 August" is the day on which the
model's ages are counted; a census taken later in the school year is moved back to it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import OLDEST_AGE
from capsim.core.errors import InvalidInput
from capsim.demography.age_groups import SplitMethod, split_groups
from capsim.demography.rates import survival_over

F64 = NDArray[np.float64]

#: Age from which young people leave a county for senior school and work.
LEAVING_AGE = 15


class DatedPopulation(NamedTuple):
    """Persons by sex and single age on 31 August of `year`."""

    year: int
    persons: F64


def single_year_population(
    persons: ArrayLike,
    labels: Sequence[object],
    *,
    survival: ArrayLike | None = None,
    method: SplitMethod = "smooth",
    oldest: int = OLDEST_AGE,
    where: str = "population",
) -> F64:
    """Split a census table by sex and age group into single years, every group keeping its total.

    Parameters
    ----------
    persons : array_like, shape (..., 2, groups)
        Persons by sex (female, male) and age group.
    labels : sequence
        Age labels: single years, ``5-9`` and an open group such as ``85+``.
    survival : array_like, shape (2, oldest + 2), optional
        From :func:`capsim.demography.rates.survival_ratio`; spreads the open group as a
        stationary population. Evenly where left out.
    method : {"smooth", "even"}
        How closed groups are split; see :func:`capsim.demography.age_groups.split_groups`.
    oldest : int
        Open age of the result.

    Returns
    -------
    ndarray, shape (..., 2, oldest + 1)

    Raises
    ------
    InvalidInput
        If ages are missing or overlap, or a value is negative or missing.
    """
    pattern = None
    if survival is not None:
        ratio = np.asarray(survival, dtype=np.float64)
        pattern = np.cumprod(ratio[..., :-1], axis=-1)
        pattern[..., -1] /= np.maximum(1.0 - ratio[..., -1], 1e-9)
    return split_groups(
        persons, labels, method=method, oldest=oldest, open_pattern=pattern, where=where
    )


def to_31_august(persons: ArrayLike, date: datetime.date) -> DatedPopulation:
    """Move a population by single years to the last 31 August on or before its date.

    Of those aged x at the census the months since 31 August are the share that turned x since
    then: a census of 1 November gives ``n_August[x] = 10/12 n[x] + 2/12 n[x + 1]``. Births since
    31 August drop out; deaths and moves of these months are left aside.

    Parameters
    ----------
    persons : array_like, shape (..., 2, ages)
    date : datetime.date
        Day of the census.

    Returns
    -------
    DatedPopulation
        The year of that 31 August, and the persons.
    """
    table = np.asarray(persons, dtype=np.float64)
    passed = date.month - 9 + (date.day - 1) / 30.4375
    year = date.year
    if (date.month, date.day) == (8, 31):
        passed = 0.0
    elif passed < 0:
        passed += 12.0
        year -= 1
    share = round(passed * 2) / 2 / 12.0  # to half a month: 1 November is two months exactly
    moved = (1.0 - share) * table
    moved[..., :-1] += share * table[..., 1:]
    # The open age has no older neighbour: those who turned `oldest` since August are about as
    # many as turn it in that time, the same share of the age below.
    turned = np.minimum(share * table[..., -2], table[..., -1])
    moved[..., -1] = table[..., -1] - turned
    moved[..., -2] = (1.0 - share) * table[..., -2] + turned
    return DatedPopulation(year, moved)


def backcast(
    later: ArrayLike, survival: ArrayLike, years: int, *, leaving: ArrayLike | None = None
) -> F64:
    """Return the children of an earlier year from those found later, reversing deaths and leaving.

    Parameters
    ----------
    later : array_like, shape (..., 2, ages)
        Persons found `years` later.
    survival : array_like, shape (2, ages + 1)
        From :func:`capsim.demography.rates.survival_ratio`.
    years : int
        Years between.
    leaving : array_like, shape (2, ages) or (ages,), optional
        Share of those alive at each age that leaves for good before the next age (net: negative
        where more arrive).

    Returns
    -------
    ndarray, shape (..., 2, ages)
        Persons aged x at the earlier date: those aged ``x + years`` later, over the share that
        stayed alive and present. The `years` oldest ages cannot be told apart and are missing
        (NaN).

    Raises
    ------
    InvalidInput
        If everybody of an age leaves, so that nothing can be reversed.
    """
    table = np.asarray(later, dtype=np.float64)
    ratio = np.asarray(survival, dtype=np.float64)
    ages = table.shape[-1]
    stay = np.ones((*ratio.shape[:-1], ages))
    if leaving is not None:
        stay = stay - np.broadcast_to(np.asarray(leaving, dtype=np.float64), stay.shape)
    if (stay <= 0).any():
        raise InvalidInput.of("leaving", "everybody leaves at some age", "give shares below one")
    kept = survival_over(ratio, years)
    for passed in range(years):
        kept[..., : ages - years] *= stay[..., passed : ages - years + passed]
    earlier = np.full(table.shape, np.nan)
    earlier[..., : ages - years] = table[..., years:] / kept[..., : ages - years]
    return earlier


def cohort_change(earlier: ArrayLike, later: ArrayLike, survival: ArrayLike, years: int) -> F64:
    """Net migration of each cohort between two censuses, as a share of its survivors.

    The residual method with forward survival: ``later[x + years] / (earlier[x] S) - 1``.

    Parameters
    ----------
    earlier, later : array_like, shape (..., 2, ages)
        Persons at two dates `years` apart.
    survival : array_like, shape (2, ages + 1)
    years : int

    Returns
    -------
    ndarray, shape (..., 2, ages)
        By age at the later date. Missing (NaN) at ages born between the censuses and at the open
        age, whose cohorts are mixed, and where the earlier census has nobody.
    """
    before = np.asarray(earlier, dtype=np.float64)
    after = np.asarray(later, dtype=np.float64)
    expected = before * survival_over(np.asarray(survival, dtype=np.float64), years)
    change = np.full(after.shape, np.nan)
    known = expected[..., : -years - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = after[..., years:-1] / known - 1.0
    change[..., years:-1] = np.where(known > 0, ratio, np.nan)
    return change


def exposed_years(ages_at_start: ArrayLike, passed: int, *, leaving_age: int = LEAVING_AGE) -> F64:
    """Years of the `passed` ones in which a cohort reaches `leaving_age` or is older.

    Parameters
    ----------
    ages_at_start : array_like of int
        Age of each cohort when the years begin.
    passed : int
        Years that pass.
    """
    start = np.asarray(ages_at_start, dtype=np.float64)
    exposed: F64 = np.clip(start + passed - leaving_age + 1, 0.0, float(passed))
    return exposed


def interpolate_cohorts(
    earlier: ArrayLike,
    later: ArrayLike,
    survival: ArrayLike,
    *,
    years_between: int,
    years_passed: int,
    leaving_age: int = LEAVING_AGE,
) -> F64:
    """Follow each cohort from one census towards the next.

    Survivors of the earlier census are carried forward; what the later census finds missing (or
    added) beyond deaths is placed, at a constant rate, in the years from the one in which the
    cohort reaches `leaving_age`: children do not leave alone, young people go to senior school and
    to work. Cohorts that have not reached that age by the later census carry their change evenly
    over all years.

    Parameters
    ----------
    earlier, later : array_like, shape (..., 2, ages)
        Persons at the two censuses, moved to 31 August.
    survival : array_like, shape (2, ages + 1)
    years_between : int
        Years between the censuses.
    years_passed : int
        Years from the earlier census to the date wanted, at most `years_between`.
    leaving_age : int
        Age at which leaving begins.

    Returns
    -------
    ndarray, shape (..., 2, ages)
        Persons at the date wanted; missing (NaN) at ages born after the earlier census. Ages whose
        change cannot be told (see :func:`cohort_change`) are survived without migration.

    Raises
    ------
    InvalidInput
        If the date wanted lies outside the two censuses.
    """
    if not 0 <= years_passed <= years_between:
        raise InvalidInput.of(
            "population",
            f"year {years_passed} after the first census lies beyond the second "
            f"({years_between} years)",
        )
    before = np.asarray(earlier, dtype=np.float64)
    ratio = np.asarray(survival, dtype=np.float64)
    ages = before.shape[-1]
    change = cohort_change(before, later, ratio, years_between)
    starts = np.arange(ages - years_between)
    total = np.log1p(np.maximum(change[..., years_between:], -1.0 + 1e-9))
    total = np.where(np.isfinite(total), total, 0.0)
    exposed = exposed_years(starts, years_between, leaving_age=leaving_age)
    passed = exposed_years(starts, years_passed, leaving_age=leaving_age)
    share = np.where(exposed > 0, passed / np.maximum(exposed, 1), years_passed / years_between)
    survived = before * survival_over(ratio, years_passed)
    survived[..., : ages - years_between] *= np.exp(total * share)
    result = np.full(before.shape, np.nan)
    result[..., years_passed:] = survived[..., : ages - years_passed]
    if years_passed:
        result[..., -1] = survived[..., ages - 1 - years_passed :].sum(axis=-1)
    return result


def population_between(
    earlier: DatedPopulation,
    later: DatedPopulation,
    year: int,
    survival: ArrayLike,
    *,
    leaving: ArrayLike | None = None,
    backcast_to_age: int | None = None,
    leaving_age: int = LEAVING_AGE,
) -> F64:
    """Return the population of a year between two censuses.

    Young ages are backcast from the later census, reversing deaths and `leaving`; older ones are
    interpolated along the cohort with the loss placed from `leaving_age`.

    Parameters
    ----------
    earlier, later : DatedPopulation
        The censuses on 31 August.
    year : int
        Year wanted, between the two.
    survival : array_like, shape (2, ages + 1)
    leaving : array_like, shape (2, ages), optional
        The run's own expected leaving by age; see :func:`backcast`.
    backcast_to_age : int, optional
        Oldest age taken from the later census. By default the oldest whose cohort is still below
        `leaving_age` there, which also keeps the undercounted ages 0-4 of the earlier census out.
    leaving_age : int
        Age at which leaving begins.

    Returns
    -------
    ndarray, shape (2, ages)

    Raises
    ------
    InvalidInput
        If the year lies outside the censuses, or an age can be had from neither of them.
    """
    span = later.year - earlier.year
    ahead = later.year - year
    if not earlier.year <= year <= later.year:
        raise InvalidInput.of("population", f"{year} lies outside the two censuses")
    young = leaving_age - 1 - ahead if backcast_to_age is None else backcast_to_age
    if young + 1 < year - earlier.year:
        raise InvalidInput.of(
            "population",
            f"ages {young + 1} to {year - earlier.year - 1} of {year} were not born at the first "
            "census and have left by the second",
            "take a year nearer to the second census or raise the age to backcast to",
        )
    population = interpolate_cohorts(
        earlier.persons,
        later.persons,
        survival,
        years_between=span,
        years_passed=year - earlier.year,
        leaving_age=leaving_age,
    )
    reversed_years = backcast(later.persons, survival, ahead, leaving=leaving)
    population[..., : young + 1] = reversed_years[..., : young + 1]
    return population


def annual_migration_rates(
    earlier: ArrayLike,
    later: ArrayLike,
    survival: ArrayLike,
    years: int,
    *,
    leaving_age: int = LEAVING_AGE,
    below_leaving_age: float = 0.0,
) -> F64:
    """Net migration a year by age, as a share of the survivors, from two censuses.

    Each cohort's change is placed at a constant rate in its years from `leaving_age` on; the rate
    of an age is the mean over the cohorts that passed it, weighted by their size at the earlier
    census.

    Parameters
    ----------
    earlier, later : array_like, shape (..., 2, ages)
        Persons at two censuses `years` apart.
    survival : array_like, shape (2, ages + 1)
    years : int
    leaving_age : int
        Youngest age at which the censuses are believed.
    below_leaving_age : float
        Rate at younger ages.

    Returns
    -------
    ndarray, shape (..., 2, ages)
        Net migrants a year over survivors, by age at the end of the year; -0.04 where four in a
        hundred leave. Zero at ages no cohort tells about.
    """
    before = np.asarray(earlier, dtype=np.float64)
    ages = before.shape[-1]
    change = cohort_change(before, later, survival, years)
    starts = np.arange(ages - years)
    total = np.log1p(np.maximum(change[..., years:], -1.0 + 1e-9))
    exposed = exposed_years(starts, years, leaving_age=leaving_age)
    with np.errstate(divide="ignore", invalid="ignore"):
        annual = np.where(exposed > 0, total / exposed, np.nan)
    weighted = np.zeros(before.shape)
    weight = np.zeros(before.shape)
    for passed in range(1, years + 1):
        reached = starts + passed
        told = np.isfinite(annual) & (reached >= leaving_age)
        size = np.where(told, before[..., : ages - years], 0.0)
        weighted[..., reached] += size * np.where(told, annual, 0.0)
        weight[..., reached] += size
    rates = np.expm1(np.divide(weighted, weight, out=np.zeros_like(weighted), where=weight > 0))
    rates[..., :leaving_age] = below_leaving_age
    return rates
