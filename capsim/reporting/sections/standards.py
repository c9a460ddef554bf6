"""The national standards: rules on the county, schools that meet them, and first failures."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np

from capsim.figures.labels import names_of
from capsim.measures.compliance import first_failures, school_verdicts
from capsim.reference.standards import national_standards
from capsim.reporting import numbers
from capsim.reporting.blocks import Spec, columns, missing, shortened, table
from capsim.reporting.content import Block, Cell, Section, Table
from capsim.reporting.facts import View, estimate_of
from capsim.reporting.options import standards_options
from capsim.texts import field

INDICATORS = ("indicator", "indicator_met", "variation_coefficient", "roll", "retention")
MOST_FAILURES = 20
LIKELY = 0.5
RETENTIONS = ("nine_year_retention", "junior_three_year_retention")


def standards(v: View) -> Section:
    """Return the standards as inspectors compute them, projected over the years."""
    title = v.say("labels.section.standards")
    if not v.has(*INDICATORS):
        return Section("standards", title, (missing(v, title, *INDICATORS),))
    blocks: list[Block] = [_meeting(v), _checks(v), *_failures(v)]
    return Section("standards", title, tuple(blocks))


def _meeting(v: View) -> Table:
    """Return how many schools are assessed and meet "six of seven, the rest at 85 %"."""
    verdicts = school_verdicts(v.own, standards_options(v.data)).sel(scenario=v.scenario)
    rows: list[tuple[Cell, ...]] = []
    for level in v.levels:
        for year in [v.base, *v.focus]:
            at = verdicts.sel(level=level, year=year).transpose("replicate", "school").values
            known = (~np.isnan(at)).sum(axis=1)
            meeting = np.nansum(at, axis=1)
            rows.append((v.level(level), year, estimate_of(known), estimate_of(meeting)))
    heads = columns(
        v.lang, ("level", "text", 1.2), ("year", "year", 0.8), ("schools_assessed", "band", 1.4),
        ("schools_meeting", "band", 1.4),
    )  # fmt: skip
    return table(v.say("labels.table.meeting"), heads, rows)


def _checks(v: View) -> Table:
    year = v.focus[0]
    found = v.county_checks
    rows: list[tuple[Cell, ...]] = []
    for row in found[found["year"] == year].to_dict("records"):
        name = row[field("label", v.lang)]
        if row["indicator"]:
            name = v.say("report.unit_of", name=name, of=indicator_name(row["indicator"], v.lang))
        if row["rule"] == "indicators_met_per_school":
            name = v.say("labels.word.six_of_seven")  # its value is a share of schools
        bound = "≥" if row["direction"] == "min" else "≤"
        write = _writer(row, v.lang)
        rows.append(
            (name, v.level(row["level"]),
             write(row["value"]) if math.isfinite(row["value"]) else v.say("labels.word.unknown"),
             f"{bound} {write(row['limit'])}", row["beyond"], row["probability_met"],
             v.named("labels.mark", row["mark"]))
        )  # fmt: skip
    heads = columns(
        v.lang, ("rule", "text", 3.4), ("level", "text", 1.1), ("value", "count", 0.9),
        ("limit", "count", 0.9), ("beyond", "count", 0.8), ("met", "share", 0.8),
        ("mark", "text", 0.9),
    )  # fmt: skip
    above = found[(found["year"] == year) & (found["rule"].isin(RETENTIONS))]["value"] > 1
    note = v.say("labels.note.retention") if above.any() else ""
    return table(v.say("labels.table.checks", year=year), heads, rows, note=note)


def _writer(row: Mapping[Hashable, Any], lang: str) -> Callable[[float], str]:
    """Return how values of a rule are written: shares in per cent, the others as they are."""
    shares = row["rule"] == "indicators_met_per_school" or "share" in str(row["unit"])
    return (lambda value: numbers.share(value, lang)) if shares else _plain


def _plain(value: float) -> str:
    """Return a value of a rule: whole numbers as such, with decimals where it is a ratio."""
    whole = abs(value) >= 20 or value == round(value)
    return numbers.count(value) if whole else numbers.decimal(value)


def _value(value: float) -> str:
    """Return the value of a resource indicator: with two decimals below a hundred."""
    return numbers.count(value) if value >= 100 else numbers.decimal(value)


def indicator_name(name: str, lang: str) -> str:
    """Return the name of a resource indicator; its code where the standard does not name it."""
    figures = national_standards().figures
    if name not in figures:
        return name.replace("_", " ")
    return str(getattr(figures[name], field("label", lang)))


def _failures(v: View) -> list[Block]:
    """Return how many schools fail each indicator, and which ones begin to."""
    likely = v.failing_schools[v.failing_schools["probability"] >= LIKELY]
    if likely.empty:
        return []
    years = list(dict.fromkeys([v.base, *v.focus, v.horizon]))
    counts = likely.groupby(["level", "indicator", "year"], observed=True).size()
    figures = likely.groupby(["level", "indicator"], sort=False, observed=True)
    rows: list[tuple[Cell, ...]] = []
    for (level, indicator), mine in sorted(
        figures, key=lambda part: (v.levels.index(str(part[0][0])), -len(part[1]))
    ):
        by_year = [int(counts.get((level, indicator, year), 0)) for year in years]
        first = mine.iloc[0]
        rows.append(
            (indicator_name(str(indicator), v.lang), v.level(str(level)),
             _value(float(first["threshold"])), *by_year,
             v.named("labels.mark", str(first["mark"])))
        )  # fmt: skip
    at: list[Spec] = [(v.say("labels.head.schools_in", year=year), "count", 0.7) for year in years]
    heads = columns(
        v.lang, ("indicator", "text", 2.6), ("level", "text", 0.8), ("threshold", "count", 0.8),
        *at, ("mark", "text", 0.8),
    )  # fmt: skip
    return [table(v.say("labels.table.failing"), heads, rows), *_new_failures(v)]


def _new_failures(v: View) -> list[Block]:
    """Return the schools that begin to fail an indicator after the base year."""
    found = first_failures(v.failing_schools, probability=LIKELY)
    found = found[found["year"] > v.base]
    if found.empty:
        return []
    names = dict(
        zip(
            (str(s) for s in v.data["school"].values),
            names_of(v.data, "school", v.lang),
            strict=True,
        )
    )
    found = found.sort_values(["year", "probability", "school"], ascending=[True, False, True])
    rows: list[tuple[Cell, ...]] = [
        (names[str(r["school"])], v.level(str(r["level"])),
         indicator_name(str(r["indicator"]), v.lang), int(r["year"]), int(r["years_failing"]),
         _value(float(r["median"])), _value(float(r["threshold"])))
        for r in found.head(MOST_FAILURES).to_dict("records")
    ]  # fmt: skip
    note = shortened(v, MOST_FAILURES, len(found))
    heads = columns(
        v.lang, ("school", "text", 1.9), ("level", "text", 0.9), ("indicator", "text", 2.6),
        ("fails_from", "year", 0.9), ("years_failing", "count", 0.6), ("value", "count", 0.8),
        ("threshold", "count", 0.9),
    )  # fmt: skip
    return [table(v.say("labels.table.new_failures", year=v.base), heads, rows, note=note)]
