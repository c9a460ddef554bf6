"""The answer on one page, demand and births, and the seat gap by planning area."""

from __future__ import annotations

from dataclasses import replace

from capsim.figures.labels import scenario_label
from capsim.figures.words import path_label
from capsim.measures.plan_risk import FORECAST
from capsim.reporting import sentences as say
from capsim.reporting.blocks import Spec, columns, missing, picture, shortened, table
from capsim.reporting.content import Answers, Block, Cell, Column, Section, Table, Text
from capsim.reporting.facts import (
    View,
    area_needs,
    births_in,
    children_of_school_age,
    county_demand,
    demand_peak,
    level_need,
    level_year,
)
from capsim.reporting.facts_plans import money, new_seats, plan_rows, stress_rows
from capsim.reporting.summary_schools import unplaced_line
from capsim.results.reading import provenance, rooms_are_assumed

GAP = ("demand", "capacity", "seat_gap", "spare_seats")
MOST_ROWS = 24
MOST_PLANS = 2


def born_until(v: View) -> int | None:
    """Return the last entry year whose children are born by the information date."""
    date = provenance(v.data).get("information_date")
    if not isinstance(date, str) or not date[:4].isdigit():
        return None
    # The cohort of entry year t is born from September t-7 to August t-6.
    year, month = int(date[:4]), int(date[5:7]) if date[5:7].isdigit() else 1
    last = year + 6 if month >= 9 else year + 5
    return last if v.base < last <= v.horizon else None


def answer(v: View) -> Section:
    """Return the first page: the six questions of a committee, and the figures behind them."""
    blocks: list[Block] = []
    if not v.has(*GAP):
        blocks.append(missing(v, v.say("labels.section.answer"), *GAP))
        return Section("answer", v.say("labels.section.answer"), tuple(blocks))
    needs = [level_need(v, level) for level in v.levels]
    name = scenario_label(v.data, v.scenario, v.lang)
    stress = stress_rows(v)
    paths = [path_label(row.path, v.lang) for row in stress]
    far = v.focus[-1]
    without = unplaced_line(v.data, v.scenario, lang=v.lang) if v.has("unplaced") else ""
    unseated = [without] if without else []
    rooms = [v.say("labels.note.rooms_assumed")] if rooms_are_assumed(v.data) else []
    pairs = (
        ("seats", [*(say.gap(need, v.horizon, v.lang) for need in needs), *unseated]),
        ("where", [say.where(lv, area_needs(v, lv), v.lang) for lv in v.levels]),
        ("when", [*(say.when(need, v.horizon, v.lang) for need in needs), *rooms]),
        ("sure", [say.sure(far, county_demand(v, far), born_until(v), v.lang)]),
        ("cost", _costs(v, name)),
        ("fewer", [say.fewer_births(stress, v.horizon, paths, v.lang), *_left_empty(v)]),
    )
    blocks.append(
        Answers(tuple((v.say(f"labels.question.{key}"), v.prose(text)) for key, text in pairs))
    )
    blocks.append(level_table(v))
    if len(v.plans) > 1:
        blocks.append(plans_at_a_glance(v))
    blocks.append(Text(say.how_to_read(v.replicates, v.lang), "note"))
    return Section("answer", v.say("labels.section.answer"), tuple(blocks))


def _costs(v: View, name: str) -> list[str]:
    parts = [say.cost(name, new_seats(v), money(v), v.horizon, v.lang)]
    if v.has("capital_cost"):
        for other in v.plans:
            amount = money(v, other)
            builds = amount is not None and amount.capital is not None and amount.capital.high > 0
            if other != v.scenario and builds and len(parts) < 3:
                title = scenario_label(v.data, other, v.lang)
                assert amount is not None
                short = replace(amount, running=None)
                parts.append(say.cost(title, new_seats(v, other), short, v.horizon, v.lang))
    return parts


def _left_empty(v: View) -> list[str]:
    """Return how many of the new seats of each plan that builds stand empty later."""
    if not v.has("new_seats", "spare_seats", "births"):
        return []
    found = v.surplus[v.surplus["births_decile"] == 0]
    sentences = []
    for plan, mine in found.groupby("plan", sort=False):
        cases = [
            ("" if path == FORECAST else path_label(str(path), v.lang), float(rows.sum()))
            for path, rows in mine.groupby("path", sort=False)["empty_seats"]
        ]
        seats = float(mine[mine["path"] == mine["path"].iloc[0]]["new_seats"].sum())
        name = scenario_label(v.data, str(plan), v.lang)
        year = int(mine["year"].iloc[0])
        sentences.append(say.new_seats_empty(name, seats, cases, year, v.lang))
    return sentences[:MOST_PLANS]


def level_table(v: View) -> Table:
    """Return demand, capacity and gap by level and focus year."""
    rows = []
    for level in v.levels:
        for year in dict.fromkeys([*v.focus, v.horizon]):
            at = level_year(v, level, year)
            rows.append(
                (
                    v.level(level),
                    year,
                    at.demand,
                    at.capacity,
                    at.gap,
                    at.probability,
                    at.spare,
                )
            )
    heads = columns(
        v.lang, ("level", "text", 0.8), ("year", "year", 0.5), ("demand_seats", "band", 2.0),
        ("capacity_seats", "band", 1.4), ("gap_seats", "band", 1.6), ("probability", "share", 1.0),
        ("spare_seats", "band", 1.9),
    )  # fmt: skip
    return table(v.say("labels.table.answer"), heads, rows)


def plans_at_a_glance(v: View) -> Table:
    """Return the plans with new seats, worst gap, empty seats and capital."""
    rows: list[tuple[Cell, ...]] = []
    for row in plan_rows(v):
        amount = row.money.capital.mid if row.money and row.money.capital else None
        running = row.money.running.mid if row.money and row.money.running else None
        name = scenario_label(v.data, row.scenario, v.lang)
        rows.append((name, row.seats, row.worst_gap, row.empty, amount, running))
    heads = columns(
        v.lang, ("scenario", "text", 2.6), ("new_seats", "band", 0.7), ("worst_gap", "band", 1.35),
        (v.say("labels.head.empty_at", year=v.horizon), "band", 1.85), ("capital", "money", 0.95),
        (v.say("labels.head.running_at", year=v.horizon), "money", 1.35),
    )  # fmt: skip
    note = v.say("labels.note.worst_gap")
    return table(v.say("labels.table.plans_first"), heads, rows, note=note)


def demand(v: View) -> Section:
    """Return demand and births with bands and stress paths."""
    sentences = []
    if v.has("children"):
        first, last = children_of_school_age(v, v.base), children_of_school_age(v, v.horizon)
        sentences.append(say.children(v.base, first, v.horizon, last, v.lang))
    if v.has("demand"):
        sentences += [say.peak(demand_peak(v, level), v.lang) for level in v.levels]
    blocks: list[Block] = []
    if sentences:
        blocks.append(Text(v.prose(sentences), "lead"))
    blocks.append(picture(v, "children_and_births"))
    if v.has("births", "children", "demand"):
        blocks.append(_demand_table(v))
        if v.stress:
            blocks.append(_stress_table(v))
    blocks.append(picture(v, "demand_and_capacity"))
    blocks.append(picture(v, "cohort_wave"))
    return Section("demand", v.say("labels.section.demand"), tuple(blocks))


def _demand_table(v: View) -> Table:
    rows = []
    for year in [v.base, *v.focus, *([] if v.horizon in v.focus else [v.horizon])]:
        by_level = [level_demand(v, level, year) for level in v.levels]
        rows.append((year, births_in(v, year), children_of_school_age(v, year), *by_level))
    demands: list[Spec] = [(f"demand_{level}", "band", 1.6) for level in v.levels]
    heads = columns(
        v.lang, ("year", "year", 0.7), ("births", "children_band", 1.5),
        ("school_age", "children_band", 1.7), *demands,
    )  # fmt: skip
    return table(v.say("labels.table.demand"), heads, rows)


def level_demand(v: View, level: str, year: int) -> Cell:
    """Return demand of a level in a year."""
    from capsim.reporting.facts import estimate_of

    return estimate_of(v.of("demand", "planning_area").sel(level=level, year=year))


def _stress_table(v: View) -> Table:
    rows: list[tuple[Cell, ...]] = []
    usual = county_demand(v, v.horizon)
    spare = v.of("spare_seats", "level", "planning_area").sel(year=v.horizon)
    gap = v.of("seat_gap", "level", "planning_area")
    from capsim.reporting.facts import estimate_of

    rows.append(
        (v.say("labels.word.median"), usual, estimate_of(gap.isel(year=slice(1, None)).max("year")),
         estimate_of(spare))
    )  # fmt: skip
    rows += [
        (path_label(row.path, v.lang), row.demand, row.worst_gap, row.empty)
        for row in stress_rows(v)
    ]
    heads = columns(
        v.lang, ("path", "text", 1.8), ("demand_seats", "band", 1.5), ("worst_gap", "band", 1.5),
        ("spare_seats", "band", 1.5),
    )  # fmt: skip
    note = v.say("labels.note.worst_gap")
    return table(v.say("labels.table.stress", year=v.horizon), heads, rows, note=note)


def gap(v: View) -> Section:
    """Return the seat gap by planning area and level."""
    title = v.say("labels.section.gap")
    if not v.has(*GAP):
        return Section("gap", title, (missing(v, title, *GAP),))
    lead = v.prose(say.where(level, area_needs(v, level), v.lang, most=5) for level in v.levels)
    blocks: list[Block] = [Text(lead, "lead"), picture(v, "seat_gap")]
    rows: list[tuple[Cell, ...]] = [
        (v.level(a.level), a.name, a.first_warning, a.first, a.years_likely, a.worst_year,
         a.probability, a.gap)
        for level in v.levels
        for a in area_needs(v, level)
    ]  # fmt: skip
    if rows:
        note = shortened(v, MOST_ROWS, len(rows))
        blocks.append(
            table(v.say("labels.table.warning"), warning_columns(v), rows[:MOST_ROWS], note=note)
        )
    blocks.append(picture(v, "utilisation_map"))
    return Section("gap", title, tuple(blocks))


def warning_columns(v: View) -> tuple[Column, ...]:
    """Return the columns of the seat warning list."""
    return columns(
        v.lang, ("level", "text", 0.9), ("area", "text", 1.5), ("first_warning", "year", 0.8),
        ("first_likely", "year", 0.8), ("years_likely", "count", 0.7), ("worst_year", "year", 0.7),
        ("probability", "share", 0.9), ("gap_then", "band", 1.4),
    )  # fmt: skip
