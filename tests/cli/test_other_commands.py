"""``check``, ``show``, ``schema``, ``init``, ``report``, ``compare`` and ``backtest``."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from capsim.scenario.load import diff, load, resolve

SHORT = ("--replicates", "2", "--set", "years.horizon=2022")


def test_check_says_that_a_county_is_right(county, call):
    said = call("check", county / "baseline.yaml")
    assert said.code == 0
    assert said.out.strip().endswith("baseline.yaml: no problems found")
    assert said.err == ""


def test_check_lists_the_faults_of_several_files_at_once(county, call, tmp_path):
    copy = tmp_path / "county"
    shutil.copytree(county, copy)
    (copy / "a.yaml").write_text("extends: baseline.yaml\nname: a\nsead: 1\n", encoding="utf-8")
    (copy / "b.yaml").write_text("extends: baseline.yaml\nname: b\nseed: x\n", encoding="utf-8")
    said = call("check", "a.yaml", "b.yaml", folder=copy)
    assert said.code == 3 and said.out == ""
    assert re.search(r"^a\.yaml:3:1: sead: unknown key", said.err, re.MULTILINE)
    assert re.search(r'^b\.yaml:3:1: seed: "x" is not a number', said.err, re.MULTILINE)


def test_check_says_a_fault_of_many_rows_once(county, call, tmp_path):
    copy = tmp_path / "county"
    shutil.copytree(county, copy)
    text = (copy / "tables" / "births.csv").read_text(encoding="utf-8-sig")
    rows = len(text.splitlines()) - 1
    (copy / "tables" / "births.csv").write_text(
        re.sub(r"(hukou|resident|hospital)\b", "huko", text), encoding="utf-8"
    )
    said = call("check", "baseline.yaml", folder=copy)
    assert said.code == 3
    assert len(said.err.splitlines()) == 1
    assert f"and {rows - 1} more rows, the last in row {rows + 1}" in said.err


def test_show_prints_a_scenario_in_short(county, call):
    said = call("show", county / "baseline.yaml")
    assert said.code == 0
    assert "years: 2020-2035" in said.out and "7,940 pupils" in said.out


def test_what_show_resolved_prints_is_the_same_scenario(county, call, tmp_path):
    said = call("show", county / "baseline.yaml", "--resolved", "--set", "seed=9")
    assert said.code == 0
    copy = tmp_path / "county"
    shutil.copytree(county, copy)
    (copy / "resolved.yaml").write_text(said.out, encoding="utf-8")
    again = load(copy / "resolved.yaml")
    once = load(copy / "baseline.yaml", ["seed=9"])
    assert resolve(again) == resolve(once)
    assert not diff(once, again)
    assert call("show", copy / "resolved.yaml", "--resolved").out == said.out


def test_the_schema_is_a_json_schema_that_knows_every_section(call):
    said = call("schema")
    assert said.code == 0 and said.err == ""
    schema = json.loads(said.out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"extends", "years", "enrolment", "programme", "budget"} <= set(schema["properties"])
    definitions = schema["$defs"]
    used = set(re.findall(r"#/\$defs/(\w+)", said.out))
    assert used <= set(definitions), "a reference leads nowhere"
    assert schema["additionalProperties"] is False


def test_init_refuses_a_folder_that_holds_something(call, county, tmp_path):
    before = sorted(county.rglob("*"))
    said = call("init", county)
    assert said.code == 3 and "exists and is not empty" in said.err
    assert sorted(county.rglob("*")) == before


def test_init_from_totals_builds_a_county_that_passes_check(call, county, tmp_path):
    said = call("init", "--from-totals", county / "totals.yaml", tmp_path / "另 一县")
    assert said.code == 0, said.err
    assert said.out.strip() == f"Next: capsim check {tmp_path / '另 一县' / 'baseline.yaml'}"
    checked = call("check", tmp_path / "另 一县" / "baseline.yaml")
    assert checked.code == 0, checked.err


@pytest.fixture(scope="module")
def reported(finished, call, tmp_path_factory):
    folder, _ = finished
    out = tmp_path_factory.mktemp("report")
    said = call("report", folder, "--format", "html, docx,xlsx,pdf", "--lang", "zh", "--out", out)
    return out, said


def test_a_report_has_every_format(reported):
    out, said = reported
    assert said.code == 0, said.err
    names = {"report.html", "report.docx", "projection.xlsx"}
    if "typst" in said.err:
        assert len(said.err.splitlines()) == 1, "the one line that says why there is no PDF"
    else:
        names |= {"report.pdf"}
        assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert {Path(line).name for line in said.out.splitlines()} == names
    assert {p.name for p in out.iterdir()} == names
    assert "Warning" not in said.err and "Traceback" not in said.err
    for name in ("report.docx", "projection.xlsx"):
        assert zipfile.ZipFile(out / name).testzip() is None


def test_the_html_report_opens_offline(reported):
    text = (reported[0] / "report.html").read_text(encoding="utf-8")
    assert "示例县" in text
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", text)
    assert len(text.encode()) < 5_000_000


def test_a_report_in_an_unknown_format_names_the_known_ones(finished, call, tmp_path):
    folder, _ = finished
    said = call("report", folder, "--format", "html,doc", "--out", tmp_path / "x")
    assert said.code in (2, 3) and said.out == ""
    assert "doc" in said.err and "docx" in said.err
    assert not (tmp_path / "x").exists()


def test_compare_runs_scenario_files_side_by_side(county, call, tmp_path):
    copy = tmp_path / "county"
    shutil.copytree(county, copy)
    base = (copy / "baseline.yaml").read_text(encoding="utf-8")
    (copy / "baseline.yaml").write_text(base.replace("horizon: 2035", "horizon: 2022"), "utf-8")
    (copy / "cap_40.yaml").write_text(
        "extends: baseline.yaml\nname: cap_40\nenrolment:\n  class_cap: {primary: 40}\n", "utf-8"
    )
    said = call(
        "compare", "baseline.yaml", "cap_40.yaml", "--replicates", "2", "--out", "d.csv",
        folder=copy,
    )  # fmt: skip
    assert said.code == 0, said.err
    assert said.out.startswith("cap_40 against baseline")
    assert re.search(r"enrolment\.class_cap\.primary: 45(\.0)? -> 40(\.0)?", said.out)
    assert (copy / "d.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_scenario_compared_with_itself_differs_in_nothing(finished, county, call, tmp_path):
    from capsim import open_results

    folder, _ = finished
    once = open_results(folder)
    again = open_results(folder)
    again.data = again.data.assign_coords(scenario=["again"])
    import xarray as xr

    both = type(once)(
        xr.concat([once.data, again.data], "scenario", data_vars="minimal", join="exact")
    )
    difference = both.delta("baseline")
    for name, array in difference.data_vars.items():
        values = array.values
        assert (abs(values[values == values]) == 0).all(), name


def test_compare_wants_two_scenarios(finished, call):
    folder, _ = finished
    said = call("compare", folder)
    assert said.code == 3 and "only one scenario" in said.err and said.out == ""


def test_compare_refuses_two_runs_of_one_name(finished, call):
    folder, _ = finished
    said = call("compare", folder, folder)
    assert said.code == 3 and "both hold a scenario called baseline" in said.err


def made_up_history(folder: Path) -> None:
    """Twelve years of two areas with six grades, and the births behind them."""
    births = ["year,area,births"]
    rolls = ["year,area,grade,pupils"]
    size = {"north": 420, "south": 180}
    for area, number in size.items():
        births += [f"{y},{area},{number + 3 * (y - 1995) + y % 3}" for y in range(1990, 2013)]
        for year in range(2001, 2013):
            for grade in range(1, 7):
                born = year - grade - 6
                pupils = number + 3 * (born - 1995) + (year * grade) % 5
                rolls.append(f"{year},{area},{grade},{pupils}")
    (folder / "births.csv").write_text("\n".join(births) + "\n", encoding="utf-8")
    (folder / "rolls.csv").write_text("\n".join(rolls) + "\n", encoding="utf-8-sig")


def test_backtest_of_a_small_history(call, tmp_path):
    made_up_history(tmp_path)
    said = call(
        "backtest", "rolls.csv", "births.csv", "--origins", "2007-2009", "--horizons", "1,3",
        "--draws", "20", "--out", "scores", folder=tmp_path,
    )  # fmt: skip
    assert said.code == 0, said.err
    heading, *lines = said.out.strip().splitlines()
    assert heading.split()[:4] == ["series", "years", "ahead", "model"]
    said_of = [re.match(r" *(\S.*?) +(\d) +(\w+)", line).groups() for line in lines]
    models = ("last_value", "progression_ratios", "capsim")
    assert said_of == [
        (series, horizon, model)
        for series in ("area x stage", "area total", "all areas")
        for horizon in "13"
        for model in models
    ]
    scores = pd.read_csv(tmp_path / "scores" / "backtest.csv")
    row = scores[(scores["size"] == "all") & (scores["origin"] == "pooled")].iloc[0]
    assert f"{row['mape']:.2f}" in next(line for line in lines if row["model"] in line)
    assert {p.name for p in (tmp_path / "scores").iterdir()} == {"backtest.csv", "backtest.png"}


def test_backtest_says_in_a_line_what_it_leaves_out(call, tmp_path):
    made_up_history(tmp_path)
    with (tmp_path / "births.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{year},elsewhere,10\n" for year in range(1990, 2013))
    said = call(
        "backtest", "rolls.csv", "births.csv", "--origins", "2008", "--horizons", "1",
        "--draws", "20", folder=tmp_path,
    )  # fmt: skip
    assert said.err.strip() == "warning: births: area elsewhere, which has no rolls: left out"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--origins", "soon", "is no list of years"),
        ("--entry", "class=1", "is no entry stage"),
        ("--entry", "grade=3", "grade 3 is not entered from births"),
    ],
)
def test_backtest_says_what_an_option_should_be(call, tmp_path, option, value, words):
    made_up_history(tmp_path)
    options = {"--origins": "2007-2009", "--entry": "grade=1", option: value}
    flat = [part for pair in options.items() for part in pair]
    said = call("backtest", "rolls.csv", "births.csv", *flat, folder=tmp_path)
    assert said.code == 3 and said.out == ""
    assert words in said.err and "Traceback" not in said.err


def test_the_version_is_printed(call):
    said = call("--version")
    assert said.code == 0
    assert said.out.startswith("capsim ")


def test_a_shipped_county_is_copied_and_loads(tmp_path, call):
    assert call("init", "--example", "jiajiang", tmp_path / "jiajiang").code == 0
    assert load(tmp_path / "jiajiang" / "two_schools.yaml").place.name == "Jiajiang"
    said = call("init", "--example", "jiajing", tmp_path / "other")
    assert said.code == 3
    assert 'did you mean "jiajiang"?' in said.err
