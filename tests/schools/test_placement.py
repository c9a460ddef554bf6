"""Where pupils of continuing grades are placed, against the rule child by child."""

from __future__ import annotations

import numpy as np
import pytest

from capsim.schools.classes.formation import ClassPlan, ClassRules, form_classes
from capsim.schools.classes.multigrade import MultigradeRule
from capsim.schools.placement import place


class Slow:
    """Pupils seated one after the other in the order of their priorities."""

    def __init__(self, roll, plan, limit, rules, grade, priority):
        self.roll, self.limit, self.rules = roll.copy(), limit, rules
        self.classes, self.home = plan.classes.copy(), plan.class_grade.copy()
        self.grade, self.priority = grade, priority
        self.school = np.full(len(grade), -1)

    def places(self, school, column, size):
        shares = self.home[school] == column
        most = self.classes[school, column] * size[int(column >= 6)]
        if self.rules.multigrade is not None and (np.flatnonzero(shares) != column).any():
            largest = self.rules.multigrade.largest_class
            most = min(most, self.classes[school, column] * largest)
        return most - self.roll[school, shares].sum()

    def fill(self, children, lists, size):
        for child in sorted(children, key=lambda one: (self.priority[one], one)):
            for school in lists[child]:
                column = self.grade[child] - 1
                if school >= 0 and self.places(school, self.home[school, column], size) > 0:
                    self.roll[school, column] += 1
                    self.school[child] = school
                    break

    def waiting(self, children):
        return [child for child in children if self.school[child] < 0]

    def open(self, children, lists):
        """Open classes for those who ask, and return who asks for one that was opened."""
        asked = {}
        for child in children:
            cell = (lists[child], self.grade[child] - 1)
            asked[cell] = asked.get(cell, 0) + 1
        opened = set()
        for school in range(len(self.roll)):
            for level, columns in enumerate((range(6), range(6, 9))):
                left = [asked.get((school, column), 0) for column in columns]
                free = self.limit[school, level] - self.classes[school, list(columns)].sum()
                while free > 0 and max(left) > 0:
                    most = int(np.argmax(left))
                    column = columns[most]
                    left[most] -= self.rules.cap[level]
                    free -= 1
                    self.classes[school, column] += 1
                    self.home[school, column] = column
                    opened.add((school, column))
        return [c for c in children if (lists[c], self.grade[c] - 1) in opened]

    def seat(self, children, lists):
        self.fill(children, lists, self.rules.cap)
        for position in range(max(map(len, lists.values()), default=0)):
            asking = [c for c in self.waiting(children) if lists[c][position] >= 0]
            only = {c: lists[c][position] for c in asking}
            there = self.open(asking, only)
            self.fill(there, {c: [only[c]] for c in there}, self.rules.cap)
        self.fill(self.waiting(children), lists, self.rules.hard_cap)


@pytest.mark.parametrize("seed", range(60))
def test_against_the_rule_child_by_child(seed):
    rng = np.random.default_rng(seed)
    schools, children = int(rng.integers(1, 6)), int(rng.integers(1, 120))
    roll = rng.integers(0, rng.choice([8, 20, 90]), (schools, 9)).astype(np.int32)
    roll[rng.random((schools, 9)) < 0.3] = 0
    roll[:, [0, 6]] = 0
    rooms, usable = rng.integers(0, 12, (2, schools, 2)).astype(np.int32)
    sharing = MultigradeRule(
        below=int(rng.integers(2, 15)), largest_class=int(rng.integers(10, 35)), most_grades=3
    )
    cap = (int(rng.integers(10, 50)), int(rng.integers(10, 50)))
    rules = ClassRules(cap, (55, 55), multigrade=sharing if seed % 4 else None)
    before = np.minimum(rng.integers(0, 3, (schools, 9)), roll)
    plan = form_classes(roll, before, rooms=rooms, rules=rules, staffed_rooms=usable)
    grade = rng.integers(1, 10, children).astype(np.int32)
    receiver = rng.integers(-1, schools, children).astype(np.int32)
    priority = rng.integers(0, 50, children).astype(np.uint32)
    lists = np.array([rng.permutation(schools) for _ in range(children)], dtype=np.int32)
    lists[:, 1:][rng.random((children, schools - 1)) < 0.2] = -1
    lists[rng.random(children) < 0.1] = -1
    lists[:, -1] = np.where(lists[:, 0] < 0, -1, lists[:, -1])

    slow = Slow(roll, plan, np.minimum(rooms, usable), rules, grade, priority)
    named = np.flatnonzero(receiver >= 0).tolist()
    slow.seat(named, {c: [int(receiver[c])] for c in named})
    others = [c for c in slow.waiting(range(children)) if lists[c, 0] >= 0]
    slow.seat(others, {c: lists[c].tolist() for c in others})

    placed = place(
        grade, receiver, lambda rows: lists[rows], lambda rows: priority[rows],
        roll=roll, plan=plan, rooms=rooms, rules=rules, usable=usable,
    )  # fmt: skip
    assert placed.school.tolist() == slow.school.tolist()
    assert np.array_equal(placed.roll, slow.roll)
    assert np.array_equal(placed.plan.classes, slow.classes)
    assert np.array_equal(placed.plan.class_grade, slow.home)


def test_no_lots_are_drawn_where_a_new_class_takes_all():
    def never(rows):
        raise AssertionError("nobody competes")

    roll = np.zeros((1, 9), np.int32)
    roll[0, 2] = 40
    own = np.arange(9, dtype=np.int8)[None, :]
    plan = ClassPlan((roll > 0).astype(np.int32), own)
    grade, receiver = np.full(30, 3, np.int32), np.zeros(30, np.int32)
    placed = place(
        grade, receiver, never, never,
        roll=roll, plan=plan, rooms=np.array([[2, 0]]), rules=ClassRules(),
        usable=np.array([[2, 0]]),
    )  # fmt: skip
    assert placed.roll[0, 2] == 70
    assert placed.plan.classes[0, 2] == 2
