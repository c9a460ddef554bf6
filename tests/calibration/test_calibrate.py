"""Calibration of a county's tastes recovers the tastes that made the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capsim.admission.matching import deferred_acceptance
from capsim.calibration.calibrate import (
    _alternatives,
    _simulator,
    calibrate_to_choices,
    calibrate_to_moments,
)
from capsim.choice.utility import choice_set, family_utility, ranked, systematic_utility
from capsim.core import draws
from capsim.core.errors import InvalidInput
from capsim.county.county import build_county
from capsim.scenario.load import load

BASELINE = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"
TRUTH = {"distance": 0.8, "quality": 1.2, "zone": 1.0}


@pytest.fixture(scope="module")
def scenario():
    return load(BASELINE)


@pytest.fixture(scope="module")
def county(scenario):
    return build_county(scenario, replicates=1)


@pytest.fixture(scope="module")
def children(county):
    """Primary entrants five times over with their favourite school under TRUTH."""
    around = _alternatives(county, "primary")
    quality = np.nan_to_num(county.schools.quality[:, 0])
    choices = choice_set(around, around.candidates, tastes=county.tastes, quality=quality)
    truth = {name: np.full(3, value, np.float32) for name, value in TRUTH.items()}
    home = np.repeat(county.families.settlement, 2)
    identity = draws.mix(np.arange(len(home)))
    utility = family_utility(
        systematic_utility(choices, truth), around.candidates, around.words, settlement=home,
        income=np.zeros(len(home), np.int8), identity=identity,
        taste=draws.stream(1, 0, "taste"),
    )  # fmt: skip
    best = around.candidates[home, utility.argmax(axis=1)]
    return around, home, best, utility


def written(path, county, home, school):
    """Counts by home and school as a table."""
    table = pd.DataFrame(
        {
            "settlement": np.array(county.geography.settlements)[home],
            "school": np.array(county.schools.ids)[school],
        }
    )
    table.value_counts().rename("pupils").reset_index().to_csv(path, index=False)
    return path


def test_counts_by_home_and_school_give_the_tastes_back(scenario, county, children, tmp_path):
    _, home, best, _ = children
    fit = calibrate_to_choices(
        scenario, written(tmp_path / "seen.csv", county, home, best), level="primary"
    )
    errors = (fit.coefficients - [TRUTH[t] for t in fit.terms]) / fit.standard_errors
    assert np.abs(errors).max() < 4
    assert f"{len(home):,.0f} children" in fit.sentences[0]
    assert "No cutoffs were given" in fit.sentences[1]
    assert set(fit.settings()["choice"]["coefficients"]) == set(TRUTH)
    assert "distance" in fit.text() and list(fit.frame()["term"]) == list(fit.terms)


def test_cutoffs_undo_what_full_schools_hide(scenario, county, children, tmp_path):
    """Nearer children first, with seats for three quarters of the children who want a school."""
    around, home, best, utility = children
    seats = np.bincount(best, minlength=len(county.schools)) * 3 // 4 + 60
    km = np.rint(around.km[home] * 1000).astype(np.uint32)
    lists = ranked(utility, around.candidates[home])
    key = np.take_along_axis(km, np.maximum(lists, 0), axis=1)
    result = deferred_acceptance(lists, key, seats)
    school = result.school
    kept = school >= 0
    full = result.cutoff < 2**32
    cutoffs = pd.DataFrame(
        {"school": np.array(county.schools.ids)[full], "cutoff_km": result.cutoff[full] / 1000}
    )
    cutoffs[cutoffs["cutoff_km"] >= 0].to_csv(tmp_path / "cutoffs.csv", index=False)
    seen = written(tmp_path / "seen.csv", county, home[kept], school[kept])
    naive = calibrate_to_choices(scenario, seen, level="primary")
    honest = calibrate_to_choices(scenario, seen, level="primary", cutoffs=tmp_path / "cutoffs.csv")
    truth = np.array(list(TRUTH.values()))
    assert np.abs(honest.coefficients - truth)[1] < np.abs(naive.coefficients - truth)[1]
    errors = (honest.coefficients - truth) / honest.standard_errors
    assert np.abs(errors).max() < 4
    assert honest.standard_errors[1] < 0.5
    assert any("left out" in sentence for sentence in honest.sentences)


def test_single_children_are_counted_one_by_one(scenario, county, children, tmp_path):
    _, home, best, _ = children
    table = pd.DataFrame(
        {
            "村社区": np.array(county.geography.settlements)[home[:2000]],
            "学校": np.array(county.schools.ids)[best[:2000]],
        }
    )
    table.to_csv(tmp_path / "one.csv", index=False, encoding="gb18030")
    one = calibrate_to_choices(scenario, tmp_path / "one.csv", level="primary")
    many = calibrate_to_choices(
        scenario,
        written(tmp_path / "seen.csv", county, home[:2000], best[:2000]),
        level="primary",
    )
    assert one.coefficients == pytest.approx(many.coefficients, abs=1e-6)


def test_moments_give_a_coefficient_back(tmp_path):
    """Multi-school zones: the shares of an admission under a quality coefficient of 2."""
    scenario = load(BASELINE.parent / "multi_school_zones.yaml")
    county = build_county(scenario, replicates=1)
    made = _simulator(county, "primary")({"quality": 2.0})
    names = ("first_choice_share", "town_share", "mean_travel_km")
    table = pd.DataFrame({"moment": names, "value": [made[n] for n in names], "spread": 0.005})
    table.to_csv(tmp_path / "moments.csv", index=False)
    fit = calibrate_to_moments(
        scenario, tmp_path / "moments.csv", level="primary", parameters={"quality": (0.0, 4.0)}
    )
    assert fit.coefficients[0] == pytest.approx(2.0, abs=0.5)
    assert any(s.startswith("first_choice_share:") for s in fit.sentences)


def test_faults_of_the_tables_are_named_by_row(scenario, tmp_path):
    (tmp_path / "seen.csv").write_text(
        "settlement,school,pupils\nnowhere,yancheng-primary-1,3\nyancheng-1,no-school,-2\n"
    )
    with pytest.raises(InvalidInput) as error:
        calibrate_to_choices(scenario, tmp_path / "seen.csv", level="primary")
    assert "seen.csv:3: pupils" in str(error.value)
    (tmp_path / "seen.csv").write_text("settlement,school\nnowhere,yancheng-primary-1\n")
    with pytest.raises(InvalidInput, match=r"seen\.csv:2: settlement: no settlement"):
        calibrate_to_choices(scenario, tmp_path / "seen.csv", level="primary")
    with pytest.raises(InvalidInput, match="unknown term distanse"):
        calibrate_to_choices(scenario, tmp_path / "seen.csv", level="primary", terms=("distanse",))
    (tmp_path / "moments.csv").write_text("moment,value,spread\nluck,0.5,0.1\n")
    with pytest.raises(InvalidInput, match="no moment is called"):
        calibrate_to_moments(
            scenario, tmp_path / "moments.csv", level="primary", parameters={"quality": (0, 1)}
        )
