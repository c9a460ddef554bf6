"""Village schools that drain: what their pupils were lost to, boarders and bus riders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capsim.county.attrition import decompose_attrition, village_counts
from capsim.county.base_year import children_by_cell
from capsim.county.families import PRIVATE, PUBLIC
from capsim.dims import ENTRY_GRADES, SETTLEMENT_KINDS

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

VILLAGE = SETTLEMENT_KINDS.index("village")
_MOVED, _NOWHERE, _CLOSED, _FATES = 1, 2, 3, 4  # why children due did not enter; 0: other reasons


class VillageYear:
    """What the decomposition of rural attrition needs from the steps of a year.

    Attributes
    ----------
    roll_before : ndarray of int32, shape (schools, 9)
    last_grade_before : ndarray of int32, shape (schools,)
        Highest grade each campus taught last year.
    campus : ndarray of int32, shape (2, settlements), or None
        By level the village campus that children of a settlement are due at by last year's zones,
        -1 where it is none; None before the first step.
    due : ndarray of int, shape (due,)
        Rows of the applicants due at a village campus, and
    due_level, due_school : ndarray of int, shape (due,)
        the level and the campus each is due at.
    fates : ndarray of int64, shape (2, fates)
        Of the children due, by level: those who entered or had other reasons, whose family moved,
        who have no seat, and whose campus ended.
    from_nowhere, after_finishing : ndarray of int64, shape (2,)
        Pupils reassigned into village schools who had no school, and who had finished the last
        grade of another village campus.
    """

    def __init__(self, schools: int) -> None:
        self.roll_before = np.zeros((schools, 9), np.int32)
        self.last_grade_before = np.zeros(schools, np.int32)
        self.campus: I32 | None = None
        self.due: Rows = np.zeros(0, np.intp)
        self.due_level: Rows = np.zeros(0, np.intp)
        self.due_school: I32 = np.zeros(0, np.int32)
        self.fates = np.zeros((2, _FATES), np.int64)
        self.from_nowhere = np.zeros(2, np.int64)
        self.after_finishing = np.zeros(2, np.int64)


def remember(model: CountyModel) -> None:
    """Note how schools stood last year, before the programme changes them."""
    schools, note = model.schools, model.village
    note.roll_before = schools.roll.copy()
    if note.campus is not None and not model.applied:
        return  # last year changed nothing, so grades and zones stand as they are noted
    taught = schools.teaches & schools.is_open[:, None]
    note.last_grade_before = np.where(taught.any(1), 9 - taught[:, ::-1].argmax(axis=1), 0).astype(
        np.int32
    )
    note.campus = np.stack([_village_campus(model, level, taught) for level in (0, 1)])


def _village_campus(model: CountyModel, level: int, taught: Flags) -> I32:
    """First school of each settlement's zone that admitted to the level, if it is in a village."""
    zone = model.zones[level]
    safe = np.maximum(zone, 0)
    fits = (zone >= 0) & taught[safe, ENTRY_GRADES[level] - 1]
    first = zone[np.arange(len(zone)), fits.argmax(axis=1)]
    in_village = model.schools.settlement_kind[np.maximum(first, 0)] == VILLAGE
    return np.where(fits.any(axis=1) & in_village, first, -1).astype(np.int32)


def count_due(model: CountyModel) -> None:
    """Note which applicants are due at a village campus by last year's zones."""
    families, note = model.families, model.village
    assert note.campus is not None
    grade = families.grade(model.year)
    enters = (grade == ENTRY_GRADES[0]) | (grade == ENTRY_GRADES[1])
    rows = (enters & (families.state == PUBLIC)).nonzero()[0]
    level = (grade.take(rows) >= ENTRY_GRADES[1]).astype(np.intp)
    cell = level * note.campus.shape[1]
    cell += families.settlement.take(rows)
    campus = note.campus.take(cell)
    is_due = (campus >= 0).nonzero()[0]
    note.due, note.due_level = rows.take(is_due), level.take(is_due)
    note.due_school = campus.take(is_due)


def count_reassigned(model: CountyModel, rows: NDArray[np.intp], grade: I32) -> None:
    """Note, of the pupils reassigned into village schools, where they came from."""
    families, schools, note = model.families, model.schools, model.village
    # The last cell stands for children without a school.
    in_village = np.append(schools.settlement_kind == VILLAGE, False)
    rows = rows[in_village.take(families.school.take(rows), mode="wrap")]
    origin, grade = families.came_from.take(rows), grade.take(rows)
    finished = in_village.take(origin, mode="wrap")
    finished &= grade == note.last_grade_before.take(origin, mode="wrap") + 1
    level = (grade >= ENTRY_GRADES[1]).astype(np.intp)
    note.from_nowhere = np.bincount(level[origin < 0], minlength=2)
    note.after_finishing = np.bincount(level[finished], minlength=2)


def settle(model: CountyModel) -> None:
    """Write the ledger into the population, and note what became of the children due."""
    model.population.settle_school_ages(
        children_by_cell(model.families, model.county.geography, model.year)
    )
    model.grade_one[model.year] = int(model.schools.roll[:, 0].sum())
    if model.year > model.scenario.years.base:
        model.village.fates = _fates(model)


def attrition(notes: Mapping[str, NDArray[Any]], in_village: Flags) -> I64:
    """Decompose the loss of village pupils in every year after the first.

    Parameters
    ----------
    notes : mapping of ndarray, shape (years, ...)
        Rolls of all years; flows of the years after the first, and what :class:`VillageYear`
        holds of them.
    in_village : ndarray of bool, shape (schools,)

    Returns
    -------
    ndarray of int64, shape (years - 1, 2, causes)
    """
    fates = notes["fates"]
    counts = village_counts(
        notes["pupil_flows"],
        roll_before=notes["roll"][:-1],
        roll_after=notes["roll"][1:],
        in_village=in_village,
        last_grade_before=notes["last_grade_before"],
        due=fates.sum(axis=-1),
        due_moved_to_town=fates[..., _MOVED],
        due_lost_by_closure=fates[..., _CLOSED],
        due_dropped_out_or_died=fates[..., _NOWHERE],
        reassigned_in_after_finishing=notes["after_finishing"],
        reassigned_in_from_nowhere=notes["from_nowhere"],
    )
    return decompose_attrition(counts)


def attrition_this_year(model: CountyModel) -> I64:
    """Decompose the loss of village pupils in the step just taken, shape (2, causes)."""
    note = model.village
    notes = {
        "roll": np.array([note.roll_before, model.schools.roll]),
        "pupil_flows": model.flows.counts[None],
        "last_grade_before": note.last_grade_before,
        "fates": note.fates,
        "after_finishing": note.after_finishing,
        "from_nowhere": note.from_nowhere,
    }
    lost: I64 = attrition(notes, model.schools.settlement_kind == VILLAGE)[0]
    return lost


def _fates(model: CountyModel) -> I64:
    """Count the children due by level and by what became of them."""
    families, schools, note = model.families, model.schools, model.village
    school = families.school.take(note.due)
    seated = school >= 0
    # Who won a private seat chose elsewhere.
    nowhere = ~seated & (families.state.take(note.due) != PRIVATE)
    fate = nowhere * _NOWHERE
    fate[model.moved_entrants.take(note.due)] = _MOVED
    if model.applied:
        ended = ~(schools.teaches & schools.is_open[:, None])[:, [0, 6]]
        fate[(fate == 0) & ended[note.due_school, note.due_level]] = _CLOSED
    fate[seated & (schools.settlement_kind.take(school, mode="wrap") == VILLAGE)] = 0
    cells = note.due_level * _FATES + fate
    return np.bincount(cells, minlength=2 * _FATES).reshape(2, _FATES)


def boarders(model: CountyModel) -> I32:
    """Return boarders by school: far enough, old enough, willing, and no more than beds."""
    options = model.scenario.programme.boarding
    schools, families = model.schools, model.families
    if not options.enabled or not schools.beds.any():
        return np.zeros(len(schools), np.int32)
    boarding = model.ways.boarding
    pair = families.settlement * np.int32(boarding.shape[1])
    pair += families.school
    may = boarding.take(pair)  # whose last column is for children without a school
    may &= families.boards
    may &= families.grade(model.year) >= options.lowest_grade
    asked = np.bincount(families.school.take(may.nonzero()[0]), minlength=len(schools))
    return np.minimum(asked, schools.beds).astype(np.int32)
