"""The last step of reading tables: defaults filled in, canonical types, rows in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from capsim.core.dims import GRADES_OF_LEVEL, LEVELS
from capsim.tables.cells import Parsed
from capsim.tables.check.links import grade_limits, taught_levels
from capsim.tables.context import TableContext
from capsim.tables.county_tables import Tables


def finish(
    tables: Mapping[str, Parsed],
    context: TableContext,
    marks: Mapping[tuple[str, str], tuple[str, str]],
    hashes: Mapping[str, str],
) -> Tables:
    """Return the canonical tables; only for tables in which no problem was found.

    Parameters
    ----------
    tables : mapping of str to Parsed
        The checked tables.
    context : TableContext
        Base year and names of the county.
    marks, hashes : mapping
        Passed on to :class:`Tables`.
    """
    frames = {name: parsed.frame.copy() for name, parsed in tables.items()}
    base = context.base_year
    settlements = _named(_typed(frames["settlements"], whole=("population",)), "settlement")
    rolls = frames["rolls"].assign(year=frames["rolls"]["year"].fillna(base))
    rolls = _typed(rolls, whole=("grade", "pupils", "year"))
    schools = _schools(frames["schools"], settlements, rolls[rolls["year"] == base])
    areas = context.areas(set(settlements["township"]))
    population = _typed(frames["population"], whole=("age_low", "age_high", "persons"))
    return Tables(
        settlements=settlements,
        townships=_townships(frames.get("townships"), settlements),
        schools=schools,
        rolls=rolls,
        teachers=_teachers(frames["teachers"]),
        population=population.assign(area=_text(population["area"].map(areas))),
        classes=_optional(frames, "classes", ("grade", "classes")),
        births=_births(frames, areas),
        preschool=_preschool(frames, areas),
        zones=_optional(frames, "zones"),
        planning_areas=_optional(frames, "planning_areas"),
        travel=_optional(frames, "travel"),
        private_schools=_private(frames),
        housing=_housing(frames),
        marks=dict(marks),
        hashes=dict(hashes),
    )


def _text(values: Any) -> pd.Series[str]:
    """A column of text; empty text where missing."""
    series = pd.Series(values).astype(object)
    return series.where(series.notna(), "").astype(str)


def _typed(frame: pd.DataFrame, whole: tuple[str, ...] = ()) -> pd.DataFrame:
    """Counts as int64, other numbers as float64, text as text, dates as they are."""
    typed = frame.reset_index(drop=True)
    for column in typed.columns:
        if column in whole:
            typed[column] = typed[column].astype(np.int64)
        elif column != "date" and not pd.api.types.is_numeric_dtype(typed[column]):
            typed[column] = _text(typed[column])
    return typed


def _named(frame: pd.DataFrame, identifier: str) -> pd.DataFrame:
    """Fill the names: the identifier, and for the Chinese name the name."""
    name = frame["name"].where(frame["name"] != "", frame[identifier])
    name_zh = frame["name_zh"].where(frame["name_zh"] != "", name)
    return frame.assign(name=name, name_zh=name_zh)


def _townships(given: pd.DataFrame | None, settlements: pd.DataFrame) -> pd.DataFrame:
    if given is not None:
        return _named(_typed(given), "township")
    names = list(dict.fromkeys(settlements["township"]))
    return pd.DataFrame({"township": names, "name": names, "name_zh": names})


def _schools(frame: pd.DataFrame, settlements: pd.DataFrame, rolls: pd.DataFrame) -> pd.DataFrame:
    """Fill grades by kind, positions by settlement, rooms by level, beds with 0."""
    low, high = grade_limits(frame)
    frame = frame.assign(lowest_grade=low, highest_grade=high, beds=frame["beds"].fillna(0))
    places = settlements.set_index("settlement")
    for axis in ("x_km", "y_km"):
        frame[axis] = frame[axis].fillna(frame["settlement"].map(places[axis]))
    frame = _rooms_by_level(frame, rolls)
    whole = ("lowest_grade", "highest_grade", "rooms_primary", "rooms_junior", "beds")
    return _named(_typed(frame.drop(columns="rooms"), whole=whole), "school")


def _rooms_by_level(frame: pd.DataFrame, rolls: pd.DataFrame) -> pd.DataFrame:
    """Split `rooms` of a school of two levels by roll (by grades where it has no pupils)."""
    pupils = {
        level: rolls[rolls["grade"].isin(GRADES_OF_LEVEL[level])].groupby("school")["pupils"].sum()
        for level in LEVELS
    }
    rooms: dict[str, list[float]] = {level: [] for level in LEVELS}
    for row in frame.to_dict("records"):
        levels = taught_levels(row["lowest_grade"], row["highest_grade"])
        weight = {level: float(pupils[level].get(row["school"], 0)) for level in levels}
        if not sum(weight.values()):
            weight = {level: float(len(GRADES_OF_LEVEL[level])) for level in levels}
        given = {lv: row[f"rooms_{lv}"] for lv in levels if not pd.isna(row[f"rooms_{lv}"])}
        unknown = [level for level in levels if level not in given]
        rest = max(row["rooms"] - sum(given.values()), 0.0) if unknown else 0.0
        share = sum(weight[level] for level in unknown)
        for level in unknown[:-1]:
            given[level] = float(round(rest * weight[level] / share)) if share else 0.0
        for level in unknown[-1:]:
            given[level] = max(row["rooms"] - sum(given.values()), 0.0)
        for level in LEVELS:
            rooms[level].append(given.get(level, 0.0))
    return frame.assign(rooms_primary=rooms["primary"], rooms_junior=rooms["junior"])


def _teachers(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill the subject group where the column is used, and add up rows of the same kind."""
    if frame["subject_group"].notna().any():
        frame = frame.assign(subject_group=frame["subject_group"].fillna("general"))
    keys = [column for column in frame.columns if column != "teachers"]
    summed = frame.groupby(keys, sort=False, dropna=False)["teachers"].sum().reset_index()
    return _typed(summed[list(frame.columns)], whole=("age", "teachers"))


def _optional(
    frames: Mapping[str, pd.DataFrame], name: str, whole: tuple[str, ...] = ()
) -> pd.DataFrame | None:
    return _typed(frames[name], whole=whole) if name in frames else None


def _births(frames: Mapping[str, pd.DataFrame], areas: Mapping[str, str]) -> pd.DataFrame | None:
    births = _optional(frames, "births", ("year", "births"))
    return None if births is None else births.assign(area=_text(births["area"].map(areas)))


def _preschool(frames: Mapping[str, pd.DataFrame], areas: Mapping[str, str]) -> pd.DataFrame | None:
    """Add up the kindergartens of each area."""
    if "preschool" not in frames:
        return None
    frame = frames["preschool"]
    placed = frame.assign(area=_text(frame["area"].map(areas)), age=frame["age"].astype(np.int64))
    summed = placed.groupby(["year", "area", "age"], sort=False)["pupils"].sum().reset_index()
    return _typed(summed, whole=("year", "pupils"))


def _housing(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    housing = _optional(frames, "housing", ("units", "completion_year"))
    if housing is None:
        return None
    return housing.assign(type=housing["type"].where(housing["type"] != "", "flat"))


def _private(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    if "private_schools" not in frames:
        return None
    frame = frames["private_schools"]
    frame = frame.assign(fee_yuan=frame["fee_yuan"].fillna(0), lottery=frame["lottery"].fillna(1))
    return _named(_typed(frame, whole=("seats", "lottery")), "school")
