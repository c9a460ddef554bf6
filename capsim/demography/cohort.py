"""The cohort-component method, one year at a time, on plain arrays.

Arrays have any leading axes (draw, area), then sex (female, male), then age; the oldest age is
open. ``n[x + 1, t + 1] = n[x, t] S[x] + M[x]``, births from the mean of the women at the beginning
and the end of the year, half of the migrants at the beginning and half at the end, as in the
United Nations' projections (Preston, Heuveline and Guillot 2001, chapter 6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.errors import InvalidInput

F64 = NDArray[np.float64]


class YearResult(NamedTuple):
    """One year of a projection.

    In every cell ``population = shifted + born + migrants - deaths`` where ``shifted`` are the
    persons of the year before one year older and ``born`` are the births at age 0.

    Attributes
    ----------
    population : ndarray, shape (..., sex, ages)
        Persons at the end of the year.
    births : ndarray, shape (..., sex)
        Births of the year.
    deaths : ndarray, shape (..., sex, ages)
        Deaths by the age reached, or that would have been reached, at the end of the year.
    migrants : ndarray, shape (..., sex, ages)
        Net migrants by the age reached at the end of the year. They fall short of what was asked
        where more people were to leave than were there.
    """

    population: F64
    births: F64
    deaths: F64
    migrants: F64


def shift_ages(persons: F64, newborn: F64 | float = 0.0) -> F64:
    """Return `persons` (..., ages) one year older, `newborn` (...) at age 0, the last age open."""
    older = np.empty_like(persons)
    older[..., 0] = newborn
    older[..., 1:] = persons[..., :-1]
    older[..., -1] += persons[..., -1]
    return older


def survivors_one_year(persons: F64, survival: F64, newborn: F64 | float = 0.0) -> F64:
    """Return who is alive a year later, one year older.

    Parameters
    ----------
    persons : ndarray, shape (..., ages)
    survival : ndarray, shape (..., ages + 1)
        From :func:`capsim.demography.rates.survival_ratio`.
    newborn : ndarray, shape (...)
        Births of the year.
    """
    older = persons * survival[..., 1:]
    alive: F64 = np.empty_like(older)
    alive[..., 1:] = older[..., :-1]
    alive[..., -1] += older[..., -1]
    alive[..., 0] = newborn * survival[..., 0]
    return alive


def step(
    population: F64,
    survival: F64,
    *,
    sex_ratio_at_birth: ArrayLike,
    births: ArrayLike | None = None,
    asfr: F64 | None = None,
    net_migration: ArrayLike | None = None,
) -> YearResult:
    """Project one year in expected values.

    Parameters
    ----------
    population : ndarray, shape (..., 2, ages)
        Persons at the beginning of the year.
    survival : ndarray, shape (2, ages + 1) or broadcasting against (..., 2, ages + 1)
        From :func:`capsim.demography.rates.survival_ratio`.
    sex_ratio_at_birth : array_like, scalar or shape (...)
        Boys born for each girl.
    births : array_like, shape (...), optional
        Births of the year, both sexes, where they are known or forecast apart.
    asfr : ndarray, shape (ages,) or (..., ages), optional
        Births a year per woman of each age, where births are not given.
    net_migration : array_like, shape (..., 2, ages), optional
        Net migrants of the year by age at the move.

    Returns
    -------
    YearResult

    Raises
    ------
    InvalidInput
        If not exactly one of `births` and `asfr` is given.
    """
    if (births is None) == (asfr is None):
        raise InvalidInput.of("births and asfr", "need exactly one of the two")
    half = None if net_migration is None else np.asarray(net_migration, np.float64) * 0.5
    start = population if half is None else np.maximum(population + half, 0.0)
    aged = survivors_one_year(start, survival)
    if births is None:
        assert asfr is not None
        women = start[..., 0, :] + aged[..., 0, :]
        if half is not None:
            women = np.maximum(women + half[..., 0, :], 0.0)
        births = 0.5 * np.einsum("...x,...x->...", women, asfr)
    by_sex = split_by_sex(births, sex_ratio_at_birth)
    aged[..., 0] = by_sex * survival[..., 0]
    deaths = shift_ages(start, by_sex) - aged
    if half is None:
        return YearResult(aged, by_sex, deaths, np.zeros_like(aged))
    end = np.maximum(aged + half, 0.0)
    migrants = (end - aged) + shift_ages(start - population)
    return YearResult(end, by_sex, deaths, migrants)


def split_by_sex(births: ArrayLike, sex_ratio_at_birth: ArrayLike) -> F64:
    """Split births (...) into girls and boys (..., 2) by the boys born for each girl."""
    total = np.asarray(births, dtype=np.float64)
    ratio = np.asarray(sex_ratio_at_birth, dtype=np.float64)
    girls = total / (1.0 + ratio)
    split = np.empty((*girls.shape, 2))
    split[..., 0] = girls
    np.subtract(total, girls, out=split[..., 1])
    return split
