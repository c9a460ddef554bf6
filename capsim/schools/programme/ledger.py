"""Accounts of the programme: seats by year and cause, and money by year, project and source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.catalogue import CAPACITY_CAUSES

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

# Causes that make new seats (新增学位); mergers and closures only move or end them.
NEW_SEAT_CAUSES = ("build", "expand", "renovate", "convert", "lease")


class SeatLedger:
    """Classrooms added and removed, by year, school, level and cause.

    The ledger counts classrooms, which are whole, so that capacity (rooms x class cap) balances
    exactly whatever the class cap is.

    Parameters
    ----------
    rooms : array_like of int, shape (schools, 2)
        Classrooms in the base year; 0 where a school is closed.
    class_cap : array_like, shape (2,)
        Planned class size by level.
    """

    def __init__(self, rooms: ArrayLike, class_cap: ArrayLike) -> None:
        self._opening: I64 = np.array(rooms, dtype=np.int64)
        self._rooms: I64 = self._opening.copy()
        self._cap: F64 = np.asarray(class_cap, dtype=np.float64)
        self._net_new: I64 = np.zeros_like(self._opening)
        self._new_causes = [CAPACITY_CAUSES.index(c) for c in NEW_SEAT_CAUSES]

    def record(self, rooms_change: ArrayLike | None) -> None:
        """Enter the change of one year.

        Parameters
        ----------
        rooms_change : array_like of int, shape (schools, 2, causes), or None
            Classrooms by cause in the order of ``CAPACITY_CAUSES``; None where nothing changed.
        """
        if rooms_change is None:
            return
        change = np.asarray(rooms_change, dtype=np.int64)
        self._rooms += np.add.reduce(change, axis=2)
        self._net_new += np.add.reduce(change.take(self._new_causes, axis=2), axis=2)

    def balances(self, rooms: ArrayLike) -> bool:
        """Return whether the classrooms that stand are those of the ledger, cell by cell."""
        return bool(np.array_equal(self._rooms, np.asarray(rooms)))

    def capacity(self) -> F64:
        """Return seats by school and level, shape (schools, 2)."""
        seats: F64 = self._rooms * self._cap
        return seats

    def new_seats(self) -> F64:
        """Return the seats added since the base year by school and level, shape (schools, 2).

        Net of what the same causes took away at that school (a lease that ended, rooms out of use
        during repairs), never below 0. Seats that a merger hands to another school are not new.
        """
        seats: F64 = np.maximum(self._net_new, 0) * self._cap
        return seats


def split_exactly(total: int, shares: ArrayLike) -> I64:
    """Split a whole amount by shares so that the parts add up to it exactly.

    The parts are the differences of the rounded running total, so each is within one unit of its
    exact value.

    Parameters
    ----------
    total : int
    shares : array_like, any shape
        Not negative, in any scale, not all zero.

    Returns
    -------
    ndarray of int64, shape of `shares`
    """
    weights = np.asarray(shares, dtype=np.float64)
    running = np.cumsum(weights.ravel())
    edges = np.floor(total * (running / running[-1]) + 0.5).astype(np.int64)
    parts: I64 = np.diff(edges, prepend=0).reshape(weights.shape)
    return parts


@dataclass(frozen=True, slots=True)
class Payment:
    """Money due in a calendar year, in whole yuan of the price year of the programme."""

    year: int
    project: int
    source: int
    yuan: int


def payments_of(
    total_yuan: int,
    project: int,
    start_months: float,
    finish_months: float,
    *,
    payment_shares: Sequence[float],
    funding: Sequence[tuple[int, float]],
) -> list[Payment]:
    """Return the payments of one piece of work; they add up to its cost exactly.

    Parameters
    ----------
    total_yuan : int
        Cost.
    project : int
        Index of the project.
    start_months, finish_months : float
        Start and end of the work, months counted from January of year 0.
    payment_shares : sequence of float
        Shares by calendar year from the start; in proportion to the months of work that fall into
        each calendar year if empty.
    funding : sequence of (int, float)
        Index of each funding source and its share.
    """
    if total_yuan == 0:
        return []
    first = int(start_months // 12)
    if payment_shares:
        by_year = np.asarray(payment_shares, dtype=np.float64)
    else:
        by_year = months_by_year(start_months, finish_months)
    split = split_exactly(total_yuan, np.outer(by_year, [share for _, share in funding]))
    return [
        Payment(first + i, project, source, int(split[i, j]))
        for i in range(len(by_year))
        for j, (source, _) in enumerate(funding)
        if split[i, j]
    ]


def months_by_year(start_months: float, finish_months: float) -> F64:
    """Return the months of a span that fall into each calendar year, from that of its start.

    A span without length counts as one month in its year.
    """
    first = int(start_months // 12)
    if finish_months <= start_months:
        return np.ones(1)
    last = int(np.ceil(finish_months / 12.0)) - 1
    edges = np.clip(12.0 * np.arange(first, last + 2), start_months, finish_months)
    months: F64 = np.diff(edges)
    return months


@dataclass
class Accounts:
    """Payments of a replicate and the rents that run.

    Attributes
    ----------
    payments : list of Payment
    """

    payments: list[Payment] = field(default_factory=list)

    def capital_cost(self, years: Sequence[int], projects: int, sources: int) -> I64:
        """Return the payments by year, project and source, in whole yuan.

        Parameters
        ----------
        years : sequence of int
            Calendar years in rising order without gaps; payments outside them are left out
            (before: sunk cost; after: beyond the horizon).
        projects, sources : int
            Numbers of projects and funding sources.

        Returns
        -------
        ndarray of int64, shape (years, projects, sources)
        """
        table: I64 = np.zeros((len(years), projects, sources), dtype=np.int64)
        for payment in self.payments:
            if years[0] <= payment.year <= years[-1]:
                table[payment.year - years[0], payment.project, payment.source] += payment.yuan
        return table

    def total_yuan(self) -> int:
        """Return all payments, whenever they fall due."""
        return sum(payment.yuan for payment in self.payments)
