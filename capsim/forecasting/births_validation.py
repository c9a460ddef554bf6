"""How good births forecasts are: rolling origins over many series, against random walks.

At every origin each series is forecast with a spread calibrated on the *other* series and on
outcomes known *by then*: no series helps to calibrate itself and no later year an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from capsim.core.errors import InvalidInput
from capsim.demography.births import predictive_distribution
from capsim.demography.births_calibration import (
    BirthsCalibration,
    PastErrors,
    calibrate_births,
    past_errors,
)
from capsim.demography.births_tables import read_births

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

# Equally probable points that stand for a distribution when it is scored.
_GRID: Final = (np.arange(199) + 0.5) / 199
_NORMAL: Final = ndtri(_GRID)
# Position of the first origin whose walk errors count: twelve years of history.
_FIRST_ORIGIN: Final = 11
# The same normals in an order unrelated to the first: 199 is prime.
_SECOND_NORMAL: Final = _NORMAL[np.arange(199) * 83 % 199]


def score_births(
    births: pd.DataFrame,
    *,
    origins: Sequence[int],
    horizons: Sequence[int] = (1, 3, 6, 10),
    calibration: BirthsCalibration | None = None,
) -> pd.DataFrame:
    """Forecast every series at every origin and score the predictive distributions.

    Parameters
    ----------
    births : DataFrame
        Years as rows, a series in each column, no gaps.
    origins : sequence of int
        Last years known.
    horizons : sequence of int
        Years ahead that are scored where the outcome is known.
    calibration : BirthsCalibration, optional
        Spread to use throughout; by default it is calibrated afresh for each series and origin
        on the other series and earlier outcomes.

    Returns
    -------
    DataFrame
        A row for each series, origin and horizon: ``error`` (log outcome minus log median),
        ``crps``, ``crps_walk`` (log random walk without drift) and ``crps_scaled`` (the same walk,
        its spread replaced by quantiles of its own past errors, pooled; missing where
        `calibration` is given) on the log scale, ``inside_80``, ``inside_95``, and ``probability``
        (where the outcome fell in the distribution).

    Raises
    ------
    InvalidInput
        If an origin lies outside the data or the table cannot be used.
    """
    import pandas as pd

    series = read_births(births)
    if series.years is None or series.first.any():
        raise InvalidInput.of("births", "must have every series in every year")
    unknown = [o for o in origins if o not in set(series.years.tolist()[:-1])]
    if unknown:
        raise InvalidInput.of("origins", f"{unknown[0]} is not a year with a later outcome")
    logs = np.log(np.maximum(series.births, 0.5))
    errors = None if calibration else past_errors(np.exp(logs), max(horizons))
    frames = []
    for origin in origins:
        known = int(np.searchsorted(series.years, origin))
        reach = [h for h in horizons if known + h < logs.shape[1]]
        for rows, chosen in _calibrations(errors, calibration, known, len(logs)):
            if reach and chosen is not None:
                frames.append(_score(series.births, logs, rows, known, reach, chosen, errors))
    table = pd.concat(frames, ignore_index=True)
    table["origin"] = series.years[table["origin"].to_numpy()]
    table["series"] = np.array(series.names)[table["series"].to_numpy()]
    return table


def summarise_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Summarise scores by horizon: coverage of the bands and CRPS over the two walks'."""
    by = scores.groupby("horizon")
    crps = by["crps"].mean()
    summary = by[["inside_80", "inside_95"]].mean()
    summary = summary.rename(columns={"inside_80": "coverage_80", "inside_95": "coverage_95"})
    summary["crps_over_walk"] = crps / by["crps_walk"].mean()
    summary["crps_over_scaled_walk"] = crps / by["crps_scaled"].mean()
    summary["bias"] = by["error"].mean()
    summary["forecasts"] = by.size()
    return summary


def _calibrations(
    errors: PastErrors | None, calibration: BirthsCalibration | None, known: int, count: int
) -> list[tuple[NDArray[np.int64], BirthsCalibration | None]]:
    """Which rows are forecast with which calibration at an origin."""
    if errors is None:
        return [(np.arange(count), calibration)]
    return [
        (np.array([i]), calibrate_births(errors, through=known, leave_out=i)) for i in range(count)
    ]


def _score(
    births: F64,
    logs: F64,
    rows: NDArray[np.int64],
    known: int,
    horizons: Sequence[int],
    calibration: BirthsCalibration,
    errors: PastErrors | None,
) -> pd.DataFrame:
    """Scores of some series at one origin."""
    import pandas as pd

    past = logs[rows, : known + 1]
    furthest = max(horizons)
    ahead = predictive_distribution(births[rows, : known + 1], furthest, calibration=calibration)
    spread = calibration.standard_error(np.repeat(_NORMAL[:, None], furthest, axis=1))
    counting = np.sqrt(2.0) * ahead.counting
    step = np.sqrt(np.mean(np.diff(past, axis=1) ** 2, axis=1))
    frames = []
    for h in horizons:
        outcome = logs[rows, known + h]
        grid = ahead.median[:, [h - 1]] + ahead.scale[:, [h - 1]] * spread[:, h - 1]
        grid = np.sort(grid + counting[:, None] * _SECOND_NORMAL, axis=1)
        walk = past[:, -1:] + (step * np.sqrt(h))[:, None] * _NORMAL
        below = (grid < outcome[:, None]).mean(axis=1)
        scaled = np.full(len(rows), np.nan)
        if errors is not None and known - h >= _FIRST_ORIGIN:
            size = _walk_errors(logs, rows, known, h)
            wide = np.quantile(size, np.abs(2 * _GRID - 1)) * np.sign(_GRID - 0.5)
            scaled = _crps(past[:, -1:] + (step * np.sqrt(h))[:, None] * wide, outcome)
        frames.append(
            pd.DataFrame(
                {
                    "series": rows,
                    "origin": known,
                    "horizon": h,
                    "error": outcome - ahead.median[:, h - 1],
                    "crps": _crps(grid, outcome),
                    "crps_walk": _crps(walk, outcome),
                    "crps_scaled": scaled,
                    "inside_80": (below > 0.1) & (below < 0.9),
                    "inside_95": (below > 0.025) & (below < 0.975),
                    "probability": below,
                }
            )
        )
    return pd.concat(frames)


def _walk_errors(logs: F64, rows: NDArray[np.int64], known: int, horizon: int) -> F64:
    """Standardised absolute errors of the walk: other series, outcomes known at the origin."""
    others = np.delete(logs, rows, axis=0)
    squares = np.cumsum(np.diff(others, axis=1) ** 2, axis=1)
    origins = np.arange(_FIRST_ORIGIN, known - horizon + 1)
    step = np.sqrt(squares[:, origins - 1] / origins)
    error = others[:, origins + horizon] - others[:, origins]
    return np.asarray(np.abs(error / np.maximum(step * np.sqrt(horizon), 1e-9)).ravel())


def _crps(grid: F64, outcome: F64) -> F64:
    """Continuous ranked probability score of equally probable points, shape (series, points)."""
    count = grid.shape[1]
    weight = (2 * np.arange(1, count + 1) - count - 1) / count**2
    score: F64 = np.abs(grid - outcome[:, None]).mean(axis=1) - grid @ weight
    return score
