"""Speed and size of a report of four scenarios and a hundred replicates, one core."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import pytest

from capsim.reporting import write_report

pytestmark = pytest.mark.benchmark

SECONDS = 20.0
HTML_BYTES = 5_000_000


def _results():
    path = Path(__file__).parents[1] / "reporting" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("benchmark_synthetic", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_results(("a", "b", "c", "d"), replicates=100, schools=70)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_of_four_scenarios_is_written_within_20_seconds(tmp_path, lang):
    data = _results()
    start = time.process_time()
    files = write_report(data, tmp_path, lang=lang, formats=("html", "docx", "xlsx", "pdf")).files
    seconds = time.process_time() - start
    print(f"{lang}: {seconds:.1f} s, " + ", ".join(f"{f.stat().st_size:,}" for f in files))
    assert seconds < SECONDS
    assert files[0].stat().st_size < HTML_BYTES
