"""What the report says about plans, money and stress paths, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from capsim.reporting.content import Estimate
from capsim.reporting.facts import View, county_demand, estimate_of

# A difference of seat-years below this share of the scenario's own is called slight.
SLIGHT = 0.01


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts of a scenario, yuan.

    The middle of an amount is its mean over replicates, not its median: means add up over
    projects, items and years, so that every table and sentence gives the same number.

    Attributes
    ----------
    capital, capital_real : Estimate or None
        Capital over the whole run, at the prices of each year and of the price year.
    per_seat : Estimate or None
        Capital (prices of the price year) per new seat, median; None where no seat is added.
    running : Estimate or None
        Running cost of the last year, prices of the price year.
    """

    capital: Estimate | None
    capital_real: Estimate | None
    per_seat: Estimate | None
    running: Estimate | None


def new_seats(v: View, scenario: str | None = None) -> Estimate | None:
    """Return seats added by the programme over the run; None where not recorded."""
    if not v.has("new_seats"):
        return None
    added = v.of("new_seats", "level", "planning_area", scenario=scenario).sel(year=v.horizon)
    return estimate_of(added)


def money(v: View, scenario: str | None = None) -> Money | None:
    """Return the amounts of a scenario; None where the results hold no costs."""
    if not v.has("capital_cost") and not v.has("running_cost"):
        return None
    capital = real = per_seat = running = None
    if v.has("capital_cost"):
        paid = v.of("capital_cost", "project", "funding_source", "year", scenario=scenario)
        by_basis = {b: np.nan_to_num(paid.sel(price_basis=b).values) for b in ("nominal", "real")}
        capital, real = expected(by_basis["nominal"]), expected(by_basis["real"])
        if v.has("new_seats"):
            added = v.of("new_seats", "level", "planning_area", scenario=scenario)
            seats = added.sel(year=v.horizon).values
            if (seats > 0).any() and by_basis["real"].any():
                per_seat = estimate_of(by_basis["real"][seats > 0] / seats[seats > 0])
    if v.has("running_cost"):
        cost = v.of("running_cost", "cost_item", scenario=scenario)
        running = expected(cost.sel(year=v.horizon, price_basis="real"))
    return Money(capital, real, per_seat, running)


def expected(values: xr.DataArray | np.ndarray) -> Estimate:
    """Return the mean with the 80 % band of one amount per replicate."""
    e = estimate_of(values)
    return replace(e, mid=float(np.nanmean(values)) if np.isfinite(e.mid) else e.mid)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A scenario in the comparison of plans.

    Attributes
    ----------
    scenario : str
        Name.
    seats : Estimate or None
        New seats.
    worst_gap : Estimate
        Largest yearly gap of both levels after the base year, over replicates.
    gap_years : Estimate
        Sum over years of the gap: seat-years lacking.
    empty : Estimate
        Spare seats in the last year.
    over_cap, small, travel : Estimate or None
        Pupils above the cap in the last focus year; village schools under 100 pupils, and mean
        distance of village families to primary school (km), in the last year.
    money : Money or None
        Amounts.
    better, worse : float or None
        Share of replicates in which seat-years lacking are fewer, or more, than in the scenario
        of the report; None for that scenario itself.
    change : float
        Seat-years lacking against that scenario, median over replicates.
    slight : bool
        Whether that is under one in a hundred of what the scenario of the report lacks.
    """

    scenario: str
    seats: Estimate | None
    worst_gap: Estimate
    gap_years: Estimate
    empty: Estimate
    over_cap: Estimate | None
    small: Estimate | None
    travel: Estimate | None
    money: Money | None
    better: float | None
    worse: float | None
    change: float
    slight: bool


def plan_rows(v: View, scenarios: list[str] | None = None) -> list[PlanRow]:
    """Return every plan with what it achieves, the scenario of the report first."""
    names = scenarios or [v.scenario, *[name for name in v.plans if name != v.scenario]]
    base = _gap_by_year(v, v.scenario)
    return [_plan_row(v, name, base) for name in names]


def _gap_by_year(v: View, scenario: str) -> np.ndarray:
    gap = v.of("seat_gap", "level", "planning_area", scenario=scenario)
    values = np.asarray(gap.transpose("replicate", "year").values)
    return values[:, 1:] if values.shape[1] > 1 else values


def _plan_row(v: View, name: str, base_gap: np.ndarray) -> PlanRow:
    gap = _gap_by_year(v, name)
    lacking, before = gap.sum(axis=1), base_gap.sum(axis=1)
    change = float(np.median(lacking - before))
    travel = None
    if v.has("travel_km") and "village" in v.data["settlement_kind"].values:
        at = {"level": v.levels[0], "settlement_kind": "village", "year": v.horizon}
        travel = estimate_of(v.of("travel_km", scenario=name).sel(at))
    return PlanRow(
        name,
        new_seats(v, name),
        estimate_of(gap.max(axis=1)),
        estimate_of(lacking),
        estimate_of(
            v.of("spare_seats", "level", "planning_area", scenario=name).sel(year=v.horizon)
        ),
        _at_end(v, "over_cap", name, v.focus[-1], "school", "level"),
        _at_end(v, "small_schools", name, v.horizon, "level"),
        travel,
        money(v, name),
        None if name == v.scenario else float(np.mean(lacking < before)),
        None if name == v.scenario else float(np.mean(lacking > before)),
        change,
        abs(change) < SLIGHT * float(np.median(before)),
    )


def _at_end(v: View, variable: str, scenario: str, year: int, *over: str) -> Estimate | None:
    if not v.has(variable):
        return None
    return estimate_of(v.of(variable, *over, scenario=scenario).sel(year=year))


@dataclass(frozen=True, slots=True)
class Stress:
    """A stress path beside the scenario it belongs to.

    Attributes
    ----------
    path : str
        Name of the path of births.
    demand : Estimate
        Demand of both levels in the last year.
    change : float
        Its median against the scenario's median, as a share.
    worst_gap : Estimate
        Largest yearly gap after the base year.
    empty, more_empty : Estimate
        Spare seats in the last year, and how many more than in the scenario, paired by replicate.
    """

    path: str
    demand: Estimate
    change: float
    worst_gap: Estimate
    empty: Estimate
    more_empty: Estimate


def stress_rows(v: View) -> list[Stress]:
    """Return what each stress path does to demand, gap and empty seats."""
    out = []
    usual = county_demand(v, v.horizon)
    spare = v.of("spare_seats", "level", "planning_area").sel(year=v.horizon).values
    for name, path in v.stress.items():
        demand = county_demand(v, v.horizon, name)
        empty = v.of("spare_seats", "level", "planning_area", scenario=name).sel(year=v.horizon)
        out.append(
            Stress(
                path,
                demand,
                demand.mid / usual.mid - 1 if usual.mid else float("nan"),
                estimate_of(_gap_by_year(v, name).max(axis=1)),
                estimate_of(empty),
                estimate_of(empty.values - spare),
            )
        )
    return out
