"""Every setting of a scenario changes something that a planner or a researcher is shown.

A setting that is read from the file, checked, documented and then forgotten looks like one that
works. Here each is changed in a county that stands on all tables, under several backgrounds; most
by a rule that follows from its type, the others as ``settings_cases.BY_HAND`` says.
"""

from __future__ import annotations

import hashlib
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel
from settings_cases import BACKGROUNDS, BY_HAND, NOT_IN_A_FUTURE, add_tables

import capsim
from capsim.builder.county import init_template
from capsim.core.errors import InvalidInput
from capsim.measures.budget_tables import cost_totals, unit_costs
from capsim.measures.compliance import seat_warnings
from capsim.measures.plan_risk import surplus_risk
from capsim.reporting.summary import summary_lines
from capsim.scenario.schema import Scenario

pytestmark = pytest.mark.validate

# What names a county and its tables; the years are those of the tables.
NOT_RESULTS = (
    "years",
    "schema_version",
    "name",
    "title",
    "description",
    "place",
    "sources",
    "data",
)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of a county with the tables that backgrounds ask for."""
    folder = tmp_path_factory.mktemp("settings") / "county"
    init_template(folder)
    add_tables(folder / "tables")
    return folder / "baseline.yaml"


def load(county: Path, background: Mapping[str, object]) -> Scenario:
    return capsim.load(county, dict(background))


def shown(scenario: Scenario) -> dict[str, str]:
    """Everything that one future of a scenario shows, each thing as a digest."""
    try:
        results = capsim.run([scenario], jobs=1)
    except InvalidInput as error:
        return {"refused": str(error)}
    data = results.data
    said = {
        str(name): hashlib.md5(np.ascontiguousarray(array.values).tobytes()).hexdigest()
        for name, array in data.data_vars.items()
        if array.dtype != object
    }
    said["labels"] = str({name: labels.values.tolist() for name, labels in data.coords.items()})
    said["summary"] = "\n".join(summary_lines(data, lang="en"))
    per_m2 = {scenario.name: scenario.programme.cost_yuan_per_m2}
    tables = {
        "totals": cost_totals(data, scenario.budget),
        "unit costs": unit_costs(data, scenario.budget, construction_cost_yuan_per_m2=per_m2),
        "surplus": surplus_risk(data, scenario.budget),
        "warnings": seat_warnings(data, scenario.standards),
    }
    said |= {name: table.to_csv() for name, table in tables.items()}
    return said


def settings(section: BaseModel, at: tuple[str, ...] = ()) -> Iterator[tuple[str, object, object]]:
    """Key, value and declared type of each setting of a section."""
    for name, field in type(section).model_fields.items():
        value, place = getattr(section, name), (*at, name)
        if isinstance(value, BaseModel):
            yield from settings(value, place)
        elif place[0] not in NOT_RESULTS:
            yield ".".join(place), value, field.annotation


def others(value: object, annotation: object) -> list[object]:
    """Values to try in place of one; those that are not allowed are refused and passed over."""
    words = [word for word in typing.get_args(annotation) if isinstance(word, str)]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return [word for word in words if word != value]
    if isinstance(value, int):
        return [value + 1, value - 1, 2 * value]
    if isinstance(value, float):
        return [1.5 * value, 0.5 * value, value + 0.1] if value else [0.3, 3.0]
    if isinstance(value, tuple) and value and all(isinstance(x, float) for x in value):
        moved = np.asarray(value) + np.array([-0.1, 0.1, *[0.0] * 9])[: len(value)]
        return [tuple(0.8 * x for x in value), tuple(1.25 * x + 0.01 for x in value), tuple(moved)]
    return []


def effects(county: Path, background: Mapping[str, object], key: str, value: object) -> bool:
    """Whether one setting changes what is shown."""
    scenario = load(county, background)
    return shown(scenario) != shown(scenario.with_({key: value}, name=scenario.name))


def test_each_setting_that_is_changed_by_hand_has_an_effect(county: Path) -> None:
    dead = [
        key for key, (stands, value) in BY_HAND.items() if not effects(county, stands, key, value)
    ]
    assert dead == []


def changes_something(
    scenario: Scenario, before: dict[str, str], key: str, value: object, annotation: object
) -> bool:
    for other in others(value, annotation):
        try:
            changed = scenario.with_({key: other}, name=scenario.name)
        except InvalidInput:
            continue
        if shown(changed) != before:
            return True
    return False


def test_every_other_setting_has_an_effect_under_some_background(county: Path) -> None:
    named = {*BY_HAND, *NOT_IN_A_FUTURE}
    dead: dict[str, None] | None = None
    for background in BACKGROUNDS.values():
        scenario = load(county, background)
        before = shown(scenario)
        dead = {
            key: None
            for key, value, annotation in settings(scenario)
            if key not in named
            and (dead is None or key in dead)
            and not changes_something(scenario, before, key, value, annotation)
        }
    assert dead == {}
