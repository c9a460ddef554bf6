"""Families as columns: one row per child of school age, with a permanent identity.

A child is created when its cohort enters (or as part of the reported base year) and stays in the
table until it leaves school age, dies or leaves the county. What it is - identity, household,
registration, income, destinations - is drawn once, keyed by its identity ``(settlement, cohort,
ordinal)``; what changes is its home, its school and its state.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from capsim import draws
from capsim.county.geography import Geography
from capsim.dims import DESTINATIONS, SEXES

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
# Children of the reported base year are the same in every replicate.
BASE_REPLICATE: Final = -1


@dataclass
class Families:
    """Columns of the children of school age.

    Attributes
    ----------
    identity, household : ndarray of uint64, shape (children,)
        Permanent; siblings share a household.
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

    def __len__(self) -> int:
        return len(self.identity)

    def take(self, rows: NDArray[np.intp] | Flags) -> Families:
        """Return the rows selected by index or mask, as a new table."""
        return Families(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def append(self, other: Families) -> Families:
        """Return this table with the rows of another below it."""
        return Families(
            **{
                f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
                for f in fields(self)
            }
        )

    def grade(self, year: int) -> I32:
        """Return the grade of each child in a school year (1-9 while of school age)."""
        return year - self.cohort + np.int32(1)

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
    """

    male_share: float
    registration_shares: NDArray[np.float64]
    income_shares: NDArray[np.float64]
    destination_shares: NDArray[np.float64]
    sibling_share: float
    boarding_share: float


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
        Sorted by settlement, in their state at entry to primary school, without a school.
    """
    number = np.asarray(counts, dtype=np.int64)
    settlement = np.repeat(np.arange(len(number), dtype=np.int32), number)
    starts = np.cumsum(number) - number
    ordinal = np.arange(len(settlement)) - np.repeat(starts, number) + first_ordinal
    identity = draws.combine(geography.identity[settlement], cohort, ordinal)
    if len(settlement) == 0:
        identity = np.zeros(0, np.uint64)

    def of(process: str) -> draws.Stream:
        return draws.stream(seed, replicate, process)

    destination = np.stack(
        [
            of(f"destination {level}").category(identity, traits.destination_shares[index])
            for index, level in enumerate(("primary", "junior"))
        ],
        axis=1,
    )
    return Families(
        identity=identity,
        household=_households(geography, settlement, ordinal, identity, cohort, traits, of),
        settlement=settlement,
        cohort=np.full(len(settlement), cohort, np.int32),
        sex=of("sex").occurs(identity, traits.male_share).astype(np.int8),
        registration=of("registration").category(
            identity, traits.registration_shares[geography.kind[settlement]]
        ),
        income=of("income").category(identity, traits.income_shares),
        destination=destination,
        state=destination[:, 0].copy(),
        school=np.full(len(settlement), NO_SCHOOL, np.int32),
        came_from=np.full(len(settlement), NO_SCHOOL, np.int32),
        boards=of("boarding").occurs(identity, traits.boarding_share),
    )


def _households(
    geography: Geography,
    settlement: I32,
    ordinal: NDArray[np.int64],
    identity: U64,
    cohort: int,
    traits: FamilyTraits,
    of: object,
) -> U64:
    """Household of each child: its own identity, or that of a child one to four cohorts older.

    A younger sibling names the child with the same ordinal in an earlier cohort of its
    settlement; :func:`join_siblings` makes them one household.
    """
    assert callable(of)
    younger = of("sibling").occurs(identity, traits.sibling_share)
    gap = 1 + of("sibling gap").category(identity, [0.15, 0.35, 0.3, 0.2]).astype(np.int64)
    elder = draws.combine(geography.identity[settlement], cohort - gap, ordinal)
    household: U64 = np.where(younger, elder, identity) if len(identity) else identity
    return household


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
    named = np.flatnonzero(newcomers.household != newcomers.identity)
    household = newcomers.identity.copy()
    if len(named) and len(older):
        order = np.argsort(older.identity)
        wanted = newcomers.household[named]
        at = np.minimum(np.searchsorted(older.identity, wanted, sorter=order), len(older) - 1)
        row = order[at]
        found = older.identity[row] == wanted
        household[named[found]] = older.household[row[found]]
    return replace(newcomers, household=household)


def share_by_destination(families: Families, year: int) -> NDArray[np.int64]:
    """Count children by level and destination: shape (2, 4), the last column is `none`.

    ``none`` holds the children who dropped out and the unplaced.
    """
    level = (families.grade(year) >= 7).astype(np.intp)
    none = (families.state == DROPPED_OUT) | (
        (families.state == PUBLIC) & (families.school == NO_SCHOOL)
    )
    column = np.where(none, len(DESTINATIONS) - 1, families.state).astype(np.intp)
    flat = np.bincount(level * 4 + column, minlength=8)
    return flat.reshape(2, 4)
