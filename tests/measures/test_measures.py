"""The inputs of standards and budget, gathered from two scenarios with different schools."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.testing import assert_array_equal

from capsim.core.dims import LEVELS, SCHOOL_KINDS
from capsim.measures.inputs import add_measures, budget_inputs, entrants_before, indicator_inputs
from capsim.scenario.options.budget import BudgetOptions, StandardsOptions

RUN = ("scenario", "replicate", "year")
YEARS = [2017, 2018]
UNION = ["town", "point", "new"]


def county(name: str, ids: list[str], projects: tuple[str, ...], sources: tuple[str, ...]) -> Any:
    """The parts of a county that are read."""
    kinds = {"town": "primary", "point": "teaching_point", "new": "primary"}
    areas = {"town": [900.0, 0.0], "point": [np.nan, 0.0], "new": [np.nan, np.nan]}
    rolls = pd.DataFrame(
        {
            "school": ["town", "town", "point", "town"],
            "grade": [1, 1, 1, 2],
            "year": [2016, 2017, 2016, 2016],
            "pupils": [40, 41, 5, 99],
        }
    )
    scenario = SimpleNamespace(
        name=name,
        standards=StandardsOptions(),
        budget=BudgetOptions(inflation_per_year=0.0),
        years=SimpleNamespace(base=2017),
        tables=lambda: SimpleNamespace(rolls=rolls),
    )
    schools = SimpleNamespace(
        ids=tuple(ids),
        kind=np.array([SCHOOL_KINDS.index(kinds[s]) for s in ids]),
        resources={"teaching_area_m2": np.array([areas[s] for s in ids])},
    )
    programme = SimpleNamespace(project_ids=projects, funding_sources=sources)
    return SimpleNamespace(scenario=scenario, schools=schools, programme=programme)


COUNTIES = [
    county("baseline", ["town", "point"], (), ()),
    county("plan", ["point", "town", "new"], ("school",), ("province", "county")),
]


def record(payments: Any) -> dict[str, Any]:
    return {
        "payments": np.array(payments, dtype=np.int64),
        "bus_cost_yuan": np.array([np.nan, 100.0]),
        "lease_cost_yuan": np.array([0.0, 7.0]),
        "leased_seats": np.array([0.0, 0.0]),
    }


RECORDS = [
    [record(np.zeros((2, 0, 0))), record(np.zeros((2, 0, 0)))],
    [record([[[0, 0]], [[30_000_001, 70]]]), record([[[0, 0]], [[0, 0]]])],
]


def results() -> xr.Dataset:
    roll = np.zeros((2, 2, 2, 3, 9))
    roll[:, :, :, 0, :6] = 30
    roll[:, :, :, 1, :3] = 20
    open_now = np.ones((2, 2, 2, 3))
    open_now[0, :, :, 2] = 0
    open_now[1, :, 0, 2] = 0
    teachers = np.full((2, 2, 2, 3, 2), 4.0)
    data = {"roll": ((*RUN, "school", "grade"), roll), "is_open": ((*RUN, "school"), open_now)}
    for name in ("teachers", "teachers_backbone", "teachers_high_degree", "teachers_pe_arts"):
        data[name] = ((*RUN, "school", "level"), teachers)
    coords = {
        "scenario": ["baseline", "plan"],
        "replicate": [0, 1],
        "year": YEARS,
        "school": UNION,
        "grade": np.arange(1, 10),
        "level": list(LEVELS),
        "name": ("school", ["Town", "Point", "New"]),
    }
    return xr.Dataset(data, coords=coords)


def test_tables_are_placed_on_the_union_of_schools() -> None:
    found = indicator_inputs(results(), COUNTIES)
    area = found["teaching_area_m2"].sel(level="primary")
    assert_array_equal(area.values, [[900, np.nan, np.nan], [900, np.nan, np.nan]])
    assert found["is_teaching_point"].values.tolist() == [False, True, False]
    assert "sports_area_m2" not in found
    assert found["teachers_backbone"].dims == (*RUN, "school", "level")


def test_money_is_placed_on_the_union_of_projects_and_sources() -> None:
    found = budget_inputs(results(), COUNTIES, RECORDS)
    assert found["funding_source"].values.tolist() == ["province", "county"]
    paid = found["payments"].sel(project="school", year=2018)
    assert paid.sel(scenario="baseline").sum() == 0
    assert paid.sel(scenario="plan", replicate=0).values.tolist() == [30_000_001, 70]
    assert found["bus_cost_yuan"].sel(scenario="plan", replicate=1).values.tolist() == [0, 100]


def test_payments_reach_the_results_to_the_yuan() -> None:
    data = add_measures(results(), COUNTIES, RECORDS)
    cost = data["capital_cost"].sel(scenario="plan", replicate=0, year=2018, project="school")
    for basis in ("nominal", "real"):
        assert cost.sel(price_basis=basis).values.tolist() == [30_000_001, 70]
    buses = data["running_cost"].sel(cost_item="buses", price_basis="real", year=2018)
    assert (buses == 100).all()
    town = data["indicator"].sel(school="town", level="primary", replicate=0, year=2018)
    assert (town.sel(resource_indicator="teaching_floor_area") == 900 / 180).all()
    assert data["name"].values.tolist() == ["Town", "Point", "New"]


def test_entrants_of_earlier_years_are_those_of_grade_1() -> None:
    assert entrants_before(COUNTIES[0]) == {2016: 45.0}
