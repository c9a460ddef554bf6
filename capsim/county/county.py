"""A county ready to run: one scenario with its tables, built once and shared by all replicates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.admission.admit import CompiledRules, compile_rules
from capsim.choice.moving import most_likely_to_leave
from capsim.choice.travel import by_distance
from capsim.choice.utility import Tastes
from capsim.core.dims import LEVELS, SCHOOL_KINDS
from capsim.core.errors import Problems
from capsim.county.arrivals import Arrivals, arrivals_of
from capsim.county.base_population import base_people, family_traits
from capsim.county.births_from_women import FOLLOW_WOMEN
from capsim.county.checks import check_county_programme, check_county_rules
from capsim.county.choice_sets import ChoiceSets, choice_sets
from capsim.county.distances import (
    between_homes_km,
    between_schools_km,
    home_to_school_km,
)
from capsim.county.families import Families, FamilyTraits
from capsim.county.geography import Geography, build_geography
from capsim.county.known_births import births_by_township
from capsim.county.mobility import Mobility, MobilityDraws, draw_mobility, fit_mobility
from capsim.county.population import PopulationRules, cell_flows
from capsim.county.preschool import PreschoolIndicator
from capsim.county.private_schools import PrivateSchools, private_schools
from capsim.county.quality_start import QualityStart, quality_start
from capsim.county.reported_classes import reported_classes
from capsim.county.schools import Schools, build_schools
from capsim.county.vital_rates import births_draws, school_age_deaths
from capsim.scenario.schema import Scenario
from capsim.schools.classes.formation import ClassPlan, ClassRules
from capsim.schools.classes.rules import class_rules
from capsim.schools.groups import Groups, compile_groups
from capsim.schools.programme.programme import Programme, compile_programme
from capsim.schools.programme.projects import new_school_rows, union_of_schools
from capsim.schools.staffing.allocation import straight_km
from capsim.schools.staffing.needs import default_posts
from capsim.schools.staffing.teachers import Teachers, build_teachers, count_by_cell
from capsim.tables.county_tables import Tables
from capsim.texts import Message

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@dataclass(frozen=True, repr=False)
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
    births_first : int
        First calendar year of the births.
    births : ndarray, shape (replicates, years)
        Births of the county by calendar year, from the year before the base year.
    birth_rates : ndarray, shape (replicates, years)
        Total fertility rates of the years whose births follow the women; missing in others.
    births_known_until : int
        Last calendar year whose births are observed.
    township_births : ndarray, shape (replicates, years, townships), or None
        The same by township where a table gives them; missing where a township's births are left
        to the model.
    uncounted : tuple of int
        Ages of the base year that nobody has counted: their children follow the births drawn.
    preschool : PreschoolIndicator or None
        What kindergarten rolls say of the cohorts in kindergarten; None where there are none.
    distance_km : ndarray of float32, shape (settlements, schools)
    public_share : ndarray, shape (2,)
        The scenario's public share by level, from which demand is counted.
    entrants_before : dict of int to int
        Grade-1 pupils of the school years before the base year, where the rolls have a history.
    notes : tuple of Message or str
        What was assumed while the county was built; warnings on inputs are text.
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
    births_first: int
    births: F64
    birth_rates: F64
    births_known_until: int
    township_births: F64 | None
    uncounted: tuple[int, ...]
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
    notes: tuple[Message | str, ...]

    def __repr__(self) -> str:
        scenario, places = self.scenario, self.geography
        return (
            f"<County {scenario.place.name!r} of scenario {scenario.name!r}: "
            f"{len(places.settlements):,} settlements, {len(self.schools):,} schools, "
            f"{len(self.families):,} children of school age>"
        )

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
    def nearest_schools(self) -> I32:
        """Schools of each home by distance, shape (settlements, schools)."""
        return by_distance(self.distance_km)

    def choice_sets(
        self, schools: Schools, zones: list[I32], served: NDArray[np.bool_]
    ) -> ChoiceSets:
        """Return the schools open to each home as schools, zones and buses stand."""
        return choice_sets(
            self.scenario,
            self.distance_km,
            self.nearest_schools,
            schools,
            zones,
            served,
            private=self.private,
        )

    @cached_property
    def cell_flows(self) -> F64:
        """Yearly rates of moving between the cells of the population, shape (cells, cells)."""
        return cell_flows(self.geography, self.population_rules.internal)

    @cached_property
    def base_classes(self) -> ClassPlan:
        """Classes of the base year; replicates start from a copy."""
        return reported_classes(self.schools, self.class_rules)

    @cached_property
    def quality_start(self) -> QualityStart:
        """Quality of the base year, from which replicates start."""
        return quality_start(
            self.schools,
            self.teachers,
            self.base_classes,
            self.groups,
            year=self.scenario.years.base,
            options=self.scenario.quality,
            staffing=self.scenario.staffing,
        )

    @cached_property
    def straight_km(self) -> F64:
        """Straight-line distances between schools, over which teachers are moved."""
        return straight_km(self.schools.x_km, self.schools.y_km)

    @cached_property
    def most_likely_to_leave(self) -> float:
        """A bound on the yearly probability that any child dies, leaves or drops out."""
        leaving = self.scenario.choice.leaving
        longest = float(self.distance_km.max(initial=0.0))
        return float(self.death_rates.max()) + most_likely_to_leave(leaving, longest)

    def births_of(self, replicate: int) -> dict[int, float]:
        """Return births by calendar year in one replicate."""
        return {self.births_first + i: float(b) for i, b in enumerate(self.births[replicate])}

    @cached_property
    def mobility(self) -> Mobility:
        """How school children come and go, fitted to the rolls of past years."""
        rolls = self.scenario.tables().rolls
        return fit_mobility(rolls, self.scenario.years.base, self.scenario.uncertainty)

    def mobility_of(self, replicate: int) -> MobilityDraws | None:
        """Return the rates of coming and going of all years in one replicate, if they are drawn."""
        if not self.scenario.uncertainty.enabled:
            return None
        years = self.scenario.years
        return draw_mobility(
            self.mobility,
            self.geography,
            self.scenario.uncertainty,
            leaving=self.scenario.choice.leaving,
            years=range(years.base + 1, years.horizon + 1),
            seed=self.scenario.seed,
            replicate=replicate,
        )

    def birth_rates_of(self, replicate: int) -> dict[int, float]:
        """Return the rates of the years whose births follow the women, in one replicate."""
        years = enumerate(self.birth_rates[replicate], start=self.births_first)
        return {year: float(rate) for year, rate in years if np.isfinite(rate)}

    def township_births_of(self, replicate: int) -> dict[int, F64]:
        """Return births of the townships by calendar year in one replicate, where known."""
        if self.township_births is None:
            return {}
        years = enumerate(self.township_births[replicate], start=self.births_first)
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
    people = base_people(scenario, geography, schools, km)
    scenario = people.scenario
    rows = {name: row for row, name in enumerate(schools.ids)}
    teachers = _teachers(scenario, schools, rows)
    traits = family_traits(scenario)
    to_come = births_draws(
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
        births_first=to_come.first,
        births=to_come.births,
        birth_rates=to_come.rates,
        births_known_until=to_come.known_until,
        township_births=births_by_township(
            people.known,
            to_come.births,
            to_come.first,
            follow_women=scenario.demography.births.method in FOLLOW_WOMEN,
            seed=scenario.seed,
            noise=scenario.demography.births.area_noise,
        ),
        uncounted=people.uncounted,
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
        notes=(*people.notes, *to_come.notes, *map(str, problems.warnings)),
    )


def _geography(tables: Tables, partition: County | None) -> Geography:
    """The places of the tables; zones by distance where no table gives them."""
    return build_geography(
        tables.settlements,
        tables.zones_or_nearest(),
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
