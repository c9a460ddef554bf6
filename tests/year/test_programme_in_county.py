"""Random programmes run through whole counties: nobody and nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.core.errors import Problems
from capsim.county.county import build_county
from capsim.county.families import NO_SCHOOL, PUBLIC
from capsim.results.recorder import Recorder
from capsim.results.village_attrition import VillageAttrition
from capsim.scenario.options.programme import ProgrammeOptions
from capsim.schools.programme.checks import check_programme
from capsim.year.model import CountyModel

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"
YEARS = 6
BASE = 2017
REVIEW = {
    "enabled": True,
    "threshold_pupils": 60,
    "teaching_point_threshold_pupils": 25,
    "years": 1,
}


@pytest.fixture(scope="module")
def baseline():
    return capsim.load(JIAJIANG, {"years.horizon": BASE + YEARS})


def random_projects(rng, tables):
    """Projects of all kinds at random schools, those left out that cannot be carried out."""
    ids = tables.schools["school"].astype(str).tolist()
    homes = tables.settlements["settlement"].astype(str).tolist()
    projects = []
    for k in range(14):
        school, other = (str(s) for s in rng.choice(ids, 2, replace=False))
        kind = str(
            rng.choice(["build", "expand", "renovate", "merge", "close", "convert", "lease"])
        )
        primary, junior = (int(n) for n in rng.integers(0, 6, 2))
        months = int(rng.integers(0, 20))
        extra = {
            "build": {
                "school": f"new-{k}",
                "school_kind": str(rng.choice(["primary", "junior", "nine_year"])),
                "settlement": str(rng.choice(homes)),
                "rooms_primary": primary + 3,
                "rooms_junior": junior + 3,
                "transfer_from": [school],
                "transfer_grades": [int(rng.choice([3, 8]))],
            },
            "expand": {"rooms_primary": primary, "rooms_junior": junior, "beds": junior},
            "renovate": {"rooms_out_of_use_primary": primary, "cost_yuan": 10},
            "merge": {
                "receiver": other,
                "keep_rooms": bool(rng.integers(2)),
                "bus": bool(rng.integers(2)),
            },
            "close": {"gradual": bool(rng.integers(2))},
            "convert": {
                "to": str(rng.choice(["junior", "nine_year", "teaching_point"])),
                "gradual": bool(rng.integers(2)),
                "receiver": other,
                "rooms_moved": primary + 1,
            },
            "lease": {"rooms_primary": primary, "end_year": BASE + int(rng.integers(2, 8))},
        }[kind]
        if extra.get("school_kind") == "primary":
            extra["rooms_junior"] = None
        if extra.get("school_kind") == "junior":
            extra["rooms_primary"] = None
        projects.append(
            {
                "kind": kind,
                "project": f"p{k}",
                "school": school,
                "start_year": BASE + int(rng.integers(1, YEARS)),
                "lead_time": {
                    "low_months": months,
                    "high_months": months + 6,
                    "delay_probability": 0.5,
                },
                **extra,
            }
        )
    return sound(projects, tables)


def sound(projects, tables):
    """Leave out what the check refuses until nothing is refused."""
    while True:
        problems = Problems()
        check_programme(
            ProgrammeOptions(projects=projects, merger_limit_km=60.0),
            schools=tables.schools,
            settlements=tables.settlements,
            base_year=BASE,
            horizon_year=BASE + YEARS,
            class_cap=(50, 50),
            terrain_factor=1.3,
            problems=problems,
        )
        if not len(problems):
            return projects
        refused = {int(p.where.split(".")[2]) for p in problems}
        projects = [p for k, p in enumerate(projects) if k not in refused]


@pytest.mark.parametrize("seed", range(5))
def test_nobody_and_nothing_is_lost(baseline, seed):
    rng = np.random.default_rng(seed)
    projects = random_projects(rng, baseline.tables())
    assert len(projects) >= 3
    scenario = baseline.with_(
        {
            "programme": {
                "projects": projects,
                "merger_limit_km": 60.0,
                "demand_led": {
                    "enabled": seed % 2 == 0,
                    "years": 1,
                    "shortfall_seats": {"primary": 20, "junior": 20},
                },
                "small_schools": {
                    **REVIEW,
                    "measures": [["merge", "bus"], ["board"], ["teaching_point", "merge"]][
                        seed % 3
                    ],
                },
            }
        },
        name=f"random {seed}",
    )
    county = build_county(scenario, replicates=1)
    recorder, attrition = Recorder(county), VillageAttrition(county)
    model = CountyModel(county, 0, observers=[recorder, attrition])
    happened, waiting = 0, []
    for _ in range(YEARS):
        before = model.state.schools.roll.copy()
        model.step()
        happened += len(model.this_year.applied.opened) + len(model.this_year.applied.closed)
        schools, families = model.state.schools, model.state.families
        # Seats: rooms are the ledger's; what is closed has none.
        assert model.state.ledger.balances(schools.rooms)
        closed = ~schools.is_open
        assert not schools.rooms[closed].any() and not schools.beds[closed].any()
        assert not schools.posts[closed].any() and not model.state.staff.present[closed].any()
        # Pupils: the roll is last year's plus the flows, school by school and grade by grade.
        assert np.array_equal(schools.roll, before + model.this_year.flows.counts.sum(axis=2))
        seated = families.school >= 0
        grade = families.grade(model.state.year)
        counted = np.zeros_like(schools.roll)
        np.add.at(counted, (families.school[seated], grade[seated] - 1), 1)
        assert np.array_equal(counted, schools.roll)
        # Nobody sits where nobody teaches.
        taught = schools.teaches & schools.is_open[:, None]
        assert not schools.roll[~taught].any()
        waiting.append(int(((families.state == PUBLIC) & (families.school == NO_SCHOOL)).sum()))
        # Attrition adds up: the model raises otherwise.
        village = schools.settlement_kind == 2
        lost = before[village].sum() - schools.roll[village].sum()
        assert attrition.lost().sum() == lost
        # Zones name no school that has ended when its successor teaches the level.
        for level, zone in enumerate(model.state.zones):
            named = zone[zone >= 0]
            gone = named[~taught[named, (0, 6)[level]]]
            for row in np.unique(gone):
                final = model.state.schedule.final_receiver(int(row), schools.is_open)
                assert final in (-1, int(row)) or not taught[final, (0, 6)[level]]
    assert happened > 0
    # Who has no school is counted as unplaced.
    unplaced = recorder.conclude(model.state)["unplaced"][1 : 1 + YEARS].sum(axis=(1, 2))
    assert unplaced.tolist() == waiting


def test_a_merger_lengthens_the_way_by_the_computed_kilometres(baseline):
    """All pupils of a merged school who are placed at the receiver travel to the receiver."""
    tables = baseline.tables()
    school, receiver = "wufeng-junior", "yongqing-junior"
    merge = {
        "kind": "merge", "project": "m", "school": school, "receiver": receiver,
        "start_year": BASE + 1,
    }  # fmt: skip
    rooms = {
        "kind": "expand", "project": "e", "school": receiver, "start_year": BASE + 1,
        "rooms_junior": 12, "lead_time": {"low_months": 0, "high_months": 0},
    }  # fmt: skip
    plan = baseline.with_(
        {"programme": {"projects": [merge, rooms], "merger_limit_km": 60.0}}, name="plan"
    )
    assert {school, receiver} <= set(tables.schools["school"])
    county = build_county(plan, replicates=1)
    model = CountyModel(county, 0)
    ended, taking = county.schools.ids.index(school), county.schools.ids.index(receiver)
    cohorts = model.state.families.cohort[model.state.families.school == ended]
    assert len(cohorts)
    model.step()
    families = model.state.families
    moved = (families.came_from == ended) & (families.school >= 0)
    continuing = moved & (families.grade(model.state.year) > 7)
    at_receiver = families.school[continuing] == taking
    assert at_receiver.mean() > 0.9
    homes = families.settlement[continuing][at_receiver]
    km = county.distance_km
    further = (km[homes, taking] - km[homes, ended]).mean()
    x, y = county.schools.x_km, county.schools.y_km
    between = np.hypot(x[ended] - x[taking], y[ended] - y[taking]) * 1.3
    # Nobody's way grows by more than the road between the two schools.
    assert 0 < further <= between + 1e-3
