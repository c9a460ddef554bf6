"""The plan and its alternatives, their cost, and what they risk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from capsim.figures.fonts import drawable
from capsim.figures.labels import scenario_label
from capsim.figures.supply import label_of
from capsim.figures.words import path_label
from capsim.measures.plan_risk import FORECAST, plan_regret
from capsim.reporting.blocks import Spec, columns, missing, picture, say, table
from capsim.reporting.content import Block, Bullets, Cell, Section, Table, Text
from capsim.reporting.facts import View
from capsim.reporting.facts_plans import PlanRow, money, new_seats, plan_rows
from capsim.reporting.labels import cost_word, label
from capsim.reporting.options import budget_options, construction_costs
from capsim.results.reading import resolved

MOST_PROJECTS = 24
COSTS = ("capital_cost", "running_cost")


def plans(v: View) -> Section:
    """Return what each plan achieves, costs and risks."""
    title = label("plans", v.lang)
    if not v.has("seat_gap", "spare_seats"):
        return Section("plans", title, (missing(v, title, "seat_gap", "spare_seats"),))
    talk = say(v.lang)
    rows = plan_rows(v)
    own = scenario_label(v.data, v.scenario, v.lang)
    sentences = [
        talk.better(
            scenario_label(v.data, r.scenario, v.lang),
            own,
            r.better,
            r.worse,
            v.replicates,
            r.change,
            r.slight,
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
        (label("empty_at", v.lang, year=v.horizon), "band", 1.8),
        (label("over_cap_at", v.lang, year=v.focus[-1]), "band", 0.9),
        (label("small_at", v.lang, year=v.horizon), "band", 1.05),
    )  # fmt: skip
    joint = " " if v.lang == "en" else ""
    note = joint.join(label(key, v.lang) for key in ("worst_gap_note", "seat_years_note"))
    return table(label("t_plans", v.lang), heads, body, note=note)


def _cost_blocks(v: View, rows: list[PlanRow]) -> list[Block]:
    if not v.has(*COSTS):
        return [missing(v, label("t_costs", v.lang), *COSTS)]
    talk = say(v.lang)
    own = scenario_label(v.data, v.scenario, v.lang)
    blocks: list[Block] = [
        Text(talk.cost(own, new_seats(v), money(v), v.horizon)),
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
        ("capital_real", "money", 1.4), (label("running_at", v.lang, year=v.horizon), "money", 1.2),
        ("per_seat", "count", 1.0),
    )  # fmt: skip
    return table(label("t_costs", v.lang), heads, body)


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
    key = "name_zh" if v.lang == "zh" else "name"
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
    note = say(v.lang).shortened(MOST_PROJECTS, len(rows)) if len(rows) > MOST_PROJECTS else ""
    heads = columns(
        v.lang, ("scenario", "text", 1.5), ("project", "text", 1.7),
        ("source_of_funds", "text", 1.4), ("amount_nominal", "money", 1.2),
        ("amount_real", "money", 1.2),
    )  # fmt: skip
    return table(label("t_capital", v.lang), heads, body, note=note)


def _running_table(v: View) -> Table:
    cost = v.of("running_cost").mean("replicate").sel(price_basis="real")
    items = [str(item) for item in cost["cost_item"].values]
    years = [int(y) for y in dict.fromkeys([*v.focus, v.horizon])]
    amounts = {i: [float(cost.sel(cost_item=i, year=y)) for y in years] for i in items}
    shown = [i for i in items if any(amounts[i])]
    body: list[tuple[Cell, ...]] = [(cost_word(i, v.lang), *amounts[i]) for i in shown]
    body.append((label("total", v.lang), *np.sum([amounts[i] for i in items], axis=0).tolist()))
    unit = "million yuan, {y}" if v.lang == "en" else "{y}年（万元）"
    heads: list[Spec] = [(unit.format(y=year), "money", 1.0) for year in years]
    name = scenario_label(v.data, v.scenario, v.lang)
    return table(
        label("t_running", v.lang, name=name), columns(v.lang, ("item", "text", 1.4), *heads), body,
        total_rows=1,
    )  # fmt: skip


def _unit_table(v: View) -> Table:
    """Return cost per seat of the plans, by area norms, and as published (upper bounds)."""
    from capsim.measures.budget_tables import unit_costs
    from capsim.reference.costs import published_costs

    options = budget_options(v)
    prices = construction_costs(v)
    found = unit_costs(v.data, options, construction_cost_yuan_per_m2=prices)
    published = published_costs()
    body: list[tuple[Cell, ...]] = []
    for row in found.to_dict("records"):
        scenario, figure, middle = str(row["scenario"]), str(row["figure"]), float(row["median"])
        if "@" in scenario or not np.isfinite(middle) or not str(row["unit"]).endswith("seat"):
            continue
        if figure in published:
            known = published[figure]
            text = known.label_zh if v.lang == "zh" else known.label
            reading = label("upper_bound" if row["bound"] == "upper" else "comparison", v.lang)
        elif scenario == v.scenario or figure == "capital_per_new_seat":
            colon = ": " if v.lang == "en" else "："
            name = scenario_label(v.data, scenario, v.lang)
            text = f"{_unit_name(figure, v.lang)}{colon}{name}"
            own = figure.startswith("capital")
            reading = label("this_plan" if own else "comparison", v.lang)
        else:
            continue
        body.append((text, middle, reading))
    heads = columns(
        v.lang, ("unit_cost", "text", 3.2), ("yuan", "count", 0.8),
        ("bound", "text", 1.3),
    )  # fmt: skip
    return table(label("t_unit", v.lang), heads, body)


_UNIT_NAMES = {
    "capital_per_new_seat": ("Capital per new seat", "每个新增学位投资"),
    "capital_per_m2": ("Capital per m2", "每平方米投资"),
    "norm_per_seat_primary": ("Primary seat by area norm", "按建设标准测算的小学学位"),
    "norm_per_seat_junior": ("Junior seat by area norm", "按建设标准测算的初中学位"),
}


def _unit_name(figure: str, lang: str) -> str:
    return _UNIT_NAMES[figure][0 if lang == "en" else 1] if figure in _UNIT_NAMES else figure


def _surplus(v: View) -> list[Block]:
    """Return the sentences on new seats that stand empty ten years later."""
    if not v.has("new_seats", "spare_seats", "births"):
        return []
    talk = say(v.lang)
    items = []
    for row in v.surplus[v.surplus["births_decile"] == 0].to_dict("records"):
        path = "" if row["path"] == FORECAST else path_label(str(row["path"]), v.lang)
        name = scenario_label(v.data, str(row["plan"]), v.lang)
        items.append(
            talk.surplus(
                name, path, row["level"], row["added_by"], row["year"], row["new_seats"],
                row["empty_seats"],
            )
        )  # fmt: skip
    return [Bullets(tuple(items))] if items else []


def _regret(v: View) -> list[Block]:
    if not v.has("seat_gap", "spare_seats", "births", *COSTS):
        return []
    found = plan_regret(v.data, budget_options(v))
    body: list[tuple[Cell, ...]] = []
    for row in found.to_dict("records"):
        path = "" if row["path"] == FORECAST else path_label(str(row["path"]), v.lang)
        body.append(
            (scenario_label(v.data, str(row["plan"]), v.lang), path or label("median", v.lang),
             row["loss_yuan"], row["regret_mean_yuan"], row["regret_p90_yuan"], row["best_share"])
        )  # fmt: skip
    if not body:
        return []
    heads = columns(
        v.lang, ("scenario", "text", 1.6), ("path", "text", 1.4), ("loss", "money", 1.3),
        ("regret_mean", "money", 1.1), ("regret_p90", "money", 1.2), ("best_share", "share", 0.8),
    )  # fmt: skip
    note = label("regret_note", v.lang)
    return [table(label("t_regret", v.lang), heads, body, note=note)]
