"""Sentences of the report: which one says a fact; the words stand in ``texts/*/report.yaml``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace

from capsim.reporting.content import Estimate
from capsim.reporting.facts import AreaNeed, LevelNeed, Peak
from capsim.reporting.facts_plans import Money, Stress
from capsim.reporting.facts_schools import Staffing, VillageState
from capsim.reporting.numbers import (
    banded,
    count,
    date_text,
    joined,
    level_name,
    money_band,
    quantity,
    rounded,
    share,
    signed,
    years,
)
from capsim.texts import capitalised, named, say

# A change of demand below this share is called none.
SAME = 0.005


def futures(replicates: int, lang: str) -> str:
    """Name the futures behind a statement."""
    return say("report.futures", lang, count=replicates, n=f"{replicates:,}")


def often(probability: float, replicates: int, lang: str) -> str:
    """Say in how many futures something happens."""
    if replicates == 1:
        return say("report.often.once", lang)
    if probability >= 1:
        return say("report.often.always", lang)
    return say("report.often.share", lang, share=share(probability, lang))


def subtitle(scenario: str, replicates: int, information: str, dated: str, lang: str) -> str:
    """Return the line under the title."""
    parts = [
        say("report.subtitle.scenario", lang, scenario=scenario),
        capitalised(futures(replicates, lang)),
    ]
    for key, date in (("information", information), ("dated", dated)):
        if date:
            parts.append(say(f"report.subtitle.{key}", lang, date=date_text(date, lang)))
    return joined(parts, "parts", lang)


def how_to_read(replicates: int, lang: str) -> str:
    """Explain the notation of medians and bands."""
    if replicates == 1:
        return say("report.how_to_read.once", lang)
    return say("report.how_to_read.bands", lang, futures=futures(replicates, lang))


def gap(need: LevelNeed, horizon: int, lang: str) -> str:
    """Say how many seats a level lacks at worst."""
    worst, level = need.worst, level_name(need.level, lang)
    if need.possible == 0:
        return say("report.gap.never", lang, level=level, horizon=horizon)
    if not need.spans:
        return say(
            "report.gap.possible",
            lang,
            level=level,
            year=worst.year,
            often=often(worst.probability, worst.gap.replicates, lang),
            high=count(worst.gap.high),
        )
    part, seats = "", worst.capacity.mid
    if seats:
        part = say("report.gap.part", lang, share=share(worst.gap.mid / seats, lang))
    lacking = banded(worst.gap, "seat", lang)
    return say("report.gap.likely", lang, level=level, seats=lacking, year=worst.year, part=part)


def where(level: str, areas: Sequence[AreaNeed], lang: str, most: int = 3) -> str:
    """Say which planning areas lack seats."""
    name = level_name(level, lang)
    likely = [a for a in areas if a.first is not None and a.gap.mid >= 0.5]
    if not likely:
        names = joined([a.name for a in areas[:most]], "names", lang)
        return say(
            f"report.where.{'unsure' if names else 'nowhere'}", lang, level=name, names=names
        )
    shown = [
        say("report.where.area", lang, name=a.name, year=a.worst_year,
            seats=quantity(a.gap.mid, "seat_of_area", lang))
        for a in likely[:most]
    ]  # fmt: skip
    left = len(likely) - len(shown)
    every = SimpleNamespace(more=count(left), all=len(likely))
    more = say("report.where.more", lang, count=left, areas=every) if left else ""
    text = joined(shown, "words" if more else "places", lang)
    return say("report.where.areas", lang, level=name, areas=text, more=more)


def when(need: LevelNeed, horizon: int, lang: str) -> str:
    """Say when a level lacks seats and what stands empty afterwards."""
    seats, spans = need.empty_at_end, need.spans
    to_end = bool(spans) and spans[-1][1] == horizon
    empty = say(
        f"report.when.{'still_empty' if to_end else 'empty'}",
        lang,
        count=rounded(seats.mid),
        horizon=horizon,
        seats=banded(seats, "seat", lang),
    )
    key = "to_end" if to_end else "some"
    if not spans:
        key = "never"
    elif len(spans) == 1 and spans[0][0] == spans[0][1]:
        key = "only"
    text = joined([years(first, last, lang) for first, last in spans], "names", lang)
    level = level_name(need.level, lang)
    return say(f"report.when.{key}", lang, level=level, spans=text, empty=empty)


def sure(year: int, demand: Estimate, born_until: int | None, lang: str) -> str:
    """Say how wide the demand of a year is."""
    if demand.replicates == 1:
        return say("report.sure.once", lang, year=year, seats=quantity(demand.mid, "seat", lang))
    if demand.mid == 0:
        return say("report.sure.zero", lang, year=year)
    down, up = (signed(end / demand.mid - 1, lang) for end in (demand.low, demand.high))
    seats = banded(demand, "seat", lang)
    text = [say("report.sure.band", lang, year=year, seats=seats, down=down, up=up)]
    if born_until is not None:
        text.append(say("report.sure.born", lang, year=born_until))
    return joined(text, "sentences", lang)


def cost(name: str, seats: Estimate | None, amount: Money | None, horizon: int, lang: str) -> str:
    """Say what a scenario costs."""
    parts = _capital(seats, amount, lang)
    if amount is not None and amount.running is not None:
        running = money_band(amount.running, lang)
        parts.append(say("report.cost.running", lang, money=running, year=horizon))
    if not parts:
        return say("report.cost.none", lang)
    return say("report.cost.of", lang, name=name, parts=joined(parts, "parts", lang))


def _capital(seats: Estimate | None, amount: Money | None, lang: str) -> list[str]:
    if amount is None or amount.capital is None:
        return []
    if amount.capital.high == 0:
        return [say("report.cost.no_capital", lang)]
    capital = money_band(amount.capital, lang)
    if seats is not None and seats.mid >= 0.5:
        built = quantity(seats.mid, "new_seat", lang)
        parts = [say("report.cost.capital_for", lang, money=capital, seats=built)]
    else:
        parts = [say("report.cost.capital", lang, money=capital)]
    if amount.per_seat is not None:
        parts.append(say("report.cost.per_seat", lang, n=count(amount.per_seat.mid)))
    return parts


def fewer_births(rows: Sequence[Stress], horizon: int, names: Sequence[str], lang: str) -> str:
    """Say what the stress paths do."""
    if not rows:
        return say("report.fewer_births.unknown", lang)
    out = []
    for row, name in zip(rows, names, strict=True):
        size = abs(row.change)
        key = "same" if size < SAME else "below" if row.change < 0 else "above"
        out.append(
            say(f"report.fewer_births.{key}", lang, name=name, year=horizon,
                share=share(size, lang), seats=banded(row.empty, "seat", lang))
        )  # fmt: skip
    return joined(out, "sentences", lang)


def peak(p: Peak, lang: str) -> str:
    """Say when demand of a level is highest."""
    level, seats = level_name(p.level, lang), banded(p.size, "seat", lang)
    if p.passed:
        return say("report.peak.passed", lang, level=level, seats=seats)
    low, mid, high = int(p.year.low), int(p.year.mid), int(p.year.high)
    year = years(mid, mid, lang)
    if low != high:
        year = say("numbers.year_band", lang, year=mid, low=low, high=high)
    return say("report.peak.ahead", lang, level=level, year=year, seats=seats)


def children(first: int, a: Estimate, last: int, b: Estimate, lang: str) -> str:
    """Say how the number of children of school age changes."""
    if not a.mid:
        after = banded(b, "resident_child", lang)
        return say("report.children.last", lang, last=last, after=after)
    return say(
        "report.children.both",
        lang,
        first=first,
        before=quantity(a.mid, "child", lang),
        last=last,
        after=banded(b, "child", lang),
        change=signed(b.mid / a.mid - 1, lang),
    )


def class_sizes(level: str, year: int, counts: dict[str, Estimate], cap: float, lang: str) -> str:
    """Say how many classes are too large."""
    total, over, large = counts["all"], counts["over_cap"], counts["large"]
    values = {
        "level": level_name(level, lang),
        "year": year,
        "classes": quantity(total.mid, "class", lang),
        "cap": f"{cap:g}",
    }
    if total.high == 0:
        return say("report.classes.none", lang, **values)
    if over.high < 0.5:
        return say("report.classes.no_over", lang, **values)
    values["large"] = say("report.classes.no_large", lang)
    if large.high >= 0.5:
        shown = banded(large, "class_large", lang)
        values["large"] = say("report.classes.large", lang, count=_verb(large), large=shown)
    if rounded(over.mid) == 0:
        return say("report.classes.unlikely_over", lang, high=count(over.high), **values)
    shown = banded(over, "class_over", lang)
    return say("report.classes.over", lang, count=_verb(over), over=shown, **values)


def _verb(e: Estimate) -> int:
    """Return the number of a verb: none takes the singular."""
    return max(rounded(e.mid), 1)


def villages(first: VillageState, last: VillageState, lang: str) -> str:
    """Say how village schools change."""
    if first.pupils.high == 0 and last.pupils.high == 0:
        return say("report.villages.none", lang)
    pupils = say(
        "report.villages.pupils",
        lang,
        first=first.year,
        before=quantity(first.pupils.mid, "pupil", lang),
        share=share(first.share, lang),
        last=last.year,
        after=banded(last.pupils, "pupil", lang),
        last_share=share(last.share, lang),
    )
    if first.small is None or last.small is None:
        return pupils
    small = say(
        "report.villages.small",
        lang,
        first=first.year,
        before=quantity(first.small.mid, "school", lang),
        last=last.year,
        after=banded(last.small, "school", lang),
    )
    return joined([pupils, small], "sentences", lang)


def teachers(s: Staffing, lang: str) -> str:
    """Say how the stock of teachers stands against each need."""
    level, stock = level_name(s.level, lang), banded(s.stock, "teacher", lang)
    if not s.balance:
        return say("report.teachers.stock", lang, level=level, year=s.year, teachers=stock)
    parts = []
    for name, e in s.balance.items():
        whole = rounded(e.mid)
        side = "even" if whole == 0 else "short" if whole < 0 else "over"
        if name == "posts":
            parts.append(say(f"report.teachers.posts.{side}", lang, n=count(abs(e.mid))))
        else:
            text = say(f"report.teachers.balance.{side}", lang, n=count(abs(e.mid)))
            parts.append(say(f"report.teachers.by.{name}", lang, balance=text))
    text = joined(parts, "clauses", lang)
    return say(
        "report.teachers.balances", lang, level=level, year=s.year, teachers=stock, balances=text
    )


def better(
    name: str,
    other: str,
    fewer: float,
    more: float,
    replicates: int,
    change: float,
    slight: bool,
    lang: str,
) -> str:
    """Say how often a plan lacks fewer, or more, seats than another, and by how much."""
    whole = rounded(change)
    side = "same" if whole == 0 else "fewer" if whole < 0 else "more"
    values = {
        "name": name,
        "other": other,
        "median": say(f"report.better.median.{side}", lang, count=abs(whole), n=count(abs(whole))),
        "often": often(fewer or more or 1.0, replicates, lang),
        "at_times": often(more, replicates, lang),
    }
    if fewer == 0:
        key = "worse" if more else "same"
    else:
        key = "better" if more == 0 or replicates == 1 else "mixed"
    if fewer + more > 0 and slight:
        key = "slight"
    return say(f"report.better.{key}", lang, **values)


def surplus(
    plan: str,
    path: str,
    level: str,
    added_by: int,
    year: int,
    seats: float,
    empty: float,
    lang: str,
) -> str:
    """Say how many of the new seats stand empty later."""
    return say(
        f"report.surplus.{'none' if empty < 0.5 else 'some'}",
        lang,
        plan=plan,
        level=named("common.level", level, lang),
        seats=quantity(seats, "new_seat", lang),
        added_by=added_by,
        n=count(empty),
        share=share(empty / seats, lang),
        year=year,
        under=say("report.surplus.under", lang, path=_inside(path)) if path else "",
    )


def new_seats_empty(
    plan: str, seats: float, cases: Sequence[tuple[str, float]], year: int, lang: str
) -> str:
    """Say how many of the new seats of a plan stand empty, in the forecast and on stress paths."""
    parts = []
    for path, empty in cases:
        name = _inside(path) if path else say("report.new_seats_empty.forecast", lang)
        part = share(empty / seats, lang)
        parts.append(
            say("report.new_seats_empty.case", lang, path=name, n=count(empty), share=part)
        )
    built, text = quantity(seats, "new_seat", lang), joined(parts, "values", lang)
    return say("report.new_seats_empty.of", lang, plan=plan, seats=built, cases=text, year=year)


def _inside(name: str) -> str:
    """Return a name as it stands inside a sentence."""
    return f"{name[:1].lower()}{name[1:]}"


def earlier_forecast(model: str, horizon: int, error: float, coverage: float, lang: str) -> str:
    """Say how good earlier forecasts of a model were."""
    known = math.isfinite(coverage)
    return say(
        f"report.earlier.{'covered' if known else 'off'}",
        lang,
        model=model,
        years=quantity(horizon, "year", lang),
        error=share(error, lang),
        coverage=share(coverage, lang),
    )
