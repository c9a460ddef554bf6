"""The formulas of the standard against hand-computed values and the laws they obey."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from capsim.measures.indicators import (
    composite_variation_coefficient,
    indicator_met,
    projected_resources,
    resource_indicator,
    retention,
    school_meets_standard,
    seats_per_1000_residents,
    share_of,
    variation_coefficient,
)
from capsim.reference.standards import national_standards

THRESHOLDS = national_standards().thresholds()
PRIMARY = THRESHOLDS[0]

counties = st.lists(
    st.tuples(st.integers(0, 3000), st.just(0.0) | st.floats(1e-6, 1e6)),
    min_size=1,
    max_size=30,
)


def slow_variation_coefficient(resource: list[float], pupils: list[float]) -> float:
    """The rule read aloud, school by school."""
    schools = [(r, p) for r, p in zip(resource, pupils, strict=True) if p > 0]
    all_pupils = sum(p for _, p in schools)
    if all_pupils == 0:
        return math.nan
    mean = sum(r for r, _ in schools) / all_pupils
    if mean == 0:
        return math.nan
    spread = math.sqrt(sum(p / all_pupils * (r / p - mean) ** 2 for r, p in schools))
    return spread / mean


class TestVariationCoefficient:
    def test_worked_example_of_the_standard(self) -> None:
        pupils = [45, 37, 89, 76, 55]
        books = [279, 137, 935, 160, 402]
        assert sum(books) / sum(pupils) == pytest.approx(6.334, abs=5e-4)
        assert round(float(variation_coefficient(books, pupils)), 4) == 0.5153

    def test_by_hand_two_schools(self) -> None:
        # 1 and 3 a pupil, 100 and 300 pupils: mean 2.5, variance 0.25*2.25 + 0.75*0.25 = 0.75
        assert_allclose(variation_coefficient([100, 900], [100, 300]), math.sqrt(0.75) / 2.5)

    def test_the_mean_is_the_county_ratio_and_not_the_mean_of_ratios(self) -> None:
        # the mean of the two ratios would be 2 and the unweighted coefficient 0.5
        assert float(variation_coefficient([100, 900], [100, 300])) != pytest.approx(0.5)

    def test_one_school_has_no_spread(self) -> None:
        assert variation_coefficient([7.3], [40]) == 0.0

    def test_zero_pupils_leave_school_and_resource_out(self) -> None:
        with_empty = variation_coefficient([279, 5000, 137], [45, 0, 37])
        assert_allclose(with_empty, variation_coefficient([279, 137], [45, 37]))

    def test_unknown_resource_of_a_school_without_pupils_does_not_matter(self) -> None:
        assert variation_coefficient([10.0, math.nan], [10, 0]) == 0.0

    @pytest.mark.parametrize(
        ("resource", "pupils"),
        [([], []), ([5.0], [0]), ([0.0, 0.0], [10, 20]), ([1.0, math.nan], [10, 20])],
    )
    def test_missing_where_it_cannot_be_known(
        self, resource: list[float], pupils: list[int]
    ) -> None:
        assert math.isnan(float(variation_coefficient(resource, pupils)))

    def test_along_an_axis(self) -> None:
        resource = np.array([[279, 137, 935, 160, 402], [45, 37, 89, 76, 55]], dtype=float)
        pupils = np.array([45, 37, 89, 76, 55])
        assert_allclose(variation_coefficient(resource, pupils), [0.5153, 0.0], atol=5e-5)
        turned = variation_coefficient(resource.T, pupils[:, None], axis=0)
        assert_allclose(turned, variation_coefficient(resource, pupils))

    @given(counties)
    def test_agrees_with_the_rule_read_aloud(self, county: list[tuple[int, float]]) -> None:
        pupils = [float(p) for p, _ in county]
        resource = [r for _, r in county]
        assert_allclose(
            variation_coefficient(resource, pupils),
            slow_variation_coefficient(resource, pupils),
            rtol=1e-9,
            atol=1e-9,
        )

    @given(counties, st.floats(0.001, 1000), st.integers(1, 50))
    def test_invariant_to_the_unit_of_the_resource_and_the_size_of_the_county(
        self, county: list[tuple[int, float]], unit: float, times: int
    ) -> None:
        pupils = np.array([p for p, _ in county], dtype=float)
        resource = np.array([r for _, r in county])
        assume(pupils.sum() > 0 and (resource[pupils > 0] > 1e-6).any())
        known = variation_coefficient(resource, pupils)
        assert_allclose(variation_coefficient(resource * unit, pupils), known, rtol=1e-7, atol=1e-9)
        assert_allclose(
            variation_coefficient(resource, pupils * times), known, rtol=1e-7, atol=1e-9
        )

    @given(st.lists(st.integers(1, 3000), min_size=1, max_size=30), st.floats(0.01, 100))
    def test_zero_when_all_schools_have_the_same_per_pupil(
        self, pupils: list[int], each: float
    ) -> None:
        roll = np.array(pupils, dtype=float)
        assert_allclose(variation_coefficient(roll * each, roll), 0.0, atol=1e-9)

    @given(counties)
    def test_splitting_a_school_into_equal_halves_changes_nothing(
        self, county: list[tuple[int, float]]
    ) -> None:
        pupils = np.array([p for p, _ in county], dtype=float)
        resource = np.array([r for _, r in county])
        assert_allclose(
            variation_coefficient(np.tile(resource / 2, 2), np.tile(pupils / 2, 2)),
            variation_coefficient(resource, pupils),
            rtol=1e-9,
            atol=1e-9,
        )


class TestResourceIndicators:
    def test_per_pupil_and_per_100_pupils(self) -> None:
        assert resource_indicator(2700, 600) == 4.5
        assert_allclose(resource_indicator([9, 27], [1000, 600], per=100), [0.9, 4.5])

    def test_no_pupils_no_indicator(self) -> None:
        assert np.isnan(resource_indicator([5, 0], [0, 0])).all()

    def test_a_ratio_exactly_on_the_threshold_meets_it(self) -> None:
        # 42 of 1000 pupils is 4.2 per 100, also in single precision
        for pupils, teachers in ((1000, 42), (500, 21), (2000, 84)):
            exact = resource_indicator(teachers, pupils, per=100)
            assert indicator_met(exact, 4.2) == 1
            assert indicator_met(exact.astype(np.float32), 4.2) == 1
            less = resource_indicator(teachers - 0.01, pupils, per=100)
            assert indicator_met(less, 4.2) == 0

    def test_unknown_is_neither_met_nor_failed(self) -> None:
        assert np.isnan(indicator_met([math.nan], 1.0)).all()

    def test_projected_resources_grow_with_new_seats_and_never_shrink(self) -> None:
        assert projected_resources(1000.0, 90, 4.5, share=1.0) == 1405.0
        assert projected_resources(1000.0, 90, 4.5, share=0.5) == 1202.5
        assert projected_resources(1000.0, -90, 4.5, share=1.0) == 1000.0
        assert np.isnan(projected_resources(math.nan, 90, 4.5, share=1.0))


class TestSixOfSeven:
    def test_all_seven_on_the_threshold(self) -> None:
        assert school_meets_standard(PRIMARY, PRIMARY) == 1

    def test_one_at_85_percent_is_allowed_and_below_it_is_not(self) -> None:
        for k in range(7):
            values = PRIMARY.copy()
            values[k] = 0.85 * PRIMARY[k]
            assert school_meets_standard(values, PRIMARY) == 1
            values[k] = 0.849 * PRIMARY[k]
            assert school_meets_standard(values, PRIMARY) == 0

    def test_two_below_the_threshold_fail_however_near(self) -> None:
        values = PRIMARY.copy()
        values[:2] *= 0.99
        assert school_meets_standard(values, PRIMARY) == 0
        assert school_meets_standard(values, PRIMARY, at_least=5) == 1

    def test_unknown_indicators_leave_the_verdict_open_only_where_it_matters(self) -> None:
        six_met = PRIMARY.copy()
        six_met[3] = np.nan  # it might be under 85 %
        assert np.isnan(school_meets_standard(six_met, PRIMARY))
        two_failed = PRIMARY * 1.0
        two_failed[:2] *= 0.9
        two_failed[3] = np.nan  # two have failed already
        assert school_meets_standard(two_failed, PRIMARY) == 0
        assert np.isnan(school_meets_standard(np.full(7, np.nan), PRIMARY))

    def test_levels_have_their_own_thresholds(self) -> None:
        both = np.stack([PRIMARY, PRIMARY])  # a junior school with primary resources
        assert school_meets_standard(both, THRESHOLDS).tolist() == [1, 0]

    @given(st.lists(st.floats(0, 2), min_size=7, max_size=7))
    def test_agrees_with_the_rule_read_aloud(self, shares: list[float]) -> None:
        assume(all(abs(s - 1) > 1e-4 and abs(s - 0.85) > 1e-4 for s in shares))
        expected = sum(s >= 1 for s in shares) >= 6 and all(s >= 0.85 for s in shares)
        assert school_meets_standard(np.array(shares) * PRIMARY, PRIMARY) == expected


class TestShares:
    def test_share_of_nothing_is_unknown(self) -> None:
        assert share_of(3, 12) == 0.25
        assert np.isnan(share_of([0, 3], [0, 0])).all()

    def test_composite_is_the_plain_mean(self) -> None:
        assert_allclose(composite_variation_coefficient([0.2, 0.4, 0.6]), 0.4)
        assert np.isnan(composite_variation_coefficient([0.2, math.nan]))

    def test_retention_by_hand(self) -> None:
        ninth = [90, 95, 99, 100]
        seventh = [100, 110, 120, 130]
        assert_allclose(retention(ninth, seventh, years=2), [math.nan, math.nan, 0.99, 100 / 110])

    def test_retention_needs_its_years(self) -> None:
        assert np.isnan(retention([90, 95], [100, 110], years=8)).all()
        assert np.isnan(retention([0.0, 0.0], [0.0, 5.0], years=1)).all()

    def test_retention_along_an_axis(self) -> None:
        table = np.array([[100.0, 100.0], [50.0, 80.0]])
        assert_allclose(
            retention(table, table, years=1, axis=0), [[math.nan, math.nan], [0.5, 0.8]]
        )

    def test_seats_per_1000_residents(self) -> None:
        assert seats_per_1000_residents(11_500, 250_000) == 46.0
        assert np.isnan(seats_per_1000_residents(100, 0))
