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
from capsim.texts import has, text

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
            problems.add_text(
                parsed.at(index, column),
                "link.unknown",
                thing=text(f"messages.thing.{what}")
                if has(f"messages.thing.{what}", "en")
                else what,
                name=value,
                remedy=did_you_mean(value, to),
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
                problems.add_text(place, "link.already_public", school=school)


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
            problems.add_text(
                housing.at(index, "settlement"),
                "link.elsewhere",
                settlement=settlement,
                there=there,
                township=township,
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
            problems.add_text(schools.at(index, "parent"), "link.no_parent")
        if isinstance(parent, str) and kinds.get(parent) == "teaching_point":
            place = schools.at(index, "parent")
            problems.add_text(place, "link.parent_is_point", school=parent)
        if isinstance(parent, str) and parent == row["school"]:
            problems.add_text(schools.at(index, "parent"), "link.own_parent")
        if low[index] > high[index]:
            place, grades = schools.at(index, "highest_grade"), (low[index], high[index])
            problems.add_text(place, "link.grades_reversed", low=grades[0], high=grades[1])
            continue
        _rooms(schools, index, row, taught_levels(low[index], high[index]), problems)


def _rooms(
    schools: Parsed, index: int, row: Mapping[Any, Any], levels: tuple[str, ...], problems: Problems
) -> None:
    for level in LEVELS:
        column = f"rooms_{level}"
        rooms = row[column]
        if level not in levels and rooms > 0:
            problems.add_text(schools.at(index, column), "link.rooms_not_taught", rooms=rooms)
        if level in levels and pd.isna(rooms) and pd.isna(row["rooms"]) and row["kind"]:
            problems.add_text(schools.at(index, column), "link.rooms_empty")


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
                problems.add_text(
                    part.at(index, "grade"),
                    "link.grade_not_taught",
                    school=school,
                    low=limits[0],
                    high=limits[1],
                    grade=grade,
                )
    for name in ("teachers", "zones"):
        if name not in tables:
            continue
        part = tables[name]
        pairs = zip(part.frame["school"], part.frame["level"], strict=True)
        for index, (school, level) in enumerate(pairs):
            limits = grades.get(school)
            if limits and level and level not in taught_levels(*limits):
                problems.add_text(
                    part.at(index, "level"),
                    "link.level_not_taught",
                    school=school,
                    level=text(f"common.level.{level}"),
                )


def _rolls(tables: TableSet, context: TableContext, problems: Problems) -> None:
    """Every school has a roll in the base year, were it 0."""
    if "rolls" not in tables:
        return
    rolls = tables["rolls"]
    base = context.base_year
    years = rolls.frame["year"].fillna(base)
    if not (years == base).any():
        given = ", ".join(f"{year:g}" for year in sorted(set(years)))
        problems.add_text(rolls.shown, "link.no_base_year", year=base, given=given)
        return
    _repeated_rolls(rolls, years, problems)
    present = set(rolls.frame["school"][years == base])
    schools = tables["schools"]
    for index, school in enumerate(schools.frame["school"]):
        if isinstance(school, str) and school not in present:
            problems.add_text(
                schools.at(index, "school"),
                "link.no_roll",
                school=school,
                year=base,
                file=rolls.shown,
            )


def _repeated_rolls(rolls: Parsed, years: pd.Series[float], problems: Problems) -> None:
    """A row without a year repeats one that gives the base year."""
    keys = pd.DataFrame(
        {"school": rolls.frame["school"], "grade": rolls.frame["grade"], "year": years}
    )
    for index in keys.index[keys.duplicated() & rolls.frame["year"].isna().to_numpy()]:
        school, grade = keys.loc[index, "school"], keys.loc[index, "grade"]
        if isinstance(school, str) and not keys.loc[:index].duplicated().sum() > 1:
            place = rolls.at(int(index), "year")
            problems.add_text(place, "link.roll_twice", school=school, grade=grade)


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
            problems.add_text(
                rolls.at(index, "grade"),
                "link.no_class",
                school=school,
                pupils=pupils,
                grade=grade,
                file=classes.shown,
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
                problems.add_text(
                    zones.shown,
                    "link.no_zone",
                    settlement=settlement,
                    level=text(f"common.level.{level}"),
                )


def _planning_areas(tables: TableSet, problems: Problems) -> None:
    if "planning_areas" not in tables:
        return
    areas = tables["planning_areas"]
    covered = set(zip(areas.frame["township"], areas.frame["level"], strict=True))
    for township in known(tables, "settlements", "township"):
        for level in LEVELS:
            if (township, level) not in covered:
                problems.add_text(
                    areas.shown,
                    "link.no_planning_area",
                    township=township,
                    level=text(f"common.level.{level}"),
                )


def _travel(tables: TableSet, problems: Problems) -> None:
    if "travel" not in tables:
        return
    travel = tables["travel"]
    schools = known(tables, "schools", "school") + known(tables, "private_schools", "school")
    if schools:
        refer(travel, "school", schools, "school", problems)
    if not {"km", "minutes"} & travel.given:
        problems.add_text(travel.shown, "link.no_way")
        return
    empty = travel.frame["km"].isna() & travel.frame["minutes"].isna()
    for index in travel.frame.index[empty]:
        problems.add_text(travel.at(int(index)), "link.way_empty")
