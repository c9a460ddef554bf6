"""Births that are not known yet: forecasts with a predictive distribution, as keyed draws.

The default method combines two damped trends and half the drift on the log scale
(:mod:`capsim.demography.births_point`) and takes its spread from past out-of-sample errors pooled
over many series (:mod:`capsim.demography.births_calibration`). No method foresees a collapse: see
:mod:`capsim.demography.stress` for the paths to put beside a forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from capsim.core.draws import U64, identity_of
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.births_calibration import (
    BirthsCalibration,
    shipped_calibration,
)
from capsim.demography.births_draws import (
    Futures,
    correlated_normals,
    counting_error,
    random_walk,
)
from capsim.demography.births_point import (
    FEWEST_YEARS,
    Volatility,
    expected_departure,
    volatility,
)
from capsim.demography.births_tables import BirthsSeries, as_table, read_births, read_path
from capsim.demography.schedules import read_reference

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

F64 = NDArray[np.float64]
BirthsMethod = Literal[
    "default", "tfr", "path", "stress", "low", "medium", "high", "last_value", "random_walk"
]
METHODS: Final = (
    "default",
    "tfr",
    "path",
    "stress",
    "low",
    "medium",
    "high",
    "last_value",
    "random_walk",
)

#: Probability that births of a year lie below the low, medium and high path.
PATH_PROBABILITIES: Final = {"low": 0.1, "medium": 0.5, "high": 0.9}

#: Reference for the volatility of births interpolated from age groups.
REFERENCE_VOLATILITY: Final = "new_zealand_regions"

#: Years whose mean births are the size that counting noise is taken for.
SIZE_YEARS: Final = 3

# A year without births counts as half a birth on the log scale.
_LEAST_BIRTHS = 0.5
# Mean absolute first and second difference of log counts that have Poisson noise alone, times the
# square root of the count: sqrt(2), sqrt(6) times sqrt(2 / pi).
_COUNTING_CHANGE, _COUNTING_ROUGHNESS = 1.128, 1.954
# Variance left to the births themselves where counting noise explains all there is.
_LEAST_OWN_SHARE = 0.15


def forecast_births(
    births: ArrayLike | pd.Series[Any] | pd.DataFrame | xr.DataArray,
    horizon: int,
    *,
    draws: int = 1000,
    seed: int = 0,
    method: BirthsMethod = "default",
    volatility_from: str | None = None,
    path: Mapping[int, float] | str | None = None,
    women: xr.DataArray | None = None,
    schedule: ArrayLike | None = None,
    calibration: BirthsCalibration | None = None,
    correlation: float = 0.0,
    counting_noise: bool = True,
    first_draw: int = 0,
) -> xr.DataArray:
    """Forecast births of one or many series.

    Parameters
    ----------
    births : array_like, Series, DataFrame or DataArray
        Births a year. One series: a 1-d array, a Series indexed by year, or a DataArray with the
        dimension ``year``. Many: a DataFrame with years as rows (or as columns) and a series in
        each column (row), or a DataArray with ``year`` and one other dimension. Series may begin
        in different years (missing before), never end in different ones.
    horizon : int
        Years ahead.
    draws : int
        Futures. Draw i is the same whatever their number, and the same for a series whichever
        others stand beside it.
    seed : int
        Seed of the run.
    method : str
        ``default``: trends and drift, spread from pooled past errors. ``tfr``: the same for the
        total fertility rate, times projected women (needs `women`). ``path``: the births given in
        `path`. ``stress``: the last value times the named stress path `path`. ``low``, ``medium``,
        ``high``: the 10th, 50th and 90th percentile of the default, year by year. ``last_value``:
        the last value for ever. ``random_walk``: a log random walk without drift, its step the
        root mean square of the series' own changes; the baseline that the default is measured
        against.
    volatility_from : str, optional
        Name of a volatility reference (``"new_zealand_regions"``) for births that were
        interpolated and are falsely smooth: the volatility of registers of that size is added to
        the series' own (squares add).
    path : mapping of year to births, or str
        For ``path`` and ``stress``.
    women : DataArray with dimensions year and age (and the dimension of the series), optional
        Mean women by single age in every year of the series and of the forecast, for ``tfr``.
    schedule : array_like, shape (ages,), optional
        Fertility by single age, summing to one, for ``tfr``; China 2023 where left out.
    calibration : BirthsCalibration, optional
        Spread to use in place of the one that ships.
    correlation : float
        Correlation of the errors of different series in the same draw, 0 to 1.
    counting_noise : bool
        Whether draws hold the Poisson noise of the count itself, as a register of an area of that
        size would. It applies to births in whole numbers (and with `volatility_from`): give
        persons, not thousands. Switch it off where births are drawn again from these means.
    first_draw : int
        Number of the first draw, to make draws in blocks.

    Returns
    -------
    DataArray, dims (draw, year) or (draw, year, series' dimension)
        Births. Years follow the last year known; without labels they count 1, 2, ... ahead.

    Raises
    ------
    InvalidInput
        If births are missing, negative or too few, years have gaps, or an argument that the
        method needs is missing.
    """
    _check_request(horizon, draws, method, path, women, correlation)
    series = read_births(births)
    futures = Futures(seed, first_draw, draws, correlation)
    if method == "tfr":
        return _forecast_fertility(series, horizon, futures, women, schedule, calibration)
    if method in ("path", "stress", "last_value"):
        known = read_path(series, horizon, method, path)
        values = np.broadcast_to(known, (draws, *known.shape))
        return as_table(series, values, first_draw)
    drawn = np.empty((draws, len(series.names), horizon))
    identity = identity_of(series.names)
    for begin in np.unique(series.first):
        rows = np.flatnonzero(series.first == begin)
        past = series.births[rows, begin:]
        if method == "random_walk":
            logs = np.log(np.maximum(past, _LEAST_BIRTHS))
            drawn[:, rows] = random_walk(logs, identity[rows], horizon, futures)
            continue
        chosen = calibration or shipped_calibration()
        ahead = predictive_distribution(
            past, horizon, calibration=chosen, volatility_from=volatility_from
        )
        if method in PATH_PROBABILITIES:
            drawn[:, rows] = _percentile(ahead, chosen, PATH_PROBABILITIES[method])
        else:
            noise = ahead.counting if counting_noise else None
            drawn[:, rows] = _random_births(ahead, chosen, identity[rows], noise, futures)
    return as_table(series, np.moveaxis(drawn, 1, 2), first_draw)


def _percentile(ahead: PredictiveDistribution, chosen: BirthsCalibration, share: float) -> F64:
    """Births that lie above a share of the distribution, year by year, shape (series, horizon)."""
    z = np.full(ahead.scale.shape, ndtri(share))
    births: F64 = np.exp(ahead.median + ahead.scale * chosen.standard_error(z))
    return births


def _random_births(
    ahead: PredictiveDistribution,
    chosen: BirthsCalibration,
    identity: U64,
    counting: F64 | None,
    futures: Futures,
) -> F64:
    """Draws of a predictive distribution, in blocks, shape (draws, series, horizon)."""
    count, horizon = ahead.median.shape
    drawn = np.empty((futures.count, count, horizon))
    for part in futures.blocks(count * horizon):
        normal = correlated_normals(identity, horizon, part)
        error = ahead.scale * chosen.standard_error(normal)
        if counting is not None:
            error += counting_error(identity, counting, horizon, part)
        start = part.first - futures.first
        drawn[start : start + part.count] = np.exp(ahead.median + error)
    return drawn


class PredictiveDistribution(NamedTuple):
    """What a forecast is drawn from.

    Attributes
    ----------
    recent : Volatility
        The volatility that decided.
    median, scale : ndarray, shape (series, horizon)
        A draw of log births is ``median + scale * calibration.standard_error(normal)``.
    counting : ndarray, shape (series,)
        Standard deviation of the log count about its mean (Poisson), which comes on top twice:
        in the last value, and in the year that is forecast.
    """

    recent: Volatility
    median: F64
    scale: F64
    counting: F64


def predictive_distribution(
    births: F64,
    horizon: int,
    *,
    calibration: BirthsCalibration | None = None,
    volatility_from: str | None = None,
) -> PredictiveDistribution:
    """Return the predictive distribution of the births ahead.

    Parameters
    ----------
    births : ndarray, shape (series, years)
        Births without gaps.
    horizon : int
    calibration, volatility_from
        As in :func:`forecast_births`.

    Returns
    -------
    PredictiveDistribution
    """
    chosen = calibration or shipped_calibration()
    logs = np.log(np.maximum(births, _LEAST_BIRTHS))
    size = np.maximum(births[:, -SIZE_YEARS:].mean(axis=1), _LEAST_BIRTHS)
    recent = volatility(logs)
    counts = (births == np.rint(births)).all(axis=1)
    if volatility_from is not None:
        # Interpolation took the noise away, not the trend: the noise is put back.
        noise = reference_volatility(size, volatility_from)
        counts[:] = True
        recent = Volatility(
            np.hypot(recent.change, noise.change), np.hypot(recent.roughness, noise.roughness)
        )
    # Noise of counting cannot be more than the series shows: thousands are not counts.
    counting = np.minimum(1.0 / size, (recent.roughness / _COUNTING_ROUGHNESS) ** 2)
    counting = np.where(counts, counting, 0.0)
    median = logs[:, -1:] + expected_departure(logs, horizon, recent)
    scale = chosen.scale(_without_counting(recent, counting), horizon)
    return PredictiveDistribution(recent, median, scale, np.sqrt(counting))


def reference_volatility(births: ArrayLike, name: str = REFERENCE_VOLATILITY) -> Volatility:
    """Return the volatility of registered births in areas of a given size.

    Parameters
    ----------
    births : array_like, shape (series,)
        Births a year.
    name : str
        Reference, a row of ``capsim/reference/births_volatility.csv``.

    Raises
    ------
    InvalidInput
        If the name is not known.
    """
    rows = read_reference("births_volatility.csv")
    found = {row["measure"]: row for row in rows if row["reference"] == name}
    if not found:
        known = ", ".join(sorted({row["reference"] for row in rows}))
        raise InvalidInput.of("volatility_from", f"unknown reference {name!r}", f"known: {known}")
    size = np.maximum(np.atleast_1d(np.asarray(births, dtype=np.float64)), 0.5)

    def measure(which: str) -> F64:
        own, counting = float(found[which]["own"]), float(found[which]["counting"])
        return np.asarray(np.sqrt(own**2 + counting**2 / size), dtype=np.float64)

    return Volatility(measure("change"), measure("roughness"))


def _without_counting(recent: Volatility, variance: F64) -> Volatility:
    """Return the volatility left when counting noise of a given variance is taken out."""

    def own(total: F64, counting: float) -> F64:
        least = _LEAST_OWN_SHARE * total**2
        left: F64 = np.sqrt(np.maximum(total**2 - counting**2 * variance, least))
        return left

    return Volatility(
        own(recent.change, _COUNTING_CHANGE), own(recent.roughness, _COUNTING_ROUGHNESS)
    )


def _forecast_fertility(
    series: BirthsSeries,
    horizon: int,
    futures: Futures,
    women: xr.DataArray | None,
    schedule: ArrayLike | None,
    calibration: BirthsCalibration | None,
) -> xr.DataArray:
    """Forecast the total fertility rate of each series and multiply by the women to come."""
    from capsim.demography.births_tables import exposure_of

    assert women is not None
    exposure = exposure_of(series, horizon, women, schedule)
    known = series.births / exposure[:, :-horizon]
    rates = BirthsSeries(known, series.first, series.names, series.years, series.dim)
    drawn = forecast_births(
        as_table(rates, known.T[None], 0, history=True).isel(draw=0, drop=True),
        horizon,
        draws=futures.count,
        seed=futures.seed,
        first_draw=futures.first,
        correlation=futures.correlation,
        calibration=calibration,
        counting_noise=False,
    )
    shape = (futures.count, horizon, len(series.names))
    values = drawn.values.reshape(shape) * exposure[:, -horizon:].T
    return as_table(series, values, futures.first)


def _check_request(
    horizon: int,
    draws: int,
    method: str,
    path: object,
    women: object,
    correlation: float,
) -> None:
    problems = Problems()
    if horizon < 1:
        problems.add("horizon", f"{horizon} is not a number of years", "give at least 1")
    if draws < 1:
        problems.add("draws", f"{draws} is not a number of futures", "give at least 1")
    if method not in METHODS:
        problems.add("method", f"unknown method {method!r}", f"known: {', '.join(METHODS)}")
    if method in ("path", "stress") and path is None:
        problems.add("path", f"method {method!r} needs a path")
    if method == "tfr" and women is None:
        problems.add("women", "method 'tfr' needs women by year and age")
    if not 0.0 <= correlation <= 1.0:
        problems.add("correlation", f"{correlation:g} lies outside 0 to 1")
    problems.raise_if_any()


__all__ = [
    "FEWEST_YEARS",
    "METHODS",
    "correlated_normals",
    "forecast_births",
    "predictive_distribution",
    "reference_volatility",
]
