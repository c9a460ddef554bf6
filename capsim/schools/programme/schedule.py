"""Events and the schedule that holds them: what is due when in one replicate, and the memory.

The schedule keeps what a replicate must remember between years: what is due when, who took over
from whom, and how many rooms were taken out of use and must come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from capsim.schools.programme.ledger import Accounts

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Pair = tuple[int, int]

# Within a year: schools open, rooms are added, schools change what they teach, rooms are given
# back, and only then schools end - so that a receiver that opens this year is there in time.
OPENS, ADDS, CONVERTS, REMOVES, MERGES, CLOSES = range(6)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens to one school on a 1 September.

    Attributes
    ----------
    year : int
        Year in which it is due.
    cause : str
        Cause under which the seats are booked, one of ``CAPACITY_CAUSES``.
    school : int
        Row of the school.
    order : int
        Place in the order of a year.
    project : int
        Index of the project, -1 for decisions of the review.
    opens : bool
        Whether the school opens.
    rooms : (int, int)
        Classrooms added, primary and junior; negative where removed.
    ticket, undoes : int
        An event with a `ticket` notes the change it really made; the later event that `undoes`
        that ticket takes it back, however much it was. -1 for none.
    grades_on, grades_off : tuple of int
        Grades 1-9 that the school begins and ceases to teach.
    shift : (int, int, int, int) or None
        ``(from level, to level, numerator, denominator)``: rooms that pass between levels as a
        share of those of the first; with denominator 0 the numerator is a number of rooms.
    keeps_at_most : int or None
        Primary classrooms that a school which becomes a teaching point keeps.
    receiver : int
        Row of the school that takes the pupils of the grades that end, -1 if none is named.
    hands_over : bool
        Whether the receiver gets the rooms and beds and teaches what was taught there.
    beds : int
        Beds added.
    posts : (int, int)
        Posts added.
    bus, boards : bool
        Whether the pupils of the grades that end go to the receiver by bus, or board there, and
        so do those who go on to it later.
    transfer_from, transfer_grades : tuple of int
        Rows and grades from which a school that opens is filled, and
    transfer_share : float
        the share of their pupils who move.
    """

    year: int
    cause: str
    school: int
    order: int = ADDS
    project: int = -1
    opens: bool = False
    rooms: Pair = (0, 0)
    ticket: int = -1
    undoes: int = -1
    grades_on: tuple[int, ...] = ()
    grades_off: tuple[int, ...] = ()
    shift: tuple[int, int, int, int] | None = None
    keeps_at_most: int | None = None
    receiver: int = -1
    hands_over: bool = False
    beds: int = 0
    posts: Pair = (0, 0)
    bus: bool = False
    boards: bool = False
    transfer_from: tuple[int, ...] = ()
    transfer_grades: tuple[int, ...] = ()
    transfer_share: float = 0.0


@dataclass
class Schedule:
    """The programme of one replicate: what is due, and the memory of what was done.

    Attributes
    ----------
    schools : int
        Number of school rows.
    accounts : Accounts
        Payments of the projects.
    successor : ndarray of int32, shape (schools,)
        School that took over the pupils when a school ended, -1 otherwise.
    heir : ndarray of int32, shape (schools,)
        School that took over the rooms when a school ended, -1 otherwise.
    boarding_points : set of int
        Teaching points whose pupils board at the receiver when they go on to it.
    """

    schools: int
    accounts: Accounts = field(default_factory=Accounts)
    successor: I32 = field(init=False)
    heir: I32 = field(init=False)
    boarding_points: set[int] = field(default_factory=set, init=False)
    _due: dict[int, list[Event]] = field(default_factory=dict, init=False)
    _awaited: dict[int, int] = field(default_factory=dict, init=False)
    _tickets: dict[int, Pair] = field(default_factory=dict, init=False)
    _settled: set[int] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.successor = np.full(self.schools, -1, dtype=np.int32)
        self.heir = np.full(self.schools, -1, dtype=np.int32)

    def add(self, events: Iterable[Event]) -> None:
        """Enter events, each in its year."""
        for event in events:
            self._due.setdefault(event.year, []).append(event)
            if event.opens:
                self._awaited[event.school] = event.year

    def take_due(self, year: int) -> Sequence[Event]:
        """Remove and return the events due in a year, in the order in which they take effect."""
        events = self._due.pop(year, None)
        if events is None:
            return ()
        events.sort(key=lambda e: (e.order, e.project, e.school))
        return events

    def awaits(self, school: int) -> bool:
        """Return whether a school is still to be opened."""
        return school in self._awaited

    def has_opened(self, school: int) -> None:
        """Note that a school stands now."""
        self._awaited.pop(school, None)

    def note(self, ticket: int, change: Pair) -> None:
        """Keep the change of rooms that an event with a ticket really made."""
        self._tickets[ticket] = change

    def noted(self, ticket: int) -> Pair:
        """Return the change in force under a ticket; nothing if there is none."""
        return self._tickets.get(ticket, (0, 0))

    def settle(self, ticket: int) -> Pair:
        """Return the change noted under a ticket and forget it; nothing if it was never made."""
        self._settled.add(ticket)
        return self._tickets.pop(ticket, (0, 0))

    def is_settled(self, ticket: int) -> bool:
        """Return whether the end of a passing change has come before the change itself."""
        return ticket in self._settled

    def touched_later(self) -> Flags:
        """Return the schools that a coming event concerns, shape (schools,).

        They are exempt from the review of small schools: what the programme holds for them comes
        first.
        """
        touched = np.zeros(self.schools, dtype=np.bool_)
        for events in self._due.values():
            for event in events:
                touched[event.school] = True
                if event.receiver >= 0:
                    touched[event.receiver] = True
        return touched

    def rooms_to_come(self) -> I64:
        """Return the classrooms that coming events add, shape (schools, 2), on balance.

        Rooms that return after repairs count: they are not there yet.
        """
        coming: I64 = np.zeros((self.schools, 2), dtype=np.int64)
        for events in self._due.values():
            for event in events:
                taken = self.noted(event.undoes)
                coming[event.school, 0] += event.rooms[0] - taken[0]
                coming[event.school, 1] += event.rooms[1] - taken[1]
        return coming

    def final_receiver(self, school: int, is_open: Flags) -> int:
        """Follow the successors of a school to one that is open; -1 if there is none."""
        return self._follow(self.successor, school, is_open)

    def final_heir(self, school: int, is_open: Flags) -> int:
        """Follow the heirs of a campus to a school that is open; -1 if its rooms are gone."""
        return self._follow(self.heir, school, is_open)

    def _follow(self, links: I32, school: int, is_open: Flags) -> int:
        steps = 0
        while school >= 0 and not is_open[school] and steps <= self.schools:
            school = int(links[school])
            steps += 1
        return school if school >= 0 and is_open[school] else -1


def due_events(schedule: Schedule, year: int) -> Sequence[Event]:
    """Return the events due in a year, in the order in which they take effect.

    They are taken out of the schedule: ask once a year.
    """
    return schedule.take_due(year)
