"""Births by calendar year read back from children by single age.

Children have the sexes (female, male) on the last but one axis and ages from 0 on the last.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.errors import InvalidInput

F64 = NDArray[np.float64]

#: Share of a cohort of school entry born in the earlier of its two calendar years (4 of 12 months).
AUTUMN_SHARE = 4.0 / 12.0


def births_behind_cohorts(children: ArrayLike, survival: ArrayLike) -> F64:
    """Births that the children of each age stand for: survivors over the share that survived.

    Parameters
    ----------
    children : array_like, shape (..., 2, k)
        Children aged 0 to k - 1 on 31 August.
    survival : array_like, shape (2, ages + 1)

    Returns
    -------
    ndarray, shape (..., k)
        Births, both sexes, of the twelve months to the 31 August at which the cohort was 0.
    """
    table = np.asarray(children, dtype=np.float64)
    alive = np.cumprod(np.asarray(survival, dtype=np.float64)[..., : table.shape[-1]], axis=-1)
    born: F64 = (table / alive).sum(axis=-2)
    return born


def calendar_births(
    cohort_births: ArrayLike, year: int, *, autumn_share: float = AUTUMN_SHARE
) -> tuple[NDArray[np.int64], F64]:
    """Births by calendar year that reproduce the births behind single-year cohorts.

    The cohort that was 0 on 31 August of year y was born in the autumn of y - 1 (4/12 of that
    year's births) and in the first eight months of y (8/12). Among the calendar series that give
    every cohort exactly, the smoothest is taken (least sum of squared second differences): the
    cohorts leave one number free.

    Parameters
    ----------
    cohort_births : array_like, shape (..., k)
        Births behind the children aged 0, 1, ... k - 1 on 31 August of `year`.
    year : int
    autumn_share : float
        Share of a year's births from September to December.

    Returns
    -------
    years : ndarray of int, shape (k + 1,)
        ``year - k`` to ``year``.
    births : ndarray, shape (..., k + 1)
        Births of each calendar year.

    Raises
    ------
    InvalidInput
        If fewer than three ages are given, or so uneven that a year would have negative births
        (small areas: take the county's series and share it out).
    """
    cohorts = np.asarray(cohort_births, dtype=np.float64)[..., ::-1]
    count = cohorts.shape[-1]
    if count < 3:
        raise InvalidInput.of("births", f"{count} ages are too few", "give at least three")
    rule = np.zeros((count, count + 1))
    rule[np.arange(count), np.arange(count)] = autumn_share
    rule[np.arange(count), np.arange(count) + 1] = 1.0 - autumn_share
    rough = np.diff(np.eye(count + 1), n=2, axis=0)
    # Equality-constrained least squares by its Karush-Kuhn-Tucker system.
    system = np.block([[rough.T @ rough, rule.T], [rule, np.zeros((count, count))]])
    solved = np.linalg.solve(system, np.eye(2 * count + 1)[:, count + 1 :])[: count + 1]
    births: F64 = cohorts @ solved.T
    if (births < 0).any():
        raise InvalidInput.of(
            "births",
            "children by age are too uneven to tell births by calendar year",
            "use a larger area and share its births out",
        )
    return np.arange(year - count, year + 1), births
