"""Ways are remembered by the state of schools, zones and buses, and are what they would be anew."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.county.choice_sets import WaysKnown
from capsim.county.county import build_county
from capsim.year.model import CountyModel

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


@pytest.fixture
def model():
    scenario = capsim.load(BASELINE, {"years.horizon": 2018, "demography.births.stress_paths": []})
    county = build_county(scenario, replicates=1)
    return CountyModel(county, 0)


def test_a_state_met_again_gives_the_same_ways(model):
    first = model.state.choice_sets
    model.state.find_choice_sets(model.county)
    assert model.state.choice_sets is first
    again = CountyModel(model.county, 0)
    assert again.state.choice_sets is first


@pytest.mark.parametrize("change", ["school", "zone", "bus"])
def test_another_state_gives_ways_of_its_own_and_the_first_comes_back(model, change):
    first = model.state.choice_sets
    primary = int(
        np.flatnonzero(model.state.schools.is_open & model.state.schools.teaches[:, 0])[-1]
    )
    if change == "school":
        model.state.schools.is_open[primary] = False
    elif change == "zone":
        model.state.zones[0][0, 0] = primary
    else:
        model.state.bus.served[:, primary] = True
    model.state.find_choice_sets(model.county)
    assert model.state.choice_sets is not first
    fresh = WaysKnown(model.county.scenario, model.county.distance_km)
    anew = fresh.find(model.state.schools, model.state.zones, model.state.bus.served)
    for found, expected in zip(model.state.choice_sets.by_level, anew.by_level, strict=True):
        for one, other in zip(astuple(found), astuple(expected), strict=True):
            np.testing.assert_array_equal(one, other)
    if change == "school":
        assert not (model.state.choice_sets.by_level[0].candidates == primary).any()
        model.state.schools.is_open[primary] = True
        model.state.find_choice_sets(model.county)
        assert model.state.choice_sets is first


def test_a_change_at_one_level_leaves_the_tables_of_the_other(model):
    schools, first = model.state.schools, model.state.choice_sets
    teaches = schools.teaches_level() & schools.is_open[:, None]
    primary = int(np.flatnonzero(teaches[:, 0] & ~teaches[:, 1])[-1])
    model.state.bus.served[:, primary] = True
    model.state.find_choice_sets(model.county)
    assert model.state.choice_sets.by_level[1].candidates is first.by_level[1].candidates
    assert (
        model.state.choice_sets.by_level[1].km[:, primary] <= first.by_level[1].km[:, primary]
    ).all()
    assert not np.array_equal(model.state.choice_sets.by_level[1].km, first.by_level[1].km)
    assert not model.state.choice_sets.boarding[:, primary].any()
