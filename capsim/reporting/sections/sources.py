"""Earlier forecasts, what drives the result, assumptions, data, and limits."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from capsim.figures.backtest import backtest_errors, model_word, pooled_scores
from capsim.figures.fonts import undrawable_characters
from capsim.figures.labels import scenario_label
from capsim.reporting.blocks import columns, say, table
from capsim.reporting.content import Block, Bullets, Cell, Picture, Section, Text
from capsim.reporting.facts import View
from capsim.reporting.labels import label, mark_word
from capsim.reporting.notes_zh import note_text
from capsim.reporting.sections.check import progression_blocks
from capsim.reporting.settings_zh import column_zh, data_source_zh, source_zh, unit_zh, value_zh
from capsim.results.reading import STRESS_MARK, provenance, resolved

if TYPE_CHECKING:
    import pandas as pd

OLDEST_PUPIL = 15
LONGEST_VALUE = 90


def backtest(v: View, scores: pd.DataFrame | None) -> Section:
    """Return how good earlier forecasts were, where history was given to test them on.

    Parameters
    ----------
    v : View
        Results.
    scores : DataFrame, optional
        ``scores`` of a backtest: ``model, series, size, origin, horizon`` and errors in per cent.

    Raises
    ------
    NothingToShow
        If `scores` lacks a column of a backtest.
    """
    title = label("backtest", v.lang)
    if scores is None or scores.empty:
        reason = (
            "no history of rolls or births was given to test earlier forecasts against"
            if v.lang == "en"
            else "未提供可用于检验的历年在校生或出生数据"
        )
        without = Text(say(v.lang).left_out(title, reason), "note")
        return Section("backtest", title, (without, *progression_blocks(v)))
    series = next((s for s in ("area", "total", "cell") if (scores["series"] == s).any()), "area")
    kept = pooled_scores(scores, series)
    talk = say(v.lang)
    longest = kept[kept["horizon"] == kept["horizon"].max()]
    sentences = [
        talk.earlier_forecast(model_word(str(r["model"]), v.lang), int(r["horizon"]),
                              float(r["mape"]) / 100, float(r["coverage_80"]) / 100)
        for r in longest.to_dict("records")
    ]  # fmt: skip
    figure = backtest_errors(scores, lang=v.lang, series=series)
    text = label("f_backtest", v.lang)
    heads = columns(
        v.lang, ("model", "text", 1.6), ("years_ahead", "count", 1.0), ("error", "share", 1.0),
        ("bias", "share", 1.0), ("coverage", "share", 1.2),
    )  # fmt: skip
    rows = [
        (model_word(str(r["model"]), v.lang), int(r["horizon"]), float(r["mape"]) / 100,
         float(r["bias"]) / 100 if "bias" in r else None, float(r["coverage_80"]) / 100)
        for r in kept.to_dict("records")
    ]  # fmt: skip
    return Section(
        "backtest",
        title,
        (
            Text((" " if v.lang == "en" else "").join(sentences), "lead"),
            Picture("backtest", text, text, lambda: figure),
            table(label("t_backtest", v.lang), heads, rows),
            *progression_blocks(v),
        ),
    )


def drivers(v: View) -> Section:
    """Return where the spread of demand comes from.

    Demand of a year is births of its cohorts x children there over these births x demand over
    these children. In logarithms the three add up, and so do their covariances with demand: each
    one's share of the variance is exact, nothing is left over (Shorrocks 1982).
    """
    title = label("drivers", v.lang)
    talk = say(v.lang)
    shares = demand_drivers(v)
    if shares is None:
        reason = (
            "it takes several futures, and years whose pupils are all born within the run"
            if v.lang == "en"
            else "需要多次模拟，且学生全部在测算期内出生"
        )
        return Section("drivers", title, (Text(talk.left_out(title, reason), "note"),))
    year, parts = shares
    outcome = "Seat demand" if v.lang == "en" else "学位需求"
    largest = max(parts, key=lambda key: parts[key])
    text = talk.driver(label(f"driver_{largest}", v.lang), outcome, year, parts[largest])
    rows = [(label(f"driver_{key}", v.lang), value) for key, value in parts.items()]
    heads = columns(v.lang, ("driver", "text", 3.0), ("share_of_spread", "share", 1.0))
    shown = table(label("t_drivers", v.lang, year=year), heads, rows)
    return Section("drivers", title, (Text(text, "lead"), shown))


def demand_drivers(v: View) -> tuple[int, dict[str, float]] | None:
    """Return a year and the share of the variance of its log demand by source.

    Returns
    -------
    tuple of int and dict, or None
        None with fewer than ten replicates, a run too short for a year whose pupils are all born
        in it, or no spread.
    """
    year = v.horizon
    if not v.has("births", "children", "demand") or v.replicates < 10:
        return None
    if year - OLDEST_PUPIL < v.base:
        return None
    births = v.of("births", "township")
    cohort_years = range(year - OLDEST_PUPIL, year - 5)
    born = births.sel(year=list(cohort_years)).sum("year").values
    ages = [a for a in v.data["age"].values if 6 <= a <= 14]
    children = v.data["children"].sel(scenario=v.scenario, year=year, age=ages)
    there = children.astype("float64").sum(["township", "age"]).values
    wanted = v.of("demand", "planning_area", "level").sel(year=year).values
    if min(born.min(), there.min(), wanted.min()) <= 0:
        return None
    logs = {
        "births": np.log(born),
        "moves": np.log(there / born),
        "public": np.log(wanted / there),
    }
    outcome = np.log(wanted)
    variance = float(np.var(outcome))
    if variance < 1e-12:
        return None
    return year, {
        key: float(np.cov(part, outcome, ddof=0)[0, 1] / variance) for key, part in logs.items()
    }


def sources(v: View) -> Section:
    """Return every setting and every column of data with its mark and source."""
    title = label("sources", v.lang)
    lines = provenance(v.data)
    blocks: list[Block] = []
    settings = settings_of(v, v.scenario)
    name = scenario_label(v.data, v.scenario, v.lang)
    if settings:
        heads = columns(
            v.lang, ("key", "text", 2.6), ("value", "text", 2.2), ("mark", "text", 0.7),
            ("source", "text", 2.9),
        )  # fmt: skip
        in_force = [row for row in settings if is_in_force(row)]
        rows = [_short_row(setting_row(row, v.lang)) for row in in_force]
        hidden = len(settings) - len(in_force)
        note = say(v.lang).switched_off(hidden) if hidden else ""
        blocks.append(table(label("t_assumptions", v.lang, name=name), heads, rows, note=note))
    columns_of_data = [row for row in lines.get("data", []) if isinstance(row, Mapping)]
    if columns_of_data:
        heads = columns(
            v.lang, ("data_table", "text", 1.3), ("column", "text", 1.5), ("mark", "text", 0.8),
            ("source", "text", 3.0),
        )  # fmt: skip
        rows = [data_row(row, v.lang) for row in columns_of_data]
        blocks.append(table(label("t_data", v.lang), heads, rows))
    if not blocks:
        reason = (
            "the results carry no list of assumptions" if v.lang == "en" else "结果未附假设清单"
        )
        blocks.append(Text(say(v.lang).left_out(title, reason), "note"))
    return Section("sources", title, tuple(blocks))


def settings_of(v: View, scenario: str) -> list[Mapping[str, Any]]:
    """Return the settings of a scenario as the provenance lists them."""
    rows = [row for row in provenance(v.data).get("assumptions", []) if isinstance(row, Mapping)]
    mine = [row for row in rows if row.get("scenario") in (scenario, None, "")]
    return mine or [row for row in rows if row.get("scenario") == scenario.split(STRESS_MARK)[0]]


def is_in_force(row: Mapping[str, Any]) -> bool:
    """Return whether a setting has a value; what is off or empty stands in the workbook alone."""
    value = row.get("value")
    return not (value is None or value is False or value in ("", [], {}))


def _short_row(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    key, value, unit, mark, source = row
    return (key, f"{value} {unit}".strip(), mark, source)


def setting_row(row: Mapping[str, Any], lang: str) -> tuple[Cell, ...]:
    """Return key, value, unit, mark and source of a setting as text."""
    unit, source = str(row.get("unit") or ""), str(row.get("source") or "")
    return (
        str(row.get("key", "")),
        value_text(row.get("value"), lang),
        unit_zh(unit, str(row.get("key", ""))) if lang == "zh" else unit,
        mark_word(str(row.get("mark", "")), lang),
        source_zh(source) if lang == "zh" else source,
    )


def data_row(row: Mapping[str, Any], lang: str) -> tuple[Cell, ...]:
    """Return table, column, mark and source of a column of data as text."""
    table, column = str(row.get("table", "")), str(row.get("column", ""))
    source = str(row.get("source") or "")
    if lang == "zh":
        table, column = column_zh(table, column)
        source = data_source_zh(source)
    return (table, column, mark_word(str(row.get("mark", "")), lang), source)


def value_text(value: Any, lang: str = "en") -> str:
    """Return the value of a setting in one line; three and more equal numbers are counted."""
    comma = "，" if lang == "zh" else ", "
    if isinstance(value, bool):
        text = "true" if value else "false"
        text = value_zh(text) if lang == "zh" else text
    elif isinstance(value, float):
        text = f"{value:g}"
    elif isinstance(value, Mapping):
        text = comma.join(
            _pair(str(key), value_text(item, lang), lang) for key, item in value.items()
        )
    elif isinstance(value, (list, tuple)):
        runs = [
            (text, len(list(same))) for text, same in groupby(value_text(v, lang) for v in value)
        ]
        times = "{}个{}" if lang == "zh" else "{} times {}"
        parts = [[times.format(n, text)] if n > 2 else [text] * n for text, n in runs]
        text = comma.join(part for run in parts for part in run)
    else:
        text = "" if value is None else str(value)
        text = value_zh(text) if lang == "zh" else text
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _pair(key: str, value: str, lang: str) -> str:
    """Return a key with its value: ``primary: 45``, ``小学45``."""
    if lang != "zh":
        return f"{key}: {value}"
    return f"{value_zh(key)}{'' if value[:1].isdigit() else '：'}{value}"


def limits(v: View) -> Section:
    """Return what the reader must know before leaning on the numbers."""
    en = v.lang == "en"
    items: list[str] = []
    if v.replicates == 1:
        items.append(say(v.lang).how_to_read(1))
    else:
        items.append(
            "The bands hold what the simulated births, moves and choices vary; they hold neither a "
            "change of policy nor a collapse without precedent in the county's own history."
            if en
            else "区间只反映模拟中出生、迁移与择校的波动，不包含政策变化，"
            "也不包含本县历史上没有先例的出生骤降。"
        )
    if not v.stress:
        items.append(say(v.lang).fewer_births([], v.horizon, []))
    items.append(
        "Capacity is classrooms x class cap. Rooms that exist but cannot be used, and rooms "
        "outside the tables, are not seen."
        if en
        else "学位供给按教室数乘以班额标准计算；不能使用的教室与数据表以外的教室不在其内。"
    )
    items += [*_assumed_columns(v), *_small_counts(v), *_notes(v), *_undrawable(v)]
    return Section("limits", label("limits", v.lang), (Bullets(tuple(items)),))


def _assumed_columns(v: View) -> list[str]:
    rows = [row for row in provenance(v.data).get("data", []) if isinstance(row, Mapping)]
    assumed = sum(row.get("mark") == "assumed" for row in rows)
    if not assumed:
        return []
    if v.lang == "en":
        verb = "is" if assumed == 1 else "are"
        return [
            f"Of {len(rows)} columns of data {assumed} {verb} assumed, not reported; figures for "
            "single schools and townships rest on them."
        ]
    return [f"{len(rows)}个数据列中有{assumed}个为假定而非上报，单个学校和乡镇的数字以此为基础。"]


def _small_counts(v: View) -> list[str]:
    if v.lang == "en":
        return ["Counts of children below 5 are shown as <5; what follows from them is left out."]
    return ["不足5人的儿童数以“少于5”表示，由其推得的数字不予列出。"]


def _notes(v: View) -> list[str]:
    notes = provenance(v.data).get("notes", {})
    mine = notes.get(v.scenario, []) if isinstance(notes, Mapping) else []
    return [note_text(str(note), v.lang) for note in mine]


def _undrawable(v: View) -> list[str]:
    names: list[str] = []
    for key, values in v.data.coords.items():
        if str(key) == "name" or "name" in str(key).split("_"):
            names += [str(value) for value in values.values.ravel()]
    found = undrawable_characters(names)
    if not found:
        return []
    codes = ", ".join(f"U+{ord(character):04X}" for character in found)
    if v.lang == "en":
        return [f"Names with characters that no font here can draw appear as identifiers: {codes}."]
    return [f"部分名称含无法显示的字符，以编号代替：{codes}。"]


def place_name(v: View) -> str:
    """Return the county's name in the language of the report; empty if it is not recorded."""
    place = resolved(v.data, v.scenario).get("place", {})
    if not isinstance(place, Mapping):
        return ""
    order = ("name_zh", "name") if v.lang == "zh" else ("name", "name_zh")
    return next((str(place[key]) for key in order if place.get(key)), "")
