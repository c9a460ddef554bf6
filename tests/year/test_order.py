"""The order of the year: as the page describes it, made anew each year, and only read by others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import recorded

import capsim
from capsim.county.county import County, build_county
from capsim.year.model import CountyModel
from capsim.year.order import ORDER, run_year
from capsim.year.state import State

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "scenarios" / "jiajiang"


def test_the_page_lists_the_steps_of_the_code_in_their_order():
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    section = page.split("## 3. Process overview and scheduling")[1].split("\n## ")[0]
    assert re.findall(r"^\d+\. \*\*(.+?)\*\*", section, re.M) == [step.__name__ for step in ORDER]


def test_each_step_stands_in_the_file_of_its_name():
    for step in ORDER:
        assert step.__module__ == f"capsim.year.{step.__name__}"


@pytest.fixture(scope="module")
def county() -> County:
    """Projects, a review of small schools and demand-led schools."""
    scenario = capsim.load(FOLDER / "all_measures.yaml", {"years.horizon": 2024})
    return build_county(scenario, replicates=2)


def parts(value: Any, path: str = "state") -> Iterator[tuple[str, Any]]:
    """Arrays and plain values inside an object, however deep."""
    if isinstance(value, np.ndarray | str | bytes | int | float | bool | type(None)):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from parts(item, f"{path}[{key}]")
    elif isinstance(value, list | tuple | set):
        for number, item in enumerate(sorted(value) if isinstance(value, set) else value):
            yield from parts(item, f"{path}[{number}]")
    elif hasattr(value, "__dict__"):
        yield from parts(vars(value), path)
    elif hasattr(value, "__slots__"):
        for name in value.__slots__:
            yield from parts(getattr(value, name), f"{path}.{name}")


def test_the_same_state_is_reached_without_observers(county):
    watched, _ = recorded(county, 1)
    alone = State(county, 1)
    bureau = CountyModel(county, 0).bureau
    while alone.year < county.scenario.years.horizon:
        run_year(county, alone, bureau)
    expected, found = list(parts(watched.state)), list(parts(alone))
    assert [name for name, _ in expected] == [name for name, _ in found]
    assert len(found) > 100
    for (name, one), (_, other) in zip(expected, found, strict=True):
        # Behind the rows of the ledger and the recruits is memory that nobody has written to.
        if "_whole" not in name and "_recruits" not in name:
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_nothing_but_the_state_passes_from_year_to_year(county):
    """Each step gets the same new year, and the model keeps no year but the last."""
    model = CountyModel(county, 0)
    model.step()
    first = model.this_year
    model.step()
    assert model.this_year is not first
    held = [value for value in vars(model.state).values() if value is first]
    assert not held and model.this_year.bureau is model.bureau


def test_a_replicate_by_hand_goes_through_the_years_of_a_run(county):
    scenario = county.scenario
    data = capsim.run(scenario, replicates=2).data
    model = capsim.model(scenario, replicate=1)
    for year in (2018, 2019, 2020):
        model.step()
        assert model.state.year == year
        recorded_roll = data["roll"].sel(year=year).isel(scenario=0, replicate=1)
        np.testing.assert_array_equal(model.state.schools.roll, recorded_roll)


def test_a_childs_outcome_of_the_year_is_in_its_row(county):
    model = CountyModel(county, 0)
    model.step()
    families, schools = model.state.families, model.state.schools
    outcomes = model.this_year.outcomes(len(families))
    table = families.select(county.geography, schools.ids, year=2018, outcomes=outcomes)
    applied = table[table["outcome"] != ""]
    assert set(applied["grade"]) == {1, 7}
    assert len(applied) == sum(len(level.rows) for level in model.this_year.admissions)
    unplaced = applied["outcome"] == "unplaced"
    assert (applied["school"] == "")[unplaced].all() and (applied["school"] != "")[~unplaced].all()


def test_what_prints_tells_where_one_is(county):
    model = CountyModel(county, 0)
    assert "2017-2024" in repr(model) and "State of 2017" in repr(model)
    model.step()
    assert "State of 2018" in repr(model.state)
    assert re.search(r"[\d,]+ children applied", repr(model.this_year))
    assert re.search(r"pupils|closed", repr(model.school_agents[0]))


def test_nobody_steps_beyond_the_horizon(county):
    model = CountyModel(county, 0)
    model.run_model()
    assert model.state.year == 2024
    with pytest.raises(ValueError, match="2024 is the last year"):
        model.step()
