"""The projection from published drivers against the published medium variant.

A check of arithmetic, not of forecasting skill: World Population Prospects 2019.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from capsim.demography import project_periods

FOLDER = Path(
    os.environ.get(
        "CAPSIM_VALIDATION_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"
    )
)
FILES = {
    "base": "wpp2019_base_population_2020.csv",
    "drivers": "wpp2019_drivers_2020_2050.csv",
    "percent": "wpp2019_percent_asfr_2020_2050.csv",
    "mx": "wpp2019_mx_2020_2050.csv",
    "schedule": "assumed_migration_schedule.csv",
    "published": "wpp2019_population_medium_2025_2050.csv",
}
pytestmark = pytest.mark.skipif(
    not all((FOLDER / name).exists() for name in FILES.values()),
    reason="validation data not found: set CAPSIM_VALIDATION_DATA to its folder",
)


@pytest.fixture(scope="module")
def data():
    return {key: pd.read_csv(FOLDER / name) for key, name in FILES.items()}


@pytest.fixture(scope="module")
def projected(data):
    return project_periods(
        data["base"],
        data["drivers"],
        data["percent"],
        data["mx"],
        data["schedule"],
        area="country",
        population_value="population_thousand",
        migration_value="net_migration_thousand",
    ).population


def published(data, country, year, ages=None):
    rows = data["published"].query("country == @country and year == @year")
    rows = rows if ages is None else rows[rows["age"] == ages]
    return rows.groupby("sex")["population_thousand"].sum()


@pytest.mark.parametrize(("year", "total", "children"), [(2030, 0.15, 1.25), (2050, 0.4, 1.75)])
def test_totals_and_children_meet_the_published_variant(data, projected, year, total, children):
    for country in projected.area.values.tolist():
        found = projected.sel(area=country, year=year)
        wanted = published(data, country, year).sum()
        assert float(found.sum()) == pytest.approx(wanted, rel=total / 100), country
        for first in (0, 5, 10):
            ages = f"{first}-{first + 4}"
            wanted = published(data, country, year, ages).sum()
            part = float(found.sel(age=slice(first, first + 4)).sum())
            assert part == pytest.approx(wanted, rel=children / 100), (country, ages)


@pytest.mark.parametrize("year", [2030, 2050])
def test_sex_ratio_of_the_youngest(data, projected, year):
    for country in projected.area.values.tolist():
        wanted = published(data, country, year, "0-4")
        found = projected.sel(area=country, year=year, age=slice(0, 4)).sum("age")
        ratio = float(found.sel(sex="male") / found.sel(sex="female"))
        assert ratio == pytest.approx(wanted["male"] / wanted["female"], rel=0.005), country


@pytest.mark.validate
def test_table_of_the_documentation(data, projected, capsys):
    """Errors in percent, as the documentation shows them."""
    rows = {}
    for country in projected.area.values.tolist():
        for year in (2030, 2050):
            found = projected.sel(area=country, year=year)
            row = {"total": float(found.sum()) / published(data, country, year).sum()}
            for first in (0, 5, 10):
                ages = f"{first}-{first + 4}"
                part = float(found.sel(age=slice(first, first + 4)).sum())
                row[ages] = part / published(data, country, year, ages).sum()
            rows[country, year] = {key: 100 * (value - 1) for key, value in row.items()}
    with capsys.disabled():
        print("\nUN check, error in %\n", pd.DataFrame(rows).T.round(2).to_string())
    assert len(rows) == 8


def test_a_fault_would_be_seen(data):
    """Fertility frozen at its first period breaks the tolerance in 2050 in every country."""
    drivers = data["drivers"].copy()
    drivers["tfr"] = drivers.groupby("country")["tfr"].transform("first") * 1.1
    result = project_periods(
        data["base"],
        drivers,
        data["percent"],
        data["mx"],
        data["schedule"],
        area="country",
        population_value="population_thousand",
        migration_value="net_migration_thousand",
    ).population
    for country in result.area.values.tolist():
        wanted = published(data, country, 2050, "0-4").sum()
        found = float(result.sel(area=country, year=2050, age=slice(0, 4)).sum())
        assert abs(found / wanted - 1) > 0.0175
