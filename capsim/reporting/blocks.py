"""Small makers of blocks: tables with typed columns, pictures that may be left out, sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capsim.figures.labels import scenario_label
from capsim.figures.series import band_note
from capsim.figures.words import word
from capsim.reporting.content import Cell, Column, ColumnKind, Picture, Table, Text
from capsim.reporting.facts import View
from capsim.reporting.numbers import joined
from capsim.results.reading import NothingToShow
from capsim.texts import say

Spec = tuple[str, ColumnKind, float]


def columns(lang: str, *specs: Spec) -> tuple[Column, ...]:
    """Return columns from (header of ``texts/*/labels.yaml`` or finished text, kind, width)."""
    return tuple(Column(_header(text, lang), kind, width) for text, kind, width in specs)


def _header(text: str, lang: str) -> str:
    is_key = text.islower() and text.isidentifier()
    return say(f"labels.head.{text}", lang) if is_key else text


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

    text = v.say(f"labels.figure.{name}")
    try:
        figure = FIGURES[name](v.data, lang=v.lang, scenario=_scenario_for(v, name), titled=False)
    except NothingToShow as nothing:
        return left_out(v, text, nothing.reason.say(v.lang))
    note = _reading_note(v, name)
    full = v.say("report.picture", caption=text, note=note) if note else text
    return Picture(name, full, text, lambda: figure)


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


def left_out(v: View, what: str, why: str) -> Text:
    """Return the sentence that says that something is left out and why."""
    return Text(v.say("nothing.left_out", what=what, why=why), "note")


def shortened(v: View, most: int, rows: int) -> str:
    """Return the note that a table shows its first rows alone; nothing where it shows all."""
    return v.say("report.shortened", shown=most, total=rows) if rows > most else ""


def missing(v: View, what: str, *names: str) -> Text:
    """Return the sentence that says which variables a part would need."""
    lacking = [name for name in names if not v.has(name)]
    return left_out(v, what, v.say("nothing.variables", names=joined(lacking, "words", v.lang)))
