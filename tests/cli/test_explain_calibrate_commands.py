"""`capsim explain` and `capsim calibrate` as a user types them: answers and mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from capsim.cli.app import main

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


def typed(capsys, *words):
    """Return exit status, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    return stop.value.code or 0, out, err


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of two years, one replicate."""
    from capsim.ensemble.run import run
    from capsim.scenario.load import load

    folder = tmp_path_factory.mktemp("run")
    results = run([load(BASELINE, ["years.horizon=2019"])], replicates=1, jobs=1)
    results.save(folder)
    return folder


def test_explain_a_school_and_a_township(capsys, finished):
    status, out, _ = typed(
        capsys, "explain", finished, "--year", 2018, "--school", "yancheng-primary-1"
    )
    assert status == 0
    assert "Jiajiang No. 1 Primary, primary, 2018" in out
    assert re.search(r"\d+ seats offered, \d+ children admitted", out)
    status, out, _ = typed(
        capsys, "explain", finished, "--year", 2018, "--township", "yancheng", "--lang", "zh"
    )
    assert status == 0
    assert "录取结果" in out
    status, out, _ = typed(
        capsys, "explain", finished, "--year", 2018, "--township", "yancheng", "--json"
    )
    assert out.startswith('{"title"')


def test_mistakes_in_explain(capsys, finished):
    status, out, err = typed(capsys, "explain", finished, "--year", 2017, "--school", "yanchen")
    assert (status, out) == (3, "")
    assert "base year" in err and "unknown yanchen" in err
    assert "Traceback" not in err
    status, _, err = typed(capsys, "explain", finished, "--year", 2018)
    assert status == 3 and "name a school or a township" in err


def test_calibrate_writes_keys_of_the_scenario(capsys, tmp_path):
    rows = ["settlement,school,pupils"]
    from capsim.scenario.load import load

    tables = load(BASELINE).tables()
    primary = tables.schools[tables.schools["kind"] == "primary"]["school"].tolist()
    for number, home in enumerate(tables.settlements["settlement"]):
        rows += [f"{home},{primary[(number + i) % len(primary)]},{7 - i}" for i in range(3)]
    seen, keys = tmp_path / "seen.csv", tmp_path / "keys.yaml"
    seen.write_text("\n".join(rows), encoding="utf-8")
    status, out, _ = typed(
        capsys, "calibrate", BASELINE, "--choices", seen, "--term", "km", "--out", keys, "--quiet"
    )
    assert status == 0
    assert "km" in out and "children; log-likelihood" in out
    assert keys.read_text(encoding="utf-8").startswith("choice:\n  coefficients:\n    km: ")


def test_mistakes_in_calibrate(capsys, tmp_path):
    status, out, err = typed(capsys, "calibrate", BASELINE)
    assert (status, out) == (3, "")
    assert "name one table" in err
    status, _, err = typed(
        capsys, "calibrate", BASELINE, "--moments", tmp_path / "m.csv", "--parameter", "x=1-2"
    )
    assert status == 3 and "x=1-2 is no range" in err
    status, _, err = typed(capsys, "calibrate", BASELINE, "--choices", tmp_path / "missing.csv")
    assert status == 3 and "file not found" in err
