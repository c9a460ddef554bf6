"""``capsim check``, ``show`` and ``schema``: look at scenarios without running them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from capsim.cli.console import Console
from capsim.cli.names import undrawable_names
from capsim.core.errors import InvalidInput, Problems
from capsim.scenario.schema import Scenario
from capsim.texts import own_first


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
        print(console.word("check.right", file=file))


def show_command(file: Path, *, resolved: bool, overrides: Sequence[str], console: Console) -> None:
    """Print a scenario, whole or in short."""
    from capsim.scenario.load import dump

    scenario = load_all([file], overrides)[0]
    if resolved:
        print(dump(scenario), end="")
        return
    tables = scenario.tables()
    titles = {"en": scenario.title.en, "zh": scenario.title.zh}
    title = next((titles[lang] for lang in own_first(console.lang) if titles[lang]), "")
    pupils = int(tables.rolls[tables.rolls["year"] == scenario.years.base]["pupils"].sum())
    name, place, years = scenario.name, scenario.place, scenario.years
    print(console.word("show.titled", name=name, title=title) if title else name)
    print(console.word("show.place", name=place.name, name_zh=place.name_zh).rstrip())
    print(console.word("show.years", first=years.base, last=years.horizon))
    print(
        console.word(
            "show.tables",
            settlements=len(tables.settlements),
            schools=len(tables.schools),
            pupils=pupils,
            teachers=int(tables.teachers["teachers"].sum()),
        )
    )
    if scenario.description:
        print(scenario.description)


def schema_command() -> None:
    """Print the JSON Schema of scenario files."""
    print(json.dumps(Scenario.model_json_schema(), ensure_ascii=False, indent=1))
