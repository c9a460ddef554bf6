"""The figure of a backtest: error and coverage by horizon, models side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_ROWS: Final = {"cell": "Each area and grade", "area": "Area totals"}
_LABELS: Final = {"last_value": "last value", "progression_ratios": "progression ratios"}


def backtest_figure(scores: pd.DataFrame) -> Figure:
    """Draw the pooled scores of a backtest.

    Parameters
    ----------
    scores : pandas.DataFrame
        ``scores`` of a :class:`~capsim.forecasting.backtesting.Backtest`.

    Returns
    -------
    matplotlib.figure.Figure
        Left the mean absolute percentage error by horizon; right the share of outcomes inside
        the 80 % and 95 % bands, with the nominal shares as lines.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 6.4), layout="constrained")
    axes = figure.subplots(len(_ROWS), 2, sharex=True, squeeze=False)
    pooled = scores[(scores["origin"] == "pooled") & (scores["size"] == "all")]
    models = list(dict.fromkeys(scores["model"]))
    for row, (series, title) in enumerate(_ROWS.items()):
        error, coverage = axes[row]
        for number, model in enumerate(models):
            part = pooled[(pooled["model"] == model) & (pooled["series"] == series)]
            part = part.sort_values("horizon")
            colour = f"C{number}"
            label = _LABELS.get(model, model)
            error.plot(part["horizon"], part["mape"], "o-", color=colour, label=label)
            coverage.plot(part["horizon"], part["coverage_80"], "o-", color=colour, label=label)
            coverage.plot(part["horizon"], part["coverage_95"], "s--", color=colour)
        for level in (80, 95):
            coverage.axhline(level, color="0.5", linewidth=0.8, linestyle=":")
        error.set_ylim(bottom=0.0)
        coverage.set_ylim(0.0, 102.0)
        error.set_title(f"{title}: error")
        coverage.set_title(f"{title}: coverage")
        error.set_ylabel("MAPE, %")
        coverage.set_ylabel("inside 80 % (o) and 95 % (□) bands, %")
    for axis in axes[-1]:
        axis.set_xlabel("horizon, years")
        axis.set_xticks(sorted(pooled["horizon"].unique()))
    axes[0, 0].legend(frameon=False)
    return figure
