"""The yearly review of small village schools.

A village school whose roll has been below the threshold for some years is merged, served by a
bus, turned into a teaching point or linked to boarding, whichever of the allowed measures comes
first and can be done. What is decided takes effect on the next 1 September, through the same
events as the building programme.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import SCHOOL_KINDS, SETTLEMENT_KINDS
from capsim.scenario.options.programme import (
    BoardingOptions,
    BusOptions,
    Measure,
    SmallSchoolOptions,
)
from capsim.schools.classes.formation import LEVEL_GRADES, by_level
from capsim.schools.programme.schedule import CONVERTS, MERGES, Event

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

VILLAGE = SETTLEMENT_KINDS.index("village")
TEACHING_POINT = SCHOOL_KINDS.index("teaching_point")
# Grades 1-3 stay in the village: they do not board and ride at most half an hour.
LAST_GRADE_OF_POINT = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """What the review decided about one school.

    Attributes
    ----------
    school : int
        Row of the school.
    measure : {"merge", "bus", "board", "teaching_point", "kept"}
        ``kept`` where no measure could be taken.
    receiver : int
        Row of the school that takes the pupils, -1 where kept.
    distance_km : float
        Road distance between the two; missing where kept.
    pupils : int
        Pupils who have to change.
    """

    school: int
    measure: Measure | str
    receiver: int = -1
    distance_km: float = float("nan")
    pupils: int = 0


@dataclass
class Review:
    """Outcome of :func:`review_small_schools`.

    Attributes
    ----------
    decisions : list of Decision
    events : list of Event
        For next year's schedule.
    """

    decisions: list[Decision] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SchoolSnapshot:
    """What the review looks at; shapes as in :class:`capsim.county.schools.Schools`.

    Attributes
    ----------
    roll : ndarray of int32, shape (schools, 9)
    rooms : ndarray of int32, shape (schools, 2)
    teaches : ndarray of bool, shape (schools, 9)
    is_open, protected : ndarray of bool, shape (schools,)
        `protected` schools have a project to come and are left alone.
    kind, settlement_kind, beds, boarders : ndarray of int32, shape (schools,)
        `boarders` is read only where boarding is among the measures.
    filling : ndarray of bool, shape (schools,), optional
        New schools whose grades cannot all have filled yet: they are not ended, but may receive.
    """

    roll: I32
    rooms: I32
    teaches: Flags
    is_open: Flags
    protected: Flags
    kind: I32
    settlement_kind: I32
    beds: I32
    boarders: I32
    filling: Flags | None = None


def count_small_years(
    years_small: I32, options: SmallSchoolOptions, schools: SchoolSnapshot
) -> None:
    """Add a year to the count of village schools below the threshold, clear the others; in place.

    Parameters
    ----------
    years_small : ndarray of int32, shape (schools,)
        Consecutive years below the threshold so far.
    """
    least = np.where(
        schools.kind == TEACHING_POINT,
        options.teaching_point_threshold_pupils,
        options.threshold_pupils,
    )
    small = np.add.reduce(schools.roll, axis=1) < least
    small &= schools.is_open
    small &= schools.settlement_kind == VILLAGE
    years_small += 1
    years_small *= small


def review_small_schools(
    options: SmallSchoolOptions,
    buses: BusOptions,
    boarding: BoardingOptions,
    schools: SchoolSnapshot,
    *,
    year: int,
    years_small: I32,
    distance_km: F64,
    class_cap: ArrayLike,
) -> Review:
    """Decide about the schools that have been small for long enough.

    The smallest school is decided first. Each allowed measure is tried in the scenario's order at
    the nearest school that can receive: open, no teaching point, without a project to come, not
    ended by this review, teaching every grade that has to move, and with seats at the class cap
    (rooms x class cap less roll) and, where pupils board, free beds for them. A school that has
    been chosen to receive is not ended in the same review. Limits by road: the walking limit for
    ``merge``; what a bus covers within its time limit, one stop included, for ``bus`` and
    ``teaching_point``; the boarding limit for ``board``.

    Parameters
    ----------
    options, buses, boarding : sections of the scenario
    schools : SchoolSnapshot
    year : int
        Year just simulated; events are due the year after.
    years_small : ndarray of int32, shape (schools,)
        Consecutive years below the threshold (:func:`count_small_years`).
    distance_km : ndarray, shape (schools, schools)
        Road distances.
    class_cap : array_like, shape (2,)

    Returns
    -------
    Review
        Empty when the review is off.
    """
    review = Review()
    if not options.enabled:
        return review
    may_end = (
        ~schools.protected if schools.filling is None else ~schools.protected & ~schools.filling
    )
    due = (may_end & (years_small >= options.years)).nonzero()[0]
    if not len(due):
        return review
    desk = _Desk(options, buses, boarding, schools, distance_km, np.asarray(class_cap, np.float64))
    order = due[np.lexsort((due, schools.roll[due].sum(axis=1)))]
    for row in order:
        if desk.receives[row]:
            continue
        decision, event = desk.decide(int(row), year)
        review.decisions.append(decision)
        if event is not None:
            review.events.append(event)
    return review


class _Desk:
    """One review: what receivers still have to give while schools are decided in turn."""

    def __init__(
        self,
        options: SmallSchoolOptions,
        buses: BusOptions,
        boarding: BoardingOptions,
        schools: SchoolSnapshot,
        distance_km: F64,
        class_cap: F64,
    ) -> None:
        self.options = options
        self.schools = schools
        self.boards_from = boarding.lowest_grade
        self.can_board = boarding.enabled
        self.distance_km = distance_km
        bus_km = bus_range_km(buses)
        self.limit_km = {
            "merge": options.walk_limit_km,
            "bus": bus_km,
            "teaching_point": bus_km,
            "board": options.board_limit_km,
        }
        self.free_seats = schools.rooms * class_cap - by_level(schools.roll)
        self.free_beds = schools.beds - schools.boarders
        self.receives = np.zeros(len(schools.roll), dtype=np.bool_)
        takes = schools.is_open & ~schools.protected & (schools.kind != TEACHING_POINT)
        self.may_receive = takes  # without those that end

    def decide(self, row: int, year: int) -> tuple[Decision, Event | None]:
        """Return the first measure that can be taken for a school, and its event."""
        whole: int | None = None  # nearest school that can take all grades
        for measure in self.options.measures:
            moving = self._moving_grades(row, measure)
            if moving is None:
                continue
            if measure not in ("merge", "bus"):
                receiver = self._receiver(row, moving, boards=measure == "board")
            elif whole is None:
                receiver = whole = self._receiver(row, moving, boards=False)
            else:
                receiver = whole
            if receiver >= 0 and self.distance_km[row, receiver] <= self.limit_km[measure]:
                return self._take(row, receiver, moving, measure, year)
        return Decision(row, "kept"), None

    def _moving_grades(self, row: int, measure: str) -> Flags | None:
        """Return the grades that a measure moves; None if it makes no sense for the school."""
        taught: Flags = self.schools.teaches[row]
        if measure in ("merge", "bus"):
            return taught
        if self.schools.kind[row] == TEACHING_POINT or not taught[0]:
            return None
        if measure == "board" and not self.can_board:
            return None
        first = self.boards_from if measure == "board" else LAST_GRADE_OF_POINT + 1
        moving: Flags = taught & (np.arange(1, 10) >= first)
        return moving if moving.any() else None

    def _receiver(self, row: int, moving: Flags, *, boards: bool) -> int:
        """Return the nearest school that can take the moving grades, -1 if none can."""
        able = self.may_receive & np.logical_and.reduce(self.schools.teaches >= moving, axis=1)
        able[row] = False
        need = self._pupils(row, moving)
        for level, pupils in enumerate(need):
            if pupils:
                able &= self.free_seats[:, level] >= pupils
        if boards:
            able &= self.free_beds >= sum(need)
        candidates = able.nonzero()[0]
        if not len(candidates):
            return -1
        return int(candidates[self.distance_km[row].take(candidates).argmin()])

    def _pupils(self, row: int, moving: Flags) -> list[int]:
        """Pupils of the moving grades, by level."""
        pupils = (self.schools.roll[row] * moving).tolist()
        return [sum(pupils[grades]) for grades in LEVEL_GRADES]

    def _take(
        self, row: int, receiver: int, moving: Flags, measure: Measure, year: int
    ) -> tuple[Decision, Event]:
        """Book seats and beds of the receiver and return the decision with its event."""
        pupils = self._pupils(row, moving)
        self.free_seats[receiver] -= pupils
        if measure == "board":
            self.free_beds[receiver] -= sum(pupils)
        self.receives[receiver] = True
        grades = tuple((moving.nonzero()[0] + 1).tolist())
        staying = int(np.count_nonzero(self.schools.teaches[row] > moving))
        stays = staying > 0
        self.may_receive[row] = False
        event = Event(
            year + 1,
            "convert" if stays else "merge",
            row,
            order=CONVERTS if stays else MERGES,
            grades_off=grades,
            keeps_at_most=staying if stays else None,
            receiver=receiver,
            bus=measure in ("bus", "teaching_point"),
            boards=measure == "board",
        )
        distance = float(self.distance_km[row, receiver])
        return Decision(row, measure, receiver, distance, sum(pupils)), event


def bus_range_km(buses: BusOptions) -> float:
    """Return how far a bus with one stop goes within its time limit, in km by road."""
    return max(0.0, buses.limit_minutes - buses.stop_minutes) / 60.0 * buses.speed_km_per_hour
