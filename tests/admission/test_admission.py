"""The kernel against a slow version, the `matching` library and its own definition."""

from __future__ import annotations

import heapq
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.admission.matching import (
    CLOSED,
    OPEN,
    deferred_acceptance,
    fill,
    first_choice_first,
)
from capsim.core.errors import InvalidInput


def one_child_at_a_time(lists, priority, capacity):
    """Deferred acceptance as the textbook has it: one proposal after the other, last in first."""
    held = [[] for _ in capacity]
    school = [-1] * len(lists)
    waiting = [(child, 0) for child in range(len(lists))]
    while waiting:
        child, position = waiting.pop()
        if position >= len(lists[child]):
            continue
        wanted = lists[child][position]
        if wanted < 0 or capacity[wanted] == 0:
            waiting.append((child, position + 1))
            continue
        heapq.heappush(held[wanted], (-int(priority[child][position]), -child, position))
        school[child] = wanted
        if len(held[wanted]) > capacity[wanted]:
            _, loser, at = heapq.heappop(held[wanted])
            school[-loser] = -1
            waiting.append((-loser, at + 1))
    return np.array(school)


def blocking_pairs(lists, priority, capacity, school):
    """Pairs who would both gain: the child prefers the school, which has a worse child or room."""
    pairs = []
    admitted = [[] for _ in capacity]
    for child, s in enumerate(school):
        if s >= 0:
            position = list(lists[child]).index(s)
            admitted[s].append((int(priority[child][position]), child))
    for child, wanted in enumerate(lists):
        for position, s in enumerate(wanted):
            if s == school[child]:
                break
            if s < 0:
                continue
            key = (int(priority[child][position]), child)
            if len(admitted[s]) < capacity[s] or (admitted[s] and key < max(admitted[s])):
                pairs.append((child, int(s)))
    return pairs


@st.composite
def instances(draw):
    """Small problems: short lists, holes, few or many distinct priorities, zero capacities.

    Some children have one priority at all schools, given as a view that repeats it.
    """
    children = draw(st.integers(1, 25))
    schools = draw(st.integers(1, 7))
    length = draw(st.integers(1, schools))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lists = np.array([rng.permutation(schools)[:length] for _ in range(children)])
    lists[rng.random(lists.shape) < draw(st.sampled_from([0.0, 0.2]))] = -1
    top = draw(st.sampled_from([1, 3, 2**32]))
    priority = rng.integers(0, top, size=lists.shape, dtype=np.uint32)
    capacity = rng.integers(0, draw(st.sampled_from([2, 5, 30])), size=schools)
    if draw(st.booleans()):
        lists = np.asfortranarray(lists)
    if draw(st.booleans()):
        priority = np.broadcast_to(priority[:, :1], lists.shape)
    return lists, priority, capacity


@settings(max_examples=400, deadline=None)
@given(instances())
def test_equals_the_slow_version_and_is_stable(instance):
    lists, priority, capacity = instance
    result = deferred_acceptance(lists, priority, capacity)
    assert result.school.tolist() == one_child_at_a_time(lists, priority, capacity).tolist()
    assert blocking_pairs(lists, priority, capacity, result.school) == []
    taken = np.bincount(result.school[result.school >= 0], minlength=len(capacity))
    assert (taken <= capacity).all()


@settings(max_examples=200, deadline=None)
@given(instances())
def test_cutoffs_reproduce_the_admissions(instance):
    lists, priority, capacity = instance
    school, rank, cutoff = result = deferred_acceptance(lists, priority, capacity)
    taken = np.bincount(school[school >= 0], minlength=len(capacity))
    assert (cutoff[capacity == 0] == CLOSED).all()
    assert ((cutoff == OPEN) == (taken < capacity)).all()
    for child, wanted in enumerate(lists):
        for position, s in enumerate(wanted):
            last = result.last_child[s]
            tie = last if last >= 0 else len(lists)
            if s >= 0 and (int(priority[child, position]), child) <= (cutoff[s], tie):
                assert (school[child], rank[child]) == (s, position)
                break
        else:
            assert (school[child], rank[child]) == (-1, -1)


def matching_library(lists, priority, capacity):
    """Student-optimal result of the `matching` library, or None where it admits no such game.

    The library wants strict orders on both sides and drops players whom nobody lists.
    """
    from matching.games import HospitalResident

    likes = {
        child: [int(s) for s in wanted if s >= 0 and capacity[s] > 0]
        for child, wanted in enumerate(lists)
    }
    likes = {child: wanted for child, wanted in likes.items() if wanted}
    applicants = {s: [] for s in range(len(capacity))}
    for child, wanted in likes.items():
        for s in wanted:
            position = list(lists[child]).index(s)
            applicants[s].append((int(priority[child][position]), child))
    ranks = {s: [c for _, c in sorted(them)] for s, them in applicants.items() if them}
    if not likes:
        return np.full(len(lists), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        game = HospitalResident.create_from_dictionaries(
            {f"c{c}": [f"s{s}" for s in wanted] for c, wanted in likes.items()},
            {f"s{s}": [f"c{c}" for c in them] for s, them in ranks.items()},
            {f"s{s}": int(capacity[s]) for s in ranks},
        )
        solution = game.solve(optimal="resident")
    school = np.full(len(lists), -1)
    for place, children in solution.items():
        for child in children:
            school[int(str(child)[1:])] = int(str(place)[1:])
    return school


@settings(max_examples=500, deadline=None)
@given(instances())
def test_equals_the_matching_library(instance):
    lists, priority, capacity = instance
    result = deferred_acceptance(lists, priority, capacity)
    assert result.school.tolist() == matching_library(lists, priority, capacity).tolist()


def test_a_chain_of_rejections_by_hand():
    """Three children, two schools with one seat each.

    Child 0 lists A then B, child 1 lists A then B, child 2 lists B then A. At A the order is 1, 2,
    0; at B it is 0, 2, 1. Children 0 and 1 apply to A, which keeps 1; child 0 goes on to B and
    displaces 2, who asks A in vain. So 1 has A, 0 has B and 2 nothing; both schools are full.
    """
    lists = [[0, 1], [0, 1], [1, 0]]
    order = {0: {1: 0, 2: 1, 0: 2}, 1: {0: 0, 2: 1, 1: 2}}
    priority = [[order[s][c] for s in wanted] for c, wanted in enumerate(lists)]
    school, rank, cutoff = deferred_acceptance(lists, priority, [1, 1])
    assert school.tolist() == [1, 0, -1]
    assert rank.tolist() == [1, 0, -1]
    assert cutoff.tolist() == [0, 0]


def test_equal_priorities_go_to_the_lower_index():
    school, _, cutoff = deferred_acceptance([[0], [0], [0]], [[7], [7], [7]], [2])
    assert school.tolist() == [0, 0, -1]
    assert cutoff.tolist() == [7]


def test_first_choice_first_costs_the_honest_child_its_seat():
    """Two schools, one seat each; child 1 has the best priority everywhere.

    Child 0 lists A first, child 1 lists A then B, child 2 lists B first. Under deferred acceptance
    with keys (A: 0 before 1; B: 1 before 2) child 1 loses A and still takes B. First choice first
    gives B to child 2, who listed it first.
    """
    lists = np.array([[0, -1], [0, 1], [1, -1]])
    priority = np.array([[0, 0], [1, 0], [1, 0]], dtype=np.uint32) << np.uint32(4)
    assert deferred_acceptance(lists, priority, [1, 1]).school.tolist() == [0, 1, -1]
    boston = deferred_acceptance(lists, first_choice_first(priority), [1, 1])
    assert boston.school.tolist() == [0, -1, 1]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 2**31))
def test_the_single_list_fill_equals_the_general_kernel(children, schools, seed):
    rng = np.random.default_rng(seed)
    wanted = rng.integers(-1, schools, size=children)
    priority = rng.integers(0, 9, size=children, dtype=np.uint32)
    capacity = rng.integers(0, 12, size=schools)
    one = fill(wanted, priority, capacity)
    lists = np.column_stack([wanted, np.full(children, -1)])
    two = deferred_acceptance(lists, np.column_stack([priority, priority]), capacity)
    for name in ("school", "rank", "cutoff", "last_child"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist()
    assert (
        one.school.tolist()
        == one_child_at_a_time(wanted[:, None], priority[:, None], capacity).tolist()
    )


def crowd(children, schools, length, *, top=2**32, seed=5):
    """A large instance that uses every path of the kernel: holes, schools without seats."""
    rng = np.random.default_rng(seed)
    lists = rng.permuted(np.tile(np.arange(length), (children, 1)), axis=1)
    lists = (lists + rng.integers(0, schools, size=(children, 1))) % schools
    lists[rng.random(lists.shape) < 0.1] = -1
    priority = rng.integers(0, top, size=lists.shape, dtype=np.uint32)
    capacity = rng.integers(0, 2 * children // schools, size=schools)
    capacity[: schools // 10] = 0
    return lists, priority, capacity


@pytest.mark.parametrize("top", [1, 3, 2**32], ids=["all equal", "three values", "all different"])
@pytest.mark.parametrize("children, schools, length", [(40_000, 40, 6), (40_000, 3_000, 8)])
def test_large_instances_equal_the_slow_version(children, schools, length, top):
    lists, priority, capacity = crowd(children, schools, length, top=top)
    result = deferred_acceptance(np.asfortranarray(lists), priority, capacity)
    assert result.school.tolist() == one_child_at_a_time(lists, priority, capacity).tolist()


def test_tiers_in_the_highest_bits():
    """Keys of tier and lottery use a small part of their range; one key counts at all schools."""
    lists, _, capacity = crowd(40_000, 40, 6)
    rng = np.random.default_rng(1)
    tier = rng.integers(0, 6, len(lists), dtype=np.uint32) << np.uint32(28)
    key = tier | rng.integers(0, 2**28, len(lists), dtype=np.uint32)
    spread = np.broadcast_to(key[:, None], lists.shape)
    result = deferred_acceptance(lists, spread, capacity)
    assert result.school.tolist() == one_child_at_a_time(lists, spread, capacity).tolist()
    again = deferred_acceptance(lists, spread.copy(), capacity)
    assert again.cutoff.tolist() == result.cutoff.tolist()


def test_words_too_long_for_64_bits():
    """150,000 children, 20,000 schools and priorities of 32 bits need 65: ranks take over."""
    lists, priority, capacity = crowd(150_000, 20_000, 3)
    result = deferred_acceptance(lists, priority, capacity)
    assert result.school.tolist() == one_child_at_a_time(lists, priority, capacity).tolist()
    full = np.flatnonzero((result.cutoff != OPEN) & (result.cutoff != CLOSED))
    for school in full[:50]:
        held = np.flatnonzero(result.school == school)
        at = priority[held, result.rank[held]]
        assert result.cutoff[school] == at.max()


@pytest.mark.parametrize("top", [1, 5, 2**32])
def test_large_single_lists(top):
    lists, priority, capacity = crowd(200_000, 300, 1, top=top)
    result = fill(lists[:, 0], priority[:, 0], capacity)
    assert result.school.tolist() == one_child_at_a_time(lists, priority, capacity).tolist()


def test_no_children_and_no_schools():
    assert deferred_acceptance(np.empty((0, 3), int), np.empty((0, 3)), [2]).cutoff[0] == OPEN
    empty = deferred_acceptance([[-1]], np.zeros((1, 1), np.uint32), np.empty(0, int))
    assert empty.school.tolist() == [-1]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (([[0]], [[0]], [-1]), "-1 of school 0 is below zero"),
        (([[3]], [[0]], [1]), "school 3 does not exist"),
        (([[-2]], [[0]], [1]), "-2 is neither"),
        (([[0]], [[0, 1]], [1]), "shape (1, 2)"),
        (([[0.5]], [[0]], [1]), "holds float64"),
        (([[0]], [[-1]], [1]), "whole numbers from 0"),
        (([0], [0], [1]), "1 dimension(s)"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(InvalidInput, match=words.replace("(", r"\(").replace(")", r"\)")):
        deferred_acceptance(*arguments)
