"""Random futures of rolls: the parts of a history carried forward, with keyed noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from capsim.demography.roll_levels import (
    RollHistory,
    RollLevels,
    RollSettings,
    before_entry,
    decay,
)
from capsim.demography.roll_spread import RollSpread
from capsim.draws import U64, combine, stream

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """Standard normals keyed by seed, part, year and place, in pairs of opposite sign.

    Draw 2k+1 is the mirror image of draw 2k (antithetic variates), so that the middle of the
    draws is the forecast without noise however few they are.

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
        half = stream(self.seed, 0, f"rolls.{part}", year).normal(identity)
        half = half.reshape(identity.shape)
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
        pair = np.arange((self.draws + 1) // 2, dtype=np.uint64)
        upper = stream(self.seed, 0, "rolls.stretch").uniform(combine(pair))
        factor = np.sqrt(freedom / special.chdtri(freedom, upper))
        return np.asarray(np.repeat(factor, 2)[: self.draws])


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
    n_areas, n_stages = last.shape
    n = levels.whole_growth.shape[0]
    horizon, draws = coming_born.shape[1], noise.draws
    past = decay(n, settings.recent_half_life_years)
    past /= past.sum()
    whole_recent = float(past @ levels.whole_growth)
    area_recent = past @ levels.area_growth
    whole_path = np.concatenate(
        [np.repeat(levels.whole_growth[:, None], draws, axis=1), np.zeros((horizon, draws))]
    )
    area_path = np.zeros((n + horizon, draws, n_areas))
    area_path[:n] = levels.area_growth[:, None, :]
    # The growth of an area is measured on its cells: their noise is in its error already.
    sampling = max(spread.area.per_pupil - spread.cell.per_pupil, 0.0)
    area_sampling = np.sqrt(sampling / np.maximum(last.sum(axis=1), 1.0))
    cell_sd = np.sqrt(spread.cell.at(last[:, :-1]))
    entry_sd = np.sqrt(spread.entry_area.at(np.nan_to_num(coming_born.mean(axis=0)[0], nan=1.0)))
    stretch = noise.stretch(spread.freedom)
    whole_sd, area_sd = spread.whole_sd * stretch, np.sqrt(spread.area.steady)
    whole = area = entry_whole = entry_area = None
    drift = np.zeros((draws, n_stages - 1))
    pupils = np.repeat(last[None], draws, axis=0)
    futures = np.empty((draws, horizon, n_areas, n_stages))
    for k in range(horizon):
        year = first_year + k
        whole = _carried(whole, spread.growth_persistence, noise.whole("whole", year))
        area = _carried(area, spread.growth_persistence, noise.by_area("area", year))
        drift = levels.persistence * drift + spread.grade_sd * noise.stages(
            "grade", year, n_stages - 1
        )
        whole_path[n + k] = settings.whole_damping ** (k + 1) * whole_recent + whole_sd * whole
        area_path[n + k] = settings.area_damping**k * area_recent + area_sd * area
        drifted = levels.persistence * settings.grade_damping ** (k + 1) * levels.grade_drift[-1]
        log_ratio = levels.usual + levels.cell + (drifted + drift)[:, None, :]
        log_ratio = log_ratio + whole_path[n + k][:, None, None] + area_path[n + k][:, :, None]
        log_ratio += (area_sampling * noise.by_area("area sampling", year))[:, :, None]
        log_ratio += cell_sd * noise.by_cell("cell", year, n_stages - 1)
        persists = spread.entry_persistence
        entry_whole = _carried(entry_whole, persists, noise.whole("entry whole", year))
        entry_area = _carried(entry_area, persists, noise.by_area("entry area", year))
        share = settings.preschool_growth
        moved_in = before_entry(whole_path[: n + k + 1], n + k + 1, history.lag)[:, None]
        moved_in = moved_in + before_entry(area_path[: n + k + 1], n + k + 1, history.lag)
        log_entry = levels.entry_level + levels.entry_area + share * moved_in
        log_entry = log_entry + (spread.entry_sd * stretch * entry_whole)[:, None]
        log_entry += entry_sd * entry_area
        pupils = np.concatenate(
            [(coming_born[:, k] * np.exp(log_entry))[:, :, None],
             pupils[:, :, :-1] * np.exp(log_ratio)],
            axis=2,
        )  # fmt: skip
        futures[:, k] = pupils
    return futures


def _carried(before: F64 | None, persistence: float, noise: F64) -> F64:
    """Return the next value of a standard autoregression, or its first."""
    if before is None:
        return noise
    return np.asarray(persistence * before + np.sqrt(1.0 - persistence**2) * noise)
