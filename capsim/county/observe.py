"""What a year leaves behind: stocks on 1 September and the flows of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.county.child_years import trips, write_children
from capsim.county.families import NO_SCHOOL, PUBLIC, share_by_destination
from capsim.county.programme import leases_in_force
from capsim.county.school_years import write_schools
from capsim.county.teachers import quality_counts
from capsim.dims import LEVELS, SCHOOL_AGES

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

F64 = NDArray[np.float64]

LEVEL_AGES = (slice(6, 12), slice(12, 15))
OBSERVED_AGES = 16


def observe(model: CountyModel) -> None:
    """Write the children of the year into the record and note how the schools stand.

    What follows from the notes is worked out for all years at once when the run ends
    (:func:`conclude`).
    """
    children = children_by_township(model)
    _people(model, children)
    _rolls(model)
    _money(model)
    _preschool(model)
    _note(model, demand_by_township(children, model.county.public_share))
    if model.year > model.scenario.years.base:
        _flows(model)


def conclude(model: CountyModel) -> None:
    """Write what follows from the notes of all years into the record."""
    write_schools(model.record, model.county, model.notes)
    write_children(model.record, model.county, model.notes)


def _put(model: CountyModel, name: str, values: object) -> None:
    model.record.put(name, model.index, values)


def children_by_township(model: CountyModel) -> F64:
    """Return resident children by township and age 0-15: shape (townships, 16)."""
    geography = model.county.geography
    by_cell = model.population.persons[:, :, :OBSERVED_AGES].sum(axis=1)
    total = np.zeros((len(geography.townships), OBSERVED_AGES))
    np.add.at(total, geography.cell_township, by_cell)
    return total


def _people(model: CountyModel, children: F64) -> None:
    geography = model.county.geography
    townships = len(geography.townships)
    births = np.zeros(townships)
    np.add.at(births, geography.cell_township, model.population.births_of_year(model.year))
    people = np.zeros(townships)
    np.add.at(people, geography.cell_township, model.population.persons.sum(axis=(1, 2)))
    _put(model, "births", births)
    _put(model, "children", children)
    _put(model, "population", people)
    counted = share_by_destination(model.families, model.year)
    _put(model, "participation", counted / np.maximum(counted.sum(axis=1, keepdims=True), 1))
    waiting = np.flatnonzero(model.families.school == NO_SCHOOL)
    waiting = waiting[model.families.state[waiting] == PUBLIC]
    level = (model.families.grade(model.year)[waiting] >= 7).astype(np.intp)
    home = geography.township[model.families.settlement[waiting]]
    _put(
        model,
        "unplaced",
        np.bincount(level * townships + home, minlength=2 * townships).reshape(2, townships),
    )


def _preschool(model: CountyModel) -> None:
    """What kindergarten rolls added; recorded by counties that have such rolls."""
    if model.county.preschool is None:
        return
    geography = model.county.geography
    change = np.full(len(geography.townships), np.nan)
    by_cell = model.population.preschool_change
    if by_cell is not None:
        change = np.bincount(geography.cell_township, weights=by_cell, minlength=len(change))
    _put(model, "preschool_change", change)


def _rolls(model: CountyModel) -> None:
    _put(model, "retention", model.retention())
    _put(model, "boarders", model.boarders())
    _put(model, "bus_riders", model.bus_riders())


def _note(model: CountyModel, demand: F64) -> None:
    """Keep the state of the schools, which the next step changes in place."""
    schools, plan = model.schools, model.plan
    teachers = quality_counts(model.teachers, len(schools))
    model.notes.note(
        demand=demand,
        capacity=schools.capacity(np.asarray(model.county.class_cap)),
        new_seats=model.ledger.new_seats(),
        roll=schools.roll,
        classes=plan.classes,
        class_grade=plan.class_grade,
        teaches=schools.teaches,
        is_open=schools.is_open,
        posts=schools.posts,
        quality=schools.quality,
        teachers=teachers,
    )
    trip, pupils = trips(model.families, model.year, *model.county.distance_km.shape)
    model.notes.trips.append(trip)
    model.notes.pupils.append(pupils)


def _money(model: CountyModel) -> None:
    leased, rent = leases_in_force(model.county.programme, model.schedule, model.county.class_cap)
    model.yearly_money["bus_cost_yuan"].append(model.bus_cost_yuan)
    model.yearly_money["lease_cost_yuan"].append(rent)
    model.yearly_money["leased_seats"].append(leased)


def _flows(model: CountyModel) -> None:
    _put(model, "pupil_flows", model.flows.counts)
    _put(model, "seats_offered", model.offer.seats)
    entered = model.flows.of("entered")
    _put(model, "entrants", entered[:, [0, 6]])
    cap = np.asarray(model.county.class_cap)
    _put(model, "capacity_change", model.rooms_change * cap[None, :, None])
    _put(model, "closures", model.closures)
    _put(model, "attrition", model.attrition)
    _put(model, "teacher_flows", model.teacher_flows)
    model.notes.seasons += model.seasons


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
    children : ndarray, shape (townships, 16)
    public_share : ndarray, shape (2,)
    """
    return np.stack(
        [children[:, ages].sum(axis=1) * public_share[i] for i, ages in enumerate(LEVEL_AGES)]
    )


assert (LEVEL_AGES[0].start, LEVEL_AGES[1].stop - 1) == (SCHOOL_AGES[0], SCHOOL_AGES[-1])
assert len(LEVELS) == len(LEVEL_AGES)
