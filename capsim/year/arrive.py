"""Children who arrive from outside the county join the ledger of families."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import ENTRY_AGE, ENTRY_GRADES, GRADE_LEVEL_INDEX
from capsim.county.arrivals import GRADES, ORDINALS_A_YEAR, Arrivals
from capsim.county.families import Families, free_kin, join_siblings, make_cohort
from capsim.demography.cohort import split_by_sex

if TYPE_CHECKING:
    from capsim.year.model import CountyModel

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def arrive(model: CountyModel) -> None:
    """Add the children who arrive this year to the ledger, and preschool ones to the projection."""
    model.first_arrival = len(model.families)
    arrivals = model.county.arrivals
    if arrivals is None:
        return
    expected = _expected(model, arrivals)
    number = model.draw("arrivals").poisson(arrivals.identity, expected)
    came = model.families.take(np.zeros(0, np.intp))
    for grade in range(GRADES, 0, -1):
        if number[:, grade - 1].any():
            block = _block(model, arrivals, number[:, grade - 1], grade)
            # The elder child a newcomer names arrived in the same year: ordinals say so.
            came = came.append(join_siblings(came, block))
    came.kin[:] += np.int32(free_kin(model.families))
    model.families = model.families.append(came)


def _expected(model: CountyModel, arrivals: Arrivals) -> F64:
    """Expected arrivals by settlement and grade; preschool children join the projection."""
    grade = model.families.grade(model.year)
    if arrivals.rate_by_grade is None:
        places = len(arrivals.settling)
        cell = model.families.settlement * np.intp(GRADES) + (grade - 1)
        children = np.bincount(cell, minlength=places * GRADES).reshape(places, GRADES)
        expected = children * model.mobility.replaced(model.index - 1)
    else:
        children = np.bincount(grade, minlength=GRADES + 1)[1 : GRADES + 1]
        expected = arrivals.settling[:, None] * (arrivals.rate_by_grade * children)
    if arrivals.housing is not None:
        added = arrivals.housing[model.replicate, model.index - 1]
        expected = expected + added[:, GRADE_LEVEL_INDEX]
        geography = model.county.geography
        cells = np.bincount(geography.cell, weights=added[:, 0], minlength=len(geography.cell_kind))
        young = split_by_sex(cells, model.population.rules.sex_ratio_at_birth)
        model.population.persons[:, :, :ENTRY_AGE] += young[:, :, None]
    return np.asarray(expected)


def _block(model: CountyModel, arrivals: Arrivals, number: I64, grade: int) -> Families:
    """Families of the children who arrive in one grade; siblings who arrive together share one."""
    base = model.scenario.years.base
    block = make_cohort(
        model.county.geography,
        number,
        model.year - grade + 1,
        arrivals.traits,
        seed=model.scenario.seed,
        replicate=model.replicate,
        first_ordinal=ORDINALS_A_YEAR * (model.year - base),
    )
    if grade >= ENTRY_GRADES[1]:
        block.state[:] = block.destination[:, 1]
    return block
