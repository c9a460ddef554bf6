"""The age structure of each place in the base year.

Where people move to town young, a town is younger than its county. Places whose ages no census
gives get the structure that the moves of the scenario have led to: the county's structure is
carried through the past years' moves, then raked to the people of each place and to the county's
residents of each sex and age (iterative proportional fitting, Deming and Stephan 1940). Township
censuses by age, where given, are the structure from which the raking starts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import AGES
from capsim.county.geography import Geography
from capsim.county.population import FEMALE, MOTHER_AGES, PopulationRules, cell_flows

F64 = NDArray[np.float64]

ROUNDS: Final = 500
TOLERANCE: Final = 1e-10


def residents_by_cell(
    county: F64,
    geography: Geography,
    rules: PopulationRules,
    *,
    years: int,
    townships: F64 | None = None,
) -> F64:
    """Return the residents of the base year by cell, sex and age.

    Parameters
    ----------
    county : ndarray, shape (2, 101)
        Residents of the county; they are met exactly.
    geography : Geography
        Its settlements' populations give each cell's share of the residents.
    rules : PopulationRules
        Moves between kinds of place and their profile by age.
    years : int
        Years of such moves behind the base year; 0 gives every place the county's structure.
    townships : ndarray, shape (townships, 2, 101), optional
        Residents of townships by age, of the base year; missing where unknown.

    Returns
    -------
    ndarray, shape (cells, 2, 101)
    """
    cells = len(geography.cell_kind)
    there = np.bincount(geography.cell, weights=geography.population, minlength=cells)
    people = np.asarray(there, dtype=np.float64)
    people *= county.sum() / people.sum()
    shaped = _after_moves(county, people, geography, rules, years)
    if townships is not None:
        shaped = _like_townships(shaped, townships, geography.cell_township)
    return rake(shaped, people, county)


def rake(start: F64, people: F64, county: F64) -> F64:
    """Scale a table by place, sex and age to the people of each place and to the county's ages.

    Parameters
    ----------
    start : ndarray, shape (cells, 2, ages)
    people : ndarray, shape (cells,)
    county : ndarray, shape (2, ages)
        With the sum of `people`.

    Returns
    -------
    ndarray, shape (cells, 2, ages)
        The county's ages are met exactly, the people of places to one part in 10 billion.
    """
    table: F64 = start.copy()
    for _ in range(ROUNDS):
        table *= _ratio(county, table.sum(axis=0))[None]
        off = _ratio(people, table.sum(axis=(1, 2)))
        if np.abs(off[people > 0] - 1.0).max(initial=0.0) < TOLERANCE:
            break
        table *= off[:, None, None]
    return np.asarray(table * _ratio(county, table.sum(axis=0))[None])


def _ratio(wanted: F64, found: F64) -> F64:
    """Wanted over found; 0 where there is nobody to scale."""
    ratio = np.zeros(found.shape)
    np.divide(wanted, found, out=ratio, where=found > 0)
    return ratio


def _after_moves(
    county: F64, people: F64, geography: Geography, rules: PopulationRules, years: int
) -> F64:
    """The county's structure after past years of the scenario's moves, at the county's ages."""
    table: F64 = county[None] * (people / people.sum())[:, None, None]
    flows = cell_flows(geography, rules.internal)
    leaving = flows.sum(axis=1)[:, None]
    for _ in range(years if rules.internal.any() else 0):
        older = np.empty_like(table)
        older[..., 1:] = table[..., :-1]
        older[..., -1] += table[..., -1]
        mothers = table[:, FEMALE, MOTHER_AGES].sum(axis=1)
        older[..., 0] = mothers[:, None]
        moving = (older * rules.internal_profile).reshape(len(older), -1)
        older += (flows.T @ moving - moving * leaving).reshape(older.shape)
        np.maximum(older, 0.0, out=older)
        table = older * _ratio(county, older.sum(axis=0))[None]
    return table


def _like_townships(shaped: F64, townships: F64, cell_township: NDArray[np.int32]) -> F64:
    """Give the cells of each township its own ages, shared between them as before."""
    own: F64 = townships[cell_township]
    there = np.zeros((len(townships), *shaped.shape[1:]))
    np.add.at(there, cell_township, shaped)
    scaled = shaped * _ratio(own, there[cell_township])
    return np.asarray(np.where(np.isnan(own), shaped, scaled))


def carried_to(census: F64, years: int) -> F64:
    """Return residents of townships moved by a number of years along their cohorts.

    Parameters
    ----------
    census : ndarray, shape (..., 101)
    years : int
        Years from the census to the base year; negative where the census is later. Only
        proportions within an age count, so that neither deaths nor births are needed: ages that no
        cohort reaches take the structure of the nearest one that does.
    """
    source = np.clip(np.arange(len(AGES)) - years, 0, len(AGES) - 1)
    carried: F64 = census[..., source]
    return carried
