"""Teacher exchange: who is eligible, how many move, and where to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from capsim.core import draws
from capsim.scenario.options.staffing import (
    ByKind,
    ExchangeOptions,
    QualityOptions,
    RecruitOptions,
    StaffingOptions,
)
from capsim.schools.classes.formation import by_level
from capsim.schools.quality import (
    SchoolMeans,
    next_quality,
    quality_causes,
    reference_of,
)
from capsim.schools.staffing.allocation import straight_km
from capsim.schools.staffing.exchange import Exchanged, choose_exchange, eligible, exchange_size
from capsim.schools.staffing.needs import SchoolsThisYear
from capsim.schools.staffing.staff import CAUSE, Staff
from capsim.schools.staffing.teachers import Teachers, build_teachers, composition_of

KINDS = np.array([0, 1, 2, 2])
COLUMNS = ["school", "level", "sex", "age", "teachers", "years_at_school", "backbone"]


def stock(rows: list[tuple[Any, ...]]) -> Teachers:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return build_teachers(
        frame,
        {f"s{n}": n for n in range(4)},
        base_year=2021,
        options=StaffingOptions(),
        seed=1,
    )


def choose(teachers: Teachers, year: int = 2021, **options: Any) -> Exchanged:
    return choose_exchange(
        teachers,
        year=year,
        options=ExchangeOptions(**options),
        settlement_kind=KINDS,
        quality=np.array([[1.0, 1], [0, 0], [-0.5, -0.5], [-1, -1]]),
        need=np.full((4, 2), 10.0),
        open_cells=np.ones((4, 2), dtype=bool),
        stream=draws.stream(1, 0, "teacher_exchange", year),
    )


def test_eligibility_by_age_sex_and_years() -> None:
    teachers = stock(
        [
            ("s0", "primary", "male", 52, 1, 10, 0),
            ("s0", "primary", "male", 53, 1, 10, 0),
            ("s0", "primary", "female", 47, 1, 10, 0),
            ("s0", "primary", "female", 48, 1, 10, 0),
            ("s0", "primary", "female", 40, 1, 9, 0),  # not more than nine years
        ]
    )
    may = eligible(teachers, 2021, ExchangeOptions())
    assert may.tolist() == [True, False, True, False, False]


@pytest.mark.parametrize(("base", "size"), [("eligible", [4, 0]), ("all_full_time", [10, 0])])
def test_the_share_is_counted_on_its_base(base: Any, size: list[int]) -> None:
    teachers = stock(
        [("s0", "primary", "female", 40, 40, 12, 0), ("s1", "primary", "female", 40, 60, 3, 0)]
    )
    options = ExchangeOptions(base=base)
    pool = eligible(teachers, 2021, options).nonzero()[0]
    assert exchange_size(teachers, pool, options) == size


def test_no_more_than_the_eligible_are_exchanged() -> None:
    teachers = stock(
        [("s0", "primary", "female", 40, 3, 12, 0), ("s1", "primary", "female", 40, 97, 3, 0)]
    )
    options = ExchangeOptions(base="all_full_time")
    pool = eligible(teachers, 2021, options).nonzero()[0]
    assert exchange_size(teachers, pool, options) == [3, 0]


def test_both_ways_swaps_town_with_the_weakest_village_and_keeps_heads() -> None:
    teachers = stock([(f"s{n}", "primary", "female", 40, 20, 12, 0) for n in (0, 3)])
    moved = choose(teachers, share=1.0)
    assert len(moved.rows) == 40
    old = teachers.cell[moved.rows]
    assert ((old == 0) == (moved.cells == 6)).all() and ((old == 6) == (moved.cells == 0)).all()


def test_swaps_conserve_the_heads_of_every_school() -> None:
    rows = [
        (f"s{n}", level, "female", 40, 5 + 3 * n, 12, 0)
        for n in range(4)
        for level in ("primary", "junior")
    ]
    teachers = stock(rows)
    moved = choose(teachers, share=0.6)
    out = np.bincount(teachers.cell[moved.rows], minlength=8)
    assert (np.bincount(moved.cells, minlength=8) == out).all()
    assert out.sum() > 10
    assert (moved.cells != teachers.cell[moved.rows]).all()
    assert (moved.cells % 2 == teachers.level[moved.rows]).all()


def test_backbone_teachers_have_their_share_among_those_exchanged() -> None:
    rows = [("s0", "primary", "female", 40, 95, 12, 0), ("s3", "primary", "female", 40, 5, 12, 1)]
    teachers = stock(rows)
    rng_only = choose(teachers, share=0.2, backbone_share=0.0, direction="town_to_village")
    assert len(rng_only.rows) > 0
    swapped = choose(teachers, share=0.2, backbone_share=0.2)
    # 20 chosen, four of them of the five backbone teachers; only four can swap places.
    assert teachers.backbone[swapped.rows].sum() == 4
    assert len(swapped.rows) == 8


def test_one_way_sends_town_teachers_to_villages_that_lack_most() -> None:
    rows = [
        ("s0", "primary", "female", 40, 50, 12, 0),
        ("s1", "primary", "female", 40, 10, 12, 0),
        ("s2", "primary", "female", 40, 8, 12, 0),
        ("s3", "primary", "female", 40, 4, 12, 0),
    ]
    teachers = stock(rows)
    moved = choose(teachers, share=0.1, direction="town_to_village", most_received_share=1.0)
    # 72 eligible: seven move. School 3 lacks 6 and school 2 lacks 2, of a need of 10 each, and
    # school 3 takes no more than the four it has.
    assert (teachers.school[moved.rows] == 0).all()
    assert np.bincount(moved.cells, minlength=8)[[4, 6]].tolist() == [3, 4]
    few = choose(teachers, share=0.1, direction="town_to_village")
    assert np.bincount(few.cells, minlength=8)[[4, 6]].tolist() == [2, 1]


def year_of(kinds: np.ndarray) -> SchoolsThisYear:
    n = len(kinds)
    return SchoolsThisYear(
        settlement_kind=kinds,
        km=straight_km(np.zeros(n), np.zeros(n)),
        open_cells=np.ones((n, 2), dtype=bool),
        posts=np.full((n, 2), 99, dtype=np.int32),
        need=np.full((n, 2), 10.0),
        quality=np.zeros((n, 2)),
        opening=np.zeros(n, dtype=bool),
        receiver=np.full(n, -1, dtype=np.int32),
    )


def options_with(exchange: ExchangeOptions | None) -> StaffingOptions:
    calm = ByKind(county_town=0, township_seat=0, village=0)
    return StaffingOptions(
        leaving_rate=calm,
        recruits=RecruitOptions(per_year=0),
        least_cover=0.0,
        exchange=exchange,
    )


@pytest.mark.parametrize("exchange", [None, ExchangeOptions(share=0.0)])
def test_exchange_can_be_off(exchange: ExchangeOptions | None) -> None:
    teachers = stock([("s0", "primary", "female", 40, 50, 12, 0)])
    staff = Staff(teachers, 4, options_with(exchange), seed=1, replicate=0)
    staff.allocate(2021, year_of(KINDS))
    assert not staff.flows.any()


def test_those_on_a_term_return() -> None:
    teachers = stock([("s0", "primary", "female", 35, 40, 12, 0)])
    exchange = ExchangeOptions(share=0.1, direction="town_to_village", term_years=2)
    staff = Staff(teachers, 4, options_with(exchange), seed=1, replicate=0)
    state = year_of(KINDS)
    heads = []
    for year in range(2021, 2025):
        staff.staff_in_and_out(year, state)
        returned = int(staff.flows[0, 0, CAUSE["exchanged_in"]])
        staff.allocate(year, state)
        heads.append((returned, staff.heads()[:, 0].tolist()))
    # Two villages take one each while they have no more than a few teachers.
    assert heads[0] == (0, [38, 0, 1, 1])
    assert heads[1] == (0, [36, 0, 2, 2])
    assert heads[2] == (2, [36, 0, 2, 2])
    assert heads[3][0] == 2


def test_an_exchange_raises_village_quality_by_what_the_equation_says() -> None:
    """Strong town, weak village: the swap moves quality by the heads that moved, no more."""
    rows = [("s0", "primary", "female", 40, 40, 12, 1), ("s3", "primary", "female", 40, 40, 12, 0)]
    staff = Staff(stock(rows), 4, options_with(ExchangeOptions(share=0.1)), seed=1, replicate=0)
    roll = np.zeros((4, 9), dtype=np.int32)
    roll[[0, 3], 0] = 800
    classes = np.zeros((4, 9), dtype=np.int32)
    classes[[0, 3], 0] = 20
    options = QualityOptions(noise=0.0)

    def measured() -> SchoolMeans:
        counted = composition_of(staff.quality_counts())
        return SchoolMeans(
            taught=np.array([counted.backbone, counted.heads * 0.5, counted.heads]),
            need=counted.heads.astype(float),
            pupils=by_level(roll),
            shared=np.zeros((4, 2), dtype=np.int32),
            classes=by_level(classes),
            resources=np.zeros((4, 2, 0)),
        )

    reference = reference_of(measured(), options)
    before = quality_causes(measured(), reference, options)
    staff.allocate(2021, year_of(KINDS))
    moved = -int(staff.flows[0, 0, CAUSE["exchanged_out"]])
    assert 2 <= moved <= 4  # of eight drawn; as many come as go
    after = quality_causes(measured(), reference, options)
    quality = next_quality(
        np.zeros((4, 2)),
        after.total() - before.total(),
        open_cells=roll[:, [0, 6]] > 0,
        noise=np.zeros((4, 2)),
        options=options,
    )
    # The shares were 1 and 0, half a share from the county's: a deviation of 0.5 between schools.
    gain = 0.2 * 0.12 * (moved / 40) / 0.5
    assert quality[3, 0] == pytest.approx(gain)
    assert quality[0, 0] == pytest.approx(-gain)
