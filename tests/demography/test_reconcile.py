import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.core.errors import InvalidInput
from capsim.demography.reconcile import reconcile, reconcile_to_total

COUNTY = np.array([[1, 1], [1, 0], [0, 1]])  # county, township a, township b


def test_two_townships_by_hand():
    # 100 + 50 against 180 with equal variances: the gap of 30 is shared by three
    assert reconcile([180, 100, 50], COUNTY, [1, 1, 1]) == pytest.approx([170, 110, 60])
    # an exact county: the townships take it all, in proportion to their variances
    assert reconcile([180, 100, 50], COUNTY, [0, 2, 1]) == pytest.approx([180, 120, 60], abs=1e-6)


def test_weighted_least_squares_oracle():
    from scipy.optimize import minimize

    forecast, variance = np.array([90.0, 40, 70]), np.array([4.0, 1, 9])
    found = minimize(
        lambda b: (((COUNTY @ b - forecast) ** 2) / variance).sum(), [40.0, 60.0], tol=1e-12
    )
    assert reconcile(forecast, COUNTY, variance)[1:] == pytest.approx(found.x, abs=1e-4)


def test_crossed_hierarchy_adds_up():
    # two townships by two levels; sums by township and by level and the whole
    bottom = np.eye(4)
    summing = np.vstack(
        [np.ones(4), [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], bottom]
    )
    rng = np.random.default_rng(1)
    done = reconcile(rng.uniform(50, 100, (30, 9)), summing, rng.uniform(1, 5, 9))
    assert done[:, 0] == pytest.approx(done[:, 5:].sum(axis=1))
    assert done[:, 3] == pytest.approx(done[:, 5] + done[:, 7])


def test_negative_areas_are_held_at_zero():
    done = reconcile([10.0, 30.0, 1.0], COUNTY, [0.0, 1.0, 1.0])
    assert done == pytest.approx([10, 10, 0], abs=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_draws_add_up_to_the_county_and_none_is_negative(seed):
    rng = np.random.default_rng(seed)
    parts = rng.uniform(0, 100, (5, 3, 6))
    total = rng.uniform(50, 600, (5, 3))
    variances = rng.uniform(0.1, 400, 6)
    done = reconcile_to_total(parts, total, part_variances=variances)
    assert done.sum(axis=-1) == pytest.approx(total)
    assert (done >= 0).all()


def test_total_with_a_variance_agrees_with_the_general_form():
    parts, total = np.array([100.0, 50.0]), np.array(180.0)
    done = reconcile_to_total(parts, total, part_variances=[1, 1], total_variance=1)
    assert done == pytest.approx(reconcile([180, 100, 50], COUNTY, [1, 1, 1])[1:])


def test_by_default_areas_are_scaled_alike():
    assert reconcile_to_total([10.0, 30.0], np.array(80.0)) == pytest.approx([20, 60])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: reconcile([1, 2, 3], np.ones((2, 2)), [1, 1, 1]), "summing: has shape"),
        (lambda: reconcile([1, 2, 3], COUNTY, [1, -1, 1]), "missing or negative"),
        (lambda: reconcile([1, np.nan, 3], COUNTY, [1, 1, 1]), "forecasts: has missing"),
        (lambda: reconcile([1, 2], [[1, 1], [1, 1]], [1, 1]), "without a forecast"),
        (lambda: reconcile_to_total([[1.0, 2.0]], [1.0, 2.0]), "total: has shape"),
        (lambda: reconcile_to_total([0.0, 0.0], 5.0), "no area has any variance"),
        (lambda: reconcile_to_total([-1.0, 2.0], 5.0), "parts: has missing or negative"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(InvalidInput, match=words):
        call()
