"""A county from published totals: every table that a run needs, the same on every machine.

What is published is met exactly; what nobody publishes follows documented assumptions, and every
column is marked as reported, derived or assumed. See docs/data.md.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from capsim.scenario.county_places import settlement_table, township_table
from capsim.scenario.county_rolls import class_table, roll_table, room_counts
from capsim.scenario.county_schools import site_schools
from capsim.scenario.county_staff import resource_columns, teacher_counts, teacher_table
from capsim.scenario.county_totals import Totals, read_totals
from capsim.scenario.nearest import nearest_zones

_A: Final = "assumed"
_D: Final = "derived"

MARKS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "townships": {
        "township": ("reported", "names from the file of totals"),
        "name": ("reported", "from the file of totals"),
        "name_zh": ("reported", "from the file of totals"),
    },
    "settlements": {
        "settlement": (_A, "numbered places; real villages are not listed"),
        "township": (_A, "by the rank-size rule"),
        "kind": (_A, "county town and seats of towns urban, all else villages"),
        "x_km": (_A, "spiral over the county's area, moved by a keyed draw"),
        "y_km": (_A, "spiral over the county's area, moved by a keyed draw"),
        "population": (_D, "sums to the census; spread by the rank-size rule"),
        "name": (_A, "pattern"),
        "name_zh": (_A, "pattern"),
    },
    "schools": {
        "school": (_A, "pattern"),
        "kind": (_D, "numbers by kind as reported; teaching points assumed"),
        "settlement": (_A, "sited by population"),
        "name": (_A, "pattern, except schools named in the file of totals"),
        "name_zh": (_A, "pattern, except schools named in the file of totals"),
        "parent": (_A, "nearest school of the township"),
        "rooms_primary": (_A, "classes, and spare rooms outside the county town"),
        "rooms_junior": (_A, "classes, and spare rooms outside the county town"),
        "beds": (_A, "share of the roll outside the county town"),
        "posts_primary": (_A, "all posts filled"),
        "posts_junior": (_A, "all posts filled"),
        "quality_primary": (_A, "by the kind of place, with a keyed deviation"),
        "quality_junior": (_A, "by the kind of place, with a keyed deviation"),
        "site_area_m2_primary": (_D, "sums to the reported area; shared by rooms"),
        "site_area_m2_junior": (_D, "sums to the reported area; shared by rooms"),
        "building_area_m2_primary": (_D, "sums to the reported area; shared by rooms"),
        "building_area_m2_junior": (_D, "sums to the reported area; shared by rooms"),
        "teaching_area_m2_primary": (_A, "share of the building area"),
        "teaching_area_m2_junior": (_A, "share of the building area"),
        "sports_area_m2_primary": (_A, "share of the site area"),
        "sports_area_m2_junior": (_A, "share of the site area"),
        "equipment_yuan_primary": (_A, "per pupil"),
        "equipment_yuan_junior": (_A, "per pupil"),
        "multimedia_rooms_primary": (_A, "share of the rooms"),
        "multimedia_rooms_junior": (_A, "share of the rooms"),
    },
    "rolls": {
        "school": (_A, "as in schools"),
        "grade": (_D, "shares of the cohorts"),
        "pupils": (_D, "sums by level as reported; schools by distance and pull"),
        "year": ("reported", "year of the totals"),
    },
    "classes": {
        "school": (_A, "as in schools"),
        "grade": (_A, "as in rolls"),
        "classes": (_A, "roll over class cap"),
    },
    "teachers": {
        "school": (_A, "as in schools"),
        "level": (_D, "sums by level as reported"),
        "sex": (_A, "share by level"),
        "age": (_A, "profile of the file of totals"),
        "teachers": (_D, "sums by level as reported; schools by pupils and classes"),
        "subject_group": (_A, "share"),
        "backbone": (_A, "share by the kind of place"),
        "degree": (_A, "share by level and age"),
        "years_at_school": (_A, "drawn within the years of service"),
    },
    "zones": {
        "settlement": (_A, "as in settlements"),
        "level": (_A, "both levels"),
        "school": (_A, "nearest campus of the township, else of the county"),
    },
}


def build_county(totals: Totals) -> dict[str, pd.DataFrame]:
    """Build the tables of a county from its published totals.

    Parameters
    ----------
    totals : Totals
        From :func:`..county_totals.read_totals`.

    Returns
    -------
    dict of str to DataFrame
        ``townships, settlements, schools, rolls, classes, teachers, zones``, in the columns of
        docs/data.md. The same totals give the same tables on every machine.

    Raises
    ------
    InvalidInput
        If the totals cannot be met (more teaching points than villages, more schools than pupils).
    """
    settlements = settlement_table(totals)
    sited = site_schools(totals, settlements)
    zones = nearest_zones(sited, settlements)
    rolls = roll_table(totals, settlements, sited, zones)
    classes = class_table(totals, sited, rolls)
    rooms = room_counts(totals, sited, classes)
    counts = teacher_counts(totals, sited, rolls, classes)
    resources = resource_columns(totals, sited, rolls, classes, rooms, counts)
    identity = ["school", "kind", "settlement", "name", "name_zh", "parent"]
    schools = pd.concat([sited[identity], rooms, resources], axis=1)
    return {
        "townships": township_table(totals),
        "settlements": settlements,
        "schools": schools[list(MARKS["schools"])],
        "rolls": rolls.assign(year=totals.year),
        "classes": classes,
        "teachers": teacher_table(totals, sited, counts),
        "zones": zones,
    }


def write_county(
    totals_file: str | os.PathLike[str], folder: str | os.PathLike[str]
) -> list[Path]:
    """Build a county and write its tables and the marks of their columns.

    Parameters
    ----------
    totals_file : path-like
        The file of totals.
    folder : path-like
        Where the tables go; made if it is not there.

    Returns
    -------
    list of Path
        The files written, in order.
    """
    tables = build_county(read_totals(totals_file))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in tables.items():
        path = target / f"{name}.csv"
        path.write_text(to_csv(table), encoding="utf-8", newline="")
        written.append(path)
    marks = target / "columns.yaml"
    marks.write_text(marks_yaml(), encoding="utf-8", newline="")
    return [*written, marks]


def to_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV text: whole numbers without a point, empty where missing."""
    plain = table.copy()
    for column in plain.columns:
        values = plain[column]
        if pd.api.types.is_float_dtype(values):
            whole = values.dropna()
            if bool((whole == np.rint(whole)).all()):
                plain[column] = values.astype("Int64")
    return str(plain.to_csv(index=False, lineterminator="\n"))


def marks_yaml() -> str:
    """Return the marks of the built columns as YAML."""
    lines = ["# How each column came about: reported, derived from reported figures, or assumed."]
    for table, columns in MARKS.items():
        lines.append(f"{table}:")
        lines += [
            f'  {column}: {{{mark}: "{note}"}}' for column, (mark, note) in columns.items()
        ]
    return "\n".join(lines) + "\n"
