"""Speed of classes and staffing against loops over schools and teachers, in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
import pytest

from capsim.scenario.options.staffing import ExchangeOptions, RecruitOptions, StaffingOptions
from capsim.schools.classes.formation import ClassRules, form_classes
from capsim.schools.staffing.allocation import straight_km
from capsim.schools.staffing.needs import SchoolsThisYear
from capsim.schools.staffing.staff import Staff
from capsim.schools.staffing.teachers import build_teachers

pytestmark = pytest.mark.benchmark


def median_seconds(action: Callable[[], object], repeats: int = 5) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return sorted(taken)[repeats // 2]


@dataclass
class _Teacher:
    retires: int
    draw: float
    school: int


def county(schools: int, teachers: int) -> tuple[Staff, SchoolsThisYear]:
    rng = np.random.default_rng(0)
    male = rng.random(teachers) < 0.4
    frame = pd.DataFrame(
        {
            "school": [f"s{n}" for n in rng.integers(0, schools, teachers)],
            "level": np.where(rng.random(teachers) < 0.44, "junior", "primary"),
            "sex": np.where(male, "male", "female"),
            "age": np.where(male, rng.integers(23, 59, teachers), rng.integers(23, 54, teachers)),
            "teachers": 1,
        }
    )
    options = StaffingOptions(
        allocation="county_managed",
        recruits=RecruitOptions(per_year=teachers // 80),
        exchange=ExchangeOptions(),
    )
    rows = {f"s{n}": n for n in range(schools)}
    stock = build_teachers(frame, rows, base_year=2017, options=options, seed=1)
    staff = Staff(stock, schools, options, seed=1, replicate=0)
    heads = staff.heads()
    return staff, SchoolsThisYear(
        settlement_kind=rng.integers(0, 3, schools),
        km=straight_km(*rng.random((2, schools)) * 30),
        open_cells=np.ones((schools, 2), dtype=bool),
        posts=heads + 2,
        need=heads * rng.uniform(0.9, 1.1, (schools, 2)),
        quality=rng.normal(size=(schools, 2)),
        opening=np.zeros(schools, dtype=bool),
        receiver=np.full(schools, -1, dtype=np.int32),
    )


def test_a_year_of_staffing_beats_a_loop_that_only_retires_and_leaves() -> None:
    staff, state = county(1000, 50_000)
    stock = staff.teachers
    people = [
        _Teacher(int(r), d, int(s))
        for r, d, s in zip(
            stock.retires, np.random.default_rng(1).random(len(stock)), stock.school, strict=True
        )
    ]
    kinds, rates = state.settlement_kind.tolist(), [0.005, 0.01, 0.015]

    def loop() -> list[_Teacher]:
        return [p for p in people if p.retires > 24223 and p.draw >= rates[kinds[p.school]]]

    years = iter(range(2018, 2100))

    def year() -> None:
        now = next(years)
        staff.staff_in_and_out(now, state)
        staff.allocate(now, state)

    ratio = median_seconds(year) / median_seconds(loop)
    print(f"staffing year over a loop that retires and leaves, 50,000 teachers: {ratio:.2f}")
    assert ratio < 8  # everything else included: recruits, moves, exchange


def test_a_county_of_60_schools_takes_a_millisecond_or_so() -> None:
    staff, state = county(60, 1719)
    base = staff.teachers.copy()
    years = iter(range(2018, 2100))

    def year() -> None:
        now = next(years)
        staff.staff_in_and_out(now, state)
        staff.allocate(now, state)

    seconds = median_seconds(year, 21)
    sort = median_seconds(lambda: [np.sort(base.identity) for _ in range(100)]) / 100
    print(f"staffing year, 1,719 teachers: {seconds * 1e3:.2f} ms, {seconds / sort:.0f} sorts")
    assert seconds < 60 * sort


def test_forming_classes_beats_a_loop_over_schools() -> None:
    rng = np.random.default_rng(0)
    roll = rng.integers(0, 130, (3000, 9))
    rooms = rng.integers(12, 30, (3000, 2))
    rules = ClassRules(multigrade=None)
    zero = np.zeros_like(roll)

    def loop() -> list[list[int]]:
        return [
            [ceil(p / rules.cap[g >= 6]) if p else 0 for g, p in enumerate(school)]
            for school in roll.tolist()
        ]

    fast = median_seconds(lambda: form_classes(roll, zero, rooms=rooms, rules=rules))
    ratio = fast / median_seconds(loop)
    print(f"forming classes over a loop that only divides, 3,000 schools: {ratio:.2f}")
    assert ratio < 1
