"""mesa's own tools work on the model: agents, data collection and batches."""

from __future__ import annotations

from pathlib import Path

import mesa
import numpy as np
import pytest
from mesa.batchrunner import batch_run

import capsim
from capsim.county.county import County, build_county
from capsim.year.bureau import Bureau
from capsim.year.model import CountyModel
from capsim.year.school import School

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


@pytest.fixture(scope="module")
def county() -> County:
    scenario = capsim.load(BASELINE, {"years.horizon": 2019, "demography.births.stress_paths": []})
    return build_county(scenario, replicates=3)


def test_totals_are_collected_from_the_base_year_on(county):
    model = CountyModel(county, 1)
    model.run_model()
    table = model.datacollector.get_model_vars_dataframe()
    assert table["year"].tolist() == [2017, 2018, 2019]
    assert table["pupils"].iloc[0] == county.schools.roll.sum()
    assert table["pupils"].iloc[-1] == model.state.schools.roll.sum()
    assert (table["children"] > table["pupils"]).all() and (table["teachers"] > 0).all()
    assert model.steps == 2 and not model.running


def test_a_collector_of_ones_own_asks_model_and_schools(county):
    collector = mesa.DataCollector(
        model_reporters={"open": lambda model: int(model.state.schools.is_open.sum())},
        agenttype_reporters={School: {"school": "id", "pupils": lambda school: school.roll.sum()}},
    )
    model = CountyModel(county, 0, datacollector=collector)
    model.step()
    assert len(collector.get_model_vars_dataframe()) == 2
    schools = collector.get_agenttype_vars_dataframe(School)
    last = schools.xs(1, level="Step")
    assert last["school"].tolist() == list(county.schools.ids)
    assert last["pupils"].tolist() == model.state.schools.roll.sum(axis=1).tolist()


def test_a_batch_of_replicates_is_what_each_is_alone(county):
    rows = batch_run(
        CountyModel,
        {"county": county, "replicate": range(2)},
        data_collection_period=1,
        display_progress=False,
    )
    for replicate in range(2):
        alone = CountyModel(county, replicate)
        alone.run_model()
        expected = alone.datacollector.get_model_vars_dataframe()
        found = [row for row in rows if row["replicate"] == replicate]
        assert found[-1]["year"] == 2019 or len(found) == 2  # some versions leave the last out
        for row in found:
            known = expected[expected["year"] == row["year"]].iloc[0]
            assert row["pupils"] == known["pupils"] and row["teachers"] == known["teachers"]


def test_a_batch_may_name_scenario_files():
    rows = batch_run(
        CountyModel, {"scenario": str(BASELINE), "replicate": [0, 1]}, max_steps=1,
        display_progress=False,
    )  # fmt: skip
    assert {row["replicate"] for row in rows} == {0, 1}
    assert len({row["children"] for row in rows}) == 2


def test_schools_become_agents_when_asked_for(county):
    model = CountyModel(county, 0)
    assert [type(agent) for agent in model.agents] == [Bureau]
    first = model.school_agents[0]
    assert len(model.agents) == 1 + len(county.schools)
    assert model.school_agents[0] is first
    model.step()
    np.testing.assert_array_equal(first.roll, model.state.schools.roll[0])


def test_either_a_county_or_a_scenario_is_given(county):
    with pytest.raises(TypeError, match="either a county or a scenario"):
        CountyModel()
    with pytest.raises(TypeError, match="either a county or a scenario"):
        CountyModel(county, scenario=BASELINE)
