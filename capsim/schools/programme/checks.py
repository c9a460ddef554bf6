"""Whether a programme can be carried out: every reason why not, before the run."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from capsim.core.dims import ENTRY_GRADES, LEVELS
from capsim.core.errors import Problems
from capsim.scenario.options.programme import (
    Build,
    Close,
    Convert,
    Expand,
    Lease,
    Merge,
    Phase,
    ProgrammeOptions,
    Project,
    Renovate,
)
from capsim.schools.programme.projects import (
    GRADES_OF_KIND,
    is_sized,
    levels_of_kind,
    rooms_of,
)
from capsim.schools.programme.receivers import check_circles, check_receiver
from capsim.schools.programme.sites import ALWAYS, Plan


def check_programme(
    options: ProgrammeOptions,
    *,
    schools: pd.DataFrame,
    settlements: pd.DataFrame,
    base_year: int,
    horizon_year: int,
    class_cap: Sequence[float],
    terrain_factor: float,
    problems: Problems,
    where: str = "programme",
) -> None:
    """Add a problem for everything that makes the programme impossible.

    Found are: unknown or repeated schools, sites and identifiers; an opening before the base
    year; seats without rooms and work without a size; levels that a school does not teach; work
    at a school that is closed or not yet open; a receiver that is the school itself, does not
    teach the grades, is out of range, ends before it can receive, or receives in a circle; two
    projects that end the same school; conversions to what a school already is; transfers from
    schools without those grades. What may turn out badly in some replicates only is a warning.

    Parameters
    ----------
    options : ProgrammeOptions
    schools, settlements : DataFrame
        Tables of the county, without the rows of new schools.
    base_year, horizon_year : int
    class_cap : sequence of two floats
    terrain_factor : float
        Road distance over straight line.
    problems : Problems
        Gets the problems and warnings.
    where : str
        Place of the section in the scenario.
    """
    plan = Plan(
        options,
        schools=schools,
        settlements=settlements,
        base_year=base_year,
        horizon_year=horizon_year,
        class_cap=class_cap,
        terrain_factor=terrain_factor,
        problems=problems,
        where=where,
    )
    _identifiers(plan)
    for index, project in enumerate(options.projects):
        if _known(plan, index, project):
            _time(plan, index, project)
            _size(plan, index, project)
            _state_of_school(plan, index, project)
            check_receiver(plan, index, project)
            _transfers(plan, index, project)
            _conversion(plan, index, project)
    _ended_once(plan)
    check_circles(plan)
    _rule(plan)


def _identifiers(plan: Plan) -> None:
    counts = Counter(p.project for p in plan.options.projects)
    built = Counter(p.school for p in plan.options.projects if isinstance(p, Build))
    for index, project in enumerate(plan.options.projects):
        if counts[project.project] > 1:
            plan.add(index, "project", "the identifier is used by more than one project")
        if isinstance(project, Build):
            if project.school in plan.standing:
                plan.add(
                    index,
                    "school",
                    f"school {project.school!r} stands already",
                    "use expand, or another identifier",
                )
            elif built[project.school] > 1:
                plan.add(index, "school", f"school {project.school!r} is built twice")


def _known(plan: Plan, index: int, project: Project) -> bool:
    """Check that every place and school that is named exists."""
    before = len(plan.problems)
    named = [("school", project.school)]
    receiver = getattr(project, "receiver", None)
    if receiver is not None:
        named.append(("receiver", receiver))
    if isinstance(project, Build):
        named += [("transfer_from", s) for s in project.transfer_from]
        for field, place in [
            ("settlement", project.settlement),
            *(("zone_settlements", s) for s in project.zone_settlements),
        ]:
            if place not in plan.settlements:
                plan.add(
                    index,
                    field,
                    f"unknown settlement {place!r}",
                    _near(place, plan.settlements),
                )
    for field, school in named:
        if school not in plan.sites:
            plan.add(index, field, f"unknown school {school!r}", _near(school, plan.sites))
    return len(plan.problems) == before


def _time(plan: Plan, index: int, project: Project) -> None:
    first, last = plan.years_of(project)
    if last <= plan.base_year:
        verb = "opens" if isinstance(project, Build) else "takes effect"
        plan.add(
            index,
            "start_year",
            f"{verb} in {last}, not after the base year {plan.base_year}",
            "what stands in the base year belongs in the tables",
        )
    elif first > plan.horizon_year:
        plan.warn(index, "start_year", f"takes effect in {first}, after the horizon")
    if isinstance(project, Lease) and project.end_year is not None and project.end_year <= last:
        plan.add(index, "end_year", f"the lease ends in {project.end_year} but may begin in {last}")
    if isinstance(project, Build | Expand):
        for number, phase in enumerate(project.phases):
            if (phase.start_year, phase.start_month) < (
                project.start_year,
                project.start_month,
            ):
                plan.add(
                    index, f"phases.{number}.start_year", "the phase starts before the project"
                )


def _size(plan: Plan, index: int, project: Project) -> None:
    levels = plan.sites[project.school].levels()
    if isinstance(project, Build | Expand | Lease):
        beds = 0 if isinstance(project, Lease) else project.beds
        _sized(plan, index, "", project, levels, beds)
    if isinstance(project, Build | Expand):
        for number, phase in enumerate(project.phases):
            _sized(plan, index, f"phases.{number}.", phase, levels, 0)
    if isinstance(project, Renovate):
        for level in LEVELS:
            rooms = getattr(project, f"rooms_change_{level}")
            out = getattr(project, f"rooms_out_of_use_{level}")
            if level not in levels and (rooms or out):
                plan.add(index, f"rooms_change_{level}", f"the school teaches no {level} grades")
        if project.cost_yuan is None and project.area_m2 is None:
            plan.warn(index, "cost_yuan", "has neither a cost nor a floor area: counted as 0")


def _sized(
    plan: Plan,
    index: int,
    prefix: str,
    size: Build | Expand | Lease | Phase,
    levels: Sequence[str],
    beds: int,
) -> None:
    """Check rooms against seats, level by level."""
    for number, level in enumerate(LEVELS):
        rooms = getattr(size, f"rooms_{level}")
        seats = getattr(size, f"seats_{level}")
        if level not in levels and (rooms or seats):
            field = f"{prefix}rooms_{level}" if rooms else f"{prefix}seats_{level}"
            plan.add(index, field, f"the school teaches no {level} grades")
        most = (rooms or 0) * plan.class_cap[number]
        if rooms is not None and seats is not None and seats > most:
            need = int(np.ceil(seats / plan.class_cap[number]))
            plan.add(
                index,
                f"{prefix}seats_{level}",
                f"{seats} seats without rooms for them: {rooms} classrooms hold {most:g}",
                f"{need} classrooms at a class cap of {plan.class_cap[number]:g}",
            )
    if not is_sized(size) and size.area_m2 is not None and len(levels) > 1:
        plan.add(
            index,
            f"{prefix}area_m2",
            "floor area alone gives no size for a school of two levels",
            "give rooms or seats of each level",
        )
    elif not any(rooms_of(size, levels, plan.class_cap, plan.options.area_norm)) and not beds:
        plan.add(
            index,
            f"{prefix}rooms_{levels[0]}",
            "has no classrooms",
            "give rooms, seats, or a floor area that holds at least one room",
        )
    if isinstance(size, Build):
        empty = [
            lv
            for lv, rooms in zip(
                LEVELS,
                rooms_of(size, levels, plan.class_cap, plan.options.area_norm),
                strict=True,
            )
            if lv in levels and not rooms
        ]
        if empty and len(empty) < len(levels):
            plan.add(
                index,
                f"rooms_{empty[0]}",
                f"teaches {empty[0]} grades but has no rooms for them",
            )


def _state_of_school(plan: Plan, index: int, project: Project) -> None:
    """Check that the school is open when something is done to it."""
    if isinstance(project, Build):
        return
    first, last = plan.years_of(project)
    opens_first, opens_last = plan.opening.get(project.school, (ALWAYS, ALWAYS))
    if last < opens_first:
        plan.add(
            index,
            "school",
            f"is due by {last} at {project.school!r}, which opens in {opens_first} or later",
        )
    elif first < opens_last:
        plan.warn(
            index,
            "school",
            f"may be due in {first}, before {project.school!r} opens by {opens_last}: it waits",
        )
    for ending in plan.endings.get(project.school, []):
        if ending.index == index:
            continue
        other = plan.options.projects[ending.index].project
        if isinstance(project, Merge | Close):
            continue
        if first >= ending.latest:
            plan.add(
                index,
                "school",
                f"{project.kind} of a closed school: {other!r} ends {project.school!r} "
                f"by {ending.latest}",
            )
        elif last >= ending.earliest:
            plan.warn(index, "school", f"may come after {other!r} has ended {project.school!r}")


def _transfers(plan: Plan, index: int, project: Project) -> None:
    if not isinstance(project, Build):
        return
    if bool(project.transfer_from) != bool(project.transfer_grades):
        plan.add(
            index,
            "transfer_grades" if project.transfer_from else "transfer_from",
            "a transfer needs both the schools and the grades it comes from",
        )
    own = set(GRADES_OF_KIND[project.school_kind])
    for grade in project.transfer_grades:
        if grade in ENTRY_GRADES:
            plan.add(index, "transfer_grades", f"grade {grade} is filled by admission")
        elif grade not in own:
            plan.add(index, "transfer_grades", f"the new school does not teach grade {grade}")
        elif not any(grade in plan.sites[s].grades for s in project.transfer_from):
            plan.add(index, "transfer_grades", f"no school of transfer_from teaches grade {grade}")


def _conversion(plan: Plan, index: int, project: Project) -> None:
    if isinstance(project, Close) and project.level is not None:
        levels = plan.sites[project.school].levels()
        if project.level not in levels:
            plan.add(index, "level", f"the school teaches no {project.level} grades")
    if not isinstance(project, Convert):
        return
    kind = plan.sites[project.school].kind
    if project.to == kind or (project.to == "junior" and kind == "complete_middle"):
        plan.add(index, "to", f"{project.school!r} is a {kind} school already")
    elif project.to == "nine_year" and not project.rooms_moved:
        plan.add(index, "rooms_moved", "say how many classrooms pass to the level that begins")
    elif project.to == "teaching_point":
        if "primary" not in levels_of_kind(kind):
            plan.add(index, "to", "a school without primary grades cannot become one")
        elif project.receiver is None:
            plan.add(index, "receiver", "a teaching point needs a parent school as receiver")


def _ended_once(plan: Plan) -> None:
    for school, endings in plan.endings.items():
        for ending in endings[1:]:
            first = plan.options.projects[endings[0].index].project
            plan.add(ending.index, "school", f"{school!r} is ended by {first!r} too")


def _rule(plan: Plan) -> None:
    rule = plan.options.demand_led
    for level in LEVELS:
        rooms = rule.rooms.at(level)
        if rule.enabled and rooms != int(rooms):
            plan.problems.add(
                f"{plan.where}.demand_led.rooms.{level}",
                f"{rooms:g} classrooms",
                "a whole number",
            )


def _near(name: str, known: Mapping[str, object] | set[str]) -> str:
    match = difflib.get_close_matches(name, list(known), n=1)
    return f'did you mean "{match[0]}"?' if match else ""
