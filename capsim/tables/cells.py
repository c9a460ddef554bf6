"""From text to checked columns: every cell of the wrong type or out of limits is named."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from capsim.core.dims import OLDEST_AGE
from capsim.core.errors import Problems
from capsim.scenario.text_files import did_you_mean
from capsim.tables.columns import Column, Table
from capsim.tables.files import RawTable

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
    """

    table: Table
    shown: str
    frame: pd.DataFrame
    rows: np.ndarray[Any, np.dtype[np.int64]]
    given: frozenset[str]
    files: tuple[str, ...] = ()

    def at(self, index: int, column: str = "") -> str:
        """Return the place of a cell in messages."""
        place = f"{self.files[index] if self.files else self.shown}:{self.rows[index]}"
        return f"{place}: {column}" if column else place


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
        hint = did_you_mean(column.name, unknown).replace("did you mean", "is it called")
        problems.add(raw.shown, f"column {column.name} is missing", hint or column.meaning)
    if missing:
        return None
    data: dict[str, Any] = {}
    for column in table.columns:
        place = positions.get(column.name)
        if place is None:
            data[column.name] = _empty(column, len(raw.rows))
            continue
        cells = [row[place] for _, row in raw.rows]
        data[column.name] = _column(cells, column, raw, problems)
    if "age" in data and table.column("age").type == "age":
        data["age_low"] = [None if a is None else a[1] for a in data["age"]]
        data["age_high"] = [None if a is None else a[2] for a in data["age"]]
        data["age"] = [None if a is None else a[0] for a in data["age"]]
    rows = np.array([number for number, _ in raw.rows], dtype=np.int64)
    parsed = Parsed(table, raw.shown, pd.DataFrame(data), rows, frozenset(positions))
    _no_duplicates(parsed, problems)
    return parsed


def _columns(raw: RawTable, table: Table, problems: Problems) -> dict[str, int]:
    """Position of each canonical column; unknown and repeated headers are problems."""
    positions: dict[str, int] = {}
    for place, header in enumerate(raw.header):
        column = _match(header, table)
        if not header:
            if any(row[place] for _, row in raw.rows):
                problems.add(raw.shown, f"column {place + 1} has no header")
        elif column is None:
            names = [c.name for c in table.columns] + [z for c in table.columns for z in c.zh]
            hint = did_you_mean(header, names)
            problems.add(raw.shown, f'unknown column "{header}"', hint or "remove it or rename it")
        elif column.name in positions:
            problems.add(raw.shown, f"column {column.name} is given twice")
        else:
            positions[column.name] = place
    return positions


def _match(header: str, table: Table) -> Column | None:
    for column in table.columns:
        if header.strip().casefold() == column.name or header.strip() in column.zh:
            return column
    return None


def _empty(column: Column, count: int) -> Any:
    if column.type in ("id", "text", "choice", "age", "date"):
        return [None] * count
    return np.full(count, np.nan)


def _column(cells: Sequence[str], column: Column, raw: RawTable, problems: Problems) -> Any:
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
                problems.add(f"{raw.shown}:{number}: {column.name}", what, remedy)
        values.append(value)
    if faults > MOST_PER_COLUMN:
        problems.add(
            f"{raw.shown}: {column.name}", f"{faults - MOST_PER_COLUMN} more rows are wrong"
        )
    if column.type in ("count", "number", "flag", "year"):
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    return values


def _checked(
    cell: str, column: Column, parse: Callable[[str, Column], Any]
) -> tuple[Any, str, str]:
    """Return (value, what is wrong, remedy); an empty optional cell is None without fault."""
    if not cell:
        return None, ("is empty" if column.required else ""), ""
    try:
        return parse(cell, column), "", ""
    except _Fault as fault:
        return None, fault.what, fault.remedy


class _Fault(Exception):
    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def _text(cell: str, column: Column) -> str:
    return cell


def _number(cell: str, column: Column) -> float:
    if not _NUMBER.fullmatch(cell):
        grouped = re.fullmatch(r"[0-9]+([,，][0-9]{3})+", cell)
        raise _Fault(f'"{cell}" is not a number', "write it without separators" if grouped else "")
    return _limited(float(cell), cell, column)


def _count(cell: str, column: Column) -> float:
    value = _number(cell, column)
    if not value.is_integer():
        raise _Fault(f"{cell} is not a whole number")
    return value


def _limited(value: float, cell: str, column: Column) -> float:
    if value < 0 <= column.low:
        raise _Fault(f"{cell} is negative")
    if value < column.low:
        raise _Fault(f"{cell} is below {column.low:g}")
    if value > column.high:
        raise _Fault(f"{cell} is above {column.high:g}")
    return value


def _year(cell: str, column: Column) -> float:
    if not _WHOLE.fullmatch(cell) or not 1900 <= int(cell) <= 2200:
        raise _Fault(f'"{cell}" is not a year', "write it as 2017")
    return float(cell)


def _flag(cell: str, column: Column) -> float:
    words = {"1": 1.0, "0": 0.0, "是": 1.0, "否": 0.0, "true": 1.0, "false": 0.0}
    if cell.casefold() not in words:
        raise _Fault(f'"{cell}" is neither 1 nor 0')
    return words[cell.casefold()]


def _choice(cell: str, column: Column) -> str:
    choices = column.choices or {}
    for value, words in choices.items():
        if cell.casefold() == value or cell in words:
            return value
    hint = did_you_mean(cell, choices)
    raise _Fault(f'"{cell}" is not one of {", ".join(choices)}', hint)


def _date(cell: str, column: Column) -> dt.date:
    match = _DATE.fullmatch(cell)
    try:
        return dt.date(*(int(part) for part in match.groups())) if match else _no_date(cell)
    except ValueError:
        return _no_date(cell)


def _no_date(cell: str) -> dt.date:
    raise _Fault(f'"{cell}" is not a date', "write it as 2020-11-01")


def _age(cell: str, column: Column) -> tuple[str, int, int]:
    match = _AGE.fullmatch(cell)
    if match is None:
        raise _Fault(f'"{cell}" is not an age', "write it as 7, 5-9 or 85+")
    low = int(match[1])
    high = OLDEST_AGE if match[3] else int(match[2] or low)
    if not low <= high <= OLDEST_AGE:
        raise _Fault(f'"{cell}" is not an age group', f"ages run from 0 to {OLDEST_AGE}+")
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
            problems.add(
                parsed.at(index, key[0] if len(key) == 1 else ""),
                f"{shown} is given twice", f"first in row {parsed.rows[first[values]]}",
            )  # fmt: skip
        else:
            first[values] = index


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
