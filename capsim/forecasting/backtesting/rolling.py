"""Backtests: what forecasts of rolls would have said in earlier years, and what came.

At each origin a model reads only what was known then - rolls to the origin, births to the origin
(less the reporting lag of the entry rule) - and is judged on the rolls of later years.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from capsim.core.errors import InvalidInput, Problems
from capsim.demography.entrants import Entry, as_entry, entry_cohorts
from capsim.forecasting.backtesting.models import (
    MODELS,
    SIZES,
    Forecast,
    ModelFunction,
    ReferenceModel,
    capsim_forecast,
    checked_forecast,
    last_value,
    progression_baseline,
    size_classes,
)
from capsim.forecasting.backtesting.scores import all_scores, judge
from capsim.forecasting.roll_forecast import FEWEST_ROLLS
from capsim.forecasting.roll_tables import births_array, roll_array, stage_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

REFERENCES: Final = {"last_value": last_value, "progression_ratios": progression_baseline}
SERIES: Final = ("cell", "area", "total")


@dataclass(frozen=True)
class Backtest:
    """Result of a backtest.

    Attributes
    ----------
    forecasts : pandas.DataFrame
        One row for each model, origin, horizon and thing forecast: ``model, series, origin,
        horizon, year, area, grade`` (or ``age``), ``size, actual, forecast``, bands and scores.
        ``series`` is ``cell`` (an area's grade), ``area`` (an area's total) or ``total``.
    scores : pandas.DataFrame
        Means of the scores by model, series, size of area, origin (or ``pooled``) and horizon,
        in per cent of what came: ``mape``, ``bias``, ``crps``, ``interval_score_80``,
        ``coverage_80``, ``width_80`` and the same at 95 %.
    """

    forecasts: pd.DataFrame
    scores: pd.DataFrame

    def table(
        self,
        *,
        series: str | None = None,
        size: str = "all",
        origin: int | str = "pooled",
    ) -> pd.DataFrame:
        """Return scores with models side by side.

        Parameters
        ----------
        series : {"cell", "area", "total"}, optional
            All three if left out.
        size : str
            ``all`` or a class of areas: ``small``, ``medium``, ``large``.
        origin : int or "pooled"

        Returns
        -------
        pandas.DataFrame
            Rows series and horizon, columns score and model.
        """
        rows = self.scores[(self.scores["size"] == size) & (self.scores["origin"] == origin)]
        if series is not None:
            rows = rows[rows["series"] == series]
        models = list(dict.fromkeys(self.scores["model"]))
        wide = rows.drop(columns=["size", "origin", "forecasts"]).pivot_table(
            index=["series", "horizon"], columns="model", sort=False
        )
        side_by_side: pd.DataFrame = wide.reindex(columns=models, level=1)
        return side_by_side

    def figure(self) -> Figure:
        """Draw error and coverage by horizon, for cells and area totals."""
        from capsim.forecasting.backtesting.figure import backtest_figure

        return backtest_figure(self.scores)


def backtest(
    rolls: pd.DataFrame | xr.DataArray,
    births: pd.DataFrame | xr.DataArray,
    *,
    entry: Entry | Mapping[str, Any] | tuple[int, int],
    origins: Iterable[int],
    horizons: Iterable[int],
    models: Iterable[str] | Mapping[str, ModelFunction | None] = MODELS,
    stages: Collection[int] | None = None,
    draws: int = 400,
    seed: int = 1,
) -> Backtest:
    """Judge forecasts of rolls from rolling origins, models side by side.

    Parameters
    ----------
    rolls : pandas.DataFrame or xarray.DataArray
        Pupils by ``year``, ``area`` and ``grade`` or ``age``; tidy columns (with ``pupils``) or
        labelled dimensions. Further columns, such as sex, are added up.
    births : pandas.DataFrame or xarray.DataArray
        Births by ``year`` and ``area``. Areas without rolls are left out with a warning.
    entry : Entry, mapping or pair
        Grade or age of entry and lag from birth: ``{"age": 5, "lag": 5}``, ``(5, 5)``,
        :data:`~capsim.demography.entrants.CHINA_ENTRY`; see
        :func:`~capsim.demography.entrants.as_entry`.
    origins : iterable of int
        Years of the last roll that is known. Origins after which no horizon has an outcome are
        left out with a warning.
    horizons : iterable of int
        Years ahead at which forecasts are judged.
    models : iterable of str, or mapping
        Of ``last_value``, ``progression_ratios`` (three-year pooled ratios with births, bands
        from its own past errors) and ``capsim``; a mapping may add functions
        ``(rolls, births, entry, horizon, draws, seed)`` that return an array with dimensions
        ``(draw, year, area, grade or age)``, by name.
    stages : collection of int, optional
        Grades or ages that are forecast and judged, the entry stage first; all of the rolls' by
        default. Take the ages of compulsory schooling: older ones do not follow births alone.
    draws : int
        Draws of each distribution.
    seed : int
        Seed of the draws.

    Returns
    -------
    Backtest

    Raises
    ------
    InvalidInput
        For faults of the tables, unknown models, and origins at which too little is known.
    """
    array = roll_array(rolls)
    rule = as_entry(entry, stage_of(array))
    array = roll_array(_chosen_stages(array, stages), first_stage=rule.at)
    born = births_array(births, array["area"])
    years_ahead = sorted({int(h) for h in horizons})
    made = _models(_named_models(models), array, born, rule, draws, seed)
    last = int(array["year"].values[-1])
    parts = []
    for origin in _checked_origins(array, born, rule, origins, years_ahead):
        known = array.sel(year=slice(None, origin))
        horizon = max(h for h in years_ahead if origin + h <= last)
        for name, forecast in made.items():
            parts.extend(_judged(name, forecast(origin, horizon), array, known, years_ahead))
    import pandas as pd

    forecasts = pd.concat(parts, ignore_index=True)
    return Backtest(forecasts, all_scores(forecasts))


def _models(
    named: Mapping[str, ModelFunction | None],
    rolls: xr.DataArray,
    births: xr.DataArray,
    entry: Entry,
    draws: int,
    seed: int,
) -> dict[str, Callable[[int, int], Forecast]]:
    """Models as functions of origin and horizon that read what was known at the origin."""

    def of_reference(name: str) -> Callable[[int, int], Forecast]:
        reference = ReferenceModel(REFERENCES[name], rolls, births, entry)
        return lambda origin, horizon: reference.forecast(origin, horizon, draws)

    def of_function(name: str, function: ModelFunction) -> Callable[[int, int], Forecast]:
        def forecast(origin: int, horizon: int) -> Forecast:
            known = rolls.sel(year=slice(None, origin))
            births_known = births.sel(year=slice(None, origin - entry.reporting_lag))
            made = function(known, births_known, entry, horizon, draws, seed)
            return checked_forecast(made, known, name, horizon)

        return forecast

    return {
        name: of_reference(name)
        if name in REFERENCES
        else of_function(name, function if function is not None else capsim_forecast)
        for name, function in named.items()
    }


def _judged(
    name: str, made: Forecast, rolls: xr.DataArray, known: xr.DataArray, horizons: list[int]
) -> list[pd.DataFrame]:
    """Tables of one model's forecasts from one origin, with what came and scores."""
    import pandas as pd

    stage = stage_of(rolls)
    origin, last = int(known["year"].values[-1]), int(rolls["year"].values[-1])
    size = np.array(SIZES)[size_classes(known)]
    areas, stages = rolls["area"].values, rolls[stage].values
    tables = []
    for horizon in horizons:
        if origin + horizon > last:
            continue
        came = rolls.sel(year=origin + horizon).values
        labels = {
            "cell": (np.repeat(areas, len(stages)), np.tile(stages, len(areas)), size),
            "area": (areas, np.full(len(areas), -1), size),
            "total": (np.array(["all areas"]), np.array([-1]), np.array(["all"])),
        }
        outcomes = {
            "cell": came.ravel(),
            "area": came.sum(axis=1),
            "total": np.array([came.sum()]),
        }
        for series in SERIES:
            part = getattr(made, series)
            area, of_stage, sizes = labels[series]
            table = {
                "model": name,
                "series": series,
                "origin": origin,
                "horizon": horizon,
                "year": origin + horizon,
                "area": area,
                stage: pd.array(of_stage, dtype="Int64"),
                "size": np.repeat(sizes, len(stages)) if series == "cell" else sizes,
                "actual": outcomes[series],
                "forecast": part.point[horizon - 1],
                **judge(part.point[horizon - 1], part.draws[:, horizon - 1], outcomes[series]),
            }
            frame = pd.DataFrame(table)
            frame.loc[frame[stage] == -1, stage] = pd.NA
            tables.append(frame)
    return tables


def _chosen_stages(array: xr.DataArray, stages: Collection[int] | None) -> xr.DataArray:
    if stages is None:
        return array
    stage = stage_of(array)
    found = set(array[stage].values.tolist())
    missing = sorted(set(stages) - found)
    if missing:
        names = ", ".join(str(m) for m in missing)
        raise InvalidInput.of("stages", f"{stage} {names} not in the rolls")
    return array.sel({stage: sorted(int(s) for s in stages)})


def _named_models(
    models: Iterable[str] | Mapping[str, ModelFunction | None],
) -> dict[str, ModelFunction | None]:
    """Names of the models in order, each with its function if it is not one of capsim's."""
    given = dict(models) if isinstance(models, Mapping) else dict.fromkeys(_as_list(models))
    named: dict[str, ModelFunction | None] = {}
    problems = Problems()
    for name, function in given.items():
        plain = str(name).strip().lower().replace(" ", "_").replace("-", "_")
        if function is not None:
            named[str(name)] = function
        elif plain in MODELS:
            named[plain] = None
        else:
            problems.add("models", f"{name!r} is not known", f"one of {', '.join(MODELS)}")
    if not given:
        problems.add("models", "none given", f"some of {', '.join(MODELS)}")
    problems.raise_if_any()
    return named


def _as_list(models: Iterable[str]) -> list[str]:
    return [models] if isinstance(models, str) else list(models)


def _checked_origins(
    rolls: xr.DataArray,
    births: xr.DataArray,
    entry: Entry,
    origins: Iterable[int],
    horizons: list[int],
) -> list[int]:
    """Origins with an outcome to be judged on, or everything that is wrong with them."""
    problems = Problems()
    if not horizons:
        problems.add("horizons", "none given")
    elif horizons[0] < 1:
        problems.add("horizons", f"{horizons[0]} is not at least 1")
    problems.raise_if_any()
    years = [int(y) for y in rolls["year"].values]
    cohorts = [int(y) for y in entry_cohorts(births, entry)["year"].values]
    first = max(years[0] + FEWEST_ROLLS - 1, cohorts[0])
    given = sorted({int(o) for o in origins})
    if not given:
        problems.add("origins", "none given")
    kept = []
    for origin in given:
        if origin not in years:
            problems.add("origins", f"{origin} is not a year of the rolls ({years[0]}-{years[-1]})")
        elif origin < first:
            problems.add(
                "origins",
                f"too little is known in {origin}",
                f"the earliest origin is {first}: rolls begin in {years[0]}, the first entry "
                f"cohort with known births in {cohorts[0]}",
            )
        elif origin + horizons[0] > years[-1]:
            warnings.warn(f"origins: {origin} has no later roll: left out", stacklevel=3)
        else:
            kept.append(origin)
    if given and not kept and not len(problems):
        problems.add("origins", f"none has a roll {horizons[0]} years later to be judged on")
    problems.raise_if_any()
    return kept
