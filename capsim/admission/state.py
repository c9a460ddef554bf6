"""The book of one admission: applicants, what is offered, and what each round has decided."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from capsim.admission import outcomes as codes
from capsim.admission.keys import TIER_SHIFT, decoded_score, lottery_score
from capsim.admission.matching import Matching
from capsim.admission.rules import MIGRANT, Rules
from capsim.choice.travel import Alternatives
from capsim.choice.utility import Tastes
from capsim.core.draws import Stream
from capsim.scenario.options.enrolment import TieBreak

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Applicants:
    """Children who apply for the entry grade of a level, as columns of length n.

    Attributes
    ----------
    identity, household : ndarray of uint64
        Permanent identities.
    settlement : ndarray of int32
        Home.
    registration : ndarray of int8
        Code of :data:`capsim.admission.admit.REGISTRATIONS`.
    points : ndarray of float32
        Points of migrant children.
    direct_school : ndarray of int32
        School that guarantees a place (nine-year school, feeder pair), -1 for none.
    sibling_school : ndarray of int32
        School of an elder sibling at this level, -1 for none.
    income : ndarray of int8
        Income group.
    boards : ndarray of bool
        Whether the family accepts boarding.
    """

    identity: U64
    household: U64
    settlement: I32
    registration: I8
    points: F32
    direct_school: I32
    sibling_school: I32
    income: I8
    boards: Flags

    def __len__(self) -> int:
        return len(self.identity)

    def part(self, children: slice) -> Applicants:
        """Return some of the applicants (views)."""
        return Applicants(*(getattr(self, column.name)[children] for column in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """Seats of each school at the entry grade.

    Attributes
    ----------
    seats : ndarray of int, shape (schools,)
        Seats up to the class cap; seats of private schools.
    emergency_seats : ndarray of int, shape (schools,)
        Further seats up to the hard cap.
    beds : ndarray of int, shape (schools,)
        Free beds.
    private : ndarray of bool, shape (schools,), optional
        Private schools; none by default.
    """

    seats: NDArray[np.integer]
    emergency_seats: NDArray[np.integer]
    beds: NDArray[np.integer]
    private: Flags | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What families know of schools when they choose.

    Attributes
    ----------
    tastes : Tastes
    quality : ndarray, shape (schools,)
        Perceived quality.
    fee_yuan, crowding : ndarray, shape (schools,), optional
    expected_tier : ndarray of float, shape (schools + 1,), optional
        Mean cutoff tier of recent years, infinite where there was none and in the last cell (for
        the padding); families in a later tier skip the school.
    """

    tastes: Tastes
    quality: NDArray[np.floating]
    fee_yuan: NDArray[np.floating] | None = None
    crowding: NDArray[np.floating] | None = None
    expected_tier: F64 | None = None


@dataclass(frozen=True, slots=True)
class AdmissionStreams:
    """Random numbers of one admission; make each with :func:`capsim.core.draws.stream`.

    Attributes
    ----------
    lottery, private_lottery, seat_lock : Stream
        Of the year.
    taste : Stream
        Gumbel noise of families, of year 0: tastes stay.
    """

    lottery: Stream
    private_lottery: Stream
    seat_lock: Stream
    taste: Stream


class Book:
    """State of an admission while its rounds are held.

    Attributes
    ----------
    school : ndarray of int32, shape (n,)
        School of each child, -1 while waiting.
    outcome : ndarray of int8, shape (n,)
    rank : ndarray of int32, shape (n,)
        Position of the school in the list submitted; -1 for the placed and unplaced.
    reason : ndarray of int8, shape (n,)
        Outcome a child would have if it were placed now.
    seats, emergency : ndarray of int64, shape (schools,)
        What is left.
    cutoff_tier, cutoff_score : ndarray of float64, shape (schools, rounds)
    """

    def __init__(
        self,
        applicants: Applicants,
        offer: Offer,
        alternatives: Alternatives,
        demand: Demand,
        rules: Rules,
        streams: AdmissionStreams,
    ) -> None:
        self.applicants = applicants
        self.alternatives = alternatives
        self.demand = demand
        self.rules = rules
        self.streams = streams
        count, schools = len(applicants), len(offer.seats)
        self.seats: I64 = offer.seats.astype(np.int64)
        self.emergency: I64 = offer.emergency_seats.astype(np.int64)
        self._offer = offer
        none = np.zeros(schools, dtype=bool)
        self.private: Flags = none if offer.private is None else offer.private
        self.school: I32
        self.rank: I32
        self.school, self.rank = np.full((2, count), -1, dtype=np.int32)
        self._waiting: Rows | None = None
        self.outcome: I8 = np.zeros(count, dtype=np.int8)
        self.reason: I8 = np.full(count, codes.CODE["placed_no_zone"], dtype=np.int8)
        self.cutoff_tier: F64
        self.cutoff_score: F64
        self.cutoff_tier, self.cutoff_score = np.full((2, schools, len(codes.ROUNDS)), np.nan)
        self._lottery: U32 | None = None

    def waiting(self) -> Rows:
        """Return the rows of children without a school."""
        before = self._waiting  # who has a school keeps it
        school = self.school if before is None else self.school.take(before)
        rows = (school < 0).nonzero()[0]
        self._waiting = rows if before is None else before.take(rows)
        return self._waiting

    def public_seats(self) -> I64:
        """Return the seats left at public schools, 0 at private ones."""
        return self.seats * ~self.private

    def siblings(self, rows: Rows) -> I32:
        """Return the schools of elder siblings of children."""
        return self.applicants.sibling_school.take(rows)

    def ticket(self, rows: Rows | slice) -> U64:
        """Return the identity that draws a lottery number: the household's if twins share it."""
        applicants = self.applicants
        shared = self.rules.twins_share_number
        return (applicants.household if shared else applicants.identity)[rows]

    def lottery(self, rows: Rows) -> U32:
        """Return the 28-bit lottery numbers of children, the same in all public rounds."""
        if self._lottery is None:
            everybody = self.ticket(slice(None))
            self._lottery = lottery_score(self.streams.lottery.words(everybody))
        return self._lottery.take(rows)

    def lottery_at(self, rows: Rows, lists: I32) -> U32:
        """Return lottery numbers drawn anew at each school listed."""
        words = self.alternatives.words[lists]
        numbers = self.streams.lottery.pair_words(self.ticket(rows)[:, None], words)
        np.right_shift(numbers, np.uint32(4), out=numbers)
        return numbers

    def turn(self, rows: Rows) -> U32:
        """Return who is placed first: zone families, those who lost a private lottery, migrants."""
        after_private = self.reason[rows] == codes.CODE["placed_after_private"]
        turn: U32 = after_private.astype(np.uint32)
        turn[self.applicants.registration[rows] == MIGRANT] = 2
        return turn

    def admit(
        self,
        number: int,
        rows: Rows,
        result: Matching,
        code: int | NDArray[np.integer],
        *,
        kind: TieBreak = "lottery",
        tiers: bool = False,
        shift: int = 0,
        ranks: bool = True,
    ) -> None:
        """Book the result of a round.

        Parameters
        ----------
        number : int
            Number of the round.
        rows : ndarray of int
            Its applicants, who have waited for a school until now.
        result : Matching
        code : int or ndarray of int, shape of `rows`
            Outcome of those admitted.
        kind : {"lottery", "points", "distance"}
            What the score of its keys is.
        tiers : bool
            Whether the keys carry tiers that are reported.
        shift : int
            Bits by which list positions have pushed the keys to the right.
        ranks : bool
            Whether the lists were the families' own.
        """
        self.school[rows] = result.school
        if ranks:
            self.rank[rows] = result.rank
        self.outcome[rows] = (result.school >= 0) * np.asarray(code, np.int8)
        taken = np.bincount(result.school + 1, minlength=len(self.seats) + 1)[1:]
        from_cap = np.minimum(taken, self.seats)
        self.seats -= from_cap
        self.emergency -= taken - from_cap
        full = result.full
        if full.size:
            # Keys of immediate acceptance start with the list position, which is cut off here.
            cutoff = (result.priority << shift) & 0xFFFFFFFF
            self.cutoff_score[full, number] = decoded_score(kind, cutoff)
            if tiers:
                self.cutoff_tier[full, number] = (cutoff >> int(TIER_SHIFT)) + 1

    @property
    def beds(self) -> I64:
        """Beds left, shape (schools,), counted when asked for."""
        return beds_left(self._offer.beds, self.applicants, self.school, self.alternatives)


def beds_left(
    beds: NDArray[np.integer], applicants: Applicants, school: I32, alternatives: Alternatives
) -> I64:
    """Return the beds that boarders among the admitted leave, shape (schools,).

    Who boards is who accepts it and lives beyond the travel limit.

    Parameters
    ----------
    beds : ndarray of int, shape (schools,)
        Free before the admission.
    applicants : Applicants
    school : ndarray of int32, shape (n,)
        School of each, -1 for none.
    alternatives : Alternatives
    """
    who = (applicants.boards & (school >= 0)).nonzero()[0]
    admitted_by = school.take(who)
    far = alternatives.too_far(applicants.settlement.take(who), admitted_by)
    used = np.bincount(admitted_by[far], minlength=len(beds))
    left: I64 = np.maximum(beds - used, 0)
    return left
