"""The answer in about ten lines, for the terminal and the log, in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capsim.core.dims import LEVELS, SETTLEMENT_KINDS
from capsim.figures.words import path_label
from capsim.reporting.content import Estimate
from capsim.reporting.facts import (
    View,
    children_of_school_age,
    county_demand,
    demand_peak,
    estimate_of,
    level_year,
    view,
)
from capsim.reporting.summary_plans import plan_lines
from capsim.reporting.summary_schools import closure_line, crowded_part, place_line, unplaced_line
from capsim.reporting.summary_words import joined
from capsim.results.reading import plans, rooms_are_assumed
from capsim.texts import say

if TYPE_CHECKING:
    import xarray as xr

VILLAGE: Final = SETTLEMENT_KINDS.index("village")
NO_GAP: Final = 0.5


def summary_lines(data: xr.Dataset, *, lang: str = "en") -> list[str]:
    """Return the summary of every scenario, one sentence a line.

    Parameters
    ----------
    data : Dataset
        Results of a run.
    lang : {"en", "zh"}
    """
    lines: list[str] = []
    names = plans(data)
    for name in names:
        v = view(data, lang=lang, scenario=name)
        years = milestones(v)
        if len(names) > 1:
            lines.append(f"== {name} ==")
        lines.append(
            say(
                "summary.opening", lang, name=name, first=v.base, last=v.horizon, count=v.replicates
            )
        )
        if name != names[0]:
            lines += plan_lines(data, names[0], name, lang=lang)
        lines += [_gap_line(v, level, years) for level in LEVELS]
        lines.append(_peak_line(v))
        lines.append(_class_line(v, years, crowded_part(data, name, years[0], lang=lang)))
        lines.append(_village_line(v))
        lines.append(closure_line(data, name, lang=lang))
        lines.append(_teacher_line(v, years))
        lines.append(place_line(data, name, years[-1], lang=lang))
        lines.append(_empty_line(v))
        lines.append(_certainty_line(v))
        lines += [_stress_line(v, full, path) for full, path in v.stress.items()]
        unplaced = unplaced_line(data, name, lang=lang)
        if unplaced:
            lines.append(unplaced)
        lines += _private_lines(v)
    return lines


def milestones(v: View) -> list[int]:
    """Return the years to report: at most three that end in 5 or 0, else the last."""
    return [year for year in v.focus if year % 5 == 0 and year >= v.base + 8] or [v.horizon]


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _with_band(value: Estimate) -> str:
    """Median and band; one replicate has no band."""
    if value.replicates == 1:
        return _number(value.mid)
    return f"{_number(value.mid)} [{_number(value.low)}-{_number(value.high)}]"


def _level(v: View, level: str) -> str:
    return say(f"common.level.{level}", v.lang)


def _gap_line(v: View, level: str, years: list[int]) -> str:
    parts = []
    for year in years:
        gap = level_year(v, level, year).gap
        key = "none" if gap.high < NO_GAP else "some"
        values = {} if key == "none" else {"seats": _with_band(gap)}
        parts.append(say(f"summary.gap.{key}", v.lang, year=year, **values))
    return say("summary.gap.line", v.lang, level=_level(v, level), parts=joined(parts, v.lang))


def _peak_line(v: View) -> str:
    parts = []
    for level in LEVELS:
        peak = demand_peak(v, level)
        low, mid, high = int(peak.year.low), int(peak.year.mid), int(peak.year.high)
        span = f"{mid}" if low == high else f"{mid} [{low}-{high}]"
        size, name = _number(peak.size.mid), _level(v, level)
        parts.append(say("summary.peak.part", v.lang, level=name, span=span, size=size))
    return say("summary.peak.line", v.lang, parts=joined(parts, v.lang))


def _class_line(v: View, years: list[int], crowded: str) -> str:
    """Share of classes above the class cap, in the base year and the milestones, and where."""
    one = v.data.sel(scenario=v.scenario)
    over, total = _classes_over(one)
    share = over / total
    parts = []
    for year in [v.base, *years]:
        percent = float(share.sel(year=year).median()) * 100
        parts.append(say("summary.classes.part", v.lang, year=year, percent=percent))
    return say("summary.classes.line", v.lang, parts=joined(parts, v.lang), crowded=crowded)


def _classes_over(one: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Classes above the cap of their level, and all classes."""
    sizes = one.class_size
    over = (sizes * (sizes.class_size_bin > one.class_cap)).sum(["level", "class_size_bin"])
    return over, sizes.sum(["level", "class_size_bin"])


def _village_line(v: View) -> str:
    small = v.of("small_schools", "level")
    pupils = v.of("roll_by_kind", "level").isel(settlement_kind=VILLAGE)
    return say(
        "summary.village",
        v.lang,
        first=v.base,
        last=v.horizon,
        schools_then=_number(estimate_of(small.sel(year=v.base)).mid),
        schools=_with_band(estimate_of(small.sel(year=v.horizon))),
        pupils_then=_number(estimate_of(pupils.sel(year=v.base)).mid),
        pupils=_with_band(estimate_of(pupils.sel(year=v.horizon))),
    )


def _teacher_line(v: View, years: list[int]) -> str:
    """How far the stock of teachers is from what the norm and the classes ask for."""

    def balance(need: str, year: int) -> str:
        stock, wanted = (
            v.of(name, "school", "level").sel(year=year) for name in ("teachers", need)
        )
        value = estimate_of(stock - wanted).mid
        key = "too_many" if value >= 0 else "too_few"
        return say(f"summary.teachers.{key}", v.lang, number=_number(abs(value)))

    parts = [
        say(
            "summary.teachers.part",
            v.lang,
            year=year,
            norm=balance("teacher_need_norm", year),
            classes=balance("teacher_need_classes", year),
        )
        for year in years[-2:]
    ]
    return say("summary.teachers.line", v.lang, parts=joined(parts, v.lang, "semicolon"))


def _empty_seats(v: View, year: int, scenario: str | None = None) -> Estimate:
    return estimate_of(
        v.of("spare_seats", "level", "planning_area", scenario=scenario).sel(year=year)
    )


def _empty_line(v: View) -> str:
    empty = _empty_seats(v, v.horizon)
    seats = estimate_of(v.of("capacity", "level", "planning_area").sel(year=v.horizon))
    key = "assumed" if rooms_are_assumed(v.data) else "line"
    percent = 100 * empty.mid / max(seats.mid, 1.0)
    return say(
        f"summary.empty.{key}", v.lang, year=v.horizon, seats=_with_band(empty), percent=percent
    )


def _certainty_line(v: View) -> str:
    parts = []
    for year in sorted({min(2030, v.horizon), v.horizon}):
        demand = county_demand(v, year)
        if v.replicates == 1:
            text = say("summary.certainty.part", v.lang, year=year, demand=_number(demand.mid))
        else:
            down, up = (100 * (end / demand.mid - 1) for end in (demand.low, demand.high))
            text = say(
                "summary.certainty.band",
                v.lang,
                year=year,
                demand=_number(demand.mid),
                down=down,
                up=up,
            )
        parts.append(text)
    return say("summary.certainty.line", v.lang, parts=joined(parts, v.lang))


def _stress_line(v: View, stressed: str, path: str) -> str:
    """What a collapse of births would mean: medians under the path against the scenario's."""

    def change(after: Estimate, before: Estimate) -> float:
        return 100 * (after.mid / max(before.mid, 1.0) - 1)

    parts = []
    for year in sorted({min(2030, v.horizon), min(2040, v.horizon)}):
        children = children_of_school_age(v, year, stressed)
        demand = county_demand(v, year, stressed)
        parts.append(
            say(
                "summary.stress.part",
                v.lang,
                year=year,
                children=children.mid,
                children_change=change(children, children_of_school_age(v, year)),
                demand=demand.mid,
                demand_change=change(demand, county_demand(v, year)),
                empty=_empty_seats(v, year, stressed).mid,
                usual=_empty_seats(v, year).mid,
            )
        )
    label = path_label(path, v.lang)
    label = label[:1].lower() + label[1:]
    return say("summary.stress.line", v.lang, path=label, parts=joined(parts, v.lang, "semicolon"))


def _private_lines(v: View) -> list[str]:
    """Who wins and who loses the lottery of private schools in a year; nothing without one."""
    yearly = v.of("outcomes", "township", "settlement_kind").isel(year=slice(1, None))
    if not float(yearly.sel(outcome="private").sum()):
        return []
    parts = []
    for level in LEVELS:
        of_level = yearly.sel(level=level).mean("year").median("replicate")
        won, back, placed = (
            float(of_level.sel(outcome=name))
            for name in ("private", "zone_after_private", "placed_after_private")
        )
        name = _level(v, level)
        parts.append(
            say(
                "summary.private.part",
                v.lang,
                level=name,
                won=won,
                lost=back + placed,
                placed=placed,
            )
        )
    return [say("summary.private.line", v.lang, parts=joined(parts, v.lang, "semicolon"))]
