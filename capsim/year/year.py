"""What one school year makes and the next one makes anew, and who decides in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from capsim.core.catalogue import CAPACITY_CAUSES
from capsim.county.county import County
from capsim.county.families import Families
from capsim.schools.classes.seats import SeatOffer
from capsim.schools.programme.events import Applied
from capsim.schools.programme.schedule import Event
from capsim.schools.small_schools import SchoolSnapshot
from capsim.schools.staffing.allocation import Moves
from capsim.schools.staffing.exchange import Exchanged
from capsim.schools.staffing.needs import SchoolsThisYear
from capsim.year.flows import PupilFlows
from capsim.year.state import State

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class AdmissionRecord:
    """The admission of one level in one year.

    Attributes
    ----------
    rows : ndarray of int, shape (applicants,)
        Rows of the applicants in the table of families.
    settlement : ndarray of int32, shape (applicants,)
        Homes from which they applied.
    school, outcome : ndarray, shape (applicants,)
    in_zone, first_choice : ndarray of bool, shape (applicants,)
    cutoff_tier, cutoff_score : ndarray, shape (schools, rounds)
    seats_left : ndarray of int64, shape (schools,)
    """

    rows: Rows
    settlement: I32
    school: I32
    outcome: I8
    in_zone: Flags
    first_choice: Flags
    cutoff_tier: NDArray[np.float64]
    cutoff_score: NDArray[np.float64]
    seats_left: I64


@dataclass(frozen=True)
class Reassigned:
    """Pupils of continuing grades who were given a school, or found none.

    Attributes
    ----------
    rows : ndarray of int, shape (pupils,)
        Of the table of families; this year's arrivals from outside are left out.
    grade, school : ndarray of int32, shape (pupils,)
        `school` is -1 for who found none.
    """

    rows: Rows
    grade: I32
    school: I32


@dataclass(frozen=True)
class HomeMoves:
    """Children whose family moved, and the settlements they left; shape (children,) each."""

    rows: Rows
    left: I32


class Decisions(Protocol):
    """What an institution decides in a year; each answer is carried out by the step that asks.

    The views may be read freely and must not be changed.
    """

    def programme(
        self, county: County, state: State, year: Year, due: Sequence[Event]
    ) -> Sequence[Event]:
        """Return the events to carry out this September, in their order, of those that are due."""
        ...

    def recruit(self, county: County, state: State, year: Year, lost: int) -> Rows:
        """Return the places of new teachers, ``2 x school + level`` each.

        Asked when `lost` teachers have retired or left, before new ones come.
        """
        ...

    def reallocate(self, county: County, state: State, year: Year) -> Moves:
        """Return how many teachers move between schools for good."""
        ...

    def exchange(self, county: County, state: State, year: Year) -> Exchanged:
        """Return who takes part in the teacher exchange, and where they go."""
        ...

    def review_small_schools(self, county: County, state: State, year: Year) -> Sequence[Event]:
        """Return what becomes of small schools, as events of next September.

        Asked where the scenario switches ``programme.small_schools`` on.
        """
        ...

    def start_schools(self, county: County, state: State, year: Year) -> Sequence[int]:
        """Return the prepared sites (rows of ``county.programme.sites``) where building begins.

        Asked where the scenario switches ``programme.demand_led`` on.
        """
        ...


class Year:
    """What the steps of one school year hand to each other; gone with the next year.

    Parameters
    ----------
    schools : int
    bureau : Decisions
        Who is asked where the county's institutions decide.

    Attributes
    ----------
    applied : Applied
        What the programme did (set by `programme`).
    closures : ndarray of int64, shape (2,)
        Schools that closed, by their lowest level.
    newcomers : Families
        The entering cohort (`demography`), which joins the ledger when it is promoted.
    staffing : SchoolsThisYear
        What the staffing reads of the schools (`staff`, and again `allocate`).
    flows : PupilFlows
        Every change of a roll by cause (from `promote` on).
    first_arrival : int
        Row of the ledger from which on children came from outside this year (`arrive`).
    wishing, new_home : ndarray, shape (children,)
        Children of continuing grades whose households want to move, and where to (`wish`).
    moved_entrants : ndarray of bool, shape (children of the ledger,)
        Applicants whose family moved before they applied (`wish`).
    home_moves : list of HomeMoves
        Of all steps of the year; nobody moves twice.
    reassigned : Reassigned
        (`reassign`).
    staffed_rooms : ndarray of int32, shape (schools, 2)
        Classrooms that teachers can keep open (`reassign`).
    offer : SeatOffer
        (`offer`).
    admissions : list of AdmissionRecord
        By level (`admit`).
    seats_left : ndarray of int64, shape (schools, 2)
        Of the offer, after admission; 0 before it.
    reviewed : SchoolSnapshot
        What the review of small schools looks at (`review`).
    """

    newcomers: Families
    staffing: SchoolsThisYear
    reassigned: Reassigned
    staffed_rooms: I32
    offer: SeatOffer
    reviewed: SchoolSnapshot

    def __init__(self, schools: int, bureau: Decisions) -> None:
        self.bureau = bureau
        self.applied = Applied()
        self.closures: I64 = np.zeros(2, np.int64)
        self.flows = PupilFlows(schools)
        self.first_arrival = 0
        self.wishing: Rows = np.zeros(0, np.intp)
        self.new_home: I32 = np.zeros(0, np.int32)
        self.moved_entrants: Flags = np.zeros(0, np.bool_)
        self.home_moves: list[HomeMoves] = []
        self.admissions: list[AdmissionRecord] = []
        self.seats_left: I64 = np.zeros((schools, 2), np.int64)

    def __repr__(self) -> str:
        applied = sum(len(level.rows) for level in self.admissions)
        seated = sum(int((level.school >= 0).sum()) for level in self.admissions)
        return (
            f"<Year: {len(self.applied.opened)} schools opened, {len(self.applied.closed)} closed; "
            f"{applied:,} children applied, {seated:,} were admitted to a public school; "
            f"{sum(len(moves.rows) for moves in self.home_moves):,} moved home>"
        )

    @property
    def rooms_change(self) -> I64:
        """Classrooms that the programme added or took, by school, level and cause."""
        if self.applied.rooms_change is not None:
            return self.applied.rooms_change
        return np.zeros((*self.seats_left.shape, len(CAPACITY_CAUSES)), np.int64)

    def outcomes(self, children: int) -> I8:
        """Return the outcome of each row of the ledger, -1 for children who did not apply."""
        found = np.full(children, -1, np.int8)
        for level in self.admissions:
            found[level.rows] = level.outcome
        return found
