"""Village schools that drain: what their pupils were lost to, boarders and bus riders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.county.attrition import decompose_attrition, village_counts
from capsim.county.families import DROPPED_OUT, PRIVATE, PUBLIC
from capsim.county.pupils import distance_to_school
from capsim.dims import ENTRY_GRADES, SETTLEMENT_KINDS

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

VILLAGE = SETTLEMENT_KINDS.index("village")


class VillageYear:
    """What the decomposition of rural attrition needs from the steps of a year.

    Attributes
    ----------
    roll_before : ndarray of int32, shape (schools, 9)
    last_grade_before : ndarray of int32, shape (schools,)
        Highest grade each campus taught last year.
    was_open : ndarray of bool, shape (schools, 2)
        Entry grades each campus admitted to last year.
    due : ndarray of bool, shape (children,)
        Applicants due at a village campus, aligned with the table of families from leaving on.
    due_school : ndarray of int32, shape (children,)
        The campus each is due at, by last year's zones.
    from_nowhere, after_finishing : ndarray of int64, shape (2,)
        Pupils reassigned into village schools who had no school, and who had finished the last
        grade of another village campus.
    """

    def __init__(self, schools: int) -> None:
        self.roll_before = np.zeros((schools, 9), np.int32)
        self.last_grade_before = np.zeros(schools, np.int32)
        self.was_open = np.zeros((schools, 2), np.bool_)
        self.zones: list[I32] = []
        self.due: Flags = np.zeros(0, np.bool_)
        self.due_school: I32 = np.zeros(0, np.int32)
        self.from_nowhere = np.zeros(2, np.int64)
        self.after_finishing = np.zeros(2, np.int64)


def remember(model: CountyModel) -> None:
    """Note how schools stood last year, before the programme changes them."""
    schools, note = model.schools, model.village
    note.roll_before = schools.roll.copy()
    taught = schools.teaches & schools.is_open[:, None]
    note.last_grade_before = np.where(taught.any(1), 9 - taught[:, ::-1].argmax(axis=1), 0).astype(
        np.int32
    )
    note.was_open = taught[:, [0, 6]]
    note.zones = [zone.copy() for zone in model.zones]


def count_due(model: CountyModel) -> None:
    """Note which applicants are due at a village campus by last year's zones."""
    families, schools, note = model.families, model.schools, model.village
    grade = families.grade(model.year)
    note.due = np.zeros(len(families), np.bool_)
    note.due_school = np.full(len(families), -1, np.int32)
    for level, entry in enumerate(ENTRY_GRADES):
        rows = np.flatnonzero((grade == entry) & (families.state == PUBLIC))
        zone = note.zones[level]
        fits = (zone >= 0) & note.was_open[np.maximum(zone, 0), level]
        first = zone[np.arange(len(zone)), fits.argmax(axis=1)]
        in_village = fits.any(axis=1) & (schools.settlement_kind[np.maximum(first, 0)] == VILLAGE)
        due_at = np.where(in_village, first, -1)[families.settlement[rows]]
        note.due_school[rows] = due_at
        note.due[rows] = due_at >= 0


def count_reassigned(model: CountyModel, rows: NDArray[np.intp], grade: I32) -> None:
    """Note, of the pupils reassigned into village schools, where they came from."""
    families, schools, note = model.families, model.schools, model.village
    target = families.school[rows]
    into = (target >= 0) & (schools.settlement_kind[np.maximum(target, 0)] == VILLAGE)
    origin = families.came_from[rows]
    safe = np.maximum(origin, 0)
    from_village = (origin >= 0) & (schools.settlement_kind[safe] == VILLAGE)
    finished = from_village & (grade[rows] == note.last_grade_before[safe] + 1)
    level = (grade[rows] >= ENTRY_GRADES[1]).astype(np.intp)
    note.from_nowhere = np.bincount(level[into & (origin < 0)], minlength=2)
    note.after_finishing = np.bincount(level[into & finished], minlength=2)


def settle(model: CountyModel) -> None:
    """Write the ledger into the population, and decompose the loss of village pupils."""
    from capsim.county.base_year import children_by_cell

    model.population.settle_school_ages(
        children_by_cell(model.families, model.county.geography, model.year)
    )
    model.grade_one[model.year] = int(model.schools.roll[:, 0].sum())
    if model.year > model.scenario.years.base:
        model.attrition = _attrition(model)


def _attrition(model: CountyModel) -> I64:
    families, schools, note = model.families, model.schools, model.village
    due = np.flatnonzero(note.due)
    level = (families.grade(model.year)[due] >= ENTRY_GRADES[1]).astype(np.intp)
    school = families.school[due]
    seated_in_village = (school >= 0) & (schools.settlement_kind[np.maximum(school, 0)] == VILLAGE)
    moved = model.moved_entrants[due] & ~seated_in_village
    # Who won a private seat chose elsewhere.
    nowhere = ~moved & (school < 0) & (families.state[due] != PRIVATE)
    ended = ~(schools.teaches & schools.is_open[:, None])[:, [0, 6]]
    gone = ended[note.due_school[due], level]
    closed = ~moved & ~nowhere & gone & ~seated_in_village

    def by_level(flags: Flags) -> I64:
        return np.bincount(level[flags], minlength=2)

    counts = village_counts(
        np.abs(model.flows.counts),
        roll_before=note.roll_before,
        roll_after=schools.roll,
        in_village=schools.settlement_kind == VILLAGE,
        last_grade_before=note.last_grade_before,
        due=np.bincount(level, minlength=2),
        due_moved_to_town=by_level(moved),
        due_lost_by_closure=by_level(closed),
        due_dropped_out_or_died=by_level(nowhere),
        reassigned_in_after_finishing=note.after_finishing,
        reassigned_in_from_nowhere=note.from_nowhere,
    )
    return decompose_attrition(counts)


def boarders(model: CountyModel) -> I32:
    """Return boarders by school: far enough, old enough, willing, and no more than beds."""
    options = model.scenario.programme.boarding
    schools, families = model.schools, model.families
    if not options.enabled or not schools.beds.any():
        return np.zeros(len(schools), np.int32)
    with_beds = np.append(schools.beds > 0, False)  # the last cell is for those without a school
    may = families.boards & (families.grade(model.year) >= options.lowest_grade)
    rows = np.flatnonzero(may)
    rows = rows[with_beds.take(families.school[rows], mode="wrap")]
    rows = rows[distance_to_school(model, rows) > options.beyond_km]
    school = families.school[rows]
    asked = np.bincount(
        school[~model.bus.served[families.settlement[rows], school]], minlength=len(schools)
    )
    return np.minimum(asked, schools.beds).astype(np.int32)


def bus_riders(model: CountyModel) -> I64:
    """Return bus riders by school; plans the routes and notes what they cost."""
    from capsim.county.buses import riders_by_school

    schools, families, county = model.schools, model.families, model.county
    if not model.bus.served.any():
        model.bus_cost_yuan = 0.0
        return np.zeros(len(schools), np.int64)
    here = (families.school >= 0) & (families.state != DROPPED_OUT)
    flat = families.settlement[here].astype(np.intp) * len(schools) + families.school[here]
    shape = model.bus.served.shape
    pupils = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    plans = model.bus.plans(
        pupils,
        county.distance_km.astype(np.float64),
        county.between_homes_km,
        model.scenario.programme.buses,
    )
    options = model.scenario.programme.buses
    model.bus_cost_yuan = float(sum(plan.cost_yuan(options) for plan in plans.values()))
    return riders_by_school(plans, len(schools))
