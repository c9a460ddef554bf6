"""Checks of population, births and kindergartens: areas, ages without gap or overlap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capsim.core.dims import OLDEST_AGE, SEXES
from capsim.core.errors import Problems
from capsim.scenario.text_files import did_you_mean
from capsim.tables.cells import Parsed
from capsim.tables.check.births import check_births
from capsim.tables.context import TableContext
from capsim.tables.county_tables import COUNTY_AREA

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
                problems.add(
                    tables[name].at(index, "area"),
                    f'"{area}" is neither a township nor the county {context.county}',
                    did_you_mean(area, areas),
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
        shown = f"{year:.0f}, age {age}"
        here = part[part["place"] == COUNTY_AREA]
        if here["area"].nunique() > 1:
            again = here[here["area"] != here["area"].iloc[0]].index[0]
            first = f'"{here["area"].iloc[0]}" in row {preschool.rows[here.index[0]]}'
            problems.add(
                preschool.at(int(again), "area"), f"{shown}: the county is given twice",
                f"first as {first}",
            )  # fmt: skip
        missing = sorted(townships - set(part["place"]))
        if len(here) or not missing:
            continue
        some = ", ".join(missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        problems.add(
            f"{preschool.shown}: area", f"{shown}: no row of {some}{more}",
            "write 0 for a township without a kindergarten, or give a row of the county",
        )  # fmt: skip


def _known(population: Parsed, context: TableContext, problems: Problems) -> None:
    """At least one census was taken by the information date."""
    dates = [date for date in population.frame["date"] if date is not None]
    if context.known_until is None or not dates or min(dates) <= context.known_until:
        return
    problems.add(
        population.shown,
        f"the first census, of {min(dates)}, is later than the information date "
        f"{context.known_until}",
        "set information_date to the day until which observations were known",
    )


def _ages(population: Parsed, areas: Mapping[str, str], problems: Problems) -> None:
    """The ages of each date, area and sex run from 0 to the open group without gap or overlap."""
    frame = population.frame.dropna(subset=["date", "area", "sex", "age"])
    place = frame["area"].map(areas).fillna(frame["area"])
    for (date, _), whole in frame.groupby(["date", place], sort=True):
        names = list(dict.fromkeys(whole["area"]))
        if len(names) > 1:
            second = whole.index[whole["area"] == names[1]][0]
            problems.add(
                population.at(int(second), "area"),
                f"the county on {date} is given under two names: {' and '.join(names)}",
            )
            frame = frame.drop(whole.index[whole["area"] != names[0]])
    for (date, area), whole in frame.groupby(["date", "area"], sort=True):
        shown = f"{population.at(int(whole.index[0]))}: age"
        for sex in SEXES:
            part = whole[whole["sex"] == sex].sort_values("age_low")
            if part.empty:
                problems.add(shown, f"{area} on {date} has no rows for {sex}")
                continue
            expected = 0
            for low, high in zip(part["age_low"], part["age_high"], strict=True):
                if low != expected:
                    fault = "leaves out" if low > expected else "repeats"
                    first, last = sorted((int(low), int(expected)))
                    problems.add(
                        shown, f"{area} on {date}, {sex}: {fault} ages {first} to {last - 1}"
                    )
                expected = int(high) + 1
            last_group = str(part["age"].iloc[-1])
            if not last_group.endswith("+"):
                problems.add(
                    shown, f"{area} on {date}, {sex}: the last age group {last_group} is not open",
                    f"write it as 85+ or {OLDEST_AGE}+",
                )  # fmt: skip
