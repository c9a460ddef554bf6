"""Where schools stand and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from capsim.builder.totals import NamedSchool, Totals, TotalsTownship
from capsim.core.errors import InvalidInput
from capsim.tables.columns import GRADES_BY_KIND
from capsim.tables.nearest_zones import distances

KINDS_OF_LEVEL: Mapping[str, tuple[str, ...]] = {
    "primary": ("primary", "nine_year", "teaching_point"),
    "junior": ("junior", "nine_year", "complete_middle"),
}
_ENGLISH = {"primary": "Primary", "junior": "Junior", "nine_year": "Nine-year School",
            "complete_middle": "Complete Middle"}  # fmt: skip
_CHINESE = {"primary": "小学", "junior": "中学", "nine_year": "九年制学校",
            "complete_middle": "完全中学"}  # fmt: skip


def site_schools(totals: Totals, settlements: pd.DataFrame) -> pd.DataFrame:
    """Return the schools with their settlements, names and parents.

    Named schools stand in their townships. The others go, one by one, to the largest township
    without a school of the level, and when all have one to the township with the highest
    ``population ** exponent / (schools of the level + 1)`` (highest averages). In the county town
    schools stand in communities spread over it; elsewhere the first at the seat, further ones in
    the largest village that is far from the schools already there.

    Parameters
    ----------
    totals : Totals
        Numbers of schools by kind.
    settlements : DataFrame
        From :func:`..county_places.settlement_table`.

    Returns
    -------
    DataFrame
        ``school, kind, settlement, name, name_zh, parent, township, lowest_grade, highest_grade,
        x_km, y_km, settlement_kind``.
    """
    placed = [(named.kind, named.township, named) for named in totals.school_names]
    _check_named(totals)
    chosen: list[tuple[str, str, NamedSchool | None]] = list(placed)
    for kind in ("complete_middle", "nine_year", "junior", "primary"):
        wanted = getattr(totals.schools, kind)
        while sum(entry[0] == kind for entry in chosen) < wanted:
            chosen.append((kind, _next_township(totals, settlements, kind, chosen), None))
    rows: list[dict[str, str]] = []
    for township in totals.townships:
        for kind in ("primary", "nine_year", "junior", "complete_middle"):
            names = [e[2] for e in chosen if e[0] == kind and e[1] == township.township]
            rows += _of_kind(totals, township, kind, names, settlements, rows)
    rows += _teaching_points(totals, settlements, rows)
    return _with_places(pd.DataFrame(rows), settlements)


def _check_named(totals: Totals) -> None:
    for kind in ("primary", "junior", "nine_year", "complete_middle"):
        named = sum(school.kind == kind for school in totals.school_names)
        if named > getattr(totals.schools, kind):
            raise InvalidInput.of(
                "school_names", f"names {named} {kind} schools, schools.{kind} is "
                f"{getattr(totals.schools, kind)}",
            )  # fmt: skip


def _next_township(
    totals: Totals,
    settlements: pd.DataFrame,
    kind: str,
    chosen: Iterable[tuple[str, str, NamedSchool | None]],
) -> str:
    """Township of one more school: the largest without one, else the highest average."""
    if kind == "complete_middle":
        # A complete middle school stands in the county town.
        return next(t.township for t in totals.townships if t.kind == "county_seat")
    levels = ("primary", "junior") if kind == "nine_year" else (kind,)
    people = settlements.groupby("township")["population"].sum()
    best, best_score = "", (-1, -1.0)
    for township in totals.townships:
        count = sum(
            entry[1] == township.township and any(entry[0] in KINDS_OF_LEVEL[lv] for lv in levels)
            for entry in chosen
        )
        size = float(people[township.township]) ** totals.assumptions.school_count_exponent
        score = (int(count == 0), size / (count + 1))
        if score > best_score:
            best, best_score = township.township, score
    return best


def _of_kind(
    totals: Totals,
    township: TotalsTownship,
    kind: str,
    names: list[NamedSchool | None],
    settlements: pd.DataFrame,
    rows: list[dict[str, str]],
) -> list[dict[str, str]]:
    """Rows of the schools of one kind in one township."""
    own = settlements[settlements["township"] == township.township]
    there = own if township.kind != "county_seat" else own[own["kind"] == "county_town"]
    level_kinds = KINDS_OF_LEVEL["primary" if kind in ("primary", "nine_year") else "junior"]
    here = [r for r in rows if r["township"] == township.township and r["kind"] in level_kinds]
    found: list[dict[str, str]] = []
    for number, named in enumerate(names):
        taken = [r["settlement"] for r in (*here, *found)]
        name, name_zh = _name(totals, township, kind, number, len(taken), named)
        identifier = f"{township.township}-{kind.replace('_', '-')}"
        found.append(
            {
                "school": identifier if len(names) == 1 else f"{identifier}-{number + 1}",
                "kind": kind,
                "settlement": _site(there, taken, seat=township.kind != "county_seat"),
                "name": name,
                "name_zh": name_zh,
                "parent": "",
                "township": township.township,
            }
        )
    return found


def _site(there: pd.DataFrame, taken: list[str], *, seat: bool) -> str:
    """Settlement of the next school of a level: the seat, then large places far from the others."""
    if not taken:
        return str(there["settlement"].iloc[0])
    others = there[there["settlement"].isin(taken)]
    away = distances(there, others).min(axis=1)
    score = away * (there["population"].to_numpy() if seat else 1.0)
    return str(there["settlement"].iloc[int(np.argmax(score))])


def _name(
    totals: Totals,
    township: TotalsTownship,
    kind: str,
    number: int,
    before: int,
    named: NamedSchool | None,
) -> tuple[str, str]:
    """Names by the usual pattern: the township's central school, the county's numbered ones."""
    if named is not None:
        return named.name, named.name_zh or named.name
    place = totals.place
    zh = township.name_zh or township.name
    if township.kind == "county_seat":
        digits = "一二三四五六七八九十"
        ordinal = digits[before] if before < 10 else str(before + 1)
        return (
            f"{place.name} No. {before + 1} {_ENGLISH[kind]}",
            f"{place.name_zh or place.name}第{ordinal}{_CHINESE[kind]}",
        )
    if kind == "primary" and before == 0:
        return f"{township.name} Central Primary", f"{zh}中心小学"
    tail = f" {number + 1}" if number else ""
    return f"{township.name} {_ENGLISH[kind]}{tail}", f"{zh}{_CHINESE[kind]}{tail.strip()}"


def _teaching_points(
    totals: Totals, settlements: pd.DataFrame, rows: list[dict[str, str]]
) -> list[dict[str, str]]:
    """Teaching points in the villages with most people x kilometres to the nearest campus."""
    campuses = _with_places(pd.DataFrame(rows), settlements)
    primary = campuses[campuses["kind"].isin(("primary", "nine_year"))]
    with_school = set(primary["township"])
    villages = settlements[
        (settlements["kind"] == "village") & settlements["township"].isin(with_school)
    ].reset_index(drop=True)
    away = distances(villages, primary).min(axis=1)
    found: list[dict[str, str]] = []
    counts: dict[str, int] = {}
    people = villages["population"].to_numpy()
    for _ in range(totals.schools.teaching_points):
        place = int(np.argmax(people * away))
        if away[place] <= 0.5:
            raise InvalidInput.of(
                "schools.teaching_points", f"{totals.schools.teaching_points} are too many",
                f"only {len(found)} villages are without a campus nearby",
            )  # fmt: skip
        village = villages.iloc[place]
        own = primary[primary["township"] == village["township"]]
        parent = own.iloc[int(np.argmin(distances(villages.iloc[[place]], own)[0]))]
        counts[village["township"]] = counts.get(village["township"], 0) + 1
        found.append(
            {
                "school": f"{village['township']}-point-{counts[village['township']]}",
                "kind": "teaching_point",
                "settlement": village["settlement"],
                "name": f"{village['name']} teaching point",
                "name_zh": f"{village['name_zh']}教学点",
                "parent": parent["school"],
                "township": village["township"],
            }
        )
        away = np.minimum(away, distances(villages, villages.iloc[[place]])[:, 0])
    return found


def _with_places(schools: pd.DataFrame, settlements: pd.DataFrame) -> pd.DataFrame:
    """Add the grades, the position and the kind of the settlement of each school."""
    places = settlements.set_index("settlement")
    return schools.assign(
        lowest_grade=schools["kind"].map(lambda kind: GRADES_BY_KIND[kind][0]),
        highest_grade=schools["kind"].map(lambda kind: GRADES_BY_KIND[kind][1]),
        x_km=schools["settlement"].map(places["x_km"]),
        y_km=schools["settlement"].map(places["y_km"]),
        settlement_kind=schools["settlement"].map(places["kind"]),
    )
