"""The bureau's part of the year: programme, staff, quality and the review of schools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import GRADE_LEVEL_INDEX
from capsim.schools.classes.sizes import shared_pupils
from capsim.schools.programme.demand_led import review_demand
from capsim.schools.programme.events import Applied, apply_events
from capsim.schools.programme.programme import due_events, zone_changes
from capsim.schools.quality import SchoolMeans, next_quality, quality_causes
from capsim.schools.small_schools import SchoolSnapshot, review_small_schools
from capsim.schools.staffing.needs import (
    SchoolsThisYear,
    allotting_need,
    hand_over_posts,
)
from capsim.schools.staffing.teachers import taught_by

if TYPE_CHECKING:
    from capsim.year.model import CountyModel

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

_GRADES_OF_LEVEL: Final = np.bincount(GRADE_LEVEL_INDEX, minlength=2)
_YEARS_TO_FILL: Final = int(_GRADES_OF_LEVEL.max())


def programme(model: CountyModel) -> None:
    """Apply what is due this September, and redraw zones and travel where schools changed."""
    schools = model.schools
    events = due_events(model.schedule, model.year)
    taught = schools.teaches_level()
    model.applied = applied = apply_events(schools, model.schedule, events)
    model.opening = np.zeros(len(schools), np.bool_)
    model.rooms_change[...] = 0
    model.closures[...] = 0
    _board_from_points(model)
    if applied.rooms_change is None:
        return
    model.opening[applied.opened] = True
    model.opened_in[applied.opened] = model.year
    model.rooms_change[...] = applied.rooms_change
    model.ledger.record(applied.rooms_change)
    ended_first = taught[applied.closed]
    model.closures[0] = ended_first[:, 0].sum()
    model.closures[1] = (ended_first[:, 1] & ~ended_first[:, 0]).sum()
    for row, receiver in applied.receiver.items():
        model.receiver[row] = receiver
        if row in applied.bus and receiver >= 0:
            model.bus_towards(row, receiver)
    for row in applied.closed:
        model.bus.follow(row, int(model.receiver[row]))
    model.refresh_grades()
    _release_posts(model, applied)
    _rezone(model, applied)
    model.refresh_alternatives()


def _board_from_points(model: CountyModel) -> None:
    """Let pupils board who go on to another school from a point whose higher grades board."""
    if not model.schedule.boarding_points:
        return
    families, schools = model.families, model.schools
    next_grade = families.grade(model.year)
    for row in model.schedule.boarding_points:
        goes_on = (families.school == row) & ~schools.teaches[row, np.minimum(next_grade, 9) - 1]
        families.boards[goes_on] = True


def _release_posts(model: CountyModel, applied: Applied) -> None:
    """Give the posts of ended schools without a receiver to the schools short of posts."""
    if not applied.posts_released.any():
        return
    schools = model.schools
    pooled = np.vstack([schools.posts, applied.posts_released[None]]).astype(np.int32)
    ended = np.zeros(pooled.shape, np.bool_)
    ended[-1] = True
    need = np.vstack([model.class_need() * model.open_cells, np.zeros((1, 2))])
    receiver = np.full(len(pooled), -1, np.int32)
    schools.posts[...] = hand_over_posts(pooled, ended, receiver, need)[:-1]


def _rezone(model: CountyModel, applied: Applied) -> None:
    """Let openings join zones and successors take the place of schools that ended."""
    changes = zone_changes(model.county.programme, applied)
    settlements = model.county.geography.settlements if changes else ()
    settlement_row = {name: row for row, name in enumerate(settlements)}
    open_levels = model.open_cells
    for level in (0, 1):
        zone = model.zones[level]
        for row, receiver in applied.receiver.items():
            if receiver >= 0 and not open_levels[row, level] and open_levels[receiver, level]:
                zone[zone == row] = receiver
        for change in changes:
            if open_levels[change.school, level]:
                rows = [settlement_row[s] for s in change.settlements]
                zone = _join_zone(zone, rows, change.school, replaces=change.replaces)
        for row in applied.opened:
            if row in set(model.county.programme.site_rows.tolist()) and open_levels[row, level]:
                zone = _join_zone(zone, [int(model.schools.settlement[row])], row, replaces=True)
        model.zones[level] = zone


def _join_zone(zone: I32, settlements: list[int], school: int, *, replaces: bool) -> I32:
    """Return the zone table with a school put first in the zones of some settlements."""
    if not replaces:
        zone = np.concatenate([np.full((len(zone), 1), -1, np.int32), zone], axis=1)
        zone[settlements, 0] = school
        return zone
    zone = zone.copy()
    zone[settlements] = -1
    zone[settlements, 0] = school
    return zone


def schools_this_year(model: CountyModel) -> SchoolsThisYear:
    """Return what the staffing reads of the schools."""
    schools, open_cells = model.schools, model.open_cells
    options = model.scenario.staffing
    need = allotting_need(schools.roll, model.class_need(), schools.posts, options) * open_cells
    opening = model.opening
    if np.count_nonzero(opening):
        per_class = np.array(options.teachers_per_class.as_tuple())
        grades = np.stack([schools.teaches[:, :6].sum(1), schools.teaches[:, 6:].sum(1)], axis=1)
        first = np.ceil(schools.rooms / np.maximum(grades, 1)) * per_class
        need[opening] = np.maximum(need, first * open_cells)[opening]
    return SchoolsThisYear(
        settlement_kind=schools.settlement_kind,
        km=model.county.straight_km,
        open_cells=open_cells,
        posts=schools.posts,
        need=need,
        quality=schools.quality,
        opening=opening,
        receiver=model.receiver,
    )


def staff_in_and_out(model: CountyModel) -> None:
    """Teachers retire, leave, are recruited within posts and posted to schools that open."""
    model.staff.staff_in_and_out(model.year, schools_this_year(model))


def allocate(model: CountyModel) -> None:
    """Redistribute teachers between schools, and hold the exchange."""
    model.opening = np.zeros(len(model.schools), np.bool_)
    model.staff.allocate(model.year, schools_this_year(model))


def quality(model: CountyModel) -> None:
    """Move school quality towards what teachers, classes, resources and groups imply."""
    schools, options = model.schools, model.scenario.quality
    if not options.change:
        return
    start, pupils = model.county.quality_start, schools.roll_by_level()
    groups = model.county.groups.in_year(model.year, pupils, model.open_cells)
    means = SchoolMeans(
        taught=groups.share_teaching(taught_by(model.staff.quality_counts())),
        need=model.class_need(),
        pupils=pupils,
        shared=shared_pupils(schools.roll, model.held),
        classes=model.plan.by_level(),
        resources=start.by_school.resources,
    )
    causes = quality_causes(means, start.reference, options, start.by_school)
    implied = start.own + causes.total() + groups.effect(schools.quality)
    schools.quality = next_quality(
        schools.quality,
        implied,
        open_cells=(pupils > 0) & schools.is_open[:, None],
        noise=model.quality_noise[model.index - 1],
        options=options,
    )
    model.quality_history.append(schools.quality)


def _still_filling(model: CountyModel) -> Flags:
    """Return the new schools that have not yet had time to fill all grades of a level."""
    filling: Flags = model.opened_in > model.year - _YEARS_TO_FILL
    if not np.count_nonzero(filling):
        return filling
    longest = (model.schools.teaches_level() * _GRADES_OF_LEVEL).max(axis=1)
    filling = model.year - model.opened_in + 1 < longest
    return filling


def review(model: CountyModel) -> None:
    """Decide for next year: small schools, and schools where a shortfall has lasted."""
    options = model.scenario.programme
    schools, county = model.schools, model.county
    if options.small_schools.enabled:
        boards = "board" in options.small_schools.measures
        snapshot = SchoolSnapshot(
            roll=schools.roll,
            rooms=schools.rooms,
            teaches=schools.teaches,
            is_open=schools.is_open,
            protected=model.schedule.touched_later(),
            kind=schools.kind,
            settlement_kind=schools.settlement_kind,
            beds=schools.beds,
            boarders=model.boarders() if boards else np.zeros_like(schools.beds),
            filling=_still_filling(model),
        )
        decided = review_small_schools(
            options.small_schools,
            options.buses,
            options.boarding,
            snapshot,
            year=model.year,
            years_small=model.years_small,
            distance_km=county.between_schools_km,
            class_cap=county.class_cap,
        )
        model.schedule.add(decided.events)
    if options.demand_led.enabled:
        review_demand(
            model.demand_rule,
            options,
            county.programme,
            model.schedule,
            year=model.year,
            seat_gap=model.seat_gap(),
            area_of_school=county.area_of_school,
            class_cap=county.class_cap,
            seed=model.scenario.seed,
            replicate=model.replicate,
        )
