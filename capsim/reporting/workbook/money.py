"""Capital and running cost as sheets, with totals by formula."""

from __future__ import annotations

from capsim.figures.labels import scenario_label
from capsim.figures.supply import label_of
from capsim.figures.words import path_label
from capsim.measures.plan_risk import FORECAST, surplus_risk
from capsim.reporting.facts import View
from capsim.reporting.labels import cost_word, label
from capsim.reporting.options import budget_options
from capsim.reporting.sections.plans import project_name
from capsim.reporting.workbook.sheets import (
    Sheet,
    SheetCell,
    SheetColumn,
    column_sums,
    plain,
    row_sum,
)
from capsim.reporting.workbook.words import head
from capsim.reporting.workbook.words import sheet_word as w

BASES = ("nominal", "real")


def money_sheets(v: View) -> list[Sheet]:
    """Return the sheets of capital and of running cost; those the results hold."""
    sheets = []
    if v.has("capital_cost"):
        sheets.append(_capital(v))
    if v.has("running_cost"):
        sheets.append(_running(v))
    return [*sheets, *_surplus(v)]


def _heads(v: View, texts: list[tuple[str, float]]) -> tuple[SheetColumn, ...]:
    return (
        *[SheetColumn(text, "text", width) for text, width in texts],
        *[SheetColumn(str(int(year)), "yuan", 13) for year in v.years],
        head("total", v.lang, "yuan", 15),
    )


def _capital(v: View) -> Sheet:
    heads = _heads(
        v,
        [(label("scenario", v.lang), 30), (w("basis", v.lang), 16), (label("project", v.lang), 26),
         (label("source_of_funds", v.lang), 20)],
    )  # fmt: skip
    rows: list[tuple[SheetCell, ...]] = []
    totals = set()
    for scenario in v.plans:
        mean = v.of("capital_cost", scenario=scenario).mean("replicate")
        for basis in BASES:
            first = len(rows)
            for project in mean["project"].values:
                for source in mean["funding_source"].values:
                    at = mean.sel(price_basis=basis, project=project, funding_source=source)
                    amounts = at.transpose("year").fillna(0).values
                    if amounts.any():
                        texts = (
                            _name(v, scenario),
                            w(basis, v.lang),
                            project_name(v, scenario, str(project)),
                        )
                        row = [*texts, label_of(str(source), v.lang), *[plain(a) for a in amounts]]
                        rows.append((*row, row_sum(row, range(4, len(row)))))
            if len(rows) > first:
                sums = column_sums(rows, first, range(4, len(heads)))
                totals.add(len(rows))
                texts = (_name(v, scenario), w(basis, v.lang), label("total", v.lang))
                rows.append((*texts, None, *sums.values()))
    return Sheet(
        w("s_budget", v.lang), w("t_budget", v.lang), w("means", v.lang), heads, tuple(rows), 4,
        frozenset(totals),
    )  # fmt: skip


def _running(v: View) -> Sheet:
    heads = _heads(
        v, [(label("scenario", v.lang), 30), (w("basis", v.lang), 16), (label("item", v.lang), 20)]
    )
    rows: list[tuple[SheetCell, ...]] = []
    totals = set()
    for scenario in v.plans:
        mean = v.of("running_cost", scenario=scenario).mean("replicate")
        for basis in BASES:
            first = len(rows)
            for item in mean["cost_item"].values:
                amounts = mean.sel(price_basis=basis, cost_item=item).transpose("year").values
                row = [_name(v, scenario), w(basis, v.lang), cost_word(str(item), v.lang)]
                row += [plain(a) for a in amounts]  # type: ignore[misc]
                rows.append((*row, row_sum(row, range(3, len(row)))))
            sums = column_sums(rows, first, range(3, len(heads)))
            totals.add(len(rows))
            rows.append(
                (_name(v, scenario), w(basis, v.lang), label("total", v.lang), *sums.values())
            )
    return Sheet(
        w("s_running", v.lang), w("t_running", v.lang), w("means", v.lang), heads, tuple(rows), 3,
        frozenset(totals),
    )  # fmt: skip


def _surplus(v: View) -> list[Sheet]:
    """Return how many new seats stand empty years later, by births and stress path."""
    if not v.has("new_seats", "spare_seats", "births"):
        return []
    found = surplus_risk(v.data, budget_options(v))
    if found.empty:
        return []
    every, forecast = w("every_birth", v.lang), label("median", v.lang)
    rows: list[tuple[SheetCell, ...]] = [
        (_name(v, str(r["plan"])),
         forecast if r["path"] == FORECAST else path_label(str(r["path"]), v.lang),
         label(str(r["level"]), v.lang), str(r["births_decile"]) if r["births_decile"] else every,
         int(r["replicates"]), float(r["births"]), int(r["added_by"]), float(r["new_seats"]),
         int(r["year"]), float(r["empty_seats"]), plain(float(r["empty_share"])))
        for r in found.to_dict("records")
    ]  # fmt: skip
    heads = (
        head("scenario", v.lang, "text", 30), head("path", v.lang, "text", 22),
        head("level", v.lang, "text", 10), head("decile", v.lang, "text", 18),
        head("futures", v.lang), head("births_mean", v.lang, width=13),
        head("added_by", v.lang, "year"), head("new_seats", v.lang),
        head("looked_at", v.lang, "year"),
        head("empty_seats", v.lang), head("empty_share", v.lang, "share"),
    )  # fmt: skip
    return [Sheet(w("s_surplus", v.lang), w("t_surplus", v.lang), "", heads, tuple(rows), 2)]


def _name(v: View, scenario: str) -> str:
    return scenario_label(v.data, scenario, v.lang)
