"""capsim's forecast of rolls by area and grade, with a distribution: draws, not a single line.

Usual ratios of all areas together carry every cohort forward. What an area adds to them fades
with the horizon, because unchanged ratios exaggerate differences between areas; how fast, is read
from the past and drawn to a usual share. What is special about a grade in an area stays.
Entrants are births times a ratio that moves with the growth of the years before entry. The parts
are described in :mod:`capsim.forecasting.roll_levels`, their spread in
:mod:`capsim.forecasting.roll_spread`; the whole spread is then scaled by how far the method's own
earlier forecasts were off, as far as that is known at the origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from capsim.core.draws import U64, identity_of
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.entrants import Entry, as_entry, entry_cohorts
from capsim.forecasting.roll_levels import RollHistory, RollSettings, fit_levels
from capsim.forecasting.roll_paths import Noise, simulate
from capsim.forecasting.roll_spread import fit_spread
from capsim.forecasting.roll_tables import births_array, roll_array, stage_of

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

FEWEST_ROLLS: Final = 4  # three yearly changes: with fewer nothing can be said about spread
_HINDCASTS: Final = 12  # latest earlier origins that calibrate the spread
_HINDCAST_HORIZON: Final = 5
_HINDCAST_DRAWS: Final = 200
_NORMAL_80: Final = 1.2815515594  # four of five normals lie within this of 0
#: Correlation of areas' births errors. Derived: changes of births of New Zealand's regions to 2007
#: over one, two and three years correlate 0.42, 0.58 and 0.53.
BIRTHS_CORRELATION: Final = 0.5


@dataclass(frozen=True)
class Known:
    """Checked tables of what is known at the origin.

    Attributes
    ----------
    rolls, births : xarray.DataArray
        By year and area (and grade or age), to the origin.
    entry : Entry
    """

    rolls: xr.DataArray
    births: xr.DataArray
    entry: Entry

    @property
    def history(self) -> RollHistory:
        """Arrays of :class:`RollHistory`."""
        years = [int(y) for y in self.rolls["year"].values]
        ahead = min(self.entry.lags) - self.entry.reporting_lag
        cohorts = entry_cohorts(self.births, self.entry)
        wanted = list(range(years[0], years[-1] + 1 + ahead))
        return RollHistory(
            pupils=self.rolls.values,
            born=cohorts.reindex(year=wanted).values,
            lag=max(round(self.entry.mean_lag), 1),
            ahead=ahead,
        )


def forecast_rolls(
    rolls: pd.DataFrame | xr.DataArray,
    births: pd.DataFrame | xr.DataArray,
    *,
    entry: Entry | Mapping[str, Any] | tuple[int, int],
    horizon: int,
    origin: int | None = None,
    draws: int = 200,
    seed: int = 1,
    settings: RollSettings | None = None,
) -> xr.DataArray:
    """Forecast rolls by area and grade (or age).

    Parameters
    ----------
    rolls : pandas.DataFrame or xarray.DataArray
        Pupils by year, area and grade or age; see
        :func:`~capsim.forecasting.roll_tables.roll_array`. Grades or ages below entry are left
        out. At least four years to the origin.
    births : pandas.DataFrame or xarray.DataArray
        Births by year and area. Where they end before the origin, the rest is forecast as well.
    entry : Entry, mapping or pair
        Grade or age of entry and its lags from birth, as :func:`capsim.backtest` takes it.
    horizon : int
        Years ahead. Births not known at the origin are forecast
        (:func:`capsim.demography.births.forecast_births`).
    origin : int, optional
        Year of the last roll used, the last one by default. Nothing later is read; births are
        read to ``origin - entry.reporting_lag``.
    draws : int
        Number of draws, at least 2. They come in mirrored pairs, so that their median is the
        point forecast.
    seed : int
        Seed of the draws.
    settings : RollSettings, optional
        How the past is weighed.

    Returns
    -------
    xarray.DataArray
        Pupils, dimensions ``(draw, year, area, grade)`` or ``(draw, year, area, age)``. Draws
        of different areas, grades and years belong together: their sums are draws of the sums.

    Raises
    ------
    InvalidInput
        For faults of the tables, an origin outside the rolls, or too few years.
    """
    problems = Problems()
    if horizon < 1:
        problems.add("horizon", f"{horizon} is not at least 1")
    if draws < 2:
        problems.add("draws", f"{draws} is not at least 2")
    problems.raise_if_any()
    known = known_at(rolls, births, entry, origin)
    _check_entrants(known)
    areas, last = known.rolls["area"].values, int(known.rolls["year"].values[-1])
    futures, scale = draw_futures(
        known.history,
        settings if settings is not None else RollSettings(),
        _coming_born(known, horizon, draws, seed),
        last + 1,
        Noise(seed, draws, identity_of([str(a) for a in areas])),
    )
    stage = stage_of(known.rolls)
    return xr.DataArray(
        futures,
        dims=("draw", "year", "area", stage),
        coords={
            "draw": np.arange(draws),
            "year": np.arange(last + 1, last + 1 + horizon),
            "area": areas,
            stage: known.rolls[stage].values,
        },
        name="pupils",
        attrs={"origin": last, "spread_scale": list(scale)},
    )


def draw_futures(
    history: RollHistory, settings: RollSettings, coming: F64, first_year: int, noise: Noise
) -> tuple[F64, tuple[float, float]]:
    """Draw futures from a history, their spread scaled by the method's own earlier misses.

    Parameters
    ----------
    history : RollHistory
        At least four rolls.
    settings : RollSettings
    coming : ndarray, shape (1 or draws, horizon, areas)
        Births behind the entry cohorts of the coming years. Cohorts that are NaN are missing from
        the result.
    first_year : int
        Calendar year of the first step, the key of its noise.
    noise : Noise

    Returns
    -------
    ndarray, shape (draws, horizon, areas, stages), and the two factors on the spread
        Of areas, and of cells about their areas.
    """
    scale = _spread_scale(history, settings, noise.areas, noise.seed)
    futures = _futures(history, settings, coming, first_year, noise)
    areas_off, cells_off = _deviations(np.where(np.isnan(futures), 0.0, futures))
    middle = np.median(futures, axis=0)
    drawn: F64 = middle * np.exp(scale[0] * areas_off[..., None] + scale[1] * cells_off)
    return drawn, scale


def _check_entrants(known: Known) -> None:
    """Refuse births that reach back to none of the entrants."""
    history = known.history
    if np.isnan(history.born[: len(history.pupils)]).all():
        raise InvalidInput.of(
            "births",
            f"no entrants to {int(known.rolls['year'].values[-1])} have known births "
            f"({int(known.births['year'].values[0])} and later)",
            f"entry follows birth by {known.entry.mean_lag:g} years",
        )


def known_at(
    rolls: pd.DataFrame | xr.DataArray,
    births: pd.DataFrame | xr.DataArray,
    entry: Entry | Mapping[str, Any] | tuple[int, int],
    origin: int | None,
) -> Known:
    """Check the tables and cut them at the origin."""
    columns = rolls.dims if isinstance(rolls, xr.DataArray) else rolls.columns
    entry = as_entry(entry, "grade" if "grade" in columns else "age")
    pupils = roll_array(rolls, first_stage=entry.at)
    born = births_array(births, pupils["area"])
    years = [int(y) for y in pupils["year"].values]
    last = years[-1] if origin is None else int(origin)
    problems = Problems()
    if last not in years:
        problems.add("origin", f"{last} is not a year of the rolls ({years[0]}-{years[-1]})")
    elif last - years[0] + 1 < FEWEST_ROLLS:
        problems.add(
            "rolls",
            f"{last - years[0] + 1} years to {last} are too few to fit a forecast",
            f"at least {FEWEST_ROLLS}",
        )
    if pupils.sizes[stage_of(pupils)] < 2:
        problems.add("rolls", f"need at least two {stage_of(pupils)}s")
    problems.raise_if_any()
    return Known(
        pupils.sel(year=slice(years[0], last)),
        born.sel(year=slice(None, last - entry.reporting_lag)),
        entry,
    )


def _coming_born(known: Known, horizon: int, draws: int, seed: int) -> F64:
    """Births behind the coming entry cohorts, shape (1 or draws, horizon, areas)."""
    last = int(known.rolls["year"].values[-1])
    last_birth = int(known.births["year"].values[-1])
    needed = last + horizon - min(known.entry.lags)
    births = known.births
    if needed > last_birth:
        from capsim.demography.births import forecast_births

        coming = forecast_births(
            births,
            needed - last_birth,
            draws=draws,
            seed=seed,
            correlation=BIRTHS_CORRELATION,
        )
        past = births.expand_dims(draw=coming["draw"].values)
        births = xr.concat([past, coming.transpose("draw", "year", "area")], dim="year")
    else:
        births = births.expand_dims(draw=[0])
    cohorts = entry_cohorts(births, known.entry)
    years = np.arange(last + 1, last + 1 + horizon)
    found = cohorts.reindex(year=years).transpose("draw", "year", "area").values
    return np.asarray(found, dtype=np.float64)


def _futures(
    history: RollHistory, settings: RollSettings, coming: F64, first_year: int, noise: Noise
) -> F64:
    levels = fit_levels(history, settings)
    spread = fit_spread(history, levels, settings)
    return simulate(history, levels, spread, settings, coming, first_year, noise)


def _spread_scale(
    history: RollHistory, settings: RollSettings, identities: U64, seed: int
) -> tuple[float, float]:
    """Factors on the spread from the misses of forecasts made earlier, by the same method.

    One factor for what the cells of an area have in common, one for the rest. Each earlier
    origin gives the size that four of five misses stay below, in standard deviations and over
    that of a normal; origins are averaged and the factor is drawn towards 1 while they are few.
    Cohorts whose births were not known at the earlier origin do not count.
    """
    n = len(history.pupils)
    misses = []
    for rolls in range(max(FEWEST_ROLLS, n - _HINDCASTS), n):
        horizon = min(_HINDCAST_HORIZON, n - rolls)
        then = history.as_of(rolls)
        coming = np.full((1, horizon, then.pupils.shape[1]), np.nan)
        known = then.born[rolls : rolls + horizon]
        coming[0, : len(known)] = known
        made = _futures(then, settings, coming, rolls, Noise(seed, _HINDCAST_DRAWS, identities))
        misses.append(_misses(made, history.pupils[rolls : rolls + horizon]))
    if not misses:
        return 1.0, 1.0
    weight = len(misses) / (len(misses) + settings.scale_prior_origins)
    area, cell = np.mean(misses, axis=0) ** weight
    return float(area), float(cell)


def _deviations(futures: F64) -> tuple[F64, F64]:
    """Split log deviations from the middle into those of areas and what cells add to them.

    Returns arrays of shapes (draws, horizon, areas) and (draws, horizon, areas, stages).
    """
    logs = np.log(futures + 0.5)
    off = logs - np.median(logs, axis=0)
    totals = np.log(futures.sum(axis=-1) + 0.5)
    areas = totals - np.median(totals, axis=0)
    return areas, off - areas[..., None]


def _misses(made: F64, came: F64) -> tuple[float, float]:
    """Misses of areas, and of cells about their areas, in standard deviations."""
    known = ~np.isnan(made[0])
    made, came = np.where(known, made, 0.0), np.where(known, came, 0.0)
    areas, cells = _deviations(made)
    came_area = np.log(came.sum(axis=-1) + 0.5) - np.median(np.log(made.sum(axis=-1) + 0.5), axis=0)
    came_cell = np.log(came + 0.5) - np.median(np.log(made + 0.5), axis=0) - came_area[..., None]
    return _size_of(came_area, areas), _size_of(came_cell[known], cells[:, known])


def _size_of(miss: F64, deviations: F64) -> float:
    """Return the size that four misses in five stay below, over that of a normal."""
    distance = miss / np.maximum(deviations.std(axis=0), 1e-6)
    return float(np.quantile(np.abs(distance), 0.8) / _NORMAL_80)
