"""What the report says about schools and teachers, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from capsim.core import dims
from capsim.figures.labels import names_of
from capsim.reporting.content import Estimate
from capsim.reporting.facts import View, estimate_of
from capsim.results.reading import total

SMALL_SCHOOL = 100
NEEDS = ("teacher_need_classes", "teacher_need_norm", "posts")


def roll_by_level(v: View, scenario: str | None = None) -> xr.DataArray:
    """Return pupils by school and level, dims replicate, year, school, level."""
    roll = v.data["roll"].sel(scenario=scenario or v.scenario).astype("float64")
    parts = []
    for level in v.levels:
        grades = [g for g in dims.GRADES_OF_LEVEL[level] if g in roll["grade"].values]
        parts.append(roll.sel(grade=grades).sum("grade"))
    joined = xr.concat(parts, dim=xr.DataArray(v.levels, dims="level", name="level"))
    return joined.transpose("replicate", "year", "school", "level")


def open_share(v: View, scenario: str | None = None) -> np.ndarray:
    """Return the share of replicates in which each school is open, shape (year, school)."""
    name = scenario or v.scenario
    if "is_open" in v.data:
        state = v.data["is_open"].sel(scenario=name)
        state = state.mean("replicate") if "replicate" in state.dims else state
        return np.asarray(state.transpose("year", "school").values, dtype=float)
    seats = v.data["school_capacity"].sel(scenario=name).sum("level") > 0
    return np.asarray(seats.mean("replicate").transpose("year", "school").values, dtype=float)


def school_column(v: View, name: str) -> list[str]:
    """Return a text coordinate of the schools, empty where the results do not carry it."""
    if name not in v.data.coords:
        return [""] * v.data.sizes["school"]
    return [str(value) for value in v.data[name].values]


def township_names(v: View) -> list[str]:
    """Return the name of each school's township."""
    ids = school_column(v, "school_township")
    if "township" not in v.data.dims:
        return ids
    known = dict(
        zip(
            (str(t) for t in v.data["township"].values),
            names_of(v.data, "township", v.lang),
            strict=True,
        )
    )
    return [known.get(identifier, identifier) for identifier in ids]


@dataclass(frozen=True, slots=True)
class WatchedSchool:
    """A village school on the watch-list.

    Attributes
    ----------
    name, township : str
        Names.
    roll_base : float
        Pupils in the base year.
    rolls : list of Estimate
        Pupils in each of the focus years.
    small_at_end, closed_at_end : float
        Share of replicates in which it has under 100 pupils, or is closed, in the last year.
    """

    name: str
    township: str
    roll_base: float
    rolls: list[Estimate]
    small_at_end: float
    closed_at_end: float


def village_watch_list(v: View) -> list[WatchedSchool]:
    """Return village schools that are small or closed in the last year in some future.

    The ones most likely to be closed come first, then those with the fewest pupils.
    """
    kinds = school_column(v, "school_settlement_kind")
    names, places = names_of(v.data, "school", v.lang), township_names(v)
    pupils = roll_by_level(v).sum("level")
    is_open = open_share(v)
    rows = []
    for i, kind in enumerate(kinds):
        if kind != "village" or is_open[0, i] < 0.5:
            continue
        mine = pupils.isel(school=i)
        end = mine.sel(year=v.horizon).values
        closed = 1 - float(is_open[-1, i])
        small = float(np.mean((end < SMALL_SCHOOL) & (end > 0)))
        if closed == 0 and small == 0:
            continue
        rolls = [estimate_of(mine.sel(year=year)) for year in v.focus]
        base = float(mine.sel(year=v.base).median())
        rows.append(WatchedSchool(names[i], places[i], base, rolls, small, closed))
    return sorted(rows, key=lambda r: (-r.closed_at_end, r.rolls[-1].mid, r.name))


@dataclass(frozen=True, slots=True)
class VillageState:
    """Pupils of village schools in a year, schools under 100 pupils, share of the county."""

    year: int
    pupils: Estimate
    small: Estimate | None
    share: float


def village_state(v: View, year: int) -> VillageState:
    """Return the state of the village schools in a year."""
    rolls = v.of("roll_by_kind", "level").sel(year=year)
    village = rolls.sel(settlement_kind="village").values
    everyone = total(rolls, "settlement_kind").values
    small = (
        estimate_of(v.of("small_schools", "level").sel(year=year))
        if v.has("small_schools")
        else None
    )
    return VillageState(
        year,
        estimate_of(village),
        small,
        float(np.median(village / everyone)) if (everyone > 0).all() else float("nan"),
    )


@dataclass(frozen=True, slots=True)
class Staffing:
    """Teachers of a level in a year: stock, each need, and the balance against it.

    ``needs`` and ``balance`` go by variable: ``teacher_need_classes``, ``teacher_need_norm``,
    ``posts``; a need that the results do not hold is absent. A balance below zero is a shortage.
    """

    level: str
    year: int
    stock: Estimate
    needs: dict[str, Estimate]
    balance: dict[str, Estimate]


def staffing(v: View, level: str, year: int) -> Staffing:
    """Return stock, needs and balances of teachers of a level in a year."""
    at = {"level": level, "year": year}
    stock = v.of("teachers", "school").sel(at).values
    needs = {n: v.of(n, "school").sel(at).values for n in NEEDS if v.has(n)}
    return Staffing(
        level,
        year,
        estimate_of(stock),
        {name: estimate_of(need) for name, need in needs.items()},
        {name: estimate_of(stock - need) for name, need in needs.items()},
    )


def balance_by_place(v: View, year: int) -> dict[str, tuple[Estimate, Estimate]]:
    """Return teachers and their balance against classes by settlement kind of the school."""
    kinds = np.array(school_column(v, "school_settlement_kind"))
    stock = v.of("teachers", "level").sel(year=year).transpose("replicate", "school").values
    need = v.of("teacher_need_classes", "level").sel(year=year)
    need_values = need.transpose("replicate", "school").values
    out = {}
    for kind in dims.SETTLEMENT_KINDS:
        mine = kinds == kind
        if mine.any():
            here = np.nansum(stock[:, mine], axis=1)
            out[kind] = (
                estimate_of(here),
                estimate_of(here - np.nansum(need_values[:, mine], axis=1)),
            )
    return out
