"""Each mechanism alone in the whole model, its size by hand, and the switch that removes it.

Sizes are worked out in a hand-made county: a township seat with 94 children an age and a village,
4 km along the road (5.2 km with the terrain factor of 1.3), with 30. All children go to the public
schools of their settlements, nobody dies, moves or leaves. Where a county town is needed, the
mechanism runs in the demonstration county.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from runs import recorded

import capsim
from capsim.core.catalogue import PUPIL_CAUSES, TEACHER_CAUSES
from capsim.county.county import build_county
from capsim.results.recorder import Recorder
from capsim.schools.staffing.needs import needed_by_classes
from capsim.year import wish
from capsim.year.model import CountyModel

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"
BASE = 2020
AT_SEAT, IN_VILLAGE = 94, 30
SEAT, VILLAGE, JUNIOR = 0, 1, 2  # rows of the schools
TOWN, KIND_VILLAGE = 0, 2
KM = 4.0 * 1.3
SCENARIO = f"""
schema_version: 1
name: road
place: {{name: Road, name_zh: 路县, code: "510000", area_km2: 40}}
years: {{base: {BASE}, horizon: {BASE + 6}}}
enrolment: {{class_cap: {{primary: 50, junior: 50}}}}
demography:
  mortality: none
  migration: {{outside: none, village_to_town: 0.0, village_to_seat: 0.0, seat_to_town: 0.0}}
participation:
  primary: {{private: 0.0, out_of_county: 0.0}}
  junior: {{private: 0.0, out_of_county: 0.0}}
choice: {{moving: {{enabled: false}}, leaving: {{enabled: false}}}}
quality: {{noise: 0.0}}
"""


def tables() -> dict[str, list[dict[str, object]]]:
    def home(name, kind, x, people):
        return {
            "settlement": name, "township": "t", "kind": kind, "x_km": x, "y_km": 0.0,
            "population": people,
        }  # fmt: skip

    def school(name, kind, at, primary, junior, quality):
        return {
            "school": name, "kind": kind, "settlement": at, "rooms_primary": primary,
            "rooms_junior": junior, "quality_primary": quality if primary else None,
            "quality_junior": quality if junior else None,
        }  # fmt: skip

    schools = [
        school("seat", "primary", "s", 24, 0, 0.8),
        school("village", "primary", "v", 8, 0, -0.7),
        school("junior", "junior", "s", 0, 12, 0.0),
    ]
    places = [("seat", 1, AT_SEAT), ("village", 1, IN_VILLAGE), ("junior", 7, 124)]
    return {
        "settlements": [
            home("s", "township_seat", 0.0, 100 * AT_SEAT),
            home("v", "village", 4.0, 100 * IN_VILLAGE),
        ],
        "schools": schools,
        "rolls": [
            {"school": name, "grade": grade, "pupils": pupils}
            for name, first, pupils in places
            for grade in range(first, 7 if first == 1 else 10)
        ],
        "teachers": [
            {"school": s["school"], "level": level, "sex": "female", "age": age, "teachers": 5}
            for s in schools
            for level in [("primary", "junior")[s["school"] == "junior"]]
            for age in (30, 35, 40, 45)
        ],
        "population": [
            {"date": f"{BASE}-08-31", "area": "Road", "sex": sex, "age": age, "persons": persons}
            for sex in ("female", "male")
            for age, persons in [*((str(a), 62) for a in range(80)), ("80+", 60)]
        ],
    }


@pytest.fixture(scope="module")
def road(tmp_path_factory) -> capsim.Scenario:
    folder = tmp_path_factory.mktemp("road")
    (folder / "tables").mkdir()
    for name, rows in tables().items():
        pd.DataFrame(rows).to_csv(folder / "tables" / f"{name}.csv", index=False)
    (folder / "road.yaml").write_text(SCENARIO, encoding="utf-8")
    return capsim.load(folder / "road.yaml")


def observed_after(
    scenario: capsim.Scenario, changes: dict[str, object], years: int = 1
) -> tuple[CountyModel, Recorder]:
    """The county some years on, with a few settings changed, and its record."""
    county = build_county(scenario.with_(changes, name="changed"), replicates=1)
    return recorded(county, years=years)


def after(scenario: capsim.Scenario, changes: dict[str, object], years: int = 1) -> CountyModel:
    return observed_after(scenario, changes, years)[0]


# ------------------------------------------------------------------- the hand-made county


def test_a_cap_of_45_instead_of_50_needs_the_computed_classes_and_teachers(road):
    """94 entrants: 2 classes of 47 under a cap of 50, 3 under 45; 30 and 124 need 1 and 3."""
    cap = "enrolment.class_cap"
    models = {n: after(road, {cap: {"primary": n, "junior": 50}}, years=6) for n in (45, 50)}
    classes = {n: model.state.class_plan.classes for n, model in models.items()}
    assert classes[50][SEAT, :6].tolist() == [2] * 6
    assert classes[45][SEAT, :6].tolist() == [3] * 6
    for n in (45, 50):
        assert classes[n][VILLAGE, :6].tolist() == [1] * 6
        assert classes[n][JUNIOR, 6:].tolist() == [3] * 3
    need = {
        n: needed_by_classes(plan, models[n].county.scenario.staffing)
        for n, plan in classes.items()
    }
    a_class = need[50][SEAT, 0] / 12
    assert need[45][SEAT, 0] - need[50][SEAT, 0] == pytest.approx(6 * a_class)
    assert a_class > 1


def test_a_merger_lengthens_the_way_by_the_computed_kilometres(road):
    merge = {
        "kind": "merge", "project": "m", "school": "village", "receiver": "seat",
        "start_year": BASE + 1,
    }  # fmt: skip
    for projects, km, at_seat in (([], 0.0, AT_SEAT), ([merge], KM, AT_SEAT + IN_VILLAGE)):
        plan = {"programme": {"projects": projects, "merger_limit_km": 60.0}}
        model, recorder = observed_after(road, plan, years=2)
        travel = recorder.record.get("travel_km", 2)
        assert travel[0, KIND_VILLAGE] == pytest.approx(km, abs=1e-4)
        assert travel[1, KIND_VILLAGE] == pytest.approx(KM, abs=1e-4)
        assert model.state.schools.roll[SEAT, :6].tolist() == [at_seat] * 6


def test_a_group_raises_its_members_quality_by_the_equation(road):
    """The gap of 1.5 at a flow of 0.2 and a speed of 0.25: 0.075 after one year, at the member."""
    rates = {"flow": 0.2, "dilution": 0.0, "shared_teachers": 0.0}
    group = {
        "name": "g", "lead": "seat", "members": ["village"], "form": "video_link",
        "start_year": BASE + 1,
    }  # fmt: skip
    common = {"quality": {"noise": 0.0, "speed": 0.25}}
    forms = {"years_to_full_effect": 1, "forms": {"video_link": rates}}
    alone = after(road, {**common, "groups": forms})
    together = after(road, {**common, "groups": {**forms, "groups": [group]}})
    gain = together.state.schools.quality[:, 0] - alone.state.schools.quality[:, 0]
    assert gain[VILLAGE] == pytest.approx(0.25 * 0.2 * 1.5)
    assert gain[SEAT] == 0.0
    diluted = after(
        road,
        {
            **common,
            "groups": {
                **forms,
                "forms": {"video_link": {**rates, "dilution": 0.1}},
                "groups": [group],
            },
        },
    )
    loss = diluted.state.schools.quality[SEAT, 0] - alone.state.schools.quality[SEAT, 0]
    weight = IN_VILLAGE / (AT_SEAT + IN_VILLAGE)
    assert loss == pytest.approx(-0.25 * 0.1 * weight * 1.5)


def test_quality_that_is_held_stays_and_quality_that_moves_has_a_cause(road):
    held = after(road, {"quality.change": False, "quality.noise": 0.3}, years=3)
    assert held.state.schools.quality[:, 0].tolist() == [
        0.8,
        -0.7,
        held.state.schools.quality[JUNIOR, 0],
    ]
    noisy = after(road, {"quality.noise": 0.3}, years=3)
    assert abs(noisy.state.schools.quality[SEAT, 0] - 0.8) > 1e-3


# ---------------------------------------------------------------- the demonstration county


@pytest.fixture(scope="module")
def jiajiang() -> capsim.Scenario:
    return capsim.load(JIAJIANG, {"years.horizon": 2018})


@pytest.fixture(scope="module")
def as_it_is(jiajiang) -> CountyModel:
    return after(jiajiang, {})


def moved(model: CountyModel, *causes: str) -> np.ndarray:
    """Pupils by school and grade who moved for these causes, as counts."""
    counts = model.this_year.flows.counts
    return abs(sum(counts[..., PUPIL_CAUSES.index(cause)] for cause in causes))


def test_without_moving_nobody_changes_school_or_home(jiajiang, as_it_is):
    assert moved(as_it_is, "moved_out").sum() > 0
    still = after(jiajiang, {"choice.moving.enabled": False})
    assert moved(still, "moved_out").sum() == moved(still, "moved_in").sum() == 0
    fresh = CountyModel(still.county, 0)
    homes = dict(zip(fresh.state.families.identity, fresh.state.families.settlement, strict=True))
    both = [k for k, child in enumerate(still.state.families.identity) if child in homes]
    assert len(both) > 10_000
    known = [homes[still.state.families.identity[k]] for k in both]
    np.testing.assert_array_equal(still.state.families.settlement[both], known)


def test_one_out_one_in_takes_no_more_than_left(jiajiang, as_it_is):
    """In continuing grades of town schools; without the rule some grades take more."""
    free = after(jiajiang, {"enrolment.transfers.one_out_one_in": False})
    continuing = [1, 2, 3, 4, 5, 7, 8]
    more = {}
    for name, model in (("rule", as_it_is), ("free", free)):
        town = model.state.schools.settlement_kind == TOWN
        left = moved(model, "died", "dropped_out", "left_county", "reassigned_out", "moved_out")
        beyond = (moved(model, "moved_in") - left)[town][:, continuing]
        more[name] = np.maximum(beyond, 0).sum()
    assert more["rule"] == 0
    assert more["free"] > 0
    assert moved(free, "moved_in").sum() > moved(as_it_is, "moved_in").sum() > 0


CAP_45 = {"enrolment.class_cap": {"primary": 45, "junior": 50}}


def test_crowded_classes_take_from_utility_what_the_term_says(jiajiang):
    """Pupils above the cap of their grade over the seats of the cap, times the coefficient."""
    model = after(jiajiang, CAP_45)
    roll, classes = model.state.schools.roll[:, :6], model.state.class_plan.classes[:, :6]
    above = np.where(classes > 0, roll - 45 * classes, 0).clip(0).sum(axis=1)
    crowded = above > 0
    assert crowded.sum() > 3
    share = above[crowded] / (45 * classes.sum(axis=1)[crowded])
    np.testing.assert_allclose(model.state.crowding[crowded, 0], share)
    uncrowded = after(jiajiang, {**CAP_45, "choice.coefficients.crowding": 0.0})
    uncrowded.state.quality_history = model.state.quality_history
    for one in (model, uncrowded):
        one.state.find_choice_sets(one.county)  # as the next year does
    candidates = model.state.choice_sets.by_level[0].candidates
    np.testing.assert_array_equal(candidates, uncrowded.state.choice_sets.by_level[0].candidates)
    listed = candidates >= 0
    seen = [wish.utility_of_candidates(one.county, one.state, 0) for one in (uncrowded, model)]
    lost = (seen[0] - seen[1])[:, listed]
    expected = 0.5 * model.state.crowding[candidates[listed], 0]
    np.testing.assert_allclose(lost, np.broadcast_to(expected, lost.shape), atol=1e-5)


def test_families_who_choose_avoid_crowded_classes():
    """First choices of grade 1 at schools above the cap, with a coefficient of 10 and without."""
    free = capsim.load(JIAJIANG.with_name("multi_school_zones.yaml"), {"years.horizon": 2018})
    wanted = {}
    for weight in (0.0, 10.0):
        scenario = free.with_({**CAP_45, "choice.coefficients.crowding": weight}, name="weight")
        model = CountyModel(build_county(scenario, replicates=1), 0)
        crowded = model.state.crowding[:, 0] > 0.02
        assert crowded.any()
        model.step()
        season = model.this_year.admissions[0]
        wanted[weight] = int(crowded[season.school[season.first_choice]].sum())
    assert wanted[10.0] < wanted[0.0]


def test_without_leaving_nobody_leaves_or_drops_out(jiajiang, as_it_is):
    # Both causes occur; drop-outs are few in a year.
    assert moved(as_it_is, "left_county").sum() > 0
    assert moved(as_it_is, "dropped_out").sum() > 0
    staying = after(jiajiang, {"choice.leaving.enabled": False})
    assert moved(staying, "left_county", "dropped_out").sum() == 0
    assert moved(staying, "died").sum() > 0  # deaths have a switch of their own


def test_exchange_moves_the_share_of_teachers_it_says(jiajiang, as_it_is):
    """A tenth of all full-time teachers, as far as enough are eligible; none at a share of 0."""

    def exchanged(model, cause):
        return abs(model.state.staff.flows[..., TEACHER_CAUSES.index(cause)]).sum()

    none = after(jiajiang, {"staffing.exchange.share": 0.0})
    assert exchanged(none, "exchanged_in") == exchanged(none, "exchanged_out") == 0
    half = after(jiajiang, {"staffing.exchange.share": 0.05})
    whole = exchanged(as_it_is, "exchanged_out")
    assert whole == exchanged(as_it_is, "exchanged_in")
    assert 0 < whole <= 0.10 * as_it_is.state.staff.present.sum() + 2
    assert exchanged(half, "exchanged_out") == pytest.approx(whole / 2, abs=0.1 * whole)
