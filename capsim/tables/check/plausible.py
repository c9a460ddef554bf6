"""What is possible but unlikely in a county's tables: warnings, never a stop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from capsim.core.dims import GRADES_OF_LEVEL
from capsim.core.errors import Problems
from capsim.tables.cells import Parsed
from capsim.tables.context import TableContext
from capsim.tables.county_tables import COUNTY_AREA

FAR_APART: Final = 0.25  # settlements and census that differ by more are told
_SHOWN: Final = 5


def warn_of_unlikely(
    tables: Mapping[str, Parsed], context: TableContext, problems: Problems
) -> None:
    """Warn of more classes than rooms, and of settlements that do not add up to the census.

    Parameters
    ----------
    tables : mapping of str to Parsed
        Tables in which no fault was found.
    context : TableContext
        The base year.
    problems : Problems
        Receives the warnings.
    """
    if "classes" in tables:
        _classes_without_rooms(tables["schools"], tables["classes"], problems)
    _population_apart(tables["settlements"], tables["population"], context, problems)


def _classes_without_rooms(schools: Parsed, classes: Parsed, problems: Problems) -> None:
    for level, grades in GRADES_OF_LEVEL.items():
        own = classes.frame[classes.frame["grade"].isin(grades)]
        count = schools.frame["school"].map(own.groupby("school")["classes"].sum()).fillna(0)
        rooms = schools.frame[f"rooms_{level}"]
        short = np.flatnonzero((count > rooms).to_numpy())
        for index in short[:_SHOWN]:
            place = schools.at(int(index), f"rooms_{level}")
            both = {"rooms": rooms.iloc[index], "classes": count.iloc[index]}
            problems.warn_text(place, "unlikely.few_rooms", **both)
        if len(short) > _SHOWN:
            place = schools.column_at(f"rooms_{level}")
            problems.warn_text(place, "unlikely.more_few_rooms", more=len(short) - _SHOWN)


def _population_apart(
    settlements: Parsed, population: Parsed, context: TableContext, problems: Problems
) -> None:
    """Compare the settlements with the census nearest to the base year."""
    base = dt.date(context.base_year, 9, 1)
    areas = context.areas(set(settlements.frame["township"]))
    frame = population.frame
    whole = frame["area"].map(areas) == COUNTY_AREA
    # A day with rows of the county counts by them: its townships are parts of it.
    counted = whole | ~frame["date"].isin(set(frame["date"][whole]))
    by_date: pd.Series[float] = frame[counted].groupby("date")["persons"].sum()
    nearest = min(by_date.index, key=lambda day: abs((day - base).days))
    census, here = float(by_date[nearest]), float(settlements.frame["population"].sum())
    if abs(here - census) > FAR_APART * census:
        problems.warn_text(
            settlements.column_at("population"),
            "unlikely.people_apart",
            here=here,
            date=nearest,
            census=census,
        )
