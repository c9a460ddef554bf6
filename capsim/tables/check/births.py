"""Checks of the table of births: one basis, the county once, no year left out, parts in the whole.

Only the births that a run would use are checked: those of its basis, known at the information date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from capsim.core.errors import Problems
from capsim.scenario.text_files import did_you_mean
from capsim.tables.cells import Parsed
from capsim.tables.context import TableContext
from capsim.tables.county_tables import COUNTY_AREA
from capsim.texts import text


def last_year_known(until: dt.date) -> int:
    """Return the last calendar year whose births are known: on its last day."""
    return until.year if (until.month, until.day) == (12, 31) else until.year - 1


def check_births(
    births: Parsed,
    context: TableContext,
    areas: Mapping[str, str],
    townships: set[str],
    problems: Problems,
) -> None:
    """Check the table of births as a series.

    Parameters
    ----------
    births : Parsed
    context : TableContext
        Information date and basis.
    areas : mapping of str to str
        Every accepted area with its canonical name.
    townships : set of str
    problems : Problems
        Receives every fault.
    """
    until = context.known_until
    if until is None:
        # Other sections of the scenario are wrong: which births count is not known.
        return
    frame = births.frame.assign(place=births.frame["area"].map(areas))
    frame = frame.dropna(subset=["year", "place", "births", "basis"])
    frame = frame[frame["year"] <= last_year_known(until)]
    if frame.empty:
        return
    used = _of_basis(births, frame, context, problems)
    if used is None:
        return
    once = _county_once(births, used, problems)
    _no_gap(births, once, townships, problems)
    _parts_in_whole(births, once, townships, problems)


def _of_basis(
    births: Parsed, frame: pd.DataFrame, context: TableContext, problems: Problems
) -> pd.DataFrame | None:
    """The rows of the basis that counts; None if it is not clear."""
    found = list(dict.fromkeys(frame["basis"]))
    wanted = context.births_basis
    if wanted is None and len(found) > 1:
        second = frame.index[frame["basis"] == found[1]][0]
        place = births.at(int(second), "basis")
        problems.add_text(place, "births.two_bases", first=found[0], second=found[1])
        return None
    if wanted is not None and wanted not in found:
        names = text("messages.births.found", names=", ".join(found))
        hint = did_you_mean(wanted, found) or names
        problems.add_text(births.column_at("basis"), "births.no_basis", basis=wanted, remedy=hint)
        return None
    return frame if wanted is None else frame[frame["basis"] == wanted]


def _county_once(births: Parsed, frame: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """The county's rows under one name a year; a second name is a fault."""
    again = frame.duplicated(["year", "place"])
    # The same name twice is told with the other keys that occur twice.
    first = frame.drop_duplicates(["year", "place"]).set_index(["year", "place"])["area"]
    for index, row in frame[again].iterrows():
        if first[(row["year"], row["place"])] != row["area"]:
            at = births.at(int(str(index)), "area")
            problems.add_text(at, "births.county_twice", year=row["year"])
    return frame[~again]


def _no_gap(births: Parsed, frame: pd.DataFrame, townships: set[str], problems: Problems) -> None:
    """Between the first and the last year the county is known in every one."""
    parts = frame[frame["place"] != COUNTY_AREA].groupby("year")["place"].nunique()
    known = {*frame["year"][frame["place"] == COUNTY_AREA], *parts.index[parts == len(townships)]}
    if not known:
        return
    missing = [y for y in range(int(min(known)), int(max(known)) + 1) if y not in known]
    runs = [y for y in missing if y - 1 not in missing]
    for start in runs:
        stop = next(y for y in range(start, int(max(known)) + 1) if y + 1 not in missing)
        after = frame.index[(frame["year"] == stop + 1)][0]
        some = frame["year"].between(start, stop) & (frame["place"] != COUNTY_AREA)
        scope = "_parts" if some.any() else ""
        at = births.at(int(after), "year")
        if start == stop:
            problems.add_text(at, f"births.missing_year{scope}", year=start)
        else:
            problems.add_text(at, f"births.missing_years{scope}", year=start, last=stop)


def _parts_in_whole(
    births: Parsed, frame: pd.DataFrame, townships: set[str], problems: Problems
) -> None:
    """Some townships have no more births than the county; all of them are scaled to it."""
    whole = frame[frame["place"] == COUNTY_AREA]
    parts = frame[frame["place"] != COUNTY_AREA].groupby("year")
    sums, counts = parts["births"].sum(), parts["place"].nunique()
    for index, year, number in zip(whole.index, whole["year"], whole["births"], strict=True):
        if counts.get(year, 0) < len(townships) and sums.get(year, 0.0) > number + 0.5:
            place = births.at(int(index), "births")
            problems.add_text(
                place, "births.parts_above_whole", year=year, parts=sums[year], whole=number
            )
