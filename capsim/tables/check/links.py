"""What one table says must agree with the others: references, grades, zones, dates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from capsim.core.dims import GRADES_OF_LEVEL, LEVELS
from capsim.core.errors import Problems
from capsim.scenario.text_files import did_you_mean
from capsim.tables.cells import Parsed
from capsim.tables.check.population import check_population
from capsim.tables.columns import GRADES_BY_KIND
from capsim.tables.context import TableContext

TableSet = Mapping[str, Parsed]


def check_links(tables: TableSet, context: TableContext, problems: Problems) -> None:
    """Check every reference between tables, and between the tables and the scenario.

    Parameters
    ----------
    tables : mapping of str to Parsed
        The tables that could be read.
    context : TableContext
        The scenario they belong to.
    problems : Problems
        Receives every fault.
    """
    _references(tables, problems)
    if "schools" in tables:
        _schools(tables["schools"], problems)
        _taught(tables, problems)
        _rolls(tables, context, problems)
        _classes(tables, problems)
    _zones(tables, problems)
    _planning_areas(tables, problems)
    _travel(tables, problems)
    check_population(tables, context, problems)


def known(tables: TableSet, table: str, column: str) -> list[str]:
    """Return the identifiers of a column, empty if the table could not be read."""
    if table not in tables:
        return []
    return list(dict.fromkeys(v for v in tables[table].frame[column] if isinstance(v, str)))


def refer(parsed: Parsed, column: str, to: Collection[str], what: str, problems: Problems) -> None:
    """Name every cell of a column that holds none of the known identifiers."""
    names = set(to)
    for index, value in enumerate(parsed.frame[column]):
        if isinstance(value, str) and value not in names:
            problems.add(
                parsed.at(index, column), f'no {what} is called "{value}"', did_you_mean(value, to)
            )


def _references(tables: TableSet, problems: Problems) -> None:
    settlements = known(tables, "settlements", "settlement")
    schools = known(tables, "schools", "school")
    townships = known(tables, "townships", "township")
    in_settlements = known(tables, "settlements", "township")
    if settlements:
        for name in ("schools", "zones", "travel", "private_schools"):
            if name in tables:
                refer(tables[name], "settlement", settlements, "settlement", problems)
    if "housing" in tables and settlements:
        _housing(tables, settlements, in_settlements, problems)
    if townships and "settlements" in tables:
        refer(tables["settlements"], "township", townships, "township", problems)
    if "planning_areas" in tables and in_settlements:
        refer(tables["planning_areas"], "township", in_settlements, "township", problems)
    if schools:
        for name in ("rolls", "classes", "teachers", "zones"):
            if name in tables:
                refer(tables[name], "school", schools, "school", problems)
        refer(tables["schools"], "parent", schools, "school", problems)
    if "private_schools" in tables:
        public = set(schools)
        for index, school in enumerate(tables["private_schools"].frame["school"]):
            if school in public:
                place = tables["private_schools"].at(index, "school")
                problems.add(place, f'"{school}" is already a public school')


def _housing(
    tables: TableSet, settlements: list[str], townships: list[str], problems: Problems
) -> None:
    """Developments lie in a township, and in a settlement of it where one is named."""
    housing = tables["housing"]
    refer(housing, "township", townships, "township", problems)
    refer(housing, "settlement", settlements, "settlement", problems)
    frame = tables["settlements"].frame
    lies_in = dict(zip(frame["settlement"], frame["township"], strict=True))
    pairs = zip(housing.frame["settlement"], housing.frame["township"], strict=True)
    for index, (settlement, township) in enumerate(pairs):
        there = lies_in.get(settlement)
        if isinstance(there, str) and isinstance(township, str) and there != township:
            problems.add(
                housing.at(index, "settlement"),
                f'"{settlement}" lies in {there}, not in {township}',
            )


def grade_limits(frame: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the lowest and highest grade of each school, defaults by kind filled in."""
    kinds = frame["kind"].map(lambda kind: GRADES_BY_KIND.get(kind, (1, 9)))
    low = frame["lowest_grade"].fillna(kinds.str[0].astype(float))
    high = frame["highest_grade"].fillna(kinds.str[1].astype(float))
    return low, high


def taught_levels(low: float, high: float) -> tuple[str, ...]:
    """Return the levels a school with these grades teaches."""
    return tuple(
        level
        for level in LEVELS
        if low <= GRADES_OF_LEVEL[level][-1] and high >= GRADES_OF_LEVEL[level][0]
    )


def _schools(schools: Parsed, problems: Problems) -> None:
    """Parents, grades and rooms of each school."""
    frame = schools.frame
    kinds = dict(zip(frame["school"], frame["kind"], strict=True))
    low, high = grade_limits(frame)
    for index, row in enumerate(frame.to_dict("records")):
        parent, kind = row["parent"], row["kind"]
        if kind == "teaching_point" and not isinstance(parent, str):
            problems.add(schools.at(index, "parent"), "a teaching point needs a parent school")
        if isinstance(parent, str) and kinds.get(parent) == "teaching_point":
            problems.add(schools.at(index, "parent"), f'"{parent}" is itself a teaching point')
        if isinstance(parent, str) and parent == row["school"]:
            problems.add(schools.at(index, "parent"), "a school cannot be its own parent")
        if low[index] > high[index]:
            problems.add(
                schools.at(index, "highest_grade"),
                f"{high[index]:g} is below the lowest grade {low[index]:g}",
            )
            continue
        _rooms(schools, index, row, taught_levels(low[index], high[index]), problems)


def _rooms(
    schools: Parsed, index: int, row: Mapping[Any, Any], levels: tuple[str, ...], problems: Problems
) -> None:
    for level in LEVELS:
        column = f"rooms_{level}"
        rooms = row[column]
        if level not in levels and rooms > 0:
            problems.add(
                schools.at(index, column), f"{rooms:g} rooms for a level the school does not teach"
            )
        if level in levels and pd.isna(rooms) and pd.isna(row["rooms"]) and row["kind"]:
            problems.add(schools.at(index, column), "is empty", "classrooms set the capacity")


def _taught(tables: TableSet, problems: Problems) -> None:
    """Pupils, classes, teachers and zones only where the school teaches the grade or level."""
    frame = tables["schools"].frame
    low, high = grade_limits(frame)
    grades = {s: (a, b) for s, a, b in zip(frame["school"], low, high, strict=True)}
    for name, count in (("rolls", "pupils"), ("classes", "classes")):
        if name not in tables:
            continue
        part = tables[name]
        columns = (part.frame["school"], part.frame["grade"], part.frame[count])
        for index, (school, grade, pupils) in enumerate(zip(*columns, strict=True)):
            limits = grades.get(school)
            if limits and pupils > 0 and not limits[0] <= grade <= limits[1]:
                problems.add(
                    part.at(index, "grade"),
                    f"{school} teaches grades {limits[0]:g} to {limits[1]:g}, not {grade:g}",
                )
    for name in ("teachers", "zones"):
        if name not in tables:
            continue
        part = tables[name]
        pairs = zip(part.frame["school"], part.frame["level"], strict=True)
        for index, (school, level) in enumerate(pairs):
            limits = grades.get(school)
            if limits and level and level not in taught_levels(*limits):
                problems.add(part.at(index, "level"), f"{school} does not teach {level}")


def _rolls(tables: TableSet, context: TableContext, problems: Problems) -> None:
    """Every school has a roll in the base year, were it 0."""
    if "rolls" not in tables:
        return
    rolls = tables["rolls"]
    base = context.base_year
    years = rolls.frame["year"].fillna(base)
    if not (years == base).any():
        given = ", ".join(f"{year:g}" for year in sorted(set(years)))
        problems.add(rolls.shown, f"holds no roll of the base year {base}", f"holds {given}")
        return
    _repeated_rolls(rolls, years, problems)
    present = set(rolls.frame["school"][years == base])
    schools = tables["schools"]
    for index, school in enumerate(schools.frame["school"]):
        if isinstance(school, str) and school not in present:
            problems.add(
                schools.at(index, "school"), f'"{school}" has no roll in {base}',
                f"write 0 in {rolls.shown} for an empty school",
            )  # fmt: skip


def _repeated_rolls(rolls: Parsed, years: pd.Series[float], problems: Problems) -> None:
    """A row without a year repeats one that gives the base year."""
    keys = pd.DataFrame(
        {"school": rolls.frame["school"], "grade": rolls.frame["grade"], "year": years}
    )
    for index in keys.index[keys.duplicated() & rolls.frame["year"].isna().to_numpy()]:
        school, grade = keys.loc[index, "school"], keys.loc[index, "grade"]
        if isinstance(school, str) and not keys.loc[:index].duplicated().sum() > 1:
            problems.add(rolls.at(int(index), "year"), f"{school}, {grade:g} is given twice")


def _classes(tables: TableSet, problems: Problems) -> None:
    """Pupils need a class; a class without pupils is allowed."""
    if "classes" not in tables or "rolls" not in tables:
        return
    classes = tables["classes"]
    taught = set(zip(classes.frame["school"], classes.frame["grade"], strict=True))
    rolls = tables["rolls"]
    latest = rolls.frame["year"].isna() | (rolls.frame["year"] == rolls.frame["year"].max())
    columns = (rolls.frame["school"], rolls.frame["grade"], rolls.frame["pupils"], latest)
    for index, (school, grade, pupils, now) in enumerate(zip(*columns, strict=True)):
        if now and pupils > 0 and (school, grade) not in taught:
            problems.add(
                rolls.at(index, "grade"),
                f"{school} has {pupils:g} pupils in grade {grade:g} but {classes.shown} no class",
            )


def _zones(tables: TableSet, problems: Problems) -> None:
    """Every settlement has a zone at each level, if zones are given."""
    if "zones" not in tables:
        return
    zones = tables["zones"]
    covered = set(zip(zones.frame["settlement"], zones.frame["level"], strict=True))
    for settlement in known(tables, "settlements", "settlement"):
        for level in LEVELS:
            if (settlement, level) not in covered:
                problems.add(
                    zones.shown, f'"{settlement}" has no {level} zone',
                    "name at least one school for it",
                )  # fmt: skip


def _planning_areas(tables: TableSet, problems: Problems) -> None:
    if "planning_areas" not in tables:
        return
    areas = tables["planning_areas"]
    covered = set(zip(areas.frame["township"], areas.frame["level"], strict=True))
    for township in known(tables, "settlements", "township"):
        for level in LEVELS:
            if (township, level) not in covered:
                problems.add(areas.shown, f'township "{township}" has no {level} planning area')


def _travel(tables: TableSet, problems: Problems) -> None:
    if "travel" not in tables:
        return
    travel = tables["travel"]
    schools = known(tables, "schools", "school") + known(tables, "private_schools", "school")
    if schools:
        refer(travel, "school", schools, "school", problems)
    if not {"km", "minutes"} & travel.given:
        problems.add(travel.shown, "needs the column km or minutes")
        return
    empty = travel.frame["km"].isna() & travel.frame["minutes"].isna()
    for index in travel.frame.index[empty]:
        problems.add(travel.at(int(index)), "gives neither km nor minutes")
