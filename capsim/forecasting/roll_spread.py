"""How far rolls stray from their forecast: variances estimated from the same history.

Every part of :mod:`capsim.forecasting.roll_levels` gets the variance of its own one-year errors,
measured within the history that is known at the origin and shrunk to a prior variance while that
history is short. Variances of areas and cells are ``steady + per_pupil / pupils``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.forecasting.roll_levels import (
    RollHistory,
    RollLevels,
    RollSettings,
    fit_levels,
    recent_growth,
)

F64 = NDArray[np.float64]

_PASSES: Final = 6


@dataclass(frozen=True)
class SizeVariance:
    """Variance of a log ratio that falls with size: ``steady + per_pupil / pupils``."""

    steady: float
    per_pupil: float

    def at(self, pupils: F64) -> F64:
        """Return the variance for cells of the given size."""
        return self.steady + self.per_pupil / np.maximum(pupils, 1.0)


@dataclass(frozen=True)
class PartVariances:
    """Variances of the one-year errors of the parts, on the log scale.

    Attributes
    ----------
    whole, entry, grade : float
        Growth and entry ratio of all areas together; drift of a stage.
    area, cell, entry_area : SizeVariance
        Growth of areas, cells, and areas' entry ratios.
    """

    whole: float
    entry: float
    grade: float
    area: SizeVariance
    cell: SizeVariance
    entry_area: SizeVariance


#: What a short history is drawn to. Derived: :func:`measure_variances` of the rolls of New
#: Zealand's 16 regions to 2007, standard deviations and variances per pupil to two digits.
PRIOR_VARIANCES: Final = PartVariances(
    whole=0.0071**2,
    entry=0.013**2,
    grade=0.0031**2,
    area=SizeVariance(0.0052**2, 0.45),
    cell=SizeVariance(0.00078**2, 0.32),
    entry_area=SizeVariance(0.0046**2, 0.83),
)


@dataclass(frozen=True)
class RollSpread:
    """Standard deviations and variances of one-year errors, on the log scale.

    Attributes
    ----------
    whole_sd, entry_sd : float
        Growth, and entry ratio, of all areas together.
    freedom : float
        Degrees of freedom of those two: years that stand behind them.
    grade_sd : ndarray, shape (stages - 1,)
        Drift of each stage.
    area, cell, entry_area : SizeVariance
        Growth of areas, cells, and areas' entry ratios.
    entry_persistence : float
        Share of an area's entry error that persists for a year.
    """

    whole_sd: float
    entry_sd: float
    freedom: float
    grade_sd: F64
    area: SizeVariance
    cell: SizeVariance
    entry_area: SizeVariance
    entry_persistence: float


@dataclass(frozen=True)
class _Errors:
    """One-year errors of the parts in a history, and the sizes that those of areas go with."""

    whole: F64
    entry: F64
    grade: F64
    area: tuple[F64, F64]
    cell: tuple[F64, F64]
    entry_area: tuple[F64, F64]


def _errors(history: RollHistory, levels: RollLevels, settings: RollSettings) -> _Errors:
    """Errors within a history, from its second year on where they are of forecasts."""
    n = levels.whole_growth.shape[0]
    half = settings.recent_half_life_years
    return _Errors(
        whole=_one_year_errors(levels.whole_growth, half, settings.whole_damping),
        entry=levels.entry_whole_rest,
        grade=levels.grade_drift[1:] - levels.persistence * levels.grade_drift[:-1],
        area=(
            _one_year_errors(levels.area_growth, half, levels.area_damping),
            history.pupils[1:-1].sum(axis=2),
        ),
        cell=(levels.cell_rest * np.sqrt(n / (n - 1.0)), history.pupils[:-1, :, :-1]),
        entry_area=(
            levels.entry_area_rest * _few(levels.entry_area_rest.shape[0]),
            history.born[levels.entry_years],
        ),
    )


def fit_spread(history: RollHistory, levels: RollLevels, settings: RollSettings) -> RollSpread:
    """Estimate the spread of every part from a history and its levels."""
    errors = _errors(history, levels, settings)
    prior, years = PRIOR_VARIANCES, settings.spread_prior_years
    # Stages are drawn to their own mean; the prior only keeps a lucky history from none.
    grade = _shrunk(errors.grade, float(np.mean(errors.grade**2)), 2 * years)
    return RollSpread(
        whole_sd=float(np.sqrt(_shrunk(errors.whole, prior.whole, years))),
        entry_sd=float(np.sqrt(_shrunk(errors.entry, prior.entry, years))),
        freedom=years + len(errors.whole),
        grade_sd=np.sqrt(np.maximum(grade, 0.25 * prior.grade)),
        area=_by_size(*errors.area, prior.area, years),
        cell=_by_size(*errors.cell, prior.cell, years),
        entry_area=_by_size(*errors.entry_area, prior.entry_area, years),
        entry_persistence=_entry_persistence(levels.entry_area_rest),
    )


def measure_variances(history: RollHistory, settings: RollSettings) -> PartVariances:
    """Return the variances that a history shows by itself, without any prior.

    Parameters
    ----------
    history : RollHistory
        With entrants of known births.
    settings : RollSettings
    """
    errors = _errors(history, fit_levels(history, settings), settings)
    return PartVariances(
        whole=float(np.mean(errors.whole**2)),
        entry=float(np.mean(errors.entry**2)),
        grade=float(np.mean(errors.grade**2)),
        area=_by_size(*errors.area, PRIOR_VARIANCES.area, 0.0),
        cell=_by_size(*errors.cell, PRIOR_VARIANCES.cell, 0.0),
        entry_area=_by_size(*errors.entry_area, PRIOR_VARIANCES.entry_area, 0.0),
    )


def _few(n: int) -> float:
    """Residuals of n years about their own mean understate the spread by this factor."""
    return float(np.sqrt(n / max(n - 1.0, 1.0)))


def _one_year_errors(growth: F64, half_life: float, damping: float) -> F64:
    """Errors of carrying the damped recent growth forward a year, from the second year on."""
    errors = np.empty_like(growth[1:])
    for i in range(1, growth.shape[0]):
        errors[i - 1] = growth[i] - damping * recent_growth(growth[:i], half_life)
    return errors


def _shrunk(errors: F64, prior: float, years: float) -> F64:
    """Mean square over the first axis, with a prior that counts for some years."""
    n = errors.shape[0]
    return np.asarray((years * prior + (errors**2).sum(axis=0)) / (years + n))


def _by_size(errors: F64, size: F64, prior: SizeVariance, years: float) -> SizeVariance:
    """Fit ``steady + per_pupil / size`` to squared errors by weighted non-negative least squares.

    The prior joins as further observations, one set of cells for each of its years.
    """
    from scipy.optimize import nnls

    if errors.size == 0:
        return prior
    inverse = 1.0 / np.maximum(size.ravel(), 1.0)
    squares = errors.ravel() ** 2
    design = np.column_stack([np.ones_like(inverse), inverse])
    guess = design @ np.array([prior.steady, prior.per_pupil])
    share = np.sqrt(years / max(errors.shape[0], 1))
    fitted = np.array([prior.steady, prior.per_pupil])
    for _ in range(_PASSES):
        # The variance of a squared normal error is twice its mean squared.
        scale = 1.0 / np.maximum(design @ fitted, 1e-10)
        rows = np.vstack([design * scale[:, None], design * (share * scale)[:, None]])
        fitted, _ = nnls(rows, np.concatenate([squares * scale, guess * share * scale]))
    return SizeVariance(float(fitted[0]), float(fitted[1]))


def _entry_persistence(rest: F64) -> float:
    """Lag-one autocorrelation of areas' entry errors, pooled over areas and kept within 0-0.9."""
    n = rest.shape[0]
    if n < 4:
        return 0.5
    centred = rest - rest.mean(axis=0)
    raw = float((centred[1:] * centred[:-1]).sum() / max(float((centred**2).sum()), 1e-12))
    return float(np.clip(raw + (1.0 + 3.0 * raw) / n, 0.0, 0.9))
