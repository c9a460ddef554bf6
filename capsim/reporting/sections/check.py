"""Grade progression beside the run, in the section on earlier forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capsim.forecasting.cross_check import check_table
from capsim.reporting import numbers
from capsim.reporting.blocks import columns, left_out, table
from capsim.reporting.content import Block, Cell, Text
from capsim.reporting.facts import View
from capsim.results.reading import STRESS_MARK, provenance

if TYPE_CHECKING:
    import pandas as pd

NEAR_YEARS = (1, 3)
"""Years after the base year shown beside those of the other tables."""


def progression_rows(v: View) -> pd.DataFrame:
    """Return the cross-check of the scenario; no rows where the run could make none.

    Returns
    -------
    DataFrame
        ``year, level, progression, run`` (pupils) and ``difference_percent``.
    """
    known = provenance(v.data).get("progression_check", {})
    rows = known.get(v.scenario.split(STRESS_MARK)[0]) if isinstance(known, Mapping) else None
    return check_table(list(rows or []))


def progression_blocks(v: View) -> list[Block]:
    """Return the sentence and the table of the cross-check, or why there is none."""
    found = progression_rows(v)
    if found.empty:
        return [left_out(v, v.say("labels.section.check"), v.say("nothing.grades"))]
    wanted = {*(v.base + years for years in NEAR_YEARS), *v.focus, v.horizon}
    found = found[found["year"].isin(wanted)]
    found = found.assign(place=found["level"].map(v.levels.index)).sort_values(["place", "year"])
    rows: list[tuple[Cell, ...]] = [
        (v.level(str(r["level"])), int(r["year"]), float(r["progression"]), float(r["run"]),
         float(r["difference_percent"]) / 100)
        for r in found.to_dict("records")
    ]  # fmt: skip
    heads = columns(
        v.lang, ("level", "text", 1.0), ("year", "year", 0.7), ("progression", "count", 1.4),
        ("run_median", "count", 1.4), ("difference", "share", 1.0),
    )  # fmt: skip
    return [Text(_sentence(v, found)), table(v.say("labels.section.check"), heads, rows)]


def _sentence(v: View, found: pd.DataFrame) -> str:
    cases = found.to_dict("records")
    largest = max(cases, key=lambda row: abs(float(row["difference_percent"])))
    gap = float(largest["difference_percent"]) / 100
    return v.say(
        f"report.check.{'above' if gap >= 0 else 'below'}",
        year=int(largest["year"]),
        level=v.named("common.level", str(largest["level"])),
        share=numbers.share(abs(gap), v.lang),
    )
