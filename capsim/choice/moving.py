"""Probabilities of moving to the county town, leaving the county and dropping out.

Pure functions of what families face; who moves is drawn by the county model. All are logistic
models whose coefficients stand in the scenario.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from capsim.core.dims import GRADES
from capsim.scenario.options.choice import LeavingOptions, MovingOptions

F64 = NDArray[np.float64]

ROUNDING: Final = 1e-9
"""What is added to bounds of probabilities, so that no rounding can cross them."""


def odds_of_moving(options: MovingOptions, *, v_town: ArrayLike, v_here: ArrayLike) -> F64:
    """Return the log odds of wanting to move, but for what else is the case.

    Parameters
    ----------
    options : MovingOptions
    v_town, v_here : array_like
        Expected best utility of schools seen from the town and from home, for example by
        :func:`capsim.choice.utility.logsum`; broadcast against each other.
    """
    odds: F64 = np.subtract(v_town, v_here, dtype=np.float64)
    odds *= options.utility
    odds += options.constant
    return odds


def p_move_to_town(
    options: MovingOptions,
    odds: ArrayLike,
    *,
    small_class: ArrayLike,
    closed: ArrayLike,
    parent_in_town: ArrayLike,
    income: ArrayLike,
) -> F64:
    """Return the yearly probability that a family wants to move to the county town.

    ``logistic(a + b (V_town - V_here) + c small_class + d closed + e parent_in_town)`` times the
    factor of the income group, at most 1.

    Parameters
    ----------
    options : MovingOptions
    odds : array_like, shape (n,)
        Of :func:`odds_of_moving`.
    small_class, closed, parent_in_town : array_like of bool, shape (n,)
        Whether the home school is small, has closed, and whether a parent works in the town.
    income : array_like of int, shape (n,)
        Income group.

    Returns
    -------
    ndarray of float64, shape (n,)
        All 0 where the mechanism is switched off.
    """
    if not options.enabled:
        return np.zeros(np.shape(odds))
    total = np.add(odds, np.multiply(small_class, options.small_class), dtype=np.float64)
    total += np.multiply(closed, options.closed)
    total += np.multiply(parent_in_town, options.parent_in_town)
    wanted: F64 = special.expit(total, out=total)
    wanted *= np.array(options.income_factor).take(np.asarray(income))
    return np.minimum(wanted, 1.0, out=wanted)


def most_likely_to_move(options: MovingOptions, odds: ArrayLike, *, closed: bool = True) -> F64:
    """Return a bound on the probability of wanting to move, whatever else is the case.

    Parameters
    ----------
    options : MovingOptions
    odds : array_like
        Of :func:`odds_of_moving`; axis 1 is the income group.
    closed : bool
        Whether the school of any family has closed.

    Returns
    -------
    ndarray of float64, shape of `odds`
    """
    most = (options.small_class, options.closed * closed, options.parent_in_town)
    bound: F64 = np.add(odds, sum(max(more, 0.0) for more in most))
    special.expit(bound, out=bound)
    bound *= np.array(options.income_factor)[:, None]
    bound += ROUNDING
    # Without schools both here and in town there is nothing to compare: nobody moves.
    return np.fmax(bound, 0.0, out=bound)


def p_leave_and_drop_out(
    options: LeavingOptions,
    *,
    grade: ArrayLike,
    male: ArrayLike,
    km: ArrayLike,
    boards: ArrayLike,
) -> F64:
    """Return the yearly probabilities that a child leaves the county, and drops out of school.

    Parameters
    ----------
    options : LeavingOptions
    grade : array_like of int, shape (n,)
        Grade the child is about to enter, 1-9.
    male : array_like of bool, shape (n,)
    km : array_like, shape (n,)
        Distance to school; missing counts as near.
    boards : array_like of bool, shape (n,)

    Returns
    -------
    ndarray of float64, shape (2, n)
        Leaving with its family, and dropping out; all 0 where the mechanism is switched off.
    """
    cell = np.empty((2, len(np.asarray(grade))), np.intp)
    if not options.enabled:
        return np.zeros(cell.shape)
    np.subtract(grade, 1, out=cell[0])
    np.multiply(male, len(GRADES), out=cell[1])
    cell[1] += len(GRADES)
    cell[1] += cell[0]
    log_odds, near = _odds(
        options.leave_by_grade, options.drop_out_by_grade, options.drop_out_male_factor
    )
    hazard: F64 = near.take(cell)
    # Most children live near their school, so only the others need an odds of their own.
    distance = np.asarray(km, np.float64)
    far = (distance > options.near_km).nonzero()[0]
    if far.size:
        weight = np.where(np.asarray(boards, bool).take(far), options.boarding_factor, 1.0)
        rise = np.array([[options.leave_per_km], [options.drop_out_per_km]])
        rise = rise * (distance.take(far) - options.near_km)
        rise *= weight
        rise += log_odds.take(cell.take(far, axis=1))
        hazard[:, far] = special.expit(rise, out=rise)
    return hazard


def most_likely_to_leave(options: LeavingOptions, longest_km: float) -> float:
    """Return a bound on the probability that any child leaves the county or drops out.

    Parameters
    ----------
    options : LeavingOptions
    longest_km : float
        Distance that no child's way to school exceeds.
    """
    # Odds change one way with distance, so the largest are at one of its ends.
    cells = np.meshgrid(GRADES, [0.0, longest_km], [False, True], [False, True])
    grade, km, boards, male = (values.ravel() for values in cells)
    chances = p_leave_and_drop_out(options, grade=grade, male=male, km=km, boards=boards)
    return float(chances.sum(axis=0).max()) + ROUNDING


@lru_cache(maxsize=16)
def _odds(
    leave: tuple[float, ...], drop_out: tuple[float, ...], male_factor: float
) -> tuple[F64, F64]:
    """Log odds by grade of leaving, of girls dropping out and of boys; and the hazards."""
    girls = special.logit(np.asarray(drop_out))
    boys = girls + np.log(male_factor)
    log_odds = np.concatenate([special.logit(np.asarray(leave)), girls, boys])
    return log_odds, special.expit(log_odds)
