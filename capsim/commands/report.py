"""``capsim report``: documents from the folders of runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from capsim.commands.console import Console
from capsim.commands.runs import open_runs


def report_command(
    runs: Sequence[Path],
    *,
    out: Path | None,
    formats: Sequence[str],
    lang: str,
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
    from capsim.reporting import read_scores, write_report

    scores = read_scores(backtest) if backtest is not None else None
    results = open_runs(runs)
    folder = out if out is not None else runs[0]
    written = write_report(
        results.data,
        folder,
        lang=lang,
        formats=formats,
        scenario=scenario,
        backtest=scores,
        dated=dt.date.today(),
    )
    for note in written.notes:
        console.note(note)
    for path in written.files:
        print(path)
