"""Children who come from outside: as many as rates and dwellings say, with every account kept."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from runs import with_attrition

import capsim
from capsim.core.catalogue import PUPIL_CAUSES
from capsim.core.dims import ENTRY_GRADES, SCHOOL_AGES
from capsim.core.errors import InvalidInput
from capsim.county.arrivals import ORDINALS_A_YEAR
from capsim.county.county import County, build_county
from capsim.county.families import NO_SCHOOL, PRIVATE, PUBLIC
from capsim.year.model import CountyModel

FOLDER = Path(__file__).parents[2] / "scenarios" / "jiajiang"
BASE: dict[str, object] = {"years.horizon": 2023, "demography.births.stress_paths": []}
STILL = {
    **BASE,
    "choice.moving.enabled": False,
    "choice.leaving.enabled": False,
    "demography.mortality": "none",
}
RATES = [0.05, 0.03, 0.03, 0.03, 0.03, 0.03, 0.06, 0.02, 0.0]
GROWING = {**BASE, "choice.arriving.rate_by_grade": RATES}


def county_of(changes: dict[str, object]) -> County:
    return build_county(capsim.load(FOLDER / "baseline.yaml", changes), replicates=2)


def with_housing(tmp_path: Path, rows: str, changes: dict[str, object]) -> County:
    folder = tmp_path / "place"
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    head = "development,township,settlement,units,status,completion_year,type\n"
    (folder / "tables" / "housing.csv").write_text(head + rows, encoding="utf-8")
    changes = {**changes, "data.housing": "housing.csv"}
    return build_county(capsim.load(folder / "baseline.yaml", changes), replicates=2)


def model_of(county: County, replicate: int = 0) -> CountyModel:
    return CountyModel(county, replicate)


@pytest.fixture(scope="module")
def towns() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "tables" / "settlements.csv", encoding="utf-8-sig")


def test_nobody_arrives_unless_stated() -> None:
    county = county_of(BASE)
    assert county.arrivals is None
    model = model_of(county)
    model.step()
    assert model.this_year.flows.of("arrived").sum() == 0
    assert model.this_year.first_arrival == len(model.state.families)


def test_as_many_arrive_as_the_rates_say() -> None:
    """Poisson: within four standard errors over four years; everybody else stays."""
    county = county_of({**STILL, "choice.arriving.rate_by_grade": RATES})
    model = model_of(county)
    came, expected = np.zeros(9), np.zeros(9)
    for _ in range(4):
        before = model.state.families.identity
        model.step()
        grade = model.state.families.grade(model.state.year)
        new = ~np.isin(model.state.families.identity, before)
        arrived = new & (np.arange(len(new)) >= model.this_year.first_arrival)
        came += np.bincount(grade[arrived], minlength=10)[1:]
        expected += np.array(RATES) * np.bincount(grade[~arrived], minlength=10)[1:]
        home = county.geography.kind[model.state.families.settlement[arrived]]
        shares = np.bincount(home, minlength=3) / arrived.sum()
        assert shares == pytest.approx([0.7, 0.2, 0.1], abs=0.08)
        migrants = (model.state.families.registration[arrived] == 3).mean()
        assert migrants == pytest.approx(0.4, abs=0.07)
    assert came[8] == 0
    assert (np.abs(came - expected) < 4 * np.sqrt(expected) + 1e-9).all()


def test_accounts_hold_while_children_arrive() -> None:
    county = county_of(GROWING)
    model, attrition = with_attrition(county, 1)
    village = county.schools.settlement_kind == 2
    for _ in range(5):
        before = model.state.schools.roll.copy()
        model.step()
        families, flows = model.state.families, model.this_year.flows
        change = model.state.schools.roll - before
        np.testing.assert_array_equal(change, flows.counts.sum(axis=2))
        assert len(np.unique(families.identity)) == len(families)
        assert (families.school[families.state != PUBLIC] == NO_SCHOOL).all()
        ages = model.state.population.persons[:, :, SCHOOL_AGES[0] : SCHOOL_AGES[-1] + 1]
        assert ages.sum() == len(families)
        loss = -change[village]
        by_level = [loss[:, :6].sum(), loss[:, 6:].sum()]
        np.testing.assert_array_equal(attrition.lost().sum(axis=1), by_level)
        arrived = flows.of("arrived")
        assert arrived.sum() > 100
        assert (arrived[:, [grade - 1 for grade in ENTRY_GRADES]] == 0).all()


def test_those_seated_on_arrival_are_counted_as_arrived_and_nobody_twice() -> None:
    county = county_of(GROWING)
    model = model_of(county)
    model.step()
    families = model.state.families
    grade = families.grade(model.state.year)
    came = np.arange(len(families)) >= model.this_year.first_arrival
    continuing = came & (grade != 1) & (grade != 7)
    seated = continuing & (families.state == PUBLIC) & (families.school >= 0)
    moved = model.this_year.flows.of("moved_in").sum() + model.this_year.flows.of("moved_out").sum()
    assert moved == 0
    assert model.this_year.flows.of("arrived").sum() == seated.sum()
    assert PUPIL_CAUSES[-1] == "arrived"
    entry = came & ((grade == 1) | (grade == 7)) & (families.state == PUBLIC)
    assert (families.school[entry] >= 0).mean() > 0.95


def test_arrivals_change_nobody_elses_draws() -> None:
    without, with_ = model_of(county_of(BASE)), model_of(county_of(GROWING))
    without.step()
    with_.step()
    known = with_.state.families.take(np.arange(with_.this_year.first_arrival))
    for name in ("identity", "household", "income", "registration", "destination", "boards"):
        np.testing.assert_array_equal(getattr(known, name), getattr(without.state.families, name))
    came = with_.state.families.take(
        np.arange(with_.this_year.first_arrival, len(with_.state.families))
    )
    siblings = came.household != came.identity
    assert siblings.any()
    assert np.isin(came.household[siblings], with_.state.families.identity).all()
    assert len(with_.state.families) < ORDINALS_A_YEAR


def test_dwellings_bring_the_children_their_yield_says(tmp_path: Path, towns: pd.DataFrame) -> None:
    """20,000 flats in one place, 70 % lived in, 0.2 and 0.08 public pupils each, in four years.

    Resident children are pupils over the public share: 0.82 and 0.91.
    """
    town = towns[towns["kind"] == "county_town"].iloc[0]
    rows = f"estate,{town.township},{town.settlement},20000,completed,2018,flat\n"
    county = with_housing(tmp_path, rows, STILL)
    base = county_of(STILL)
    row = county.geography.settlements.index(town.settlement)
    model, other = model_of(county), model_of(base)
    came = np.zeros(10)
    for _ in range(4):
        young = [m.state.population.persons[:, :, 0:6].sum() for m in (model, other)]
        model.step()
        other.step()
        grade = model.state.families.grade(model.state.year)[model.this_year.first_arrival :]
        home = model.state.families.settlement[model.this_year.first_arrival :]
        assert (home == row).all()
        came += np.bincount(grade, minlength=10)
    primary, junior = 20000 * 0.7 * 0.2 / 0.82, 20000 * 0.7 * 0.08 / 0.91
    assert came[1:7].sum() == pytest.approx(primary, abs=4 * np.sqrt(primary))
    assert came[7:].sum() == pytest.approx(junior, abs=4 * np.sqrt(junior))
    young = [m.state.population.persons[:, :, 0:6].sum() for m in (model, other)]
    # One sixth of the primary children at each age 0-5; those who came at five have grown up.
    added = primary / 6 * (6 - 0.3 * 3 - 0.3 * 2 - 0.25 * 1)
    assert young[0] - young[1] == pytest.approx(added, rel=0.02)
    model.step()
    assert model.this_year.first_arrival == len(model.state.families)


def test_planned_dwellings_come_in_some_futures_only(tmp_path: Path, towns: pd.DataFrame) -> None:
    town = towns.iloc[0]
    rows = "".join(f"e{i},{town.township},,500,planned,2019,\n" for i in range(40))
    county = with_housing(tmp_path, rows, STILL)
    assert county.arrivals is not None
    totals = county.arrivals.housing.sum(axis=(1, 2, 3))
    assert totals[0] != totals[1]
    whole = 40 * 500 * 0.7 * (0.2 / 0.82 / 6 + 0.08 / 0.91 / 3)
    assert (totals / whole == pytest.approx([0.3, 0.3], abs=0.25)) and (totals > 0).all()


def test_usual_building_is_not_counted_twice(tmp_path: Path, towns: pd.DataFrame) -> None:
    """Where rates of arrival hold 100 dwellings a year, 100 more a year add nothing."""
    town = towns[towns["kind"] == "county_town"].iloc[0]
    past = "".join(
        f"p{y},{town.township},{town.settlement},100,completed,{y},flat\n"
        for y in range(2010, 2018)
    )
    ahead = "".join(
        f"a{y},{town.township},{town.settlement},100,completed,{y},flat\n"
        for y in range(2018, 2024)
    )
    more = f"big,{town.township},{town.settlement},900,completed,2019,flat\n"

    def housing(rows: str, changes: dict[str, object]) -> float:
        return float(with_housing(tmp_path, rows, changes).arrivals.housing[0].sum())

    assert housing(past + ahead, GROWING) == pytest.approx(0.0, abs=1e-9)
    alone = housing(more, STILL)
    assert housing(past + ahead + more, GROWING) == pytest.approx(alone)
    assert housing(past + ahead, {**GROWING, "housing.usual_years": 0}) > 10
    # Without rates of arrival nothing holds the usual building.
    assert housing(past + ahead, STILL) > 10


def test_bad_developments_are_named(tmp_path: Path, towns: pd.DataFrame) -> None:
    town = towns.iloc[0]
    with pytest.raises(InvalidInput) as caught:
        with_housing(tmp_path, "a,nowhere,,10,completed,2019,\nb,x,y,10,soon,2019,\n", BASE)
    text = str(caught.value)
    assert "nowhere" in text
    assert "soon" in text
    with pytest.raises(InvalidInput, match="has no yield"):
        with_housing(tmp_path, f"a,{town.township},,10,completed,2019,palace\n", BASE)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("rate_by_grade", [0.1] * 8, "rate_by_grade"),
        ("rate_by_grade", [-0.1] + [0.0] * 8, r"rate_by_grade\.0: -0\.1 is out of range"),
        ("share_by_kind", [0.5, 0.2, 0.1], "instead of 1"),
    ],
)
def test_bad_rates_are_refused(key: str, value: list[float], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        capsim.load(FOLDER / "baseline.yaml", {f"choice.arriving.{key}": value})


def test_arrivals_outside_public_schools_have_their_destination() -> None:
    county = county_of(GROWING)
    model = model_of(county)
    model.step()
    came = model.state.families.take(
        np.arange(model.this_year.first_arrival, len(model.state.families))
    )
    assert (came.state == PRIVATE).mean() == pytest.approx(0.07, abs=0.04)
