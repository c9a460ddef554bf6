"""A county from published totals: every table that a run needs, the same on every machine.

What is published is met exactly; what nobody publishes follows documented assumptions, and every
column is marked as reported, derived or assumed. See docs/data.md.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from capsim.builder.marks import MARKS, marks_yaml
from capsim.builder.places import settlement_table, township_table
from capsim.builder.rolls import class_table, roll_table, room_counts
from capsim.builder.schools import site_schools
from capsim.builder.staff import resource_columns, teacher_counts, teacher_table
from capsim.builder.table_docs import describe_tables
from capsim.builder.totals import Totals, read_totals
from capsim.core.errors import Problems
from capsim.scenario.text_files import decode, inside, suggestion_of_file
from capsim.tables.nearest_zones import distances, nearest_zones


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


def write_county(totals_file: str | os.PathLike[str], folder: str | os.PathLike[str]) -> list[Path]:
    """Build a county and write its tables and the marks of their columns.

    Parameters
    ----------
    totals_file : path-like
        The file of totals; the census tables it names lie in its folder tree.
    folder : path-like
        Where the tables go; made if it is not there.

    Returns
    -------
    list of Path
        The files written, in order.

    Raises
    ------
    InvalidInput
        If the file of totals or a census table cannot be used; nothing is written then.
    """
    totals = read_totals(totals_file)
    census = _census_files(totals, Path(totals_file))
    texts = {f"{name}.csv": to_csv(table) for name, table in build_county(totals).items()}
    texts |= {"columns.yaml": marks_yaml(), "columns.md": describe_tables()}
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8", newline="")
    for file in census:
        if file.resolve() != (target / file.name).resolve():
            shutil.copyfile(file, target / file.name)
    return [target / name for name in (*texts, *(file.name for file in census))]


def init_from_totals(
    totals_file: str | os.PathLike[str], folder: str | os.PathLike[str]
) -> list[Path]:
    """Write the folder of a scenario for a county built from published totals.

    Parameters
    ----------
    totals_file : path-like
        The file of totals.
    folder : path-like
        A new folder.

    Returns
    -------
    list of Path
        The files written: ``baseline.yaml``, ``totals.yaml`` and the tables.

    Raises
    ------
    InvalidInput
        If the totals cannot be used.
    """
    target = Path(folder)
    totals = read_totals(totals_file)
    tables = write_county(totals_file, target / "tables")
    baseline, copied = target / "baseline.yaml", target / "totals.yaml"
    baseline.write_text(baseline_yaml(totals), encoding="utf-8", newline="")
    text = decode(Path(totals_file).read_bytes()) or ""
    for name in totals.population:
        # The copied file finds its census tables where they are now.
        text = text.replace(name, f"tables/{Path(name).name}")
    copied.write_text(text, encoding="utf-8", newline="")
    return [baseline, copied, *tables]


def init_template(folder: str | os.PathLike[str]) -> list[Path]:
    """Write a commented template folder: a small made-up county with every table.

    Returns
    -------
    list of Path
        The files written.
    """
    target = Path(folder)
    template = Path(__file__).parent / "template"
    written = init_from_totals(template / "totals.yaml", target)
    (target / "baseline.yaml").write_bytes((template / "baseline.yaml").read_bytes())
    tables = target / "tables"
    for name in ("births.csv", "preschool.csv", "private_schools.csv", "housing.csv"):
        shutil.copyfile(template / name, tables / name)
        written.append(tables / name)
    built = build_county(read_totals(template / "totals.yaml"))
    for name, table in _optional_examples(built).items():
        (tables / name).write_text(to_csv(table), encoding="utf-8", newline="")
        written.append(tables / name)
    return written


def baseline_yaml(totals: Totals) -> str:
    """Return the scenario of a built county, as commented YAML."""
    place = totals.place
    lines = [
        f"# {place.name}: the county as it is. How the tables were built: totals.yaml; which",
        "# column is reported, derived or assumed: tables/columns.yaml.",
        "schema_version: 1",
        "name: baseline",
        "place:",
        f"  name: {json.dumps(place.name, ensure_ascii=False)}",
        f"  name_zh: {json.dumps(place.name_zh, ensure_ascii=False)}",
        f"  code: {json.dumps(place.code)}",
        f"  area_km2: {place.area_km2:g}",
        "years:",
        f"  base: {totals.year}",
        f"  horizon: {totals.year + 20}",
    ]
    if totals.information_date is not None:
        lines.append(f"information_date: {totals.information_date.isoformat()}")
    census = ", ".join(Path(name).name for name in totals.population)
    cap = totals.class_cap
    lines += [
        "data:",
        "  folder: tables",
        f"  population: [{census}]",
        "  townships: townships.csv",
        "  classes: classes.csv",
        "  zones: zones.csv",
        "  columns: columns.yaml",
        "enrolment:",
        f"  class_cap: {{primary: {cap.primary:g}, junior: {cap.junior:g}}}",
    ]
    return "\n".join(lines) + "\n"


def _census_files(totals: Totals, totals_file: Path) -> list[Path]:
    """The census tables beside the file of totals."""
    problems = Problems()
    files = []
    for name in totals.population:
        file = totals_file.parent / name
        place = f"{totals_file}: population"
        if not inside(file, totals_file.parent):
            problems.add(place, f"{name} lies outside the folder of the totals")
        elif not file.is_file():
            problems.add(place, f"{name}: file not found", suggestion_of_file(file))
        files.append(file)
    problems.raise_if_any()
    return files


def _optional_examples(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Planning areas and travel of a built county, as examples of these tables."""
    settlements, schools = tables["settlements"], tables["schools"]
    places = settlements.set_index("settlement")
    townships = tables["townships"]["township"]
    areas = pd.DataFrame(
        {
            "township": [*townships, *townships],
            "level": ["primary"] * len(townships) + ["junior"] * len(townships),
            "planning_area": [f"{t}-primary" for t in townships]
            + ["county-junior"] * len(townships),
        }
    )
    sites = places.loc[schools["settlement"], ["x_km", "y_km"]].reset_index(drop=True)
    # Roads are taken to be 1.4 times the straight line.
    km = np.round(distances(settlements, sites) * 1.4, 1)
    travel = pd.DataFrame(
        {
            "settlement": np.repeat(settlements["settlement"].to_numpy(), len(schools)),
            "school": np.tile(schools["school"].to_numpy(), len(settlements)),
            "km": km.ravel(),
        }
    )
    return {"planning_areas.csv": areas, "travel.csv": travel}


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
