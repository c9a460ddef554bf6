"""Around the admission season: reassignment of continuing pupils, offers, class formation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.county.families import NO_SCHOOL, PUBLIC
from capsim.schools.classes.formation import ENTRY, class_pupils, form_classes, promote_classes
from capsim.schools.classes.seats import offer_seats, usable_rooms
from capsim.schools.classes.sizes import crowding
from capsim.schools.placement import place
from capsim.schools.programme.opening_transfers import opening_transfers
from capsim.year import village as drain
from capsim.year.flows import cells_of, roll_of

if TYPE_CHECKING:
    from capsim.year.model import CountyModel

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
LISTED_NEAREST = 10


def reassign(model: CountyModel) -> None:
    """Give pupils of continuing grades a school where theirs is gone; settle their classes."""
    families, schools = model.families, model.schools
    grade = families.grade(model.year)
    taught = model.taught
    roll = schools.roll + model.flows.total()
    waiting, named = _waiting(model, grade, (roll > 0) > taught)
    in_grade = grade.take(waiting)
    leaving = roll_of(families.school.take(waiting), in_grade, len(schools))
    roll -= leaving
    model.flows.add_table("reassigned_out", -leaving)
    families.school[waiting] = NO_SCHOOL
    receiver = _able_receivers(model, named, in_grade, taught)
    model.village.from_nowhere[:] = model.village.after_finishing[:] = 0
    roll[:, ENTRY] = 0
    model.staffed_rooms = usable_rooms(
        schools.rooms,
        model.teacher_count(),
        model.scenario.classes.least_teachers_per_class.as_tuple(),
    )
    before = promote_classes(schools.classes, taught)
    model.plan = form_classes(
        roll,
        before,
        rooms=schools.rooms,
        rules=model.county.class_rules,
        staffed_rooms=model.staffed_rooms,
        reserve=model.entry_rooms,
    )
    if len(waiting):
        roll = _place(model, waiting, receiver, grade, roll)
    schools.roll[...] = roll


def _able_receivers(model: CountyModel, receiver: I32, grade: I32, taught: Flags) -> I32:
    """A receiver that has ended hands on to its successor; who does not teach the grade is none."""
    is_open = model.schools.is_open
    able = receiver.copy()
    for row in set(able[~is_open.take(able, mode="wrap")].tolist()):
        able[able == row] = model.schedule.final_receiver(row, is_open)
    able[~taught[able, grade - 1]] = NO_SCHOOL
    return able


def _waiting(model: CountyModel, grade: I32, ended: Flags) -> tuple[Rows, I32]:
    """Rows of continuing pupils who need a school or fill a new one, and the school named for each.

    They have none (then -1 is named), or their school or grade has ended.
    """
    families = model.families
    may = families.school < 0
    for column in np.logical_or.reduce(ended).nonzero()[0].tolist():
        may |= grade == column + 1
    may &= families.state == PUBLIC
    for rows in model.entrants:
        may[rows] = False
    rows = may.nonzero()[0]
    cell = cells_of(families.school.take(rows), grade.take(rows))
    lacks = np.ones((len(ended) + 1, 9), np.bool_)  # the first row: without a school
    lacks[1:] = ended
    rows = rows[lacks.take(cell)]
    if not model.applied.transfers:
        return rows, _named(model, rows)
    opened = opening_transfers(
        model.applied.transfers,
        families.school,
        grade,
        families.identity,
        model.schools.identity,
        model.draw("opening transfer"),
    )
    rows = np.union1d(rows, (opened >= 0).nonzero()[0])
    opened = opened[rows]
    return rows, np.where(opened >= 0, opened, _named(model, rows))


def _named(model: CountyModel, rows: Rows) -> I32:
    """The receiver of each child's school, -1 for children without a school."""
    school = model.families.school.take(rows)
    receiver = model.receiver.take(school, mode="wrap")
    receiver[school < 0] = NO_SCHOOL
    return receiver


def _place(model: CountyModel, waiting: Rows, receiver: I32, grade: I32, roll: I32) -> I32:
    """Seat those who wait, last year's unplaced first, then by lot; return the roll with them."""
    families, schools = model.families, model.schools
    # Arrivals of this year are the last rows of the table.
    here = int(waiting.searchsorted(model.first_arrival))
    in_grade = grade.take(waiting)

    def priority(rows: Rows) -> NDArray[np.uint32]:
        mine = waiting[rows]
        lot = model.draw("reassignment").uniform(families.identity.take(mine))
        first_time = (families.came_from.take(mine) >= 0) | (mine >= model.first_arrival)
        return (lot * (1 << 24)).astype(np.uint32) + first_time * np.uint32(1 << 24)

    placed = place(
        in_grade,
        receiver,
        lambda rows: _nearest_teaching(model, families.settlement[waiting[rows]], in_grade[rows]),
        priority,
        roll=roll,
        plan=model.plan,
        rooms=schools.rooms,
        rules=model.county.class_rules,
        usable=model.staffed_rooms,
    )
    families.school[waiting] = placed.school
    model.plan = placed.plan
    came = placed.roll - roll
    if here < len(waiting):
        arrived = roll_of(placed.school[here:], in_grade[here:], len(roll))
        model.flows.add_table("arrived", arrived)
        came -= arrived
    model.flows.add_table("reassigned_in", came)
    drain.count_reassigned(model, waiting[:here], grade)
    return placed.roll


def _nearest_teaching(model: CountyModel, home: I32, grade: I32) -> I32:
    """Open schools that teach each child's grade, nearest first, at most ten, padded with -1."""
    schools = model.schools
    taught = schools.teaches[:, grade - 1].T & schools.is_open[None, :]
    km = np.where(taught, model.county.distance_km[home], np.inf)
    most = min(LISTED_NEAREST, km.shape[1])
    order = np.argsort(km, axis=1, kind="stable")[:, :most].astype(np.int32)
    return np.where(np.isfinite(np.take_along_axis(km, order, axis=1)), order, NO_SCHOOL)


def offer(model: CountyModel) -> None:
    """Offer seats at the entry grades from the rooms and teachers left by continuing grades."""
    schools = model.schools
    roll = schools.roll.copy()
    roll[:, ENTRY] = 0
    model.offer = offer_seats(
        roll,
        model.plan,
        rooms=schools.rooms,
        due=model.entry_rooms,
        rules=model.county.class_rules,
        staffed_rooms=model.staffed_rooms,
    )


def form(model: CountyModel) -> None:
    """Form the classes of the year: entrants get theirs, continuing grades keep theirs."""
    schools = model.schools
    model.plan = form_classes(
        schools.roll,
        model.plan.classes,
        rooms=schools.rooms,
        rules=model.county.class_rules,
        staffed_rooms=model.staffed_rooms,
    )
    schools.classes = model.plan.classes.copy()
    model.held = class_pupils(schools.roll, model.plan)
    model.crowding = crowding(model.held, model.plan, model.county.class_rules.cap)
