"""The content of the workbook: sheets of typed columns, with formulas where sums are expected.

Numbers that are added up are means over replicates: means add, medians do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from capsim.reporting import numbers
from capsim.texts import has, say

NumberFormat = Literal["text", "year", "count", "decimal", "share", "yuan"]


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet: header, number format and width in characters."""

    header: str
    kind: NumberFormat = "count"
    width: float = 11.0


@dataclass(frozen=True, slots=True)
class RowFormula:
    """A formula over cells of the same row, with the value it has.

    ``operation`` is ``sum`` of all `columns`, or ``difference`` or ``ratio`` of the first two;
    a ratio over zero is empty.
    """

    operation: Literal["sum", "difference", "ratio"]
    columns: tuple[int, ...]
    value: float


@dataclass(frozen=True, slots=True)
class ColumnSum:
    """A sum over earlier rows of the same column, ``first`` to ``last`` of the data rows."""

    first: int
    last: int
    value: float


SheetCell = str | float | int | None | RowFormula | ColumnSum


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name : str
        Name of the tab, at most 31 characters.
    title, note : str
        Lines above the header.
    columns : tuple of SheetColumn
        Columns.
    rows : tuple of tuple of SheetCell
        Rows; text is never read as a formula.
    frozen : int
        Number of columns that stay in view.
    total_rows : frozenset of int
        Rows that are totals.
    wrapped : bool
        Whether long text wraps; such sheets have no filter.
    """

    name: str
    title: str
    note: str
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[SheetCell, ...], ...]
    frozen: int = 1
    total_rows: frozenset[int] = frozenset()
    wrapped: bool = False

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"sheet {self.name!r}: a row has {len(wrong[0])} cells")


def head(key: str, lang: str, kind: NumberFormat = "count", width: float = 11.0) -> SheetColumn:
    """Return a column whose header is a word of the workbook, or else of the report."""
    own = f"workbook.head.{key}"
    return SheetColumn(say(own if has(own, lang) else f"labels.head.{key}", lang), kind, width)


def sheet_of(
    key: str,
    lang: str,
    heads: Sequence[SheetColumn],
    rows: Sequence[tuple[SheetCell, ...]],
    frozen: int,
    *,
    note: str = "",
    totals: Iterable[int] = (),
    **values: str,
) -> Sheet:
    """Return a sheet with the name and the title of its key; `values` fill the title."""
    name, title = say(f"workbook.sheet.{key}", lang), say(f"workbook.title.{key}", lang, **values)
    return Sheet(name, title, note, tuple(heads), tuple(rows), frozen, frozenset(totals))


def value_of(cell: SheetCell) -> float:
    """Return the number a cell adds to a sum: text and empty cells add nothing, as in Excel."""
    if isinstance(cell, (RowFormula, ColumnSum)):
        return cell.value if np.isfinite(cell.value) else 0.0
    if isinstance(cell, (int, float)) and np.isfinite(cell):
        return float(cell)
    return 0.0


def column_sums(
    rows: Sequence[Sequence[SheetCell]], first: int, columns: Sequence[int]
) -> dict[int, ColumnSum]:
    """Return the sums of columns over the rows from `first` to the last one."""
    last = len(rows) - 1
    return {
        c: ColumnSum(first, last, sum(value_of(row[c]) for row in rows[first:])) for c in columns
    }


def row_sum(row: Sequence[SheetCell], columns: Sequence[int]) -> RowFormula:
    """Return the sum of cells of a row."""
    return RowFormula("sum", tuple(columns), sum(value_of(row[c]) for c in columns))


def difference(row: Sequence[SheetCell], a: int, b: int) -> RowFormula | None:
    """Return cell `a` minus cell `b`; empty if either is not a number."""
    if not all(isinstance(row[i], (int, float)) for i in (a, b)):
        return None
    return RowFormula("difference", (a, b), value_of(row[a]) - value_of(row[b]))


def ratio(row: Sequence[SheetCell], a: int, b: int) -> RowFormula | None:
    """Return cell `a` over cell `b`; empty if either is not a number or the second is zero."""
    if not all(isinstance(row[i], (int, float, RowFormula)) for i in (a, b)):
        return None
    below = value_of(row[b])
    return RowFormula("ratio", (a, b), value_of(row[a]) / below) if below else None


def plain(value: float) -> float | None:
    """Return a number, or None where it is missing."""
    return float(value) if np.isfinite(value) else None


def hide_small(values: Sequence[float | None], lang: str) -> list[SheetCell]:
    """Return counts of children with small ones hidden, for a column that is summed elsewhere.

    Counts above 0 and below 5 are replaced by the sign for them. If that hides a single cell, it
    could be worked out from a total, so the next smallest count is hidden as well, as ``*``.
    """
    out: list[SheetCell] = [
        None if v is None else numbers.suppressed(lang) if numbers.is_suppressed(v) else v
        for v in values
    ]
    hidden = [i for i, cell in enumerate(out) if isinstance(cell, str)]
    if len(hidden) == 1:
        rest = [(v, i) for i, v in enumerate(values) if v is not None and v >= numbers.LEAST_SHOWN]
        if rest:
            out[min(rest)[1]] = "*"
    return out
