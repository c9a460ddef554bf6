"""School children who come and go: net rates and turnover, fitted to the county's own rolls.

Rolls of several years tell how a grade becomes the next one: by how much the county gains or
loses (net rate), how much that changes from year to year, and how far single schools stray from
the county by chance (turnover). Each is shrunk to values pooled from real districts. Without past
rolls children who leave are replaced: arrivals and leavers balance, and only the spread is pooled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.dims import GRADE_LEVEL_INDEX
from capsim.county.geography import Geography
from capsim.scenario.options.choice import LeavingOptions
from capsim.scenario.options.uncertainty import UncertaintyOptions
from capsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from pandas.api.typing import DataFrameGroupBy

F64 = NDArray[np.float64]

GRADES: Final = len(GRADE_LEVEL_INDEX)
# Years of past rolls that count; as many weigh as much as the balance that is the prior.
LAST_YEARS, PRIOR_YEARS = 8, 2.0
# School classes (one grade of one school in one year) that weigh as much as the pooled turnover.
PRIOR_CELLS: Final = 30.0
MOST_TURNOVER: Final = 0.3
MOST_NET: Final = 0.15


@dataclass(frozen=True)
class Mobility:
    """How school children come and go, beside deaths and drop-outs.

    Attributes
    ----------
    net : ndarray, shape (9,)
        Expected net gain a year of the children on the way to each grade.
    net_sd, yearly_sd : float
        Persistent and yearly standard deviation of the net gain.
    turnover : float
        Share who leave and are replaced, each year.
    years : int
        Pairs of years of rolls behind it; 0 where the county has none.
    """

    net: F64
    net_sd: float
    yearly_sd: float
    turnover: float
    years: int


def fit_mobility(rolls: pd.DataFrame, base_year: int, options: UncertaintyOptions) -> Mobility:
    """Fit net rates and turnover to the rolls of past years.

    Parameters
    ----------
    rolls : DataFrame
        ``school, grade, pupils, year``, one row each; years after the base year do not count.
    base_year : int
    options : UncertaintyOptions
        Pooled values, used as priors.
    """
    steps = _steps(rolls[rolls["year"] <= base_year])
    pairs = sorted(set(steps["year"]))[-LAST_YEARS:]
    pooled = options.child_migration, options.child_migration_yearly
    if not pairs:
        return Mobility(np.zeros(GRADES), *pooled, options.turnover, 0)
    steps = steps[steps["year"].isin(pairs)]
    county = _ratio(steps.groupby(["year", "grade"]))
    change = county.pivot_table(index="year", columns="grade", values="log_ratio")
    levels = _ratio(steps.assign(level=GRADE_LEVEL_INDEX[steps["grade"] - 1]).groupby("level"))
    level = dict(zip(levels.index.to_list(), levels["log_ratio"].to_list(), strict=True))
    count = len(pairs)
    weight = count / (count + PRIOR_YEARS)
    net = np.zeros(GRADES)
    for grade in range(1, GRADES + 1):
        mean = weight * float(level.get(GRADE_LEVEL_INDEX[grade - 1], 0.0))
        own = change[grade].mean() if grade in change else np.nan
        net[grade - 1] = mean if np.isnan(own) else mean + weight * (own - mean) * weight
    together = change.sub(change.mean(), axis=1).mean(axis=1)
    yearly = float(np.sqrt(_pooled(np.square(together), options.child_migration_yearly**2, 5.0)))
    persistent = float(np.sqrt(options.child_migration**2 * (1.0 - weight) + yearly**2 / count))
    return Mobility(
        np.clip(net, -MOST_NET, MOST_NET),
        max(persistent, 0.5 * options.child_migration),
        yearly,
        _turnover(steps, county, options.turnover),
        count,
    )


def _steps(rolls: pd.DataFrame) -> pd.DataFrame:
    """Pupils of a grade and, a year later, of the next grade of the same school and level."""
    held = rolls.groupby(["school", "grade", "year"])["pupils"].sum().reset_index()
    later = held.assign(grade=held["grade"] - 1, year=held["year"] - 1)
    both = held.merge(later, on=["school", "grade", "year"], suffixes=("", "_after"))
    both = both[(both["pupils"] > 0) & (both["pupils_after"] > 0)]
    reached = both["grade"].to_numpy() + 1
    inside = GRADE_LEVEL_INDEX[np.minimum(reached, GRADES) - 1] == GRADE_LEVEL_INDEX[reached - 2]
    found = pd.DataFrame(
        {
            "school": both["school"],
            "grade": reached,
            "year": both["year"],
            "before": both["pupils"].astype(float),
            "after": both["pupils_after"].astype(float),
        }
    )
    return found[pd.Series(inside, index=found.index)]


def _ratio(groups: DataFrameGroupBy[Any, Any]) -> pd.DataFrame:
    """Pupils before and after of each group, and the log of their ratio."""
    total = groups[["before", "after"]].sum()
    return total.assign(log_ratio=np.log(total["after"]) - np.log(total["before"]))


def _pooled(squares: pd.Series[float], prior: float, weight: float) -> float:
    """Mean of squares, the prior counting as so many of them."""
    found = squares.dropna()
    return float((found.sum() + weight * prior) / (len(found) + weight))


def _turnover(steps: pd.DataFrame, county: pd.DataFrame, prior: float) -> float:
    """Share who leave and are replaced: half the variance of school changes times their size."""
    joined = steps.join(county["log_ratio"], on=["year", "grade"])
    stray = np.log(joined["after"]) - np.log(joined["before"]) - joined["log_ratio"]
    spread = _pooled(stray**2 * joined["before"], 2.0 * prior, PRIOR_CELLS)
    return float(min(spread / 2.0, MOST_TURNOVER))


def net_leaving(scenario: Scenario) -> LeavingOptions:
    """Return the hazards of leaving, none where those who leave are replaced."""
    leaving = scenario.choice.leaving
    if not scenario.uncertainty.enabled or scenario.choice.arriving.rate_by_grade is not None:
        return leaving
    return leaving.model_copy(update={"leave_by_grade": (0.0,) * GRADES})


@dataclass(frozen=True)
class MobilityDraws:
    """Rates of coming and going in one replicate, beside those of `choice.leaving`.

    Attributes
    ----------
    leave, arrive : ndarray, shape (years, settlements, 9)
        Share of the children on the way to each grade who leave, and who come in addition.
    entry : ndarray, shape (years, settlements)
        Factor on the share of each settlement in the children who enter school.
    first_year : int
        School year of the first row.
    lost : ndarray, shape (9,)
        Share that `choice.leaving` is expected to lose; as many come, unless arrivals are given.
    """

    leave: F64
    arrive: F64
    entry: F64
    lost: F64
    first_year: int

    def leaving_in(self, year: int) -> F64:
        """Share who leave beside `choice.leaving` in a school year, shape (settlements, 9)."""
        return np.asarray(self.leave[year - self.first_year])

    def entry_in(self, year: int) -> F64:
        """Factor on the share of each settlement in the entrants of a school year."""
        return np.asarray(self.entry[year - self.first_year])

    def replaced(self, year: int) -> F64:
        """Arrivals for each child still here after leavers have gone, (settlements, 9)."""
        row = year - self.first_year
        stayed = np.maximum(1.0 - self.leave[row] - self.lost, 0.1)
        return np.asarray((self.arrive[row] + self.lost) / stayed)


def draw_mobility(
    mobility: Mobility,
    geography: Geography,
    options: UncertaintyOptions,
    *,
    leaving: LeavingOptions,
    years: range,
    seed: int,
    replicate: int,
) -> MobilityDraws:
    """Draw the rates of all years of a replicate.

    Parameters
    ----------
    mobility : Mobility
    geography : Geography
    options : UncertaintyOptions
    leaving : LeavingOptions
        Nobody comes or goes where it is switched off.
    years : range
        School years after the base year.
    seed, replicate : int
    """
    count, places = len(years), len(geography.identity)
    one = np.zeros(1, np.uint64)

    def normal(process: str, year: int = 0, identity: NDArray[np.uint64] = one) -> F64:
        return draws.stream(seed, replicate, process, year).normal(identity)

    steady = mobility.net_sd * float(normal("child migration")[0])
    of_place = options.place_migration * normal("place migration", 0, geography.identity)
    net = np.empty((count, places))
    drift = np.zeros((count, places))
    for row, year in enumerate(years):
        yearly = mobility.yearly_sd * float(normal("child migration", year)[0])
        here = options.place_migration_yearly * normal("place migration", year, geography.identity)
        net[row] = steady + yearly + of_place + here
        drift[row] = options.entry_drift * normal("entry drift", year, geography.identity)
    if not leaving.enabled:
        none = np.zeros((count, places, GRADES))
        return MobilityDraws(
            none, none, np.exp(np.cumsum(drift, axis=0)), np.zeros(GRADES), years.start
        )
    lost = np.array(leaving.leave_by_grade)
    if mobility.years:  # the rolls have seen those who drop out, too
        lost = lost + np.array(leaving.drop_out_by_grade)
    rates = np.clip(net[..., None] + mobility.net, -MOST_NET, MOST_NET)
    turnover = mobility.turnover
    return MobilityDraws(
        leave=np.maximum(-rates, 0.0) + turnover,
        arrive=np.maximum(rates, 0.0) + turnover,
        entry=np.exp(np.cumsum(drift, axis=0)),
        lost=lost,
        first_year=years.start,
    )
