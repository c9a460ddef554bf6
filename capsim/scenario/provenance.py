"""Where everything in a scenario came from: files, their hashes, and the line that set each key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from capsim.core.errors import Problem


@dataclass(frozen=True, slots=True)
class Provenance:
    """The origin of a loaded scenario.

    Attributes
    ----------
    file : str
        The scenario file as the user named it; empty for a scenario made in memory.
    folder : str
        Absolute folder of that file; tables are looked for from here.
    hashes : mapping of str to str
        SHA-256 of every file that was read (YAML and tables), by its path below `folder`.
    set_at : mapping of str to str
        ``file:line:col`` (or ``--set``) of every key that was set, by dotted key; keys that are
        absent have their default.
    overrides : mapping of str to str
        Keys changed after the files were read, with the value as text.
    warnings : tuple of Problem
        What the user should know although the scenario can run.
    """

    file: str = ""
    folder: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)
    set_at: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
