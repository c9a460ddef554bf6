"""The table of families: copies, and what shares memory with what."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from capsim.county.families import Families

COLUMNS = (
    "identity", "household", "household_index", "settlement", "cohort", "school", "came_from",
    "sex", "registration", "income", "state", "boards", "destination",
)  # fmt: skip


def table(children: int, seed: int = 0) -> Families:
    rng = np.random.default_rng(seed)
    made = Families.empty(children)
    for name in COLUMNS:
        column = getattr(made, name)
        column[...] = rng.integers(0, 2 if name == "boards" else 100, column.shape)
    return made


def same(left: Families, right: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(getattr(left, name), right[name]) for name in COLUMNS)


def columns(families: Families, rows: np.ndarray | slice) -> dict[str, np.ndarray]:
    return {name: getattr(families, name)[rows] for name in COLUMNS}


@pytest.mark.parametrize("leaving", [0, 1, 7, 600, 1000])
def test_the_others_stay_in_order_however_many_leave(leaving):
    families = table(1000)
    gone = np.sort(np.random.default_rng(1).choice(1000, leaving, replace=False))
    stay = np.ones(1000, bool)
    stay[gone] = False
    left = families.without(gone)
    assert same(left, columns(families, stay))
    assert same(families.take(stay), columns(families, stay))
    assert same(families.take(np.flatnonzero(stay)), columns(families, stay))
    for name in COLUMNS:
        assert getattr(left, name).dtype == getattr(families, name).dtype


def test_a_table_goes_on_below_another():
    first, second = table(20), table(5, seed=1)
    both = first.append(second, after=3)
    assert len(both) == 22
    assert same(both.take(np.arange(17)), columns(first, slice(3, None)))
    assert same(both.take(np.arange(17, 22)), columns(second, slice(None)))


def test_a_table_goes_on_in_the_room_that_leavers_left_and_no_room_is_used_twice():
    families = table(2000)
    here = families.without(np.array([3, 700]))
    told = columns(here.take(np.arange(2, len(here))), slice(None))
    second, third, large = table(5, seed=1), table(6, seed=2), table(2000, seed=3)
    both, other = here.append(second, after=2), here.append(third, after=2)
    for grown, added in ((both, second), (other, third), (both.append(large), large)):
        start = len(grown) - len(added)
        assert same(grown.take(np.arange(start, len(grown))), columns(added, slice(None)))
        kept = grown.take(np.arange(1996))
        assert same(kept, told)
    assert np.shares_memory(both.school, here.school)
    assert not np.shares_memory(other.school, here.school)
    assert same(pickle.loads(pickle.dumps(both)), columns(both, slice(None)))


def test_others_move_up_in_place_year_after_year():
    families = table(2000)
    here = told = families.copy()
    for year, rows in enumerate((np.array([3, 700]), np.arange(0), np.array([0, 1, 1999]))):
        told = told.copy().append(table(50, seed=year), after=20).without(rows)
        before, here = here, here.append(table(50, seed=year), after=20)
        assert np.shares_memory(here.school, before.school)
        here = here.without(rows, in_place=True)
        assert np.shares_memory(here.school, before.school)
        assert same(here, columns(told, slice(None)))
        assert not np.shares_memory(here.school, told.school)
    assert same(table(2000), columns(families, slice(None)))


def test_what_is_changed_in_a_column_is_copied_pickled_and_nowhere_else():
    families = table(300)
    copy = families.without(np.array([0]))
    families.school[5], families.boards[6], families.destination[7, 1] = -1, True, 2
    assert copy.school[4] != -1
    told = pickle.loads(pickle.dumps(families))
    told.came_from[8] = -7
    later = told.without(np.array([0]))
    assert (later.school[4], later.boards[5], later.destination[6, 1]) == (-1, True, 2)
    assert later.came_from[7] == -7
