"""Life tables: death rates to probabilities, person-years and survival ratios.

Rates and populations have the sexes in the order of ``SEXES`` (female, male) on
the last but one axis and ages on the last. The oldest age is open.

Sources: Preston, Heuveline and Guillot (2001), *Demography*, chapter 3; person-years lived below
five by those who die, Coale and Demeny (1983) as given there on page 48; Greville (1943) for the
other five-year groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import OLDEST_AGE
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.age_groups import AgeGroup, read_age_groups

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LifeTable:
    """A life table by single years, radix 1; every array has shape (..., sex, ages).

    Attributes
    ----------
    mx : ndarray
        Deaths per person-year.
    ax : ndarray
        Years lived in the age by those who die in it.
    qx : ndarray
        Probability of dying in the age; 1 at the open age.
    lx : ndarray
        Share alive at exact age x.
    person_years : ndarray
        Lx, years lived in the age; at the open age all years lived beyond it.
    expectation : ndarray
        ex, years of life left at exact age x.
    """

    mx: F64
    ax: F64
    qx: F64
    lx: F64
    person_years: F64
    expectation: F64


def check_death_rates(mx: ArrayLike, *, where: str = "mx") -> F64:
    """Return death rates as an array after checking them.

    Raises
    ------
    InvalidInput
        If a rate is missing, negative or (below the open age) above one.
    """
    rates = np.asarray(mx, dtype=np.float64)
    problems = Problems()
    if rates.ndim < 2 or rates.shape[-2] != 2:
        raise InvalidInput.of(where, f"has shape {rates.shape}", "give (..., 2 sexes, ages)")
    for age in np.flatnonzero(~np.isfinite(rates).all(axis=tuple(range(rates.ndim - 1)))):
        problems.add(where, f"age {age} has a missing rate")
    for age in np.flatnonzero((rates < 0).any(axis=tuple(range(rates.ndim - 1)))):
        problems.add(where, f"age {age}: {rates[..., age].min():g} is negative")
    for age in np.flatnonzero((rates[..., :-1] > 1).any(axis=tuple(range(rates.ndim - 1)))):
        problems.add(
            where,
            f"age {age}: {rates[..., age].max():g} is above one",
            "rates are deaths per person-year, not per thousand",
        )
    if np.isfinite(rates).all() and (rates[..., -1] <= 0).any():
        problems.add(where, "the open age has a rate of zero", "somebody must die at the end")
    problems.raise_if_any()
    return rates


def infant_years_lived(mx0: ArrayLike) -> F64:
    """Years lived in the first year by those who die in it, from the infant death rate.

    Coale and Demeny's West relation.

    Parameters
    ----------
    mx0 : array_like, shape (..., sex)

    Returns
    -------
    ndarray, same shape
    """
    rate = np.asarray(mx0, dtype=np.float64)
    low = np.array([0.053, 0.045]) + np.array([2.800, 2.684]) * rate
    return np.where(rate >= 0.107, np.array([0.350, 0.330]), low)


def child_years_lived(mx0: ArrayLike) -> F64:
    """Years lived between ages 1 and 5 by those who die there, from the infant death rate.

    Coale and Demeny's West relation; shapes as in :func:`infant_years_lived`.
    """
    rate = np.asarray(mx0, dtype=np.float64)
    low = np.array([1.522, 1.651]) - np.array([1.518, 2.816]) * rate
    return np.where(rate >= 0.107, np.array([1.361, 1.352]), low)


def life_table(mx: ArrayLike, *, where: str = "mx") -> LifeTable:
    """Build life tables by single years from death rates.

    Parameters
    ----------
    mx : array_like, shape (..., sex, ages)
        Deaths per person-year; the last age is open.

    Returns
    -------
    LifeTable

    Raises
    ------
    InvalidInput
        If a rate is missing, negative or above one.
    """
    rates = check_death_rates(mx, where=where)
    ax = np.full(rates.shape, 0.5)
    ax[..., 0] = infant_years_lived(rates[..., 0])
    ax[..., -1] = 1.0 / rates[..., -1]
    qx = np.minimum(rates / (1.0 + (1.0 - ax) * rates), 1.0)
    qx[..., -1] = 1.0
    lx = np.concatenate(
        [np.ones((*rates.shape[:-1], 1)), np.cumprod(1.0 - qx[..., :-1], axis=-1)], axis=-1
    )
    years = lx * (1.0 - qx) + ax * lx * qx
    years[..., -1] = lx[..., -1] * ax[..., -1]
    beyond = np.cumsum(years[..., ::-1], axis=-1)[..., ::-1]
    expectation = beyond / np.maximum(lx, np.finfo(np.float64).tiny)
    return LifeTable(rates, ax, qx, lx, years, expectation)


def survival_ratio(mx: ArrayLike, *, where: str = "mx") -> F64:
    """Shares that survive one year of projection, newborns and the open age included.

    Parameters
    ----------
    mx : array_like, shape (..., sex, ages)
        Deaths per person-year; the last age is open.

    Returns
    -------
    ndarray, shape (..., sex, ages + 1)
        At 0 the share of a year's births alive at its end (L0 / l0); at x the share of those aged
        x - 1 who are alive and aged x a year later (Lx / Lx-1); at ``ages`` the same for those in
        the open age, who stay in it (constant hazard).
    """
    table = life_table(mx, where=where)
    years = table.person_years.copy()
    rate = table.mx[..., -1]
    years[..., -1] *= -np.expm1(-rate)  # the single year at the beginning of the open age
    ratio = np.empty((*years.shape[:-1], years.shape[-1] + 1))
    ratio[..., 0] = years[..., 0]
    np.divide(years[..., 1:], years[..., :-1], out=ratio[..., 1:-1])
    ratio[..., -1] = np.exp(-rate)
    # Rates near one can make Lx/Lx-1 of an erratic table exceed one; nobody rises from the dead.
    return np.minimum(ratio, 1.0)


def survival_over(survival: ArrayLike, years: int) -> F64:
    """Share of each age's survivors after several years of constant survival ratios.

    Parameters
    ----------
    survival : array_like, shape (..., ages + 1)
        From :func:`survival_ratio`.
    years : int
        Years that pass.

    Returns
    -------
    ndarray, shape (..., ages)
        Share of those aged x at the beginning alive `years` later, at age x + years or in the
        open age.
    """
    ratio = np.asarray(survival, dtype=np.float64)
    ages = ratio.shape[-1] - 1
    share = np.ones((*ratio.shape[:-1], ages))
    for step in range(years):
        share *= ratio[..., np.minimum(np.arange(ages) + 1 + step, ages)]
    return share


def single_year_mx(
    mx: ArrayLike, labels: Sequence[object], *, oldest: int = OLDEST_AGE, where: str = "mx"
) -> F64:
    """Turn an abridged table of death rates into single years that survive alike.

    The abridged life table gives the share alive at the beginning of each group; a monotone cubic
    through its cumulative hazard gives the years between. Beyond the beginning of the open group
    the hazard is constant.

    Parameters
    ----------
    mx : array_like, shape (..., sex, groups)
        Deaths per person-year by group: 0, 1-4, 5-9 ... and an open group.
    labels : sequence
        Age labels in the order of the last axis.
    oldest : int
        Open age of the result.

    Returns
    -------
    ndarray, shape (..., sex, oldest + 1)

    Raises
    ------
    InvalidInput
        If ages are missing, or rates are missing, negative or above one.
    """
    from scipy.interpolate import PchipInterpolator

    groups, order = read_age_groups(labels, where=where)
    rates = check_death_rates(np.asarray(mx, dtype=np.float64)[..., order], where=where)
    dying = _abridged_probabilities(rates, groups)
    hazard = np.concatenate(
        [np.zeros((*rates.shape[:-1], 1)), -np.log1p(-dying).cumsum(axis=-1)], axis=-1
    )
    starts = np.array([g.first for g in groups])
    single = np.empty((*rates.shape[:-1], oldest + 1))
    top = min(int(starts[-1]), oldest)
    curve = PchipInterpolator(starts, hazard, axis=-1)
    qx = -np.expm1(-np.diff(curve(np.arange(top + 1)), axis=-1))
    ax = np.full(qx.shape, 0.5)
    ax[..., 0] = infant_years_lived(rates[..., 0])
    single[..., :top] = qx / (1.0 - (1.0 - ax) * qx)
    single[..., top:] = rates[..., -1:]
    return single


def _abridged_probabilities(rates: F64, groups: Sequence[AgeGroup]) -> F64:
    """Probability of dying in each closed group of an abridged table."""
    dying = np.empty((*rates.shape[:-1], len(groups) - 1))
    # Greville needs the slope of log mx: taken between the neighbours of each group.
    floor = np.maximum(rates, 1e-12)
    for i, group in enumerate(groups[:-1]):
        assert group.last is not None
        width = group.last - group.first + 1
        if group.first == 0 and width == 1:
            lived = infant_years_lived(rates[..., 0])
        elif group.first == 1 and width == 4:
            lived = child_years_lived(rates[..., 0])
        elif width == 1 or i == 0 or group.first < 10:
            lived = np.full(rates.shape[:-1], width / 2)
        else:
            slope = np.log(floor[..., i + 1] / floor[..., i - 1]) / (2 * width)
            lived = width / 2 - width**2 / 12 * (rates[..., i] - slope)
            lived = np.clip(lived, 0.1 * width, 0.9 * width)
        m = rates[..., i]
        dying[..., i] = np.minimum(width * m / (1 + (width - lived) * m), 1 - 1e-12)
    return dying
