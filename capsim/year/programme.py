"""Openings, expansions, mergers, closures, conversions and leases due this September."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.county.county import County
from capsim.schools.programme.events import Applied, apply_events
from capsim.schools.programme.programme import due_events, zone_changes
from capsim.schools.staffing.needs import hand_over_posts, needed_by_classes
from capsim.year.state import State
from capsim.year.year import Year

I32 = NDArray[np.int32]


def programme(county: County, state: State, year: Year) -> None:
    """Carry out what is due this September; redraw zones and travel where schools changed."""
    schools = state.schools
    due = due_events(state.schedule, state.year)
    taught = schools.teaches_level()
    events = year.bureau.programme(county, state, year, due)
    year.applied = applied = apply_events(schools, state.schedule, events)
    _board_from_points(state)
    if applied.rooms_change is None:
        return
    state.opened_in[applied.opened] = state.year
    state.ledger.record(applied.rooms_change)
    ended_first = taught[applied.closed]
    year.closures[0] = ended_first[:, 0].sum()
    year.closures[1] = (ended_first[:, 1] & ~ended_first[:, 0]).sum()
    for row, receiver in applied.receiver.items():
        state.receiver[row] = receiver
        if row in applied.bus and receiver >= 0:
            _bus_towards(state, row, receiver)
    for row in applied.closed:
        state.bus.follow(row, int(state.receiver[row]))
    _release_posts(county, state, applied)
    _rezone(county, state, applied)
    state.find_choice_sets(county)


def _bus_towards(state: State, ended: int, receiver: int) -> None:
    """Offer a bus to the villages of a school that ended, towards its receiver."""
    families = state.families
    homes = np.bincount(
        families.settlement[families.school == ended], minlength=len(state.bus.served)
    )
    state.bus.serve(homes > 0, receiver)


def _board_from_points(state: State) -> None:
    """Let pupils board who go on to another school from a point whose higher grades board."""
    if not state.schedule.boarding_points:
        return
    families, schools = state.families, state.schools
    next_grade = families.grade(state.year)
    for row in state.schedule.boarding_points:
        goes_on = (families.school == row) & ~schools.teaches[row, np.minimum(next_grade, 9) - 1]
        families.boards[goes_on] = True


def _release_posts(county: County, state: State, applied: Applied) -> None:
    """Give the posts of ended schools without a receiver to the schools short of posts."""
    if not applied.posts_released.any():
        return
    schools = state.schools
    class_need = needed_by_classes(state.class_plan.classes, county.scenario.staffing)
    pooled = np.vstack([schools.posts, applied.posts_released[None]]).astype(np.int32)
    ended = np.zeros(pooled.shape, np.bool_)
    ended[-1] = True
    need = np.vstack([class_need * schools.open_levels(), np.zeros((1, 2))])
    receiver = np.full(len(pooled), -1, np.int32)
    schools.posts[...] = hand_over_posts(pooled, ended, receiver, need)[:-1]


def _rezone(county: County, state: State, applied: Applied) -> None:
    """Let openings join zones and successors take the place of schools that ended."""
    changes = zone_changes(county.programme, applied)
    settlements = county.geography.settlements if changes else ()
    settlement_row = {name: row for row, name in enumerate(settlements)}
    open_levels = state.schools.open_levels()
    for level in (0, 1):
        zone = state.zones[level]
        for row, receiver in applied.receiver.items():
            if receiver >= 0 and not open_levels[row, level] and open_levels[receiver, level]:
                zone[zone == row] = receiver
        for change in changes:
            if open_levels[change.school, level]:
                rows = [settlement_row[s] for s in change.settlements]
                zone = _join_zone(zone, rows, change.school, replaces=change.replaces)
        for row in applied.opened:
            if row in set(county.programme.site_rows.tolist()) and open_levels[row, level]:
                zone = _join_zone(zone, [int(state.schools.settlement[row])], row, replaces=True)
        state.zones[level] = zone


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
