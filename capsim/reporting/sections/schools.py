"""Class sizes, village schools and teachers."""

from __future__ import annotations

from capsim.reporting import sentences as say
from capsim.reporting.blocks import Spec, columns, missing, picture, shortened, table
from capsim.reporting.content import Block, Cell, Section, Text
from capsim.reporting.facts import View, class_counts
from capsim.reporting.facts_schools import (
    NEEDS,
    balance_by_place,
    staffing,
    village_state,
    village_watch_list,
)
from capsim.results.reading import class_cap
from capsim.texts import capitalised

MOST_SCHOOLS = 30


def classes(v: View) -> Section:
    """Return class sizes by level and year."""
    title = v.say("labels.section.classes")
    if not v.has("class_size"):
        return Section("classes", title, (missing(v, title, "class_size"),))
    far = v.focus[0]
    sentences = [
        say.class_sizes(
            lv, far, class_counts(v, lv, far), class_cap(v.data, v.scenario, lv), v.lang
        )
        for lv in v.levels
    ]
    rows: list[tuple[Cell, ...]] = []
    for level in v.levels:
        for year in [v.base, *v.focus]:
            c = class_counts(v, level, year)
            cap = class_cap(v.data, v.scenario, level)
            cells = (c["all"], c["over_cap"], c["large"], c["super_large"])
            rows.append((v.level(level), year, cap, *cells))
    heads = columns(
        v.lang, ("level", "text", 1.0), ("year", "year", 0.7), ("cap", "count", 0.8),
        ("classes_all", "band", 1.4), ("classes_over", "band", 1.4), ("classes_large", "band", 1.2),
        ("classes_super", "band", 1.2),
    )  # fmt: skip
    blocks: list[Block] = [
        Text(v.prose(sentences), "lead"),
        picture(v, "classes_over_cap"),
        table(v.say("labels.table.classes"), heads, rows),
        picture(v, "class_sizes"),
    ]
    return Section("classes", title, tuple(blocks))


def villages(v: View) -> Section:
    """Return the village schools: pupils, causes of change, travel, and the watch-list."""
    title = v.say("labels.section.villages")
    if not v.has("roll_by_kind"):
        return Section("villages", title, (missing(v, title, "roll_by_kind"),))
    lead = say.villages(village_state(v, v.base), village_state(v, v.horizon), v.lang)
    blocks: list[Block] = [Text(lead, "lead"), picture(v, "rolls_by_settlement_kind")]
    blocks.append(picture(v, "what_changed"))
    blocks += _watch_list(v)
    blocks.append(picture(v, "travel_by_home"))
    blocks.append(picture(v, "travel_map"))
    return Section("villages", title, tuple(blocks))


def _watch_list(v: View) -> list[Block]:
    if not v.has("roll") or "school_settlement_kind" not in v.data.coords:
        return [missing(v, v.say("labels.table.villages"), "roll", "school_settlement_kind")]
    watched = village_watch_list(v)
    if not watched:
        return [Text(v.say("report.villages.nothing_to_watch"))]
    rows: list[tuple[Cell, ...]] = [
        (w.name, w.township, w.roll_base, *w.rolls, w.small_at_end, w.closed_at_end)
        for w in watched[:MOST_SCHOOLS]
    ]
    years: list[Spec] = [
        (v.say("labels.head.pupils_in", year=year), "children_band", 1.3) for year in v.focus
    ]
    heads = columns(
        v.lang, ("school", "text", 2.6), ("township", "text", 1.1),
        (v.say("labels.head.pupils_in", year=v.base), "children", 0.8), *years,
        (v.say("labels.head.small_at_end", year=v.horizon), "share", 1.0),
        (v.say("labels.head.closed_at_end", year=v.horizon), "share", 1.0),
    )  # fmt: skip
    note = shortened(v, MOST_SCHOOLS, len(watched))
    return [table(v.say("labels.table.villages"), heads, rows, note=note)]


def teachers(v: View) -> Section:
    """Return teachers against each of the needs, by level and by place."""
    title = v.say("labels.section.teachers")
    if not v.has("teachers"):
        return Section("teachers", title, (missing(v, title, "teachers"),))
    sentences = [say.teachers(staffing(v, level, v.focus[-1]), v.lang) for level in v.levels]
    present = [name for name in NEEDS if v.has(name)]
    rows: list[tuple[Cell, ...]] = []
    for level in v.levels:
        for year in [v.base, *v.focus]:
            s = staffing(v, level, year)
            balance = s.balance.get("teacher_need_classes")
            needs = [s.needs[name] for name in present]
            rows.append((v.level(level), year, s.stock, *needs, balance))
    need_specs: list[Spec] = [(name, "band", 1.3) for name in present]
    heads = columns(
        v.lang, ("level", "text", 1.0), ("year", "year", 0.7), ("stock", "band", 1.3),
        *need_specs, ("balance_classes", "band", 1.4),
    )  # fmt: skip
    blocks: list[Block] = [
        Text(v.prose(sentences), "lead"),
        picture(v, "teachers"),
        table(v.say("labels.table.teachers"), heads, rows),
    ]
    if v.has("teacher_need_classes") and "school_settlement_kind" in v.data.coords:
        by_place = balance_by_place(v, v.focus[-1])
        places: list[tuple[Cell, ...]] = [
            (capitalised(v.named("common.settlement_kind", kind)), *pair)
            for kind, pair in by_place.items()
        ]
        heads = columns(
            v.lang, ("place", "text", 1.6), ("stock", "band", 1.0), ("balance_classes", "band", 1.0)
        )
        text = v.say("labels.table.teachers_place", year=v.focus[-1])
        blocks.append(table(text, heads, places))
    return Section("teachers", title, tuple(blocks))
