"""Student-proposing deferred acceptance in cutoff form: the kernel of every admission round.

The method is deferred acceptance (Gale and Shapley 1962) seen as cutoffs (Azevedo and Leshno
2016): a school holds the best applicants it has seen, its cutoff only tightens, and a rejected
child goes to its next school whose cutoff admits it. The result is the student-optimal stable
matching and does not depend on any order of processing.

How it is made fast: an application is one unsigned 64-bit word ``school | priority | child``, so
that one in-place sort orders all schools at once. What a school holds lies in a few sorted runs;
as cutoffs only tighten, the survivors of a run are a prefix of the school's segment in it, and a
round looks only at the ends of the segments of the schools that got new applications.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.admission.applications import Applications, Words
from capsim.admission.holdings import Holdings
from capsim.core.errors import Problems

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

OPEN = 1 << 32
"""Cutoff of a school with seats left: every priority is admitted."""
CLOSED = -1
"""Cutoff of a school without seats: nobody is admitted."""


@dataclass(eq=False)
class Matching:
    """Who is admitted where; unpacks as ``school, rank, cutoff``.

    Attributes
    ----------
    school : ndarray of int32, shape (N,)
        School of each child, -1 if none.
    rank : ndarray of int32, shape (N,)
        Position of that school in the child's list, from 0; -1 if none.
    seats : ndarray of int64, shape (S,)
        Seats of each school.
    full : ndarray of int64
        Schools whose seats are all taken, without those that had none.
    last : ndarray of int64, shape of `full`
        Index of the last child that each of them admitted.
    priority : ndarray of int64, shape of `full`
        Priority of that child there.
    """

    school: I32
    rank: I32
    seats: I64
    full: I64
    last: I64
    priority: I64

    def __iter__(self) -> Iterator[NDArray[Any]]:
        yield self.school
        yield self.rank
        yield self.cutoff

    @cached_property
    def cutoff(self) -> I64:
        """Priority of the last child admitted where the school is full, shape (S,).

        :data:`OPEN` where seats are left and :data:`CLOSED` where there were none.
        """
        cutoff = np.where(self.seats > 0, OPEN, CLOSED)
        cutoff[self.full] = self.priority
        return cutoff

    @cached_property
    def last_child(self) -> I64:
        """Index of the last child admitted where the school is full, else -1, shape (S,).

        A child is admitted at the first school of its list where ``(priority, child)`` is at most
        ``(cutoff, last_child)``.
        """
        last = np.full(len(self.seats), -1, dtype=np.int64)
        last[self.full] = self.last
        return last


def deferred_acceptance(
    preferences: ArrayLike, priority: ArrayLike, capacity: ArrayLike
) -> Matching:
    """Admit children to schools: the student-optimal stable matching.

    Parameters
    ----------
    preferences : array_like of int, shape (N, L)
        Schools in the order each child lists them, padded with -1. Fortran order is as good as C
        order and saves nothing but a copy.
    priority : array_like of uint32, shape (N, L)
        Priority of the child at the school of the same cell, lower is better; equal priorities
        are decided by the lower index of the child. Where a child has one priority at all
        schools, ``numpy.broadcast_to`` of a single column saves memory and time.
    capacity : array_like of int, shape (S,)
        Seats of each school.

    Returns
    -------
    Matching

    Raises
    ------
    InvalidInput
        If shapes do not fit, a school does not exist, a capacity is below zero or the problem is
        too large for 64-bit words.

    Notes
    -----
    Gale, D. and Shapley, L. S. (1962), College admissions and the stability of marriage; Azevedo,
    E. M. and Leshno, J. D. (2016), A supply and demand framework for two-sided matching markets.
    """
    return match(*_checked(preferences, priority, capacity))


def match(lists: NDArray[Any], keys: U32, seats: I64) -> Matching:
    """Return what :func:`deferred_acceptance` does, without a check of what it is given.

    All children apply to the first school of their list, schools hold the best, and those who are
    rejected apply to the next school on their list whose limit admits them.

    Parameters
    ----------
    lists : ndarray of signed int, shape (N, L)
    keys : ndarray of uint32, shape (N, L)
    seats : ndarray of int64, shape (S,)
    """
    words = Words(len(lists), len(seats), keys)
    applications = Applications(lists, keys, words)
    held = Holdings(words, seats)
    rejected = held.start(applications.first(held.limit))
    while rejected.size:
        new = applications.next(words.child(rejected), held.limit)
        if not new.size:
            break
        rejected = held.add(new)
    return _matching(applications, held, seats)


def fill(school: ArrayLike, priority: ArrayLike, capacity: ArrayLike) -> Matching:
    """Admit children who list one school each: single-school zones, all schools at once.

    Parameters
    ----------
    school : array_like of int, shape (N,)
        The only school each child applies to, -1 for none.
    priority : array_like of uint32, shape (N,)
        Lower is better; ties go to the lower index.
    capacity : array_like of int, shape (S,)

    Returns
    -------
    Matching

    Raises
    ------
    InvalidInput
        As :func:`deferred_acceptance`.
    """
    return deferred_acceptance(np.asarray(school)[:, None], np.asarray(priority)[:, None], capacity)


def first_choice_first(priority: ArrayLike) -> U32:
    """Return keys under which a school prefers whoever lists it higher (immediate acceptance).

    The position in the list becomes the leading digit of the key, and the lowest bits of
    `priority` make room for it. With these keys :func:`deferred_acceptance` gives the result of
    the immediate-acceptance ("Boston") mechanism, in which listing a school honestly can cost a
    child its seat elsewhere.

    Parameters
    ----------
    priority : array_like of uint32, shape (N, L)

    Returns
    -------
    ndarray of uint32, shape (N, L)
    """
    keys = np.asarray(priority, dtype=np.uint32)
    length = keys.shape[1]
    bits = max(length - 1, 0).bit_length()
    if bits == 0:
        return keys.copy()
    position = np.arange(length, dtype=np.uint32) << np.uint32(32 - bits)
    return (keys >> np.uint32(bits)) | position


def _checked(
    preferences: ArrayLike, priority: ArrayLike, capacity: ArrayLike
) -> tuple[NDArray[Any], U32, I64]:
    """Return the inputs as arrays, or raise with everything that is wrong with them."""
    lists = np.asarray(preferences)
    keys = np.asarray(priority)
    seats = np.asarray(capacity)
    if (
        lists.ndim == 2
        and lists.size
        and lists.dtype.kind == "i"
        and keys.shape == lists.shape
        and keys.dtype == np.uint32
        and seats.ndim == 1
        and seats.min(initial=0) >= 0
        and lists.max() < len(seats)
        and lists.min() >= -1
    ):
        return lists, keys, seats.astype(np.int64)
    return _checked_one_by_one(lists, keys, seats)


def _checked_one_by_one(
    lists: NDArray[Any], keys: NDArray[Any], seats: NDArray[Any]
) -> tuple[NDArray[Any], U32, I64]:
    """Return unusual but right inputs in the usual types; name every fault of the others."""
    problems = Problems()
    if lists.ndim != 2:
        problems.add("preferences", f"has {lists.ndim} dimension(s)", "children x list positions")
    elif keys.shape != lists.shape:
        problems.add("priority", f"has shape {keys.shape}", f"that of preferences, {lists.shape}")
    if lists.size and lists.dtype.kind not in "iu":
        problems.add("preferences", f"holds {lists.dtype}", "indices of schools")
    if seats.ndim != 1:
        problems.add("capacity", f"has {seats.ndim} dimension(s)", "one number a school")
    elif (seats < 0).any():
        school = int(np.argmax(seats < 0))
        problems.add("capacity", f"{seats[school]} of school {school} is below zero")
    if keys.size and keys.dtype != np.uint32 and not _fits_uint32(keys):
        problems.add("priority", f"holds {keys.dtype}", "whole numbers from 0 to 2**32 - 1")
    problems.raise_if_any()
    if lists.size:
        if lists.dtype.kind != "i":
            lists = lists.astype(np.int64)
        top, bottom = int(lists.max()), int(lists.min())
        if top >= len(seats):
            problems.add("preferences", f"school {top} does not exist", f"{len(seats)} schools")
        if bottom < -1:
            problems.add("preferences", f"{bottom} is neither a school nor the padding -1")
        problems.raise_if_any()
    else:
        lists = lists.astype(np.int64).reshape(lists.shape)
    return lists, keys.astype(np.uint32, copy=False), seats.astype(np.int64)


def _fits_uint32(keys: NDArray[Any]) -> bool:
    if not np.issubdtype(keys.dtype, np.integer):
        return False
    return bool(keys.min() >= 0 and keys.max() < OPEN)


def _matching(applications: Applications, holdings: Holdings, seats: I64) -> Matching:
    """Read schools, ranks and cutoffs from what the schools hold at the end."""
    words = applications.words
    held = holdings.held()
    child = words.child(held)
    school = np.full(applications.children, -1, dtype=np.int32)
    school[child] = words.school(held)
    rank = np.full(applications.children, -1, dtype=np.int32)
    rank[child] = applications.position.take(child)
    return Matching(school, rank, seats, *_last(words, holdings))


def _last(words: Words, holdings: Holdings) -> tuple[I64, I64, I64]:
    """Read the full schools, and the child and the priority at which each closed."""
    limit = holdings.limit[:-1]
    full = ((limit > 0) & (limit < words.no_limit)).nonzero()[0]
    last = limit.take(full) - 1
    return full, last & words.child_mask, words.priority_of_relative(last)
