"""Reading and checking all tables of a scenario."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from capsim.core.errors import Problems
from capsim.scenario.provenance import sha256_of
from capsim.scenario.text_files import inside
from capsim.tables.cells import Parsed, parse_table
from capsim.tables.check.links import check_links
from capsim.tables.check.plausible import warn_of_unlikely
from capsim.tables.columns import BY_NAME, REQUIRED, TABLES
from capsim.tables.context import TableContext
from capsim.tables.county_tables import Tables
from capsim.tables.defaults import finish
from capsim.tables.files import read_rows
from capsim.tables.marks import read_marks


def read_tables(context: TableContext, problems: Problems) -> Tables | None:
    """Read and check every table that a scenario names.

    Parameters
    ----------
    context : TableContext
        The files and what they are checked with.
    problems : Problems
        Receives every fault of every table.

    Returns
    -------
    Tables or None
        None if a problem was added.
    """
    before = len(problems)
    folder = context.root / context.folder
    if not inside(folder, context.root):
        problems.add_text(context.where("folder"), "file.outside", file=context.folder)
        return None
    if not folder.is_dir():
        problems.add_text(context.where("folder"), "file.folder_not_found", folder=context.folder)
        return None
    parsed = {
        table.name: _read(table.name, folder, context, problems)
        for table in TABLES
        if table.name in REQUIRED or context.files[table.name]
    }
    readable = {name: table for name, table in parsed.items() if table is not None}
    check_links(readable, context, problems)
    marks = read_marks(context, folder, problems)
    if len(problems) > before:
        return None
    warn_of_unlikely(readable, context, problems)
    return finish(readable, context, marks, _hashes(context, folder))


def _read(name: str, folder: Path, context: TableContext, problems: Problems) -> Parsed | None:
    """Read one table; several files of the same table are put below each other."""
    named = context.files[name]
    files = tuple(dict.fromkeys(named))
    if len(files) < len(named):
        again = ", ".join(file for file in files if named.count(file) > 1)
        problems.add_text(context.where(name), "file.named_twice", files=again)
    parts = [_read_file(file, name, folder, context, problems) for file in files]
    whole = [part for part in parts if part is not None]
    if not parts:
        problems.add_text(context.where(name), "file.none_named")
    if not parts or len(whole) < len(parts):
        return None
    return whole[0] if len(whole) == 1 else _stacked(whole, problems)


def _read_file(
    file: str, name: str, folder: Path, context: TableContext, problems: Problems
) -> Parsed | None:
    raw = read_rows(file, folder, context.root, name, context.where(name), problems)
    return None if raw is None else parse_table(raw, BY_NAME[name], problems)


def _stacked(parts: list[Parsed], problems: Problems) -> Parsed:
    """Put files below each other; rows that an earlier file holds are one problem a file."""
    first = parts[0]
    whole = Parsed(
        table=first.table,
        shown=first.shown,
        frame=pd.concat([part.frame for part in parts], ignore_index=True),
        rows=np.concatenate([part.rows for part in parts]),
        given=frozenset.union(*(part.given for part in parts)),
        files=tuple(part.shown for part in parts for _ in range(len(part.frame))),
        headers=first.headers,
    )
    keys = whole.frame[list(first.table.key)].astype(str).agg("|".join, axis=1)
    origin = pd.Series(whole.files).where(~keys.duplicated()).groupby(keys).transform("first")
    again = (origin != pd.Series(whole.files)).to_numpy()
    files = pd.Series(whole.files)
    for (_, earlier), rows in keys[again].groupby([files[again], origin[again]]):
        place, more = whole.at(int(rows.index[0])), len(rows) - 1
        if more:
            problems.add_text(place, "file.same_as_and_more", file=earlier, more=more)
        else:
            problems.add_text(place, "file.same_as", file=earlier)
    kept = ~again
    return replace(
        whole,
        frame=whole.frame[kept].reset_index(drop=True),
        rows=whole.rows[kept],
        files=tuple(np.array(whole.files)[kept].tolist()),
    )


def _hashes(context: TableContext, folder: Path) -> dict[str, str]:
    """Hash of every file of tables that was read."""
    hashes: dict[str, str] = {}
    for key in (*BY_NAME, "columns"):
        for name in context.files[key]:
            path = folder / name.partition("#")[0]
            shown = Path(context.folder, name.partition("#")[0]).as_posix()
            hashes[shown] = sha256_of(path)
    return hashes
