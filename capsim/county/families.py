"""Families as columns: one row per child of school age, with a permanent identity.

A child is created when its cohort enters (or as part of the reported base year) and stays in the
table until it leaves school age, dies or leaves the county. What it is - identity, household,
registration, income, destinations - is drawn once, keyed by its identity ``(settlement, cohort,
ordinal)``; what changes is its home, its school and its state.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from capsim.admission.outcomes import OUTCOMES
from capsim.core import draws
from capsim.core.dims import ENTRY_GRADES, LEVELS, SEXES
from capsim.core.lookup import row_of_each
from capsim.county.geography import Geography

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]
Block = NDArray[Any]

# States of a child: the first three are destinations, the last follows from what happens to it.
PUBLIC: Final = 0
PRIVATE: Final = 1
OUT_OF_COUNTY: Final = 2
DROPPED_OUT: Final = 3
STATES: Final = ("public", "private", "out_of_county", "dropped_out")

REGISTRATIONS: Final = ("hukou_and_home", "hukou", "home", "migrant")
NO_SCHOOL: Final = -1
_OUTCOMES: Final = np.array([*OUTCOMES, ""], dtype=object)  # the last for who did not apply
# Shares of the years between siblings, 1 to 4.
_SIBLING_GAPS: Final = (0.15, 0.35, 0.3, 0.2)
_GAPS_BELOW: Final = np.cumsum(_SIBLING_GAPS)[:-1]
# What is drawn for every child of a cohort, first what stands in the rows of its codes.
_DRAWN: Final = (
    "registration",
    "income",
    *(f"destination {level}" for level in LEVELS),
    "sex",
    "boarding",
    "sibling",
    "sibling gap",
)
_CATEGORIES: Final = slice(1, 4)
_YES_OR_NO: Final = slice(4, 6)
# Rows that a run must have on average for copying by runs to be quicker than by rows.
_RUN: Final = 128
# For so many rows one is left free for the next cohorts.
_ROOM: Final = 4
# Children of the reported base year are the same in every replicate.
BASE_REPLICATE: Final = -1


class Families:
    """Columns of the children of school age.

    Columns of one type lie below each other in one block, so that a table is copied in three
    pieces; they are changed in place and never replaced.

    Parameters
    ----------
    words : ndarray of uint64, shape (2, rows)
    numbers : ndarray of int32, shape (5, rows)
    codes : ndarray of int8, shape (7, rows)
    start, end : int
        The rows that are children; by default all. :meth:`append` fills those behind them.

    Attributes
    ----------
    identity, household : ndarray of uint64, shape (children,)
        Permanent; siblings share a household.
    kin : ndarray of int32
        Small number that children of one household in the table share and nobody else has.
    settlement : ndarray of int32
        Home, as a row of the geography.
    cohort : ndarray of int32
        Entry year: the child is in grade ``year - cohort + 1``.
    school : ndarray of int32
        Row of its public school; -1 outside public schools and for the unplaced.
    came_from : ndarray of int32
        Its public school of last year, -1 if it had none.
    sex, registration, income : ndarray of int8
        Codes into ``SEXES``, ``REGISTRATIONS`` and the income groups.
    state : ndarray of int8
        What the child is now, a code into ``STATES``.
    boards : ndarray of bool
        Whether the family accepts boarding.
    destination : ndarray of int8, shape (children, 2)
        Destination by level, drawn once: public, private or out of county.
    """

    identity: Final[U64]
    household: Final[U64]
    kin: Final[I32]
    settlement: Final[I32]
    cohort: Final[I32]
    school: Final[I32]
    came_from: Final[I32]
    sex: Final[I8]
    registration: Final[I8]
    income: Final[I8]
    state: Final[I8]
    boards: Final[Flags]
    destination: Final[I8]

    def __init__(
        self, words: Block, numbers: Block, codes: Block, start: int = 0, end: int | None = None
    ) -> None:
        self._whole = (words, numbers, codes)
        self._start, self._end = start, words.shape[1] if end is None else end
        self._room = words.shape[1] - self._end
        words, numbers, codes = (block[:, start : self._end] for block in self._whole)
        self._blocks: tuple[Block, ...] = (words, numbers, codes)
        self._grade: tuple[int, I32] | None = None
        self.identity, self.household = words
        self.kin, self.settlement, self.cohort, self.school, self.came_from = numbers
        self.registration, self.income = codes[:2]
        self.destination = codes[2:4].T
        self.sex, boards, self.state = codes[4:]
        self.boards = boards.view(np.bool_)

    @classmethod
    def empty(cls, children: int) -> Families:
        """Return a table of some length whose columns are to be filled."""
        return cls(*_memory(children))

    def __reduce__(self) -> tuple[type[Families], tuple[Block, ...]]:
        return Families, self._blocks

    def __len__(self) -> int:
        return len(self.identity)

    def copy(self) -> Families:
        """Return the same children in memory of their own, with room for others."""
        return self.without(np.zeros(0, np.intp))

    def take(self, rows: NDArray[np.intp] | Flags) -> Families:
        """Return the rows selected by index or mask, as a new table."""
        if rows.dtype == np.bool_:
            rows = rows.nonzero()[0]
        # The rows exist, so "clip" clips nothing; it saves the check.
        words, numbers, codes = (block.take(rows, axis=1, mode="clip") for block in self._blocks)
        return Families(words, numbers, codes)

    def without(self, rows: NDArray[np.intp], *, in_place: bool = False) -> Families:
        """Return the table without some rows, which are in rising order, with room for others.

        Parameters
        ----------
        rows : ndarray of intp
        in_place : bool
            The others move up in the memory of this table, which cannot be used any more. New
            memory for every year would cost more than what is written into it.
        """
        if len(rows) * _RUN > len(self):
            return self.take(np.delete(np.arange(len(self)), rows))
        left = len(self) - len(rows)
        memory = self._whole if in_place else _memory(left + left // _ROOM)
        ends = [*rows.tolist(), len(self)]
        runs = [(..., slice(start + 1, end)) for start, end in zip([-1, *ends], ends, strict=False)]
        for block, whole in zip(self._blocks, memory, strict=True):
            whole[:, :left] = np.concatenate([block[run] for run in runs], axis=1)
        return Families(*memory, end=left)

    def append(self, other: Families, after: int = 0) -> Families:
        """Return this table, from a row on, with the rows of another below it.

        Where this table has room they are written there: then the new table lies in its memory,
        and its room is used up.
        """
        if len(other) > self._room:
            pairs = zip(self._blocks, other._blocks, strict=True)
            words, numbers, codes = (np.concatenate((a[:, after:], b), axis=1) for a, b in pairs)
            return Families(words, numbers, codes)
        self._room, end = 0, self._end + len(other)
        for whole, block in zip(self._whole, other._blocks, strict=True):
            whole[:, self._end : end] = block
        return Families(*self._whole, self._start + after, end)

    def draw_codes(self, u: F64, traits: FamilyTraits, kind: I32) -> None:
        """Set what a cohort is by uniforms, in the order of `_DRAWN`, and kinds of settlement."""
        codes = self._blocks[-1]
        self.registration[:] = draws.category_of(u[0], traits.registration_shares, kind)
        drawn, by_share = codes[_CATEGORIES], u[_CATEGORIES]
        drawn[...] = 0
        for edges in traits.edges:
            drawn += (by_share >= edges).view(np.int8)
        codes[_YES_OR_NO] = u[_YES_OR_NO] < traits.chances
        self.state[:] = self.destination[:, 0]

    def grade(self, year: int) -> I32:
        """Return the grade of each child in a school year (1-9 while of school age), read-only."""
        known = self._grade
        if known is None or known[0] != year:
            grade = year + 1 - self.cohort
            grade.flags.writeable = False
            self._grade = known = (year, grade)
        return known[1]

    def select(
        self,
        geography: Geography,
        school_ids: tuple[str, ...],
        *,
        year: int,
        where: Flags | None = None,
        outcomes: I8 | None = None,
    ) -> pd.DataFrame:
        """Return a labelled copy of the table, for inspection; changing it changes nothing.

        Parameters
        ----------
        geography : Geography
        school_ids : tuple of str
        year : int
            School year, from which grades follow.
        where : ndarray of bool, optional
            Which children; all by default.
        outcomes : ndarray of int8, shape (children,), optional
            Outcome of each child's admission this year, -1 for who did not apply; adds a column
            of codes of the catalogue's outcomes, empty for the latter.
        """
        rows = np.arange(len(self)) if where is None else np.flatnonzero(where)
        schools = np.array([*school_ids, ""], dtype=object)
        columns = {} if outcomes is None else {"outcome": _OUTCOMES[outcomes[rows]]}
        return pd.DataFrame(
            {
                "identity": self.identity[rows],
                "household": self.household[rows],
                "settlement": np.array(geography.settlements, object)[self.settlement[rows]],
                "grade": self.grade(year)[rows],
                "sex": np.array(SEXES, object)[self.sex[rows]],
                "registration": np.array(REGISTRATIONS, object)[self.registration[rows]],
                "income_group": self.income[rows],
                "state": np.array(STATES, object)[self.state[rows]],
                "school": schools[self.school[rows]],
                **columns,
            }
        )


def _memory(rows: int) -> tuple[Block, Block, Block]:
    return (
        np.empty((2, rows), np.uint64),
        np.empty((5, rows), np.int32),
        np.empty((7, rows), np.int8),
    )


def in_entry_grade(grade: I32) -> Flags:
    """Return which children are in the first grade of a level."""
    return np.asarray((grade == ENTRY_GRADES[0]) | (grade == ENTRY_GRADES[1]))


@dataclass(frozen=True)
class FamilyTraits:
    """What the families of a cohort are drawn from.

    Attributes
    ----------
    male_share : float
        Share of boys.
    registration_shares : ndarray, shape (3, 4)
        Shares of ``REGISTRATIONS`` by settlement kind.
    income_shares : ndarray, shape (groups,)
        Shares of the income groups, lowest first.
    destination_shares : ndarray, shape (2, 3)
        Public, private and out-of-county shares by level.
    sibling_share : float
        Share of children who are a younger sibling of a child of school age.
    boarding_share : float
        Share of families who accept boarding.
    outside_private : ndarray, shape (2,)
        Of the children of the base year outside public schools: the share in private schools, by
        level.
    """

    male_share: float
    registration_shares: NDArray[np.float64]
    income_shares: NDArray[np.float64]
    destination_shares: NDArray[np.float64]
    sibling_share: float
    boarding_share: float
    outside_private: NDArray[np.float64]

    @cached_property
    def edges(self) -> F64:
        """Where each further category of income and of the destinations begins, as columns."""
        shares = (self.income_shares, *self.destination_shares)
        edges = np.full((max(len(s) for s in shares) - 1, len(shares), 1), np.inf)
        for row, share in enumerate(shares):
            edges[: len(share) - 1, row, 0] = np.cumsum(share)[:-1]
        return edges

    @cached_property
    def chances(self) -> F64:
        """Chances of being a boy and of accepting boarding, as a column."""
        return np.array([[self.male_share], [self.boarding_share]])


def make_cohort(
    geography: Geography,
    counts: ArrayLike,
    cohort: int,
    traits: FamilyTraits,
    *,
    seed: int,
    replicate: int,
    first_ordinal: int = 0,
) -> Families:
    """Create the families of one entering cohort.

    Parameters
    ----------
    geography : Geography
    counts : array_like of int, shape (settlements,)
        Children of the cohort by settlement.
    cohort : int
        Entry year.
    traits : FamilyTraits
    seed, replicate : int
        Of the keyed draws; ``BASE_REPLICATE`` for the reported base year.
    first_ordinal : int
        Ordinals start here; later arrivals of the same cohort use a range of their own.

    Returns
    -------
    Families
        Sorted by settlement, in their state at entry to primary school, without a school. A
        younger sibling carries the identity of the child with the same ordinal in a cohort one to
        four years older as its household; :func:`join_siblings` makes them one household.
    """
    number = np.asarray(counts, dtype=np.int64)
    settlement = np.arange(len(number), dtype=np.int32).repeat(number)
    starts = number.cumsum() - number
    ordinal = np.arange(len(settlement)) - (starts - first_ordinal).repeat(number)
    # By years before this cohort; elder siblings are at most as many years older as there are gaps.
    place = geography.places_of_birth(cohort, years=1 + len(_SIBLING_GAPS))
    identity = draws.extend(place[:, 0].repeat(number), ordinal)
    u = draws.uniforms([draws.stream(seed, replicate, name) for name in _DRAWN], identity)

    made = Families.empty(len(settlement))
    made.identity[:] = made.household[:] = identity
    made.kin[:] = np.arange(len(settlement))
    made.settlement[:] = settlement
    made.cohort[:] = cohort
    made.school[:] = made.came_from[:] = NO_SCHOOL
    made.draw_codes(u, traits, geography.kind.take(settlement))
    younger = (u[-2] < traits.sibling_share).nonzero()[0]
    gap = 1 + _GAPS_BELOW.searchsorted(u[-1].take(younger), side="right")
    gap += settlement.take(younger) * np.intp(place.shape[1])
    made.household[younger] = draws.extend(place.take(gap), ordinal.take(younger))
    return made


def join_siblings(older: Families, newcomers: Families) -> Families:
    """Let younger siblings share the household of the child they name.

    Parameters
    ----------
    older : Families
        Children of school age already in the table.
    newcomers : Families
        A new cohort, whose households are identities of elder children or their own.

    Returns
    -------
    Families
        `newcomers`, changed in place: with the household of the elder child where it is in the
        table, and their own where it is not.
    """
    named = (newcomers.household != newcomers.identity).nonzero()[0]
    wanted = newcomers.household.take(named)
    newcomers.household[named] = newcomers.identity.take(named)
    newcomers.kin[:] = np.arange(len(newcomers)) + free_kin(older)
    if not len(older) or not len(named):
        return newcomers
    # Nobody names a child who is older than the longest gap between siblings.
    eldest = newcomers.cohort[0] - len(_SIBLING_GAPS)
    first = int((older.cohort >= eldest).argmax())
    row = row_of_each(wanted, older.identity[first:])
    found = (row >= 0).nonzero()[0]
    named, row = named.take(found), row.take(found) + first
    newcomers.household[named] = older.household.take(row)
    newcomers.kin[named] = older.kin.take(row)
    return newcomers


def free_kin(families: Families) -> int:
    """Return the first number that no household of the table has."""
    return int(families.kin.max(initial=-1)) + 1


def number_kin(families: Families) -> None:
    """Number the households of a table from 0, in place."""
    _, families.kin[:] = np.unique(families.household, return_inverse=True)
