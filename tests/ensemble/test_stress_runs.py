"""Collapses of births beside a scenario: named in it or on the command line, never in its bands."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import capsim
from capsim.core.errors import InvalidInput
from capsim.demography.stress import stress_path_names, stress_ratios
from capsim.ensemble.stress import with_stress_paths
from capsim.reporting.summary import summary_lines
from capsim.scenario.options.demography import StressPathName

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "baseline.yaml"
SHORT = {"years.horizon": 2030}


@pytest.fixture(scope="module")
def results() -> capsim.Results:
    return capsim.run(capsim.load(JIAJIANG, SHORT), replicates=2)


def test_named_paths_are_scenarios_of_their_own(results: capsim.Results) -> None:
    assert results.data.scenario.values.tolist() == ["baseline", "baseline@china_2016"]


def test_births_follow_the_path_from_the_last_year_known(results: capsim.Results) -> None:
    births = results.data.births.sum("township").sel(scenario="baseline@china_2016")
    ratio = births.sel(year=slice(2021, 2030)) / births.sel(year=2020)
    expected = np.broadcast_to(stress_ratios("china_2016", 10), ratio.shape)
    np.testing.assert_allclose(ratio.values, expected, rtol=1e-4)


def test_the_forecast_is_the_same_with_and_without_a_path_beside_it(
    results: capsim.Results,
) -> None:
    alone = capsim.run(
        capsim.load(JIAJIANG, {**SHORT, "demography.births.stress_paths": []}), replicates=2
    )
    assert alone.data.sizes["scenario"] == 1
    for name in ("births", "demand", "roll", "teachers"):
        np.testing.assert_array_equal(
            alone.data[name].sel(scenario="baseline").values,
            results.data[name].sel(scenario="baseline").values,
        )


def test_children_born_before_the_fall_are_the_same(results: capsim.Results) -> None:
    demand = results.data.demand.sum(["level", "planning_area"])
    fall = demand.sel(scenario="baseline@china_2016") - demand.sel(scenario="baseline")
    # The cohort of 2027 holds the births of 2020 and 2021, the first year of the fall.
    assert (abs(fall.sel(year=slice(2017, 2026))) < 1e-9).all()
    assert (fall.sel(year=2030) < 0).all()


def test_the_summary_says_in_one_line_what_a_collapse_would_mean(results: capsim.Results) -> None:
    for lang, words in (("en", "If births collapsed (as in China after 2016"), ("zh", "2016")):
        lines = summary_lines(results.data, lang=lang)
        about = [line for line in lines if words in line]
        assert len(about) == 1
        assert "%" in about[0]
        assert not any(line.startswith("==") for line in lines)


def test_a_path_may_be_added_and_is_made_once() -> None:
    scenario = capsim.load(JIAJIANG, SHORT)
    every = with_stress_paths([scenario], ["korea_2015", "china_2016"])
    names = [s.name for s in every]
    assert names == ["baseline", "baseline@china_2016", "baseline@korea_2015"]
    assert every[2].demography.births.stress == "korea_2015"
    assert {s.seed for s in every} == {scenario.seed}
    assert [s.name for s in with_stress_paths(every)] == names


def test_unknown_paths_are_named_with_what_was_meant() -> None:
    with pytest.raises(InvalidInput) as caught:
        capsim.load(
            JIAJIANG,
            {
                "demography.births.stress_paths": ["corea_2015"],
                "demography.births.method": "stress",
                "demography.births.stress": "china_2015",
            },
        )
    text = str(caught.value)
    assert 'demography.births.stress_paths.0: "corea_2015" is not one of' in text
    assert 'did you mean "korea_2015"?' in text
    assert 'demography.births.stress: "china_2015" is not one of' in text
    scenario = capsim.load(JIAJIANG)
    with pytest.raises(InvalidInput) as caught:
        with_stress_paths([scenario], ["china"], where="--stress")
    wanted = "--stress: unknown path 'china' (did you mean \"china_2016\"?)"
    assert wanted in str(caught.value)


def test_scenarios_may_name_exactly_the_paths_that_are_shipped() -> None:
    assert get_args(StressPathName) == stress_path_names()
