"""Families who move to the county town for its schools, and transfers in continuing grades.

A household moves together or not at all. An entrant without an elder sibling at school applies
from the new home; a household with pupils in continuing grades moves only if all of them - and
its entrant, if there is one - get a place in town under the transfer rule; otherwise it stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.admission.transfers import transfer as accept_transfers
from capsim.choice.moving import most_likely_to_move, odds_of_moving, p_move_to_town
from capsim.choice.utility import logsum
from capsim.core import draws
from capsim.core.dims import ENTRY_GRADES
from capsim.core.lookup import among
from capsim.county.families import NO_SCHOOL, PUBLIC
from capsim.schools.classes.formation import ENTRY
from capsim.schools.classes.seats import places_in_classes
from capsim.year.flows import roll_of

if TYPE_CHECKING:
    from capsim.year.model import CountyModel

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

TOWN = 0
_ADMISSION_CAUSES = ("died", "dropped_out", "left_county", "reassigned_out")


def entry_grade(grade: I32) -> Flags:
    """Return which children apply for the first grade of a level."""
    return np.asarray((grade == ENTRY_GRADES[0]) | (grade == ENTRY_GRADES[1]))


def wish(model: CountyModel) -> None:
    """Record which families want to move to the county town; entrants' families move now."""
    families = model.families
    model.wishing, model.new_home = np.zeros(0, np.intp), np.zeros(0, np.int32)
    model.moved_entrants = np.zeros(len(families), np.bool_)
    options = model.scenario.choice.moving
    towns = model.county.geography.town
    if not options.enabled or not len(towns):
        return
    kin = families.kin
    rows = among(kin, kin.take(_wanting(model)))
    rows = rows[model.county.geography.kind.take(families.settlement.take(rows)) != TOWN]
    _move_entrants(model, rows, towns)


def _wanting(model: CountyModel) -> Rows:
    """Draw which children's families want to move, from what they have and could have."""
    families, schools, geography = model.families, model.schools, model.county.geography
    options = model.scenario.choice.moving
    value = _expected_best(model)
    town = np.maximum.reduce(value.take(geography.town, axis=2), axis=2)
    # The last cell stands for children without a school.
    small, closed = np.zeros((2, len(schools) + 1), np.bool_)
    pupils = np.add.reduce(schools.roll, axis=1)
    small[:-1] = pupils < options.small_school_pupils
    closed[:-1] = ~schools.is_open & (pupils > 0)
    # Whose draw is above the largest probability of the home stays, whatever else is the case.
    odds = odds_of_moving(options, v_town=town[:, :, None], v_here=value)
    most = most_likely_to_move(options, odds, closed=bool(np.logical_or.reduce(closed)))
    most *= geography.kind != TOWN
    rows, u = model.draw("moving").below(
        families.household, np.maximum.reduce(most, axis=None), where=families.state == PUBLIC
    )
    groups, homes = value.shape[1:]
    cell = (families.grade(model.year).take(rows) >= ENTRY_GRADES[1]) * np.intp(groups)
    cell += families.income.take(rows)
    cell *= homes
    cell += families.settlement.take(rows)
    few = (u < most.ravel().take(cell)).nonzero()[0]
    rows, cell, u = rows.take(few), cell.take(few), u.take(few)
    came_from = families.came_from.take(rows)
    parent = draws.stream(model.scenario.seed, model.replicate, "parent in town").occurs(
        families.household.take(rows), options.parent_in_town_share
    )
    chance = p_move_to_town(
        options,
        odds.take(cell),
        small_class=small.take(came_from, mode="wrap"),
        closed=closed.take(came_from, mode="wrap"),
        parent_in_town=parent,
        income=families.income.take(rows),
    )
    return rows[u < chance]


def _expected_best(model: CountyModel) -> NDArray[np.float32]:
    """Expected best utility by level, income group and home."""
    return np.array([logsum(model.systematic(level)) for level in range(len(ENTRY_GRADES))])


def _move_entrants(model: CountyModel, rows: Rows, towns: I32) -> None:
    """Let wishing households without pupils in continuing grades move before they apply."""
    families = model.families
    new_home = _new_home(model, rows, towns)
    public = families.state.take(rows) == PUBLIC
    applying = entry_grade(families.grade(model.year).take(rows))
    kin = families.kin.take(rows)
    waits = np.zeros(len(rows), np.bool_)
    waits[among(kin, kin[~applying & public])] = True
    model.wishing, model.new_home = rows[waits], new_home[waits]
    free = ~waits
    movers = rows[free]
    model.moved_entrants[movers] = (applying & public)[free]
    move_home(model, movers, new_home[free])


def _new_home(model: CountyModel, rows: Rows, towns: I32) -> I32:
    """Draw the town settlement of each household, by population."""
    u = model.draw("new home").uniform(model.families.household.take(rows))
    # A town may have more settlements than categories have codes.
    drawn: I32 = towns.take(model.county.geography.town_shares.searchsorted(u, side="right"))
    return drawn


def move_home(model: CountyModel, rows: Rows, new_home: I32) -> None:
    """Move children to new homes; a share of one adult goes with each household."""
    if not len(rows):
        return
    families, geography = model.families, model.county.geography
    kin = families.kin.take(rows)
    order = kin.argsort(kind="stable")
    kin = kin.take(order)
    leads = np.empty(len(rows), np.bool_)
    leads[0] = True
    np.not_equal(kin[1:], kin[:-1], out=leads[1:])
    first = order[leads]
    model.population.move_companions(
        geography.cell.take(families.settlement.take(rows.take(first))),
        geography.cell.take(new_home.take(first)),
        model.scenario.choice.moving.adult_share,
    )
    families.settlement[rows] = new_home


def transfer(model: CountyModel) -> None:
    """Admit movers of continuing grades to town schools under the transfer rule; others stay."""
    families, movers, new_home = model.families, model.wishing, model.new_home
    if not len(movers):
        return
    grade = families.grade(model.year).take(movers)
    school = families.school.take(movers)
    public = (families.state.take(movers) == PUBLIC) & (school >= 0)
    towns = model.county.geography.town
    cell = towns.searchsorted(new_home) * model.taught.shape[1]
    cell += grade - 1
    wanted = np.where(public, model.ways.first_of_zone(towns, model.taught).take(cell), NO_SCHOOL)
    # The zone school of the new home may already be the child's school: then only the home moves.
    ready = ~public | (wanted == school)
    wanted[ready] = NO_SCHOOL
    accepted = _who_goes(model, movers, wanted, grade, ready)
    changes = accepted & ~ready
    _change_schools(model, movers[changes], wanted[changes], grade[changes])
    move_home(model, movers[accepted], new_home[accepted])


def _change_schools(model: CountyModel, rows: Rows, new_school: I32, grade: I32) -> None:
    """Enter pupils of continuing grades at new schools, in the table, the ledger and the rolls."""
    families, schools = model.families, model.schools
    left = roll_of(families.school.take(rows), grade, len(schools))
    came = roll_of(new_school, grade, len(schools))
    model.flows.add_table("moved_out", -left)
    model.flows.add_table("moved_in", came)
    schools.roll += came - left
    families.school[rows] = new_school


def _who_goes(model: CountyModel, movers: Rows, wanted: I32, grade: I32, ready: Flags) -> Flags:
    """Which movers go: those whose whole household gets the places it needs."""
    families, schools = model.families, model.schools
    room, vacated = _transfer_places(model)
    ruled = schools.settlement_kind == TOWN
    ruled &= model.scenario.enrolment.transfers.one_out_one_in
    return accept_transfers(
        wanted,
        families.school.take(movers),
        grade,
        _turn(model, movers, wanted),
        room=room,
        vacated=vacated,
        one_out_one_in=ruled,
        household=families.kin.take(movers),
        ready=ready,
    )


def _transfer_places(model: CountyModel) -> tuple[I32, I32]:
    """Places below the class cap and pupils who left this year, by school and grade."""
    schools, flows = model.schools, model.flows
    rules = model.county.class_rules
    shared = rules.multigrade.largest_class if rules.multigrade is not None else None
    room = places_in_classes(schools.roll, model.plan, rules.cap, largest_shared=shared)
    vacated = np.zeros_like(room)
    for cause in _ADMISSION_CAUSES:
        vacated -= flows.of(cause)
    # Entrants take what is left of the offer; the rule is about continuing grades.
    room[:, ENTRY] = vacated[:, ENTRY] = np.maximum(model.seats_left, 0)
    return room, vacated


def _turn(model: CountyModel, movers: Rows, wanted: I32) -> NDArray[np.float64]:
    """Who goes first: a lot of the household, or the distance to the school wanted."""
    families = model.families
    if model.scenario.enrolment.transfers.order == "lottery":
        return model.draw("transfers").uniform(families.household.take(movers))
    km = model.county.distance_km[families.settlement[movers], np.maximum(wanted, 0)]
    return km.astype(np.float64)
