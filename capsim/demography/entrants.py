"""School-entry cohorts: which births reach the entry grade in which year, and how many enter.

A child enters in the year in which it is six by 31 August (Compulsory Education Law of China), so
the cohort of entry year t is 4/12 of the births of calendar year t-7 and 8/12 of those of t-6;
monthly shares may replace the twelfths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from capsim.core.errors import InvalidInput, Problems
from capsim.core.rounding import largest_remainder
from capsim.forecasting.roll_tables import Stage

__all__ = [
    "CHINA_ENTRY",
    "Entry",
    "as_entry",
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
    reporting_lag : int
        Years between the year of a roll and the last year whose births are known by then: 0 where
        the year of birth ends before the roll is counted, 1 for calendar births and September
        rolls.

    Raises
    ------
    InvalidInput
        If a lag is not a positive whole number or a share is not between 0 and 1.
    """

    at: int
    lags: Mapping[int, float]
    stage: Stage = "grade"
    reporting_lag: int = 0

    def __post_init__(self) -> None:
        problems = Problems()
        if not self.lags:
            problems.add("entry", "has no lag from birth to entry")
        for lag, share in self.lags.items():
            if int(lag) != lag or lag < 1:
                problems.add("entry", f"lag {lag} is not a positive whole number of years")
            if not 0.0 <= share <= 1.0:
                problems.add("entry", f"share {share} of lag {lag} is not between 0 and 1")
        if self.reporting_lag < 0:
            problems.add("entry", f"reporting lag {self.reporting_lag} is negative")
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
        return cls(at, {lag: share for lag, share in lags.items() if share > 0.0}, "grade", 1)

    @property
    def mean_lag(self) -> float:
        """Years from birth to entry, on average."""
        return sum(lag * share for lag, share in self.lags.items()) / sum(self.lags.values())


CHINA_ENTRY = Entry(1, {7: 4 / 12, 6: 8 / 12}, "grade", 1)


def as_entry(entry: Entry | Mapping[str, Any] | tuple[int, int], stage: Stage) -> Entry:
    """Return the rule of entry from one of the forms in which it may be given.

    Parameters
    ----------
    entry : Entry, mapping or pair
        ``{"age": 5, "lag": 5}``, ``{"grade": 1, "lags": {7: 4 / 12, 6: 8 / 12}}`` (optionally
        with ``reporting_lag``), or ``(5, 5)``: entry age or grade, and lag.
    stage : {"grade", "age"}
        What the rolls are counted by.

    Raises
    ------
    InvalidInput
        If the form is not known, or the rule is for grades and the rolls are by age.
    """
    if isinstance(entry, Entry):
        if entry.stage != stage:
            raise InvalidInput.of("entry", f"is for {entry.stage}s but the rolls are by {stage}")
        return entry
    if isinstance(entry, tuple) and len(entry) == 2:
        return Entry(int(entry[0]), {int(entry[1]): 1.0}, stage)
    remedy = f'for instance {{"{stage}": {1 if stage == "grade" else 5}, "lag": 5}}'
    if not isinstance(entry, Mapping):
        raise InvalidInput.of("entry", f"is a {type(entry).__name__}", remedy)
    problems = Problems()
    unknown = set(entry) - {"grade", "age", "at", "lag", "lags", "reporting_lag"}
    if unknown:
        problems.add("entry", f"unknown key {', '.join(sorted(map(str, unknown)))}", remedy)
    at = entry.get(stage, entry.get("at"))
    if at is None:
        problems.add("entry", f"does not say the {stage} of entry", remedy)
    lags = entry.get("lags", entry.get("lag"))
    if lags is None:
        problems.add("entry", "does not say the lag from birth to entry", remedy)
    problems.raise_if_any()
    assert at is not None
    shares = lags if isinstance(lags, Mapping) else {lags: 1.0}
    return Entry(int(at), dict(shares), stage, int(entry.get("reporting_lag", 0)))


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
    cohorts = total.transpose(*births.dims).rename("entry_cohorts")
    cohorts.attrs = {
        "units": "children",
        "long_name": "children born for each entry year, before survival and migration",
    }
    return cohorts
