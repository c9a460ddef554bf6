"""How far rolls stray from their forecast: variances estimated from the same history.

Every part of :mod:`capsim.demography.roll_levels` gets the variance of its own one-year errors,
measured within the history that is known at the origin and shrunk to a prior variance while that
history is short. Variances of areas and cells are ``steady + per_pupil / pupils``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.demography.roll_levels import RollHistory, RollLevels, RollSettings, decay

F64 = NDArray[np.float64]

# Prior variances and the number of years each counts for. Derived: round figures of what New
# Zealand's 16 regions show with rolls to 2007.
_PRIOR_YEARS: Final = 3.0
_PRIOR_WHOLE: Final = 0.006**2
_PRIOR_GRADE: Final = 0.004**2
_PRIOR_ENTRY: Final = 0.015**2
_PRIOR_AREA: Final = (0.005**2, 0.5)
_PRIOR_CELL: Final = (0.003**2, 0.3)
_PRIOR_ENTRY_AREA: Final = (0.01**2, 0.7)
_PASSES: Final = 6
# Autocorrelation of the errors of growth. Derived: on the same rolls the error of a forecast of
# growth is no larger after five years than after one, and errors added up over five years are
# about 3.3 times those of one, as with 0.5.
_GROWTH_PERSISTENCE: Final = 0.5


@dataclass(frozen=True)
class SizeVariance:
    """Variance of a log ratio that falls with size: ``steady + per_pupil / pupils``."""

    steady: float
    per_pupil: float

    def at(self, pupils: F64) -> F64:
        """Return the variance for cells of the given size."""
        return self.steady + self.per_pupil / np.maximum(pupils, 1.0)


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
    growth_persistence : float
        The same for errors of growth.
    """

    whole_sd: float
    entry_sd: float
    freedom: float
    grade_sd: F64
    area: SizeVariance
    cell: SizeVariance
    entry_area: SizeVariance
    entry_persistence: float
    growth_persistence: float = _GROWTH_PERSISTENCE


def fit_spread(history: RollHistory, levels: RollLevels, settings: RollSettings) -> RollSpread:
    """Estimate the spread of every part from a history and its levels."""
    n = levels.whole_growth.shape[0]
    half = settings.recent_half_life_years
    whole_error = _one_year_errors(levels.whole_growth, half, settings.whole_damping)
    area_error = _one_year_errors(levels.area_growth, half, 1.0)
    drift_error = levels.grade_drift[1:] - levels.persistence * levels.grade_drift[:-1]
    area_size = history.pupils[1:-1].sum(axis=2)
    cells = history.pupils[:-1, :, :-1]
    rest = levels.cell_rest * np.sqrt(n / (n - 1.0))
    grade_var = _shrunk(drift_error, float(np.mean(drift_error**2)), 2 * _PRIOR_YEARS)
    return RollSpread(
        whole_sd=float(np.sqrt(_shrunk(whole_error, _PRIOR_WHOLE, _PRIOR_YEARS))),
        entry_sd=float(np.sqrt(_shrunk(levels.entry_whole_rest, _PRIOR_ENTRY, _PRIOR_YEARS))),
        freedom=_PRIOR_YEARS + n - 1,
        grade_sd=np.sqrt(np.maximum(grade_var, 0.25 * _PRIOR_GRADE)),
        area=_by_size(area_error, area_size, _PRIOR_AREA),
        cell=_by_size(rest, cells, _PRIOR_CELL),
        entry_area=_by_size(
            levels.entry_area_rest * _few(levels.entry_area_rest.shape[0]),
            history.born[levels.entry_years],
            _PRIOR_ENTRY_AREA,
        ),
        entry_persistence=_entry_persistence(levels.entry_area_rest),
    )


def _few(n: int) -> float:
    """Residuals of n years about their own mean understate the spread by this factor."""
    return float(np.sqrt(n / max(n - 1.0, 1.0)))


def _one_year_errors(growth: F64, half_life: float, damping: float) -> F64:
    """Errors of carrying the damped recent growth forward a year, from the second year on."""
    errors = np.empty_like(growth[1:])
    for i in range(1, growth.shape[0]):
        weights = decay(i, half_life)
        recent = np.tensordot(weights, growth[:i], 1) / weights.sum()
        errors[i - 1] = growth[i] - damping * recent
    return errors


def _shrunk(errors: F64, prior: float, years: float) -> F64:
    """Mean square over the first axis, with a prior that counts for some years."""
    n = errors.shape[0]
    return np.asarray((years * prior + (errors**2).sum(axis=0)) / (years + n))


def _by_size(errors: F64, size: F64, prior: tuple[float, float]) -> SizeVariance:
    """Fit ``steady + per_pupil / size`` to squared errors by weighted non-negative least squares.

    The prior joins as further observations, one set of cells for each of its years.
    """
    from scipy.optimize import nnls

    if errors.size == 0:
        return SizeVariance(*prior)
    inverse = 1.0 / np.maximum(size.ravel(), 1.0)
    squares = errors.ravel() ** 2
    design = np.column_stack([np.ones_like(inverse), inverse])
    guess = design @ np.asarray(prior)
    share = np.sqrt(_PRIOR_YEARS / max(errors.shape[0], 1))
    fitted = np.asarray(prior)
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
