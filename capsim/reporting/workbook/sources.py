"""Standards, assumptions and data sources as sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capsim.figures.labels import names_of, scenario_label
from capsim.reporting.facts import View
from capsim.reporting.options import standards_options
from capsim.reporting.sections.standards import INDICATORS, indicator_name
from capsim.reporting.settings import data_row, setting_row, settings_of, unit_text
from capsim.reporting.workbook.sheets import Sheet, SheetCell, SheetColumn, head, plain, sheet_of
from capsim.results.reading import provenance
from capsim.texts import field

# A school is listed in a year in which it fails in at least this share of the futures.
LIKELY = 0.5


def standard_sheets(v: View) -> list[Sheet]:
    """Return the rules on the county by year, and the schools that fail an indicator."""
    if not v.has(*INDICATORS):
        return []
    name = scenario_label(v.data, v.scenario, v.lang)
    chosen = standards_options(v.data)[v.scenario].standards()
    rows: list[tuple[SheetCell, ...]] = []
    for r in v.county_checks.to_dict("records"):
        text = r[field("label", v.lang)]
        of = indicator_name(r["indicator"], v.lang) if r["indicator"] else ""
        rows.append(
            (name, text, of, v.level(r["level"]), int(r["year"]), plain(r["value"]),
             plain(r["p10"]), plain(r["p90"]), v.say(f"workbook.word.{r['direction']}"),
             plain(r["limit"]), plain(r["beyond"]), plain(r["probability_met"]),
             unit_text(r["unit"], v.lang), v.named("labels.mark", r["mark"]),
             chosen.title(r["rule"], v.lang))
        )  # fmt: skip
    heads = (
        head("scenario", v.lang, "text", 30), head("rule", v.lang, "text", 36),
        head("indicator", v.lang, "text", 34), head("level", v.lang, "text", 12),
        head("year", v.lang, "year", 8), head("value", v.lang, "decimal"),
        SheetColumn("10 %", "decimal"), SheetColumn("90 %", "decimal"),
        head("direction", v.lang, "text", 10), head("limit", v.lang, "decimal"),
        head("beyond", v.lang), head("met", v.lang, "share"),
        head("unit", v.lang, "text", 18), head("mark", v.lang, "text", 10),
        head("source", v.lang, "text", 50),
    )  # fmt: skip
    checks = sheet_of("standards", v.lang, heads, rows, 2, note=name)
    return [checks, _failures(v, name)]


def _failures(v: View, name: str) -> Sheet:
    """Return the schools that fail an indicator: one row each, the years side by side."""
    found = v.failing_schools
    likely = found["probability"] >= LIKELY
    ids = [str(school) for school in v.data["school"].values]
    names = dict(zip(ids, names_of(v.data, "school", v.lang), strict=True))
    years = [int(year) for year in v.years]
    keys = ["school", "level", "indicator"]
    rows: list[tuple[SheetCell, ...]] = []
    for (school, level, indicator), mine in found.groupby(keys, sort=False, observed=True):
        first = mine[likely[mine.index]].head(1)
        if first.empty:
            continue
        start = first.iloc[0]
        share = dict(zip(mine["year"], mine["probability"], strict=True))
        rows.append(
            (str(school), names[str(school)], v.level(str(level)),
             indicator_name(str(indicator), v.lang), float(start["threshold"]),
             int(start["year"]), plain(float(start["median"])),
             *[float(share[year]) if year in share else None for year in years],
             v.named("labels.mark", str(start["mark"])))
        )  # fmt: skip
    heads = (
        head("id", v.lang, "text", 22), head("school", v.lang, "text", 24),
        head("level", v.lang, "text", 8), head("indicator", v.lang, "text", 36),
        head("threshold", v.lang, "decimal", 10), head("fails_from", v.lang, "year", 9),
        head("value_then", v.lang, "decimal", 9),
        *[SheetColumn(str(year), "share", 7.5) for year in years],
        head("mark", v.lang, "text", 10),
    )  # fmt: skip
    note = v.say("workbook.note.of", name=name, note=v.say("workbook.note.failures"))
    return sheet_of("failures", v.lang, heads, rows, 4, note=note)


def _other_settings(v: View, scenario: str) -> list[Mapping[str, Any]]:
    """Return the settings of a scenario; of an alternative those alone that it changes."""
    rows = settings_of(v, scenario)
    if scenario == v.scenario:
        return rows
    own = {str(row.get("key")): row.get("value") for row in settings_of(v, v.scenario)}
    return [row for row in rows if row.get("value") != own.get(str(row.get("key")))]


def source_sheets(v: View) -> list[Sheet]:
    """Return the settings of every scenario, and the data with marks and hashes."""
    settings: list[tuple[SheetCell, ...]] = [
        (scenario_label(v.data, scenario, v.lang), *_texts(setting_row(row, v.lang)))
        for scenario in v.plans
        for row in _other_settings(v, scenario)
    ]
    heads = (
        head("scenario", v.lang, "text", 30), head("key", v.lang, "text", 46),
        head("value", v.lang, "text", 26), head("unit", v.lang, "text", 24),
        head("mark", v.lang, "text", 10), head("source", v.lang, "text", 60),
    )  # fmt: skip
    lines = provenance(v.data)
    data: list[tuple[SheetCell, ...]] = [
        _texts(data_row(row, v.lang)) for row in lines.get("data", []) if isinstance(row, Mapping)
    ]
    data += [(file, v.say("workbook.word.hash"), None, digest) for file, digest in _hashes(v)]
    data_heads = (
        head("data_table", v.lang, "text", 28), head("column", v.lang, "text", 26),
        head("mark", v.lang, "text", 10), head("source", v.lang, "text", 70),
    )  # fmt: skip
    note = v.say("workbook.note.assumptions")
    return [
        sheet_of("assumptions", v.lang, heads, settings, 2, note=note),
        sheet_of("data", v.lang, data_heads, data, 2),
    ]


def _texts(row: tuple[object, ...]) -> tuple[SheetCell, ...]:
    return tuple(str(cell) for cell in row)


def _hashes(v: View) -> list[tuple[str, str]]:
    """Return file and SHA-256 of the scenario's inputs, as the provenance records them."""
    inputs = provenance(v.data).get("inputs", {})
    mine = inputs.get(v.scenario, {}) if isinstance(inputs, Mapping) else {}
    return [(str(file), str(digest)) for file, digest in mine.items()]
