"""Verdicts, failures, seat warnings and the county's own checks, in a hand-made county."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose
from standards_cases import (
    EXACT,
    OPTIONS,
    county,
    stocks,
)

from capsim.core.dims import CLASS_SIZE_BINS, LEVELS, SETTLEMENT_KINDS
from capsim.measures.compliance import (
    failing_schools,
    first_failures,
    school_verdicts,
    seat_warnings,
    seats_per_1000,
)
from capsim.measures.county_standard import county_checks
from capsim.measures.standards import add_indicators
from capsim.reference.standards import RESOURCE_INDICATORS
from capsim.scenario.options.budget import StandardsOptions


@pytest.fixture
def results() -> xr.Dataset:
    return add_indicators(county(), stocks(), EXACT)


class TestVerdictsAndFailures:
    def test_verdicts(self, results: xr.Dataset) -> None:
        verdict = school_verdicts(results, EXACT).sel(replicate=0, scenario="plan", year=2017)
        # town fails two; the nine-year school's junior part has one at 0.667 of 0.9 = 74 %
        assert verdict.sel(school="town", level="primary") == 0
        assert verdict.sel(school="nine_year").values.tolist() == [1, 0]
        assert verdict.sel(school="tiny_point", level="primary").isnull()

    def test_failing_schools_by_year(self, results: xr.Dataset) -> None:
        table = failing_schools(results, EXACT)
        town = table[(table["school"] == "town") & (table["year"] == 2017)]
        assert town["indicator"].tolist() == ["high_degree_teachers", "teaching_floor_area"]
        assert town["probability"].tolist() == [1.0, 1.0]
        assert town["median"].tolist() == [4.0, 4.0]
        assert town["threshold"].tolist() == [4.2, 4.5]
        assert town["below_floor"].tolist() == [0.0, 0.0]
        assert town["mark"].tolist() == ["found", "found"]
        assert town["source"].str.contains("2017, no. 6").all()
        junior = table[(table["school"] == "nine_year") & (table["level"] == "junior")]
        assert junior["indicator"].unique().tolist() == ["pe_arts_teachers"]
        assert junior["below_floor"].tolist() == [1.0] * 3
        assert "tiny_point" not in set(table["school"])

    def test_probability_is_the_share_of_replicates(self) -> None:
        data = county(replicates=4)
        data["roll"].loc[{"school": "nine_year", "replicate": 3, "year": 2019}] *= 2
        table = failing_schools(add_indicators(data, stocks(), EXACT), EXACT)
        nine = table[(table["school"] == "nine_year") & (table["level"] == "primary")]
        assert set(nine["year"]) == {2019}
        assert set(nine["probability"]) == {0.25}
        assert len(first_failures(table[table["school"] == "nine_year"])) == 1  # junior PE alone

    def test_first_failures(self, results: xr.Dataset) -> None:
        first = first_failures(failing_schools(results, EXACT))
        town = first[first["school"] == "town"].set_index("indicator")
        # with 1080 pupils the degree teachers are 4.44 per 100, floor area 4.44 is still short
        assert town.loc["high_degree_teachers", "years_failing"] == 1
        assert town.loc["teaching_floor_area", "years_failing"] == 3
        new = first[first["school"] == "new"]
        assert new["year"].unique().tolist() == [2018]
        assert new["indicator"].tolist() == ["backbone_teachers"]

    def test_no_failure_gives_an_empty_table_with_its_columns(self) -> None:
        rich = stocks().map(lambda a: a if a.dtype == bool else a * 0 + 1e9)
        table = failing_schools(add_indicators(county(), rich.fillna(1e9), EXACT), EXACT)
        assert len(table) == 0
        assert {"school", "probability", "median", "mark"} <= set(table.columns)
        assert len(first_failures(table)) == 0


def gaps(values: list[list[float]]) -> xr.Dataset:
    """Primary gaps by replicate and year of one area, and an area that never lacks a seat."""
    gap = np.array(values, dtype=float)
    both = np.full((1, *gap.shape, 2, 2), np.nan)
    both[0, :, :, 0, 0] = gap
    both[0, :, :, 1, 1] = 0.0
    run = ("scenario", "replicate", "year", "level", "planning_area")
    coords = {
        "scenario": ["plan"],
        "year": 2017 + np.arange(gap.shape[1]),
        "level": list(LEVELS),
        "planning_area": ["primary:centre", "junior:centre"],
    }
    return xr.Dataset({"seat_gap": (run, both), "demand": (run, both + 900)}, coords=coords)


class TestSeatWarnings:
    def test_probability_and_size(self) -> None:
        data = gaps([[0, 0, 100], [0, 50, 200], [0, 0, 300], [0, 0, 0], [0, 0, 0]])
        table = seat_warnings(data, OPTIONS)  # from 20 % on
        assert table["year"].tolist() == [2018, 2019]
        assert table["probability"].tolist() == [0.2, 0.6]
        assert table["median"].tolist() == [0.0, 100.0]
        assert table["mean_when_short"].tolist() == [50.0, 200.0]
        assert table["p90"].tolist() == pytest.approx([30.0, 260.0])
        assert set(table["first_year"]) == {2018}
        assert set(table["planning_area"]) == {"primary:centre"}
        strict = StandardsOptions(warning_probability=0.5)
        assert seat_warnings(data, strict)["year"].tolist() == [2019]

    def test_no_gap_gives_an_empty_list_with_its_columns(self) -> None:
        table = seat_warnings(gaps([[0, 0], [0, 0]]), OPTIONS)
        assert len(table) == 0
        assert {"planning_area", "probability", "median", "first_year"} <= set(table.columns)

    def test_one_replicate(self) -> None:
        table = seat_warnings(gaps([[0, 7]]), OPTIONS)
        assert table[["year", "probability", "p10", "p90"]].values.tolist() == [[2018, 1, 7, 7]]

    def test_seats_per_1000_residents(self) -> None:
        data = gaps([[0, 0]]).rename({"demand": "capacity"})
        run = ("scenario", "replicate", "year", "township")
        data["population"] = (run, np.full((1, 1, 2, 2), 9000.0))
        assert_allclose(seats_per_1000(data).values, 50.0)


class TestCountyChecks:
    @pytest.fixture
    def checks(self) -> xr.Dataset:
        data = county()
        run = ("scenario", "replicate", "year")
        sizes = np.zeros((1, 2, 3, 2, 80))
        sizes[:, :, :, 0, 44] = 20  # 20 primary classes of 45
        sizes[:, :, 2, 0, 57] = 3  # and 3 of 58 in the last year
        sizes[:, :, :, 1, 49] = 6
        data = data.assign_coords(
            class_size_bin=list(CLASS_SIZE_BINS), settlement_kind=list(SETTLEMENT_KINDS)
        )
        data["class_size"] = ((*run, "level", "class_size_bin"), sizes)
        share = np.broadcast_to([[1.0, 0.8, 0.5], [1.0, 0.9, 0.5]], (1, 2, 3, 2, 3)).copy()
        share[:, :, 0] = np.nan
        data["zone_school_share"] = ((*run, "level", "settlement_kind"), share)
        outcomes = np.broadcast_to([[[30.0], [10.0], [99.0]]], (1, 2, 3, 2, 1, 3, 1)).copy()
        dims = (*run, "level", "township", "settlement_kind", "outcome")
        data["outcomes"] = (dims, outcomes)
        teachers = np.broadcast_to(
            [[80.0, 0], [40, 25], [3, 0], [4, 0], [8, 0]], (1, 2, 3, 5, 2)
        ).copy()
        data["teachers"] = ((*run, "school", "level"), teachers)
        flows = np.zeros((1, 2, 3, 5, 2, 1))
        flows[:, :, 0] = np.nan
        flows[:, :, 1:, 0, 0, 0] = 16
        data["teacher_flows"] = ((*run, "school", "level", "teacher_cause"), flows)
        data = data.assign_coords(teacher_cause=["exchanged_out"])
        return add_indicators(data, stocks(), EXACT)

    def rule(self, checks: xr.Dataset, name: str, level: str, year: int, counts=None):
        table = county_checks(checks, EXACT, counts)
        rows = table[(table["rule"] == name) & (table["level"] == level) & (table["year"] == year)]
        assert len(rows) == 1
        return rows.iloc[0]

    def test_sizes(self, checks: xr.Dataset) -> None:
        primary = self.rule(checks, "school_size", "primary", 2017)
        assert (primary["value"], primary["limit"], primary["beyond"]) == (1200, 2000, 0)
        assert primary["probability_met"] == 1
        assert self.rule(checks, "school_size", "nine_year", 2017)["value"] == 900
        assert np.isnan(self.rule(checks, "school_size", "junior", 2017)["value"])

    def test_class_sizes(self, checks: xr.Dataset) -> None:
        assert self.rule(checks, "class_size", "primary", 2018)["probability_met"] == 1
        late = self.rule(checks, "class_size", "primary", 2019)
        assert (late["value"], late["limit"], late["beyond"]) == (58, 45, 3)
        assert late["probability_met"] == 0
        large = self.rule(checks, "large_class", "primary", 2019)
        assert (large["value"], large["probability_met"]) == (3, 0)
        assert self.rule(checks, "super_large_class", "primary", 2019)["probability_met"] == 1
        assert self.rule(checks, "super_large_class", "primary", 2019)["mark"] == "recalled"

    def test_exchange_over_all_teachers_and_over_those_eligible(self, checks: xr.Dataset) -> None:
        over_all = self.rule(checks, "teacher_exchange", "all", 2018)
        assert over_all["value"] == pytest.approx(16 / 160)
        assert over_all["probability_met"] == 1
        assert over_all["note"] == "over all full-time teachers"
        assert np.isnan(self.rule(checks, "teacher_exchange", "all", 2017)["value"])
        run = ("scenario", "replicate", "year", "level")
        counts = xr.Dataset(
            {
                "teachers_eligible_for_exchange": (run, np.full((1, 2, 3, 2), 40.0)),
                "backbone_teachers_exchanged": (run, np.full((1, 2, 3, 2), 1.0)),
                "migrant_children": (run, np.full((1, 2, 3, 2), 50.0)),
                "migrant_children_in_public_or_purchased_seats": (
                    run,
                    np.full((1, 2, 3, 2), 42.0),
                ),
            },
            coords={d: checks[d] for d in run},
        )
        eligible = self.rule(checks, "teacher_exchange", "all", 2018, counts)
        assert eligible["value"] == pytest.approx(16 / 80)
        backbone = self.rule(checks, "backbone_share_of_exchanged", "all", 2018, counts)
        assert (backbone["value"], backbone["probability_met"]) == (2 / 16, 0)
        name = "migrant_children_in_public_or_purchased_seats"
        migrants = self.rule(checks, name, "all", 2018, counts)
        assert (migrants["value"], migrants["limit"], migrants["probability_met"]) == (
            0.84,
            0.85,
            0,
        )

    def test_rules_without_data_are_unknown(self, checks: xr.Dataset) -> None:
        name = "migrant_children_in_public_or_purchased_seats"
        unknown = self.rule(checks, name, "all", 2018)
        assert np.isnan(unknown["value"]) and np.isnan(unknown["probability_met"])
        assert unknown["note"] == "no data"

    def test_zone_enrolment_weights_town_homes_by_applicants(self, checks: xr.Dataset) -> None:
        primary = self.rule(checks, "nearby_enrolment", "primary", 2018)
        assert primary["value"] == pytest.approx((30 * 1.0 + 10 * 0.8) / 40)
        assert primary["probability_met"] == 0
        junior = self.rule(checks, "nearby_enrolment", "junior", 2018)
        assert (junior["value"], junior["probability_met"]) == (pytest.approx(0.975), 1)
        assert np.isnan(self.rule(checks, "nearby_enrolment", "junior", 2017)["value"])

    def test_schools_that_meet_six_of_seven(self, checks: xr.Dataset) -> None:
        # base year, primary: the town school and the large point fail, the nine-year school passes
        row = self.rule(checks, "indicators_met_per_school", "primary", 2017)
        assert (row["value"], row["beyond"]) == (pytest.approx(1 / 3), 2)

    def test_composite_is_the_mean_of_five(self, checks: xr.Dataset) -> None:
        found = self.rule(checks, "variation_coefficient_composite", "primary", 2017)
        known = checks["variation_coefficient"].sel(
            scenario="plan", replicate=0, year=2017, level="primary"
        )
        four = known.sel(
            resource_indicator=[
                "teaching_floor_area",
                "sports_area",
                "equipment_value",
                "high_degree_teachers",
            ]
        ).values
        # teachers: 80 of 1200, 40 of 600, 4 of 60: the same everywhere, no spread
        assert found["value"] == pytest.approx(four.sum() / 5)
        assert found["limit"] == 0.65 and found["mark"] == "recalled"

    def test_junior_three_year_retention(self, checks: xr.Dataset) -> None:
        row = self.rule(checks, "junior_three_year_retention", "junior", 2019)
        assert (row["value"], row["probability_met"]) == (1.0, 1.0)

    def test_every_row_has_source_and_mark(self, checks: xr.Dataset) -> None:
        table = county_checks(checks, EXACT)
        assert (table["source"] != "").all()
        assert set(table["mark"]) <= {"found", "recalled"}
        coefficients = table[table["rule"] == "variation_coefficient_each"]
        assert set(coefficients["indicator"]) == set(RESOURCE_INDICATORS)
