"""Sentences of the summary about schools: which close, which are crowded, which lack teachers.

Figures come from :mod:`capsim.measures.consequences`; here they are only picked and put into words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from capsim.figures.labels import names_of
from capsim.figures.words import word
from capsim.measures.consequences import (
    crowded_schools,
    school_closures,
    teacher_balance,
    unplaced_children,
)
from capsim.reporting.summary_words import cell, records, say

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MOST_NAMES: Final = 6
MOST_CROWDED: Final = 3
# A school closes, or is crowded, where it does so in at least this share of the futures.
LIKELY: Final = 0.5
# Children without a seat are mentioned from this share of the futures on.
WORTH_SAYING: Final = 0.05


def closure_line(data: xr.Dataset, name: str, *, lang: str = "en") -> str:
    """Return which schools of a scenario close when, as a sentence.

    Schools that close in at least half of the replicates are named with their median year; the
    others are counted.
    """
    table = school_closures(data.sel(scenario=[name]))
    likely = table[table["share"] >= LIKELY].sort_values(["p50", "school"], kind="stable")
    if not len(likely):
        text = say(lang, "Schools that close: none", "撤并停办的学校：无")
    else:
        column = "name_zh" if lang == "zh" else "name"
        named = [
            say(lang, f"{row[column]} {_years(row, lang)}", f"{row[column]}（{_years(row, lang)}）")
            for row in records(likely.head(MOST_NAMES))
        ]
        more = len(likely) - len(named)
        if lang == "zh":
            text = f"撤并停办的学校{len(likely)}所：" + "、".join(named)
            text += f"等，另有{more}所" if more else ""
        else:
            text = f"Schools that close ({len(likely)}): " + ", ".join(named)
            text += f" and {more} more" if more else ""
    rare = len(table) - len(likely)
    if rare:
        text += say(
            lang,
            f"; {rare} more in fewer than half of the futures",
            f"；另有{rare}所仅在不到半数的模拟中停办",
        )
    return text + say(lang, ".", "。")


def unplaced_line(data: xr.Dataset, name: str, *, lang: str = "en") -> str:
    """Return in how many futures children are left without a seat, and why, as a sentence.

    Empty where that happens in fewer than one future in twenty.
    """
    found = unplaced_children(data, name)
    futures = data.sizes["replicate"]
    if found is None or found.futures / futures < WORTH_SAYING:
        return ""
    first, last = found.years
    idle = found.rooms_without_teachers
    ids = [str(value) for value in data["township"].values]
    place = names_of(data, "township", lang)[ids.index(found.township)]
    if lang == "zh":
        span = f"{first}年" if first == last else f"{first}—{last}年"
        often = f"{futures:,}次模拟中有{found.futures:,}次" if futures > 1 else "这一次模拟中"
        reason = f"；全县该年有{idle:,}间教室因教师不足不能开班，可能是原因之一" if idle else ""
        return (
            f"未能安置的学生：{often}在{span}出现，最多{found.most:,}人（{found.year}年，"
            f"{word(found.level, lang)}，主要在{place}），可达范围内无空余学位{reason}。"
        )
    span = f"in {first}" if first == last else f"between {first} and {last}"
    often = f"in {found.futures:,} of {futures:,} futures" if futures > 1 else "in the one future"
    rooms = "1 classroom" if idle == 1 else f"{idle:,} classrooms"
    reason = f"; too few teachers for {rooms} of the county is likely part of it" if idle else ""
    return (
        f"Children without a seat: {often}, {span}; at most {found.most:,} "
        f"({word(found.level, lang).lower()}, {found.year}, most in {place}), where no seat within "
        f"reach is free{reason}."
    )


def _years(row: dict[str, Any], lang: str) -> str:
    """Median year and, where replicates differ, the band."""
    band = f"[{row['p10']}-{row['p90']}]" if row["p10"] != row["p90"] else ""
    return f"{row['p50']}年{band}" if lang == "zh" else f"{row['p50']} {band}".rstrip()


def crowded_part(data: xr.Dataset, name: str, year: int, *, lang: str = "en") -> str:
    """Return at which schools most pupils sit above the class cap, as a part of a sentence."""
    table = crowded_schools(data.sel(scenario=[name]), [year], least_share=LIKELY)
    table = table[table["pupils"] >= 0.5].sort_values("pupils", ascending=False, kind="stable")
    if not len(table):
        return say(
            lang,
            f"in {year} at no school in most futures",
            f"{year}年多数模拟中没有学校超额",
        )
    column = "name_zh" if lang == "zh" else "name"
    parts = []
    for row in records(table.head(MOST_CROWDED)):
        level = word(row["level"], lang).lower()
        number = f"{row['pupils']:,.0f}"
        parts.append(
            f"{row[column]}{level}（{number}人）" if lang == "zh"
            else f"{row[column]}, {level} ({number})"
        )  # fmt: skip
    more = len(table) - len(parts)
    if lang == "zh":
        return f"{year}年超额学生最多：" + "、".join(parts) + (f"，另有{more}所" if more else "")
    tail = f"; {more} more" if more else ""
    return f"most pupils above it in {year}: " + ", ".join(parts) + tail


def place_line(data: xr.Dataset, name: str, year: int, *, lang: str = "en") -> str:
    """Return where teachers lack and where they are in surplus, by each measure, as a sentence.

    Schools are not netted: a place may lack teachers at some schools and have too many at others.
    """
    table = teacher_balance(data.sel(scenario=[name]), [year])
    words = {
        "norm": say(lang, "by the pupil norm", "按编制标准"),
        "classes": say(lang, "by classes", "按班级"),
        "posts": say(lang, "by posts", "按核定编制"),
    }
    parts = []
    for measure, label in words.items():
        own = table[table["measure"] == measure]
        lacking = _place_of(own, "short", lang)
        spare = _place_of(own, "surplus", lang)
        parts.append(
            say(
                lang,
                f"{label} {f'most lacking in {lacking}' if lacking else 'lacking nowhere'}, "
                f"{f'most to spare in {spare}' if spare else 'to spare nowhere'}",
                f"{label}{f'最缺的是{lacking}' if lacking else '各地均不缺'}、"
                f"{f'最富余的是{spare}' if spare else '各地均无富余'}",
            )
        )
    if lang == "zh":
        return f"{year}年教师分布（逐校计算）：" + "；".join(parts) + "。"
    return f"Teachers by place in {year} (school by school): " + "; ".join(parts) + "."


def _place_of(rows: pd.DataFrame, column: str, lang: str) -> str:
    """The place and level with the largest figure; empty where it rounds to none."""
    top = max(records(rows), key=lambda row: float(row[column]))
    if top[column] < 0.5:
        return ""
    place = cell(top["settlement_kind"], top["level"], lang)
    number = f"{top[column]:,.0f}"
    return f"{place}（{number}人）" if lang == "zh" else f"{place} ({number})"
