"""Who boards: pupils who live far, are old enough, accept it and find a bed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.scenario.options.programme import BoardingOptions

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]


def boarders(
    options: BoardingOptions, beds: I32, school: I32, grade: I32, accepts: Flags, is_far: Flags
) -> I32:
    """Return boarders by school, no more than it has beds.

    Parameters
    ----------
    options : BoardingOptions
    beds : ndarray of int32, shape (schools,)
    school, grade : ndarray of int32, shape (children,)
        Row of each child's school, -1 without one, and its grade.
    accepts, is_far : ndarray of bool, shape (children,)
        Whether the family accepts boarding, and lives beyond the distance from which pupils board.

    Returns
    -------
    ndarray of int32, shape (schools,)
    """
    may = is_far & accepts & (grade >= options.lowest_grade) & (school >= 0)
    asked = np.bincount(school.take(may.nonzero()[0]), minlength=len(beds))
    return np.minimum(asked, beds).astype(np.int32)
