"""How the settings of the roll forecast are chosen: on outcomes to a year, by a rule fixed before.

Histories are cut at that year before anything is computed. Every origin before it counts for the
point forecast; from origins at which no entry cohort has known births yet, only children who are
at school already are forecast and judged.

1. Settings of the point forecast, by turns, each from its candidates in :data:`POINT_GRID`, from
   the middle ones on until none changes. The criterion is the mean log of the mean absolute
   percentage error over areas' stages and areas' totals at every horizon, so that every horizon
   counts alike. Candidates stand from little to much; of those within :data:`TIE` of the best
   the first counts, because what carries less forward is the safer at horizons not tried here.
2. The fading of areas' growth is estimated in the forecast itself and drawn to a prior share.
   Of the weights of that prior the smallest counts whose criterion lies within
   :data:`AS_GOOD` of the best: what can be estimated is preferred to a constant.
3. Settings of the spread, every combination in :data:`SPREAD_GRID`, judged on complete forecasts
   alone (of every stage, entrants among them), because those are what is delivered and entrants
   are much of their spread. Among combinations whose pooled coverage at one and three years lies
   within :data:`COVERAGE` (or, where none does, is nearest to it) the criterion is the mean log
   interval score of the 80 % and 95 % bands. Of those within :data:`AS_GOOD` of the best the one
   that trusts earlier misses least counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from capsim.core.draws import identity_of
from capsim.core.errors import InvalidInput
from capsim.demography.entrants import Entry
from capsim.forecasting.backtesting.scores import LEVELS, band, interval_score
from capsim.forecasting.roll_forecast import FEWEST_ROLLS, draw_futures, known_at
from capsim.forecasting.roll_levels import RollHistory, RollSettings
from capsim.forecasting.roll_paths import Noise, forecast_point

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

#: Candidates of the settings of the point forecast, from little to much; the middle one begins.
POINT_GRID: Final[Mapping[str, tuple[float, ...]]] = {
    "level_half_life_years": (2.5, 5.0, 10.0, 20.0),
    "cell_half_life_years": (5.0, 10.0, 20.0, 40.0),
    "recent_half_life_years": (1.0, 2.0, 4.0, 8.0, 16.0),
    "area_damping": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    "damping_prior_origins": (2.0, 4.0, 8.0, 16.0, float("inf")),
    "whole_damping": (0.0, 0.25, 0.5, 0.75, 1.0),
    "grade_damping": (0.8, 0.9, 1.0),
    "preschool_growth": (0.0, 0.5, 1.0, 1.5, 2.0),
}

#: Candidates of the settings of the spread.
SPREAD_GRID: Final[Mapping[str, tuple[float, ...]]] = {
    "growth_persistence": (0.0, 0.25, 0.5, 0.75, 0.9),
    "scale_prior_origins": (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, float("inf")),
}

#: Candidates this near to the best (a thousandth of the error) are not told apart.
TIE: Final = 0.001

#: Candidates within one per cent of the error are as good, where reasons speak for one of them.
AS_GOOD: Final = 0.01

#: Coverage, in per cent, that counts as near to that of the 80 % and the 95 % band.
COVERAGE: Final = {80: (75.0, 90.0), 95: (90.0, 98.0)}

_COVERAGE_HORIZONS: Final = (1, 3)
_TURNS: Final = 6
_DRAWS: Final = 2000


@dataclass(frozen=True)
class Selection:
    """Settings that were chosen, and every candidate with its score.

    Attributes
    ----------
    settings : RollSettings
    point : pandas.DataFrame
        Candidates around the chosen point forecast: ``setting, value, criterion`` and the mean
        absolute percentage errors.
    spread : pandas.DataFrame
        Every combination of the spread, the chosen one first, with its coverage, ``outside``
        (how far coverage lies outside its limits, in points) and ``criterion``.
    """

    settings: RollSettings
    point: pd.DataFrame
    spread: pd.DataFrame


@dataclass(frozen=True)
class _Case:
    """One origin: what was known, the births behind the coming entrants, and what came."""

    history: RollHistory
    coming: F64
    came: F64


def select_roll_settings(
    rolls: pd.DataFrame | xr.DataArray,
    births: pd.DataFrame | xr.DataArray,
    *,
    entry: Entry | Mapping[str, Any] | tuple[int, int],
    through: int,
    horizons: Sequence[int] = (1, 3, 5),
    seed: int = 1,
) -> Selection:
    """Choose the settings of the roll forecast on outcomes to a year.

    Parameters
    ----------
    rolls, births : pandas.DataFrame or xarray.DataArray
        As in :func:`~capsim.forecasting.roll_forecast.forecast_rolls`.
    entry : Entry, mapping or pair
        Grade or age of entry and its lags from birth, as :func:`capsim.backtest` takes it.
    through : int
        Last year whose rolls and births are read, as origin or outcome.
    horizons : sequence of int
        Years ahead that count.
    seed : int
        Seed of the draws that judge the spread.

    Returns
    -------
    Selection

    Raises
    ------
    InvalidInput
        For faults of the tables, or a history too short to judge the longest horizon with
        entrants of known births.
    """
    known = known_at(rolls, births, entry, through)
    cases = _cases(known.history, max(horizons))
    complete = [case for case in cases if not np.isnan(case.coming[0]).any()]
    if max((len(case.came) for case in complete), default=0) < max(horizons):
        raise InvalidInput.of(
            "through",
            f"rolls to {through} hold no outcome {max(horizons)} years after an origin",
            f"an origin has {FEWEST_ROLLS} rolls and one entry cohort with known births",
        )
    settings, point = _select_point(cases, horizons)
    areas = identity_of([str(a) for a in known.rolls["area"].values])
    settings, spread = _select_spread(complete, horizons, settings, areas, seed)
    return Selection(settings, point, spread)


def _cases(history: RollHistory, furthest: int) -> list[_Case]:
    """Every origin of a history that has an outcome."""
    n, n_areas = history.pupils.shape[:2]
    cases = []
    for rolls in range(FEWEST_ROLLS, n):
        horizon = min(furthest, n - rolls)
        then = history.as_of(rolls)
        coming = np.full((horizon, n_areas), np.nan)
        # Without one entrant whose births are known there is no ratio to forecast entrants with.
        if not np.isnan(then.born[:rolls]).all():
            known = then.born[rolls : rolls + horizon]
            coming[: len(known)] = known
        cases.append(_Case(then, coming, history.pupils[rolls : rolls + horizon]))
    return cases


def _select_point(cases: list[_Case], horizons: Sequence[int]) -> tuple[RollSettings, pd.DataFrame]:
    """Choose by turns, each setting with the others as they stand."""
    import pandas as pd

    chosen = replace(
        RollSettings(), **{name: values[len(values) // 2] for name, values in POINT_GRID.items()}
    )
    for _ in range(_TURNS):
        before = chosen
        for name in POINT_GRID:
            found = dict(_scored(cases, horizons, chosen, name))
            best = min(row["criterion"] for row in found.values())
            good = AS_GOOD if name == "damping_prior_origins" else TIE
            value = next(v for v, row in found.items() if row["criterion"] <= best + good)
            chosen = replace(chosen, **{name: value})
        if chosen == before:
            break
    rows = [
        {"setting": name, "value": value, "chosen": value == getattr(chosen, name), **row}
        for name in POINT_GRID
        for value, row in _scored(cases, horizons, chosen, name)
    ]
    return chosen, pd.DataFrame(rows)


def _scored(
    cases: list[_Case], horizons: Sequence[int], settings: RollSettings, name: str
) -> Iterator[tuple[float, dict[str, float]]]:
    """Yield each candidate of a setting with its errors."""
    for value in POINT_GRID[name]:
        yield value, _point_errors(cases, horizons, replace(settings, **{name: value}))


def _point_errors(
    cases: list[_Case], horizons: Sequence[int], settings: RollSettings
) -> dict[str, float]:
    """Mean absolute percentage errors by series and horizon, and the mean of their logs."""
    made = [forecast_point(case.history, settings, case.coming) for case in cases]
    errors: dict[str, float] = {}
    for h in horizons:
        cells, areas = [], []
        for case, point in zip(cases, made, strict=True):
            if len(case.came) < h:
                continue
            (cell, area), (came, came_area) = _both(point[None, h - 1]), _both_came(case, point, h)
            cells.append(np.abs(cell[0] / came - 1.0))
            areas.append(np.abs(area[0] / came_area - 1.0))
        errors[f"cell {h}"] = 100.0 * float(np.concatenate(cells).mean())
        errors[f"area {h}"] = 100.0 * float(np.concatenate(areas).mean())
    return {"criterion": float(np.mean(np.log(list(errors.values())))), **errors}


def _select_spread(
    cases: list[_Case],
    horizons: Sequence[int],
    settings: RollSettings,
    areas: NDArray[np.uint64],
    seed: int,
) -> tuple[RollSettings, pd.DataFrame]:
    """Judge every combination of the settings of the spread, the chosen one first."""
    import pandas as pd

    rows = []
    for values in product(*SPREAD_GRID.values()):
        tried = dict(zip(SPREAD_GRID, values, strict=True))
        made = [
            draw_futures(
                case.history, replace(settings, **tried), case.coming[None], k,
                Noise(seed, _DRAWS, areas),
            )[0]
            for k, case in enumerate(cases)
        ]  # fmt: skip
        rows.append({**tried, **_band_scores(cases, made, horizons)})
    table = pd.DataFrame(rows)
    near = table[table["outside"] == table["outside"].min()]
    good = near[near["criterion"] <= near["criterion"].min() + AS_GOOD]
    table["chosen"] = table.index == good["scale_prior_origins"].idxmax()
    best = {name: float(table.loc[table["chosen"], name].iloc[0]) for name in SPREAD_GRID}
    order = table.sort_values(["chosen", "outside", "criterion"], ascending=[False, True, True])
    return replace(settings, **best), order.reset_index(drop=True)


def _band_scores(cases: list[_Case], made: list[F64], horizons: Sequence[int]) -> dict[str, float]:
    """Coverage by series, horizon and level, and the mean log interval score."""
    scores: dict[str, float] = {}
    logs, outside = [], 0.0
    for h in horizons:
        found: dict[tuple[str, int], list[tuple[NDArray[np.bool_], F64]]] = {}
        for case, draws in zip(cases, made, strict=True):
            if len(case.came) < h:
                continue
            outcomes = _both_came(case, draws[0], h)
            for name, part, came in zip(("cell", "area"), _both(draws[:, h - 1]), outcomes,
                                        strict=True):  # fmt: skip
                for level in LEVELS:
                    low, high = band(part, level)
                    score = interval_score(low, high, came, level) / came
                    found.setdefault((name, level), []).append(
                        ((came >= low) & (came <= high), score)
                    )
        for (name, level), parts in found.items():
            covered = 100.0 * float(np.concatenate([inside for inside, _ in parts]).mean())
            scores[f"{name} {h} coverage {level}"] = covered
            logs.append(np.log(np.concatenate([score for _, score in parts]).mean()))
            if h in _COVERAGE_HORIZONS:
                low_limit, high_limit = COVERAGE[level]
                outside += max(low_limit - covered, covered - high_limit, 0.0)
    return {"criterion": float(np.mean(logs)), "outside": outside, **scores}


def _both(pupils: F64) -> tuple[F64, F64]:
    """Cells and area totals of the stages that are known, each flat; shape (draws, things).

    None where no stage is known.
    """
    known = ~np.isnan(pupils[0]).any(axis=0)
    kept = pupils[:, :, known]
    return kept.reshape(len(kept), -1), kept.sum(axis=2)[:, : None if known.any() else 0]


def _both_came(case: _Case, made: F64, horizon: int) -> tuple[F64, F64]:
    """Outcomes of the same cells and totals."""
    unknown = np.isnan(made[horizon - 1]).any(axis=0)
    cells, areas = _both(np.where(unknown, np.nan, case.came[horizon - 1])[None])
    return cells[0], areas[0]
