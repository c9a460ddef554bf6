import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from capsim.core.draws import identity_of
from capsim.core.errors import InvalidInput
from capsim.demography.births import correlated_normals, forecast_births, reference_volatility
from capsim.demography.births_calibration import (
    BirthsCalibration,
    calibrate_births,
    past_errors,
    shipped_calibration,
)
from capsim.demography.births_draws import Futures
from capsim.demography.births_point import (
    Volatility,
    damped_trend,
    expected_departure,
    half_drift,
    smoothness_weight,
    volatility,
)
from capsim.demography.stress import apply_stress, stress_path, stress_path_names

YEARS = range(1990, 2016)


def register(start=20_000.0, step=0.99, noise=0.02, years=YEARS, seed=0, name="county"):
    rng = np.random.default_rng(seed)
    births = np.rint(
        start * step ** np.arange(len(years)) * np.exp(rng.normal(0, noise, len(years)))
    )
    return pd.Series(births, index=list(years), name=name)


# --- the median ---------------------------------------------------------------------------------


def test_half_drift_of_a_straight_line():
    line = np.log(100.0) + 0.02 * np.arange(25)[None]
    assert half_drift(line, 3)[0] == pytest.approx([0.01, 0.02, 0.03])


def test_damped_trend_of_a_straight_line_by_hand():
    # without damping a straight line is continued exactly
    line = 0.05 * np.arange(12)[None]
    assert damped_trend(line, 3, level=0.5, trend=0.5, damping=1.0)[0] == pytest.approx(
        [0.05, 0.10, 0.15]
    )
    # without trend and damping only the smoothed level is left: (1 - a) ** 1 of a last jump
    jump = np.array([[0.0] * 10 + [1.0]])
    assert damped_trend(jump, 2, level=0.4, trend=0.0, damping=0.0)[0] == pytest.approx([-0.6] * 2)


def test_departure_is_believed_by_smoothness():
    smooth = np.cumsum(np.full(26, -0.03))[None] + 10
    rough = 10 + np.where(np.arange(26) % 2, 0.03, -0.03)[None]
    assert smoothness_weight(volatility(smooth))[0] == 1.0
    assert smoothness_weight(volatility(rough))[0] == 0.0
    # a smooth fall goes on, but ever slower
    fall = expected_departure(smooth, 10, volatility(smooth))[0]
    assert (np.diff(fall) < 0).all()
    assert fall[0] == pytest.approx(-0.025, abs=0.005)
    assert np.diff(fall)[-1] > -0.02
    # alternating noise is drawn back towards its level
    assert expected_departure(rough, 5, volatility(rough))[0] == pytest.approx(
        np.full(5, -0.5 * (rough[0, -1] - 10)), abs=0.012
    )


def test_volatility_by_hand():
    found = volatility(np.array([[0.0, 0.1, 0.1, 0.3, 0.3, 0.4, 0.4]]))
    assert found.change == pytest.approx(0.4 / 6)
    # second differences: -0.1, 0.2, -0.2, 0.1, -0.1
    assert found.roughness == pytest.approx(0.7 / 5)


# --- the spread ---------------------------------------------------------------------------------


def test_calibration_finds_the_spread_of_random_walks():
    rng = np.random.default_rng(1)
    step = np.repeat([0.01, 0.04], 60)
    logs = 10 + np.cumsum(rng.normal(0, 1, (120, 60)) * step[:, None], axis=1)
    found = calibrate_births(past_errors(np.exp(logs), 8))
    for sigma in (0.01, 0.04):
        recent = Volatility(
            np.array([sigma * np.sqrt(2 / np.pi)]), np.array([sigma * np.sqrt(4 / np.pi)])
        )
        half_width = found.scale(recent, 8)[0] * found.standard_error(np.full(8, 1.2816))
        wanted = 1.2816 * sigma * np.sqrt(np.arange(1, 9)) * (1 + 0.015 * np.arange(1, 9))
        assert half_width == pytest.approx(wanted, rel=0.2)


def test_a_left_out_series_and_later_years_do_not_count():
    rng = np.random.default_rng(2)
    logs = 10 + np.cumsum(rng.normal(0, 0.03, (20, 40)), axis=1)
    wild = logs.copy()
    wild[7] += np.cumsum(rng.normal(0, 0.5, 40))
    wild[:, 35:] += rng.normal(0, 1, (20, 5))
    tame = calibrate_births(past_errors(np.exp(logs), 3), through=34, leave_out=7)
    same = calibrate_births(past_errors(np.exp(wild), 3), through=34, leave_out=7)
    assert np.array_equal(tame.coefficients, same.coefficients)
    other = calibrate_births(past_errors(np.exp(wild), 3), through=34)
    assert not np.allclose(tame.quantiles, other.quantiles)


def test_spread_grows_with_the_horizon_and_beyond_the_table():
    table = shipped_calibration()
    recent = Volatility(np.array([0.03]), np.array([0.03]))
    width = table.scale(recent, 45)[0]
    assert table.horizons == 30
    assert (np.diff(width) > 0).all()
    quantiles = table.standard_error(np.array([[1.2816, -1.2816, 5.0]]).T.repeat(2, 1))
    assert quantiles[0] == pytest.approx(-quantiles[1])
    assert (quantiles[2] > table.quantiles[:2, -1]).all()


def test_shipped_table_is_what_its_rows_say():
    table = shipped_calibration()
    again = np.array([list(row.values()) for row in table.rows()])
    assert again[:, 0].tolist() == list(range(1, 31))
    rebuilt = BirthsCalibration(again[:, 1:4], again[:, 4:])
    assert np.array_equal(rebuilt.quantiles, table.quantiles)
    assert (np.diff(table.quantiles, axis=1) > 0).all()


# --- draws --------------------------------------------------------------------------------------


def test_draws_do_not_depend_on_their_number_nor_on_other_series():
    table = pd.concat([register(name=n, seed=i) for i, n in enumerate("abc")], axis=1)
    many = forecast_births(table, 12, draws=300, seed=5)
    few = forecast_births(table, 12, draws=20, seed=5)
    assert np.array_equal(many.values[:20], few.values)
    alone = forecast_births(table["b"], 12, draws=20, seed=5)
    assert alone.values == pytest.approx(few.sel(area="b").values, rel=1e-12)
    block = forecast_births(table, 12, draws=20, seed=5, first_draw=100)
    assert np.array_equal(many.values[100:120], block.values)
    assert block.draw.values.tolist() == list(range(100, 120))
    assert not np.allclose(few.sel(area="a"), few.sel(area="b"))
    assert not np.allclose(forecast_births(table, 12, draws=20, seed=6), few)


def test_a_large_batch_is_made_in_blocks_of_the_same_draws(monkeypatch):
    table = pd.concat([register(name=n, seed=i) for i, n in enumerate("abc")], axis=1)
    whole = forecast_births(table, 6, draws=30)
    monkeypatch.setattr("capsim.demography.births_draws._BLOCK", 100)
    assert np.array_equal(whole.values, forecast_births(table, 6, draws=30).values)


def test_normals_have_the_stated_correlation():
    normal = correlated_normals(identity_of(["x"]), 10, Futures(1, 0, 20_000, 0.0))[:, 0]
    assert normal.std(axis=0) == pytest.approx(np.ones(10), abs=0.03)
    found = np.corrcoef(normal.T)
    assert found[0, 9] == pytest.approx(0.1**0.35, abs=0.03)
    assert found[4, 8] == pytest.approx((5 / 9) ** 0.35, abs=0.03)
    shared = correlated_normals(identity_of(["x", "y"]), 3, Futures(1, 0, 5000, 0.6))
    assert np.corrcoef(shared[:, 0, 2], shared[:, 1, 2])[0, 1] == pytest.approx(0.6, abs=0.04)


def counted(mean, seed=3, years=YEARS):
    births = np.random.default_rng(seed).poisson(mean, len(years))
    return pd.Series(births.astype(float), index=list(years), name="area")


def log_spread(series, **arguments):
    return np.log(forecast_births(series, 3, draws=3000, **arguments)).std("draw").values


def test_counting_noise_matters_in_small_areas_only():
    small, large = counted(60.0), counted(60e4)
    assert (log_spread(small) > 1.2 * log_spread(small, counting_noise=False)).all()
    assert log_spread(large) == pytest.approx(log_spread(large, counting_noise=False), rel=0.06)
    # counts that only vary by chance: next year differs by the noise of two counts
    spread = [log_spread(counted(60.0, seed))[0] for seed in range(8)]
    assert np.mean(spread) == pytest.approx(np.sqrt(2 / 60), rel=0.15)


def test_thousands_are_not_taken_for_counts():
    persons = register(20_000.0)
    in_persons = log_spread(persons)
    assert log_spread(persons / 1000) == pytest.approx(in_persons, rel=0.06)
    # even where they happen to be whole, noise cannot be more than the series shows
    whole = pd.Series(np.rint(np.linspace(2000, 1900, 20) / 10), index=range(2000, 2020))
    assert log_spread(whole)[0] < 0.03


def test_interpolated_births_take_their_volatility_from_a_reference():
    smooth = pd.Series(np.linspace(1900, 1850, 12), index=range(2009, 2021))
    own = np.log(forecast_births(smooth, 5, draws=1000)).std("draw")
    told = forecast_births(smooth, 5, draws=1000, volatility_from="new_zealand_regions")
    assert (np.log(told).std("draw") > 1.2 * own).all()
    # an area of 400 births moves about 0.06 a year, one of 6,000 about 0.027
    assert reference_volatility([400.0, 6000.0]).change == pytest.approx([0.063, 0.027], rel=0.05)
    with pytest.raises(InvalidInput, match="unknown reference 'atlantis'"):
        forecast_births(smooth, 5, volatility_from="atlantis")


# --- forms of input, methods --------------------------------------------------------------------


def test_every_form_of_input_gives_the_same_draws():
    series = register(name="births")
    array = forecast_births(series.to_numpy(), 4, draws=5)
    labelled = xr.DataArray(series.to_numpy(), dims="year", coords={"year": list(YEARS)})
    assert np.array_equal(forecast_births(series, 4, draws=5).values, array.values)
    assert np.array_equal(forecast_births(labelled, 4, draws=5).values, array.values)
    assert array.year.values.tolist() == [1, 2, 3, 4]
    assert forecast_births(series, 4, draws=5).year.values.tolist() == [2016, 2017, 2018, 2019]
    assert array.dims == ("draw", "year")
    frame = pd.DataFrame({"births": series})
    assert forecast_births(frame, 4, draws=5).dims == ("draw", "year", "area")
    assert np.array_equal(forecast_births(frame.T, 4, draws=5)[..., 0], array.values)
    grid = xr.DataArray(
        frame.to_numpy(),
        dims=("year", "township"),
        coords={"year": list(YEARS), "township": ["births"]},
    )
    assert forecast_births(grid, 4, draws=5).dims == ("draw", "year", "township")


def test_series_may_begin_in_different_years():
    table = pd.concat([register(name="a"), register(name="b", years=range(2004, 2016))], axis=1)
    found = forecast_births(table.sort_index(), 3, draws=4)
    assert found.sel(area="b").values == pytest.approx(
        forecast_births(table["b"].dropna(), 3, draws=4).values
    )


def test_low_medium_high_are_percentiles_of_the_default():
    series = register(4e5)
    draws = forecast_births(series, 8, draws=6000)
    for name, share in (("low", 0.1), ("medium", 0.5), ("high", 0.9)):
        path = forecast_births(series, 8, draws=2, method=name)
        assert np.array_equal(path[0], path[1])
        assert path[0].values == pytest.approx(draws.quantile(share, "draw").values, rel=0.015)


def test_random_walk_has_its_own_step_and_no_drift():
    series = register(1e5, step=0.95, noise=0.0)
    drawn = np.log(forecast_births(series, 4, draws=8000, method="random_walk"))
    step = -np.log(0.95)
    assert drawn.std("draw").values == pytest.approx(step * np.sqrt([1, 2, 3, 4]), rel=0.04)
    assert drawn.mean("draw").values == pytest.approx(np.full(4, np.log(series.iloc[-1])), abs=0.01)


def test_paths():
    series = register()
    given = {2016: 100.0, 2017: 90.0, 2018: 80.0}
    assert forecast_births(series, 2, draws=3, method="path", path=given)[2].values.tolist() == [
        100.0,
        90.0,
    ]
    last = forecast_births(series, 2, draws=1, method="last_value")[0]
    assert last.values == pytest.approx([series.iloc[-1]] * 2)
    stressed = forecast_births(series, 3, draws=2, method="stress", path="korea_2015")[1]
    assert stressed.values == pytest.approx(apply_stress(series.iloc[-1], "korea_2015", 3))


def test_stress_paths_are_ratios_to_the_last_value():
    china = stress_path("china_2016")
    # annual communiques: 17.86 million in 2016, 9.02 million in 2023
    assert china.loc[2023] == pytest.approx(9.02 / 17.86)
    assert china.index.tolist() == list(range(2017, 2024))
    assert apply_stress(200.0, "china_2016", 10)[-3:] == pytest.approx(200 * 9.02 / 17.86)
    assert stress_path("korea_2015").attrs["mark"] == "recalled"
    assert {"china_2016", "korea_2015"} <= set(stress_path_names())
    for name in stress_path_names():
        assert stress_path(name).min() < 0.8


def test_fertility_times_women_follows_the_women():
    years = list(range(2000, 2031))
    ages = list(range(101))
    women = np.full((31, 101), 1000.0)
    women[16:] *= np.linspace(0.97, 0.6, 15)[:, None]  # the generations that follow are smaller
    table = xr.DataArray(women, dims=("year", "age"), coords={"year": years, "age": ages})
    births = pd.Series(1500.0, index=range(2000, 2016))
    steady = forecast_births(births, 15, draws=400, method="tfr", women=table)
    median = steady.median("draw")
    assert median.sel(year=2030) / median.sel(year=2016) == pytest.approx(0.6 / 0.97, rel=0.02)
    assert np.array_equal(
        steady.values[:7], forecast_births(births, 15, draws=7, method="tfr", women=table).values
    )
    with pytest.raises(InvalidInput, match="year lacks 2031"):
        forecast_births(births, 16, draws=2, method="tfr", women=table)


@pytest.mark.parametrize(
    ("births", "arguments", "words"),
    [
        ([1.0, 2.0, 3.0], {}, "3 years are too few"),
        ([10.0, 11, 12, -3, 12, 11, 10], {}, "year 3: -3 is negative"),
        ([10.0, 11, 12, np.nan, 12, 11, 10], {}, "year 3 is missing"),
        ([0.0] * 8, {}, "zero in every year"),
        (register().drop(2000), {}, "years have gaps: 2000"),
        (register(), {"horizon": 0}, "horizon: 0 is not"),
        (register(), {"draws": 0}, "draws: 0 is not"),
        (register(), {"method": "oracle"}, "unknown method 'oracle'"),
        (register(), {"method": "path"}, "needs a path"),
        (register(), {"method": "path", "path": {2016: 5.0}}, "year 2017 is missing"),
        (register(), {"method": "stress", "path": "china_2015"}, 'did you mean "china_2016"'),
        (register(), {"method": "tfr"}, "needs women"),
        (register(), {"correlation": 1.5}, "outside 0 to 1"),
        (np.ones((3, 3)), {}, "give one series"),
    ],
)
def test_bad_input_has_one_clear_line(births, arguments, words):
    request = {"horizon": 2, "draws": 3, **arguments}
    with pytest.raises(InvalidInput, match=words) as caught:
        forecast_births(births, request.pop("horizon"), **request)
    assert len(caught.value.problems) == 1


def test_all_problems_of_a_table_come_at_once():
    table = pd.concat([register(name="a"), register(name="b")], axis=1)
    table.loc[2003, "a"], table.loc[2004, "b"] = -1.0, np.nan
    with pytest.raises(InvalidInput) as caught:
        forecast_births(table, 3)
    assert [str(p).split(":")[0] for p in caught.value.problems] == ["births of a", "births of b"]


def test_a_thousand_draws_of_a_hundred_series_take_a_moment():
    table = pd.concat([register(name=f"s{i}", seed=i) for i in range(100)], axis=1)
    begin = time.perf_counter()
    forecast_births(table, 20, draws=100)
    assert time.perf_counter() - begin < 5
