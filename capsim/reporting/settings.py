"""Rows of the lists of settings and of data columns, as text in a language.

Units, sources and codes are declared in English; other languages stand in
``texts/*/declared.yaml``. A source that a user stated is given as it was stated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from types import SimpleNamespace
from typing import Any, Final

from capsim.reporting.content import Cell
from capsim.reporting.facts import View
from capsim.reporting.numbers import joined
from capsim.results.reading import STRESS_MARK, provenance
from capsim.tables.columns import BY_NAME
from capsim.texts import LANGUAGES, named, say, translated

LONGEST_VALUE: Final = 90
_OF_AGE: Final = re.compile(r"(age|target|under|youngest|oldest)_years$")


def settings_of(v: View, scenario: str) -> list[Mapping[str, Any]]:
    """Return the settings of a scenario as the provenance lists them."""
    rows = [row for row in provenance(v.data).get("assumptions", []) if isinstance(row, Mapping)]
    mine = [row for row in rows if row.get("scenario") in (scenario, None, "")]
    return mine or [row for row in rows if row.get("scenario") == scenario.split(STRESS_MARK)[0]]


def is_in_force(row: Mapping[str, Any]) -> bool:
    """Return whether a setting has a value; what is off or empty stands in the workbook alone."""
    value = row.get("value")
    return not (value is None or value is False or value in ("", [], {}))


def setting_row(row: Mapping[str, Any], lang: str) -> tuple[Cell, ...]:
    """Return key, value, unit, mark and source of a setting as text."""
    key = str(row.get("key", ""))
    set_in = str(row.get("set_in") or "")
    return (
        key,
        value_text(row.get("value"), lang),
        unit_text(str(row.get("unit") or ""), lang, key),
        named("labels.mark", str(row.get("mark", "")), lang),
        place_text(set_in, lang) if set_in else source_text(str(row.get("source") or ""), lang),
    )


def data_row(row: Mapping[str, Any], lang: str) -> tuple[Cell, ...]:
    """Return table, column, mark and source of a column of data as text."""
    table, column = str(row.get("table", "")), str(row.get("column", ""))
    return (
        *column_names(table, column, lang),
        named("labels.mark", str(row.get("mark", "")), lang),
        translated("data", str(row.get("source") or ""), lang),
    )


def column_names(table: str, column: str, lang: str) -> tuple[str, str]:
    """Return the names of a table and of its column; in English those of the files."""
    if table not in BY_NAME:
        return table, column
    declared = BY_NAME[table]
    names = {item.name: getattr(item, lang, ()) for item in declared.columns}
    return getattr(declared, f"title_{lang}", table), next(iter(names.get(column, ())), column)


def unit_text(unit: str, lang: str, key: str = "") -> str:
    """Return a unit of a setting; years of age may have a word of their own."""
    of_age = unit == "years" and _OF_AGE.search(key)
    return translated("age_unit" if of_age else "unit", unit, lang)


def source_text(source: str, lang: str) -> str:
    """Return the source of a setting."""
    judgement = say("settings.judgement", LANGUAGES[0], what="")
    if source.startswith(judgement):
        what = translated("source", source.removeprefix(judgement), lang)
        return say("settings.judgement", lang, what=what)
    return translated("source", source, lang)


def place_text(place: str, lang: str) -> str:
    """Return where a scenario set something: ``baseline.yaml:41:7``, or an option."""
    file, _, rest = place.partition(":")
    if not rest:
        return say("settings.set_in", lang, file=file)
    at = SimpleNamespace(place=place, file=file, line=rest.partition(":")[0])
    return say("settings.set_in_line", lang, at=at)


def value_text(value: Any, lang: str = "en") -> str:
    """Return the value of a setting in one line; three and more equal numbers are counted."""
    if isinstance(value, bool):
        text = _code("true" if value else "false", lang)
    elif isinstance(value, float):
        text = f"{value:g}"
    elif isinstance(value, Mapping):
        pairs = [_pair(str(key), value_text(item, lang), lang) for key, item in value.items()]
        text = joined(pairs, "values", lang)
    elif isinstance(value, (list, tuple)):
        parts: list[str] = []
        for one, same in groupby(value_text(item, lang) for item in value):
            n = len(list(same))
            parts += [say("settings.times", lang, n=n, value=one)] if n > 2 else [one] * n
        text = joined(parts, "values", lang)
    else:
        text = "" if value is None else _code(str(value), lang)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _pair(key: str, value: str, lang: str) -> str:
    """Return a key with its value: ``primary: 45``, ``小学45``."""
    kind = "pair_of_number" if value[:1].isdigit() else "pair"
    return say(f"settings.{kind}", lang, key=_code(key, lang), value=value)


def _code(code: str, lang: str) -> str:
    """Return the word for a code among the values of settings; in English the code itself."""
    return translated("value", code, lang, "common.level", "common.settlement_kind")
