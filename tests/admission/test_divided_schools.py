"""Reserves and limited beds against filling by hand, child after child in the order of keys."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.admission.admit import (
    REGISTRATIONS,
    AdmissionStreams,
    Applicants,
    Demand,
    Offer,
    admit,
    compile_rules,
)
from capsim.choice.travel import alternatives
from capsim.choice.utility import Tastes
from capsim.core import draws
from capsim.scenario.options.choice import ChoiceOptions
from capsim.scenario.options.enrolment import EnrolmentOptions


class Numbered:
    """The lottery number is the household's own number."""

    def words(self, identity):
        return np.asarray(identity, np.uint64) << np.uint64(36)


def hold(home, registration, boards, seats, beds, options):
    """One zone school; homes 0 beside it and 1 at 40 km."""
    count = len(home)
    number = np.arange(count, dtype=np.uint64)
    none = np.full(count, -1, np.int32)
    km = np.array([[0.0], [40.0]], np.float32)
    around = alternatives(
        km, [[0], [0]], [True], draws.identity_of(["s"]), candidates=1, limit_km=20
    )
    lot = Numbered()
    return admit(
        Applicants(
            identity=number, household=number, settlement=np.array(home, np.int32),
            registration=np.array(registration, np.int8), points=np.zeros(count, np.float32),
            direct_school=none, sibling_school=none, income=np.zeros(count, np.int8),
            boards=np.array(boards, bool),
        ),
        Offer(np.array([seats]), np.array([0]), np.array([beds])),
        around,
        Demand(Tastes.from_options(ChoiceOptions()), np.zeros(1)),
        compile_rules(options, ["s"], ["near", "far"])[0],
        AdmissionStreams(lot, lot, lot, lot),
    ).school  # fmt: skip


def order_of(registration):
    """Children by tier, then number."""
    return sorted(range(len(registration)), key=lambda child: (registration[child], child))


CHILDREN = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, len(REGISTRATIONS) - 1), st.booleans()),
    max_size=14,
)
QUIET = {"placement": {"enabled": False, "emergency": False}, "migrants": {"round": "with_tiers"}}


@settings(max_examples=150, deadline=None)
@given(CHILDREN, st.integers(0, 10), st.integers(0, 10))
def test_limited_beds(children, seats, beds):
    """Take children in order while there is a seat, and a bed if they need one."""
    home, registration, boards = zip(*children, strict=True) if children else ((), (), ())
    options = EnrolmentOptions.model_validate({"beds": {"limit_admission": True}, **QUIET})
    got = hold(home, registration, boards, seats, beds, options)
    free, free_beds, admitted = seats, beds, set()
    for child in order_of(registration):
        needs = home[child] == 1 and boards[child]
        if free and (not needs or free_beds):
            admitted.add(child)
            free -= 1
            free_beds -= needs
    assert set(np.flatnonzero(got == 0)) == admitted


@settings(max_examples=150, deadline=None)
@given(CHILDREN, st.integers(0, 10), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_reserved_seats(children, seats, share):
    """The kept seats first to those they are kept for, then the open seats to everybody in order,
    and kept seats that are left over to the others."""
    home, registration, boards = zip(*children, strict=True) if children else ((), (), ())
    kept = int(np.floor(seats * share + 1e-9))
    reserve = {"school": "s", "level": "primary", "share": share, "settlements": ["far"]}
    options = EnrolmentOptions.model_validate({"reserves": [reserve], **QUIET})
    got = hold(home, registration, boards, seats, 0, options)
    order = order_of(registration)
    first = [child for child in order if home[child] == 1][:kept]
    rest = [child for child in order if child not in first]
    assert set(np.flatnonzero(got == 0)) == {*first, *rest[: seats - len(first)]}
