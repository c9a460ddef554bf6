"""Looking up a few among many, without putting the many in order, and sums by group.

Small numbers are looked up in a table. For identities a table of the low bits of the few tells
with which of them each of the many can be one; only these are compared. Identities are random
words, so their low bits are as good as a hash.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
Rows = NDArray[np.intp]

_LEAST_BITS: Final = 16
_SPARSE_BITS: Final = 6  # at most one cell of the table in so many (as a power of 2) is taken


def row_of_each(wanted: U64, keys: U64) -> Rows:
    """Return the row at which each wanted identity stands among the keys.

    Parameters
    ----------
    wanted, keys : ndarray of uint64

    Returns
    -------
    ndarray of intp, shape of `wanted`
        The first row where keys repeat, -1 where an identity is not among the keys.
    """
    found = np.full(len(wanted), -1, np.intp)
    bits = max(_LEAST_BITS, len(wanted).bit_length() + _SPARSE_BITS)
    mask = np.int64((1 << bits) - 1)
    cell = wanted.view(np.int64) & mask
    number = np.arange(len(wanted), dtype=np.int32)
    held = np.full(1 << bits, -1, np.int32)
    held[cell] = number
    asks = held.take(keys.view(np.int64) & mask, mode="clip")
    rows = (asks >= 0).nonzero()[0]
    known, asks = keys.take(rows), asks.take(rows)
    same = (known == wanted.take(asks)).nonzero()[0][::-1]  # of several the last written stays
    found[asks.take(same)] = rows.take(same)
    # The few whose cell another has taken are compared one by one.
    for one in (held.take(cell) != number).nonzero()[0]:
        same = (known == wanted[one]).nonzero()[0][:1]
        found[one] = rows[same[0]] if len(same) else -1
    return found


def among(many: I32, few: I32) -> Rows:
    """Return the rows of the many that are among the few, in order.

    Parameters
    ----------
    many, few : ndarray of int32
        Small numbers from 0; may repeat.
    """
    if not len(few):
        return np.zeros(0, np.intp)
    most = max(np.maximum.reduce(many, initial=0), np.maximum.reduce(few))
    marked = np.zeros(1 + most, np.bool_)
    marked[few] = True
    # All numbers are in the table, so "clip" clips nothing; it saves the check.
    return marked.take(many, mode="clip").nonzero()[0]


def sum_by(group: NDArray[np.integer], values: NDArray[Any], groups: int) -> NDArray[np.float64]:
    """Sum the columns of each year by group: (years, columns, ...) to (years, groups, ...)."""
    years, _, *rest = values.shape
    each = math.prod(rest)
    cell = np.arange(years)[:, None] * groups + group
    if rest:
        cell = cell[..., None] * each + np.arange(each)
    total = np.bincount(cell.ravel(), values.ravel(), years * groups * each)
    return np.asarray(total.reshape(years, groups, *rest))
