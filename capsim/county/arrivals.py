"""Children who arrive from outside the county: by rates, and in dwellings that are completed.

They join the ledger of families with ordinals of their own, one range a year of arrival, so that
nobody else's draws change. Those of continuing grades are given a school by reassignment, those
of entry grades apply. Preschool children of new dwellings join the projection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.dims import GRADE_LEVEL_INDEX, GRADES_OF_LEVEL, LEVELS
from capsim.core.errors import InvalidInput
from capsim.county.families import FamilyTraits
from capsim.county.geography import Geography
from capsim.demography.housing import housing_pupils
from capsim.scenario.schema import Scenario

if TYPE_CHECKING:
    pass

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

ORDINALS_A_YEAR: Final = 1 << 20
GRADES: Final = len(GRADE_LEVEL_INDEX)


@dataclass(frozen=True)
class Arrivals:
    """What the children who arrive in a county are drawn from.

    Attributes
    ----------
    rate_by_grade : ndarray, shape (9,), or None
        Arrivals a year per resident child of each grade; None where as many come as leave.
    settling : ndarray, shape (settlements,)
        Share of them who settle in each settlement.
    traits : FamilyTraits
    housing : ndarray, shape (replicates, years, settlements, 2), or None
        Children that new dwellings add to each grade of a level, years from that after the base
        year.
    identity : ndarray of uint64, shape (settlements, 9)
        Of each settlement and grade, for the number who arrive.
    """

    rate_by_grade: F64 | None
    settling: F64
    traits: FamilyTraits
    housing: F64 | None
    identity: NDArray[np.uint64]


def arrivals_of(
    scenario: Scenario, geography: Geography, traits: FamilyTraits, replicates: int
) -> Arrivals | None:
    """Return the arrivals of a scenario; None where nobody arrives.

    Raises
    ------
    InvalidInput
        If a development is of a type without a yield.
    """
    options = scenario.choice.arriving
    housing = _housing(scenario, geography, replicates)
    balanced = options.rate_by_grade is None and scenario.uncertainty.enabled
    if not options.enabled and not balanced and housing is None:
        return None
    given = options.rate_by_grade
    if not balanced:
        registration = np.tile(np.array(options.registration), (len(options.share_by_kind), 1))
        traits = replace(traits, registration_shares=registration)
    return Arrivals(
        rate_by_grade=None if balanced else np.array(given or (0.0,) * GRADES),
        settling=_settling(geography, options.share_by_kind),
        traits=traits,
        housing=housing,
        identity=draws.combine(geography.identity[:, None], np.arange(1, GRADES + 1)[None, :]),
    )


def _settling(geography: Geography, share_by_kind: tuple[float, ...]) -> F64:
    """Share of each settlement: by kind, then by population; kinds that do not occur give way."""
    people = np.maximum(geography.population, 1e-9)
    of_kind = np.bincount(geography.kind, weights=people, minlength=len(share_by_kind))
    weight = np.array(share_by_kind)[geography.kind] * people / of_kind[geography.kind]
    if weight.sum() <= 0:
        weight = people
    return np.asarray(weight / weight.sum())


def _housing(scenario: Scenario, geography: Geography, replicates: int) -> F64 | None:
    """Children that dwellings add by replicate, year, settlement and level, to each grade."""
    table = scenario.tables().housing
    if table is None or not len(table):
        return None
    known = scenario.housing.pupil_yield
    unknown = sorted(set(table["type"]) - set(known))
    if unknown:
        raise InvalidInput.of(
            f"{scenario.provenance.file}: housing.pupil_yield",
            f"has no yield of {', '.join(unknown)}, a type of {scenario.data.housing}",
            f"known types: {', '.join(known)}",
        )
    base = scenario.years.base
    place = np.where(table["settlement"] != "", "s:" + table["settlement"],
                     "t:" + table["township"])  # fmt: skip
    located = table.assign(area=place)
    stock = housing_pupils(
        located,
        first_year=base + 1,
        last_year=scenario.years.horizon,
        options=scenario.housing,
        usual_units=_usual_units(scenario, located),
        draws=replicates,
        seed=scenario.seed,
    ).transpose("draw", "year", "area", "level")
    # Only the rise above the highest stock so far is new: what usual building held is no departure.
    highest = np.maximum.accumulate(np.maximum(stock.to_numpy(), 0.0), axis=1)
    added = np.diff(highest, axis=1, prepend=0.0)
    added = added @ np.diag([_per_grade(scenario, level) for level in LEVELS])
    spread = _spread(geography, [str(area) for area in stock["area"].values])
    return np.asarray(np.einsum("kyal,as->kysl", added, spread))


def _per_grade(scenario: Scenario, level: str) -> float:
    """Resident children of each grade for a pupil in public schools of the level."""
    public = scenario.participation.at(level).public
    return 1.0 / (public * len(GRADES_OF_LEVEL[level])) if public > 0 else 0.0


def _usual_units(scenario: Scenario, located: pd.DataFrame) -> pd.DataFrame | None:
    """Mean dwellings completed a year up to the base year, where rates of arrival hold them."""
    years = scenario.housing.usual_years
    held = scenario.choice.arriving.enabled or scenario.demography.migration.preschool_per_year > 0
    if not held or years == 0:
        return None
    since = scenario.years.base - years
    done = located["completion_year"].between(since + 1, scenario.years.base)
    completed = located[(located["status"] == "completed") & done]
    if not len(completed):
        return None
    usual = completed.groupby(["area", "type"], sort=False)["units"].sum() / years
    return usual.reset_index()


def _spread(geography: Geography, areas: list[str]) -> F64:
    """Share of each settlement in an area (itself, or its township), shape (areas, settlements)."""
    shares = np.zeros((len(areas), len(geography.settlements)))
    people = np.maximum(geography.population, 1e-9)
    for row, area in enumerate(areas):
        name = area[2:]
        if area.startswith("s:"):
            shares[row, geography.settlements.index(name)] = 1.0
        else:
            inside = geography.township == geography.townships.index(name)
            shares[row] = np.where(inside, people, 0.0) / people[inside].sum()
    return shares
