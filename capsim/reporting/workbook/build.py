"""What the workbook holds: summary, years, schools, townships, gaps, classes, teachers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import xarray as xr

from capsim.figures.labels import names_of, scenario_label
from capsim.reporting.content import Answers, Report, Text
from capsim.reporting.facts import View
from capsim.reporting.facts_schools import open_share, roll_by_level, school_column, township_names
from capsim.reporting.workbook.money import money_sheets
from capsim.reporting.workbook.sheets import (
    Sheet,
    SheetCell,
    SheetColumn,
    column_sums,
    difference,
    head,
    hide_small,
    plain,
    ratio,
    row_sum,
    sheet_of,
)
from capsim.reporting.workbook.sources import source_sheets, standard_sheets
from capsim.results.reading import class_cap, total
from capsim.texts import capitalised

Rows = list[tuple[SheetCell, ...]]


def build_workbook(v: View, report: Report) -> list[Sheet]:
    """Return the sheets of a report; a sheet whose variables the results lack is left out.

    Parameters
    ----------
    v : View
        Results.
    report : Report
        The report's content, for the first sheet.
    """
    sheets = [_summary(v, report), *_by_year(v), *_by_school(v), *_by_township(v), *_gap(v)]
    sheets += [*_classes(v), *_teachers(v), *standard_sheets(v), *money_sheets(v)]
    return [*sheets, *source_sheets(v)]


def _summary(v: View, report: Report) -> Sheet:
    rows: Rows = []
    for block in report.sections[0].blocks:
        if isinstance(block, Answers):
            rows += [(question, text) for question, text in block.pairs]
        elif isinstance(block, Text):
            rows.append(("", block.text))
    rows.append(("", v.say("workbook.note.hidden")))
    heads = (
        head("question", v.lang, "text", 34),
        head("answer", v.lang, "text", 110),
    )
    note = v.say("workbook.note.of", name=report.subtitle, note=report.colophon)
    name = v.say("workbook.sheet.summary")
    return Sheet(name, report.title, note, heads, tuple(rows), wrapped=True)


def mean_by_year(v: View, name: str, scenario: str, *over: str, **at: object) -> np.ndarray:
    """Return the mean over replicates of a variable by year, summed over dims."""
    array = v.of(name, *over, scenario=scenario)
    if at:
        array = array.sel(at)
    return np.asarray(array.mean("replicate").transpose("year").values, dtype=float)


def _by_year(v: View) -> list[Sheet]:
    """Return county numbers by scenario and year, both levels added by formula."""
    pairs = [
        (name, over)
        for name, over in (
            ("demand", "planning_area"), ("capacity", "planning_area"),
            ("seat_gap", "planning_area"), ("spare_seats", "planning_area"),
            ("new_seats", "planning_area"), ("over_cap", "school"), ("teachers", "school"),
        )
        if v.has(name)
    ]  # fmt: skip
    heads = [
        head("scenario", v.lang, "text", 30),
        head("year", v.lang, "year", 8),
    ]
    if v.has("births"):
        heads.append(head("births", v.lang))
    if v.has("roll"):
        heads += _level_heads(v, v.say("workbook.head.pupils"))
    for name, _ in pairs:
        heads += _level_heads(v, v.say(f"workbook.head.{name}"))
    rows: Rows = []
    for scenario in v.plans:
        births = mean_by_year(v, "births", scenario, "township") if v.has("births") else None
        parts = []
        if v.has("roll"):
            pupils = roll_by_level(v, scenario).sum("school").mean("replicate")
            parts.append([pupils.sel(level=level).values for level in v.levels])
        parts += [
            [mean_by_year(v, name, scenario, over, level=level) for level in v.levels]
            for name, over in pairs
        ]
        for i, year in enumerate(v.years):
            row: list[SheetCell] = [scenario_label(v.data, scenario, v.lang), int(year)]
            if births is not None:
                row.append(plain(births[i]))
            for part in parts:
                start = len(row)
                row += [plain(values[i]) for values in part]
                if len(part) > 1:
                    row.append(row_sum(row, range(start, start + len(part))))
            rows.append(tuple(row))
    return [_sheet(v, "by_year", heads, rows, frozen=2)]


def _level_heads(v: View, text: str) -> list[SheetColumn]:
    names = [v.named("common.level", level) for level in v.levels]
    if len(names) > 1:
        names.append(v.say("labels.word.both"))
    return [SheetColumn(v.say("workbook.head.of_level", what=text, level=name)) for name in names]


def _by_school(v: View) -> list[Sheet]:
    """Return pupils by school and year for the scenario of the report, with totals by level."""
    if not v.has("roll"):
        return []
    pupils = roll_by_level(v).mean("replicate").transpose("school", "level", "year").values
    seats = None
    if v.has("school_capacity"):
        seats = (
            v.of("school_capacity").mean("replicate").transpose("school", "level", "year").values
        )
    names, places = names_of(v.data, "school", v.lang), township_names(v)
    kinds = school_column(v, "school_settlement_kind")
    is_open = open_share(v) if "is_open" in v.data or v.has("school_capacity") else None
    ids = [str(school) for school in v.data["school"].values]
    heads = [
        head("level", v.lang, "text", 10), head("id", v.lang, "text", 12),
        head("school", v.lang, "text", 24), head("township", v.lang, "text", 16),
        head("place", v.lang, "text", 14), head("seats_base", v.lang),
        SheetColumn(v.say("workbook.head.open_at_end", year=v.horizon), "share"),
        *[SheetColumn(v.say("workbook.head.pupils_year", year=y), width=9) for y in v.years],
        head("use_base", v.lang, "share"),
    ]  # fmt: skip
    rows: Rows = []
    totals: set[int] = set()
    for k, level in enumerate(v.levels):
        there = [
            i
            for i in range(len(ids))
            if pupils[i, k].any() or (seats is not None and seats[i, k].any())
        ]
        if not there:
            continue
        shown = [
            hide_small([float(p) for p in pupils[there, k, t]], v.lang) for t in range(len(v.years))
        ]
        first = len(rows)
        for n, i in enumerate(there):
            kind = capitalised(v.named("common.settlement_kind", kinds[i]))
            row: list[SheetCell] = [
                v.level(level), ids[i], names[i], places[i], kind,
                plain(seats[i, k, 0]) if seats is not None else None,
                float(is_open[-1, i]) if is_open is not None else None,
                *[column[n] for column in shown],
            ]  # fmt: skip
            rows.append((*row, ratio(row, 7, 5)))
        sums = column_sums(rows, first, [5, *range(7, 7 + len(v.years))])
        totals.add(len(rows))
        rows.append(_total_row(v, heads, sums, level))
    return [_sheet(v, "by_school", heads, rows, frozen=3, totals=totals)]


def _total_row(
    v: View, heads: Sequence[SheetColumn], sums: Mapping[int, SheetCell], level: str = ""
) -> tuple[SheetCell, ...]:
    row: list[SheetCell] = [None] * len(heads)
    row[0] = v.level(level) if level else None
    row[1 if level else 0] = v.say("labels.word.total")
    for c, cell in sums.items():
        row[c] = cell
    return tuple(row)


def _by_township(v: View) -> list[Sheet]:
    """Return births and children by township and year, with county totals."""
    measures: list[tuple[str, xr.DataArray]] = []
    if v.has("births"):
        measures.append((v.say("labels.head.births"), v.of("births")))
    if v.has("children"):
        for level in v.levels:
            ages = {"primary": range(6, 12), "junior": range(12, 15)}[level]
            known = [a for a in v.data["age"].values if a in ages]
            children = v.data["children"].sel(scenario=v.scenario, age=known).astype("float64")
            measures.append((v.say(f"workbook.head.children_{level}"), total(children, "age")))
    if v.has("unplaced"):
        measures.append((v.say("workbook.head.unplaced"), v.of("unplaced", "level")))
    if not measures:
        return []
    names = names_of(v.data, "township", v.lang)
    ids = [str(t) for t in v.data["township"].values]
    heads = [
        head("measure", v.lang, "text", 26), head("id", v.lang, "text", 12),
        head("township", v.lang, "text", 18),
        *[SheetColumn(str(int(year)), width=9) for year in v.years],
    ]  # fmt: skip
    rows: Rows = []
    totals: set[int] = set()
    for text, array in measures:
        means = array.mean("replicate").transpose("township", "year").values
        shown = [hide_small([plain(x) for x in means[:, t]], v.lang) for t in range(means.shape[1])]
        first = len(rows)
        for n in range(len(ids)):
            rows.append((text, ids[n], names[n], *[column[n] for column in shown]))
        sums = column_sums(rows, first, range(3, 3 + len(v.years)))
        totals.add(len(rows))
        rows.append((text, v.say("labels.word.total"), None, *sums.values()))
    return [_sheet(v, "by_township", heads, rows, frozen=3, totals=totals)]


def _gap(v: View) -> list[Sheet]:
    """Return gap by planning area: a sheet by year with sums, and one with bands."""
    if not v.has("seat_gap", "demand", "capacity"):
        return []
    names = names_of(v.data, "planning_area", v.lang)
    ids = [str(a) for a in v.data["planning_area"].values]
    heads = [
        head("scenario", v.lang, "text", 30), head("level", v.lang, "text", 10),
        head("id", v.lang, "text", 14), head("area", v.lang, "text", 18),
        *[SheetColumn(str(int(year)), width=9) for year in v.years],
    ]  # fmt: skip
    rows: Rows = []
    totals: set[int] = set()
    bands: Rows = []
    own = _by_area(v, v.scenario)
    for scenario in v.plans:
        title = scenario_label(v.data, scenario, v.lang)
        parts = _by_area(v, scenario)
        for level in v.levels:
            k = [str(x) for x in v.data["level"].values].index(level)
            here = [i for i in range(len(ids)) if np.isfinite(parts["demand"][:, :, k, i]).any()]
            first = len(rows)
            for i in here:
                cells = (title, v.level(level), ids[i], names[i])
                gap = parts["seat_gap"][:, :, k, i]
                rows.append((*cells, *[plain(x) for x in gap.mean(axis=0)]))
                same = all(
                    np.array_equal(parts[n][..., k, i], own[n][..., k, i])
                    for n in ("seat_gap", "capacity")
                )
                if same and scenario != v.scenario:
                    continue
                bands += _gap_bands(
                    v, cells, gap, parts["demand"][:, :, k, i], parts["capacity"][:, :, k, i]
                )
            if here:
                sums = column_sums(rows, first, range(4, 4 + len(v.years)))
                totals.add(len(rows))
                rows.append(
                    (title, v.level(level), v.say("labels.word.total"), None, *sums.values())
                )
    band_heads = [
        *heads[:4], head("year", v.lang, "year", 8),
        *[head(key, v.lang) for key in ("demand", "capacity", "gap_mean", "p10", "p50", "p90")],
        head("probability", v.lang, "share", 14),
    ]  # fmt: skip
    return [
        _sheet(v, "gap", heads, rows, frozen=4, totals=totals),
        _sheet(v, "gap_bands", band_heads, bands, frozen=5, note="gap_bands"),
    ]


def _by_area(v: View, scenario: str) -> dict[str, np.ndarray]:
    """Return gap, demand and capacity, shape (replicate, year, level, planning area)."""
    order = ("replicate", "year", "level", "planning_area")
    names = ("seat_gap", "demand", "capacity")
    return {n: v.of(n, scenario=scenario).transpose(*order).values for n in names}


def _gap_bands(
    v: View, cells: tuple[SheetCell, ...], gap: np.ndarray, demand: np.ndarray, seats: np.ndarray
) -> Rows:
    low, mid, high = np.quantile(gap, (0.1, 0.5, 0.9), axis=0)
    wanted = [hide_small([plain(x)], v.lang)[0] for x in demand.mean(axis=0)]
    return [
        (*cells, int(year), wanted[t], plain(seats[:, t].mean()), plain(gap[:, t].mean()),
         plain(low[t]), plain(mid[t]), plain(high[t]), float((gap[:, t] > 0).mean()))
        for t, year in enumerate(v.years)
    ]  # fmt: skip


def _classes(v: View) -> list[Sheet]:
    if not v.has("class_size"):
        return []
    heads = [
        head("scenario", v.lang, "text", 30), head("level", v.lang, "text", 10),
        head("year", v.lang, "year", 8), head("cap", v.lang),
        *[head(f"classes_{key}", v.lang) for key in ("all", "over", "large", "super")],
        head("share_over", v.lang, "share"),
    ]  # fmt: skip
    bins = v.data["class_size_bin"].values
    rows: Rows = []
    for scenario in v.plans:
        mean = v.of("class_size", scenario=scenario).mean("replicate")
        for level in v.levels:
            cap = class_cap(v.data, scenario, level)
            counts = mean.sel(level=level).transpose("year", "class_size_bin").values
            for t, year in enumerate(v.years):
                row: list[SheetCell] = [
                    scenario_label(v.data, scenario, v.lang), v.level(level), int(year), cap,
                    *[float(counts[t, bins > at].sum()) for at in (0, cap, 55, 65)],
                ]  # fmt: skip
                rows.append((*row, ratio(row, 5, 4)))
    return [_sheet(v, "classes", heads, rows, frozen=3)]


def _teachers(v: View) -> list[Sheet]:
    if not v.has("teachers"):
        return []
    needs = [n for n in ("teacher_need_classes", "teacher_need_norm", "posts") if v.has(n)]
    heads = [
        head("scenario", v.lang, "text", 30), head("level", v.lang, "text", 10),
        head("year", v.lang, "year", 8), head("stock", v.lang),
        *[head(name, v.lang, width=14) for name in needs],
        *[SheetColumn(v.say("workbook.head.balance", need=v.say(f"labels.head.{name}")), width=16)
            for name in needs],
    ]  # fmt: skip
    rows: Rows = []
    for scenario in v.plans:
        for level in v.levels:
            stock = mean_by_year(v, "teachers", scenario, "school", level=level)
            need = [mean_by_year(v, name, scenario, "school", level=level) for name in needs]
            for t, year in enumerate(v.years):
                row: list[SheetCell] = [
                    scenario_label(v.data, scenario, v.lang), v.level(level), int(year),
                    plain(stock[t]), *[plain(values[t]) for values in need],
                ]  # fmt: skip
                rows.append((*row, *[difference(row, 3, 4 + i) for i in range(len(needs))]))
    return [_sheet(v, "teachers", heads, rows, frozen=3)]


def _sheet(
    v: View,
    key: str,
    heads: Sequence[SheetColumn],
    rows: Rows,
    *,
    frozen: int,
    totals: Iterable[int] = (),
    note: str = "",
) -> Sheet:
    """Return a sheet with the note on means and a further one where there are several plans."""
    notes = [v.say("workbook.note.means")]
    if note and len(v.plans) > 1:
        notes.append(v.say(f"workbook.note.{note}"))
    name = scenario_label(v.data, v.scenario, v.lang)
    return sheet_of(key, v.lang, heads, rows, frozen, note=v.prose(notes), totals=totals, name=name)
