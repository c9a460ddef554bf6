"""Scenario sections of money and of the national standards."""

from __future__ import annotations

import difflib

from pydantic import field_validator

from capsim.reference.standards import CHECKED, Standards, national_standards
from capsim.scenario.options.base import (
    AmountsByLevel,
    ByLevel,
    Mark,
    Section,
    SizesByLevel,
    parameter,
)


class StandardFigure(Section):
    """A figure that replaces one of the national standard, for a province with its own rule."""

    all: float | None = None
    """One value for every level."""
    primary: float | None = None
    """Primary, grades 1-6."""
    junior: float | None = None
    """Junior, grades 7-9."""
    nine_year: float | None = None
    """Nine-year schools; the school size alone has such a figure."""
    source: str = "given in the scenario"
    """Where the figure comes from; printed beside it."""
    mark: Mark = "assumed"
    """How well the source is known; printed beside it."""

    def values(self) -> dict[str, float]:
        """Return the values that are given, by level."""
        return {
            name: value
            for name, value in (
                ("all", self.all),
                ("primary", self.primary),
                ("junior", self.junior),
                ("nine_year", self.nine_year),
            )
            if value is not None
        }


class StandardsOptions(Section):
    """Which national standard the results are measured against."""

    figures: dict[str, StandardFigure] = parameter(
        factory=dict, source="national measures of 2017; see docs/standards.md", mark="found"
    )
    """Figures that replace national ones, by name: ``class_size: {primary: 50}``."""
    resources_of_new_seats_share: float = parameter(
        1.0,
        unit="share of the threshold per new seat",
        source="new building work is designed to the standard",
        mark="assumed",
        ge=0,
        le=3,
    )
    """Area, equipment and multimedia rooms that each seat added by the programme brings, as a
    share of the threshold; 0 leaves every school with what the table reports."""
    warning_probability: float = parameter(
        0.2,
        unit="share of replicates",
        source="planning judgement: one future in five is worth a warning",
        mark="assumed",
        gt=0,
        le=1,
    )
    """A planning area enters the seat warning list in a year in which at least this share of the
    replicates has a seat gap there."""

    @field_validator("figures")
    @classmethod
    def _known(cls, figures: dict[str, StandardFigure]) -> dict[str, StandardFigure]:
        faults = [fault for name, figure in figures.items() for fault in _faults(name, figure)]
        if faults:
            raise ValueError("; ".join(faults))
        return figures

    def standards(self) -> Standards:
        """Return the national standards with the figures of the scenario put in."""
        return national_standards().with_figures(
            {
                name: {"values": figure.values(), "source": figure.source, "mark": figure.mark}
                for name, figure in self.figures.items()
            }
        )


def _faults(name: str, figure: StandardFigure) -> list[str]:
    """Return what is wrong with a figure that is to replace a national one."""
    if name not in CHECKED:
        near = difflib.get_close_matches(name, CHECKED, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(CHECKED)}"
        return [f"{name} is no figure that a check reads ({hint})"]
    values = figure.values()
    if not values:
        return [f"{name} has no value (give all, primary or junior)"]
    national = national_standards()[name].values
    faults = [
        f"{name} has no value for {level} (it has {', '.join(national)})"
        for level in values
        if level != "all" and level not in national
    ]
    faults += [f"{name}: {level} is negative ({v:g})" for level, v in values.items() if v < 0]
    return faults


class BudgetOptions(Section):
    """Prices, how they move, and what running a school costs. Yuan of the price year."""

    price_year: int | None = parameter(
        None, source="the base year", mark="assumed", ge=1950, le=2150
    )
    """Year whose prices all costs are given in; the base year if absent. Real amounts are in
    prices of this year."""
    inflation_per_year: float = parameter(
        0.02,
        unit="share per year",
        source="planning judgement, near the average of consumer prices since 2010",
        mark="assumed",
        gt=-0.5,
        lt=1,
    )
    """Rise of general prices per year; nominal amounts carry it."""
    construction_growth_above_inflation_per_year: float = parameter(
        0.0, unit="share per year", source="no trend assumed", mark="assumed", gt=-0.5, lt=1
    )
    """Rise of construction prices per year above general prices."""
    teacher_cost_growth_above_inflation_per_year: float = parameter(
        0.0, unit="share per year", source="no trend assumed", mark="assumed", gt=-0.5, lt=1
    )
    """Rise of the cost of a teacher per year above general prices."""
    discount_rate_per_year: float = parameter(
        0.06,
        unit="share per year, real",
        source="economic evaluation of public works: 8 % in general, 6 % for public welfare",
        mark="recalled",
        gt=-0.5,
        lt=1,
    )
    """Rate at which real amounts are discounted to the base year in totals."""
    teacher_cost_yuan: AmountsByLevel = parameter(
        factory=lambda: ByLevel(primary=115_000, junior=115_000),
        unit="yuan per teacher and year, all in",
        source="middle of 100,000 to 130,000 in county budgets",
        mark="recalled",
    )
    """Pay, insurance and allowances of a teacher in a year."""
    public_funds_yuan: AmountsByLevel = parameter(
        factory=lambda: ByLevel(primary=720, junior=940),
        unit="yuan per pupil and year",
        source="national base quota from 2023",
        mark="recalled",
    )
    """Public funds (生均公用经费) per pupil."""
    public_funds_least_pupils: int = parameter(
        100,
        unit="pupils",
        source="national measures of 2017: smaller schools are funded as if they had 100",
        mark="found",
        ge=0,
    )
    """A school with fewer pupils gets public funds for this many; 0 switches the floor off."""
    boarder_supplement_yuan: float = parameter(
        300.0,
        unit="yuan per boarder and year",
        source="national base quota from 2023",
        mark="recalled",
        ge=0,
    )
    """Public funds that a boarder brings in addition."""
    lease_yuan_per_seat: float = parameter(
        450.0,
        unit="yuan per leased seat and year",
        source="2.5 m2 a seat at 15 yuan a m2 and month",
        mark="assumed",
        ge=0,
    )
    """Rent of leased rooms whose project gives no rent, per seat."""
    norm_school_classes: SizesByLevel = parameter(
        factory=lambda: ByLevel(primary=24, junior=24),
        unit="classes",
        source="middle of the school sizes in the construction standard",
        mark="assumed",
    )
    """Size of the school whose area norm gives the cost of a seat by norm and construction cost,
    the comparison that is printed beside the plan's cost per new seat."""
    gap_cost_yuan_per_seat_year: float = parameter(
        5000.0,
        unit="yuan per lacking seat and year",
        source="planning judgement: what a purchased private seat costs a year",
        mark="assumed",
        ge=0,
    )
    """What a lacking seat counts in the regret of a plan."""
    surplus_lag_years: int = parameter(
        10, unit="years", source="surplus is asked ten years later", mark="assumed", ge=1, le=30
    )
    """Years after which seats added by the programme are counted as empty or used."""
