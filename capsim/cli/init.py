"""``capsim init``: the first steps towards one's own county."""

from __future__ import annotations

import shutil
from difflib import get_close_matches
from pathlib import Path

from capsim.cli.console import Console
from capsim.core.errors import InvalidInput


def init_command(
    folder: Path, *, totals: Path | None, example: str | None, console: Console
) -> None:
    """Write a template folder, a county built from published totals, or a shipped example.

    Raises
    ------
    InvalidInput
        If the folder exists and is not empty, the totals cannot be used, or there is no such
        example.
    """
    from capsim.builder.county import init_from_totals, init_template

    if totals is not None and example is not None:
        raise InvalidInput.of("--example", "goes not with --from-totals", "choose one of them")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput.of(str(folder), "exists and is not empty", "name a new folder")
    if example is not None:
        shutil.copytree(_example(example), folder, dirs_exist_ok=True)
        written = [path for path in folder.rglob("*") if path.is_file()]
    else:
        written = init_template(folder) if totals is None else init_from_totals(totals, folder)
    console.note(console.word("init.files", count=len(written), folder=folder))
    command = f"capsim check {folder / 'baseline.yaml'}"
    print(console.word("init.next", command=command))


def _example(name: str) -> Path:
    """Folder of a shipped county: inside an installed package, or beside a checkout's."""
    import capsim

    package = Path(capsim.__file__).parent
    places = (package / "examples", package.parent / "scenarios")
    found = {p.name: p for place in places if place.is_dir() for p in place.iterdir() if p.is_dir()}
    if name not in found:
        near = get_close_matches(name, found, n=1)
        known = ", ".join(sorted(found)) or "none"
        hint = f'did you mean "{near[0]}"?' if near else f"there are {known}"
        raise InvalidInput.of("--example", f"no example is called {name!r}", hint)
    return found[name]
