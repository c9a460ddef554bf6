"""The indicators of the national standard, in a hand-made county in which every one is known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from standards_cases import (
    EXACT,
    NAN,
    SCHOOLS,
    at,
    county,
    stocks,
)

from capsim.core.errors import InvalidInput
from capsim.measures.standards import add_indicators
from capsim.scenario.options.budget import StandardsOptions


@pytest.fixture
def results() -> xr.Dataset:
    return add_indicators(county(), stocks(), EXACT)


class TestIndicators:
    @pytest.mark.parametrize(
        ("indicator", "town", "nine_primary", "nine_junior"),
        [
            ("high_degree_teachers", 4.0, 5.0, 6.0),
            ("backbone_teachers", 1.0, 1.0, 1.0),
            ("pe_arts_teachers", 1.0, 1.0, 2 / 3),
            ("teaching_floor_area", 4.0, 6.0, 7.0),
            ("sports_area", 7.5, 7.5, 10.2),
            ("equipment_value", 2000, 2000, 2500),
            ("multimedia_classrooms", 2.5, 2.5, 8 / 3),
        ],
    )
    def test_base_year_by_hand(
        self,
        results: xr.Dataset,
        indicator: str,
        town: float,
        nine_primary: float,
        nine_junior: float,
    ) -> None:
        for school, level, expected in (
            ("town", "primary", town),
            ("nine_year", "primary", nine_primary),
            ("nine_year", "junior", nine_junior),
        ):
            found = at(
                results,
                "indicator",
                year=2017,
                school=school,
                level=level,
                resource_indicator=indicator,
            )
            assert found == pytest.approx(expected, rel=1e-6)

    def test_met_as_the_thresholds_say(self, results: xr.Dataset) -> None:
        met = results["indicator_met"].sel(scenario="plan", replicate=0, year=2017)
        assert met.sel(school="town", level="primary").values.tolist() == [0, 1, 1, 0, 1, 1, 1]
        assert met.sel(school="nine_year", level="primary").values.tolist() == [1] * 7
        assert met.sel(school="nine_year", level="junior").values.tolist() == [1, 1, 0, 1, 1, 1, 1]

    def test_tiny_teaching_point_and_closed_school_are_left_out(self, results: xr.Dataset) -> None:
        base = results["indicator"].sel(year=2017)
        assert base.sel(school="tiny_point").isnull().all()
        assert base.sel(school="new").isnull().all()
        assert base.sel(school="town", level="junior").isnull().all()
        assert base.sel(school="large_point", level="primary").notnull().all()

    def test_a_teaching_point_counts_from_the_year_it_reaches_the_size(self) -> None:
        data = county()
        data["roll"].loc[{"school": "tiny_point", "year": 2019, "grade": 1}] = 10.0  # 40 + 10
        after = add_indicators(data, stocks(), EXACT)["indicator"]
        tiny = after.sel(
            school="tiny_point", level="primary", resource_indicator="multimedia_classrooms"
        )
        assert tiny.sel(year=2018).isnull().all()
        assert_allclose(tiny.sel(year=2019), 2.0)

    def test_the_new_school_brings_its_resources(self, results: xr.Dataset) -> None:
        new = results["indicator"].sel(school="new", level="primary", year=2018, replicate=1)
        # 270 seats at 4.5 m2 for 120 pupils
        assert_allclose(new.sel(resource_indicator="teaching_floor_area"), 270 * 4.5 / 120)
        assert_allclose(
            new.sel(resource_indicator="multimedia_classrooms"), 100 * 270 * 0.023 / 120
        )
        assert_allclose(new.sel(resource_indicator="high_degree_teachers"), 5.0)
        none = StandardsOptions(resources_of_new_seats_share=0.0)
        bare = add_indicators(county(), stocks(), none)["indicator"]
        assert (
            bare.sel(school="new", level="primary", resource_indicator="sports_area")[..., 1:] == 0
        ).all()

    def test_variation_coefficient_of_the_county(self, results: xr.Dataset) -> None:
        # floor area, primary, 2017: 1200 pupils at 4, 600 at 6, 60 at 500/60; 8900 m2 / 1860
        mean = 8900 / 1860
        variance = (
            1200 * (4 - mean) ** 2 + 600 * (6 - mean) ** 2 + 60 * (500 / 60 - mean) ** 2
        ) / 1860
        found = at(
            results,
            "variation_coefficient",
            year=2017,
            level="primary",
            resource_indicator="teaching_floor_area",
        )
        assert found == pytest.approx(np.sqrt(variance) / mean)
        only_one = results["variation_coefficient"].sel(level="junior", year=2017)
        assert_array_equal(only_one.values, 0.0)

    def test_attributes_and_dimensions(self, results: xr.Dataset) -> None:
        run = ("scenario", "replicate", "year")
        assert results["indicator"].dims == (*run, "school", "level", "resource_indicator")
        assert results["variation_coefficient"].dims == (*run, "level", "resource_indicator")
        assert results["retention"].dims == run
        assert results["indicator"].attrs["long_name_zh"] == "资源配置指标"
        assert "roll" in results and results["roll"].equals(county()["roll"])

    def test_inputs_by_year_and_replicate(self) -> None:
        data, inputs = county(), stocks()
        fewer = xr.DataArray([[1.0, 1.0, 0.5]] * 2, dims=("replicate", "year"))
        inputs["teachers_backbone"] = inputs["teachers_backbone"] * fewer
        inputs = inputs.assign_coords(replicate=data["replicate"], year=data["year"])
        found = add_indicators(data, inputs, EXACT)["indicator"]
        nine = found.sel(
            school="nine_year", level="primary", resource_indicator="backbone_teachers"
        )
        assert_allclose(nine.values[0, 1], [1.0, 1.0, 0.5])

    def test_absent_stock_is_unknown_and_not_zero(self) -> None:
        found = add_indicators(county(), stocks().drop_vars("equipment_yuan"), EXACT)
        equipment = {"resource_indicator": "equipment_value"}
        assert found["indicator"].sel(equipment).isnull().all()
        assert found["indicator_met"].sel(equipment).isnull().all()
        assert found["variation_coefficient"].sel(equipment).isnull().all()

    def test_scenarios_with_their_own_thresholds(self) -> None:
        data = county(("plan", "strict", "plan@collapse"))
        strict = StandardsOptions.model_validate({"figures": {"sports_area": {"primary": 8}}})
        found = add_indicators(data, stocks(), {"plan": EXACT, "strict": strict})["indicator_met"]
        town = found.sel(
            school="town", level="primary", resource_indicator="sports_area", year=2017
        )
        assert town[:, 0].values.tolist() == [1, 0, 1]  # a stress path is held to its plan's

    def test_faulty_inputs_are_named_together(self) -> None:
        wrong = stocks().rename({"teachers_backbone": "backbone"})
        wrong = wrong.assign_coords(school=[*SCHOOLS[1:], "town"])
        with pytest.raises(InvalidInput) as caught:
            add_indicators(county(), wrong, EXACT)
        assert "unknown variable backbone" in str(caught.value)
        assert "labels of school differ" in str(caught.value)
        with pytest.raises(InvalidInput, match="no options for the scenario plan"):
            add_indicators(county(), stocks(), {"other": EXACT})

    def test_retention_needs_history(self) -> None:
        data = county()
        found = add_indicators(data, stocks(), EXACT, entrants_before={2010: 120, 2011: 125})
        # 100 pupils in grade 9 each year; their cohorts entered in 2009, 2010 and 2011
        assert_allclose(found["retention"].values[0, 0], [NAN, 100 / 120, 100 / 125])
