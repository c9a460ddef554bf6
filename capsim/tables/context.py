"""What the tables of a scenario are read and checked with; they know no scenario."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from capsim.tables.county_tables import COUNTY_AREA, WHOLE


@dataclass(frozen=True, slots=True)
class TableContext:
    """What the tables of a scenario are read and checked with.

    Attributes
    ----------
    root : Path
        Folder of the scenario.
    folder : str
        Folder of the tables, relative to `root`.
    files : mapping of str to tuple of str
        Files of each table, and of the marks as ``columns``; empty where none is named.
    county, aliases : str, tuple of str
        Name of the county, and its other names; all stand for it in the column ``area``.
    base_year : int
        Year of the state that the tables report.
    set_at : mapping of str to str
        Place in the scenario of each key of ``data``.
    file : str
        Name of the scenario file, for keys that have their default.
    known_until : date, optional
        Last day whose observations may be used.
    births_basis : str, optional
        Which births of the table count; its only basis if absent.
    """

    root: Path
    folder: str
    files: Mapping[str, tuple[str, ...]]
    county: str
    aliases: tuple[str, ...]
    base_year: int
    set_at: Mapping[str, str] = field(default_factory=dict)
    file: str = "scenario"
    known_until: dt.date | None = None
    births_basis: str | None = None

    def where(self, key: str) -> str:
        """Return the place in the scenario that names the file of a table."""
        return f"{self.set_at.get(f'data.{key}', self.file)}: data.{key}"

    def areas(self, townships: set[str]) -> dict[str, str]:
        """Return every accepted area with its canonical name."""
        names = {COUNTY_AREA, WHOLE, self.county, *self.aliases} - {""}
        return dict.fromkeys(names, COUNTY_AREA) | {name: name for name in townships}
