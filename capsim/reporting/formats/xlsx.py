"""Sheets written as a workbook that offices can filter, print and recompute."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from unicodedata import east_asian_width

import numpy as np

from capsim.reporting.numbers import clean
from capsim.reporting.workbook.sheets import ColumnSum, NumberFormat, RowFormula, Sheet, SheetCell
from capsim.texts import say

HEADER_ROW: Final = 3
FIRST_ROW: Final = HEADER_ROW + 1
PAPER_A4: Final = 9
PAPER_A3: Final = 8
# Characters across a page at which print is still read with ease.
WIDEST_ON_A4: Final = 170
FORMATS: Final[dict[NumberFormat, str]] = {
    "text": "@",
    "year": "0",
    "count": "#,##0",
    "decimal": "#,##0.00",
    "share": "0.0%",
    "yuan": "#,##0",
}
LONGEST_TEXT: Final = 32_767
LINE_HEIGHT: Final = 15.0


def write_xlsx(sheets: Sequence[Sheet], path: Path, *, lang: str, title: str) -> None:
    """Write sheets as one workbook.

    Text is always written as text: a name that begins with ``=``, ``+``, ``-`` or ``@`` is shown
    and never executed. Formulas carry the value they have, so that a viewer that does not
    compute shows it.

    Parameters
    ----------
    sheets : sequence of Sheet
        Content, in the order of the tabs.
    path : pathlib.Path
        Target.
    lang : {"en", "zh"}
        Language.
    title : str
        Title in the properties of the file.
    """
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    workbook = xlsxwriter.Workbook(str(path), options)
    try:
        workbook.set_properties(
            {"title": clean(title), "author": "capsim", "created": dt.datetime(2000, 1, 1)}
        )
        styles = _Styles(workbook, lang)
        for sheet in sheets:
            _write_sheet(workbook, sheet, styles)
    finally:
        workbook.close()


class _Styles:
    """Cell formats of a workbook, made once each."""

    def __init__(self, workbook: Any, lang: str) -> None:
        self._workbook = workbook
        font = say("documents.sheet_font", lang)
        self._base = {"font_name": font, "font_size": 10, "valign": "top"}
        self._made: dict[tuple[str, bool, bool, bool], Any] = {}
        self.title = self._add(font_size=14, bold=True, font_color="#005A8D")
        self.note = self._add(font_color="#555555")
        self.header = self._add(
            bold=True, text_wrap=True, bottom=2, bg_color="#E8F1F7", valign="vcenter"
        )

    def _add(self, **changes: Any) -> Any:
        return self._workbook.add_format({**self._base, **changes})

    def cell(self, kind: NumberFormat, *, total: bool, wrapped: bool, apart: bool) -> Any:
        """Return the format of a cell; text that follows a number is set ``apart`` from it."""
        key = (kind, total, wrapped, apart)
        if key not in self._made:
            changes: dict[str, Any] = {"num_format": FORMATS[kind]}
            if total:
                changes |= {"bold": True, "top": 1}
            if wrapped:
                changes["text_wrap"] = True
            if apart:
                changes["indent"] = 1
            if kind != "text":
                changes["align"] = "right"  # small counts are text and stand with the numbers
            self._made[key] = self._add(**changes)
        return self._made[key]


def _write_sheet(workbook: Any, sheet: Sheet, styles: _Styles) -> None:
    page = workbook.add_worksheet(sheet.name)
    page.set_row(0, 22)
    page.set_row(HEADER_ROW, 32)
    page.write_string(0, 0, clean(sheet.title), styles.title)
    page.write_string(1, 0, clean(sheet.note), styles.note)
    for c, column in enumerate(sheet.columns):
        page.set_column(c, c, column.width)
        page.write_string(HEADER_ROW, c, clean(column.header), styles.header)
    kinds = [column.kind for column in sheet.columns]
    apart = [c > 0 and kinds[c] == "text" != kinds[c - 1] for c in range(len(kinds))]
    for r, row in enumerate(sheet.rows):
        total = r in sheet.total_rows
        for c, cell in enumerate(row):
            style = styles.cell(kinds[c], total=total, wrapped=sheet.wrapped, apart=apart[c])
            _write_cell(page, FIRST_ROW + r, c, cell, style)
        if sheet.wrapped:
            page.set_row(FIRST_ROW + r, LINE_HEIGHT * _lines(row, sheet))
    last = max(HEADER_ROW + len(sheet.rows), FIRST_ROW)
    page.freeze_panes(FIRST_ROW, sheet.frozen)
    if not sheet.wrapped:
        page.autofilter(HEADER_ROW, 0, last, len(sheet.columns) - 1)
    _set_up_print(page, sheet, last)


def _lines(row: tuple[SheetCell, ...], sheet: Sheet) -> int:
    """Return the lines that the longest text of a row takes; not every program works them out."""
    lines = 1
    for cell, column in zip(row, sheet.columns, strict=True):
        if isinstance(cell, str):
            # A Chinese character is as wide as two digits, in which columns are measured.
            wide = sum(2 if east_asian_width(c) in "WF" else 1 for c in cell)
            lines = max(lines, math.ceil(1.1 * wide / column.width))
    return lines


def _write_cell(page: Any, row: int, column: int, cell: SheetCell, style: Any) -> None:
    if cell is None:
        page.write_blank(row, column, None, style)
    elif isinstance(cell, str):
        page.write_string(row, column, clean(cell)[:LONGEST_TEXT], style)
    elif isinstance(cell, (RowFormula, ColumnSum)):
        page.write_formula(row, column, formula_text(cell, row, column), style, cell.value)
    elif np.isfinite(cell):
        page.write_number(row, column, float(cell), style)
    else:
        page.write_blank(row, column, None, style)


def formula_text(formula: RowFormula | ColumnSum, row: int, column: int) -> str:
    """Return a formula as the sheet holds it, for the cell at a row and column counted from 0."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    if isinstance(formula, ColumnSum):
        first = xl_rowcol_to_cell(FIRST_ROW + formula.first, column)
        last = xl_rowcol_to_cell(FIRST_ROW + formula.last, column)
        return f"=SUM({first}:{last})"
    cells = [xl_rowcol_to_cell(row, c) for c in formula.columns]
    if formula.operation == "sum":
        return f"=SUM({','.join(cells)})"
    if formula.operation == "difference":
        return f"={cells[0]}-{cells[1]}"
    return f"={cells[0]}/{cells[1]}"


def _set_up_print(page: Any, sheet: Sheet, last: int) -> None:
    page.set_landscape()
    wide = sum(column.width for column in sheet.columns) > WIDEST_ON_A4
    page.set_paper(PAPER_A3 if wide else PAPER_A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(HEADER_ROW)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")
    page.print_area(0, 0, last, len(sheet.columns) - 1)
