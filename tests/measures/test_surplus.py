"""Seats that stand empty, and regret, against hand-computed futures."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from capsim.core.dims import LEVELS
from capsim.measures.plan_risk import (
    deciles,
    empty_new_seats,
    plan_and_path,
    plan_regret,
    regret,
    surplus_risk,
)
from capsim.scenario.options.budget import BudgetOptions

RUN = ("scenario", "replicate", "year")
YEARS = list(range(2017, 2030))
OPTIONS = BudgetOptions(discount_rate_per_year=0.0, gap_cost_yuan_per_seat_year=1000.0)


def results(
    spare: dict[str, list[float]],
    births: list[float],
    *,
    gap: dict[str, float] | None = None,
    cost: dict[str, float] | None = None,
    births_of: dict[str, float] | None = None,
) -> xr.Dataset:
    """One primary area with 500 new seats from 2019 on; `spare` in the last year by replicate."""
    names = list(spare)
    shape = (len(names), len(births), len(YEARS))
    new = np.zeros((*shape, 2, 1))
    new[:, :, 2:, 0, 0] = 500
    left = np.zeros_like(new)
    lacking = np.zeros_like(new)
    born = np.zeros((*shape, 1))
    paid = np.zeros((*shape, 1, 1, 2))
    for i, name in enumerate(names):
        left[i, :, -1, 0, 0] = spare[name]
        lacking[i, :, 1, 0, 0] = (gap or {}).get(name, 0.0)
        born[i, :, :, 0] = np.array(births)[:, None] * (births_of or {}).get(name, 1.0)
        paid[i, :, 1] = (cost or {}).get(name, 0.0)
    for array in (new, left, lacking):
        array[:, :, :, 1] = np.nan
    area = (*RUN, "level", "planning_area")
    return xr.Dataset(
        {
            "new_seats": (area, new),
            "spare_seats": (area, left),
            "seat_gap": (area, lacking),
            "births": ((*RUN, "township"), born),
            "capital_cost": ((*RUN, "project", "funding_source", "price_basis"), paid),
            "running_cost": ((*RUN, "cost_item", "price_basis"), paid[..., 0, :] * 0),
        },
        coords={
            "scenario": names,
            "year": YEARS,
            "level": list(LEVELS),
            "price_basis": ["nominal", "real"],
        },
    )


class TestEmptySeats:
    def test_by_hand(self) -> None:
        new = [0, 100, 100, 300]
        spare = [50, 0, 40, 250]
        found = empty_new_seats(new, spare, lag_years=2)
        assert_array_equal(found, [np.nan, np.nan, 0, 100])

    def test_never_more_than_were_added_or_are_spare(self) -> None:
        assert empty_new_seats([80, 80], [0, 500], lag_years=1)[1] == 80
        assert empty_new_seats([80, 80], [0, 10], lag_years=1)[1] == 10

    def test_seats_lost_by_mergers_are_no_empty_new_seats(self) -> None:
        assert empty_new_seats([-80, -80], [0, 500], lag_years=1)[1] == 0

    def test_a_run_shorter_than_the_lag_is_unknown(self) -> None:
        assert np.isnan(empty_new_seats([1, 2], [1, 2], lag_years=2)).all()


class TestDeciles:
    def test_hundred_values_ten_each(self) -> None:
        order = np.random.default_rng(3).permutation(100)
        found = deciles(order)
        assert np.bincount(found).tolist() == [0] + [10] * 10
        assert found[order == 0] == 1 and found[order == 99] == 10

    def test_equal_values_share_a_decile_and_one_value_is_in_the_middle(self) -> None:
        assert len(set(deciles([7.0] * 10).tolist())) == 1
        assert deciles([3.0]).tolist() == [6]

    @given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
    def test_more_births_are_never_in_a_lower_decile(self, births: list[int]) -> None:
        found = deciles(births)
        assert found.min() >= 1 and found.max() <= 10
        order = np.argsort(births, kind="stable")
        assert (np.diff(found[order]) >= 0).all()


class TestSurplusRisk:
    def test_by_decile_of_births(self) -> None:
        births = [float(100 + k) for k in range(10)]
        spare = [450.0, 300, 0, 0, 0, 0, 0, 0, 0, 50]
        table = surplus_risk(results({"plan": spare}, births), OPTIONS)
        assert table["births_decile"].tolist() == list(range(11))
        assert set(table["level"]) == {"primary"}  # no junior seats were added
        lowest = table[table["births_decile"] == 1].iloc[0]
        assert (lowest["new_seats"], lowest["empty_seats"]) == (500, 450)
        assert lowest["empty_share"] == 0.9
        assert lowest["births"] == 100
        every = table[table["births_decile"] == 0].iloc[0]
        assert every["replicates"] == 10
        assert every["empty_seats"] == pytest.approx(80.0)
        assert (every["added_by"], every["year"]) == (2019, 2029)

    def test_stress_paths_stand_beside_the_forecast(self) -> None:
        data = results({"plan": [10.0, 20.0], "plan@collapse": [500.0, 700.0]}, [100.0, 110.0])
        table = surplus_risk(data, OPTIONS)
        every = table[table["births_decile"] == 0].set_index("path")
        assert set(table["plan"]) == {"plan"}
        assert every.loc["forecast", "empty_share"] == 0.03
        assert every.loc["collapse", "empty_share"] == 1.0

    def test_no_rows_where_the_run_is_too_short_or_nothing_is_built(self) -> None:
        data = results({"plan": [10.0]}, [100.0])
        short = surplus_risk(data.isel(year=slice(0, 8)), OPTIONS)
        assert len(short) == 0 and "empty_share" in short.columns
        none = data.assign(new_seats=data["new_seats"] * 0)
        assert len(surplus_risk(none, OPTIONS)) == 0

    def test_lag_is_read(self) -> None:
        data = results({"plan": [10.0]}, [100.0])
        table = surplus_risk(data, BudgetOptions(surplus_lag_years=5))
        assert set(table["added_by"]) == {2024}


class TestRegret:
    def test_by_hand(self) -> None:
        loss = [[10.0, 5.0, 7.0], [8.0, 9.0, 7.0]]
        assert_array_equal(regret(loss), [[2, 0, 0], [0, 4, 0]])

    @given(
        st.lists(st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4), min_size=1, max_size=5),
        st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4),
    )
    def test_never_negative_and_blind_to_what_a_future_costs_everybody(
        self, losses: list[list[float]], shared: list[float]
    ) -> None:
        table = np.array(losses)
        found = regret(table)
        assert (found >= 0).all()
        assert (found.min(axis=0) == 0).all()
        np.testing.assert_allclose(regret(table + np.array(shared)), found, atol=1e-4)

    def test_plans_are_compared_in_the_same_future(self) -> None:
        data = results(
            {"wait": [0.0, 0.0], "build": [0.0, 0.0]},
            [100.0, 120.0],
            gap={"wait": 300.0},
            cost={"build": 200_000.0},
        )
        table = plan_regret(data, OPTIONS).set_index("plan")
        # waiting lacks 300 seats for a year at 1,000 yuan; building costs 200,000 yuan
        assert table.loc["wait", "loss_yuan"] == 300_000
        assert table.loc["wait", "gap_seat_years"] == 300
        assert table.loc["build", "cost_yuan"] == 200_000
        assert table.loc["wait", "regret_max_yuan"] == 100_000
        assert table.loc["build", "regret_max_yuan"] == 0
        assert table.loc["build", "best_share"] == 1
        assert table.loc["wait", "best_share"] == 0

    def test_losses_are_discounted(self) -> None:
        data = results({"a": [0.0], "b": [0.0]}, [100.0], gap={"a": 110.0}, cost={"b": 1100.0})
        options = BudgetOptions(discount_rate_per_year=0.1, gap_cost_yuan_per_seat_year=100.0)
        table = plan_regret(data, options).set_index("plan")
        assert table.loc["a", "loss_yuan"] == pytest.approx(10_000)
        assert table.loc["b", "loss_yuan"] == pytest.approx(1000)

    def test_only_plans_with_the_same_births_paths_and_prices_are_compared(self) -> None:
        spare = {name: [0.0] for name in ("a", "b", "a@collapse", "b@collapse", "few", "dear")}
        data = results(spare, [100.0], births_of={"few": 0.7, "b": 1.01})
        dear = OPTIONS.model_copy(update={"discount_rate_per_year": 0.08})
        options = dict.fromkeys(spare, OPTIONS) | {"dear": dear}
        table = plan_regret(data, options)
        assert table.groupby("group")["plan"].apply(list).tolist() == [["a", "b"], ["a", "b"]]
        assert table["path"].tolist() == ["forecast"] * 2 + ["collapse"] * 2

    def test_a_single_plan_has_no_regret(self) -> None:
        table = plan_regret(results({"plan": [0.0]}, [100.0]), OPTIONS)
        assert len(table) == 0 and "regret_max_yuan" in table.columns

    def test_names(self) -> None:
        assert plan_and_path("two schools@after_2016") == ("two schools", "after_2016")
        assert plan_and_path("baseline") == ("baseline", "forecast")
