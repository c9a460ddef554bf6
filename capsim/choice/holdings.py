"""What schools hold while children apply: sorted runs of words whose ends are cut off.

The runs form levels, as in a log-structured merge tree (O'Neil and others 1996): new words go
to the smallest run and runs that grow too long are merged into the next, so that a round costs in
proportion to what it changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.choice.applications import Words

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

_RUN_LENGTHS = (1 << 12, 1 << 17)


class _Run:
    """Sorted words; school s holds ``words[start[s]:end[s]]``."""

    __slots__ = ("end", "start", "words")

    def __init__(self, words: U64, edges: U64) -> None:
        self.words = words
        bounds = np.searchsorted(words, edges)
        self.start: I64 = bounds[:-1]
        self.end: I64 = bounds[1:].copy()

    def held(self) -> U64:
        """Return the words still held."""
        counts = self.end - self.start
        total = int(counts.sum())
        if total == len(self.words):
            return self.words
        return self.words[_ranges(self.start, counts, total)]


class Holdings:
    """What every school holds, and the limit a new application has to beat.

    Parameters
    ----------
    words : Words
        Layout of the words.
    seats : ndarray of int64, shape (S,)

    Attributes
    ----------
    limit : ndarray of int64, shape (S + 1,)
        An application is admitted if its ``priority | child`` is below this: that of the last
        child held where the school is full, else above all; the last cell, for the padding -1,
        admits nobody.
    """

    def __init__(self, words: Words, seats: I64) -> None:
        self._words = words
        self._edges = words.edges()
        self._seats = seats
        self._count = np.zeros(len(seats), dtype=np.int64)
        self._runs: list[_Run] = []
        self.limit = np.where(np.append(seats, 0) == 0, -1, words.no_limit)

    def start(self, new: U64) -> U64:
        """Take the first applications (sorted in place); return those rejected."""
        new.sort()
        run = _Run(new, self._edges)
        count = run.end - run.start
        over = np.maximum(count - self._seats, 0)
        rejected = new[_ranges(run.end - over, over, int(over.sum()))]
        run.end -= over
        self._count = count - over
        self._runs = [run]
        full = np.flatnonzero((self._count == self._seats) & (self._seats > 0))
        self.limit[full] = self._words.without_school(new[run.end[full] - 1])
        return rejected

    def add(self, new: U64) -> U64:
        """Take further applications, all within the limits (sorted in place); return rejected."""
        new.sort()
        self._insert(new)
        school = self._words.school(new)
        # The words are sorted, so schools come in groups.
        first = np.flatnonzero(np.append(True, school[1:] != school[:-1]))
        touched = school[first]
        count = self._count[touched] + np.diff(np.append(first, len(school)))
        over = count - self._seats[touched]
        self._count[touched] = np.minimum(count, self._seats[touched])
        exact = touched[over == 0]
        tight = over > 0
        rejected = self._cut(touched[tight], over[tight])
        if exact.size:
            self._set_limits(exact)
        return rejected

    def held(self) -> U64:
        """Return all words held, in no particular order."""
        parts = [run.held() for run in self._runs]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _insert(self, new: U64) -> None:
        """Put sorted words into a run of their own, after merging runs no longer than them."""
        size = len(new)
        while len(self._runs) > 1 and len(self._runs[-1].words) < 2 * size + _RUN_LENGTHS[0]:
            last = self._runs.pop().held()
            new = np.concatenate([new, last])
            size = len(new)
        if len(new) > size or len(self._runs) > 0:
            new.sort()
        self._runs.append(_Run(new, self._edges))

    def _cut(self, school: I64, over: I64) -> U64:
        """Drop the last `over` words that each school holds; return them."""
        if not school.size:
            return np.empty(0, dtype=np.uint64)
        tails = []
        for run in self._runs:
            count = np.minimum(over, run.end[school] - run.start[school])
            tails.append(run.words[_ranges(run.end[school] - count, count, int(count.sum()))])
        tail = np.concatenate(tails)
        tail.sort()
        ends = np.searchsorted(tail, self._edges[school + 1])
        # Among the tails of a school, the last `over` go: no word outside them is larger.
        rejected = tail[_ranges(ends - over, over, int(over.sum()))]
        lowest = tail[ends - over]
        for run in self._runs:
            place = np.searchsorted(run.words, lowest)
            run.end[school] = np.minimum(run.end[school], np.maximum(place, run.start[school]))
        self._set_limits(school)
        return rejected

    def _set_limits(self, school: I64) -> None:
        """Set the limits of full schools to the last word they hold."""
        limit = np.full(len(school), -1, dtype=np.int64)
        for run in self._runs:
            end = run.end[school]
            some = end > run.start[school]
            last = self._words.without_school(run.words[np.maximum(end - 1, 0)])
            limit = np.maximum(limit, np.where(some, last, -1))
        self.limit[school] = limit


def _ranges(start: I64, count: I64, total: int) -> I64:
    """Return the indices ``start[i] .. start[i] + count[i] - 1`` of all i, one after the other."""
    before = np.cumsum(count) - count
    indices: I64 = np.repeat(start - before, count)
    indices += np.arange(total, dtype=np.int64)
    return indices
