"""Sizes, areas and costs of projects; rows for new schools; the demand-led rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from capsim.county.geography import build_geography
from capsim.county.schools import build_schools
from capsim.scenario.options.programme import ProgrammeOptions
from capsim.schools.programme.demand_led import (
    DemandLedRule,
    count_shortfalls,
    sites_to_start,
    start_school,
)
from capsim.schools.programme.programme import compile_programme, draw_schedule, due_events
from capsim.schools.programme.projects import (
    cost_of,
    demand_led_sites,
    floor_area_m2,
    new_school_rows,
    posts_from_norm,
    rooms_of,
    rooms_within_area,
    september_on_or_after,
    union_of_schools,
)

CAP = (45.0, 50.0)


def one(**fields):
    base = {
        "kind": "build",
        "project": "p",
        "start_year": 2019,
        "school": "new",
        "school_kind": "primary",
        "settlement": "s1",
    }
    return ProgrammeOptions(projects=[{**base, **fields}])


def test_floor_area_is_seats_times_the_norm_for_that_many_classes():
    # Planning norm, 24 classes: 7.9 m2 a primary pupil, 9.8 a junior pupil.
    assert floor_area_m2((24, 0), CAP, "planning") == pytest.approx(24 * 45 * 7.9)
    assert floor_area_m2((0, 24), CAP, "planning") == pytest.approx(24 * 50 * 9.8)
    # Basic norm: the published total of a primary school of 24 classes is 5,812 m2.
    assert floor_area_m2((24, 0), CAP, "basic") == pytest.approx(5812, rel=0.005)
    assert floor_area_m2((24, 24), CAP, "planning") == pytest.approx(8532 + 11760)
    assert floor_area_m2((0, 0), CAP, "planning") == 0
    # Between the published sizes 18 (8.3) and 24 (7.9).
    assert floor_area_m2((21, 0), CAP, "planning") == pytest.approx(21 * 45 * 8.1)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("rooms", [1, 6, 12, 20, 24, 36])
def test_rooms_within_an_area_invert_the_norm(level, rooms):
    pair = (rooms, 0) if level == 0 else (0, rooms)
    area = floor_area_m2(pair, CAP, "planning")
    assert rooms_within_area(area, level, CAP, "planning") == rooms
    assert rooms_within_area(area - 1, level, CAP, "planning") == rooms - 1


def test_rooms_from_rooms_seats_or_area():
    def size(**fields):
        return rooms_of(one(**fields).projects[0], ("primary",), CAP, "planning")

    assert size(rooms_primary=5) == (5, 0)
    assert size(seats_primary=225) == (5, 0)
    assert size(seats_primary=226) == (6, 0)
    assert size(area_m2=24 * 45 * 7.9) == (24, 0)
    assert size(rooms_primary=5, area_m2=99_999.0) == (5, 0)


def test_costs_total_per_m2_or_by_the_norm():
    def cost(**fields):
        options = one(rooms_primary=24, **fields)
        return cost_of(options.projects[0], (24, 0), CAP, options)

    assert cost(cost_yuan=7_000_000, area_m2=1.0) == 7_000_000
    assert cost(area_m2=1000.0) == 3_120_000
    assert cost(area_m2=1000.0, cost_yuan_per_m2=4000.0) == 4_000_000
    assert cost() == round(24 * 45 * 7.9 * 3120)


def test_only_building_work_is_priced_by_the_norm():
    options = ProgrammeOptions(
        projects=[
            {"kind": "close", "project": "a", "start_year": 2019, "school": "x"},
            {"kind": "renovate", "project": "b", "start_year": 2019, "school": "x", "area_m2": 100},
            {"kind": "lease", "project": "c", "start_year": 2019, "school": "x",
             "rooms_primary": 4},
        ]
    )  # fmt: skip
    assert [cost_of(p, (0, 0), CAP, options) for p in options.projects] == [0, 312_000, 0]


def test_posts_by_the_staff_norm():
    # 12 x 45 / 19 x 0.91 = 25.9; 12 x 50 / 13.5 x 0.85 = 37.8
    assert posts_from_norm((12, 12), CAP) == (26, 38)


def test_september_on_or_after():
    assert september_on_or_after(12 * 2018 + 8.0) == 2018
    assert september_on_or_after(12 * 2018 + 8.1) == 2019
    assert september_on_or_after(12 * 2018) == 2018
    assert september_on_or_after(12 * 2018 + 11.9) == 2019


# Rows of new schools ------------------------------------------------------------------------

SETTLEMENTS = pd.DataFrame(
    {
        "settlement": ["s1", "s2", "s3", "s4"],
        "township": ["A", "A", "B", "B"],
        "kind": ["county_town", "village", "township_seat", "village"],
        "x_km": [0.0, 1.0, 10.0, 12.0],
        "y_km": [0.0, 0.0, 0.0, 0.0],
        "population": [5000.0, 800.0, 900.0, 2000.0],
    }
)
SCHOOLS = pd.DataFrame(
    {
        "school": ["a", "b"],
        "kind": ["nine_year", "nine_year"],
        "settlement": ["s1", "s3"],
        "rooms_primary": [12, 6],
        "rooms_junior": [6, 3],
    }
)
ZONES = pd.DataFrame(
    [
        (s, level, school)
        for level in ("primary", "junior")
        for s, school in [("s1", "a"), ("s2", "a"), ("s3", "b"), ("s4", "b")]
    ],
    columns=["settlement", "level", "school"],
)
ROLLS = pd.DataFrame({"school": ["a", "b"], "grade": [1, 1], "pupils": [40, 20]})


@pytest.fixture
def geography():
    return build_geography(SETTLEMENTS, ZONES, SCHOOLS)


def test_rows_of_planned_schools_are_closed_and_empty(geography):
    options = one(rooms_primary=12, name="New School", name_zh="新学校", x_km=2.5)
    rows = new_school_rows(options, geography)
    assert rows["school"].tolist() == ["new"]
    assert rows["name_zh"].tolist() == ["新学校"]
    assert rows["x_km"].tolist() == [2.5] and np.isnan(rows["y_km"][0])
    assert rows[["rooms_primary", "rooms_junior", "beds", "is_open"]].to_numpy().sum() == 0


def test_the_county_is_built_on_the_union(geography):
    rows = new_school_rows(one(rooms_primary=12), geography)
    table = union_of_schools(SCHOOLS, [rows, rows])
    schools = build_schools(table, ROLLS, geography, class_cap=np.array(CAP), base_year=2017)
    assert schools.ids == ("a", "b", "new")
    assert schools.is_open.tolist() == [True, True, False]
    assert schools.rooms[2].tolist() == [0, 0]
    assert schools.rooms[0].tolist() == [12, 6]


def test_no_rows_without_projects(geography):
    rows = new_school_rows(ProgrammeOptions(), geography)
    assert len(rows) == 0
    assert len(union_of_schools(SCHOOLS, [rows])) == 2


def test_demand_led_sites_stand_where_most_people_live(geography):
    options = ProgrammeOptions(demand_led={"enabled": True, "most_schools_per_area": 3})
    sites = demand_led_sites(options, geography)
    assert [s.school for s in sites[:3]] == [
        f"{geography.planning_areas[0]}-new-{k}" for k in (1, 2, 3)
    ]
    in_b = [s for s in sites if geography.planning_areas[s.area] == "primary:B"]
    assert [geography.settlements[s.settlement] for s in in_b] == ["s4", "s3", "s4"]
    assert len(sites) == 4 * 3
    rows = new_school_rows(options, geography)
    assert rows["school"].tolist() == [s.school for s in sites]
    assert rows["name_zh"][0].endswith("新建小学1")


def test_no_sites_when_the_rule_is_off(geography):
    assert demand_led_sites(ProgrammeOptions(), geography) == []


# The demand-led rule ------------------------------------------------------------------------


class RuleRun:
    def __init__(self, geography, projects=(), **rule):
        lead = {"low_months": 20, "high_months": 20}
        self.options = ProgrammeOptions(
            projects=list(projects),
            demand_led={
                "enabled": True,
                "shortfall_seats": {"primary": 100, "junior": 100},
                "years": 2,
                "rooms": {"primary": 6, "junior": 6},
                "most_schools_per_area": 2,
                "lead_time": lead,
                **rule,
            },
        )
        rows = new_school_rows(self.options, geography)
        table = union_of_schools(SCHOOLS, [rows])
        schools = build_schools(table, ROLLS, geography, class_cap=np.array(CAP), base_year=2017)
        self.programme = compile_programme(
            self.options,
            school_ids=schools.ids,
            school_kinds=table["kind"].tolist(),
            class_cap=CAP,
            base_year=2017,
            geography=geography,
        )
        self.schedule = draw_schedule(self.programme, 1, 0)
        self.area_of_school = geography.planning_area[:, schools.township].T.astype(np.int64)
        self.areas = geography.planning_areas
        self.rule = DemandLedRule.new(len(self.areas))

    def year(self, year, **gaps):
        gap = np.array([float(gaps.get(a.replace(":", "_"), 0)) for a in self.areas])
        found = (self.rule, self.options, self.programme)
        count_shortfalls(
            *found, self.schedule, seat_gap=gap, area_of_school=self.area_of_school, class_cap=CAP
        )
        started = sites_to_start(*found)
        for site in started:
            start_school(site, *found, self.schedule, year=year, class_cap=CAP, seed=1, replicate=0)
        return [self.programme.sites[i].school for i in started]


def test_a_lasting_shortfall_builds_a_school(geography):
    run = RuleRun(geography)
    assert run.year(2018, primary_A=150) == []
    assert run.year(2019, primary_A=150) == ["primary:A-new-1"]
    # January 2020 + 20 months = 1 September 2021
    assert not due_events(run.schedule, 2020)
    (event,) = due_events(run.schedule, 2021)
    assert event.opens and event.rooms == (6, 0)
    assert event.grades_on == (1, 2, 3, 4, 5, 6)
    cost = run.programme.capital_cost(run.schedule, range(2017, 2030))
    label = run.programme.project_ids.index("primary:A-new-1")
    expected = round(floor_area_m2((6, 0), CAP, "planning") * 3120)
    assert cost[:, label].sum() == expected == cost.sum()
    # 12 of 20 months fall into 2020
    assert cost[3, label, 0] == pytest.approx(expected * 12 / 20, abs=1)


def test_the_threshold_is_at_least_and_years_must_follow_each_other(geography):
    run = RuleRun(geography)
    assert run.year(2018, primary_A=100) == []
    assert run.year(2019, primary_A=99) == []
    assert run.year(2020, primary_A=100) == []
    assert run.year(2021, primary_A=100) == ["primary:A-new-1"]


def test_seats_being_built_count_against_the_shortfall(geography):
    run = RuleRun(geography)
    run.year(2018, junior_B=350)
    assert run.year(2019, junior_B=350) == ["junior:B-new-1"]
    # 300 seats are coming: 350 - 300 is below 100; 420 - 300 is not.
    assert run.year(2020, junior_B=350) == []
    assert run.year(2021, junior_B=420) == []
    assert run.year(2022, junior_B=420) == ["junior:B-new-2"]
    assert run.year(2023, junior_B=9999) == run.year(2024, junior_B=9999) == []


def test_the_count_of_years_begins_anew_after_a_start(geography):
    run = RuleRun(geography, most_schools_per_area=3)
    begun = {year: run.year(year, primary_A=9999) for year in range(2018, 2025)}
    assert [year for year, schools in begun.items() if schools] == [2019, 2021, 2023]


def test_planned_projects_count_against_the_shortfall(geography):
    plan = {
        "kind": "expand", "project": "x", "school": "a", "start_year": 2024, "rooms_primary": 10,
        "lead_time": {"low_months": 0, "high_months": 0},
    }  # fmt: skip
    run = RuleRun(geography, [plan])
    for year in range(2018, 2022):
        assert run.year(year, primary_A=540) == []  # 450 seats are coming: 90 are lacking
    plain = RuleRun(geography)
    assert [plain.year(y, primary_A=540) for y in (2018, 2019)][1] == ["primary:A-new-1"]


def test_areas_and_levels_are_never_netted(geography):
    run = RuleRun(geography)
    run.year(2018, primary_A=150, junior_B=150)
    assert sorted(run.year(2019, primary_A=150, junior_B=150)) == [
        "junior:B-new-1",
        "primary:A-new-1",
    ]


def test_the_rule_off_starts_nothing(geography):
    options = ProgrammeOptions()
    programme = compile_programme(
        options, school_ids=["a", "b"], school_kinds=["nine_year"] * 2, class_cap=CAP,
        base_year=2017,
    )  # fmt: skip
    rule = DemandLedRule.new(4)
    for _ in range(5):
        count_shortfalls(
            rule, options, programme, draw_schedule(programme, 1, 0),
            seat_gap=np.full(4, 1e6), area_of_school=np.zeros((2, 2), np.int64), class_cap=CAP,
        )  # fmt: skip
    assert rule.years_short.tolist() == [5] * 4
    assert sites_to_start(rule, options, programme) == []
