"""What must hold whatever the scenario: the chain without behaviour is the cohort forecast, and
reported figures are met exactly in the base year."""

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from runs import recorded

import capsim
from capsim.core.dims import SCHOOL_KINDS
from capsim.core.rounding import largest_remainder
from capsim.county.base_year import dated_populations
from capsim.county.county import County, build_county
from capsim.county.vital_rates import survival_of
from capsim.year.model import CountyModel

FOLDER = Path(__file__).parents[2] / "scenarios" / "jiajiang"
STILL = {
    "years.horizon": 2024,
    "choice.moving.enabled": False,
    "choice.leaving.enabled": False,
    "demography.mortality": "none",
    "demography.migration.outside": "none",
    "demography.migration.village_to_town": 0.0,
    "demography.migration.village_to_seat": 0.0,
    "demography.migration.seat_to_town": 0.0,
    "participation.primary": {"private": 0.0, "out_of_county": 0.0},
    "participation.junior": {"private": 0.0, "out_of_county": 0.0},
}


def county_of(overrides: dict[str, object]) -> County:
    return build_county(capsim.load(FOLDER / "baseline.yaml", overrides), replicates=2)


def new_model(county: County, replicate: int = 0) -> CountyModel:
    return CountyModel(county, replicate)


@pytest.fixture(scope="module")
def still() -> County:
    return county_of(STILL)


@pytest.fixture(scope="module")
def moving() -> County:
    return county_of({"years.horizon": 2021})


def test_without_behaviour_entrants_are_the_cohort(still: County) -> None:
    """The cohort of year t is 4/12 of births(t - 7) and 8/12 of births(t - 6), rounded once."""
    model = new_model(still)
    births = still.births_of(0)
    geography = still.geography
    ages = still.persons[:, :, :6].sum(axis=1)
    for step in range(1, 8):
        before = model.state.population.persons[:, :, 5].sum(axis=1)
        model.step()
        expected = largest_remainder(before[geography.cell] * geography.share_of_cell)
        entered = model.this_year.flows.of("entered")[:, 0].sum()
        unplaced = (model.state.families.grade(model.state.year) == 1) & (
            model.state.families.school < 0
        )
        assert entered + unplaced.sum() == expected.sum()
        if step <= 6:
            assert expected.sum() == round(ages[:, 6 - step].sum())
        if step == 7:
            cohort = births[2017] * 4 / 12 + births[2018] * 8 / 12
            assert expected.sum() == round(cohort)


def test_without_behaviour_nobody_is_lost(still: County) -> None:
    model = new_model(still)
    for _ in range(3):
        identities = set(
            model.state.families.identity[model.state.families.grade(model.state.year) < 9].tolist()
        )
        model.step()
        now = model.state.families.identity[model.state.families.grade(model.state.year) > 1]
        assert identities == set(now.tolist())
        for cause in ("died", "dropped_out", "left_county", "moved_out"):
            assert model.this_year.flows.of(cause).sum() == 0


def test_with_deaths_and_leaving_cohorts_shrink_as_expected(moving: County) -> None:
    """Four years of hazards on about 20,000 children: within four standard errors."""
    model = new_model(moving)
    leaving = np.array(moving.scenario.choice.leaving.leave_by_grade)
    for _ in range(3):
        before = len(model.state.families)
        grade = model.state.families.grade(model.state.year + 1)
        staying = grade <= 9
        hazard = (
            leaving[np.minimum(grade, 9) - 1] + moving.death_rates.mean(0)[np.minimum(grade, 9) - 1]
        )
        expected_loss = hazard[staying].sum()
        newcomers_before = before - staying.sum()
        model.step()
        entered = (model.state.families.grade(model.state.year) == 1).sum()
        loss = before - newcomers_before - (len(model.state.families) - entered)
        # Children far from school leave more often: the hazard is a floor.
        assert loss > expected_loss - 4 * np.sqrt(expected_loss)
        assert loss < 2.0 * expected_loss + 4 * np.sqrt(expected_loss)


def test_replicates_differ_and_repeat(moving: County) -> None:
    runs = []
    for replicate in (0, 1, 0):
        _, recorder = recorded(moving, replicate)
        runs.append(recorder.record.arrays)
    for name, first in runs[0].items():
        np.testing.assert_array_equal(first, runs[2][name], err_msg=name)
    assert not np.array_equal(runs[0]["roll"], runs[1]["roll"])


def test_workers_change_nothing_and_a_scenario_equals_itself() -> None:
    base = capsim.load(
        FOLDER / "baseline.yaml", {"years.horizon": 2019, "demography.births.stress_paths": []}
    )
    twin = base.with_({}, name="twin")
    alone = capsim.run([base, twin], replicates=3, jobs=1)
    shared = capsim.run([base, twin], replicates=3, jobs=2)
    for name in alone.data.data_vars:
        first, second = alone.data[name].values, shared.data[name].values
        np.testing.assert_array_equal(first, second, err_msg=str(name))
    delta = alone.delta("baseline")
    for name in delta.data_vars:
        assert np.nanmax(np.abs(delta[name].values), initial=0.0) == 0.0, name


def test_county_is_the_sum_of_its_places(moving: County) -> None:
    model, recorder = recorded(moving)
    arrays = recorder.record.arrays
    last = 4
    people = model.state.population.persons.sum()
    assert arrays["population"][last].sum() == pytest.approx(people, rel=1e-6)
    children = arrays["children"][last][:, 6:15].sum()
    assert children == len(model.state.families)
    assert arrays["roll"][last].sum() == arrays["roll_by_kind"][last].sum()
    capacity = np.nansum(arrays["capacity"][last])
    assert capacity == pytest.approx(arrays["school_capacity"][last].sum())
    classes = arrays["classes"][last].sum()
    assert arrays["class_size"][last].sum() == classes


def test_reported_figures_of_2017_are_met_exactly() -> None:
    text = (FOLDER / "reported.yaml").read_text(encoding="utf-8")
    reported = YAML(typ="safe").load(text)
    county = county_of({"years.horizon": 2018})
    schools = county.schools
    kinds = np.array([SCHOOL_KINDS[k] for k in schools.kind])
    for kind in ("primary", "junior", "nine_year", "complete_middle"):
        assert (kinds == kind).sum() == reported["schools"][kind]
    assert (kinds != "teaching_point").sum() == reported["schools"]["total"] == 44
    roll = schools.roll_by_level().sum(axis=0)
    assert roll.tolist() == [reported["pupils"]["primary"], reported["pupils"]["junior"]]
    teachers = new_model(county).state.staff.present.sum(axis=0)
    assert teachers.tolist() == [reported["teachers"]["primary"], reported["teachers"]["junior"]]
    for name in ("site_area_m2", "building_area_m2"):
        total = np.nansum(schools.resources[name], axis=0)
        assert total.tolist() == [reported[name]["primary"], reported[name]["junior"]]
    assert len(county.geography.townships) == reported["towns"] == 22
    cap = reported["class_cap"]
    assert county.class_cap == (cap["primary"], cap["junior"])


def test_residents_of_school_age_in_2020_are_near_the_census() -> None:
    """A consistency check, not a forecast: the base year was cast back from this census."""
    county = county_of({"years.horizon": 2020})
    survival = survival_of(county.scenario.demography)
    census = dated_populations(county.scenario.tables().population, survival)[-1]
    assert census.year == 2020
    expected = census.persons[:, 6:15].sum()
    for replicate in (0, 1):
        model = new_model(county, replicate)
        model.run_model()
        assert len(model.state.families) == pytest.approx(expected, rel=0.03)


def test_children_outside_public_schools_are_shown_by_destination(moving: County) -> None:
    _, recorder = recorded(moving)
    shares = recorder.record.arrays["participation"]
    np.testing.assert_allclose(shares.sum(axis=2), 1.0, rtol=1e-5)
    primary_residents = recorder.record.arrays["children"][0][:, 6:12].sum()
    assert shares[0, 0, 0] == pytest.approx(11488 / primary_residents, rel=1e-5)
    assert shares[0, 0, 0] == pytest.approx(0.82, abs=0.02)
    assert shares[0, 1, 0] == pytest.approx(0.91, abs=0.04)


def test_a_census_after_the_information_date_is_not_known() -> None:
    """With the date before the second census, only the first one shapes the base year."""
    late = county_of({"years.horizon": 2018})
    early = county_of({"years.horizon": 2018, "information_date": "2018-11-01"})
    assert late.births_known_until == 2020
    assert early.births_known_until == 2010
    assert early.persons[:, :, 20:40].sum() > 1.05 * late.persons[:, :, 20:40].sum()
