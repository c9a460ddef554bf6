"""Levels admitted in one pass of the rounds, where no level looks at another.

Homes and schools of a further level get numbers of their own after those of the level before, as
if they were another county; who is admitted where is the same as level by level. It saves the
cost of holding every round twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim import draws
from capsim.choice.book import AdmissionStreams, Applicants, Demand, Offer
from capsim.choice.outlook import Outlook
from capsim.choice.rule_set import Rules
from capsim.choice.rules import Admission, admit
from capsim.choice.travel import Alternatives
from capsim.draws import Stream

I32 = NDArray[np.int32]


def alike(rules: Sequence[Rules]) -> bool:
    """Return whether levels have the same rules, of the kind that can be held in one pass.

    No school is divided by reserves or beds, and no list position counts before the priority.
    """
    first = rules[0]
    if first.beds_limit or first.first_choice_first:
        return False
    return not any(
        rule.reserves
        or any(
            not np.array_equal(getattr(rule, field.name), getattr(first, field.name))
            for field in fields(Rules)
        )
        for rule in rules
    )


def joined_alternatives(ways: Sequence[Alternatives]) -> Alternatives:
    """Return the schools open to the homes of all levels, one level after the other.

    Parameters
    ----------
    ways : sequence of Alternatives
        By level, of the same homes and schools.

    Returns
    -------
    Alternatives
        Homes and schools of level l have the numbers ``l x homes + home`` and
        ``l x schools + school``. Schools of another level are infinitely far.
    """
    homes, schools = ways[0].km.shape
    km = np.full((len(ways) * homes, len(ways) * schools), np.inf, dtype=np.float32)
    for level, one in enumerate(ways):
        km[level * homes : (level + 1) * homes, level * schools : (level + 1) * schools] = one.km

    def below(name: str, padding: float) -> NDArray[Any]:
        tables = [getattr(one, name) for one in ways]
        width = max(table.shape[1] for table in tables)
        whole = np.full((len(km), width), padding, dtype=tables[0].dtype)
        for level, table in enumerate(tables):
            whole[level * homes : (level + 1) * homes, : table.shape[1]] = table
        return whole

    def shifted(name: str) -> I32:
        table = below(name, -1)
        level = np.repeat(np.arange(len(ways), dtype=np.int32), homes)[:, None]
        return np.where(table >= 0, table + level * np.int32(schools), table).astype(np.int32)

    return Alternatives(
        km=km,
        zone=shifted("zone"),
        candidates=shifted("candidates"),
        candidate_km=below("candidate_km", np.inf).astype(np.float32),
        candidate_in_zone=below("candidate_in_zone", False).astype(np.bool_),
        nearest=shifted("nearest"),
        beyond=shifted("beyond"),
        private=shifted("private"),
        limit_km=np.concatenate([one.limit_km for one in ways]),
        words=np.concatenate([one.words for one in ways]),
    )


@dataclass(frozen=True, slots=True)
class _JoinedStream(Stream):
    """The streams of several levels, one key for each child of a table of all of them."""

    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def at(self, rows: NDArray[np.integer] | slice) -> Stream:
        return _JoinedStream(0, self.keys[rows])

    def words(self, identity: ArrayLike) -> NDArray[np.uint64]:
        ids = np.asarray(identity, dtype=np.uint64)
        if len(ids) != len(self.keys):
            raise ValueError(f"{len(ids)} identities, {len(self.keys)} have a key")
        return draws.mix(draws.mix(ids) ^ self.keys.reshape(-1, *[1] * (ids.ndim - 1)))


def admit_together(
    applicants: Sequence[Applicants],
    offers: Sequence[Offer],
    ways: Alternatives,
    demands: Sequence[Demand],
    rules: Rules,
    streams: Sequence[AdmissionStreams],
    outlooks: dict[str, Outlook] | None = None,
) -> list[Admission]:
    """Admit the applicants of several levels in one pass.

    Parameters
    ----------
    applicants, offers, demands, streams : sequence
        By level; applicants of at most one level board: a school's beds are one number, which
        several levels would share.
    ways : Alternatives
        From :func:`joined_alternatives`.
    rules : Rules
        Of all levels; see :func:`alike`.
    outlooks : dict of str to Outlook, optional
        Of `ways`, as :class:`~capsim.choice.book.Demand` keeps them of one level.

    Returns
    -------
    list of Admission
        By level, as :func:`~capsim.choice.rules.admit` gives them.
    """
    levels = len(applicants)
    homes, schools = len(ways.km) // levels, ways.km.shape[1] // levels
    ends = np.cumsum([len(one) for one in applicants])
    whole = admit(
        _joined_applicants(applicants, homes, schools),
        _joined_offer(offers),
        ways,
        _joined_demand(demands, {} if outlooks is None else outlooks),
        rules,
        _joined_streams(streams, [len(one) for one in applicants]),
    )
    whole.school[whole.school >= 0] %= schools
    found = []
    for level, end in enumerate(ends):
        children = slice(end - len(applicants[level]), end)
        places = slice(level * schools, (level + 1) * schools)
        found.append(
            Admission(
                school=whole.school[children],
                outcome=whole.outcome[children],
                rank=whole.rank[children],
                cutoff_tier=whole.cutoff_tier[places],
                cutoff_score=whole.cutoff_score[places],
                seats_left=whole.seats_left[places],
                emergency_left=whole.emergency_left[places],
                beds_left=whole.beds_left[places],
            )
        )
    return found


def _joined_offer(offers: Sequence[Offer]) -> Offer:
    seats, emergency_seats, beds = (
        np.concatenate([getattr(one, name) for one in offers])
        for name in ("seats", "emergency_seats", "beds")
    )
    private = [one.private for one in offers if one.private is not None]
    return Offer(seats, emergency_seats, beds, np.concatenate(private) if private else None)


def _joined_demand(demands: Sequence[Demand], outlooks: dict[str, Outlook]) -> Demand:
    def joined(name: str) -> NDArray[Any] | None:
        parts = [getattr(one, name) for one in demands]
        return None if parts[0] is None else np.concatenate(parts)

    tier = joined("expected_tier")
    if tier is not None:
        # Of the cells for the padding, at the end of each level, the last one stays.
        padding = np.cumsum([len(one.quality) + 1 for one in demands])[:-1] - 1
        tier = np.delete(tier, padding)
    return Demand(
        demands[0].tastes,
        np.concatenate([one.quality for one in demands]),
        fee_yuan=joined("fee_yuan"),
        crowding=joined("crowding"),
        expected_tier=tier,
        outlooks=outlooks,
    )


def _joined_streams(
    streams: Sequence[AdmissionStreams], children: Sequence[int]
) -> AdmissionStreams:
    def joined(name: str) -> Stream:
        keys = np.array([getattr(one, name).key for one in streams], dtype=np.uint64)
        return _JoinedStream(0, keys.repeat(children))

    return AdmissionStreams(*(joined(field.name) for field in fields(AdmissionStreams)))


def _joined_applicants(applicants: Sequence[Applicants], homes: int, schools: int) -> Applicants:
    """One table of the applicants of all levels, with the numbers of homes and schools shifted."""
    columns = {
        field.name: np.concatenate([getattr(one, field.name) for one in applicants])
        for field in fields(Applicants)
    }
    start = 0
    for level, one in enumerate(applicants):
        part = slice(start, start + len(one))
        columns["settlement"][part] += level * homes
        for name in ("direct_school", "sibling_school"):
            school = columns[name][part]
            school[school >= 0] += level * schools
        start = part.stop
    return Applicants(**columns)
