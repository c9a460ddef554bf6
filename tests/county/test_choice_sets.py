"""Ways are remembered by the state of schools, zones and buses, and are what they would be anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.county.county import build_county
from capsim.ensemble.run import dimension_sizes
from capsim.year.model import CountyModel

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


@pytest.fixture
def model():
    scenario = capsim.load(BASELINE, {"years.horizon": 2018, "demography.births.stress_paths": []})
    county = build_county(scenario, replicates=1)
    return CountyModel(county, 0, sizes=dimension_sizes(county))


@pytest.mark.parametrize("change", ["school", "zone", "bus"])
def test_choice_sets_follow_schools_zones_and_buses(model, change):
    first = model.ways
    primary = int(np.flatnonzero(model.schools.is_open & model.schools.teaches[:, 0])[-1])
    if change == "school":
        model.schools.is_open[primary] = False
    elif change == "zone":
        model.zones[0][0, 0] = primary
    else:
        model.bus.served[:, primary] = True
    model.refresh_alternatives()
    primary_level, junior_level = model.alternatives
    if change == "school":
        assert not (primary_level.candidates == primary).any()
    elif change == "zone":
        assert primary_level.zone[0, 0] == primary
        assert first.by_level[0].zone[0, 0] != primary
    else:
        assert (primary_level.km[:, primary] <= first.by_level[0].km[:, primary]).all()
        assert not model.ways.boarding[:, primary].any()
    np.testing.assert_array_equal(junior_level.candidates, first.by_level[1].candidates)
