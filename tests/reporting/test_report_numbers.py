from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.reporting import numbers
from capsim.reporting.content import Column, Estimate


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234.5, "1,235"), (2.5, "3"), (-2.5, "−3"), (-0.4, "0"), (math.nan, "–")],
)
def test_counts(value, text):
    assert numbers.count(value) == text


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (0, "0", "0"),
        (0.3, "<5", "少于5"),
        (4.99, "<5", "少于5"),
        (5, "5", "5"),
        (1200, "1,200", "1,200"),
    ],
)
def test_small_counts_of_children_are_not_shown(value, en, zh):
    assert numbers.children(value, "en") == en
    assert numbers.children(value, "zh") == zh


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [(0, "0 %", "0%"), (0.123, "12 %", "12%"), (0.0212, "2.1 %", "2.1%"), (1, "100 %", "100%")],
)
def test_shares(value, en, zh):
    assert (numbers.share(value, "en"), numbers.share(value, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (20.5e6, "20.5 million yuan", "2,050万元"),
        (1.5e9, "1,500.0 million yuan", "15.00亿元"),
        (9_000, "9,000 yuan", "9,000元"),
        (0, "0 yuan", "0元"),
        (math.nan, "–", "–"),
    ],
)
def test_money(value, en, zh):
    assert (numbers.money(value, "en"), numbers.money(value, "zh")) == (en, zh)


def test_estimates():
    assert numbers.estimate(Estimate(10, 12, 15, 100), "en") == "12 (10–15)"
    assert numbers.estimate(Estimate(12, 12, 12, 100), "en") == "12"
    assert numbers.estimate(Estimate(10, 12, 15, 1), "zh") == "12"
    assert numbers.estimate(Estimate(-20, -12, 3, 100), "en") == "−12 (−20 to 3)"
    assert numbers.estimate(Estimate(-20, -12, 3, 100), "zh") == "−12 (−20至3)"
    assert numbers.estimate(Estimate(0, 3, 9, 9), "zh", of_children=True) == "少于5 (0–9)"
    assert numbers.estimate(Estimate(math.nan, math.nan, math.nan, 9), "en") == "–"


def test_cells_by_column_kind():
    def text(cell, kind, lang="en"):
        return numbers.cell_text(cell, Column("x", kind), lang)

    assert text(2025, "year") == "2025"
    assert text(2_500_000, "money") == "2.50"
    assert text(2_500_000, "money", "zh") == "250.0"
    assert text(3, "children") == "<5"
    assert text(3, "count") == "3"
    assert text(None, "count") == "–"
    assert text("a\x07b\n", "text") == "a b "


@given(st.floats(-1e12, 1e12))
def test_a_number_never_shows_a_negative_zero_or_an_ascii_minus(value):
    for text in (numbers.count(value), numbers.decimal(value), numbers.share(value, "en")):
        assert "-" not in text
        assert not (text.startswith("−") and set(text) <= set("−0., %"))


@given(st.floats(0, 1e6))
def test_suppression_hides_exactly_what_lies_between_zero_and_five(value):
    assert (numbers.children(value, "en") == "<5") == (0 < value < 5)
