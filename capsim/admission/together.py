"""Levels admitted in one pass of the rounds, where no level looks at another.

Homes and schools of a further level get numbers of their own after those of the level before, as
if they were another county; who is admitted where is the same as level by level. It saves the
cost of holding every round twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, fields
from itertools import accumulate
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.admission.admit import Admission, admit
from capsim.admission.rules import Rules
from capsim.admission.state import AdmissionStreams, Applicants, Demand, Offer
from capsim.choice.travel import Alternatives
from capsim.core import draws
from capsim.core.draws import Stream

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


class JoinedAlternatives(Alternatives):
    """The schools open to the homes of all levels, one level after the other.

    Homes and schools of level l have the numbers ``l x homes + home`` and ``l x schools + school``.
    Schools of another level are infinitely far. Tables are made when they are first asked for.

    Parameters
    ----------
    levels : sequence of Alternatives
        Of the same homes and schools.
    """

    def __init__(self, levels: Sequence[Alternatives]) -> None:
        self.__dict__["levels"] = levels

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name not in _TABLES:
            raise AttributeError(name)
        tables = [getattr(one, name) for one in self.__dict__["levels"]]
        table = self.__dict__[name] = self._joined(name, tables)
        return table

    def _joined(self, name: str, tables: list[NDArray[Any]]) -> NDArray[Any]:
        if tables[0].ndim == 1:
            return np.concatenate(tables)
        if name == "km":
            return _diagonal(tables)
        padding = np.inf if name == "candidate_km" else -1 if tables[0].dtype == np.int32 else False
        whole = _below(tables, padding)
        if tables[0].dtype == np.int32:  # schools
            homes, schools = self.__dict__["levels"][0].km.shape
            for first in range(homes, len(whole), homes):
                _shift(whole[first:], schools)
        return whole


_TABLES: Final = tuple(column.name for column in fields(Alternatives))


def _diagonal(tables: list[NDArray[Any]]) -> NDArray[Any]:
    """Return distances, infinite between the homes of one level and the schools of another."""
    homes, schools = tables[0].shape
    whole = np.full((len(tables) * homes, len(tables) * schools), np.inf, dtype=tables[0].dtype)
    for level, one in enumerate(tables):
        whole[level * homes : (level + 1) * homes, level * schools : (level + 1) * schools] = one
    return whole


def _below(tables: list[NDArray[Any]], padding: float) -> NDArray[Any]:
    """Return tables of the same length one below the other, as wide as the widest."""
    width, homes = max(table.shape[1] for table in tables), len(tables[0])
    whole = np.full((len(tables) * homes, width), padding, dtype=tables[0].dtype)
    for level, one in enumerate(tables):
        whole[level * homes : (level + 1) * homes, : one.shape[1]] = one
    return whole


@dataclass(frozen=True, slots=True)
class JoinedStream(Stream):
    """The streams of several levels: of each child of a table that of its level.

    Attributes
    ----------
    key : int
        Not used.
    streams : callable
        Returns the stream of each level; called when words are drawn.
    level : ndarray of int8, shape (children,)
        From :func:`levels_of`.
    """

    streams: Callable[[], Sequence[Stream]]
    level: NDArray[np.int8]

    def at(self, rows: NDArray[np.integer] | slice) -> Stream:
        """Return the stream of some rows of the table."""
        return JoinedStream(0, self.streams, self.level[rows])

    def words(self, identity: ArrayLike) -> NDArray[np.uint64]:
        """Return 64 random bits for each identity of the table, by the key of its level."""
        ids = np.asarray(identity, dtype=np.uint64)
        if len(ids) != len(self.level):
            raise ValueError(f"{len(ids)} identities, {len(self.level)} have a key")
        keys = np.array([one.key for one in self.streams()], dtype=np.uint64).take(self.level)
        return draws.mix(draws.mix(ids) ^ (keys if ids.ndim == 1 else keys[:, None]))


def parts_of(by_level: Sequence[Sized]) -> list[slice]:
    """Return where what belongs to each level stands if one level comes after the other."""
    ends = list(accumulate(len(one) for one in by_level))
    return [slice(end - len(one), end) for one, end in zip(by_level, ends, strict=True)]


def levels_of(parts: Sequence[slice]) -> NDArray[np.int8]:
    """Return the level of each child of a table of all levels, from :func:`parts_of`."""
    level = np.zeros(parts[-1].stop, dtype=np.int8)
    for part in parts[1:]:
        level[part.start :] += 1
    return level


def admit_together(
    applicants: Applicants,
    parts: Sequence[slice],
    offer: Offer,
    ways: Alternatives,
    demand: Demand,
    rules: Rules,
    streams: AdmissionStreams,
) -> Admission:
    """Admit the applicants of several levels in one pass.

    Parameters
    ----------
    applicants : Applicants
        Of all levels, one level after the other. Those of at most one level board: a school's
        beds are one number, which several levels would share.
    parts : sequence of slice
        Where the applicants of each level stand.
    offer, demand : Offer and Demand
        Of all levels, those of the schools of one level after those of the other.
    ways : Alternatives
        :class:`JoinedAlternatives`.
    rules : Rules
        Of all levels; see :func:`alike`.
    streams : AdmissionStreams
        Each a :class:`JoinedStream`.

    Returns
    -------
    Admission
        What :func:`~capsim.admission.admit.admit` gives level by level, one after the other.
    """
    homes, schools = (size // len(parts) for size in ways.km.shape)
    whole = admit(_shifted(applicants, parts, homes, schools), offer, ways, demand, rules, streams)
    for part in parts[1:]:
        _shift(whole.school[part.start :], -schools)
    return whole


def joined_admissions(by_level: Sequence[Admission]) -> Admission:
    """Return the admissions of several levels as one, one level after the other."""
    return Admission(
        *(
            np.concatenate([getattr(one, column.name) for one in by_level])
            for column in fields(Admission)
        )
    )


def _shifted(
    applicants: Applicants, parts: Sequence[slice], homes: int, schools: int
) -> Applicants:
    """Return applicants of all levels with the numbers of their homes and schools shifted."""
    home, direct = applicants.settlement.copy(), applicants.direct_school.copy()
    for part in parts[1:]:
        home[part.start :] += homes
        _shift(direct[part.start :], schools)
    given = applicants.sibling_school

    def siblings(rows: NDArray[np.intp]) -> I32:
        found = given(rows) if callable(given) else given.take(rows)
        for part in parts[1:]:
            _shift(found[rows.searchsorted(part.start) :], schools)
        return found

    return Applicants(
        identity=applicants.identity,
        household=applicants.household,
        settlement=home,
        registration=applicants.registration,
        points=applicants.points,
        direct_school=direct,
        sibling_school=siblings,
        income=applicants.income,
        boards=applicants.boards,
    )


def _shift(school: I32, by: int) -> None:
    """Shift the numbers of schools in place; -1 for none stays."""
    school += (school >= 0) * np.int32(by)
