"""Sentences of the report in English, made from its facts.

:mod:`capsim.reporting.say_zh` holds the same functions in Chinese; a test keeps the two alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from capsim.reporting import numbers
from capsim.reporting.content import Estimate
from capsim.reporting.facts import AreaNeed, LevelNeed, LevelYear, Peak
from capsim.reporting.facts_plans import Money, Stress
from capsim.reporting.facts_schools import Staffing, VillageState

LANG = "en"
LEVEL = {"primary": "Primary", "junior": "Junior"}
NEED = {
    "teacher_need_classes": "by classes",
    "teacher_need_norm": "by the pupil-staff norm",
}


def plural(value: float, one: str, many: str = "") -> str:
    """Return a count with its noun, ``1 seat``, ``2 seats``, ``no seats``."""
    whole = rounded(value)
    noun = one if abs(whole) == 1 else (many or f"{one}s")
    return f"no {noun}" if whole == 0 else f"{numbers.count(value)} {noun}"


def rounded(value: float) -> int:
    """Return a number as it is printed: halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def banded(e: Estimate, one: str, many: str = "") -> str:
    """Return an estimate with its noun and band, ``312 seats (250–400)``."""
    text = plural(e.mid, one, many)
    low, high = numbers.count(e.low), numbers.count(e.high)
    if e.replicates < 2 or low == high:
        return text
    return f"{text} ({low}–{high})"


def listed(items: Sequence[str]) -> str:
    """Join items as in running text."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def futures(replicates: int) -> str:
    """Name the futures behind a statement."""
    return "the one simulated future" if replicates == 1 else f"{replicates:,} simulated futures"


def in_share(probability: float, replicates: int) -> str:
    """Say in how many futures something happens."""
    if replicates == 1:
        return "in the one simulated future"
    if probability >= 1:
        return "in every simulated future"
    return f"in {numbers.share(probability, LANG)} of the simulated futures"


def title(place: str, first: int, last: int) -> str:
    """Return the title of the report."""
    return f"School seats in {place or 'the county'}, {first} to {last}"


def subtitle(scenario: str, replicates: int, information: str, dated: str) -> str:
    """Return the line under the title."""
    parts = [f"Scenario: {scenario}", f"{futures(replicates)[0].upper()}{futures(replicates)[1:]}"]
    if information:
        parts.append(f"information up to {numbers.date_text(information, LANG)}")
    if dated:
        parts.append(f"dated {numbers.date_text(dated, LANG)}")
    return "; ".join(parts)


def how_to_read(replicates: int) -> str:
    """Explain the notation of medians and bands."""
    if replicates == 1:
        return (
            "All figures come from one simulated future. They show no uncertainty and must not be "
            "read as a forecast with a margin."
        )
    return (
        f"Figures are medians of {futures(replicates)}; brackets hold 80 % of them. A gap is "
        "counted by planning area and level and never netted: free seats elsewhere do not fill it. "
        "Amounts of money are means, so that they add up."
    )


def gap(need: LevelNeed, horizon: int) -> str:
    """Say how many seats a level lacks at worst."""
    worst, level = need.worst, LEVEL[need.level]
    n = worst.gap.replicates
    if need.possible == 0:
        return f"{level}: no planning area lacks seats in any year to {horizon}."
    if need.spans:
        return (
            f"{level}: {banded(worst.gap, 'seat')} short in {worst.year}, the worst year"
            f"{_against_capacity(worst)}."
        )
    return (
        f"{level}: most likely no shortage. In the worst year, {worst.year}, some area lacks seats "
        f"{in_share(worst.probability, n)}; one future in ten lacks "
        f"{numbers.count(worst.gap.high)} or more."
    )


def _against_capacity(worst: LevelYear) -> str:
    total = worst.capacity.mid
    if not total:
        return ""
    return f" ({numbers.share(worst.gap.mid / total, LANG)} of all seats of the level)"


def where(level: str, areas: Sequence[AreaNeed], most: int = 3) -> str:
    """Say which planning areas lack seats."""
    likely = [a for a in areas if a.first is not None and a.gap.mid >= 0.5]
    if not likely:
        if areas:
            names = listed([a.name for a in areas[:most]])
            return f"{LEVEL[level]}: nowhere for certain; watch {names}."
        return f"{LEVEL[level]}: nowhere."
    shown = [f"{a.name} ({plural(a.gap.mid, 'seat')} in {a.worst_year})" for a in likely[:most]]
    more = len(likely) - len(shown)
    tail = f", and {plural(more, 'further area')}" if more else ""
    text = listed(shown) if not more else ", ".join(shown)
    return f"{LEVEL[level]}: {text}{tail}."


def when(need: LevelNeed, horizon: int) -> str:
    """Say when a level lacks seats and what stands empty afterwards."""
    level = LEVEL[need.level]
    empty = f"In {horizon}, {banded(need.empty_at_end, 'seat')} of this level stand empty."
    if rounded(need.empty_at_end.mid) == 1:
        empty = f"In {horizon}, 1 seat of this level stands empty."
    if need.spans and need.spans[-1][1] == horizon:
        empty = f"{empty[:-1]} in the county as a whole."
    if not need.spans:
        return f"{level}: in no year is a gap more likely than not. {empty}"
    spans = listed([f"{a}" if a == b else f"{a}–{b}" for a, b in need.spans])
    if need.spans == ((need.spans[0][0], need.spans[0][0]),):
        spans += " only"
    elif need.spans[-1][1] == horizon:
        spans += ", to the end of the run"
    return f"{level}: a gap is likely in {spans}. {empty}"


def sure(year: int, demand: Estimate, born_until: int | None) -> str:
    """Say how wide the demand of a year is."""
    if demand.replicates == 1:
        return (
            f"Not at all: one future was simulated (demand in {year}: "
            f"{plural(demand.mid, 'seat')}). Simulate at least 100 before deciding."
        )
    if demand.mid == 0:
        return f"Demand in {year} is zero in the median future."
    down, up = demand.low / demand.mid - 1, demand.high / demand.mid - 1
    text = (
        f"Demand in {year} is {banded(demand, 'seat')}: {signed(down)} to {signed(up)} around the "
        "median in 80 % of the futures."
    )
    if born_until is not None:
        text += f" Children entering school up to {born_until} are born already."
    return text


def signed(value: float) -> str:
    """Return a share with its sign."""
    sign = numbers.MINUS if value < 0 else "+"
    return f"{sign}{numbers.share(abs(value), LANG)}"


def cost(name: str, seats: Estimate | None, amount: Money | None, horizon: int) -> str:
    """Say what a scenario costs."""
    parts = []
    if amount is not None and amount.capital is not None:
        if amount.capital.high == 0:
            parts.append("no capital")
        else:
            parts.append(f"{money_band(amount.capital)} of capital")
            if seats is not None and seats.mid >= 0.5:
                parts[-1] += f" for {plural(seats.mid, 'new seat')}"
            if amount.per_seat is not None:
                parts.append(f"{numbers.count(amount.per_seat.mid)} yuan a seat at constant prices")
    if amount is not None and amount.running is not None:
        parts.append(
            f"running cost of {money_band(amount.running)} a year in {horizon}, at constant prices"
        )
    return f"{name}: {'; '.join(parts)}." if parts else "These results hold no costs."


def money_band(e: Estimate) -> str:
    """Return an amount with its band."""
    return numbers.money_band(e, LANG)


def fewer_births(rows: Sequence[Stress], horizon: int, names: Sequence[str]) -> str:
    """Say what the stress paths do."""
    if not rows:
        return (
            "No stress path was run with this scenario, so nothing is said here about a collapse "
            "of births beyond the bands."
        )
    out = []
    for row, name in zip(rows, names, strict=True):
        size = numbers.share(abs(row.change), LANG)
        side = "below" if row.change < 0 else "above"
        fall = "the same as" if abs(row.change) < 0.005 else f"{size} {side}"
        out.append(
            f"{name}: demand in {horizon} is {fall} the forecast's median, and "
            f"{banded(row.empty, 'seat')} stand empty."
        )
    return " ".join(out)


def peak(p: Peak, horizon: int) -> str:
    """Say when demand of a level is highest."""
    level = LEVEL[p.level]
    size = banded(p.size, "seat")
    if p.passed:
        return f"{level} demand is highest in the base year ({size}) and lower ever after."
    year = f"{int(p.year.mid)}"
    if p.year.low != p.year.high:
        year += f" ({int(p.year.low)}–{int(p.year.high)})"
    return f"{level} demand peaks in {year} at {size}."


def children(first: int, a: Estimate, last: int, b: Estimate) -> str:
    """Say how the number of children of school age changes."""
    if not a.mid:
        return f"In {last} there are {banded(b, 'resident child', 'resident children')} aged 6-14."
    return (
        f"Resident children aged 6-14: {plural(a.mid, 'child', 'children')} in {first}, "
        f"{banded(b, 'child', 'children')} in {last} ({signed(b.mid / a.mid - 1)})."
    )


def class_sizes(level: str, year: int, counts: dict[str, Estimate], cap: float) -> str:
    """Say how many classes are too large."""
    total, over, large = counts["all"], counts["over_cap"], counts["large"]
    if total.high == 0:
        return f"{LEVEL[level]}, {year}: there are no classes."
    head = f"{LEVEL[level]}, {year}: of {plural(total.mid, 'class', 'classes')} "
    if over.high < 0.5:
        return f"{head}none holds more than the cap of {cap:g} pupils."
    tail = "none holds" if large.high < 0.5 else f"{some(large)} {are(large, 'holds', 'hold')}"
    return f"{head}{some(over)} {are(over)} above the cap of {cap:g}; {tail} 56 or more pupils."


def some(e: Estimate) -> str:
    """Return an estimate without a noun, ``none (0–2)`` for zero."""
    text = numbers.count(e.mid) if rounded(e.mid) else "none"
    low, high = numbers.count(e.low), numbers.count(e.high)
    return text if e.replicates < 2 or low == high else f"{text} ({low}–{high})"


def are(e: Estimate, one: str = "is", many: str = "are") -> str:
    """Return the verb that goes with an estimate."""
    return one if rounded(e.mid) in (0, 1) else many


def villages(first: VillageState, last: VillageState) -> str:
    """Say how village schools change."""
    if first.pupils.high == 0 and last.pupils.high == 0:
        return "There are no pupils in village schools."
    text = (
        f"Village schools have {plural(first.pupils.mid, 'pupil')} in {first.year} "
        f"({numbers.share(first.share, LANG)} of the county) and "
        f"{banded(last.pupils, 'pupil')} in {last.year} ({numbers.share(last.share, LANG)})."
    )
    if first.small is not None and last.small is not None:
        text += (
            f" Under 100 pupils: {plural(first.small.mid, 'school')} in {first.year}, "
            f"{banded(last.small, 'school')} in {last.year}."
        )
    return text


def watch_list_empty() -> str:
    """Say that no village school is small or closes."""
    return "No village school falls under 100 pupils or closes in any simulated future."


def shortened(shown: int, total: int) -> str:
    """Say that a table shows a part; the workbook has all."""
    return f"The first {shown} of {total}; the workbook lists all."


def switched_off(count: int) -> str:
    """Say how many settings are left out because they are off or empty."""
    verb = "is" if count == 1 else "are"
    return f"{plural(count, 'setting')} without a value or switched off {verb} in the workbook."


def teachers(s: Staffing) -> str:
    """Say how the stock of teachers stands against each need."""
    head = f"{LEVEL[s.level]}, {s.year}: {banded(s.stock, 'teacher')}"
    if not s.balance:
        return f"{head}."
    parts = [
        posts(e) if name == "posts" else f"{balance(e)} {NEED[name]}"
        for name, e in s.balance.items()
    ]
    return f"{head}; {listed(parts)}."


def posts(e: Estimate) -> str:
    """Say how many approved posts are not filled."""
    whole = rounded(e.mid)
    if whole == 0:
        return "all approved posts filled"
    text = numbers.count(abs(e.mid))
    return f"{text} approved posts unfilled" if whole < 0 else f"{text} above approved posts"


def balance(e: Estimate) -> str:
    """Name a surplus or shortage."""
    whole = rounded(e.mid)
    if whole == 0:
        return "as many as needed"
    size = numbers.count(abs(e.mid))
    return f"{size} short" if whole < 0 else f"{size} more than needed"


def better(
    name: str, other: str, share: float, worse: float, replicates: int, change: float, slight: bool
) -> str:
    """Say how often a plan lacks fewer, or more, seats than another, and by how much."""
    name, other = f'"{name}"', f'"{other}"'
    if share + worse > 0 and slight:
        return f"{name} lacks about as many seat-years as {other}: {_median(change)}."
    if share == 0 and worse == 0:
        return f"{name} lacks as many seat-years as {other} {in_share(1.0, replicates)}."
    if share == 0:
        often = in_share(worse, replicates)
        return f"{name} lacks more seat-years than {other} {often}, never fewer; {_median(change)}."
    tail = "" if worse == 0 or replicates == 1 else f" and more {in_share(worse, replicates)}"
    often = in_share(share, replicates)
    return f"{name} lacks fewer seat-years than {other} {often}{tail}; {_median(change)}."


def _median(change: float) -> str:
    many = "" if abs(rounded(change)) == 1 else "s"
    return f"the median difference is {numbers.count(change)} seat-year{many}"


def surplus(
    plan: str, path: str, level: str, added_by: int, year: int, seats: float, empty: float
) -> str:
    """Say how many of the new seats stand empty later."""
    under = f" ({path[0].lower()}{path[1:]})" if path else ""
    if empty < 0.5:
        verdict = "none is expected to stand empty"
    else:
        part = numbers.share(empty / seats, LANG)
        verdict = f"{numbers.count(empty)} ({part}) are expected to stand empty"
    noun = "new seat" if rounded(seats) == 1 else "new seats"
    return (
        f"{plan}, {LEVEL[level].lower()}: of {numbers.count(seats)} {noun} added by {added_by}, "
        f"{verdict} in {year}{under}."
    )


def new_seats_empty(plan: str, seats: float, cases: Sequence[tuple[str, float]], year: int) -> str:
    """Say how many of the new seats of a plan stand empty, in the forecast and on stress paths."""
    parts = []
    for path, empty in cases:
        where = f"{path[0].lower()}{path[1:]}" if path else "in the forecast"
        part = numbers.share(empty / seats, LANG)
        parts.append(f"{numbers.count(empty)} ({part}) {where}")
    noun = plural(seats, "new seat")
    return f"{plan}: of {noun}, this many stand empty in {year}: {', '.join(parts)}."


def earlier_forecast(model: str, horizon: int, error: float, coverage: float) -> str:
    """Say how good earlier forecasts of a model were."""
    years = plural(horizon, "year")
    text = f"{model}, {years} ahead: {numbers.share(error, LANG)} off on average"
    if math.isfinite(coverage):
        text += f"; the 80 % band held {numbers.share(coverage, LANG)} of what came"
    return f"{text}."


def driver(name: str, outcome: str, year: int, share: float) -> str:
    """Say how much of the spread of an outcome goes with an input."""
    return f"{outcome} in {year}: {numbers.share(share, LANG)} of its spread goes with {name}."


def left_out(what: str, why: str) -> str:
    """Say that a part is left out and why."""
    return f"{what} is left out: {why}."
