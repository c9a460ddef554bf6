"""Opening the folders of runs, one or several, as one set of results."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from capsim.core.errors import InvalidInput

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from capsim.results.results import Results

# What plans may have more or less of; all else must be the same in runs that are compared.
OWN_DIMS: Final = ("school", "project", "funding_source", "cost_item")
BY_SCENARIO: Final = ("scenarios", "inputs", "notes", "progression_check")


def open_runs(folders: Sequence[Path], *, variables: Collection[str] | None = None) -> Results:
    """Open runs; several are put side by side where they can be paired by replicate.

    Plans may have schools, projects and items of cost that others lack. As in one run of all
    scenarios, what a scenario does not have counts 0 there and its ratios are missing.

    Parameters
    ----------
    folders : sequence of Path
        Folders of runs.
    variables : collection of str, optional
        Variables to read; default all.

    Raises
    ------
    InvalidInput
        If a folder holds no run, or runs differ in seed, years, replicates or planning areas.
    """
    from capsim.results.results import Results, open_results

    opened = [open_results(folder, variables=variables) for folder in folders]
    first = opened[0]
    if len(opened) == 1:
        return first
    for folder, other in zip(folders[1:], opened[1:], strict=True):
        _require_pairs(folders[0], first, folder, other)
    data = side_by_side([run.data for run in opened])
    merged = dict(first.provenance)
    for other in opened[1:]:
        known = other.provenance
        for key in BY_SCENARIO:
            merged[key] = {**merged.get(key, {}), **known.get(key, {})}
        merged["assumptions"] = [*merged["assumptions"], *known["assumptions"]]
    data.attrs["provenance"] = json.dumps(merged, ensure_ascii=False)
    return Results(data)


def side_by_side(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the scenarios of several datasets in one, over the union of what each plan has.

    Parameters
    ----------
    parts : sequence of Dataset
        Results of the same seed, years, replicates and places.

    Returns
    -------
    Dataset
        Labels in the order of first appearance.
    """
    import xarray as xr

    labels = {
        dim: list(dict.fromkeys(x for p in parts if dim in p.dims for x in p[dim].values.tolist()))
        for dim in ("scenario", *OWN_DIMS)
        if any(dim in part.dims for part in parts)
    }
    owner = {str(name): part for part in reversed(parts) for name in part.data_vars}
    names = dict.fromkeys(str(name) for part in parts for name in part.data_vars)
    data = {name: _joined(name, owner[name][name], parts, labels) for name in names}
    coords = {
        str(name): _coordinate(str(name), array, parts, labels)
        for part in reversed(parts)
        for name, array in part.coords.items()
    }
    return xr.Dataset(data, coords, dict(parts[0].attrs))


def _joined(
    name: str, like: xr.DataArray, parts: Sequence[xr.Dataset], labels: Mapping[str, list[Any]]
) -> xr.Variable:
    """Return one variable of all parts: counts 0 where a plan lacks a label, ratios missing."""
    import numpy as np
    import xarray as xr

    from capsim.core.catalogue import BY_NAME

    known = BY_NAME.get(name)
    is_count = known is not None and (known.adds == "sum" or name == "is_open")
    dims = [str(dim) for dim in like.dims]
    shape = [len(labels[dim]) if dim in labels else like.sizes[dim] for dim in dims]
    values = np.full(shape, 0 if is_count else np.nan, like.dtype)
    recorded = [part[name].transpose(*dims).values for part in parts if name in part]
    if known is not None and known.flow and all(np.isnan(v[:, :, 0]).all() for v in recorded):
        values[:, :, 0] = np.nan  # nothing runs in the base year
    for part in parts:
        if name in part:
            places = [
                [labels[dim].index(x) for x in part[dim].values.tolist()]
                if dim in labels
                else range(like.sizes[dim])
                for dim in dims
            ]
            _put(values, places, part[name].transpose(*dims).values)
    return xr.Variable(dims, values, like.attrs)


def _put(target: NDArray[Any], places: Sequence[Sequence[int]], values: NDArray[Any]) -> None:
    """Set `values` at the places along each axis; runs of places are set without indexing."""
    import numpy as np

    index = [
        slice(p[0], p[0] + len(p)) if list(p) == [*range(p[0], p[0] + len(p))] else None
        for p in places
        if len(p)
    ]
    if len(index) < len(places):
        return  # nothing along an axis: a plan without projects
    if all(part is not None for part in index):
        target[tuple(index)] = values
    else:
        target[np.ix_(*places)] = values


def _coordinate(
    name: str, like: xr.DataArray, parts: Sequence[xr.Dataset], labels: Mapping[str, list[Any]]
) -> Any:
    """Return a coordinate over the labels of all parts."""
    if name in labels:
        return labels[name]
    own = [dim for dim in like.dims if dim in labels]
    if not own:
        return like.variable
    known = {
        label: value
        for part in reversed(parts)
        if name in part.coords
        for label, value in zip(part[own[0]].values.tolist(), part[name].values, strict=True)
    }
    return (like.dims, [known[label] for label in labels[str(own[0])]], like.attrs)


def _require_pairs(first: Path, one: Results, second: Path, other: Results) -> None:
    same = {
        "seed": (one.provenance["seed"], other.provenance["seed"]),
        "years": (one.data.year.values.tolist(), other.data.year.values.tolist()),
        "number of replicates": (one.data.sizes["replicate"], other.data.sizes["replicate"]),
        "planning areas": (
            one.data.planning_area.values.tolist(),
            other.data.planning_area.values.tolist(),
        ),
    }
    unlike = [name for name, (a, b) in same.items() if a != b]
    if unlike:
        raise InvalidInput.of(
            f"{first} and {second}",
            f"differ in {', '.join(unlike)}",
            "run their scenarios together: capsim run A.yaml B.yaml",
        )
    twice = set(one.data.scenario.values.tolist()) & set(other.data.scenario.values.tolist())
    if twice:
        raise InvalidInput.of(
            f"{first} and {second}", f"both hold a scenario called {', '.join(sorted(twice))}"
        )
