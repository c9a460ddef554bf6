"""Estimation: against xlogit, against the truth that made the data, and of what is not there."""

from __future__ import annotations

import numpy as np
import pytest

from capsim.admission.matching import deferred_acceptance
from capsim.calibration.estimate import conditional_logit, feasible_set
from capsim.calibration.moments import Parameter, Target, fit_moments
from capsim.core.errors import InvalidInput

TRUTH = np.array([-1.0, 0.6, 0.3])
TERMS = ("distance", "quality", "zone")


def choices(count=3000, width=6, seed=0):
    """Children who choose by a logit with coefficients TRUTH among `width` alternatives."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, width, 3))
    available = rng.random((count, width)) < 0.8
    available[:, 0] = True
    v = np.where(available, x @ TRUTH + rng.gumbel(size=(count, width)), -np.inf)
    return x, v.argmax(axis=1), available


def test_coefficients_and_errors_equal_those_of_xlogit():
    from xlogit import MultinomialLogit

    x, chosen, available = choices()
    fit = conditional_logit(x, chosen, TERMS, available=available)
    count, width = chosen.size, x.shape[1]
    model = MultinomialLogit()
    model.fit(
        X=x.reshape(-1, 3),
        y=(np.arange(width) == chosen[:, None]).ravel().astype(int),
        varnames=list(TERMS),
        ids=np.repeat(np.arange(count), width),
        alts=np.tile(np.arange(width), count),
        avail=available.ravel().astype(int),
        verbose=0,
        # Its own errors come from numerical derivatives of the same likelihood.
        tol_opts={"ftol": 1e-12, "gtol": 1e-8},
    )
    assert fit.coefficients == pytest.approx(model.coeff_, abs=1e-5)
    assert fit.standard_errors == pytest.approx(model.stderr, rel=1e-3)
    assert fit.log_likelihood == pytest.approx(model.loglikelihood, abs=1e-5)


def test_it_recovers_the_truth_within_its_errors():
    x, chosen, available = choices(20_000)
    fit = conditional_logit(x, chosen, TERMS, available=available)
    assert fit.converged and not fit.unidentified
    assert (np.abs(fit.coefficients - TRUTH) < 4 * fit.standard_errors).all()
    assert 0 < fit.rho_squared < 1


def test_counts_by_settlement_give_the_same_as_the_children_behind_them():
    """300 settlements of 20 children each: the same choices one by one and as counts."""
    rng = np.random.default_rng(2)
    places = rng.normal(size=(300, 5, 3))
    home = np.repeat(np.arange(300), 20)
    chosen = (places[home] @ TRUTH + rng.gumbel(size=(6000, 5))).argmax(axis=1)
    single = conditional_logit(places[home], chosen, TERMS)
    counts = np.zeros((300, 5))
    np.add.at(counts, (home, chosen), 1)
    grouped = conditional_logit(places, counts, TERMS)
    assert grouped.coefficients == pytest.approx(single.coefficients, abs=1e-7)
    assert grouped.standard_errors == pytest.approx(single.standard_errors, rel=1e-7)
    assert grouped.choices == 6000
    doubled = conditional_logit(places, counts, TERMS, weights=np.full(300, 4.0))
    assert doubled.standard_errors == pytest.approx(grouped.standard_errors / 2, rel=1e-6)


def test_predictions_and_elasticities():
    """At the estimate predicted shares add up to the choices made, and elasticities are the
    derivative of the logs of the shares."""
    x, chosen, available = choices()
    fit = conditional_logit(x, chosen, TERMS, available=available)
    share = fit.predict(x, available)
    assert share.sum(axis=1) == pytest.approx(1.0)
    assert (share[~available] == 0).all()
    total = (share[:, :, None] * x).sum(axis=(0, 1))
    observed = x[np.arange(len(chosen)), chosen].sum(axis=0)
    assert total == pytest.approx(observed, abs=1e-3)
    own, cross = fit.elasticities(x, "quality", available)
    step = 1e-5
    moved = x.copy()
    moved[:, 2, 1] *= 1 + step
    rise = np.log(fit.predict(moved) / fit.predict(x)) / step
    free_own, free_cross = fit.elasticities(x, "quality")
    assert rise[:, 2] == pytest.approx(free_own[:, 2], abs=1e-3)
    assert rise[:, 0] == pytest.approx(free_cross[:, 2], abs=1e-3)
    assert own.shape == cross.shape == share.shape


def test_terms_that_the_data_cannot_tell_apart_are_named():
    """The third term is twice the second; the fourth is the same for all alternatives."""
    x, chosen, _ = choices()
    same = np.repeat(np.arange(len(x), dtype=float)[:, None, None], x.shape[1], axis=1)
    wide = np.concatenate([x[:, :, :2], 2 * x[:, :, 1:2], same / len(x)], axis=2)
    fit = conditional_logit(wide, chosen, ("distance", "quality", "double", "year"))
    assert set(fit.unidentified) == {"quality", "double", "year"}
    assert np.isinf(fit.standard_errors[1:]).all() and np.isfinite(fit.standard_errors[0])


@pytest.mark.parametrize(
    "change, words",
    [
        ({"choices": np.zeros((2, 2))}, "choices: has shape"),
        ({"choices": [7] * 3000}, "row 0 chose 7"),
        ({"available": np.zeros((3000, 6), bool)}, "not available"),
        ({"x": np.zeros((3000, 6, 2))}, "x: has shape"),
        ({"x": np.full((3000, 6, 3), np.nan)}, "missing or infinite"),
        ({"choices": np.zeros((3000, 6))}, "nobody chose"),
    ],
)
def test_bad_data_are_named(change, words):
    x, chosen, available = choices()
    given = {"x": x, "choices": chosen, "available": available, **change}
    with pytest.raises(InvalidInput, match=words):
        conditional_logit(terms=TERMS, **given)


def test_choices_that_a_term_predicts_have_no_best_coefficient():
    x = np.zeros((50, 2, 1))
    x[:, 1, 0] = 1.0
    with pytest.raises(InvalidInput, match="predicts every choice"):
        conditional_logit(x, np.ones(50, int), ("quality",))


def test_feasible_sets_by_hand():
    """Cutoffs: 5 at school 0, open at 1, closed at 2. A child with key 5 at school 0 passes if it
    is no later than the last child admitted, number 1."""
    schools = [[0, 1, 2], [0, 1, 2], [0, -1, 1]]
    keys = [[5, 9, 0], [4, 9, 0], [5, 9, 0]]
    got = feasible_set(schools, keys, [5, 2**32, -1], [1, -1, -1])
    expected = [[True, True, False], [True, True, False], [False, False, True]]
    assert got.tolist() == expected
    assert feasible_set(schools, keys, [5, np.inf, -1])[2].tolist() == [True, False, True]


def rationed(children, schools, seed=0):
    """Children who rank all schools by distance -1 and quality +1, seats equal to children,
    nearer children first: who went where, and who could have gone where."""
    rng = np.random.default_rng(seed)
    home, place = rng.uniform(0, 10, (children, 1, 2)), rng.uniform(0, 10, (1, schools, 2))
    km = np.hypot(*np.moveaxis(home - place, 2, 0))
    quality = rng.normal(size=schools)
    order = np.argsort(km - quality - rng.gumbel(size=km.shape), axis=1)
    metres = (km * 1e6).astype(np.uint32)
    key = np.take_along_axis(metres, order, axis=1)
    result = deferred_acceptance(order, key, np.full(schools, children // schools))
    everywhere = np.broadcast_to(np.arange(schools), km.shape)
    could = feasible_set(everywhere, metres, result.cutoff, result.last_child)
    x = np.stack([km, np.broadcast_to(quality, km.shape)], axis=2)
    return x, result.school, could


def test_the_feasible_set_undoes_what_rationing_hides():
    """A small edition of the validation below: 6,000 children, 20 schools."""
    x, chosen, could = rationed(6000, 20)
    naive = conditional_logit(x, chosen, ("distance", "quality"))
    honest = conditional_logit(x, chosen, ("distance", "quality"), available=could)
    assert naive.coefficients[1] < 0.5
    assert (np.abs(honest.coefficients - [-1, 1]) < 4 * honest.standard_errors).all()


@pytest.mark.validate
def test_recovery_at_the_size_of_a_city():
    """50,000 children, 50 schools: within 3 % of both coefficients, naively below 0.5."""
    x, chosen, could = rationed(50_000, 50)
    naive = conditional_logit(x, chosen, ("distance", "quality"))
    honest = conditional_logit(x, chosen, ("distance", "quality"), available=could)
    assert naive.coefficients[1] < 0.5
    assert honest.coefficients == pytest.approx([-1.0, 1.0], rel=0.03)


def test_moments_find_the_parameters_that_made_them():
    """Two parameters, three smooth moments without noise: found to a hundredth of the range."""

    def simulate(p):
        return {"a": p["x"] ** 2, "b": p["x"] * p["y"], "c": np.exp(-p["y"])}

    made = simulate({"x": 1.3, "y": 0.7})
    fit = fit_moments(
        simulate,
        [Parameter("x", 0, 4), Parameter("y", 0, 2)],
        [Target(k, v, 0.05) for k, v in made.items()],
    )
    assert fit.estimates == pytest.approx([1.3, 0.7], abs=0.02)
    assert fit.distance < 0.1
    assert not fit.unidentified and not fit.at_bound
    # By hand: moments change by (2x, y, 0) and (0, x, -exp(-y)) per unit, over a spread of 0.05.
    slopes = np.array([[2.6, 0.0], [0.7, 1.3], [0.0, -np.exp(-0.7)]]) / 0.05
    covariance = np.linalg.inv(slopes.T @ slopes)
    assert fit.standard_errors == pytest.approx(np.sqrt(np.diag(covariance)), rel=0.1)


def test_moments_name_what_they_do_not_identify_and_what_ends_on_a_bound():
    """y and z enter only as a sum, so they cannot be told apart; the counted x is out of reach."""

    def simulate(p):
        return {"a": p["x"], "b": p["y"] + p["z"]}

    fit = fit_moments(
        simulate,
        [Parameter("x", 0, 1), Parameter("y", 0, 1), Parameter("z", 0, 1)],
        [Target("a", 3.0, 0.1), Target("b", 1.0, 0.1)],
    )
    assert fit.unidentified == ("y", "z")
    assert fit.at_bound == ("x",)
    assert np.isinf(fit.standard_errors[1:]).all()
    assert fit.estimates[1] + fit.estimates[2] == pytest.approx(1.0, abs=0.01)


def test_bad_bounds_and_spreads():
    with pytest.raises(InvalidInput) as error:
        fit_moments(lambda p: {}, [Parameter("x", 1, 1)], [Target("a", 0, 0)])
    assert len(error.value.problems) == 2
