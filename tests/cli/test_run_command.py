"""``capsim run``: streams, exit codes and the folder it leaves behind."""

import json
import re
import shutil
from pathlib import Path

import pytest
import xarray as xr

SHORT = ("--replicates", "2", "--set", "years.horizon=2022")
FILES = {
    "results.nc",
    "provenance.json",
    "run.log",
    "scenario.resolved.yaml",
    "tables",
    "figures",
}


def test_a_run_answers_on_stdout_in_about_ten_lines(finished):
    _, said = finished
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert 6 <= len(lines) <= 14
    assert lines[0].startswith("baseline: 2 futures of 2020-2022")
    for words in ("Seats short, primary", "Seats short, junior", "class cap", "Teachers"):
        assert words in said.out
    assert re.search(r"^Results: .*base$", said.out, re.MULTILINE)


def test_everything_else_goes_to_stderr(finished):
    _, said = finished
    assert "2 of 2 replicates" in said.err and "2 of 2 replicates" not in said.out
    assert "Traceback" not in said.err
    assert "Warning" not in said.err


def test_the_folder_holds_every_part_and_nothing_half_written(finished):
    folder, _ = finished
    assert {p.name for p in folder.iterdir()} == FILES
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
    assert (folder / "run.log").read_text(encoding="utf-8").strip()
    assert list((folder / "figures").glob("*.png")) and list((folder / "figures").glob("*.svg"))


def test_tables_open_with_chinese_in_spreadsheets(finished):
    folder, _ = finished
    tables = sorted((folder / "tables").glob("*.csv"))
    assert len(tables) >= 10
    for path in tables:
        content = path.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf"), path.name
        header, *rows = content.decode("utf-8-sig").splitlines()
        assert header.split(",")[:2] == ["variable", "scenario"]
        # Without a programme no seats are added or removed, and the ledger is empty.
        assert rows or path.stem == "capacity_ledger", path.name


def test_results_open_with_plain_xarray(finished):
    folder, _ = finished
    with xr.open_dataset(folder / "results.nc") as data:
        assert {"scenario", "replicate", "year"} <= set(data.dims)
        for name, array in data.data_vars.items():
            assert array.dims[:3] == ("scenario", "replicate", "year"), name
            for attribute in ("units", "long_name", "long_name_zh"):
                assert array.attrs.get(attribute), f"{name} lacks {attribute}"
            assert re.search(r"[\u4e00-\u9fff]", array.attrs["long_name_zh"]), name
        reported = data["roll"].sel(year=2020).sum(["school", "grade"])
        assert reported.values.tolist() == [[7940, 7940]]


def test_the_provenance_says_what_was_run(finished):
    folder, _ = finished
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["seed"] == 20200901
    assert provenance["scenarios"]["baseline"]["years"]["horizon"] == 2022
    assert provenance["assumptions"]
    text = json.dumps(provenance, ensure_ascii=False)
    assert str(folder.parents[2]) not in text, "a path of this machine is in the provenance"


def test_no_output_holds_a_path_of_the_machine(finished):
    folder, _ = finished
    for name in ("run.log", "scenario.resolved.yaml"):
        assert str(folder.parents[2]) not in (folder / name).read_text(encoding="utf-8")


def test_the_resolved_scenario_of_a_run_is_checked_and_the_same(finished, county, call, tmp_path):
    folder, _ = finished
    copy = tmp_path / "county"
    shutil.copytree(county, copy)
    shutil.copy(folder / "scenario.resolved.yaml", copy / "again.yaml")
    shown = call("show", copy / "again.yaml", "--resolved")
    assert shown.code == 0, shown.err
    assert shown.out == (folder / "scenario.resolved.yaml").read_text(encoding="utf-8")


def test_an_existing_folder_is_refused_before_any_work(finished, office, county, call):
    folder, _ = finished
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    said = call("run", county / "baseline.yaml", "--out", "runs/base", folder=office)
    assert said.code == 3 and said.out == ""
    assert said.err.strip() == (
        f"{Path('runs/base')}: exists already (choose another --out or add --force)"
    )
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


def test_force_does_not_replace_what_is_no_run(office, county, call, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.docx").write_text("years of work")
    said = call("run", county / "baseline.yaml", *SHORT, "--out", precious, "--force")
    assert said.code == 3 and "is not the folder of a run" in said.err
    assert (precious / "thesis.docx").read_text() == "years of work"


def test_a_failure_while_writing_leaves_nothing_and_keeps_the_earlier_run(
    finished, county, call, tmp_path, monkeypatch
):
    folder, _ = finished
    old = tmp_path / "run"
    shutil.copytree(folder, old)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("capsim.reporting.run_folder.write_figures", full)
    for out in (old, tmp_path / "new"):
        said = call("run", county / "baseline.yaml", *SHORT, "--out", out, "--force")
        assert said.code == 1 and said.out == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]
    assert {p.name for p in old.iterdir()} == FILES


def test_chinese_json_and_force(finished, county, call, tmp_path, monkeypatch):
    monkeypatch.setattr("capsim.reporting.run_folder.write_figures", lambda *_, **__: [])
    folder, _ = finished
    out = tmp_path / "结果 1"
    shutil.copytree(folder, out)
    said = call(
        "run", county / "baseline.yaml", *SHORT, "--seed", "7", "--out", out,
        "--lang", "zh", "--json", "--quiet", "--force",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert said.err == ""
    answer = json.loads(said.out)
    assert Path(answer["folder"]) == out
    assert any("学位" in line for line in answer["summary"])
    again = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert again["seed"] == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "Missing argument"),
        (["run", "x.yaml", "--replicates", "0"], "--replicates"),
        (["run", "x.yaml", "--replicates", "many"], "--replicates"),
        (["run", "x.yaml", "--jobs", "0"], "--jobs"),
        (["run", "x.yaml", "--lang", "fr"], "fr"),
        (["run", "x.yaml", "--colour"], "No such option"),
        (["rum", "x.yaml"], "No such command"),
        (["backtest", "a.csv", "b.csv"], "--origins"),
    ],
)
def test_a_wrong_call_is_a_usage_error(call, arguments, words):
    said = call(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert words.lower() in re.sub(r"\s+", " ", said.err).lower()
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "missing.yaml"], "missing.yaml: file not found"),
        (["run", "."], ".: is a folder, not a file"),
        (["check", "missing.yaml"], "missing.yaml: file not found"),
        (["show", "missing.yaml"], "missing.yaml: file not found"),
        (["report", "missing"], "there are no results here"),
        (["compare", "missing", "missing2"], "there are no results here"),
        (["init", "x", "--from-totals", "missing.yaml"], "missing.yaml: file not found"),
        (["backtest", "a.csv", "b.csv", "--origins", "2000"], "a.csv: there is no such file"),
    ],
)
def test_a_missing_file_is_said_in_one_line(call, arguments, words, tmp_path):
    said = call(*arguments, folder=tmp_path)
    assert said.code == 3
    assert said.out == ""
    assert words in said.err
    assert "Traceback" not in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("enrolment.class_cap.primry=40", 'unknown key (did you mean "primary"?)'),
        ("years.horizon=1999", "is not after the base year"),
        ("replicates=many", "is not a number"),
        ("enrolment.class_cap.primary=70", "70 is not between 1 and the hard cap 55"),
        ("name=a/b", "cannot name a file"),
        ("demography.births.stress_paths=[mars_2030]", "mars_2030"),
        ("nonsense", "sets nothing"),
    ],
)
def test_a_wrong_override_names_its_key(county, call, office, override, words):
    arguments = ["--set", override, "--out", "runs/no"]
    said = call("run", county / "baseline.yaml", *arguments, folder=office)
    assert said.code == 3
    assert said.out == ""
    assert words in said.err and "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1, said.err
    assert not (office / "runs" / "no").exists()


def test_an_unknown_stress_path_stops_before_the_run(county, call, office):
    said = call(
        "run", county / "baseline.yaml", *SHORT, "--stress", "china_2061", "--out", "runs/no",
        folder=office,
    )  # fmt: skip
    assert said.code == 3 and said.out == ""
    assert "china_2061" in said.err and "china_2016" in said.err
    assert not (office / "runs" / "no").exists()
