import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.core.errors import InvalidInput
from capsim.demography.cohort import split_by_sex, step
from capsim.demography.rates import survival_ratio


def slow_year(population, survival, asfr, ratio, net):
    """The same year cell by cell."""
    ages = population.shape[-1]
    end = np.zeros_like(population)
    start = population + net / 2
    for sex in range(2):
        for age in range(ages):
            reached = min(age + 1, ages - 1)
            end[sex, reached] += start[sex, age] * survival[sex, age + 1]
        end[sex] += net[sex] / 2
    births = sum(asfr[a] * (start[0, a] + end[0, a]) / 2 for a in range(ages))
    girls = births / (1 + ratio)
    for sex, born in ((0, girls), (1, births - girls)):
        end[sex, 0] = born * survival[sex, 0] + net[sex, 0] / 2
    return end, births


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_year_equals_the_slow_version_and_balances(seed):
    rng = np.random.default_rng(seed)
    population = rng.uniform(10, 100, (2, 12))
    survival = survival_ratio(rng.uniform(0.0, 0.3, (2, 12)) + 0.001)
    asfr = np.zeros(12)
    asfr[4:9] = rng.uniform(0, 0.3, 5)
    net = rng.uniform(-5, 5, (2, 12))
    done = step(population, survival, sex_ratio_at_birth=1.1, asfr=asfr, net_migration=net)
    end, births = slow_year(population, survival, asfr, 1.1, net)
    assert done.population == pytest.approx(end)
    assert done.births.sum() == pytest.approx(births)
    older = np.zeros_like(population)
    older[:, 1:] = population[:, :-1]
    older[:, -1] += population[:, -1]
    older[:, 0] = done.births
    assert done.population == pytest.approx(older + done.migrants - done.deaths)
    assert done.migrants.sum() == pytest.approx(net.sum())
    assert (done.deaths >= -1e-9).all()


def test_births_by_hand():
    # 100 women of fertile age who survive whole: rate 0.1 gives 10 births, 105 boys to 100 girls
    population = np.zeros((2, 4))
    population[0, 2] = 100
    survival = np.ones((2, 5))
    asfr = np.array([0, 0, 0.1, 0.1])
    done = step(population, survival, sex_ratio_at_birth=1.05, asfr=asfr)
    assert done.births == pytest.approx([10 / 2.05, 10 * 1.05 / 2.05])
    assert done.population[:, 0] == pytest.approx(done.births)


def test_known_births_replace_the_model():
    population = np.full((3, 2, 4), 10.0)
    done = step(population, np.ones((2, 5)), sex_ratio_at_birth=1.0, births=[6.0, 0.0, 1.0])
    assert done.population[:, :, 0] == pytest.approx(np.array([[3, 3], [0, 0], [0.5, 0.5]]))
    with pytest.raises(InvalidInput, match="exactly one"):
        step(population, np.ones((2, 5)), sex_ratio_at_birth=1.0)


def test_no_more_people_leave_than_are_there():
    population = np.full((2, 4), 10.0)
    net = np.zeros((2, 4))
    net[0, 1] = -50.0
    done = step(population, np.ones((2, 5)), sex_ratio_at_birth=1.0, births=0, net_migration=net)
    assert (done.population >= 0).all()
    assert done.population.sum() == pytest.approx(80 + done.migrants.sum() - done.deaths.sum())
    assert done.migrants.sum() > -50


def test_split_by_sex():
    assert split_by_sex(211.0, 1.11) == pytest.approx([100, 111])
