"""Utility, submitted lists, and what must not change when schools come and go."""

from __future__ import annotations

import numpy as np
import pytest

from capsim.choice import utility as utility_module
from capsim.choice.travel import alternatives, travel_km
from capsim.choice.utility import (
    ChoiceSet,
    Tastes,
    choice_set,
    distance_utility,
    family_utility,
    logsum,
    ranked,
    submitted_lists,
    systematic_utility,
    term,
)
from capsim.core import draws
from capsim.scenario.options.choice import ChoiceOptions, DistanceOptions, FamilyOptions

HOMES, SCHOOLS, FAMILIES = 15, 9, 400


def world(schools=SCHOOLS, *, options=None, k=5, seed=0, keep=None):
    """A random county of homes and schools; `keep` leaves some schools open."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 12, (2, HOMES))
    sx, sy = rng.uniform(0, 12, (2, schools))
    km = travel_km(x, y, sx, sy, terrain_factor=1.2)
    is_open = np.ones(schools, bool) if keep is None else np.isin(np.arange(schools), keep)
    around = alternatives(
        km, np.where(is_open, km, np.inf).argmin(axis=1)[:, None], is_open,
        draws.identity_of([f"school {s}" for s in range(schools)]), candidates=k, limit_km=20,
    )  # fmt: skip
    tastes = Tastes.from_options(options or ChoiceOptions())
    quality = rng.normal(size=schools)
    return around, tastes, choice_set(around, around.candidates, tastes=tastes, quality=quality)


def families(seed=1, count=FAMILIES):
    rng = np.random.default_rng(seed)
    settlement = rng.integers(0, HOMES, count).astype(np.int32)
    return {
        "settlement": settlement,
        "income": rng.integers(0, 3, count).astype(np.int8),
        "identity": draws.combine(settlement, 2017, np.arange(count)),
        "taste": draws.stream(1, 0, "taste"),
    }


def test_distance_pieces_by_hand():
    """-1.0 a km to 1.6 km, -0.35 to 8 km, -0.13 beyond: at 1, 1.6, 4 and 10 km."""
    expected = [0.0, -1.0, -1.6, -1.6 - 0.35 * 2.4, -1.6 - 0.35 * 6.4 - 0.13 * 2]
    got = distance_utility([0.0, 1.0, 1.6, 4.0, 10.0], DistanceOptions())
    assert got == pytest.approx(expected, rel=1e-6)


def test_sigmoid_starts_at_zero_and_has_fallen_by_half_at_its_midpoint():
    """With a scale of 0.1 km the step at 3 km is sharp: 0, then -4 of -8, then -8."""
    options = DistanceOptions(form="sigmoid", midpoint_km=3, scale_km=0.1, drop=8)
    assert distance_utility([0.0, 3.0, 9.0], options) == pytest.approx([0.0, -4.0, -8.0], abs=1e-4)


def test_systematic_utility_by_hand():
    """Two schools at 1 and 2 km, qualities 0.5 and -1, the first in the zone, fee 8,000 at the
    second, crowding 0.2 at the first; incomes 40,000 and 80,000.

    First: -1 + 2 * 0.5 + 0.5 - 0.4 * 0.2 = 0.42. Second, low income: -1.6 - 0.35 * 0.4 - 2 -
    3 * 0.2 = -4.34; high income: the fee costs 3 * 0.1, so -4.04.
    """
    choices = ChoiceSet(
        schools=np.array([[0, 1, -1]], np.int32),
        km=np.array([[1.0, 2.0, np.inf]], np.float32),
        in_zone=np.array([[True, False, False]]),
        quality=np.array([0.5, -1.0], np.float32),
        fee_yuan=np.array([0.0, 8000.0], np.float32),
        crowding=np.array([0.2, 0.0], np.float32),
        income_yuan=np.array([40_000.0, 80_000.0], np.float32),
        distance=DistanceOptions(),
    )
    weights = {"distance": 1.0, "quality": 2.0, "zone": 0.5, "fee": 3.0, "crowding": 0.4}
    v = systematic_utility(choices, {k: np.full(2, w, np.float32) for k, w in weights.items()})
    assert v[:, 0, 0] == pytest.approx([0.42, 0.42], abs=1e-6)
    assert v[:, 0, 1] == pytest.approx([-4.34, -4.04], abs=1e-6)
    assert np.isneginf(v[:, 0, 2]).all()


def test_tastes_by_income_group():
    groups = len(FamilyOptions().income_groups)
    options = ChoiceOptions(coefficients={"distance": (0.0, 1.0, 2.0), "quality": 1.0})
    assert groups == 3
    around, tastes, choices = world(options=options)
    v = systematic_utility(choices, tastes.coefficients)
    step = distance_utility(around.candidate_km, options.distance)
    known = around.candidates >= 0
    assert (v[1] - v[0])[known] == pytest.approx(step[known], abs=1e-4)
    assert (v[2] - v[0])[known] == pytest.approx(2 * step[known], abs=1e-4)


def test_a_term_plugs_in_by_name(monkeypatch):
    monkeypatch.setattr(utility_module, "_TERMS", dict(utility_module._TERMS))

    @term("first_school")
    def first_school(choices):
        return (choices.schools == 0).astype(np.float32)

    _, _, choices = world()
    weight = {"first_school": np.full(3, 2.0, np.float32)}
    v = systematic_utility(choices, weight)
    assert (v[:, choices.schools == 0] == 2.0).all()
    assert (v[:, choices.schools > 0] == 0.0).all()


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_submitted_lists_are_the_ranked_utilities(k):
    around, tastes, choices = world(k=k)
    v = systematic_utility(choices, tastes.coefficients)
    them = families()
    sibling = np.where(np.arange(FAMILIES) % 3, -1, np.arange(FAMILIES) % SCHOOLS).astype(np.int32)
    with_sibling = {
        "sibling_school": sibling,
        "sibling_coefficient": tastes.coefficients["sibling"],
    }
    for extra in ({}, with_sibling):
        u = family_utility(v, around.candidates, around.words, **them, **extra)
        expected = ranked(u, around.candidates[them["settlement"]])
        got = submitted_lists(v, around.candidates, around.words, **them, **extra)
        assert (got == expected).all()
        best = submitted_lists(v, around.candidates, around.words, **them, **extra, most=2)
        assert (best == expected[:, :2]).all()


def test_the_sibling_counts_where_it_is():
    around, tastes, choices = world()
    v = systematic_utility(choices, tastes.coefficients)
    them = families()
    school = around.candidates[them["settlement"], 1]
    plain = family_utility(v, around.candidates, around.words, **them)
    with_sibling = family_utility(
        v, around.candidates, around.words, **them, sibling_school=school,
        sibling_coefficient=np.array([1.0, 2.0, 3.0], np.float32),
    )  # fmt: skip
    gain = with_sibling - plain
    assert gain[:, 1] == pytest.approx(1.0 + them["income"], abs=1e-5)
    assert (np.delete(gain, 1, axis=1) == 0).all()


def test_wide_candidate_tables_are_ranked_too():
    around, tastes, choices = world(schools=30, k=25)
    v = systematic_utility(choices, tastes.coefficients)
    them = families()
    u = family_utility(v, around.candidates, around.words, **them)
    expected = ranked(u, around.candidates[them["settlement"]])
    assert (submitted_lists(v, around.candidates, around.words, **them) == expected).all()


def test_a_new_school_changes_no_order_among_the_others():
    """Opening a school near everybody: the lists without it are the same, as far as its
    arrival pushed nobody's farthest candidate out."""
    before, tastes, old = world(keep=range(SCHOOLS - 1), k=5)
    after, _, new = world(k=6)
    them = families()
    lists = []
    for around, choices in ((before, old), (after, new)):
        v = systematic_utility(choices, tastes.coefficients | {"zone": np.zeros(3, np.float32)})
        lists.append(submitted_lists(v, around.candidates, around.words, **them))
    for first, second in zip(*lists, strict=True):
        kept = [s for s in second if s in first]
        assert kept == [s for s in first if s in kept]
    assert (lists[1] == SCHOOLS - 1).any()


def test_one_more_family_changes_nobody_elses_list():
    around, tastes, choices = world()
    v = systematic_utility(choices, tastes.coefficients)
    them = families()
    lists = submitted_lists(v, around.candidates, around.words, **them)
    fewer = {k: (np.delete(a, 7) if isinstance(a, np.ndarray) else a) for k, a in them.items()}
    rest = submitted_lists(v, around.candidates, around.words, **fewer)
    assert (rest == np.delete(lists, 7, axis=0)).all()


def test_logsum_is_the_expected_best():
    """Against the mean of the best of many drawn utilities, less Euler's constant."""
    v = np.array([0.3, -0.5, 1.0, -np.inf], np.float32)
    draw = draws.stream(2, 0, "x").pair_gumbel(
        draws.mix(np.arange(200_000))[:, None], draws.alternative_words(draws.mix(np.arange(4)))
    )
    simulated = (v + draw).max(axis=1).mean() - np.euler_gamma
    assert logsum(v[None])[0] == pytest.approx(simulated, abs=0.01)
    assert np.isneginf(logsum(np.array([[-np.inf]], np.float32)))[0]
