"""Faults of teachers and their rules are all found before the run, each with its reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from capsim.core.errors import Problems
from capsim.scenario.options.staffing import (
    ExchangeOptions,
    OutsideExchangeOptions,
    RecruitOptions,
    StaffingOptions,
)
from capsim.schools.staffing.checks import check_staffing

GOOD = [("a", "primary", "female", 40, 10), ("b", "junior", "male", 50, 8)]


def check(
    rows: list[tuple[Any, ...]] = GOOD, kinds: tuple[int, ...] = (0, 2), posts: float = 20,
    **options: Any,
) -> tuple[list[str], list[str]]:  # fmt: skip
    problems = Problems()
    check_staffing(
        StaffingOptions(**options),
        problems,
        teachers=pd.DataFrame(rows, columns=["school", "level", "sex", "age", "teachers"]),
        schools=["a", "b"],
        teaches_level=[[True, False], [False, True]],
        settlement_kind=kinds,
        posts=np.full((2, 2), posts),
        base_year=2020,
        horizon=2030,
    )
    return [str(p) for p in problems], [str(p) for p in problems.warnings]


def test_a_good_county_passes() -> None:
    assert check() == ([], [])
    assert check(posts=np.nan) == ([], [])  # posts that are not reported are the teachers


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rows": [*GOOD, ("c", "primary", "male", 30, 2)]}, "'c' is no school (2 teachers)"),
        ({"rows": [*GOOD, ("a", "junior", "male", 30, 2)]},
         "teachers: a: 2 teachers of a level it does not teach: junior"),
        ({"kinds": (1, 2), "exchange": ExchangeOptions(direction="town_to_village")},
         "no school lies in a county_town"),
        ({"kinds": (0, 1), "exchange": ExchangeOptions(direction="town_to_village")},
         "no school lies in a village"),
        ({"outside": (OutsideExchangeOptions(from_year=2018, to_year=2020),)},
         "staffing.outside[0].to_year: 2020 is not after the base year 2020"),
    ],
)  # fmt: skip
def test_faults_are_refused(changes: dict[str, Any], words: str) -> None:
    found, _ = check(**changes)
    assert len(found) == 1 and words in found[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"posts": 4}, "16 posts for 18 teachers"),
        ({"rows": [*GOOD, ("a", "primary", "female", 60, 3)]}, "3 female teachers are 58 or older"),
        ({"outside": (OutsideExchangeOptions(from_year=2031, to_year=2032),)}, "2031 is after"),
        ({"recruits": RecruitOptions(per_year={2021: 3, 2040: 1})}, "2040 is after"),
    ],
)
def test_doubts_are_warned_of(changes: dict[str, Any], words: str) -> None:
    found, warned = check(**changes)
    assert not found
    assert len(warned) == 1 and words in warned[0]


def test_options_refuse_what_contradicts_itself() -> None:
    with pytest.raises(ValidationError, match="oldest_years 20 is below youngest_years 22"):
        RecruitOptions(oldest_years=20)
    with pytest.raises(ValidationError, match="to_year 2019 is before from_year 2020"):
        OutsideExchangeOptions(from_year=2020, to_year=2019)
    with pytest.raises(ValidationError, match="per_year: -3 of 2021 is negative"):
        RecruitOptions(per_year={2021: -3})
