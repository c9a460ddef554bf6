"""Lists that families submit: their candidates in the order of utility, millions at a time.

Families go through in blocks that stay in the cache, with one row a list position, so that every
step is a pass over contiguous numbers; a sorting network (Batcher 1968) puts the candidates of
all families of a block in order at once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.choice.utility import ranked
from capsim.core.draws import Stream

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
F32 = NDArray[np.float32]

_BLOCK = 1 << 13
_POSITION_BITS = 4
_MOST_SMALL = (1 << 15) - 2  # schools whose numbers 16 bits hold
_WIDEST = 1 << _POSITION_BITS
_PADDED = np.uint32(0xFF800000)  # what minus infinity becomes


def submitted_lists(
    systematic: F32,
    schools: I32,
    words: U32,
    *,
    settlement: I32,
    income: I8,
    identity: U64,
    taste: Stream,
    sibling_school: I32 | None = None,
    sibling_coefficient: F32 | None = None,
    most: int | None = None,
    best: F32 | None = None,
    beside: F32 | None = None,
) -> NDArray[Any]:
    """Return each family's schools from best to worst, Gumbel noise drawn for each pair.

    The utilities are those of :func:`capsim.choice.utility.family_utility`, rounded to about one
    part in 500,000 where there are at most 16 candidates.

    Parameters
    ----------
    systematic : ndarray of float32, shape (groups, settlements, k)
    schools : ndarray of int32, shape (settlements, k)
    words : ndarray of uint32, shape (schools,)
    settlement : ndarray of int32, shape (n,)
    income : ndarray of int8, shape (n,)
    identity : ndarray of uint64, shape (n,)
    taste : Stream
    sibling_school : ndarray of int32, shape (n,), optional
    sibling_coefficient : ndarray of float32, shape (groups,), optional
    most : int, optional
        Length of the lists; all candidates by default.
    best : ndarray of float32, shape (n,), optional
        Where to put the utility of the school each family likes best.
    beside : ndarray of float32, shape (p, n), optional
        Where to put the utilities of the last p candidates, which are not listed.

    Returns
    -------
    ndarray of int16 or int32, shape (n, most or k)
        In Fortran order, padded with -1.
    """
    width = schools.shape[1] - (0 if beside is None else len(beside))
    length = width if most is None else min(most, width)
    small = len(words) <= _MOST_SMALL
    lists = np.empty((length, len(settlement)), dtype=np.int16 if small else np.int32)
    if not lists.size:
        return lists.T
    tables = _Tables(systematic, schools, words, sibling_coefficient)
    for start in range(0, len(settlement), _BLOCK):
        part = slice(start, start + _BLOCK)
        sibling = None if sibling_school is None else sibling_school[part]
        home = settlement[part]
        utility = tables.utility(home, income[part], identity[part], taste, sibling)
        if beside is not None:
            beside[:, part] = utility[width:]
            utility = utility[:width]
        if best is not None:
            np.maximum.reduce(utility, axis=0, out=best[part])
        if width > _WIDEST:
            ordered = ranked(utility.T, schools[home, :width], length)
            lists[:, part] = ordered.T
        else:
            lists[:, part] = tables.in_order(utility, home, length)
    return lists.T


class _Tables:
    """Tables by candidate position, for looking up many families at once."""

    def __init__(
        self, systematic: F32, schools: I32, words: U32, sibling_coefficient: F32 | None
    ) -> None:
        self._homes, self._width = schools.shape
        self._utility = np.ascontiguousarray(systematic.reshape(-1, self._width).T)
        self._words = np.ascontiguousarray(words.take(schools, mode="clip").T)
        self._schools = schools
        self._flat = schools.ravel()
        self._sibling = sibling_coefficient

    def utility(
        self, home: I32, income: I8, identity: U64, taste: Stream, sibling_school: I32 | None
    ) -> F32:
        """Utility of each candidate position (rows) for each family (columns)."""
        cell = income.astype(np.intp)
        cell *= self._homes
        cell += home
        place = home.astype(np.intp)
        drawn = np.empty((self._width, len(home)), dtype=np.uint32)
        for row, table in zip(drawn, self._words, strict=True):
            table.take(place, out=row, mode="clip")
        utility = taste.pair_gumbel(identity, drawn)
        mine = np.empty(len(home), dtype=np.float32)
        for row, table in zip(utility, self._utility, strict=True):
            row += table.take(cell, out=mine, mode="clip")
        if sibling_school is not None and self._sibling is not None:
            who = (sibling_school >= 0).nonzero()[0]
            listed = self._schools.T.take(place.take(who), axis=1)
            position, child = (listed == sibling_school.take(who)).nonzero()
            who = who.take(child)
            utility[position, who] += self._sibling.take(income.take(who))
        return utility

    def in_order(self, utility: F32, home: I32, length: int) -> NDArray[Any]:
        """Schools of the best positions, best first; `utility` is overwritten."""
        keys = _descending(utility)
        for low, high in _network(len(utility)):
            smaller = np.minimum(keys[low], keys[high])
            np.maximum(keys[low], keys[high], out=keys[high])
            keys[low] = smaller
        best = keys[:length]
        position = best & np.uint32(_WIDEST - 1)
        first = home.astype(np.intp)
        first *= self._width
        listed = self._flat.take(position + first, mode="clip")
        listed[best >= _PADDED] = -1
        return listed


def _descending(utility: F32) -> U32:
    """Return 32-bit keys that rise as utility falls, with the position in the lowest bits."""
    np.negative(utility, out=utility)
    bits = utility.view(np.uint32)
    sign = (utility.view(np.int32) >> np.int32(31)).view(np.uint32)
    sign |= np.uint32(1 << 31)
    bits ^= sign
    bits &= ~np.uint32(_WIDEST - 1)
    bits |= np.arange(len(utility), dtype=np.uint32)[:, None]
    return bits


@cache
def _network(width: int) -> tuple[tuple[int, int], ...]:
    """Return the comparators of Batcher's odd-even merge sort for `width` numbers."""
    size = 1 << max(width - 1, 0).bit_length()
    pairs: list[tuple[int, int]] = []
    for level in range(size.bit_length() - 1):
        span = step = 1 << level
        while step >= 1:
            for first in range(step % span, size - step, 2 * step):
                pairs.extend(
                    (low, low + step)
                    for low in range(first, min(first + step, size - step))
                    if low // (2 * span) == (low + step) // (2 * span)
                )
            step //= 2
    # Numbers beyond the width would be the largest and never move.
    return tuple((low, high) for low, high in pairs if high < width)
