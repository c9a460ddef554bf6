"""Classes are formed at the entry grades and kept as grades move up."""

from __future__ import annotations

from capsim.county.county import County
from capsim.schools.classes.formation import class_pupils, form_classes
from capsim.schools.classes.sizes import crowding
from capsim.year.state import State
from capsim.year.year import Year


def classes(county: County, state: State, year: Year) -> None:
    """Form the classes of the year: entrants get theirs, continuing grades keep theirs."""
    schools = state.schools
    state.class_plan = form_classes(
        schools.roll,
        state.class_plan.classes,
        rooms=schools.rooms,
        rules=county.class_rules,
        staffed_rooms=year.staffed_rooms,
    )
    schools.classes = state.class_plan.classes.copy()
    state.class_pupils = class_pupils(schools.roll, state.class_plan)
    state.crowding = crowding(state.class_pupils, state.class_plan, county.class_rules.cap)
