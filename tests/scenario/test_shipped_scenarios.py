"""Every shipped scenario runs for a few years, one replicate."""

from pathlib import Path

import pytest

from capsim.ensemble.run import prepare, run_replicate
from capsim.scenario.load import load

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"
SCENARIOS = sorted(
    p for p in JIAJIANG.glob("*.yaml") if p.name not in ("totals.yaml", "reported.yaml")
)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_a_shipped_scenario_runs(path):
    scenario = load(path, ["years.horizon=2021"])
    arrays = run_replicate(prepare([scenario], 1)[0], 0)
    assert arrays["roll"].shape[0] == 5
    assert arrays["roll"][0].sum() == 17551
    assert (arrays["roll"].sum(axis=(1, 2)) > 15000).all()


def test_the_template_runs(county):
    scenario = load("baseline.yaml", ["years.horizon=2022"])
    arrays = run_replicate(prepare([scenario], 1)[0], 0)
    assert arrays["roll"][0].sum() == 5300 + 2640
