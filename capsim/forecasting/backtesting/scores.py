"""Scores of forecasts against what came: error, bias, CRPS, interval score, coverage, width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

LEVELS: Final = (80, 95)
SCORES: Final = (
    "mape",
    "bias",
    "crps",
    "interval_score_80",
    "coverage_80",
    "width_80",
    "interval_score_95",
    "coverage_95",
    "width_95",
)


def crps_of_draws(draws: F64, came: F64) -> F64:
    """Continuous ranked probability score of an ensemble.

    ``mean |x - y| - mean |x - x'| / 2`` over the draws (Gneiting and Raftery 2007), by sorting.

    Parameters
    ----------
    draws : ndarray, shape (draws, ...)
    came : ndarray, shape (...)

    Returns
    -------
    ndarray, shape (...)
        In the unit of `came`; for a single draw the absolute error.
    """
    ordered = np.sort(draws, axis=0)
    n = ordered.shape[0]
    rank = np.arange(1, n + 1, dtype=np.float64).reshape((-1,) + (1,) * (ordered.ndim - 1))
    within = ((2.0 * rank - n - 1.0) * ordered).sum(axis=0) / n**2
    return np.asarray(np.abs(ordered - came).mean(axis=0) - within)


def interval_score(lower: F64, upper: F64, came: F64, level: int) -> F64:
    """Interval (Winkler) score: width plus ``2 / alpha`` times the distance outside.

    Parameters
    ----------
    lower, upper, came : ndarray
        Broadcast against each other.
    level : int
        Nominal coverage in per cent; alpha is ``1 - level / 100``.
    """
    alpha = 1.0 - level / 100.0
    outside = np.maximum(lower - came, 0.0) + np.maximum(came - upper, 0.0)
    return np.asarray(upper - lower + 2.0 / alpha * outside)


def band(draws: F64, level: int) -> tuple[F64, F64]:
    """Return the central band of draws (first axis) of a nominal coverage in per cent."""
    tail = (1.0 - level / 100.0) / 2.0
    lower, upper = np.quantile(draws, [tail, 1.0 - tail], axis=0)
    return lower, upper


def judge(point: F64, draws: F64, came: F64) -> dict[str, F64]:
    """Return bands and scores of forecasts, one number for each thing forecast.

    Errors, widths, CRPS and interval scores are in per cent of what came, so that areas of all
    sizes count alike; they are missing where nobody came.

    Parameters
    ----------
    point : ndarray, shape (n,)
    draws : ndarray, shape (draws, n)
    came : ndarray, shape (n,)
    """
    per_cent = np.where(came > 0, 100.0 / np.where(came > 0, came, 1.0), np.nan)
    found = {
        "forecast": point,
        "mape": np.abs(point - came) * per_cent,
        "bias": (point - came) * per_cent,
        "crps": crps_of_draws(draws, came) * per_cent,
    }
    for level in LEVELS:
        lower, upper = band(draws, level)
        inside = np.where(np.isnan(lower), np.nan, (came >= lower) & (came <= upper))
        found[f"lower_{level}"], found[f"upper_{level}"] = lower, upper
        found[f"interval_score_{level}"] = interval_score(lower, upper, came, level) * per_cent
        found[f"coverage_{level}"] = 100.0 * inside
        found[f"width_{level}"] = (upper - lower) * per_cent
    return found


def summarise(forecasts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return mean scores of groups of forecasts, with their number."""
    groups = forecasts.groupby(list(by), sort=False, observed=True)
    scores = groups[list(SCORES)].mean()
    scores.insert(0, "forecasts", groups.size())
    summary: pd.DataFrame = scores.reset_index()
    return summary


def all_scores(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Return scores by origin and pooled, by size of area and for all sizes.

    Returns
    -------
    pandas.DataFrame
        Columns ``model, series, size, origin, horizon, forecasts`` and the scores; ``origin`` is
        a year or ``pooled``; ``size`` is ``all`` or a class.
    """
    import pandas as pd

    keys = ["model", "series", "size", "origin", "horizon"]
    parts: list[Any] = []
    for pooled in (True, False):
        for by_size in (False, True):
            left = [k for k in keys if not (pooled and k == "origin")]
            left = [k for k in left if by_size or k != "size"]
            part = summarise(forecasts, left)
            if pooled:
                part["origin"] = "pooled"
            if by_size:
                # The total over all areas has no size class of its own.
                part = part[part["size"] != "all"]
            else:
                part["size"] = "all"
            parts.append(part[[*keys, "forecasts", *SCORES]])
    scores: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return scores
