"""Who moves over when a new school fills grades by transfer in its first year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from capsim.core.draws import Stream, combine
from capsim.schools.programme.schedule import Event

I32 = NDArray[np.int32]


def opening_transfers(
    openings: Sequence[Event],
    school: I32,
    grade: I32,
    identity: NDArray[np.uint64],
    school_identity: NDArray[np.uint64],
    stream: Stream,
) -> I32:
    """Return the new school each child is transferred to, -1 for those who stay.

    Of the pupils of the named schools and grades (as counted after promotion) the project's share
    moves, drawn child by child; each child's number belongs to the pair of child and new school,
    so that another project changes nobody's luck.

    Parameters
    ----------
    openings : sequence of Event
        Openings that are filled by transfer (:attr:`Applied.transfers`).
    school : ndarray of int32, shape (children,)
        School row of each child, -1 for none.
    grade : ndarray of int32, shape (children,)
    identity : ndarray of uint64, shape (children,)
        Permanent identity; give the household's where siblings are to move together.
    school_identity : ndarray of uint64, shape (schools,)
    stream : Stream

    Returns
    -------
    ndarray of int32, shape (children,)
    """
    target: I32 = np.full(len(school), -1, dtype=np.int32)
    for event in openings:
        rows = np.flatnonzero(
            np.isin(school, event.transfer_from)
            & np.isin(grade, event.transfer_grades)
            & (target < 0)
        )
        pair = combine(identity[rows], school_identity[event.school])
        moves = stream.occurs(pair, event.transfer_share)
        target[rows[moves]] = event.school
    return target
