"""Sentences of the summary about plans: what changes against the first scenario, and for whom.

Figures come from ``results.compare`` (differences paired by replicate); here they are only
picked and put into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from capsim.measures.consequences import travel_changes
from capsim.reporting.summary_words import cell, joined, records, signed
from capsim.results.compare import compare
from capsim.texts import LANGUAGES, say

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
    """How a number is written: name of its words, factor by language, and decimals."""

    name: str = "count"
    factor: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(LANGUAGES, 1.0))
    digits: int = 0


COUNT: Final = Unit()
POINTS: Final = Unit("points", dict.fromkeys(LANGUAGES, 100.0), 1)
YUAN: Final = Unit("yuan", {"en": 1e-6, "zh": 1e-4}, 1)


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of difference the summary may name.

    Attributes
    ----------
    scale : {"own", "whole", "demand", "running"}
        What makes differences of unlike units comparable: their share of the first scenario's own
        value, of 1 (shares), of the demand of the level, or of the yearly running cost.
    unit : Unit
    home : bool
        Whether the kind of settlement is that of the home and not that of the school.
    """

    scale: Scale = "own"
    unit: Unit = COUNT
    home: bool = False


MEASURES: Final[dict[str, Measure]] = {
    "new_seats": Measure("demand"),
    "seat_gap": Measure("demand"),
    "spare_seats": Measure("demand"),
    "over_cap": Measure("demand"),
    "roll_by_kind": Measure(),
    "zone_school_share": Measure("whole", POINTS, home=True),
    "first_choice_share": Measure("whole", POINTS, home=True),
    "classes": Measure(),
    "teachers": Measure(),
    "running_cost": Measure("own", YUAN),
    "capital_cost": Measure("running", YUAN),
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
    when = joined([str(year) for year in outlook_years(pair)], lang, "and")
    if not np.any(known):
        return say("summary.plans.same", lang, years=when, first=first)
    chosen = _largest(rows, pair.isel(scenario=0))
    if not chosen:
        return say("summary.plans.unclear", lang, years=when, first=first)
    several = pair.sizes["replicate"] > 1
    parts = joined([_difference_words(row, lang, several) for row in chosen], lang, "semicolon")
    return say("summary.plans.line", lang, first=first, parts=parts)


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
        shown = round(abs(row["mean"]) * measure.unit.factor["en"], measure.unit.digits)
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
    share = ""
    if measure.scale == "own" and row["baseline_mean"] > 0:
        percent = signed(100 * row["mean"] / row["baseline_mean"], 0)
        share = say("summary.plans.share", lang, percent=percent)
    where = cell(row.get("settlement_kind", ""), row.get("level", ""), lang, home=measure.home)
    values = {
        "year": row["year"],
        "what": say(f"summary.plans.what.{row['variable']}", lang),
        "mean": signed(row["mean"] * unit.factor[lang], unit.digits),
        "unit": say(f"summary.plans.unit.{unit.name}", lang),
        "band": _band(row, unit.factor[lang], unit.digits, lang) if several else "",
        "share": share,
    }
    if where:
        return say("summary.plans.part_of", lang, where=where, **values)
    return say("summary.plans.part", lang, **values)


def _band(row: dict[str, Any], factor: float, digits: int, lang: str) -> str:
    low, high = (signed(row[key] * factor, digits) for key in ("p10", "p90"))
    return say("summary.plans.band", lang, low=low, high=high)


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
        return say("summary.plans.ways_same", lang, year=year, metres=LEAST_KM * 1000, first=first)
    parts = [
        say(
            "summary.plans.way",
            lang,
            home=cell(row["settlement_kind"], row["level"], lang, home=True),
            mean=signed(row["mean"], 1),
            band=_band(row, 1.0, 1, lang) if several else "",
            tail=signed(far.loc[(row["level"], row["settlement_kind"]), "mean"], 1),
        )
        for row in records(means.head(MOST_JOURNEYS))
    ]
    return say(
        "summary.plans.ways", lang, year=year, first=first, parts=joined(parts, lang, "semicolon")
    )
