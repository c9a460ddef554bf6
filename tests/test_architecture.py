"""The house: rooms on floors, imports downwards, no circles, nothing too large for the head.

Imports for types alone count like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "capsim"

FLOORS = (
    ("core", "texts"),
    ("reference",),
    ("scenario", "tables", "importing", "builder"),
    ("demography", "forecasting", "choice", "admission"),
    ("county", "schools"),
    ("year",),
    ("ensemble", "results", "measures", "calibration", "planning"),
    ("reporting", "figures", "maps"),
    ("cli", "web"),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
TOP = {"__init__.py", "__main__.py", "py.typed"}
MOST_MODULES, MOST_LINES = 24, 400

FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


def imports(path: Path) -> Iterator[str]:
    """Modules of the package that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "capsim":
            base = (node.module or "").removeprefix("capsim").lstrip(".")
            for alias in node.names:
                inside = f"{base}.{alias.name}".lstrip(".")
                yield inside if inside in MODULES else base
        elif isinstance(node, ast.Import):
            yield from (a.name[7:] for a in node.names if a.name.startswith("capsim."))


IMPORTS = {name: set(imports(path)) - {name, ""} for name, path in MODULES.items()}


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"", "__main__"}))
def test_imports_go_downwards(name: str) -> None:
    room = name.split(".")[0]
    assert room in FLOOR_OF, f"{room} has no floor: add it to FLOORS"
    for other in IMPORTS[name]:
        assert FLOOR_OF[other.split(".")[0]] <= FLOOR_OF[room], f"{name} imports {other}"


def test_forecasts_and_choices_do_not_know_each_other() -> None:
    families, forecasts = {"choice", "admission"}, {"demography", "forecasting"}
    for name, others in IMPORTS.items():
        for mine, theirs in ((families, forecasts), (forecasts, families)):
            if name.split(".")[0] in mine:
                assert not theirs & {other.split(".")[0] for other in others}, name


def circles() -> list[set[str]]:
    """Sets of modules that reach each other by imports, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(IMPORTS[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            part = set(stack[at:])
            del stack[at:]
            if len(part) > 1:
                found.append(part)

    for name in sorted(MODULES):
        if name not in index:
            visit(name)
    return found


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles() == []


def test_nothing_but_the_entrance_stands_at_the_top() -> None:
    assert {p.name for p in PACKAGE.iterdir() if p.is_file()} == TOP


def test_no_room_is_crowded() -> None:
    rooms: dict[Path, int] = {}
    for path in FILES:
        if path.name != "__init__.py":
            rooms[path.parent] = rooms.get(path.parent, 0) + 1
    crowded = {str(room.relative_to(PACKAGE)): n for room, n in rooms.items() if n > MOST_MODULES}
    assert not crowded


def test_no_file_is_too_large_to_hold_in_the_head() -> None:
    sizes = {str(p.relative_to(PACKAGE)): len(p.read_text("utf-8").splitlines()) for p in FILES}
    assert not {name: lines for name, lines in sizes.items() if lines > MOST_LINES + 50}
