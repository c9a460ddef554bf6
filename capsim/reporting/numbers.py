"""Numbers, dates and lists as text, and what is not shown of small counts of children.

What differs between languages stands in ``texts/*/numbers.yaml``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Final

from capsim.reporting.content import Cell, Column, Estimate
from capsim.texts import capitalised, named, say

LEAST_SHOWN: Final = 5
MINUS: Final = "\u2212"
MISSING: Final = "–"
KEPT_SPACES: Final = "\u00a0\u3000"


def is_suppressed(value: float) -> bool:
    """Return whether a count of children is too small to be shown: above 0 and below 5.

    Zero is shown: it is about nobody.
    """
    return 0 < value < LEAST_SHOWN


def suppressed(lang: str) -> str:
    """Return what stands in place of a small count."""
    return say("numbers.suppressed", lang)


def rounded(value: float) -> int:
    """Return a number as it is printed: halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def count(value: float) -> str:
    """Return a whole number with thousands separated; halves are rounded away from zero."""
    if not math.isfinite(value):
        return MISSING
    whole = rounded(value)
    return f"{MINUS if whole < 0 else ''}{abs(whole):,d}"


def children(value: float, lang: str) -> str:
    """Return a count of children, or the sign for fewer than five."""
    return suppressed(lang) if is_suppressed(value) else count(value)


def decimal(value: float, places: int = 2) -> str:
    """Return a number with fixed decimals."""
    if not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{places}f}"
    negative = value < 0 and float(text.replace(",", "")) != 0
    return f"{MINUS if negative else ''}{text}"


def share(value: float, lang: str) -> str:
    """Return a share in per cent: whole above 10 %, one decimal below."""
    if not math.isfinite(value):
        return MISSING
    places = 0 if abs(value) >= 0.0995 or value == 0 else 1
    return say("numbers.share", lang, n=decimal(100 * value, places))


def signed(value: float, lang: str) -> str:
    """Return a share with its sign."""
    return f"{MINUS if value < 0 else '+'}{share(abs(value), lang)}"


def quantity(value: float, of: str, lang: str) -> str:
    """Return a count with its noun, ``1 seat``, ``2 seats``, ``no seats``, ``2个学位``."""
    return say(f"numbers.of.{of}", lang, n=count(value), count=abs(rounded(value)))


def banded(e: Estimate, of: str, lang: str) -> str:
    """Return an estimate with its noun and band, ``312 seats (250–400)``."""
    text = quantity(e.mid, of, lang)
    low, high = count(e.low), count(e.high)
    if e.replicates < 2 or low == high:
        return text
    between = say("numbers.range.plain", lang, low=low, high=high)
    return say("numbers.band", lang, mid=text, range=between)


def money(value: float, lang: str) -> str:
    """Return an amount of yuan in the unit readers of the language use."""
    if not math.isfinite(value):
        return MISSING
    return say(f"numbers.money.{_unit(value, lang)}.text", lang, n=_in_unit(value, value, lang))


def money_band(e: Estimate, lang: str) -> str:
    """Return an amount with its band in the same unit, ``9.8 million yuan (9.5–10.1)``."""
    middle, low, high = (_in_unit(value, e.mid, lang) for value in (e.mid, e.low, e.high))
    text = say(f"numbers.money.{_unit(e.mid, lang)}.text", lang, n=middle)
    if e.replicates < 2 or low == high:
        return text
    kind = "plain" if e.low >= 0 else "below_zero"
    between = say(f"numbers.range.{kind}", lang, low=low, high=high)
    return say("numbers.band", lang, mid=text, range=between)


def _unit(value: float, lang: str) -> str:
    """Return the largest unit that an amount reaches."""
    steps = ("larger", "large")
    return next((s for s in steps if abs(value) >= _number(f"{s}.from", lang)), "plain")


def _in_unit(value: float, like: float, lang: str) -> str:
    """Return an amount in the unit of another one, without the unit."""
    unit = _unit(like, lang)
    if unit == "plain":
        return count(value)
    places = int(_number(f"{unit}.decimals", lang))
    return decimal(value / _number(f"{unit}.from", lang), places)


def _number(key: str, lang: str) -> float:
    return float(say(f"numbers.money.{key}", lang))


def money_cell(value: float, lang: str) -> str:
    """Return an amount in million yuan (English) or 10,000 yuan (Chinese), without the unit."""
    return decimal(value / _number("cell.from", lang), int(_number("cell.decimals", lang)))


def date_text(iso: str, lang: str) -> str:
    """Return a date as readers write it: ``1 November 2020``, ``2020年11月1日``."""
    try:
        day = dt.date.fromisoformat(iso)
    except ValueError:
        return iso
    month = say(f"numbers.month.{day.month}", lang)
    return say("numbers.date", lang, day=day.day, month=month, year=day.year)


def years(first: int, last: int, lang: str) -> str:
    """Return a year, or a span of years."""
    if first == last:
        return say("numbers.year", lang, year=first)
    return say("numbers.years", lang, first=first, last=last)


def estimate(value: Estimate, lang: str, *, of_children: bool = False) -> str:
    """Return a median with its 80 % band, ``1,240 (1,100–1,400)``; the median alone if no band.

    A band of which one end is suppressed shows that sign in its place.
    """

    def one(number: float) -> str:
        return children(number, lang) if of_children else count(number)

    middle = one(value.mid)
    if value.replicates < 2 or not math.isfinite(value.mid):
        return middle
    low, high = one(value.low), one(value.high)
    if low == high == middle:
        return middle
    # A dash between negative numbers would be read as another minus sign.
    kind = "plain" if value.low >= 0 else "below_zero"
    if kind == "plain" and low == suppressed(lang):
        kind = "suppressed"
    between = say(f"numbers.range.{kind}", lang, low=low, high=high)
    return say("numbers.estimate", lang, mid=middle, range=between)


def joined(items: Sequence[str], kind: str, lang: str) -> str:
    """Join items as a list of ``texts/*/numbers.yaml`` is joined: sentences, names, parts."""
    if len(items) < 2:
        return "".join(items)
    *others, last = items
    between, before = (say(f"numbers.list.{kind}.{at}", lang) for at in ("between", "last"))
    return f"{between.join(others)}{before}{last}"


def level_name(level: str, lang: str) -> str:
    """Return the name of a level as a sentence or a cell begins with it."""
    return capitalised(named("common.level", level, lang))


def clean(text: str) -> str:
    """Return text as documents hold it: no control characters, no break before a per cent sign."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in KEPT_SPACES else " " for c in text)
    return text.replace(" %", "\u00a0%")


def cell_text(cell: Cell, column: Column, lang: str) -> str:
    """Return a cell as it is printed in every format; None and missing numbers become a dash."""
    if cell is None:
        return MISSING
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, Estimate):
        return estimate(cell, lang, of_children=column.kind in ("children", "children_band"))
    if not math.isfinite(cell):
        return MISSING
    match column.kind:
        case "year":
            return f"{int(cell)}"
        case "share":
            return share(cell, lang)
        case "money":
            return money_cell(cell, lang)
        case "decimal":
            return decimal(cell)
        case "children" | "children_band":
            return children(cell, lang)
        case _:
            return count(cell)
