from __future__ import annotations

import base64
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
def by_header():
    """Reader of a sheet of the workbook as rows by column head."""
    return _synthetic.by_header


@pytest.fixture(scope="session")
def one(make_results):
    """One scenario, a few replicates."""
    return make_results(replicates=12)


@pytest.fixture(scope="session")
def tiny(make_results):
    """A few schools, years and replicates, for tests that write many documents."""
    return make_results(replicates=3, years=range(2017, 2027), schools=12)


@pytest.fixture
def no_figures(monkeypatch):
    """Put an empty figure in the place of every figure: tests of text need not build them."""
    from matplotlib.figure import Figure

    from capsim.figures import registry

    blank = dict.fromkeys(registry.FIGURES, lambda data, **_: Figure(figsize=(1, 1)))
    monkeypatch.setattr(registry, "FIGURES", blank)


@pytest.fixture
def no_pictures(monkeypatch, no_figures):
    """Put one dot in the place of every figure file."""
    from capsim.figures import style

    dot = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg=="
    )
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    monkeypatch.setattr(
        style, "figure_bytes", lambda figure, kind, **_: svg if kind == "svg" else dot
    )


@pytest.fixture(scope="session")
def reports(many):
    """The report of two plans and two stress paths, by language."""
    from capsim.reporting import build_report

    return {lang: build_report(many, lang=lang) for lang in ("en", "zh")}


@pytest.fixture(scope="session")
def many(make_results):
    """Two plans and two stress paths."""
    return make_results(
        ("baseline", "two_schools", "baseline@korea_2015", "baseline@half"),
        replicates=12,
        births_factor={"korea_2015": 0.5},
    )
