"""What figures and report read from a dataset: scenarios, bands over replicates, labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import xarray as xr

from capsim.core.errors import InvalidInput, Problem
from capsim.texts import Message, message

QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
STRESS_MARK: Final = "@"


class NothingToShow(InvalidInput):
    """The results lack what a figure or section needs; `reason` says what, in any language."""

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__([Problem(name, str(reason))])
        self.reason = reason


def nothing(name: str, key: str, **values: str) -> NothingToShow:
    """Return the error that says why `name` is left out: a text of ``texts/*/nothing.yaml``."""
    return NothingToShow(name, message(f"nothing.{key}", **values))


@dataclass(frozen=True, slots=True)
class Bands:
    """Quantiles over replicates along years.

    Attributes
    ----------
    years : ndarray of int, shape (n,)
        Years.
    quantiles : ndarray, shape (5, n)
        10, 25, 50, 75 and 90 per cent; missing where the variable is.
    replicates : int
        Number of replicates behind them; with one there is no band.
    """

    years: np.ndarray
    quantiles: np.ndarray
    replicates: int

    @property
    def median(self) -> np.ndarray:
        """Median, shape (n,)."""
        return np.asarray(self.quantiles[2])

    @property
    def low(self) -> np.ndarray:
        """Lower end of the 80 % band, shape (n,)."""
        return np.asarray(self.quantiles[0])

    @property
    def high(self) -> np.ndarray:
        """Upper end of the 80 % band, shape (n,)."""
        return np.asarray(self.quantiles[4])

    @property
    def has_band(self) -> bool:
        """Whether more than one replicate stands behind the quantiles."""
        return self.replicates > 1


def variable(data: xr.Dataset, name: str, needed_by: str) -> xr.DataArray:
    """Return a variable of the dataset.

    Raises
    ------
    NothingToShow
        If the results do not hold it.
    """
    if name not in data.data_vars:
        raise nothing(needed_by, "variable", variable=name)
    return data[name]


def all_scenarios(data: xr.Dataset) -> list[str]:
    """Return the scenario names, stress paths included."""
    return [str(name) for name in data["scenario"].values]


def plans(data: xr.Dataset) -> list[str]:
    """Return the scenarios that are not stress paths, in their order."""
    names = all_scenarios(data)
    return [name for name in names if STRESS_MARK not in name] or names[:1]


def stress_paths(data: xr.Dataset, scenario: str) -> dict[str, str]:
    """Return {scenario name: path name} of the stress paths run for a scenario."""
    prefix = f"{scenario}{STRESS_MARK}"
    return {name: name[len(prefix) :] for name in all_scenarios(data) if name.startswith(prefix)}


def chosen(data: xr.Dataset, scenario: str | None) -> str:
    """Return the scenario to show: the named one, or the first.

    Raises
    ------
    InvalidInput
        If the named scenario is not in the results.
    """
    names = all_scenarios(data)
    if scenario is None:
        return plans(data)[0]
    if scenario not in names:
        raise InvalidInput.of(
            "scenario", f'"{scenario}" is not in the results', f"one of {', '.join(names)}"
        )
    return scenario


def years_of(data: xr.Dataset) -> np.ndarray:
    """Return the years as integers."""
    return np.asarray(data["year"].values).astype(int)


def focus_years(data: xr.Dataset, count: int = 3) -> list[int]:
    """Return the years that tables show: those divisible by five, from eight years ahead.

    In short runs that hold none of these, evenly spaced years after the base year; with one year,
    that year.
    """
    years = [int(year) for year in years_of(data)]
    fives = [year for year in years[1:] if year % 5 == 0 and year >= years[0] + 8]
    if fives:
        return fives[:count]
    ahead = years[1:] or years
    places = np.unique(np.round(np.linspace(0, len(ahead) - 1, min(count, len(ahead)))).astype(int))
    return [ahead[i] for i in places]


def bands(array: xr.DataArray) -> Bands:
    """Return quantiles over replicates of an array of dims (replicate, year).

    An array already reduced to quantiles (dim ``quantile``) is read as such.
    """
    years = np.asarray(array["year"].values).astype(int)
    if "quantile" in array.dims:
        at = array["quantile"].values.astype(float)
        values = array.transpose("quantile", "year").values.astype(float)
        rows = [np.interp(QUANTILES, at, values[:, j]) for j in range(len(years))]
        return Bands(years, np.stack(rows, axis=1), 2)
    values = array.transpose("replicate", "year").values.astype(float)
    present = ~np.isnan(values).all(axis=0)
    quantiles = np.full((len(QUANTILES), len(years)), np.nan)
    if present.any():
        quantiles[:, present] = np.nanquantile(values[:, present], QUANTILES, axis=0)
    return Bands(years, quantiles, values.shape[0])


def total(array: xr.DataArray, *dims: str) -> xr.DataArray:
    """Sum over dims; missing only where every cell is missing."""
    there = [dim for dim in dims if dim in array.dims]
    return array.sum(there, skipna=True, min_count=1) if there else array


def last_value(values: np.ndarray) -> float:
    """Return the last finite value, missing where there is none."""
    there = values[np.isfinite(values)]
    return float(there[-1]) if len(there) else float("nan")


def provenance(data: xr.Dataset) -> Mapping[str, Any]:
    """Return the provenance of the run; empty if the dataset carries none."""
    text = data.attrs.get("provenance", "")
    if not text:
        return {}
    return _parsed(text)


@lru_cache(maxsize=4)
def _parsed(text: str) -> Mapping[str, Any]:
    # Labels are looked up thousands of times in a report; the text is long and does not change.
    content = json.loads(text)
    return MappingProxyType(content) if isinstance(content, dict) else MappingProxyType({})


def resolved(data: xr.Dataset, scenario: str) -> Mapping[str, Any]:
    """Return the resolved settings of a scenario; empty if the dataset carries none."""
    settings = provenance(data).get("scenarios", {})
    if isinstance(settings, Mapping):
        found = settings.get(scenario, {})
    else:
        found = next((item for item in settings if item.get("name") == scenario), {})
    return found if isinstance(found, Mapping) else {}


def setting(data: xr.Dataset, scenario: str, path: Sequence[str]) -> Any:
    """Return a resolved setting by its path of keys, or None."""
    node: Any = resolved(data, scenario)
    for key in path:
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    return node


def class_cap(data: xr.Dataset, scenario: str, level: str) -> float:
    """Return the class cap in force in a scenario, else that of the national standard."""
    from capsim.reference.standards import national_standards

    attribute = data.attrs.get("class_cap", {})
    by_scenario = json.loads(attribute) if isinstance(attribute, str) else attribute
    cap = by_scenario.get(scenario, by_scenario).get(level)
    if cap is None:
        cap = setting(data, scenario, ("enrolment", "class_cap", level))
    if isinstance(cap, (int, float)):
        return float(cap)
    return national_standards().limit("class_size", level)


def rooms_are_assumed(data: xr.Dataset) -> bool:
    """Return whether the classrooms of every level in the table of schools are assumed."""
    rows = [row for row in provenance(data).get("data", []) if isinstance(row, Mapping)]
    marks = [
        row.get("mark")
        for row in rows
        if row.get("table") == "schools" and str(row.get("column", "")).startswith("rooms_")
    ]
    return bool(marks) and all(mark == "assumed" for mark in marks)
