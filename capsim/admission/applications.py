"""Applications of children to schools as 64-bit words, and who applies next where."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.errors import InvalidInput

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]

_WORD_BITS = 64
_WHOLE_ROWS = 1 << 12
"""Cells below which whole lists are looked along at once rather than position by position."""
_BLOCK = 1 << 14
_WINDOW = 256
_PASSES = 3
_RADIX_BITS = 16
_RADIX_FROM = 1 << 17


class Words:
    """The layout of a word: ``school | priority | child``, most significant first.

    Where 64 bits do not hold all three, priorities are replaced by their ranks among the distinct
    priorities that occur, which changes no comparison.

    Parameters
    ----------
    children, schools : int
        Sizes of the problem.
    priority : ndarray of uint32
        All priorities.
    """

    def __init__(self, children: int, schools: int, priority: U32) -> None:
        self.child_bits = max(children - 1, 0).bit_length()
        school_bits = schools.bit_length()
        self.levels: U32 | None = None
        key_bits = int(priority.max(initial=0)).bit_length()
        if self.child_bits + school_bits + key_bits > _WORD_BITS:
            self.levels = _distinct(priority)
            key_bits = max(len(self.levels) - 1, 0).bit_length()
        self.bits = self.child_bits + school_bits + key_bits
        if self.bits > _WORD_BITS:
            raise InvalidInput.of(
                "preferences",
                f"{children} children, {schools} schools and 2**{key_bits} priorities are too many",
                "admit one district at a time",
            )
        self.key_bits = key_bits
        self.school_shift = self.child_bits + key_bits
        self.child_mask = (1 << self.child_bits) - 1
        self.relative_mask = (1 << self.school_shift) - 1
        self.no_limit = (1 << self.school_shift) + 1
        self.schools = schools
        self._edges: U64 | None = None

    def relative(self, priority: U32, child: I64) -> I64:
        """Return ``priority | child``: the words without their school."""
        if self.levels is None:
            key = priority.astype(np.int64)
        else:
            key = np.searchsorted(self.levels, priority)
        key <<= self.child_bits
        key |= child
        return key

    def pack(self, school: NDArray[Any], relative: I64) -> U64:
        """Return the words of schools and ``priority | child``."""
        word = school.astype(np.int64)
        word <<= self.school_shift
        word |= relative
        return word.view(np.uint64)

    def child(self, words: U64) -> I64:
        """Return the child of each word."""
        child: I64 = (words & np.uint64(self.child_mask)).view(np.int64)
        return child

    def school(self, words: U64) -> I64:
        """Return the school of each word."""
        return self.top(words, self.school_shift)

    def top(self, words: U64, shift: int) -> I64:
        """Return the bits of each word above the lowest `shift`, as an index."""
        bits: I64 = (words >> np.uint64(shift)).view(np.int64)
        return bits

    def without_school(self, words: U64) -> I64:
        """Return ``priority | child`` of each word."""
        relative: I64 = (words & np.uint64(self.relative_mask)).view(np.int64)
        return relative

    def priority_of_relative(self, relative: I64) -> I64:
        """Return the priority, as it was given, in ``priority | child``."""
        key: I64 = relative >> self.child_bits
        if self.levels is None:
            return key
        most = max(len(self.levels) - 1, 0)
        return self.levels.take(np.minimum(key, most)).astype(np.int64)

    def edges(self) -> U64:
        """Return the smallest word of each school, and of the school after the last."""
        if self._edges is None:
            first = np.arange(self.schools + 1, dtype=np.uint64)
            self._edges = first << np.uint64(self.school_shift)
        return self._edges


class Applications:
    """Lists, priorities and how far down its list each child has gone.

    Lists are read lazily: only a rejected child needs its next school.

    Parameters
    ----------
    lists : ndarray of signed int, shape (N, L)
    priority : ndarray of uint32, shape (N, L)
        May repeat one column (stride 0), which is then read once a child.
    words : Words
    """

    def __init__(self, lists: NDArray[Any], priority: U32, words: Words) -> None:
        self.children, self.length = lists.shape
        self.words = words
        self._table, self._keys = lists, priority
        self._columns = lists.flags.f_contiguous and not lists.flags.c_contiguous
        self._lists = lists.T.ravel() if self._columns else lists.ravel()
        # One key for all schools of a list comes as a view that repeats it.
        self._one_key = self.length > 1 and priority.strides[1] == 0
        if self._one_key:
            self._priority = np.ascontiguousarray(priority[:, 0])
        else:
            self._priority = priority.T.ravel() if self._columns else priority.ravel()
        self.position = np.zeros(self.children, dtype=np.int32)

    def first(self, limit: I64) -> U64:
        """Return the applications to the first school with seats on each list."""
        child = np.arange(self.children)
        return self._in_blocks(child, np.zeros(self.children, dtype=np.int64), limit)

    def next(self, child: I64, limit: I64) -> U64:
        """Return what rejected children apply to next: schools whose limit admits them."""
        position = self.position.take(child).astype(np.int64)
        position += 1
        return self._in_blocks(child, position, limit)

    def _in_blocks(self, child: I64, position: I64, limit: I64) -> U64:
        """Apply in blocks whose lists stay in the cache while they are walked along."""
        found: list[U64] = []
        for start in range(0, len(child), _BLOCK):
            part = slice(start, start + _BLOCK)
            self._apply(child[part], position[part], limit, found)
        if not found:
            return np.empty(0, dtype=np.uint64)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _apply(self, child: I64, position: I64, limit: I64, found: list[U64]) -> None:
        while child.size:
            if child.size * self.length <= _WHOLE_ROWS:
                found.append(self._look_along(child, position, limit))
                break
            inside = position < self.length
            if not inside.all():
                child, position = child[inside], position[inside]
                if not child.size:
                    break
            if self._columns:
                cell = position * self.children
                cell += child
            else:
                cell = child * self.length
                cell += position
            school = self._lists.take(cell)
            priority = self._priority.take(child if self._one_key else cell)
            relative = self.words.relative(priority, child)
            admits = relative < limit.take(school, mode="wrap")
            refused = np.flatnonzero(~admits)
            if not refused.size:
                self.position[child] = position
                found.append(self.words.pack(school, relative))
                break
            accepted = np.flatnonzero(admits)
            self.position[child.take(accepted)] = position.take(accepted)
            found.append(self.words.pack(school.take(accepted), relative.take(accepted)))
            child = child.take(refused)
            position = position.take(refused)
            position += 1

    def _look_along(self, child: I64, position: I64, limit: I64) -> U64:
        """Return the applications of a few children, looking along the rest of their lists."""
        schools = self._table[child]
        keys = self._priority[child, None] if self._one_key else self._keys[child]
        relative = self.words.relative(keys, child[:, None])
        admits = relative < limit.take(schools, mode="wrap")
        admits &= np.arange(self.length) >= position[:, None]
        at = admits.argmax(axis=1)
        rows = np.arange(len(child))
        some = admits[rows, at]
        rows, at = rows[some], at[some]
        self.position[child[some]] = at
        key = 0 if self._one_key else at
        return self.words.pack(schools[rows, at], relative[rows, key])


def sort_words(words: U64, bits: int) -> U64:
    """Return words in order; many and evenly spread words faster than by comparisons alone.

    A radix pass over the leading bits brings each word near its place, sorting overlapping
    windows finishes; should that not suffice, the words are sorted outright.

    Parameters
    ----------
    words : ndarray of uint64
        May be sorted in place.
    bits : int
        Bits that words use.
    """
    if len(words) < _RADIX_FROM or bits <= _RADIX_BITS:
        words.sort()
        return words
    leading = (words >> np.uint64(bits - _RADIX_BITS)).astype(np.uint16)
    near = words.take(np.argsort(leading, kind="stable"))
    for _ in range(_PASSES):
        for offset in (0, _WINDOW // 2):
            whole = (len(near) - offset) // _WINDOW * _WINDOW
            near[offset : offset + whole].reshape(-1, _WINDOW).sort(axis=1)
            near[offset + whole :].sort()
        if not (near[1:] < near[:-1]).any():
            return near
    near.sort()
    return near


def _distinct(values: U32) -> U32:
    """Return the distinct values in order."""
    ordered = np.sort(values, axis=None)
    new = np.append(True, ordered[1:] != ordered[:-1])
    distinct: U32 = ordered[new]
    return distinct
