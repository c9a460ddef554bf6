"""Scenarios against each other: paired by replicate, so that they differ by policy and not by luck.

Every replicate of a run has the same births, families and lotteries in all scenarios. The
difference of two scenarios in one replicate is therefore the effect of the policy there, and the
band over replicates is the band of the effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from capsim.core.catalogue import BY_NAME, RUN_DIMS
from capsim.core.errors import InvalidInput, Problems
from capsim.core.quantiles import BAND
from capsim.results.results import Results, as_dataset

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

F64 = NDArray[np.float64]
Better = Literal["lower", "higher", ""]

# What a committee would call better, all else equal; variables that are neither are left out.
BETTER: Final[Mapping[str, Better]] = {
    "seat_gap": "lower",
    "spare_seats": "lower",
    "over_cap": "lower",
    "unplaced": "lower",
    "travel_km": "lower",
    "travel_km_p90": "lower",
    "attrition": "lower",
    "capital_cost": "lower",
    "running_cost": "lower",
    "variation_coefficient": "lower",
    "quality": "higher",
    "zone_school_share": "higher",
    "first_choice_share": "higher",
    "indicator_met": "higher",
    "retention": "higher",
}

DEFAULT_VARIABLES: Final = (
    "seat_gap",
    "spare_seats",
    "new_seats",
    "over_cap",
    "unplaced",
    "roll_by_kind",
    "small_schools",
    "closures",
    "travel_km",
    "boarders",
    "bus_riders",
    "teachers",
    "capital_cost",
    "running_cost",
)
# Dimensions that keep their meaning only one at a time, and what is compared when they are dropped.
_ONE_OF: Final = {"price_basis": "real"}


@dataclass(frozen=True)
class Comparison:
    """Differences between scenarios.

    Attributes
    ----------
    baseline : str
        Scenario that the others are compared with.
    table : DataFrame
        One row for each scenario, variable, year and kept cell: ``scenario, variable, year``, the
        kept dimensions (empty where the variable lacks one), ``unit, baseline_mean,
        scenario_mean, mean`` and the quantiles of the paired difference (``p10, p50, p90``),
        ``probability_higher`` (ties half), ``better`` (``lower``, ``higher`` or empty) and
        ``probability_better``, missing where neither direction is better.
    inputs : DataFrame
        What differs in the inputs: ``scenario, key, baseline, value``.
    """

    baseline: str
    table: pd.DataFrame
    inputs: pd.DataFrame

    def __repr__(self) -> str:
        others = ", ".join(dict.fromkeys(map(str, self.table["scenario"])))
        return f"<capsim.Comparison: {others} against {self.baseline}, {len(self.table):,} rows>"

    def _repr_html_(self) -> str:
        shown = self.table.head(20).to_html(index=False, border=0)
        return f"<p>{len(self.table):,} rows; the first 20 of <code>table</code>:</p>{shown}"

    def beside(self, scenario: str, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the input differences and the output differences of one scenario in one year.

        Raises
        ------
        InvalidInput
            If the scenario was not compared or the year is not in the results.
        """
        outputs = self.table[(self.table["scenario"] == scenario) & (self.table["year"] == year)]
        if outputs.empty:
            raise InvalidInput.of("compare", f"no comparison of {scenario!r} in {year}")
        inputs = self.inputs[self.inputs["scenario"] == scenario]
        return inputs.reset_index(drop=True), outputs.reset_index(drop=True)


def compare(
    results: Results | xr.Dataset | str | Path,
    baseline: str,
    *,
    scenarios: Sequence[str] | None = None,
    variables: Sequence[str] | None = None,
    by: Sequence[str] = ("level", "settlement_kind"),
    years: Sequence[int] | None = None,
    quantiles: Sequence[float] = BAND,
    input_differences: Mapping[str, Sequence[tuple[str, object, object]]] | None = None,
) -> Comparison:
    """Compare scenarios with a baseline, paired by replicate.

    Variables that add up are summed over the dimensions that are not in `by`; the others keep all
    their dimensions. Costs are compared in real terms unless `by` names ``price_basis``. A cell
    that is missing in either scenario of a replicate is left out of that cell's band.

    Parameters
    ----------
    results : Results, Dataset or path
        Results with single replicates: as :func:`capsim.run` returns them, their dataset, or the
        folder of a run.
    baseline : str
        Name of a scenario.
    scenarios : sequence of str, optional
        Scenarios to compare; all others if absent.
    variables : sequence of str, optional
        Variables; the ones a planner asks for first if absent.
    by : sequence of str
        Dimensions to keep where a variable has them, beside the year.
    years : sequence of int, optional
        Years; all if absent.
    quantiles : sequence of float
        Quantiles of the paired difference.
    input_differences : mapping, optional
        For each scenario, ``(key, value in the baseline, value there)``.

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidInput
        For unknown scenarios, variables or years, or variables without replicates.
    """
    import pandas as pd

    data = as_dataset(results)
    others = _scenarios(data, baseline, scenarios)
    chosen = _variables(data, variables)
    kept_years = _years(data, years)
    frames = [
        _differences(data, name, baseline, others, kept_years, by, quantiles) for name in chosen
    ]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    lead = ["scenario", "variable", "year"]
    figures = [
        "unit",
        "baseline_mean",
        "scenario_mean",
        "mean",
        *[_quantile_name(q) for q in quantiles],
        "probability_higher",
        "better",
        "probability_better",
    ]
    cells = [c for c in table.columns if c not in {*lead, *figures}]
    table[cells] = table[cells].astype(object).where(table[cells].notna(), "")
    return Comparison(baseline, table[[*lead, *cells, *figures]], _inputs(input_differences))


def probability_higher(difference: F64, axis: int = -1) -> F64:
    """Return the share of differences above 0, ties counted half; missing values left out.

    Parameters
    ----------
    difference : ndarray
        Paired differences.
    axis : int
        Axis of the replicates.

    Returns
    -------
    ndarray
        Missing where no difference is known.
    """
    known = np.isfinite(difference)
    wins = ((difference > 0) + 0.5 * (difference == 0)) * known
    count = known.sum(axis=axis)
    share: F64 = np.full(count.shape, np.nan)
    np.divide(wins.sum(axis=axis), count, out=share, where=count > 0)
    return share


def _differences(
    data: xr.Dataset,
    name: str,
    baseline: str,
    others: Sequence[str],
    years: Sequence[int],
    by: Sequence[str],
    quantiles: Sequence[float],
) -> pd.DataFrame:
    """Return the tidy differences of one variable."""
    array = _reduced(data[name], name, by).sel(year=list(years)).astype("float64")
    base = array.sel(scenario=baseline, drop=True)
    other = array.sel(scenario=list(others))
    difference = (other - base).transpose(..., "replicate")
    values = difference.values
    known = np.isfinite(values)
    base_values = base.broadcast_like(difference).transpose(*difference.dims).values
    columns = {
        "baseline_mean": _mean(base_values, known),
        "scenario_mean": _mean(other.transpose(*difference.dims).values, known),
        "mean": _mean(values, known),
        **{_quantile_name(q): _quantile(values, known, q) for q in quantiles},
        "probability_higher": probability_higher(values),
    }
    template = difference.isel(replicate=0, drop=True).reset_coords(drop=True)
    frame: pd.DataFrame = template.to_dataframe("mean").reset_index().drop(columns="mean")
    # Rows of the frame run over the dimensions in the order of the array, the last one fastest.
    for column, figures in columns.items():
        frame[column] = figures.ravel()
    frame = frame[np.isfinite(frame["mean"])].copy()
    better = BETTER.get(name, "")
    higher = frame["probability_higher"]
    frame["better"] = better
    frame["probability_better"] = (
        higher if better == "higher" else 1.0 - higher if better == "lower" else np.nan
    )
    frame["variable"] = name
    declared = BY_NAME[name].unit if name in BY_NAME else data[name].attrs.get("units", "")
    frame["unit"] = str(declared)
    return frame


def _reduced(array: xr.DataArray, name: str, by: Sequence[str]) -> xr.DataArray:
    """Add a variable up over the dimensions that are not kept."""
    for dim, label in _ONE_OF.items():
        if dim in array.dims and dim not in by:
            array = array.sel({dim: label}, drop=True)
    adds = name in BY_NAME and BY_NAME[name].adds == "sum"
    dropped = [d for d in array.dims if d not in by and d not in RUN_DIMS]
    return array.sum(dropped, min_count=1) if adds and dropped else array


def _mean(values: F64, known: NDArray[np.bool_]) -> F64:
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    mean: F64 = np.full(count.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _quantile(values: F64, known: NDArray[np.bool_], q: float) -> F64:
    result = np.full(values.shape[:-1], np.nan)
    any_known = known.any(axis=-1)
    if any_known.any():
        result[any_known] = np.nanquantile(np.where(known, values, np.nan)[any_known], q, axis=-1)
    return result


def _quantile_name(q: float) -> str:
    return f"p{round(100 * q):02d}"


def _scenarios(data: xr.Dataset, baseline: str, wanted: Sequence[str] | None) -> list[str]:
    names = [str(s) for s in data["scenario"].values]
    problems = Problems()
    for name in [baseline, *(wanted or ())]:
        if name not in names:
            problems.add("compare", f"unknown scenario {name!r}", f"known: {', '.join(names)}")
    problems.raise_if_any()
    others = list(wanted) if wanted is not None else [n for n in names if n != baseline]
    if not others:
        raise InvalidInput.of(
            "compare", f"there is no scenario beside {baseline!r}", "run at least two scenarios"
        )
    return others


def _variables(data: xr.Dataset, wanted: Sequence[str] | None) -> list[str]:
    if wanted is None:
        return [n for n in DEFAULT_VARIABLES if n in data and "replicate" in data[n].dims]
    problems = Problems()
    for name in wanted:
        if name not in data:
            problems.add("compare", f"unknown variable {name!r}")
        elif "replicate" not in data[name].dims:
            problems.add(
                "compare",
                f"{name} is kept as quantiles: it cannot be paired by replicate",
                "run with all replicates kept",
            )
    problems.raise_if_any()
    return list(wanted)


def _years(data: xr.Dataset, wanted: Sequence[int] | None) -> list[int]:
    known = [int(y) for y in data["year"].values]
    if wanted is None:
        return known
    problems = Problems()
    for year in wanted:
        if year not in known:
            problems.add("compare", f"year {year} is not in the results", f"{known[0]}-{known[-1]}")
    problems.raise_if_any()
    return [int(y) for y in wanted]


def _inputs(
    differences: Mapping[str, Sequence[tuple[str, object, object]]] | None,
) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (scenario, key, base, value)
        for scenario, items in (differences or {}).items()
        for key, base, value in items
    ]
    return pd.DataFrame(rows, columns=["scenario", "key", "baseline", "value"])
