"""Capital and running cost as sheets, with totals by formula."""

from __future__ import annotations

from capsim.figures.reading import scenario_label
from capsim.figures.supply import label_of
from capsim.report.facts import View
from capsim.report.labels import cost_word, label
from capsim.report.sheet_words import head
from capsim.report.sheet_words import sheet_word as w
from capsim.report.sheets import Sheet, SheetCell, SheetColumn, column_sums, plain, row_sum

BASES = ("nominal", "real")


def money_sheets(v: View) -> list[Sheet]:
    """Return the sheets of capital and of running cost; those the results hold."""
    sheets = []
    if v.has("capital_cost"):
        sheets.append(_capital(v))
    if v.has("running_cost"):
        sheets.append(_running(v))
    return sheets


def _heads(v: View, texts: list[tuple[str, float]]) -> tuple[SheetColumn, ...]:
    return (
        *[SheetColumn(text, "text", width) for text, width in texts],
        *[SheetColumn(str(int(year)), "yuan", 13) for year in v.years],
        head("total", v.lang, "yuan", 15),
    )


def _capital(v: View) -> Sheet:
    heads = _heads(
        v,
        [(label("scenario", v.lang), 20), (w("basis", v.lang), 16), (label("project", v.lang), 26),
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
                            str(project).replace("_", " "),
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
        v, [(label("scenario", v.lang), 20), (w("basis", v.lang), 16), (label("item", v.lang), 20)]
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


def _name(v: View, scenario: str) -> str:
    return scenario_label(v.data, scenario, v.lang)
