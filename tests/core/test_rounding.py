from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.core.rounding import largest_remainder


def slow(values: list[float], groups: list[int], totals: dict[int, int]) -> list[int]:
    out = [0] * len(values)
    for g, total in totals.items():
        members = [i for i in range(len(values)) if groups[i] == g]
        share = sum(values[i] for i in members)
        if share == 0:
            continue
        quota = {i: values[i] * total / share for i in members}
        for i in members:
            out[i] = int(quota[i] + 1e-9)
        left = total - sum(out[i] for i in members)
        by_remainder = sorted(members, key=lambda i: (-round(quota[i] - out[i], 9), i))
        for i in by_remainder[:left]:
            out[i] += 1
    return out


def test_worked_by_hand() -> None:
    assert largest_remainder([1.5, 1.2, 0.3]).tolist() == [2, 1, 0]
    assert largest_remainder([0.4, 0.4, 0.2]).tolist() == [1, 0, 0]
    assert largest_remainder([0.5, 0.5, 2.0, 0.25], [0, 0, 1, 1]).tolist() == [1, 0, 2, 0]


def test_ties_go_to_the_lowest_index_whatever_the_last_bit_says() -> None:
    thirds = [1 / 3, 0.1 + 0.2 + 1 / 30, 1 / 3]
    assert largest_remainder(thirds).tolist() == [1, 0, 0]


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=40))
def test_one_group_is_rounded_as_any_group_is(values: list[float]) -> None:
    whole = largest_remainder(values)
    assert np.array_equal(whole, largest_remainder(values, [0] * len(values)))
    assert np.array_equal(whole, largest_remainder([values, values])[1])


def test_draws_are_rounded_apart() -> None:
    values = np.array([[0.6, 0.4, 1.0], [0.4, 0.6, 1.0]])
    assert largest_remainder(values, [0, 0, 1]).tolist() == [[1, 0, 1], [0, 1, 1]]


def test_totals_scale_their_group() -> None:
    assert largest_remainder([1.0, 3.0, 5.0], [0, 0, 1], totals=[8, 2]).tolist() == [2, 6, 2]


@pytest.mark.parametrize(
    ("values", "groups", "totals"),
    [([-1.0], None, None), ([np.nan], None, None), ([0.0], None, [1]), ([1.0, 1.0], [0], None)],
)
def test_misuse(values: list[float], groups: list[int] | None, totals: list[int] | None) -> None:
    with pytest.raises(ValueError):
        largest_remainder(values, groups, totals=totals)


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    )
)
def test_against_the_obvious_way(pairs: list[tuple[int, int]]) -> None:
    values = [v / 8 for v, _ in pairs]
    groups = [g for _, g in pairs]
    totals = {
        g: int(np.floor(sum(v for v, h in zip(values, groups, strict=True) if h == g) + 0.5))
        for g in set(groups)
    }
    got = largest_remainder(values, groups)
    per_group = [sum(v for v, h in zip(got, groups, strict=True) if h == g) for g in totals]
    assert per_group == list(totals.values())
    if all(
        sum(v for v, h in zip(values, groups, strict=True) if h == g) == t
        for g, t in totals.items()
    ):
        assert np.abs(got - np.array(values)).max() < 1.0
    assert got.tolist() == _unscaled(values, groups, totals)


def _unscaled(values: list[float], groups: list[int], totals: dict[int, int]) -> list[int]:
    out = [int(v) for v in values]
    for g, total in totals.items():
        members = [i for i in range(len(values)) if groups[i] == g]
        left = total - sum(out[i] for i in members)
        for i in sorted(members, key=lambda i: (-(values[i] - out[i]), i))[:left]:
            out[i] += 1
    return out


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2)), min_size=1, max_size=20),
    st.lists(st.integers(0, 200), min_size=3, max_size=3),
)
def test_scaled_against_the_obvious_way(pairs: list[tuple[int, int]], wanted: list[int]) -> None:
    values = [float(v) for v, _ in pairs]
    groups = [g for _, g in pairs]
    has = {g: sum(v for v, h in zip(values, groups, strict=True) if h == g) > 0 for g in range(3)}
    totals = [w if has[g] else 0 for g, w in enumerate(wanted)]
    got = largest_remainder(values, groups, totals=totals)
    assert got.tolist() == slow(values, groups, dict(enumerate(totals)))
