"""Levels admitted in one pass: what they get is what each gets alone."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.admission.admit import Admission, admit, compile_rules
from capsim.admission.state import AdmissionStreams, Applicants, Demand, Offer
from capsim.admission.together import (
    JoinedAlternatives,
    JoinedStream,
    admit_together,
    alike,
    joined_admissions,
    levels_of,
    parts_of,
)
from capsim.choice.travel import alternatives, travel_km
from capsim.choice.utility import Tastes
from capsim.core import draws
from capsim.scenario.options.choice import ChoiceOptions
from capsim.scenario.options.enrolment import EnrolmentOptions

HOMES, SCHOOLS = 12, 7
NAMES = [f"school {s}" for s in range(SCHOOLS)]


def rules_of(**options):
    return compile_rules(EnrolmentOptions(**options), NAMES).by_level


PRIVATE = SCHOOLS - 1  # the last school, where there is a private one


def level_case(seed, level, children, *, boards, private=False, tiers=False):
    """Applicants, offer, ways, demand and streams of one level, at random."""
    rng = np.random.default_rng([seed, level])
    place = np.random.default_rng(seed)
    km = travel_km(*(place.uniform(0, 20, n) for n in (HOMES, HOMES, SCHOOLS, SCHOOLS)),
                   terrain_factor=1.3)  # fmt: skip
    admits = rng.random(SCHOOLS) < 0.7
    of_private = np.arange(SCHOOLS) == PRIVATE if private else np.zeros(SCHOOLS, bool)
    ways = alternatives(
        km, np.argsort(km, axis=1)[:, : 1 + level], admits & ~of_private, draws.identity_of(NAMES),
        candidates=3 + level, limit_km=8.0 + 4.0 * level,
        open_private=of_private & admits if private else None, private_range_km=10.0,
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
        rng.integers(0, 1 + most // 4, SCHOOLS) * (admits & ~of_private),
        place.integers(0, 10, SCHOOLS),
        of_private if private else None,
    )
    streams = AdmissionStreams(
        *(draws.stream(seed, 0, f"{name} {level}", 2020) for name in ("a", "b", "c", "d"))
    )
    demand = Demand(
        Tastes.from_options(ChoiceOptions()),
        rng.normal(0, 1, SCHOOLS),
        fee_yuan=np.where(of_private, 9000.0, 0.0) if private else None,
        crowding=rng.uniform(0, 0.2, SCHOOLS),
        expected_tier=np.append(rng.choice([1.0, 2.0, np.inf], SCHOOLS), np.inf) if tiers else None,
    )
    return applicants, offer, ways, demand, streams


def joined(parts, name):
    columns = [getattr(part, name) for part in parts]
    return None if columns[0] is None else np.concatenate(columns)


def joined_offer(offers):
    columns = (joined(offers, name) for name in ("seats", "emergency_seats", "beds", "private"))
    return Offer(*columns)


def joined_demand(demands):
    """With one cell for the padding at the end of the expected tiers."""
    names = ("fee_yuan", "crowding")
    tier = joined(demands, "expected_tier")
    return Demand(
        demands[0].tastes,
        joined(demands, "quality"),
        **{name: joined(demands, name) for name in names},
        expected_tier=None if tier is None else np.delete(tier, SCHOOLS),
    )


def joined_streams(streams, parts):
    columns = ([getattr(s, f.name) for s in streams] for f in fields(AdmissionStreams))
    return AdmissionStreams(
        *(JoinedStream(0, lambda own=own: own, levels_of(parts)) for own in columns)
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    children=st.tuples(st.integers(0, 400), st.integers(0, 400)),
    points=st.booleans(),
    boarders=st.sampled_from([0, 1, None]),
    multi=st.booleans(),
    closer=st.booleans(),
    private=st.booleans(),
    tiers=st.booleans(),
)
def test_levels_together_are_levels_one_by_one(
    seed, children, points, boarders, multi, closer, private, tiers
):
    rules = rules_of(
        zones="multi" if multi else "single",
        tiers=["sibling", "hukou_and_home", "hukou", "home", "other"],
        migrants={"round": "points" if points else "with_tiers"},
        tie_break="lottery" if closer else "distance",
        lottery_per_school=closer,
        seat_lock={"enabled": closer},
        private={"enabled": private, "most_choices": 1},
    )
    assert alike(rules)
    cases = [
        level_case(seed, i, n, boards=boarders == i, private=private, tiers=tiers)
        for i, n in enumerate(children)
    ]
    applicants, offers, ways, demands, streams = zip(*cases, strict=True)
    everybody = Applicants(
        *(np.concatenate([getattr(a, f.name) for a in applicants]) for f in fields(Applicants))
    )
    parts = parts_of(applicants)
    ways = JoinedAlternatives(ways)
    together = admit_together(
        everybody, parts, joined_offer(offers), ways, joined_demand(demands), rules[0],
        joined_streams(streams, parts),
    )  # fmt: skip
    alone = joined_admissions([admit(*case[:4], rules[0], case[4]) for case in cases])
    for field in fields(Admission):
        np.testing.assert_array_equal(
            getattr(together, field.name), getattr(alone, field.name), err_msg=field.name
        )
    own = everybody.part(parts[1])
    np.testing.assert_array_equal(own.identity, applicants[1].identity)


@pytest.mark.parametrize(
    "options",
    [
        {"zones": "multi", "first_choice_first": True},
        {"beds": {"limit_admission": True}},
        {"migrants": {"round": "points", "reserved_share": {"primary": 0.1, "junior": 0.2}}},
        {"reserves": [{"level": "junior", "school": NAMES[0], "share": 0.2}]},
    ],
)
def test_rules_that_differ_or_look_closer_are_held_level_by_level(options):
    assert not alike(rules_of(**options))
    assert alike(rules_of(zones="single"))


def test_a_child_draws_from_the_stream_of_its_level():
    levels = [draws.stream(1, 0, name) for name in ("first", "second")]
    joined = JoinedStream(0, lambda: levels, levels_of(parts_of([[0, 1], [2, 3, 4]])))
    identity = draws.mix(np.arange(5))
    alone = np.concatenate([levels[0].words(identity[:2]), levels[1].words(identity[2:])])
    np.testing.assert_array_equal(joined.words(identity), alone)
    some = np.array([4, 1])
    np.testing.assert_array_equal(joined.at(some).words(identity[some]), alone[some])
    with pytest.raises(ValueError, match="4 identities, 5 have a key"):
        joined.words(identity[:4])
