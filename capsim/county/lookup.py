"""Looking up a few among many, without putting the many in order.

Small numbers are looked up in a table. For identities a bit map of the low bits of the few leaves
of the many those that can be among them; only these are compared. Identities are random words, so
their low bits are as good as a hash.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
Rows = NDArray[np.intp]

_LEAST_BITS: Final = 16
_SPARSE_BITS: Final = 6  # at most one cell of the map in so many (as a power of 2) is set


def _may_be_among(many: U64, few: U64) -> Rows:
    """Rows of the many whose low bits occur among those of the few."""
    bits = max(_LEAST_BITS, len(few).bit_length() + _SPARSE_BITS)
    mask = np.int64((1 << bits) - 1)
    known = np.zeros(1 << bits, np.bool_)
    known[few.view(np.int64) & mask] = True
    return np.flatnonzero(known.take(many.view(np.int64) & mask))


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
    if not len(wanted) or not len(keys):
        return np.full(len(wanted), -1, np.intp)
    rows = _may_be_among(keys, wanted)
    if not len(rows):
        return np.full(len(wanted), -1, np.intp)
    rows = rows[np.argsort(keys[rows], kind="stable")]
    known = keys[rows]
    at = np.minimum(np.searchsorted(known, wanted), len(rows) - 1)
    return np.where(known[at] == wanted, rows[at], -1)


def among(many: I32, few: I32) -> Rows:
    """Return the rows of the many that are among the few, in order.

    Parameters
    ----------
    many, few : ndarray of int32
        Small numbers from 0; may repeat.
    """
    if not len(few):
        return np.zeros(0, np.intp)
    marked = np.zeros(1 + max(many.max(initial=0), few.max()), np.bool_)
    marked[few] = True
    return marked.take(many).nonzero()[0]


def first_row_of_each(wanted: I32, keys: I32) -> Rows:
    """Return the first row at which each wanted number stands among the keys, -1 for none.

    Parameters
    ----------
    wanted, keys : ndarray of int32
        Small numbers from 0; may repeat.
    """
    first = np.full(1 + max(wanted.max(initial=0), keys.max(initial=0)), -1, np.intp)
    rows = np.arange(len(keys))
    first[keys[::-1]] = rows[::-1]  # of several the last written stays: the first row
    return first.take(wanted)
