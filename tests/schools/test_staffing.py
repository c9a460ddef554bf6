"""The year of staffing: heads balance by cause, each mechanism has its size and its switch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.scenario.options.staffing import (
    ByKind,
    ExchangeOptions,
    OutsideExchangeOptions,
    RecruitOptions,
    StaffingOptions,
)
from capsim.schools.staffing.allocation import straight_km
from capsim.schools.staffing.needs import SchoolsThisYear
from capsim.schools.staffing.recruits import YEARS_DRAWN, Recruits
from capsim.schools.staffing.retirement import age_years
from capsim.schools.staffing.staff import CAUSE, Staff
from capsim.schools.staffing.teachers import (
    AWAY,
    LENT_IN,
    Teachers,
    age_table,
    build_teachers,
    composition_of,
)

CALM = ByKind(county_town=0, township_seat=0, village=0)
STILL: dict[str, Any] = {"leaving_rate": CALM, "recruits": RecruitOptions(per_year=0)}
KINDS = np.array([0, 0, 1, 2, 2])


def table(rows: list[tuple[Any, ...]], columns: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["school", "level", "sex", "age", "teachers", *columns])


def stock(frame: pd.DataFrame, schools: int = 5, **options: Any) -> Teachers:
    rows = {f"s{n}": n for n in range(schools)}
    return build_teachers(frame, rows, base_year=2020, options=StaffingOptions(**options), seed=1)


def county(n: int = 5, **changes: Any) -> SchoolsThisYear:
    values: dict[str, Any] = {
        "settlement_kind": KINDS[:n],
        "km": straight_km(np.arange(n) * 5.0, np.zeros(n)),
        "open_cells": np.ones((n, 2), dtype=bool),
        "posts": np.full((n, 2), 50),
        "need": np.full((n, 2), 10.0),
        "quality": np.zeros((n, 2)),
        "opening": np.zeros(n, dtype=bool),
        "receiver": np.full(n, -1),
    }
    return SchoolsThisYear(**(values | changes))


def staff_of(frame: pd.DataFrame, schools: int = 5, **options: Any) -> Staff:
    settled = STILL | options
    return Staff(
        stock(frame, schools, **settled), schools, StaffingOptions(**settled), seed=1, replicate=0
    )


def flow(staff: Staff, cause: str) -> list[list[int]]:
    return staff.flows[:, :, CAUSE[cause]].tolist()


EVEN = table([(f"s{n}", level, sex, age, 3) for n in range(5) for level in ("primary", "junior")
              for sex in ("female", "male") for age in (30, 40)])  # fmt: skip


# ---------------------------------------------------------------- stock


def test_the_stock_repeats_the_table() -> None:
    frame = table(
        [("s0", "primary", "female", 31, 2, "pe_arts", 1, 0, 4),
         ("s1", "junior", "male", 52, 1, "general", 0, 1, 12)],
        ("subject_group", "backbone", "degree", "years_at_school"),
    )  # fmt: skip
    teachers = stock(frame)
    assert teachers.school.tolist() == [0, 0, 1]
    assert teachers.level.tolist() == [0, 0, 1]
    assert age_years(teachers.birth_month, 2020).tolist() == [31, 31, 52]
    assert teachers.subject_group.tolist() == [1, 1, 0]
    assert teachers.backbone.tolist() == [True, True, False]
    assert teachers.high_degree.tolist() == [False, False, True]
    assert teachers.since.tolist() == [2016, 2016, 2008]
    assert age_table(teachers, 2020).to_dict("list") == {
        "level": ["junior", "primary"], "sex": ["male", "female"],
        "age": [52, 31], "teachers": [1, 2],
    }  # fmt: skip


def test_more_rows_change_nobody_elses_draws() -> None:
    frame = table([("s0", "primary", "female", 31, 2), ("s1", "primary", "male", 40, 3)])
    more = pd.concat([table([("s4", "junior", "male", 50, 7)]), frame], ignore_index=True)
    few, many = stock(frame), stock(more).take(np.arange(7, 12))
    for name in ("identity", "birth_month", "backbone", "high_degree", "subject_group", "since"):
        assert (getattr(few, name) == getattr(many, name)).all()


def test_drawn_attributes_have_the_assumed_shares() -> None:
    teachers = stock(table([("s0", "primary", "female", 45, 20000)]))
    assert len(np.unique(teachers.identity)) == 20000
    assert teachers.backbone.mean() == pytest.approx(0.10, abs=0.01)
    assert teachers.high_degree.mean() == pytest.approx(0.45, abs=0.015)
    assert (teachers.subject_group == 1).mean() == pytest.approx(0.12, abs=0.01)
    assert np.bincount(teachers.birth_month % 12).min() > 1500
    years = 2020 - teachers.since
    assert (years == 0).mean() == pytest.approx(0.07, abs=0.01)
    assert years.max() <= 45 - 22


def test_blank_subject_groups_are_drawn() -> None:
    frame = table([("s0", "primary", "female", 45, 4000, "")], ("subject_group",))
    assert (stock(frame).subject_group == 1).mean() == pytest.approx(0.12, abs=0.02)
    frame["subject_group"] = np.nan
    assert (stock(frame).subject_group == 1).mean() == pytest.approx(0.12, abs=0.02)


def test_an_empty_table_is_a_county_without_teachers() -> None:
    staff = staff_of(table([]))
    staff.staff_in_and_out(2021, county())
    staff.allocate(2021, county())
    assert not staff.heads().any() and not staff.flows.any()


# ---------------------------------------------------------------- in and out


def test_retirement_takes_those_who_reach_the_age() -> None:
    frame = table([("s0", "primary", "female", 54, 4), ("s0", "primary", "female", 55, 2),
                   ("s1", "junior", "male", 59, 3), ("s1", "junior", "male", 58, 5)])  # fmt: skip
    staff = staff_of(frame)
    staff.staff_in_and_out(2021, county())
    # By 31 August 2021 the women of 54 are 55 and the men of 59 are 60.
    assert flow(staff, "retired")[:2] == [[-6, 0], [0, -3]]
    assert staff.heads()[:2].tolist() == [[0, 0], [0, 5]]


def test_leavers_follow_the_rate_of_the_place() -> None:
    frame = table([("s0", "primary", "female", 30, 5000), ("s4", "primary", "female", 30, 5000)])
    rate = ByKind(county_town=0.0, township_seat=0.0, village=0.10)
    staff = staff_of(frame, leaving_rate=rate)
    staff.staff_in_and_out(2021, county())
    assert flow(staff, "left")[0] == [0, 0]
    assert -flow(staff, "left")[4][0] == pytest.approx(500, abs=75)  # 3.5 standard deviations


def test_recruits_go_to_the_largest_need_within_posts() -> None:
    need = np.full((5, 2), 10.0)
    need[3, 0], need[0, 1] = 16, 15  # 12 heads everywhere: only these two lack
    staff = staff_of(EVEN, recruits=RecruitOptions(per_year=5))
    state = county(need=need, posts=np.full((5, 2), 16))
    before = staff.heads()
    staff.staff_in_and_out(2021, state)
    # 4 lacking and 3 lacking: 3-2-1 to school 3 and 2-1 to school 0.
    assert flow(staff, "recruited")[3] == [3, 0]
    assert flow(staff, "recruited")[0] == [0, 2]
    assert (staff.heads() == before + staff.flows.sum(axis=2)).all()
    recruits = staff.teachers.take(staff.teachers.since == 2021)
    assert len(recruits) == 5 and not recruits.backbone.any()
    ages = age_years(recruits.birth_month, 2021)
    assert ages.min() >= 22 and ages.max() <= 28


@pytest.mark.parametrize("allocation", ["school_based", "county_managed"])
def test_posts_are_the_ceiling(allocation: str) -> None:
    posts = np.full((5, 2), 12)
    posts[4, 1] = 14  # two vacancies in the county, both in the village
    need = np.full((5, 2), 10.0)
    need[0, 0] = 30
    staff = staff_of(EVEN, recruits=RecruitOptions(per_year=9), allocation=allocation)
    staff.staff_in_and_out(2021, county(posts=posts, need=need))
    total = sum(map(sum, flow(staff, "recruited")))
    assert total == 2
    where = (4, 1) if allocation == "school_based" else (0, 0)  # pooled posts follow the need
    assert flow(staff, "recruited")[where[0]][where[1]] == 2


def test_replacement_recruits_only_where_teachers_lack() -> None:
    frame = pd.concat([EVEN, table([("s0", "primary", "female", 54, 6)])], ignore_index=True)
    options = {"recruits": RecruitOptions()}
    spare = staff_of(frame, **options)
    spare.staff_in_and_out(2021, county())
    assert not spare.flows[:, :, CAUSE["recruited"]].any()
    lacking = staff_of(frame, **options)
    need = np.full((5, 2), 10.0)
    need[2, 1] = 40.0
    lacking.staff_in_and_out(2021, county(need=need))
    assert flow(lacking, "recruited")[2] == [0, 6]


def test_plans_by_year_hold_until_the_next() -> None:
    staff = staff_of(EVEN, recruits=RecruitOptions(per_year={2022: 3, 2024: 1}))
    found = []
    for year in range(2021, 2026):
        staff.staff_in_and_out(year, county())
        found.append(int(staff.flows[:, :, CAUSE["recruited"]].sum()))
    assert found == [0, 3, 3, 1, 1]


def test_recruits_are_the_same_whenever_and_however_many_are_drawn() -> None:
    early, late = (Recruits("r", StaffingOptions(), seed=1, replicate=0) for _ in range(2))
    early.posted(2021, np.arange(4))
    for year, number in ((2022, 6), (2023, 20), (2021 + 2 * YEARS_DRAWN, 3)):
        a, b = early.posted(year, np.arange(number)), late.posted(year, np.arange(number))
        alone = Recruits("r", StaffingOptions(), seed=1, replicate=0)
        c = alone.posted(year, np.arange(number))
        for name in ("identity", "birth_month", "retires", "male", "high_degree", "subject_group"):
            assert (getattr(a, name) == getattr(b, name)).all()
            assert (getattr(a, name) == getattr(c, name)).all()
        assert len(np.unique(a.identity)) == number and (a.since == year).all()


def test_more_recruits_leave_the_others_as_they_were() -> None:
    two, five = (staff_of(EVEN, recruits=RecruitOptions(per_year=n)) for n in (2, 5))
    for staff in (two, five):
        staff.staff_in_and_out(2021, county())
    a, b = two.teachers.take(two.teachers.since == 2021), five.teachers
    shared = b.take(np.isin(b.identity, a.identity))
    assert len(shared) == 2
    assert (np.sort(shared.birth_month) == np.sort(a.birth_month)).all()


def test_backbone_teachers_are_replaced_to_the_countys_share() -> None:
    frame = table(
        [("s0", "primary", "female", 54, 10, 1), ("s1", "primary", "female", 40, 90, 0)],
        ("backbone",),
    )
    staff = staff_of(frame)
    staff.staff_in_and_out(2021, county())
    # 10 of 100 were backbone teachers; 90 remain, of whom 9 are named.
    assert composition_of(staff.quality_counts()).backbone.sum() == 9


def test_opening_schools_are_staffed_from_schools_above_their_share() -> None:
    opening = np.array([False, False, False, False, True])
    frame = table([(f"s{n}", "primary", "female", 35, 15) for n in range(4)])
    need = np.zeros((5, 2))
    need[:, 0] = 12
    staff = staff_of(frame)
    staff.staff_in_and_out(2021, county(need=need, opening=opening))
    # 60 teachers for a need of 60: the new school gets its 12, three from each of the others.
    assert flow(staff, "posted_in")[4] == [12, 0]
    assert [row[0] for row in flow(staff, "posted_out")] == [-3, -3, -3, -3, 0]
    assert (staff.teachers.since[staff.teachers.school == 4] == 2021).all()


@pytest.mark.parametrize(
    ("least_cover", "heads"), [(0.5, [18, 10, 10, 5, 5]), (0.0, [25, 10, 10, 0, 3])]
)
def test_no_school_is_left_bare_of_teachers(least_cover: float, heads: list[int]) -> None:
    numbers = (25, 10, 10, 0, 3)
    frame = table([(f"s{n}", "primary", "female", 35, k) for n, k in enumerate(numbers)])
    need = np.zeros((5, 2))
    need[:, 0] = 10
    staff = staff_of(frame, least_cover=least_cover)
    staff.staff_in_and_out(2021, county(need=need))
    assert staff.heads()[:, 0].tolist() == heads


def test_closing_schools_lose_nobody() -> None:
    open_cells = np.ones((5, 2), dtype=bool)
    open_cells[4] = False
    need = np.full((5, 2), 10.0)
    need[4] = 0
    staff = staff_of(EVEN)
    receiver = np.array([-1, -1, -1, -1, 3])
    staff.staff_in_and_out(2021, county(need=need, open_cells=open_cells, receiver=receiver))
    assert staff.heads().tolist() == [[12, 12]] * 3 + [[24, 24], [0, 0]]
    assert flow(staff, "posted_out")[4] == [-12, -12]


# ---------------------------------------------------------------- outside


def test_outside_exchange_comes_and_goes() -> None:
    programme = OutsideExchangeOptions(
        from_year=2021, to_year=2021, lent_in_per_year=4, sent_out_per_year=6, years_away=2
    )
    need = np.full((5, 2), 10.0)
    need[4, 0] = 30
    staff = staff_of(EVEN, outside=(programme,))
    totals, payrolls = [], []
    for year in (2021, 2022, 2023):
        before = staff.heads()
        staff.staff_in_and_out(year, county(need=need))
        assert (staff.heads() == before + staff.flows.sum(axis=2)).all()
        totals.append(int(staff.heads().sum()))
        payrolls.append(int(staff.payroll().sum()))
        if year == 2021:
            assert flow(staff, "lent_in")[4] == [4, 0]
            assert int(staff.flows[:, :, CAUSE["sent_out"]].sum()) == -6
    assert totals == [118, 118, 120]
    assert payrolls == [120, 120, 120]
    assert not np.isin(staff.teachers.status, [LENT_IN, AWAY]).any()


def test_a_teacher_away_retires_and_the_heads_still_balance() -> None:
    programme = OutsideExchangeOptions(
        from_year=2021, to_year=2021, sent_out_per_year=5, years_away=5
    )
    staff = staff_of(table([("s0", "primary", "female", 53, 5)]), outside=(programme,))
    staff.staff_in_and_out(2021, county())
    assert staff.heads().sum() == 0 and staff.payroll().sum() == 5
    staff.staff_in_and_out(2022, county())
    assert staff.heads().sum() == 0 and staff.payroll().sum() == 0
    assert flow(staff, "retired")[0][0] == -5 and flow(staff, "sent_back")[0][0] == 5


# ---------------------------------------------------------------- allocation


def uneven() -> pd.DataFrame:
    numbers = (20, 10, 10, 4, 6)
    return table([(f"s{n}", "primary", "female", 35, count) for n, count in enumerate(numbers)])


def test_county_management_moves_surplus_to_shortage_and_can_be_off() -> None:
    need = np.zeros((5, 2))
    need[:, 0] = 10
    options = {"allocation": "county_managed", "county_moves_share": 1.0}
    staff = staff_of(uneven(), **options)
    staff.allocate(2021, county(need=need))
    assert staff.heads()[:, 0].tolist() == [10, 10, 10, 10, 10]
    assert flow(staff, "reallocated_out")[0] == [-10, 0]
    assert [row[0] for row in flow(staff, "reallocated_in")] == [0, 0, 0, 6, 4]
    few = staff_of(uneven(), **options | {"county_moves_share": 0.06})
    few.allocate(2021, county(need=need))
    assert few.heads()[:, 0].tolist() == [17, 10, 10, 7, 6]
    near = staff_of(uneven(), **options | {"county_moves_km": 15.0})
    near.allocate(2021, county(need=need))
    assert near.heads()[:, 0].tolist() == [14, 10, 10, 10, 6]
    for off in ({"allocation": "school_based"}, options | {"county_moves_share": 0.0}):
        still = staff_of(uneven(), **off)
        still.allocate(2021, county(need=need))
        assert not still.flows.any()


def test_a_year_without_movement_moves_nobody() -> None:
    staff = staff_of(EVEN)
    before = staff.teachers.copy()
    staff.staff_in_and_out(2021, county())
    staff.allocate(2021, county())
    assert not staff.flows.any()
    assert (staff.teachers.identity == before.identity).all()


# ---------------------------------------------------------------- everything at once


@given(
    seed=st.integers(0, 50),
    allocation=st.sampled_from(["school_based", "county_managed"]),
    direction=st.sampled_from(["both_ways", "town_to_village"]),
    term=st.sampled_from([None, 1, 2]),
    recruits=st.sampled_from(["replacement", 0, 7, {2021: 3}]),
    closing=st.lists(st.tuples(st.integers(0, 4), st.integers(2021, 2025)), max_size=4),
    opening=st.lists(st.tuples(st.integers(0, 4), st.integers(2021, 2025)), max_size=2),
)
@settings(max_examples=60, deadline=None)
def test_heads_balance_by_cause_whatever_happens(
    seed: int, allocation: Any, direction: Any, term: Any, recruits: Any,
    closing: list[tuple[int, int]], opening: list[tuple[int, int]],
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    frame = table(
        [(f"s{n}", level, sex, int(age), int(rng.integers(0, 5)))
         for n in range(5) for level in ("primary", "junior") for sex in ("female", "male")
         for age in rng.integers(25, 60, 4)]
    )  # fmt: skip
    options = StaffingOptions(
        allocation=allocation,
        recruits=RecruitOptions(per_year=recruits),
        leaving_rate=ByKind(county_town=0.02, township_seat=0.05, village=0.1),
        exchange=ExchangeOptions(
            share=0.5, direction=direction, term_years=term, more_than_years_at_school=1
        ),
        outside=(
            OutsideExchangeOptions(
                from_year=2021, to_year=2023, lent_in_per_year=3, sent_out_per_year=4, years_away=2
            ),
            OutsideExchangeOptions(from_year=2022, to_year=2022, lent_in_per_year=2),
        ),
    )
    rows = {f"s{n}": n for n in range(5)}
    teachers = build_teachers(frame, rows, base_year=2020, options=options, seed=seed)
    staff = Staff(teachers, 5, options, seed=seed, replicate=1)
    for year in range(2021, 2026):
        shut = [s for s, y in closing if y <= year]
        open_cells = np.ones((5, 2), dtype=bool)
        open_cells[shut] = False
        need = np.where(open_cells, rng.integers(0, 30, (5, 2)), 0).astype(float)
        receiver = rng.integers(-1, 5, 5)
        posts = np.full((5, 2), int(rng.integers(5, 40)))
        new = np.isin(np.arange(5), [s for s, y in opening if y == year])
        state = county(
            need=need, open_cells=open_cells, receiver=receiver, posts=posts, opening=new
        )
        before, paid = staff.heads(), int(staff.payroll().sum())
        staff.staff_in_and_out(year, state)
        staff.allocate(year, state)
        assert (staff.heads() == before + staff.flows.sum(axis=2)).all()
        assert (staff.present == staff.heads()).all()
        assert len(np.unique(staff.teachers.identity)) == len(staff.teachers)
        for kind in ("posted", "exchanged", "reallocated"):
            moved = staff.flows[:, :, [CAUSE[f"{kind}_in"], CAUSE[f"{kind}_out"]]]
            assert not moved.sum(axis=(0, 2)).any()
        gone = staff.flows[:, :, [CAUSE["retired"], CAUSE["left"]]].sum()
        recruited = staff.flows[:, :, CAUSE["recruited"]]
        assert int(staff.payroll().sum()) == paid + gone + recruited.sum()
        assert not recruited.any() or staff.payroll().sum() <= posts.sum()
        for level in range(2):
            if open_cells[:, level].any():
                assert not staff.heads()[~open_cells[:, level], level].any()
        ins = [c for c in CAUSE if c.endswith("_in") or c in ("recruited", "sent_back")]
        assert (staff.flows[:, :, [CAUSE[c] for c in ins]] >= 0).all()
        outs = [CAUSE[c] for c in CAUSE if c not in ins]
        assert (staff.flows[:, :, outs] <= 0).all()


def test_replicates_differ_and_repeat() -> None:
    def run(replicate: int) -> list[int]:
        rate = ByKind(county_town=0.1, township_seat=0.1, village=0.1)
        options = StaffingOptions(**STILL | {"leaving_rate": rate})
        staff = Staff(stock(EVEN), 5, options, seed=1, replicate=replicate)
        staff.staff_in_and_out(2021, county())
        return staff.heads().ravel().tolist()

    assert run(0) == run(0)
    assert run(0) != run(1)
