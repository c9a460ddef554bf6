"""What families know when they choose: past cutoffs and perceived quality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

F64 = NDArray[np.float64]


def expected_tiers(history: Sequence[ArrayLike], years: int) -> F64:
    """Return the cutoff tier families expect of each school: the mean of recent years.

    Parameters
    ----------
    history : sequence of array_like, shape (schools,)
        Cutoff tiers of the zone round, the most recent last; missing where the school was not
        full. At least one year.
    years : int
        Years that families look back.

    Returns
    -------
    ndarray of float64, shape (schools + 1,)
        Infinite where the school was not full in one of the years, and in the last cell, which
        stands for the padding of lists.
    """
    recent = np.array([np.asarray(past, np.float64) for past in history[-years:]])
    mean = np.where(np.isfinite(recent), recent, np.inf).mean(axis=0)
    return np.append(mean, np.inf)


def perceived_quality(history: Sequence[NDArray[np.floating]], lag_years: int) -> F64:
    """Return the quality that families perceive: that of some years ago.

    Parameters
    ----------
    history : sequence of ndarray
        Quality by year, this year's last.
    lag_years : int
        Years by which reputation lags; the first year known is used before.
    """
    return np.asarray(history[max(len(history) - 1 - lag_years, 0)], dtype=np.float64)
