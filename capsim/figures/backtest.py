"""How far earlier forecasts were off, and how often their bands held what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from capsim.figures import style
from capsim.figures.words import code_word, word
from capsim.results.reading import nothing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("model", "series", "size", "origin", "horizon", "mape", "coverage_80")
NOMINAL = 80


def pooled_scores(scores: pd.DataFrame, series: str) -> pd.DataFrame:
    """Return the scores of a series over all origins and sizes of area, by model and horizon.

    Raises
    ------
    NothingToShow
        If the table lacks a column of a backtest, or the series.
    """
    missing = [name for name in COLUMNS if name not in scores.columns]
    if missing:
        raise nothing("backtest", "score_columns", names=", ".join(missing))
    kept = scores[(scores["origin"].astype(str) == "pooled") & (scores["size"] == "all")]
    kept = kept[kept["series"] == series]
    if kept.empty:
        raise nothing("backtest", "score_series", series=series)
    return kept.sort_values(["model", "horizon"])


def backtest_errors(scores: pd.DataFrame, *, lang: str = "en", series: str = "area") -> Figure:
    """Draw error and coverage of earlier forecasts by years ahead, models side by side.

    Parameters
    ----------
    scores : DataFrame
        ``scores`` of a backtest: ``model, series, size, origin, horizon, mape, coverage_80``, in
        per cent of what came.
    lang : {"en", "zh"}
        Language.
    series : {"cell", "area", "total"}
        Forecasts of each area's grade, of area totals, or of the whole.
    """
    kept = pooled_scores(scores, series)
    with style.new_figure(8.4, 3.1) as figure:
        error, coverage = figure.subplots(1, 2)
        ends: dict[str, list[style.EndLabel]] = {"mape": [], "coverage_80": []}
        for i, model in enumerate(dict.fromkeys(kept["model"])):
            color, dashes, marker = style.scenario_style(i)
            mine = kept[kept["model"] == model]
            for axes, name in ((error, "mape"), (coverage, "coverage_80")):
                y = mine[name].to_numpy(dtype=float)
                axes.plot(mine["horizon"], y, color=color, linestyle=dashes, marker=marker)
                ends[name].append(style.EndLabel(float(y[-1]), model_word(str(model), lang), color))
        coverage.axhline(NOMINAL, color=style.MUTED, linewidth=0.9, linestyle=":")
        coverage.set_ylim(0, 102)
        error.set_ylim(bottom=0)
        for axes, name in ((error, "mape"), (coverage, "coverage_80")):
            axes.set_title(word(f"backtest_{name}", lang), pad=18)
            style.unit_above(axes, word("per_cent", lang))
            axes.set_xlabel(word("years_ahead", lang))
            axes.set_xticks(sorted({int(h) for h in kept["horizon"]}))
            style.label_ends(axes, ends[name])
    return figure


def model_word(model: str, lang: str) -> str:
    """Return the name of a forecasting model; its code as text if it is not one of ours."""
    return code_word("model", model, lang)
