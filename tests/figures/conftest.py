from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def make_results():
    """Builder of a made-up county's results, shared with the tests of the report."""
    path = Path(__file__).parents[1] / "reporting" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("figure_tests_synthetic", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_results


@pytest.fixture(scope="session")
def many(make_results):
    """Two plans and two stress paths."""
    return make_results(
        ("baseline", "two_schools", "baseline@korea_2015", "baseline@half"),
        replicates=10,
        births_factor={"korea_2015": 0.5},
    )


@pytest.fixture(scope="session")
def plain(make_results):
    """One scenario, one replicate, no costs."""
    return make_results(replicates=1, costs=False)
