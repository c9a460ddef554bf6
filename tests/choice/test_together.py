"""Levels admitted in one pass: what they get is what each gets alone."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim import draws
from capsim.choice.book import AdmissionStreams, Applicants, Demand, Offer
from capsim.choice.rules import Admission, admit, compile_rules
from capsim.choice.together import admit_together, alike, joined_alternatives
from capsim.choice.travel import alternatives, travel_km
from capsim.choice.utility import Tastes
from capsim.scenario.choice_options import ChoiceOptions
from capsim.scenario.enrolment_options import EnrolmentOptions

HOMES, SCHOOLS = 12, 7
NAMES = [f"school {s}" for s in range(SCHOOLS)]


def rules_of(**options):
    return compile_rules(EnrolmentOptions(**options), NAMES).by_level


def level_case(seed, level, children, *, boards):
    """Applicants, offer, ways and streams of one level, at random."""
    rng = np.random.default_rng([seed, level])
    place = np.random.default_rng(seed)
    km = travel_km(*(place.uniform(0, 20, n) for n in (HOMES, HOMES, SCHOOLS, SCHOOLS)),
                   terrain_factor=1.3)  # fmt: skip
    admits = rng.random(SCHOOLS) < 0.7
    ways = alternatives(
        km, np.argsort(km, axis=1)[:, : 1 + level], admits, draws.identity_of(NAMES),
        candidates=3 + level, limit_km=8.0 + 4.0 * level,
    )  # fmt: skip
    identity = draws.mix(rng.integers(0, 2**40, children))
    applicants = Applicants(
        identity=identity,
        household=identity,
        settlement=rng.integers(0, HOMES, children).astype(np.int32),
        registration=rng.integers(0, 4, children).astype(np.int8),
        points=rng.uniform(0, 100, children).astype(np.float32),
        direct_school=np.where(
            rng.random(children) < 0.2 * level, rng.integers(0, SCHOOLS, children), -1
        ).astype(np.int32),
        sibling_school=np.where(
            rng.random(children) < 0.2, rng.integers(0, SCHOOLS, children), -1
        ).astype(np.int32),
        income=np.zeros(children, np.int8),
        boards=(rng.random(children) < 0.5) & boards,
    )
    most = max(2 * children // SCHOOLS, 1)
    offer = Offer(
        rng.integers(0, most, SCHOOLS) * admits,
        rng.integers(0, 1 + most // 4, SCHOOLS) * admits,
        place.integers(0, 10, SCHOOLS),
    )
    streams = AdmissionStreams(
        *(draws.stream(seed, 0, f"{name} {level}", 2020) for name in ("a", "b", "c", "d"))
    )
    demand = Demand(Tastes.from_options(ChoiceOptions()), np.zeros(SCHOOLS))
    return applicants, offer, ways, demand, streams


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    children=st.tuples(st.integers(0, 400), st.integers(0, 400)),
    points=st.booleans(),
    boarders=st.sampled_from([0, 1, None]),
)
def test_levels_together_are_levels_one_by_one(seed, children, points, boarders):
    rules = rules_of(
        zones="single",
        tiers=["sibling", "hukou_and_home", "hukou", "home", "other"],
        migrants={"round": "points" if points else "with_tiers"},
    )
    assert alike(rules)
    cases = [level_case(seed, i, n, boards=boarders == i) for i, n in enumerate(children)]
    applicants, offers, ways, demands, streams = zip(*cases, strict=True)
    together = admit_together(
        applicants, offers, joined_alternatives(ways), demands, rules[0], streams
    )
    for case, found in zip(cases, together, strict=True):
        alone = admit(*case[:4], rules[0], case[4])
        for field in fields(Admission):
            np.testing.assert_array_equal(
                getattr(found, field.name), getattr(alone, field.name), err_msg=field.name
            )


@pytest.mark.parametrize(
    "options",
    [
        {"zones": "multi"},
        {"lottery_per_school": True},
        {"seat_lock": {"enabled": True}},
        {"beds": {"limit_admission": True}},
        {"migrants": {"round": "points", "reserved_share": {"primary": 0.1, "junior": 0.2}}},
        {"reserves": [{"level": "junior", "school": NAMES[0], "share": 0.2}]},
    ],
)
def test_rules_that_differ_or_look_closer_are_held_level_by_level(options):
    assert not alike(rules_of(**options))
    assert alike(rules_of(zones="single"))


def test_an_identity_too_many_is_refused():
    """Lottery numbers are drawn for everybody at once: part of the children has no level."""
    cases = [level_case(1, i, 20, boards=False) for i in range(2)]
    applicants, offers, ways, demands, streams = zip(*cases, strict=True)
    rules = replace(rules_of(zones="single")[0], lottery_per_school=True, score="lottery")
    with pytest.raises(ValueError, match="stand in the levels"):
        admit_together(applicants, offers, joined_alternatives(ways), demands, rules, streams)
