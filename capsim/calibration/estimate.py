"""Estimation of families' tastes: the conditional logit, on the schools a child could have had.

Where places are rationed, the school attended says little about the schools that would have been
chosen: leaving out the rationing makes popular schools look unloved. With strict priorities and
known cutoffs the stable matching is as if each child had chosen freely among the schools whose
cutoff it passes - its feasible set (Fack, Grenet and He 2019) - so that the conditional logit
(McFadden 1974) on that set is consistent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.admission.matching import OPEN
from capsim.core.errors import InvalidInput, Problems

F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_STEPS = 60
_TOLERANCE = 1e-9
_WEAK = 1e-9
"""Share of the largest eigenvalue below which a direction of the coefficients is unidentified."""
_CERTAIN = 1e-6
"""Mean log-likelihood from which on choices count as predicted with certainty."""
_CONSTANT = 1e-20
_BLOCK = 1 << 13


@dataclass(frozen=True, slots=True, eq=False)
class LogitFit:
    """A fitted conditional logit.

    Attributes
    ----------
    terms : tuple of str
    coefficients, standard_errors : ndarray of float64, shape (terms,)
        Standard errors are infinite for terms the data cannot tell apart.
    covariance : ndarray of float64, shape (terms, terms)
        Inverse of the information matrix.
    log_likelihood, log_likelihood_null : float
        At the estimate, and with all coefficients 0.
    choices : float
        Choices fitted (children).
    steps : int
        Newton steps taken.
    converged : bool
    unidentified : tuple of str
        Terms involved in a combination that does not vary within choice sets.
    """

    terms: tuple[str, ...]
    coefficients: F64
    standard_errors: F64
    covariance: F64
    log_likelihood: float
    log_likelihood_null: float
    choices: float
    steps: int
    converged: bool
    unidentified: tuple[str, ...]

    @property
    def rho_squared(self) -> float:
        """McFadden's measure of fit: 1 less the ratio of both log-likelihoods."""
        if self.log_likelihood_null == 0.0:
            return 0.0
        return 1.0 - self.log_likelihood / self.log_likelihood_null

    def predict(self, x: ArrayLike, available: ArrayLike | None = None) -> F64:
        """Return the probability of each alternative.

        Parameters
        ----------
        x : array_like, shape (n, k, terms)
        available : array_like of bool, shape (n, k), optional

        Returns
        -------
        ndarray of float64, shape (n, k)
            Rows sum to 1; all 0 where nothing is available.
        """
        values = np.asarray(x, dtype=np.float64)
        mask = _mask(available, values.shape[:2])
        return _probabilities(values @ self.coefficients, mask)

    def elasticities(
        self, x: ArrayLike, term: str, available: ArrayLike | None = None
    ) -> tuple[F64, F64]:
        """Return point elasticities of the choice probabilities with respect to a term.

        Parameters
        ----------
        x : array_like, shape (n, k, terms)
        term : str
        available : array_like of bool, shape (n, k), optional

        Returns
        -------
        own : ndarray of float64, shape (n, k)
            Elasticity of the probability of an alternative with respect to its own term:
            ``b x (1 - P)``.
        cross : ndarray of float64, shape (n, k)
            Elasticity of the probability of any other alternative with respect to the term of
            this one: ``-b x P``.
        """
        values = np.asarray(x, dtype=np.float64)
        column = self.terms.index(term)
        share = self.predict(values, available)
        effect = self.coefficients[column] * values[:, :, column]
        return effect * (1.0 - share), -effect * share


def conditional_logit(
    x: ArrayLike,
    choices: ArrayLike,
    terms: Sequence[str],
    *,
    available: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> LogitFit:
    """Fit a conditional logit by Newton's method.

    Parameters
    ----------
    x : array_like, shape (n, k, terms)
        Terms of utility of each alternative; what stands where an alternative is not available
        is not read.
    choices : array_like, shape (n,) or (n, k)
        The position each child chose, or how many of a group (a settlement) chose each
        alternative.
    terms : sequence of str
        Names of the last axis of `x`.
    available : array_like of bool, shape (n, k), optional
        Alternatives that could be chosen, such as a feasible set; all by default.
    weights : array_like, shape (n,), optional
        Weight of each row.

    Returns
    -------
    LogitFit

    Raises
    ------
    InvalidInput
        If shapes do not fit, a choice is not available, or the likelihood has no maximum (some
        combination of terms predicts every choice).

    Notes
    -----
    The log-likelihood is concave, so that Newton steps, halved where they overshoot, find its
    maximum (McFadden, D. (1974), Conditional logit analysis of qualitative choice behavior).
    """
    values = np.asarray(x, dtype=np.float64)
    names = tuple(terms)
    mask, counts = _checked(values, choices, names, available, weights)
    values = _centred(values, mask)
    problem = _Likelihood(values, counts, mask)
    b = np.zeros(len(names))
    null, gradient, information = problem.at(b)
    value, step, converged = null, 0, False
    for step in range(1, _MOST_STEPS + 1):  # noqa: B007 - the count is reported
        move = _solve(information, gradient)
        gain = float(gradient @ move)
        if gain < _TOLERANCE * max(1.0, abs(value)):
            converged = True
            break
        b, value, gradient, information = problem.climb(b, move, value, gain)
    covariance, unidentified = _covariance(information, names)
    if not converged or value > -_CERTAIN * counts.sum():
        raise InvalidInput.of(
            "choices",
            f"no best coefficients after {step} steps: some term predicts every choice",
            f"leave out one of {', '.join(names)}",
        )
    weak = np.array([name in unidentified for name in names])
    errors = np.where(weak, np.inf, np.sqrt(np.maximum(np.diag(covariance), 0.0)))
    return LogitFit(
        terms=names,
        coefficients=b,
        standard_errors=errors,
        covariance=covariance,
        log_likelihood=value,
        log_likelihood_null=null,
        choices=float(counts.sum()),
        steps=step,
        converged=converged,
        unidentified=unidentified,
    )


def feasible_set(
    schools: ArrayLike,
    priority: ArrayLike,
    cutoff: ArrayLike,
    last_child: ArrayLike | None = None,
) -> Flags:
    """Return which schools would have admitted each child: those whose cutoff it passes.

    Parameters
    ----------
    schools : array_like of int, shape (n, k)
        Candidate schools, padded with -1.
    priority : array_like, shape (n, k)
        Priority of the child at each of them, lower is better: keys, or any score in the unit of
        `cutoff`, such as km.
    cutoff : array_like, shape (schools,)
        Priority of the last child admitted; :data:`capsim.admission.matching.OPEN` or infinite
        where seats were left.
    last_child : array_like of int, shape (schools,), optional
        Index of the last child admitted, which decides among equal priorities.

    Returns
    -------
    ndarray of bool, shape (n, k)
    """
    listed = np.asarray(schools)
    keys = np.asarray(priority).astype(np.float64)
    limits = np.asarray(cutoff, dtype=np.float64)
    limits = np.append(np.where(limits == OPEN, np.inf, limits), -np.inf)
    passed: Flags = keys <= limits[listed]
    if last_child is not None:
        last = np.append(np.asarray(last_child, dtype=np.int64), -1)[listed]
        tied = (keys == limits[listed]) & (last >= 0)
        passed &= ~(tied & (np.arange(len(listed))[:, None] > last))
    return passed & (listed >= 0)


class _Likelihood:
    """Log-likelihood of a conditional logit with its gradient and information matrix."""

    def __init__(self, values: F64, counts: F64, mask: Flags) -> None:
        self._values, self._counts, self._mask = values, counts, mask
        self._rows = counts.sum(axis=1)
        self._observed = np.einsum("nk,nkp->p", counts, values)

    def at(self, b: F64) -> tuple[float, F64, F64]:
        """Return log-likelihood, gradient and information at coefficients `b`."""
        count = len(b)
        value = 0.0
        expected = np.zeros(count)
        information = np.zeros((count, count))
        for start in range(0, len(self._values), _BLOCK):
            part = slice(start, start + _BLOCK)
            x, rows, mask = self._values[part], self._rows[part], self._mask[part]
            share, logs = _shares(x @ b, mask)
            value += float((self._counts[part] * logs).sum())
            weighted = share * rows[:, None]
            mean = np.matmul(share[:, None, :], x)[:, 0, :]
            expected += rows @ mean
            flat = x.reshape(-1, count)
            information += flat.T @ (flat * weighted.reshape(-1, 1))
            information -= mean.T @ (mean * rows[:, None])
        return value, self._observed - expected, information

    def climb(self, b: F64, move: F64, value: float, gain: float) -> tuple[F64, float, F64, F64]:
        """Go along `move`, halving it until the likelihood rises."""
        scale = 1.0
        while True:
            trial = b + scale * move
            higher, gradient, information = self.at(trial)
            if higher >= value + 1e-4 * scale * gain or scale < 1e-6:
                return trial, higher, gradient, information
            scale *= 0.5


def _shares(v: F64, mask: Flags) -> tuple[F64, F64]:
    """Choice probabilities and their logs (0 where not available)."""
    v = np.where(mask, v, -np.inf)
    top = v.max(axis=1, keepdims=True)
    v -= np.where(np.isfinite(top), top, 0.0)
    share = np.exp(v)
    total = share.sum(axis=1, keepdims=True)
    total = np.where(total > 0, total, 1.0)
    share /= total
    return share, np.where(mask, v - np.log(total), 0.0)


def _probabilities(v: F64, mask: Flags) -> F64:
    return _shares(v, mask)[0]


def _mask(available: ArrayLike | None, shape: tuple[int, ...]) -> Flags:
    if available is None:
        return np.ones(shape, dtype=bool)
    return np.asarray(available, dtype=bool)


def _checked(
    values: F64,
    choices: ArrayLike,
    names: tuple[str, ...],
    available: ArrayLike | None,
    weights: ArrayLike | None,
) -> tuple[Flags, F64]:
    """Return availability and counts by alternative, or raise with everything that is wrong."""
    problems = Problems()
    if values.ndim != 3 or values.shape[2] != len(names):
        problems.add(
            "x", f"has shape {values.shape}", f"children, alternatives, {len(names)} terms"
        )
        problems.raise_if_any()
    shape = values.shape[:2]
    mask = _mask(available, shape)
    chosen = np.asarray(choices)
    if mask.shape != shape:
        problems.add("available", f"has shape {mask.shape}", f"{shape}")
    if chosen.shape not in ((shape[0],), shape):
        problems.add("choices", f"has shape {chosen.shape}", f"{(shape[0],)} or {shape}")
    problems.raise_if_any()
    if chosen.ndim == 1:
        outside = (chosen < 0) | (chosen >= shape[1])
        if outside.any():
            row = int(np.argmax(outside))
            raise InvalidInput.of("choices", f"row {row} chose {chosen[row]}", "an alternative")
        counts = np.zeros(shape)
        counts[np.arange(shape[0]), chosen] = 1.0
    else:
        counts = chosen.astype(np.float64)
    if weights is not None:
        counts *= np.asarray(weights, dtype=np.float64)[:, None]
    if (counts < 0).any() or not np.isfinite(counts).all():
        problems.add("choices", "counts below zero or missing")
    taken = counts > 0
    if (taken & ~mask).any():
        row = int(np.argmax((taken & ~mask).any(axis=1)))
        problems.add("choices", f"row {row} chose what is not available to it")
    if not taken.any():
        problems.add("choices", "nobody chose anything")
    if not np.isfinite(values[mask]).all():
        problems.add("x", "missing or infinite values where alternatives are available")
    problems.raise_if_any()
    return mask, counts


def _centred(values: F64, mask: Flags) -> F64:
    """Terms less their mean over what is available, which changes no probability.

    A term that does not vary within choice sets becomes exactly 0.
    """
    values = np.where(mask[:, :, None], values, 0.0)
    count = np.maximum(mask.sum(axis=1), 1)[:, None, None]
    centred: F64 = np.where(mask[:, :, None], values - values.sum(1, keepdims=True) / count, 0.0)
    for column in range(values.shape[2]):
        if (centred[:, :, column] ** 2).sum() <= _CONSTANT * (values[:, :, column] ** 2).sum():
            centred[:, :, column] = 0.0
    return centred


def _solve(information: F64, gradient: F64) -> F64:
    """Newton's step; along directions that the data do not identify it stays where it is."""
    size, vectors = np.linalg.eigh(information)
    strong = size > _WEAK * max(float(size[-1]), 1e-300)
    along = vectors[:, strong]
    step: F64 = along @ ((along.T @ gradient) / size[strong])
    return step


def _covariance(information: F64, names: tuple[str, ...]) -> tuple[F64, tuple[str, ...]]:
    """Inverse information, and the terms in combinations without any."""
    scale = np.sqrt(np.maximum(np.diag(information), 0.0))
    unit = np.where(scale > 0, scale, 1.0)
    size, vectors = np.linalg.eigh(information / np.outer(unit, unit))
    weak = size <= _WEAK * max(float(size[-1]), 1e-300)
    involved = (np.abs(vectors[:, weak]) > 0.05).any(axis=1) | (scale == 0)
    strong = vectors[:, ~weak]
    inverse = (strong / size[~weak]) @ strong.T
    covariance: F64 = inverse / np.outer(unit, unit)
    return covariance, tuple(n for n, out in zip(names, involved, strict=True) if out)
