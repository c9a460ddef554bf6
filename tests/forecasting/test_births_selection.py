import numpy as np
import pandas as pd
import pytest

from capsim.core.errors import InvalidInput
from capsim.demography.births_calibration import calibrate_births, past_errors
from capsim.forecasting import births_selection
from capsim.forecasting.births_selection import select_births_settings
from capsim.forecasting.births_validation import score_births


def walks(series=25, years=45, persistence=0.0, seed=0):
    rng = np.random.default_rng(seed)
    change = rng.normal(0, 0.02, (years, series))
    for t in range(1, years):
        change[t] += persistence * change[t - 1]
    return pd.DataFrame(
        np.exp(13 + change.cumsum(axis=0)),
        index=range(1950, 1950 + years),
        columns=[f"s{i}" for i in range(series)],
    )


@pytest.fixture(autouse=True)
def small_grids(monkeypatch):
    shipped = births_selection.MedianSettings()
    grid = {name: (getattr(shipped, name),) for name in births_selection.MEDIAN_GRID}
    monkeypatch.setattr(births_selection, "MEDIAN_GRID", {**grid, "drift_share": (0.0, 0.5, 3.0)})
    monkeypatch.setattr(births_selection, "WIDENING_GRID", (0.0, 0.02, 0.3))
    monkeypatch.setattr(births_selection, "HORIZONS", (1, 5))


def test_only_outcomes_to_the_year_count():
    births = walks()
    later = births.copy()
    later.loc[1985:] *= 5.0
    one = select_births_settings(births, through=1984, first_origin=1978)
    two = select_births_settings(later, through=1984, first_origin=1978)
    assert one.median == two.median
    pd.testing.assert_frame_equal(one.widenings, two.widenings)
    pd.testing.assert_frame_equal(one.candidates, two.candidates)
    pd.testing.assert_frame_equal(one.correlations, two.correlations)


def test_a_constant_moves_only_where_it_helps():
    found = select_births_settings(walks(persistence=0.9), through=1994, first_origin=1980)
    scores = found.candidates.query("constant == 'drift_share'").set_index("value")["criterion"]
    assert found.median.drift_share != 3.0
    assert scores[found.median.drift_share] <= scores.min() + births_selection.PLATEAU
    assert scores[3.0] > scores.min()


def test_bands_that_are_far_too_wide_are_not_chosen():
    found = select_births_settings(walks(), through=1994, first_origin=1980)
    assert found.widening_per_year < 0.3
    assert set(found.widenings["widening"]) == {0.0, 0.02, 0.3}


def test_coverage_agrees_with_the_scores_of_births():
    """The same bands by another way: distributions of points, scored by the public function."""
    births = walks(10)
    found = select_births_settings(births, through=1994, first_origin=1986).widenings
    errors = past_errors(births.to_numpy().T, 5)
    inside = []
    for origin in range(1986, 1994):
        for i, name in enumerate(births.columns):
            chosen = calibrate_births(errors, through=origin - 1950, leave_out=i)
            row = score_births(
                births[[name]], origins=[origin], horizons=[1],
                calibration=type(chosen)(chosen.coefficients, chosen.quantiles, 0.02),
            )  # fmt: skip
            inside.append(bool(row["inside_80"].iloc[0]))
    row = found[found["widening"] == 0.02].iloc[0]
    assert row["80 % at 1"] == pytest.approx(np.mean(inside), abs=0.026)


def test_interval_score_by_hand():
    """One series, one origin: width plus the penalty of what lies outside."""
    births = walks(9)
    errors = past_errors(births.to_numpy().T, 5)
    calibration = calibrate_births(errors, through=30)
    found = births_selection._judge_bands(errors, [30], (0.0,), leave_out=False)
    at = int(np.flatnonzero(errors.origins == 30)[0])
    recent = births_selection.Volatility(errors.change[at], errors.roughness[at])
    normal = np.full((1, calibration.horizons), 1.2815515655446004)
    scale = type(calibration)(calibration.coefficients, calibration.quantiles, 0.0)
    half = (scale.scale(recent, 5) * calibration.standard_error(normal)[:, :5])[:, 4]
    error = np.abs(errors.error[at, :, 4])
    score = 2 * half + 10 * np.maximum(error - half, 0.0)
    covered, mean = found[0.0, 0.8, 5]
    assert mean == pytest.approx(score.mean())
    assert covered == pytest.approx((error <= half).mean())


def test_correlation_of_a_walk_is_that_of_sums():
    """Errors of a walk at h and k correlate as sqrt(min / max)."""
    table = np.exp(np.random.default_rng(1).normal(0, 0.02, (60, 60)).cumsum(axis=1))
    found = births_selection._judge_correlations(table, births_selection.MedianSettings())
    assert found["exponent"].iloc[0] in (0.4, 0.45, 0.5)
    assert (found["misfit"].diff().dropna() >= 0).all()


def test_a_table_that_ends_early_says_so():
    with pytest.raises(InvalidInput, match="in every year to 1999"):
        select_births_settings(walks(), through=1999, first_origin=1980)


def test_an_origin_too_late_for_the_longest_horizon_says_so():
    with pytest.raises(InvalidInput, match="no origin from 1992 on has an outcome 5 years later"):
        select_births_settings(walks(), through=1994, first_origin=1992)
