"""The people of the base year: residents, the ledger of children, and the births known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import ENTRY_AGE, LEVELS
from capsim.county.age_structure import residents_by_cell
from capsim.county.base_year import (
    base_families,
    base_population,
    children_by_cell,
    dated_populations,
    observed_births,
    township_residents,
)
from capsim.county.births_coverage import coverage_of_births
from capsim.county.births_from_women import FOLLOW_WOMEN, Mothers, mothers_of, place_fertility
from capsim.county.families import Families, FamilyTraits
from capsim.county.geography import Geography
from capsim.county.known_births import KnownBirths, children_already_born, known_births
from capsim.county.mobility import net_leaving
from capsim.county.participation import with_participation
from capsim.county.population import FIRST_ADULT_AGE, FIRST_SCHOOL_AGE, PopulationRules
from capsim.county.preschool import PreschoolIndicator
from capsim.county.preschool_rolls import preschool_indicator
from capsim.county.schools import Schools
from capsim.county.vital_rates import (
    expected_leaving,
    population_rules,
    school_age_deaths,
    survival_of,
)
from capsim.demography.census import DatedPopulation
from capsim.scenario.schema import Scenario
from capsim.texts import Message, message

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class BasePeople:
    """Residents, the ledger of children and births known, of the base year.

    Attributes
    ----------
    scenario : Scenario
        With the participation that rolls and residents imply where none is given.
    persons : ndarray, shape (cells, 2, 101)
        Residents by cell, sex and age; ages 6-14 are those of `families`.
    families : Families
    rules : PopulationRules
    births : dict of int to float
        Births of the county by calendar year, as far as they are known.
    births_source : {"table", "census", "both"}
    known : KnownBirths or None
        The table of births, if there is one.
    preschool : PreschoolIndicator or None
    mothers : Mothers or None
        Women by age, where births follow them.
    uncounted : tuple of int
        Ages that no census and no known births tell.
    notes : list of Message
        What to say about how the people were found.
    """

    scenario: Scenario
    persons: F64
    families: Families
    rules: PopulationRules
    births: dict[int, float]
    births_source: str
    known: KnownBirths | None
    preschool: PreschoolIndicator | None
    mothers: Mothers | None
    uncounted: tuple[int, ...]
    notes: list[Message]


def base_people(
    scenario: Scenario, geography: Geography, schools: Schools, km: NDArray[np.float32]
) -> BasePeople:
    """Build the residents and the children of the base year from censuses, births and rolls.

    Parameters
    ----------
    scenario : Scenario
    geography : Geography
    schools : Schools
    km : ndarray of float32, shape (settlements, schools)
    """
    tables = scenario.tables()
    survival = survival_of(scenario.demography)
    censuses = dated_populations(tables.population, survival, until=scenario.known_until())
    rules = population_rules(scenario, censuses, survival)
    leaving = expected_leaving(net_leaving(scenario))
    base = base_population(censuses, scenario.years.base, survival, leaving)
    persons = residents_by_cell(
        base,
        geography,
        rules,
        years=scenario.demography.migration.history_years,
        townships=None
        if not scenario.demography.migration.history_years
        else township_residents(
            tables.population,
            geography.townships,
            survival,
            year=scenario.years.base,
            until=scenario.known_until(),
        ),
    )
    notes: list[Message] = []
    if scenario.participation.derived:
        scenario, notes = with_participation(scenario, persons, schools)
    known = known_births(
        tables.births, geography.townships, scenario.coverage, until=scenario.known_until()
    )
    births, source = observed_births(
        known.county if known is not None else {},
        censuses,
        survival,
        until=scenario.known_until(),
    )
    if known is not None:
        rules = _with_known_births(scenario, geography, persons, rules, known, births, notes)
    seated = base_families(
        geography,
        schools,
        persons,
        family_traits(scenario),
        year=scenario.years.base,
        seed=scenario.seed,
        distance_km=km,
    )
    counted = children_by_cell(seated.families, geography, scenario.years.base)
    persons[..., FIRST_SCHOOL_AGE:FIRST_ADULT_AGE] = counted
    uncounted: tuple[int, ...] = ()
    if scenario.demography.births.method in FOLLOW_WOMEN:
        uncounted = uncounted_ages(scenario.years.base, censuses, births)
    if uncounted:
        notes.append(message("notes.uncounted", oldest=max(uncounted), year=max(births)))
    notes += _told(seated.added, births, source, known)
    preschool, told = preschool_indicator(scenario, geography, persons, rules)
    notes += told
    mothers = None
    if scenario.demography.births.method in ("tfr", *FOLLOW_WOMEN):
        mothers = mothers_of(scenario, censuses, rules, persons, leaving, first_year=min(births))
    if mothers is not None and scenario.demography.births.method in FOLLOW_WOMEN:
        rules = replace(
            rules,
            fertility=mothers.ahead(),
            place_fertility=place_fertility(known, persons, mothers.schedule, geography),
        )
    return BasePeople(
        scenario,
        persons,
        seated.families,
        rules,
        births,
        source,
        known,
        preschool,
        mothers,
        uncounted,
        notes,
    )


def uncounted_ages(
    base_year: int, censuses: Sequence[DatedPopulation], births: Mapping[int, float]
) -> tuple[int, ...]:
    """Return the ages of the base year, oldest first, that no census and no known births tell.

    Parameters
    ----------
    base_year : int
    censuses : sequence of DatedPopulation
        On 31 August, oldest first.
    births : mapping of int to float
        Known births by calendar year.
    """
    since = base_year - max(census.year for census in censuses)
    missing = base_year - max(births)
    return tuple(range(min(since, missing, ENTRY_AGE) - 1, -1, -1))


def _told(
    added: int, births: dict[int, float], source: str, known: KnownBirths | None
) -> list[Message]:
    """Say which children were added and which births were read back."""
    notes = []
    if added:
        notes.append(message("notes.children_added", added=int(added)))
    if source == "both" and known is not None:
        notes.append(message("notes.births_before_table", year=min(known.county)))
    if source == "census":
        notes.append(message("notes.births_read_back", year=max(births)))
    return notes


def _with_known_births(
    scenario: Scenario,
    geography: Geography,
    persons: F64,
    rules: PopulationRules,
    known: KnownBirths,
    births: dict[int, float],
    notes: list[Message],
) -> PopulationRules:
    """Fit the coverage of known births and let them replace the census's youngest children."""
    tables = scenario.tables()
    township = dict(zip(tables.settlements["settlement"], tables.settlements["township"],
                        strict=True))  # fmt: skip
    by_township = coverage_of_births(
        known,
        tables.rolls,
        dict(zip(tables.schools["school"], tables.schools["settlement"].map(township),
                 strict=True)),
        geography,
        persons,
        rules,
        scenario.coverage,
        base_year=scenario.years.base,
        until=scenario.known_until(),
        leaving=net_leaving(scenario),
        deaths=school_age_deaths(rules.survival),
        public_share=scenario.participation.primary.public,
    )  # fmt: skip
    coverage = by_township[geography.cell_township]
    replaced = children_already_born(
        persons, known, births, rules, geography, scenario.years.base, coverage
    )
    notes += known.notes
    low, high = float(by_township.min()), float(by_township.max())
    if high - low < 5e-4:
        notes.append(message("notes.births_of_table", ages=replaced, coverage=low))
    else:
        key = "notes.births_of_table_by_township"
        notes.append(message(key, ages=replaced, low=low, high=high))
    return replace(rules, coverage=coverage)


def family_traits(scenario: Scenario) -> FamilyTraits:
    """Return what the families of a scenario's cohorts are drawn from."""
    families = scenario.choice.families
    shares = [scenario.participation.at(level) for level in LEVELS]
    boys = scenario.demography.sex_ratio_at_birth
    outside = np.array([[s.private, s.out_of_county] for s in shares])
    # Under the mechanism nobody is born for a private school: families apply, a lottery decides.
    drawn = scenario.participation.private == "shares"
    destinations = [
        [s.public, s.private, s.out_of_county]
        if drawn
        else [s.public + s.private, 0.0, s.out_of_county]
        for s in shares
    ]
    return FamilyTraits(
        male_share=boys / (1.0 + boys),
        registration_shares=np.array(
            [
                families.registration_town,
                families.registration_seat,
                families.registration_village,
            ]
        ),
        income_shares=np.array([group.share for group in families.income_groups]),
        destination_shares=np.array(destinations),
        sibling_share=families.sibling_share,
        boarding_share=families.boarding_share,
        outside_private=outside[:, 0] / np.maximum(outside.sum(axis=1), 1e-300),
    )
