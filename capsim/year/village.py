"""Village schools that drain: what their pupils were lost to, boarders and bus riders."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import ENTRY_GRADES, SETTLEMENT_KINDS
from capsim.county.base_year import children_by_cell
from capsim.county.families import PRIVATE, PUBLIC
from capsim.schools.classes.formation import ENTRY
from capsim.schools.village_attrition import decompose_attrition, village_counts

if TYPE_CHECKING:
    from capsim.year.model import CountyModel

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

VILLAGE = SETTLEMENT_KINDS.index("village")
_MOVED, _NOWHERE, _CLOSED, _FATES = 1, 2, 3, 4  # why children due did not enter; 0: other reasons
_GRADES = np.arange(1, 10, dtype=np.int32)
_LEVELS = np.arange(len(ENTRY_GRADES), dtype=np.int32)[:, None]
# Where a child due is seated: in a village, elsewhere or nowhere.
_IN_VILLAGE, _ELSEWHERE, _UNSEATED, _SEATS = 0, 1, 2, 3


def _fate(seat: int, private: int, moved: int, ended: int) -> int:
    """Fate of a child due by its seat, and by whether three things are true of it."""
    if seat == _IN_VILLAGE:
        return 0
    if moved:
        return _MOVED
    # Who won a private seat chose elsewhere.
    if seat == _UNSEATED and not private:
        return _NOWHERE
    return _CLOSED if ended else 0


_FATE_OF = np.eye(_FATES, dtype=np.int64)[
    [_fate(*case) for case in product(range(_SEATS), *3 * [range(2)])]
]


class VillageYear:
    """What the decomposition of rural attrition needs from the steps of a year.

    Attributes
    ----------
    roll_before : ndarray of int32, shape (schools, 9)
    last_grade_before : ndarray of int32, shape (schools,)
        Highest grade each campus taught last year.
    due_at : ndarray of int32, shape (2, settlements), or None
        By level the village campus that children of a settlement are due at by last year's zones,
        as ``2 x school + level``, -1 where it is none; None before the first step.
    seat_at : ndarray of int8, shape (schools + 1,)
        Whether a school is in a village or elsewhere; the last cell stands for no school.
    due : ndarray of int, shape (due,)
        Rows of the applicants due at a village campus, and
    due_cell : ndarray of int, shape (due,)
        the campus and the level each is due at, as in `due_at`.
    fates : ndarray of int64, shape (2, fates)
        Of the children due, by level: those who entered or had other reasons, whose family moved,
        who have no seat, and whose campus ended.
    from_nowhere, after_finishing : ndarray of int64, shape (2,)
        Pupils reassigned into village schools who had no school, and who had finished the last
        grade of another village campus.
    """

    def __init__(self, in_village: Flags) -> None:
        schools = len(in_village)
        self.roll_before = np.zeros((schools, 9), np.int32)
        self.last_grade_before = np.zeros(schools, np.int32)
        self.seat_at = np.full(schools + 1, _UNSEATED, np.int8)
        self.seat_at[:-1] = np.where(in_village, _IN_VILLAGE, _ELSEWHERE)
        self.due_at: I32 | None = None
        self.due: Rows = np.zeros(0, np.intp)
        self.due_cell: I32 = np.zeros(0, np.int32)
        self.fates = np.zeros((2, _FATES), np.int64)
        self.from_nowhere = np.zeros(2, np.int64)
        self.after_finishing = np.zeros(2, np.int64)


def remember(model: CountyModel) -> None:
    """Note how schools stood last year, before the programme changes them."""
    schools, note = model.schools, model.village
    note.roll_before = schools.roll.copy()
    if note.due_at is not None and not model.applied:
        return  # last year changed nothing, so grades and zones stand as they are noted
    note.last_grade_before = np.maximum.reduce(model.taught * _GRADES, axis=1)
    # The first school of each settlement's zone that admitted to the level, if in a village.
    first = np.array([ways.zone[:, 0] for ways in model.alternatives])
    due_at = 2 * first + _LEVELS
    due_at[note.seat_at.take(first, mode="wrap") != _IN_VILLAGE] = -1
    note.due_at = due_at


def count_due(model: CountyModel) -> None:
    """Find who applies, and which of them are due at a village campus by last year's zones."""
    families, note = model.families, model.village
    assert note.due_at is not None
    grade, public = families.grade(model.year), families.state == PUBLIC
    model.entrants = [((grade == entry) & public).nonzero()[0] for entry in ENTRY_GRADES]
    rows = np.concatenate(model.entrants)
    home = families.settlement.take(rows)
    home[len(model.entrants[0]) :] += note.due_at.shape[1]
    cell = note.due_at.take(home)
    is_due = (cell >= 0).nonzero()[0]
    note.due, note.due_cell = rows.take(is_due), cell.take(is_due)


def count_reassigned(model: CountyModel, rows: NDArray[np.intp], grade: I32) -> None:
    """Note, of the pupils reassigned into village schools, where they came from."""
    families, note = model.families, model.village
    in_village = note.seat_at == _IN_VILLAGE
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
    families, note = model.families, model.village
    # Cases are numbered as :func:`_fate` lists them, those of the second level after the first.
    case = note.seat_at.take(families.school.take(note.due), mode="wrap")
    case += case
    case += families.state.take(note.due) == PRIVATE
    case += case
    case += model.moved_entrants.take(note.due)
    case += case
    if model.applied:
        case += ~model.taught[:, ENTRY].take(note.due_cell)
    case += (note.due_cell & 1).astype(np.int8) * np.int8(len(_FATE_OF))
    counted = np.bincount(case, minlength=2 * len(_FATE_OF))
    fates: I64 = counted.reshape(2, -1) @ _FATE_OF
    return fates


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
