"""Whole children from fractions of children: largest-remainder rounding within groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Quotas that differ by less than this are ties: sums of thirds must not be decided by the last bit.
_TIE = 1e-9


def largest_remainder(
    values: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    totals: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """Round non-negative numbers to whole ones so that every group keeps its total.

    Each value gets its whole part; the units that are left in a group go one each to the largest
    remainders, ties to the lowest index (Hamilton's method of apportionment).

    Parameters
    ----------
    values : array_like of float, shape (..., n)
        Expected counts, e.g. a cohort's children by settlement. Leading dimensions (draws, ages)
        are rounded apart from each other.
    groups : array_like of int, shape (n,), optional
        Group of each entry of the last dimension, numbered from 0, e.g. the township of each
        settlement. One group if left out.
    totals : array_like of int, shape (..., number of groups), optional
        Total each group must have; its values are first scaled to it in proportion. If left out,
        the sum of the group's values, rounded (a half goes up).

    Returns
    -------
    ndarray of int64, shape of `values`

    Raises
    ------
    ValueError
        If a value is negative or not finite, shapes do not agree, or a group whose values are all
        zero is asked to share out a positive total.
    """
    quota = np.asarray(values, dtype=np.float64)
    shape = quota.shape
    n = shape[-1] if shape else 0
    if n == 0:
        return np.zeros(shape, dtype=np.int64)
    if not (quota.min() >= 0 and quota.max() < np.inf):
        raise ValueError("values to be rounded must be finite and not negative")
    if quota.ndim == 1 and groups is None and totals is None:
        return _round_one_group(quota)
    member = np.zeros(n, dtype=np.int64) if groups is None else np.asarray(groups, dtype=np.int64)
    if member.shape != (n,):
        raise ValueError(f"groups must have shape ({n},), not {member.shape}")
    quota = quota.reshape(-1, n)
    n_rows = quota.shape[0]
    n_groups = int(member.max()) + 1
    if totals is not None:
        n_groups = max(n_groups, np.shape(totals)[-1] if np.ndim(totals) else 1)
    # Rows and groups become one running group number, so that one sort serves all of them.
    cell = (np.arange(n_rows)[:, None] * n_groups + member).ravel()
    flat = quota.ravel()
    sums = np.bincount(cell, weights=flat, minlength=n_rows * n_groups).astype(np.float64)
    if totals is None:
        wanted = np.floor(sums + 0.5 + _TIE).astype(np.int64)
    else:
        wanted = _checked_totals(totals, (*shape[:-1], n_groups), sums)
        flat = flat * np.divide(wanted, sums, out=np.zeros_like(sums), where=sums > 0)[cell]
    whole = np.floor(flat + _TIE)
    spare = wanted - np.bincount(cell, weights=whole, minlength=sums.size).astype(np.int64)
    rounded = whole.astype(np.int64)
    rounded += _rank_within(cell, np.round(flat - whole, 9), sums.size) < spare[cell]
    return rounded.reshape(shape)


def _round_one_group(quota: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round numbers whose sum is to be kept: what the general way does, without its tables."""
    whole = np.floor(quota + _TIE)
    # Added up one after the other, as bincount does.
    spare = np.floor(quota.cumsum()[-1] + 0.5 + _TIE) - whole.sum()
    by_remainder = np.rint((whole - quota) * 1e9).argsort(kind="stable")
    rounded = whole.astype(np.int64)
    rounded[by_remainder[: max(int(spare), 0)]] += 1
    return rounded


def _checked_totals(
    totals: ArrayLike, shape: tuple[int, ...], sums: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the totals as one flat array, or say what is wrong with them."""
    given = np.asarray(totals)
    if given.ndim == 0:
        given = given[None]
    wanted = np.broadcast_to(given, shape).ravel()
    if (wanted < 0).any() or (wanted != np.floor(wanted)).any():
        raise ValueError("totals must be whole numbers, not negative")
    if ((wanted > 0) & (sums == 0)).any():
        raise ValueError("a group whose values are all zero cannot share out a positive total")
    return wanted.astype(np.int64)


def _rank_within(
    cell: NDArray[np.int64], remainder: NDArray[np.float64], n_cells: int
) -> NDArray[np.int64]:
    """Rank of each entry within its cell by falling remainder, then by index; from 0."""
    order = np.lexsort((-remainder, cell))  # stable: equal remainders stay in order of index
    sizes = np.bincount(cell, minlength=n_cells)
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(cell.size, dtype=np.int64)
    rank[order] = np.arange(cell.size) - starts[cell[order]]
    return rank
