"""Maps: how full the schools are, by year."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from capsim.figures import style
from capsim.figures.labels import names_of, scenario_label
from capsim.figures.words import word
from capsim.results.reading import chosen, nothing, plans, variable, years_of

# Light where seats stand empty, dark where the school is full: the order holds in grey.
FULLNESS = LinearSegmentedColormap.from_list(
    "fullness", ["#f7f3d0", "#a9cfa0", "#4a9bb0", "#23528f", "#1b1b4d"]
)
HIGHEST_SHARE = 1.2
# Width of a map beside the colour bar, the room above and below it, and that of a title, inches.
PANEL_IN = 2.45
AROUND_IN = 0.75
TITLE_IN = 0.45


def map_years(data: xr.Dataset) -> list[int]:
    """Return first, middle and last year (fewer in shorter runs)."""
    years = years_of(data)
    places = sorted({0, len(years) // 2, len(years) - 1})
    return [int(years[i]) for i in places]


def fullness_by_school(
    data: xr.Dataset, scenario: str, year: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return median roll, median utilisation and openness of every school in a year.

    A school of both levels is shown once, with both levels' pupils and seats.

    Returns
    -------
    roll : ndarray, shape (schools,)
        Pupils.
    utilisation : ndarray, shape (schools,)
        Roll over capacity; missing where there are no seats.
    is_open : ndarray of bool, shape (schools,)
        Whether the school is open in most replicates.
    """
    at = {"scenario": scenario, "year": year}
    roll = data["roll"].sel(at).sum("grade")
    seats = data["school_capacity"].sel(at).sum("level")
    use = (roll / seats).where(seats > 0)
    if "is_open" in data:
        state = data["is_open"].sel(at)
        is_open = state.mean("replicate") >= 0.5 if "replicate" in state.dims else state > 0
    else:
        is_open = seats.median("replicate") > 0
    return (
        roll.median("replicate").values.astype(float),
        use.median("replicate").values.astype(float),
        np.asarray(is_open.values, dtype=bool),
    )


def utilisation_map(
    data: xr.Dataset,
    *,
    lang: str = "en",
    scenario: str | None = None,
    years: list[int] | None = None,
    titled: bool = True,
) -> Figure:
    """Draw every school at its place, filled by utilisation, in three years.

    Parameters
    ----------
    data : Dataset
        Results; needs ``roll``, ``school_capacity`` and the schools' ``x_km`` and ``y_km``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    years : list of int, optional
        Years to show; default first, middle and last.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    for needed in ("roll", "school_capacity"):
        variable(data, needed, "utilisation_map")
    if "x_km" not in data.coords or "y_km" not in data.coords:
        raise nothing("utilisation_map", "school_positions")
    x, y = (np.asarray(data[key].values, dtype=float) for key in ("x_km", "y_km"))
    placed = np.isfinite(x) & np.isfinite(y)
    if not placed.any():
        raise nothing("utilisation_map", "school_position")
    shown = years or map_years(data)
    tall = panel_height(x[placed], y[placed], PANEL_IN)
    around = AROUND_IN + TITLE_IN * titled
    with style.new_figure(2.6 * len(shown) + 0.6, tall + around) as figure:
        row = figure.subplots(1, len(shown), squeeze=False, sharex=True, sharey=True)[0]
        scale = Normalize(0, HIGHEST_SHARE)
        biggest = max(float(data["roll"].sel(scenario=name).sum("grade").max()), 1.0)
        for axes, year in zip(row, shown, strict=True):
            points = _schools_of_year(axes, data, name, year, placed, scale, biggest)
            label_townships(axes, data, lang)
        scale_bar(row[0], lang)
        bar = figure.colorbar(points, ax=list(row), shrink=0.75, aspect=24, pad=0.01)
        bar.set_label(word("utilisation_legend", lang), fontsize=8.5)
        bar.ax.yaxis.set_major_formatter(lambda v, _: f"{100 * v:.0f}")
        bar.outline.set_visible(False)
        note = word("map_note", lang)
        if titled:
            if len(plans(data)) > 1:
                label = word("scenario_is", lang, name=scenario_label(data, name, lang))
                note = word("scenario_and_note", lang, scenario=label, note=note)
            style.heading(figure, word("utilisation_map", lang), note)
        else:
            figure.supxlabel(note, fontsize=8.5, color=style.MUTED, x=0.01, ha="left")
    return figure


def _schools_of_year(
    axes: Axes,
    data: xr.Dataset,
    scenario: str,
    year: int,
    placed: np.ndarray,
    scale: Normalize,
    biggest: float,
) -> PathCollection:
    """Draw the schools of one year: circles by pupils and fullness, crosses where closed."""
    x, y = (np.asarray(data[key].values, dtype=float) for key in ("x_km", "y_km"))
    roll, use, is_open = fullness_by_school(data, scenario, year)
    # Large circles first, so that small schools stay in view.
    here = np.flatnonzero(placed & is_open)
    here = here[np.argsort(-roll[here], kind="stable")]
    full = use[here] > 1
    points = axes.scatter(
        x[here],
        y[here],
        s=5 + 180 * roll[here] / biggest,
        c=np.clip(use[here], 0, HIGHEST_SHARE),
        cmap=FULLNESS,
        norm=scale,
        edgecolors=[style.BLACK if ring else "#888888" for ring in full],
        linewidths=[1.6 if ring else 0.5 for ring in full],
        zorder=3,
        plotnonfinite=False,
    )
    closed = placed & ~is_open
    axes.scatter(x[closed], y[closed], s=18, marker="x", color=style.MUTED, linewidths=0.9)
    axes.set_title(str(year), loc="center")
    bare_map(axes)
    return points


def panel_height(x: np.ndarray, y: np.ndarray, width_in: float) -> float:
    """Return the height of a map panel in inches, so that a kilometre is as long both ways."""
    wide, high = max(np.ptp(x), 1.0), max(np.ptp(y), 1.0)
    return float(np.clip(width_in * high / wide, 1.8, 4.2))


def bare_map(axes: Axes) -> None:
    """Take the axes of a map away: places need no numbers."""
    axes.set_aspect("equal", adjustable="box")
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.1)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(style.GRID)


def label_townships(axes: Axes, data: xr.Dataset, lang: str) -> None:
    """Write the names of the townships at their seats."""
    if "township_x_km" not in data.coords or "township_y_km" not in data.coords:
        return
    names = names_of(data, "township", lang)
    x, y = data["township_x_km"].values, data["township_y_km"].values
    for label, at_x, at_y in zip(names, x, y, strict=True):
        if np.isfinite(at_x) and np.isfinite(at_y):
            axes.annotate(
                label, (at_x, at_y), xytext=(0, 7), textcoords="offset points", ha="center",
                fontsize=6, color=style.MUTED, zorder=4,
            )  # fmt: skip


def scale_bar(axes: Axes, lang: str) -> None:
    """Draw a bar of a round number of kilometres."""
    axes.set_ylim(axes.get_ylim()[0] - 0.12 * np.diff(axes.get_ylim())[0])  # room for the bar
    low, high = axes.get_xlim()
    length = next(
        (n for n in (50, 20, 10, 5, 2, 1, 0.5) if n <= (high - low) / 3), (high - low) / 3
    )
    y = axes.get_ylim()[0] + 0.04 * np.diff(axes.get_ylim())[0]
    x = low + 0.04 * (high - low)
    axes.plot([x, x + length], [y, y], color=style.INK, linewidth=1.5, solid_capstyle="butt")
    axes.annotate(
        f"{length:g} {word('km', lang)}", (x + length / 2, y), xytext=(0, 3),
        textcoords="offset points", ha="center", fontsize=7.5, color=style.INK,
    )  # fmt: skip
