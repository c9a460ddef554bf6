"""Seats and money: whatever happens, the books balance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.core.catalogue import CAPACITY_CAUSES
from capsim.schools.programme.ledger import (
    Accounts,
    Payment,
    SeatLedger,
    months_by_year,
    payments_of,
    split_exactly,
)

CAUSE = {name: k for k, name in enumerate(CAPACITY_CAUSES)}


def change(schools: int, *entries: tuple[int, int, str, int]) -> np.ndarray:
    table = np.zeros((schools, 2, len(CAPACITY_CAUSES)), dtype=np.int64)
    for school, level, cause, rooms in entries:
        table[school, level, CAUSE[cause]] += rooms
    return table


def test_capacity_is_last_years_plus_the_causes():
    ledger = SeatLedger([[10, 0], [6, 4]], [45, 50])
    assert ledger.capacity().tolist() == [[450, 0], [270, 200]]
    ledger.record(change(2, (0, 0, "expand", 2), (1, 1, "close", -4)))
    assert ledger.capacity().tolist() == [[540, 0], [270, 0]]
    assert ledger.balances([[12, 0], [6, 0]])
    assert not ledger.balances([[12, 0], [6, 1]])


def test_a_year_without_entries_changes_nothing():
    ledger = SeatLedger([[10, 0]], [45, 50])
    ledger.record(None)
    assert ledger.balances([[10, 0]])
    assert ledger.new_seats().tolist() == [[0, 0]]


def test_new_seats_are_net_of_returned_leases_and_not_moved_by_mergers():
    ledger = SeatLedger([[10, 0], [6, 0]], [45, 50])
    ledger.record(change(2, (0, 0, "lease", 3), (1, 0, "build", 2)))
    assert ledger.new_seats().tolist() == [[135, 0], [90, 0]]
    ledger.record(change(2, (0, 0, "lease", -3), (1, 0, "merge", -8), (0, 0, "merge", 8)))
    assert ledger.new_seats().tolist() == [[0, 0], [90, 0]]


def test_rooms_out_of_use_are_never_negative_new_seats():
    ledger = SeatLedger([[10, 0]], [45, 50])
    ledger.record(change(1, (0, 0, "renovate", -4)))
    assert ledger.new_seats().tolist() == [[0, 0]]


@given(st.integers(0, 10**10), st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_split_keeps_the_total_and_is_within_one_of_the_exact_share(total, shares):
    if sum(shares) <= 0:
        shares = [*shares, 1.0]
    parts = split_exactly(total, shares)
    assert parts.sum() == total
    assert (parts >= 0).all()
    exact = total * np.asarray(shares) / sum(shares)
    assert np.abs(parts - exact).max() <= 1 + 1e-9 * total


def test_months_of_a_span_by_calendar_year():
    # October 2018 to the end of March 2020: 3 months, 12 months, 3 months.
    start = 12 * 2018 + 9
    assert months_by_year(start, start + 18).tolist() == [3, 12, 3]
    assert months_by_year(start, start).tolist() == [1]
    # A span that ends with a year has no empty year after it.
    assert months_by_year(12 * 2018, 12 * 2019).tolist() == [12]


def test_payments_follow_the_months_of_work_and_the_funding():
    start = 12 * 2018 + 6
    payments = payments_of(
        1_800_000, 3, start, start + 18, payment_shares=(), funding=[(0, 0.75), (1, 0.25)]
    )
    assert payments == [
        Payment(2018, 3, 0, 450_000),
        Payment(2018, 3, 1, 150_000),
        Payment(2019, 3, 0, 900_000),
        Payment(2019, 3, 1, 300_000),
    ]


def test_given_shares_fix_the_years():
    payments = payments_of(
        100, 0, 12 * 2018, 12 * 2018 + 40, payment_shares=(0.3, 0.7), funding=[(0, 1.0)]
    )
    assert [(p.year, p.yuan) for p in payments] == [(2018, 30), (2019, 70)]


def test_work_without_cost_has_no_payments():
    assert payments_of(0, 0, 0.0, 5.0, payment_shares=(), funding=[(0, 1.0)]) == []


@given(
    st.integers(1, 10**9),
    st.floats(24000, 24600),
    st.floats(0, 120),
    st.lists(st.floats(0.01, 1), min_size=1, max_size=4),
)
def test_payments_add_up_to_the_cost_exactly(total, start, length, weights):
    funding = [(k, w / sum(weights)) for k, w in enumerate(weights)]
    payments = payments_of(total, 0, start, start + length, payment_shares=(), funding=funding)
    assert sum(p.yuan for p in payments) == total
    accounts = Accounts(payments)
    inside = accounts.capital_cost(range(1990, 2070), 1, len(funding))
    assert inside.sum() == total == accounts.total_yuan()


def test_payments_outside_the_years_are_left_out_of_the_table_only():
    accounts = Accounts([Payment(2016, 0, 0, 5), Payment(2018, 0, 0, 7), Payment(2030, 0, 0, 9)])
    table = accounts.capital_cost(range(2017, 2020), 1, 1)
    assert table[:, 0, 0].tolist() == [0, 7, 0]
    assert accounts.total_yuan() == 21


@pytest.mark.parametrize("cap", [45.0, 42.5])
def test_the_ledger_balances_for_any_class_cap(cap):
    ledger = SeatLedger([[7, 0]], [cap, 50])
    ledger.record(change(1, (0, 0, "expand", 3)))
    ledger.record(change(1, (0, 0, "close", -10)))
    assert ledger.capacity()[0, 0] == 0
