"""``capsim run --report``: the documents of a run without opening its folder again."""

import pytest

SHORT = ("--replicates", "2", "--set", "years.horizon=2022")


@pytest.fixture(scope="module")
def run_and_reported(county, call, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reported") / "run"
    said = call(
        "run", county / "baseline.yaml", *SHORT, "--out", folder, "--report", "html, xlsx"
    )  # fmt: skip
    assert said.code == 0, said.err
    return folder, said


def test_the_documents_stand_in_the_folder_of_the_run_and_are_named(run_and_reported):
    folder, said = run_and_reported
    assert said.out.splitlines()[-2:] == [
        str(folder / "report.html"),
        str(folder / "projection.xlsx"),
    ]
    assert (folder / "results.nc").is_file() and (folder / "report.html").is_file()


def test_the_document_is_the_one_that_report_writes(run_and_reported, call, tmp_path):
    folder, _ = run_and_reported
    again = call("report", folder, "--format", "html", "--out", tmp_path)
    assert again.code == 0, again.err
    assert (tmp_path / "report.html").read_bytes() == (folder / "report.html").read_bytes()


def test_an_unknown_format_is_refused_before_anything_is_run(county, call, tmp_path):
    said = call("run", county / "baseline.yaml", *SHORT, "--out", tmp_path / "r", "--report", "odt")
    assert said.code == 3 and "html, docx, xlsx, pdf" in said.err
    assert not (tmp_path / "r").exists()
