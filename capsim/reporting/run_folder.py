"""A run's folder: results, tables, figures, provenance and log, written whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from capsim.core.errors import InvalidInput
from capsim.forecasting.cross_check import check_table
from capsim.reporting.summary import summary_lines
from capsim.results.results import Results
from capsim.scenario.load import dump
from capsim.scenario.schema import Scenario

# Tables for a spreadsheet: variable -> dimensions kept beside scenario.
TABLES: Final[dict[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "seats_by_planning_area": (
        ("demand", ("year", "level", "planning_area")),
        ("capacity", ("year", "level", "planning_area")),
        ("seat_gap", ("year", "level", "planning_area")),
        ("spare_seats", ("year", "level", "planning_area")),
    ),
    "schools": (
        ("roll", ("year", "school")),
        ("classes", ("year", "school")),
        ("school_capacity", ("year", "school")),
        ("teachers", ("year", "school")),
    ),
    "rolls_by_grade": (("roll", ("year", "school", "grade")),),
    "children_by_township": (("children", ("year", "township", "age")),),
    "births_by_township": (("births", ("year", "township")),),
    "preschool_change": (("preschool_change", ("year", "township")),),
    "participation": (("participation", ("year", "level", "destination")),),
    "class_sizes": (("class_size", ("year", "level", "class_size_bin")),),
    "rolls_by_settlement_kind": (("roll_by_kind", ("year", "level", "settlement_kind")),),
    "rural_attrition": (("attrition", ("year", "level", "attrition_cause")),),
    "small_schools": (("small_schools", ("year", "level")), ("closures", ("year", "level"))),
    "teachers": (
        ("teachers", ("year", "level")),
        ("teacher_need_norm", ("year", "level")),
        ("teacher_need_classes", ("year", "level")),
        ("posts", ("year", "level")),
    ),
    "teacher_flows": (("teacher_flows", ("year", "level", "teacher_cause")),),
    "admission_outcomes": (("outcomes", ("year", "level", "outcome")),),
    "travel": (
        ("travel_km", ("year", "level", "settlement_kind")),
        ("travel_km_p90", ("year", "level", "settlement_kind")),
    ),
    "capacity_ledger": (("capacity_change", ("year", "school", "level", "capacity_cause")),),
    "running_cost": (("running_cost", ("year", "cost_item", "price_basis")),),
    "capital_cost": (("capital_cost", ("year", "project", "funding_source", "price_basis")),),
}


def require_free(out: Path, *, force: bool) -> None:
    """Raise if a run's folder is taken, before any work is done.

    Raises
    ------
    InvalidInput
        If `out` exists and `force` is not set, or if it is something else than a run.
    """
    if not out.exists():
        return
    if not force:
        raise InvalidInput.of(str(out), "exists already", "choose another --out or add --force")
    is_run = out.is_dir() and ((out / "provenance.json").is_file() or not any(out.iterdir()))
    if not is_run:
        raise InvalidInput.of(
            str(out), "is not the folder of a run and is not replaced", "choose another --out"
        )


def write_run(
    results: Results,
    scenarios: Sequence[Scenario],
    out: str | Path,
    *,
    lang: str = "en",
    force: bool = False,
    log: Sequence[str] = (),
    summary: Sequence[str] | None = None,
) -> Path:
    """Write a run's folder under a temporary name and rename it when whole.

    Parameters
    ----------
    results : Results
    scenarios : sequence of Scenario
    out : path
        Folder of the run.
    lang : {"en", "zh"}
        Language of figures and summary.
    force : bool
        Replace the folder of an earlier run.
    log : sequence of str
        Lines for ``run.log``, above the summary.
    summary : sequence of str, optional
        The summary in that language, where it is known already.

    Returns
    -------
    Path
        The folder.
    """
    target = Path(out)
    require_free(target, force=force)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        results.save(part)
        for scenario in scenarios:
            name = "scenario" if len(scenarios) == 1 else f"scenario.{scenario.name}"
            (part / f"{name}.resolved.yaml").write_text(dump(scenario), encoding="utf-8")
        text = json.dumps(results.provenance, ensure_ascii=False, indent=1)
        (part / "provenance.json").write_text(text, encoding="utf-8")
        write_tables(results, part / "tables")
        write_progression_check(results, part / "tables")
        left_out = write_figures(results, part / "figures", lang=lang)
        told = summary_lines(results.data, lang=lang) if summary is None else summary
        lines = [*log, *left_out, *told]
        (part / "run.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.chmod(0o755)
        _swap(part, target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return target


def _swap(part: Path, target: Path) -> None:
    """Put the finished folder in place; an earlier run is removed only then."""
    if not target.exists():
        part.replace(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.replace(old / "run")
    part.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def write_tables(results: Results, folder: Path) -> list[Path]:
    """Write the tidy tables as CSV that spreadsheets open with Chinese text intact."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, parts in TABLES.items():
        present = [(v, by) for v, by in parts if v in results.data and results.data[v].size]
        if not present:
            continue
        frame = pd.concat([_tidy(results, v, by) for v, by in present], ignore_index=True)
        path = folder / f"{name}.csv"
        frame.to_csv(path, index=False, encoding="utf-8-sig", float_format="%.6g")
        written.append(path)
    return written


def write_progression_check(results: Results, folder: Path) -> None:
    """Write grade progression beside the run, where the rolls have a history."""
    for name, rows in results.provenance["progression_check"].items():
        path = folder / f"progression_check_{name}.csv"
        check_table(rows).to_csv(path, index=False, encoding="utf-8-sig", float_format="%.6g")


def _tidy(results: Results, variable: str, by: tuple[str, ...]) -> pd.DataFrame:
    frame = results.table(variable, by).dropna(subset=["mean"])
    keys = ["scenario", *by]
    values = [c for c in frame if c not in keys]
    if variable in ("class_size", "capacity_change", "outcomes", "teacher_flows", "capital_cost"):
        frame = frame[(frame[values] != 0).any(axis=1)]
    frame.insert(0, "variable", variable)
    frame["unit"] = results.data[variable].attrs["units"]
    data = results.data
    for dim, label in (("school", "name_zh"), ("township", "township_name_zh")):
        if dim in by:
            names = dict(zip(data[dim].values, data[label].values, strict=True))
            frame.insert(list(frame).index(dim) + 1, f"{dim}_name", frame[dim].map(names))
    return frame


def write_figures(results: Results, folder: Path, *, lang: str) -> list[str]:
    """Draw the planner's figures as PNG and SVG; return a line for each one left out."""
    from capsim.figures import PLANNER_FIGURES, draw_figures

    folder.mkdir(parents=True, exist_ok=True)
    _, left_out = draw_figures(results.data, folder, lang=lang, names=PLANNER_FIGURES)
    return list(left_out)
