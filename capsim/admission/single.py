"""Admission where every child lists one school: counts find the cutoffs, nothing is sorted.

Children are counted by school and class of priority; all classes but the one in which the seats
end are decided at once, and only the children of that class are put in order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.admission.applications import Words
from capsim.admission.holdings import Holdings

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

_BLOCK = 1 << 15
_MOST_CLASSES = 1 << 17
_OUT, _IN, _TIED = 0, 1, 2


def fill_by_counts(wanted: NDArray[Any], priority: U32, seats: I64) -> tuple[I32, Holdings, Words]:
    """Admit each child to the school it wants, if its priority is among the best.

    Parameters
    ----------
    wanted : ndarray of signed int, shape (N,)
        -1 for none.
    priority : ndarray of uint32, shape (N,)
    seats : ndarray of int64, shape (S,)

    Returns
    -------
    school : ndarray of int32, shape (N,)
    holdings : Holdings
        Whose limits are the cutoffs.
    words : Words
    """
    words = Words(len(wanted), len(seats), priority)
    classes = min(_MOST_CLASSES, len(wanted)) // (len(seats) + 1)
    class_bits = min(max(classes, 1).bit_length() - 1, words.key_bits)
    where = _classes(wanted, priority, class_bits, words.key_bits - class_bits)
    size = (len(seats) + 1) << class_bits
    count = np.bincount(where, minlength=size).reshape(-1, 1 << class_bits)[1:]
    fate, left = _fates(count, seats)
    school = np.empty(len(wanted), dtype=np.int32)
    tied = []
    for start in range(0, len(wanted), _BLOCK):
        part = slice(start, start + _BLOCK)
        decided = fate.take(where[part])
        np.copyto(school[part], wanted[part], casting="unsafe")
        school[part][decided != _IN] = -1
        tied.append(np.flatnonzero(decided == _TIED) + start)
    holdings = Holdings(words, left)
    # Schools with seats left over are open; those without any admit nobody.
    holdings.limit[:-1] = np.where(seats == 0, 0, words.no_limit)
    child = np.concatenate(tied) if tied else np.empty(0, dtype=np.int64)
    holdings.start(words.pack(wanted[child], words.relative(priority[child], child)))
    chosen = words.child(holdings.held())
    school[chosen] = wanted[chosen]
    return school, holdings, words


def _classes(wanted: NDArray[Any], priority: U32, class_bits: int, shift: int) -> I64:
    """Class of each child: its school, from 1 with 0 for none, then its highest priority bits."""
    where = np.empty(len(wanted), dtype=np.int64)
    for start in range(0, len(wanted), _BLOCK):
        part = slice(start, start + _BLOCK)
        block = where[part]
        np.add(wanted[part], 1, out=block, dtype=np.int64)
        block <<= class_bits
        block += priority[part] >> np.uint32(shift) if shift < 32 else np.uint32(0)
    return where


def _fates(count: I64, seats: I64) -> tuple[NDArray[np.uint8], I64]:
    """What happens to each class, and the seats left to the class in which they end.

    A class before which the seats are taken is out; one that fits is in, unless it takes the last
    seat, which decides the cutoff.
    """
    upto = count.cumsum(axis=1)
    before = upto - count
    fate = np.full((len(seats) + 1, count.shape[1]), _OUT, dtype=np.uint8)
    fits = upto < seats[:, None]
    ends = ~fits & (before < seats[:, None])
    fate[1:][fits] = _IN
    fate[1:][ends] = _TIED
    left = np.where(ends.any(axis=1), seats - (before * ends).sum(axis=1), 0)
    return fate.ravel(), left
