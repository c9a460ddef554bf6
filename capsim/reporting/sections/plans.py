"""The plan and its alternatives, their cost, and what they risk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from capsim.figures.fonts import drawable
from capsim.figures.labels import scenario_label
from capsim.figures.supply import label_of
from capsim.figures.words import path_label
from capsim.measures.plan_risk import FORECAST, plan_regret
from capsim.reporting import sentences as say
from capsim.reporting.blocks import Spec, columns, missing, picture, shortened, table
from capsim.reporting.content import Block, Bullets, Cell, Section, Table, Text
from capsim.reporting.facts import View
from capsim.reporting.facts_plans import PlanRow, money, new_seats, plan_rows
from capsim.reporting.options import budget_options, construction_costs
from capsim.results.reading import resolved
from capsim.texts import field

MOST_PROJECTS = 24
COSTS = ("capital_cost", "running_cost")


def plans(v: View) -> Section:
    """Return what each plan achieves, costs and risks."""
    title = v.say("labels.section.plans")
    if not v.has("seat_gap", "spare_seats"):
        return Section("plans", title, (missing(v, title, "seat_gap", "spare_seats"),))
    rows = plan_rows(v)
    own = scenario_label(v.data, v.scenario, v.lang)
    sentences = [
        say.better(
            scenario_label(v.data, r.scenario, v.lang),
            own,
            r.better,
            r.worse,
            v.replicates,
            r.change,
            r.slight,
            v.lang,
        )
        for r in rows
        if r.better is not None and r.worse is not None
    ]
    blocks: list[Block] = []
    if sentences:
        blocks.append(Bullets(tuple(sentences)))
    blocks.append(_effects(v, rows))
    blocks.append(picture(v, "scenario_differences"))
    blocks += _cost_blocks(v, rows)
    blocks += _surplus(v)
    blocks += _regret(v)
    return Section("plans", title, tuple(blocks))


def _effects(v: View, rows: list[PlanRow]) -> Table:
    body: list[tuple[Cell, ...]] = [
        (scenario_label(v.data, r.scenario, v.lang), r.seats, r.worst_gap, r.gap_years, r.empty,
         r.over_cap, r.small)
        for r in rows
    ]  # fmt: skip
    heads = columns(
        v.lang, ("scenario", "text", 1.5), ("new_seats", "band", 0.75),
        ("worst_gap", "band", 1.35), ("seat_years", "band", 1.7),
        (v.say("labels.head.empty_at", year=v.horizon), "band", 1.8),
        (v.say("labels.head.over_cap_at", year=v.focus[-1]), "band", 0.9),
        (v.say("labels.head.small_at", year=v.horizon), "band", 1.05),
    )  # fmt: skip
    note = v.prose(v.say(f"labels.note.{key}") for key in ("worst_gap", "seat_years"))
    return table(v.say("labels.table.plans"), heads, body, note=note)


def _cost_blocks(v: View, rows: list[PlanRow]) -> list[Block]:
    if not v.has(*COSTS):
        return [missing(v, v.say("labels.table.costs"), *COSTS)]
    own = scenario_label(v.data, v.scenario, v.lang)
    blocks: list[Block] = [
        Text(say.cost(own, new_seats(v), money(v), v.horizon, v.lang)),
        _cost_table(v, rows),
        picture(v, "capital_cost"),
    ]
    capital = capital_rows(v)
    if capital:
        blocks.append(_capital_table(v, capital))
    blocks.append(_running_table(v))
    if v.has("new_seats"):
        blocks.append(_unit_table(v))
    return blocks


def _cost_table(v: View, rows: list[PlanRow]) -> Table:
    body: list[tuple[Cell, ...]] = []
    for r in rows:
        m = r.money
        if m is None:
            continue
        real = m.capital_real.mid if m.capital_real else None
        running = m.running.mid if m.running else None
        seat = m.per_seat.mid if m.per_seat else None
        capital = m.capital.mid if m.capital else None
        name = scenario_label(v.data, r.scenario, v.lang)
        body.append((name, capital, real, running, seat))
    heads = columns(
        v.lang, ("scenario", "text", 1.8), ("capital", "money", 1.2),
        ("capital_real", "money", 1.4),
        (v.say("labels.head.running_at", year=v.horizon), "money", 1.2),
        ("per_seat", "count", 1.0),
    )  # fmt: skip
    return table(v.say("labels.table.costs"), heads, body)


def capital_rows(v: View) -> list[tuple[str, str, str, float, float]]:
    """Return (scenario, project, source, nominal, real) of expected capital over the run."""
    mean = v.data["capital_cost"].astype("float64").fillna(0.0).mean("replicate").sum("year")
    out = []
    for name in [v.scenario, *[p for p in v.plans if p != v.scenario]]:
        for project in mean["project"].values:
            for source in mean["funding_source"].values:
                at = mean.sel(scenario=name, project=project, funding_source=source)
                nominal = float(at.sel(price_basis="nominal"))
                real = float(at.sel(price_basis="real"))
                if nominal or real:
                    out.append((name, str(project), str(source), nominal, real))
    return out


def project_name(v: View, scenario: str, project: str) -> str:
    """Return the name of the school a project builds, in the report's language, else its code."""
    programme = resolved(v.data, scenario).get("programme")
    listed = programme.get("projects") if isinstance(programme, Mapping) else None
    key = field("name", v.lang)
    for item in listed or []:
        if isinstance(item, Mapping) and item.get("project") == project and item.get(key):
            return drawable(str(item[key]), project)
    return project.replace("_", " ")


def _capital_table(v: View, rows: list[tuple[str, str, str, float, float]]) -> Table:
    body: list[tuple[Cell, ...]] = [
        (
            scenario_label(v.data, scenario, v.lang),
            project_name(v, scenario, project),
            label_of(source, v.lang),
            nominal,
            real,
        )
        for scenario, project, source, nominal, real in rows[:MOST_PROJECTS]
    ]  # fmt: skip
    note = shortened(v, MOST_PROJECTS, len(rows))
    heads = columns(
        v.lang, ("scenario", "text", 1.5), ("project", "text", 1.7),
        ("source_of_funds", "text", 1.4), ("amount_nominal", "money", 1.2),
        ("amount_real", "money", 1.2),
    )  # fmt: skip
    return table(v.say("labels.table.capital"), heads, body, note=note)


def _running_table(v: View) -> Table:
    cost = v.of("running_cost").mean("replicate").sel(price_basis="real")
    items = [str(item) for item in cost["cost_item"].values]
    years = [int(y) for y in dict.fromkeys([*v.focus, v.horizon])]
    amounts = {i: [float(cost.sel(cost_item=i, year=y)) for y in years] for i in items}
    shown = [i for i in items if any(amounts[i])]
    body: list[tuple[Cell, ...]] = [(v.named("labels.cost", i), *amounts[i]) for i in shown]
    body.append((v.say("labels.word.total"), *np.sum([amounts[i] for i in items], axis=0).tolist()))
    heads: list[Spec] = [(v.say("report.running_head", year=y), "money", 1.0) for y in years]
    text = v.say("labels.table.running", name=scenario_label(v.data, v.scenario, v.lang))
    return table(text, columns(v.lang, ("item", "text", 1.4), *heads), body, total_rows=1)


def _unit_table(v: View) -> Table:
    """Return cost per seat of the plans, by area norms, and as published (upper bounds)."""
    from capsim.measures.budget_tables import unit_costs
    from capsim.reference.costs import published_costs

    options = budget_options(v.data)
    prices = construction_costs(v.data)
    found = unit_costs(v.data, options, construction_cost_yuan_per_m2=prices)
    published = published_costs()
    body: list[tuple[Cell, ...]] = []
    for row in found.to_dict("records"):
        scenario, figure, middle = str(row["scenario"]), str(row["figure"]), float(row["median"])
        if "@" in scenario or not np.isfinite(middle) or not str(row["unit"]).endswith("seat"):
            continue
        if figure in published:
            text = str(getattr(published[figure], field("label", v.lang)))
            reading = "upper_bound" if row["bound"] == "upper" else "comparison"
        elif scenario == v.scenario or figure == "capital_per_new_seat":
            name = scenario_label(v.data, scenario, v.lang)
            text = v.say("report.unit_of", name=v.named("report.unit", figure), of=name)
            reading = "this_plan" if figure.startswith("capital") else "comparison"
        else:
            continue
        body.append((text, middle, v.say(f"labels.word.{reading}")))
    heads = columns(
        v.lang, ("unit_cost", "text", 3.2), ("yuan", "count", 0.8),
        ("bound", "text", 1.3),
    )  # fmt: skip
    return table(v.say("labels.table.unit"), heads, body)


def _surplus(v: View) -> list[Block]:
    """Return the sentences on new seats that stand empty ten years later."""
    if not v.has("new_seats", "spare_seats", "births"):
        return []
    items = []
    for row in v.surplus[v.surplus["births_decile"] == 0].to_dict("records"):
        path = "" if row["path"] == FORECAST else path_label(str(row["path"]), v.lang)
        name = scenario_label(v.data, str(row["plan"]), v.lang)
        items.append(
            say.surplus(
                name, path, row["level"], row["added_by"], row["year"], row["new_seats"],
                row["empty_seats"], v.lang,
            )
        )  # fmt: skip
    return [Bullets(tuple(items))] if items else []


def _regret(v: View) -> list[Block]:
    if not v.has("seat_gap", "spare_seats", "births", *COSTS):
        return []
    found = plan_regret(v.data, budget_options(v.data))
    body: list[tuple[Cell, ...]] = []
    for row in found.to_dict("records"):
        path = "" if row["path"] == FORECAST else path_label(str(row["path"]), v.lang)
        body.append(
            (scenario_label(v.data, str(row["plan"]), v.lang), path or v.say("labels.word.median"),
             row["loss_yuan"], row["regret_mean_yuan"], row["regret_p90_yuan"], row["best_share"])
        )  # fmt: skip
    if not body:
        return []
    heads = columns(
        v.lang, ("scenario", "text", 1.6), ("path", "text", 1.4), ("loss", "money", 1.3),
        ("regret_mean", "money", 1.1), ("regret_p90", "money", 1.2), ("best_share", "share", 0.8),
    )  # fmt: skip
    note = v.say("labels.note.regret")
    return [table(v.say("labels.table.regret"), heads, body, note=note)]
