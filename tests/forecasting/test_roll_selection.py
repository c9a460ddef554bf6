from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.demography.entrants import Entry
from capsim.forecasting.backtesting import select_roll_settings, selection
from capsim.forecasting.roll_forecast import forecast_rolls
from capsim.forecasting.roll_levels import RollSettings
from capsim.forecasting.roll_paths import forecast_point

ENTRY = Entry(5, {5: 1.0}, "age")
INFINITE = float("inf")


def world(damping: float, years: int = 13, seed: int = 4) -> tuple[xr.DataArray, xr.DataArray]:
    """Rolls of areas whose growth fades by a known share; births from the third roll's entry on."""
    rng = np.random.default_rng(seed)
    n_areas, ages = 12, 5
    growth = np.zeros((years + ages, n_areas))
    growth[0] = rng.normal(0.0, 0.02, n_areas)
    for t in range(1, len(growth)):
        shock = rng.normal(0.0, 0.02, n_areas)
        growth[t] = damping * growth[t - 1] + np.sqrt(1.0 - damping**2) * shock
    size = 3000.0 * np.exp(growth.cumsum(axis=0))
    rolls = np.stack([size[ages:]] * ages, axis=2)
    areas = [f"area {i}" for i in range(n_areas)]
    return (
        xr.DataArray(
            rng.poisson(rolls).astype(float),
            dims=("year", "area", "age"),
            coords={"year": range(2000, 2000 + years), "area": areas, "age": range(5, 10)},
        ),
        xr.DataArray(
            np.full((years + 3, n_areas), 3000.0),
            dims=("year", "area"),
            coords={"year": range(1997, 2000 + years), "area": areas},
        ),
    )


@pytest.fixture
def small_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    point = {"recent_half_life_years": (0.3, 2.0), "area_damping": (0.2, 0.5, 0.8)}
    spread = {"growth_persistence": (0.0, 0.5), "scale_prior_origins": (2.0, INFINITE)}
    monkeypatch.setattr(selection, "POINT_GRID", {**point, "damping_prior_origins": (INFINITE,)})
    monkeypatch.setattr(selection, "SPREAD_GRID", spread)


def test_only_outcomes_to_the_year_count(small_grids: None) -> None:
    rolls, births = world(0.5)
    one = select_roll_settings(rolls, births, entry=ENTRY, through=2010)
    spoilt = rolls.where(rolls["year"] <= 2010, 7.0)
    spoilt_births = births.where(births["year"] <= 2010, 7.0)
    two = select_roll_settings(spoilt, spoilt_births, entry=ENTRY, through=2010)
    assert one.settings == two.settings
    assert one.point.equals(two.point)
    assert one.spread.equals(two.spread)


def test_the_least_error_is_chosen(small_grids: None) -> None:
    rolls, births = world(0.5)
    found = select_roll_settings(rolls, births, entry=ENTRY, through=2012)
    for name in ("recent_half_life_years", "area_damping"):
        rows = found.point[found.point["setting"] == name]
        chosen = rows[rows["chosen"]]
        assert len(chosen) == 1
        assert float(chosen["criterion"].iloc[0]) <= rows["criterion"].min() + selection.TIE
    rows = found.spread
    near = rows[rows["outside"] == rows["outside"].min()]
    good = near[near["criterion"] <= near["criterion"].min() + selection.AS_GOOD]
    first = rows.iloc[0]
    assert list(rows["chosen"]) == [True, False, False, False]
    assert first.name in good.index
    assert first["scale_prior_origins"] == good["scale_prior_origins"].max()
    assert len(rows) == 4
    assert found.settings.growth_persistence == first["growth_persistence"]
    assert found.settings.scale_prior_origins == first["scale_prior_origins"]


def test_bands_are_judged_on_forecasts_with_entrants(small_grids: None) -> None:
    """Births that reach back one entry cohort less take one origin from the judgement."""
    rolls, births = world(0.5)
    late = births.sel(year=slice(2001, None))  # the first entrants with births enter in 2006
    found = select_roll_settings(rolls, late, entry=ENTRY, through=2012, horizons=(1, 3, 5))
    known = selection.known_at(rolls, late, ENTRY, 2012)
    complete = [c for c in selection._cases(known.history, 5) if not np.isnan(c.coming[0]).any()]
    assert [len(c.history.pupils) for c in complete] == [7, 8, 9, 10, 11, 12]
    covered = found.spread["area 5 coverage 80"] * 2 * 12 / 100.0  # two origins, twelve areas
    np.testing.assert_allclose(covered, covered.round(), atol=1e-9)
    later = births.sel(year=slice(2003, None))
    with pytest.raises(InvalidInput, match="one entry cohort with known births"):
        select_roll_settings(rolls, later, entry=ENTRY, through=2012)


def test_growth_that_passes_is_faded_more_than_growth_that_lasts(small_grids: None) -> None:
    chosen = [
        select_roll_settings(*world(damping), entry=ENTRY, through=2012).settings.area_damping
        for damping in (0.0, 0.95)
    ]
    assert chosen[0] < chosen[1]


def test_errors_are_those_of_the_public_forecast() -> None:
    """Without noise the forecast is the middle of the draws."""
    rolls, births = world(0.5)
    settings = replace(RollSettings(), recent_half_life_years=2.0)
    drawn = forecast_rolls(
        rolls, births, entry=ENTRY, horizon=4, origin=2009, draws=400, settings=settings
    )
    known = selection.known_at(rolls, births, ENTRY, 2012)
    case = next(c for c in selection._cases(known.history, 4) if len(c.history.pupils) == 10)
    point = forecast_point(case.history, settings, case.coming[:3])
    np.testing.assert_allclose(drawn.median("draw")[:3], point, rtol=0.01)
    np.testing.assert_array_equal(case.came, rolls.sel(year=slice(2010, 2012)))


def test_cohorts_without_known_births_are_left_out() -> None:
    rolls, births = world(0.5)
    late = births.sel(year=slice(2000, None))  # the first entrants with births enter in 2005
    known = selection.known_at(rolls, late, ENTRY, 2012)
    first = selection._cases(known.history, 5)[0]
    assert len(first.history.pupils) == 4  # rolls of 2000-2003
    assert np.isnan(first.coming).all()
    point = forecast_point(first.history, RollSettings(), first.coming)
    assert np.isnan(point[2, :, :3]).all()
    assert not np.isnan(point[2, :, 3:]).any()
    cells, areas = selection._both(point[None, 2])
    assert cells.shape == (1, 24)
    np.testing.assert_allclose(areas[0], point[2, :, 3:].sum(axis=1))


def test_a_history_too_short_says_so() -> None:
    rolls, births = world(0.5)
    with pytest.raises(InvalidInput, match="hold no outcome 5 years after an origin"):
        select_roll_settings(rolls, births, entry=ENTRY, through=2006)
