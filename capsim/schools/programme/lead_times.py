"""Lead times of projects: drawn for each replicate, keyed by the project alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capsim.core import draws
from capsim.scenario.options.programme import LeadTime

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class LeadTimes:
    """Lead times of several pieces of work as columns, so that one call draws them all.

    Attributes
    ----------
    identity : ndarray of uint64
    low, mode, high, probability, delay_low, delay_high : ndarray of float64
        As in :class:`LeadTime`; `mode` is missing where the time is uniform.
    """

    identity: NDArray[np.uint64]
    low: F64
    mode: F64
    high: F64
    probability: F64
    delay_low: F64
    delay_high: F64

    @classmethod
    def of(cls, names: Sequence[str], lead_times: Sequence[LeadTime]) -> LeadTimes:
        """Return the columns for works of given names."""
        columns = np.array(
            [
                (
                    t.low_months,
                    np.nan if t.mode_months is None else t.mode_months,
                    t.high_months,
                    t.delay_probability,
                    t.delay_low_months,
                    t.delay_high_months,
                )
                for t in lead_times
            ],
            dtype=np.float64,
        ).reshape(-1, 6)
        identity = draws.identity_of(names) if names else np.zeros(0, dtype=np.uint64)
        return cls(identity, *(columns[:, k].copy() for k in range(6)))

    def draw(self, seed: int, replicate: int) -> F64:
        """Return the months of each piece of work in one replicate, delay included.

        Lead times, whether there is a delay, and its length come from three streams, so that a
        change of one leaves the others' luck alone.
        """
        lead = draws.stream(seed, replicate, "lead_time").uniform(self.identity)
        months = _invert_lead_time(lead, self.low, self.mode, self.high)
        late = draws.stream(seed, replicate, "delay").occurs(self.identity, self.probability)
        length = draws.stream(seed, replicate, "delay_months").uniform(self.identity)
        delay = self.delay_low + length * (self.delay_high - self.delay_low)
        drawn: F64 = months + np.where(late, delay, 0.0)
        return drawn


def _invert_lead_time(u: F64, low: F64, mode: F64, high: F64) -> F64:
    """Invert the distribution function of the uniform (mode missing) or triangular lead time."""
    width = high - low
    uniform = low + u * width
    peak = np.where(np.isnan(mode), low, mode)
    left = np.divide(peak - low, width, out=np.zeros_like(width), where=width > 0)
    rising = low + np.sqrt(u * width * (peak - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - peak))
    triangular = np.where(u < left, rising, falling)
    return np.where(np.isnan(mode), uniform, triangular)
