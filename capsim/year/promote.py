"""Every grade moves up: grade 9 graduates, grade 6 applies for junior schools, a cohort enters."""

from __future__ import annotations

import numpy as np

from capsim.county.county import County
from capsim.county.families import DROPPED_OUT, NO_SCHOOL, join_siblings
from capsim.year.state import State
from capsim.year.year import Year

LAST_GRADE = 9
JUNIOR_ENTRY = 7


def promote(county: County, state: State, year: Year) -> None:
    """Move every grade up; grade 9 graduates, grade 6 become junior applicants, grade 1 enters."""
    year.flows.promote(state.schools.roll)
    here = state.families
    # Elder siblings who are named are at most four years older: none of them graduates now.
    newcomers = join_siblings(here, year.newcomers)
    graduates = here.cohort <= state.year - LAST_GRADE
    number = int(np.count_nonzero(graduates))
    if graduates[:number].all():  # as they are unless children have arrived from outside
        families = here.append(newcomers, after=number)
    else:
        families = here.take(~graduates).append(newcomers)
    families.came_from[:] = families.school
    applying = (families.cohort == state.year + 1 - JUNIOR_ENTRY).nonzero()[0]
    families.school[applying] = NO_SCHOOL
    entering = applying[families.state.take(applying) != DROPPED_OUT]
    families.state[entering] = families.destination[entering, 1]
    state.families = families
