"""What a year leaves behind: stocks on 1 September and the flows of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS, SCHOOL_AGES
from capsim.schools.classes.formation import ENTRY_COLUMNS
from capsim.schools.programme.programme import leases_in_force
from capsim.year.child_years import places, write_children
from capsim.year.flows import CAUSE
from capsim.year.notes import sum_by
from capsim.year.school_years import write_schools
from capsim.year.village import VILLAGE, attrition

if TYPE_CHECKING:
    from capsim.county.county import County
    from capsim.county.geography import Geography
    from capsim.year.model import CountyModel
    from capsim.year.record import Record

F64 = NDArray[np.float64]

LEVEL_AGES = (slice(6, 12), slice(12, 15))
OBSERVED_AGES = 16


def observe(model: CountyModel) -> None:
    """Note how children, schools and teachers of the year stand, and what the step changed.

    What follows from the notes is worked out for all years at once when the run ends
    (:func:`conclude`).
    """
    _stocks(model)
    _money(model)
    _preschool(model)
    if model.year > model.scenario.years.base:
        _flows(model)


def conclude(model: CountyModel) -> None:
    """Write what follows from the notes of all years into the record."""
    record, county = model.record, model.county
    notes = model.notes.stacked()
    notes["capacity"] = notes["rooms"] * np.array(county.class_cap) * notes["is_open"][..., None]
    notes["retention"] = _retention(model, notes["roll"])
    _residents(record, county, notes)
    write_schools(record, county, notes)
    bus_cost = write_children(record, county, model.notes, notes)
    model.yearly_money["bus_cost_yuan"] = bus_cost.tolist()
    for name in ("retention", "boarders"):
        record.put_years(name, notes[name])
    if "pupil_flows" in notes:  # a step was taken
        _changes(record, county, notes)


def _retention(model: CountyModel, roll: NDArray[np.integer]) -> F64:
    """Grade-9 pupils over the grade-1 pupils of eight years before; missing until known."""
    last = roll[:, :, 8].sum(axis=1)
    start = model.scenario.years.base - 8
    first = np.array([model.grade_one.get(start + i, np.nan) for i in range(len(last))])
    return np.where(first > 0, last / np.maximum(first, 1), np.nan)


def children_by_township(model: CountyModel) -> F64:
    """Return resident children by township and age 0-15: shape (townships, 16)."""
    children: F64 = _by_township(_children(model)[None], model.county.geography)[0]
    return children


def _children(model: CountyModel) -> F64:
    """Resident children by cell and age."""
    children: F64 = np.add.reduce(model.population.persons[:, :, :OBSERVED_AGES], axis=1)
    return children


def _by_township(by_cell: F64, geography: Geography) -> F64:
    """Sum the cells of each year by township."""
    return sum_by(geography.cell_township, by_cell, len(geography.townships))


def _preschool(model: CountyModel) -> None:
    """What kindergarten rolls added; recorded by counties that have such rolls."""
    if model.county.preschool is None:
        return
    geography = model.county.geography
    change = np.full(len(geography.townships), np.nan)
    by_cell = model.population.preschool_change
    if by_cell is not None:
        change = np.bincount(geography.cell_township, weights=by_cell, minlength=len(change))
    model.record.put("preschool_change", model.index, change)


def _stocks(model: CountyModel) -> None:
    """Keep the state of children and schools, which the next step changes in place."""
    schools, plan, population = model.schools, model.plan, model.population
    found = places(model.families, model.year, *model.county.distance_km.shape)
    trips, pupils = found.trips()
    model.notes.trips.append(trips)
    model.notes.pupils.append(pupils)
    model.notes.keep(
        births=population.births_of_year(model.year),
        children=_children(model),
        population=np.add.reduce(population.persons, axis=(1, 2)),
        boarders=model.boarders(),
        new_seats=model.ledger.new_seats(),
        classes=plan.classes,
        held=model.held,
    )
    model.notes.note(
        outside=found.outside(),
        served=model.bus.served,
        roll=schools.roll,
        teaches=schools.teaches,
        is_open=schools.is_open,
        rooms=schools.rooms,
        posts=schools.posts,
        quality=schools.quality,
        teachers=model.staff.quality_counts(),
    )


def _money(model: CountyModel) -> None:
    leased, rent = leases_in_force(model.county.programme, model.schedule, model.county.class_cap)
    model.yearly_money["lease_cost_yuan"].append(rent)
    model.yearly_money["leased_seats"].append(leased)


def _flows(model: CountyModel) -> None:
    model.notes.keep(
        pupil_flows=model.flows.counts,
        seats_offered=model.offer.seats,
        last_grade_before=model.village.last_grade_before,
        fates=model.village.fates,
    )
    model.notes.note(
        rooms_change=model.rooms_change,
        closures=model.closures,
        teacher_flows=model.teacher_flows,
        from_nowhere=model.village.from_nowhere,
        after_finishing=model.village.after_finishing,
    )
    model.notes.seasons += model.seasons


def _residents(record: Record, county: County, notes: dict[str, NDArray[Any]]) -> None:
    """Residents by township, and the seats that their children demand."""
    for name in ("births", "children", "population"):
        notes[name] = _by_township(notes[name], county.geography)
        record.put_years(name, notes[name])
    notes["demand"] = demand_by_township(notes["children"], county.public_share)


def _changes(record: Record, county: County, notes: dict[str, NDArray[Any]]) -> None:
    """What the steps changed; missing in the base year."""
    flows = notes["pupil_flows"]
    notes["entrants"] = flows[:, :, ENTRY_COLUMNS, CAUSE["entered"]]
    cap = np.asarray(county.class_cap)
    notes["capacity_change"] = notes["rooms_change"] * cap[:, None]
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


def seat_gap(model: CountyModel) -> F64:
    """Return the seat gap of each planning area, both levels in one array."""
    geography, schools = model.county.geography, model.schools
    capacity = schools.capacity(np.asarray(model.county.class_cap))
    areas = len(geography.planning_areas)
    gap = np.zeros(areas)
    for level, wanted in enumerate(model.demand()):
        of_township = geography.planning_area[level]
        gap += np.bincount(of_township, weights=wanted, minlength=areas)
        gap -= np.bincount(
            of_township[schools.township], weights=capacity[:, level], minlength=areas
        )
    return np.maximum(gap, 0.0)


def demand_by_township(children: F64, public_share: F64) -> F64:
    """Return seat demand by level and township: resident children x public share.

    Parameters
    ----------
    children : ndarray, shape (..., townships, 16)
    public_share : ndarray, shape (2,)

    Returns
    -------
    ndarray, shape (..., 2, townships)
    """
    return np.stack(
        [children[..., ages].sum(axis=-1) * public_share[i] for i, ages in enumerate(LEVEL_AGES)],
        axis=-2,
    )


assert (LEVEL_AGES[0].start, LEVEL_AGES[1].stop - 1) == (SCHOOL_AGES[0], SCHOOL_AGES[-1])
assert len(LEVELS) == len(LEVEL_AGES)
