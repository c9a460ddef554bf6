"""From text to checked columns: every cell of the wrong type or out of limits is named."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from capsim.core.dims import OLDEST_AGE
from capsim.core.errors import Problem, Problems
from capsim.scenario.text_files import did_you_mean
from capsim.tables.columns import Column, Table
from capsim.tables.files import RawTable
from capsim.texts import Text, say, text

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_AGE = re.compile(r"([0-9]{1,3})(?:\s*[-–~]\s*([0-9]{1,3})|(\+))?(?:岁)?")
MOST_PER_COLUMN = 20  # faults shown for one column; a wrong export repeats the same one


@dataclass(frozen=True, slots=True)
class Parsed:
    """A table whose cells have been read.

    Attributes
    ----------
    table : Table
        What it is.
    shown : str
        File name in messages.
    frame : DataFrame
        Canonical columns, None or NaN where empty or wrong.
    rows : ndarray of int64
        Row number in the file of each row of the frame.
    given : frozenset of str
        Columns the file has.
    files : tuple of str
        File of each row, where the table comes from several; else empty.
    headers : mapping of str to str
        What the file calls each of its columns.
    """

    table: Table
    shown: str
    frame: pd.DataFrame
    rows: np.ndarray[Any, np.dtype[np.int64]]
    given: frozenset[str]
    files: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def at(self, index: int, column: str = "") -> str:
        """Return the place of a cell in messages."""
        place = f"{self.files[index] if self.files else self.shown}:{self.rows[index]}"
        return column_place(place, column, self.headers.get(column, column)) if column else place

    def column_at(self, column: str) -> str:
        """Return the place of a whole column in messages."""
        return column_place(self.shown, column, self.headers.get(column, column))


def column_place(place: str, column: str, header: str) -> Text:
    """Return a place with its column: by its canonical name in English, else by its header."""
    return Text({"en": f"{place}: {column}", "zh": f"{place}: {header}"})


def parse_table(raw: RawTable, table: Table, problems: Problems) -> Parsed | None:
    """Read the cells of a table; None if a required column is missing.

    Parameters
    ----------
    raw : RawTable
        The text.
    table : Table
        What the table should be.
    problems : Problems
        Receives unknown and missing columns and every wrong cell.
    """
    positions = _columns(raw, table, problems)
    missing = [c for c in table.columns if c.required and c.name not in positions]
    for column in missing:
        unknown = [name for name in raw.header if name and _match(name, table) is None]
        hint = did_you_mean(column.name, unknown, "is_it_called") or _accepted(column)
        named = _named(column, raw)
        problems.add_text(raw.shown, "column.missing", column=named, remedy=hint)
    if missing:
        return None
    data: dict[str, Any] = {}
    for column in table.columns:
        place = positions.get(column.name)
        if place is None:
            data[column.name] = _empty(column, len(raw.rows))
            continue
        cells = [row[place] for _, row in raw.rows]
        data[column.name] = _column(cells, column, raw, raw.header[place], problems)
    if "age" in data and table.column("age").type == "age":
        data["age_low"] = [None if a is None else a[1] for a in data["age"]]
        data["age_high"] = [None if a is None else a[2] for a in data["age"]]
        data["age"] = [None if a is None else a[0] for a in data["age"]]
    rows = np.array([number for number, _ in raw.rows], dtype=np.int64)
    headers = {name: raw.header[place] for name, place in positions.items()}
    frame, given = pd.DataFrame(data), frozenset(positions)
    parsed = Parsed(table, raw.shown, frame, rows, given, headers=headers)
    _no_duplicates(parsed, problems)
    return parsed


def _columns(raw: RawTable, table: Table, problems: Problems) -> dict[str, int]:
    """Position of each canonical column; unknown and repeated headers are problems."""
    positions: dict[str, int] = {}
    for place, header in enumerate(raw.header):
        column = _match(header, table)
        if not header:
            if any(row[place] for _, row in raw.rows):
                problems.add_text(raw.shown, "column.no_header", number=place + 1)
        elif column is None:
            names = [c.name for c in table.columns] + [z for c in table.columns for z in c.zh]
            hint = did_you_mean(header, names) or text("messages.column.remove")
            problems.add_text(raw.shown, "column.unknown", header=header, remedy=hint)
        elif column.name in positions:
            problems.add_text(raw.shown, "column.twice", column=_named(column, raw))
        else:
            positions[column.name] = place
    return positions


def _named(column: Column, raw: RawTable) -> Text:
    """The name of a column; in Chinese its Chinese header, where the file has such headers."""
    chinese = column.zh and any(character > "\u2e80" for name in raw.header for character in name)
    return Text({"en": column.name, "zh": column.zh[0] if chinese else column.name})


def _accepted(column: Column) -> Text:
    """What a missing column holds; in Chinese the headers it may have."""
    names = "、".join((*column.zh, column.name))
    return Text({"en": column.meaning, "zh": say("messages.column.accepted", "zh", names=names)})


def _match(header: str, table: Table) -> Column | None:
    for column in table.columns:
        if header.strip().casefold() == column.name or header.strip() in column.zh:
            return column
    return None


def _empty(column: Column, count: int) -> Any:
    if column.type in ("id", "text", "choice", "age", "date"):
        return [None] * count
    return np.full(count, np.nan)


def _column(
    cells: Sequence[str], column: Column, raw: RawTable, header: str, problems: Problems
) -> Any:
    """Parse one column; wrong cells become missing and are named."""
    parse = _PARSERS[column.type]
    seen: dict[str, tuple[Any, str, str]] = {}
    values: list[Any] = []
    faults = 0
    for (number, _), cell in zip(raw.rows, cells, strict=True):
        if cell not in seen:
            seen[cell] = _checked(cell, column, parse)
        value, what, remedy = seen[cell]
        if what:
            faults += 1
            if faults <= MOST_PER_COLUMN:
                at = column_place(f"{raw.shown}:{number}", column.name, header)
                problems.add(at, what, remedy)
        values.append(value)
    if faults > MOST_PER_COLUMN:
        more = faults - MOST_PER_COLUMN
        at = column_place(raw.shown, column.name, header)
        problems.add_text(at, "cell.more_wrong", more=more)
    if column.type in ("count", "number", "flag", "year"):
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    return values


def _checked(
    cell: str, column: Column, parse: Callable[[str, Column], Any]
) -> tuple[Any, str, str]:
    """Return (value, what is wrong, remedy); an empty optional cell is None without fault."""
    if not cell:
        return None, (text("messages.cell.empty") if column.required else ""), ""
    try:
        return parse(cell, column), "", ""
    except _Fault as fault:
        return None, fault.problem.what, fault.problem.remedy


class _Fault(Exception):
    def __init__(self, key: str, /, *, remedy: str = "", **values: Any) -> None:
        self.problem = Problem.of("", f"cell.{key}", remedy=remedy, **values)
        super().__init__(self.problem.what)


def _text(cell: str, column: Column) -> str:
    return cell


def _number(cell: str, column: Column) -> float:
    if not _NUMBER.fullmatch(cell):
        grouped = re.fullmatch(r"[0-9]+([,，][0-9]{3})+", cell)
        raise _Fault("separators" if grouped else "not_a_number", cell=cell)
    return _limited(float(cell), cell, column)


def _count(cell: str, column: Column) -> float:
    value = _number(cell, column)
    if not value.is_integer():
        raise _Fault("not_whole", cell=cell)
    return value


def _limited(value: float, cell: str, column: Column) -> float:
    if value < 0 <= column.low:
        raise _Fault("negative", cell=cell)
    if value < column.low:
        raise _Fault("below", cell=cell, limit=column.low)
    if value > column.high:
        raise _Fault("above", cell=cell, limit=column.high)
    return value


def _year(cell: str, column: Column) -> float:
    if not _WHOLE.fullmatch(cell) or not 1900 <= int(cell) <= 2200:
        raise _Fault("not_a_year", cell=cell)
    return float(cell)


def _flag(cell: str, column: Column) -> float:
    words = {"1": 1.0, "0": 0.0, "是": 1.0, "否": 0.0, "true": 1.0, "false": 0.0}
    if cell.casefold() not in words:
        raise _Fault("no_flag", cell=cell)
    return words[cell.casefold()]


def _choice(cell: str, column: Column) -> str:
    choices = column.choices or {}
    for value, words in choices.items():
        if cell.casefold() == value or cell in words:
            return value
    hint = did_you_mean(cell, [*choices, *(word for words in choices.values() for word in words)])
    chinese = "、".join(words[0] if words else value for value, words in choices.items())
    names = Text({"en": ", ".join(choices), "zh": chinese})
    raise _Fault("not_one_of", cell=cell, names=names, remedy=hint)


def _date(cell: str, column: Column) -> dt.date:
    match = _DATE.fullmatch(cell)
    try:
        return dt.date(*(int(part) for part in match.groups())) if match else _no_date(cell)
    except ValueError:
        return _no_date(cell)


def _no_date(cell: str) -> dt.date:
    raise _Fault("not_a_date", cell=cell)


def _age(cell: str, column: Column) -> tuple[str, int, int]:
    match = _AGE.fullmatch(cell)
    if match is None:
        raise _Fault("not_an_age", cell=cell)
    low = int(match[1])
    high = OLDEST_AGE if match[3] else int(match[2] or low)
    if not low <= high <= OLDEST_AGE:
        raise _Fault("no_age_group", cell=cell, oldest=OLDEST_AGE)
    open_group = bool(match[3]) or (match[2] is None and low == OLDEST_AGE)
    label = f"{low}+" if open_group else f"{low}-{high}" if high > low else str(low)
    return label, low, high


_PARSERS: dict[str, Callable[[str, Column], Any]] = {
    "id": _text, "text": _text, "count": _count, "number": _number, "choice": _choice,
    "flag": _flag, "year": _year, "date": _date, "age": _age,
}  # fmt: skip


def _no_duplicates(parsed: Parsed, problems: Problems) -> None:
    """Each combination of the key may occur once; the second one is named."""
    key = list(parsed.table.key)
    if not key:
        return
    frame = parsed.frame[key].astype(object)
    frame = frame.where(frame.notna(), None)
    found = list(map(tuple, frame.to_numpy()))
    counts = Counter(found)
    first: dict[tuple[Any, ...], int] = {}
    for index, values in enumerate(found):
        required = [v for v, c in zip(values, key, strict=True) if parsed.table.column(c).required]
        if counts[values] == 1 or any(v is None for v in required):
            continue
        if values in first:
            shown = ", ".join(_plain(v) for v in values if v is not None)
            place = parsed.at(index, key[0] if len(key) == 1 else "")
            row = parsed.rows[first[values]]
            problems.add_text(place, "cell.twice", cells=shown, row=row)
        else:
            first[values] = index


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
