"""Seats at the entry grades, from the rooms and teachers that continuing grades leave."""

from __future__ import annotations

from capsim.county.county import County
from capsim.schools.classes.formation import ENTRY
from capsim.schools.classes.seats import entry_rooms, offer_seats
from capsim.year.state import State
from capsim.year.year import Year


def offer(county: County, state: State, year: Year) -> None:
    """Offer seats at the entry grades from the rooms and teachers left by continuing grades."""
    schools = state.schools
    roll = schools.roll.copy()
    roll[:, ENTRY] = 0
    year.offer = offer_seats(
        roll,
        state.class_plan,
        rooms=schools.rooms,
        due=entry_rooms(schools.rooms, schools.taught()),
        rules=county.class_rules,
        staffed_rooms=year.staffed_rooms,
    )
