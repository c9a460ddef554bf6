"""The order of floors: a module imports only from its own floor or from floors below."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "capsim"

FLOORS = (
    ("errors", "dims", "inversion", "draws"),
    ("catalogue", "reference"),
    ("scenario",),
    ("demography", "choice"),
    ("county",),
    (
        "standards",
        "guarantees",
        "compliance",
        "indicators",
        "budget",
        "cross_check",
        "budget_tables",
        "measures",
        "surplus",
        "assemble",
        "provenance",
        "stress_runs",
        "ensemble",
        "results",
        "comparison",
        "backtesting",
        "calibrate",
    ),
    (
        "figures",
        "reporting",
        "explain",
        "explanation",
        "output",
        "consequences",
        "summary",
        "summary_plans",
        "summary_schools",
        "summary_words",
    ),
    ("cli", "commands", "__init__", "__main__"),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# Read lazily, for the public name only: figures of a result are drawn where the result is.
LAZY = {("results", "figures")}


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("capsim"):
            parts = (node.module or "").split(".")
            rooms |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            rooms |= {a.name.split(".")[1] for a in node.names if a.name.startswith("capsim.")}
    return rooms


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    room = room_of(path)
    assert room in FLOOR_OF, f"{room} has no floor: add it to FLOORS"
    for other in imported_rooms(path) & set(FLOOR_OF):
        assert FLOOR_OF[other] <= FLOOR_OF[room] or (room, other) in LAZY, (
            f"{path.relative_to(PACKAGE)} (floor {FLOOR_OF[room]}) imports "
            f"{other} (floor {FLOOR_OF[other]})"
        )


def test_forecasts_and_choices_do_not_know_each_other() -> None:
    for path in MODULES:
        pair = {"demography", "choice"}
        if room_of(path) in pair:
            assert not (imported_rooms(path) & (pair - {room_of(path)})), path


def test_no_file_is_too_large_to_hold_in_the_head() -> None:
    sizes = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}
    too_long = {str(p.relative_to(PACKAGE)): n for p, n in sizes.items() if n > 450}
    assert not too_long
