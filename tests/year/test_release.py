"""A replicate leaves nothing behind but its record: many of them need the memory of one."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

import capsim
from capsim.county.county import County, build_county
from capsim.ensemble import run as ensemble
from capsim.year.model import CountyModel

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"


@pytest.fixture(scope="module")
def county() -> County:
    scenario = capsim.load(BASELINE, {"years.horizon": 2018, "demography.births.stress_paths": []})
    return build_county(scenario, replicates=1)


def test_a_replicate_is_free_as_soon_as_it_has_run(county, monkeypatch):
    made = []

    class Watched(CountyModel):
        def __init__(self, *args, **named):
            super().__init__(*args, **named)
            made.append(weakref.ref(self))

    monkeypatch.setattr(ensemble, "CountyModel", Watched)
    gc.collect()
    gc.disable()
    try:
        arrays = ensemble.run_replicate(county, 0)
        assert made[0]() is None
    finally:
        gc.enable()
    assert arrays["roll"].sum() > 0


def test_a_model_that_was_run_by_hand_is_not_kept_for_ever(county):
    model = CountyModel(county, 0)
    assert [agent.unique_id for agent in model.school_agents[:2]] == [2, 3]  # the bureau is 1
    kept = weakref.ref(model)
    del model
    gc.collect()
    assert kept() is None
