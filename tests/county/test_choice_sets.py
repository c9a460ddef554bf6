"""Choice sets follow schools, zones and buses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.county.county import build_county
from capsim.year.model import CountyModel

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


@pytest.fixture
def model():
    scenario = capsim.load(BASELINE, {"years.horizon": 2018, "demography.births.stress_paths": []})
    county = build_county(scenario, replicates=1)
    return CountyModel(county, 0)


@pytest.mark.parametrize("change", ["school", "zone", "bus"])
def test_choice_sets_follow_schools_zones_and_buses(model, change):
    first = model.state.choice_sets
    primary = int(np.flatnonzero(model.state.schools.taught()[:, 0])[-1])
    if change == "school":
        model.state.schools.is_open[primary] = False
    elif change == "zone":
        model.state.zones[0][0, 0] = primary
    else:
        model.state.bus.served[:, primary] = True
    model.state.find_choice_sets(model.county)
    primary_level, junior_level = model.state.choice_sets.by_level
    if change == "school":
        assert not (primary_level.candidates == primary).any()
    elif change == "zone":
        assert primary_level.zone[0, 0] == primary
        assert first.by_level[0].zone[0, 0] != primary
    else:
        assert (primary_level.km[:, primary] <= first.by_level[0].km[:, primary]).all()
        assert not model.state.choice_sets.boarding[:, primary].any()
    np.testing.assert_array_equal(junior_level.candidates, first.by_level[1].candidates)
