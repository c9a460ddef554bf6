"""How the constants of the births forecast are chosen: on outcomes to a year, by a fixed rule.

Births are cut at that year before anything is computed; a year that is an outcome is never later.

The score is the mean log interval score of the 80 % and the 95 % band of the log births, over
horizons and bands, the spread calibrated at each origin on outcomes known by then.

- *Median*: from the middle of :data:`MEDIAN_GRID` on, the one constant whose change helps most is
  changed, as long as that helps by more than :data:`PLATEAU`. Mean absolute errors stand beside
  the score; they are ruled by a few countries in turmoil.
- *Widening* of the spread, each country forecast with a spread calibrated on the others: among the
  candidates whose pooled coverage lies within :data:`COVERAGE_POINTS` of nominal at every horizon
  the least score; where there is none, the one whose coverage is nearest.
- *Correlation* of errors over horizons: least squares against that of past errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from capsim.core.errors import InvalidInput
from capsim.demography.births_calibration import (
    WIDENING_PER_YEAR,
    PastErrors,
    calibrate_births,
    past_errors,
)
from capsim.demography.births_point import MedianSettings, Volatility
from capsim.demography.births_tables import read_births

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

HORIZONS: Final = (1, 3, 6, 10)

#: Candidates of the constants of the median forecast; the middle one (the lower of two) begins.
MEDIAN_GRID: Final[Mapping[str, tuple[float, ...]]] = {
    "trend_years": (20, 30, 40),
    "drift_years": (10, 20, 30),
    "volatility_years": (10, 15, 20),
    "fast_level": (0.9, 0.95, 1.0),
    "fast_trend": (0.7, 0.9, 1.0),
    "fast_damping": (0.85, 0.9, 0.95),
    "slow_level": (0.6, 0.8, 1.0),
    "slow_trend": (0.2, 0.4, 0.6, 0.8),
    "slow_damping": (0.9, 0.95, 0.98),
    "drift_share": (0.25, 0.5, 0.75, 1.0),
    "smooth": (-0.8, -0.6, -0.4),
    "rough": (0.2, 0.4, 0.6),
    "noise_begins": (0.2, 0.3, 0.4),
    "noise_whole": (0.5, 0.6, 0.8),
    "noise_weight": (0.25, 0.5, 0.75),
    "noise_level": (0.2, 0.4, 0.6),
}

#: Candidates of the widening of the spread for each year ahead.
WIDENING_GRID: Final = (0.0, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05)

#: Candidates of the exponent of the correlation of errors over horizons.
CORRELATION_GRID: Final = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)

#: Candidates of the median nearer than this (one per cent of the score) are not told apart.
PLATEAU: Final = 0.01

#: Points of coverage that count as near to nominal.
COVERAGE_POINTS: Final = 0.05

_LEVELS: Final = (0.80, 0.95)


@dataclass(frozen=True)
class BirthsSelection:
    """Constants that outcomes to a year speak for, and every candidate with its score.

    Attributes
    ----------
    median : MedianSettings
    widening_per_year, correlation_exponent : float
    candidates : pandas.DataFrame
        Of the median, around the one chosen: ``constant, value, criterion`` and mean absolute
        errors.
    widenings : pandas.DataFrame
        ``widening, criterion, outside`` (points beyond the limits of coverage, added up) and the
        coverage by horizon.
    correlations : pandas.DataFrame
        ``exponent, misfit``.
    """

    median: MedianSettings
    widening_per_year: float
    correlation_exponent: float
    candidates: pd.DataFrame
    widenings: pd.DataFrame
    correlations: pd.DataFrame


def select_births_settings(
    births: pd.DataFrame, *, through: int, first_origin: int
) -> BirthsSelection:
    """Choose the constants of the births forecast on outcomes to a year.

    Parameters
    ----------
    births : pandas.DataFrame
        Years as rows, a series in each column, no gaps.
    through : int
        Last year that is read.
    first_origin : int
        First origin that is judged: there must be past errors to calibrate its spread on.

    Returns
    -------
    BirthsSelection

    Raises
    ------
    InvalidInput
        If the table cannot be used or ends before the year, or no origin has an outcome at the
        longest horizon.
    """
    series = read_births(births.loc[births.index <= through])
    if series.years is None or series.first.any() or int(series.years[-1]) != through:
        raise InvalidInput.of("births", f"must have every series in every year to {through}")
    if through - first_origin < max(HORIZONS):
        raise InvalidInput.of(
            "first_origin",
            f"no origin from {first_origin} on has an outcome {max(HORIZONS)} years later, to "
            f"{through}",
        )
    table = np.maximum(series.births, 0.5)
    origins = range(first_origin - int(series.years[0]), table.shape[1] - 1)
    median, candidates = _select_median(table, origins)
    widenings = _judge_widenings(table, origins, median)
    correlations = _judge_correlations(table, median)
    return BirthsSelection(
        median,
        float(widenings["widening"].iloc[0]),
        float(correlations["exponent"].iloc[0]),
        candidates,
        widenings,
        correlations,
    )


def _select_median(table: F64, origins: Sequence[int]) -> tuple[MedianSettings, pd.DataFrame]:
    """Leave the middle of the grid only where a candidate is clearly better."""
    import pandas as pd

    grid = _candidates()
    chosen = MedianSettings(**{name: vs[(len(vs) - 1) // 2] for name, vs in grid.items()})
    while True:
        rows = [
            {"constant": name, "value": value}
            | _judge_median(table, origins, replace(chosen, **{name: value}))
            for name, values in grid.items()
            for value in values
        ]
        best = min(rows, key=lambda row: row["criterion"])
        if best["criterion"] > _judge_median(table, origins, chosen)["criterion"] - PLATEAU:
            return chosen, pd.DataFrame(rows)
        chosen = replace(chosen, **{str(best["constant"]): best["value"]})


def _candidates() -> dict[str, list[Any]]:
    """Return the candidates of the median, years as whole numbers."""
    return {
        name: [int(v) if name.endswith("_years") else v for v in values]
        for name, values in MEDIAN_GRID.items()
    }


def _judge_median(table: F64, origins: Sequence[int], median: MedianSettings) -> dict[str, float]:
    """Score of the bands, and mean absolute log errors by horizon at the same origins."""
    errors = past_errors(table, max(HORIZONS), median)
    found = _judge_bands(errors, origins, (WIDENING_PER_YEAR,), leave_out=False)
    judged = np.isin(errors.origins, origins)
    size = np.abs(errors.error[judged])
    means = {f"error {h}": float(np.nanmean(size[:, :, h - 1])) for h in HORIZONS}
    return {"criterion": float(np.mean([np.log(score) for _, score in found.values()])), **means}


def _judge_bands(
    errors: PastErrors, origins: Sequence[int], widenings: Sequence[float], *, leave_out: bool
) -> dict[tuple[float, float, int], tuple[float, float]]:
    """Coverage and mean interval score by widening, level and horizon."""
    count = errors.change.shape[1]
    whole: list[tuple[NDArray[np.int64], int | None]] = [(np.arange(count), None)]
    groups = [(np.array([i]), i) for i in range(count)] if leave_out else whole
    found: dict[tuple[float, float, int], list[tuple[F64, F64]]] = {}
    for origin in origins:
        at = int(np.flatnonzero(errors.origins == origin)[0])
        for rows, left_out in groups:
            calibration = calibrate_births(errors, through=origin, leave_out=left_out)
            recent = Volatility(errors.change[at, rows], errors.roughness[at, rows])
            reach = calibration.horizons
            plain = replace(calibration, widening_per_year=0.0).scale(recent, reach)
            for level in _LEVELS:
                normal = np.full((1, reach), float(ndtri(0.5 + level / 2.0)))
                band = plain * calibration.standard_error(normal)
                for h in (h for h in HORIZONS if h <= reach):
                    error = np.abs(errors.error[at, rows, h - 1])
                    known = ~np.isnan(error)
                    if not known.any():
                        continue
                    for widening in widenings:
                        half = band[known, h - 1] * (1.0 + widening * h)
                        outside = np.maximum(error[known] - half, 0.0)
                        score = 2.0 * half + 2.0 / (1.0 - level) * outside
                        found.setdefault((widening, level, h), []).append((outside, score))
    return {
        key: (
            float((np.concatenate([outside for outside, _ in parts]) == 0.0).mean()),
            float(np.concatenate([score for _, score in parts]).mean()),
        )
        for key, parts in found.items()
    }


def _judge_widenings(table: F64, origins: Sequence[int], median: MedianSettings) -> pd.DataFrame:
    """Coverage and score of every widening, the best first."""
    import pandas as pd

    errors = past_errors(table, max(HORIZONS), median)
    found = _judge_bands(errors, origins, WIDENING_GRID, leave_out=True)
    rows = []
    for widening in WIDENING_GRID:
        own = {(level, h): v for (w, level, h), v in found.items() if w == widening}
        misses = [
            abs(covered - level) - COVERAGE_POINTS for (level, _), (covered, _) in own.items()
        ]
        rows.append(
            {
                "widening": widening,
                "criterion": float(np.mean([np.log(score) for _, score in own.values()])),
                "outside": sum(max(miss, 0.0) for miss in misses),
                **{f"{100 * level:.0f} % at {h}": c for (level, h), (c, _) in own.items()},
            }
        )
    return pd.DataFrame(rows).sort_values(["outside", "criterion"], ignore_index=True)


def _judge_correlations(table: F64, median: MedianSettings) -> pd.DataFrame:
    """Squared distance of ``(min / max) ** exponent`` from the correlations, the best first."""
    import pandas as pd

    errors = past_errors(table, max(HORIZONS), median)
    whole = errors.error[~np.isnan(errors.error).any(axis=(1, 2))]
    standard = whole / np.sqrt((whole**2).mean(axis=2, keepdims=True).mean(axis=0))
    flat = standard.reshape(-1, whole.shape[2])
    found = (flat.T @ flat) / np.sqrt(np.outer((flat**2).sum(axis=0), (flat**2).sum(axis=0)))
    h = np.arange(1, found.shape[0] + 1)
    ratio = np.minimum.outer(h, h) / np.maximum.outer(h, h)
    rows = [
        {"exponent": exponent, "misfit": float(((ratio**exponent - found) ** 2).mean())}
        for exponent in CORRELATION_GRID
    ]
    return pd.DataFrame(rows).sort_values("misfit", ignore_index=True)
