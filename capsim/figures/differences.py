"""What differs between scenarios, and what a change is made of."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capsim.figures import style
from capsim.figures.labels import scenario_label
from capsim.figures.series import subtitle
from capsim.figures.words import word
from capsim.results.reading import bands, chosen, nothing, plans, total, variable, years_of

MEASURES = ("seat_gap", "spare_seats", "over_cap", "village_roll", "small_schools", "teachers")


def measure(data: xr.Dataset, name: str) -> xr.DataArray | None:
    """Return a county measure by scenario, replicate and year; None where it is not recorded.

    Parameters
    ----------
    name : str
        One of `MEASURES`: sums over levels, areas and schools; ``village_roll`` counts pupils of
        village schools.
    """
    if name == "village_roll":
        if "roll_by_kind" not in data:
            return None
        return total(data["roll_by_kind"].sel(settlement_kind="village"), "level")
    if name not in data:
        return None
    return total(data[name], "level", "planning_area", "school")


def scenario_differences(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw what each scenario changes against a baseline, paired by replicate, with 80 % bands.

    Parameters
    ----------
    data : Dataset
        Results of at least two scenarios.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Baseline; default the first scenario.
    titled : bool
        Whether the figure carries its own title.

    Raises
    ------
    NothingToShow
        With one scenario, or with none of the measures.
    """
    base = chosen(data, scenario)
    others = [name for name in plans(data) if name != base]
    if not others:
        raise nothing("scenario_differences", "other_scenario")
    found = {name: array for name in MEASURES if (array := measure(data, name)) is not None}
    if not found:
        raise nothing("scenario_differences", "measures")
    columns = min(3, len(found))
    rows = -(-len(found) // columns)
    with style.new_figure(2.7 * columns + 0.3, 2.2 * rows + 0.8) as figure:
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (name, array) in zip(grid, found.items(), strict=False):
            _difference_lines(axes, data, array, base, others, lang)
            axes.set_title(word(f"measure.{name}", lang), pad=18)
            style.unit_above(axes, word(f"unit.{name}", lang))
        for axes in grid[len(found) :]:
            axes.set_visible(False)
        handles, labels = grid[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower left", ncols=style.legend_columns(labels, 8.4)
        )
        note = word("difference_note", lang, name=scenario_label(data, base, lang))
        style.notes(figure, word("scenario_differences", lang), note, "", titled=titled)
    return figure


def _difference_lines(
    axes: Axes, data: xr.Dataset, array: xr.DataArray, base: str, others: list[str], lang: str
) -> None:
    start = array.sel(scenario=base).astype(float)
    for i, name in enumerate(others):
        color, dashes, marker = style.scenario_style(i)
        shown = bands(array.sel(scenario=name).astype(float) - start)
        if shown.has_band:
            axes.fill_between(
                shown.years, shown.low, shown.high, color=color, alpha=0.18, linewidth=0
            )
        axes.plot(
            shown.years, shown.median, color=color, linestyle=dashes, marker=marker,
            markevery=max(1, len(shown.years) // 6), label=scenario_label(data, name, lang),
        )  # fmt: skip
    axes.axhline(0, color=style.INK, linewidth=0.8)
    style.year_axis(axes, years_of(data), most=5)
    if np.abs(axes.get_ylim()).max() < 0.5:
        axes.set_ylim(-1, 1)  # nothing differs: keep rounding noise from filling the panel
    style.count_axis(axes, "", from_zero=False)


def village_change(data: xr.Dataset, scenario: str) -> tuple[float, dict[str, float], float]:
    """Return expected village pupils of the first year, losses by cause, and of the last year.

    Losses are means over replicates, added over years and levels; they add up to first minus
    last exactly, as the causes do in every replicate and year.
    """
    village = total(data["roll_by_kind"].sel(scenario=scenario, settlement_kind="village"), "level")
    mean = village.mean("replicate").transpose("year").values.astype(float)
    lost = total(data["attrition"].sel(scenario=scenario), "level").mean("replicate").sum("year")
    causes = {
        str(cause): float(lost.sel(attrition_cause=cause))
        for cause in lost["attrition_cause"].values
    }
    return float(mean[0]), causes, float(mean[-1])


def what_changed(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw as a waterfall by which causes village schools lose or gain pupils over the run.

    Parameters
    ----------
    data : Dataset
        Results; needs ``attrition`` and ``roll_by_kind``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    variable(data, "attrition", "what_changed")
    variable(data, "roll_by_kind", "what_changed")
    start, causes, end = village_change(data, name)
    if start == 0 and end == 0 and not any(causes.values()):
        raise nothing("what_changed", "village_pupils")
    years = years_of(data)
    steps = {cause: loss for cause, loss in causes.items() if abs(loss) >= 0.5}
    with style.new_figure(7.0, 1.0 + 0.3 * (len(steps) + 2)) as figure:
        axes = figure.subplots()
        level = start
        labels = [word("village_pupils_in", lang, year=years[0])]
        axes.barh(0, start, color=style.BLUE, height=0.7)
        _bar_value(axes, start, 0, f"{start:,.0f}")
        for row, (cause, loss) in enumerate(steps.items(), start=1):
            color = style.VERMILION if loss > 0 else style.GREEN
            axes.barh(
                row, -loss, left=level, color=color, height=0.7, hatch="" if loss > 0 else "//"
            )
            sign = "\u2212" if loss > 0 else "+"
            _bar_value(axes, max(level, level - loss), row, f"{sign}{abs(loss):,.0f}")
            labels.append(word(f"cause.{cause}", lang))
            level -= loss
        axes.barh(len(steps) + 1, end, color=style.BLUE, height=0.7)
        _bar_value(axes, end, len(steps) + 1, f"{end:,.0f}")
        labels.append(word("village_pupils_in", lang, year=years[-1]))
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.grid(False)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.axvline(0, color=style.MUTED, linewidth=0.8)
        axes.margins(x=0.1)
        note = word("mean_of_futures", lang, n=f"{data.sizes['replicate']:,}")
        style.notes(
            figure, word("what_changed", lang), subtitle(data, name, lang, note), "", titled=titled
        )
    return figure


def _bar_value(axes: Axes, x: float, row: int, text: str) -> None:
    axes.annotate(
        text, (x, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5
    )
