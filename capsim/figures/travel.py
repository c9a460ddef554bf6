"""How far children travel to school, by where their families live."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from capsim.figures import style
from capsim.figures.series import level_panels, subtitle
from capsim.figures.words import heading, word
from capsim.results.reading import bands, chosen, last_value, variable, years_of


def travel_by_home(
    data: xr.Dataset, *, lang: str = "en", scenario: str | None = None, titled: bool = True
) -> Figure:
    """Draw the distance to school by home: the mean, and what nine in ten pupils stay under.

    Parameters
    ----------
    data : Dataset
        Results; needs ``travel_km``; ``travel_km_p90`` is drawn where present.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario to show; default the first.
    titled : bool
        Whether the figure carries its own title.
    """
    name = chosen(data, scenario)
    mean = variable(data, "travel_km", "travel_by_home").sel(scenario=name)
    with level_panels(data, lang, 3.2) as (figure, panels):
        for axes, level in panels:
            ends = []
            for kind, (color, dashes, marker) in style.SETTLEMENT_STYLES.items():
                if kind not in data["settlement_kind"].values:
                    continue
                line = bands(mean.sel(level=level, settlement_kind=kind)).median
                axes.plot(years_of(data), line, color=color, linestyle=dashes)
                ends.append(
                    style.EndLabel(
                        last_value(line), heading(f"settlement_kind.{kind}", lang), color
                    )
                )
                if "travel_km_p90" in data:
                    far = data["travel_km_p90"].sel(
                        scenario=name, level=level, settlement_kind=kind
                    )
                    axes.plot(
                        years_of(data), bands(far).median, color=color, linewidth=0.9,
                        marker=marker, markersize=3, markevery=3, alpha=0.8, linestyle=dashes,
                    )  # fmt: skip
            style.year_axis(axes, years_of(data))
            style.count_axis(axes, word("km", lang))
            style.label_ends(axes, ends)
        note = word("travel_note" if "travel_km_p90" in data else "travel_mean_note", lang)
        style.notes(
            figure, word("travel_by_home", lang), subtitle(data, name, lang, note), note,
            titled=titled,
        )  # fmt: skip
    return figure
