"""Families as columns: one row per child of school age, with a permanent identity.

A child is created when its cohort enters (or as part of the reported base year) and stays in the
table until it leaves school age, dies or leaves the county. What it is - identity, household,
registration, income, destinations - is drawn once, keyed by its identity ``(settlement, cohort,
ordinal)``; what changes is its home, its school and its state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from capsim import draws
from capsim.county.geography import Geography
from capsim.county.lookup import row_of_each
from capsim.dims import LEVELS, SEXES

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]
Flags = NDArray[np.bool_]

# States of a child: the first three are destinations, the last follows from what happens to it.
PUBLIC: Final = 0
PRIVATE: Final = 1
OUT_OF_COUNTY: Final = 2
DROPPED_OUT: Final = 3
STATES: Final = ("public", "private", "out_of_county", "dropped_out")

REGISTRATIONS: Final = ("hukou_and_home", "hukou", "home", "migrant")
NO_SCHOOL: Final = -1
# Years between siblings, 1 to 4, and what is drawn for every child of a cohort.
_SIBLING_GAPS: Final = (0.15, 0.35, 0.3, 0.2)
_DRAWN: Final = (
    *(f"destination {level}" for level in LEVELS),
    "sex",
    "registration",
    "income",
    "sibling",
    "sibling gap",
    "boarding",
)
# Children of the reported base year are the same in every replicate.
BASE_REPLICATE: Final = -1


@dataclass
class Families:
    """Columns of the children of school age.

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
    sex, registration, income : ndarray of int8
        Codes into ``SEXES``, ``REGISTRATIONS`` and the income groups.
    destination : ndarray of int8, shape (children, 2)
        Destination by level, drawn once: public, private or out of county.
    state : ndarray of int8
        What the child is now, a code into ``STATES``.
    school : ndarray of int32
        Row of its public school; -1 outside public schools and for the unplaced.
    came_from : ndarray of int32
        Its public school of last year, -1 if it had none.
    boards : ndarray of bool
        Whether the family accepts boarding.
    """

    identity: U64
    household: U64
    kin: I32
    settlement: I32
    cohort: I32
    sex: I8
    registration: I8
    income: I8
    destination: I8
    state: I8
    school: I32
    came_from: I32
    boards: Flags
    _grade: tuple[int, I32] | None = field(default=None, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.identity)

    def take(self, rows: NDArray[np.intp] | Flags) -> Families:
        """Return the rows selected by index or mask, as a new table."""
        columns = (getattr(self, name) for name in _COLUMNS)
        if rows.dtype == np.bool_:
            return Families(*(_kept(column, rows) for column in columns))
        # The rows exist, so "clip" clips nothing; it saves the check.
        return Families(*(c.take(rows, axis=0, mode="clip") for c in columns))

    def append(self, other: Families, after: int = 0) -> Families:
        """Return this table, from a row on, with the rows of another below it."""
        pairs = [(getattr(self, name)[after:], getattr(other, name)) for name in _COLUMNS]
        return Families(*(np.concatenate(pair) for pair in pairs))

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
        """
        rows = np.arange(len(self)) if where is None else np.flatnonzero(where)
        schools = np.array([*school_ids, ""], dtype=object)
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
            }
        )


def _kept(column: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Return what a mask selects of a column, or of two columns of single bytes."""
    # A mask copies runs of rows, but only of a single column.
    single = column if column.ndim == 1 else column.view(np.int16)[:, 0]
    kept: NDArray[Any] = single[rows].view(column.dtype).reshape(-1, *column.shape[1:])
    return kept


_COLUMNS: Final = tuple(f.name for f in fields(Families) if f.init)


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
    settlement = np.repeat(np.arange(len(number), dtype=np.int32), number)
    starts = np.cumsum(number) - number
    ordinal = np.arange(len(settlement)) - np.repeat(starts - first_ordinal, number)
    # By years before this cohort; elder siblings are at most as many years older as there are gaps.
    born = cohort - np.arange(1 + len(_SIBLING_GAPS))
    place = draws.combine(geography.identity[:, None], born)
    identity = draws.extend(np.repeat(place[:, 0], number), ordinal)
    u = draws.uniforms([draws.stream(seed, replicate, name) for name in _DRAWN], identity)
    of = dict(zip(_DRAWN, u, strict=True))
    destination = np.empty((len(settlement), 2), np.int8)
    for level, name in enumerate(LEVELS):
        shares = traits.destination_shares[level]
        destination[:, level] = draws.category_of(of[f"destination {name}"], shares)
    younger = np.flatnonzero(of["sibling"] < traits.sibling_share)
    gap = 1 + draws.category_of(of["sibling gap"][younger], _SIBLING_GAPS)
    household = identity.copy()
    household[younger] = draws.extend(place[settlement[younger], gap], ordinal[younger])
    return Families(
        identity=identity,
        household=household,
        kin=np.arange(len(settlement), dtype=np.int32),
        settlement=settlement,
        cohort=np.full(len(settlement), cohort, np.int32),
        sex=(of["sex"] < traits.male_share).astype(np.int8),
        registration=draws.category_of(
            of["registration"], traits.registration_shares, geography.kind[settlement]
        ),
        income=draws.category_of(of["income"], traits.income_shares),
        destination=destination,
        state=destination[:, 0].copy(),
        school=np.full(len(settlement), NO_SCHOOL, np.int32),
        came_from=np.full(len(settlement), NO_SCHOOL, np.int32),
        boards=of["boarding"] < traits.boarding_share,
    )


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
        `newcomers` with the household of the elder child where it is in the table, and their own
        where it is not.
    """
    named = (newcomers.household != newcomers.identity).nonzero()[0]
    household = newcomers.identity.copy()
    kin = np.arange(len(newcomers), dtype=np.int32) + free_kin(older)
    # Nobody names a child who is older than the longest gap between siblings.
    eldest = newcomers.cohort.min(initial=older.cohort.max(initial=0)) - len(_SIBLING_GAPS)
    first = int((older.cohort >= eldest).argmax()) if len(older) else 0
    row = row_of_each(newcomers.household[named], older.identity[first:])
    found = row >= 0
    named, row = named[found], row[found] + first
    household[named] = older.household[row]
    kin[named] = older.kin[row]
    return replace(newcomers, household=household, kin=kin)


def free_kin(families: Families) -> int:
    """Return the first number that no household of the table has."""
    return int(families.kin.max(initial=-1)) + 1


def number_kin(families: Families) -> None:
    """Number the households of a table from 0, in place."""
    _, families.kin[:] = np.unique(families.household, return_inverse=True)
