"""The answer in about ten lines, for the terminal and the log, in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capsim.core.dims import ENTRY_AGE, LEVELS, SCHOOL_AGES, SETTLEMENT_KINDS
from capsim.ensemble.stress import STRESS_MARK
from capsim.reporting.summary_plans import plan_lines
from capsim.reporting.summary_schools import closure_line, crowded_part, place_line, unplaced_line
from capsim.results.reading import rooms_are_assumed

if TYPE_CHECKING:
    import xarray as xr

VILLAGE = SETTLEMENT_KINDS.index("village")
LEVEL_NAME = {
    "en": {"primary": "primary", "junior": "junior"},
    "zh": {"primary": "小学", "junior": "初中"},
}
LAST_SCHOOL_AGE = SCHOOL_AGES[-1]
NO_GAP = 0.5


def summary_lines(data: xr.Dataset, *, lang: str = "en") -> list[str]:
    """Return the summary of every scenario, one sentence a line.

    Parameters
    ----------
    data : Dataset
        Results of a run.
    lang : {"en", "zh"}
    """
    lines: list[str] = []
    every = [str(name) for name in data.scenario.values]
    parents = [name for name in every if STRESS_MARK not in name] or every
    for name in parents:
        one = data.sel(scenario=name)
        years = _milestones(one.year.values)
        if len(parents) > 1:
            lines.append(f"== {name} ==")
        lines.append(_opening(one, name, lang))
        if name != parents[0]:
            lines += plan_lines(data, parents[0], name, lang=lang)
        lines += [_gap_line(one, level, years, lang) for level in LEVELS]
        lines.append(_peak_line(one, lang))
        crowded = crowded_part(data, name, years[0], lang=lang)
        lines.append(_class_line(one, crowded, lang))
        lines.append(_village_line(one, lang))
        lines.append(closure_line(data, name, lang=lang))
        lines.append(_teacher_line(one, lang))
        lines.append(place_line(data, name, years[-1], lang=lang))
        lines.append(_empty_line(one, lang))
        lines.append(_certainty_line(one, lang))
        lines += [
            _stress_line(one, data.sel(scenario=full), full.partition(STRESS_MARK)[2], lang)
            for full in every
            if full.startswith(f"{name}{STRESS_MARK}")
        ]
        unplaced = unplaced_line(data, name, lang=lang)
        if unplaced:
            lines.append(unplaced)
        lines += _private_lines(one, lang)
    return lines


def _milestones(years: Any) -> list[int]:
    """Years to report: calendar years that end in 5 or 0, at most three, after the base year."""
    wanted = [int(y) for y in years[1:] if int(y) % 5 == 0 and int(y) >= int(years[0]) + 8]
    return wanted[:3] if wanted else [int(years[-1])]


def _band(array: xr.DataArray, year: int) -> tuple[float, float, float]:
    """Median and 80 % band over replicates in one year."""
    low, mid, high = np.quantile(array.sel(year=year).values, [0.1, 0.5, 0.9])
    return float(mid), float(low), float(high)


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _with_band(one: xr.Dataset, band: tuple[float, float, float]) -> str:
    """Median and band; one replicate has no band."""
    mid, low, high = band
    if one.sizes["replicate"] == 1:
        return _number(mid)
    return f"{_number(mid)} [{_number(low)}-{_number(high)}]"


def _opening(one: xr.Dataset, name: str, lang: str) -> str:
    first, last = int(one.year[0]), int(one.year[-1])
    n = one.sizes["replicate"]
    if lang == "zh":
        band = "一次模拟没有区间" if n == 1 else "区间为80%预测区间"
        return f"{name}：{first}—{last}年，{n}次模拟；{band}。"
    futures = "1 future" if n == 1 else f"{n} futures"
    band = "one future has no band" if n == 1 else "brackets hold 80 % of them"
    return f"{name}: {futures} of {first}-{last}; {band}."


def _gap_line(one: xr.Dataset, level: str, years: list[int], lang: str) -> str:
    areas = one.planning_area_level == level
    gap = (
        one.seat_gap.sel(level=level).isel(planning_area=np.flatnonzero(areas)).sum("planning_area")
    )
    parts = []
    for year in years:
        mid, low, high = _band(gap, year)
        if high < NO_GAP:
            parts.append(f"{year} 年无缺口" if lang == "zh" else f"none in {year}")
        else:
            band = _with_band(one, (mid, low, high))
            parts.append(f"{year} 年 {band}" if lang == "zh" else f"{band} in {year}")
    if lang == "zh":
        return f"{LEVEL_NAME['zh'][level]}学位缺口：" + "，".join(parts) + "。"
    return f"Seats short, {level}: " + ", ".join(parts) + "."


def _peak_line(one: xr.Dataset, lang: str) -> str:
    parts = []
    for level in LEVELS:
        demand = one.demand.sel(level=level).sum("planning_area")
        peak = one.year.values[demand.argmax("year").values]
        low, mid, high = (int(q) for q in np.quantile(peak, [0.1, 0.5, 0.9], method="nearest"))
        size = float(demand.max("year").median())
        label = LEVEL_NAME[lang][level]
        span = f"{mid}" if low == high else f"{mid} [{low}-{high}]"
        parts.append(
            f"{label}{span}年（{_number(size)}人）"
            if lang == "zh"
            else f"{label} {span} ({_number(size)} children)"
        )
    return (
        "需求高峰年份：" + "，".join(parts) + "。"
        if lang == "zh"
        else "Demand peaks: " + ", ".join(parts) + "."
    )


def _class_line(one: xr.Dataset, crowded: str, lang: str) -> str:
    """Share of classes above the class cap, in the base year and the milestones, and where."""
    over, total = _classes_over(one)
    share = over / total
    base = int(one.year[0])
    years = [base, *_milestones(one.year.values)]
    parts = []
    for year in years:
        value = float(share.sel(year=year).median()) * 100
        parts.append(f"{year}年{value:.0f}%" if lang == "zh" else f"{value:.0f} % in {year}")
    return (
        f"超班额标准班级占比：{'，'.join(parts)}；{crowded}。"
        if lang == "zh"
        else f"Classes over the class cap: {', '.join(parts)}; {crowded}."
    )


def _classes_over(one: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Classes above the cap of their level, and all classes."""
    sizes = one.class_size
    over = (sizes * (sizes.class_size_bin > one.class_cap)).sum(["level", "class_size_bin"])
    return over, sizes.sum(["level", "class_size_bin"])


def _village_line(one: xr.Dataset, lang: str) -> str:
    small = one.small_schools.sum("level")
    pupils = one.roll_by_kind.isel(settlement_kind=VILLAGE).sum("level")
    first, last = int(one.year[0]), int(one.year[-1])
    was, now = float(small.sel(year=first).median()), _band(small, last)
    roll_was, roll_now = float(pupils.sel(year=first).median()), _band(pupils, last)
    if lang == "zh":
        return (
            f"百人以下乡村学校数（含教学点）：{first}年{_number(was)}，{last}年"
            f"{_with_band(one, now)}；乡村学校在校生由{_number(roll_was)}人变为"
            f"{_with_band(one, roll_now)}人。"
        )
    return (
        f"Village schools under 100 pupils (teaching points included): {_number(was)} in {first}, "
        f"{_with_band(one, now)} in {last}; village schools have {_number(roll_was)} pupils, then "
        f"{_with_band(one, roll_now)}."
    )


def _teacher_line(one: xr.Dataset, lang: str) -> str:
    teachers = one.teachers.sum(["school", "level"])
    parts = []
    for year in _milestones(one.year.values)[-2:]:
        norm, *_ = _band(teachers - one.teacher_need_norm.sum(["school", "level"]), year)
        classes, *_ = _band(teachers - one.teacher_need_classes.sum(["school", "level"]), year)
        parts.append(_surplus(norm, classes, year, lang))
    return (
        "教师余缺：" + "；".join(parts) + "。"
        if lang == "zh"
        else "Teachers: " + "; ".join(parts) + "."
    )


def _surplus(norm: float, classes: float, year: int, lang: str) -> str:
    def words(value: float) -> str:
        if lang == "zh":
            return f"{'富余' if value >= 0 else '缺'}{_number(abs(value))}人"
        return f"{_number(abs(value))} {'too many' if value >= 0 else 'too few'}"

    if lang == "zh":
        return f"{year}年按编制标准{words(norm)}、按班级{words(classes)}"
    return f"{year}: {words(norm)} by the pupil norm, {words(classes)} by classes"


def _empty_line(one: xr.Dataset, lang: str) -> str:
    last = int(one.year[-1])
    spare = one.spare_seats.sum(["level", "planning_area"])
    capacity = one.capacity.sum(["level", "planning_area"])
    band = _band(spare, last)
    share = 100 * band[0] / max(float(capacity.sel(year=last).median()), 1.0)
    assumed = rooms_are_assumed(one)
    if lang == "zh":
        caution = "；教室数为假定值，闲置数仅供参考" * assumed
        return f"{last}年闲置学位数：{_with_band(one, band)}，占全部学位的{share:.0f}%{caution}。"
    caution = "; it rests on assumed classrooms" * assumed
    return (
        f"Seats standing empty in {last}: {_with_band(one, band)}, {share:.0f} % of all seats"
        f"{caution}."
    )


def _certainty_line(one: xr.Dataset, lang: str) -> str:
    demand = one.demand.sum(["level", "planning_area"])
    parts = []
    for year in sorted({min(2030, int(one.year[-1])), int(one.year[-1])}):
        mid, low, high = _band(demand, year)
        down, up = 100 * (low / mid - 1), 100 * (high / mid - 1)
        several = one.sizes["replicate"] > 1
        parts.append(
            f"{year}年{_number(mid)}人" + f"（{down:+.0f}%至{up:+.0f}%）" * several
            if lang == "zh"
            else f"{_number(mid)} in {year}" + f" ({down:+.0f} % to {up:+.0f} %)" * several
        )
    return (
        "公办学位需求的把握程度：" + "，".join(parts) + "。"
        if lang == "zh"
        else "How sure: public demand of " + ", ".join(parts) + "."
    )


def _stress_line(one: xr.Dataset, stressed: xr.Dataset, path: str, lang: str) -> str:
    """What a collapse of births would mean: medians under the path against the scenario's."""
    from capsim.figures.words import path_label

    def medians(data: xr.Dataset, year: int) -> tuple[float, float, float]:
        now = data.sel(year=year)
        areas = ["level", "planning_area"]
        school_ages = now.children.sel(age=slice(ENTRY_AGE, LAST_SCHOOL_AGE))
        totals = (school_ages.sum(["township", "age"]), now.demand.sum(areas))
        spare = now.spare_seats.sum(areas)
        children, demand, empty = (float(total.median()) for total in (*totals, spare))
        return children, demand, empty

    parts = []
    for year in sorted({min(2030, int(one.year[-1])), min(2040, int(one.year[-1]))}):
        before, after = medians(one, year), medians(stressed, year)
        children, demand = (100 * (after[i] / max(before[i], 1.0) - 1) for i in (0, 1))
        empty = _number(after[2])
        parts.append(
            f"{year}年适龄儿童{_number(after[0])}人（比中位数{children:+.0f}%），公办学位需求"
            f"{_number(after[1])}人（{demand:+.0f}%），闲置学位{empty}个（中位数{_number(before[2])}个）"
            if lang == "zh"
            else f"{year}: {_number(after[0])} children of school age ({children:+.0f} % against "
            f"the median), demand {_number(after[1])} ({demand:+.0f} %), {empty} empty seats "
            f"(median {_number(before[2])})"
        )
    label = path_label(path, lang)
    label = label[:1].lower() + label[1:]
    if lang == "zh":
        return f"若出生人数骤降（{label}；不计入区间）：" + "；".join(parts) + "。"
    return f"If births collapsed ({label}; no part of the brackets): " + "; ".join(parts) + "."


def _private_lines(one: xr.Dataset, lang: str) -> list[str]:
    """Who wins and who loses the lottery of private schools in a year; nothing without one."""
    yearly = one.outcomes.sum(["township", "settlement_kind"]).isel(year=slice(1, None))
    if not float(yearly.sel(outcome="private").sum()):
        return []
    parts = []
    for level in LEVELS:
        of_level = yearly.sel(level=level).mean("year").median("replicate")
        won, back, placed = (
            float(of_level.sel(outcome=name))
            for name in ("private", "zone_after_private", "placed_after_private")
        )
        label = LEVEL_NAME[lang][level]
        parts.append(
            f"{label}年均{_number(won)}人摇中，{_number(back + placed)}人落选"
            f"（其中{_number(placed)}人因片区已满而统筹安排）"
            if lang == "zh"
            else f"{label}: {_number(won)} entrants a year win a seat by lot and "
            f"{_number(back + placed)} lose, {_number(placed)} of them placed outside their full "
            "zone"
        )
    if lang == "zh":
        return ["民办学校：" + "；".join(parts) + "。"]
    return ["Private schools, " + "; ".join(parts) + "."]
