"""Capital and running cost as sheets, with totals by formula."""

from __future__ import annotations

from capsim.figures.labels import scenario_label
from capsim.figures.supply import label_of
from capsim.figures.words import path_label
from capsim.measures.plan_risk import FORECAST, surplus_risk
from capsim.reporting.facts import View
from capsim.reporting.options import budget_options
from capsim.reporting.sections.plans import project_name
from capsim.reporting.workbook.sheets import (
    Sheet,
    SheetCell,
    SheetColumn,
    column_sums,
    head,
    plain,
    row_sum,
    sheet_of,
)

BASES = ("nominal", "real")


def money_sheets(v: View) -> list[Sheet]:
    """Return the sheets of capital and of running cost; those the results hold."""
    sheets = []
    if v.has("capital_cost"):
        sheets.append(_capital(v))
    if v.has("running_cost"):
        sheets.append(_running(v))
    return [*sheets, *_surplus(v)]


def _heads(v: View, **widths: float) -> tuple[SheetColumn, ...]:
    return (
        *[head(key, v.lang, "text", width) for key, width in widths.items()],
        *[SheetColumn(str(int(year)), "yuan", 13) for year in v.years],
        SheetColumn(v.say("labels.word.total"), "yuan", 15),
    )


def _capital(v: View) -> Sheet:
    heads = _heads(v, scenario=30, basis=16, project=26, source_of_funds=20)
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
                            v.say(f"workbook.word.{basis}"),
                            project_name(v, scenario, str(project)),
                        )
                        row = [*texts, label_of(str(source), v.lang), *[plain(a) for a in amounts]]
                        rows.append((*row, row_sum(row, range(4, len(row)))))
            if len(rows) > first:
                sums = column_sums(rows, first, range(4, len(heads)))
                totals.add(len(rows))
                texts = (
                    _name(v, scenario),
                    v.say(f"workbook.word.{basis}"),
                    v.say("labels.word.total"),
                )
                rows.append((*texts, None, *sums.values()))
    note = v.say("workbook.note.means")
    return sheet_of("budget", v.lang, heads, rows, 4, note=note, totals=totals)


def _running(v: View) -> Sheet:
    heads = _heads(v, scenario=30, basis=16, item=20)
    rows: list[tuple[SheetCell, ...]] = []
    totals = set()
    for scenario in v.plans:
        mean = v.of("running_cost", scenario=scenario).mean("replicate")
        for basis in BASES:
            first = len(rows)
            for item in mean["cost_item"].values:
                amounts = mean.sel(price_basis=basis, cost_item=item).transpose("year").values
                row = [
                    _name(v, scenario),
                    v.say(f"workbook.word.{basis}"),
                    v.named("labels.cost", str(item)),
                ]
                row += [plain(a) for a in amounts]  # type: ignore[misc]
                rows.append((*row, row_sum(row, range(3, len(row)))))
            sums = column_sums(rows, first, range(3, len(heads)))
            totals.add(len(rows))
            rows.append(
                (
                    _name(v, scenario),
                    v.say(f"workbook.word.{basis}"),
                    v.say("labels.word.total"),
                    *sums.values(),
                )
            )
    note = v.say("workbook.note.means")
    return sheet_of("running", v.lang, heads, rows, 3, note=note, totals=totals)


def _surplus(v: View) -> list[Sheet]:
    """Return how many new seats stand empty years later, by births and stress path."""
    if not v.has("new_seats", "spare_seats", "births"):
        return []
    found = surplus_risk(v.data, budget_options(v.data))
    if found.empty:
        return []
    every, forecast = v.say("workbook.word.every_birth"), v.say("labels.word.median")
    rows: list[tuple[SheetCell, ...]] = [
        (_name(v, str(r["plan"])),
         forecast if r["path"] == FORECAST else path_label(str(r["path"]), v.lang),
         v.level(str(r["level"])), str(r["births_decile"]) if r["births_decile"] else every,
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
    return [sheet_of("surplus", v.lang, heads, rows, 2)]


def _name(v: View, scenario: str) -> str:
    return scenario_label(v.data, scenario, v.lang)
