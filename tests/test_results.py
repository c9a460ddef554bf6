"""Bands over replicates: equal to NumPy's, with gaps and without."""

import warnings

import numpy as np

from capsim.results import replicate_quantiles


def test_quantiles_leave_missing_replicates_out() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(20, 3, 4))
    values[:, 0, 0] = np.nan  # never known
    values[:7, 1, 2] = np.nan  # known in some replicates
    found = replicate_quantiles(values, [0.1, 0.5, 0.9])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.nanquantile(values, [0.1, 0.5, 0.9], axis=0)
    np.testing.assert_allclose(found, expected)
    assert np.isnan(found[:, 0, 0]).all()


def test_one_replicate_is_its_own_band() -> None:
    found = replicate_quantiles(np.array([[1.0, 5.0]]), [0.1, 0.9])
    np.testing.assert_array_equal(found, [[1.0, 5.0], [1.0, 5.0]])
