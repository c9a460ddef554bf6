"""Wording shared by the sentences of the summary, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from capsim.texts import say


def joined(parts: Sequence[str], lang: str, joint: str = "comma") -> str:
    """Return parts as one text: joined by a ``comma``, ``semicolon``, ``and``, or as ``names``."""
    return say(f"common.joint.{joint}", lang).join(parts)


def cell(kind: str, level: str, lang: str, *, home: bool = False) -> str:
    """Name a kind of settlement and a level; either may be empty.

    Parameters
    ----------
    kind, level : str
        Codes of the results.
    lang : {"en", "zh"}
    home : bool
        Whether the settlement is where families live.
    """
    level_name = say(f"common.level.{level}", lang) if level else ""
    place = say(f"common.settlement_kind.{kind}", lang) if kind else ""
    if not place:
        return level_name
    if not level_name:
        return say("summary.cell.home_alone", lang, kind=place) if home else place
    return say(f"summary.cell.{'home' if home else 'school'}", lang, kind=place, level=level_name)


def signed(value: float, digits: int) -> str:
    """Return a difference with its sign; one that rounds to nothing has none."""
    rounded = round(value, digits)
    return f"{rounded:+,.{digits}f}" if rounded else f"{0:.{digits}f}"


def records(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries by column."""
    rows: list[dict[str, Any]] = table.to_dict("records")
    return rows
