"""Wording shared by the sentences of the summary, in English and Chinese."""

from __future__ import annotations

from typing import Any

from capsim.figures.words import word


def say(lang: str, english: str, chinese: str) -> str:
    """Return the sentence in the language asked for."""
    return chinese if lang == "zh" else english


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
    level_name = word(level, lang) if level else ""
    place = word(kind, lang) if kind else ""
    if lang == "zh":
        return place + ("家庭" if home and place else "") + level_name
    place = f"homes in {place}" if home and place else place
    return ", ".join(part.lower() for part in (place, level_name) if part)


def signed(value: float, digits: int) -> str:
    """Return a difference with its sign; one that rounds to nothing has none."""
    rounded = round(value, digits)
    return f"{rounded:+,.{digits}f}" if rounded else f"{0:.{digits}f}"


def records(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries by column."""
    rows: list[dict[str, Any]] = table.to_dict("records")
    return rows
