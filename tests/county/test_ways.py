"""Ways are remembered by the state of schools, zones and buses, and are what they would be anew."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.county.choice_sets import WaysKnown
from capsim.county.county import build_county
from capsim.ensemble.run import dimension_sizes
from capsim.year.model import CountyModel

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


@pytest.fixture
def model():
    scenario = capsim.load(BASELINE, {"years.horizon": 2018, "demography.births.stress_paths": []})
    county = build_county(scenario, replicates=1)
    return CountyModel(county, 0, sizes=dimension_sizes(county))


def test_a_state_met_again_gives_the_same_ways(model):
    first = model.ways
    model.refresh_alternatives()
    assert model.ways is first
    again = CountyModel(model.county, 0, sizes=dimension_sizes(model.county))
    assert again.ways is first


@pytest.mark.parametrize("change", ["school", "zone", "bus"])
def test_another_state_gives_ways_of_its_own_and_the_first_comes_back(model, change):
    first = model.ways
    primary = int(np.flatnonzero(model.schools.is_open & model.schools.teaches[:, 0])[-1])
    if change == "school":
        model.schools.is_open[primary] = False
    elif change == "zone":
        model.zones[0][0, 0] = primary
    else:
        model.bus.served[:, primary] = True
    model.refresh_alternatives()
    assert model.ways is not first
    fresh = WaysKnown(model.scenario, model.county.distance_km)
    anew = fresh.find(model.schools, model.zones, model.bus.served)
    for found, expected in zip(model.alternatives, anew.by_level, strict=True):
        for one, other in zip(astuple(found), astuple(expected), strict=True):
            np.testing.assert_array_equal(one, other)
    if change == "school":
        assert not (model.alternatives[0].candidates == primary).any()
        model.schools.is_open[primary] = True
        model.refresh_alternatives()
        assert model.ways is first


def test_a_change_at_one_level_leaves_the_tables_of_the_other(model):
    schools, first = model.schools, model.ways
    teaches = schools.teaches_level() & schools.is_open[:, None]
    primary = int(np.flatnonzero(teaches[:, 0] & ~teaches[:, 1])[-1])
    model.bus.served[:, primary] = True
    model.refresh_alternatives()
    assert model.alternatives[1].candidates is first.by_level[1].candidates
    assert (model.alternatives[1].km[:, primary] <= first.by_level[1].km[:, primary]).all()
    assert not np.array_equal(model.alternatives[1].km, first.by_level[1].km)
    assert not model.ways.boarding[:, primary].any()
