"""Kindergarten rolls as a leading indicator: cohorts in kindergarten follow their rolls.

Births, survival and migration say how many children of a cohort will turn six; so does the latest
known roll of its kindergarten class, times what such rolls have led to. The two are averaged - they
estimate the same children, so neither is put on top of the other - and the difference joins or
leaves the residents as a flow of its own, in the year after the roll or in the first year of the
run. Later deaths, migration and new dwellings act on the children so counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.dims import ENTRY_AGE
from capsim.tables.county_tables import COUNTY_AREA

F64 = NDArray[np.float64]

NOBODY: Final = 1e-6
"""Expected children below which a place has none."""


@dataclass(frozen=True)
class CohortSignal:
    """What the latest roll of one cohort says.

    Attributes
    ----------
    entry, roll_year : int
        Year of school entry, and year of the roll.
    children : float
        Resident children who turn six by the entry year, as the roll leads to expect.
    ratio : float
        Entrants to public schools per child of the roll.
    weight, error, township_error : float
        Of the roll against the model; standard deviations of the log.
    pupils, homes : ndarray, shape (townships,)
        The roll of each township, and resident children per child of such a roll in the past;
        missing where townships do not count.
    """

    entry: int
    roll_year: int
    children: float
    ratio: float
    weight: float
    error: float
    township_error: float
    pupils: F64
    homes: F64

    def factors(self, modelled: F64, prior_children: float, shared: float, own: F64) -> F64:
        """Return the factor on the children of each township.

        Parameters
        ----------
        modelled : ndarray, shape (townships,)
            Children who turn six by the entry year, by births, survival and migration.
        prior_children : float
            Kindergarten children of a township that is moved half as far as its roll says.
        shared, own : float; ndarray, shape (townships,)
            Standard normals: the error of the county's roll, and of each township's.

        Returns
        -------
        ndarray, shape (townships,)
            The county's children become ``(1 - weight) x modelled + weight x`` those of the roll.
        """
        if modelled.sum() <= NOBODY:
            return np.ones(len(modelled))
        parts = modelled * self._relative(modelled, prior_children, own)
        parts *= self.children * _lognormal(self.error, shared) / parts.sum()
        told = np.divide(parts, modelled, out=np.ones_like(parts), where=modelled > NOBODY)
        return np.asarray(1.0 - self.weight + self.weight * told)

    def _relative(self, modelled: F64, prior_children: float, own: F64) -> F64:
        """How the rolls move each township against the county, up to a common factor."""
        told = self.pupils * self.homes
        known = np.isfinite(told) & (modelled > NOBODY)
        if not known.any() or told[known].sum() <= NOBODY:
            return np.ones(len(modelled))
        level = told[known].sum() / modelled[known].sum()
        apart = np.zeros(len(modelled))
        apart[known] = told[known] / (modelled[known] * level) - 1.0
        believed = np.nan_to_num(self.pupils)
        believed /= np.maximum(believed + prior_children, 1e-300)
        moved = 1.0 + believed * apart
        return np.asarray(np.where(known, moved * _lognormal(self.township_error, own), 1.0))


@dataclass(frozen=True)
class PreschoolIndicator:
    """The signals of a county's kindergarten rolls.

    Attributes
    ----------
    signals : mapping of int to tuple of CohortSignal
        By the year whose residents they correct.
    reach : ndarray, shape (2, 6)
        Share of the residents of each sex and age 0-5 who turn six as residents.
    prior_children : float
    cell_township : ndarray of int32, shape (cells,)
    identity : ndarray of uint64, shape (townships,)
    seed : int
    """

    signals: Mapping[int, tuple[CohortSignal, ...]]
    reach: F64
    prior_children: float
    cell_township: NDArray[np.int32]
    identity: NDArray[np.uint64]
    seed: int

    def corrected(self, persons: F64, year: int, replicate: int) -> F64:
        """Return the residents of a year with its cohorts moved towards their rolls.

        Parameters
        ----------
        persons : ndarray, shape (cells, 2, 101)
            Residents on 31 August of `year`; left as they are.
        year, replicate : int

        Returns
        -------
        ndarray, shape (cells, 2, 101)
        """
        signals = self.signals.get(year, ())
        moved = persons.copy() if signals else persons
        for signal in signals:
            age = ENTRY_AGE - (signal.entry - year)
            stream = draws.stream(self.seed, replicate, "kindergarten rolls", signal.entry)
            factors = signal.factors(
                self.modelled(persons, age),
                self.prior_children,
                float(stream.normal(draws.identity_of([COUNTY_AREA]))[0]),
                stream.normal(self.identity),
            )
            moved[:, :, age] *= factors[self.cell_township][:, None]
        return moved

    def modelled(self, persons: F64, age: int) -> F64:
        """Return those of an age who will turn six as residents, by township of today's home."""
        six = persons[:, :, age] @ self.reach[:, age]
        counted = np.bincount(self.cell_township, weights=six, minlength=len(self.identity))
        return np.asarray(counted, np.float64)


def _lognormal(deviation: float, normal: F64 | float) -> F64:
    """A factor of mean 1."""
    return np.asarray(np.exp(deviation * np.asarray(normal) - 0.5 * deviation**2))
