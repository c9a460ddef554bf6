"""Checks of population, births and kindergartens: areas, ages without gap or overlap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from capsim.core.dims import OLDEST_AGE, SEXES
from capsim.core.errors import Problems
from capsim.scenario.text_files import did_you_mean
from capsim.tables.cells import Parsed
from capsim.tables.check.births import check_births
from capsim.tables.context import TableContext
from capsim.tables.county_tables import COUNTY_AREA
from capsim.texts import text

_SHOWN: Final = 3


def check_population(
    tables: Mapping[str, Parsed], context: TableContext, problems: Problems
) -> None:
    """Check the tables of population, births and kindergartens.

    Parameters
    ----------
    tables : mapping of str to Parsed
        The tables that could be read.
    context : TableContext
        Names the county.
    problems : Problems
        Receives every fault.
    """
    townships: set[str] = set()
    if "settlements" in tables:
        townships = {t for t in tables["settlements"].frame["township"] if isinstance(t, str)}
    areas = context.areas(townships)
    for name in ("population", "births", "preschool"):
        if name not in tables:
            continue
        for index, area in enumerate(tables[name].frame["area"]):
            if isinstance(area, str) and area not in areas and townships:
                problems.add_text(
                    tables[name].at(index, "area"),
                    "area.unknown",
                    area=area,
                    county=context.county,
                    remedy=did_you_mean(area, areas),
                )
    if "population" in tables:
        _ages(tables["population"], areas, problems)
        _known(tables["population"], context, problems)
    if "births" in tables and townships:
        check_births(tables["births"], context, areas, townships, problems)
    if "preschool" in tables and townships:
        _kindergartens(tables["preschool"], townships, areas, problems)


def _kindergartens(
    preschool: Parsed, townships: set[str], areas: Mapping[str, str], problems: Problems
) -> None:
    """Each year and age has the county, or every township; the county under one name only."""
    frame = preschool.frame.assign(place=preschool.frame["area"].map(areas))
    frame = frame.dropna(subset=["year", "age", "place"])
    for (year, age), part in frame.groupby(["year", "age"], sort=True):
        shown: dict[str, Any] = {"year": f"{year:.0f}", "age": age}
        here = part[part["place"] == COUNTY_AREA]
        if here["area"].nunique() > 1:
            again = here[here["area"] != here["area"].iloc[0]].index[0]
            area, row = here["area"].iloc[0], preschool.rows[here.index[0]]
            at = preschool.at(int(again), "area")
            problems.add_text(at, "area.county_twice", **shown, area=area, row=row)
        missing = sorted(townships - set(part["place"]))
        if len(here) or not missing:
            continue
        at, names = preschool.column_at("area"), ", ".join(missing[:_SHOWN])
        more = len(missing) - _SHOWN
        if more > 0:
            problems.add_text(at, "area.no_row_and_more", **shown, names=names, more=more)
        else:
            problems.add_text(at, "area.no_row", **shown, names=names)


def _known(population: Parsed, context: TableContext, problems: Problems) -> None:
    """At least one census was taken by the information date."""
    dates = [date for date in population.frame["date"] if date is not None]
    if context.known_until is None or not dates or min(dates) <= context.known_until:
        return
    problems.add_text(
        population.shown, "area.census_late", date=min(dates), known=context.known_until
    )


def _ages(population: Parsed, areas: Mapping[str, str], problems: Problems) -> None:
    """The ages of each date, area and sex run from 0 to the open group without gap or overlap."""
    frame = population.frame.dropna(subset=["date", "area", "sex", "age"])
    place = frame["area"].map(areas).fillna(frame["area"])
    for (date, _), whole in frame.groupby(["date", place], sort=True):
        names = list(dict.fromkeys(whole["area"]))
        if len(names) > 1:
            second = whole.index[whole["area"] == names[1]][0]
            at = population.at(int(second), "area")
            problems.add_text(at, "area.two_names", date=date, names=" and ".join(names))
            frame = frame.drop(whole.index[whole["area"] != names[0]])
    for (date, area), whole in frame.groupby(["date", "area"], sort=True):
        at = population.at(int(whole.index[0]), "age")
        for sex in SEXES:
            shown: dict[str, Any] = {"area": area, "date": date, "sex": text(f"common.sex.{sex}")}
            part = whole[whole["sex"] == sex].sort_values("age_low")
            if part.empty:
                problems.add_text(at, "age.no_sex", **shown)
                continue
            expected = 0
            for low, high in zip(part["age_low"], part["age_high"], strict=True):
                if low != expected:
                    key = "age.left_out" if low > expected else "age.repeated"
                    first, last = sorted((int(low), int(expected)))
                    problems.add_text(at, key, **shown, first=first, last=last - 1)
                expected = int(high) + 1
            last_group = str(part["age"].iloc[-1])
            if not last_group.endswith("+"):
                problems.add_text(at, "age.not_open", **shown, group=last_group, oldest=OLDEST_AGE)
