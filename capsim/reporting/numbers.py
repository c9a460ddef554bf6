"""Numbers as text in English and Chinese, and what is not shown of small counts of children."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

from capsim.reporting.content import Cell, Column, Estimate

LEAST_SHOWN: Final = 5
MINUS: Final = "\u2212"
MISSING: Final = "–"
KEPT_SPACES: Final = "\u00a0\u3000"
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def is_suppressed(value: float) -> bool:
    """Return whether a count of children is too small to be shown: above 0 and below 5.

    Zero is shown: it is about nobody.
    """
    return 0 < value < LEAST_SHOWN


def suppressed(lang: str) -> str:
    """Return what stands in place of a small count."""
    return "<5" if lang == "en" else "少于5"


def count(value: float) -> str:
    """Return a whole number with thousands separated; halves are rounded away from zero."""
    if not math.isfinite(value):
        return MISSING
    whole = math.floor(abs(value) + 0.5)
    return f"{MINUS if value < 0 and whole else ''}{whole:,d}"


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
    return decimal(100 * value, places) + (" %" if lang == "en" else "%")


def money(value: float, lang: str) -> str:
    """Return an amount of yuan in the unit readers of the language use."""
    if not math.isfinite(value):
        return MISSING
    if lang == "en":
        if abs(value) >= 1e6:
            return f"{decimal(value / 1e6, 1)} million yuan"
        return f"{count(value)} yuan"
    if abs(value) >= 1e8:
        return f"{decimal(value / 1e8, 2)}亿元"
    if abs(value) >= 1e4:
        return f"{decimal(value / 1e4, 0)}万元"
    return f"{count(value)}元"


def money_band(value: Estimate, lang: str) -> str:
    """Return an amount with its band in the same unit, ``9.8 million yuan (9.5–10.1)``."""
    middle = value.mid
    unit, places, word = (
        (1e6, 1, " million yuan")
        if lang == "en"
        else (1e8, 2, "亿元")
        if abs(middle) >= 1e8
        else (1e4, 0, "万元")
    )
    if not abs(middle) >= unit:
        unit, places, word = 1.0, 0, " yuan" if lang == "en" else "元"
    text, low, high = (
        decimal(x / unit, places) if unit > 1 else count(x) for x in (middle, value.low, value.high)
    )
    if value.replicates < 2 or low == high:
        return f"{text}{word}"
    to = "–" if value.low >= 0 else " to " if lang == "en" else "至"
    return f"{text}{word} ({low}{to}{high})" if lang == "en" else f"{text}{word}（{low}{to}{high}）"


def date_text(iso: str, lang: str) -> str:
    """Return a date as readers write it: ``1 November 2020``, ``2020年11月1日``."""
    try:
        day = dt.date.fromisoformat(iso)
    except ValueError:
        return iso
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def money_cell(value: float, lang: str) -> str:
    """Return an amount in million yuan (English) or 10,000 yuan (Chinese), without the unit."""
    return decimal(value / 1e6, 2) if lang == "en" else decimal(value / 1e4, 1)


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
    # "少于5–9" would be read as fewer than a range.
    dash = value.low >= 0 and (lang == "en" or low != suppressed(lang))
    to = "–" if dash else (" to " if lang == "en" else "至")
    return f"{middle} ({low}{to}{high})"


def clean(text: str) -> str:
    """Return text as documents hold it: no control characters, no break before a per cent sign."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in KEPT_SPACES else " " for c in text)
    return text.replace(" %", "\u00a0%")


def cell_text(cell: Cell, column: Column, lang: str) -> str:
    """Return a cell as it is printed in every format.

    Parameters
    ----------
    cell : Cell
        Value; None and missing numbers become a dash.
    column : Column
        Its column.
    lang : {"en", "zh"}
        Language.
    """
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
