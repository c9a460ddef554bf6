"""Schools as columns: places, grades, rooms, rolls, classes, posts and quality.

One row per school of the table and per school that any project may build; a row that does not
stand yet is closed. The columns hold the state; agents that stand for a school are views of a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.dims import GRADE_LEVEL_INDEX, LEVELS, SCHOOL_KINDS
from capsim.county.geography import Geography, names_of
from capsim.schools.classes.formation import by_level

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

RESOURCES = (
    "site_area_m2",
    "building_area_m2",
    "teaching_area_m2",
    "sports_area_m2",
    "equipment_yuan",
    "multimedia_rooms",
)
_FIRST_COLUMNS = (0, 6)  # where the grades of each level begin
TEACHING_POINT = SCHOOL_KINDS.index("teaching_point")
GRADES_TAUGHT = {
    "primary": (1, 6),
    "junior": (7, 9),
    "nine_year": (1, 9),
    "complete_middle": (7, 9),
    "teaching_point": (1, 3),
}


@dataclass
class Schools:
    """Columns of the schools of a county.

    Attributes
    ----------
    ids : tuple of str
    identity : ndarray of uint64, shape (schools,)
    kind, settlement, township, settlement_kind, parent : ndarray of int32, shape (schools,)
        Codes and rows; `parent` is -1 where there is none.
    teaches : ndarray of bool, shape (schools, 9)
    is_open : ndarray of bool, shape (schools,)
    rooms, posts : ndarray of int32, shape (schools, 2)
    beds : ndarray of int32, shape (schools,)
    quality : ndarray of float64, shape (schools, 2)
        Missing where the table has none, until a replicate starts.
    roll, classes : ndarray of int32, shape (schools, 9)
    resources : dict of ndarray, shape (schools, 2)
        Areas in m2, equipment in yuan, rooms; missing where the table has none.
    classes_reported : ndarray of bool, shape (schools,)
        Whether a table gives the classes of the base year.
    """

    ids: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    identity: NDArray[np.uint64]
    kind: I32
    settlement: I32
    township: I32
    settlement_kind: I32
    parent: I32
    x_km: F64
    y_km: F64
    teaches: Flags
    is_open: Flags
    rooms: I32
    posts: I32
    beds: I32
    quality: F64
    roll: I32
    classes: I32
    resources: dict[str, F64] = field(default_factory=dict)
    classes_reported: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __len__(self) -> int:
        return len(self.ids)

    def copy(self) -> Schools:
        """Return an independent copy of the state (fixed columns and resources are shared)."""
        changing = {"kind", "parent", "teaches", "is_open", "rooms", "posts", "beds", "quality"}
        changing |= {"roll", "classes"}
        values = {
            f.name: getattr(self, f.name).copy() if f.name in changing else getattr(self, f.name)
            for f in fields(self)
        }
        return Schools(**values)

    def teaches_level(self) -> Flags:
        """Return which levels each school teaches, shape (schools, 2)."""
        taught: Flags = np.logical_or.reduceat(self.teaches, _FIRST_COLUMNS, axis=1)
        return taught

    def open_levels(self) -> Flags:
        """Return which levels each school teaches while it is open, shape (schools, 2)."""
        return self.teaches_level() & self.is_open[:, None]

    def taught(self) -> Flags:
        """Return which grades each school teaches while it is open, shape (schools, 9)."""
        return self.teaches & self.is_open[:, None]

    def capacity(self, class_cap: F64) -> F64:
        """Return classrooms x class cap by school and level; 0 where closed. Seats."""
        seats: F64 = self.rooms * class_cap[None, :] * self.is_open[:, None]
        return seats

    def roll_by_level(self) -> I32:
        """Return pupils by school and level, shape (schools, 2)."""
        return by_level(self.roll)


def build_schools(
    table: pd.DataFrame,
    rolls: pd.DataFrame,
    geography: Geography,
    *,
    class_cap: F64,
    classes: pd.DataFrame | None = None,
    base_year: int,
) -> Schools:
    """Return the school columns of the base year from the checked tables.

    Where rooms are not given they are what the reported classes (or the roll at the class cap)
    need; where classes are not reported they are the roll divided by the class cap, rounded up.

    Parameters
    ----------
    table, rolls, classes : DataFrame
        The schools, rolls and classes tables.
    geography : Geography
    class_cap : ndarray, shape (2,)
        Planned class size by level.
    base_year : int
        Year of the roll that is used when the table holds several.
    """
    ids = tuple(table["school"].astype(str))
    row_of = {name: row for row, name in enumerate(ids)}
    settlement_row = {name: row for row, name in enumerate(geography.settlements)}
    settlement = np.array([settlement_row[str(s)] for s in table["settlement"]], np.int32)
    kinds = [str(k) for k in table["kind"]]
    teaches = _grades_taught(table, kinds)
    roll = _by_school_and_grade(rolls, row_of, "pupils", base_year)
    cap_of_grade = np.asarray(class_cap, np.float64)[GRADE_LEVEL_INDEX]
    formed = np.ceil(roll / cap_of_grade).astype(np.int32)
    told = np.zeros(len(ids), np.bool_)
    if classes is not None:
        reported = _by_school_and_grade(classes, row_of, "classes", base_year)
        # A school of the table has what the table says: 0 at a grade that shares a lower class.
        told = np.isin(np.array(ids, object), classes["school"].astype(str).to_numpy(object))
        formed = np.where(told[:, None], reported, formed)
    return Schools(
        ids=ids,
        names=names_of(table, "school"),
        identity=draws.identity_of(ids),
        kind=np.array([SCHOOL_KINDS.index(k) for k in kinds], np.int32),
        settlement=settlement,
        township=geography.township[settlement],
        settlement_kind=geography.kind[settlement],
        parent=_parents(table, row_of),
        x_km=_or_home(table, "x_km", geography.x_km[settlement]),
        y_km=_or_home(table, "y_km", geography.y_km[settlement]),
        teaches=teaches,
        is_open=_open_from_start(table),
        rooms=_rooms(table, formed),
        posts=_two_levels(table, "posts", missing=0.0).astype(np.int32),
        beds=_column(table, "beds", missing=0.0).astype(np.int32),
        quality=_two_levels(table, "quality", missing=np.nan),
        roll=roll,
        classes=formed,
        resources={name: _two_levels(table, name, missing=np.nan) for name in RESOURCES},
        classes_reported=told,
    )


def _open_from_start(table: pd.DataFrame) -> Flags:
    """Rows a project may build carry ``is_open`` = 0; rows of the user's table are open."""
    if "is_open" not in table:
        return np.ones(len(table), np.bool_)
    return table["is_open"].fillna(1).to_numpy(np.float64) > 0


def _grades_taught(table: pd.DataFrame, kinds: list[str]) -> Flags:
    low = _column(table, "lowest_grade", missing=np.nan)
    high = _column(table, "highest_grade", missing=np.nan)
    default = np.array([GRADES_TAUGHT[k] for k in kinds], np.float64)
    low = np.where(np.isnan(low), default[:, 0], low)
    high = np.where(np.isnan(high), default[:, 1], high)
    grades = np.arange(1, 10)
    return (grades >= low[:, None]) & (grades <= high[:, None])


def _by_school_and_grade(
    table: pd.DataFrame, row_of: dict[str, int], column: str, base_year: int
) -> I32:
    """Spread a tidy (school, grade, value) table to shape (schools, 9)."""
    if "year" in table and table["year"].notna().any():
        table = table[table["year"] == base_year]
    result = np.zeros((len(row_of), 9), np.int32)
    rows = np.array([row_of[str(s)] for s in table["school"]], np.intp)
    np.add.at(
        result, (rows, table["grade"].to_numpy(np.intp) - 1), table[column].to_numpy(np.int32)
    )
    return result


def _column(table: pd.DataFrame, name: str, *, missing: float) -> F64:
    if name not in table:
        return np.full(len(table), missing)
    return table[name].fillna(missing).to_numpy(np.float64)


def _two_levels(table: pd.DataFrame, name: str, *, missing: float) -> F64:
    return np.stack([_column(table, f"{name}_{lv}", missing=missing) for lv in LEVELS], axis=1)


def _or_home(table: pd.DataFrame, name: str, home: F64) -> F64:
    given = _column(table, name, missing=np.nan)
    return np.where(np.isnan(given), home, given)


def _parents(table: pd.DataFrame, row_of: dict[str, int]) -> I32:
    if "parent" not in table:
        return np.full(len(table), -1, np.int32)
    return np.array(
        [row_of[p] if isinstance(p, str) and p else -1 for p in table["parent"]], np.int32
    )


def _rooms(table: pd.DataFrame, classes: I32) -> I32:
    given = _two_levels(table, "rooms", missing=np.nan)
    needed = by_level(classes)
    return np.where(np.isnan(given), needed, given).astype(np.int32)
