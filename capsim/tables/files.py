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
        problems.add(
            where, f"{name} lies outside the scenario's folder",
            "keep all files of a scenario in one folder tree",
        )  # fmt: skip
        return None
    if not path.is_file():
        looked = f"tables are looked for in the folder {folder.name}: see data.folder"
        problems.add(where, f"{name}: file not found", suggestion_of_file(path) or looked)
        return None
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        cells = _workbook(path, name, sheet, table, problems)
    elif path.suffix.lower() in (".csv", ".txt"):
        cells = _csv(path, name, problems)
    else:
        problems.add(where, f"{name}: only .csv and .xlsx are read", "save it as one of them")
        return None
    return None if cells is None else _with_header(name, cells, problems)


def _csv(path: Path, shown: str, problems: Problems) -> list[tuple[int, list[str]]] | None:
    text = read_text(path, shown, problems)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    number = 1
    try:
        for cells in reader:
            rows.append((number, [cell.strip() for cell in cells]))
            number = reader.line_num + 1
    except csv.Error as error:
        problems.add(f"{shown}:{number}", f"not valid CSV: {error}")
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
        problems.add(shown, "is not an Excel workbook", "save it again as .xlsx")
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
            problems.add(
                shown, f'has no sheet "{wanted}"',
                did_you_mean(wanted, book.sheetnames) or f"sheets: {', '.join(book.sheetnames)}",
            )  # fmt: skip
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
        problems.add(shown, "file is empty")
        return None
    header_row, header = filled[0]
    while header and not header[-1]:
        header = header[:-1]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        problems.add(
            f"{shown}:{header_row}", "columns are not separated by commas",
            "save the file as comma-separated",
        )  # fmt: skip
        return None
    rows: list[tuple[int, list[str]]] = []
    for number, row in filled[1:]:
        if any(row[len(header) :]):
            problems.add(
                f"{shown}:{number}", f"row has {len(row)} cells, the header {len(header)}",
                "put cells that hold a comma in quotes",
            )  # fmt: skip
        rows.append((number, (row + [""] * len(header))[: len(header)]))
    if not rows:
        problems.add(shown, "has a header but no rows")
        return None
    return RawTable(shown, header, rows)
