"""The stock of teachers: one row each, in columns.

A teacher is at a school and teaches one level there. Ages follow from the month of birth. What
the table of teachers does not say (month of birth, and subject, backbone, degree or years at the
school where the columns are missing) is drawn by the teacher's permanent identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.dims import LEVELS
from capsim.scenario.options.base import ByLevel
from capsim.scenario.options.staffing import StaffingOptions
from capsim.schools.staffing.retirement import (
    AUGUST,
    MONTHS,
    age_years,
    month_index,
    retirement_month,
)

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]
Block = NDArray[Any]
Bool = NDArray[np.bool_]

GENERAL: Final = 0
PE_ARTS: Final = 1
SUBJECT_GROUPS: Final = ("general", "pe_arts")

ORDINARY: Final = 0
ON_TERM: Final = 1  # at another school for a term; returns to `home`
LENT_IN: Final = 2  # from outside the county; holds no post here
AWAY: Final = 3  # sent out for training; holds the post but does not teach


class Teachers:
    """Columns of the teachers of a county; all have shape (teachers,).

    Columns of one type lie below each other in one block, so that a table is changed in three
    pieces.

    Parameters
    ----------
    words : ndarray of uint64, shape (2, teachers)
    numbers : ndarray of int32, shape (6, teachers)
    codes : ndarray of int8, shape (6, teachers)

    Attributes
    ----------
    identity : ndarray of uint64
        Permanent identity, key of all draws.
    mixed : ndarray of uint64
        Identity as draws start from it (:func:`capsim.core.draws.mix`).
    cell : ndarray of int32
        ``2 x school + level``.
    birth_month, retires : ndarray of int32
        Months counted from January of year 0.
    since : ndarray of int32
        School year in which the teacher joined the school.
    until : ndarray of int32
        School year at whose start the status ends; 0 for the ordinary.
    home : ndarray of int32
        School to return to after a term; -1 otherwise.
    level : ndarray of int8
        0 primary, 1 junior.
    male, backbone, high_degree : ndarray of bool
    subject_group : ndarray of int8
        0 general, 1 physical education and arts.
    status : ndarray of int8
        0 ordinary, 1 at another school for a term, 2 lent in from outside, 3 away for training.
    """

    identity: U64
    mixed: U64
    cell: I32
    birth_month: I32
    retires: I32
    since: I32
    until: I32
    home: I32
    level: I8
    male: Bool
    backbone: Bool
    high_degree: Bool
    subject_group: I8
    status: I8

    def __init__(self, words: Block, numbers: Block, codes: Block) -> None:
        self._hold(words, numbers, codes)

    @classmethod
    def empty(cls, teachers: int) -> Teachers:
        """Return a table of some length whose columns are to be filled."""
        return cls(
            np.empty((2, teachers), np.uint64),
            np.empty((6, teachers), np.int32),
            np.empty((6, teachers), np.int8),
        )

    def _hold(self, words: Block, numbers: Block, codes: Block) -> None:
        """Let the columns be the rows of three blocks."""
        self._blocks = (words, numbers, codes)
        self.identity, self.mixed = words[0], words[1]
        self.cell, self.birth_month, self.retires = numbers[0], numbers[1], numbers[2]
        self.since, self.until, self.home = numbers[3], numbers[4], numbers[5]
        self.level, self.subject_group, self.status = codes[0], codes[1], codes[2]
        flags = codes.view(np.bool_)
        self.male, self.backbone, self.high_degree = flags[3], flags[4], flags[5]

    def __reduce__(self) -> tuple[type[Teachers], tuple[Block, ...]]:
        return Teachers, self._blocks

    def __len__(self) -> int:
        return len(self.identity)

    @property
    def school(self) -> I32:
        """Row of the school of each teacher; see `cell`."""
        return self.cell >> 1

    def copy(self) -> Teachers:
        """Return an independent copy."""
        return Teachers(*(block.copy() for block in self._blocks))

    def take(self, rows: NDArray[np.intp] | Bool | slice) -> Teachers:
        """Return a copy of the teachers of a selection of rows."""
        return Teachers(*(block[:, rows].copy() for block in self._blocks))

    def keep(self, rows: Bool) -> None:
        """Keep the flagged teachers only, in place."""
        kept = rows.nonzero()[0]
        if len(kept) < len(rows):
            self._hold(*(block.take(kept, axis=1) for block in self._blocks))

    def append(self, more: Teachers) -> None:
        """Add teachers, in place."""
        pairs = zip(self._blocks, more._blocks, strict=True)
        self._hold(*(np.concatenate(pair, axis=1) for pair in pairs))

    def ordinary(self) -> bool:
        """Return whether nobody is away, lent or at another school for a term."""
        return not np.count_nonzero(self.status)

    def present(self) -> Bool:
        """Return who teaches in the county this year: all but those away for training."""
        here: Bool = self.status != AWAY
        return here

    def on_payroll(self) -> Bool:
        """Return whom the county pays and who hold its posts: all but those lent in."""
        paid: Bool = self.status != LENT_IN
        return paid


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
    cell = teachers.cell
    if which is not None or not teachers.ordinary():
        cell = cell[teachers.present() if which is None else which]
    counted = np.bincount(cell, minlength=2 * schools)
    return counted.reshape(schools, 2).astype(np.int32)


_BACKBONE: Final = np.array(4, np.int8)
_HIGH_DEGREE: Final = np.array(2, np.int8)
# Which of the eight counts of a cell make up heads, backbone, high degree, and PE and arts.
_WITH_QUALITY: Final = np.array(
    [[1, backbone, degree, arts] for backbone in (0, 1) for degree in (0, 1) for arts in (0, 1)],
    dtype=np.int32,
)
_TAUGHT_BY: Final = np.ascontiguousarray(_WITH_QUALITY[:, [1, 2, 0]].T, dtype=np.float64)


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
    kind = teachers.backbone * _BACKBONE
    kind += teachers.high_degree * _HIGH_DEGREE
    kind += teachers.subject_group  # 0 or 1
    code = teachers.cell << 3
    code += kind
    if not teachers.ordinary():
        code = code[teachers.present()]
    counted = np.bincount(code, minlength=16 * schools).astype(np.int32)
    return counted.reshape(schools, 2, 2, 2, 2)


def composition_of(counts: I32) -> Composition:
    """Return the composition from :func:`quality_counts`; further axes may come first."""
    summed = counts.reshape(*counts.shape[:-3], 8) @ _WITH_QUALITY
    return Composition(*(summed[..., column] for column in range(4)))


def taught_by(counts: I32) -> NDArray[np.float64]:
    """Return the backbone, those with a high degree and all teachers: shape (3, schools, 2).

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
    made = Teachers.empty(len(each))
    made.identity[:], made.mixed[:] = identity, draws.mix(identity)
    made.cell[:], made.level[:] = 2 * school + level, level
    made.birth_month[:] = birth
    made.retires[:] = retirement_month(birth, male, options.retirement)
    made.male[:] = male
    made.backbone[:] = drawn.known_or("teacher_backbone", given("backbone"), stock.backbone_share)
    made.high_degree[:] = drawn.known_or("teacher_degree", given("degree"), stock.high_degree_share)
    made.subject_group[:] = drawn.known_or("teacher_subject", subject, stock.pe_arts_share)
    made.since[:] = base_year - years
    made.status[:], made.until[:], made.home[:] = ORDINARY, 0, -1
    return made


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Attributes drawn where the table does not give them."""

    seed: int
    identity: U64
    level: I8

    def known_or(self, process: str, known: NDArray[np.float64], share: ByLevel) -> Bool:
        probability = np.array(share.as_tuple())[self.level]
        occurs = draws.stream(self.seed, 0, process).occurs(self.identity, probability)
        return np.where(np.isnan(known), occurs, known > 0)


def _ordinals(place: U64, level: I8, male: Bool, age: I32) -> NDArray[np.int64]:
    """Number the teachers within each school, level, sex and age, from 0, in table order."""
    frame = pd.DataFrame({"place": place, "level": level, "male": male, "age": age})
    number = frame.groupby(["place", "level", "male", "age"]).cumcount()
    return np.asarray(number, dtype=np.int64)


def _years_at_school(
    seed: int, identity: U64, age: I32, options: StaffingOptions
) -> NDArray[np.float64]:
    """Completed years at the school: geometric, no longer than the career."""
    u = draws.stream(seed, 0, "teacher_years_at_school").uniform(identity)
    rate = min(options.stock.school_change_rate, 1.0 - 1e-9)
    years = np.floor(np.log(u) / np.log1p(-rate))
    most = np.maximum(age - options.recruits.youngest_years, 0).astype(np.float64)
    return np.asarray(np.minimum(years, most), dtype=np.float64)
