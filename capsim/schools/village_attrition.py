"""Rural attrition: why village schools have fewer pupils than last year, adding up exactly.

Village schools are the campuses that stand in villages, teaching points included. The counts are
kept by level, primary and junior; the difference between last year's and this year's pupils of a
level is the sum of the signed causes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.catalogue import ATTRITION_CAUSES, PUPIL_CAUSES

I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class VillageCounts:
    """What happened to the pupils of village schools in a year; each of shape (..., 2), by level.

    Years may come first: the counts of several are worked out in one go.

    Attributes
    ----------
    before, after : ndarray of int64
        Pupils on the roll last year and this year.
    finished : ndarray of int64
        Pupils who finished the last grade of their campus, less those who went on to another
        village campus of the same level.
    due : ndarray of int64
        Children with a public destination who were due to enter a level this year and whose home
        village is zoned to a village campus.
    entered : ndarray of int64
        Entrants of village campuses.
    due_moved_to_town : ndarray of int64
        Of those due: children whose family moved to the town before they entered.
    due_lost_by_closure : ndarray of int64
        Of those due: children who entered elsewhere because the campus of their zone ended this
        year.
    due_dropped_out_or_died : ndarray of int64
        Of those due: children who entered no school or died.
    left_county, moved_to_town, dropped_out_or_died : ndarray of int64
        Pupils of continuing grades who left a village campus for these reasons.
    closure : ndarray of int64
        Pupils whose campus or grade ended and who left village schools, less those who came into
        them for this reason.
    transferred_out, transferred_in : ndarray of int64
        Pupils of continuing grades who changed to and from schools that are not in a village,
        without a move and without a closure.
    arrived : ndarray of int64
        Pupils of continuing grades who came from outside the county or from no school.
    """

    before: I64
    after: I64
    finished: I64
    due: I64
    entered: I64
    due_moved_to_town: I64
    due_lost_by_closure: I64
    due_dropped_out_or_died: I64
    left_county: I64
    moved_to_town: I64
    dropped_out_or_died: I64
    closure: I64
    transferred_out: I64
    transferred_in: I64
    arrived: I64

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name).shape[-1:] != (2,):
                raise ValueError(f"{name} must have one count for each of the two levels")


def decompose_attrition(counts: VillageCounts) -> I64:
    """Return the loss of village pupils by level and cause; the causes add up to it exactly.

    - ``fewer_births``: pupils who finished less children who were due to enter
    - ``left_county``: pupils of continuing grades who left the county
    - ``moved_to_town``: pupils, and children due, whose family moved to the town
    - ``closure``: pupils, and children due, whose campus ended and who went to a school that is
      not in a village, net
    - ``chose_elsewhere``: of the other children due, those who did not enter a village campus,
      less entrants who were not due there; and transfers, net
    - ``dropped_out_or_died``
    - ``arrivals``: negative

    Parameters
    ----------
    counts : VillageCounts

    Returns
    -------
    ndarray of int64, shape (..., level 2, causes), in the order of ``ATTRITION_CAUSES``

    Raises
    ------
    ArithmeticError
        If the causes do not add up to the difference of the rolls: a flow was not counted.
    """
    c = counts
    due_elsewhere = (
        c.due - c.due_moved_to_town - c.due_lost_by_closure - c.due_dropped_out_or_died - c.entered
    )
    by_cause = {
        "fewer_births": c.finished - c.due,
        "left_county": c.left_county,
        "moved_to_town": c.moved_to_town + c.due_moved_to_town,
        "closure": c.closure + c.due_lost_by_closure,
        "chose_elsewhere": due_elsewhere + c.transferred_out - c.transferred_in,
        "dropped_out_or_died": c.dropped_out_or_died + c.due_dropped_out_or_died,
        "arrivals": -c.arrived,
    }
    table: I64 = np.stack([by_cause[cause] for cause in ATTRITION_CAUSES], axis=-1)
    lost = c.before - c.after
    gap = (lost - table.sum(axis=-1)).reshape(-1, 2)
    if gap.any():
        gap = gap[gap.any(axis=1).argmax()]
        raise ArithmeticError(
            f"{int(gap[0])} primary and {int(gap[1])} junior village pupils are not accounted for"
        )
    return table


def village_counts(
    flows: ArrayLike,
    *,
    roll_before: ArrayLike,
    roll_after: ArrayLike,
    in_village: Flags,
    last_grade_before: ArrayLike,
    due: ArrayLike,
    due_moved_to_town: ArrayLike = (0, 0),
    due_lost_by_closure: ArrayLike = (0, 0),
    due_dropped_out_or_died: ArrayLike = (0, 0),
    reassigned_in_after_finishing: ArrayLike = (0, 0),
    reassigned_in_from_nowhere: ArrayLike = (0, 0),
) -> VillageCounts:
    """Add the pupil flows of all schools up to the counts of the village schools.

    Years may come first in all arrays but `in_village`.

    Parameters
    ----------
    flows : array_like of int, shape (schools, 9, causes)
        Pupils by school, grade and cause in the order of ``PUPIL_CAUSES``; those of a cause are
        all gained or all lost, and signs do not count. Flows after promotion stand at the new
        grade.
    roll_before, roll_after : array_like of int, shape (schools, 9)
        Rolls of last year and this year.
    in_village : ndarray of bool, shape (schools,)
        Whether the campus stands in a village.
    last_grade_before : array_like of int, shape (schools,)
        Highest grade each campus taught last year (0 if none): pupils reassigned out of the grade
        after it have finished there and were not driven out.
    due, due_moved_to_town, due_lost_by_closure, due_dropped_out_or_died : array_like, shape (2,)
        See :class:`VillageCounts`.
    reassigned_in_after_finishing : array_like, shape (2,)
        Of the pupils reassigned into village schools: those who had finished the last grade of
        another village campus.
    reassigned_in_from_nowhere : array_like, shape (2,)
        Of the pupils reassigned into village schools: those who had no school, and those whose
        school is not in a village and did not end.

    Returns
    -------
    VillageCounts
        Pupils moved out count as moved to the town, pupils moved in as transferred in.
    """
    village = np.asarray(in_village, dtype=np.bool_)
    flow = np.asarray(flows)
    *years, schools, grades, causes = flow.shape
    # A product of floating-point numbers is quicker and as exact for counts.
    summed = village.astype(np.float64) @ flow.reshape(*years, schools, grades * causes)
    per_grade = np.moveaxis(summed.astype(np.int64).reshape(*years, grades, causes), -1, 0)
    total = dict(zip(PUPIL_CAUSES, np.abs(_by_level(per_grade)), strict=True))
    finished_point = np.zeros(2, dtype=np.int64)
    if total["reassigned_out"].any():
        out = np.abs(flow[..., PUPIL_CAUSES.index("reassigned_out")])
        after_last = np.arange(1, 10) == np.asarray(last_grade_before)[..., None] + 1
        finished_point = _of_villages(np.where(after_last, out, 0), village)
    onward = np.asarray(reassigned_in_after_finishing, dtype=np.int64)
    nowhere = np.asarray(reassigned_in_from_nowhere, dtype=np.int64)
    moved_on = total["promoted_out"] - total["promoted_in"]
    return VillageCounts(
        before=_of_villages(roll_before, village),
        after=_of_villages(roll_after, village),
        finished=moved_on + total["graduated"] + finished_point - onward,
        due=np.asarray(due, dtype=np.int64),
        entered=total["entered"],
        due_moved_to_town=np.asarray(due_moved_to_town, dtype=np.int64),
        due_lost_by_closure=np.asarray(due_lost_by_closure, dtype=np.int64),
        due_dropped_out_or_died=np.asarray(due_dropped_out_or_died, dtype=np.int64),
        left_county=total["left_county"],
        moved_to_town=total["moved_out"],
        dropped_out_or_died=total["dropped_out"] + total["died"],
        closure=(total["reassigned_out"] - finished_point)
        - (total["reassigned_in"] - onward - nowhere),
        transferred_out=np.zeros(2, dtype=np.int64),
        transferred_in=total["moved_in"],
        arrived=total["arrived"] + nowhere,
    )


def _of_villages(counts: ArrayLike, village: Flags) -> I64:
    """Sum counts by school and grade, shape (..., schools, 9), over village schools by level."""
    return _by_level((village.astype(np.float64) @ np.asarray(counts)).astype(np.int64))


def _by_level(per_grade: NDArray[np.integer]) -> I64:
    """Sum counts by grade, shape (..., 9), by level."""
    total: I64 = np.add.reduceat(per_grade, (0, 6), axis=-1, dtype=np.int64)
    return total
