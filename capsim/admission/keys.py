"""Priority keys: a tier and a score in one unsigned 32-bit number, lower is better.

Four bits of tier, then 28 bits of score: lottery, points or distance, with a lottery number in
the low bits where the score is coarse, so that equal scores are drawn by lot.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from capsim.scenario.options.enrolment import TieBreak

U32 = NDArray[np.uint32]
F32 = NDArray[np.float32]

TIER_SHIFT: Final = np.uint32(28)
_SCORE_MASK = np.uint32((1 << 28) - 1)
_POINT_STEPS = 100  # hundredths of a point
_MOST_POINTS = (1 << 18) - 1
_METRES = (1 << 17) - 1


def lottery_score(words: NDArray[np.uint64]) -> U32:
    """Return 28-bit lottery numbers from 64 random bits."""
    return np.right_shift(words, np.uint64(36)).astype(np.uint32)


def points_score(points: F32, lottery: U32) -> U32:
    """Return scores that put more points first: 18 bits of hundredths, then 10 of lottery.

    Points from 0 to 2,621 are told apart by hundredths; what lies beyond counts as the end.
    """
    hundredths = np.rint(points * _POINT_STEPS)
    hundredths = np.minimum(np.maximum(hundredths, 0), _MOST_POINTS).astype(np.uint32)
    score: U32 = (np.uint32(_MOST_POINTS) - hundredths) << np.uint32(10)
    key: U32 = score | (lottery >> np.uint32(18))
    return key


def distance_score(km: F32, lottery: U32) -> U32:
    """Return scores that put the nearer first: 17 bits of metres, then 11 of lottery.

    Metres are told apart up to 131 km.
    """
    metres = np.minimum(np.rint(km * np.float32(1000.0)), np.float32(_METRES))
    key: U32 = (metres.astype(np.uint32) << np.uint32(11)) | (lottery >> np.uint32(17))
    return key


def decoded_score(kind: TieBreak, keys: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the scores within keys as people read them.

    Parameters
    ----------
    kind : {"lottery", "points", "distance"}
    keys : ndarray of int64

    Returns
    -------
    ndarray of float64
        Lottery number from 0 to 1, points, or kilometres.
    """
    score = keys & _SCORE_MASK
    if kind == "lottery":
        return score / float(1 << 28)
    if kind == "points":
        return (_MOST_POINTS - (score >> 10)) / _POINT_STEPS
    return (score >> 11) / 1000.0


def same_everywhere(key: U32, lists: NDArray[Any]) -> U32:
    """Return one key for each child as its key at every school listed (a view)."""
    # What np.broadcast_to does, at a tenth of its cost.
    return np.ndarray(lists.shape, key.dtype, key, strides=(key.strides[0], 0))


def tier_keys(
    lists: NDArray[Any],
    tier: NDArray[np.int8],
    score: U32,
    sibling_school: NDArray[np.int32] | None,
    sibling_tier: int,
) -> U32:
    """Return the keys of children at the schools they list.

    Parameters
    ----------
    lists : ndarray of int, shape (n, L)
    tier : ndarray of int8, shape (n,)
        Tier of the child at schools where it has no sibling.
    score : ndarray of uint32, shape (n,) or (n, L)
        28-bit scores, the same at all schools or one for each.
    sibling_school : ndarray of int32, shape (n,) or None
        School where the child stands in the tier of siblings, -1 for none.
    sibling_tier : int

    Returns
    -------
    ndarray of uint32, shape (n, L)
        A view that repeats one column where the keys are the same at all schools.
    """
    digit = tier.astype(np.uint32) << TIER_SHIFT
    with_sibling = None if sibling_school is None else (sibling_school >= 0).nonzero()[0]
    if score.ndim == 1 and (with_sibling is None or not with_sibling.size):
        return same_everywhere(digit | score, lists)
    keys = np.empty(lists.shape[::-1], dtype=np.uint32)
    np.bitwise_or(digit, score.T, out=keys)
    if sibling_school is not None and with_sibling is not None:
        school = sibling_school.take(with_sibling)
        place, who = (lists.T.take(with_sibling, axis=1) == school).nonzero()
        there = place, with_sibling.take(who)
        # The tier is the leading digit: the score below it stays.
        keys[there] = (keys[there] & _SCORE_MASK) | (np.uint32(max(sibling_tier, 0)) << TIER_SHIFT)
    return keys.T
