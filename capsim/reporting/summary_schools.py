"""Sentences of the summary about schools: which close, which are crowded, which lack teachers.

Figures come from :mod:`capsim.measures.consequences`; here they are only picked and put into words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capsim.figures.labels import names_of
from capsim.measures.consequences import (
    crowded_schools,
    school_closures,
    teacher_balance,
    unplaced_children,
)
from capsim.reporting.summary_words import cell, joined, records
from capsim.texts import field, say

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
    rare = len(table) - len(likely)
    text = _closures(likely, lang) if len(likely) else say("summary.closures.none", lang)
    if rare:
        return say("summary.closures.rare", lang, text=text, rare=rare)
    return say("summary.closures.whole", lang, text=text)


def _closures(likely: pd.DataFrame, lang: str) -> str:
    """The schools that close, with their median year and, where replicates differ, the band."""
    named = []
    for row in records(likely.head(MOST_NAMES)):
        school = {"school": row[field("name", lang)], "year": row["p50"]}
        if row["p10"] == row["p90"]:
            named.append(say("summary.closures.school", lang, **school))
        else:
            band = {"low": row["p10"], "high": row["p90"]}
            named.append(say("summary.closures.school_band", lang, **school, **band))
    schools, more = joined(named, lang, "names"), len(likely) - len(named)
    if more:
        values = {"number": len(likely), "schools": schools, "more": more}
        return say("summary.closures.some_and_more", lang, **values)
    return say("summary.closures.some", lang, number=len(likely), schools=schools)


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
    if first == last:
        span = say("summary.unplaced.year", lang, first=first)
    else:
        span = say("summary.unplaced.years", lang, first=first, last=last)
    return say(
        "summary.unplaced.line",
        lang,
        often=say("summary.unplaced.often", lang, times=found.futures, count=futures),
        span=span,
        most=found.most,
        level=say(f"common.level.{found.level}", lang),
        year=found.year,
        place=names_of(data, "township", lang)[ids.index(found.township)],
        reason=say("summary.unplaced.reason", lang, count=idle) if idle else "",
    )


def crowded_part(data: xr.Dataset, name: str, year: int, *, lang: str = "en") -> str:
    """Return at which schools most pupils sit above the class cap, as a part of a sentence."""
    table = crowded_schools(data.sel(scenario=[name]), [year], least_share=LIKELY)
    table = table[table["pupils"] >= 0.5].sort_values("pupils", ascending=False, kind="stable")
    if not len(table):
        return say("summary.classes.nowhere", lang, year=year)
    schools = [
        say(
            "summary.classes.school",
            lang,
            school=row[field("name", lang)],
            level=say(f"common.level.{row['level']}", lang),
            number=row["pupils"],
        )
        for row in records(table.head(MOST_CROWDED))
    ]
    parts, more = joined(schools, lang, "names"), len(table) - len(schools)
    if more:
        return say("summary.classes.crowded_and_more", lang, year=year, parts=parts, more=more)
    return say("summary.classes.crowded", lang, year=year, parts=parts)


def place_line(data: xr.Dataset, name: str, year: int, *, lang: str = "en") -> str:
    """Return where teachers lack and where they are in surplus, by each measure, as a sentence.

    Schools are not netted: a place may lack teachers at some schools and have too many at others.
    """
    table = teacher_balance(data.sel(scenario=[name]), [year])
    parts = []
    for measure in ("norm", "classes", "posts"):
        own = table[table["measure"] == measure]
        parts.append(
            say(
                "summary.teachers.place",
                lang,
                measure=say(f"summary.teachers.{measure}", lang),
                lacking=_place_of(own, "short", "lacking", lang),
                spare=_place_of(own, "surplus", "spare", lang),
            )
        )
    return say("summary.teachers.places", lang, year=year, parts=joined(parts, lang, "semicolon"))


def _place_of(rows: pd.DataFrame, figure: str, key: str, lang: str) -> str:
    """Say at which place and level the figure is largest, or that it rounds to none anywhere."""
    top = max(records(rows), key=lambda row: float(row[figure]))
    if top[figure] < 0.5:
        return say(f"summary.teachers.{key}_nowhere", lang)
    cells = cell(top["settlement_kind"], top["level"], lang)
    place = say("summary.teachers.where", lang, place=cells, number=top[figure])
    return say(f"summary.teachers.{key}", lang, place=place)
