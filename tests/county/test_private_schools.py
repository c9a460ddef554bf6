"""Private schools as a mechanism: families apply, a lottery admits, losers get what is left."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from runs import with_attrition

import capsim
from capsim.admission.admit import OUTCOMES
from capsim.core.dims import SCHOOL_AGES
from capsim.core.errors import InvalidInput
from capsim.county.county import County, build_county
from capsim.county.families import NO_SCHOOL, PRIVATE, PUBLIC
from capsim.year.model import CountyModel

FOLDER = Path(__file__).parents[2] / "scenarios" / "jiajiang"
SHORT: dict[str, object] = {"years.horizon": 2021, "demography.births.stress_paths": []}
PRIVATE_OUTCOME = OUTCOMES.index("private")
LOSERS = [OUTCOMES.index(name) for name in ("zone_after_private", "placed_after_private")]


def county_of(changes: dict[str, object] | None = None) -> County:
    scenario = capsim.load(FOLDER / "private_school.yaml", {**SHORT, **(changes or {})})
    return build_county(scenario, replicates=1)


def county_with(tmp_path: Path, rows: str) -> County:
    folder = tmp_path / "place"
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    head = "school,level,settlement,seats,fee_yuan,quality,lottery\n"
    (folder / "tables" / "private_schools.csv").write_text(head + rows, encoding="utf-8")
    return build_county(capsim.load(folder / "private_school.yaml", SHORT), replicates=1)


def model_of(county: County) -> CountyModel:
    return CountyModel(county, 0)


def applied(model: CountyModel, level: int) -> tuple[int, int]:
    """Return how many won a private seat and how many lost the lottery this year."""
    outcome = model.this_year.admissions[level].outcome
    return int((outcome == PRIVATE_OUTCOME).sum()), int(np.isin(outcome, LOSERS).sum())


@pytest.fixture(scope="module")
def county() -> County:
    return county_of()


def test_seats_are_filled_by_lot_and_never_more(county: County) -> None:
    assert county.private is not None
    model = model_of(county)
    for _ in range(3):
        model.step()
        for level in (0, 1):
            won, lost = applied(model, level)
            assert won <= county.private.seats[0, level]
            if lost:
                assert won == county.private.seats[0, level]
            season = model.this_year.admissions[level]
            here = model.state.families.state[season.rows[season.outcome == PRIVATE_OUTCOME]]
            assert (here == PRIVATE).all()
            assert (season.school[season.outcome == PRIVATE_OUTCOME] == NO_SCHOOL).all()


def test_accounts_hold_with_private_schools(county: County) -> None:
    model, attrition = with_attrition(county)
    village = county.schools.settlement_kind == 2
    for _ in range(4):
        before = model.state.schools.roll.copy()
        model.step()
        families = model.state.families
        change = model.state.schools.roll - before
        np.testing.assert_array_equal(change, model.this_year.flows.counts.sum(axis=2))
        assert len(np.unique(families.identity)) == len(families)
        assert (families.school[families.state != PUBLIC] == NO_SCHOOL).all()
        assert families.school.max() < len(county.schools)
        ages = model.state.population.persons[:, :, SCHOOL_AGES[0] : SCHOOL_AGES[-1] + 1]
        assert ages.sum() == len(families)
        loss = -change[village]
        by_level = [loss[:, :6].sum(), loss[:, 6:].sum()]
        np.testing.assert_array_equal(attrition.lost().sum(axis=1), by_level)


def test_a_private_pupil_keeps_its_school_for_the_level_and_may_come_back(
    county: County,
) -> None:
    model = model_of(county)
    model.step()
    winners = model.this_year.admissions[0].rows[
        model.this_year.admissions[0].outcome == PRIVATE_OUTCOME
    ]
    identity = model.state.families.identity[winners]
    model.step()
    still = np.isin(model.state.families.identity, identity)
    assert (model.state.families.state[still] == PRIVATE).all()
    sixth = (model.state.families.grade(model.state.year) == 6) & (
        model.state.families.state == PRIVATE
    )
    leavers = model.state.families.identity[sixth]
    assert len(leavers) > 10
    model.step()
    applicants = model.state.families.identity[model.this_year.admissions[1].rows]
    present = np.isin(leavers, model.state.families.identity)
    going = np.isin(leavers[present], applicants)
    # All but the few who study outside the county apply for grade 7.
    assert going.mean() > 0.85


def test_nobody_is_drawn_for_a_private_school_and_demand_is_the_same(county: County) -> None:
    shares = county_of({"participation.private": "shares"})
    assert shares.private is None
    np.testing.assert_array_equal(county.public_share, shares.public_share)
    assert county.traits.destination_shares[:, PRIVATE].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(county.traits.destination_shares.sum(axis=1), 1.0)
    # The reported children of the base year stay where they are.
    np.testing.assert_array_equal(county.families.state, shares.families.state)
    model = model_of(shares)
    model.step()
    assert applied(model, 0) == (0, 0)
    assert (
        model.state.families.state[model.state.families.cohort == model.state.year] == PRIVATE
    ).any()


def test_higher_fees_put_families_off_and_quality_draws_them(tmp_path: Path) -> None:
    def applicants(fee: int, quality: float) -> int:
        county = county_with(tmp_path, f"p,primary,yancheng-00,40,{fee},{quality},1\n")
        model = model_of(county)
        model.step()
        return sum(applied(model, 0))

    usual = applicants(9000, 1.0)
    assert applicants(60_000, 1.0) < usual < applicants(9000, 3.0)
    assert usual > 0


def test_beyond_their_range_private_schools_do_not_exist(tmp_path: Path) -> None:
    near = county_of({"enrolment.private.range_km": 3.0})
    model = model_of(near)
    model.step()
    assert near.private is not None
    for level in (0, 1):
        season = model.this_year.admissions[level]
        homes = season.settlement[season.outcome == PRIVATE_OUTCOME]
        assert (near.private.km[homes, 0] <= 3.0).all()


def test_without_private_admission_all_go_to_public_schools() -> None:
    model = model_of(county_of({"enrolment.private.enabled": False}))
    model.step()
    new = model.state.families.cohort == model.state.year
    assert not (model.state.families.state[new] == PRIVATE).any()


def test_the_mechanism_needs_a_table_and_a_lottery(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="mechanism needs the table of private schools"):
        county_of({"data.private_schools": None})
    with pytest.raises(InvalidInput, match="does not draw its seats by lot"):
        county_with(tmp_path, "p,primary,yancheng-00,40,9000,1.0,0\n")


def test_public_schools_without_applicants_for_private_ones_are_untouched(tmp_path: Path) -> None:
    """A private school without seats changes nothing for anybody."""
    none = county_with(tmp_path, "p,primary,yancheng-00,0,9000,1.0,1\n")
    off = county_of({"enrolment.private.enabled": False})
    first, second = model_of(none), model_of(off)
    for _ in range(2):
        first.step()
        second.step()
    np.testing.assert_array_equal(first.state.schools.roll, second.state.schools.roll)
    np.testing.assert_array_equal(first.state.families.school, second.state.families.school)
