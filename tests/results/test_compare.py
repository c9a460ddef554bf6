"""Paired comparison of scenarios against differences worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.results.compare import BETTER, DEFAULT_VARIABLES, compare, probability_higher

YEARS = [2017, 2018]
LEVELS = ["primary", "junior"]


@pytest.fixture
def data():
    """Two scenarios x four replicates; `plan` closes seats in three replicates of four."""
    gap = np.zeros((3, 4, 2, 2, 3))
    gap[:, :, :, 0, 0] = 100
    gap[:, :, :, 1, 2] = 50
    gap[:, :, :, 0, 2] = gap[:, :, :, 1, 0] = np.nan  # areas of the other level
    gap[1, :, 1, 0, 0] -= [30, 10, 0, -10]
    gap[2] = gap[0]
    cost = np.full((3, 4, 2, 2, 1, 2), np.nan)
    cost[:, :, 1] = 0.0
    cost[1, :, 1, 0, 0, 0] = 1100
    cost[1, :, 1, 0, 0, 1] = 1000
    travel = np.zeros((3, 4, 2, 2, 3)) + 2.0
    travel[1] += 0.5
    run = ("scenario", "replicate", "year")
    return xr.Dataset(
        {
            "seat_gap": ((*run, "level", "planning_area"), gap),
            "capital_cost": ((*run, "project", "funding_source", "price_basis"), cost),
            "travel_km": ((*run, "level", "settlement_kind"), travel),
            "quality": ((*run, "level"), np.zeros((3, 4, 2, 2))),
            "pupil_flows": (("scenario", "quantile", "year"), np.zeros((3, 3, 2))),
        },
        coords={
            "scenario": ["baseline", "plan", "again"],
            "replicate": range(4),
            "year": YEARS,
            "level": LEVELS,
            "planning_area": ["primary:A", "primary:B", "junior:A"],
            "settlement_kind": ["county_town", "township_seat", "village"],
            "price_basis": ["nominal", "real"],
            "project": ["new", "other"],
            "funding_source": ["county"],
        },
    )


def row(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1, table
    return table.iloc[0]


def test_differences_are_paired_by_replicate(data):
    table = compare(data, "baseline", variables=["seat_gap"]).table
    found = row(table, scenario="plan", year=2018, level="primary")
    # Differences: -30, -10, 0, +10
    assert found["mean"] == -7.5
    assert found["p10"] == pytest.approx(-24)
    assert found["p50"] == -5
    assert found["p90"] == pytest.approx(7)
    assert found["baseline_mean"] == 100
    assert found["scenario_mean"] == 92.5
    assert found["unit"] == "seats"
    # Higher in one of four, a tie in one: 0.25 + 0.125; a lower gap is better.
    assert found["probability_higher"] == 0.375
    assert found["better"] == "lower"
    assert found["probability_better"] == 0.625


def test_a_scenario_compared_with_itself_is_all_zeros(data):
    table = compare(data, "baseline", scenarios=["again"]).table
    figures = table[["mean", "p10", "p50", "p90"]].to_numpy()
    assert len(table) > 0 and not figures.any()
    assert (table["probability_higher"] == 0.5).all()


def test_the_comparison_the_other_way_round_has_the_other_sign(data):
    there = compare(data, "baseline", scenarios=["plan"], variables=["seat_gap"]).table
    back = compare(data, "plan", scenarios=["baseline"], variables=["seat_gap"]).table
    assert np.array_equal(there["mean"], -back["mean"])
    assert np.allclose(there["p10"], -back["p90"])
    assert np.allclose(there["probability_better"], 1 - back["probability_better"])


def test_costs_are_real_and_missing_base_years_are_left_out(data):
    table = compare(data, "baseline", variables=["capital_cost"]).table
    found = row(table, scenario="plan")
    assert found["year"] == 2018 and found["mean"] == 1000
    assert found["probability_better"] == 0.0
    nominal = compare(
        data, "baseline", variables=["capital_cost"], by=["price_basis", "project"]
    ).table
    cell = row(nominal, scenario="plan", price_basis="nominal", project="new")
    assert cell["mean"] == 1100


def test_missing_cells_of_the_other_level_are_not_zeros(data):
    table = compare(data, "baseline", variables=["seat_gap"], by=["planning_area", "level"]).table
    areas = table[table["level"] == "junior"]["planning_area"]
    assert "junior:A" in set(areas)
    assert not ((table["level"] == "junior") & (table["planning_area"] == "primary:A")).any()


def test_what_does_not_add_keeps_its_dimensions(data):
    table = compare(data, "baseline", variables=["travel_km", "seat_gap"], years=[2018]).table
    travel = table[(table["variable"] == "travel_km") & (table["scenario"] == "plan")]
    assert len(travel) == 2 * 3
    assert (travel["mean"] == 0.5).all()
    assert set(table[table["variable"] == "seat_gap"]["settlement_kind"]) == {""}


def test_variables_that_are_kept_as_quantiles_cannot_be_paired(data):
    with pytest.raises(InvalidInput, match="kept as quantiles"):
        compare(data, "baseline", variables=["pupil_flows"])


def test_faults_are_found_together(data):
    with pytest.raises(InvalidInput) as caught:
        compare(data, "bas", scenarios=["pln"])
    assert len(caught.value.problems) == 2
    with pytest.raises(InvalidInput, match="unknown variable 'x'"):
        compare(data, "baseline", variables=["x"])
    with pytest.raises(InvalidInput, match="year 2030 is not in the results"):
        compare(data, "baseline", years=[2030])
    with pytest.raises(InvalidInput, match="run at least two"):
        compare(data.sel(scenario=["baseline"]), "baseline")


def test_inputs_stand_beside_outputs(data):
    changes = {"plan": [("programme.projects", 0, 2), ("enrolment.class_cap.primary", 45, 40)]}
    comparison = compare(data, "baseline", input_differences=changes)
    inputs, outputs = comparison.beside("plan", 2018)
    assert inputs["key"].tolist() == ["programme.projects", "enrolment.class_cap.primary"]
    assert inputs["value"].tolist() == [2, 40]
    assert set(outputs["scenario"]) == {"plan"} and set(outputs["year"]) == {2018}
    assert comparison.beside("again", 2018)[0].empty
    with pytest.raises(InvalidInput):
        comparison.beside("plan", 2050)


def test_probability_counts_ties_half_and_leaves_missing_out():
    differences = np.array([[1.0, -1.0, 0.0, np.nan], [np.nan] * 4])
    share = probability_higher(differences)
    assert share[0] == 0.5
    assert np.isnan(share[1])


def test_directions_and_defaults_name_variables_of_the_catalogue():
    from capsim.core.catalogue import BY_NAME

    assert set(BETTER) <= set(BY_NAME)
    assert set(DEFAULT_VARIABLES) <= set(BY_NAME)
