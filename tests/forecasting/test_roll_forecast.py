from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.demography.entrants import CHINA_ENTRY, Entry
from capsim.forecasting.roll_forecast import forecast_rolls
from capsim.forecasting.roll_levels import (
    RollHistory,
    RollSettings,
    before_entry,
    fading,
    fit_levels,
)

ENTRY = Entry(5, {5: 1.0}, "age")


def world(
    growth: np.ndarray,
    *,
    years: int = 14,
    ages: int = 6,
    size: float = 2000.0,
    seed: int | None = 0,
) -> tuple[xr.DataArray, xr.DataArray]:
    """Rolls of areas that grow by `growth` a year at every age, before school as well."""
    n = len(growth)
    rng = np.random.default_rng(seed)
    born = np.full((years + 5, n), size)
    rolls = np.zeros((years, n, ages))
    for t in range(years):
        for a in range(ages):
            rolls[t, :, a] = size * np.exp(growth * (5 + a))
    if seed is not None:
        rolls = rng.poisson(rolls).astype(float)
    areas = [f"area {i}" for i in range(n)]
    return (
        xr.DataArray(
            rolls,
            dims=("year", "area", "age"),
            coords={"year": range(2000, 2000 + years), "area": areas, "age": range(5, 5 + ages)},
        ),
        xr.DataArray(
            born,
            dims=("year", "area"),
            coords={"year": range(1995, 2000 + years), "area": areas},
        ),
    )


def test_a_world_at_rest_stays_at_rest() -> None:
    rolls, births = world(np.zeros(4), seed=None)
    found = forecast_rolls(rolls, births, entry=ENTRY, horizon=5, draws=50)
    assert found.dims == ("draw", "year", "area", "age")
    assert found["year"].values.tolist() == [2014, 2015, 2016, 2017, 2018]
    np.testing.assert_allclose(found.median("draw"), 2000.0, rtol=1e-3)


def share_kept(settings: RollSettings) -> float:
    """Share of five years' growth of 3 % a year that the forecast of one area keeps."""
    rolls, births = world(np.array([0.03, 0.0, 0.0, 0.0, 0.0, -0.03]), seed=None)
    found = forecast_rolls(rolls, births, entry=ENTRY, horizon=5, draws=50, settings=settings)
    oldest = float(found.median("draw").sel(age=10, year=2018)[0])
    # The cohort entered school in 2013 after five years of growth, and has had five more.
    return float(np.log(oldest / 2000.0) / 0.03 - 5.0) / 5.0


def test_differences_between_areas_fade_by_a_constant_share() -> None:
    kept = share_kept(RollSettings(damping_prior_origins=np.inf))
    assert kept == pytest.approx(np.mean(0.7 ** np.arange(1, 6)), abs=0.08)


def test_growth_that_has_lasted_fades_less() -> None:
    """Thirteen years of the same growth speak against fading; the prior still pulls."""
    constant = share_kept(RollSettings(damping_prior_origins=np.inf))
    assert constant + 0.1 < share_kept(RollSettings()) < 0.95


def test_fading_is_read_from_the_past() -> None:
    rng = np.random.default_rng(3)
    lasting = np.repeat(rng.normal(0.0, 0.01, 40)[None], 12, axis=0)
    passing = rng.normal(0.0, 0.01, (12, 40))
    free = RollSettings(damping_prior_origins=0.0, recent_half_life_years=1.0)
    assert fading(lasting, free) == 1.0
    assert fading(passing, free) < 0.35
    assert fading(lasting, RollSettings(damping_prior_origins=np.inf, area_damping=0.4)) == 0.4
    assert fading(lasting[:1], RollSettings(area_damping=0.4)) == 0.4
    drawn = [fading(lasting, RollSettings(damping_prior_origins=w)) for w in (1.0, 10.0, 1e6)]
    assert 1.0 > drawn[0] > drawn[1] > drawn[2]
    assert drawn[2] == pytest.approx(0.7)


def test_fading_of_a_known_share() -> None:
    """Growth that halves every year: only the last year counts, and a half is left of it."""
    growth = 0.02 * 0.5 ** np.arange(8)[:, None] * np.linspace(-1.0, 1.0, 9)
    only_last = RollSettings(damping_prior_origins=0.0, recent_half_life_years=0.01)
    assert fading(growth, only_last) == pytest.approx(0.5)


def test_what_is_special_about_a_grade_stays() -> None:
    """Boarders who join one area's age 8 every year are no growth of that area."""
    rolls, births = world(np.zeros(8), seed=None)
    rolls = rolls.copy()
    rolls[:, 0, 3:] *= 1.2
    found = forecast_rolls(rolls, births, entry=ENTRY, horizon=3, draws=50).median("draw")
    by_age = found.sel(year=2016, area="area 0").values / 2000.0
    assert by_age[:3] == pytest.approx([1.0, 1.0, 1.0], abs=0.01)
    assert by_age[3:] == pytest.approx([1.2, 1.2, 1.2], abs=0.02)


def test_nothing_after_the_origin_is_read() -> None:
    rolls, births = world(np.linspace(-0.01, 0.01, 5))
    whole = forecast_rolls(rolls, births, entry=ENTRY, horizon=4, origin=2009, draws=20)
    spoilt_rolls = rolls.where(rolls["year"] <= 2009, 7.0)
    spoilt_births = births.where(births["year"] <= 2009, 7.0)
    again = forecast_rolls(
        spoilt_rolls, spoilt_births, entry=ENTRY, horizon=4, origin=2009, draws=20
    )
    xr.testing.assert_identical(whole, again)


def test_births_of_the_reporting_lag_are_not_read() -> None:
    rolls, births = world(np.zeros(3))
    late = Entry(5, {5: 1.0}, "age", 1)
    one = forecast_rolls(rolls, births, entry=late, horizon=4, origin=2009, draws=20)
    spoilt = births.where(births["year"] <= 2008, 7.0)
    again = forecast_rolls(rolls, spoilt, entry=late, horizon=4, origin=2009, draws=20)
    xr.testing.assert_identical(one, again)


def test_the_seed_fixes_everything_and_replicates_differ() -> None:
    rolls, births = world(np.zeros(3))
    one = forecast_rolls(rolls, births, entry=ENTRY, horizon=8, draws=20, seed=5)
    same = forecast_rolls(rolls, births, entry=ENTRY, horizon=8, draws=20, seed=5)
    other = forecast_rolls(rolls, births, entry=ENTRY, horizon=8, draws=20, seed=6)
    xr.testing.assert_identical(one, same)
    assert not np.allclose(one, other)
    assert float(one.std("draw").min()) > 0


def test_coverage_in_a_world_of_counting_noise() -> None:
    """Poisson rolls around constant means: 80 % bands hold about 80 % of what comes."""
    inside = []
    for seed in range(6):
        rolls, births = world(np.zeros(10), seed=seed)
        made = forecast_rolls(rolls, births, entry=ENTRY, horizon=2, origin=2011, draws=100)
        came = rolls.sel(year=[2012, 2013])
        low, high = made.quantile(0.1, "draw"), made.quantile(0.9, "draw")
        inside.append(float(((came >= low) & (came <= high)).mean()))
    assert 0.70 < np.mean(inside) < 0.97


def test_small_areas_with_empty_grades() -> None:
    rolls, births = world(np.zeros(3), size=2.0)
    assert float(rolls.min()) == 0
    found = forecast_rolls(rolls, births, entry=ENTRY, horizon=8, draws=20)
    assert np.isfinite(found.values).all()
    assert float(found.min()) >= 0


def test_one_area_by_grade_with_calendar_births() -> None:
    rolls, births = world(np.zeros(1))
    grades = rolls.rename(age="grade").assign_coords(grade=range(1, 7))
    early = births.assign_coords(year=births["year"] - 2)
    found = forecast_rolls(grades, early, entry=CHINA_ENTRY, horizon=10, origin=2012, draws=40)
    assert found.sizes == {"draw": 40, "year": 10, "area": 1, "grade": 6}
    # Births to 2011 reach the cohort of 2017; later ones are forecast and uncertain.
    spread = np.log(found.sel(grade=1, area="area 0")).std("draw")
    assert float(spread.sel(year=2022)) > 1.3 * float(spread.sel(year=2014))


def test_parts_of_a_history_add_up() -> None:
    rolls, births = world(np.linspace(-0.02, 0.02, 6))
    born = np.full((14, 6), np.nan)
    born[:] = births.values[:14]
    history = RollHistory(rolls.values, born, 5, 5)
    parts = fit_levels(history, RollSettings())
    explained = (
        parts.usual
        + parts.cell
        + (parts.whole_growth[:, None] + parts.area_growth)[:, :, None]
        + parts.grade_drift[:, None, :]
        + parts.cell_rest
    )
    after, before = rolls.values[1:, :, 1:], rolls.values[:-1, :, :-1]
    np.testing.assert_allclose(np.exp(explained), after / before, rtol=2e-3)


def test_growth_before_entry_by_hand() -> None:
    growth = np.array([0.1, 0.2, 0.3, 0.4])
    assert float(before_entry(growth, 4, 2)) == pytest.approx(0.7)
    assert float(before_entry(growth, 2, 2)) == pytest.approx(0.3)
    assert float(before_entry(growth, 1, 5)) == pytest.approx(0.5)
    assert float(before_entry(growth, 0, 5)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizon": 0}, "horizon: 0"),
        ({"draws": 1}, "draws: 1"),
        ({"origin": 2050}, "2050 is not a year of the rolls"),
        ({"origin": 2002}, "3 years to 2002 are too few"),
    ],
)
def test_bad_requests(change: dict[str, int], words: str) -> None:
    rolls, births = world(np.zeros(2))
    request = {"horizon": 3, "draws": 10, **change}
    with pytest.raises(InvalidInput, match=words):
        forecast_rolls(rolls, births, entry=ENTRY, **request)  # type: ignore[arg-type]


def test_bad_births() -> None:
    rolls, births = world(np.zeros(2))
    with pytest.raises(InvalidInput, match="no entrants to 2005 have known births"):
        forecast_rolls(
            rolls, births.sel(year=slice(2003, None)), entry=ENTRY, horizon=1, origin=2005
        )
