"""Looking up a few identities among many, without putting the many in order.

A bit map of the low bits of the few leaves of the many those that can be among them; only these
are compared. Identities are random words, so their low bits are as good as a hash.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
Flags = NDArray[np.bool_]
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


def among(many: U64, few: U64) -> Rows:
    """Return the rows of the many that are among the few, in order.

    Parameters
    ----------
    many, few : ndarray of uint64
        Identities; may repeat.
    """
    if not len(few):
        return np.zeros(0, np.intp)
    rows = _may_be_among(many, few)
    known = np.sort(few)
    wanted = many[rows]
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found: Rows = rows[known[at] == wanted]
    return found


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
