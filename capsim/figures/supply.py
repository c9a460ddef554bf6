"""Teachers and money over the years."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capsim.figures import style
from capsim.figures.labels import scenario_label
from capsim.figures.series import band_note, fan, level_panels, subtitle
from capsim.figures.words import code_word, word
from capsim.results.reading import (
    bands,
    chosen,
    last_value,
    nothing,
    plans,
    total,
    variable,
    years_of,
)

# Capital is shown in the unit that budgets of the language use.
MONEY_UNIT = {"en": 1e6, "zh": 1e4}
MOST_PANELS = 4
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo")

_NEEDS = {
    "teacher_need_classes": (style.VERMILION, (0, (2, 1.5))),
    "teacher_need_norm": (style.GREEN, (0, (6, 2))),
    "posts": (style.MUTED, (0, (6, 2, 1.5, 2))),
}


def teachers(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw the stock of teachers with bands beside the needs by norm, by classes, and posts.

    Parameters
    ----------
    data : Dataset
        Results; needs ``teachers``; ``teacher_need_norm``, ``teacher_need_classes`` and ``posts``
        are drawn where present.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    stock = total(variable(data, "teachers", "teachers"), "school").sel(scenario=name)
    with level_panels(data, lang, 3.3) as (figure, panels):
        for axes, level in panels:
            shown = bands(stock.sel(level=level))
            fan(axes, shown, style.BLUE, inner=False)
            ends = [style.EndLabel(last_value(shown.median), word("stock", lang), style.BLUE)]
            for need, (color, dashes) in _NEEDS.items():
                if need not in data:
                    continue
                line = bands(total(data[need], "school").sel(scenario=name, level=level)).median
                axes.plot(shown.years, line, color=color, linestyle=dashes, linewidth=1.5)
                ends.append(style.EndLabel(last_value(line), word(need, lang), color))
            style.year_axis(axes, shown.years)
            style.count_axis(axes, word("teachers", lang))
            style.label_ends(axes, ends)
        note = band_note(data.sizes["replicate"], lang, inner=False)
        style.notes(
            figure,
            word("teachers_title", lang),
            subtitle(data, name, lang, note),
            "",
            titled=titled,
        )
    return figure


def capital_by_year(data: xr.Dataset, scenario: str, basis: str = "nominal") -> xr.DataArray:
    """Return expected capital (mean over replicates), dims funding_source, year; yuan."""
    cost = data["capital_cost"].sel(scenario=scenario, price_basis=basis)
    return cost.mean("replicate").sum("project").transpose("funding_source", "year")


def capital_cost(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw expected capital by year and funding source, for one scenario or for all that build.

    Parameters
    ----------
    data : Dataset
        Results; needs ``capital_cost``.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default every scenario with capital, up to four.
    titled : bool
        Whether the figure carries its own title.

    Raises
    ------
    NothingToShow
        If the results hold no capital, or no scenario builds.
    """
    variable(data, "capital_cost", "capital_cost")
    asked = plans(data) if scenario is None else [chosen(data, scenario)]
    amounts = {name: capital_by_year(data, name) for name in asked}
    shown = [name for name in asked if float(amounts[name].sum()) > 0][:MOST_PANELS]
    if not shown:
        raise nothing("capital_cost", "capital")
    with style.new_figure(min(max(3.0 * len(shown), 5.0), 8.6), 3.3) as figure:
        panels = figure.subplots(1, len(shown), squeeze=False, sharey=True)[0]
        for axes, name in zip(panels, shown, strict=True):
            _stacked_bars(axes, data, amounts[name], lang)
            axes.set_title(style.wrapped(scenario_label(data, name, lang), 34), pad=18)
        style.count_axis(panels[0], word("million_yuan", lang))
        handles, labels = panels[0].get_legend_handles_labels()
        columns = style.legend_columns(labels, figure.get_figwidth())
        figure.legend(handles, labels, loc="outside lower left", ncols=columns)
        note = word("capital_note", lang)
        style.notes(figure, word("capital_cost", lang), note, "", titled=titled)
    return figure


def _stacked_bars(axes: Axes, data: xr.Dataset, amounts: xr.DataArray, lang: str) -> None:
    years = years_of(data)
    base = np.zeros(len(years))
    for i, source in enumerate(amounts["funding_source"].values):
        height = np.nan_to_num(amounts.values[i]) / MONEY_UNIT[lang]
        color, _, _ = style.scenario_style(i)
        axes.bar(
            years,
            height,
            bottom=base,
            width=0.8,
            color=color,
            edgecolor="white",
            linewidth=0.3,
            hatch=HATCHES[i % len(HATCHES)],
            label=label_of(str(source), lang),
        )
        base = base + height
    style.year_axis(axes, years, most=5)
    axes.set_xlim(years[0] - 0.5, years[-1] + 0.5)


def label_of(source: str, lang: str) -> str:
    """Return a word for a code of the data where there is one, else the code as text."""
    from capsim.figures.fonts import drawable

    return drawable(code_word("code", source, lang), "?")
