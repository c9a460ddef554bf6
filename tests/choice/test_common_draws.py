"""Comparing policies with common draws: where nothing differs, luck must not differ either."""

from __future__ import annotations

import numpy as np

from capsim.admission.admit import (
    AdmissionStreams,
    Applicants,
    Demand,
    Offer,
    admit,
    compile_rules,
)
from capsim.choice.travel import alternatives, travel_km
from capsim.choice.utility import Tastes
from capsim.core import draws
from capsim.scenario.options.choice import ChoiceOptions
from capsim.scenario.options.enrolment import EnrolmentOptions

HOMES, SCHOOLS, CHILDREN, REPLICATES = 20, 10, 900, 30


def outcomes(replicate, *, seats_west, more=0):
    """Children by school of two districts 1,000 km apart, schools 0-4 in the west, 5-9 east.

    `more` families join in the west; policy changes the seats of the west only.
    """
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, HOMES) + np.repeat([0, 1000], HOMES // 2)
    sx = rng.uniform(0, 10, SCHOOLS) + np.repeat([0, 1000], SCHOOLS // 2)
    km = travel_km(x, rng.uniform(0, 10, HOMES), sx, rng.uniform(0, 10, SCHOOLS), terrain_factor=1)
    zone = np.argsort(km, axis=1)[:, :4]
    names = [f"school {s}" for s in range(SCHOOLS)]
    around = alternatives(
        km, zone, np.ones(SCHOOLS, bool), draws.identity_of(names), candidates=4, limit_km=30
    )
    home = rng.integers(0, HOMES, CHILDREN)
    home = np.concatenate([home, np.zeros(more, int)]).astype(np.int32)
    count = len(home)
    identity = draws.mix(np.arange(count))
    applicants = Applicants(
        identity=identity,
        household=identity,
        settlement=home,
        registration=draws.stream(1, replicate, "registration")
        .category(identity, [0.7, 0.1, 0.1, 0.1])
        .astype(np.int8),
        points=np.zeros(count, np.float32),
        direct_school=np.full(count, -1, np.int32),
        sibling_school=np.full(count, -1, np.int32),
        income=np.zeros(count, np.int8),
        boards=np.zeros(count, bool),
    )
    seats = np.where(np.arange(SCHOOLS) < SCHOOLS // 2, seats_west, 120)
    result = admit(
        applicants,
        Offer(seats, np.full(SCHOOLS, 10), np.zeros(SCHOOLS, int)),
        around,
        Demand(Tastes.from_options(ChoiceOptions()), np.zeros(SCHOOLS)),
        compile_rules(EnrolmentOptions(zones="multi"), names)[0],
        AdmissionStreams(
            *(draws.stream(1, replicate, n, 2020) for n in ("lottery", "private", "lock", "taste"))
        ),
    )
    return np.bincount(result.school[result.school >= 0], minlength=SCHOOLS), result


def test_policy_elsewhere_changes_nothing_here():
    """In the east the difference between policies is exactly 0 with common draws: its variance
    is 0 % of that with independent draws, which is not 0."""
    east = slice(SCHOOLS // 2, SCHOOLS)
    before = [outcomes(r, seats_west=60)[0][east] for r in range(REPLICATES)]
    after = [outcomes(r, seats_west=110)[0][east] for r in range(REPLICATES)]
    other = [outcomes(r + 1000, seats_west=110)[0][east] for r in range(REPLICATES)]
    common = np.var(np.subtract(after, before), axis=0)
    independent = np.var(np.subtract(other, before), axis=0)
    assert (common == 0).all()
    assert independent.max() > 0
    assert common.sum() <= 0.05 * independent.sum()


def test_policy_does_change_something_where_it_acts():
    west = slice(0, SCHOOLS // 2)
    before, after = (outcomes(0, seats_west=n)[0][west] for n in (60, 110))
    assert (before != after).any()


def test_more_families_elsewhere_change_nobodys_outcome_here():
    _, before = outcomes(0, seats_west=60)
    _, after = outcomes(0, seats_west=60, more=50)
    east = before.school >= SCHOOLS // 2
    assert (after.school[:CHILDREN][east] == before.school[east]).all()
    assert (after.rank[:CHILDREN][east] == before.rank[east]).all()


def test_the_same_draws_give_the_same_admission():
    _, one = outcomes(3, seats_west=60)
    _, two = outcomes(3, seats_west=60)
    assert (one.school == two.school).all() and (one.outcome == two.outcome).all()
