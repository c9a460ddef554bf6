"""Histories of rolls and births: from tidy tables to checked arrays, with every fault named."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import xarray as xr

from capsim.core.errors import InvalidInput, Problems

if TYPE_CHECKING:
    import pandas as pd

Stage = Literal["grade", "age"]

_AREA_NAMES: Final = ("area", "region")
_SHOWN: Final = 6


def roll_array(
    rolls: pd.DataFrame | xr.DataArray, *, first_stage: int | None = None
) -> xr.DataArray:
    """Return rolls as an array of pupils by year, area and stage.

    Parameters
    ----------
    rolls : pandas.DataFrame or xarray.DataArray
        Tidy: columns ``year``, ``area`` (or ``region``), ``grade`` or ``age``, ``pupils``; other
        columns, such as sex, are added up. Labelled: dimensions ``year``, ``area`` and ``grade``
        or ``age``. An open age group (``19+``) holds pupils who stay in it from year to year, so
        that no ratio leads out of it: it is left out, with a warning.
    first_stage : int, optional
        Grades or ages below it (preschool) are left out, with a warning.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(year, area, grade)`` or ``(year, area, age)``, float64, sorted, whole.

    Raises
    ------
    InvalidInput
        If columns, years, areas or stages are missing, repeated or negative.
    """
    array = _from_table(rolls, "rolls", "pupils")
    stage = stage_of(array)
    if first_stage is not None:
        below = [int(a) for a in array[stage].values if a < first_stage]
        if below:
            _left_out("rolls", f"{stage} {_some(below)} before entry at {first_stage}")
            array = array.sel({stage: [a for a in array[stage].values if a >= first_stage]})
        if array.sizes[stage] == 0 or int(array[stage].values[0]) != first_stage:
            raise InvalidInput.of(
                "rolls", f"{stage} {first_stage}, the entry {stage}, is not in the rolls"
            )
    problems = Problems()
    _check_runs(array, "year", "rolls", problems)
    _check_runs(array, stage, "rolls", problems)
    _check_cells(array, "rolls", "pupils", problems)
    problems.raise_if_any()
    return array


def births_array(births: pd.DataFrame | xr.DataArray, areas: xr.DataArray) -> xr.DataArray:
    """Return births by year and area, in the areas of the rolls.

    Parameters
    ----------
    births : pandas.DataFrame or xarray.DataArray
        Tidy: columns ``year``, ``area`` (or ``region``), ``births``; other columns are added up.
        Labelled: dimensions ``year`` and ``area``.
    areas : xarray.DataArray
        Areas of the rolls. Births of other areas are left out, with a warning.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(year, area)``, float64, years without gaps.

    Raises
    ------
    InvalidInput
        If an area of the rolls has no births, or years are missing or births negative.
    """
    array = _from_table(births, "births", "births")
    wanted = areas.values.tolist()
    known = array["area"].values.tolist()
    problems = Problems()
    missing = [a for a in wanted if a not in set(known)]
    unknown = [a for a in known if a not in set(wanted)]
    if missing:
        problems.add(
            "births",
            f"no births for area {_some(missing)} of the rolls",
            f"areas of the births: {_some(known)}",
        )
        problems.raise_if_any()
    if unknown:
        _left_out("births", f"area {_some(unknown)}, which has no rolls")
    array = array.sel(area=wanted)
    _check_runs(array, "year", "births", problems)
    _check_cells(array, "births", "births", problems)
    problems.raise_if_any()
    return array


def stage_of(array: xr.DataArray) -> Stage:
    """Return whether rolls are counted by ``grade`` or by ``age``."""
    return "grade" if "grade" in array.dims else "age"


def _from_table(table: pd.DataFrame | xr.DataArray, where: str, value: str) -> xr.DataArray:
    if isinstance(table, xr.DataArray):
        return _from_labelled(table, where, value)
    import pandas as pd

    if not isinstance(table, pd.DataFrame):
        raise InvalidInput.of(where, f"is a {type(table).__name__}", "a table or labelled array")
    return _from_tidy(table, where, value)


def _from_labelled(array: xr.DataArray, where: str, value: str) -> xr.DataArray:
    if "region" in array.dims and "area" not in array.dims:
        array = array.rename(region="area")
    stages = [d for d in ("grade", "age") if d in array.dims]
    wanted = {"year", "area"} | (set(stages) if value == "pupils" else set())
    problems = Problems()
    missing = [d for d in ("year", "area") if d not in array.dims]
    if value == "pupils" and len(stages) != 1:
        missing.append("grade or age (one of them)")
    if missing:
        problems.add(where, f"lacks the dimension {_some(missing)}")
    problems.raise_if_any()
    problems_unlabelled = [d for d in wanted if d not in array.coords]
    if problems_unlabelled:
        raise InvalidInput.of(where, f"has no labels on dimension {_some(problems_unlabelled)}")
    others = [d for d in array.dims if d not in wanted]
    if others:
        array = array.sum(others, skipna=False)
    order: list[Hashable] = ["year", "area", *(stages if value == "pupils" else [])]
    array = array.transpose(*order).astype(np.float64)
    for dim in order:
        labels = array[dim].values.tolist()
        if len(set(labels)) != len(labels):
            problems.add(where, f"repeats a label of {dim}")
    problems.raise_if_any()
    return array.sortby([d for d in order if d != "area"]).rename(value)


def _from_tidy(table: pd.DataFrame, where: str, value: str) -> xr.DataArray:
    import pandas as pd

    frame = table.copy()
    if "area" not in frame.columns and "region" in frame.columns:
        frame = frame.rename(columns={"region": "area"})
    problems = Problems()
    stages = [c for c in ("grade", "age") if c in frame.columns]
    missing = [c for c in ("year", "area", value) if c not in frame.columns]
    if missing:
        problems.add(where, f"lacks the column {_some(missing)}", f"found {_some(frame.columns)}")
    if value == "pupils" and len(stages) != 1:
        problems.add(where, "needs one of the columns grade and age")
    problems.raise_if_any()
    keys = ["year", "area", *(stages if value == "pupils" else [])]
    if value == "pupils":
        frame = _without_open_group(frame, stages[0], where)
    for column in (*[k for k in keys if k != "area"], value):
        numbers = pd.to_numeric(frame[column], errors="coerce")
        bad = frame[column][numbers.isna()]
        if len(bad):
            problems.add(where, f"{column}: {_some(bad.unique().tolist())} is not a number")
        frame[column] = numbers
    if frame["area"].isna().any():
        problems.add(where, "area: missing in some rows")
    problems.raise_if_any()
    _check_rows(frame, keys, where, value, problems)
    problems.raise_if_any()
    for column in keys:
        if column != "area":
            frame[column] = frame[column].astype(int)
    sums = frame.groupby(keys, sort=False)[value].sum()
    areas = frame["area"].drop_duplicates().tolist()
    array: xr.DataArray = xr.DataArray.from_series(sums).astype(np.float64)
    return array.sel(area=areas).transpose(*keys).rename(value)


def _check_rows(
    frame: pd.DataFrame, keys: list[str], where: str, value: str, problems: Problems
) -> None:
    """Record negative counts, and repeated rows where no other column tells them apart."""
    negative = frame[frame[value] < 0]
    if len(negative):
        row = negative.iloc[0]
        what = ", ".join(f"{k} {row[k]}" for k in keys)
        more = f" and {len(negative) - 1} more" if len(negative) > 1 else ""
        problems.add(where, f"{value}: {row[value]:g} is negative ({what}{more})")
    labels = [c for c in frame.columns if c != value]
    repeated = frame[frame.duplicated(labels)]
    if len(repeated):
        row = repeated.iloc[0]
        what = ", ".join(f"{k} {row[k]}" for k in keys)
        more = f" and {len(repeated) - 1} more" if len(repeated) > 1 else ""
        problems.add(where, f"repeats the row of {what}{more}")


def _without_open_group(frame: pd.DataFrame, stage: str, where: str) -> pd.DataFrame:
    text = frame[stage].astype(str).str.strip()
    is_open = text.str.endswith("+")
    if is_open.any():
        _left_out(where, f"open {stage} group {_some(text[is_open].unique().tolist())}")
        frame = frame[~is_open].copy()
    return frame


def _check_runs(array: xr.DataArray, dim: str, where: str, problems: Problems) -> None:
    labels = [int(x) for x in array[dim].values]
    if not labels:
        problems.add(where, f"holds no {dim}")
        return
    gaps = sorted(set(range(labels[0], labels[-1] + 1)) - set(labels))
    if gaps:
        problems.add(where, f"{dim} {_some(gaps)} missing between {labels[0]} and {labels[-1]}")


def _check_cells(array: xr.DataArray, where: str, value: str, problems: Problems) -> None:
    for fault, wrong in (("missing", np.isnan(array.values)), ("negative", array.values < 0)):
        count = int(wrong.sum())
        if count:
            first = [int(i[0]) for i in np.nonzero(wrong)]
            at = ", ".join(
                f"{d} {array[d].values[i]}" for d, i in zip(array.dims, first, strict=True)
            )
            more = f" and {count - 1} more" if count > 1 else ""
            problems.add(where, f"{value} {fault}: {at}{more}")


def _left_out(where: str, what: str) -> None:
    warnings.warn(f"{where}: {what}: left out", UserWarning, stacklevel=4)


def _some(items: Any) -> str:
    found = [str(x) for x in items]
    shown = ", ".join(found[:_SHOWN])
    return shown if len(found) <= _SHOWN else f"{shown} and {len(found) - _SHOWN} more"
