"""Opening the folders of runs, one or several, as one set of results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capsim.errors import InvalidInput

if TYPE_CHECKING:
    from capsim.results import Results


def open_runs(folders: Sequence[Path]) -> Results:
    """Open runs; several are put side by side where they can be paired by replicate.

    Raises
    ------
    InvalidInput
        If a folder holds no run, or runs differ in seed, years, replicates or schools.
    """
    import json

    import xarray as xr

    from capsim.results import Results, open_results

    opened = [open_results(folder) for folder in folders]
    first = opened[0]
    if len(opened) == 1:
        return first
    for folder, other in zip(folders[1:], opened[1:], strict=True):
        _require_pairs(folders[0], first, folder, other)
    data = xr.concat([r.data for r in opened], "scenario", data_vars="minimal", join="exact")
    merged = dict(first.provenance)
    for other in opened[1:]:
        for key in ("scenarios", "inputs", "notes"):
            merged[key] = {**merged[key], **other.provenance[key]}
        merged["assumptions"] = [*merged["assumptions"], *other.provenance["assumptions"]]
    data.attrs["provenance"] = json.dumps(merged, ensure_ascii=False)
    return Results(data)


def _require_pairs(first: Path, one: Results, second: Path, other: Results) -> None:
    same = {
        "seed": (one.provenance["seed"], other.provenance["seed"]),
        "years": (one.data.year.values.tolist(), other.data.year.values.tolist()),
        "number of replicates": (one.data.sizes["replicate"], other.data.sizes["replicate"]),
        "schools": (one.data.school.values.tolist(), other.data.school.values.tolist()),
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
