"""The models that a backtest puts side by side, each with a distribution.

The two reference models have no distribution of their own: their bands are the errors that they
made from earlier origins, as far as those were known at the origin, by horizon and size of area.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from capsim.core.dims import require_labels
from capsim.core.errors import InvalidInput
from capsim.demography.entrants import Entry, entry_cohorts
from capsim.forecasting.progression import entry_ratios, progression_ratios, project_rolls
from capsim.forecasting.roll_forecast import forecast_rolls
from capsim.forecasting.roll_tables import stage_of

F64 = NDArray[np.float64]
PointForecast = Callable[[xr.DataArray, xr.DataArray, Entry, int], F64]
ModelFunction = Callable[[xr.DataArray, xr.DataArray, Entry, int, int, int], xr.DataArray]

MODELS: Final = ("last_value", "progression_ratios", "capsim")
POOLED_YEARS: Final = 3
SIZES: Final = ("small", "medium", "large")


@dataclass(frozen=True)
class Made:
    """What one model said at one origin about one series of things.

    Attributes
    ----------
    point : ndarray, shape (horizon, things)
        Point forecasts.
    draws : ndarray, shape (draws, horizon, things)
        The distribution; NaN where the model has none yet.
    """

    point: F64
    draws: F64


@dataclass(frozen=True)
class Forecast:
    """What one model said at one origin, for cells, areas and all areas together.

    Attributes
    ----------
    cell, area, total : Made
        Things are (area, stage) cells in that order, areas, and one total.
    """

    cell: Made
    area: Made
    total: Made

    @classmethod
    def of_draws(cls, cells: F64) -> Forecast:
        """Return the forecast of joint draws, shape (draws, horizon, areas, stages).

        Draws of totals are sums of draws; points are medians.
        """
        flat = cells.reshape(*cells.shape[:2], -1)
        areas, total = cells.sum(axis=3), flat.sum(axis=2, keepdims=True)
        made = [Made(np.median(draws, axis=0), draws) for draws in (flat, areas, total)]
        return cls(*made)


def size_classes(rolls: xr.DataArray) -> NDArray[np.int64]:
    """Class of each area by its last roll: thirds of the areas, 0 the smallest."""
    totals = rolls.values[-1].sum(axis=1)
    n = len(totals)
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(totals, kind="stable")] = np.arange(n)
    return rank * len(SIZES) // n


def last_value(rolls: xr.DataArray, births: xr.DataArray, entry: Entry, horizon: int) -> F64:
    """Every grade of every area stays as it is."""
    return np.repeat(rolls.values[-1][None], horizon, axis=0)


def progression_baseline(
    rolls: xr.DataArray, births: xr.DataArray, entry: Entry, horizon: int
) -> F64:
    """Three-year pooled progression ratios with births, the profession's baseline.

    Births not known at the origin are those of the last known year. Cells whose entry ratio is
    not known at the origin are NaN.
    """
    years = [int(y) for y in rolls["year"].values]
    last_birth = int(births["year"].values[-1])
    needed = years[-1] + horizon - min(entry.lags)
    if needed > last_birth:
        held = births.isel(year=-1).expand_dims(year=range(last_birth + 1, needed + 1))
        births_all = xr.concat([births, held.transpose("year", "area")], dim="year")
    else:
        births_all = births
    coming = list(range(years[-1] + 1, years[-1] + horizon + 1))
    cohorts = entry_cohorts(births_all, entry).reindex(year=coming)
    known = set(entry_cohorts(births, entry)["year"].values.tolist()) & set(years)
    if known:
        entrants = cohorts * entry_ratios(rolls, births, entry, years=POOLED_YEARS)
    else:
        entrants = cohorts * np.nan
    ratios = progression_ratios(rolls, years=POOLED_YEARS)
    return np.asarray(project_rolls(rolls, ratios, entrants).values)


@dataclass
class ReferenceModel:
    """A point forecast with bands from its own past errors.

    Attributes
    ----------
    point : callable
        The point forecast; see :func:`last_value`.
    rolls, births : xarray.DataArray
        The whole histories; what is read of them ends at the origin.
    entry : Entry
    """

    point: PointForecast
    rolls: xr.DataArray
    births: xr.DataArray
    entry: Entry
    _made: dict[tuple[int, int], F64] = field(default_factory=dict)

    def forecast(self, origin: int, horizon: int, draws: int) -> Forecast:
        """Return the forecast from one origin."""
        middle = self._point_from(origin, horizon)
        n_stages = middle.shape[2]
        size = size_classes(self.rolls.sel(year=slice(None, origin)))
        sizes = (np.repeat(size, n_stages), size, np.zeros(1, dtype=np.int64))
        points = (
            middle.reshape(horizon, -1),
            middle.sum(axis=2),
            middle.sum(axis=(1, 2))[:, None],
        )
        chances = (np.arange(draws) + 0.5) / draws
        made = []
        for series, (point, classes) in enumerate(zip(points, sizes, strict=True)):
            spread = np.full((draws, *point.shape), np.nan)
            for h in range(horizon):
                misses, stretch = self._past_misses(origin, h + 1)
                for each in np.unique(classes) if misses else ():
                    at = classes == each
                    off = np.concatenate([m[series][at] for m in misses])
                    spread[:, h, at] = point[h, at] * _factors(off, chances, stretch)[:, None]
            made.append(Made(point, spread))
        return Forecast(*made)

    def _point_from(self, origin: int, horizon: int) -> F64:
        key = (origin, horizon)
        if key not in self._made:
            self._made[key] = self.point(
                self.rolls.sel(year=slice(None, origin)),
                self.births.sel(year=slice(None, origin - self.entry.reporting_lag)),
                self.entry,
                horizon,
            )
        return self._made[key]

    def _past_misses(self, origin: int, horizon: int) -> tuple[list[tuple[F64, F64, F64]], float]:
        """Log misses of cells, areas and total from earlier origins, known at the origin.

        Where no outcome of the horizon is known yet, the longest horizon that is known serves,
        stretched by the square root of the ratio.
        """
        first = int(self.rolls["year"].values[0])
        for known in range(horizon, 0, -1):
            misses = []
            for earlier in range(first + 1, origin - known + 1):
                made = self._point_from(earlier, known)[-1]
                came = self.rolls.sel(year=earlier + known).values
                seen = ~np.isnan(made)
                made_area = np.where(seen, made, 0.0).sum(axis=1)
                came_area = np.where(seen, came, 0.0).sum(axis=1)
                cell = _log_miss(np.where(seen, came, np.nan), made).ravel()
                total = _log_miss(came_area.sum(keepdims=True), made_area.sum(keepdims=True))
                misses.append((cell, _log_miss(came_area, made_area), total))
            if misses:
                return misses, float(np.sqrt(horizon / known))
        return [], 1.0


def capsim_forecast(
    rolls: xr.DataArray, births: xr.DataArray, entry: Entry, horizon: int, draws: int, seed: int
) -> xr.DataArray:
    """capsim's own forecast of rolls."""
    return forecast_rolls(rolls, births, entry=entry, horizon=horizon, draws=draws, seed=seed)


def checked_forecast(made: xr.DataArray, rolls: xr.DataArray, name: str, horizon: int) -> Forecast:
    """Return the forecast of a model function, after checking its labels."""
    stage = stage_of(rolls)
    wanted = ("draw", "year", "area", stage)
    if set(made.dims) != set(wanted):
        raise InvalidInput.of(
            f"models: {name}", f"returned dimensions {made.dims}", f"wanted {wanted}"
        )
    last = int(rolls["year"].values[-1])
    made = require_labels(made, "year", range(last + 1, last + horizon + 1), name=name)
    for dim in ("area", stage):
        made = require_labels(made, dim, rolls[dim].values.tolist(), name=name)
    return Forecast.of_draws(made.transpose(*wanted).values)


def _log_miss(came: F64, made: F64) -> F64:
    return np.asarray(np.log((came + 0.5) / (made + 0.5)))


def _factors(misses: F64, chances: F64, stretch: float) -> F64:
    """Factors on a point forecast: quantiles of past log misses, stretched."""
    known = misses[~np.isnan(misses)]
    if len(known) == 0:
        return np.full(chances.shape, np.nan)
    factors: F64 = np.exp(stretch * np.quantile(known, chances))
    return factors
