"""The noise of roll forecasts: mirrored pairs whose sizes are stratified."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from capsim.forecasting.roll_paths import Noise

AREAS = np.arange(4, dtype=np.uint64)


@pytest.mark.parametrize("draws", [2, 3, 200])
def test_draws_come_in_mirrored_pairs(draws: int) -> None:
    drawn = Noise(1, draws, AREAS).by_cell("cell", 2020, 3)
    assert drawn.shape == (draws, 4, 3)
    pairs = draws // 2
    np.testing.assert_array_equal(drawn[: 2 * pairs : 2], -drawn[1 : 2 * pairs : 2])
    assert (drawn != 0.0).all()


def test_every_slice_of_the_sizes_is_met_once() -> None:
    drawn = Noise(1, 200, AREAS).by_area("area", 2020)[::2]
    slices = np.floor(100 * (2.0 * stats.norm.cdf(np.abs(drawn)) - 1.0)).astype(int)
    np.testing.assert_array_equal(np.sort(slices, axis=0), np.arange(100)[:, None].repeat(4, 1))


def test_few_draws_have_the_spread_of_many() -> None:
    """Plain draws of 200 miss the ninth decile of a normal, 1.2816, by 0.12 (one sd)."""
    for seed in range(20):
        drawn = Noise(seed, 200, AREAS).whole("whole", 2020)
        assert abs(np.quantile(drawn, 0.9) - 1.2816) < 0.03
        assert abs(drawn.std() - 1.0) < 0.04


def test_years_parts_and_places_are_independent() -> None:
    noise = Noise(3, 2000, AREAS)
    columns = [
        noise.whole("whole", 2020),
        noise.whole("whole", 2021),
        noise.whole("entry whole", 2020),
        *noise.by_area("area", 2020).T,
        *noise.by_area("area", 2021).T,
    ]
    # Pairs are what is independent: 1,000 of them, and 55 correlations.
    sizes = np.corrcoef(np.abs(columns)[:, ::2])
    signed = np.corrcoef(np.array(columns)[:, ::2])
    off = ~np.eye(len(columns), dtype=bool)
    assert np.abs(sizes[off]).max() < 4.0 / np.sqrt(1000)
    assert np.abs(signed[off]).max() < 4.0 / np.sqrt(1000)


def test_stretch_is_that_of_student_t() -> None:
    """A normal times the stretch has the quantiles of Student t."""
    noise = Noise(5, 20_000, AREAS)
    drawn = noise.stretch(5.0) * noise.whole("whole", 2020)
    for chance in (0.1, 0.025):
        assert abs(np.quantile(drawn, 1.0 - chance) / stats.t.isf(chance, 5.0) - 1.0) < 0.03
