"""Small schools and lasting shortfalls, decided for next year."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import GRADE_LEVEL_INDEX
from capsim.core.lookup import sum_by
from capsim.county.county import County
from capsim.county.demand import demand_by_township, seat_gap
from capsim.schools.programme.demand_led import count_shortfalls, start_school
from capsim.schools.small_schools import SchoolSnapshot, count_small_years
from capsim.year.state import State
from capsim.year.year import Year

Flags = NDArray[np.bool_]

_GRADES_OF_LEVEL: Final = np.bincount(GRADE_LEVEL_INDEX, minlength=2)
_YEARS_TO_FILL: Final = int(_GRADES_OF_LEVEL.max())


def review(county: County, state: State, year: Year) -> None:
    """Ask the bureau about small schools, and about areas where a shortfall has lasted."""
    options = county.scenario.programme
    if options.small_schools.enabled:
        year.reviewed = _snapshot(county, state)
        count_small_years(state.years_small, options.small_schools, year.reviewed)
        state.schedule.add(year.bureau.review_small_schools(county, state, year))
    if options.demand_led.enabled and county.programme.sites:
        _count_shortfalls(county, state)
        for site in year.bureau.start_schools(county, state, year):
            start_school(
                site,
                state.demand_rule,
                options,
                county.programme,
                state.schedule,
                year=state.year,
                class_cap=county.class_cap,
                seed=state.seed,
                replicate=state.replicate,
            )


def _snapshot(county: County, state: State) -> SchoolSnapshot:
    """Return what the review of small schools looks at."""
    schools, options = state.schools, county.scenario.programme
    boards = "board" in options.small_schools.measures
    return SchoolSnapshot(
        roll=schools.roll,
        rooms=schools.rooms,
        teaches=schools.teaches,
        is_open=schools.is_open,
        protected=state.schedule.touched_later(),
        kind=schools.kind,
        settlement_kind=schools.settlement_kind,
        beds=schools.beds,
        boarders=state.boarders(options.boarding) if boards else np.zeros_like(schools.beds),
        filling=still_filling(state),
    )


def still_filling(state: State) -> Flags:
    """Return the new schools that have not yet had time to fill all grades of a level."""
    filling: Flags = state.opened_in > state.year - _YEARS_TO_FILL
    if not filling.any():
        return filling
    longest = (state.schools.teaches_level() * _GRADES_OF_LEVEL).max(axis=1)
    filling = state.year - state.opened_in + 1 < longest
    return filling


def _count_shortfalls(county: County, state: State) -> None:
    """Count the years for which each planning area has been short of seats."""
    geography, class_cap = county.geography, np.asarray(county.class_cap)
    children = sum_by(
        geography.cell_township, state.children_by_cell()[None], len(geography.townships)
    )[0]
    demand = demand_by_township(children, county.public_share)
    count_shortfalls(
        state.demand_rule,
        county.scenario.programme,
        county.programme,
        state.schedule,
        seat_gap=seat_gap(demand, state.schools, geography, class_cap),
        area_of_school=county.area_of_school,
        class_cap=class_cap,
    )
