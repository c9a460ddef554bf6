"""Earlier forecasts, what drives the result, assumptions, data, and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from capsim.figures.backtest import backtest_errors, model_word, pooled_scores
from capsim.figures.fonts import undrawable_characters
from capsim.figures.labels import scenario_label
from capsim.reporting import sentences as say
from capsim.reporting.blocks import columns, left_out, table
from capsim.reporting.content import Block, Bullets, Cell, Picture, Section, Text
from capsim.reporting.facts import View
from capsim.reporting.numbers import count, share
from capsim.reporting.sections.check import progression_blocks
from capsim.reporting.settings import data_row, is_in_force, setting_row, settings_of
from capsim.results.reading import provenance, resolved
from capsim.texts import capitalised, fields, said

if TYPE_CHECKING:
    import pandas as pd

OLDEST_PUPIL = 15


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
    title = v.say("labels.section.backtest")
    if scores is None or scores.empty:
        without = left_out(v, title, v.say("nothing.history"))
        return Section("backtest", title, (without, *progression_blocks(v)))
    series = next((s for s in ("area", "total", "cell") if (scores["series"] == s).any()), "area")
    kept = pooled_scores(scores, series)
    longest = kept[kept["horizon"] == kept["horizon"].max()]
    sentences = [
        say.earlier_forecast(model_word(str(r["model"]), v.lang), int(r["horizon"]),
                             float(r["mape"]) / 100, float(r["coverage_80"]) / 100, v.lang)
        for r in longest.to_dict("records")
    ]  # fmt: skip
    figure = backtest_errors(scores, lang=v.lang, series=series)
    text = v.say("labels.figure.backtest")
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
            Text(v.prose(sentences), "lead"),
            Picture("backtest", text, text, lambda: figure),
            table(v.say("labels.table.backtest"), heads, rows),
            *progression_blocks(v),
        ),
    )


def drivers(v: View) -> Section:
    """Return where the spread of demand comes from.

    Demand of a year is births of its cohorts x children there over these births x demand over
    these children. In logarithms the three add up, and so do their covariances with demand: each
    one's share of the variance is exact, nothing is left over (Shorrocks 1982).
    """
    title = v.say("labels.section.drivers")
    shares = demand_drivers(v)
    if shares is None:
        return Section("drivers", title, (left_out(v, title, v.say("nothing.spread")),))
    year, parts = shares
    largest = max(parts, key=lambda key: parts[key])
    names = {key: v.say(f"labels.driver.{key}") for key in parts}
    part = share(parts[largest], v.lang)
    text = v.say("report.driver", year=year, share=part, name=names[largest])
    rows = [(names[key], value) for key, value in parts.items()]
    heads = columns(v.lang, ("driver", "text", 3.0), ("share_of_spread", "share", 1.0))
    shown = table(v.say("labels.table.drivers", year=year), heads, rows)
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
    title = v.say("labels.section.sources")
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
        note = v.say("report.switched_off", count=hidden, n=count(hidden)) if hidden else ""
        blocks.append(table(v.say("labels.table.assumptions", name=name), heads, rows, note=note))
    columns_of_data = [row for row in lines.get("data", []) if isinstance(row, Mapping)]
    if columns_of_data:
        heads = columns(
            v.lang, ("data_table", "text", 1.3), ("column", "text", 1.5), ("mark", "text", 0.8),
            ("source", "text", 3.0),
        )  # fmt: skip
        rows = [data_row(row, v.lang) for row in columns_of_data]
        blocks.append(table(v.say("labels.table.data"), heads, rows))
    if not blocks:
        blocks.append(left_out(v, title, v.say("nothing.assumptions")))
    return Section("sources", title, tuple(blocks))


def _short_row(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    key, value, unit, mark, source = row
    return (key, f"{value} {unit}".strip(), mark, source)


def limits(v: View) -> Section:
    """Return what the reader must know before leaning on the numbers."""
    several = v.replicates > 1
    items = [v.say("report.limits.bands") if several else say.how_to_read(1, v.lang)]
    if not v.stress:
        items.append(v.say("report.fewer_births.unknown"))
    items.append(v.say("report.limits.rooms"))
    items += _assumed_columns(v)
    items.append(v.say("report.limits.small"))
    items += [*_notes(v), *_undrawable(v)]
    return Section("limits", v.say("labels.section.limits"), (Bullets(tuple(items)),))


def _assumed_columns(v: View) -> list[str]:
    rows = [row for row in provenance(v.data).get("data", []) if isinstance(row, Mapping)]
    assumed = sum(row.get("mark") == "assumed" for row in rows)
    if not assumed:
        return []
    return [v.say("report.limits.assumed", count=assumed, columns=len(rows))]


def _notes(v: View) -> list[str]:
    notes = provenance(v.data).get("notes", {})
    mine = notes.get(v.scenario, []) if isinstance(notes, Mapping) else []
    # A warning on an input begins with the name of a file and stays as it is.
    return [
        v.say("notes.sentence", note=capitalised(said(note, v.lang)))
        if isinstance(note, Mapping)
        else str(note)
        for note in mine
    ]


def _undrawable(v: View) -> list[str]:
    names: list[str] = []
    for key, values in v.data.coords.items():
        if str(key) == "name" or "name" in str(key).split("_"):
            names += [str(value) for value in values.values.ravel()]
    found = undrawable_characters(names)
    if not found:
        return []
    codes = ", ".join(f"U+{ord(character):04X}" for character in found)
    return [v.say("report.limits.undrawable", codes=codes)]


def place_name(v: View) -> str:
    """Return the county's name in the language of the report; empty if it is not recorded."""
    place = resolved(v.data, v.scenario).get("place", {})
    if not isinstance(place, Mapping):
        return ""
    return next((str(place[key]) for key in fields("name", v.lang) if place.get(key)), "")
