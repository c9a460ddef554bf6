"""Counts that uniforms stand for, by exact inversion of a distribution function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

F64 = NDArray[np.float64]


def poisson_of(u: F64, mean: F64) -> NDArray[np.int64]:
    """Return the Poisson count that each uniform stands for: the smallest k with P(X <= k) >= u.

    Parameters
    ----------
    u, mean : ndarray of float64, same shape
        Means up to about 1e6.
    """
    # A Cornish-Fisher start, then exact steps on the distribution function.
    mu = np.maximum(mean, 0.0)
    z = special.ndtri(u)
    k = np.maximum(np.floor(mu + z * np.sqrt(mu) + (z * z - 1.0) / 6.0), 0.0)
    return _walk(k, u, lambda x: special.pdtr(x, mu), np.inf)


def binomial_of(u: F64, n: F64, p: F64) -> NDArray[np.int64]:
    """Return the binomial count that each uniform stands for: the smallest k with P(X <= k) >= u.

    Parameters
    ----------
    u, n, p : ndarray of float64, same shape
        Uniforms, trials and the probability of each.
    """
    mean = n * p
    deviation = np.sqrt(mean * (1.0 - p))
    k = np.clip(np.floor(mean + special.ndtri(u) * deviation), 0.0, n)
    return _walk(k, u, lambda x: _binomial_cdf(x, n, p), n)


def _binomial_cdf(k: F64, n: F64, p: F64) -> F64:
    """P(X <= k), right also where p is 0 or 1 and where k is n."""
    inside = special.betaincc(k + 1.0, np.maximum(n - k, 1e-300), p)
    return np.where(k >= n, 1.0, inside)


def _walk(k: F64, u: F64, cdf: object, top: F64 | float) -> NDArray[np.int64]:
    """Step k up while cdf(k) < u and down while cdf(k - 1) >= u, so that the inversion is exact."""
    assert callable(cdf)
    while True:
        up = (cdf(k) < u) & (k < top)
        if not up.any():
            break
        k = k + up
    while True:
        down = (k > 0) & (cdf(np.maximum(k - 1.0, 0.0)) >= u)
        if not down.any():
            return np.asarray(k, dtype=np.int64)
        k = k - down
