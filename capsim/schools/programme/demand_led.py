"""Schools that are built because a planning area has been short of seats for some years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS
from capsim.scenario.options.programme import ProgrammeOptions
from capsim.schools.programme.lead_times import LeadTimes
from capsim.schools.programme.ledger import payments_of
from capsim.schools.programme.programme import Programme
from capsim.schools.programme.projects import (
    GRADES_OF_KIND,
    floor_area_m2,
    months_index,
    posts_from_norm,
    september_on_or_after,
)
from capsim.schools.programme.schedule import OPENS, Event, Schedule

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass
class DemandLedRule:
    """The rule of one replicate: how long each planning area has been short, what was started.

    Attributes
    ----------
    years_short : ndarray of int64, shape (planning areas,)
        Consecutive years with a shortfall that counts.
    started : ndarray of int64, shape (planning areas,)
        Schools started so far.
    """

    years_short: I64
    started: I64

    @classmethod
    def new(cls, planning_areas: int) -> DemandLedRule:
        """Return the rule before the first year."""
        return cls(np.zeros(planning_areas, np.int64), np.zeros(planning_areas, np.int64))


def count_shortfalls(
    rule: DemandLedRule,
    options: ProgrammeOptions,
    programme: Programme,
    schedule: Schedule,
    *,
    seat_gap: F64,
    area_of_school: I64,
    class_cap: Sequence[float] | F64,
) -> None:
    """Count for how many consecutive years each planning area has been short, in `rule`.

    The shortfall of a planning area is its seat gap less the seats that the programme is already
    building there; it counts from ``shortfall_seats`` on.

    Parameters
    ----------
    rule : DemandLedRule
        Changed in place.
    options : ProgrammeOptions
    programme : Programme
    schedule : Schedule
    seat_gap : ndarray, shape (planning areas,)
        Seats.
    area_of_school : ndarray of int, shape (schools, 2)
        Planning area of each school by level.
    class_cap : array_like, shape (2,)
    """
    cap = np.asarray(class_cap, dtype=np.float64)
    coming = np.bincount(
        area_of_school.ravel(),
        weights=(schedule.rooms_to_come() * cap).ravel(),
        minlength=len(seat_gap),
    )
    level_of_area = np.zeros(len(seat_gap), dtype=np.int64)
    for site in programme.sites:
        level_of_area[site.area] = site.level
    least = np.array(options.demand_led.shortfall_seats.as_tuple())[level_of_area]
    short = seat_gap - np.maximum(coming, 0.0) >= least
    rule.years_short = np.where(short, rule.years_short + 1, 0)


def sites_to_start(
    rule: DemandLedRule, options: ProgrammeOptions, programme: Programme
) -> list[int]:
    """Return where to build: the next site of each area that has been short for ``years`` years.

    Returns
    -------
    list of int
        Indices into ``programme.sites``.
    """
    most = options.demand_led.most_schools_per_area
    ready = (rule.years_short >= options.demand_led.years) & (rule.started < most)
    chosen = []
    for area in np.flatnonzero(ready):
        own = [i for i, site in enumerate(programme.sites) if site.area == area]
        if rule.started[area] < len(own):
            chosen.append(own[int(rule.started[area])])
    return chosen


def start_school(
    index: int,
    rule: DemandLedRule,
    options: ProgrammeOptions,
    programme: Programme,
    schedule: Schedule,
    *,
    year: int,
    class_cap: Sequence[float] | F64,
    seed: int,
    replicate: int,
) -> None:
    """Start a school in the January after `year`; its area's count of years begins anew.

    Lead times are keyed by the site, so the same school started in two scenarios takes as long in
    both.

    Parameters
    ----------
    index : int
        Of ``programme.sites``.
    rule : DemandLedRule
        Changed in place.
    options : ProgrammeOptions
    programme : Programme
    schedule : Schedule
        Gets the opening and the payments.
    year : int
        Year just simulated.
    class_cap : array_like, shape (2,)
    seed, replicate : int
    """
    cap = np.asarray(class_cap, dtype=np.float64)
    site = programme.sites[index]
    rule.started[site.area] += 1
    rule.years_short[site.area] = 0
    led = options.demand_led
    project = len(programme.project_ids) - len(programme.sites) + index
    name = LEVELS[site.level]
    classrooms = int(led.rooms.at(name))
    rooms = (classrooms, 0) if site.level == 0 else (0, classrooms)
    start = float(months_index(year + 1, 1))
    months = LeadTimes.of([site.school], [led.lead_time]).draw(seed, replicate)
    finish = start + float(months[0])
    schedule.add(
        [
            Event(
                # The decision is taken after this September, so the next is the earliest.
                max(int(september_on_or_after(finish)), year + 1),
                "build",
                int(programme.site_rows[index]),
                order=OPENS,
                project=project,
                opens=True,
                rooms=rooms,
                grades_on=GRADES_OF_KIND[name],
                posts=posts_from_norm(rooms, cap),
            )
        ]
    )
    area = floor_area_m2(rooms, cap, options.area_norm)
    schedule.accounts.payments += payments_of(
        round(area * options.cost_yuan_per_m2),
        project,
        start,
        finish,
        payment_shares=(),
        funding=[(programme.funding_sources.index(led.funding_source), 1.0)],
    )
