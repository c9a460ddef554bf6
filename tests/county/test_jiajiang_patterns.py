"""Patterns the demonstration county was not tuned to: signs are tested, sizes stand in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from runs import recorded

import capsim
from capsim.core.catalogue import PUPIL_CAUSES
from capsim.county.county import County, build_county
from capsim.year.model import CountyModel

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "scenarios" / "jiajiang"
TOWN, VILLAGE = 0, 2
# Classes of 75 and 80 were common before the caps; both caps are lifted, so that nothing binds.
NO_CAP = {
    "enrolment.class_cap": {"primary": 75, "junior": 80},
    "enrolment.hard_cap": {"primary": 75, "junior": 80},
}
NO_RULE = {"enrolment.transfers.one_out_one_in": False}


def county_of(horizon: int, changes: dict[str, object]) -> County:
    overrides = {"years.horizon": horizon, "demography.births.stress_paths": [], **changes}
    return build_county(capsim.load(FOLDER / "baseline.yaml", overrides), replicates=2)


def town_intake(county: County, replicate: int) -> np.ndarray:
    """Entrants at town schools and pupils moved in, by level, in the first simulated year."""
    model = CountyModel(county, replicate)
    model.step()
    town = model.state.schools.settlement_kind == TOWN
    entered = model.this_year.flows.counts[town][..., PUPIL_CAUSES.index("entered")]
    moved = model.this_year.flows.counts[town][..., PUPIL_CAUSES.index("moved_in")]
    taken = (entered + moved).sum(axis=0)
    return np.array([taken[:6].sum(), taken[6:].sum()])


@pytest.fixture(scope="module")
def counties() -> dict[str, County]:
    cases = {"both": {}, "cap": NO_RULE, "rule": NO_CAP, "neither": {**NO_CAP, **NO_RULE}}
    return {name: county_of(2018, changes) for name, changes in cases.items()}


@pytest.mark.parametrize("replicate", [0, 1])
def test_class_cap_and_transfer_rule_lower_the_intake_of_the_town(counties, replicate):
    intake = {name: town_intake(county, replicate) for name, county in counties.items()}
    assert (intake["both"] < intake["neither"]).all()
    # Each rule alone lowers it as well.
    assert (intake["cap"] < intake["neither"]).all()
    assert (intake["rule"] < intake["neither"]).all()


def test_village_schools_lose_their_share_of_pupils():
    _, recorder = recorded(county_of(2037, {}))
    rolls = recorder.record.arrays["roll_by_kind"]
    share = rolls[:, :, VILLAGE] / rolls.sum(axis=2)
    first, last = 1, len(share) - 1
    assert (share[last] < share[first]).all()
    # By a quarter at least, in both levels: the direction is no matter of luck.
    assert (share[last] < 0.75 * share[first]).all()


def test_the_page_quotes_what_the_county_reported():
    page = (ROOT / "docs" / "jiajiang.md").read_text(encoding="utf-8")
    text = (FOLDER / "reported.yaml").read_text(encoding="utf-8")
    reported = YAML(typ="safe").load(text)
    fall = reported["town_intake_fall"]
    assert re.search(rf"more than {fall['primary']}\b", page)
    assert re.search(rf"more than {fall['junior']}\b", page)
    for level in ("primary", "junior"):
        assert f"{reported['pupils'][level]:,}" in page
