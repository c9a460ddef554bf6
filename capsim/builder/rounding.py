"""Whole numbers that keep their sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def apportion(total: int, weights: ArrayLike, least: ArrayLike = 0) -> Ints:
    """Split a whole total in proportion to weights by largest remainders.

    Parameters
    ----------
    total : int
        What is split.
    weights : array_like, shape (n,)
        Not negative, not all 0.
    least : array_like, optional
        Smallest part of each.

    Returns
    -------
    ndarray of int64, shape (n,)
        Sums to `total`; earlier items win ties.

    Raises
    ------
    ValueError
        If the smallest parts together exceed the total.
    """
    w = np.asarray(weights, dtype=np.float64)
    floor = np.broadcast_to(np.asarray(least, dtype=np.int64), w.shape)
    if floor.sum() > total:
        raise ValueError(f"{total} cannot be split: the smallest parts sum to {floor.sum()}")
    held = np.zeros(w.shape, dtype=bool)
    exact = w / w.sum() * total
    # Parts below their minimum are held there and the rest is split among the others.
    while (low := ~held & (exact < floor)).any():
        held |= low
        rest = total - floor[held].sum()
        free = w[~held].sum()
        exact = np.where(held, floor, w / free * rest if free > 0 else 0.0)
    whole = np.floor(exact + 1e-9).astype(np.int64)
    short = int(total - whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    order = order[~held[order]] if short and not held.all() else order
    whole[order[:short]] += 1
    result: Ints = whole
    return result


def bounded(total: float, weights: ArrayLike, low: ArrayLike, high: ArrayLike) -> Floats:
    """Split a total in proportion to weights within limits of each part.

    Parameters
    ----------
    total : float
        What is split; between the sums of the limits.
    weights : array_like, shape (n,)
        Positive.
    low, high : array_like, shape (n,)
        Limits of each part.

    Returns
    -------
    ndarray of float64, shape (n,)
        ``clip(c * weights, low, high)`` with the one factor c that meets the total.

    Raises
    ------
    ValueError
        If the limits leave no room for the total.
    """
    w = np.asarray(weights, dtype=np.float64)
    lower = np.broadcast_to(np.asarray(low, dtype=np.float64), w.shape)
    upper = np.broadcast_to(np.asarray(high, dtype=np.float64), w.shape)
    if not lower.sum() <= total <= upper.sum():
        raise ValueError(
            f"{total:g} does not lie between the limits {lower.sum():g} and {upper.sum():g}"
        )
    small, large = 0.0, float((upper / w).max())
    for _ in range(200):
        middle = (small + large) / 2
        if np.clip(middle * w, lower, upper).sum() < total:
            small = middle
        else:
            large = middle
    return np.clip(large * w, lower, upper)


def controlled_rounding(exact: Floats, ties: Floats) -> Ints:
    """Round a table so that every cell moves by less than 1 and all row and column sums stay.

    The fractional cells are a transport problem, whose vertices are whole (Cox 1987); among the
    roundings the one that keeps the largest fractions up is taken.

    Parameters
    ----------
    exact : ndarray, shape (rows, columns)
        Row and column sums are whole numbers.
    ties : ndarray, same shape
        Numbers in 0..1 that decide between equal fractions.

    Returns
    -------
    ndarray of int64, same shape
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    whole = np.floor(exact + 1e-9).astype(np.int64)
    fraction = exact - whole
    rows, columns = exact.shape
    sums = np.zeros((rows + columns, rows * columns))
    for row in range(rows):
        sums[row, row * columns : (row + 1) * columns] = 1
    for column in range(columns):
        sums[rows + column, column::columns] = 1
    needed = np.rint(np.concatenate([fraction.sum(axis=1), fraction.sum(axis=0)]))
    solved: Any = milp(
        -(fraction + 1e-3 * ties).ravel(),
        constraints=LinearConstraint(sums, needed, needed),
        bounds=Bounds(0, (fraction > 1e-9).astype(float).ravel()),
        integrality=np.ones(exact.size, dtype=np.int64),
    )
    if solved.x is None:
        raise ValueError("the sums of rows and columns are not whole numbers")
    result: Ints = whole + np.rint(solved.x).astype(np.int64).reshape(exact.shape)
    return result
