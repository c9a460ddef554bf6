"""Pupils from the housing pipeline: dwellings that are planned, built and lived in.

``pupils = units x P(complete | status) x ramp x occupancy x yield(type)``, less what the forecast
holds already: where ratios or growth rates were fitted to years in which dwellings were completed,
that usual building is in them, and only the building beyond it adds pupils.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from capsim.core.dims import LEVELS
from capsim.core.draws import combine, identity_of, stream
from capsim.core.errors import Problems
from capsim.scenario.options.entry import HousingOptions

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

COLUMNS = ("development", "area", "type", "status", "units", "completion_year")


def housing_pupils(
    developments: pd.DataFrame,
    *,
    first_year: int,
    last_year: int,
    options: HousingOptions | None = None,
    usual_units: pd.DataFrame | None = None,
    draws: int = 0,
    seed: int = 1,
) -> xr.DataArray:
    """Return pupils that the housing pipeline adds to a forecast.

    Parameters
    ----------
    developments : pandas.DataFrame
        Columns ``development`` (name), ``area``, ``type``, ``status``, ``units`` (dwellings) and
        ``completion_year``.
    first_year, last_year : int
        Years to report; `first_year` is the first forecast year. A development that was
        completed before it counts with the whole of its ramp that is still to come.
    options : HousingOptions, optional
        Completion probabilities, ramp, occupancy and yields.
    usual_units : pandas.DataFrame, optional
        The double-count guard: columns ``area``, ``type`` and ``units``, dwellings completed per
        year on average in the years the forecast was fitted to. Their pupils are taken off from
        `first_year` on; where less is built than usual the result is negative.
    draws : int
        0: expected pupils. Otherwise that many draws, in which each development is completed or
        not.
    seed : int
        Seed of the draws.

    Returns
    -------
    xarray.DataArray
        Pupils, dimensions ``(year, area, level)``, or ``(draw, year, area, level)``.

    Raises
    ------
    InvalidInput
        For missing columns, unknown statuses or types, negative units or repeated names.
    """
    chosen = options if options is not None else HousingOptions()
    _check(developments, usual_units, chosen, first_year, last_year)
    areas = developments["area"].drop_duplicates().tolist()
    if usual_units is not None:
        areas += [a for a in usual_units["area"].drop_duplicates() if a not in areas]
    years = np.arange(first_year, last_year + 1)
    units = developments["units"].to_numpy(dtype=np.float64)
    chance = np.array([chosen.completion[s] for s in developments["status"]], dtype=np.float64)
    done = developments["completion_year"].to_numpy(dtype=np.int64)
    # What a development had filled before the first year is on the rolls already.
    before = _filled(np.array([first_year - 1]), done, chosen.ramp)
    filled = _filled(years, done, chosen.ramp) - before
    built = _completed(developments["development"].tolist(), chance, draws, seed)
    per_unit = chosen.occupancy * _yields(developments["type"].tolist(), chosen)
    member = _membership(developments["area"].tolist(), areas)
    pupils = np.einsum("kd,yd,da,dl->kyal", built * units, filled, member, per_unit)
    if usual_units is not None:
        pupils = pupils - _usual(usual_units, years, areas, chosen)
    dims = ("draw", "year", "area", "level")
    coords = {"draw": np.arange(len(pupils)), "year": years, "area": areas, "level": list(LEVELS)}
    array = xr.DataArray(pupils, dims=dims, coords=coords, name="housing_pupils")
    return array if draws else array.isel(draw=0, drop=True)


def _filled(years: NDArray[np.int64], done: NDArray[np.int64], ramp: tuple[float, ...]) -> F64:
    """Share of the final occupancy by year and development, shape (years, developments)."""
    age = years[:, None] - done[None, :]
    steps = np.concatenate([[0.0], np.asarray(ramp)])
    return np.asarray(steps[np.clip(age + 1, 0, len(ramp))])


def _completed(names: list[str], chance: F64, draws: int, seed: int) -> F64:
    """Completion of each development, shape (draws or 1, developments)."""
    if draws == 0:
        return chance[None, :]
    number = np.arange(draws, dtype=np.uint64)[:, None]
    identity = combine(identity_of([str(n) for n in names])[None, :], number)
    return stream(seed, 0, "housing completion").occurs(identity, chance).astype(np.float64)


def _yields(types: list[str], options: HousingOptions) -> F64:
    return np.array(
        [[getattr(options.pupil_yield[t], level) for level in LEVELS] for t in types]
    ).reshape(-1, len(LEVELS))


def _membership(of: list[str], areas: list[str]) -> F64:
    return np.array([[float(a == area) for area in areas] for a in of]).reshape(-1, len(areas))


def _usual(
    usual: pd.DataFrame, years: NDArray[np.int64], areas: list[str], options: HousingOptions
) -> F64:
    """Pupils of usual building that ratios already hold, shape (years, areas, levels).

    Where as many dwellings are completed every year, the developments that are filling add
    together one year's dwellings at their final occupancy, each year.
    """
    filled = np.arange(1, len(years) + 1) * options.ramp[-1]
    per_unit = options.occupancy * _yields(usual["type"].tolist(), options)
    member = _membership(usual["area"].tolist(), areas)
    units = usual["units"].to_numpy(dtype=np.float64)
    return np.asarray(np.einsum("d,y,da,dl->yal", units, filled, member, per_unit))


def _check(
    developments: pd.DataFrame,
    usual: pd.DataFrame | None,
    options: HousingOptions,
    first_year: int,
    last_year: int,
) -> None:
    problems = Problems()
    if last_year < first_year:
        problems.add("last_year", f"{last_year} is before {first_year}")
    tables: list[tuple[str, pd.DataFrame, tuple[str, ...]]] = [("housing", developments, COLUMNS)]
    if usual is not None:
        tables.append(("usual_units", usual, ("area", "type", "units")))
    for name, table, columns in tables:
        missing = [c for c in columns if c not in table.columns]
        if missing:
            problems.add(name, f"lacks the column {', '.join(missing)}")
            continue
        for number, row in enumerate(table.to_dict("records"), start=1):
            where = f"{name}: row {number}"
            if row["type"] not in options.pupil_yield:
                known = ", ".join(options.pupil_yield)
                problems.add(where, f"type {row['type']!r} has no yield", f"one of {known}")
            if not row["units"] >= 0:
                problems.add(where, f"units: {row['units']} is negative or missing")
            if name == "housing" and row["status"] not in options.completion:
                known = ", ".join(options.completion)
                problems.add(where, f"status {row['status']!r} is not known", f"one of {known}")
    if not len(problems):
        repeated = developments["development"][developments["development"].duplicated()]
        if len(repeated):
            problems.add("housing", f"repeats the development {repeated.iloc[0]!r}")
    problems.raise_if_any()
