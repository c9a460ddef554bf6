"""The formulas of the national standard: resource indicators, variation coefficient, retention.

Functions on arrays alone; ``measures.standards`` applies them to the results of a run. Rules:
measures for the supervision and evaluation of high-quality balanced county compulsory education
(县域义务教育优质均衡发展督导评估办法, 2017); the variation coefficient as defined in the annex of
the measures of 2012.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

# One part in a million: a ratio that reaches its threshold exactly must not fail by the rounding of
# its last bit, in single precision either.
_ROUNDING: Final = 1e-6


def resource_indicator(resource: ArrayLike, pupils: ArrayLike, *, per: float = 1.0) -> F64:
    """Return a resource per pupil, or per 100 pupils; missing where there are no pupils.

    Parameters
    ----------
    resource, pupils : array_like, broadcast against each other
        Stock of the resource (teachers, m2, yuan, rooms) and pupils of a school and level.
    per : float
        100 for indicators per 100 pupils.

    Returns
    -------
    ndarray, broadcast shape
    """
    amount, roll = np.broadcast_arrays(
        np.asarray(resource, dtype=np.float64), np.asarray(pupils, dtype=np.float64)
    )
    result = np.full(amount.shape, np.nan)
    np.divide(amount * per, roll, out=result, where=roll > 0)
    return result


def indicator_met(indicator: ArrayLike, threshold: ArrayLike) -> F64:
    """Return 1 where an indicator reaches its threshold, 0 where not, missing where unknown."""
    value = np.asarray(indicator, dtype=np.float64)
    met = value >= np.asarray(threshold, dtype=np.float64) * (1.0 - _ROUNDING)
    return np.where(np.isnan(value), np.nan, met.astype(np.float64))


def school_meets_standard(
    indicators: ArrayLike, thresholds: ArrayLike, *, at_least: int = 6, floor: float = 0.85
) -> F64:
    """Return whether a school meets the rule "six of seven, the rest at 85 %".

    An unknown indicator leaves the verdict missing only where it could change it.

    Parameters
    ----------
    indicators : array_like, shape (..., 7)
    thresholds : array_like, broadcast against `indicators`
    at_least : int
        Indicators that must reach their threshold.
    floor : float
        Share of the threshold that every other indicator must reach.

    Returns
    -------
    ndarray, shape (...)
        1 met, 0 not met, missing where unknown. A school without any known indicator is unknown.
    """
    value = np.asarray(indicators, dtype=np.float64)
    limit = np.asarray(thresholds, dtype=np.float64) * (1.0 - _ROUNDING)
    unknown = np.isnan(value)

    def verdict(filled: F64) -> Flags:
        enough = (filled >= limit).sum(axis=-1) >= at_least
        passed: Flags = enough & (filled >= floor * limit).all(axis=-1)
        return passed

    worst = verdict(np.where(unknown, -np.inf, value))
    best = verdict(np.where(unknown, np.inf, value))
    known = (worst == best) & ~unknown.all(axis=-1)
    return np.where(known, worst.astype(np.float64), np.nan)


def variation_coefficient(resource: ArrayLike, pupils: ArrayLike, *, axis: int = -1) -> F64:
    """Return the variation coefficient between schools (差异系数), weighted by pupils.

    ``CV = sqrt(sum_i (p_i / P) (x_i - X)^2) / X`` with ``x_i = resource_i / p_i``, ``P`` all pupils
    and ``X = sum(resource) / P``: the mean is the county's ratio, not the mean of the schools'.

    Parameters
    ----------
    resource, pupils : array_like, broadcast against each other
        Stock of the resource and pupils of each school. Schools without pupils do not enter,
        neither does their resource.
    axis : int
        Axis of the schools.

    Returns
    -------
    ndarray
        Without `axis`; 0 for a single school. Missing where no school has pupils, where the county
        has none of the resource, or where the resource of a school with pupils is unknown.
    """
    amount, roll = np.broadcast_arrays(
        np.asarray(resource, dtype=np.float64), np.asarray(pupils, dtype=np.float64)
    )
    weight = np.where(roll > 0, roll, 0.0)
    counted = np.where(roll > 0, amount, 0.0)
    all_pupils = weight.sum(axis=axis, keepdims=True)
    all_resource = counted.sum(axis=axis, keepdims=True)
    ratio = np.zeros(amount.shape)
    np.divide(counted, weight, out=ratio, where=weight > 0)
    mean = np.full(all_pupils.shape, np.nan)
    np.divide(all_resource, all_pupils, out=mean, where=all_pupils > 0)
    share = np.zeros(amount.shape)
    np.divide(weight, all_pupils, out=share, where=all_pupils > 0)
    spread = np.sqrt((share * (ratio - mean) ** 2).sum(axis=axis, keepdims=True))
    result = np.full(mean.shape, np.nan)
    np.divide(spread, mean, out=result, where=mean > 0)
    return result.squeeze(axis=axis)


def composite_variation_coefficient(coefficients: ArrayLike, *, axis: int = -1) -> F64:
    """Return the composite of the earlier measures: the plain mean of the coefficients.

    The measures of 2012 take their own eight indicators; of fewer the composite is the mean of
    those given, and missing if one of them is.
    """
    return np.asarray(np.asarray(coefficients, dtype=np.float64).mean(axis=axis), dtype=np.float64)


def share_of(part: ArrayLike, whole: ArrayLike) -> F64:
    """Return ``part / whole``, missing where there is no whole.

    Serves every share the rule asks for: exchanged teachers over those eligible (or over all),
    backbone teachers over those exchanged, entrants of the zone's school over entrants, migrant
    children in public or purchased seats over migrant children.
    """
    return resource_indicator(part, whole)


def retention(final_grade: ArrayLike, entrants: ArrayLike, *, years: int, axis: int = -1) -> F64:
    """Return pupils of a final grade over the entrants of their cohort.

    Parameters
    ----------
    final_grade, entrants : array_like, same shape
        Pupils of the final grade and of the entry grade by school year along `axis`.
    years : int
        Steps from entry to the final grade: 8 for nine-year, 2 for junior retention.
    axis : int
        Axis of the years, consecutive.

    Returns
    -------
    ndarray, same shape
        Missing in the first `years` years.
    """
    last = np.moveaxis(np.asarray(final_grade, dtype=np.float64), axis, -1)
    first = np.moveaxis(np.asarray(entrants, dtype=np.float64), axis, -1)
    result = np.full(last.shape, np.nan)
    if last.shape[-1] > years:
        result[..., years:] = share_of(last[..., years:], first[..., :-years])
    return np.asarray(np.moveaxis(result, -1, axis))


def seats_per_1000_residents(capacity: ArrayLike, residents: ArrayLike) -> F64:
    """Return seats per 1,000 residents (千人学位), missing where nobody lives."""
    return resource_indicator(capacity, residents, per=1000.0)


def projected_resources(
    reported: ArrayLike, seats_added: ArrayLike, threshold: ArrayLike, *, share: float
) -> F64:
    """Return areas, equipment and rooms of a school as the programme adds seats.

    Parameters
    ----------
    reported : array_like
        Stock in the base year; missing where the table has none.
    seats_added : array_like
        Seats added by the programme since the base year; losses leave the stock as it is.
    threshold : array_like
        The indicator's threshold, per pupil (not per 100).
    share : float
        Share of the threshold that comes with each new seat.

    Returns
    -------
    ndarray, broadcast shape
    """
    added = np.maximum(np.asarray(seats_added, dtype=np.float64), 0.0)
    per_seat = np.asarray(threshold, dtype=np.float64) * share
    total: F64 = np.asarray(reported, dtype=np.float64) + added * per_seat
    return total
