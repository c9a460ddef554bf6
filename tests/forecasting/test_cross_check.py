"""Grade progression beside the run, where the rolls have a history."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

import capsim as cs
from capsim.forecasting.cross_check import check_table, progression_check

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"
SHORT = {"years.horizon": 2019, "demography.births.stress_paths": []}


def test_without_history_there_is_no_cross_check() -> None:
    scenario = cs.load(JIAJIANG / "baseline.yaml", SHORT)
    results = cs.run(scenario, replicates=1)
    assert progression_check(scenario, results.data) == []
    assert results.provenance["progression_check"] == {}


def test_one_year_ahead_is_the_hand_calculation(tmp_path: Path) -> None:
    """Each year every grade is 2 % larger: a cohort grows by 1.02 x (grade / grade below)."""
    county = tmp_path / "county"
    shutil.copytree(JIAJIANG, county)
    table = county / "tables" / "rolls.csv"
    now = pd.read_csv(table, encoding="utf-8-sig")
    years = []
    for year in range(2014, 2018):
        past = now.assign(year=year)
        if year < 2017:
            past["pupils"] = (now["pupils"] * 1.02 ** (year - 2017)).round().astype(int)
        years.append(past)
    history = pd.concat(years)
    history.to_csv(table, index=False)
    scenario = cs.load(county / "baseline.yaml", SHORT)
    results = cs.run(scenario, replicates=2)
    rows = check_table(results.provenance["progression_check"]["baseline"])
    pupils = history.groupby(["year", "grade"])["pupils"].sum()
    expected = float(
        results.data.entrants.sel(scenario="baseline", year=2018, level="primary")
        .sum("school")
        .median("replicate")
    )
    for grade in range(2, 7):
        above = sum(pupils[y, grade] for y in (2015, 2016, 2017))
        below = sum(pupils[y - 1, grade - 1] for y in (2015, 2016, 2017))
        expected += pupils[2017, grade - 1] * above / below
    found = rows[(rows["year"] == 2018) & (rows["level"] == "primary")].iloc[0]
    assert found["progression"] == pytest.approx(expected, rel=0.002)
    assert found["difference_percent"] == pytest.approx(
        100 * (found["run"] / found["progression"] - 1)
    )
