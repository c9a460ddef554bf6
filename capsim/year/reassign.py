"""Pupils of continuing grades without a school get one, and their classes are settled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.county.county import County
from capsim.county.families import NO_SCHOOL, PUBLIC, in_entry_grade
from capsim.schools.classes.formation import ENTRY, form_classes, promote_classes
from capsim.schools.classes.seats import entry_rooms, usable_rooms
from capsim.schools.placement import place
from capsim.schools.programme.opening_transfers import opening_transfers
from capsim.year.flows import cells_of, roll_of
from capsim.year.state import State
from capsim.year.year import Reassigned, Year

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
LISTED_NEAREST = 10


def reassign(county: County, state: State, year: Year) -> None:
    """Give pupils of continuing grades a school where theirs is gone; settle their classes."""
    families, schools = state.families, state.schools
    grade = families.grade(state.year)
    taught = schools.taught()
    roll = schools.roll + year.flows.total()
    waiting, named = _waiting(state, year, grade, (roll > 0) > taught)
    in_grade = grade.take(waiting)
    leaving = roll_of(families.school.take(waiting), in_grade, len(schools))
    roll -= leaving
    year.flows.add_table("reassigned_out", -leaving)
    families.school[waiting] = NO_SCHOOL
    receiver = _able_receivers(state, named, in_grade, taught)
    roll[:, ENTRY] = 0
    year.staffed_rooms = usable_rooms(
        schools.rooms,
        state.staff.present,
        county.scenario.classes.least_teachers_per_class.as_tuple(),
    )
    before = promote_classes(schools.classes, taught)
    state.class_plan = form_classes(
        roll,
        before,
        rooms=schools.rooms,
        rules=county.class_rules,
        staffed_rooms=year.staffed_rooms,
        reserve=entry_rooms(schools.rooms, taught),
    )
    year.reassigned = Reassigned(waiting[:0], in_grade[:0], receiver[:0])
    if len(waiting):
        roll = _place(county, state, year, waiting, receiver, grade, roll)
    schools.roll[...] = roll


def _able_receivers(state: State, receiver: I32, grade: I32, taught: Flags) -> I32:
    """A receiver that has ended hands on to its successor; who does not teach the grade is none."""
    is_open = state.schools.is_open
    able = receiver.copy()
    for row in set(able[~is_open.take(able, mode="wrap")].tolist()):
        able[able == row] = state.schedule.final_receiver(row, is_open)
    able[~taught[able, grade - 1]] = NO_SCHOOL
    return able


def _waiting(state: State, year: Year, grade: I32, ended: Flags) -> tuple[Rows, I32]:
    """Rows of continuing pupils who need a school or fill a new one, and the school named for each.

    They have none (then -1 is named), or their school or grade has ended.
    """
    families = state.families
    may = families.school < 0
    for column in np.logical_or.reduce(ended).nonzero()[0].tolist():
        may |= grade == column + 1
    may &= families.state == PUBLIC
    may &= ~in_entry_grade(grade)
    rows = may.nonzero()[0]
    cell = cells_of(families.school.take(rows), grade.take(rows))
    lacks = np.ones((len(ended) + 1, 9), np.bool_)  # the first row: without a school
    lacks[1:] = ended
    rows = rows[lacks.take(cell)]
    if not year.applied.transfers:
        return rows, _named(state, rows)
    opened = opening_transfers(
        year.applied.transfers,
        families.school,
        grade,
        families.identity,
        state.schools.identity,
        state.draw("opening transfer"),
    )
    rows = np.union1d(rows, (opened >= 0).nonzero()[0])
    opened = opened[rows]
    return rows, np.where(opened >= 0, opened, _named(state, rows))


def _named(state: State, rows: Rows) -> I32:
    """The receiver of each child's school, -1 for children without a school."""
    school = state.families.school.take(rows)
    receiver = state.receiver.take(school, mode="wrap")
    receiver[school < 0] = NO_SCHOOL
    return receiver


def _place(
    county: County,
    state: State,
    year: Year,
    waiting: Rows,
    receiver: I32,
    grade: I32,
    roll: I32,
) -> I32:
    """Seat those who wait, last year's unplaced first, then by lot; return the roll with them."""
    families, schools = state.families, state.schools
    # Arrivals of this year are the last rows of the table.
    here = int(waiting.searchsorted(year.first_arrival))
    in_grade = grade.take(waiting)

    def priority(rows: Rows) -> NDArray[np.uint32]:
        mine = waiting[rows]
        lot = state.draw("reassignment").uniform(families.identity.take(mine))
        first_time = (families.came_from.take(mine) >= 0) | (mine >= year.first_arrival)
        return (lot * (1 << 24)).astype(np.uint32) + first_time * np.uint32(1 << 24)

    placed = place(
        in_grade,
        receiver,
        lambda rows: _nearest_teaching(
            county, state, families.settlement[waiting[rows]], in_grade[rows]
        ),
        priority,
        roll=roll,
        plan=state.class_plan,
        rooms=schools.rooms,
        rules=county.class_rules,
        usable=year.staffed_rooms,
    )
    families.school[waiting] = placed.school
    state.class_plan = placed.plan
    came = placed.roll - roll
    if here < len(waiting):
        arrived = roll_of(placed.school[here:], in_grade[here:], len(roll))
        year.flows.add_table("arrived", arrived)
        came -= arrived
    year.flows.add_table("reassigned_in", came)
    year.reassigned = Reassigned(waiting[:here], in_grade[:here], placed.school[:here])
    return placed.roll


def _nearest_teaching(county: County, state: State, home: I32, grade: I32) -> I32:
    """Open schools that teach each child's grade, nearest first, at most ten, padded with -1."""
    schools = state.schools
    taught = schools.taught()[:, grade - 1].T
    km = np.where(taught, county.distance_km[home], np.inf)
    most = min(LISTED_NEAREST, km.shape[1])
    order = np.argsort(km, axis=1, kind="stable")[:, :most].astype(np.int32)
    return np.where(np.isfinite(np.take_along_axis(km, order, axis=1)), order, NO_SCHOOL)
