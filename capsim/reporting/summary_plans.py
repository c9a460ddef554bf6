"""Sentences of the summary about plans: what changes against the first scenario, and for whom.

Figures come from ``results.compare`` (differences paired by replicate); here they are only
picked and put into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from capsim.measures.consequences import travel_changes
from capsim.reporting.summary_words import cell, records, say, signed
from capsim.results.compare import compare

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Scale = Literal["own", "whole", "demand", "running"]

MOST_DIFFERENCES: Final = 2
MOST_JOURNEYS: Final = 3
# A change of mean distance below this is no news for a family.
LEAST_KM: Final = 0.05


@dataclass(frozen=True, slots=True)
class Unit:
    """How a number is written: factor and words in each language, and decimals."""

    en: str = ""
    zh: str = ""
    factor_en: float = 1.0
    factor_zh: float = 1.0
    digits: int = 0


COUNT: Final = Unit()
POINTS: Final = Unit(" points", "个百分点", 100.0, 100.0, 1)
YUAN: Final = Unit(" million yuan", "万元", 1e-6, 1e-4, 1)


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of difference the summary may name.

    Attributes
    ----------
    en, zh : str
        What is counted.
    scale : {"own", "whole", "demand", "running"}
        What makes differences of unlike units comparable: their share of the first scenario's own
        value, of 1 (shares), of the demand of the level, or of the yearly running cost.
    unit : Unit
    home : bool
        Whether the kind of settlement is that of the home and not that of the school.
    """

    en: str
    zh: str
    scale: Scale = "own"
    unit: Unit = COUNT
    home: bool = False


MEASURES: Final[dict[str, Measure]] = {
    "new_seats": Measure("new seats", "新增学位", "demand"),
    "seat_gap": Measure("seats short", "学位缺口", "demand"),
    "spare_seats": Measure("seats standing empty", "闲置学位", "demand"),
    "over_cap": Measure("pupils above the class cap", "超班额标准学生", "demand"),
    "roll_by_kind": Measure("pupils in schools", "在校生"),
    "zone_school_share": Measure(
        "entrants in a school of their zone", "划片就近入学率", "whole", POINTS, home=True
    ),
    "first_choice_share": Measure(
        "entrants at their first choice", "第一志愿录取率", "whole", POINTS, home=True
    ),
    "classes": Measure("classes", "班级数"),
    "teachers": Measure("teachers", "专任教师"),
    "running_cost": Measure("running cost a year", "年度运行成本", "own", YUAN),
    "capital_cost": Measure("capital spent so far", "累计建设投资", "running", YUAN),
}


def plan_lines(data: xr.Dataset, first: str, name: str, *, lang: str = "en") -> list[str]:
    """Return what a scenario changes against the first one, and for whom.

    Parameters
    ----------
    data : Dataset
        Results of a run that holds both.
    first, name : str
        Names of the first scenario and of the one described.
    lang : {"en", "zh"}
    """
    pair = data.sel(scenario=[first, name])
    return [_change_line(pair, first, lang), _journey_line(pair, first, lang)]


def outlook_years(data: xr.Dataset) -> list[int]:
    """Return the years in which scenarios are compared: 2030 and the last year of the run."""
    last = int(data.year[-1])
    return sorted({max(min(2030, last), int(data.year[0])), last})


def _change_line(pair: xr.Dataset, first: str, lang: str) -> str:
    rows = _differences(pair, first)
    known = rows[["p10", "p90", "mean"]].to_numpy()
    years = [str(year) for year in outlook_years(pair)]
    when = say(lang, " and ".join(years), "、".join(years))
    if not np.any(known):
        return say(
            lang,
            f"Seats, rolls, classes, teachers and costs in {when} are those of {first}.",
            f"{when}年学位、在校生、班级、教师和经费与{first}相同。",
        )
    chosen = _largest(rows, pair.isel(scenario=0))
    if not chosen:
        return say(
            lang,
            f"No clear difference from {first} in seats, rolls, classes, teachers or costs "
            f"in {when}.",
            f"{when}年学位、在校生、班级、教师和经费与{first}无明显差异。",
        )
    several = pair.sizes["replicate"] > 1
    parts = [_difference_words(row, lang, several) for row in chosen]
    if lang == "zh":
        return f"除上学距离外，与{first}相比变化最大：" + "；".join(parts) + "。"
    return f"What changes most against {first}, ways to school aside: " + "; ".join(parts) + "."


def _differences(pair: xr.Dataset, first: str) -> pd.DataFrame:
    """Paired differences of all measures in the years of the outlook, capital added up by then."""
    names = [n for n in MEASURES if n in pair and "replicate" in pair[n].dims]
    if "capital_cost" in names:
        spent = pair["capital_cost"].astype("float64").fillna(0.0).cumsum("year")
        pair = pair.assign(capital_cost=spent)
    return compare(pair, first, variables=names, years=outlook_years(pair)).table


def _largest(rows: pd.DataFrame, base: xr.Dataset) -> list[dict[str, Any]]:
    """The largest clear differences, each measure once, in shares of what they are part of."""
    found: list[dict[str, Any]] = []
    for row in records(rows):
        measure = MEASURES[row["variable"]]
        shown = round(abs(row["mean"]) * measure.unit.factor_en, measure.unit.digits)
        if shown and (row["p10"] > 0 or row["p90"] < 0):
            scale = _scale(row, measure, base)
            found.append({**row, "size": abs(row["mean"]) / scale})
    found.sort(key=lambda row: -row["size"])
    best: dict[str, dict[str, Any]] = {}
    for row in found:
        best.setdefault(row["variable"], row)
    return list(best.values())[:MOST_DIFFERENCES]


def _scale(row: dict[str, Any], measure: Measure, base: xr.Dataset) -> float:
    if measure.scale == "whole":
        return 1.0
    if measure.scale == "own":
        return max(float(row["baseline_mean"]), 1.0)
    now = base.sel(year=row["year"])
    if measure.scale == "demand":
        level = now["demand"].sel(level=row["level"])
        return max(float(level.sum("planning_area").mean()), 1.0)
    cost = now["running_cost"].sel(price_basis="real").sum("cost_item")
    return max(float(cost.mean()), 1.0)


def _difference_words(row: dict[str, Any], lang: str, several: bool) -> str:
    measure = MEASURES[row["variable"]]
    unit = measure.unit
    factor = unit.factor_zh if lang == "zh" else unit.factor_en
    low, mean, high = (signed(row[k] * factor, unit.digits) for k in ("p10", "mean", "p90"))
    band = say(lang, f" [{low} to {high}]", f"[{low}至{high}]") if several else ""
    share = ""
    if measure.scale == "own" and row["baseline_mean"] > 0:
        percent = signed(100 * row["mean"] / row["baseline_mean"], 0)
        share = say(lang, f" ({percent} %)", f"（{percent}%）")
    where = cell(row.get("settlement_kind", ""), row.get("level", ""), lang, home=measure.home)
    if lang == "zh":
        return f"{row['year']}年{where}{measure.zh}{mean}{unit.zh}{band}{share}"
    place = f" ({where})" if where else ""
    return f"{measure.en}{place} {mean}{unit.en}{band}{share} in {row['year']}"


def _journey_line(pair: xr.Dataset, first: str, lang: str) -> str:
    """Who travels how much further, by home and level, in the last year."""
    year = int(pair.year[-1])
    table = travel_changes(pair, first, years=[year]).table
    several = pair.sizes["replicate"] > 1
    means = table[table["variable"] == "travel_km"]
    far = table[table["variable"] == "travel_km_p90"].set_index(["level", "settlement_kind"])
    means = means[means["mean"].abs() >= LEAST_KM]
    means = means.sort_values("mean", ascending=False, key=abs, kind="stable")
    if not len(means):
        return say(
            lang,
            f"Way to school in {year}: on average within {LEAST_KM * 1000:.0f} m of {first}, "
            "whatever the home and level.",
            f"{year}年上学距离：各类居住地、各学段平均与{first}相差不到{LEAST_KM * 1000:.0f}米。",
        )
    parts = []
    for row in records(means.head(MOST_JOURNEYS)):
        home = cell(row["settlement_kind"], row["level"], lang, home=True)
        low, mean, high = (signed(row[k], 1) for k in ("p10", "mean", "p90"))
        tail = signed(far.loc[(row["level"], row["settlement_kind"]), "mean"], 1)
        if lang == "zh":
            band = f"[{low}至{high}]" if several else ""
            parts.append(f"{home}{mean}公里{band}，最远一成{tail}公里")
        else:
            band = f" [{low} to {high}]" if several else ""
            parts.append(f"{home} {mean} km{band}, farthest tenth {tail} km")
    if lang == "zh":
        return f"{year}年上学距离与{first}相比：" + "；".join(parts) + "。"
    return f"Way to school in {year} against {first}: " + "; ".join(parts) + "."
