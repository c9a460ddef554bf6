"""Keyed random numbers of births forecasts: draw i of a series never depends on how many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from capsim.core.draws import combine, identity_of, stream

F64 = NDArray[np.float64]

#: Correlation of the standardised errors of horizons h and k is (min / max) ** this exponent;
#: of seven candidates the nearest to errors of 86 countries at horizons to 10 years, outcomes to
#: 1999 (:mod:`capsim.forecasting.births_selection`). Over 20 and 30 years higher ones are nearer.
CORRELATION_EXPONENT = 0.35

_PROCESS = "births forecast"
# Numbers held at once while draws are made.
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class Futures:
    """Which draws are made: `count` of them from number `first` on."""

    seed: int
    first: int
    count: int
    correlation: float

    def blocks(self, size: int) -> Iterator[Futures]:
        """Yield the draws in blocks, `size` numbers to a draw."""
        many = max(1, _BLOCK // max(size, 1))
        for begin in range(0, self.count, many):
            count = min(many, self.count - begin)
            yield replace(self, first=self.first + begin, count=count)


def correlated_normals(identity: NDArray[np.uint64], horizon: int, futures: Futures) -> F64:
    """Standard normals of shape (draws, series, horizon), correlated over the horizon.

    Horizons h and k have correlation ``(min / max) ** CORRELATION_EXPONENT``: a Gaussian process
    that is Markov in the log of the horizon, so it is made in one pass.
    """
    normal = _normals(identity, horizon, futures)
    h = np.arange(1, horizon)
    kept = (h / (h + 1)) ** CORRELATION_EXPONENT
    for i, share in enumerate(kept):
        normal[..., i + 1] *= np.sqrt(1.0 - share**2)
        normal[..., i + 1] += share * normal[..., i]
    return normal


def _normals(identity: NDArray[np.uint64], horizon: int, futures: Futures) -> F64:
    """Independent standard normals by draw, series and year ahead; series may share a part."""
    ahead = np.arange(1, horizon + 1)
    key = combine(identity[:, None], ahead)
    shared = combine(identity_of([_PROCESS]), ahead)
    values = np.empty((futures.count, len(identity), horizon))
    for i in range(futures.count):
        source = stream(futures.seed, futures.first + i, _PROCESS)
        values[i] = source.normal(key)
        if futures.correlation:
            values[i] *= np.sqrt(1.0 - futures.correlation)
            values[i] += np.sqrt(futures.correlation) * source.normal(shared)
    return values


def random_walk(logs: F64, identity: NDArray[np.uint64], horizon: int, futures: Futures) -> F64:
    """Births by a log random walk without drift, shape (draws, series, horizon)."""
    step = np.sqrt(np.mean(np.diff(logs, axis=1) ** 2, axis=1))
    walk = np.cumsum(_normals(identity, horizon, futures), axis=-1)
    births: F64 = np.exp(logs[:, -1:] + step[:, None] * walk)
    return births


def counting_error(
    identity: NDArray[np.uint64], deviation: F64, horizon: int, futures: Futures
) -> F64:
    """Log error of counting: once for the last value, afresh for every year ahead."""
    key = combine(identity[:, None], np.arange(horizon + 1))
    error = np.empty((futures.count, len(identity), horizon))
    for i in range(futures.count):
        noise = stream(futures.seed, futures.first + i, "births counting").normal(key)
        error[i] = deviation[:, None] * (noise[:, 1:] - noise[:, :1])
    return error
