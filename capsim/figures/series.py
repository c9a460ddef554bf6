"""Lines over years: births and children, demand and capacity, rolls, classes over the cap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capsim.core import dims
from capsim.figures import style
from capsim.figures.labels import scenario_label
from capsim.figures.words import heading, path_label, word
from capsim.results.reading import (
    Bands,
    bands,
    chosen,
    class_cap,
    last_value,
    nothing,
    plans,
    provenance,
    stress_paths,
    total,
    variable,
    years_of,
)

_AGES = {"primary": range(6, 12), "junior": range(12, 15)}


@contextmanager
def level_panels(
    data: xr.Dataset, lang: str, height_in: float
) -> Iterator[tuple[Figure, list[tuple[Axes, str]]]]:
    """Give a figure with a panel for each level, under the level's name, to be filled.

    Parameters
    ----------
    data : Dataset
        Results.
    lang : {"en", "zh"}
        Language.
    height_in : float
        Height, inches; each panel is 4.2 inches wide.
    """
    levels = [level for level in dims.LEVELS if level in data["level"].values]
    with style.new_figure(4.2 * len(levels), height_in) as figure:
        row = figure.subplots(1, len(levels), squeeze=False)[0]
        for axes, level in zip(row, levels, strict=True):
            axes.set_title(heading(f"level.{level}", lang), pad=18)
        yield figure, list(zip(row, levels, strict=True))


def band_note(replicates: int, lang: str, *, inner: bool = True) -> str:
    """Return the sentence that says what line and bands are."""
    if replicates < 2:
        return word("one_future", lang)
    return word("band" if inner else "band_80", lang, n=f"{replicates:,}")


def fan(axes: Axes, b: Bands, color: str, dashes: Any = "-", *, inner: bool = True) -> None:
    """Draw a median with its 80 % (and 50 %) band."""
    if b.has_band:
        axes.fill_between(b.years, b.low, b.high, color=color, alpha=0.18, linewidth=0)
        if inner:
            axes.fill_between(
                b.years, b.quantiles[1], b.quantiles[3], color=color, alpha=0.25, linewidth=0
            )
    axes.plot(b.years, b.median, color=color, linestyle=dashes)


def subtitle(data: xr.Dataset, scenario: str, lang: str, note: str) -> str:
    """Return the line under the title: the scenario, where there are several, and a note."""
    if len(plans(data)) == 1:
        return note
    shown = word("scenario_is", lang, name=scenario_label(data, scenario, lang))
    return word("scenario_and_note", lang, scenario=shown, note=note) if note else shown


def _information_year(data: xr.Dataset) -> float | None:
    date = provenance(data).get("information_date")
    if not isinstance(date, str) or len(date) < 4 or not date[:4].isdigit():
        return None
    months = int(date[5:7]) if date[5:7].isdigit() else 1
    return int(date[:4]) + (months - 1) / 12


def children_and_births(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw births and resident children of the two school ages with bands.

    Stress paths of the scenario (``<name>@<path>``) are laid over the bands, never mixed in.

    Parameters
    ----------
    data : Dataset
        Results; needs ``births`` or ``children``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    panels: dict[str, xr.DataArray] = {}
    if "births" in data:
        panels["births"] = total(data["births"], "township")
    if "children" in data:
        for level, ages in _AGES.items():
            by_age = data["children"].sel(age=[a for a in data["age"].values if a in ages])
            panels[f"children_{level}"] = total(by_age, "township", "age")
    if not panels:
        raise nothing("children_and_births", "births_and_children")
    with style.new_figure(2.8 * len(panels), 3.2) as figure:
        axes_row = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (key, array) in zip(axes_row, panels.items(), strict=True):
            shown = bands(array.sel(scenario=name))
            fan(axes, shown, style.BLUE)
            labels = [style.EndLabel(last_value(shown.median), word("median", lang), style.BLUE)]
            paths = stress_paths(data, name)
            for i, (full, path) in enumerate(paths.items(), start=1):
                color, dashes, _ = style.scenario_style(i)
                line = bands(array.sel(scenario=full)).median
                axes.plot(shown.years, line, color=color, linestyle=dashes, linewidth=1.4)
                labels.append(style.EndLabel(last_value(line), path_label(path, lang), color))
            axes.set_title(word(key, lang), pad=18)
            style.year_axis(axes, shown.years, most=3)
            style.count_axis(axes, word("persons", lang))
            known = _information_year(data)
            if key == "births" and known is not None and shown.years[0] < known < shown.years[-1]:
                axes.axvline(known, color=style.MUTED, linewidth=0.8, linestyle=":")
            if paths:
                style.label_ends(axes, labels)
        if titled:
            note = subtitle(data, name, lang, band_note(data.sizes["replicate"], lang))
            style.heading(figure, word("children_and_births", lang), note)
    return figure


def gap_probability(data: xr.Dataset, scenario: str, level: str) -> np.ndarray:
    """Return by year the share of replicates in which some planning area lacks seats.

    Returns
    -------
    ndarray, shape (years,)
        Share, missing where the gap is missing.
    """
    gap = data["seat_gap"].sel(scenario=scenario, level=level)
    worst = gap.max("planning_area", skipna=True)
    share = (worst > 0).where(worst.notnull()).mean("replicate")
    return np.asarray(share.transpose("year").values, dtype=float)


def demand_and_capacity(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw seat demand with bands against capacity by level, with the years of shortfall marked.

    A year is marked when at least half of the replicates have a gap in at least one planning
    area: areas are not netted, so a marked year may show enough seats in the county as a whole.

    Parameters
    ----------
    data : Dataset
        Results; needs ``demand`` and ``capacity``; ``seat_gap`` for the marks.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    demand = total(variable(data, "demand", "demand_and_capacity"), "planning_area")
    capacity = total(variable(data, "capacity", "demand_and_capacity"), "planning_area")
    marked = False
    with level_panels(data, lang, 3.3) as (figure, panels):
        for axes, level in panels:
            need = bands(demand.sel(scenario=name, level=level))
            seats = bands(capacity.sel(scenario=name, level=level))
            fan(axes, need, style.BLUE)
            axes.step(
                seats.years, seats.median, where="mid", color=style.INK, linestyle=(0, (6, 2))
            )
            style.year_axis(axes, need.years)
            style.count_axis(axes, word("seats", lang))
            if "seat_gap" in data:
                short = need.years[gap_probability(data, name, level) >= 0.5]
                if len(short):  # an empty line has no extent, which the layout cannot take
                    marked = True
                    axes.plot(
                        short, np.full(len(short), 0.02), "v", color=style.VERMILION,
                        transform=axes.get_xaxis_transform(), clip_on=False, markersize=5,
                    )  # fmt: skip
            ends = [
                style.EndLabel(last_value(need.median), word("demand", lang), style.BLUE),
                style.EndLabel(last_value(seats.median), word("capacity", lang), style.INK),
            ]
            style.label_ends(axes, ends)
        if marked:
            figure.supxlabel(
                word("gap_years", lang), fontsize=8.5, color=style.VERMILION, x=0.01, ha="left"
            )
        if titled:
            note = subtitle(data, name, lang, band_note(data.sizes["replicate"], lang))
            style.heading(figure, word("demand_and_capacity", lang), note)
    return figure


def rolls_by_settlement_kind(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw the roll of county-town, township and village schools by level, with bands.

    Parameters
    ----------
    data : Dataset
        Results; needs ``roll_by_kind``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    rolls = variable(data, "roll_by_kind", "rolls_by_settlement_kind").sel(scenario=name)
    kinds = [k for k in dims.SETTLEMENT_KINDS if k in data["settlement_kind"].values]
    with level_panels(data, lang, 3.3) as (figure, panels):
        for axes, level in panels:
            ends = []
            for kind in kinds:
                shown = bands(rolls.sel(level=level, settlement_kind=kind))
                if not np.isfinite(shown.median).any():
                    continue
                color, dashes, _ = style.SETTLEMENT_STYLES[kind]
                fan(axes, shown, color, dashes, inner=False)
                place = heading(f"settlement_kind.{kind}", lang)
                ends.append(style.EndLabel(last_value(shown.median), place, color))
            style.year_axis(axes, years_of(data))
            style.count_axis(axes, word("pupils", lang))
            style.label_ends(axes, ends)
        if titled:
            note = band_note(data.sizes["replicate"], lang, inner=False)
            style.heading(
                figure, word("rolls_by_settlement_kind", lang), subtitle(data, name, lang, note)
            )
    return figure


def share_of_classes_above(sizes: xr.DataArray, limit: float) -> xr.DataArray:
    """Return the share of classes with more pupils than `limit`.

    Parameters
    ----------
    sizes : DataArray
        Classes by ``class_size_bin`` (the last bin is open).
    limit : float
        Class size that is still allowed.

    Returns
    -------
    DataArray
        Share; missing where there are no classes.
    """
    classes = sizes.sum("class_size_bin")
    above = sizes.where(sizes["class_size_bin"] > limit, 0).sum("class_size_bin")
    return (above / classes).where(classes > 0)


def _how_rarely(share: xr.DataArray, lang: str) -> str:
    """In how many futures there are classes above the cap, where no band shows any."""
    if not np.nansum(share.values):
        return word("no_classes_over", lang)
    if "replicate" not in share.dims:
        return ""
    some = int((share > 0).any("year").sum())
    return word("classes_over_in_few", lang, n=some, total=share.sizes["replicate"])


def classes_over_cap(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw the share of classes above the class cap, and from 56 pupils, by level.

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
    sizes = variable(data, "class_size", "classes_over_cap").sel(scenario=name)
    with level_panels(data, lang, 3.1) as (figure, panels):
        ends: dict[Axes, list[style.EndLabel]] = {}
        top = 0.05
        for axes, level in panels:
            cap = class_cap(data, name, level)
            share = share_of_classes_above(sizes.sel(level=level), cap)
            over = bands(share)
            large = bands(share_of_classes_above(sizes.sel(level=level), 55))
            fan(axes, over, style.BLUE)
            axes.plot(large.years, large.median, color=style.VERMILION, linestyle=(0, (2, 1.5)))
            ends[axes] = [
                style.EndLabel(
                    last_value(over.median), word("over_cap_of", lang, cap=f"{cap:g}"), style.BLUE
                ),
                style.EndLabel(last_value(large.median), word("from_56", lang), style.VERMILION),
            ]
            if not np.nansum(over.quantiles):
                style.inside(axes, _how_rarely(share, lang))
            style.year_axis(axes, over.years)
            top = max(top, axes.get_ylim()[1])
        for axes, labels in ends.items():
            style.share_axis(axes, word("per_cent", lang), top=top)
            style.label_ends(axes, labels)
        if titled:
            note = subtitle(data, name, lang, band_note(data.sizes["replicate"], lang))
            style.heading(figure, word("classes_over_cap", lang), note)
    return figure
