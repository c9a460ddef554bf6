"""Teachers needed by three measures, and posts that go on when schools end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.scenario.options.staffing import StaffingOptions
from capsim.schools.staffing.needs import (
    allotting_need,
    default_posts,
    hand_over_posts,
    needed_by_classes,
    needed_by_norm,
)

OPTIONS = StaffingOptions()


def test_three_needs_side_by_side() -> None:
    roll = np.array([[100, 90, 80, 70, 60, 50, 135, 135, 135]])
    classes = np.array([[3, 2, 2, 2, 2, 2, 3, 3, 3]])
    by_norm = [450 / 19 * 0.91, 405 / 13.5 * 0.85]
    assert needed_by_norm(roll, OPTIONS)[0] == pytest.approx(by_norm)
    assert needed_by_classes(classes, OPTIONS).tolist() == [[26.0, 27.0]]
    for name, expected in (("classes", [26.0, 27.0]), ("posts", [30.0, 25.0]), ("norm", by_norm)):
        options = StaffingOptions(allocate_by=name)
        used = allotting_need(roll, needed_by_classes(classes, options), [[30, 25]], options)
        assert used[0] == pytest.approx(expected)


@pytest.mark.parametrize(("cap", "classes", "teachers"), [(45, 14, 28), (50, 12, 24)])
def test_a_smaller_cap_needs_the_computed_number_of_teachers(
    cap: int, classes: int, teachers: int
) -> None:
    formed = np.zeros((1, 9), dtype=int)
    formed[0, 0] = -(-600 // cap)
    assert formed[0, 0] == classes
    assert needed_by_classes(formed, OPTIONS)[0, 0] == teachers


def test_posts_are_the_teachers_where_not_reported() -> None:
    posts = default_posts([[np.nan, 7], [3, np.nan]], [[12, 9], [4, 5]])
    assert posts.tolist() == [[12, 7], [3, 5]]


def test_posts_of_closed_schools_go_on() -> None:
    posts = [[10, 5], [6, 6], [8, 0], [4, 4]]
    ended = [[True, True], [False, False], [False, True], [True, False]]
    need = [[0, 0], [8, 8], [9, 0], [0, 4]]
    handed = hand_over_posts(posts, ended, [1, -1, -1, -1], need)
    # School 0 hands its ten and five to school 1, which then has 16 and 11. The four primary posts
    # of school 3 go to school 2: it lacks one, school 1 has eight too many.
    assert handed.tolist() == [[0, 0], [16, 11], [12, 0], [0, 4]]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.integers(-1, 4),
                          st.integers(0, 20)), min_size=5, max_size=5))  # fmt: skip
def test_no_post_is_lost(rows: list[tuple[int, bool, int, int]]) -> None:
    posts = np.array([[r[0], r[0]] for r in rows])
    ended = np.array([[r[1], not r[1]] for r in rows])
    need = np.where(ended, 0, np.array([[r[3], r[3]] for r in rows])).astype(float)
    handed = hand_over_posts(posts, ended, [r[2] for r in rows], need)
    assert (handed.sum(axis=0) == posts.sum(axis=0)).all()
    assert (handed >= 0).all()
    for level in range(2):
        if (need[:, level] > 0).any():
            assert not handed[ended[:, level], level].any()
