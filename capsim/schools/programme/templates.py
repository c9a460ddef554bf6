"""The events each kind of project ends in, before the years are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Literal

from capsim.core.dims import GRADES, GRADES_OF_LEVEL
from capsim.scenario.options.programme import (
    Build,
    Close,
    Convert,
    Expand,
    Lease,
    Merge,
    Project,
    Renovate,
)
from capsim.schools.programme.projects import GRADES_OF_KIND, posts_of
from capsim.schools.programme.schedule import CLOSES, CONVERTS, MERGES, OPENS, REMOVES, Event, Pair


@dataclass(frozen=True, slots=True)
class Template:
    """An event whose year is not drawn yet.

    Attributes
    ----------
    event : Event
        Its year is an offset from the anchor.
    anchor : {"start", "finish", "year"}
        First September on or after the start, or after the finish, or the year 0 (so that the
        offset is the calendar year itself).
    """

    event: Event
    anchor: Literal["start", "finish", "year"] = "finish"


@dataclass(frozen=True, slots=True)
class _Context:
    index: int
    row: int
    receiver: int
    rows: Mapping[str, int]
    kind: str
    rooms: Pair
    class_cap: Sequence[float]
    ticket: int


def templates_of(
    project: Project,
    index: int,
    row_of: Mapping[str, int],
    school_kind: str,
    rooms: Pair,
    class_cap: Sequence[float],
    *,
    ticket: int,
) -> tuple[Template, ...]:
    """Return the events of a project.

    Parameters
    ----------
    project : Project
    index : int
        Index of the project.
    row_of : mapping of str to int
        Rows of the schools.
    school_kind : str
        Kind of the school concerned, before the project.
    rooms : (int, int)
        Classrooms that it adds, where it builds or rents.
    class_cap : sequence of two floats
        Planned class size by level.
    ticket : int
        A number no other piece of work has, for rooms that come back.

    Returns
    -------
    tuple of Template
    """
    named = getattr(project, "receiver", None)
    context = _Context(
        index=index,
        row=row_of[project.school],
        receiver=-1 if named is None else row_of[named],
        rows=row_of,
        kind=school_kind,
        rooms=rooms,
        class_cap=class_cap,
        ticket=ticket,
    )
    return tuple(_templates(project, context))


@singledispatch
def _templates(project: Project, at: _Context) -> list[Template]:
    raise TypeError(f"no events are defined for {type(project).__name__}")


@_templates.register
def _(project: Build, at: _Context) -> list[Template]:
    event = Event(
        0,
        "build",
        at.row,
        order=OPENS,
        project=at.index,
        opens=True,
        rooms=at.rooms,
        grades_on=GRADES_OF_KIND[project.school_kind],
        beds=project.beds,
        posts=posts_of(project, at.rooms, at.class_cap),
        transfer_from=tuple(at.rows[s] for s in project.transfer_from),
        transfer_grades=project.transfer_grades,
        transfer_share=project.transfer_share,
    )
    return [Template(event)]


@_templates.register
def _(project: Expand, at: _Context) -> list[Template]:
    return [
        Template(Event(0, "expand", at.row, project=at.index, rooms=at.rooms, beds=project.beds))
    ]


@_templates.register
def _(project: Renovate, at: _Context) -> list[Template]:
    gain = (project.rooms_change_primary, project.rooms_change_junior)
    out = (-project.rooms_out_of_use_primary, -project.rooms_out_of_use_junior)
    back = Event(0, "renovate", at.row, project=at.index, rooms=gain, undoes=at.ticket)
    begin = Event(
        0, "renovate", at.row, order=REMOVES, project=at.index, rooms=out, ticket=at.ticket
    )
    return [Template(begin, "start"), Template(back)] if any(out) else [Template(back)]


@_templates.register
def _(project: Lease, at: _Context) -> list[Template]:
    begin = Event(0, "lease", at.row, project=at.index, rooms=at.rooms, ticket=at.ticket)
    if project.end_year is None:
        return [Template(begin)]
    end = Event(
        project.end_year, "lease", at.row, order=REMOVES, project=at.index, undoes=at.ticket
    )
    return [Template(begin), Template(end, "year")]


@_templates.register
def _(project: Merge, at: _Context) -> list[Template]:
    event = Event(
        0,
        "merge",
        at.row,
        order=MERGES,
        project=at.index,
        grades_off=GRADES,
        receiver=at.receiver,
        hands_over=project.keep_rooms,
        bus=project.bus,
    )
    return [Template(event)]


@_templates.register
def _(project: Close, at: _Context) -> list[Template]:
    grades = GRADES if project.level is None else GRADES_OF_LEVEL[project.level]
    steps = _one_grade_a_year(grades) if project.gradual else [grades]
    return [
        Template(
            Event(
                offset,
                "close",
                at.row,
                order=CLOSES,
                project=at.index,
                grades_off=ended,
                receiver=at.receiver,
                bus=project.bus,
            )
        )
        for offset, ended in enumerate(steps)
    ]


@_templates.register
def _(project: Convert, at: _Context) -> list[Template]:
    old = GRADES_OF_KIND[at.kind]
    if project.to == "teaching_point":
        return [Template(_to_teaching_point(project, at))]
    new = GRADES_OF_KIND[project.to]
    begun = tuple(g for g in new if g not in old)
    ended = tuple(g for g in GRADES if g not in new)
    steps = _one_grade_a_year(ended) if project.gradual and ended else [ended]
    templates = []
    for offset, grades_off in enumerate(steps):
        event = Event(
            offset,
            "convert",
            at.row,
            order=CONVERTS,
            project=at.index,
            grades_on=begun if offset == 0 else (),
            grades_off=grades_off,
            shift=_shift(project, old, years_left=len(steps) - offset),
            receiver=at.receiver,
            bus=project.bus,
        )
        templates.append(Template(event))
    return templates


def _shift(project: Convert, old: Sequence[int], years_left: int) -> tuple[int, int, int, int]:
    """Return which rooms pass between levels: numerator over denominator, or a number over 0.

    Where a level ends, an equal part of its rooms that are left passes on each year and the last
    year all of them.
    """
    if project.to == "nine_year":
        lost, gained = (0, 1) if old[0] == 1 else (1, 0)
        return lost, gained, project.rooms_moved or 0, 0
    lost, gained = (0, 1) if project.to == "junior" else (1, 0)
    return lost, gained, 1, years_left


def _to_teaching_point(project: Convert, at: _Context) -> Event:
    kept = project.highest_grade if project.rooms_kept is None else project.rooms_kept
    return Event(
        0,
        "convert",
        at.row,
        order=CONVERTS,
        project=at.index,
        grades_off=tuple(g for g in GRADES if g > project.highest_grade),
        keeps_at_most=kept,
        receiver=at.receiver,
        bus=project.bus,
    )


def _one_grade_a_year(grades: Sequence[int]) -> list[tuple[int, ...]]:
    """Return which grades end in each year when the intake stops: the lowest of a level first.

    Grade 1 ends in the first year, when its pupils have moved to grade 2, and so on. Both levels
    run out side by side.
    """
    levels = [[g for g in grades if g in GRADES_OF_LEVEL[lv]] for lv in GRADES_OF_LEVEL]
    years = max(len(level) for level in levels)
    return [tuple(level[y] for level in levels if y < len(level)) for y in range(years)]
