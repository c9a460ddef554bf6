from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


def _load(name):
    """Import a helper module that lies beside this file (test folders are no packages)."""
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"report_tests_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_synthetic = _load("synthetic")


@pytest.fixture(scope="session")
def make_results():
    """Builder of a made-up county's results."""
    return _synthetic.make_results


@pytest.fixture(scope="session")
def default_provenance():
    return _synthetic.default_provenance


@pytest.fixture(scope="session")
def one(make_results):
    """One scenario, a few replicates."""
    return make_results(replicates=12)


@pytest.fixture(scope="session")
def many(make_results):
    """Two plans and two stress paths."""
    return make_results(
        ("baseline", "two_schools", "baseline@korea_2015", "baseline@half"),
        replicates=12,
        births_factor={"korea_2015": 0.5},
    )
