"""Money: hand-computed amounts, exact accounting, and the laws costs obey."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError

from capsim.core.dims import LEVELS
from capsim.core.errors import InvalidInput
from capsim.measures.budget import (
    COST_ITEMS,
    PRICE_BASES,
    add_budget,
    cost_per_new_seat,
    present_value,
    price_index,
    public_funds,
)
from capsim.measures.budget_tables import capital_table, cost_totals, unit_costs, yearly_costs
from capsim.scenario.options.budget import BudgetOptions

YEARS = [2017, 2018, 2019, 2020]
FLAT = BudgetOptions(inflation_per_year=0.0)
OPTIONS = BudgetOptions()
RUN = ("scenario", "replicate", "year")
rolls = st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 2500)), min_size=1, max_size=20)
amounts = st.floats(0, 1e9, allow_subnormal=False)


def slow_public_funds(primary: int, junior: int, rates: tuple[float, float], floor: int) -> float:
    """The rule read aloud for one school."""
    total = primary + junior
    if total == 0:
        return 0.0
    funds = primary * rates[0] + junior * rates[1]
    return funds if total >= floor else funds / total * floor


def results(scenarios: tuple[str, ...] = ("plan",), replicates: int = 2) -> xr.Dataset:
    """Two schools: 150 primary pupils; 30 primary and 30 junior pupils. 10 + 4 + 4 teachers."""
    roll = np.zeros((2, 9))
    roll[0, :6] = 25
    roll[1, :6] = 5
    roll[1, 6:] = 10
    shape = (len(scenarios), replicates, len(YEARS))
    teachers = np.array([[10.0, 0.0], [4.0, 4.0]])
    new_seats = np.zeros((*shape, 2, 2))
    new_seats[:, :, 2:, 0, 0] = 540

    def everywhere(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, (*shape, *values.shape)).copy()

    return xr.Dataset(
        {
            "roll": ((*RUN, "school", "grade"), everywhere(roll)),
            "teachers": ((*RUN, "school", "level"), everywhere(teachers)),
            "boarders": ((*RUN, "school"), everywhere(np.array([0.0, 20.0]))),
            "bus_riders": ((*RUN, "school"), everywhere(np.array([0.0, 12.0]))),
            "new_seats": ((*RUN, "level", "planning_area"), new_seats),
        },
        coords={
            "scenario": list(scenarios),
            "replicate": np.arange(replicates),
            "year": YEARS,
            "school": ["big", "small"],
            "grade": np.arange(1, 10),
            "level": list(LEVELS),
            "planning_area": ["primary:centre", "junior:centre"],
        },
    )


def payments() -> xr.DataArray:
    """A school of 12 million, two thirds from the county, and a repair; replicate 1 is late."""
    table = np.zeros((2, len(YEARS), 2, 2))
    table[0, 1, 0] = [4e6, 2e6]
    table[0, 2, 0] = [4e6, 2e6]
    table[1, 2, 0] = [4e6, 2e6]
    table[1, 3, 0] = [4e6, 2e6]
    table[:, 1, 1] = [123_456.78, 0.0]
    return xr.DataArray(
        table,
        coords={
            "replicate": [0, 1],
            "year": YEARS,
            "project": ["school", "repair"],
            "funding_source": ["county", "province"],
        },
        dims=("replicate", "year", "project", "funding_source"),
    )


def inputs() -> xr.Dataset:
    buses = xr.DataArray([0.0, 36e3, 36e3, 36e3], coords={"year": YEARS}, dims="year")
    return xr.Dataset(
        {
            "payments": payments(),
            "bus_cost_yuan": buses,
            "lease_cost_yuan": buses * 0 + 5000,
            "leased_seats": buses * 0 + 90,
        }
    )


class TestPrices:
    def test_index_by_hand(self) -> None:
        assert_allclose(price_index([2016, 2017, 2019], 2017, 0.10), [1 / 1.1, 1.0, 1.21])

    def test_present_value_by_hand(self) -> None:
        assert present_value(
            [100.0, 110.0, 121.0], [2017, 2018, 2019], 2017, 0.10
        ) == pytest.approx(300.0)
        assert present_value([np.nan, 110.0], [2017, 2018], 2017, 0.10) == pytest.approx(100.0)

    @given(st.lists(amounts, min_size=3, max_size=3), st.lists(amounts, min_size=3, max_size=3))
    def test_present_value_adds_up(self, first: list[float], second: list[float]) -> None:
        def value(of: np.ndarray) -> float:
            return float(present_value(of, [2017, 2018, 2019], 2017, 0.06))

        a, b = np.array(first), np.array(second)
        assert value(a + b) == pytest.approx(value(a) + value(b), rel=1e-12, abs=1e-6)

    @given(st.lists(amounts, min_size=3, max_size=3))
    def test_without_a_rate_present_value_is_the_sum(self, real: list[float]) -> None:
        assert present_value(real, [2017, 2018, 2019], 2017, 0.0) == pytest.approx(sum(real))


class TestPublicFunds:
    def test_by_hand(self) -> None:
        # 60 pupils, half of each level, funded as 100: 50 x 720 + 50 x 940
        assert public_funds([[150, 0], [30, 30], [0, 0]], [720, 940]).tolist() == [
            150 * 720,
            83_000.0,
            0.0,
        ]

    def test_a_school_of_one_pupil_gets_the_floor(self) -> None:
        assert public_funds([1, 0], [720, 940]) == 72_000

    @given(rolls, st.integers(0, 200))
    def test_agrees_with_the_rule_read_aloud(
        self, schools: list[tuple[int, int]], floor: int
    ) -> None:
        found = public_funds(schools, [720, 940], least_pupils=floor)
        expected = [slow_public_funds(p, j, (720, 940), floor) for p, j in schools]
        assert_allclose(found, expected)

    @given(rolls)
    def test_never_less_than_without_the_floor_and_the_same_from_100_pupils_on(
        self, schools: list[tuple[int, int]]
    ) -> None:
        roll = np.array(schools)
        funded = public_funds(roll, [720, 940])
        plain = public_funds(roll, [720, 940], least_pupils=0)
        assert (funded >= plain - 1e-6).all()
        large = roll.sum(axis=1) >= 100
        assert_array_equal(funded[large], plain[large])
        small = (roll.sum(axis=1) > 0) & ~large
        assert (funded[small] >= 100 * 720 - 1e-6).all()


class TestCapital:
    def test_real_payments_are_the_programme_s_to_the_last_yuan(self) -> None:
        data = add_budget(results(), inputs(), OPTIONS)
        real = data["capital_cost"].sel(scenario="plan", price_basis="real")
        assert_array_equal(real.fillna(0.0).values, payments().values)
        assert real.sel(replicate=0).sum() == payments().sel(replicate=0).sum()

    def test_without_inflation_nominal_sums_equal_the_payments_exactly(self) -> None:
        data = add_budget(results(), inputs(), FLAT)
        for basis in PRICE_BASES:
            cost = data["capital_cost"].sel(scenario="plan", price_basis=basis)
            assert_array_equal(cost.fillna(0.0).values, payments().values)

    def test_nominal_by_hand(self) -> None:
        options = BudgetOptions(inflation_per_year=0.1, price_year=2016)
        data = add_budget(results(), inputs(), options)
        cost = data["capital_cost"].sel(scenario="plan", replicate=0, price_basis="nominal")
        county = cost.sel(project="school", funding_source="county")
        assert_allclose(county.sel(year=2018), 4e6 * 1.1**2)
        assert_allclose(county.sel(year=2019), 4e6 * 1.1**3)

    @given(
        st.floats(-0.05, 0.2),
        st.integers(2010, 2025),
        st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=3, max_size=3),
    )
    def test_deflated_nominal_sums_equal_the_payments(
        self, inflation: float, price_year: int, paid: list[float]
    ) -> None:
        options = BudgetOptions(inflation_per_year=inflation, price_year=price_year)
        table = xr.DataArray(
            np.array([0.0, *paid])[:, None, None],
            coords={"year": YEARS, "project": ["p"], "funding_source": ["county"]},
            dims=("year", "project", "funding_source"),
        )
        given_inputs = inputs().drop_dims(["project", "funding_source"]).assign(payments=table)
        cost = add_budget(results(), given_inputs, options)["capital_cost"].fillna(0.0)
        deflated = cost.sel(price_basis="nominal") / xr.DataArray(
            price_index(YEARS, price_year, inflation), dims="year"
        )
        assert_allclose(deflated.isel(scenario=0, replicate=0).sum(), sum(paid), rtol=1e-12)

    def test_construction_prices_may_grow_above_inflation(self) -> None:
        options = BudgetOptions(construction_growth_above_inflation_per_year=0.05)
        cost = add_budget(results(), inputs(), options)["capital_cost"]
        real = cost.sel(price_basis="real", replicate=0, project="school", funding_source="county")
        assert_allclose(real.values[0, 2], 4e6 * 1.05**2)

    def test_base_year_is_missing_unless_something_is_paid_in_it(self) -> None:
        data = add_budget(results(), inputs(), OPTIONS)
        assert data["capital_cost"].sel(year=2017).isnull().all()
        assert data["running_cost"].sel(year=2017).isnull().all()
        assert data["capital_cost"].sel(year=2018).notnull().all()
        early = inputs()
        early["payments"].loc[{"year": 2017, "project": "repair", "replicate": 0}] = 10.0
        paid = add_budget(results(), early, FLAT)["capital_cost"]
        assert float(paid.sel(year=2017, price_basis="real").sum()) == 20.0

    def test_a_run_without_projects(self) -> None:
        none = inputs().drop_dims(["project", "funding_source"])
        data = add_budget(results(), none, OPTIONS)
        assert data["capital_cost"].sizes["project"] == 0
        totals = cost_totals(data, OPTIONS)
        assert (totals[totals["item"] == "capital"]["mean"] == 0).all()
        assert len(capital_table(data)) == 0
        yearly = yearly_costs(data)
        capital = yearly[yearly["item"] == "capital"]["real_yuan"]
        assert capital.iloc[1:].tolist() == [0.0, 0.0, 0.0] and np.isnan(capital.iloc[0])


class TestRunningCost:
    def test_every_item_by_hand(self) -> None:
        cost = add_budget(results(), inputs(), OPTIONS)["running_cost"]
        assert cost.dims == (*RUN, "cost_item", "price_basis")
        assert cost["cost_item"].values.tolist() == list(COST_ITEMS)
        real = cost.sel(scenario="plan", replicate=1, year=2018, price_basis="real")
        assert real.values.tolist() == [
            18 * 115_000,
            150 * 720 + 83_000,
            20 * 300,
            36_000,
            5_000 + 90 * 450,
        ]
        nominal = cost.sel(scenario="plan", replicate=1, year=2019, price_basis="nominal")
        later = cost.sel(scenario="plan", replicate=1, year=2019, price_basis="real")
        assert_allclose(nominal, later * 1.02**2)

    def test_teacher_cost_may_grow_above_inflation(self) -> None:
        options = BudgetOptions(
            inflation_per_year=0.1, teacher_cost_growth_above_inflation_per_year=0.05
        )
        cost = add_budget(results(), inputs(), options)["running_cost"].isel(
            scenario=0, replicate=0
        )
        teachers = cost.sel(cost_item="teachers", year=2019)
        assert_allclose(teachers.sel(price_basis="real"), 18 * 115_000 * 1.05**2)
        assert_allclose(teachers.sel(price_basis="nominal"), 18 * 115_000 * 1.155**2)
        funds = cost.sel(cost_item="public_funds", year=2019, price_basis="real")
        assert funds == 150 * 720 + 83_000

    def test_costs_of_two_counties_add_up(self) -> None:
        one = results()
        other = one.assign_coords(school=["third", "fourth"])
        both = xr.concat([one, other], dim="school", data_vars="minimal")
        rent = inputs()
        single = add_budget(one, rent, OPTIONS)["running_cost"]
        double = add_budget(both, rent, OPTIONS)["running_cost"]
        for item in ("teachers", "public_funds", "boarding"):
            assert_allclose(double.sel(cost_item=item), 2 * single.sel(cost_item=item))

    def test_scenarios_have_their_own_prices(self) -> None:
        dear = BudgetOptions.model_validate(
            {"teacher_cost_yuan": {"primary": 200_000, "junior": 200_000}}
        )
        data = results(("plan", "dear", "plan@collapse"))
        cost = add_budget(data, inputs(), {"plan": OPTIONS, "dear": dear})["running_cost"]
        pay = cost.sel(cost_item="teachers", year=2018, price_basis="real", replicate=0)
        assert pay.values.tolist() == [18 * 115_000, 18 * 200_000, 18 * 115_000]

    def test_riders_without_the_cost_of_buses_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="bus riders but no bus_cost_yuan"):
            add_budget(results(), inputs().drop_vars("bus_cost_yuan"), OPTIONS)

    def test_faulty_inputs_are_named_together(self) -> None:
        wrong = inputs().rename({"leased_seats": "leases"})
        wrong = wrong.assign_coords(year=[y + 1 for y in YEARS])
        with pytest.raises(InvalidInput) as caught:
            add_budget(results(), wrong, OPTIONS)
        assert "unknown variable leases" in str(caught.value)
        assert "labels of year differ" in str(caught.value)

    def test_negative_prices_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="primary: -1 is out of range"):
            BudgetOptions.model_validate({"public_funds_yuan": {"primary": -1, "junior": 1}})


class TestTables:
    def test_capital_by_year_project_and_source_adds_up(self) -> None:
        data = add_budget(results(), inputs(), OPTIONS)
        table = capital_table(data)
        assert table["real_yuan"].sum() == pytest.approx(12e6 + 123_456.78)
        assert table.columns.tolist() == [
            "scenario",
            "year",
            "project",
            "funding_source",
            "nominal_yuan",
            "real_yuan",
        ]
        county = table[(table["funding_source"] == "county") & (table["project"] == "school")]
        assert county["year"].tolist() == [2018, 2019, 2020]
        assert county["real_yuan"].tolist() == [2e6, 4e6, 2e6]  # mean of the two replicates
        assert "province" not in set(table[table["project"] == "repair"]["funding_source"])

    def test_yearly_costs_add_up_to_the_totals(self) -> None:
        data = add_budget(results(), inputs(), OPTIONS)
        yearly, totals = yearly_costs(data), cost_totals(data, OPTIONS)
        for item in ("capital", *COST_ITEMS):
            rows = yearly[yearly["item"] == item]
            total = totals[totals["item"] == item].set_index("measure")["mean"]
            assert rows["nominal_yuan"].sum() == pytest.approx(total["nominal"])
            assert rows["real_yuan"].sum() == pytest.approx(total["real"])
        every = totals[totals["item"] == "all"].set_index("measure")["mean"]
        assert yearly["nominal_yuan"].sum() == pytest.approx(every["nominal"])

    def test_present_value_of_capital_by_hand(self) -> None:
        totals = cost_totals(add_budget(results(), inputs(), OPTIONS), OPTIONS)
        row = totals[(totals["item"] == "capital") & (totals["measure"] == "present_value")].iloc[0]
        early = (6e6 + 123_456.78) / 1.06 + 6e6 / 1.06**2
        late = 123_456.78 / 1.06 + 6e6 / 1.06**2 + 6e6 / 1.06**3
        assert row["mean"] == pytest.approx((early + late) / 2)
        assert row["p90"] == pytest.approx(late + 0.9 * (early - late))

    def test_cost_per_seat_beside_norm_and_published_bounds(self) -> None:
        data = add_budget(results(), inputs(), OPTIONS)
        table = unit_costs(
            data, OPTIONS, construction_cost_yuan_per_m2={"plan": 3120.0}, built_m2={"plan": 4000.0}
        ).set_index("figure")
        assert table.loc["capital_per_new_seat", "median"] == pytest.approx(12_123_456.78 / 540)
        assert table.loc["capital_per_m2", "median"] == pytest.approx(12_123_456.78 / 4000)
        assert table.loc["norm_per_seat_primary", "median"] == pytest.approx(7.9 * 3120)
        assert table.loc["norm_per_seat_junior", "median"] == pytest.approx(9.8 * 3120)
        upper = table[table["bound"] == "upper"]
        assert sorted(upper["median"]) == [93559, 102051]
        assert table.loc["chongqing_yuan_per_m2", "bound"] == ""

    def test_no_new_seats_no_cost_per_seat(self) -> None:
        data = add_budget(results(), inputs(), OPTIONS)
        data["new_seats"] = data["new_seats"] * 0
        table = unit_costs(data, OPTIONS, construction_cost_yuan_per_m2={"plan": 3120.0})
        assert np.isnan(table.set_index("figure").loc["capital_per_new_seat", "median"])
        assert "capital_per_m2" not in set(table["figure"])

    def test_cost_per_new_seat(self) -> None:
        assert_array_equal(cost_per_new_seat([10.0, 5.0], [2, 0]), [5.0, np.nan])
