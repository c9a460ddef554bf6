"""School-entry cohorts: which births reach the entry grade in which year, and how many enter.

A child enters in the year in which it is six by 31 August (Compulsory Education Law of China), so
the cohort of entry year t is 4/12 of the births of calendar year t-7 and 8/12 of those of t-6;
monthly shares may replace the twelfths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr

from capsim.demography.rounding import largest_remainder
from capsim.errors import InvalidInput, Problems

__all__ = [
    "CHINA_ENTRY",
    "Entry",
    "entry_cohorts",
    "largest_remainder",
]


@dataclass(frozen=True)
class Entry:
    """Where children enter the rolls and which births they come from.

    Attributes
    ----------
    at : int
        Entry grade or entry age, in the labels of the rolls.
    lags : mapping of int to float
        Years from birth to entry, each with the share of that year's births that belongs to the
        cohort: ``{7: 4/12, 6: 8/12}`` for China's calendar births, ``{5: 1.0}`` for rolls by age
        on 1 July and births of years that end on 30 June.
    stage : {"grade", "age"}
        What the rolls are counted by.

    Raises
    ------
    InvalidInput
        If a lag is not a positive whole number or a share is not between 0 and 1.
    """

    at: int
    lags: Mapping[int, float]
    stage: Literal["grade", "age"] = "grade"

    def __post_init__(self) -> None:
        problems = Problems()
        if not self.lags:
            problems.add("entry", "has no lag from birth to entry")
        for lag, share in self.lags.items():
            if int(lag) != lag or lag < 1:
                problems.add("entry", f"lag {lag} is not a positive whole number of years")
            if not 0.0 <= share <= 1.0:
                problems.add("entry", f"share {share} of lag {lag} is not between 0 and 1")
        problems.raise_if_any()

    @classmethod
    def from_months(
        cls,
        shares: Sequence[float] = (1 / 12,) * 12,
        *,
        cutoff_month: int = 8,
        age: int = 6,
        at: int = 1,
    ) -> Entry:
        """Return the rule "`age` years old by the end of `cutoff_month`" for calendar births.

        Parameters
        ----------
        shares : sequence of 12 floats
            Share of a year's births in each month, January first; they sum to 1.
        cutoff_month : int
            Month at whose end the age is reckoned, 1-12.
        age : int
            Age in completed years that a child must have.
        at : int
            Grade entered.
        """
        months = np.asarray(shares, dtype=np.float64)
        if months.shape != (12,) or (months < 0).any() or abs(months.sum() - 1.0) > 1e-6:
            raise InvalidInput.of("entry", "needs 12 monthly shares of births that sum to 1")
        if not 1 <= cutoff_month <= 12:
            raise InvalidInput.of("entry", f"month {cutoff_month} is not between 1 and 12")
        late = float(months[cutoff_month:].sum())
        lags = {age + 1: late, age: float(months[:cutoff_month].sum())}
        return cls(at, {lag: share for lag, share in lags.items() if share > 0.0})


CHINA_ENTRY = Entry(1, {7: 4 / 12, 6: 8 / 12})


def entry_cohorts(births: xr.DataArray, entry: Entry = CHINA_ENTRY) -> xr.DataArray:
    """Return the births behind each entry cohort.

    Parameters
    ----------
    births : xarray.DataArray
        Births by calendar year; dimension ``year`` and any others (area, draw, sex). Missing
        values stay missing.
    entry : Entry
        Rule of entry; China's by default.

    Returns
    -------
    xarray.DataArray
        Same dimensions; ``year`` is the entry year. Only entry years all of whose births years
        are in `births` are returned, in rising order.

    Raises
    ------
    InvalidInput
        If years repeat, births are negative, or no entry year is covered.
    """
    where = str(births.name or "births")
    if "year" not in births.dims or "year" not in births.coords:
        raise InvalidInput.of(where, "lacks the dimension year with its labels")
    years = [int(y) for y in births["year"].values]
    problems = Problems()
    if len(set(years)) != len(years):
        problems.add(where, "repeats a year")
    if bool((births < 0).any()):
        problems.add(where, "holds negative births")
    known = set(years)
    longest, shortest = max(entry.lags), min(entry.lags)
    covered = [
        t
        for t in range(min(years) + longest, max(years) + shortest + 1)
        if all(t - lag in known for lag in entry.lags)
    ]
    if not covered:
        spans = " and ".join(f"t-{lag}" for lag in sorted(entry.lags, reverse=True))
        problems.add(
            where,
            f"years {min(years)}-{max(years)} cover no entry cohort",
            f"a cohort of year t needs births of {spans}",
        )
    problems.raise_if_any()
    entry_year = xr.DataArray(covered, dims="year", coords={"year": covered})
    total: xr.DataArray | None = None
    for lag, share in entry.lags.items():
        part = births.sel(year=entry_year - lag).assign_coords(year=covered) * share
        total = part if total is None else total + part
    assert total is not None
    return total.transpose(*births.dims).rename("entry_cohorts")
