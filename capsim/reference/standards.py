"""National standards as data: every figure with its unit, direction, source and mark.

The figures ship in ``standards.yaml``. A scenario may replace any figure a check reads, for a
province with its own rule; the replacement carries its own source and mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS
from capsim.reference.files import read_yaml
from capsim.texts import LANGUAGES

Direction = Literal["min", "max", "flag_from", "flag_below", "norm"]
Mark = Literal["found", "derived", "recalled", "assumed"]

RESOURCE_INDICATORS: Final = (
    "high_degree_teachers",
    "backbone_teachers",
    "pe_arts_teachers",
    "teaching_floor_area",
    "sports_area",
    "equipment_value",
    "multimedia_classrooms",
)

# Figures a check of capsim reads. Only these can be replaced from a scenario: replacing another
# one would change nothing, and the setting it belongs to lives in another section.
CHECKED: Final = (
    *RESOURCE_INDICATORS,
    "indicators_met_per_school",
    "remaining_indicator_floor",
    "variation_coefficient_each",
    "variation_coefficient_composite",
    "excluded_teaching_point_below",
    "school_size",
    "class_size",
    "teacher_exchange",
    "backbone_share_of_exchanged",
    "nearby_enrolment",
    "migrant_children_in_public_or_purchased_seats",
    "junior_three_year_retention",
    "nine_year_retention",
    "large_class",
    "super_large_class",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a standard.

    Attributes
    ----------
    name, group : str
        Name and the part of the rule it stands in.
    label, label_zh : str
        Names for people.
    unit, unit_zh : str
        Unit in words.
    values : mapping of str to float
        By level (``primary``, ``junior``, ``nine_year``), or ``all``.
    direction : {"min", "max", "flag_from", "flag_below", "norm"}
        How the value is read.
    source : str
        Key of :attr:`Standards.sources`, or words where a scenario gave the figure.
    mark : {"found", "derived", "recalled", "assumed"}
        How well the source is known.
    note : str
        What to know about the figure.
    """

    name: str
    group: str
    label: str
    label_zh: str
    unit: str
    unit_zh: str
    values: Mapping[str, float]
    direction: Direction
    source: str
    mark: Mark
    note: str = ""

    def at(self, level: str = "all") -> float:
        """Return the value for a level.

        Raises
        ------
        KeyError
            If the figure has neither that level nor one value for all.
        """
        return self.values[level] if level in self.values else self.values["all"]


@dataclass(frozen=True, slots=True)
class Standards:
    """The figures in force for a scenario.

    Attributes
    ----------
    figures : mapping of str to Figure
        By name, in the order of the rule.
    sources : mapping of str to (str, str)
        Title of each source, English and Chinese.
    """

    figures: Mapping[str, Figure]
    sources: Mapping[str, tuple[str, str]]

    def __getitem__(self, name: str) -> Figure:
        return self.figures[name]

    def limit(self, name: str, level: str = "all") -> float:
        """Return the value of a figure for a level."""
        return self.figures[name].at(level)

    def thresholds(self) -> NDArray[np.float64]:
        """Return the thresholds of the resource indicators, shape (level 2, indicator 7)."""
        rows = [[self.limit(n, level) for n in RESOURCE_INDICATORS] for level in LEVELS]
        return np.array(rows, dtype=np.float64)

    def title(self, name: str, lang: str = LANGUAGES[0]) -> str:
        """Return the title of the source of a figure, as it is printed beside the figure."""
        source = self.figures[name].source
        return self.sources[source][LANGUAGES.index(lang)] if source in self.sources else source

    def with_figures(self, changes: Mapping[str, Mapping[str, Any]]) -> Standards:
        """Return the standards with some figures replaced.

        Parameters
        ----------
        changes : mapping
            Name of a figure to ``values``, ``source`` and ``mark``. Levels that are not given keep
            their value; ``all`` sets every level.

        Raises
        ------
        KeyError
            If no check reads a figure of that name.
        """
        figures = dict(self.figures)
        for name, change in changes.items():
            if name not in CHECKED:
                raise KeyError(name)
            old = figures[name]
            figures[name] = replace(
                old,
                values=_merged(old.values, change["values"]),
                source=str(change["source"]),
                mark=change["mark"],
                note="",
            )
        return replace(self, figures=figures)


def _merged(old: Mapping[str, float], new: Mapping[str, float]) -> dict[str, float]:
    """Return `old` values overlaid with `new` ones; ``all`` overlays every level first."""
    values = dict(old)
    if "all" in new:
        values = dict.fromkeys(values, float(new["all"]))
    values.update({k: float(v) for k, v in new.items() if k != "all"})
    return values


@lru_cache(maxsize=1)
def national_standards() -> Standards:
    """Return the shipped national standards."""
    raw = read_yaml("standards.yaml")
    figures = {
        entry["name"]: Figure(
            **{**entry, "values": {k: float(v) for k, v in entry["values"].items()}}
        )
        for entry in raw["figures"]
    }
    sources = {key: (s["title"], s["title_zh"]) for key, s in raw["sources"].items()}
    return Standards(figures, sources)


@lru_cache(maxsize=1)
def _area_norms() -> dict[tuple[str, str], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    return {
        (entry["name"], entry["level"]): (
            np.array(entry["classes"], dtype=np.float64),
            np.array(entry["m2_per_pupil"], dtype=np.float64),
        )
        for entry in read_yaml("standards.yaml")["area_norms"]
    }


def area_norm_m2_per_pupil(
    level: str, classes: float, *, norm: Literal["basic", "planning"] = "planning"
) -> float:
    """Return the floor area a pupil for a school of a number of classes.

    Between the published school sizes the norm is interpolated; outside them the nearest size is
    used.

    Parameters
    ----------
    level : {"primary", "junior", "nine_year"}
        Kind of school; nine-year schools have a basic norm alone.
    classes : float
        Number of classes.
    norm : {"basic", "planning"}
        Required rooms alone, or all a complete school needs.

    Returns
    -------
    float
        m2 per pupil. Source: construction standard for urban ordinary primary and secondary
        school buildings.

    Raises
    ------
    KeyError
        If no such norm is published.
    """
    sizes, areas = _area_norms()[norm, level]
    return float(np.interp(classes, sizes, areas))
