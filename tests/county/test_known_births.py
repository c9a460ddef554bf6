"""A table of births drives the cohorts: by place, by basis, up to the information date."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import capsim
from capsim.core.errors import InvalidInput
from capsim.county.births_coverage import past_entrants, past_stay
from capsim.county.county import County, build_county
from capsim.county.known_births import (
    births_by_township,
    known_births,
    reaching_age,
)
from capsim.scenario.options.choice import LeavingOptions
from capsim.scenario.options.entry import CoverageOptions
from capsim.year.model import CountyModel

FOLDER = Path(__file__).parents[2] / "scenarios" / "jiajiang"
STILL = {
    "years.horizon": 2026,
    "choice.moving.enabled": False,
    "choice.leaving.enabled": False,
    "demography.mortality": "none",
    "demography.migration.outside": "none",
    "demography.migration.village_to_town": 0.0,
    "demography.migration.village_to_seat": 0.0,
    "demography.migration.seat_to_town": 0.0,
    "demography.births.stress_paths": [],
    "participation.primary": {"private": 0.0, "out_of_county": 0.0},
    "participation.junior": {"private": 0.0, "out_of_county": 0.0},
    "coverage.factor": 1.0,
    "data.births": "births.csv",
}
TOWNSHIPS = tuple(
    pd.read_csv(FOLDER / "tables" / "townships.csv", encoding="utf-8-sig")["township"]
)


def county_with(tmp_path: Path, births: pd.DataFrame, changes: dict[str, object]) -> County:
    folder = tmp_path / "place"
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    births.to_csv(folder / "tables" / "births.csv", index=False)
    return build_county(capsim.load(folder / "baseline.yaml", changes), replicates=3)


def model_of(county: County, replicate: int = 0) -> CountyModel:
    return CountyModel(county, replicate)


def table(
    years: range, births: dict[str, float], basis: str = "hukou", growth: float = 0.0
) -> pd.DataFrame:
    rows = [
        (year, area, round(number * (1 + growth) ** (year - years[0])), basis)
        for year in years
        for area, number in births.items()
    ]
    return pd.DataFrame(rows, columns=["year", "area", "births", "basis"])


def by_township() -> dict[str, float]:
    return {name: 60.0 + 7 * number for number, name in enumerate(TOWNSHIPS)}


def test_entrants_are_the_births_of_their_cohort_township_by_township(tmp_path: Path) -> None:
    """The cohort of 2018 is 4/12 of the births of 2011 and 8/12 of those of 2012; all stay."""
    births = table(range(2010, 2020), by_township(), growth=0.05)
    county = county_with(tmp_path, births, STILL)
    model = model_of(county)
    wide = births.pivot_table(index="year", columns="area", values="births")[list(TOWNSHIPS)]
    townships = county.geography.township
    for entry in range(2018, 2026):
        model.step()
        cohort = 4 / 12 * wide.loc[entry - 7] + 8 / 12 * wide.loc[entry - 6]
        new = model.state.families.cohort == entry
        home = townships[model.state.families.settlement[new]]
        counted = np.bincount(home, minlength=len(TOWNSHIPS))
        assert counted.sum() == round(cohort.sum())
        # Rounded by settlement: at most a few children between townships.
        assert np.abs(counted - cohort.to_numpy()).max() < 5


def test_a_township_with_more_births_gets_more_children_and_others_none_of_them(
    tmp_path: Path,
) -> None:
    few = table(range(2010, 2020), by_township())
    more = few.copy()
    chosen = few["area"] == TOWNSHIPS[3]
    more.loc[chosen, "births"] *= 2
    children = []
    for births in (few, more):
        county = county_with(tmp_path, births, STILL)
        cells = county.persons[:, :, :6].sum(axis=(1, 2))
        children.append(np.bincount(county.geography.cell_township, weights=cells))
    change = children[1] - children[0]
    assert change[3] == pytest.approx(children[0][3], rel=1e-9)
    assert np.abs(np.delete(change, 3)).max() < 1e-9


def test_coverage_multiplies_the_children_and_not_the_births(tmp_path: Path) -> None:
    births = table(range(2010, 2020), by_township())
    whole = county_with(tmp_path, births, STILL)
    part = county_with(tmp_path, births, {**STILL, "coverage.factor": 0.8})
    ratio = part.persons[:, :, :6] / whole.persons[:, :, :6]
    np.testing.assert_allclose(ratio, 0.8)
    np.testing.assert_array_equal(part.births, whole.births)
    first, second = model_of(whole), model_of(part)
    for _ in range(3):
        first.step()
        second.step()
    young = [m.state.population.persons[:, :, 1].sum() for m in (first, second)]
    assert young[1] / young[0] == pytest.approx(0.8)


def test_coverage_is_what_entrants_say_beyond_what_is_modelled(tmp_path: Path) -> None:
    """With everybody staying, coverage is grade 1 over the births of its cohort.

    Grade 1 of 2017 is on record; grades 2 and 3 stand for the entrants of 2016 and 2015.
    """
    births = table(range(2005, 2020), {"county": 2400.0})
    changes = {**STILL, "coverage.factor": None}
    county = county_with(tmp_path, births, changes)
    entered = county.schools.roll[:, :3].sum()
    fitted = np.unique(county.population_rules.coverage)
    assert fitted == pytest.approx(entered / (3 * 2400.0), rel=1e-9)
    # Half of the children in private schools: the same rolls stand for twice the children.
    shares = {"private": 0.5, "out_of_county": 0.0}
    half = county_with(tmp_path, births, {**changes, "participation.primary": shares})
    assert np.unique(half.population_rules.coverage) == pytest.approx(2 * fitted)


def test_coverage_after_survival_leaving_and_moves_is_not_counted_twice(tmp_path: Path) -> None:
    """Births, hazards and coverage together lead back to the entrants that it was fitted to."""
    births = table(range(2005, 2020), {"county": 2400.0})
    moving = {k: v for k, v in STILL.items() if not k.startswith(("demography.m", "choice"))}
    county = county_with(tmp_path, births, {**moving, "coverage.factor": None})
    cohort = 2400.0 * np.unique(county.population_rules.coverage)[0]
    mothers = county.persons[:, 0, 20:35].sum(axis=1)
    cells = cohort * mothers / mothers.sum()
    six = reaching_age(cells, 6, county.population_rules, county.geography).sum()
    stay = past_stay(county.scenario.choice.leaving, county.death_rates)
    back = county.schools.roll[:, :3].sum(axis=0) / np.cumprod([1.0, stay[1], stay[2]])
    assert six * stay[0] == pytest.approx(back.mean(), rel=1e-9)


def test_coverage_by_township_needs_all_townships(tmp_path: Path) -> None:
    changes = {**STILL, "coverage.factor": None, "coverage.by": "township"}
    births = table(range(2005, 2020), by_township())
    fitted = county_with(tmp_path, births, changes).population_rules.coverage
    assert len(np.unique(fitted)) > 3
    with pytest.raises(InvalidInput, match="some townships are not known"):
        county_with(tmp_path, births[births["area"] != TOWNSHIPS[0]], changes)


def test_known_townships_keep_their_births_and_others_share_the_rest(tmp_path: Path) -> None:
    births = table(range(2010, 2020), {"county": 2000.0, TOWNSHIPS[1]: 500.0})
    model = model_of(county_with(tmp_path, births, STILL))
    model.step()
    cells = model.state.population.births_by_cell(2018)
    geography = model.county.geography
    townships = np.bincount(geography.cell_township, weights=cells)
    assert townships[1] == pytest.approx(500.0)
    assert townships.sum() == pytest.approx(2000.0)


def test_the_basis_is_chosen_and_must_be_clear(tmp_path: Path) -> None:
    both = pd.concat(
        [
            table(range(2010, 2020), {"county": 2000.0}, "hukou"),
            table(range(2010, 2020), {"county": 2600.0}, "hospital"),
        ]
    )
    for basis, number in (("hukou", 2000.0), ("hospital", 2600.0)):
        county = county_with(tmp_path, both, {**STILL, "coverage.basis": basis})
        assert county.births_of(0)[2018] == number
    with pytest.raises(InvalidInput, match=r"coverage\.basis"):
        county_with(tmp_path, both, STILL)


@pytest.mark.parametrize(
    ("date", "last"),
    [(dt.date(2018, 12, 30), 2017), (dt.date(2018, 12, 31), 2018), (dt.date(2019, 6, 1), 2018)],
)
def test_births_after_the_information_date_are_not_used(date: dt.date, last: int) -> None:
    known = known_births(
        table(range(2010, 2025), by_township()), TOWNSHIPS, CoverageOptions(), until=date
    )
    assert known is not None
    assert max(known.county) == last == known.years[-1]


def test_townships_ahead_add_up_to_the_county_in_every_draw() -> None:
    births = table(range(2008, 2018), by_township(), growth=-0.03)
    known = known_births(births, TOWNSHIPS, CoverageOptions(), until=dt.date(2018, 1, 1))
    assert known is not None
    county = np.column_stack([np.full(4, known.county[y]) for y in (2016, 2017)])
    ahead = county[:, -1:] * np.linspace(0.97, 0.6, 8) * np.array([[1.0], [0.9], [1.1], [1.3]])
    county = np.concatenate([county, ahead], axis=1)
    drawn = births_by_township(known, county, 2016, seed=3, noise=True)
    assert drawn is not None
    np.testing.assert_allclose(drawn.sum(axis=2), county, rtol=1e-9)
    assert (np.ptp(drawn[:, 0], axis=0) == 0).all()
    assert np.std(drawn[:, -1] / county[:, -1:], axis=0).min() > 0
    still = births_by_township(known, county, 2016, seed=3, noise=False)
    shares = still[:, 5] / county[:, 5:6]
    np.testing.assert_allclose(shares, np.broadcast_to(shares[0], shares.shape))


def test_townships_with_more_births_than_the_county_are_refused() -> None:
    births = table(range(2010, 2018), {"county": 100.0, TOWNSHIPS[0]: 200.0})
    with pytest.raises(InvalidInput, match="townships have 200 births, the county 100"):
        known_births(births, TOWNSHIPS, CoverageOptions(), until=dt.date(2018, 1, 1))


def test_a_history_of_rolls_counts_where_it_is_whole() -> None:
    rows = [("a", 1, 30, 2017), ("b", 1, 20, 2017), ("a", 2, 27, 2017), ("b", 2, 18, 2017),
            ("a", 3, 9, 2017), ("a", 1, 25, 2015), ("b", 1, 25, 2015), ("a", 1, 40, 2016),
            ("a", 1, 50, 2018), ("b", 1, 50, 2018)]  # fmt: skip
    rolls = pd.DataFrame(rows, columns=["school", "grade", "pupils", "year"])
    stay = np.full(9, 0.9)
    found = past_entrants(rolls, 2017, dt.date(2017, 9, 1), stay)
    assert found is not None
    # 2016 lacks school b, so grade 2 stands for it; 2018 lies after the information date.
    assert found.groupby("year")["pupils"].sum().to_dict() == pytest.approx(
        {2015: 50.0, 2016: 45 / 0.9, 2017: 50.0}
    )


def test_nobody_leaves_where_leaving_is_switched_off() -> None:
    deaths = np.zeros((2, 9))
    assert past_stay(LeavingOptions(enabled=False), deaths).tolist() == [1.0] * 9
    assert past_stay(LeavingOptions(), deaths)[0] == pytest.approx(1 - 0.012)


def test_a_short_table_is_continued_into_the_past_by_the_census(tmp_path: Path) -> None:
    changes = {k: v for k, v in STILL.items() if k != "data.births"}
    plain = build_county(capsim.load(FOLDER / "baseline.yaml", changes), replicates=3)
    births = table(range(2017, 2020), {"county": 2000.0})
    county = county_with(tmp_path, births, STILL)
    census = plain.births_of(0)
    scale = 6000.0 / sum(census[y] for y in (2017, 2018, 2019))
    assert county.births_of(0)[2018] == 2000.0
    assert county.births_of(0)[2016] == pytest.approx(census[2016] * scale)
    assert any("births before 2017 are read back" in str(note) for note in county.notes)
    assert county.births_known_until == 2019
    assert np.ptp(county.births[:, -1]) > 0


def test_coverage_of_a_township_is_drawn_towards_the_county(tmp_path: Path) -> None:
    births = table(range(2005, 2020), by_township())
    changes = {**STILL, "coverage.factor": None, "coverage.by": "township"}
    spread = [
        np.ptp(county_with(tmp_path, births, {**changes, **more}).population_rules.coverage)
        for more in ({}, {"coverage.prior_children": 5000}, {"coverage.limits": [0.9, 1.1]})
    ]
    assert spread[1] < 0.5 * spread[0]
    assert spread[2] == pytest.approx(0.2)


def test_births_that_begin_too_late_name_their_file(tmp_path: Path) -> None:
    births = table(range(2017, 2024), {"county": 2000.0})
    changes = {**STILL, "information_date": dt.date(2023, 12, 31)}
    with pytest.raises(InvalidInput, match=r"^births\.csv: no births of 2016 \(births are needed"):
        county_with(tmp_path, births, changes)
