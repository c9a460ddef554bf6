"""School children who come and go: fitted to past rolls, balanced without them, drawn once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import capsim
from capsim.county.county import build_county
from capsim.county.mobility import fit_mobility
from capsim.scenario.options.uncertainty import UncertaintyOptions

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"
OPTIONS = UncertaintyOptions()


def rolls_of(years: int, *, growth: float, spread: float = 0.0, schools: int = 8) -> pd.DataFrame:
    """Cohorts that grow by a rate a year, schools straying by chance."""
    rng = np.random.default_rng(3)
    rows = []
    for school in range(schools):
        for cohort in range(2010 - 9, 2010 + years):
            pupils = 60.0
            for grade in range(1, 7):
                year = cohort + grade - 1
                if 2010 <= year < 2010 + years:
                    rows.append((f"s{school}", grade, pupils, year))
                pupils *= 1.0 + growth + spread * rng.normal()
    return pd.DataFrame(rows, columns=["school", "grade", "pupils", "year"])


def test_without_past_rolls_nobody_is_gained_or_lost():
    fitted = fit_mobility(rolls_of(1, growth=0.1), 2010, OPTIONS)
    assert fitted.years == 0
    assert not fitted.net.any()
    assert fitted.turnover == OPTIONS.turnover


def test_a_steady_gain_is_found_and_shrunk():
    """Eight pairs of years weigh 8 / (8 + 2) of a growth of 3 %; junior grades have none."""
    fitted = fit_mobility(rolls_of(9, growth=0.03), 2018, OPTIONS)
    # The level's mean weighs 0.8, and 0.8 of what is left of each grade weighs 0.8 again.
    assert fitted.net[1:6] == pytest.approx(0.928 * np.log(1.03), rel=0.01)
    assert fitted.years == 8
    assert fitted.net[7] == 0.0


def test_schools_that_stray_have_more_turnover():
    calm = fit_mobility(rolls_of(9, growth=0.0), 2018, OPTIONS).turnover
    wild = fit_mobility(rolls_of(9, growth=0.0, spread=0.08), 2018, OPTIONS).turnover
    # Variance of 0.08 squared times 60 pupils is 0.38: half of it leaves and is replaced.
    assert calm < OPTIONS.turnover
    assert 0.1 < wild < 0.25


def test_later_rolls_are_not_read():
    history = rolls_of(9, growth=0.03)
    assert fit_mobility(history, 2012, OPTIONS).years == 2


@pytest.fixture(scope="module")
def scenario():
    return capsim.load(
        BASELINE,
        {
            "years.horizon": 2022,
            "demography.births.stress_paths": [],
            "uncertainty.enabled": True,
        },
    )


def test_the_draws_are_the_same_for_all_plans(scenario):
    plan = scenario.with_({"enrolment.class_cap.primary": 40}, name="cap 40")
    one, two = (build_county(s, replicates=2) for s in (scenario, plan))
    for replicate in (0, 1):
        first, second = one.mobility_of(replicate), two.mobility_of(replicate)
        np.testing.assert_array_equal(first.leave, second.leave)
    assert not np.array_equal(one.mobility_of(0).leave, one.mobility_of(1).leave)


def test_leaving_switched_off_moves_nobody(scenario):
    county = build_county(scenario.with_({"choice.leaving.enabled": False}), replicates=1)
    drawn = county.mobility_of(0)
    assert not drawn.leave.any()
    assert not drawn.arrive.any()


def test_arrivals_replace_leavers_in_the_mean(scenario):
    """Ten futures of five years: children of the county as many as without leaving, to 2 %."""
    still = scenario.with_({"choice.leaving.enabled": False}, name="still")
    data = capsim.run([scenario, still], replicates=10).data
    children = data["children"].sel(age=slice(6, 14)).sum(["township", "age"]).mean("replicate")
    moving, fixed = children.sel(year=2022).values
    assert moving == pytest.approx(fixed, rel=0.02)
