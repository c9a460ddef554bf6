"""``capsim init``: the first steps towards one's own county."""

from __future__ import annotations

from pathlib import Path

from capsim.cli.console import Console
from capsim.core.errors import InvalidInput


def init_command(folder: Path, *, totals: Path | None, console: Console) -> None:
    """Write a template folder, or a county built from published totals.

    Raises
    ------
    InvalidInput
        If the folder exists and is not empty, or the totals cannot be used.
    """
    from capsim.builder.county import init_from_totals, init_template

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput.of(str(folder), "exists and is not empty", "name a new folder")
    written = init_template(folder) if totals is None else init_from_totals(totals, folder)
    console.note(console.word("init.files", count=len(written), folder=folder))
    command = f"capsim check {folder / 'baseline.yaml'}"
    print(console.word("init.next", command=command))
