"""Prices and published outlays as data: every figure with its unit, source and mark.

Published outlays that count more than the seats or floor they are divided by carry
``bound == "upper"``: they are printed beside a result and are never a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from capsim.reference.files import read_yaml


@dataclass(frozen=True, slots=True)
class CostFigure:
    """One price or published outlay.

    Attributes
    ----------
    name : str
        Name.
    label, label_zh : str
        Names for people.
    unit : str
        Unit in words.
    values : mapping of str to float
        By level, or ``all``.
    source : str
        Where it comes from.
    mark : {"found", "derived", "recalled", "assumed"}
        How well the source is known.
    year : int or None
        Year of the price, where known.
    bound : {"", "upper"}
        ``upper`` for outlays that include other works.
    note : str
        What to know about the figure.
    """

    name: str
    label: str
    label_zh: str
    unit: str
    values: Mapping[str, float]
    source: str
    mark: Literal["found", "derived", "recalled", "assumed"]
    year: int | None = None
    bound: Literal["", "upper"] = ""
    note: str = ""

    def at(self, level: str = "all") -> float:
        """Return the value for a level.

        Raises
        ------
        KeyError
            If the figure has neither that level nor one value for all.
        """
        return self.values[level] if level in self.values else self.values["all"]


@lru_cache(maxsize=1)
def published_costs() -> Mapping[str, CostFigure]:
    """Return the shipped prices and outlays by name."""
    return {
        entry["name"]: CostFigure(
            **{**entry, "values": {k: float(v) for k, v in entry["values"].items()}}
        )
        for entry in read_yaml("costs.yaml")["figures"]
    }
