"""A county ready to run: one scenario with its tables, built once and shared by all replicates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.choice.moves import most_likely_to_leave
from capsim.choice.rules import CompiledRules, compile_rules
from capsim.choice.utility import Tastes
from capsim.county.arrivals import Arrivals, arrivals_of
from capsim.county.base_year import (
    base_families,
    base_population,
    children_by_cell,
    dated_populations,
    observed_births,
    spread_over_cells,
)
from capsim.county.births_coverage import coverage_of_births
from capsim.county.checks import check_county_programme, check_county_rules
from capsim.county.class_rules import class_rules
from capsim.county.classes import ClassRules
from capsim.county.distances import (
    between_homes_km,
    between_schools_km,
    home_to_school_km,
)
from capsim.county.families import Families, FamilyTraits
from capsim.county.fertility import Mothers, mothers_of
from capsim.county.geography import Geography, build_geography
from capsim.county.groups import Groups, compile_groups
from capsim.county.known_births import (
    KnownBirths,
    births_by_township,
    children_already_born,
    known_births,
)
from capsim.county.needs import default_posts
from capsim.county.population import FIRST_ADULT_AGE, FIRST_SCHOOL_AGE, PopulationRules
from capsim.county.preschool import PreschoolIndicator
from capsim.county.preschool_rolls import preschool_indicator
from capsim.county.private_schools import PrivateSchools, private_schools
from capsim.county.programme import Programme, compile_programme
from capsim.county.projects import new_school_rows, union_of_schools
from capsim.county.schools import Schools, build_schools
from capsim.county.teachers import Teachers, build_teachers, count_by_cell
from capsim.county.vital import (
    births_draws,
    expected_leaving,
    population_rules,
    school_age_deaths,
    survival_of,
)
from capsim.dims import LEVELS, SCHOOL_KINDS
from capsim.errors import Problems
from capsim.scenario.nearest import nearest_zones
from capsim.scenario.schema import Scenario
from capsim.scenario.table_set import Tables

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class County:
    """Everything a replicate starts from.

    Attributes
    ----------
    scenario : Scenario
    geography : Geography
    schools : Schools
        Base-year state; rows that a project may build are closed.
    families : Families
        The ledger of children of year 0, all rolls met.
    teachers : Teachers
    arrivals : Arrivals or None
        Who comes from outside the county; None where nobody does.
    private : PrivateSchools or None
        Private schools that families may list; None where private shares are drawn.
    persons : ndarray, shape (cells, 2, 101)
        Residents of year 0, school ages as in the ledger.
    births : ndarray, shape (replicates, years)
        Births of the county by calendar year, from the year before the base year.
    births_known_until : int
        Last calendar year whose births are observed.
    township_births : ndarray, shape (replicates, years, townships), or None
        The same by township where a table gives them; missing where a township's births are left
        to the model.
    preschool : PreschoolIndicator or None
        What kindergarten rolls say of the cohorts in kindergarten; None where there are none.
    distance_km : ndarray of float32, shape (settlements, schools)
    public_share : ndarray, shape (2,)
        The scenario's public share by level, from which demand is counted.
    entrants_before : dict of int to int
        Grade-1 pupils of the school years before the base year, where the rolls have a history.
    notes : tuple of str
        What was assumed while the county was built, for the log.
    """

    scenario: Scenario
    geography: Geography
    schools: Schools
    families: Families
    teachers: Teachers
    traits: FamilyTraits
    arrivals: Arrivals | None
    private: PrivateSchools | None
    tastes: Tastes
    persons: F64
    population_rules: PopulationRules
    births: F64
    births_known_until: int
    township_births: F64 | None
    preschool: PreschoolIndicator | None
    death_rates: F64
    distance_km: NDArray[np.float32]
    between_schools_km: F64
    between_homes_km: F64
    class_rules: ClassRules
    rules: CompiledRules
    groups: Groups
    programme: Programme
    public_share: F64
    entrants_before: dict[int, int]
    notes: tuple[str, ...]

    @property
    def area_of_school(self) -> NDArray[np.int64]:
        """Planning area of each school by level, shape (schools, 2)."""
        return self.geography.planning_area[:, self.schools.township].T.astype(np.int64)

    @property
    def class_cap(self) -> tuple[float, float]:
        """Class cap by level."""
        return self.scenario.enrolment.class_cap.as_tuple()

    @property
    def hard_cap(self) -> tuple[float, float]:
        """Hard cap by level."""
        return self.scenario.enrolment.hard_cap.as_tuple()

    @cached_property
    def most_likely_to_leave(self) -> float:
        """A bound on the yearly probability that any child dies, leaves or drops out."""
        leaving = self.scenario.choice.leaving
        longest = float(self.distance_km.max(initial=0.0))
        return float(self.death_rates.max()) + most_likely_to_leave(leaving, longest)

    def births_of(self, replicate: int) -> dict[int, float]:
        """Return births by calendar year in one replicate."""
        first = self.scenario.years.base - 1
        return {first + i: float(b) for i, b in enumerate(self.births[replicate])}

    def township_births_of(self, replicate: int) -> dict[int, F64]:
        """Return births of the townships by calendar year in one replicate, where known."""
        if self.township_births is None:
            return {}
        first = self.scenario.years.base - 1
        years = enumerate(self.township_births[replicate], start=first)
        return {year: parts for year, parts in years if np.isfinite(parts).any()}

    def assumptions(self) -> list[dict[str, Any]]:
        """Return every parameter with its value, unit, source and mark."""
        from capsim.scenario.assumptions import list_assumptions

        return list_assumptions(self.scenario)

    def data_marks(self) -> list[dict[str, str]]:
        """Return how each column of the tables came about: reported, derived or assumed."""
        marks = self.scenario.tables().marks
        return [
            {"table": table, "column": column, "mark": mark, "source": note}
            for (table, column), (mark, note) in marks.items()
        ]


def build_county(scenario: Scenario, *, replicates: int, partition: County | None = None) -> County:
    """Build the county of a scenario.

    Parameters
    ----------
    scenario : Scenario
    replicates : int
        Number of random futures the births are drawn for.
    partition : County, optional
        County whose planning areas are taken over: one partition for all scenarios of a run.

    Raises
    ------
    InvalidInput
        If rules, programme, groups or staffing of the scenario cannot work in this county.
    """
    tables = scenario.tables()
    geography = _geography(tables, partition)
    problems = Problems()
    check_county_programme(scenario, tables.schools, tables.settlements, problems)
    problems.raise_if_any()
    cap = np.array(scenario.enrolment.class_cap.as_tuple())
    schools = _schools(scenario, geography, cap)
    km = home_to_school_km(scenario, geography, schools)
    check_county_rules(scenario, geography, schools, km, problems)
    problems.raise_if_any()
    people = _people(scenario, geography, schools, km)
    rows = {name: row for row, name in enumerate(schools.ids)}
    teachers = _teachers(scenario, schools, rows)
    traits = family_traits(scenario)
    births, known_until, told = births_draws(
        scenario, people.births, people.births_source, replicates, people.mothers
    )
    return County(
        scenario=scenario,
        geography=geography,
        schools=schools,
        families=people.families,
        teachers=teachers,
        traits=traits,
        private=private_schools(scenario, geography),
        arrivals=arrivals_of(scenario, geography, traits, replicates),
        tastes=Tastes.from_options(scenario.choice),
        persons=people.persons,
        population_rules=people.rules,
        births=births,
        births_known_until=known_until,
        township_births=births_by_township(
            people.known,
            births,
            scenario.years.base - 1,
            seed=scenario.seed,
            noise=scenario.demography.births.area_noise,
        ),
        preschool=people.preschool,
        death_rates=school_age_deaths(people.rules.survival),
        distance_km=km,
        between_schools_km=between_schools_km(scenario, schools),
        between_homes_km=between_homes_km(scenario, geography),
        class_rules=class_rules(scenario.enrolment, scenario.classes),
        rules=compile_rules(scenario.enrolment, schools.ids, geography.settlements),
        groups=compile_groups(scenario.groups, rows),
        programme=compile_programme(
            scenario.programme,
            school_ids=schools.ids,
            school_kinds=[SCHOOL_KINDS[k] for k in schools.kind],
            class_cap=cap,
            base_year=scenario.years.base,
            geography=geography,
        ),
        public_share=np.array([scenario.participation.at(lv).public for lv in LEVELS]),
        entrants_before=_entrants_before(tables.rolls, scenario.years.base),
        notes=(*people.notes, *told, *map(str, problems.warnings)),
    )


def _geography(tables: Tables, partition: County | None) -> Geography:
    """The places of the tables; zones by distance where no table gives them."""
    zones = tables.zones
    if zones is None:
        zones = nearest_zones(tables.schools, tables.settlements)
    return build_geography(
        tables.settlements,
        zones,
        tables.schools,
        townships=tables.townships,
        planning_areas=tables.planning_areas,
        partition=None if partition is None else partition.geography,
    )


def _schools(scenario: Scenario, geography: Geography, cap: F64) -> Schools:
    """The schools of the table and, closed, those that the programme may build."""
    tables = scenario.tables()
    return build_schools(
        union_of_schools(tables.schools, [new_school_rows(scenario.programme, geography)]),
        tables.rolls,
        geography,
        class_cap=cap,
        classes=tables.classes,
        base_year=scenario.years.base,
    )


def _teachers(scenario: Scenario, schools: Schools, rows: dict[str, int]) -> Teachers:
    """The teachers of the table; where posts are not reported, the teachers there are."""
    teachers = build_teachers(
        scenario.tables().teachers,
        rows,
        base_year=scenario.years.base,
        options=scenario.staffing,
        seed=scenario.seed,
    )
    reported = np.where(schools.posts > 0, schools.posts.astype(np.float64), np.nan)
    schools.posts = default_posts(reported, count_by_cell(teachers, len(schools)))
    return teachers


def _entrants_before(rolls: pd.DataFrame, base_year: int) -> dict[int, int]:
    """Add up the grade-1 pupils of each reported school year before the base year."""
    first = rolls[(rolls["grade"] == 1) & (rolls["year"] < base_year)]
    totals = first.groupby("year")["pupils"].sum()
    years, pupils = totals.index.to_numpy(), totals.to_numpy()
    return {int(year): int(count) for year, count in zip(years, pupils, strict=True)}


@dataclass(frozen=True)
class _People:
    """Residents, the ledger of children and births known, of the base year."""

    persons: F64
    families: Families
    rules: PopulationRules
    births: dict[int, float]
    births_source: str
    known: KnownBirths | None
    preschool: PreschoolIndicator | None
    mothers: Mothers | None
    notes: list[str]


def _people(
    scenario: Scenario, geography: Geography, schools: Schools, km: NDArray[np.float32]
) -> _People:
    tables = scenario.tables()
    survival = survival_of(scenario.demography)
    censuses = dated_populations(tables.population, survival, until=scenario.known_until())
    rules = population_rules(scenario, censuses, survival)
    leaving = expected_leaving(scenario.choice.leaving)
    base = base_population(censuses, scenario.years.base, survival, leaving)
    persons = spread_over_cells(base, geography)
    known = known_births(
        tables.births, geography.townships, scenario.coverage, until=scenario.known_until()
    )
    births, source = observed_births(
        known.county if known is not None else {},
        censuses,
        survival,
        until=scenario.known_until(),
    )
    notes: list[str] = []
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
    if seated.added:
        notes.append(
            f"{seated.added} children were added in the base year: the rolls hold more pupils of "
            "some grades than the census has resident children of their age"
        )
    if source == "both" and known is not None:
        notes.append(
            f"births before {min(known.county)} are read back from census ages, scaled to the table"
        )
    if source == "census":
        notes.append(f"births to {max(births)} are read back from census ages")
    preschool, told = preschool_indicator(scenario, geography, persons, rules)
    notes += told
    mothers = None
    if scenario.demography.births.method == "tfr":
        mothers = mothers_of(scenario, censuses, rules, persons, leaving, first_year=min(births))
    return _People(
        persons, seated.families, rules, births, source, known, preschool, mothers, notes
    )


def _with_known_births(
    scenario: Scenario,
    geography: Geography,
    persons: F64,
    rules: PopulationRules,
    known: KnownBirths,
    births: dict[int, float],
    notes: list[str],
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
        leaving=scenario.choice.leaving,
        deaths=school_age_deaths(rules.survival),
        public_share=scenario.participation.primary.public,
    )  # fmt: skip
    coverage = by_township[geography.cell_township]
    replaced = children_already_born(
        persons, known, births, rules, geography, scenario.years.base, coverage
    )
    notes += known.notes
    low, high = by_township.min(), by_township.max()
    span = f"{low:.3f}" if high - low < 5e-4 else f"{low:.3f} to {high:.3f} by township"
    notes.append(
        f"births of the table give the children of {replaced} of the ages 0-5 in the base year; "
        f"coverage {span}"
    )
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
