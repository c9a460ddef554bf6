"""What the report says about the county, as numbers: gaps, demand, seats, certainty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from capsim.core import dims
from capsim.core.quantiles import BAND
from capsim.figures.labels import names_of
from capsim.reporting.content import Estimate
from capsim.reporting.numbers import joined, level_name
from capsim.reporting.options import budget_options, standards_options
from capsim.results.reading import chosen, focus_years, plans, stress_paths, total, years_of
from capsim.texts import named, say

if TYPE_CHECKING:
    import pandas as pd

LIKELY = 0.5
WARNING = 0.2

# What sections, figures and sheets read: opening a run reads no more than these.
VARIABLES: Final = frozenset({
    "births", "children", "demand", "capacity", "seat_gap", "spare_seats", "new_seats",
    "is_open", "school_capacity", "roll", "class_size", "over_cap", "outcomes", "unplaced",
    "travel_km", "travel_km_p90", "travel_km_by_township", "zone_school_share",
    "roll_by_kind", "attrition", "small_schools",
    "teachers", "teacher_need_norm", "teacher_need_classes", "posts", "teacher_flows",
    "indicator", "indicator_met", "variation_coefficient", "retention",
    "capital_cost", "running_cost",
})  # fmt: skip


@dataclass(frozen=True)
class View:
    """The results with the choices of one report.

    Attributes
    ----------
    data : Dataset
        Results.
    scenario : str
        Scenario that the report is about.
    lang : str
        Language.
    """

    data: xr.Dataset
    scenario: str
    lang: str
    _sums: dict[tuple[str, ...], xr.DataArray] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return int(self.data.sizes["replicate"])

    @property
    def years(self) -> np.ndarray:
        """Years, the base year first."""
        return years_of(self.data)

    @property
    def base(self) -> int:
        """Base year."""
        return int(self.years[0])

    @property
    def horizon(self) -> int:
        """Last year."""
        return int(self.years[-1])

    @property
    def focus(self) -> list[int]:
        """Years that tables show."""
        return focus_years(self.data)

    @property
    def levels(self) -> list[str]:
        """Levels present, primary first."""
        present = [str(v) for v in self.data["level"].values] if "level" in self.data.dims else []
        return [level for level in dims.LEVELS if level in present]

    @property
    def plans(self) -> list[str]:
        """Scenarios that are not stress paths."""
        return plans(self.data)

    @property
    def stress(self) -> dict[str, str]:
        """Stress paths run for the scenario: {scenario name: path}."""
        return stress_paths(self.data, self.scenario)

    @cached_property
    def own(self) -> xr.Dataset:
        """The results of the scenario of the report alone, still with the dimension; no copy."""
        at = [str(name) for name in self.data["scenario"].values].index(self.scenario)
        return self.data.isel(scenario=slice(at, at + 1))

    @cached_property
    def county_checks(self) -> pd.DataFrame:
        """The rules of the national standard on the county, for the scenario of the report."""
        from capsim.measures.county_standard import county_checks

        return county_checks(self.own, standards_options(self.data))

    @cached_property
    def failing_schools(self) -> pd.DataFrame:
        """Schools that fail a resource indicator, for the scenario of the report."""
        from capsim.measures.compliance import failing_schools

        return failing_schools(self.own, standards_options(self.data))

    @cached_property
    def surplus(self) -> pd.DataFrame:
        """New seats that stand empty years later, by plan, births and stress path."""
        from capsim.measures.plan_risk import surplus_risk

        return surplus_risk(self.data, budget_options(self.data))

    def say(self, key: str, **values: Any) -> str:
        """Return a text of :mod:`capsim.texts` in the language of the report."""
        return say(key, self.lang, **values)

    def named(self, group: str, code: str) -> str:
        """Return the word of a group of texts for a code; the code as text where there is none."""
        return named(group, code, self.lang)

    def level(self, level: str) -> str:
        """Return the name of a level."""
        return level_name(level, self.lang)

    def prose(self, sentences: Iterable[str]) -> str:
        """Return sentences as one text."""
        return joined(list(sentences), "sentences", self.lang)

    def has(self, *names: str) -> bool:
        """Return whether the results hold all the variables."""
        return all(name in self.data.data_vars for name in names)

    def of(self, name: str, *over: str, scenario: str | None = None) -> xr.DataArray:
        """Return a variable of a scenario summed over dims, as float64.

        The sections ask for the same sums again and again; each is worked out once.
        """
        key = (scenario or self.scenario, name, *over)
        if key not in self._sums:
            array = self.data[name].sel(scenario=key[0]).astype("float64")
            self._sums[key] = total(array, *over)
        return self._sums[key]


def view(data: xr.Dataset, *, lang: str, scenario: str | None = None) -> View:
    """Return the view of a report; the first scenario unless one is named."""
    return View(data, chosen(data, scenario), lang)


def estimate_of(values: xr.DataArray | np.ndarray) -> Estimate:
    """Return median and 80 % band of one number per replicate; missing replicates left out."""
    flat = np.asarray(values, dtype=float).ravel()
    known = flat[~np.isnan(flat)]
    if len(known) == 0:
        return Estimate(np.nan, np.nan, np.nan, len(flat))
    low, mid, high = np.quantile(known, BAND)
    return Estimate(float(low), float(mid), float(high), len(flat))


@dataclass(frozen=True, slots=True)
class LevelYear:
    """Demand, capacity and gap of one level in one year, county sums.

    ``probability`` is the share of replicates in which at least one planning area lacks seats.
    """

    level: str
    year: int
    demand: Estimate
    capacity: Estimate
    gap: Estimate
    spare: Estimate
    probability: float


def level_year(v: View, level: str, year: int, scenario: str | None = None) -> LevelYear:
    """Return demand, capacity, gap and spare seats of a level in a year."""
    at = {"level": level, "year": year}

    def of(name: str) -> np.ndarray:
        return np.asarray(v.of(name, "planning_area", scenario=scenario).sel(at).values)

    gap = of("seat_gap")
    return LevelYear(
        level,
        year,
        estimate_of(of("demand")),
        estimate_of(of("capacity")),
        estimate_of(gap),
        estimate_of(of("spare_seats")),
        float(np.mean(gap > 0)),
    )


@dataclass(frozen=True, slots=True)
class LevelNeed:
    """When a level lacks seats in the years ahead.

    Attributes
    ----------
    level : str
        Level.
    spans : tuple of (int, int)
        First and last year of every unbroken span of years in which a gap is likely (in at least
        half of the replicates).
    worst : LevelYear
        Year of the largest median gap; where no year has one, of the largest upper end.
    possible : float
        Highest share of replicates with a gap in any single year.
    empty_at_end : Estimate
        Spare seats in the last year.
    """

    level: str
    spans: tuple[tuple[int, int], ...]
    worst: LevelYear
    possible: float
    empty_at_end: Estimate


def level_need(v: View, level: str, scenario: str | None = None) -> LevelNeed:
    """Return when and how much a level lacks seats, the base year left out."""
    gap = v.of("seat_gap", "planning_area", scenario=scenario).sel(level=level)
    values = gap.transpose("year", "replicate").values[1:]
    years = v.years[1:]
    if len(years) == 0:
        values, years = gap.transpose("year", "replicate").values, v.years
    probability = (values > 0).mean(axis=1)
    likely = years[probability >= LIKELY]
    median, high = np.median(values, axis=1), np.quantile(values, 0.9, axis=1)
    worst = int(years[int(np.lexsort((-years, high, median))[-1])])
    return LevelNeed(
        level,
        spans_of(likely),
        level_year(v, level, worst, scenario),
        float(probability.max()),
        level_year(v, level, v.horizon, scenario).spare,
    )


def spans_of(years: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return first and last year of every unbroken span of ascending years."""
    if len(years) == 0:
        return ()
    parts = np.split(years, np.flatnonzero(np.diff(years) > 1) + 1)
    return tuple((int(part[0]), int(part[-1])) for part in parts)


@dataclass(frozen=True, slots=True)
class AreaNeed:
    """A planning area that may lack seats.

    Attributes
    ----------
    level, area, name : str
        Level, identifier and name.
    first : int or None
        First year in which a gap is likely.
    first_warning : int
        First year in which at least one replicate in five has a gap.
    years_likely : int
        Number of years in which a gap is likely.
    worst_year : int
        Year of the largest median gap; where no year has one, of the largest upper end.
    gap : Estimate
        Gap in that year.
    probability : float
        Share of replicates with a gap in that year.
    """

    level: str
    area: str
    name: str
    first: int | None
    first_warning: int
    years_likely: int
    worst_year: int
    gap: Estimate
    probability: float


def area_needs(v: View, level: str) -> list[AreaNeed]:
    """Return the planning areas of a level worth a warning, the largest median gap first."""
    gap = v.of("seat_gap").sel(level=level).transpose("planning_area", "year", "replicate").values
    values = gap[:, 1:] if len(v.years) > 1 else gap
    years = v.years[1:] if len(v.years) > 1 else v.years
    names = names_of(v.data, "planning_area", v.lang)
    ids = [str(a) for a in v.data["planning_area"].values]
    out = []
    for i in range(len(ids)):
        if np.isnan(values[i]).all():
            continue
        probability = (values[i] > 0).mean(axis=1)
        if probability.max() < WARNING:
            continue
        likely = years[probability >= LIKELY]
        median, high = np.median(values[i], axis=1), np.quantile(values[i], 0.9, axis=1)
        worst = int(np.lexsort((-years, high, median))[-1])
        out.append(
            AreaNeed(
                level,
                ids[i],
                names[i],
                int(likely[0]) if len(likely) else None,
                int(years[np.argmax(probability >= WARNING)]),
                len(likely),
                int(years[worst]),
                estimate_of(values[i, worst]),
                float(probability[worst]),
            )
        )
    return sorted(out, key=lambda a: (-a.gap.mid, -a.gap.high, a.area))


@dataclass(frozen=True, slots=True)
class Peak:
    """Year and size of the highest demand of a level.

    ``year`` is the median of the replicates' peak years; ``passed`` says that it is the base year.
    """

    level: str
    year: Estimate
    size: Estimate
    passed: bool


def demand_peak(v: View, level: str) -> Peak:
    """Return when demand of a level is highest."""
    demand = v.of("demand", "planning_area").sel(level=level).transpose("replicate", "year").values
    at = v.years[np.argmax(demand, axis=1)]
    low, mid, high = np.quantile(at, BAND, method="nearest")
    when = Estimate(float(low), float(mid), float(high), v.replicates)
    return Peak(level, when, estimate_of(demand.max(axis=1)), int(mid) == v.base)


def county_demand(v: View, year: int, scenario: str | None = None) -> Estimate:
    """Return demand of both levels in a year."""
    return estimate_of(v.of("demand", "planning_area", "level", scenario=scenario).sel(year=year))


def children_of_school_age(v: View, year: int, scenario: str | None = None) -> Estimate:
    """Return resident children aged 6 to 14 in a year."""
    ages = [age for age in v.data["age"].values if age in dims.SCHOOL_AGES]
    children = v.data["children"].sel(scenario=scenario or v.scenario, year=year, age=ages)
    return estimate_of(total(children.astype("float64"), "township", "age"))


def births_in(v: View, year: int, scenario: str | None = None) -> Estimate:
    """Return births of the county in a calendar year."""
    return estimate_of(v.of("births", "township", scenario=scenario).sel(year=year))


def class_counts(v: View, level: str, year: int) -> dict[str, Estimate]:
    """Return classes, and those above the cap, from 56 and from 66 pupils, of a level and year."""
    from capsim.results.reading import class_cap

    at = v.data["class_size"].sel(scenario=v.scenario, level=level, year=year)
    sizes = at.transpose("replicate", "class_size_bin").values.astype(float)
    bins = v.data["class_size_bin"].values
    cap = class_cap(v.data, v.scenario, level)
    parts = {
        "all": bins > 0,
        "over_cap": bins > cap,
        "large": bins >= 56,
        "super_large": bins >= 66,
    }
    return {name: estimate_of(sizes[:, part].sum(axis=1)) for name, part in parts.items()}
