"""Grids over years: seat gap by planning area, class sizes, the cohort wave through the grades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from capsim.core import dims
from capsim.figures import style
from capsim.figures.labels import names_of
from capsim.figures.series import level_panels, subtitle
from capsim.figures.words import heading, word
from capsim.results.reading import chosen, nothing, variable, years_of

# White to dark: the order of lightness is the order of the numbers, in colour and in grey.
DEPTH = LinearSegmentedColormap.from_list(
    "depth", ["#ffffff", "#fde3b0", "#f2a65a", "#c8553d", "#6a1f2b"]
)
WAVE = LinearSegmentedColormap.from_list(
    "wave", ["#f4f8fb", "#b7d3e6", "#6aa5cf", "#2a6ca6", "#0f3057"]
)
MOST_AREAS = 24
LIKELY_ENOUGH = 0.2

# Upper ends of the size groups; the last group is open. 45 and 50 are the standard's caps, 56 and
# 66 the sizes from which classes are called large and super-large.
CLASS_SIZE_GROUPS = (25, 35, 45, 50, 55, 65)


@dataclass(frozen=True, slots=True)
class AreaGaps:
    """Seat gaps of the planning areas of one level that lack seats in some future, worst first.

    Attributes
    ----------
    positions : list of int
        Positions of the areas on the dimension ``planning_area``.
    median, probability : ndarray, shape (areas, years)
        Median gap, and share of replicates with a gap.
    """

    positions: list[int]
    median: np.ndarray
    probability: np.ndarray


def area_gaps(data: xr.Dataset, scenario: str, level: str) -> AreaGaps:
    """Return the gaps of a level's planning areas, the largest expected gap of any year first."""
    gap = data["seat_gap"].sel(scenario=scenario, level=level)
    values = gap.transpose("planning_area", "year", "replicate").values.astype(float)
    filled = np.nan_to_num(values)
    worst = filled.mean(axis=2).max(axis=1)
    order = [int(i) for i in np.argsort(-worst, kind="stable") if worst[i] > 0]
    picked = filled[order]
    return AreaGaps(order, np.median(picked, axis=2), (picked > 0).mean(axis=2))


def seat_gap(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw the seat gap of every planning area and year as a grid, by level.

    Colour is the median gap; a dot marks years in which the median is no gap but at least one
    future in five has one.

    Parameters
    ----------
    data : Dataset
        Results; needs ``seat_gap``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.

    Raises
    ------
    NothingToShow
        If the results hold no gap, or no area lacks seats in any future.
    """
    name = chosen(data, scenario)
    variable(data, "seat_gap", "seat_gap")
    by_level = {lv: area_gaps(data, name, lv) for lv in dims.LEVELS if lv in data["level"].values}
    shown = {level: gaps for level, gaps in by_level.items() if gaps.positions}
    if not shown:
        raise nothing("seat_gap", "gap")
    labels = names_of(data, "planning_area", lang)
    rows = max(min(len(gaps.positions), MOST_AREAS) for gaps in shown.values())
    top = max(max(float(gaps.median.max()) for gaps in shown.values()), 1.0)
    with style.new_figure(3.8 * len(shown) + 0.8, 1.7 + 0.23 * rows) as figure:
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, (level, gaps) in zip(panels, shown.items(), strict=True):
            mesh = _gap_grid(axes, data, gaps, labels, top)
            axes.set_title(heading(f"level.{level}", lang))
        bar = figure.colorbar(mesh, ax=list(panels), shrink=0.9, aspect=30, pad=0.01)
        bar.set_label(word("gap_scale", lang), fontsize=8.5)
        bar.outline.set_visible(False)
        more = max(len(gaps.positions) for gaps in shown.values()) > MOST_AREAS
        note = word("gap_dot", lang) + (word("gap_more", lang, n=MOST_AREAS) if more else "")
        style.notes(
            figure, word("seat_gap", lang), subtitle(data, name, lang, note), note, titled=titled
        )
    return figure


def _gap_grid(
    axes: Axes, data: xr.Dataset, gaps: AreaGaps, labels: list[str], top: float
) -> QuadMesh:
    years = years_of(data)
    count = min(len(gaps.positions), MOST_AREAS)
    median, probability = gaps.median[:count], gaps.probability[:count]
    mesh = axes.pcolormesh(
        np.append(years, years[-1] + 1) - 0.5,
        np.arange(count + 1) - 0.5,
        median,
        cmap=DEPTH,
        norm=Normalize(0, top),
        edgecolors=style.GRID,
        linewidth=0.4,
    )
    row, column = np.nonzero((median == 0) & (probability >= LIKELY_ENOUGH))
    axes.plot(years[column], row, ".", color=style.MUTED, markersize=3)
    axes.set_yticks(np.arange(count), [labels[i] for i in gaps.positions[:count]])
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.grid(False)
    style.year_axis(axes, years)
    axes.set_xlim(years[0] - 0.5, years[-1] + 0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return mesh


def class_size_shares(sizes: xr.DataArray) -> np.ndarray:
    """Return the expected share of classes in each size group.

    Parameters
    ----------
    sizes : DataArray
        Classes, dims replicate, year, class_size_bin.

    Returns
    -------
    ndarray, shape (groups, years)
        Mean over replicates of the shares; columns add up to one, missing without classes.
    """
    counts = sizes.transpose("class_size_bin", "replicate", "year").values.astype(float)
    bins = sizes["class_size_bin"].values
    group = np.searchsorted(CLASS_SIZE_GROUPS, bins, side="left")
    sums = np.stack([counts[group == g].sum(axis=0) for g in range(len(CLASS_SIZE_GROUPS) + 1)])
    total = sums.sum(axis=0)
    shares = np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)
    known = ~np.isnan(shares).any(axis=0)
    weight = known.sum(axis=0)
    mean = np.nansum(shares, axis=1) / np.where(weight > 0, weight, np.nan)
    return np.asarray(mean)


def class_sizes(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw how the distribution of class sizes changes over the years, by level.

    Parameters
    ----------
    data : Dataset
        Results; needs ``class_size``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    sizes = variable(data, "class_size", "class_sizes").sel(scenario=name)
    years = years_of(data)
    edges = np.append(years, years[-1] + 1) - 0.5
    with level_panels(data, lang, 3.3) as (figure, panels):
        colors = WAVE(np.linspace(0.08, 1, len(CLASS_SIZE_GROUPS) + 1))
        for axes, level in panels:
            shares = class_size_shares(sizes.sel(level=level))
            base = np.zeros(len(years))
            ends = []
            for i, share in enumerate(np.nan_to_num(shares)):
                axes.stairs(
                    base + share, edges, baseline=base, fill=True, color=colors[i], linewidth=0
                )
                axes.stairs(base + share, edges, baseline=None, color="white", linewidth=0.5)
                if share[-1] > 0.004:
                    ends.append(
                        style.EndLabel(base[-1] + share[-1] / 2, size_group(i, lang), style.INK)
                    )
                base = base + share
            axes.grid(False)
            style.year_axis(axes, years)
            axes.set_xlim(edges[0], edges[-1])
            style.share_axis(axes, word("share_of_classes", lang), top=1)
            style.label_ends(axes, ends)
        note = word("mean_of_futures", lang, n=f"{data.sizes['replicate']:,}")
        style.notes(
            figure, word("class_sizes", lang), subtitle(data, name, lang, note), "", titled=titled
        )
    return figure


def size_group(i: int, lang: str) -> str:
    """Return the name of a class-size group."""
    if i == 0:
        return word("size_to", lang, n=CLASS_SIZE_GROUPS[0])
    if i == len(CLASS_SIZE_GROUPS):
        return word("size_from", lang, n=CLASS_SIZE_GROUPS[-1] + 1)
    return word("size_between", lang, a=CLASS_SIZE_GROUPS[i - 1] + 1, b=CLASS_SIZE_GROUPS[i])


def cohort_wave(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw the pupils of every grade and year, so that cohorts are seen moving up diagonally.

    Parameters
    ----------
    data : Dataset
        Results; needs ``roll``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    roll = variable(data, "roll", "cohort_wave").sel(scenario=name).sum("school")
    pupils = roll.median("replicate").transpose("grade", "year").values.astype(float)
    years, grades = years_of(data), data["grade"].values.astype(int)
    with style.new_figure(7.0, 3.1) as figure:
        axes = figure.subplots()
        mesh = axes.pcolormesh(
            np.append(years, years[-1] + 1) - 0.5,
            np.append(grades, grades[-1] + 1) - 0.5,
            pupils,
            cmap=WAVE,
            norm=Normalize(pupils.min(), max(pupils.max(), pupils.min() + 1)),
            edgecolors="white",
            linewidth=0.4,
        )
        axes.axhline(6.5, color=style.INK, linewidth=0.9)
        axes.set_yticks(grades, [str(grade) for grade in grades])
        axes.tick_params(length=0)
        axes.grid(False)
        style.year_axis(axes, years)
        axes.set_xlim(years[0] - 0.5, years[-1] + 0.5)
        style.unit_above(axes, word("grade", lang))
        bar = figure.colorbar(mesh, ax=axes, aspect=24, pad=0.02)
        bar.set_label(word("pupils_median", lang), fontsize=8.5)
        bar.ax.yaxis.set_major_formatter(lambda v, _: f"{v:,.0f}")
        bar.outline.set_visible(False)
        note = word("wave_note", lang)
        style.notes(
            figure, word("cohort_wave", lang), subtitle(data, name, lang, note), note, titled=titled
        )
    return figure
