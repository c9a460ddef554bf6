"""One replicate of a county: the yearly order, in one place, readable as a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import mesa
import numpy as np
from numpy.typing import NDArray

from capsim.choice.expectations import perceived_quality
from capsim.choice.travel import Alternatives
from capsim.core import draws
from capsim.core.catalogue import CAPACITY_CAUSES
from capsim.county.county import County
from capsim.county.families import Families
from capsim.county.population import Population
from capsim.schools.buses import BusService
from capsim.schools.classes.formation import ClassPlan, class_pupils
from capsim.schools.classes.seats import SeatOffer, entry_rooms
from capsim.schools.classes.sizes import crowding
from capsim.schools.programme.demand_led import DemandLedRule
from capsim.schools.programme.events import Applied
from capsim.schools.programme.ledger import SeatLedger
from capsim.schools.programme.programme import draw_schedule
from capsim.schools.quality import quality_noise
from capsim.schools.staffing.needs import needed_by_classes, needed_by_norm
from capsim.schools.staffing.staff import Staff
from capsim.schools.staffing.teachers import Teachers
from capsim.year import arrive, enrolment, movers, observe, pupils, season, works
from capsim.year import village as drain
from capsim.year.agents import Bureau, School
from capsim.year.flows import PupilFlows
from capsim.year.notes import Notes
from capsim.year.record import Record
from capsim.year.season import Season

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

Step = Callable[["CountyModel"], None]

YEARLY_ORDER: Final[tuple[tuple[str, Step], ...]] = (
    ("remember", drain.remember),
    ("programme", works.programme),
    ("demography", pupils.demography),
    ("staff_in_and_out", works.staff_in_and_out),
    ("promote", pupils.promote),
    ("leave", pupils.leave),
    ("arrive", arrive.arrive),
    ("due", drain.count_due),
    ("wish", movers.wish),
    ("reassign", enrolment.reassign),
    ("offer", enrolment.offer),
    ("admit", season.admit),
    ("transfer", movers.transfer),
    ("classes", enrolment.form),
    ("allocate", works.allocate),
    ("quality", works.quality),
    ("settle", drain.settle),
    ("review", works.review),
    ("observe", observe.observe),
)
"""What happens in a school year, in order; year 0 is only observed."""


class CountyModel(mesa.Model):  # type: ignore[misc]
    """A county in one replicate.

    Institutions are mesa agents whose state lives in columns (:class:`Schools`); families are a
    table (:class:`Families`), because there are many. ``model.random`` and ``model.rng`` of mesa
    are not used: every draw is keyed, see :mod:`capsim.core.draws`.

    Parameters
    ----------
    county : County
    replicate : int
        Number of the replicate, from 0.
    sizes : mapping of str to int
        Length of each dimension of the record.

    Attributes
    ----------
    year : int
        School year; the base year until the first step.
    schools : Schools
    families : Families
        The table of this year; the years to come write into its memory.
    staff : Staff
    population : Population
    plan : ClassPlan
    held : ndarray of int32, shape (schools, 9)
        Pupils of the classes counted at each grade last September.
    open_cells : ndarray of bool, shape (schools, 2)
    taught : ndarray of bool, shape (schools, 9)
        Levels and grades taught at open schools; events of the programme change them.
    entry_rooms : ndarray of int32, shape (schools, 2)
        Rooms that the entry grades are due.
    quality_noise : ndarray of float64, shape (years - 1, schools, 2)
        Drawn for all years at once.
    crowding : ndarray of float64, shape (schools, 2)
        Pupils above the class cap last September, as a share of the seats it gives.
    record : Record
    """

    def __init__(self, county: County, replicate: int, *, sizes: Mapping[str, int]) -> None:
        super().__init__(seed=0)
        self.county = county
        self.scenario = county.scenario
        self.replicate = replicate
        self.year = county.scenario.years.base
        self.schools = county.schools.copy()
        self.families: Families = county.families.copy()
        self.staff = Staff(
            county.teachers,
            len(self.schools),
            self.scenario.staffing,
            seed=self.scenario.seed,
            replicate=replicate,
        )
        self.population = Population(
            county.persons,
            county.births_of(replicate),
            rates=county.birth_rates_of(replicate),
            known_until=county.births_known_until,
            uncounted=county.uncounted,
            base_year=self.scenario.years.base,
            rules=county.population_rules,
            flows=county.cell_flows,
            geography=county.geography,
            seed=self.scenario.seed,
            replicate=replicate,
            by_township=county.township_births_of(replicate),
            preschool=county.preschool,
        )
        self.mobility = county.mobility_of(replicate)
        self.record = Record(len(self.scenario.years.all()), sizes)
        self.notes = Notes()
        self._start_institutions()
        self._start_year()
        self.bureau = Bureau(self)
        self.school_agents = [School(self, row) for row in range(len(self.schools))]

    def _start_institutions(self) -> None:
        """Programme, zones, classes and quality as they stand in the base year."""
        county, schools = self.county, self.schools
        count = len(schools)
        self.schedule = draw_schedule(county.programme, self.scenario.seed, self.replicate)
        self.ledger = SeatLedger(schools.rooms * schools.is_open[:, None], county.class_cap)
        self.receiver = schools.parent.copy()
        self.zones: list[I32] = [county.geography.zone[0].copy(), county.geography.zone[1].copy()]
        self.bus = BusService.none(len(county.geography.settlements), count)
        self.years_small = np.zeros(count, np.int32)
        self.demand_rule = DemandLedRule.new(len(county.geography.planning_areas))
        base = county.base_classes
        self.plan = ClassPlan(base.classes.copy(), base.class_grade.copy())
        self.held = class_pupils(schools.roll, self.plan)
        self.crowding = crowding(self.held, self.plan, county.class_rules.cap)
        self._class_need: tuple[ClassPlan, F64] | None = None
        self.refresh_grades()
        self.opening: Flags = np.zeros(count, np.bool_)
        # School year in which a school of the programme opened; long ago for all others.
        self.opened_in = np.full(count, np.iinfo(np.int16).min, np.int32)
        schools.quality[...] = county.quality_start.quality
        years = self.scenario.years.all()
        self.quality_noise = quality_noise(
            [self.draw("quality", year) for year in years[1:]], schools.identity
        )
        self.quality_history: list[F64] = [schools.quality.copy()]
        self.refresh_alternatives()

    def _start_year(self) -> None:
        """Empty what the steps of a year fill."""
        count = len(self.schools)
        self.newcomers = Families.empty(0)
        self.first_arrival = len(self.families)
        self.flows = PupilFlows(count)
        self.applied = Applied()
        self.rooms_change = np.zeros((count, 2, len(CAPACITY_CAUSES)), np.int64)
        self.closures = np.zeros(2, np.int64)
        self.wishing: Rows = np.zeros(0, np.intp)
        self.new_home: I32 = np.zeros(0, np.int32)
        self.entrants: list[Rows] = [np.zeros(0, np.intp)] * 2
        self.moved_entrants: Flags = np.zeros(0, np.bool_)
        self.staffed_rooms: I32 = self.schools.rooms
        self.offer = SeatOffer(*(np.zeros((count, 2), np.int32) for _ in range(3)))
        self.seasons: list[Season] = []
        self.zone_cutoffs: tuple[list[F64], list[F64]] = ([], [])
        self.seats_left = np.zeros((count, 2), np.int64)
        self.village = drain.VillageYear(self.schools.settlement_kind == drain.VILLAGE)
        self.grade_one: dict[int, int] = dict(self.county.entrants_before)
        self.yearly_money: dict[str, list[float]] = {
            "bus_cost_yuan": [],
            "lease_cost_yuan": [],
            "leased_seats": [],
        }

    @property
    def index(self) -> int:
        """Position of the year in the record."""
        return self.year - self.scenario.years.base

    @property
    def teachers(self) -> Teachers:
        """The table of teachers."""
        return self.staff.teachers

    @property
    def teacher_flows(self) -> I32:
        """Signed changes of teachers this year by school, level and cause."""
        return self.staff.flows

    @property
    def attrition(self) -> NDArray[np.int64]:
        """Loss of village pupils in the step just taken by level and cause."""
        return drain.attrition_this_year(self)

    @property
    def death_rates(self) -> F64:
        """Yearly probability of death by sex and grade, shape (2, 9)."""
        return self.county.death_rates

    def step(self) -> None:
        """Run one school year in the yearly order."""
        self.year += 1
        for _, action in YEARLY_ORDER:
            action(self)

    def run(self) -> None:
        """Observe the base year, then run to the horizon."""
        drain.settle(self)
        observe.observe(self)
        while self.year < self.scenario.years.horizon:
            self.step()
        observe.conclude(self)
        self._record_money()

    def _record_money(self) -> None:
        """Leave what the budget needs: payments of projects, and yearly bus and lease costs."""
        years = list(self.scenario.years.all())
        self.record.put_money("payments", self.county.programme.capital_cost(self.schedule, years))
        for name, values in self.yearly_money.items():
            self.record.put_money(name, np.asarray(values, np.float64))

    # ---------------------------------------------------------------- what steps ask

    def refresh_grades(self) -> None:
        """Note which grades are taught where, after schools or rooms have changed."""
        self.open_cells = self.schools.open_levels()
        self.taught: Flags = self.schools.teaches & self.schools.is_open[:, None]
        self.entry_rooms = entry_rooms(self.schools.rooms, self.taught)

    def refresh_alternatives(self) -> None:
        """Recompute candidate schools after schools, zones or buses have changed."""
        self.ways = self.county.ways_known.find(self.schools, self.zones, self.bus.served)
        self.alternatives: tuple[Alternatives, ...] = self.ways.by_level

    def perceived_quality(self) -> F64:
        """Return the quality families perceive, some years old, shape (schools, 2)."""
        return perceived_quality(self.quality_history, self.scenario.choice.quality_lag_years)

    def systematic(self, level: int) -> F32:
        """Return utility by income group, settlement and candidate."""
        outlook = self.ways.candidates_as_seen(level, self.county.tastes)
        return outlook.systematic(self.perceived_quality()[:, level], self.crowding[:, level])

    def teacher_count(self) -> NDArray[np.int64]:
        """Return the teachers present by school and level."""
        return self.staff.present

    def teacher_needs(self) -> tuple[F64, F64]:
        """Return teachers needed by norm and by classes, shape (schools, 2) each."""
        return needed_by_norm(self.schools.roll, self.scenario.staffing), self.class_need()

    def class_need(self) -> F64:
        """Return teachers needed by classes, shape (schools, 2); worked out once for a plan."""
        known = self._class_need
        if known is None or known[0] is not self.plan:
            need = needed_by_classes(self.plan.classes, self.scenario.staffing)
            self._class_need = known = (self.plan, need)
        return known[1]

    def demand(self) -> F64:
        """Return seat demand by level and township: residents x public share."""
        children = observe.children_by_township(self)
        return observe.demand_by_township(children, self.county.public_share)

    def seat_gap(self) -> F64:
        """Return the seat gap of each planning area."""
        return observe.seat_gap(self)

    def boarders(self) -> I32:
        """Return boarders by school: pupils who live far, accept boarding and find a bed."""
        return drain.boarders(self)

    def free_beds(self) -> I32:
        """Return beds not taken by continuing pupils."""
        return np.asarray(np.maximum(self.schools.beds - self.boarders(), 0))

    def bus_towards(self, ended: int, receiver: int) -> None:
        """Offer a bus to the villages of a school that ended, towards its receiver."""
        homes = np.bincount(
            self.families.settlement[self.families.school == ended],
            minlength=len(self.county.geography.settlements),
        )
        self.bus.serve(homes > 0, receiver)

    def draw(self, process: str, year: int | None = None) -> draws.Stream:
        """Return the stream of a process this year (or in a given year)."""
        return draws.stream(
            self.scenario.seed, self.replicate, process, self.year if year is None else year
        )

    def release(self) -> None:
        """Let go of everything. Agents and mesa's own methods hold the model in circles.

        Without this the memory of a replicate is free only after the next full search for such
        circles, many replicates later. The model cannot be used afterwards.
        """
        self.__dict__.clear()

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("a replicate is rebuilt from its county, not pickled")
