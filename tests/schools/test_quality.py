"""Quality: the equation by hand, each cause alone, bounds, and what keeps a county as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.core import draws
from capsim.core.errors import Problems
from capsim.scenario.options.staffing import QualityOptions
from capsim.schools.classes.formation import ClassPlan, by_level, class_pupils
from capsim.schools.classes.sizes import shared_pupils
from capsim.schools.quality import (
    QualityCauses,
    Reference,
    SchoolMeans,
    base_quality,
    check_quality,
    next_quality,
    own_part,
    quality_causes,
    quality_noise,
    reference_of,
)

QUIET = QualityOptions(noise=0.0)
STREAM = draws.stream(1, 0, "quality", 2021)
NOISE = quality_noise([STREAM], draws.identity_of(["a", "b"]))[0]
OPEN = np.array([[True, False], [True, False]])
ROLL = np.array([[100] * 4 + [0] * 5, [50] * 4 + [0] * 5], dtype=np.int32)
CLASSES = np.array([[3, 3, 2, 2] + [0] * 5, [2] * 4 + [0] * 5], dtype=np.int32)


def means(**changes: Any) -> SchoolMeans:
    """Two primary schools: a town school of 400 in 10 classes, a village school of 200 in 8."""
    given: dict[str, Any] = {
        "teachers": np.array([[20.0, 0], [16.0, 0]]),
        "backbone": np.array([[4.0, 0], [1.6, 0]]),
        "high_degree": np.array([[10.0, 0], [8.0, 0]]),
        "need": np.array([[20.0, 0], [16.0, 0]]),
        "roll": ROLL,
        "plan": ClassPlan(CLASSES, np.broadcast_to(np.arange(9, dtype=np.int8), (2, 9))),
        "resources": np.array([[[4000.0], [np.nan]], [[2000.0], [np.nan]]]),
    }
    given |= changes
    roll, plan = given["roll"], given["plan"]
    return SchoolMeans(
        taught=np.stack([given[name] for name in ("backbone", "high_degree", "teachers")]),
        need=given["need"],
        pupils=by_level(roll),
        shared=shared_pupils(roll, class_pupils(roll, plan)),
        classes=plan.by_level(),
        resources=given["resources"],
    )


def reference(**changes: Any) -> Reference:
    values: dict[str, Any] = {
        "backbone": np.array([0.15, 0.1]),
        "backbone_deviation": np.array([0.05, 0.05]),
        "high_degree": np.array([0.5, 0.5]),
        "high_degree_deviation": np.array([0.1, 0.1]),
        "class_size": np.array([35.0, 40.0]),
        "resources": np.array([[10.0], [10.0]]),
    }
    return Reference(**(values | changes))


def test_the_reference_is_the_county() -> None:
    found = reference_of(means(), QUIET)
    assert found.backbone[0] == pytest.approx(5.6 / 36)
    # Shares 0.2 (400 pupils) and 0.1 (200) around 0.1556: sqrt((400 d1^2 + 200 d2^2) / 600).
    expected = np.sqrt((400 * (0.2 - 5.6 / 36) ** 2 + 200 * (0.1 - 5.6 / 36) ** 2) / 600)
    assert found.backbone_deviation[0] == pytest.approx(expected)
    assert found.high_degree_deviation[0] == pytest.approx(0.02)  # equal schools: the least
    assert found.class_size[0] == pytest.approx((40 * 400 + 25 * 200) / 600)
    assert found.resources[0, 0] == pytest.approx(10.0)
    assert np.isnan(found.resources[1, 0])


def test_teachers_by_hand() -> None:
    causes = quality_causes(means(), reference(), QUIET)
    # Backbone: (0.2 - 0.15) / 0.05 = 1 and (0.1 - 0.15) / 0.05 = -1, at 0.12.
    assert causes.teachers[:, 0] == pytest.approx([0.12, -0.12])


def test_an_exchange_of_backbone_teachers_raises_the_village_by_the_equation() -> None:
    before = quality_causes(means(), reference(), QUIET)
    moved = means(backbone=np.array([[3.0, 0], [2.6, 0]]))  # one backbone teacher swaps places
    after = quality_causes(moved, reference(), QUIET)
    gain = 0.12 * (1 / 16) / 0.05  # one more among 16 teachers
    assert (after.teachers - before.teachers)[1, 0] == pytest.approx(gain)
    q = next_quality(
        np.zeros((2, 2)), after.total() - before.total(),
        open_cells=OPEN, noise=NOISE, options=QUIET,
    )  # fmt: skip
    assert q[1, 0] == pytest.approx(0.2 * gain)
    assert q[0, 0] == pytest.approx(-0.2 * 0.12 * (1 / 20) / 0.05)


@pytest.mark.parametrize(
    ("teachers", "effect"), [(22.0, 0.05), (18.0, -0.05), (40.0, 0.125), (5.0, -0.125)]
)
def test_staffing_counts_within_a_quarter_of_the_need(teachers: float, effect: float) -> None:
    options = QualityOptions(backbone=0.0, high_degree=0.0)
    changed = means(teachers=np.array([[teachers, 0], [16.0, 0]]))
    causes = quality_causes(changed, reference(), options)
    assert causes.teachers[0, 0] == pytest.approx(effect)


def test_class_size_by_hand() -> None:
    causes = quality_causes(means(), reference(), QUIET)
    # 40 pupils a class against 35: -0.02 x 5; 25 against 35: +0.2.
    assert causes.class_size[:, 0] == pytest.approx([-0.1, 0.2])
    tiny = means(roll=ROLL // 10)
    smaller = quality_causes(tiny, reference(), QUIET)
    assert smaller.class_size[:, 0] == pytest.approx([0.2, 0.2])  # below 25 nothing is gained


def test_multigrade_classes_lose_by_the_pupils_in_them() -> None:
    home = np.broadcast_to(np.arange(9, dtype=np.int8), (2, 9)).copy()
    home[1, 1] = 0
    shared = CLASSES.copy()
    shared[1, :2] = [1, 0]
    plan = ClassPlan(shared, home)
    options = QualityOptions(class_size=0.0)
    causes = quality_causes(means(plan=plan), reference(), options)
    assert causes.class_size[:, 0] == pytest.approx([0.0, -0.2 * 100 / 200])


def test_resources_by_doublings() -> None:
    rich = means(resources=np.array([[[8000.0], [np.nan]], [[500.0], [np.nan]]]))
    causes = quality_causes(rich, reference(), QUIET)
    # 20 per pupil is one doubling of 10; 2.5 is two halvings.
    assert causes.resources[:, 0] == pytest.approx([0.05, -0.10])
    unknown = means(resources=np.full((2, 2, 1), np.nan))
    assert not quality_causes(unknown, reference(), QUIET).resources.any()
    none = means(resources=np.zeros((2, 2, 0)))
    known = reference(resources=np.zeros((2, 0)))
    assert not quality_causes(none, known, QUIET).resources.any()


@pytest.mark.parametrize(
    ("name", "part"),
    [("backbone", "teachers"), ("class_size", "class_size"), ("resources", "resources")],
)
def test_every_cause_can_be_switched_off(name: str, part: str) -> None:
    rich = means(resources=np.array([[[8000.0], [np.nan]], [[500.0], [np.nan]]]))
    options = QualityOptions(**{name: 0.0})
    on = getattr(quality_causes(rich, reference(), QUIET), part)
    off = getattr(quality_causes(rich, reference(), options), part)
    assert on.any() and not off.any()


def test_levels_without_pupils_have_no_causes() -> None:
    causes = quality_causes(means(), reference(), QUIET)
    assert not causes.total()[:, 1].any()


def test_a_county_that_does_not_change_keeps_its_quality() -> None:
    measured = means()
    known = reference_of(measured, QUIET)
    causes = quality_causes(measured, known, QUIET)
    reported = np.array([[0.8, np.nan], [-0.6, np.nan]])
    pupils = np.array([[400.0, 0], [200, 0]])
    own = own_part(reported, causes, np.zeros((2, 2)), pupils, [0, 2])
    q = np.where(np.isnan(reported), 0.0, reported)
    for _ in range(20):
        q = next_quality(
            q, own + causes.total(),
            open_cells=OPEN, noise=NOISE, options=QUIET,
        )  # fmt: skip
    assert q[:, 0] == pytest.approx([0.8, -0.6])


def test_schools_not_reported_take_the_own_part_of_their_kind_of_place() -> None:
    causes = QualityCauses(np.array([[[0.1, 0.0]] * 4, np.zeros((4, 2)), np.zeros((4, 2))]))
    reported = np.array([[0.5, np.nan], [0.2, np.nan], [np.nan, np.nan], [np.nan, np.nan]])
    pupils = np.array([[300.0, 0], [100, 0], [50, 0], [0, 0]])
    own = own_part(reported, causes, np.zeros((4, 2)), pupils, [0, 0, 2, 0])
    # Town: (300 x 0.4 + 100 x 0.1) / 400 = 0.325 for the town school to be built.
    assert own[:, 0] == pytest.approx([0.4, 0.1, 0.0, 0.325])
    q = base_quality(reported, own, causes, np.zeros((4, 2)))
    assert q[:, 0] == pytest.approx([0.5, 0.2, 0.1, 0.425])


def test_the_equation_by_hand_and_its_bounds() -> None:
    now, implied = np.array([[1.0, 0], [2.9, 0]]), np.array([[0.0, 0], [9.0, 0]])
    q = next_quality(now, implied, open_cells=OPEN, noise=NOISE, options=QUIET)
    assert q[:, 0] == pytest.approx([0.8, 3.0])
    shut = next_quality(now, implied, open_cells=~OPEN, noise=NOISE, options=QUIET)
    assert (shut[:, 0] == now[:, 0]).all()


def test_quality_can_be_held() -> None:
    now = np.array([[1.0, 0], [-1.0, 0]])
    off = QualityOptions(change=False)
    q = next_quality(now, np.zeros((2, 2)), open_cells=OPEN, noise=NOISE, options=off)
    assert (q == now).all()


def test_noise_has_its_size_and_is_keyed_by_school() -> None:
    n = 20000
    identity = draws.mix(np.arange(n))
    drawn = quality_noise([STREAM], identity)[0]
    options = QualityOptions(noise=0.05)
    everywhere = np.ones((n, 2), dtype=bool)
    q = next_quality(
        np.zeros((n, 2)), np.zeros((n, 2)),
        open_cells=everywhere, noise=drawn, options=options,
    )  # fmt: skip
    assert q.std() == pytest.approx(0.05, rel=0.03)
    assert abs(np.corrcoef(q[:, 0], q[:, 1])[0, 1]) < 0.03
    part = next_quality(
        np.zeros((2, 2)), np.zeros((2, 2)),
        open_cells=everywhere[:2], noise=quality_noise([STREAM], identity[7:9])[0], options=options,
    )  # fmt: skip
    assert (part == q[7:9]).all()


@given(
    st.lists(st.floats(-3, 3), min_size=4, max_size=4),
    st.lists(st.floats(-50, 50), min_size=4, max_size=4),
    st.floats(0, 1),
    st.floats(0, 2),
)
def test_quality_stays_within_its_bounds(
    now: list[float], implied: list[float], speed: float, noise: float
) -> None:
    q = next_quality(
        np.reshape(now, (2, 2)), np.reshape(implied, (2, 2)),
        open_cells=np.ones((2, 2), dtype=bool), noise=NOISE,
        options=QualityOptions(speed=speed, noise=noise),
    )  # fmt: skip
    assert (np.abs(q) <= 3.0).all()


def test_reported_quality_outside_the_bounds_is_refused() -> None:
    problems = Problems()
    check_quality([[0.5, np.nan], [7.0, -4.0]], QUIET, problems, schools=["a", "b"])
    assert [str(p) for p in problems] == [
        "schools: b: quality_primary: 7 is outside -3 to 3 "
        "(quality is in standard deviations between schools)",
        "schools: b: quality_junior: -4 is outside -3 to 3 "
        "(quality is in standard deviations between schools)",
    ]


def test_causes_add_up() -> None:
    causes = quality_causes(means(), reference(), QUIET)
    parts = causes.teachers + causes.class_size + causes.resources
    assert (causes.total() == parts).all()
    one_more = np.array([[[1.0]], [[0.0]], [[0.0]]])
    assert (QualityCauses(causes.parts + one_more).total() == parts + 1).all()
