"""What of a county survives the year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.core import draws
from capsim.county.choice_sets import ChoiceSets
from capsim.county.county import County
from capsim.county.demand import OBSERVED_AGES
from capsim.county.families import NO_SCHOOL, PUBLIC, Families
from capsim.county.population import Population
from capsim.county.schools import Schools
from capsim.scenario.options.programme import BoardingOptions
from capsim.schools.boarding import boarders
from capsim.schools.buses import BusService
from capsim.schools.classes.formation import ClassPlan, class_pupils
from capsim.schools.classes.sizes import crowding
from capsim.schools.programme.demand_led import DemandLedRule
from capsim.schools.programme.ledger import SeatLedger
from capsim.schools.programme.programme import draw_schedule
from capsim.schools.programme.schedule import Schedule
from capsim.schools.quality import quality_noise
from capsim.schools.staffing.staff import Staff

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]


class State:
    """Children, residents, schools, teachers and plans of one replicate, as a year leaves them.

    The steps of a year change it in place; nothing else does.

    Parameters
    ----------
    county : County
        What is fixed; a new state is its base year.
    replicate : int
        Number of the replicate, from 0.

    Attributes
    ----------
    seed, replicate : int
        Of the keyed draws.
    year : int
        School year; the base year until the first step.
    families : Families
        The ledger of children of school age; the years to come write into its memory.
    population : Population
        Residents of all ages.
    schools : Schools
    staff : Staff
    schedule : Schedule
        What the programme has still to do.
    ledger : SeatLedger
        Every classroom by cause.
    receiver : ndarray of int32, shape (schools,)
        School that takes the pupils of one that ends; -1 where there is none.
    opened_in : ndarray of int32, shape (schools,)
        School year in which a school of the programme opened; long ago for all others.
    zones : list of ndarray of int32, shape (settlements, most in a zone)
        Schools of each settlement's attendance zone, by level.
    bus : BusService
    choice_sets : ChoiceSets
        Schools open to each home; follows from schools, zones and buses.
    class_plan : ClassPlan
    class_pupils : ndarray of int32, shape (schools, 9)
        Pupils of the classes counted at each grade.
    crowding : ndarray of float64, shape (schools, 2)
        Pupils above the class cap, as a share of the seats it gives.
    quality_noise : ndarray of float64, shape (years - 1, schools, 2)
        Drawn for all years at once.
    quality_history : list of ndarray, shape (schools, 2)
        From the base year on.
    zone_cutoffs : tuple of list of ndarray, shape (schools,)
        Last tier admitted in the zone round of each past year, by level.
    years_small : ndarray of int32, shape (schools,)
        Consecutive years below the threshold of small schools.
    demand_rule : DemandLedRule
        How long each planning area has been short of seats.
    """

    def __init__(self, county: County, replicate: int) -> None:
        scenario, count = county.scenario, len(county.schools)
        self.seed, self.replicate = scenario.seed, replicate
        self.year = scenario.years.base
        self.schools: Schools = county.schools.copy()
        self.families: Families = county.families.copy()
        self.staff = Staff(
            county.teachers, count, scenario.staffing, seed=self.seed, replicate=replicate
        )
        self.population = Population(
            county.persons,
            county.births_of(replicate),
            rates=county.birth_rates_of(replicate),
            known_until=county.births_known_until,
            uncounted=county.uncounted,
            base_year=county.scenario.years.base,
            rules=county.population_rules,
            flows=county.cell_flows,
            geography=county.geography,
            seed=self.seed,
            replicate=replicate,
            by_township=county.township_births_of(replicate),
            preschool=county.preschool,
        )
        self.mobility = county.mobility_of(replicate)
        self._begin_programme(county)
        self._begin_classes_and_quality(county)
        self.zone_cutoffs: tuple[list[F64], list[F64]] = ([], [])
        self.find_choice_sets(county)

    def _begin_programme(self, county: County) -> None:
        schools, count = self.schools, len(self.schools)
        self.schedule: Schedule = draw_schedule(county.programme, self.seed, self.replicate)
        self.ledger = SeatLedger(schools.rooms * schools.is_open[:, None], county.class_cap)
        self.receiver: I32 = schools.parent.copy()
        self.opened_in: I32 = np.full(count, np.iinfo(np.int16).min, np.int32)
        self.zones: list[I32] = [county.geography.zone[0].copy(), county.geography.zone[1].copy()]
        self.bus = BusService.none(len(county.geography.settlements), count)
        self.years_small: I32 = np.zeros(count, np.int32)
        self.demand_rule = DemandLedRule.new(len(county.geography.planning_areas))

    def _begin_classes_and_quality(self, county: County) -> None:
        schools, base = self.schools, county.base_classes
        self.class_plan = ClassPlan(base.classes.copy(), base.class_grade.copy())
        self.class_pupils: I32 = class_pupils(schools.roll, self.class_plan)
        self.crowding: F64 = crowding(self.class_pupils, self.class_plan, county.class_rules.cap)
        schools.quality[...] = county.quality_start.quality
        streams = [self.draw("quality", year) for year in county.scenario.years.all()[1:]]
        self.quality_noise: F64 = quality_noise(streams, schools.identity)
        self.quality_history: list[F64] = [schools.quality.copy()]

    def __repr__(self) -> str:
        families = self.families
        without = int(((families.state == PUBLIC) & (families.school == NO_SCHOOL)).sum())
        return (
            f"<State of {self.year}, replicate {self.replicate}: {len(families):,} children of "
            f"school age, {int(self.schools.roll.sum()):,} pupils of "
            f"{int(self.schools.is_open.sum()):,} open schools, {without:,} without a school, "
            f"{int(self.staff.present.sum()):,} teachers>"
        )

    def draw(self, process: str, year: int | None = None) -> draws.Stream:
        """Return the stream of a process this year (or in a given year)."""
        return draws.stream(self.seed, self.replicate, process, self.year if year is None else year)

    def find_choice_sets(self, county: County) -> None:
        """Find the schools open to each home anew, after schools, zones or buses have changed."""
        self.choice_sets: ChoiceSets = county.choice_sets(self.schools, self.zones, self.bus.served)

    def children_by_cell(self) -> F64:
        """Return resident children by cell and age, shape (cells, 16)."""
        children: F64 = np.add.reduce(self.population.persons[:, :, :OBSERVED_AGES], axis=1)
        return children

    def boarders(self, options: BoardingOptions) -> I32:
        """Return boarders by school: pupils who live far, accept boarding and find a bed."""
        families, beds = self.families, self.schools.beds
        if not options.enabled or not beds.any():
            return np.zeros(len(beds), np.int32)
        far = self.choice_sets.boarding
        pair = families.settlement * np.int32(far.shape[1])
        pair += families.school
        grade = families.grade(self.year)
        # The last column is for children without a school.
        return boarders(options, beds, families.school, grade, families.boards, far.take(pair))
