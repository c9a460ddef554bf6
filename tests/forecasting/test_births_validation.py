import numpy as np
import pandas as pd
import pytest
import scoringrules

from capsim.core.errors import InvalidInput
from capsim.demography import forecast_births, score_births, shipped_calibration, summarise_scores
from capsim.forecasting.births_validation import _crps


def walks(series=30, years=50, step=0.03, seed=0):
    rng = np.random.default_rng(seed)
    logs = 13 + np.cumsum(rng.normal(0, step, (years, series)), axis=0)
    return pd.DataFrame(
        np.rint(np.exp(logs)),
        index=range(1960, 1960 + years),
        columns=[f"s{i}" for i in range(series)],
    )


def test_crps_of_points_agrees_with_scoringrules():
    rng = np.random.default_rng(1)
    points, outcome = np.sort(rng.normal(0, 1, (20, 199)), axis=1), rng.normal(0, 1, 20)
    assert _crps(points, outcome) == pytest.approx(scoringrules.crps_ensemble(outcome, points))


def test_walk_score_agrees_with_the_closed_form():
    births = walks(3)
    scores = score_births(births, origins=[1990], horizons=[4], calibration=shipped_calibration())
    past = np.log(births.loc[:1990].to_numpy())
    step = np.sqrt((np.diff(past, axis=0) ** 2).mean(axis=0))
    outcome = np.log(births.loc[1994].to_numpy())
    wanted = scoringrules.crps_normal(outcome, past[-1], 2 * step)
    assert scores["crps_walk"].to_numpy() == pytest.approx(wanted, rel=0.01)


def test_score_agrees_with_the_draws_of_the_public_function():
    births = walks(4, seed=5)
    scores = score_births(births, origins=[1995], horizons=[5], calibration=shipped_calibration())
    drawn = np.log(forecast_births(births.loc[:1995], 5, draws=8000).values[:, 4])
    outcome = np.log(births.loc[2000].to_numpy())
    wanted = scoringrules.crps_ensemble(outcome, drawn.T)
    assert scores["crps"].to_numpy() == pytest.approx(wanted, rel=0.05)
    assert scores["probability"].to_numpy() == pytest.approx(
        (drawn < outcome).mean(axis=0), abs=0.02
    )


def test_on_random_walks_nothing_beats_the_walk_and_bands_hold():
    scores = score_births(walks(40, 60), origins=range(1995, 2015, 4), horizons=[1, 4])
    summary = summarise_scores(scores)
    assert summary["crps_over_walk"].between(0.97, 1.06).all()
    assert summary["coverage_80"].between(0.72, 0.9).all()
    assert set(scores["origin"]) == {1995, 1999, 2003, 2007, 2011}
    assert summary.loc[4, "forecasts"] == 40 * 5


def test_later_years_do_not_change_earlier_scores():
    births = walks(15)
    changed = births.copy()
    changed.loc[2001:] *= 3
    arguments = {"origins": [1995], "horizons": [1, 5]}
    before, after = score_births(births, **arguments), score_births(changed, **arguments)
    pd.testing.assert_frame_equal(before, after)


def test_bad_requests():
    births = walks(15)
    with pytest.raises(InvalidInput, match="2009 is not a year with a later outcome"):
        score_births(births, origins=[2009])
    births.loc[1960:1965, "s1"] = np.nan
    with pytest.raises(InvalidInput, match="every series in every year"):
        score_births(births, origins=[1995])
