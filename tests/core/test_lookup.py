"""Looking few identities up among many gives what a dictionary and a set give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.core.draws import mix
from capsim.core.lookup import among, row_of_each

# Few distinct words, some equal in their low bits, so that repeats and near misses occur.
WORDS = st.one_of(
    st.integers(0, 9), st.integers(0, 3).map(lambda n: (n << 40) + 7), st.integers(0, 2**64 - 1)
)


def words(values):
    return np.array(values, dtype=np.uint64)


NUMBERS = st.integers(0, 12)


def numbers(values):
    return np.array(values, dtype=np.int32)


@given(st.lists(NUMBERS, max_size=60), st.lists(NUMBERS, max_size=30))
def test_among_is_membership_in_a_set(many, few):
    expected = [row for row, number in enumerate(many) if number in set(few)]
    assert among(numbers(many), numbers(few)).tolist() == expected


def first_rows(wanted, keys):
    first = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    return [first.get(key, -1) for key in wanted]


@given(st.lists(WORDS, max_size=30), st.lists(WORDS, max_size=60))
def test_row_of_each_is_the_first_row_that_a_dictionary_holds(wanted, keys):
    assert row_of_each(words(wanted), words(keys)).tolist() == first_rows(wanted, keys)


@pytest.mark.parametrize("size", [100, 5_000])
def test_many_random_words(size):
    keys = mix(np.arange(50_000))
    rows = np.arange(0, 50_000, 50_000 // size)
    wanted = np.concatenate([keys[rows], mix(np.arange(60_000, 61_000))])
    assert np.array_equal(row_of_each(wanted, keys), np.append(rows, np.full(1000, -1)))
