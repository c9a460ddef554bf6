"""How wrong births forecasts have been: spreads by horizon from pooled past errors.

Intervals that a model states for itself are far too narrow, so the spread is measured: the median
forecast is made at every past origin of many series, and for each horizon the log of the absolute
log error is regressed on the recent volatility of the series. What remains, errors over that
scale, gives the quantiles. Both are smoothed over the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from capsim.core.errors import InvalidInput
from capsim.demography.births_point import (
    SHIPPED,
    MedianSettings,
    Volatility,
    expected_departure,
    volatility,
)
from capsim.demography.schedules import read_reference

F64 = NDArray[np.float64]

#: Cumulative probabilities of the absolute standardised error that a table holds.
PROBABILITIES = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)

#: Past errors understate later ones: bands calibrated to a date covered too little afterwards,
#: more so further ahead. Spreads are widened by this share for each year of horizon. Chosen by
#: :func:`capsim.forecasting.births_selection.select_births_settings` on the births of 86 countries,
#: origins from 1975 on, outcomes to 1999.
WIDENING_PER_YEAR = 0.015

#: A series takes part from this many years of history on.
_HISTORY_YEARS = 12

# Added to absolute errors before the logarithm, so that a lucky hit does not rule the regression.
_LEAST_ERROR = 1e-4


@dataclass(frozen=True)
class BirthsCalibration:
    """Spread of the log error of births forecasts by horizon.

    Attributes
    ----------
    coefficients : ndarray, shape (horizons, 3)
        Constant, and powers of the change and of the roughness of the series (see
        :class:`~capsim.demography.births_point.Volatility`): the scale is
        ``exp(c0) change**c1 roughness**c2``.
    quantiles : ndarray, shape (horizons, probabilities)
        Quantiles of the absolute error over that scale, at :data:`PROBABILITIES`.
    widening_per_year : float
        Share by which the scale is widened for each year of horizon.
    """

    coefficients: F64
    quantiles: F64
    widening_per_year: float = WIDENING_PER_YEAR

    @property
    def horizons(self) -> int:
        """Years ahead that errors were measured for."""
        return len(self.coefficients)

    def scale(self, recent: Volatility, horizon: int) -> F64:
        """Scale of the log error of each series, shape (series, horizon).

        Beyond the measured horizons the scale grows with the power of the horizon that it shows
        over the second half of them. Counting noise is not in it: no series of the calibration is
        small enough to have any.

        Parameters
        ----------
        recent : Volatility
        horizon : int
            Years ahead.
        """
        predictors = np.stack(
            [np.ones_like(recent.change), np.log(recent.change), np.log(recent.roughness)], axis=1
        )
        measured = predictors @ self.coefficients[:horizon].T
        if horizon > self.horizons:
            half = max(self.horizons // 2, 1)
            ends = predictors @ self.coefficients[[half - 1, -1]].T
            power = (ends[:, 1] - ends[:, 0]) / np.log(self.horizons / half) if half > 1 else 0.5
            further = np.log(np.arange(self.horizons + 1, horizon + 1) / self.horizons)
            more = ends[:, 1:] + np.maximum(power, 0.0)[:, None] * further
            measured = np.concatenate([measured, more], axis=1)
        widened = 1.0 + self.widening_per_year * np.arange(1, horizon + 1)
        scale: F64 = np.exp(measured) * widened
        return scale

    def standard_error(self, normal: F64) -> F64:
        """Turn standard normals into standardised errors by the pooled quantiles.

        Parameters
        ----------
        normal : ndarray, shape (..., horizon)

        Returns
        -------
        ndarray, same shape
            Symmetric about zero; the tail beyond the last quantile is exponential.
        """
        error = np.empty_like(normal)
        for h in range(normal.shape[-1]):
            # interpolated over the normal's own scale, where the quantiles are almost a line
            nodes = special.ndtri(0.5 + 0.5 * np.array(PROBABILITIES))
            values = self.quantiles[min(h, self.horizons - 1)]
            size = np.abs(normal[..., h])
            slope = (values[-1] - values[-2]) / (nodes[-1] - nodes[-2])
            beyond = np.maximum(size - nodes[-1], 0.0) * slope
            error[..., h] = np.sign(normal[..., h]) * (np.interp(size, nodes, values) + beyond)
        return error

    def rows(self) -> list[dict[str, float]]:
        """Return the table by horizon, as it ships."""
        names = ["constant", "change", "roughness", *[f"q{p:g}" for p in PROBABILITIES]]
        table = np.concatenate([self.coefficients, self.quantiles], axis=1)
        return [
            {"horizon": float(h + 1), **dict(zip(names, row.tolist(), strict=True))}
            for h, row in enumerate(table)
        ]


@dataclass(frozen=True)
class PastErrors:
    """Errors of the median forecast at every origin of many series.

    Attributes
    ----------
    error : ndarray, shape (origins, series, horizons)
        Log outcome minus log median; missing beyond the data.
    change, roughness : ndarray, shape (origins, series)
        Volatility known at the origin.
    origins : ndarray of int, shape (origins,)
        Position of the origin in the series.
    """

    error: F64
    change: F64
    roughness: F64
    origins: NDArray[np.int64]


def past_errors(births: ArrayLike, horizons: int, settings: MedianSettings = SHIPPED) -> PastErrors:
    """Forecast every series at every origin and record the errors.

    Parameters
    ----------
    births : array_like, shape (series, years)
        Positive births without gaps.
    horizons : int
        Years ahead, at most.
    settings : MedianSettings
        Of the median forecast.

    Raises
    ------
    InvalidInput
        If births are missing or not positive, or the series too short to make one error.
    """
    table = np.asarray(births, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all() or (table <= 0).any():
        raise InvalidInput.of("births", "must be positive, without gaps, by series and year")
    if table.shape[1] <= _HISTORY_YEARS:
        raise InvalidInput.of(
            "births", f"{table.shape[1]} years are too few", f"give more than {_HISTORY_YEARS}"
        )
    logs = np.log(table)
    origins = np.arange(_HISTORY_YEARS - 1, table.shape[1] - 1)
    error = np.full((len(origins), len(table), horizons), np.nan)
    change = np.empty((len(origins), len(table)))
    roughness = np.empty_like(change)
    for i, origin in enumerate(origins):
        known = logs[:, : origin + 1]
        recent = volatility(known, settings)
        change[i], roughness[i] = recent
        ahead = min(horizons, table.shape[1] - 1 - origin)
        median = expected_departure(known, ahead, recent, settings)
        outcome = logs[:, origin + 1 : origin + 1 + ahead] - logs[:, [origin]]
        error[i, :, :ahead] = outcome - median
    return PastErrors(error, change, roughness, origins)


def calibrate_births(
    errors: PastErrors, *, through: int | None = None, leave_out: int | None = None
) -> BirthsCalibration:
    """Fit the spread to past errors.

    Parameters
    ----------
    errors : PastErrors
        From :func:`past_errors`.
    through : int, optional
        Position of the last year whose outcome is known; later outcomes are not used.
    leave_out : int, optional
        Position of a series that must not take part (it is to be forecast).

    Returns
    -------
    BirthsCalibration

    Raises
    ------
    InvalidInput
        If no horizon has enough errors.
    """
    keep = np.ones(errors.change.shape[1], dtype=bool)
    if leave_out is not None:
        keep[leave_out] = False
    last = np.iinfo(np.int64).max if through is None else through
    coefficients, quantiles = [], []
    for h in range(errors.error.shape[2]):
        known = errors.origins + h + 1 <= last
        error = errors.error[known][:, keep, h].ravel()
        told = np.isfinite(error)
        if told.sum() < 100:
            break
        x = np.stack(
            [
                np.ones(told.sum()),
                np.log(errors.change[known][:, keep].ravel()[told]),
                np.log(errors.roughness[known][:, keep].ravel()[told]),
            ],
            axis=1,
        )
        size = np.abs(error[told])
        fitted = np.linalg.solve(x.T @ x, x.T @ np.log(size + _LEAST_ERROR))
        coefficients.append(fitted)
        quantiles.append(np.quantile(size / np.exp(x @ fitted), PROBABILITIES))
    if not coefficients:
        raise InvalidInput.of("births", "too few past errors to calibrate a forecast")
    return BirthsCalibration(_smooth(np.array(coefficients)), _smooth(np.array(quantiles)))


def _smooth(by_horizon: F64) -> F64:
    """Smooth a table over the log of the horizon by a quadratic."""
    count = len(by_horizon)
    if count < 6:
        return by_horizon
    x = np.vander(np.log(np.arange(1, count + 1)), 3)
    fitted: F64 = x @ np.linalg.lstsq(x, by_horizon, rcond=None)[0]
    return fitted


@cache
def shipped_calibration() -> BirthsCalibration:
    """Return the calibration that ships, from 86 countries; its derivation stands in the file."""
    rows = read_reference("births_calibration.csv")
    table = np.array([[float(value) for value in row.values()] for row in rows])
    return BirthsCalibration(table[:, 1:4], table[:, 4:])
