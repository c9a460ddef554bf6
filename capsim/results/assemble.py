"""From the records of single replicates to one labelled dataset over the union of all schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capsim.admission.outcomes import OUTCOMES, ROUNDS
from capsim.core.catalogue import (
    ATTRITION_CAUSES,
    BY_NAME,
    CAPACITY_CAUSES,
    CATALOGUE,
    PUPIL_CAUSES,
    TEACHER_CAUSES,
    Variable,
)
from capsim.core.dims import CLASS_SIZE_BINS, DESTINATIONS, GRADES, LEVELS, SETTLEMENT_KINDS
from capsim.county.county import County
from capsim.texts import say

if TYPE_CHECKING:
    import xarray as xr

F32 = NDArray[np.float32]
Arrays = Mapping[str, F32]

CHILD_AGES = tuple(range(16))

CONVENTIONS = "CF-1.11"
# Unit and meaning of coordinates; units only where they are numbers of something.
COORDINATES = {
    "scenario": ("", "scenario"),
    "replicate": ("1", "number of the random future"),
    "year": ("1", "school year, by the calendar year in which it starts"),
    "township": ("", "township"),
    "township_name": ("", "name of the township"),
    "township_name_zh": ("", "Chinese name of the township"),
    "township_x_km": ("km", "easting of the township in the county's plane grid"),
    "township_y_km": ("km", "northing of the township in the county's plane grid"),
    "age": ("year", "completed years on 31 August"),
    "level": ("", "level of schooling"),
    "destination": ("", "where resident children go to school"),
    "planning_area": ("", "planning area of seats"),
    "planning_area_name": ("", "name of the planning area"),
    "planning_area_name_zh": ("", "Chinese name of the planning area"),
    "planning_area_level": ("", "level of the planning area"),
    "school": ("", "school"),
    "name": ("", "name of the school"),
    "name_zh": ("", "Chinese name of the school"),
    "school_kind": ("", "kind of school"),
    "school_township": ("", "township of the school"),
    "school_settlement_kind": ("", "kind of place the school stands in"),
    "x_km": ("km", "easting of the school in the county's plane grid"),
    "y_km": ("km", "northing of the school in the county's plane grid"),
    "parent": ("", "parent school of a teaching point"),
    "grade": ("1", "grade"),
    "class_size_bin": ("", "pupils in a class"),
    "settlement_kind": ("", "kind of place"),
    "outcome": ("", "round and reason of an admission"),
    "outcome_label": ("", "the outcome in words"),
    "outcome_label_zh": ("", "the outcome in Chinese"),
    "round": ("", "round of admission"),
    "capacity_cause": ("", "cause of a change of seats"),
    "pupil_cause": ("", "cause of a change of pupils"),
    "teacher_cause": ("", "cause of a change of teachers"),
    "attrition_cause": ("", "cause of a loss of village pupils"),
    "class_cap": ("pupils", "planned class size"),
    "hard_cap": ("pupils", "class size that no admission exceeds"),
}


def dimension_sizes(county: County) -> dict[str, int]:
    """Return the length of every dimension of the catalogue for one scenario's county."""
    return {name: len(labels) for name, labels in _labels(county).items()}


def _labels(county: County) -> dict[str, list[Any]]:
    return {
        "township": list(county.geography.townships),
        "age": list(CHILD_AGES),
        "level": list(LEVELS),
        "destination": list(DESTINATIONS),
        "planning_area": list(county.geography.planning_areas),
        "school": list(county.schools.ids),
        "grade": list(GRADES),
        "capacity_cause": list(CAPACITY_CAUSES),
        "pupil_cause": list(PUPIL_CAUSES),
        "class_size_bin": list(CLASS_SIZE_BINS),
        "settlement_kind": list(SETTLEMENT_KINDS),
        "outcome": list(OUTCOMES),
        "round": list(ROUNDS),
        "attrition_cause": list(ATTRITION_CAUSES),
        "teacher_cause": list(TEACHER_CAUSES),
    }


def union_of_schools(counties: Sequence[County]) -> list[str]:
    """Return the school identifiers of all scenarios, in order of first appearance."""
    return list(dict.fromkeys(name for county in counties for name in county.schools.ids))


def assemble(
    counties: Sequence[County],
    records: Sequence[Sequence[Arrays]],
    years: Sequence[int],
) -> xr.Dataset:
    """Join the records of all scenarios and replicates into one dataset.

    Parameters
    ----------
    counties : sequence of County
        One per scenario; all share townships and planning areas.
    records : sequence of sequence of mapping
        ``records[scenario][replicate][variable]``, arrays of shape (years, ...).
    years : sequence of int

    Returns
    -------
    xarray.Dataset
        Variables of the catalogue that were recorded; schools that a scenario does not have are
        closed there: counts 0, ratios missing.
    """
    import xarray as xr

    schools = union_of_schools(counties)
    names = [v.name for v in CATALOGUE if any(v.name in runs[0] for runs in records)]
    labels = _labels(counties[0]) | {"school": schools}
    data: dict[str, Any] = {}
    for name in names:
        variable = BY_NAME[name]
        values = np.stack(
            [
                _one_scenario(variable, county, runs, schools, len(years))
                for county, runs in zip(counties, records, strict=True)
            ]
        )
        dims = ("scenario", "replicate", "year", *variable.dims)
        data[name] = (dims, values, _attributes(variable))
    used = {d for v in names for d in BY_NAME[v].dims}
    coords: dict[str, Any] = {
        "scenario": [county.scenario.name for county in counties],
        "replicate": np.arange(len(records[0])),
        "year": np.asarray(years),
        **{dim: labels[dim] for dim in labels if dim in used},
        **_township_coordinates(counties[0]),
        **_planning_area_coordinates(counties[0]),
        **_school_coordinates(counties, schools),
        **_outcome_coordinates(),
        "class_cap": (("scenario", "level"), [list(c.class_cap) for c in counties]),
        "hard_cap": (("scenario", "level"), [list(c.hard_cap) for c in counties]),
    }
    return xr.Dataset(data, coords=coords)


def describe(data: xr.Dataset) -> xr.Dataset:
    """Give the coordinates of a dataset their units and meaning, in place, and return it."""
    data.attrs["Conventions"] = CONVENTIONS
    for name, (units, meaning) in COORDINATES.items():
        if name in data.coords:
            data[name].attrs.update({"long_name": meaning} | ({"units": units} if units else {}))
    return data


def _one_scenario(
    variable: Variable, county: County, runs: Sequence[Arrays], schools: list[str], years: int
) -> NDArray[Any]:
    """Stack one variable over replicates and place it on the union of schools."""
    if variable.name not in runs[0]:
        # Recorded by counties with the table it needs: in others this flow does not happen.
        sizes = dimension_sizes(county)
        none = np.zeros((len(runs), years, *(sizes[dim] for dim in variable.dims)), np.float32)
        none[:, 0] = np.nan
        return none
    stacked = np.stack([run[variable.name] for run in runs])
    if variable.dims[:1] != ("school",) or list(county.schools.ids) == schools:
        return stacked
    missing = np.nan if variable.adds in ("share", "mean", "none") else 0.0
    if variable.name == "is_open":
        missing = 0.0
    full = np.full((len(runs), years, len(schools), *stacked.shape[3:]), missing, np.float32)
    where = {name: row for row, name in enumerate(schools)}
    full[:, :, [where[s] for s in county.schools.ids]] = stacked
    if variable.flow:
        full[:, 0] = np.nan
    return full


def _attributes(variable: Variable) -> dict[str, str]:
    return {
        "units": variable.unit,
        "long_name": variable.long_name,
        "long_name_zh": variable.long_name_zh,
        "adds": variable.adds,
    }


def _township_coordinates(county: County) -> dict[str, Any]:
    geography = county.geography
    seat = [_seat_of(county, row) for row in range(len(geography.townships))]
    return {
        "township_name": ("township", [n[0] for n in geography.township_names]),
        "township_name_zh": ("township", [n[1] for n in geography.township_names]),
        "township_x_km": ("township", geography.x_km[seat]),
        "township_y_km": ("township", geography.y_km[seat]),
    }


def _seat_of(county: County, township: int) -> int:
    """Row of the settlement that stands for a township: its most urban, then most populous."""
    geography = county.geography
    members = np.flatnonzero(geography.township == township)
    order = np.lexsort((-geography.population[members], geography.kind[members]))
    return int(members[order[0]])


def _planning_area_coordinates(county: County) -> dict[str, Any]:
    geography = county.geography
    level = [LEVELS[i] for i in geography.level_of_area()]
    return {
        "planning_area_name": ("planning_area", [n[0] for n in geography.planning_area_names]),
        "planning_area_name_zh": ("planning_area", [n[1] for n in geography.planning_area_names]),
        "planning_area_level": ("planning_area", level),
    }


def _school_coordinates(counties: Sequence[County], schools: list[str]) -> dict[str, Any]:
    """Names, places and parents of the union of schools, from the first county that has each."""
    from capsim.core.dims import SCHOOL_KINDS

    home: dict[str, tuple[County, int]] = {}
    for county in counties:
        for row, name in enumerate(county.schools.ids):
            home.setdefault(name, (county, row))

    def column(attribute: str) -> list[Any]:
        return [getattr(home[s][0].schools, attribute)[home[s][1]] for s in schools]

    parents = []
    for s in schools:
        county, row = home[s]
        parent = int(county.schools.parent[row])
        parents.append(county.schools.ids[parent] if parent >= 0 else "")
    townships = counties[0].geography.townships
    coords: dict[str, Any] = {
        "name": [n[0] for n in column("names")],
        "name_zh": [n[1] for n in column("names")],
        "school_kind": [SCHOOL_KINDS[k] for k in column("kind")],
        "school_township": [townships[t] for t in column("township")],
        "school_settlement_kind": [SETTLEMENT_KINDS[k] for k in column("settlement_kind")],
        "x_km": np.asarray(column("x_km")),
        "y_km": np.asarray(column("y_km")),
        "parent": parents,
    }
    return {name: ("school", values) for name, values in coords.items()}


def _outcome_coordinates() -> dict[str, Any]:
    return {
        "outcome_label": ("outcome", [say(f"admission.outcome.{o}", "en") for o in OUTCOMES]),
        "outcome_label_zh": ("outcome", [say(f"admission.outcome.{o}", "zh") for o in OUTCOMES]),
    }
