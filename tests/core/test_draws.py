"""Keyed random numbers: their distributions, and that nothing depends on anything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from capsim.core.draws import (
    Stream,
    alternative_words,
    category_of,
    combine,
    extend,
    identity_of,
    mix,
    stream,
    uniforms,
)

IDS = combine(np.arange(100), 2017, 0)
MANY = mix(np.arange(200_000))
SCHOOLS = alternative_words(identity_of([f"school {i}" for i in range(12)]))


def p_value_uniform(u):
    return stats.kstest(np.asarray(u, float).ravel(), "uniform").pvalue


def test_one_more_family_changes_nobody_elses_draws():
    draws = stream(1, 0, "taste")
    more = np.insert(IDS, 40, np.uint64(7))
    assert (np.delete(draws.uniform(more), 40) == draws.uniform(IDS)).all()
    assert (draws.uniform(IDS[::-1]) == draws.uniform(IDS)[::-1]).all()


def test_one_more_school_changes_no_draw():
    draws = stream(1, 0, "taste")
    more = np.insert(SCHOOLS, 5, np.uint32(7))
    before = draws.pair_gumbel(IDS[:, None], SCHOOLS)
    after = draws.pair_gumbel(IDS[:, None], more)
    assert (np.delete(after, 5, axis=1) == before).all()


def test_identities_hang_on_names_and_not_on_rows():
    assert identity_of(["b", "a"]).tolist() == identity_of(["a", "b"]).tolist()[::-1]
    assert combine(1, 2) != combine(2, 1)


@given(st.integers(0, 2**63 - 1), st.integers(0, 1000), st.text(max_size=20))
@settings(max_examples=50, deadline=None)
def test_streams_differ_by_every_part_of_their_key(seed, replicate, process):
    key = stream(seed, replicate, process, 2017).key
    others = {
        stream(seed + 1, replicate, process, 2017).key,
        stream(seed, replicate + 1, process, 2017).key,
        stream(seed, replicate, process + "x", 2017).key,
        stream(seed, replicate, process, 2018).key,
    }
    assert len(others | {key}) == 5


def test_uniforms_are_uniform_and_inside():
    for name in ("a", "b", "c"):
        u = stream(3, 0, name).uniform(MANY)
        assert u.min() > 0 and u.max() < 1
        assert p_value_uniform(u) > 1e-3
    assert Stream(0).uniform(np.array([], np.uint64)).shape == (0,)


def test_streams_and_neighbouring_identities_are_uncorrelated():
    a = stream(3, 0, "a").uniform(MANY)
    b = stream(3, 0, "b").uniform(MANY)
    bound = 4 / np.sqrt(len(MANY))
    assert abs(np.corrcoef(a, b)[0, 1]) < bound
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < bound


def test_pairs_are_uniform_over_families_and_over_schools():
    draws = stream(5, 0, "taste")
    u = draws.pair_uniform(MANY[:, None], SCHOOLS)
    assert u.dtype == np.float32 and u.min() > 0 and u.max() < 1
    assert min(p_value_uniform(column) for column in u.T) > 1e-4
    few, many = MANY[:20], alternative_words(MANY)
    wide = draws.pair_uniform(few[:, None], many)
    assert min(p_value_uniform(row) for row in wide) > 1e-4


def test_pairs_of_one_family_and_of_one_school_are_uncorrelated():
    u = stream(5, 0, "taste").pair_uniform(MANY[:, None], SCHOOLS)
    bound = 4.5 / np.sqrt(len(MANY))
    schools = np.corrcoef(u.T)
    assert np.abs(schools - np.eye(len(SCHOOLS))).max() < bound
    assert abs(np.corrcoef(u[1:, 0], u[:-1, 0])[0, 1]) < bound


def test_pairs_use_all_bits_of_a_family():
    """Families whose words share their lower half still draw differently."""

    class Halves(Stream):
        def words(self, identity):
            return np.asarray(identity, np.uint64)

    same_low = np.array([5, 5 + (1 << 32)], np.uint64)
    words = Halves(0).pair_words(same_low[:, None], SCHOOLS)
    assert (words[0] != words[1]).all()


def test_gumbels_have_the_moments_of_a_gumbel_and_are_finite():
    g = stream(6, 0, "taste").pair_gumbel(MANY[:, None], SCHOOLS).astype(float)
    error = np.pi / np.sqrt(6) / np.sqrt(g.size)
    assert np.isfinite(g).all()
    assert abs(g.mean() - np.euler_gamma) < 4 * error
    assert g.var() == pytest.approx(np.pi**2 / 6, rel=0.01)
    assert stats.kstest(g[:, 0], "gumbel_r").pvalue > 1e-3
    extreme = np.array([0, 1, 255, 2**32 - 1], np.uint32)

    class Words(Stream):
        def pair_words(self, identity, alternative, out=None):
            return extreme.copy()

    assert np.isfinite(Words(0).pair_gumbel(extreme, extreme)).all()


def test_choice_shares_are_those_of_the_logit():
    """The best of V plus Gumbel is chosen with the logit's probability (McFadden 1974)."""
    v = np.array([0.0, 0.5, 1.0, -1.0], np.float32)
    g = stream(7, 0, "taste").pair_gumbel(MANY[:, None], SCHOOLS[:4])
    share = np.bincount((v + g).argmax(axis=1), minlength=4) / len(MANY)
    expected = np.exp(v.astype(float)) / np.exp(v.astype(float)).sum()
    assert stats.chisquare(share * len(MANY), expected * len(MANY)).pvalue > 1e-3


def test_pair_words_go_where_they_are_told():
    draws = stream(1, 0, "x")
    out = np.empty((len(IDS), len(SCHOOLS)), np.uint32)
    result = draws.pair_words(IDS[:, None], SCHOOLS, out=out)
    assert result is out
    assert (out == draws.pair_words(IDS[:, None], SCHOOLS)).all()
    # Rows of schools are as good as columns.
    assert (out == draws.pair_words(IDS, SCHOOLS[:, None]).T).all()


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 80.0, 1e5])
def test_poisson_inverts_the_distribution(mean):
    draws = stream(8, 0, "poisson")
    ids = MANY[:3000]
    expected = stats.poisson(mean).ppf(draws.uniform(ids))
    assert draws.poisson(ids, mean).tolist() == np.maximum(expected, 0).tolist()


@pytest.mark.parametrize("count, p", [(0, 0.5), (7, 0.0), (7, 1.0), (20, 0.3), (5000, 0.01)])
def test_binomial_inverts_the_distribution(count, p):
    draws = stream(8, 0, "binomial")
    ids = MANY[:3000]
    expected = stats.binom(count, p).ppf(draws.uniform(ids)) if count else np.zeros(3000)
    assert draws.binomial(ids, count, p).tolist() == np.maximum(expected, 0).tolist()


def test_categories_have_their_shares():
    shares = [0.2, 0.0, 0.5, 0.3]
    drawn = stream(9, 0, "category").category(MANY, shares)
    count = np.bincount(drawn, minlength=4)
    assert count[1] == 0
    assert stats.chisquare(count[[0, 2, 3]], len(MANY) * np.array([0.2, 0.5, 0.3])).pvalue > 1e-3


def test_events_and_normals():
    draws = stream(10, 0, "event")
    assert abs(draws.occurs(MANY, 0.25).mean() - 0.25) < 4 * np.sqrt(0.1875 / len(MANY))
    assert stats.kstest(draws.normal(MANY), "norm").pvalue > 1e-3


@pytest.mark.parametrize("bound", [1e-12, 0.01, 0.3, 0.75, 1.0])
def test_rare_events_are_those_of_the_uniforms(bound):
    source = stream(11, 0, "rare")
    u = source.uniform(MANY)
    rows, few = source.below(MANY, bound)
    assert np.array_equal(rows, np.flatnonzero(u < bound))
    assert np.array_equal(few, u[rows])
    where = u > 0.2
    rows, few = source.below(MANY, bound, where=where)
    assert np.array_equal(rows, np.flatnonzero((u < bound) & where))


def test_a_part_can_be_added_to_an_identity_later():
    place, ordinal = mix([3, 4]), np.arange(2)
    assert np.array_equal(extend(combine(place, 2017), ordinal), combine(place, 2017, ordinal))


def test_many_streams_at_once_draw_what_each_draws_alone():
    streams = [stream(1, 2, name, 3) for name in ("a", "b", "c")]
    identity = mix(np.arange(1000))
    together = uniforms(streams, identity)
    for row, source in zip(together, streams, strict=True):
        assert np.array_equal(row, source.uniform(identity))
    assert uniforms(streams, np.zeros(0, np.uint64)).shape == (3, 0)


def test_categories_by_hand_with_one_row_of_shares_or_several():
    u = np.array([0.05, 0.1, 0.45, 0.95])
    assert category_of(u, [0.1, 0.4, 0.5]).tolist() == [0, 1, 1, 2]
    shares = np.array([[0.1, 0.4, 0.5], [0.5, 0.5, 0.0]])
    row = np.array([0, 1, 1, 1])
    assert category_of(u, shares, row).tolist() == [0, 0, 0, 1]
    assert category_of(u, shares[row]).tolist() == [0, 0, 0, 1]
