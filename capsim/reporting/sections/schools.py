"""Class sizes, village schools and teachers."""

from __future__ import annotations

from capsim.reporting.blocks import Spec, columns, missing, picture, say, table
from capsim.reporting.content import Block, Cell, Section, Text
from capsim.reporting.facts import View, class_counts
from capsim.reporting.facts_schools import (
    NEEDS,
    balance_by_place,
    staffing,
    village_state,
    village_watch_list,
)
from capsim.reporting.labels import label
from capsim.results.reading import class_cap

MOST_SCHOOLS = 30


def classes(v: View) -> Section:
    """Return class sizes by level and year."""
    title = label("classes", v.lang)
    if not v.has("class_size"):
        return Section("classes", title, (missing(v, title, "class_size"),))
    talk = say(v.lang)
    joint = " " if v.lang == "en" else ""
    far = v.focus[0]
    sentences = [
        talk.class_sizes(lv, far, class_counts(v, lv, far), class_cap(v.data, v.scenario, lv))
        for lv in v.levels
    ]
    rows: list[tuple[Cell, ...]] = []
    for level in v.levels:
        for year in [v.base, *v.focus]:
            c = class_counts(v, level, year)
            cap = class_cap(v.data, v.scenario, level)
            cells = (c["all"], c["over_cap"], c["large"], c["super_large"])
            rows.append((label(level, v.lang), year, cap, *cells))
    heads = columns(
        v.lang, ("level", "text", 1.0), ("year", "year", 0.7), ("cap", "count", 0.8),
        ("classes_all", "band", 1.4), ("classes_over", "band", 1.4), ("classes_large", "band", 1.2),
        ("classes_super", "band", 1.2),
    )  # fmt: skip
    blocks: list[Block] = [
        Text(joint.join(sentences), "lead"),
        picture(v, "classes_over_cap"),
        table(label("t_classes", v.lang), heads, rows),
        picture(v, "class_sizes"),
    ]
    return Section("classes", title, tuple(blocks))


def villages(v: View) -> Section:
    """Return the village schools: pupils, causes of change, travel, and the watch-list."""
    title = label("villages", v.lang)
    if not v.has("roll_by_kind"):
        return Section("villages", title, (missing(v, title, "roll_by_kind"),))
    talk = say(v.lang)
    lead = talk.villages(village_state(v, v.base), village_state(v, v.horizon))
    blocks: list[Block] = [Text(lead, "lead"), picture(v, "rolls_by_settlement_kind")]
    blocks.append(picture(v, "what_changed"))
    blocks += _watch_list(v)
    blocks.append(picture(v, "travel_by_home"))
    blocks.append(picture(v, "travel_map"))
    return Section("villages", title, tuple(blocks))


def _watch_list(v: View) -> list[Block]:
    talk = say(v.lang)
    if not v.has("roll") or "school_settlement_kind" not in v.data.coords:
        return [missing(v, label("t_villages", v.lang), "roll", "school_settlement_kind")]
    watched = village_watch_list(v)
    if not watched:
        return [Text(talk.watch_list_empty())]
    rows: list[tuple[Cell, ...]] = [
        (w.name, w.township, w.roll_base, *w.rolls, w.small_at_end, w.closed_at_end)
        for w in watched[:MOST_SCHOOLS]
    ]
    years: list[Spec] = [
        (label("pupils_in", v.lang, year=year), "children_band", 1.3) for year in v.focus
    ]
    heads = columns(
        v.lang, ("school", "text", 2.6), ("township", "text", 1.1),
        (label("pupils_in", v.lang, year=v.base), "children", 0.8), *years,
        (label("small_at_end", v.lang, year=v.horizon), "share", 1.0),
        (label("closed_at_end", v.lang, year=v.horizon), "share", 1.0),
    )  # fmt: skip
    more = len(watched) > MOST_SCHOOLS
    note = talk.shortened(MOST_SCHOOLS, len(watched)) if more else ""
    return [table(label("t_villages", v.lang), heads, rows, note=note)]


def teachers(v: View) -> Section:
    """Return teachers against each of the needs, by level and by place."""
    title = label("teachers", v.lang)
    if not v.has("teachers"):
        return Section("teachers", title, (missing(v, title, "teachers"),))
    talk = say(v.lang)
    joint = " " if v.lang == "en" else ""
    sentences = [talk.teachers(staffing(v, level, v.focus[-1])) for level in v.levels]
    present = [name for name in NEEDS if v.has(name)]
    rows: list[tuple[Cell, ...]] = []
    for level in v.levels:
        for year in [v.base, *v.focus]:
            s = staffing(v, level, year)
            balance = s.balance.get("teacher_need_classes")
            needs = [s.needs[name] for name in present]
            rows.append((label(level, v.lang), year, s.stock, *needs, balance))
    need_specs: list[Spec] = [(name, "band", 1.3) for name in present]
    heads = columns(
        v.lang, ("level", "text", 1.0), ("year", "year", 0.7), ("stock", "band", 1.3),
        *need_specs, ("balance_classes", "band", 1.4),
    )  # fmt: skip
    blocks: list[Block] = [
        Text(joint.join(sentences), "lead"),
        picture(v, "teachers"),
        table(label("t_teachers", v.lang), heads, rows),
    ]
    if v.has("teacher_need_classes") and "school_settlement_kind" in v.data.coords:
        by_place = balance_by_place(v, v.focus[-1])
        places: list[tuple[Cell, ...]] = [
            (label(kind, v.lang), *pair) for kind, pair in by_place.items()
        ]
        heads = columns(
            v.lang, ("place", "text", 1.6), ("stock", "band", 1.0), ("balance_classes", "band", 1.0)
        )
        text = label("t_teachers_place", v.lang, year=v.focus[-1])
        blocks.append(table(text, heads, places))
    return Section("teachers", title, tuple(blocks))
