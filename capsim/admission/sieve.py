"""The first rounds of a large admission, by counts of priority classes instead of sorting.

Rejections may be made in any order as long as each is justified, so the bulk of them need no
exact cutoffs: a school whose better classes hold enough children rejects all worse classes. What
remains to be decided exactly is the class in which the seats end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.admission.applications import Applications, Words

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

_MOST_CLASSES = 1 << 18
_BLOCK = 1 << 15


class Sieve:
    """Children at schools by classes of their priority.

    Parameters
    ----------
    words : Words
    seats : ndarray of int64, shape (S,)
    limit : ndarray of int64, shape (S + 1,)
        Limits as in :class:`capsim.admission.holdings.Holdings`; lowered in place.
    children : int
    """

    def __init__(self, words: Words, seats: I64, limit: I64, children: int) -> None:
        self._words = words
        self._seats = seats
        self._limit = limit
        schools = len(seats)
        classes = min(_MOST_CLASSES, children) // (schools + 1)
        bits = max(classes, 1).bit_length() - 1
        self._class_bits = min(bits, words.key_bits)
        self._shift = words.school_shift - self._class_bits
        self._classes = 1 << self._class_bits
        self._count = np.zeros((schools, self._classes), dtype=np.int64)
        # The school after the last stands for children who are nowhere.
        self._nowhere = np.uint64(schools << words.school_shift)
        self._dead = np.zeros((schools + 1) * self._classes, dtype=bool)
        self._current: U64 = np.full(children, self._nowhere)

    def run(self, applications: Applications, few: int) -> U64:
        """Hold rounds until fewer than `few` children are rejected; return all applications.

        Parameters
        ----------
        applications : Applications
        few : int

        Returns
        -------
        ndarray of uint64
            The words of all children who are at a school, not sorted.
        """
        self._take(applications.first(self._limit))
        while True:
            rejected = self._rejected()
            if not rejected.size:
                break
            self._current[rejected] = self._nowhere
            new = applications.next(rejected, self._limit)
            self._take(new)
            if len(rejected) < few:
                break
        return self._current[self._current < self._nowhere]

    def _take(self, new: U64) -> None:
        """Count applications and lower the limits of schools that have more than their seats."""
        self._current[self._words.child(new)] = new
        where = self._words.top(new, self._shift)
        self._count += np.bincount(where, minlength=self._count.size).reshape(self._count.shape)
        over = np.flatnonzero(self._count.sum(axis=1) > self._seats)
        if not over.size:
            return
        count = self._count[over]
        held = count.cumsum(axis=1)
        # The class in which the seats end; all worse classes are rejected.
        last = (held >= self._seats[over, None]).argmax(axis=1)
        worse = np.arange(self._classes) > last[:, None]
        count[worse] = 0
        self._count[over] = count
        self._dead.reshape(-1, self._classes)[over] |= worse
        self._limit[over] = np.minimum(self._limit[over], (last + 1) << self._shift)

    def _rejected(self) -> I64:
        """Return the children in classes that have been rejected."""
        found = []
        for start in range(0, len(self._current), _BLOCK):
            where = self._words.top(self._current[start : start + _BLOCK], self._shift)
            rows = np.flatnonzero(self._dead.take(where))
            rows += start
            found.append(rows)
        return np.concatenate(found)
