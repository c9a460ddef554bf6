"""Retirements, leavers and recruits within posts; teachers posted to schools that open."""

from __future__ import annotations

import numpy as np

from capsim.county.county import County
from capsim.schools.staffing.needs import SchoolsThisYear, allotting_need, needed_by_classes
from capsim.year.state import State
from capsim.year.year import Rows, Year


def staff(county: County, state: State, year: Year) -> None:
    """Let teachers retire and leave; recruit whom the bureau wants and post them."""
    year.staffing = schools_this_year(county, state, year.applied.opened)

    def recruit(lost: int) -> Rows:
        return year.bureau.recruit(county, state, year, lost)

    state.staff.staff_in_and_out(state.year, year.staffing, recruit)


def schools_this_year(county: County, state: State, opened: list[int]) -> SchoolsThisYear:
    """Return what the staffing reads of the schools.

    Parameters
    ----------
    county : County
    state : State
    opened : list of int
        Rows of the schools that need teachers for classes they have still to form.
    """
    schools, options = state.schools, county.scenario.staffing
    open_cells = schools.open_levels()
    by_classes = needed_by_classes(state.class_plan.classes, options)
    need = allotting_need(schools.roll, by_classes, schools.posts, options) * open_cells
    opening = np.zeros(len(schools), np.bool_)
    opening[opened] = True
    if opened:
        per_class = np.array(options.teachers_per_class.as_tuple())
        grades = np.stack([schools.teaches[:, :6].sum(1), schools.teaches[:, 6:].sum(1)], axis=1)
        first = np.ceil(schools.rooms / np.maximum(grades, 1)) * per_class
        need[opening] = np.maximum(need, first * open_cells)[opening]
    return SchoolsThisYear(
        settlement_kind=schools.settlement_kind,
        km=county.straight_km,
        open_cells=open_cells,
        posts=schools.posts,
        need=need,
        quality=schools.quality,
        opening=opening,
        receiver=state.receiver,
    )
