"""``capsim report``: documents from the folders of runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capsim.cli.console import Console
from capsim.cli.runs import open_runs

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from capsim.reporting.write import Written


def report_command(
    runs: Sequence[Path],
    *,
    out: Path | None,
    formats: Sequence[str],
    scenario: str | None,
    console: Console,
    backtest: Path | None = None,
) -> None:
    """Write the documents of one or several runs; print their paths.

    Raises
    ------
    InvalidInput
        If a run, a format, the scenario or the table of the backtest cannot be used.
    """
    from capsim.reporting import read_scores
    from capsim.reporting.facts import VARIABLES

    scores = read_scores(backtest) if backtest is not None else None
    results = open_runs(runs, variables=VARIABLES)
    folder = out if out is not None else runs[0]
    files = write_documents(
        results.data,
        folder,
        formats=formats,
        console=console,
        scenario=scenario,
        scores=scores,
    )
    for path in files:
        print(path)


def write_documents(
    data: xr.Dataset,
    folder: Path,
    *,
    formats: Sequence[str],
    console: Console,
    scenario: str | None = None,
    scores: pd.DataFrame | None = None,
) -> tuple[Path, ...]:
    """Write the documents of results with today's date; note what had to be left out."""
    from capsim.reporting import write_report

    written: Written = write_report(
        data,
        folder,
        lang=console.lang,
        formats=formats,
        scenario=scenario,
        backtest=scores,
        dated=dt.date.today(),
    )
    for note in written.notes:
        console.note(note)
    return written.files
