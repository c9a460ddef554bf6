"""Simulated moments: fitting what no record shows to shares and means that somebody counted.

The simulation is run again and again with the same random numbers (common draws), so that the
distance between simulated and counted moments moves with the parameters and not with luck
(McFadden 1989). The report says how well each moment fits and which parameters the moments do not
tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.stats import qmc

from capsim.admission.admit import (
    Admission,
    AdmissionStreams,
    Applicants,
    Demand,
    Offer,
    Rules,
    admit,
)
from capsim.admission.outcomes import CODE
from capsim.choice.travel import Alternatives
from capsim.choice.utility import Tastes
from capsim.core.errors import Problems

F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEP = 0.05
"""Finite differences, as a share of a parameter's range: simulated shares move in steps."""
_INVOLVED = 0.3


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter to be fitted.

    Attributes
    ----------
    name : str
    low, high : float
        Bounds.
    """

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Target:
    """A moment that was counted.

    Attributes
    ----------
    name : str
    value : float
    spread : float
        Standard deviation of the count: how far off it may be.
    """

    name: str
    value: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class MomentFit:
    """Parameters fitted to moments.

    Attributes
    ----------
    parameters : tuple of Parameter
    estimates, standard_errors : ndarray of float64, shape (parameters,)
        Standard errors are infinite for parameters in a direction without identification.
    targets : tuple of Target
    simulated : ndarray of float64, shape (targets,)
        Moments at the estimates.
    distance : float
        Sum of squared differences in spreads.
    sensitivity : ndarray of float64, shape (targets, parameters)
        Change of each moment, in spreads, when a parameter crosses its whole range at the slope
        it has at the estimate.
    at_bound : tuple of str
        Parameters that ended on a bound.
    unidentified : tuple of str
        Parameters in a direction along which crossing the whole range changes no combination of
        moments by as much as one spread.
    runs : int
        Simulations that were run.
    """

    parameters: tuple[Parameter, ...]
    estimates: F64
    standard_errors: F64
    targets: tuple[Target, ...]
    simulated: F64
    distance: float
    sensitivity: F64
    at_bound: tuple[str, ...]
    unidentified: tuple[str, ...]
    runs: int


def fit_moments(
    simulate: Callable[[Mapping[str, float]], Mapping[str, float]],
    parameters: Sequence[Parameter],
    targets: Sequence[Target],
    *,
    first_tries: int = 16,
) -> MomentFit:
    """Find the parameters whose simulated moments come nearest to those counted.

    Parameters
    ----------
    simulate : callable
        From parameters by name to moments by name; the same parameters must give the same
        moments.
    parameters : sequence of Parameter
    targets : sequence of Target
    first_tries : int
        Points, evenly spread within the bounds, from the best of which the search starts.

    Returns
    -------
    MomentFit

    Raises
    ------
    InvalidInput
        If bounds are not in order or a spread is not above zero.
    """
    _check(parameters, targets)
    low = np.array([p.low for p in parameters])
    width = np.array([p.high - p.low for p in parameters])
    names = [p.name for p in parameters]
    wanted = np.array([t.value for t in targets])
    spread = np.array([t.spread for t in targets])
    runs = 0

    def moments(unit: F64) -> F64:
        nonlocal runs
        runs += 1
        given = dict(zip(names, (low + unit * width).tolist(), strict=True))
        found = simulate(given)
        return np.array([found[t.name] for t in targets])

    def residuals(unit: F64) -> F64:
        off: F64 = (moments(unit) - wanted) / spread
        return off

    tries = qmc.Halton(len(names), scramble=False).random(first_tries + 1)[1:]
    start = min(tries, key=lambda unit: float((residuals(unit) ** 2).sum()))
    found = optimize.least_squares(
        residuals,
        start,
        bounds=(0.0, 1.0),
        diff_step=[_STEP] * len(names),
        xtol=1e-4,
        ftol=1e-6,
        x_scale=1.0,
    )
    best: F64 = found.x
    slopes = _slopes(residuals, best)
    errors, unidentified = _identification(slopes, names)
    edge = 1e-3
    return MomentFit(
        parameters=tuple(parameters),
        estimates=low + best * width,
        standard_errors=errors * width,
        targets=tuple(targets),
        simulated=moments(best),
        distance=float((found.fun**2).sum()),
        sensitivity=slopes,
        at_bound=tuple(n for n, u in zip(names, best, strict=True) if not edge < u < 1 - edge),
        unidentified=unidentified,
        runs=runs,
    )


def admission_moments(
    admission: Admission, applicants: Applicants, alternatives: Alternatives, in_town: Flags
) -> dict[str, float]:
    """Return the moments of an admission that are often counted.

    Parameters
    ----------
    admission : Admission
    applicants : Applicants
    alternatives : Alternatives
    in_town : ndarray of bool, shape (schools,)
        Schools in the county town.

    Returns
    -------
    dict of str to float
        ``first_choice_share``, ``zone_school_share``, ``private_share``, ``town_share`` (of all
        admitted), ``mean_travel_km`` and ``oversubscription`` (share of schools that were full in
        the zone round or the private lottery).
    """
    seated = admission.school >= 0
    count = max(int(seated.sum()), 1)
    school = admission.school[seated]
    home = applicants.settlement[seated]
    private = admission.outcome[seated] == CODE["private"]
    full = np.isfinite(admission.cutoff_score[:, 1:3]).any(axis=1)
    return {
        "first_choice_share": float((admission.rank[seated] == 0).sum() / count),
        "zone_school_share": float(alternatives.in_zone(home, school).sum() / count),
        "private_share": float(private.sum() / count),
        "town_share": float(in_town[school].sum() / count),
        "mean_travel_km": float(alternatives.km[home, school].sum() / count),
        "oversubscription": float(full.mean()),
    }


def admission_simulator(
    applicants: Applicants,
    offer: Offer,
    alternatives: Alternatives,
    demand: Demand,
    rules: Rules,
    streams: AdmissionStreams,
    in_town: Flags,
) -> Callable[[Mapping[str, float]], dict[str, float]]:
    """Return the simulation of one admission as a function of utility coefficients.

    Parameters
    ----------
    applicants, offer, alternatives, demand, rules, streams
        As for :func:`capsim.admission.admit.admit`; coefficients that are not given to the function
        stay as in ``demand.tastes``.
    in_town : ndarray of bool, shape (schools,)

    Returns
    -------
    callable
        From coefficients by name of the term to :func:`admission_moments`.
    """

    def simulate(coefficients: Mapping[str, float]) -> dict[str, float]:
        tastes = demand.tastes
        groups = len(tastes.income_yuan)
        changed = {k: np.full(groups, v, dtype=np.float32) for k, v in coefficients.items()}
        given = Demand(
            Tastes({**tastes.coefficients, **changed}, tastes.income_yuan, tastes.distance),
            demand.quality,
            demand.fee_yuan,
            demand.crowding,
            demand.expected_tier,
        )
        result = admit(applicants, offer, alternatives, given, rules, streams)
        return admission_moments(result, applicants, alternatives, in_town)

    return simulate


def _slopes(residuals: Callable[[F64], F64], best: F64) -> F64:
    """Change of the residuals over the whole range of each parameter, by central differences."""
    columns = []
    for column in range(len(best)):
        up, down = best.copy(), best.copy()
        up[column] = min(best[column] + _STEP, 1.0)
        down[column] = max(best[column] - _STEP, 0.0)
        columns.append((residuals(up) - residuals(down)) / (up[column] - down[column]))
    return np.stack(columns, axis=1)


def _identification(slopes: F64, names: Sequence[str]) -> tuple[F64, tuple[str, ...]]:
    """Standard errors as shares of the ranges, and the parameters in unidentified directions."""
    _, size, directions = np.linalg.svd(slopes, full_matrices=True)
    strength = np.zeros(len(names))
    strength[: len(size)] = size
    weak = strength < 1.0
    involved = (np.abs(directions[weak]) > _INVOLVED).any(axis=0)
    strong = directions[~weak]
    variance = ((strong / strength[~weak, None]) ** 2).sum(axis=0)
    errors = np.where(involved, np.inf, np.sqrt(variance))
    return errors, tuple(n for n, out in zip(names, involved, strict=True) if out)


def _check(parameters: Sequence[Parameter], targets: Sequence[Target]) -> None:
    problems = Problems()
    for p in parameters:
        if not p.low < p.high:
            problems.add(f"parameter {p.name}", f"bounds {p.low:g} and {p.high:g} are not in order")
    for t in targets:
        if not t.spread > 0:
            problems.add(f"moment {t.name}", f"spread {t.spread:g} is not above zero")
    if not parameters:
        problems.add("parameters", "none given")
    if not targets:
        problems.add("moments", "none given")
    problems.raise_if_any()
