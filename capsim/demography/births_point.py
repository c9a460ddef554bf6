"""Where a series of births is heading: damped trends, drift, and how far to believe them.

All functions take many series at once, as log births of shape (series, years) without gaps, the
last year on the right, and work on departures from the last value on the log scale.

The trends are Gardner and McKenzie's (1985) damped form of Holt's method with fixed smoothing
constants; the drift is half the least-squares slope, as in the theta method (Assimakopoulos and
Nikolopoulos 2000; Hyndman and Billah 2003). Fixed constants beat fitted ones on short series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

#: Fewest years of births a forecast can start from.
FEWEST_YEARS = 6


@dataclass(frozen=True)
class MedianSettings:
    """Constants of the median forecast.

    Round figures that :func:`capsim.forecasting.births_selection.select_births_settings` leaves as
    they are on the births of 86 countries with outcomes to 1999: no other candidate of its grid
    gives bands with a score better by more than one per cent.

    Attributes
    ----------
    trend_years, drift_years, volatility_years : int
        Years of the past that trends, drift and volatility are taken from.
    fast_level, fast_trend, fast_damping : float
        Smoothing constants of a fast damped trend.
    slow_level, slow_trend, slow_damping : float
        The same for a slower one that runs longer.
    drift_share : float
        Share of the least-squares slope that counts as drift.
    smooth, rough : float
        Log ratio of second to first differences at which the departure is believed wholly and not
        at all. A random walk with independent changes has log(sqrt(2)) = 0.35; smooth momentum
        lies below.
    noise_begins, noise_whole : float
        Above a random walk's roughness part of the last value is noise that next year will not
        repeat: log ratios at which that begins and is complete.
    noise_weight, noise_level : float
        How far such a series goes back to a smoothed level, and the smoothing constant of that.
    """

    trend_years: int = 30
    drift_years: int = 20
    volatility_years: int = 15
    fast_level: float = 0.95
    fast_trend: float = 0.9
    fast_damping: float = 0.9
    slow_level: float = 0.8
    slow_trend: float = 0.4
    slow_damping: float = 0.95
    drift_share: float = 0.5
    smooth: float = -0.6
    rough: float = 0.4
    noise_begins: float = 0.3
    noise_whole: float = 0.6
    noise_weight: float = 0.5
    noise_level: float = 0.4


#: The constants that forecasts use.
SHIPPED: Final = MedianSettings()

# Floors of the volatility: official estimates can be interpolated and then look exact.
_LEAST_CHANGE, _LEAST_ROUGHNESS = 1e-3, 3e-4


class Volatility(NamedTuple):
    """How much births move from year to year.

    Attributes
    ----------
    change : ndarray, shape (series,)
        Mean absolute first difference of log births.
    roughness : ndarray, shape (series,)
        Mean absolute second difference of log births.
    """

    change: F64
    roughness: F64

    @property
    def log_ratio(self) -> F64:
        """Log of roughness over change: low where changes persist, 0.35 for a random walk."""
        ratio: F64 = np.log(self.roughness / self.change)
        return ratio


def volatility(log_births: F64, settings: MedianSettings = SHIPPED) -> Volatility:
    """Return the recent volatility of each series, from mean absolute differences (robust).

    Parameters
    ----------
    log_births : ndarray, shape (series, years)
    settings : MedianSettings
    """
    years = settings.volatility_years
    first = np.diff(log_births[:, -years - 1 :], axis=1)
    second = np.diff(log_births[:, -years - 2 :], n=2, axis=1)
    return Volatility(
        np.maximum(np.abs(first).mean(axis=1), _LEAST_CHANGE),
        np.maximum(np.abs(second).mean(axis=1), _LEAST_ROUGHNESS),
    )


def damped_trend(
    log_births: F64, horizon: int, *, level: float, trend: float, damping: float
) -> F64:
    """Departure from the last value by a damped trend, shape (series, horizon)."""
    span = min(log_births.shape[1] - 1, 5)
    height = log_births[:, 0].copy()
    slope = (log_births[:, span] - log_births[:, 0]) / span
    for t in range(1, log_births.shape[1]):
        expected = height + damping * slope
        raised = level * log_births[:, t] + (1.0 - level) * expected
        slope = trend * (raised - height) + (1.0 - trend) * damping * slope
        height = raised
    run = np.cumsum(damping ** np.arange(1, horizon + 1))
    departure: F64 = (height - log_births[:, -1])[:, None] + slope[:, None] * run
    return departure


def half_drift(log_births: F64, horizon: int, settings: MedianSettings = SHIPPED) -> F64:
    """Departure from the last value by half the least-squares slope, shape (series, horizon)."""
    recent = log_births[:, -settings.drift_years :]
    x = np.arange(recent.shape[1]) - (recent.shape[1] - 1) / 2
    slope = (recent * x).sum(axis=1) / (x * x).sum()
    departure: F64 = settings.drift_share * slope[:, None] * np.arange(1, horizon + 1)
    return departure


def smoothness_weight(recent: Volatility, settings: MedianSettings = SHIPPED) -> F64:
    """How far the departure is believed, 0 to 1, by how smooth the series is; shape (series,)."""
    span = settings.rough - settings.smooth
    weight: F64 = np.clip((settings.rough - recent.log_ratio) / span, 0.0, 1.0)
    return weight


def expected_departure(
    log_births: F64, horizon: int, recent: Volatility, settings: MedianSettings = SHIPPED
) -> F64:
    """Median departure of log births from the last value.

    The mean of two damped trends and half the drift, weighted by smoothness; for series rougher
    than a random walk, part of the way back to a smoothed level.

    Parameters
    ----------
    log_births : ndarray, shape (series, years)
    horizon : int
        Years ahead.
    recent : Volatility
        Volatility that decides how far to believe the departure.
    settings : MedianSettings

    Returns
    -------
    ndarray, shape (series, horizon)
    """
    past = log_births[:, -settings.trend_years :]
    trends = (
        (settings.fast_level, settings.fast_trend, settings.fast_damping),
        (settings.slow_level, settings.slow_trend, settings.slow_damping),
    )
    parts = [
        damped_trend(past, horizon, level=level, trend=trend, damping=damping)
        for level, trend, damping in trends
    ]
    parts.append(half_drift(past, horizon, settings))
    heading = smoothness_weight(recent, settings)[:, None] * np.mean(parts, axis=0)
    noise_span = settings.noise_whole - settings.noise_begins
    noise = np.clip((recent.log_ratio - settings.noise_begins) / noise_span, 0.0, 1.0)
    level = damped_trend(past, 1, level=settings.noise_level, trend=0.0, damping=0.0)
    departure: F64 = heading + settings.noise_weight * noise[:, None] * level
    return departure
