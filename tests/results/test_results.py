"""Bands over replicates: equal to NumPy's, with gaps and without."""

import warnings

import numpy as np
import pytest
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.results.results import Results, replicate_quantiles


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


def test_years_of_a_stock_are_never_added_up() -> None:
    """Pupils of 2017 and 2018 are not twice as many pupils; entrants of both years are."""
    dims = ("scenario", "replicate", "year")
    shape = (1, 2, 3)
    data = xr.Dataset(
        {
            "boarders": ((*dims, "school"), np.ones((*shape, 1))),
            "entrants": ((*dims, "school", "level"), np.ones((*shape, 1, 1))),
            "births": ((*dims, "township"), np.ones((*shape, 1))),
        },
        coords={"scenario": ["a"], "replicate": [0, 1], "year": [2017, 2018, 2019]},
    )
    results = Results(data)
    with pytest.raises(InvalidInput, match="does not add up over"):
        results.table("boarders", by=["school"])
    assert results.table("boarders", by=["year"])["mean"].tolist() == [1.0, 1.0, 1.0]
    assert results.table("entrants", by=["level"])["mean"].tolist() == [3.0]
    assert results.table("births", by=[])["mean"].tolist() == [3.0]
