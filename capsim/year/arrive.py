"""Children who arrive from outside the county join the ledger of families."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import ENTRY_AGE, ENTRY_GRADES, GRADE_LEVEL_INDEX
from capsim.county.arrivals import GRADES, ORDINALS_A_YEAR, Arrivals
from capsim.county.county import County
from capsim.county.families import Families, first_free_household_index, join_siblings, make_cohort
from capsim.demography.cohort import split_by_sex
from capsim.year.state import State
from capsim.year.year import Year

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def arrive(county: County, state: State, year: Year) -> None:
    """Add the children who arrive this year to the ledger, and preschool ones to the projection."""
    year.first_arrival = len(state.families)
    arrivals = county.arrivals
    if arrivals is None:
        return
    expected = _expected(county, state, arrivals)
    number = state.draw("arrivals").poisson(arrivals.identity, expected)
    came = state.families.take(np.zeros(0, np.intp))
    for grade in range(GRADES, 0, -1):
        if number[:, grade - 1].any():
            block = _block(county, state, arrivals, number[:, grade - 1], grade)
            # The elder child a newcomer names arrived in the same year: ordinals say so.
            came = came.append(join_siblings(came, block))
    came.household_index[:] += np.int32(first_free_household_index(state.families))
    state.families = state.families.append(came)


def _expected(county: County, state: State, arrivals: Arrivals) -> F64:
    """Expected arrivals by settlement and grade; preschool children join the projection."""
    grade = state.families.grade(state.year)
    if arrivals.rate_by_grade is None:
        assert state.mobility is not None
        places = len(arrivals.settling)
        cell = state.families.settlement * np.intp(GRADES) + (grade - 1)
        children = np.bincount(cell, minlength=places * GRADES).reshape(places, GRADES)
        expected = children * state.mobility.replaced(state.year)
    else:
        children = np.bincount(grade, minlength=GRADES + 1)[1 : GRADES + 1]
        expected = arrivals.settling[:, None] * (arrivals.rate_by_grade * children)
    if arrivals.housing is not None:
        added = arrivals.housing[state.replicate, state.year - county.scenario.years.base - 1]
        expected = expected + added[:, GRADE_LEVEL_INDEX]
        geography = county.geography
        cells = np.bincount(geography.cell, weights=added[:, 0], minlength=len(geography.cell_kind))
        young = split_by_sex(cells, state.population.rules.sex_ratio_at_birth)
        state.population.persons[:, :, :ENTRY_AGE] += young[:, :, None]
    return np.asarray(expected)


def _block(county: County, state: State, arrivals: Arrivals, number: I64, grade: int) -> Families:
    """Families of the children who arrive in one grade; siblings who arrive together share one."""
    base = county.scenario.years.base
    block = make_cohort(
        county.geography,
        number,
        state.year - grade + 1,
        arrivals.traits,
        seed=state.seed,
        replicate=state.replicate,
        first_ordinal=ORDINALS_A_YEAR * (state.year - base),
    )
    if grade >= ENTRY_GRADES[1]:
        block.state[:] = block.destination[:, 1]
    return block
