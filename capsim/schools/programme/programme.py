"""The building programme: projects compiled once, drawn for each replicate, due year by year.

A scenario's projects become pieces of work with a lead time and the events they end in
(:func:`compile_programme`); a replicate draws the lead times, keyed by the project's identifier,
and gets a schedule of events and payments (:func:`draw_schedule`). Each September the model takes
what is due (:func:`due_events`) and applies it (:func:`apply_events`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from capsim.county.geography import Geography
from capsim.scenario.options.programme import (
    Build,
    Expand,
    LeadTime,
    Lease,
    ProgrammeOptions,
    Project,
)
from capsim.schools.programme.events import Applied, SchoolColumns, apply_events
from capsim.schools.programme.lead_times import LeadTimes
from capsim.schools.programme.ledger import payments_of
from capsim.schools.programme.projects import (
    DemandLedSite,
    cost_of,
    demand_led_sites,
    levels_of_kind,
    months_index,
    phase_cost,
    rooms_of,
    september_on_or_after,
)
from capsim.schools.programme.schedule import Event, Schedule, due_events
from capsim.schools.programme.templates import Template, templates_of

__all__ = [
    "Applied",
    "Event",
    "Programme",
    "Schedule",
    "SchoolColumns",
    "ZoneChange",
    "apply_events",
    "compile_programme",
    "draw_schedule",
    "due_events",
    "leases_in_force",
    "zone_changes",
]

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work: a project, or one phase of it.

    Attributes
    ----------
    project : int
        Index of the project.
    start_months : float
        Start, months counted from January of year 0.
    cost_yuan : int
        Cost of this piece.
    payment_shares : tuple of float
        Shares by calendar year; empty for even spread over the months.
    funding : tuple of (int, float)
        Index and share of each funding source.
    templates : tuple of Template
        Events that it ends in.
    rent_yuan_per_year : float or None
        Rent of leased rooms where the project states it.
    is_lease : bool
        Whether the rooms are rented.
    """

    project: int
    start_months: float
    cost_yuan: int
    payment_shares: tuple[float, ...]
    funding: tuple[tuple[int, float], ...]
    templates: tuple[Template, ...]
    rent_yuan_per_year: float | None = None
    is_lease: bool = False


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """Settlements whose attendance zone a school joins when it opens.

    Attributes
    ----------
    school : int
        Row of the school.
    settlements : tuple of str
        Identifiers of the settlements.
    replaces : bool
        Whether it takes the place of the schools they were zoned to.
    """

    school: int
    settlements: tuple[str, ...]
    replaces: bool


@dataclass(frozen=True)
class Programme:
    """The projects of a scenario, resolved to school rows: the same for all replicates.

    Attributes
    ----------
    project_ids : tuple of str
        Labels of the projects, those of possible demand-led schools last.
    funding_sources : tuple of str
        Labels of the funding sources.
    works : tuple of Work
    lead_times : LeadTimes
        In the order of `works`.
    sites : tuple of DemandLedSite
        Possible demand-led schools, and
    site_rows : ndarray of int64
        their school rows.
    zones : dict of int to ZoneChange
        By row of the school that opens.
    schools : int
        Number of school rows.
    base_year : int
        Events fall after this year.
    """

    project_ids: tuple[str, ...]
    funding_sources: tuple[str, ...]
    works: tuple[Work, ...]
    lead_times: LeadTimes
    sites: tuple[DemandLedSite, ...]
    site_rows: I64
    zones: dict[int, ZoneChange]
    schools: int
    base_year: int

    def capital_cost(self, schedule: Schedule, years: Sequence[int]) -> I64:
        """Return payments by year, project and funding source, whole yuan; see `Accounts`."""
        return schedule.accounts.capital_cost(
            years, len(self.project_ids), len(self.funding_sources)
        )


def compile_programme(
    options: ProgrammeOptions,
    *,
    school_ids: Sequence[str],
    school_kinds: Sequence[str],
    class_cap: Sequence[float] | F64,
    base_year: int,
    geography: Geography | None = None,
) -> Programme:
    """Resolve the projects of a scenario to school rows, rooms and costs.

    Call :func:`capsim.schools.programme.checks.check_programme` first: this function takes the
    programme to be sound.

    Parameters
    ----------
    options : ProgrammeOptions
    school_ids, school_kinds : sequence of str
        Identifiers and kinds of all school rows, possible ones included.
    class_cap : array_like, shape (2,)
        Planned class size by level.
    base_year : int
        Year 0; nothing happens in it.
    geography : Geography, optional
        Needed when the demand-led rule is on.

    Returns
    -------
    Programme
    """
    row_of = {name: row for row, name in enumerate(school_ids)}
    kind_of = dict(zip(school_ids, school_kinds, strict=True))
    cap = [float(c) for c in class_cap]
    sites = _sites(options, geography)
    labels = [p.project for p in options.projects] + [s.school for s in sites]
    sources = _funding_sources(options)
    works: list[Work] = []
    names: list[str] = []
    lead_times: list[LeadTime] = []
    for index, project in enumerate(options.projects):
        for phase, work in enumerate(
            _works_of(project, index, row_of, kind_of, cap, sources, options, len(works))
        ):
            works.append(work)
            names.append(project.project if phase == 0 else f"{project.project}/{phase + 1}")
            lead_times.append(project.lead_time)
    return Programme(
        project_ids=tuple(labels),
        funding_sources=tuple(sources),
        works=tuple(works),
        lead_times=LeadTimes.of(names, lead_times),
        sites=tuple(sites),
        site_rows=np.array([row_of[s.school] for s in sites], dtype=np.int64),
        zones=_zones(options, row_of),
        schools=len(school_ids),
        base_year=base_year,
    )


def _sites(options: ProgrammeOptions, geography: Geography | None) -> list[DemandLedSite]:
    if not options.demand_led.enabled:
        return []
    if geography is None:
        raise TypeError("the demand-led rule needs the geography of the county")
    return demand_led_sites(options, geography)


def _funding_sources(options: ProgrammeOptions) -> dict[str, int]:
    """Label to index, in order of first mention."""
    names = [source for p in options.projects for source in p.funding]
    if options.demand_led.enabled:
        names.append(options.demand_led.funding_source)
    return {name: index for index, name in enumerate(dict.fromkeys(names or ["county"]))}


def _works_of(
    project: Project,
    index: int,
    row_of: dict[str, int],
    kind_of: dict[str, str],
    cap: Sequence[float],
    sources: dict[str, int],
    options: ProgrammeOptions,
    first_ticket: int,
) -> list[Work]:
    """Return the pieces of work of a project: itself and its later phases."""
    levels = levels_of_kind(kind_of[project.school])
    rooms = (0, 0)
    if isinstance(project, Build | Expand | Lease):
        rooms = rooms_of(project, levels, cap, options.area_norm)
    start = float(months_index(project.start_year, project.start_month))
    work = Work(
        project=index,
        start_months=start,
        cost_yuan=cost_of(project, rooms, cap, options),
        payment_shares=project.payment_shares,
        funding=tuple((sources[name], share) for name, share in project.funding.items()),
        templates=templates_of(
            project, index, row_of, kind_of[project.school], rooms, cap, ticket=first_ticket
        ),
        rent_yuan_per_year=project.rent_yuan_per_year if isinstance(project, Lease) else None,
        is_lease=isinstance(project, Lease),
    )
    works = [work]
    if isinstance(project, Build | Expand):
        for phase in project.phases:
            more = rooms_of(phase, levels, cap, options.area_norm)
            event = Event(0, project.kind, row_of[project.school], project=index, rooms=more)
            works.append(
                replace(
                    work,
                    start_months=float(months_index(phase.start_year, phase.start_month)),
                    cost_yuan=phase_cost(phase, project, more, cap, options),
                    templates=(Template(event),),
                )
            )
    return works


def _zones(options: ProgrammeOptions, row_of: dict[str, int]) -> dict[int, ZoneChange]:
    return {
        row_of[p.school]: ZoneChange(
            row_of[p.school], p.zone_settlements or (p.settlement,), p.zone_replaces
        )
        for p in options.projects
        if isinstance(p, Build)
    }


def zone_changes(programme: Programme, applied: Applied) -> list[ZoneChange]:
    """Return the attendance zones that the schools opened this year join.

    Schools of the demand-led rule have none here: they join the zone of the settlement they stand
    in, which the model knows. A school that ended is replaced in zones by its successor, see
    :attr:`Schedule.successor`.
    """
    return [programme.zones[row] for row in applied.opened if row in programme.zones]


def draw_schedule(programme: Programme, seed: int, replicate: int) -> Schedule:
    """Draw the lead times of a replicate and return its schedule of events and payments.

    A piece of work that the draw would finish by the base year is known not to be finished yet:
    it ends a year after the base year at the earliest.

    Parameters
    ----------
    programme : Programme
    seed, replicate : int
        Lead times depend on these and on the projects' identifiers alone.

    Returns
    -------
    Schedule
    """
    schedule = Schedule(programme.schools)
    if not programme.works:
        return schedule
    starts = np.array([work.start_months for work in programme.works])
    finishes = starts + programme.lead_times.draw(seed, replicate)
    due = np.maximum(september_on_or_after(finishes), programme.base_year + 1)
    begun = np.maximum(september_on_or_after(starts), programme.base_year + 1)
    for k, work in enumerate(programme.works):
        schedule.add(_dated(work, int(begun[k]), int(due[k])))
        schedule.accounts.payments += payments_of(
            work.cost_yuan,
            work.project,
            float(starts[k]),
            float(finishes[k]),
            payment_shares=work.payment_shares,
            funding=work.funding,
        )
    return schedule


def _dated(work: Work, begun: int, due: int) -> list[Event]:
    """Give the events of a piece of work their years."""
    anchor: dict[Literal["start", "finish", "year"], int]
    anchor = {"start": begun, "finish": due, "year": 0}
    events = []
    for template in work.templates:
        year = anchor[template.anchor] + template.event.year
        # Rooms are out of use only on a September on which the work is really under way, and a
        # lease that is handed back before it could begin is none.
        if template.anchor == "start" and year >= due:
            continue
        events.append(replace(template.event, year=max(year, begun)))
    return events


def leases_in_force(
    programme: Programme, schedule: Schedule, class_cap: Sequence[float] | F64
) -> tuple[float, float]:
    """Return the seats rented at the budget's price, and the rent of the leases that state one.

    Returns
    -------
    seats : float
        Seats of leased rooms whose project gives no rent, to be priced per seat.
    rent_yuan : float
        Yuan per year of the other leases.
    """
    seats = 0.0
    rent = 0.0
    for ticket, work in enumerate(programme.works):
        rooms = schedule.noted(ticket) if work.is_lease else (0, 0)
        if not any(rooms):
            continue
        if work.rent_yuan_per_year is None:
            seats += rooms[0] * float(class_cap[0]) + rooms[1] * float(class_cap[1])
        else:
            rent += work.rent_yuan_per_year
    return seats, rent
