"""Where results come from: versions, resolved scenarios, input hashes, assumptions, data marks."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from capsim.core.version import VERSION
from capsim.county.county import County
from capsim.texts import Message

PACKAGES = ("numpy", "scipy", "pandas", "xarray", "mesa", "pydantic", "statsmodels")


def provenance_of(counties: Sequence[County], replicates: int) -> dict[str, Any]:
    """Return everything needed to trace and repeat a run, as plain data.

    Parameters
    ----------
    counties : sequence of County
        One per scenario.
    replicates : int
    """
    first = counties[0].scenario
    return {
        "capsim": VERSION,
        "versions": {name: version(name) for name in PACKAGES}
        | {"python": platform.python_version()},
        "seed": first.seed,
        "replicates": replicates,
        "information_date": first.known_until().isoformat(),
        "scenarios": {c.scenario.name: c.scenario.model_dump(mode="json") for c in counties},
        "inputs": {c.scenario.name: c.scenario.input_hashes() for c in counties},
        "notes": {c.scenario.name: [_plain(note) for note in c.notes] for c in counties},
        "assumptions": [row for c in counties for row in c.assumptions()],
        "data": [row for c in counties[:1] for row in c.data_marks()],
    }


def _plain(note: Message | str) -> dict[str, Any] | str:
    return note.plain() if isinstance(note, Message) else note
