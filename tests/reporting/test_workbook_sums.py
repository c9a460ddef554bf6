"""What the workbook adds up, against LibreOffice and against the results."""

from __future__ import annotations

import re
import shutil
import subprocess

import openpyxl
import pytest

from capsim.reporting import write_document


def test_sums_of_the_workbook_recomputed_by_libreoffice_equal_those_of_capsim(
    many, tmp_path_factory, no_figures, by_header
):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("recomputed")
    write_document(many, folder / "projection.xlsx", lang="en")
    # Drop the values capsim stored, so that what is read below was computed by LibreOffice.
    stale = folder / "without_values.xlsx"
    workbook = openpyxl.load_workbook(folder / "projection.xlsx")
    workbook.save(stale)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    out = folder / "out"
    done = subprocess.run(
        [*command, "--outdir", str(out), str(stale)], capture_output=True, timeout=180, check=False
    )
    if not (out / stale.name).is_file():
        pytest.skip(f"LibreOffice could not convert: {done.stderr.decode(errors='replace')[:200]}")
    book = openpyxl.load_workbook(out / stale.name, data_only=True)
    base = many.sel(scenario="baseline").mean("replicate")
    years = [int(y) for y in many.year.values]
    rows = by_header(book["By year"])
    assert len(rows) == 2 * len(years)
    for row, year in zip(rows, years, strict=False):
        at = base.sel(year=year)
        assert row["Demand, both levels"] == pytest.approx(float(at.demand.sum()))
        assert row["Pupils, both levels"] == pytest.approx(float(at["roll"].sum()))
    total = [r for r in by_header(book["By school"]) if r["Identifier"] == "Total"]
    primary = base["roll"].sel(grade=list(range(1, 7))).sum(["school", "grade"])
    for year in years:
        assert total[0][f"Pupils {year}"] == pytest.approx(float(primary.sel(year=year)))
    gap = [r for r in by_header(book["Gap"]) if r["Identifier"] == "Total"]
    for year in years:
        expected = float(base.seat_gap.sel(year=year, level="primary").sum())
        assert gap[0][str(year)] == pytest.approx(expected)
    money = [r for r in by_header(book["Budget"]) if r["Project"] == "Total"]
    plan = many.capital_cost.sel(scenario="two_schools", price_basis="nominal").mean("replicate")
    assert money[0]["Total"] == pytest.approx(float(plan.sum()))
    running = [r for r in by_header(book["Running cost"]) if r["Item"] == "Total"]
    cost = base.running_cost.sel(price_basis="nominal")
    assert running[0]["Total"] == pytest.approx(float(cost.sum()))
    classes = by_header(book["Classes"])[0]
    assert classes["Share above the cap"] == pytest.approx(
        classes["Above the cap"] / classes["Classes"]
    )


def test_stored_values_equal_the_formulas(many, tmp_path, no_figures):
    """What a viewer that does not compute shows is what the formula gives."""
    path = write_document(many, tmp_path / "w.xlsx", lang="en")
    values = openpyxl.load_workbook(path, data_only=True)["By year"]
    formulas = openpyxl.load_workbook(path)["By year"]
    checked = 0
    for row in formulas.iter_rows(min_row=5):
        for cell in row:
            if cell.data_type == "f":
                parts = re.findall(r"[A-Z]+\d+", cell.value)
                expected = sum(values[part].value for part in parts)
                assert values[cell.coordinate].value == pytest.approx(expected)
                checked += 1
    assert checked > 100
