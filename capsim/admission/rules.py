"""The enrolment rules, compiled from the scenario for the rounds that apply them.

Rules never touch the kernel: they only say how lists and keys are built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import LEVELS
from capsim.scenario.options.enrolment import EnrolmentOptions, Reserve, TieBreak

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]

REGISTRATIONS: Final = ("hukou_and_home", "hukou", "home", "migrant")
"""Registrations in the order of their codes."""
MIGRANT: Final = REGISTRATIONS.index("migrant")
NOT_ELIGIBLE: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class CompiledReserve:
    """A reserve as the rounds use it.

    Attributes
    ----------
    school : int
        Column of the school.
    share : float
        Share of its seats.
    tier : ndarray of bool, shape (tiers,)
        Which tiers may take the seats.
    home : ndarray of bool, shape (settlements,) or None
        Which homes; None for all.
    """

    school: int
    share: float
    tier: NDArray[np.bool_]
    home: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The rules of one level; made by :func:`compile_rules`.

    Attributes
    ----------
    multi : bool
        Families list the schools of their zone.
    tiers : tuple of str
        Names, in order of admission; the numbers of cutoffs count from 1.
    tier_of_registration : ndarray of int8, shape (4,)
        Tier of each registration, -1 if it is in none.
    sibling_tier : int
        Tier of younger siblings, -1 if they have none of their own.
    score : {"lottery", "points", "distance"}
    lottery_per_school, twins_share_number, first_choice_first : bool
    lock_share : float
        Share of applicants of `lock_tiers` who drop one tier; 0 without a seat lock.
    lock_tiers : ndarray of bool, shape (tiers,)
    reserves : tuple of CompiledReserve
    private_choices : int
        Private schools a family may list; 0 without private admission.
    migrant_round : bool
    migrant_share : float
        Share of public seats left to the points round.
    placement, emergency : bool
    beds_limit, place_boarders : bool
    """

    multi: bool
    tiers: tuple[str, ...]
    tier_of_registration: I8
    sibling_tier: int
    score: TieBreak
    lottery_per_school: bool
    twins_share_number: bool
    first_choice_first: bool
    lock_share: float
    lock_tiers: NDArray[np.bool_]
    reserves: tuple[CompiledReserve, ...]
    private_choices: int
    migrant_round: bool
    migrant_share: float
    placement: bool
    emergency: bool
    beds_limit: bool
    place_boarders: bool


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRules:
    """The rules of both levels.

    Attributes
    ----------
    by_level : tuple of two Rules
        Primary and junior.
    feeder : ndarray of int32, shape (schools,)
        Junior school of each primary school by the feeder pairs, -1 for none.
    nine_year : bool
        Whether schools that teach both levels promote their own pupils to grade 7.
    """

    by_level: tuple[Rules, Rules]
    feeder: I32
    nine_year: bool
    _next_school: dict[bytes, I32] = field(default_factory=dict)

    def __getitem__(self, level: int) -> Rules:
        """Return the rules of a level (0 primary, 1 junior)."""
        return self.by_level[level]

    def direct_schools(self, current_school: ArrayLike, admits: ArrayLike) -> I32:
        """Return the junior school that guarantees each leaver of grade 6 a place.

        Parameters
        ----------
        current_school : array_like of int, shape (n,)
            Primary school, -1 for none.
        admits : array_like of bool, shape (schools,)
            Schools that are open and admit to grade 7.

        Returns
        -------
        ndarray of int32, shape (n,)
            The feeder pair's junior school, else the school itself if it promotes its own pupils;
            -1 for no guarantee.
        """
        takes = np.asarray(admits, dtype=np.bool_)
        key = takes.tobytes()
        if key not in self._next_school:  # the last answer is kept
            self._next_school.clear()
            self._next_school[key] = self._after_primary(takes)
        return self._next_school[key].take(np.asarray(current_school), mode="wrap")

    def _after_primary(self, admits: NDArray[np.bool_]) -> I32:
        """Return the school each primary school's leavers go to; at the end that of no school."""
        takes = np.zeros(len(self.feeder) + 1, dtype=np.bool_)
        takes[:-1] = admits
        after = np.full(len(takes), -1, dtype=np.int32)
        after[:-1] = self.feeder
        after[~takes.take(after, mode="wrap")] = -1
        if self.nine_year:
            stays = ((after < 0) & takes).nonzero()[0]
            after[stays] = stays
        return after


def compile_rules(
    options: EnrolmentOptions, schools: Sequence[str], settlements: Sequence[str] = ()
) -> CompiledRules:
    """Return the rules of both levels.

    Parameters
    ----------
    options : EnrolmentOptions
        Checked by :func:`capsim.admission.checks.check_rules`.
    schools, settlements : sequence of str
        Identifiers in the order of their columns and rows.

    Returns
    -------
    CompiledRules
    """
    school_row = {name: row for row, name in enumerate(schools)}
    settlement_row = {name: row for row, name in enumerate(settlements)}
    feeder = np.full(len(school_row), -1, dtype=np.int32)
    for pair in options.feeders:
        feeder[school_row[pair.primary]] = school_row[pair.junior]
    primary, junior = (_of_level(options, lv, school_row, settlement_row) for lv in LEVELS)
    return CompiledRules((primary, junior), feeder, options.direct_promotion)


def _of_level(
    options: EnrolmentOptions,
    level: str,
    school_row: Mapping[str, int],
    settlement_row: Mapping[str, int],
) -> Rules:
    tiers = options.tiers
    other = tiers.index("other") if "other" in tiers else NOT_ELIGIBLE
    of_registration = [tiers.index(r) if r in tiers else other for r in REGISTRATIONS]
    lock = options.seat_lock
    return Rules(
        multi=options.zones == "multi",
        tiers=tuple(tiers),
        tier_of_registration=np.array(of_registration, dtype=np.int8),
        sibling_tier=tiers.index("sibling") if "sibling" in tiers else NOT_ELIGIBLE,
        score=options.tie_break,
        lottery_per_school=options.lottery_per_school,
        twins_share_number=options.twins_share_number,
        first_choice_first=options.first_choice_first,
        lock_share=lock.share.at(level) if lock.enabled else 0.0,
        lock_tiers=np.array([name in lock.tiers for name in tiers]),
        reserves=tuple(
            _compile_reserve(reserve, tiers, school_row, settlement_row)
            for reserve in options.reserves
            if reserve.level == level
        ),
        private_choices=options.private.most_choices if options.private.enabled else 0,
        migrant_round=options.migrants.round == "points",
        migrant_share=options.migrants.reserved_share.at(level),
        placement=options.placement.enabled,
        emergency=options.placement.emergency,
        beds_limit=options.beds.limit_admission,
        place_boarders=options.beds.place_beyond_limit,
    )


def _compile_reserve(
    reserve: Reserve,
    tiers: tuple[str, ...],
    school_row: Mapping[str, int],
    settlement_row: Mapping[str, int],
) -> CompiledReserve:
    home = None
    if reserve.settlements:
        home = np.zeros(len(settlement_row), dtype=bool)
        home[[settlement_row[name] for name in reserve.settlements]] = True
    allowed = np.array([not reserve.tiers or name in reserve.tiers for name in tiers])
    return CompiledReserve(school_row[reserve.school], reserve.share, allowed, home)
