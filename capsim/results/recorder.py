"""What a run leaves behind: an observer that keeps stocks on 1 September and flows of the year."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.catalogue import PUPIL_CAUSES
from capsim.core.lookup import sum_by
from capsim.county.county import County
from capsim.county.demand import demand_by_township
from capsim.county.geography import Geography
from capsim.results.assemble import dimension_sizes
from capsim.results.child_years import places, write_children
from capsim.results.history import History
from capsim.results.record import Record
from capsim.results.school_years import write_schools
from capsim.results.village_attrition import VILLAGE, VillageAttrition, attrition
from capsim.schools.classes.formation import ENTRY_COLUMNS
from capsim.schools.programme.programme import leases_in_force
from capsim.year.state import State
from capsim.year.year import Year

F64 = NDArray[np.float64]

_ENTERED = PUPIL_CAUSES.index("entered")


class Recorder:
    """Keeps how children, schools and teachers stand each year, and what the year changed.

    What follows is worked out for all years at once when the run ends (:meth:`conclude`).

    Attributes
    ----------
    record : Record
        The variables of the catalogue, complete once concluded.
    """

    def __init__(self, county: County) -> None:
        self._county = county
        self._base = county.scenario.years.base
        self.record = Record(len(county.scenario.years.all()), dimension_sizes(county))
        self._history = History()
        self._attrition = VillageAttrition(county)
        self._grade_one: dict[int, int] = dict(county.entrants_before)
        self._leases: dict[str, list[float]] = {"lease_cost_yuan": [], "leased_seats": []}

    def begin(self, county: County, state: State) -> None:
        """Keep the stocks of the base year."""
        self._stocks(state)

    def before(self, county: County, state: State) -> None:
        """Read what a year will change."""
        self._attrition.before(county, state)

    def after(self, county: County, state: State, year: Year) -> None:
        """Keep the stocks and flows of a year."""
        self._attrition.after(county, state, year)
        self._stocks(state)
        self._flows(state, year)

    def conclude(self, state: State) -> dict[str, NDArray[Any]]:
        """Write what follows from all years into the record; return its arrays.

        Parameters
        ----------
        state : State
            As the last year left it.
        """
        record, county = self.record, self._county
        notes = self._history.stacked()
        notes["capacity"] = notes["rooms"] * np.array(county.class_cap)
        notes["capacity"] *= notes["is_open"][..., None]
        notes["retention"] = self._retention(notes["roll"])
        _residents(record, county, notes)
        write_schools(record, county, notes)
        bus_cost = write_children(record, county, self._history, notes)
        for name in ("retention", "boarders"):
            record.put_years(name, notes[name])
        if "pupil_flows" in notes:  # a year has passed
            _changes(record, county, notes)
        years = list(county.scenario.years.all())
        record.put_money("payments", county.programme.capital_cost(state.schedule, years))
        for name, values in {"bus_cost_yuan": bus_cost, **self._leases}.items():
            record.put_money(name, np.asarray(values, np.float64))
        return record.arrays

    def _retention(self, roll: NDArray[np.integer]) -> F64:
        """Grade-9 pupils over the grade-1 pupils of eight years before; missing until known."""
        last = roll[:, :, 8].sum(axis=1)
        start = self._base - 8
        first = np.array([self._grade_one.get(start + i, np.nan) for i in range(len(last))])
        return np.where(first > 0, last / np.maximum(first, 1), np.nan)

    def _stocks(self, state: State) -> None:
        county, schools, population = self._county, state.schools, state.population
        self._grade_one[state.year] = int(schools.roll[:, 0].sum())
        found = places(state.families, state.year, *county.distance_km.shape)
        trips, pupils = found.trips()
        self._history.trips.append(trips)
        self._history.pupils.append(pupils)
        self._history.append(
            copy=False,
            births=population.births_of_year(state.year),
            children=state.children_by_cell(),
            population=np.add.reduce(population.persons, axis=(1, 2)),
            boarders=state.boarders(county.scenario.programme.boarding),
            new_seats=state.ledger.new_seats(),
            classes=state.class_plan.classes,
            held=state.class_pupils,
        )
        self._history.append(
            copy=True,
            outside=found.outside(),
            served=state.bus.served,
            roll=schools.roll,
            teaches=schools.teaches,
            is_open=schools.is_open,
            rooms=schools.rooms,
            posts=schools.posts,
            quality=schools.quality,
            teachers=state.staff.quality_counts(),
        )
        seats, rent = leases_in_force(county.programme, state.schedule, county.class_cap)
        self._leases["leased_seats"].append(seats)
        self._leases["lease_cost_yuan"].append(rent)
        self._preschool(state)

    def _preschool(self, state: State) -> None:
        """What kindergarten rolls added; recorded by counties that have such rolls."""
        if self._county.preschool is None:
            return
        geography = self._county.geography
        change = np.full(len(geography.townships), np.nan)
        by_cell = state.population.preschool_change
        if by_cell is not None:
            change = np.bincount(geography.cell_township, weights=by_cell, minlength=len(change))
        self.record.put("preschool_change", state.year - self._base, change)

    def _flows(self, state: State, year: Year) -> None:
        self._history.append(
            copy=False,
            pupil_flows=year.flows.counts,
            seats_offered=year.offer.seats,
            rooms_change=year.rooms_change,
            closures=year.closures,
            teacher_flows=state.staff.flows,
            **self._attrition.counts,
        )
        self._history.admissions += year.admissions


def _by_township(by_cell: F64, geography: Geography) -> F64:
    """Sum the cells of each year by township."""
    return sum_by(geography.cell_township, by_cell, len(geography.townships))


def _residents(record: Record, county: County, notes: dict[str, NDArray[Any]]) -> None:
    """Residents by township, and the seats that their children demand."""
    for name in ("births", "children", "population"):
        notes[name] = _by_township(notes[name], county.geography)
        record.put_years(name, notes[name])
    notes["demand"] = demand_by_township(notes["children"], county.public_share)


def _changes(record: Record, county: County, notes: dict[str, NDArray[Any]]) -> None:
    """What the steps changed; missing in the base year."""
    notes["entrants"] = notes["pupil_flows"][:, :, ENTRY_COLUMNS, _ENTERED]
    notes["capacity_change"] = notes["rooms_change"] * np.asarray(county.class_cap)[:, None]
    notes["attrition"] = attrition(notes, county.schools.settlement_kind == VILLAGE)
    for name in (
        "pupil_flows",
        "seats_offered",
        "entrants",
        "capacity_change",
        "closures",
        "attrition",
        "teacher_flows",
    ):
        record.put_years(name, notes[name], first=1)
