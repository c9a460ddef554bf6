"""Small makers of blocks: tables with typed columns, pictures that may be left out, sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType

from capsim.figures.labels import scenario_label
from capsim.figures.series import band_note
from capsim.figures.words import word
from capsim.reporting.content import Cell, Column, ColumnKind, Picture, Table, Text
from capsim.reporting.facts import View
from capsim.reporting.labels import caption, label
from capsim.results.reading import NothingToShow


def say(lang: str) -> ModuleType:
    """Return the sentences of a language: functions that turn facts into text."""
    from capsim.reporting import say_en, say_zh

    return say_en if lang == "en" else say_zh


Spec = tuple[str, ColumnKind, float]


def columns(lang: str, *specs: Spec) -> tuple[Column, ...]:
    """Return columns from (label key or finished text, kind, relative width)."""
    return tuple(Column(_header(text, lang), kind, width) for text, kind, width in specs)


def _header(key: str, lang: str) -> str:
    from capsim.reporting.labels import LABELS

    return label(key, lang) if key in LABELS else key


def table(
    text: str,
    heads: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    note: str = "",
    total_rows: int = 0,
) -> Table:
    """Return a table."""
    return Table(text, tuple(heads), tuple(tuple(row) for row in rows), note, total_rows)


def picture(v: View, name: str) -> Picture | Text:
    """Return a figure of the scenario, or the sentence that says why it is left out."""
    from capsim.figures import FIGURES

    text = caption(name, v.lang)
    try:
        figure = FIGURES[name](v.data, lang=v.lang, scenario=_scenario_for(v, name), titled=False)
    except NothingToShow as reason:
        return Text(left_out(v, text, reason), "note")
    note = _reading_note(v, name)
    stop = ". " if v.lang == "en" else "。"
    return Picture(name, f"{text}{stop}{note}" if note else text, text, lambda: figure)


def _reading_note(v: View, name: str) -> str:
    """Return how to read a figure: what its lines, bands or bars are."""
    n = f"{v.replicates:,}"
    if name in ("children_and_births", "demand_and_capacity", "classes_over_cap"):
        return band_note(v.replicates, v.lang)
    if name in ("rolls_by_settlement_kind", "teachers"):
        return band_note(v.replicates, v.lang, inner=False)
    if name in ("class_sizes", "what_changed"):
        return word("mean_of_futures", v.lang, n=n)
    if name == "capital_cost":
        return word("capital_note", v.lang)
    if name == "scenario_differences":
        own = scenario_label(v.data, v.scenario, v.lang)
        return word("difference_note", v.lang, name=own)
    return ""


def _scenario_for(v: View, name: str) -> str | None:
    # Capital is shown for every plan that builds, so that alternatives stand side by side.
    return None if name == "capital_cost" else v.scenario


def left_out(v: View, what: str, reason: NothingToShow) -> str:
    """Return the sentence that says why something is left out."""
    why = reason.problems[0].what
    if v.lang == "zh":
        why = REASONS_ZH.get(why, why)
    return str(say(v.lang).left_out(what, why))


REASONS_ZH = {
    "the results hold neither births nor children": "结果中没有出生和儿童数据",
    "no planning area lacks seats in any simulated future": "所有模拟中各片区均不缺学位",
    "there is one scenario, nothing to compare it with": "只有一个方案，无可比较",
    "the results hold none of the measures compared": "结果中没有可比较的指标",
    "no scenario of these results spends capital": "各方案均无建设投资",
    "the schools have no positions": "学校没有坐标",
    "no school has a position": "学校没有坐标",
    "there are no pupils in village schools": "乡村学校没有在校生",
}


def missing(v: View, what: str, *names: str) -> Text:
    """Return the sentence that says which variables a part would need."""
    lacking = [name for name in names if not v.has(name)]
    joined = ", ".join(lacking) if v.lang == "en" else "、".join(lacking)
    why = f"the results hold no {joined}" if v.lang == "en" else f"结果中没有{joined}"
    return Text(str(say(v.lang).left_out(what, why)), "note")
