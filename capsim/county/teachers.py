"""The stock of teachers: one row each, in columns.

A teacher is at a school and teaches one level there. Ages follow from the month of birth. What
the table of teachers does not say (month of birth, and subject, backbone, degree or years at the
school where the columns are missing) is drawn by the teacher's permanent identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from capsim import draws
from capsim.county.retirement import AUGUST, MONTHS, age_years, month_index, retirement_month
from capsim.dims import LEVELS
from capsim.scenario.base import ByLevel
from capsim.scenario.staffing_options import StaffingOptions

I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

GENERAL: Final = 0
PE_ARTS: Final = 1
SUBJECT_GROUPS: Final = ("general", "pe_arts")

ORDINARY: Final = 0
ON_TERM: Final = 1  # at another school for a term; returns to `home`
LENT_IN: Final = 2  # from outside the county; holds no post here
AWAY: Final = 3  # sent out for training; holds the post but does not teach


@dataclass
class Teachers:
    """Columns of the teachers of a county; all have shape (teachers,).

    Attributes
    ----------
    identity : ndarray of uint64
        Permanent identity, key of all draws.
    school : ndarray of int32
        Row of the school.
    level : ndarray of int8
        0 primary, 1 junior.
    birth_month, retires : ndarray of int32
        Months counted from January of year 0.
    male, backbone, high_degree : ndarray of bool
    subject_group : ndarray of int8
        0 general, 1 physical education and arts.
    since : ndarray of int32
        School year in which the teacher joined the school.
    status : ndarray of int8
        0 ordinary, 1 at another school for a term, 2 lent in from outside, 3 away for training.
    until : ndarray of int32
        School year at whose start that status ends; 0 for the ordinary.
    home : ndarray of int32
        School to return to after a term; -1 otherwise.
    """

    identity: NDArray[np.uint64]
    school: I32
    level: NDArray[np.int8]
    birth_month: I32
    retires: I32
    male: Bool
    backbone: Bool
    high_degree: Bool
    subject_group: NDArray[np.int8]
    since: I32
    status: NDArray[np.int8]
    until: I32
    home: I32

    def __len__(self) -> int:
        return len(self.identity)

    def copy(self) -> Teachers:
        """Return an independent copy."""
        return Teachers(*(getattr(self, name).copy() for name in _COLUMNS))

    def take(self, rows: ArrayLike) -> Teachers:
        """Return the teachers of a selection of rows (indices or flags)."""
        chosen = np.asarray(rows)
        return Teachers(*(getattr(self, name)[chosen] for name in _COLUMNS))

    def keep(self, rows: Bool) -> None:
        """Keep the flagged teachers only, in place."""
        kept, columns = rows.nonzero()[0], vars(self)
        if len(kept) == len(rows):
            return
        for name in _COLUMNS:
            columns[name] = columns[name].take(kept)

    def append(self, more: Teachers) -> None:
        """Add teachers, in place."""
        if not len(more):
            return
        columns, added = vars(self), vars(more)
        for name in _COLUMNS:
            columns[name] = np.concatenate((columns[name], added[name]))

    def cell(self, rows: NDArray[np.intp] | None = None) -> I32:
        """Return ``2 x school + level`` of each teacher; of some rows if given."""
        school, level = self.school, self.level
        if rows is not None:
            school, level = school.take(rows), level.take(rows)
        cells: I32 = school * np.int32(2)
        cells += level
        return cells

    def present(self) -> Bool:
        """Return who teaches in the county this year: all but those away for training."""
        here: Bool = self.status != AWAY
        return here

    def on_payroll(self) -> Bool:
        """Return whom the county pays and who hold its posts: all but those lent in."""
        paid: Bool = self.status != LENT_IN
        return paid


_COLUMNS: Final = tuple(f.name for f in fields(Teachers))


def count_by_cell(teachers: Teachers, schools: int, which: Bool | None = None) -> I32:
    """Count teachers by school and level.

    Parameters
    ----------
    teachers : Teachers
    schools : int
        Number of schools.
    which : ndarray of bool, shape (teachers,), optional
        Whom to count. Default: all who are present.

    Returns
    -------
    ndarray of int32, shape (schools, 2)
    """
    rows = None
    if which is not None or np.count_nonzero(teachers.status):
        rows = (teachers.present() if which is None else which).nonzero()[0]
    counted = np.bincount(teachers.cell(rows), minlength=2 * schools)
    return counted.reshape(schools, 2).astype(np.int32)


# Which of the eight counts of a cell make up heads, backbone, high degree, and PE and arts.
_WITH_QUALITY: Final = np.array(
    [[1, backbone, degree, arts] for backbone in (0, 1) for degree in (0, 1) for arts in (0, 1)],
    dtype=np.int32,
)
_TAUGHT_BY: Final = np.ascontiguousarray(_WITH_QUALITY[:, :3].T, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Composition:
    """Teachers present by school and level; all of shape (schools, 2).

    Attributes
    ----------
    heads, backbone, high_degree, pe_arts : ndarray of int32
    """

    heads: I32
    backbone: I32
    high_degree: I32
    pe_arts: I32


def quality_counts(teachers: Teachers, schools: int) -> I32:
    """Count the teachers present by school, level, backbone, degree and subject group.

    Returns
    -------
    ndarray of int32, shape (schools, 2, 2, 2, 2)
        The last three axes are no/yes: backbone, high degree, physical education or arts.
    """
    code = teachers.cell() * np.int32(8)
    code += teachers.backbone * np.int8(4)
    code += teachers.high_degree * np.int8(2)
    code += teachers.subject_group == PE_ARTS
    if np.count_nonzero(teachers.status):
        code = code[teachers.present()]
    counted = np.bincount(code, minlength=16 * schools).astype(np.int32)
    return counted.reshape(schools, 2, 2, 2, 2)


def composition_of(counts: I32) -> Composition:
    """Return the composition from :func:`quality_counts`; further axes may come first."""
    summed = counts.reshape(*counts.shape[:-3], 8) @ _WITH_QUALITY
    return Composition(*(summed[..., column] for column in range(4)))


def taught_by(counts: I32) -> NDArray[np.float64]:
    """Return all teachers, the backbone and those with a high degree: shape (3, schools, 2).

    Parameters
    ----------
    counts : ndarray of int32, shape (schools, 2, 2, 2, 2)
        From :func:`quality_counts`.
    """
    summed: NDArray[np.float64] = _TAUGHT_BY @ counts.reshape(-1, 8).T
    return summed.reshape(3, -1, 2)


def age_table(teachers: Teachers, year: int) -> pd.DataFrame:
    """Return teachers present by level, sex and completed age on 31 August of `year`.

    Returns
    -------
    DataFrame
        Columns ``level, sex, age, teachers``.
    """
    here = teachers.take(teachers.present())
    frame = pd.DataFrame(
        {
            "level": np.array(LEVELS)[here.level],
            "sex": np.where(here.male, "male", "female"),
            "age": age_years(here.birth_month, year),
        }
    )
    return frame.groupby(["level", "sex", "age"]).size().rename("teachers").reset_index()


def build_teachers(
    table: pd.DataFrame,
    row_of_school: Mapping[str, int],
    *,
    base_year: int,
    options: StaffingOptions,
    seed: int,
) -> Teachers:
    """Return the teachers of the base year from the checked table.

    Parameters
    ----------
    table : DataFrame
        Columns ``school, level, sex, age, teachers`` and, where known, ``subject_group``,
        ``backbone``, ``degree``, ``years_at_school``. Ages are completed years on 31 August.
    row_of_school : mapping
        Row of each school by its id.
    base_year : int
    options : StaffingOptions
    seed : int
        Seed of the run; missing attributes are the same in all replicates.

    Returns
    -------
    Teachers
        A teacher's identity hangs on school, level, sex, age and the number within them, so that
        rows added to the table change nobody else's draws.
    """
    number = table["teachers"].to_numpy(np.int64)
    each = np.repeat(np.arange(len(table)), number)
    names = table["school"].astype(str).to_numpy()
    school = np.array([row_of_school[name] for name in names], dtype=np.int32)[each]
    level = np.array([LEVELS.index(str(v)) for v in table["level"]], dtype=np.int8)[each]
    male = (table["sex"].to_numpy() == "male")[each]
    age = table["age"].to_numpy(np.int32)[each]
    place = draws.identity_of(names)[each] if len(table) else np.zeros(0, dtype=np.uint64)
    ordinal = _ordinals(place, level, male, age)
    identity = draws.combine(place, level, male, age, ordinal)

    def given(column: str) -> NDArray[np.float64]:
        if column not in table:
            return np.full(len(each), np.nan)
        return table[column].to_numpy(np.float64, na_value=np.nan)[each]

    subject = np.full(len(each), np.nan)
    if "subject_group" in table:
        words = table["subject_group"]
        known = words.isin(SUBJECT_GROUPS).to_numpy()
        subject = np.where(known, words.eq("pe_arts").to_numpy(np.float64), np.nan)[each]
    stock = options.stock
    drawn = _Drawn(seed, identity, level)
    lag = draws.stream(seed, 0, "teacher_birth_month").uniform(identity) * MONTHS
    birth = month_index(base_year - age, AUGUST) - lag.astype(np.int32)
    years = np.where(
        np.isnan(given("years_at_school")),
        _years_at_school(seed, identity, age, options),
        given("years_at_school"),
    )
    return Teachers(
        identity=identity,
        school=school,
        level=level,
        birth_month=birth,
        retires=retirement_month(birth, male, options.retirement),
        male=male,
        backbone=drawn.known_or("teacher_backbone", given("backbone"), stock.backbone_share),
        high_degree=drawn.known_or("teacher_degree", given("degree"), stock.high_degree_share),
        subject_group=drawn.known_or("teacher_subject", subject, stock.pe_arts_share).astype(
            np.int8
        ),
        since=(base_year - years).astype(np.int32),
        status=np.zeros(len(each), dtype=np.int8),
        until=np.zeros(len(each), dtype=np.int32),
        home=np.full(len(each), -1, dtype=np.int32),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Attributes drawn where the table does not give them."""

    seed: int
    identity: NDArray[np.uint64]
    level: NDArray[np.int8]

    def known_or(self, process: str, known: NDArray[np.float64], share: ByLevel) -> Bool:
        probability = np.array(share.as_tuple())[self.level]
        occurs = draws.stream(self.seed, 0, process).occurs(self.identity, probability)
        return np.where(np.isnan(known), occurs, known > 0)


def _ordinals(
    place: NDArray[np.uint64], level: NDArray[np.int8], male: Bool, age: I32
) -> NDArray[np.int64]:
    """Number the teachers within each school, level, sex and age, from 0, in table order."""
    frame = pd.DataFrame({"place": place, "level": level, "male": male, "age": age})
    number = frame.groupby(["place", "level", "male", "age"]).cumcount()
    return np.asarray(number, dtype=np.int64)


def _years_at_school(
    seed: int, identity: NDArray[np.uint64], age: I32, options: StaffingOptions
) -> NDArray[np.float64]:
    """Completed years at the school: geometric, no longer than the career."""
    u = draws.stream(seed, 0, "teacher_years_at_school").uniform(identity)
    rate = min(options.stock.school_change_rate, 1.0 - 1e-9)
    years = np.floor(np.log(u) / np.log1p(-rate))
    most = np.maximum(age - options.recruits.youngest_years, 0).astype(np.float64)
    return np.asarray(np.minimum(years, most), dtype=np.float64)
