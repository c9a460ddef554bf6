"""The marks of columns: which figures are reported, which derived, which assumed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from capsim.core.errors import Problems
from capsim.scenario.text_files import did_you_mean, inside
from capsim.scenario.yaml_tree import Tree, read_yaml
from capsim.tables.columns import BY_NAME
from capsim.tables.context import TableContext

MARKS: Final = ("reported", "derived", "assumed")


def read_marks(
    context: TableContext, folder: Path, problems: Problems
) -> dict[tuple[str, str], tuple[str, str]]:
    """Read the file of marks, if the scenario names one.

    The file maps each table to its columns and each column to ``mark: note``, for example
    ``schools: {rooms_primary: {assumed: from rolls and the class cap}}``.

    Parameters
    ----------
    context : TableContext
        Names the file.
    folder : Path
        Folder of the tables.
    problems : Problems
        Receives unknown tables, columns and marks.

    Returns
    -------
    dict of (table, column) to (mark, note)
    """
    if not context.files["columns"]:
        return {}
    (name,) = context.files["columns"]
    path = folder / name
    if not inside(path, context.root):
        problems.add_text(context.where("columns"), "file.marks_outside", file=name)
        return {}
    tree = read_yaml(path, name, problems)
    marks: dict[tuple[str, str], tuple[str, str]] = {}
    for table, columns in tree.value.items() if tree is not None else ():
        if table not in BY_NAME or not columns.is_mapping:
            hint = did_you_mean(table, BY_NAME)
            problems.add_text(f"{columns.where}: {table}", "column.not_a_table", remedy=hint)
            continue
        known = [column.name for column in BY_NAME[table].columns]
        for column, entry in columns.value.items():
            place = f"{entry.where}: {table}.{column}"
            mark, note = _mark(entry)
            if column not in known:
                hint = did_you_mean(column, known)
                problems.add_text(place, "column.not_a_column", remedy=hint)
            elif mark not in MARKS:
                problems.add_text(place, "cell.not_one_of", cell=mark, names=", ".join(MARKS))
            else:
                marks[(table, column)] = (mark, note)
    return marks


def _mark(entry: Tree) -> tuple[str, str]:
    """Read ``reported`` or ``{reported: note}``."""
    if entry.is_mapping and len(entry.value) == 1:
        mark, note = next(iter(entry.value.items()))
        return str(mark), str(note.value)
    return str(entry.value), ""
