"""Rows of text from CSV files and Excel workbooks, with the row numbers a user sees."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from capsim.core.errors import Problems
from capsim.scenario.text_files import did_you_mean, inside, read_text, suggestion_of_file
from capsim.texts import text


@dataclass(frozen=True, slots=True)
class RawTable:
    """The text of a table.

    Attributes
    ----------
    shown : str
        Name of the file (and sheet) in messages.
    header : list of str
        Headers as written.
    rows : list of (int, list of str)
        Row number in the file (for a workbook, in the sheet) and its cells, stripped.
    """

    shown: str
    header: list[str]
    rows: list[tuple[int, list[str]]]


def read_rows(
    name: str, folder: Path, root: Path, table: str, where: str, problems: Problems
) -> RawTable | None:
    """Read a table as text; None if a problem was added.

    Parameters
    ----------
    name : str
        File below `folder`, as the scenario names it: ``schools.csv``, ``county.xlsx#schools``.
    folder, root : Path
        Folder of the tables; folder tree that must not be left.
    table : str
        Name of the table: the sheet that is taken if the name gives none.
    where : str
        Place in the scenario that names the file.
    problems : Problems
        Receives what is wrong.
    """
    file_name, _, sheet = name.partition("#")
    path = folder / file_name
    if not inside(path, root):
        problems.add_text(where, "file.outside", file=name)
        return None
    if not path.is_file():
        looked = text("messages.file.looked_in", folder=folder.name)
        hint = suggestion_of_file(path) or looked
        problems.add_text(where, "file.named_not_found", file=name, remedy=hint)
        return None
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        cells = _workbook(path, name, sheet, table, problems)
    elif path.suffix.lower() in (".csv", ".txt"):
        cells = _csv(path, name, problems)
    else:
        problems.add_text(where, "file.wrong_kind", file=name)
        return None
    return None if cells is None else _with_header(name, cells, problems)


def _csv(path: Path, shown: str, problems: Problems) -> list[tuple[int, list[str]]] | None:
    content = read_text(path, shown, problems)
    if content is None:
        return None
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    number = 1
    try:
        for cells in reader:
            rows.append((number, [cell.strip() for cell in cells]))
            number = reader.line_num + 1
    except csv.Error as error:
        problems.add_text(f"{shown}:{number}", "file.invalid_csv", reason=error)
        return None
    return rows


def _workbook(
    path: Path, shown: str, sheet: str, table: str, problems: Problems
) -> list[tuple[int, list[str]]] | None:
    from openpyxl.utils.exceptions import InvalidFileException

    # What a damaged file raises depends on the part that is damaged: the archive, its compressed
    # data, the XML of a part, or a value in it.
    damaged = (
        InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError,
        KeyError, IndexError, AttributeError, TypeError, OSError, ValueError, NotImplementedError,
    )  # fmt: skip
    try:
        return _sheet(path, shown, sheet, table, problems)
    except damaged:
        problems.add_text(shown, "file.no_workbook")
        return None


def _sheet(
    path: Path, shown: str, sheet: str, table: str, problems: Problems
) -> list[tuple[int, list[str]]] | None:
    """Rows of one sheet with their numbers; raises what openpyxl raises on damaged files."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        wanted = sheet or (table if table in book.sheetnames else book.sheetnames[0])
        if wanted not in book.sheetnames:
            sheets = text("messages.file.sheets", names=", ".join(book.sheetnames))
            hint = did_you_mean(wanted, book.sheetnames) or sheets
            problems.add_text(shown, "file.no_sheet", sheet=wanted, remedy=hint)
            return None
        values = book[wanted].iter_rows(values_only=True)
        return [(i, [_cell(v) for v in row]) for i, row in enumerate(values, start=1)]
    finally:
        book.close()


def _cell(value: Any) -> str:
    """Text of a workbook's cell: whole numbers without a decimal point, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value).strip()


def _with_header(
    shown: str, cells: list[tuple[int, list[str]]], problems: Problems
) -> RawTable | None:
    """Take the first row that is not blank as the header; drop blank rows."""
    filled = [(number, row) for number, row in cells if any(row)]
    if not filled:
        problems.add_text(shown, "file.empty")
        return None
    header_row, header = filled[0]
    while header and not header[-1]:
        header = header[:-1]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        problems.add_text(f"{shown}:{header_row}", "file.not_commas")
        return None
    rows: list[tuple[int, list[str]]] = []
    for number, row in filled[1:]:
        if any(row[len(header) :]):
            at, columns = f"{shown}:{number}", len(header)
            problems.add_text(at, "file.row_width", cells=len(row), columns=columns)
        rows.append((number, (row + [""] * len(header))[: len(header)]))
    if not rows:
        problems.add_text(shown, "file.no_rows")
        return None
    return RawTable(shown, header, rows)
