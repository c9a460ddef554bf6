"""Censuses given more than once, in one file or several: one line, and nobody counted twice."""

import shutil

import numpy as np
import pandas as pd
import pytest

from capsim.core.errors import InvalidInput
from capsim.county.base_year import dated_populations
from capsim.scenario.load import load

SURVIVAL = np.ones((2, 102))


def lines(files: list[str]) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load("baseline.yaml", {"data.population": files})
    return str(caught.value).splitlines()


def census() -> pd.DataFrame:
    return pd.read_csv("tables/population.csv", dtype=str)


@pytest.mark.usefixtures("county")
def test_a_file_named_twice_is_one_line() -> None:
    (line,) = lines(["population.csv", "population.csv"])
    assert line.endswith("data.population: population.csv is named twice (name each file once)")


@pytest.mark.usefixtures("county")
def test_the_same_census_in_two_files_is_one_line() -> None:
    shutil.copyfile("tables/population.csv", "tables/copy.csv")
    count = len(census())
    (line,) = lines(["population.csv", "copy.csv"])
    assert line.startswith(f"copy.csv:2: the same as in population.csv, and {count - 1} more rows")


@pytest.mark.usefixtures("county")
def test_one_row_again_in_another_file() -> None:
    census().iloc[4:5].to_csv("tables/more.csv", index=False)
    (line,) = lines(["population.csv", "more.csv"])
    assert line.startswith("more.csv:2: the same as in population.csv (")


@pytest.mark.usefixtures("county")
def test_two_dates_in_two_files_are_fine() -> None:
    older = census().assign(date="2010-11-01")
    older.to_csv("tables/older.csv", index=False)
    found = load("baseline.yaml", {"data.population": ["older.csv", "population.csv"]})
    assert len(found.tables().population) == 2 * len(census())


@pytest.mark.usefixtures("county")
def test_the_county_under_two_names_is_one_line() -> None:
    both = pd.concat([census(), census().assign(area="*")])
    both.to_csv("tables/population.csv", index=False)
    (line,) = lines(["population.csv"])
    assert line == (
        f"population.csv:{len(census()) // 2 + 2}: area: the county on 2020-11-01 is given under "
        "two names: Example and *"
    )


@pytest.mark.usefixtures("county")
def test_townships_beside_the_county_are_no_further_people() -> None:
    whole = dated_populations(load("baseline.yaml").tables().population, SURVIVAL)[0].persons
    parts = []
    townships = sorted(set(load("baseline.yaml").tables().settlements["township"]))
    for name in townships:
        numbers = census()["persons"].astype(int) // len(townships)
        parts.append(census().assign(area=name, persons=numbers))
    pd.concat([census(), *parts]).to_csv("tables/population.csv", index=False)
    scenario = load("baseline.yaml")
    found = dated_populations(scenario.tables().population, SURVIVAL)[0].persons
    np.testing.assert_array_equal(found, whole)
    assert not any("adds up" in warning.what for warning in scenario.provenance.warnings)
    pd.concat(parts).to_csv("tables/population.csv", index=False)
    alone = dated_populations(load("baseline.yaml").tables().population, SURVIVAL)[0].persons
    assert alone.sum() == pytest.approx(whole.sum(), rel=0.01)
