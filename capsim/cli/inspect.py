"""``capsim check``, ``show`` and ``schema``: look at scenarios without running them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from capsim.cli.console import Console
from capsim.cli.names import undrawable_names
from capsim.core.errors import InvalidInput, Problems
from capsim.scenario.schema import Scenario


def load_all(files: Sequence[Path], overrides: Sequence[str]) -> list[Scenario]:
    """Load scenario files, collecting the problems of all of them.

    Raises
    ------
    InvalidInput
        With every problem of every file, each said once.
    """
    from capsim.scenario.load import load

    problems = Problems()
    seen = set()
    scenarios = []
    for file in files:
        try:
            scenarios.append(load(file, overrides))
        except InvalidInput as error:
            fresh = [p for p in error.problems if p not in seen]
            seen.update(fresh)
            problems.extend(fresh)
    problems.raise_if_any()
    return scenarios


def check_command(files: Sequence[Path], *, overrides: Sequence[str], console: Console) -> None:
    """Check scenario files, their tables and rules; print one line for each that is right."""
    from capsim.ensemble.run import prepare
    from capsim.ensemble.stress import with_stress_paths

    scenarios = load_all(files, overrides)
    prepare(with_stress_paths(scenarios), 1)
    for file, scenario in zip(files, scenarios, strict=True):
        console.warnings([*scenario.provenance.warnings, *undrawable_names(scenario)])
        print(f"{file}: no problems found")


def show_command(file: Path, *, resolved: bool, overrides: Sequence[str]) -> None:
    """Print a scenario, whole or in short."""
    from capsim.scenario.load import dump

    scenario = load_all([file], overrides)[0]
    if resolved:
        print(dump(scenario), end="")
        return
    tables = scenario.tables()
    title = scenario.title.en or scenario.title.zh
    pupils = int(tables.rolls[tables.rolls["year"] == scenario.years.base]["pupils"].sum())
    print(f"{scenario.name}: {title}" if title else scenario.name)
    print(f"place: {scenario.place.name} {scenario.place.name_zh}".rstrip())
    print(f"years: {scenario.years.base}-{scenario.years.horizon}")
    print(
        f"tables: {len(tables.settlements)} settlements, {len(tables.schools)} campuses, "
        f"{pupils:,} pupils, {int(tables.teachers['teachers'].sum()):,} teachers"
    )
    if scenario.description:
        print(scenario.description)


def schema_command() -> None:
    """Print the JSON Schema of scenario files."""
    print(json.dumps(Scenario.model_json_schema(), ensure_ascii=False, indent=1))
