"""The zone round: zone families by tier and score, private schools beside, private losers after.

A round builds lists and keys for its applicants, calls the kernel, and books who was admitted,
with which outcome and at which cutoff.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.admission import outcomes as codes
from capsim.admission.keys import (
    distance_score,
    lottery_score,
    points_score,
    same_everywhere,
    tier_keys,
)
from capsim.admission.matching import Matching, first_choice_first, match
from capsim.admission.rules import MIGRANT
from capsim.admission.state import Book
from capsim.choice.utility import (
    SIBLING,
    choice_set,
    family_utility,
    ranked,
    systematic_utility,
)

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
F32 = NDArray[np.float32]
Rows = NDArray[np.intp]

_CODE = codes.CODE
# Of a zone round: who gets the first choice, who another, and why who gets neither is placed.
_OUTCOMES = {
    codes.ZONE: (_CODE["zone"], _CODE["zone_later_choice"], _CODE["placed_zone_full"]),
    codes.PRIVATE_LOSERS: (
        _CODE["zone_after_private"],
        _CODE["zone_after_private"],
        _CODE["placed_after_private"],
    ),
}


def zone_rounds(book: Book) -> None:
    """Admit zone families, with the private lottery at the same time, then its losers."""
    rules = book.rules
    rows = book.waiting()
    if rules.migrant_round:
        rows = rows[book.applicants.registration.take(rows) != MIGRANT]
    if min(rules.tier_of_registration.tolist()) < 0:
        barred = rules.tier_of_registration.take(book.applicants.registration.take(rows)) < 0
        book.reason[rows[barred]] = _CODE["placed_no_zone"]
        rows = rows[~barred]
    if not rows.size:
        return
    held_back = None
    if rules.migrant_round and rules.migrant_share > 0:
        held_back = np.floor(book.seats * rules.migrant_share + 1e-9).astype(np.int64)
        book.seats -= held_back
    lists, private = _lists(book, rows, choosing=_may_choose_private(book))
    if private is None:
        _zone_round(book, codes.ZONE, rows, lists)
    else:

        def only(some: Rows) -> tuple[Rows, I32]:
            return rows.take(some), lists.T.take(some, axis=1).T

        applies = private[:, 0] >= 0
        asking = applies.nonzero()[0]
        _zone_round(book, codes.ZONE, *only((~applies).nonzero()[0]))
        _private_round(book, rows.take(asking), private.take(asking, axis=0))
        lost = book.school.take(rows.take(asking)) < 0
        _zone_round(book, codes.PRIVATE_LOSERS, *only(asking[lost]))
    if held_back is not None:
        book.seats += held_back


def _tiers(book: Book, rows: Rows) -> I8:
    """Tier of each applicant by registration, one lower under the seat lock."""
    rules = book.rules
    tier = rules.tier_of_registration.take(book.applicants.registration.take(rows))
    if rules.lock_share > 0:
        at_home = rules.lock_tiers.take(tier)
        at_home &= book.siblings(rows) < 0
        lock = book.streams.seat_lock
        used = lock.occurs(book.applicants.identity[rows], rules.lock_share)
        tier = np.where(at_home & used, np.minimum(tier + 1, len(rules.tiers) - 1), tier)
        tier = tier.astype(np.int8)
    return tier


def _may_choose_private(book: Book) -> bool:
    offered = book.rules.private_choices and book.alternatives.private.shape[1]
    return bool(offered and (book.seats[book.private] > 0).any())


def _lists(book: Book, rows: Rows, *, choosing: bool) -> tuple[I32, I32 | None]:
    """Schools each applicant lists in its zone: the only one, or all by utility.

    Beside them private schools, where families may choose them.
    """
    zone, home = book.alternatives.zone, book.applicants.settlement.take(rows)
    several = book.rules.multi and zone.shape[1] > 1
    if not (several or choosing):
        return zone[:, :1].take(home, axis=0), None
    table = "zone_and_private" if choosing else "zone"
    schools, width = getattr(book.alternatives, table), zone.shape[1]
    seen, families = _systematic(book, schools), _families(book, rows)
    utility = family_utility(seen, schools, **families)
    best, beside = utility[:, :width].max(axis=1), utility[:, width:]
    if not several:
        lists = zone[:, :1].take(home, axis=0)
    elif book.demand.expected_tier is not None:
        lists = _hopeful_lists(book, rows, utility[:, :width], zone[home])
    else:
        lists = ranked(utility[:, :width], zone[home])
    return lists, _private_lists(book, home, best, beside) if choosing else None


def _hopeful_lists(book: Book, rows: Rows, utility: F32, listed: I32) -> I32:
    """Schools of the zone by utility but those at which the child is too late by experience."""
    expected = book.demand.expected_tier
    assert expected is not None
    tier = book.rules.tier_of_registration[book.applicants.registration[rows]] + 1
    hopeless = tier[:, None] > expected[listed]
    hopeless &= listed != book.siblings(rows)[:, None]
    # Who would be left without any school lists all the same; padding is no school.
    some = ((listed >= 0) & ~hopeless).any(axis=1, keepdims=True)
    utility[hopeless & some] = -np.inf
    return ranked(utility, listed)


def _private_lists(book: Book, home: I32, best: F32, utility: F32) -> I32:
    """Private schools with seats that families like better than the best of their zone."""
    listed = book.alternatives.private.take(home, axis=0)
    worse = utility <= best[:, None]
    worse |= book.seats.take(listed, mode="wrap") <= 0
    utility[worse] = -np.inf
    return ranked(utility, listed, book.rules.private_choices)


def _systematic(book: Book, schools: I32) -> F32:
    demand = book.demand
    seen = choice_set(
        book.alternatives,
        schools,
        tastes=demand.tastes,
        quality=demand.quality,
        fee_yuan=demand.fee_yuan,
        crowding=demand.crowding,
    )
    return systematic_utility(seen, demand.tastes.coefficients)


def _families(book: Book, rows: Rows) -> dict[str, Any]:
    """What utilities need to know of the applicants, by name."""
    applicants = book.applicants
    return {
        "words": book.alternatives.words,
        "settlement": applicants.settlement.take(rows),
        "income": applicants.income.take(rows),
        "identity": applicants.identity.take(rows),
        "taste": book.streams.taste,
        "sibling_school": book.siblings(rows),
        "sibling_coefficient": book.demand.tastes.coefficients.get(SIBLING),
    }


def _zone_round(book: Book, number: int, rows: Rows, lists: I32) -> None:
    """Admit applicants to the schools of their lists by tier and score."""
    if not rows.size:
        return
    rules = book.rules
    result = _held(book, rows, lists)
    first, other, lost = _OUTCOMES[number]
    left = (result.school < 0).nonzero()[0]
    if left.size:
        no_zone = lists[left, 0] < 0
        book.reason[rows.take(left)] = np.where(no_zone, _CODE["placed_no_zone"], lost)
    if rules.beds_limit:
        _mark_without_bed(book, rows, lists, result)
    code = (
        np.where(result.rank > 0, np.int8(other), np.int8(first)) if lists.shape[1] > 1 else first
    )
    shift = 0 if not rules.first_choice_first else max(lists.shape[1] - 1, 0).bit_length()
    book.admit(number, rows, result, code, kind=rules.score, tiers=True, shift=shift)


def _held(book: Book, rows: Rows, lists: I32) -> Matching:
    """Who is admitted where in a zone round."""
    rules, seats = book.rules, book.public_seats()
    key = _zone_keys(book, rows, lists)
    if rules.first_choice_first:
        key = first_choice_first(key)
    return _divide(book, rows, lists, key, seats) or match(lists, key, seats)


def _zone_keys(book: Book, rows: Rows, lists: I32) -> U32:
    """Keys of tier and score at each school listed."""
    rules = book.rules
    applicants = book.applicants
    tier, sibling = _tiers(book, rows), book.siblings(rows) if rules.sibling_tier >= 0 else None
    lottery = book.lottery(rows)
    if rules.lottery_per_school:
        lottery = book.lottery_at(rows, lists)
    if rules.score == "lottery":
        score = lottery
    elif rules.score == "points":
        points = applicants.points[rows]
        score = points_score(points[:, None] if lottery.ndim == 2 else points, lottery)
    else:
        km = book.alternatives.km[applicants.settlement[rows][:, None], lists]
        score = distance_score(km, lottery if lottery.ndim == 2 else lottery[:, None])
    return tier_keys(lists, tier, score, sibling, rules.sibling_tier)


def _divide(book: Book, rows: Rows, lists: I32, key: U32, seats: I64) -> Matching | None:
    """Admit where schools are divided into parts (reserves, beds); None where none is.

    A school of q seats with reserves lists its reserved parts before its open part. A reserved
    part admits those it is kept for before all others, so that it never stays empty while others
    want it. Where beds limit admission, a school with b beds keeps ``q - b`` seats for children
    who need none and lets everybody compete for the other b: this admits exactly those whom
    filling in order of the keys, with at most b boarders, would admit.
    """
    needs_bed = _needs_bed(book, rows, lists)
    reserves = [r for r in book.rules.reserves if seats[r.school] > 0]
    if needs_bed is None and not reserves:
        return None
    schools = len(seats)
    capacity = [seats.copy()]
    columns: list[tuple[I32, U32]] = []
    home, tier = book.applicants.settlement[rows], _tiers(book, rows)
    for number, reserve in enumerate(reserves):
        kept = int(np.floor(seats[reserve.school] * reserve.share + 1e-9))
        kept = min(kept, int(capacity[0][reserve.school]))
        capacity[0][reserve.school] -= kept
        capacity.append(np.array([kept], dtype=np.int64))
        may = reserve.tier[tier]
        if reserve.home is not None:
            may = may & reserve.home[home]
        others = np.where(may, np.uint32(0), np.uint32(1) << np.uint32(31))
        at = lists == reserve.school
        own = np.where(at, np.int32(schools + number), np.int32(-1))
        columns.append((own, (key >> np.uint32(1)) | others[:, None]))
    if needs_bed is not None:
        day = np.maximum(capacity[0] - book.beds, 0)
        with_bed = capacity[0] - day
        base = schools + len(reserves)
        capacity.append(day)
        at_day = np.where((lists >= 0) & ~needs_bed, lists + np.int32(base), np.int32(-1))
        columns.append((at_day.astype(np.int32), key))
        capacity[0] = with_bed
    columns.append((lists, key))
    return _divided(
        columns, np.concatenate(capacity), reserves_of=[r.school for r in reserves], schools=schools
    )


def _divided(
    columns: list[tuple[I32, U32]], capacity: I64, *, reserves_of: list[int], schools: int
) -> Matching:
    """Run the kernel on parts of schools and give its result in terms of the schools."""
    count = len(columns[0][0])
    parts = np.stack([part for part, _ in columns], axis=2).reshape(count, -1)
    keys = np.stack([key for _, key in columns], axis=2).reshape(count, -1)
    result = match(parts, keys, capacity)
    owner = np.concatenate([np.arange(schools), reserves_of])
    owner = np.concatenate([owner, np.arange(len(capacity) - len(owner))]).astype(np.int32)
    school = np.where(result.school >= 0, owner[result.school], np.int32(-1)).astype(np.int32)
    rank = np.where(result.rank >= 0, result.rank // len(columns), -1).astype(np.int32)
    whole = result.full < schools
    ends = (result.full[whole], result.last[whole], result.priority[whole])
    return Matching(school, rank, capacity[:schools], *ends)


def _needs_bed(book: Book, rows: Rows, lists: I32) -> NDArray[np.bool_] | None:
    """Whether the child would have to board at each school listed; None where it plays no role."""
    if not book.rules.beds_limit:
        return None
    far = book.alternatives.too_far(book.applicants.settlement[rows][:, None], lists)
    needs = far & book.applicants.boards[rows][:, None]
    needs &= lists >= 0
    return needs if needs.any() else None


def _mark_without_bed(book: Book, rows: Rows, lists: I32, result: Matching) -> None:
    needs = _needs_bed(book, rows, lists)
    if needs is not None:
        lost = (result.school < 0) & needs[:, 0]
        book.reason[rows[lost]] = _CODE["placed_no_bed"]


def _private_round(book: Book, rows: Rows, lists: I32) -> None:
    """Draw the lots of private schools."""
    words = book.streams.private_lottery.words(book.ticket(rows))
    capacity = np.where(book.private, book.seats, 0)
    result = match(lists, same_everywhere(lottery_score(words), lists), capacity)
    book.admit(codes.PRIVATE, rows, result, _CODE["private"], kind="lottery")
