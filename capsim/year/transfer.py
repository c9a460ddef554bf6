"""Movers of continuing grades: a household goes if all its pupils get a place in town."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.admission.transfers import transfer as accept_transfers
from capsim.county.base_year import children_by_cell
from capsim.county.county import County
from capsim.county.families import NO_SCHOOL, PUBLIC
from capsim.schools.classes.formation import ENTRY
from capsim.schools.classes.seats import places_in_classes
from capsim.year.flows import roll_of
from capsim.year.moving import TOWN, move_home
from capsim.year.state import State
from capsim.year.year import Year

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

_ADMISSION_CAUSES = ("died", "dropped_out", "left_county", "reassigned_out")


def transfer(county: County, state: State, year: Year) -> None:
    """Admit movers of continuing grades to town schools under the transfer rule; others stay.

    Nobody changes home or leaves the ledger after this, so residents of school age are counted.
    """
    if len(year.wishing):
        _let_go(county, state, year, year.wishing, year.new_home)
    children = children_by_cell(state.families, county.geography, state.year)
    state.population.settle_school_ages(children)


def _let_go(county: County, state: State, year: Year, movers: Rows, new_home: I32) -> None:
    """Move the households that get all the places they need."""
    families = state.families
    grade = families.grade(state.year).take(movers)
    school = families.school.take(movers)
    public = (families.state.take(movers) == PUBLIC) & (school >= 0)
    towns, taught = county.geography.town, state.schools.taught()
    cell = towns.searchsorted(new_home) * taught.shape[1]
    cell += grade - 1
    wanted = np.where(public, state.choice_sets.first_of_zone(towns, taught).take(cell), NO_SCHOOL)
    # The zone school of the new home may already be the child's school: then only the home moves.
    ready = ~public | (wanted == school)
    wanted[ready] = NO_SCHOOL
    accepted = _who_goes(county, state, year, movers, wanted, grade, ready)
    changes = accepted & ~ready
    _change_schools(state, year, movers[changes], wanted[changes], grade[changes])
    move_home(county, state, year, movers[accepted], new_home[accepted])


def _change_schools(state: State, year: Year, rows: Rows, new_school: I32, grade: I32) -> None:
    """Enter pupils of continuing grades at new schools, in the table, the ledger and the rolls."""
    families, schools = state.families, state.schools
    left = roll_of(families.school.take(rows), grade, len(schools))
    came = roll_of(new_school, grade, len(schools))
    year.flows.add_table("moved_out", -left)
    year.flows.add_table("moved_in", came)
    schools.roll += came - left
    families.school[rows] = new_school


def _who_goes(
    county: County,
    state: State,
    year: Year,
    movers: Rows,
    wanted: I32,
    grade: I32,
    ready: Flags,
) -> Flags:
    """Which movers go: those whose whole household gets the places it needs."""
    families, schools = state.families, state.schools
    room, vacated = _transfer_places(county, state, year)
    ruled = schools.settlement_kind == TOWN
    ruled &= county.scenario.enrolment.transfers.one_out_one_in
    return accept_transfers(
        wanted,
        families.school.take(movers),
        grade,
        _turn(county, state, movers, wanted),
        room=room,
        vacated=vacated,
        one_out_one_in=ruled,
        household=families.kin.take(movers),
        ready=ready,
    )


def _transfer_places(county: County, state: State, year: Year) -> tuple[I32, I32]:
    """Places below the class cap and pupils who left this year, by school and grade."""
    schools, flows = state.schools, year.flows
    rules = county.class_rules
    shared = rules.multigrade.largest_class if rules.multigrade is not None else None
    room = places_in_classes(schools.roll, state.class_plan, rules.cap, largest_shared=shared)
    vacated = np.zeros_like(room)
    for cause in _ADMISSION_CAUSES:
        vacated -= flows.of(cause)
    # Entrants take what is left of the offer; the rule is about continuing grades.
    room[:, ENTRY] = vacated[:, ENTRY] = np.maximum(year.seats_left, 0)
    return room, vacated


def _turn(county: County, state: State, movers: Rows, wanted: I32) -> NDArray[np.float64]:
    """Who goes first: a lot of the household, or the distance to the school wanted."""
    families = state.families
    if county.scenario.enrolment.transfers.order == "lottery":
        return state.draw("transfers").uniform(families.household.take(movers))
    km = county.distance_km[families.settlement[movers], np.maximum(wanted, 0)]
    return km.astype(np.float64)
