"""Grade progression beside the run, in the section on earlier forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capsim.forecasting.cross_check import check_table
from capsim.reporting import numbers
from capsim.reporting.blocks import columns, say, table
from capsim.reporting.content import Block, Cell, Text
from capsim.reporting.facts import View
from capsim.reporting.labels import label
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
    en = v.lang == "en"
    found = progression_rows(v)
    if found.empty:
        reason = (
            "it takes rolls by grade of at least three years in a row up to the base year"
            if en
            else "需要截至基年至少连续三年的分年级在校生数"
        )
        return [Text(say(v.lang).left_out(label("check", v.lang), reason), "note")]
    wanted = {*(v.base + years for years in NEAR_YEARS), *v.focus, v.horizon}
    found = found[found["year"].isin(wanted)]
    found = found.assign(place=found["level"].map(v.levels.index)).sort_values(["place", "year"])
    rows: list[tuple[Cell, ...]] = [
        (label(str(r["level"]), v.lang), int(r["year"]), float(r["progression"]), float(r["run"]),
         float(r["difference_percent"]) / 100)
        for r in found.to_dict("records")
    ]  # fmt: skip
    heads = columns(
        v.lang, ("level", "text", 1.0), ("year", "year", 0.7), ("progression", "count", 1.4),
        ("run_median", "count", 1.4), ("difference", "share", 1.0),
    )  # fmt: skip
    return [Text(_sentence(found, v.lang)), table(label("check", v.lang), heads, rows)]


def _sentence(found: pd.DataFrame, lang: str) -> str:
    cases = found.to_dict("records")
    largest = max(cases, key=lambda row: abs(float(row["difference_percent"])))
    gap = float(largest["difference_percent"]) / 100
    year, level = int(largest["year"]), label(str(largest["level"]), lang)
    size = numbers.share(abs(gap), lang)
    if lang == "zh":
        side = "高" if gap >= 0 else "低"
        return (
            "升级比率法以本县近年各年级升级比率推算在校生，起始年级新生取本次模拟的中位数。"
            f"所列年份中相差最大的是{year}年{level}：本次模拟比升级比率法{side}{size}。"
        )
    side = "above" if gap >= 0 else "below"
    return (
        "Grade progression carries the county's own recent ratios from grade to grade forward; "
        "entrants are this run's medians. Of the years shown they differ most in "
        f"{year}, {level.lower()}: this run is {size} {side} grade progression."
    )
