"""Random futures of rolls: the parts of a history carried forward, with keyed noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from capsim.core.draws import U64, combine, stream
from capsim.forecasting.roll_levels import (
    RollHistory,
    RollLevels,
    RollSettings,
    before_entry,
    fit_levels,
    recent_growth,
)
from capsim.forecasting.roll_spread import RollSpread, SizeVariance

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """Standard normals keyed by seed, part, year and place, in pairs of opposite sign.

    Draw 2k+1 is the mirror image of draw 2k (antithetic variates), so that the middle of the
    draws is the forecast without noise however few they are. The sizes of every noise are
    stratified over the pairs (Latin hypercube): one in each slice of the distribution, in an
    order that the key decides, so that a few hundred draws have its spread and not that of a
    sample. What a draw is therefore depends on how many there are.

    Attributes
    ----------
    seed : int
    draws : int
        Number of draws.
    areas : ndarray of uint64, shape (areas,)
        Identities of the areas.
    """

    seed: int
    draws: int
    areas: U64

    def _mirrored(self, part: str, year: int, *places: NDArray[np.uint64]) -> F64:
        pairs = (self.draws + 1) // 2
        axes = 1 + len(places)
        pair = np.arange(pairs, dtype=np.uint64).reshape([-1] + [1] * (axes - 1))
        keys = [pair]
        for i, place in enumerate(places):
            keys.append(place.reshape([-1 if k == i + 1 else 1 for k in range(axes)]))
        identity = combine(*keys)
        loose = stream(self.seed, 0, f"rolls.{part}", year).normal(identity)
        within = stream(self.seed, 0, f"rolls.{part}.within", year).uniform(identity)
        loose = loose.reshape(identity.shape)
        size = special.ndtri(0.5 + 0.5 * _stratified(np.abs(loose), within.reshape(loose.shape)))
        half = np.copysign(size, loose)
        both = np.stack([half, -half], axis=1)
        return both.reshape(-1, *half.shape[1:])[: self.draws]

    def whole(self, part: str, year: int) -> F64:
        """Return noise of all areas together, shape (draws,)."""
        return self._mirrored(part, year)

    def stages(self, part: str, year: int, stages: int) -> F64:
        """Return noise by stage, shape (draws, stages)."""
        return self._mirrored(part, year, np.arange(stages, dtype=np.uint64))

    def by_area(self, part: str, year: int) -> F64:
        """Return noise by area, shape (draws, areas)."""
        return self._mirrored(part, year, self.areas)

    def by_cell(self, part: str, year: int, stages: int) -> F64:
        """Return noise by area and stage, shape (draws, areas, stages)."""
        return self._mirrored(part, year, self.areas, np.arange(stages, dtype=np.uint64))

    def stretch(self, freedom: float) -> F64:
        """Return the factors that turn normals into Student t, shape (draws,).

        A standard deviation estimated from few years is itself uncertain; both draws of a pair
        get the same factor.
        """
        identity = combine(np.arange((self.draws + 1) // 2, dtype=np.uint64))
        order = stream(self.seed, 0, "rolls.stretch").uniform(identity)
        upper = _stratified(order, stream(self.seed, 0, "rolls.stretch.within").uniform(identity))
        factor = np.sqrt(freedom / special.chdtri(freedom, upper))
        return np.asarray(np.repeat(factor, 2)[: self.draws])


def _stratified(order: F64, within: F64) -> F64:
    """Return uniforms with one in each slice along the first axis.

    Parameters
    ----------
    order, within : ndarray, shape (n, ...)
        Which slice of width 1/n by rank, and where in it (0 to 1).
    """
    rank = order.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.asarray((rank + within) / len(order))


def simulate(
    history: RollHistory,
    levels: RollLevels,
    spread: RollSpread,
    settings: RollSettings,
    coming_born: F64,
    first_year: int,
    noise: Noise,
) -> F64:
    """Return random futures of the rolls.

    Parameters
    ----------
    history, levels, spread, settings
        What is known at the origin.
    coming_born : ndarray, shape (1 or draws, horizon, areas)
        Births behind the entry cohorts of the coming years.
    first_year : int
        Calendar year of the first step, the key of its noise.
    noise : Noise

    Returns
    -------
    ndarray, shape (draws, horizon, areas, stages)
    """
    last = history.pupils[-1]
    n_stages = last.shape[1]
    horizon, draws = coming_born.shape[1], noise.draws
    years = range(first_year, first_year + horizon)
    stretch = noise.stretch(spread.freedom)
    whole, area = _growth_paths(levels, spread, settings, years, stretch, noise)
    drift = _drift_paths(levels, spread, settings, years, noise)
    entry = _entry_ratios(history, levels, spread, settings, whole, area, coming_born, years,
                          stretch, noise)  # fmt: skip
    # The growth of an area is measured on its cells: their noise is in its error already.
    sampling = max(spread.area.per_pupil - spread.cell.per_pupil, 0.0)
    area_sampling = np.sqrt(sampling / np.maximum(last.sum(axis=1), 1.0))
    cell_sd = np.sqrt(spread.cell.at(last[:, :-1]))
    n = levels.whole_growth.shape[0]
    pupils = np.repeat(last[None], draws, axis=0)
    futures = np.empty((draws, horizon, *last.shape))
    for k, year in enumerate(years):
        log_ratio = levels.usual + levels.cell + drift[k][:, None, :]
        log_ratio = log_ratio + whole[n + k][:, None, None] + area[n + k][:, :, None]
        log_ratio += (area_sampling * noise.by_area("area sampling", year))[:, :, None]
        log_ratio += cell_sd * noise.by_cell("cell", year, n_stages - 1)
        entrants = (coming_born[:, k] * np.exp(entry[k]))[:, :, None]
        pupils = np.concatenate([entrants, pupils[:, :, :-1] * np.exp(log_ratio)], axis=2)
        futures[:, k] = pupils
    return futures


def forecast_point(history: RollHistory, settings: RollSettings, coming_born: F64) -> F64:
    """Forecast without noise: what the middle of many draws comes to.

    Parameters
    ----------
    history : RollHistory
        At least three rolls.
    settings : RollSettings
    coming_born : ndarray, shape (horizon, areas)
        Births behind the entry cohorts of the coming years; NaN where not known.

    Returns
    -------
    ndarray, shape (horizon, areas, stages)
        NaN for cohorts whose births are not known.
    """
    levels = fit_levels(history, settings)
    none = SizeVariance(0.0, 0.0)
    still = RollSpread(
        whole_sd=0.0,
        entry_sd=0.0,
        freedom=1.0,
        grade_sd=np.zeros_like(levels.usual),
        area=none,
        cell=none,
        entry_area=none,
        entry_persistence=0.0,
    )
    silence = Noise(0, 1, np.zeros(coming_born.shape[1], dtype=np.uint64))
    made: F64 = simulate(history, levels, still, settings, coming_born[None], 0, silence)[0]
    return made


def _growth_paths(
    levels: RollLevels,
    spread: RollSpread,
    settings: RollSettings,
    years: range,
    stretch: F64,
    noise: Noise,
) -> tuple[F64, F64]:
    """Growth by year, known and to come: of all areas (years, draws), of each beyond it (+ areas).

    The recent growth fades by its damping; its error is an autoregression.
    """
    n, n_areas = levels.area_growth.shape
    half_life = settings.recent_half_life_years
    whole_recent = float(recent_growth(levels.whole_growth, half_life))
    area_recent = recent_growth(levels.area_growth, half_life)
    whole = np.zeros((n + len(years), noise.draws))
    area = np.zeros((n + len(years), noise.draws, n_areas))
    whole[:n] = levels.whole_growth[:, None]
    area[:n] = levels.area_growth[:, None, :]
    whole_sd, area_sd = spread.whole_sd * stretch, np.sqrt(spread.area.steady)
    whole_error = area_error = None
    persists = settings.growth_persistence
    for k, year in enumerate(years):
        whole_error = _carried(whole_error, persists, noise.whole("whole", year))
        area_error = _carried(area_error, persists, noise.by_area("area", year))
        whole[n + k] = settings.whole_damping ** (k + 1) * whole_recent + whole_sd * whole_error
        area[n + k] = levels.area_damping ** (k + 1) * area_recent + area_sd * area_error
    return whole, area


def _drift_paths(
    levels: RollLevels, spread: RollSpread, settings: RollSettings, years: range, noise: Noise
) -> F64:
    """Drift of each stage in the coming years, shape (horizon, draws, stages - 1)."""
    n_steps = len(levels.usual)
    error = np.zeros((noise.draws, n_steps))
    paths = np.empty((len(years), *error.shape))
    for k, year in enumerate(years):
        shock = noise.stages("grade", year, n_steps)
        error = levels.persistence * error + spread.grade_sd * shock
        kept = levels.persistence * settings.grade_damping ** (k + 1) * levels.grade_drift[-1]
        paths[k] = kept + error
    return paths


def _entry_ratios(
    history: RollHistory,
    levels: RollLevels,
    spread: RollSpread,
    settings: RollSettings,
    whole: F64,
    area: F64,
    coming_born: F64,
    years: range,
    stretch: F64,
    noise: Noise,
) -> F64:
    """Log entry ratios of the coming years, shape (horizon, draws, areas).

    The growth of the years between birth and entry, known or forecast, is given back.
    """
    n = levels.whole_growth.shape[0]
    first_born = np.nan_to_num(coming_born.mean(axis=0)[0], nan=1.0)
    entry_sd = np.sqrt(spread.entry_area.at(first_born))
    persists, share = spread.entry_persistence, settings.preschool_growth
    whole_error = area_error = None
    paths = np.empty((len(years), *area.shape[1:]))
    for k, year in enumerate(years):
        whole_error = _carried(whole_error, persists, noise.whole("entry whole", year))
        area_error = _carried(area_error, persists, noise.by_area("entry area", year))
        moved_in = before_entry(whole[: n + k + 1], n + k + 1, history.lag)[:, None]
        moved_in = moved_in + before_entry(area[: n + k + 1], n + k + 1, history.lag)
        log_entry = levels.entry_level + levels.entry_area + share * moved_in
        log_entry = log_entry + (spread.entry_sd * stretch * whole_error)[:, None]
        paths[k] = log_entry + entry_sd * area_error
    return paths


def _carried(before: F64 | None, persistence: float, noise: F64) -> F64:
    """Return the next value of a standard autoregression, or its first."""
    if before is None:
        return noise
    return np.asarray(persistence * before + np.sqrt(1.0 - persistence**2) * noise)
