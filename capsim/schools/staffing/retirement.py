"""Retirement: the month in which a teacher reaches the retirement age of the rule in force.

Before 2025 men retire at 60 and women of the group of 55 at 55. From January 2025 those who would
reach these ages later retire one month later for each started span of four months of birth date,
up to 63 and 58: men born from January 1965 and women born from January 1970.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.scenario.options.staffing import RetirementOptions

I32 = NDArray[np.int32]

REFORM_YEAR: Final = 2025
AUGUST: Final = 8
MONTHS: Final = 12


def month_index(year: ArrayLike, month: ArrayLike = 1) -> I32:
    """Return months counted from January of year 0, so that they can be subtracted."""
    return np.asarray(np.asarray(year) * MONTHS + np.asarray(month) - 1, dtype=np.int32)


def retirement_month(birth_month: ArrayLike, male: ArrayLike, options: RetirementOptions) -> I32:
    """Return the month in which each teacher reaches the retirement age.

    Parameters
    ----------
    birth_month : array_like of int, shape (teachers,)
        Months counted from January of year 0 (:func:`month_index`).
    male : array_like of bool, shape (teachers,)
    options : RetirementOptions

    Returns
    -------
    ndarray of int32, shape (teachers,)
        Month, counted from January of year 0.
    """
    born = np.asarray(birth_month, dtype=np.int32)
    man = np.asarray(male, dtype=np.intp)
    ages = np.array((options.female_age_years, options.male_age_years), np.int32) * MONTHS
    then = born + ages.take(man)
    if options.gradual_from_2025:
        targets = np.array((options.female_target_years, options.male_target_years)) * MONTHS
        beyond = then - REFORM_YEAR * MONTHS  # 0: reaches the old age in January 2025
        later = np.maximum(beyond // options.birth_months_per_month_later + 1, 0)
        then = then + np.minimum(later, (targets - ages).take(man))
    return np.asarray(then, dtype=np.int32)


def reached_by(month: ArrayLike, year: int) -> NDArray[np.bool_]:
    """Return which months have passed when the school year begins (31 August of `year`)."""
    passed: NDArray[np.bool_] = np.asarray(month) <= born_by(year, 0)
    return passed


def born_by(year: int, age: int) -> I32:
    """Return the last month of birth of who has completed `age` years on 31 August of `year`.

    As an array without dimensions, which comparisons take quicker than a number.
    """
    return np.array((year - age) * MONTHS + AUGUST - 1, np.int32)


def age_years(birth_month: ArrayLike, year: int) -> I32:
    """Return completed years on 31 August of `year`."""
    months = year * MONTHS + AUGUST - 1 - np.asarray(birth_month, dtype=np.int32)
    return np.asarray(months // MONTHS, dtype=np.int32)
