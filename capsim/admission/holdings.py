"""What schools hold while children apply: sorted runs of words, cut off by the schools' limits.

The runs form levels, as in a log-structured merge tree (O'Neil and others 1996): new words go
to the smallest run and runs that have grown are merged into the next, so that a round costs in
proportion to what it changes. A word in a run is still held if it is below its school's limit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.admission.applications import Words, sort_words

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

_SMALL_RUN = 1 << 12


class Holdings:
    """What every school holds, and the limit a new application has to stay below.

    Parameters
    ----------
    words : Words
        Layout of the words.
    seats : ndarray of int64, shape (S,)

    Attributes
    ----------
    limit : ndarray of int64, shape (S + 1,)
        An application is held if its ``priority | child`` is below this: one above that of the
        last child held where the school is full, else above all; 0 where there are no seats and
        in the last cell, which stands for the padding -1.
    """

    def __init__(self, words: Words, seats: I64) -> None:
        self._words = words
        self._seats = seats
        self._count = np.zeros(len(seats), dtype=np.int64)
        self._runs: list[U64] = []
        self.limit = np.zeros(len(seats) + 1, dtype=np.int64)
        self.limit[:-1][seats > 0] = words.no_limit

    def start(self, new: U64) -> U64:
        """Take applications to empty schools; return those rejected."""
        new = sort_words(new, self._words.bits)
        self._runs = [new]
        edges = np.searchsorted(new, self._words.edges())
        count = edges[1:] - edges[:-1]
        self._count = np.minimum(count, self._seats)
        over = count - self._count
        first = edges[1:] - over
        full = np.flatnonzero((count >= self._seats) & (self._seats > 0))
        self.limit[full] = self._words.without_school(new[first[full] - 1]) + 1
        return new[_ranges(first, over)] if over.any() else _NONE

    def add(self, new: U64) -> U64:
        """Take further applications, all within the limits (sorted in place); return rejected."""
        if len(self._runs) == 1 and len(self._runs[0]) + len(new) <= _SMALL_RUN:
            return self.start(np.concatenate((self.held(), new)))
        new.sort()
        school = self._words.school(new)
        # The words are sorted, so schools come in groups.
        changes = np.flatnonzero(school[1:] != school[:-1]) + 1
        first = np.concatenate([_ZERO, changes])
        touched = school[first]
        count = self._count[touched]
        count += np.diff(first, append=len(school))
        seats = self._seats[touched]
        self._insert(new)
        self._count[touched] = np.minimum(count, seats)
        full = count >= seats
        return self._cut(touched[full], (count - seats)[full])

    def held(self) -> U64:
        """Return all words held, in no particular order."""
        words = self._runs[0] if len(self._runs) == 1 else np.concatenate(self._runs)
        return words[self._is_held(words)]

    def _is_held(self, words: U64) -> NDArray[np.bool_]:
        limit = self.limit.take(self._words.school(words))
        below: NDArray[np.bool_] = self._words.without_school(words) < limit
        return below

    def _insert(self, new: U64) -> None:
        """Put sorted words into a run of their own, merging runs no longer than twice theirs."""
        parts = [new]
        size = len(new)
        while len(self._runs) > 1 and len(self._runs[-1]) <= max(2 * size, _SMALL_RUN):
            last = self._runs.pop()
            last = last[self._is_held(last)]
            parts.append(last)
            size += len(last)
        if len(parts) > 1:
            new = np.concatenate(parts)
            new.sort()
        self._runs.append(new)

    def _cut(self, school: I64, over: I64) -> U64:
        """Let full schools drop the last `over` words each holds; return them, set the limits."""
        if not school.size:
            return _NONE
        start = school.astype(np.uint64) << np.uint64(self._words.school_shift)
        top = np.minimum(self.limit[school], self._words.relative_mask + 1)
        bound = start + top.astype(np.uint64)
        tails = []
        for run in self._runs:
            low = np.searchsorted(run, start)
            high = np.searchsorted(run, bound)
            # One more than goes, so that the last word kept is among the tails as well.
            count = np.minimum(over + 1, high - low)
            tails.append(run[_ranges(high - count, count)])
        tail = np.concatenate(tails)
        tail.sort()
        ends = np.searchsorted(tail, bound) - over
        self.limit[school] = self._words.without_school(tail[ends - 1]) + 1
        return tail[_ranges(ends, over)]


_ZERO = np.zeros(1, dtype=np.int64)
_NONE = np.empty(0, dtype=np.uint64)


def _ranges(start: I64, count: I64) -> I64:
    """Return the indices ``start[i] .. start[i] + count[i] - 1`` of all i, one after the other."""
    after = np.cumsum(count)
    indices: I64 = np.repeat(start - after + count, count)
    indices += np.arange(len(indices))
    return indices
