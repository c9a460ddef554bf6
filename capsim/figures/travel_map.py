"""Map of the way to school: each township at its place, by the mean distance of its children."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from capsim.figures import style
from capsim.figures.maps import (
    AROUND_IN,
    PANEL_IN,
    TITLE_IN,
    bare_map,
    label_townships,
    map_years,
    panel_height,
    scale_bar,
)
from capsim.figures.series import subtitle
from capsim.figures.words import heading, word
from capsim.results.reading import chosen, nothing, variable

# Light for short ways, dark for long ones: the order holds in grey.
FAR = LinearSegmentedColormap.from_list("far", ["#fbeecb", "#f0b96b", "#d5702f", "#8a2f1c"])


def travel_map(
    data: xr.Dataset,
    *,
    lang: str = "en",
    scenario: str | None = None,
    level: str = "primary",
    titled: bool = True,
) -> Figure:
    """Draw every township by its children's mean distance to school, in three years.

    Parameters
    ----------
    data : Dataset
        Results; needs ``travel_km_by_township`` and the townships' positions.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    level : {"primary", "junior"}
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    mean = variable(data, "travel_km_by_township", "travel_map").sel(scenario=name, level=level)
    if "township_x_km" not in data.coords or "township_y_km" not in data.coords:
        raise nothing("travel_map", "township_positions")
    x, y = (np.asarray(data[k].values, dtype=float) for k in ("township_x_km", "township_y_km"))
    shown = map_years(data)
    middle = {year: mean.sel(year=year).median("replicate").values for year in shown}
    known = np.concatenate([v[np.isfinite(v)] for v in middle.values()])
    if not len(known):
        raise nothing("travel_map", "distance")
    scale = Normalize(0.0, max(float(known.max()), 0.1))
    tall = panel_height(x, y, PANEL_IN) + AROUND_IN + TITLE_IN * titled
    with style.new_figure(2.6 * len(shown) + 0.6, tall) as figure:
        row = figure.subplots(1, len(shown), squeeze=False, sharex=True, sharey=True)[0]
        for axes, year in zip(row, shown, strict=True):
            points = axes.scatter(
                x,
                y,
                s=150,
                c=middle[year],
                cmap=FAR,
                norm=scale,
                edgecolors="#888888",
                linewidths=0.5,
                zorder=3,
                plotnonfinite=False,
            )
            axes.set_title(str(year), loc="center")
            bare_map(axes)
            label_townships(axes, data, lang)
        scale_bar(row[0], lang)
        bar = figure.colorbar(points, ax=list(row), shrink=0.75, aspect=24, pad=0.01)
        bar.set_label(word("km", lang), fontsize=8.5)
        bar.outline.set_visible(False)
        note = word("travel_map_note", lang, level=heading(f"level.{level}", lang))
        style.notes(
            figure, word("travel_map", lang), subtitle(data, name, lang, note), note, titled=titled
        )
    return figure
