"""The list of all figures by name, and the drawing of several into a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import xarray as xr
from matplotlib.figure import Figure

from capsim.figures import differences, grids, maps, series, supply, travel, travel_map
from capsim.figures.style import save_figure
from capsim.results.reading import NothingToShow


class FigureFunction(Protocol):
    """Draws one figure from the results of a run."""

    def __call__(
        self,
        data: xr.Dataset,
        *,
        lang: str = "en",
        scenario: str | None = None,
        titled: bool = True,
    ) -> Figure:
        """Return the figure; raise NothingToShow where the results lack what it needs."""
        ...


PLANNER_FIGURES: Final = (
    "children_and_births",
    "demand_and_capacity",
    "rolls_by_settlement_kind",
    "classes_over_cap",
    "utilisation_map",
)

FIGURES: Final[Mapping[str, FigureFunction]] = MappingProxyType(
    {
        "children_and_births": series.children_and_births,
        "demand_and_capacity": series.demand_and_capacity,
        "rolls_by_settlement_kind": series.rolls_by_settlement_kind,
        "classes_over_cap": series.classes_over_cap,
        "utilisation_map": maps.utilisation_map,
        "seat_gap": grids.seat_gap,
        "class_sizes": grids.class_sizes,
        "cohort_wave": grids.cohort_wave,
        "travel_by_home": travel.travel_by_home,
        "travel_map": travel_map.travel_map,
        "what_changed": differences.what_changed,
        "teachers": supply.teachers,
        "capital_cost": supply.capital_cost,
        "scenario_differences": differences.scenario_differences,
    }
)


def draw_figures(
    data: xr.Dataset,
    folder: str | Path,
    *,
    lang: str = "en",
    names: Iterable[str] | None = None,
) -> tuple[list[Path], list[str]]:
    """Draw figures into a folder as PNG and SVG.

    Parameters
    ----------
    data : Dataset
        Results.
    folder : str or pathlib.Path
        Existing folder.
    lang : {"en", "zh"}
        Language.
    names : iterable of str, optional
        Figures to draw; default all.

    Returns
    -------
    written : list of pathlib.Path
        Files written.
    left_out : list of str
        One line for each figure the results do not allow.
    """
    written: list[Path] = []
    left_out: list[str] = []
    for name in FIGURES if names is None else names:
        try:
            figure = FIGURES[name](data, lang=lang)
        except NothingToShow as reason:
            left_out.append(str(reason))
            continue
        written.extend(save_figure(figure, Path(folder) / name))
    return written, left_out
