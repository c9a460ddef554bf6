"""Families who move to the county town for its schools, and transfers in continuing grades.

A household moves together or not at all. An entrant without an elder sibling at school applies
from the new home; a household with pupils in continuing grades moves only if all of them - and
its entrant, if there is one - get a place in town under the transfer rule; otherwise it stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim import draws
from capsim.choice.moves import p_move_to_town
from capsim.choice.transfers import transfer as accept_transfers
from capsim.choice.utility import logsum
from capsim.county.families import NO_SCHOOL, PUBLIC
from capsim.county.flows import CAUSE, roll_of
from capsim.county.seats import places_in_classes
from capsim.dims import ENTRY_GRADES

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

TOWN = 0
ADMISSION_CAUSES = ("died", "dropped_out", "left_county", "reassigned_out")


def among(values: NDArray[np.uint64], few: NDArray[np.uint64]) -> Flags:
    """Return which of many values are among a few: the few are sorted, the many looked up."""
    if not len(few):
        return np.zeros(len(values), np.bool_)
    known = np.sort(few)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.asarray(known[at] == values)


def entry_grade(grade: I32) -> Flags:
    """Return which children apply for the first grade of a level."""
    return np.asarray((grade == ENTRY_GRADES[0]) | (grade == ENTRY_GRADES[1]))


def wish(model: CountyModel) -> None:
    """Record which families want to move to the county town; entrants' families move now."""
    families = model.families
    model.wishing = np.zeros(len(families), np.bool_)
    model.moved_entrants = np.zeros(len(families), np.bool_)
    options = model.scenario.choice.moving
    towns = model.county.geography.town
    if not options.enabled or not len(towns):
        return
    outside = model.county.geography.kind[families.settlement] != TOWN
    asked = np.flatnonzero(outside & (families.state == PUBLIC))
    if not len(asked):
        return
    chance = _chance_of_wish(model, asked)
    seed, replicate = model.scenario.seed, model.replicate
    stream = draws.stream(seed, replicate, "moving", model.year)
    wanting = asked[stream.occurs(families.household[asked], chance)]
    model.wishing = among(families.household, families.household[wanting]) & outside
    _move_entrants(model, towns)


def _chance_of_wish(model: CountyModel, asked: Rows) -> NDArray[np.float64]:
    """Probability that the family of each child wants to move, from what it has and could have."""
    families, schools = model.families, model.schools
    options = model.scenario.choice.moving
    level = (families.grade(model.year)[asked] >= ENTRY_GRADES[1]).astype(np.intp)
    income = families.income[asked]
    home = families.settlement[asked]
    value = np.stack([logsum(model.systematic(index)) for index in (0, 1)])
    town = value[:, :, model.county.geography.town].max(axis=2)
    came_from = families.came_from[asked]
    safe = np.maximum(came_from, 0)
    had = came_from >= 0
    parent = draws.stream(model.scenario.seed, model.replicate, "parent in town").occurs(
        families.household[asked], options.parent_in_town_share
    )
    return p_move_to_town(
        options,
        v_town=town[level, income],
        v_here=value[level, income, home],
        small_class=had & (schools.roll.sum(axis=1)[safe] < options.small_school_pupils),
        closed=had & ~schools.is_open[safe],
        parent_in_town=parent,
        income=income,
    )


def _move_entrants(model: CountyModel, towns: I32) -> None:
    """Let wishing households without pupils in continuing grades move before they apply."""
    families = model.families
    applying = entry_grade(families.grade(model.year))
    bound = model.wishing & ~applying & (families.state == PUBLIC)
    free = model.wishing & ~among(families.household, families.household[bound])
    movers = np.flatnonzero(free)
    model.moved_entrants[movers] = (applying & (families.state == PUBLIC))[movers]
    move_home(model, movers, _new_home(model, movers, towns))
    model.wishing &= ~free


def _new_home(model: CountyModel, rows: Rows, towns: I32) -> I32:
    """Draw the town settlement of each household, by population."""
    people = model.county.geography.population[towns]
    stream = draws.stream(model.scenario.seed, model.replicate, "new home", model.year)
    drawn = stream.category(model.families.household[rows], people / people.sum())
    return towns[drawn]


def move_home(model: CountyModel, rows: Rows, new_home: I32) -> None:
    """Move children to new homes; a share of one adult goes with each household."""
    if not len(rows):
        return
    families, geography = model.families, model.county.geography
    _, first = np.unique(families.household[rows], return_index=True)
    from_cell = geography.cell[families.settlement[rows[first]]]
    model.population.move_companions(
        from_cell, int(geography.cell[new_home[0]]), model.scenario.choice.moving.adult_share
    )
    families.settlement[rows] = new_home


def transfer(model: CountyModel) -> None:
    """Admit movers of continuing grades to town schools under the transfer rule; others stay."""
    families, schools = model.families, model.schools
    movers = np.flatnonzero(model.wishing)
    if not len(movers):
        return
    new_home = _new_home(model, movers, model.county.geography.town)
    grade = families.grade(model.year)[movers]
    public = (families.state[movers] == PUBLIC) & (families.school[movers] >= 0)
    wanted = np.where(public, _town_school(model, new_home, grade), NO_SCHOOL)
    # The zone school of the new home may already be the child's school: then only the home moves.
    there = public & (wanted == families.school[movers])
    accepted = there | ~public | _accepted(model, movers, np.where(there, NO_SCHOOL, wanted), grade)
    accepted &= ~(public & (wanted < 0))
    household = families.household[movers]
    accepted &= ~among(household, household[~accepted])
    rows = movers[accepted]
    changes = accepted & public & ~there
    changing = movers[changes]
    model.flows.add("moved_out", families.school[changing], grade[changes], sign=-1)
    families.school[changing] = wanted[changes]
    model.flows.add("moved_in", families.school[changing], grade[changes])
    move_home(model, rows, new_home[accepted])
    schools.roll[...] = roll_of(families.school, families.grade(model.year), len(schools))


def _town_school(model: CountyModel, new_home: I32, grade: I32) -> I32:
    """The first school of the new home's zone that teaches the grade, -1 if there is none."""
    schools = model.schools
    chosen = np.full(len(new_home), NO_SCHOOL, np.int32)
    level = (grade >= ENTRY_GRADES[1]).astype(np.intp)
    for index in (0, 1):
        zone = model.alternatives[index].zone
        mine = np.flatnonzero(level == index)
        if not len(mine):
            continue
        listed = zone[new_home[mine]]
        safe = np.maximum(listed, 0)
        fits = (listed >= 0) & schools.is_open[safe]
        fits &= schools.teaches[safe, (grade[mine] - 1)[:, None]]
        first = fits.argmax(axis=1)
        found = listed[np.arange(len(mine)), first]
        chosen[mine] = np.where(fits.any(axis=1), found, NO_SCHOOL)
    return chosen


def _accepted(model: CountyModel, movers: Rows, wanted: I32, grade: I32) -> Flags:
    families, schools = model.families, model.schools
    rules = model.county.class_rules
    room = places_in_classes(schools.roll, model.plan, rules.cap).astype(np.int64)
    vacated = -sum(model.flows.counts[..., CAUSE[c]] for c in ADMISSION_CAUSES)
    stream = draws.stream(model.scenario.seed, model.replicate, "transfers", model.year)
    if model.scenario.enrolment.transfers.order == "distance":
        km = model.county.distance_km[families.settlement[movers], np.maximum(wanted, 0)]
        priority = km.astype(np.float64)
    else:
        priority = stream.uniform(families.household[movers])
    # Entrants take what is left of the offer; the rule is about continuing grades.
    room[:, [0, 6]] = np.maximum(model.seats_left, 0)
    vacated = np.asarray(vacated)
    vacated[:, [0, 6]] = room[:, [0, 6]]
    ruled = np.full(len(schools), model.scenario.enrolment.transfers.one_out_one_in)
    return accept_transfers(
        wanted,
        families.school[movers],
        grade,
        priority,
        room=room,
        vacated=vacated,
        one_out_one_in=ruled & (schools.settlement_kind == TOWN),
    )
