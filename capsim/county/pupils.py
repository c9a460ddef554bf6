"""A year passes for the children: promotion, deaths, leaving, dropping out, a new cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim import draws
from capsim.choice.moves import p_drop_out, p_leave
from capsim.county.families import (
    DROPPED_OUT,
    NO_SCHOOL,
    PUBLIC,
    join_siblings,
    make_cohort,
)
from capsim.county.flows import PupilFlows
from capsim.dims import ENTRY_AGE, SEXES

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

LAST_GRADE = 9
JUNIOR_ENTRY = 7
MALE = SEXES.index("male")


def demography(model: CountyModel) -> None:
    """Births, deaths and migration outside school ages; the families of the entering cohort."""
    cohort = model.population.advance(model.year)
    counts = model.population.cohort_by_settlement(cohort)
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
    families = model.families
    families = families.take(families.grade(model.year) <= LAST_GRADE)
    families.came_from[:] = families.school
    applying = families.grade(model.year) == JUNIOR_ENTRY
    families.school[applying] = NO_SCHOOL
    entering = applying & (families.state != DROPPED_OUT)
    families.state[entering] = families.destination[entering, 1]
    model.families = families.append(join_siblings(families, model.newcomers))


def leave(model: CountyModel) -> None:
    """Draw deaths, families leaving the county and drop-outs, one uniform a child."""
    families = model.families
    options = model.scenario.choice.leaving
    grade = families.grade(model.year)
    u = draws.stream(model.scenario.seed, model.replicate, "leaving", model.year).uniform(
        families.identity
    )
    dies = model.death_rates[families.sex, grade - 1]
    km = distance_to_school(model)
    boards = families.boards & (km > options.near_km)
    goes = p_leave(options, grade=grade, km=km, boards=boards)
    drops = p_drop_out(options, grade=grade, male=families.sex == MALE, km=km, boards=boards)
    drops = np.where(families.state == PUBLIC, drops, 0.0)
    died = u < dies
    left = ~died & (u < dies + goes)
    dropped = ~died & ~left & (u < dies + goes + drops)
    for cause, who in (("died", died), ("left_county", left), ("dropped_out", dropped)):
        model.flows.add(cause, families.school[who], grade[who], sign=-1)
    families.state[dropped] = DROPPED_OUT
    families.school[dropped] = NO_SCHOOL
    model.families = families.take(~(died | left))


def distance_to_school(model: CountyModel) -> NDArray[np.float64]:
    """Return each child's km to its public school; 0 without one."""
    families = model.families
    km = model.county.distance_km[families.settlement, families.school].astype(np.float64)
    km[families.school < 0] = 0.0
    return km


def age_of_grade(grade: int) -> int:
    """Return the completed age on 31 August of children entering a grade that September."""
    return ENTRY_AGE + grade - 1
