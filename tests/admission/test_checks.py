"""Bad rules are refused before the run, all at once, in words a planner understands."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from capsim.admission.checks import check_choice, check_rules
from capsim.scenario.options.choice import ChoiceOptions
from capsim.scenario.options.enrolment import EnrolmentOptions

SCHOOLS = ["first", "nine", "junior", "other"]
# Schools by level: first and other are primary, nine both, junior junior only.
TEACHES = np.array([[1, 0], [1, 1], [0, 1], [1, 0]], bool)
KM = np.array([[1, 2, 2, 3], [4, 1, 5, 2]], float)


def problems(options=None, *, zone=None, km=KM, free_beds=(0, 0, 0, 0), **changes):
    options = options or EnrolmentOptions.model_validate(changes)
    found = check_rules(
        options,
        schools=SCHOOLS,
        settlements=["home", "hill"],
        teaches=TEACHES,
        zone=zone or ([[0], [1]], [[2], [1]]),
        km=km,
        beds=np.array(free_beds),
    )
    return [str(problem) for problem in found], [str(w) for w in found.warnings]


def test_good_rules_pass():
    assert problems() == ([], [])
    assert not list(check_choice(ChoiceOptions()))


CASES = {
    "a zone that excludes everybody": ({"tiers": ["sibling"]}, "nobody but siblings"),
    "only migrants, who have their own round": ({"tiers": ["migrant"]}, "nobody but siblings"),
    "unknown feeder": (
        {"feeders": [{"primary": "firts", "junior": "junior"}]},
        'unknown school firts (did you mean "first"?)',
    ),
    "feeder to a primary school": (
        {"feeders": [{"primary": "first", "junior": "other"}]},
        "other does not admit to grade 7",
    ),
    "feeder from a junior school": (
        {"feeders": [{"primary": "junior", "junior": "nine"}]},
        "junior has no primary grades",
    ),
    "two feeders": (
        {
            "feeders": [
                {"primary": "first", "junior": "junior"},
                {"primary": "first", "junior": "nine"},
            ]
        },
        "first already feeds junior",
    ),
    "a feeder cycle": ({"feeders": [{"primary": "nine", "junior": "nine"}]}, "cycle nine -> nine"),
    "reserve at an unknown school": (
        {"reserves": [{"school": "x", "level": "primary", "share": 0.5, "tiers": ["home"]}]},
        "unknown school x",
    ),
    "reserve at the wrong level": (
        {"reserves": [{"school": "first", "level": "junior", "share": 0.5, "tiers": ["home"]}]},
        "does not admit at level junior",
    ),
    "reserve beside limited beds": (
        {
            "beds": {"limit_admission": True},
            "reserves": [{"school": "first", "level": "primary", "share": 0.5, "tiers": ["home"]}],
        },
        "cannot stand beside enrolment.beds.limit_admission",
    ),
    "reserve for everybody": (
        {"reserves": [{"school": "first", "level": "primary", "share": 0.5}]},
        "is for everybody",
    ),
    "reserve for an unknown settlement": (
        {"reserves": [{"school": "first", "level": "primary", "share": 0.5,
                       "settlements": ["hil"]}]},
        'unknown settlement hil (did you mean "hill"?)',
    ),
    "reserve for a tier that is not in force": (
        {"tiers": ["hukou"], "reserves": [{"school": "first", "level": "primary", "share": 0.5,
                                           "tiers": ["home"]}]},
        "nobody could use it",
    ),
    "reserves above all seats": (
        {"reserves": [{"school": "first", "level": "primary", "share": 0.6, "tiers": [t]}
                      for t in ("home", "hukou")]},
        "shares sum to 1.2",
    ),
    "seat lock on a tier that is not in force": (
        {"tiers": ["hukou"], "seat_lock": {"enabled": True}},
        "home is not among the tiers",
    ),
    "no school within the limit": (
        {"placement": {"travel_limit_km": {"primary": 0.5, "junior": 20}}},
        "no school of level primary within 0.5 km of home, hill",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_rules(name):
    changes, words = CASES[name]
    found, _ = problems(**changes)
    assert any(words in line for line in found), found


def test_everything_is_reported_at_once():
    found, _ = problems(
        tiers=["sibling"],
        feeders=[{"primary": "nine", "junior": "nine"}],
        placement={"travel_limit_km": {"primary": 0.5, "junior": 0.5}},
    )
    assert len(found) == 4


def test_zones_without_schools_and_with_too_many():
    found, _ = problems(zone=([[-1], [1]], [[2], [0]]))
    assert "no school of level primary for home" in found[0]
    assert "no school of level junior for hill" in found[1]
    several = ([[0, 1], [1, -1]], [[2, -1], [1, -1]])
    found, _ = problems(zone=several)
    assert "single, but home have several schools of level primary" in found[0]
    assert problems(zone=several, zones="multi")[0] == []


def test_boarding_turns_want_of_reach_into_a_warning():
    limit = {"placement": {"travel_limit_km": {"primary": 0.5, "junior": 20}}}
    found, warned = problems(free_beds=[0, 30, 0, 0], **limit)
    assert not found
    assert "within 0.5 km of home, hill" in warned[0]


def test_capacities_below_zero():
    assert "beds of nine are below zero" in problems(free_beds=[0, -1, 0, 0])[0][0]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"tiers": ["home", "hukuo"]}, "hukuo"),
        ({"tiers": ["home", "home"]}, "repeat"),
        ({"class_cap": {"primary": 60, "junior": 50}}, "not between 1 and the hard cap 55"),
        ({"zone": "single"}, "Extra inputs"),
    ],
)
def test_what_the_schema_refuses(changes, words):
    with pytest.raises(ValidationError, match=words):
        EnrolmentOptions.model_validate(changes)


def test_terms_left_out_keep_their_starting_values():
    start = ChoiceOptions().coefficients
    assert start.keys() == {"distance", "quality", "zone", "sibling", "fee", "crowding"}
    assert ChoiceOptions(coefficients={"zone": 0.0}).coefficients == {**start, "zone": 0.0}
    by_km = ChoiceOptions(coefficients={"km": -0.4}).coefficients
    assert "distance" not in by_km
    assert by_km == {**{k: v for k, v in start.items() if k != "distance"}, "km": -0.4}


def test_choice_settings():
    options = ChoiceOptions(
        coefficients={"distanse": 1.0, "quality": (1.0, 2.0)},
        moving={"income_factor": (1.0,)},
    )
    found = [str(problem) for problem in check_choice(options)]
    assert (
        'choice.coefficients.distanse: unknown term of utility (did you mean "distance"?)' in found
    )
    assert any("coefficients.quality: 2 numbers" in line for line in found)
    assert any("income_factor: 1 numbers" in line for line in found)
