"""The enrolment season: reassignment of continuing pupils, offers, admission, class formation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim import draws
from capsim.choice.expectations import expected_tiers
from capsim.choice.outcomes import ZONE
from capsim.choice.rule_set import MIGRANT
from capsim.choice.rules import Admission, AdmissionStreams, Applicants, Demand, Offer
from capsim.choice.rules import admit as admit_level
from capsim.county import drain
from capsim.county.classes import form_classes, promote_classes
from capsim.county.families import NO_SCHOOL, PRIVATE, PUBLIC, Families
from capsim.county.flows import cells_of, roll_of, roll_of_cells
from capsim.county.lookup import first_row_of_each
from capsim.county.opening_transfers import opening_transfers
from capsim.county.placement import place
from capsim.county.private_schools import without_private
from capsim.county.seats import entry_rooms, offer_seats, usable_rooms
from capsim.dims import ENTRY_GRADES, LEVELS

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]
LISTED_NEAREST = 10


def reassign(model: CountyModel) -> None:
    """Give pupils of continuing grades a school where theirs is gone; settle their classes."""
    families, schools = model.families, model.schools
    grade = families.grade(model.year)
    taught = schools.teaches & schools.is_open[:, None]
    cells = cells_of(families.school, grade)
    ended, named = _ended(model, grade, taught, cells)
    leaving = roll_of(families.school[ended], grade[ended], len(schools))
    roll = roll_of_cells(cells, len(schools)) - leaving
    model.flows.add_table("reassigned_out", -leaving)
    families.school[ended] = NO_SCHOOL
    waiting = np.flatnonzero(families.school < 0)
    first = (grade[waiting] == ENTRY_GRADES[0]) | (grade[waiting] == ENTRY_GRADES[1])
    waiting = waiting[(families.state[waiting] == PUBLIC) & ~first]
    receiver_of = np.full(len(families), NO_SCHOOL, np.int32)
    receiver_of[ended] = named
    receiver = _able_receivers(model, receiver_of[waiting], grade[waiting], taught)
    model.village.from_nowhere[:] = model.village.after_finishing[:] = 0
    roll[:, [0, 6]] = 0
    model.staffed_rooms = usable_rooms(
        schools.rooms,
        model.teacher_count(),
        model.scenario.classes.least_teachers_per_class.as_tuple(),
    )
    before = promote_classes(schools.classes, taught)
    reserve = entry_rooms(schools.rooms, taught)
    model.plan = form_classes(
        roll,
        before,
        rooms=schools.rooms,
        rules=model.county.class_rules,
        staffed_rooms=model.staffed_rooms,
        reserve=reserve,
    )
    if len(waiting):
        roll = _place(model, waiting, receiver, grade, roll)
    schools.roll[...] = roll


def _able_receivers(model: CountyModel, receiver: I32, grade: I32, taught: Flags) -> I32:
    """A receiver that has ended hands on to its successor; who does not teach the grade is none."""
    able = receiver.astype(np.int32)
    for row in np.unique(able[able >= 0]):
        if not model.schools.is_open[row]:
            final = model.schedule.final_receiver(int(row), model.schools.is_open)
            able[able == row] = final
    teaches = (able >= 0) & taught[np.maximum(able, 0), grade - 1]
    return np.where(teaches, able, NO_SCHOOL).astype(np.int32)


def _ended(
    model: CountyModel, grade: I32, taught: Flags, cells: NDArray[np.intp]
) -> tuple[NDArray[np.intp], I32]:
    """Rows of pupils whose school or grade ended or who fill a new school; the school named."""
    families = model.families
    ends = np.concatenate((np.zeros(taught.shape[1], np.bool_), ~taught.ravel()))
    goes = ends.take(cells)
    if not model.applied.transfers:
        rows = np.flatnonzero(goes)
        return rows, model.receiver[families.school[rows]]
    opened = opening_transfers(
        model.applied.transfers,
        families.school,
        grade,
        families.identity,
        model.schools.identity,
        model.draw("opening transfer"),
    )
    rows = np.flatnonzero(goes | ((opened >= 0) & (families.school >= 0)))
    opened = opened[rows]
    return rows, np.where(opened >= 0, opened, model.receiver[families.school[rows]])


def _place(
    model: CountyModel, waiting: NDArray[np.intp], receiver: I32, grade: I32, roll: I32
) -> I32:
    """Seat those who wait, last year's unplaced first, then by lot; return the roll with them."""
    families, schools = model.families, model.schools
    lot = draws.stream(model.scenario.seed, model.replicate, "reassignment", model.year)
    key = (lot.uniform(families.identity[waiting]) * (1 << 24)).astype(np.uint32)
    was_unplaced = (families.came_from[waiting] < 0) & (waiting < model.first_arrival)
    key += np.where(was_unplaced, 0, 1 << 24).astype(np.uint32)
    placed = place(
        grade[waiting],
        receiver,
        lambda rows: _nearest_teaching(
            model, families.settlement[waiting[rows]], grade[waiting[rows]]
        ),
        key,
        roll=roll,
        plan=model.plan,
        rooms=schools.rooms,
        rules=model.county.class_rules,
        usable=model.staffed_rooms,
    )
    families.school[waiting] = placed.school
    model.plan = placed.plan
    # Arrivals of this year are the last rows of the table.
    here = int(np.searchsorted(waiting, model.first_arrival))
    model.flows.add("reassigned_in", placed.school[:here], grade[waiting[:here]])
    model.flows.add("arrived", placed.school[here:], grade[waiting[here:]])
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
    roll[:, [0, 6]] = 0
    model.offer = offer_seats(
        roll,
        model.plan,
        rooms=schools.rooms,
        teaches=schools.teaches & schools.is_open[:, None],
        rules=model.county.class_rules,
        staffed_rooms=model.staffed_rooms,
    )


@dataclass(frozen=True)
class Season:
    """The admission of one level in one year, for the record.

    Attributes
    ----------
    rows : ndarray of int, shape (applicants,)
        Rows of the applicants in the table of families at that time.
    settlement : ndarray of int32, shape (applicants,)
        Homes from which they applied.
    school, outcome : ndarray, shape (applicants,)
    in_zone, first_choice : ndarray of bool, shape (applicants,)
    cutoff_tier, cutoff_score : ndarray, shape (schools, rounds)
    seats_left : ndarray of int64, shape (schools,)
    """

    rows: NDArray[np.intp]
    settlement: I32
    school: I32
    outcome: NDArray[np.int8]
    in_zone: NDArray[np.bool_]
    first_choice: NDArray[np.bool_]
    cutoff_tier: NDArray[np.float64]
    cutoff_score: NDArray[np.float64]
    seats_left: NDArray[np.int64]


def admit(model: CountyModel) -> None:
    """Hold the admission of grade 1 and grade 7, round after round."""
    families, schools = model.families, model.schools
    grade = families.grade(model.year)
    model.seasons = []
    model.seats_left = np.zeros((len(schools), 2), np.int64)
    beds: NDArray[np.integer] = model.free_beds()
    public = families.state == PUBLIC
    entrants = [((grade == entry) & public).nonzero()[0] for entry in ENTRY_GRADES]
    # Both levels apply before either is admitted: a sibling is one who was at school already.
    applying = [_applicants(model, rows, level) for level, rows in enumerate(entrants)]
    for level, (rows, applicants) in enumerate(zip(entrants, applying, strict=True)):
        offered = Offer(
            model.offer.seats[:, level],
            model.offer.emergency_seats[:, level],
            beds,
        )
        result = _held(model, level, rows, applicants, offered)
        families.school[rows] = result.school
        model.flows.add("entered", result.school, grade[rows])
        model.seats_left[:, level] = result.seats_left
        beds = result.beds_left  # the entrants of both levels share the beds of a school
        model.seasons.append(_season(model, rows, level, result))
        model.zone_cutoffs[level].append(result.cutoff_tier[:, ZONE])
    schools.roll += model.flows.of("entered")


def _held(
    model: CountyModel, level: int, rows: NDArray[np.intp], applicants: Applicants, offered: Offer
) -> Admission:
    """Hold the rounds of one level, with private schools beside the public ones if there are."""
    ways = model.alternatives[level]
    demand = Demand(
        model.county.tastes,
        model.perceived_quality(level),
        expected_tier=_expected_tier(model, level),
    )
    rules, streams = model.county.rules[level], _streams(model, level)
    private = model.county.private
    if private is None:
        return admit_level(applicants, offered, ways, demand, rules, streams)
    whole = admit_level(
        applicants,
        private.offer(offered, level),
        private.alternatives(ways, level),
        private.demand(demand, level),
        rules,
        streams,
    )
    result, won = without_private(whole, len(model.schools))
    model.families.state[rows[won]] = PRIVATE
    model.families.destination[rows[won], level] = PRIVATE
    return result


def _expected_tier(model: CountyModel, level: int) -> NDArray[np.float64] | None:
    """Cutoff tiers families expect from recent years, where they look at them."""
    options = model.scenario.choice
    history = model.zone_cutoffs[level]
    if not (options.consider_past_cutoffs and history):
        return None
    return expected_tiers(history, options.past_cutoff_years)


def _streams(model: CountyModel, level: int) -> AdmissionStreams:
    def of(process: str, year: int) -> draws.Stream:
        name = f"{process} {LEVELS[level]}"
        return draws.stream(model.scenario.seed, model.replicate, name, year)

    return AdmissionStreams(
        lottery=of("lottery", model.year),
        private_lottery=of("private lottery", model.year),
        seat_lock=of("seat lock", model.year),
        taste=of("taste", 0),
    )


def _applicants(model: CountyModel, rows: NDArray[np.intp], level: int) -> Applicants:
    families = model.families
    return Applicants(
        identity=families.identity[rows],
        household=families.household[rows],
        settlement=families.settlement[rows],
        registration=families.registration[rows],
        points=_points(model, rows, level),
        direct_school=_direct_school(model, rows, level),
        sibling_school=_sibling_school(families, rows, model, level),
        income=families.income[rows],
        boards=families.boards[rows] & _may_board(model, level),
    )


def _may_board(model: CountyModel, level: int) -> bool:
    """Whether entrants of a level are old enough to board, where pupils board at all."""
    options = model.scenario.programme.boarding
    return bool(options.enabled and ENTRY_GRADES[level] >= options.lowest_grade)


def _points(model: CountyModel, rows: NDArray[np.intp], level: int) -> NDArray[np.float32]:
    """Points of each household, drawn once for ever; left at 0 for whom no rule asks for them."""
    rules = model.county.rules[level]
    points = np.zeros(len(rows), np.float32)
    if rules.score == "points":
        asked = np.arange(len(rows))
    elif rules.migrant_round:
        asked = np.flatnonzero(model.families.registration[rows] == MIGRANT)
    else:
        return points
    stream = draws.stream(model.scenario.seed, model.replicate, "migrant points")
    points[asked] = 100.0 * stream.uniform(model.families.household[rows[asked]])
    return points


def _direct_school(model: CountyModel, rows: NDArray[np.intp], level: int) -> I32:
    """The school whose place at grade 7 is guaranteed: the nine-year school or the fed one."""
    if level == 0:
        return np.full(len(rows), NO_SCHOOL, np.int32)
    admits = model.schools.is_open & model.schools.teaches[:, ENTRY_GRADES[1] - 1]
    return model.county.rules.direct_schools(model.families.came_from[rows], admits)


def _sibling_school(
    families: Families, rows: NDArray[np.intp], model: CountyModel, level: int
) -> I32:
    """The school, teaching this level's entry grade, of another child of the household."""
    teaches = np.append(model.schools.teaches[:, ENTRY_GRADES[level] - 1], False)
    seated = np.flatnonzero(teaches.take(families.school, mode="wrap"))  # -1 is the last cell
    if not len(seated):
        return np.full(len(rows), NO_SCHOOL, np.int32)
    # Of several siblings at school the first of the table counts, whoever else is in it.
    elder = first_row_of_each(families.kin[rows], families.kin[seated])
    return np.where(elder >= 0, families.school[seated[elder]], NO_SCHOOL).astype(np.int32)


def _season(model: CountyModel, rows: NDArray[np.intp], level: int, result: Admission) -> Season:
    settlement = model.families.settlement[rows].copy()
    seated = result.school >= 0
    in_zone = model.alternatives[level].in_zone(settlement, result.school) & seated
    if ENTRY_GRADES[level] > 1:
        direct = _direct_school(model, rows, level)
        in_zone |= seated & (direct == result.school)
    return Season(
        rows=rows,
        settlement=settlement,
        school=result.school,
        outcome=result.outcome,
        in_zone=in_zone,
        first_choice=result.rank == 0,
        cutoff_tier=result.cutoff_tier,
        cutoff_score=result.cutoff_score,
        seats_left=result.seats_left,
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
