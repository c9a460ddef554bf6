"""Seat demand before any choice, and where it exceeds the seats there are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS, SCHOOL_AGES
from capsim.county.geography import Geography
from capsim.county.schools import Schools

F64 = NDArray[np.float64]

LEVEL_AGES: Final = (slice(6, 12), slice(12, 15))
OBSERVED_AGES: Final = 16


def demand_by_township(children: F64, public_share: F64) -> F64:
    """Return seat demand by level and township: resident children x public share.

    Parameters
    ----------
    children : ndarray, shape (..., townships, 16)
        Residents by single age from 0.
    public_share : ndarray, shape (2,)

    Returns
    -------
    ndarray, shape (..., 2, townships)
    """
    return np.stack(
        [children[..., ages].sum(axis=-1) * public_share[i] for i, ages in enumerate(LEVEL_AGES)],
        axis=-2,
    )


def seat_gap(demand: F64, schools: Schools, geography: Geography, class_cap: F64) -> F64:
    """Return demand less capacity of each planning area, never below 0. Seats.

    Parameters
    ----------
    demand : ndarray, shape (2, townships)
    schools : Schools
    geography : Geography
    class_cap : ndarray, shape (2,)

    Returns
    -------
    ndarray, shape (planning areas,)
        Areas of both levels.
    """
    capacity, areas = schools.capacity(class_cap), len(geography.planning_areas)
    gap = np.zeros(areas)
    for level, wanted in enumerate(demand):
        of_township = geography.planning_area[level]
        gap += np.bincount(of_township, weights=wanted, minlength=areas)
        gap -= np.bincount(
            of_township[schools.township], weights=capacity[:, level], minlength=areas
        )
    return np.maximum(gap, 0.0)


assert (LEVEL_AGES[0].start, LEVEL_AGES[1].stop - 1) == (SCHOOL_AGES[0], SCHOOL_AGES[-1])
assert len(LEVELS) == len(LEVEL_AGES)
