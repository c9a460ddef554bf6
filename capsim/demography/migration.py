"""Who moves at what age: Rogers-Castro schedules and flows between places.

Source of the schedule: Rogers and Castro (1981), *Model Migration Schedules*, IIASA RR-81-30.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import OLDEST_AGE
from capsim.core.errors import InvalidInput, Problems

F64 = NDArray[np.float64]


def rogers_castro(
    *,
    a1: float = 0.02,
    alpha1: float = 0.10,
    a2: float = 0.06,
    alpha2: float = 0.10,
    mu2: float = 20.0,
    lambda2: float = 0.40,
    c: float = 0.003,
    childhood: float = 1.0,
    last_age: int = 79,
    oldest: int = OLDEST_AGE,
) -> F64:
    """Return the shares of migrants by single age, summing to one.

    ``childhood * a1 exp(-alpha1 x) + a2 exp(-alpha2 (x - mu2) - exp(-lambda2 (x - mu2))) + c``.

    Parameters
    ----------
    a1, alpha1 : float
        Level and descent of the childhood term.
    a2, alpha2, mu2, lambda2 : float
        Level, descent, position and ascent of the labour-force peak.
    c : float
        Constant.
    childhood : float
        Multiplies the childhood term alone: 0 where registration rules keep children at home, 1
        where they follow their parents as in the standard schedule.
    last_age : int
        Nobody moves above this age.
    oldest : int
        Open age of the result.

    Returns
    -------
    ndarray, shape (oldest + 1,)

    Raises
    ------
    InvalidInput
        If a level is negative or nobody moves.
    """
    problems = Problems()
    levels = {"a1": a1, "a2": a2, "c": c, "childhood": childhood}
    for name, value in levels.items():
        if value < 0:
            problems.add(f"migration schedule: {name}", f"{value:g} is negative")
    problems.raise_if_any()
    x = np.arange(oldest + 1) + 0.5
    young = childhood * a1 * np.exp(-alpha1 * x)
    labour = a2 * np.exp(-alpha2 * (x - mu2) - np.exp(-lambda2 * (x - mu2)))
    level = np.where(np.arange(oldest + 1) <= last_age, young + labour + c, 0.0)
    if level.sum() <= 0:
        raise InvalidInput.of("migration schedule", "nobody moves at any age")
    return np.asarray(level / level.sum(), dtype=np.float64)


def spread_net_migration(total: ArrayLike, schedule: ArrayLike, *, male_share: float = 0.5) -> F64:
    """Spread total net migrants over sexes and ages.

    Parameters
    ----------
    total : array_like, shape (...)
        Net migrants of a year, both sexes.
    schedule : array_like, shape (ages,) or (2, ages)
        Shares by age, or by sex and age (then summing to one over both).
    male_share : float
        Share of men where the schedule does not tell the sexes apart.

    Returns
    -------
    ndarray, shape (..., 2, ages)
    """
    shares = np.asarray(schedule, dtype=np.float64)
    if shares.ndim == 1:
        shares = np.stack([shares * (1.0 - male_share), shares * male_share])
    spread: F64 = np.asarray(total, dtype=np.float64)[..., None, None] * shares
    return spread


def flow_balance(residents: F64, rates: F64, arrivals: F64 | None = None) -> tuple[F64, F64]:
    """Return who leaves and who arrives in a year by origin-destination rates.

    Parameters
    ----------
    residents : ndarray, shape (..., area, 2, ages)
        Persons at the end of the year before moves.
    rates : ndarray, shape (area, destination, 2, ages)
        Share of an area's residents that moves to each destination; destinations are the areas in
        the same order, then any number of places outside.
    arrivals : ndarray, shape (area, 2, ages), optional
        Persons from outside.

    Returns
    -------
    leaving, arriving : ndarray, shape (..., area, 2, ages)
        Within the areas nobody is lost: what leaves for an area arrives there.
    """
    areas = residents.shape[-3]
    leaving = residents * rates.sum(axis=1)
    arriving = np.einsum("...osa,odsa->...dsa", residents, rates[:, :areas])
    if arrivals is not None:
        arriving = arriving + arrivals
    return leaving, arriving
