"""What a history of rolls says: usual ratios, the growth of areas and the level of entry.

The yearly log ratio of a cohort, from one grade (or age) and year to the next, is taken apart into

- the *usual* ratio of the grade in all areas together,
- the *cell effect*: what is special about the grade in the area and stays (a town whose secondary
  school draws boarders), shrunk by empirical Bayes with a variance for each grade,
- the *growth* of all areas together in the year (migration, mostly), common to all grades,
- the growth of the area beyond it,
- the drift of the grade in all areas (staying on at school), where it has persistence.

Entry is births times a ratio whose history is first freed of the growth of the years between birth
and entry: families with young children move as families with school children do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_PASSES: Final = 4  # effects and their weights settle in two or three
_FADING_YEARS: Final = 5  # over which the fading of growth is measured
_EARLIEST_NOISE: Final = 0.3  # noise variance per pupil of a ratio, until three ratios are known


@dataclass(frozen=True)
class RollSettings:
    """How the past is weighed.

    The defaults are what ``select_roll_settings`` chooses on the
    rolls of New Zealand's 16 regions by age, from outcomes to 2007 alone. Other values of the
    half-lives, of ``grade_damping`` and ``spread_prior_years`` do about as well there.

    Attributes
    ----------
    level_half_life_years : float
        Half-life of the weights of past years in usual ratios and in entry ratios.
    cell_half_life_years : float
        The same for what is special about a grade in an area.
    recent_half_life_years : float
        The same for the growth that is carried forward.
    area_damping : float
        Share of an area's own growth that is left a year later, before the history has its say.
        At 0.7 the growth of five years comes to 0.39 of five times the recent growth.
    damping_prior_origins : float
        Number of earlier points of the history that this share counts for; infinite, it is kept
        (see :func:`fading`).
    whole_damping : float
        Share left a year later of the growth of all areas together.
    grade_damping : float
        The same for the drift of a grade, beyond its measured persistence.
    preschool_growth : float
        Growth of cohorts before entry as a multiple of growth at school, 0 to leave it out:
        families with young children move more.
    growth_persistence : float
        Share of an error of growth that persists for a year.
    spread_prior_years : float
        Years that the prior variances count for. Assumed: as many as the shortest history has
        changes.
    scale_prior_origins : float
        Number of earlier origins that "spread as estimated" counts for, when the spread is scaled
        by the misses of forecasts made from earlier origins.
    """

    level_half_life_years: float = 2.5
    cell_half_life_years: float = 20.0
    recent_half_life_years: float = 16.0
    area_damping: float = 0.7
    damping_prior_origins: float = 8.0
    whole_damping: float = 1.0
    grade_damping: float = 0.8
    preschool_growth: float = 1.5
    growth_persistence: float = 0.25
    spread_prior_years: float = 3.0
    scale_prior_origins: float = 1.0


@dataclass(frozen=True)
class RollHistory:
    """Rolls and entry cohorts as they are known at one origin.

    Attributes
    ----------
    pupils : ndarray, shape (years, areas, stages)
        Rolls to the origin.
    born : ndarray, shape (years + coming years, areas)
        Births behind the entry cohort of each year, NaN where not known at the origin.
    lag : int
        Years from birth to entry.
    ahead : int
        Number of coming entry cohorts whose births are known at an origin.
    """

    pupils: F64
    born: F64
    lag: int
    ahead: int

    def as_of(self, rolls: int) -> RollHistory:
        """Return what was known when only the first `rolls` rolls were."""
        return RollHistory(
            self.pupils[:rolls], self.born[: rolls + self.ahead], self.lag, self.ahead
        )


@dataclass(frozen=True)
class RollLevels:
    """What a history says, on the log scale.

    Attributes
    ----------
    usual : ndarray, shape (stages - 1,)
        Log ratio of all areas together.
    cell : ndarray, shape (areas, stages - 1)
        Cell effects, shrunk.
    weight : ndarray, shape (stages - 1,)
        How much each stage tells about an area's growth.
    whole_growth : ndarray, shape (years - 1,)
        Growth of all areas together by year.
    area_growth : ndarray, shape (years - 1, areas)
        Growth of each area beyond it.
    area_damping : float
        Share of that growth that is left after a further year.
    grade_drift : ndarray, shape (years - 1, stages - 1)
        What is left for each stage in all areas together.
    persistence : ndarray, shape (stages - 1,)
        Share of the drift that persists for a year.
    cell_rest : ndarray, shape (years - 1, areas, stages - 1)
        What is left of each cell.
    entry_years : ndarray of int
        Positions of the years with both entrants and births.
    entry_level : float
        Log entry ratio of all areas, freed of growth; NaN where no entry cohort is known.
    entry_area : ndarray, shape (areas,)
        Each area's distance from it, shrunk.
    entry_whole_rest, entry_area_rest : ndarray
        What is left by entry year (and area).
    """

    usual: F64
    cell: F64
    weight: F64
    whole_growth: F64
    area_growth: F64
    area_damping: float
    grade_drift: F64
    persistence: F64
    cell_rest: F64
    entry_years: NDArray[np.int64]
    entry_level: float
    entry_area: F64
    entry_whole_rest: F64
    entry_area_rest: F64


def decay(n: int, half_life: float) -> F64:
    """Weights of `n` past years, oldest first: 1 for the last, half of it a half-life earlier."""
    weights: F64 = 0.5 ** (np.arange(n)[::-1] / half_life)
    return weights


def fit_levels(history: RollHistory, settings: RollSettings) -> RollLevels:
    """Take a history of at least three rolls apart (see the module's head)."""
    after, before = history.pupils[1:, :, 1:], history.pupils[:-1, :, :-1]
    n = after.shape[0]
    level = decay(n, settings.level_half_life_years)[:, None]
    whole_after, whole_before = after.sum(axis=1), before.sum(axis=1)
    usual = np.log(
        ((level * whole_after).sum(axis=0) + 0.5) / ((level * whole_before).sum(axis=0) + 0.5)
    )
    cell, weight = _cell_effects(after, before, settings)
    expected = before * np.exp(usual + cell) * weight
    seen = after * weight
    whole_growth = _log_ratio(seen.sum(axis=(1, 2)), expected.sum(axis=(1, 2)))
    area_growth = _log_ratio(seen.sum(axis=2), expected.sum(axis=2)) - whole_growth[:, None]
    drift = _log_ratio(whole_after, whole_before) - usual - whole_growth[:, None]
    explained = usual + cell + (whole_growth[:, None] + area_growth)[:, :, None] + drift[:, None]
    cell_rest = _log_ratio(after, before * np.exp(explained))
    years, entry_level, entry_area, whole_rest, area_rest = _entry(
        history, whole_growth, area_growth, settings
    )
    return RollLevels(
        usual=usual,
        cell=cell,
        weight=weight,
        whole_growth=whole_growth,
        area_growth=area_growth,
        area_damping=fading(area_growth, settings),
        grade_drift=drift,
        persistence=_persistence(drift),
        cell_rest=cell_rest,
        entry_years=years,
        entry_level=entry_level,
        entry_area=entry_area,
        entry_whole_rest=whole_rest,
        entry_area_rest=area_rest,
    )


def _log_ratio(above: F64, below: F64) -> F64:
    """Log of a ratio of pupils; half a pupil on both sides keeps empty cells finite."""
    logs: F64 = np.log((above + 0.5) / (below + 0.5))
    return logs


def _cell_effects(after: F64, before: F64, settings: RollSettings) -> tuple[F64, F64]:
    """Effects of (area, stage) cells, shrunk, and the weight of each stage in area growth.

    Stages whose areas differ much for lasting reasons tell little about an area's growth. Weights
    and effects depend on each other and are settled by repeating.
    """
    n = after.shape[0]
    past = decay(n, settings.cell_half_life_years)
    above, size = np.tensordot(past, after, 1), np.tensordot(past, before, 1)
    ratio = (above.sum(axis=0) + 0.5) / (size.sum(axis=0) + 0.5)
    distance = np.log((above + ratio) / (size + 1.0) / ratio)
    yearly = _log_ratio(after, before) - _log_ratio(after.sum(axis=1), before.sum(axis=1))[:, None]
    per_pupil = _EARLIEST_NOISE
    if n > 2:
        spread = ((yearly - yearly.mean(axis=0)) ** 2 * before).sum(axis=0) / (n - 1)
        per_pupil = float(np.median(spread))
    size = np.maximum(size, 1.0)
    noise = per_pupil / size
    weight = np.ones(size.shape[1])
    cell = distance
    lasting = np.zeros_like(weight)
    for _ in range(_PASSES):
        area = (distance * weight * size).sum(axis=1) / (weight * size).sum(axis=1)
        cell = distance - area[:, None]
        excess = ((cell**2 - noise) * size).sum(axis=0) / size.sum(axis=0)
        lasting = np.maximum(excess, 0.0)
        weight = 1.0 / (lasting + max(float(np.median(noise)), 1e-9))
    shrunk = cell * lasting / np.maximum(lasting + noise, 1e-12)
    return shrunk, weight / weight.max()


def recent_growth(growth: F64, half_life: float) -> F64:
    """Weighted mean of growth over years, the last year counting most."""
    weights = decay(growth.shape[0], half_life)
    return np.asarray(np.tensordot(weights, growth, 1) / weights.sum())


def fading(area_growth: F64, settings: RollSettings) -> float:
    """Share of an area's growth that is left after a further year, as the past shows it.

    The recent growth of areas at every earlier point of the history is set against what followed:
    growth k years later is taken for ``share ** k`` of it, and the share fitted by least
    squares over areas, points and years. The prior share joins as so many further points at
    which growth faded just so.

    Parameters
    ----------
    area_growth : ndarray, shape (years, areas)
    settings : RollSettings

    Returns
    -------
    float
        Between 0 and 1.
    """
    prior, points = settings.area_damping, settings.damping_prior_origins
    n = area_growth.shape[0]
    if n < 2 or np.isinf(points):
        return prior
    lags = np.arange(1, _FADING_YEARS + 1)
    power, product = np.zeros(len(lags)), np.zeros(len(lags))
    sizes = []
    for known in range(1, n):
        recent = recent_growth(area_growth[:known], settings.recent_half_life_years)
        later = area_growth[known : known + len(lags)]
        sizes.append(float(recent @ recent))
        power[: len(later)] += sizes[-1]
        product[: len(later)] += later @ recent
    candidates = np.linspace(0.0, 1.0, 101)[:, None] ** lags
    assumed = points * float(np.mean(sizes))
    misfit = candidates**2 @ power - 2.0 * candidates @ product
    misfit += assumed * ((candidates - prior**lags) ** 2).sum(axis=1)
    return float(candidates[np.argmin(misfit), 0])


def _persistence(drift: F64) -> F64:
    """Lag-one autocorrelation of each stage's drift, corrected for the short series, 0 to 1.

    Kendall's (1954) correction for the bias of a short series; then shrunk towards none.
    """
    n = drift.shape[0]
    if n < 5:
        return np.zeros(drift.shape[1])
    centred = drift - drift.mean(axis=0)
    power = np.maximum((centred**2).sum(axis=0), 1e-12)
    raw = (centred[1:] * centred[:-1]).sum(axis=0) / power
    corrected = raw + (1.0 + 3.0 * raw) / n
    return np.asarray(np.clip(corrected, 0.0, 1.0) * (n - 3) / n)


def before_entry(growth: F64, year: int, lag: int) -> F64:
    """Sum of the growth in the `lag` years up to a year of entry.

    Parameters
    ----------
    growth : ndarray, shape (years, ...)
        By year; position 0 is the change to the second roll. Years before the first change count
        as the mean of those that are known.
    year : int
        Position of the entry year among the rolls.
    lag : int
        Years from birth to entry.
    """
    known = growth[max(0, year - lag) : max(year, 1)]
    return np.asarray(known.mean(axis=0) * lag)


def _entry(
    history: RollHistory, whole_growth: F64, area_growth: F64, settings: RollSettings
) -> tuple[NDArray[np.int64], float, F64, F64, F64]:
    """Level of the entry ratio, areas' distances from it, and what is left by year."""
    n_years, n_areas = history.pupils.shape[:2]
    born = history.born[:n_years]
    years = np.flatnonzero(~np.isnan(born).any(axis=1))
    if len(years) == 0:
        unknown = np.full(n_areas, np.nan)
        return years, float("nan"), unknown, np.zeros(0), np.zeros((0, n_areas))
    entered, born = history.pupils[years, :, 0], born[years]
    share = settings.preschool_growth
    whole = _log_ratio(entered.sum(axis=1), born.sum(axis=1))
    whole_free = whole - share * np.array(
        [float(before_entry(whole_growth, int(y), history.lag)) for y in years]
    )
    past = 0.5 ** ((n_years - 1 - years) / settings.level_half_life_years)
    level = float((past * whole_free).sum() / past.sum())
    moved = np.array([before_entry(area_growth, int(y), history.lag) for y in years])
    area_free = _log_ratio(entered, born) - whole[:, None] - share * moved.reshape(-1, n_areas)
    weights = past[:, None] * np.maximum(born, 1.0)
    size = weights.sum(axis=0)
    distance = (weights * area_free).sum(axis=0) / size
    per_birth = _EARLIEST_NOISE
    if len(years) > 2:
        spread = ((area_free - area_free.mean(axis=0)) ** 2 * born).sum(axis=0) / (len(years) - 1)
        per_birth = float(np.median(spread))
    noise = per_birth / size
    lasting = max(float(((distance**2 - noise) * size).sum() / size.sum()), 0.0)
    shrunk = distance * lasting / np.maximum(lasting + noise, 1e-12)
    return years, level, shrunk, whole_free - level, area_free - shrunk
