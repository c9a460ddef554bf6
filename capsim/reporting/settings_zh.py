"""Chinese for what the lists of assumptions and data hold: units, sources, values, columns.

The words stand in ``settings_zh.tsv``, one a line. A text that is not in it is given as it is:
scenarios and data tables may state their sources in any language.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final, Literal

Kind = Literal["unit", "source", "data", "value"]

JUDGEMENT: Final = "planning judgement: "
_OF_AGE: Final = re.compile(r"(age|target|under|youngest|oldest)_years$")
_SET_IN: Final = re.compile(r"set in (.+?)(?::(\d+)(?::\d+)?)?")


@cache
def words(kind: Kind) -> dict[str, str]:
    """Return the Chinese of every text of a kind, by its English."""
    text = resources.files("capsim.reporting").joinpath("settings_zh.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return {english: chinese for of, english, chinese in rows if of == kind}


def unit_zh(unit: str, key: str = "") -> str:
    """Return a unit of a setting in Chinese; years of age have a word of their own."""
    if unit == "years" and _OF_AGE.search(key):
        return "岁"
    return words("unit").get(unit, unit)


def value_zh(code: str) -> str:
    """Return a code among the values of settings in Chinese."""
    return words("value").get(code, code)


def source_zh(source: str) -> str:
    """Return the source of a setting in Chinese; it may be the line of a file that set it."""
    set_in = _SET_IN.fullmatch(source)
    if set_in:
        file, line = set_in.groups()
        return f"由{file}第{line}行设定" if line else f"由{file}设定"
    if source.startswith(JUDGEMENT):
        return f"规划判断：{source_zh(source.removeprefix(JUDGEMENT))}"
    return words("source").get(source, source)


def data_source_zh(source: str) -> str:
    """Return the source of a column of data in Chinese."""
    return words("data").get(source, source)


def column_zh(table: str, column: str) -> tuple[str, str]:
    """Return the Chinese names of a table and of its column."""
    from capsim.tables.columns import BY_NAME

    if table not in BY_NAME:
        return table, column
    known = {item.name: item.zh for item in BY_NAME[table].columns}
    return BY_NAME[table].title_zh, next(iter(known.get(column, ())), column)
