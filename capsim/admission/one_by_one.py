"""Deferred acceptance child by child: for a few dozen children quicker than arrays are.

The children apply one after the other, each until a school holds it or its list ends; who is
pushed out by a better applicant goes on with its own list. The order makes no difference to the
result (McVitie and Wilson 1971).
"""

from __future__ import annotations

from heapq import heappush, heapreplace
from typing import Any

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]

_CHILD_BITS = 32
_CHILD = (1 << _CHILD_BITS) - 1


def admit_in_turn(
    lists: NDArray[Any], priority: U32, seats: I64
) -> tuple[I32, I32, dict[int, tuple[int, int]]]:
    """Return what :func:`admit_one_by_one` does where each child has one priority everywhere.

    Parameters
    ----------
    lists, seats
        As there.
    priority : ndarray of uint32, shape (N,)
        Of each child at all schools: the first to choose is never pushed out.
    """
    room = [*seats.tolist(), 0]  # the padding -1 has none
    school, rank = lists[:, 0].tolist(), [0] * len(lists)
    last: dict[int, int] = {}
    for child in priority.argsort(kind="stable").tolist():
        wanted = school[child]
        if not room[wanted]:
            school[child] = rank[child] = -1
            for position, wanted in enumerate(lists[child].tolist()):
                if room[wanted]:
                    school[child], rank[child] = wanted, position
                    break
            else:
                continue
        room[wanted] -= 1
        if not room[wanted]:
            last[wanted] = child
    full = {there: (int(priority[who]), who) for there, who in last.items()}
    return np.array(school, dtype=np.int32), np.array(rank, dtype=np.int32), full


def admit_one_by_one(
    lists: NDArray[Any], priority: U32, seats: I64
) -> tuple[I32, I32, dict[int, tuple[int, int]]]:
    """Return the student-optimal stable matching.

    Parameters
    ----------
    lists : ndarray of signed int, shape (N, L)
        Padded with -1.
    priority : ndarray of uint32, shape (N, L)
        Lower is better; ties go to the lower index.
    seats : ndarray of int64, shape (S,)

    Returns
    -------
    school, rank : ndarray of int32, shape (N,)
        -1 for none.
    last : dict of int to (int, int)
        Priority and child of the last one held, for schools that are full.
    """
    children, length = lists.shape
    room = seats.tolist()
    listed, key = lists.tolist(), priority[:, 0].tolist()
    admitted, rank = [-1] * children, [-1] * children
    held: dict[int, list[int]] = {}  # heaps of negative words `priority | child`, the last on top
    for number in range(children):
        child = number
        own, position = listed[child], 0
        while position < length:
            school = own[position]
            if school >= 0 and (seats_there := room[school]):
                # Most get what they list first; only the others look up further priorities.
                turn = int(priority[child, position]) if position else key[child]
                word = turn << _CHILD_BITS | child
                heap = held.setdefault(school, [])
                if len(heap) < seats_there:
                    heappush(heap, -word)
                    admitted[child], rank[child] = school, position
                    break
                if word < -heap[0]:
                    admitted[child], rank[child] = school, position
                    child = -heapreplace(heap, -word) & _CHILD
                    own, position = listed[child], rank[child]
                    admitted[child] = rank[child] = -1
            position += 1
    full = {school: -heap[0] for school, heap in held.items() if len(heap) == room[school]}
    last = {school: (word >> _CHILD_BITS, word & _CHILD) for school, word in full.items()}
    return np.array(admitted, dtype=np.int32), np.array(rank, dtype=np.int32), last
