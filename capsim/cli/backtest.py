"""``capsim backtest``: how good forecasts of the rolls would have been, on one's own history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from capsim.cli.console import Console
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.entrants import CHINA_ENTRY, Entry

if TYPE_CHECKING:
    import pandas as pd

_SERIES: Final = ("cell", "area", "total")
_COLUMNS: Final = (
    "series", "horizon", "model", "forecasts", "mape", "bias", "crps", "interval_score_80",
    "coverage_80", "coverage_95",
)  # fmt: skip


def backtest_command(
    rolls: Path,
    births: Path,
    *,
    entry: str,
    lag: int,
    origins: str,
    horizons: str,
    draws: int,
    out: Path | None,
    console: Console,
) -> None:
    """Backtest tables of rolls and births; print the table, write it and a figure."""
    import warnings

    import pandas as pd

    from capsim.forecasting.backtesting import backtest

    problems = Problems()
    for file in (rolls, births):
        if not file.is_file():
            problems.add(str(file), "there is no such file")
    problems.raise_if_any()
    kind, stage = _entry(entry)
    with warnings.catch_warnings(record=True) as left_out:
        warnings.simplefilter("always", UserWarning)
        result = backtest(
            pd.read_csv(rolls, encoding="utf-8-sig", dtype={"age": str}),
            pd.read_csv(births, encoding="utf-8-sig"),
            entry={"age": stage, "lag": lag} if kind == "age" else _grade_entry(stage),
            origins=_span(origins, "--origins"),
            horizons=_span(horizons, "--horizons"),
            draws=draws,
        )
    console.warnings(dict.fromkeys(str(warning.message) for warning in left_out))
    print(_pooled(result.scores, console))
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    result.scores.to_csv(out / "backtest.csv", index=False, encoding="utf-8-sig")
    result.figure().savefig(out / "backtest.png", dpi=150)
    console.note(console.word("backtest.written", folder=out))


def _pooled(scores: pd.DataFrame, console: Console) -> str:
    """Scores of all areas and origins as text, one line for each series, horizon and model."""
    rows = scores[(scores["size"] == "all") & (scores["origin"] == "pooled")]
    place = rows["series"].map(_SERIES.index)
    rows = rows.assign(place=place).sort_values(["place", "horizon"], kind="stable")
    series = {name: console.word(f"backtest.series.{name}") for name in _SERIES}
    headings = {name: console.word(f"backtest.heading.{name}") for name in _COLUMNS}
    rows = rows.assign(series=rows["series"].map(series))[list(_COLUMNS)].rename(columns=headings)
    return rows.to_string(index=False, float_format="{:.2f}".format)


def _entry(text: str) -> tuple[str, int]:
    kind, _, number = text.partition("=")
    if kind not in ("age", "grade") or not number.isdigit():
        raise InvalidInput.of("--entry", f"{text!r} is no entry stage", "age=5 or grade=1")
    return kind, int(number)


def _grade_entry(grade: int) -> Entry:
    if grade != 1:
        raise InvalidInput.of("--entry", f"grade {grade} is not entered from births", "grade=1")
    return CHINA_ENTRY


def _span(text: str, option: str) -> Sequence[int]:
    """Read ``2002-2010`` or ``1,3,5``."""
    low, dash, high = text.partition("-")
    parts = [low, high] if dash else text.split(",")
    if not all(part.strip().isdigit() for part in parts):
        raise InvalidInput.of(option, f"{text!r} is no list of years", "2002-2010 or 1,3,5")
    numbers = [int(part) for part in parts]
    return range(numbers[0], numbers[1] + 1) if dash else numbers
