"""Deaths, families who leave the county, and drop-outs among children of school age."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.choice.moving import p_leave_and_drop_out
from capsim.core.dims import SEXES
from capsim.county.county import County
from capsim.county.families import DROPPED_OUT, NO_SCHOOL, PUBLIC
from capsim.year.flows import CAUSE
from capsim.year.state import State
from capsim.year.year import Year

LAST_GRADE = 9
MALE = SEXES.index("male")
DIED, LEFT_COUNTY, DROPPED = (CAUSE[name] for name in ("died", "left_county", "dropped_out"))


def leave(county: County, state: State, year: Year) -> None:
    """Draw deaths, families leaving the county and drop-outs, one uniform a child."""
    families = state.families
    # Whose draw is above the largest probability stays, whatever its own probabilities are.
    bound, further = county.most_likely_to_leave, None
    if state.mobility is not None:
        further = state.mobility.leaving_in(state.year)
        bound = min(1.0, bound + float(further.max(initial=0.0)))
    rows, u = state.draw("leaving").below(families.identity, bound)
    grade = state.year + 1 - families.cohort.take(rows)
    sex = families.sex.take(rows)
    dies = county.death_rates.take(sex * np.intp(LAST_GRADE) + (grade - 1))
    goes, drops = p_leave_and_drop_out(
        county.scenario.choice.leaving,
        grade=grade,
        male=sex == MALE,
        km=_distance_to_school(county, state, rows),
        boards=families.boards.take(rows),
    )
    drops *= families.state.take(rows) == PUBLIC
    goes += dies
    if further is not None:
        goes += further[families.settlement.take(rows), grade - 1]
    drops += goes
    loses = (u < drops).nonzero()[0]
    u, lost = u.take(loses), rows.take(loses)
    gone = u < goes.take(loses)
    cause = np.where(gone, LEFT_COUNTY, DROPPED)
    cause[u < dies.take(loses)] = DIED
    year.flows.lose(cause, families.school.take(lost), grade.take(loses))
    dropped = lost[~gone]
    families.state[dropped] = DROPPED_OUT
    families.school[dropped] = NO_SCHOOL
    state.families = families.without(lost[gone], in_place=True)


def _distance_to_school(
    county: County, state: State, rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the km of some children to their public school, 0 without one."""
    school = state.families.school.take(rows)
    table = county.distance_km
    cell = state.families.settlement.take(rows) * np.intp(table.shape[1])
    cell += school
    km = table.take(cell, mode="clip").astype(np.float64)
    km[school < 0] = 0.0
    return km
