"""Class sizes: the distribution of classes over sizes, and classes above the cap or too large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.county.classes import (
    GRADE_COLUMNS,
    I32,
    ClassPlan,
    ClassRules,
    by_level,
    class_pupils,
)
from capsim.dims import CLASS_SIZE_BINS, GRADE_LEVEL_INDEX

LARGE_CLASS: Final = 56
SUPER_LARGE_CLASS: Final = 66


@dataclass(frozen=True, slots=True)
class SizeCounts:
    """Classes counted by size.

    Attributes
    ----------
    distribution : ndarray of int64, shape (2, 80)
        Classes by level and single size 1-79, the last bin 80 and over.
    over_cap_pupils : ndarray of int32, shape (schools, 2)
        Pupils above the class cap.
    over_cap, over_hard_cap, large, super_large : ndarray of int32, shape (schools, 2)
        Classes above the cap, above the hard cap, from 56 and from 66 pupils.
    """

    distribution: NDArray[np.int64]
    over_cap_pupils: I32
    over_cap: I32
    over_hard_cap: I32
    large: I32
    super_large: I32


def size_counts(roll: ArrayLike, plan: ClassPlan, rules: ClassRules) -> SizeCounts:
    """Count classes by size, the pupils of a grade spread evenly over its classes.

    Parameters
    ----------
    roll : array_like of int, shape (schools, 9)
    plan : ClassPlan
    rules : ClassRules
        Gives the class cap and the hard cap.

    Returns
    -------
    SizeCounts
    """
    held = class_pupils(roll, plan)
    n = plan.classes
    small = held // np.maximum(n, 1)
    bigger = np.where(n > 0, held - small * n, 0)  # classes with one pupil more
    even = n - bigger
    cap = np.asarray(rules.cap, dtype=np.int32)[GRADE_LEVEL_INDEX]
    hard_cap = np.asarray(rules.hard_cap, dtype=np.int32)[GRADE_LEVEL_INDEX]

    def beyond(limit: ArrayLike) -> I32:
        least = np.asarray(limit, dtype=np.int32) + 1
        return by_level(np.where(small >= least, n, np.where(small + 1 >= least, bigger, 0)))

    excess = np.maximum(small - cap, 0) * even + np.maximum(small + 1 - cap, 0) * bigger
    return SizeCounts(
        distribution=_distribution(small, even, bigger),
        over_cap_pupils=by_level(excess),
        over_cap=beyond(cap),
        over_hard_cap=beyond(hard_cap),
        large=beyond(LARGE_CLASS - 1),
        super_large=beyond(SUPER_LARGE_CLASS - 1),
    )


def shared_pupils(roll: ArrayLike, plan: ClassPlan) -> I32:
    """Return the pupils in classes that several grades share, shape (schools, 2)."""
    pupils = np.asarray(roll, dtype=np.int32)
    moved = (plan.class_grade != GRADE_COLUMNS) & (pupils > 0)
    if not moved.any():
        return np.zeros((pupils.shape[0], 2), dtype=np.int32)
    shared = np.zeros(pupils.shape, dtype=bool)
    rows, columns = np.nonzero(moved)
    shared[rows, plan.class_grade[rows, columns]] = True
    return by_level(np.where(shared, class_pupils(pupils, plan), 0))


def _distribution(small: I32, even: I32, bigger: I32) -> NDArray[np.int64]:
    """Classes by level and size: `even` of size `small`, `bigger` of one more."""
    bins = len(CLASS_SIZE_BINS)
    level = GRADE_LEVEL_INDEX.astype(np.int64) * (bins + 1)
    at_small = (np.minimum(small, bins) + level).ravel()
    at_big = (np.minimum(small + 1, bins) + level).ravel()
    counted = np.bincount(at_small, even.ravel(), 2 * (bins + 1))
    counted += np.bincount(at_big, bigger.ravel(), 2 * (bins + 1))
    table: NDArray[np.int64] = counted.reshape(2, bins + 1)[:, 1:].astype(np.int64)
    return table
