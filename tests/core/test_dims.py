"""Names of dimensions are light, and labels align exactly."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from capsim.core.dims import require_dims, require_labels
from capsim.core.errors import InvalidInput


def test_loading_a_scenario_needs_no_labelled_arrays() -> None:
    code = "import sys, capsim.core.dims, capsim.scenario.load; sys.exit('xarray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def table() -> xr.DataArray:
    return xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("area", "age"),
                        coords={"area": ["a", "b"], "age": [0, 1, 2]}, name="table")  # fmt: skip


def test_dimensions_are_those_named() -> None:
    require_dims(table(), ["age", "area"], name="table")
    with pytest.raises(InvalidInput) as caught:
        require_dims(table(), ["age", "sex"], name="table")
    assert str(caught.value).splitlines() == [
        "table: lacks the dimension(s) sex", "table: has unexpected dimension(s) area",
    ]  # fmt: skip


def test_labels_are_put_in_order_and_never_guessed() -> None:
    found = require_labels(table(), "age", [2, 0, 1], name="table")
    assert found.sel(area="a").values.tolist() == [2.0, 0.0, 1.0]
    with pytest.raises(InvalidInput, match="age lacks 3"):
        require_labels(table(), "age", [0, 1, 2, 3], name="table")
    with pytest.raises(InvalidInput, match="age has unknown 2"):
        require_labels(table(), "age", [0, 1], name="table")
    twice = xr.concat([table(), table().isel(age=[0])], "age")
    with pytest.raises(InvalidInput, match="age repeats 0"):
        require_labels(twice, "age", [0, 1, 2], name="table")
