"""A year passes for the children: promotion, deaths, leaving, dropping out, a new cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.choice.moving import p_leave_and_drop_out
from capsim.core.dims import SEXES
from capsim.county.families import (
    DROPPED_OUT,
    NO_SCHOOL,
    PUBLIC,
    join_siblings,
    make_cohort,
)
from capsim.year.flows import CAUSE, PupilFlows

if TYPE_CHECKING:
    from capsim.year.model import CountyModel

LAST_GRADE = 9
JUNIOR_ENTRY = 7
MALE = SEXES.index("male")
DIED, LEFT_COUNTY, DROPPED = (CAUSE[name] for name in ("died", "left_county", "dropped_out"))


def demography(model: CountyModel) -> None:
    """Births, deaths and migration outside school ages; the families of the entering cohort."""
    cohort = model.population.advance(model.year)
    counts = model.population.cohort_by_settlement(
        cohort, model.mobility.entry[model.index - 1], model.draw("entry by settlement")
    )
    county = model.county
    model.newcomers = make_cohort(
        county.geography,
        counts,
        model.year,
        county.traits,
        seed=county.scenario.seed,
        replicate=model.replicate,
    )


def promote(model: CountyModel) -> None:
    """Move every grade up; grade 9 graduates, grade 6 become junior applicants, grade 1 enters."""
    model.flows = PupilFlows(len(model.schools))
    model.flows.promote(model.schools.roll)
    here = model.families
    # Elder siblings who are named are at most four years older: none of them graduates now.
    newcomers = join_siblings(here, model.newcomers)
    graduates = here.cohort <= model.year - LAST_GRADE
    number = int(np.count_nonzero(graduates))
    if graduates[:number].all():  # as they are unless children have arrived from outside
        families = here.append(newcomers, after=number)
    else:
        families = here.take(~graduates).append(newcomers)
    families.came_from[:] = families.school
    applying = (families.cohort == model.year + 1 - JUNIOR_ENTRY).nonzero()[0]
    families.school[applying] = NO_SCHOOL
    entering = applying[families.state.take(applying) != DROPPED_OUT]
    families.state[entering] = families.destination[entering, 1]
    model.families = families


def leave(model: CountyModel) -> None:
    """Draw deaths, families leaving the county and drop-outs, one uniform a child."""
    families = model.families
    # Whose draw is above the largest probability stays, whatever its own probabilities are.
    extra = model.mobility.leave[model.index - 1]
    bound = min(1.0, model.county.most_likely_to_leave + float(extra.max(initial=0.0)))
    rows, u = model.draw("leaving").below(families.identity, bound)
    grade = model.year + 1 - families.cohort.take(rows)
    sex = families.sex.take(rows)
    dies = model.death_rates.take(sex * np.intp(LAST_GRADE) + (grade - 1))
    goes, drops = p_leave_and_drop_out(
        model.scenario.choice.leaving,
        grade=grade,
        male=sex == MALE,
        km=distance_to_school(model, rows),
        boards=families.boards.take(rows),
    )
    drops *= families.state.take(rows) == PUBLIC
    goes += dies
    goes += extra[families.settlement.take(rows), grade - 1]
    drops += goes
    loses = (u < drops).nonzero()[0]
    u, lost = u.take(loses), rows.take(loses)
    gone = u < goes.take(loses)
    cause = np.where(gone, LEFT_COUNTY, DROPPED)
    cause[u < dies.take(loses)] = DIED
    model.flows.lose(cause, families.school.take(lost), grade.take(loses))
    dropped = lost[~gone]
    families.state[dropped] = DROPPED_OUT
    families.school[dropped] = NO_SCHOOL
    model.families = families.without(lost[gone], in_place=True)


def distance_to_school(model: CountyModel, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the km of some children to their public school, 0 without one."""
    school = model.families.school.take(rows)
    table = model.county.distance_km
    cell = model.families.settlement.take(rows) * np.intp(table.shape[1])
    cell += school
    km = table.take(cell, mode="clip").astype(np.float64)
    km[school < 0] = 0.0
    return km
