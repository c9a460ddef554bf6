"""Retirement months: values worked out by hand, and a slow version as oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from capsim.scenario.options.staffing import RetirementOptions
from capsim.schools.staffing.retirement import age_years, month_index, reached_by, retirement_month

RULE = RetirementOptions()


def when(year: int, month: int, male: bool, rule: RetirementOptions = RULE) -> tuple[int, int]:
    months = int(retirement_month([month_index(year, month)], [male], rule)[0])
    return months // 12, months % 12 + 1


@pytest.mark.parametrize(
    ("born", "male", "retires"),
    [
        ((1964, 12), True, (2024, 12)),  # still 60
        ((1965, 1), True, (2025, 2)),  # 60 years 1 month
        ((1965, 4), True, (2025, 5)),
        ((1965, 5), True, (2025, 7)),  # 60 years 2 months
        ((1970, 12), True, (2032, 6)),  # 72 months on: 18 months later
        ((1976, 8), True, (2039, 7)),  # 62 years 11 months
        ((1976, 9), True, (2039, 9)),  # 63
        ((1990, 3), True, (2053, 3)),
        ((1969, 12), False, (2024, 12)),  # still 55
        ((1970, 1), False, (2025, 2)),
        ((1970, 5), False, (2025, 7)),
        ((1981, 8), False, (2039, 7)),
        ((1981, 9), False, (2039, 9)),  # 58
        ((1995, 6), False, (2053, 6)),
    ],
)
def test_the_reform_by_birth_month(
    born: tuple[int, int], male: bool, retires: tuple[int, int]
) -> None:
    assert when(*born, male) == retires


def test_the_reform_can_be_switched_off() -> None:
    before = RetirementOptions(gradual_from_2025=False)
    assert when(1976, 9, True, before) == (2036, 9)
    assert when(1981, 9, False, before) == (2036, 9)


@given(st.integers(1950 * 12, 2005 * 12), st.booleans())
def test_the_slow_version(born: int, male: bool) -> None:
    age = 60 if male else 55
    later, cursor = 0, (1965 if male else 1970) * 12
    while cursor <= born and later < 36:
        later, cursor = later + 1, cursor + 4
    assert int(retirement_month([born], [male], RULE)[0]) == born + age * 12 + later


def test_a_school_year_retires_who_reached_the_age_by_its_first_day() -> None:
    months = month_index([2024, 2024, 2025], [8, 9, 8])
    assert reached_by(months, 2024).tolist() == [True, False, False]
    assert reached_by(months, 2025).tolist() == [True, True, True]


def test_ages_are_completed_years_on_31_august() -> None:
    born = month_index([1980, 1980, 1979], [8, 9, 9])
    assert age_years(born, 2020).tolist() == [40, 39, 40]


def test_a_target_below_the_age_is_refused() -> None:
    with pytest.raises(ValidationError, match="male_target_years 58 is below male_age_years 60"):
        RetirementOptions(male_target_years=58)


def test_shapes() -> None:
    assert retirement_month(np.zeros(0, int), np.zeros(0, bool), RULE).shape == (0,)
