"""Forecasts of parts and of the whole made to agree, by weighted least squares.

Forecasts of townships and of the county disagree when they are made apart. The reconciled ones
add up and change each forecast in proportion to its variance (Hyndman, Ahmed, Athanasopoulos and
Shang 2011; with variances on the diagonal, Wickramasuriya, Athanasopoulos and Hyndman 2019).
Draws are reconciled one by one, so that every future adds up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.errors import InvalidInput, Problems

F64 = NDArray[np.float64]


def reconcile(
    forecasts: ArrayLike, summing: ArrayLike, variances: ArrayLike, *, non_negative: bool = True
) -> F64:
    """Reconcile forecasts of any hierarchy.

    Parameters
    ----------
    forecasts : array_like, shape (..., series)
        Forecasts of every series, the bottom ones and their sums, made apart; leading axes are
        draws and years.
    summing : array_like, shape (series, bottom)
        How much of each bottom series is in each series: zeros and ones. Levels may cross
        (townships and school levels at once).
    variances : array_like, shape (series,) or (..., series)
        Error variance of each forecast. Zero means exact: the others give way. Exact forecasts
        that contradict each other are averaged.
    non_negative : bool
        Whether bottom series that would turn negative are held at zero and the others
        reconciled again.

    Returns
    -------
    ndarray, shape (..., series)
        Every series the sum of its bottom series.

    Raises
    ------
    InvalidInput
        If shapes do not fit or a variance is negative.
    """
    values = np.asarray(forecasts, dtype=np.float64)
    rule = np.asarray(summing, dtype=np.float64)
    spread = np.broadcast_to(np.asarray(variances, dtype=np.float64), values.shape)
    _check(values, rule, spread)
    flat = values.reshape(-1, values.shape[-1])
    weights = spread.reshape(flat.shape)
    bottom = np.empty((len(flat), rule.shape[1]))
    if (weights == weights[0]).all():
        bottom[:] = flat @ _projector(rule, weights[0]).T
    else:
        for i, forecast in enumerate(flat):
            bottom[i] = _projector(rule, weights[i]) @ forecast
    if non_negative:
        for row in np.flatnonzero((bottom < -1e-9).any(axis=1)):
            bottom[row] = _hold_at_zero(flat[row], rule, weights[row])
        np.maximum(bottom, 0.0, out=bottom)
    whole: F64 = (bottom @ rule.T).reshape(values.shape)
    return whole


def _projector(rule: F64, variances: F64) -> F64:
    """Matrix (bottom, series) that turns forecasts into reconciled bottom series.

    Least squares in the form that takes variances, not their inverses, so that a variance of zero
    is exact: the forecasts are moved by ``W U (U' W U)^-1`` times what they contradict, where the
    columns of U span the contradictions (everything at right angles to the summing matrix).
    """
    from scipy.linalg import null_space

    bottom = np.linalg.pinv(rule)
    against = null_space(rule.T)
    if not against.shape[1]:
        return np.asarray(bottom, dtype=np.float64)
    weighted = variances[:, None] * against
    moved = weighted @ np.linalg.pinv(against.T @ weighted) @ against.T
    projector: F64 = bottom @ (np.eye(len(variances)) - moved)
    return projector


def _hold_at_zero(forecast: F64, rule: F64, variances: F64) -> F64:
    """Reconcile with bottom series that turn negative held at zero, until none does."""
    free = np.ones(rule.shape[1], dtype=bool)
    bottom = np.zeros(rule.shape[1])
    while free.any():
        bottom[:] = 0.0
        bottom[free] = _projector(rule[:, free], variances) @ forecast
        negative = bottom < -1e-9
        if not negative.any():
            break
        free &= ~negative
    return bottom


def reconcile_to_total(
    parts: ArrayLike,
    total: ArrayLike,
    *,
    part_variances: ArrayLike | None = None,
    total_variance: ArrayLike = 0.0,
) -> F64:
    """Reconcile forecasts of areas to the county's.

    Parameters
    ----------
    parts : array_like, shape (..., areas)
        Forecasts of the areas; leading axes are draws and years.
    total : array_like, shape (...)
        Forecast of the county.
    part_variances : array_like, shape (areas,) or (..., areas), optional
        Error variances; in proportion to the forecasts where left out, so that the areas are
        scaled alike.
    total_variance : array_like, shape (...)
        Error variance of the county's forecast; 0 keeps it and moves the areas alone.

    Returns
    -------
    ndarray, shape (..., areas)
        Not negative; with a total variance of 0 they add up to `total`.

    Raises
    ------
    InvalidInput
        If shapes do not fit, a number is missing or negative, or nothing can carry a total.
    """
    given = np.asarray(parts, dtype=np.float64)
    whole = np.asarray(total, dtype=np.float64)
    if given.ndim < 1 or whole.shape != given.shape[:-1]:
        raise InvalidInput.of(
            "total", f"has shape {whole.shape}", f"give {given.shape[:-1]}, one for each draw"
        )
    spread = given if part_variances is None else np.asarray(part_variances, dtype=np.float64)
    spread = np.broadcast_to(spread, given.shape)
    exact = np.broadcast_to(np.asarray(total_variance, dtype=np.float64), whole.shape)
    problems = Problems()
    for name, numbers in (("parts", given), ("total", whole), ("part_variances", spread)):
        if not np.isfinite(numbers).all() or (numbers < 0).any():
            problems.add(name, "has missing or negative values")
    if (exact < 0).any():
        problems.add("total_variance", "is negative")
    problems.raise_if_any()
    result = given.copy()
    free = np.ones(given.shape, dtype=bool)
    # Each pass moves the free areas by their share of the variance; areas pushed below zero stop
    # there and the others carry the rest.
    for _ in range(given.shape[-1]):
        weight = np.where(free, spread, 0.0)
        scale = weight.sum(axis=-1) + exact
        gap = whole - result.sum(axis=-1)
        if ((np.abs(gap) > 1e-9) & (scale <= 0)).any():
            raise InvalidInput.of("parts", "no area has any variance to take up the difference")
        share = np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0)
        moved = np.where(free, result + weight * share[..., None], result)
        free &= moved > 0
        result = np.maximum(moved, 0.0)
        if not (moved < 0).any():
            break
        # what the total itself gives way is settled by the first pass only
        whole = whole - exact * share
        exact = np.zeros_like(exact)
    return result


def _check(values: F64, rule: F64, spread: F64) -> None:
    problems = Problems()
    if rule.ndim != 2 or rule.shape[0] != values.shape[-1]:
        problems.add(
            "summing", f"has shape {rule.shape}", f"give ({values.shape[-1]}, bottom series)"
        )
    elif np.linalg.matrix_rank(rule) < rule.shape[1]:
        problems.add("summing", "leaves a bottom series without a forecast")
    if not np.isfinite(values).all():
        problems.add("forecasts", "has missing values")
    if not np.isfinite(spread).all() or (spread < 0).any():
        problems.add("variances", "has missing or negative values")
    problems.raise_if_any()
