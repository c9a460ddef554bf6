from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scoringrules
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.demography.entrants import Entry
from capsim.forecasting.backtesting import Backtest, backtest
from capsim.forecasting.backtesting.models import (
    ReferenceModel,
    last_value,
    progression_baseline,
    size_classes,
)
from capsim.forecasting.backtesting.scores import crps_of_draws, interval_score, judge

ENTRY = {"age": 5, "lag": 5}


def history(years: int = 16, areas: int = 4, ages: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rolls of areas of four sizes with growth that comes and goes."""
    rng = np.random.default_rng(7)
    size = np.array([300.0, 900.0, 2700.0, 8000.0])[:areas]
    births, pupils = [], []
    level = rng.normal(0.0, 0.03, (years + 5, areas)).cumsum(axis=0)
    for i, year in enumerate(range(1995, 1995 + years + 5)):
        births += [
            {"year": year, "area": f"area {a}", "births": int(rng.poisson(size[a]))}
            for a in range(areas)
        ]
        if year < 2000:
            continue
        pupils += [
            {
                "year": year,
                "area": f"area {a}",
                "age": 5 + k,
                "pupils": int(rng.poisson(size[a] * np.exp(level[i, a]))),
            }
            for a in range(areas)
            for k in range(ages)
        ]
    return pd.DataFrame(pupils), pd.DataFrame(births)


@pytest.fixture(scope="module")
def result() -> Backtest:
    rolls, births = history()
    return backtest(
        rolls, births, entry=ENTRY, origins=range(2006, 2014), horizons=(1, 3), draws=300
    )


def test_crps_against_scoringrules() -> None:
    rng = np.random.default_rng(1)
    draws, came = rng.normal(100, 10, (80, 25)), rng.normal(100, 15, 25)
    want = scoringrules.crps_ensemble(came, draws.T, estimator="nrg")
    np.testing.assert_allclose(crps_of_draws(draws, came), want)


def test_interval_score_against_scoringrules() -> None:
    rng = np.random.default_rng(2)
    low, came = rng.normal(90, 5, 50), rng.normal(100, 15, 50)
    want = scoringrules.interval_score(came, low, low + 20, 0.2)
    np.testing.assert_allclose(interval_score(low, low + 20, came, 80), want)


def test_judge_by_hand() -> None:
    draws = np.arange(101.0)[:, None] + 50.0
    found = judge(np.array([100.0]), draws, np.array([80.0]))
    assert found["mape"][0] == pytest.approx(25.0)
    assert found["bias"][0] == pytest.approx(25.0)
    assert (found["lower_80"][0], found["upper_80"][0]) == (60.0, 140.0)
    assert found["width_80"][0] == pytest.approx(100.0)
    assert found["coverage_80"][0] == 100.0
    empty = judge(np.array([3.0]), draws, np.array([0.0]))
    assert np.isnan(empty["mape"][0])


def test_last_value_by_hand(result: Backtest) -> None:
    rolls, _ = history()
    wide = rolls.pivot_table(index="year", columns=["area", "age"], values="pupils")
    errors = [
        np.abs(wide.loc[o] - wide.loc[o + 3]) / wide.loc[o + 3] * 100 for o in range(2006, 2013)
    ]
    scores = result.scores.set_index(["model", "series", "size", "origin", "horizon"])
    pooled = scores.loc[("last_value", "cell", "all", "pooled", 3), "mape"]
    assert pooled == pytest.approx(np.mean(errors))
    one = scores.loc[("last_value", "cell", "all", 2008, 3), "mape"]
    assert one == pytest.approx(np.mean(errors[2]))


def test_baseline_by_hand() -> None:
    rolls, births = history(areas=1, ages=2)
    array = _array(rolls, "pupils", ["year", "area", "age"])
    born = _array(births, "births", ["year", "area"])
    made = progression_baseline(
        array.sel(year=slice(None, 2010)),
        born.sel(year=slice(None, 2010)),
        Entry(5, {5: 1.0}, "age"),
        7,
    )
    e = {(y, a): float(array.sel(year=y, age=a)[0]) for y in range(2000, 2011) for a in (5, 6)}
    b = {y: float(born.sel(year=y)[0]) for y in range(1995, 2011)}
    enter = sum(e[y, 5] for y in (2008, 2009, 2010)) / sum(b[y] for y in (2003, 2004, 2005))
    move = sum(e[y, 6] for y in (2008, 2009, 2010)) / sum(e[y, 5] for y in (2007, 2008, 2009))
    assert made[0, 0] == pytest.approx([enter * b[2006], move * e[2010, 5]])
    assert made[4, 0] == pytest.approx([enter * b[2010], move * enter * b[2009]])
    # Births of 2011 and 2012 are not known in 2010: those of 2010 stand for them.
    assert made[6, 0, 0] == pytest.approx(enter * b[2010])


def test_bands_of_the_reference_are_its_past_errors() -> None:
    rolls, births = history(areas=1, ages=2)
    array = _array(rolls, "pupils", ["year", "area", "age"])
    born = _array(births, "births", ["year", "area"])
    model = ReferenceModel(last_value, array, born, Entry(5, {5: 1.0}, "age"))
    made = model.forecast(2004, 1, draws=1000)
    totals = array.sum("age").values[:, 0]
    misses = [np.log((totals[i + 1] + 0.5) / (totals[i] + 0.5)) for i in (1, 2, 3)]
    low, high = np.quantile(made.area.draws[:, 0, 0], [0.0, 1.0])
    assert low == pytest.approx(totals[4] * np.exp(min(misses)), rel=2e-3)
    assert high == pytest.approx(totals[4] * np.exp(max(misses)), rel=2e-3)


def _array(frame: pd.DataFrame, value: str, keys: list[str]) -> xr.DataArray:
    array: xr.DataArray = xr.DataArray.from_series(frame.set_index(keys)[value]).astype(float)
    return array


def test_no_model_reads_the_future(result: Backtest) -> None:
    rolls, births = history()
    later = rolls["year"] > 2010
    spoilt = rolls.assign(pupils=rolls["pupils"].where(~later, 5))
    spoilt_births = births.assign(births=births["births"].where(births["year"] <= 2010, 5))
    again = backtest(
        spoilt, spoilt_births, entry=ENTRY, origins=range(2006, 2011), horizons=(1, 3), draws=300
    )
    keys = ["model", "series", "origin", "horizon", "area", "age"]
    columns = [*keys, "forecast", "lower_80", "upper_80", "lower_95", "upper_95"]
    early = result.forecasts[result.forecasts["origin"] <= 2010]
    pd.testing.assert_frame_equal(
        early[columns].reset_index(drop=True), again.forecasts[columns].reset_index(drop=True)
    )


def test_scores_per_origin_and_pooled(result: Backtest) -> None:
    scores = result.scores
    assert set(scores["model"]) == {"last_value", "progression_ratios", "capsim"}
    assert set(scores["size"]) == {"all", "small", "medium", "large"}
    one_year = scores[(scores["horizon"] == 1) & (scores["size"] == "all")]
    assert set(one_year["origin"]) == {"pooled", *range(2006, 2014)}
    cells = one_year[(one_year["series"] == "cell") & (one_year["model"] == "capsim")]
    pooled = cells[cells["origin"] == "pooled"].iloc[0]
    assert pooled["forecasts"] == 8 * 4 * 5
    for score in ("mape", "crps", "coverage_80", "interval_score_95"):
        by_origin = cells[cells["origin"] != "pooled"][score]
        assert pooled[score] == pytest.approx(by_origin.mean())
    assert scores["coverage_80"].between(0, 100).all()
    assert (scores["width_95"] >= scores["width_80"]).all()


def test_table_and_figure(result: Backtest) -> None:
    table = result.table(series="cell")
    assert list(table["mape"].columns) == ["last_value", "progression_ratios", "capsim"]
    assert list(table.index) == [("cell", 1), ("cell", 3)]
    figure = result.figure()
    assert len(figure.axes) == 4
    figure.canvas.draw()


def test_totals_are_sums_of_joint_draws(result: Backtest) -> None:
    own = result.forecasts[result.forecasts["model"] == "capsim"]
    total = own[own["series"] == "total"].set_index(["origin", "horizon"])
    areas = own[own["series"] == "area"].groupby(["origin", "horizon"])
    assert total["forecast"].to_numpy() == pytest.approx(areas["forecast"].sum(), rel=0.02)
    # Errors of areas are not added up as if they all went the same way.
    width = total["upper_80"] - total["lower_80"]
    added = areas["upper_80"].sum() - areas["lower_80"].sum()
    assert (width < added).all()


def test_own_models_and_stages() -> None:
    rolls, births = history()

    def flat(known: xr.DataArray, *others: Any) -> xr.DataArray:
        horizon, draws = others[2], others[3]
        last = known.isel(year=-1, drop=True)
        years = int(known["year"][-1]) + 1 + np.arange(horizon)
        return last.expand_dims(draw=range(draws), year=years)

    found = backtest(
        rolls,
        births,
        entry=(5, 5),
        origins=[2008],
        horizons=[2],
        models={"last value": None, "mine": flat},
        stages=(5, 6, 7),
    )
    cells = found.forecasts[found.forecasts["series"] == "cell"]
    assert set(cells["age"]) == {5, 6, 7}
    by_model = cells.pivot_table(index=["area", "age"], columns="model", values="forecast")
    assert (by_model["mine"] == by_model["last_value"]).all()


def test_size_classes_are_thirds() -> None:
    rolls, _ = history()
    array = _array(rolls, "pupils", ["year", "area", "age"])
    assert size_classes(array).tolist() == [0, 0, 1, 2]


def test_births_by_grade_of_the_chinese_rule() -> None:
    rolls, births = history(years=18)
    grades = rolls.rename(columns={"age": "grade"}).assign(grade=lambda f: f["grade"] - 4)
    rule = {"grade": 1, "lags": {7: 4 / 12, 6: 8 / 12}, "reporting_lag": 1}
    found = backtest(grades, births, entry=rule, origins=[2010, 2012], horizons=[1, 5], draws=40)
    assert found.forecasts["coverage_80"].notna().all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": ["oracle"]}, "models: 'oracle' is not known"),
        ({"models": []}, "models: none given"),
        ({"origins": []}, "origins: none given"),
        ({"horizons": []}, "horizons: none given"),
        ({"horizons": [0]}, "horizons: 0 is not at least 1"),
        ({"origins": [1990]}, "origins: 1990 is not a year of the rolls"),
        ({"origins": [2001]}, "too little is known in 2001"),
        ({"stages": [5, 50]}, "stages: age 50 not in the rolls"),
        ({"stages": [5, 7]}, "age 6 missing"),
        ({"entry": {"age": 3, "lag": 3}}, "age 3, the entry age, is not in the rolls"),
        ({"entry": 5}, "entry: is a int"),
    ],
)
def test_bad_requests(change: dict[str, Any], words: str) -> None:
    rolls, births = history()
    request = {"entry": ENTRY, "origins": [2010], "horizons": [1], **change}
    with pytest.raises(InvalidInput, match=words):
        backtest(rolls, births, **request)


def test_bad_tables_name_every_fault() -> None:
    rolls, births = history()
    request: dict[str, Any] = {"entry": ENTRY, "origins": [2010], "horizons": [1]}
    other = rolls.assign(area=rolls["area"].replace("area 0", "nowhere"))
    for table, born, words in (
        (other, births, "no births for area nowhere of the rolls"),
        (rolls[rolls["year"] != 2004], births, "year 2004 missing"),
        (rolls, births[births["year"] != 2004], "births: year 2004 missing"),
        (rolls.assign(pupils=-1), births, "pupils: -1 is negative"),
    ):
        with (
            pytest.raises(InvalidInput, match=words),
            warnings.catch_warnings(action="ignore"),
        ):
            backtest(table, born, **request)
    short = rolls[rolls["year"] > 2012]
    with pytest.raises(InvalidInput, match="too little is known in 2013"):
        backtest(short, births, **{**request, "origins": [2013]})


def test_origins_without_outcome_are_left_out_with_a_warning() -> None:
    rolls, births = history()
    with pytest.warns(UserWarning, match="2015 has no later roll"):
        found = backtest(
            rolls, births, entry=ENTRY, origins=[2014, 2015], horizons=[1], models=["last value"]
        )
    assert set(found.forecasts["origin"]) == {2014}
    with (
        pytest.raises(InvalidInput, match="none has a roll 1 years later"),
        pytest.warns(UserWarning),
    ):
        backtest(rolls, births, entry=ENTRY, origins=[2015], horizons=[1])
