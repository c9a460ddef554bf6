"""The residents outside the school ledger: preschool children and everybody from 15 on.

The projection owns ages 0-5 and adults; ages 6-14 belong to the table of families, whose counts
are written back each year (one ledger of children). Areas of the projection are *cells*: one per
township and settlement kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.dims import ENTRY_AGE, SCHOOL_AGES
from capsim.core.inversion import poisson_of
from capsim.core.rounding import largest_remainder
from capsim.county.geography import Geography
from capsim.demography.cohort import split_by_sex, survivors_one_year

if TYPE_CHECKING:
    from capsim.county.preschool import PreschoolIndicator

F64 = NDArray[np.float64]
FIRST_SCHOOL_AGE = SCHOOL_AGES[0]
FIRST_ADULT_AGE = SCHOOL_AGES[-1] + 1
MOTHER_AGES = slice(20, 35)
COMPANION_AGES = slice(28, 45)
FEMALE = 0


@dataclass(frozen=True)
class PopulationRules:
    """Rates of the projection, fixed for a run.

    Attributes
    ----------
    survival : ndarray, shape (2, 102)
        Survival ratios by sex; the first entry is for births.
    sex_ratio_at_birth : float
        Boys per girl.
    net_migration : ndarray, shape (2, 101)
        Net migration with the outside per resident and year, by age reached; not used at
        ages 6-14.
    internal : ndarray, shape (3, 3)
        Share of the residents of a settlement kind (rows) who move to another (columns) in a
        year, before the age profile.
    internal_profile : ndarray, shape (101,)
        Propensity to move inside the county by age reached, 1 on average; not used at 6-14.
    area_noise : bool
        Whether births of small areas vary around their expectation.
    coverage : ndarray, shape (cells,), or float
        Children over births: what past entrants say beyond survival and migration.
    fertility : ndarray, shape (101,), or None
        Fertility of a calendar year by the age of women on 31 August of the year before, for a
        total fertility rate of 1 (:meth:`capsim.county.births_from_women.Mothers.ahead`).
    place_fertility : ndarray, shape (cells,), or float
        Fertility of each cell over the county's.
    """

    survival: F64
    sex_ratio_at_birth: float
    net_migration: F64
    internal: F64
    internal_profile: F64
    area_noise: bool
    coverage: F64 | float = 1.0
    fertility: F64 | None = None
    place_fertility: F64 | float = 1.0


class Population:
    """Residents by cell, sex and single age in one replicate.

    Parameters
    ----------
    persons : ndarray, shape (cells, 2, 101)
        Residents on 31 August of the base year.
    births : dict of int to float
        Births of the county by calendar year, from the year before the base year to the horizon;
        not read in years with a rate.
    rates : dict of int to float
        Total fertility rates of the years whose births follow the women who are there.
    known_until : int
        Last calendar year whose births are observed: no noise is added up to it.
    uncounted : sequence of int
        Ages of the base year that no census and no table of births has counted: their children are
        those of the births drawn for this replicate.
    base_year : int
    rules : PopulationRules
    geography : Geography
    flows : ndarray, shape (cells, cells)
        Yearly rates of moving between cells (:func:`cell_flows`).
    seed, replicate : int
        Of the noise between areas.
    by_township : dict of int to ndarray, optional
        Births of the townships by calendar year, as far as they are known or forecast; missing
        townships share the rest of the county's births.
    preschool : PreschoolIndicator, optional
        Kindergarten rolls that cohorts follow; None where there are none.

    Attributes
    ----------
    preschool_change : ndarray, shape (cells,), or None
        Children whom the rolls added (or took away) in the last step, before the deaths and
        migration of that year. None without rolls.
    """

    def __init__(
        self,
        persons: F64,
        births: dict[int, float],
        *,
        rates: dict[int, float],
        known_until: int,
        uncounted: Sequence[int],
        base_year: int,
        rules: PopulationRules,
        geography: Geography,
        flows: F64,
        seed: int,
        replicate: int,
        by_township: dict[int, F64] | None = None,
        preschool: PreschoolIndicator | None = None,
    ) -> None:
        self.persons = persons.copy()
        self._preschool = preschool
        self.preschool_change: F64 | None = None
        self._by_township = by_township or {}
        self.rules = rules
        self.geography = geography
        self._county_births = births
        self._rates = rates
        self._base_year = base_year
        self._known_until = known_until
        self._seed = seed
        self._replicate = replicate
        self._born: dict[int, F64] = {}
        self._flows = flows
        self._outflow = flows.sum(1)[:, None]
        self._moves_inside = bool(rules.internal.any())
        for age in uncounted:
            self.persons[:, :, age] = self._born_since(base_year - age)

    def _born_since(self, year: int) -> F64:
        """Children of the cohort born up to 31 August of a year who live in the county now."""
        cells = [self.births_by_cell(born) for born in (year - 1, year)]
        cohort = (cells[0] * (4 / 12) + cells[1] * (8 / 12)) * self.rules.coverage
        return reaching_age(cohort, self._base_year - year, self.rules, self.geography)

    def births_of_year(self, year: int) -> F64:
        """Return births of the year last reached (the base year before the first step)."""
        if year not in self._born:
            self._born = {year: self.births_by_cell(year)}
        return self._born[year]

    def births_by_cell(self, year: int) -> F64:
        """Return births of a calendar year by cell.

        Births to come are the rate of the year times the women of each cell. Known births, and
        births that are given as a path, are shared by women aged 20-34.
        """
        if year in self._rates:
            return self._with_noise(year, self._rates[year] * self.women_by_cell())
        mothers = np.add.reduce(self.persons[:, FEMALE, MOTHER_AGES], axis=1)
        total = self._county_births[year]
        parts = self._by_township.get(year)
        expected = share_births(total, mothers, parts, self.geography.cell_township)
        if parts is not None or year <= self._known_until:
            return expected
        return self._with_noise(year, expected)

    def women_by_cell(self) -> F64:
        """Women of each cell, weighted by their fertility of the next calendar year."""
        assert self.rules.fertility is not None
        women = self.persons[:, FEMALE] @ self.rules.fertility
        return np.asarray(women * self.rules.place_fertility)

    def _with_noise(self, year: int, expected: F64) -> F64:
        """Let births of small places vary around their expectation; the county's total stays."""
        if not self.rules.area_noise:
            return expected
        total = float(expected.sum())
        drawn = poisson_of(self._luck_of_areas[year], expected).astype(np.float64)
        people = np.add.reduce(drawn)
        return np.asarray(drawn * (total / people) if people > 0 else expected)

    @cached_property
    def _luck_of_areas(self) -> dict[int, F64]:
        """Uniforms of the noise between areas by year."""
        years = [year for year in self._county_births if year > self._known_until]
        streams = [
            draws.stream(self._seed, self._replicate, "births by area", year) for year in years
        ]
        return dict(zip(years, draws.uniforms(streams, self.geography.cell_identity), strict=True))

    def advance(self, year: int) -> F64:
        """Move to 31 August of `year`: follow kindergarten rolls, age, survive, migrate.

        Ages 6-14 hold what the ledger of families had last year, one year older; the caller
        replaces them by :meth:`settle_school_ages`.

        Returns
        -------
        ndarray, shape (cells, 2)
            The cohort that reaches six: expected children by cell and sex.
        """
        before = self.births_of_year(year - 1)
        if self._preschool is not None:
            corrected = self._preschool.corrected(self.persons, year - 1, self._replicate)
            self.preschool_change = (corrected - self.persons).sum(axis=(1, 2))
            self.persons = corrected
        births = self.births_by_cell(year)
        self._born = {year: births}
        cohort = (before * (4 / 12) + births * (8 / 12)) * self.rules.coverage
        newborn = split_by_sex(cohort, self.rules.sex_ratio_at_birth)
        older = survivors_one_year(self.persons, self.rules.survival, newborn)
        change = older * self.rules.net_migration
        if self._moves_inside:
            change += self._internal_change(older)
        # School ages are the families' ledger; the cohort that reaches six enters it untouched.
        change[..., FIRST_SCHOOL_AGE:FIRST_ADULT_AGE] = 0.0
        older += change
        np.maximum(older, 0.0, out=older)
        self.persons = older
        return np.asarray(older[:, :, ENTRY_AGE])

    def _internal_change(self, persons: F64) -> F64:
        """Moves between cells: each cell loses its rate, the destinations gain it; nets to 0."""
        moving = persons * self.rules.internal_profile
        flat = moving.reshape(len(persons), -1)
        change: F64 = self._flows.T @ flat
        flat *= self._outflow
        change -= flat
        return change.reshape(persons.shape)

    def settle_school_ages(self, children: F64) -> None:
        """Write the ledger's counts into ages 6-14: shape (cells, 2, 9)."""
        self.persons[..., FIRST_SCHOOL_AGE:FIRST_ADULT_AGE] = children

    def move_companions(
        self, from_cell: NDArray[np.int32], to_cell: NDArray[np.int32], share: float
    ) -> None:
        """Move a share of one adult with each household that moves to town (陪读).

        Parameters
        ----------
        from_cell, to_cell : ndarray of int32, shape (households,)
        share : float
        """
        if share <= 0 or not len(from_cell):
            return
        cells = len(self.persons)
        ways = np.bincount(from_cell * np.intp(cells) + to_cell, minlength=cells * cells)
        leaving = share * ways.reshape(cells, cells)
        group = self.persons[:, FEMALE, COMPANION_AGES]
        stock = np.add.reduce(group, axis=1)
        # No more leave a place than live there.
        wanted = np.add.reduce(leaving, axis=1)
        leaving *= np.minimum(stock / np.maximum(wanted, share), 1.0)[:, None]
        stock[stock <= 0] = 1.0
        profile = group / stock[:, None]
        change = leaving.T @ profile
        change -= np.add.reduce(leaving, axis=1)[:, None] * profile
        group += change

    def cohort_by_settlement(self, cohort: F64) -> NDArray[np.int64]:
        """Round the entering cohort to children by settlement, keeping the county's total."""
        expected = np.add.reduce(cohort, axis=1).take(self.geography.cell)
        expected *= self.geography.share_of_cell
        return largest_remainder(expected)

    def drawn_by_settlement(
        self, cohort: F64, factor: F64, stream: draws.Stream
    ) -> NDArray[np.int64]:
        """Draw the children of the entering cohort by settlement, keeping the county's total.

        Parameters
        ----------
        cohort : ndarray, shape (cells, 2)
        factor : ndarray, shape (settlements,)
            On the share of each settlement.
        stream : Stream
            Chance of small places, where births vary by area.
        """
        expected = np.add.reduce(cohort, axis=1).take(self.geography.cell)
        expected *= self.geography.share_of_cell
        total = float(expected.sum())
        weight = expected * factor
        weight *= total / max(float(weight.sum()), 1e-300)
        if self.rules.area_noise:
            drawn = stream.poisson(self.geography.identity, weight).astype(np.float64)
            weight = drawn if drawn.sum() > 0 else weight
        weight *= total / max(float(weight.sum()), 1e-300)
        return largest_remainder(weight)


def share_births(
    total: float, mothers: F64, parts: F64 | None, cell_township: NDArray[np.int32]
) -> F64:
    """Share births over cells by mothers, keeping those of townships where they are known.

    Parameters
    ----------
    total : float
        Births of the county.
    mothers : ndarray, shape (cells,)
        Women aged 20-34.
    parts : ndarray, shape (townships,), or None
        Births of townships; missing where unknown: they share what is left of the total.
    cell_township : ndarray of int32, shape (cells,)

    Returns
    -------
    ndarray, shape (cells,)
    """
    if parts is None:
        return np.asarray(total * mothers / max(mothers.sum(), 1e-300))
    known = ~np.isnan(parts)[cell_township]
    women = np.maximum(mothers, 1e-9)
    there = np.bincount(cell_township, weights=women, minlength=len(parts))[cell_township]
    own = np.nan_to_num(parts)[cell_township] * women / there
    rest = np.where(known, 0.0, women)
    left = max(total - float(np.nansum(parts)), 0.0)
    return np.where(known, own, left * rest / max(rest.sum(), 1e-300))


def cell_flows(geography: Geography, internal: F64) -> F64:
    """Rates between cells from rates between kinds.

    Moves to the county town go there from everywhere; moves to a township seat stay inside the
    township. A flow without a destination in the county does not happen.
    """
    n = len(geography.cell_kind)
    flows = np.zeros((n, n))
    people = np.bincount(geography.cell, weights=geography.population, minlength=n)
    for origin in range(n):
        for kind in range(3):
            rate = internal[geography.cell_kind[origin], kind]
            if rate <= 0 or kind == geography.cell_kind[origin]:
                continue
            there = geography.cell_kind == kind
            if kind != 0:
                there &= geography.cell_township == geography.cell_township[origin]
            weight = np.where(there, people, 0.0)
            if weight.sum() > 0:
                flows[origin] += rate * weight / weight.sum()
    return flows


def reaching_age(births: F64, age: int, rules: PopulationRules, geography: Geography) -> F64:
    """Return the children of one birth cohort who reach an age, by cell and sex.

    Survival, migration with the outside and moves between cells are those of the projection; the
    year in which children turn six has no migration, as the ledger of families begins there.

    Parameters
    ----------
    births : ndarray, shape (cells,)
        Births of the cohort by cell.
    age : int
        Completed years, 0-6.
    rules : PopulationRules
    geography : Geography

    Returns
    -------
    ndarray, shape (cells, 2)
    """
    flows = cell_flows(geography, rules.internal)
    leaving = flows.sum(axis=1)[:, None]
    children = split_by_sex(births, rules.sex_ratio_at_birth)
    for reached in range(age + 1):
        children = children * rules.survival[:, reached]
        if reached == ENTRY_AGE:
            break
        moving = children * rules.internal_profile[reached]
        change = children * rules.net_migration[:, reached] + flows.T @ moving - moving * leaving
        children = np.maximum(children + change, 0.0)
    return np.asarray(children)
