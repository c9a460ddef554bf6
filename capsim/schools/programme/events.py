"""What the events of a 1 September do to the schools, with every classroom booked by cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np

from capsim.core.catalogue import CAPACITY_CAUSES
from capsim.core.dims import SCHOOL_KINDS
from capsim.schools.programme.schedule import I32, I64, Event, Flags, Pair, Schedule

_LEVEL_COLUMNS: Final = (slice(0, 6), slice(6, 9))


class SchoolColumns(Protocol):
    """The columns of the schools that events change in place.

    ``rooms`` and ``posts`` are int32 of shape (schools, 2), ``teaches`` bool of shape (schools, 9),
    ``is_open`` bool, ``beds``, ``parent`` and ``kind`` int32 of shape (schools,).
    """

    rooms: I32
    posts: I32
    teaches: Flags
    is_open: Flags
    beds: I32
    parent: I32
    kind: I32


@dataclass
class Applied:
    """What the events of a year did.

    Attributes
    ----------
    rooms_change : ndarray of int64, shape (schools, 2, causes), or None
        Classrooms by cause; None when nothing happened.
    opened, closed : list of int
        Rows that opened and that closed altogether (a row can be in both).
    receiver : dict of int to int
        For each row with grades that ended: the open school that takes their pupils first, at the
        end of the year's chain of mergers; -1 if none is named.
    bus : set of int
        Rows of `receiver` whose pupils go by bus.
    transfers : list of Event
        Openings that are filled by transfer.
    teaching_points : list of int
        Rows that became teaching points.
    posts_released : ndarray of int64, shape (2,)
        Posts of ended schools without a receiver at that level.
    skipped : list of (Event, str)
        Events that could not be done, with the reason, and those put off by a year.
    """

    rooms_change: I64 | None = None
    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    receiver: dict[int, int] = field(default_factory=dict)
    bus: set[int] = field(default_factory=set)
    transfers: list[Event] = field(default_factory=list)
    teaching_points: list[int] = field(default_factory=list)
    posts_released: I64 = field(default_factory=lambda: np.zeros(2, dtype=np.int64))
    skipped: list[tuple[Event, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.rooms_change is not None


def apply_events(state: SchoolColumns, schedule: Schedule, events: Sequence[Event]) -> Applied:
    """Apply the events of a year to the schools, in place, and book every classroom.

    Rooms after = rooms before + sum of ``rooms_change`` over causes, for every school and level;
    a closed school has no rooms. An event at a school that is still to be opened, and a merger
    into one, wait another year. Work at a school that has ended goes to the school that took its
    campus over, or is dropped. Receivers are followed through chains of mergers.

    Parameters
    ----------
    state : SchoolColumns
        Changed in place.
    schedule : Schedule
        Changed in place.
    events : sequence of Event
        From :func:`due_events`.

    Returns
    -------
    Applied
    """
    applied = Applied()
    if not events:
        return applied
    applied.rooms_change = np.zeros((schedule.schools, 2, len(CAPACITY_CAUSES)), dtype=np.int64)
    step = _Step(state, schedule, applied, applied.rooms_change)
    for event in events:
        step.apply(event)
    step.resolve_receivers()
    return applied


class _Step:
    """One September: the state, the memory and the books that events write to."""

    def __init__(
        self, state: SchoolColumns, schedule: Schedule, applied: Applied, books: I64
    ) -> None:
        self.state = state
        self.schedule = schedule
        self.applied = applied
        self.books = books

    def apply(self, event: Event) -> None:
        """Apply one event, put it off or drop it."""
        if event.opens:
            self._open(event)
        elif self._must_wait(event):
            self.applied.skipped.append((event, "waits for a school that is not open yet"))
            self.schedule.add([replace(event, year=event.year + 1)])
        elif event.grades_on or event.grades_off or event.shift is not None:
            self._change_teaching(event)
        else:
            self._change_rooms(event)

    def resolve_receivers(self) -> None:
        """Follow every named receiver to the end of the year's chain of mergers."""
        for row, named in self.applied.receiver.items():
            final = self.schedule.final_receiver(named, self.state.is_open)
            # A receiver that has merged into the very school cannot take what ended there.
            self.applied.receiver[row] = final if final != row else -1

    def _must_wait(self, event: Event) -> bool:
        waits = self.schedule.awaits(event.school)
        return waits or (event.receiver >= 0 and self.schedule.awaits(event.receiver))

    def _open(self, event: Event) -> None:
        row, state = event.school, self.state
        state.is_open[row] = True
        state.teaches[row] = False
        state.teaches[row, [g - 1 for g in event.grades_on]] = True
        self._book(row, event.rooms, event.cause)
        state.beds[row] += event.beds
        state.posts[row] += event.posts
        self.schedule.has_opened(row)
        self.applied.opened.append(row)
        if event.transfer_grades:
            self.applied.transfers.append(event)

    def _change_rooms(self, event: Event) -> None:
        """Add or remove rooms and beds, at the school or at whoever took its campus over."""
        state, schedule = self.state, self.schedule
        row = schedule.final_heir(event.school, state.is_open)
        taken = schedule.settle(event.undoes) if event.undoes >= 0 else (0, 0)
        if row < 0:
            self.applied.skipped.append((event, "the school has closed"))
            return
        if event.ticket >= 0 and schedule.is_settled(event.ticket):
            self.applied.skipped.append((event, "its time was over before it could begin"))
            return
        wanted = (event.rooms[0] - taken[0], event.rooms[1] - taken[1])
        made = self._book(row, self._at_taught_levels(row, wanted), event.cause)
        if event.undoes >= 0:
            # Rented rooms that have passed to the other level since are given back from there.
            lacking = min(0, sum(wanted) - sum(made))
            more = self._book(row, (lacking, 0), event.cause)
            self._book(row, (0, lacking - more[0]), event.cause)
        if event.ticket >= 0:
            schedule.note(event.ticket, made)
        state.beds[row] = max(0, int(state.beds[row]) + event.beds)

    def _at_taught_levels(self, row: int, wanted: Pair) -> Pair:
        """Rooms of a level that is no longer taught serve the other one."""
        teaches = [bool(self.state.teaches[row, c].any()) for c in _LEVEL_COLUMNS]
        if teaches == [True, False]:
            return wanted[0] + wanted[1], 0
        return (0, wanted[0] + wanted[1]) if teaches == [False, True] else wanted

    def _change_teaching(self, event: Event) -> None:
        """Begin and end grades; end the school when none is left."""
        row, state = event.school, self.state
        if not state.is_open[row]:
            self.applied.skipped.append((event, "the school has closed"))
            return
        receiver = self.schedule.final_receiver(event.receiver, state.is_open)
        if receiver == row:
            self.applied.skipped.append((event, "its receiver has merged into the school itself"))
            return
        if receiver < 0 <= event.receiver and event.cause != "close":
            self.applied.skipped.append((event, "its receiver has closed"))
            return
        # A row has few grades: lists are quicker.
        before = state.teaches[row].tolist()
        after = before.copy()
        for grade in event.grades_on:
            after[grade - 1] = True
        for grade in event.grades_off:
            after[grade - 1] = False
        state.teaches[row] = after
        self._shift_rooms(row, event)
        ended = [was and not now for was, now in zip(before, after, strict=True)]
        if receiver >= 0 and event.hands_over:
            state.teaches[receiver] |= ended
        ends = not any(after)
        for level, columns in enumerate(_LEVEL_COLUMNS):
            if ends or (any(before[columns]) and not any(after[columns])):
                self._end_level(row, level, receiver, event)
        if any(ended):
            self._name_receiver(row, receiver, event)
        if ends:
            self._end_school(row, receiver, event)
        self._set_kind(row, event)
        if receiver >= 0 and event.hands_over:
            self._set_kind(receiver, None)

    def _shift_rooms(self, row: int, event: Event) -> None:
        rooms = self.state.rooms
        if event.shift is not None:
            source, target, numerator, denominator = event.shift
            stock = int(rooms[row, source])
            moved = min(stock, numerator if denominator == 0 else stock * numerator // denominator)
            change = [0, 0]
            change[source], change[target] = -moved, moved
            self._book(row, (change[0], change[1]), event.cause)
        if event.keeps_at_most is not None:
            surplus = max(0, int(rooms[row, 0]) - event.keeps_at_most)
            self._book(row, (-surplus, 0), event.cause)

    def _end_level(self, row: int, level: int, receiver: int, event: Event) -> None:
        """Clear the rooms and posts of a level that nobody is taught in any more."""
        state = self.state
        rooms = int(state.rooms[row, level])
        pair = (rooms, 0) if level == 0 else (0, rooms)
        self._book(row, (-pair[0], -pair[1]), event.cause)
        if receiver >= 0 and event.hands_over:
            self._book(receiver, pair, event.cause)
        posts = int(state.posts[row, level])
        state.posts[row, level] = 0
        if receiver >= 0 and state.teaches[receiver, _LEVEL_COLUMNS[level]].any():
            state.posts[receiver, level] += posts
        elif event.cause == "convert" and state.teaches[row].any():
            state.posts[row, 1 - level] += posts
        else:
            self.applied.posts_released[level] += posts

    def _name_receiver(self, row: int, receiver: int, event: Event) -> None:
        applied = self.applied
        applied.receiver[row] = receiver
        if event.bus:
            applied.bus.add(row)
        if event.boards:
            self.schedule.boarding_points.add(row)

    def _end_school(self, row: int, receiver: int, event: Event) -> None:
        state, schedule = self.state, self.schedule
        state.is_open[row] = False
        schedule.boarding_points.discard(row)
        schedule.successor[row] = receiver
        if receiver >= 0 and event.hands_over:
            schedule.heir[row] = receiver
            state.beds[receiver] += state.beds[row]
        state.beds[row] = 0
        # A teaching point whose parent ends belongs to the school that took the parent over.
        state.parent[state.parent == row] = receiver
        self.applied.closed.append(row)

    def _set_kind(self, row: int, event: Event | None) -> None:
        state = self.state
        if event is not None and event.keeps_at_most is not None:
            state.kind[row] = SCHOOL_KINDS.index("teaching_point")
            state.parent[row] = self.schedule.final_receiver(event.receiver, state.is_open)
            self.applied.teaching_points.append(row)
            return
        taught = state.teaches[row].tolist()
        primary, junior = (any(taught[c]) for c in _LEVEL_COLUMNS)
        kind = SCHOOL_KINDS[int(state.kind[row])]
        if primary and junior:
            kind = "nine_year"
        elif primary and kind != "teaching_point":
            kind = "primary"
        elif junior and kind != "complete_middle":
            kind = "junior"
        state.kind[row] = SCHOOL_KINDS.index(kind)

    def _book(self, row: int, wanted: Pair, cause: str) -> Pair:
        """Change rooms, never below none, and book what was really changed."""
        if wanted == (0, 0):
            return wanted
        rooms, column = self.state.rooms, CAPACITY_CAUSES.index(cause)
        primary, junior = rooms[row].tolist()
        made = max(wanted[0], -primary), max(wanted[1], -junior)
        rooms[row] = primary + made[0], junior + made[1]
        self.books[row, 0, column] += made[0]
        self.books[row, 1, column] += made[1]
        return made
