"""What village schools lost their pupils to: an observer of each year."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import ENTRY_GRADES, SETTLEMENT_KINDS
from capsim.county.county import County
from capsim.county.families import PRIVATE
from capsim.schools.classes.formation import ENTRY
from capsim.schools.village_attrition import decompose_attrition, village_counts
from capsim.year.state import State
from capsim.year.year import Year

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

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


class VillageAttrition:
    """What the decomposition needs of a year, read at its beginning and its end.

    Attributes
    ----------
    counts : dict of ndarray
        Of the year last observed: ``last_grade_before`` (schools,), the highest grade each campus
        taught the year before; ``fates`` (2, fates), the children due at a village campus by
        last year's zones, by level: those who entered or had other reasons, whose family moved,
        who have no seat, and whose campus ended; ``from_nowhere`` and ``after_finishing`` (2,),
        pupils reassigned into village schools who had no school, and who had finished the last
        grade of another village campus.
    """

    def __init__(self, county: County) -> None:
        in_village = county.schools.settlement_kind == VILLAGE
        # The last cell stands for no school.
        self._seat_at = np.full(len(in_village) + 1, _UNSEATED, np.int8)
        self._seat_at[:-1] = np.where(in_village, _IN_VILLAGE, _ELSEWHERE)
        self._roll = self._roll_before = county.schools.roll
        self._flows: NDArray[np.int32] = np.zeros((0, 0, 0), np.int32)
        # 2 x school + level of the village campus due by level and home, -1 where it is none.
        self._due_at: I32 = np.zeros((len(ENTRY_GRADES), 0), np.int32)
        self.counts: dict[str, NDArray[Any]] = {}

    def begin(self, county: County, state: State) -> None:
        """Nothing was lost in the base year."""

    def before(self, county: County, state: State) -> None:
        """Read how schools and zones stand before the programme changes them."""
        self._roll_before = state.schools.roll.copy()
        last_grade = np.maximum.reduce(state.schools.taught() * _GRADES, axis=1)
        self.counts = {"last_grade_before": last_grade}
        # The first school of each settlement's zone that admitted to the level, if in a village.
        first = np.array([level.zone[:, 0] for level in state.choice_sets.by_level])
        due_at = 2 * first + _LEVELS
        due_at[self._seat_at.take(first, mode="wrap") != _IN_VILLAGE] = -1
        self._due_at = due_at

    def after(self, county: County, state: State, year: Year) -> None:
        """Count what became of the children due, and who was reassigned into village schools."""
        self._roll, self._flows = state.schools.roll.copy(), year.flows.counts
        self.counts["fates"] = self._fates(state, year)
        self._count_reassigned(state, year)

    def lost(self) -> I64:
        """Return the loss of village pupils in the year last observed by cause, (2, causes)."""
        notes = {
            **{name: table[None] for name, table in self.counts.items()},
            "roll": np.array([self._roll_before, self._roll]),
            "pupil_flows": self._flows[None],
        }
        lost: I64 = attrition(notes, self._seat_at[:-1] == _IN_VILLAGE)[0]
        return lost

    def _fates(self, state: State, year: Year) -> I64:
        """Count the children due by level and by what became of them."""
        families = state.families
        due, due_cell = self._due(state, year)
        # Cases are numbered as :func:`_fate` lists them, those of the second level after the first.
        case = self._seat_at.take(families.school.take(due), mode="wrap")
        case += case
        case += families.state.take(due) == PRIVATE
        case += case
        case += year.moved_entrants.take(due)
        case += case
        case += ~state.schools.taught()[:, ENTRY].take(due_cell)
        case += (due_cell & 1).astype(np.int8) * np.int8(len(_FATE_OF))
        counted = np.bincount(case, minlength=2 * len(_FATE_OF))
        fates: I64 = counted.reshape(2, -1) @ _FATE_OF
        return fates

    def _due(self, state: State, year: Year) -> tuple[NDArray[np.intp], I32]:
        """Rows of the applicants due at a village campus, and the cell where each is due."""
        before = state.families.settlement.copy()
        for moves in year.home_moves:
            before[moves.rows] = moves.left
        rows = np.concatenate([level.rows for level in year.admissions])
        home = before.take(rows)
        home[len(year.admissions[0].rows) :] += self._due_at.shape[1]
        cell = self._due_at.take(home)
        is_due = (cell >= 0).nonzero()[0]
        return rows.take(is_due), cell.take(is_due)

    def _count_reassigned(self, state: State, year: Year) -> None:
        """Count, of the pupils reassigned into village schools, where they came from."""
        moved = year.reassigned
        in_village = self._seat_at == _IN_VILLAGE
        into = in_village.take(moved.school, mode="wrap")
        origin, grade = state.families.came_from.take(moved.rows[into]), moved.grade[into]
        finished = in_village.take(origin, mode="wrap")
        last = self.counts["last_grade_before"].take(origin, mode="wrap")
        finished &= grade == last + 1
        level = (grade >= ENTRY_GRADES[1]).astype(np.intp)
        self.counts["from_nowhere"] = np.bincount(level[origin < 0], minlength=2)
        self.counts["after_finishing"] = np.bincount(level[finished], minlength=2)


def attrition(notes: Mapping[str, NDArray[Any]], in_village: Flags) -> I64:
    """Decompose the loss of village pupils in every year after the first.

    Parameters
    ----------
    notes : mapping of ndarray, shape (years, ...)
        Rolls of all years; of the years after the first the flows, and the counts of
        :class:`VillageAttrition`.
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
