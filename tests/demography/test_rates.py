import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.core.errors import InvalidInput
from capsim.demography.age_groups import check_group_totals, parse_age_group, split_groups
from capsim.demography.fertility import (
    age_specific_fertility,
    implied_total_fertility,
    single_year_schedule,
    total_fertility,
)
from capsim.demography.migration import flow_balance, rogers_castro, spread_net_migration
from capsim.demography.rates import (
    infant_years_lived,
    life_table,
    single_year_mx,
    survival_over,
    survival_ratio,
)
from capsim.demography.schedules import china_death_rates, china_fertility_schedule

GROUPS = ["0", "1-4", *[f"{a}-{a + 4}" for a in range(5, 100, 5)], "100+"]


def test_constant_hazard_has_the_textbook_life_table():
    mx = np.full((2, 101), 0.02)
    table = life_table(mx)
    # q = m / (1 + m / 2) away from the ends; 10 ages survive (1 - q) ** 10 between 1 and 11.
    q = 0.02 / 1.01
    assert table.qx[0, 5] == pytest.approx(q)
    assert table.lx[1, 11] / table.lx[1, 1] == pytest.approx((1 - q) ** 10)
    # A constant hazard leaves 1 / m years at every age (up to the discrete approximation).
    assert table.expectation[0, 40] == pytest.approx(50.0, rel=1e-3)


def test_death_rates_are_deaths_over_person_years():
    table = life_table(china_death_rates())
    deaths = table.lx * table.qx
    assert np.allclose(deaths / table.person_years, table.mx)


def test_infant_relation_by_hand():
    # Coale-Demeny West: girls 0.053 + 2.8 m0, boys 0.045 + 2.684 m0; constants from 0.107 on.
    assert infant_years_lived([0.01, 0.01]) == pytest.approx([0.081, 0.07184])
    assert infant_years_lived([0.2, 0.2]) == pytest.approx([0.35, 0.33])


def test_survival_ratio_of_newborns_and_of_the_open_age():
    mx = np.full((2, 101), 0.1)
    ratio = survival_ratio(mx)
    table = life_table(mx)
    assert ratio.shape == (2, 102)
    assert np.allclose(ratio[:, 0], table.person_years[:, 0])
    assert np.allclose(ratio[:, -1], np.exp(-0.1))
    # a stationary population stays as it is
    stationary = table.person_years
    alive = np.empty_like(stationary)
    alive[:, 0] = ratio[:, 0]
    alive[:, 1:] = stationary[:, :-1] * ratio[:, 1:-1]
    alive[:, -1] += stationary[:, -1] * ratio[:, -1]
    assert np.allclose(alive, stationary)


def test_survival_over_years_is_the_product_of_single_years():
    ratio = survival_ratio(china_death_rates())
    five = survival_over(ratio, 5)
    assert five[0, 30] == pytest.approx(np.prod(ratio[0, 31:36]))
    assert five[1, 100] == pytest.approx(ratio[1, -1] ** 5)


def test_single_years_survive_like_their_abridged_table():
    single = china_death_rates()
    table = life_table(single)
    # abridge by deaths over person-years, then split again
    starts = [0, 1, *range(5, 101, 5)]
    abridged = np.empty((2, len(starts)))
    for i, first in enumerate(starts):
        stop = starts[i + 1] if i + 1 < len(starts) else None
        part = slice(first, stop)
        abridged[:, i] = (table.lx * table.qx)[:, part].sum(-1) / table.person_years[:, part].sum(
            -1
        )
    again = life_table(single_year_mx(abridged, GROUPS))
    assert np.allclose(again.lx[:, starts], table.lx[:, starts], rtol=2e-3, atol=3e-4)
    assert np.allclose(again.expectation[:, 0], table.expectation[:, 0], rtol=2e-4)
    assert np.allclose(again.mx[:, 0], abridged[:, 0])


def test_china_expectation_of_life_lies_at_the_published_level():
    # World Population Prospects 2024 gives 78.0 for both sexes about 2023.
    assert life_table(china_death_rates()).expectation[:, 0].mean() == pytest.approx(78.0, abs=0.6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((0, 3, -0.1), "age 3: -0.1 is negative"),
        ((1, 4, 1.5), "age 4: 1.5 is above one"),
        ((0, 7, np.nan), "age 7 has a missing rate"),
        ((0, 100, 0.0), "open age has a rate of zero"),
    ],
)
def test_bad_death_rates_say_where(change, words):
    rates = china_death_rates().copy()
    sex, age, value = change
    rates[sex, age] = value
    with pytest.raises(InvalidInput, match=words):
        life_table(rates)


def test_all_problems_come_at_once():
    rates = china_death_rates().copy()
    rates[0, 3], rates[1, 9] = -1, 2
    with pytest.raises(InvalidInput) as caught:
        life_table(rates)
    assert len(caught.value.problems) == 2


@given(
    st.lists(st.floats(0, 1e5), min_size=19, max_size=19),
    st.sampled_from(["smooth", "even"]),
)
def test_split_groups_keeps_every_total_and_no_year_is_negative(persons, method):
    labels = ["0", "1-4", *[f"{a}-{a + 4}" for a in range(5, 85, 5)], "85+"]
    single = split_groups(persons, labels, method=method)
    assert single.shape == (101,)
    assert (single > -1e-6).all()
    check_group_totals(single, persons, labels)


def test_split_reads_groups_in_any_order():
    assert split_groups([50.0, 10.0, 8.0], ["5+", "0-1", "2-4"], method="even", oldest=5)[
        :6
    ] == pytest.approx([5, 5, 8 / 3, 8 / 3, 8 / 3, 50])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["0-4", "10-14", "15+"], "ages 5 to 9 are missing"),
        (["0-4", "4-9", "10+"], "4-9 overlaps"),
        (["0-4", "5-9", "10-14"], "closed"),
        (["0-4", "five", "10+"], "'five' is not an age"),
        (["0-4", "9-5", "10+"], "runs backwards"),
        (["5-9", "10-14", "15+"], "ages 0 to 4 are missing"),
    ],
)
def test_bad_age_groups_say_what(labels, words):
    with pytest.raises(InvalidInput, match=words):
        split_groups([1.0, 2.0, 3.0], labels)


def test_negative_group_and_groups_that_do_not_sum():
    with pytest.raises(InvalidInput, match="age 5-9: -2 is negative"):
        split_groups([1.0, -2.0, 3.0], ["0-4", "5-9", "10+"])
    with pytest.raises(InvalidInput, match="age 5-9 do not sum"):
        check_group_totals(np.ones(11), [5.0, 7.0, 1.0], ["0-4", "5-9", "10+"])


def test_age_group_labels_round_trip():
    for label in ("7", "5-9", "85+"):
        assert parse_age_group(label).label == label


def test_fertility_scales_to_its_total():
    schedule = china_fertility_schedule()
    assert schedule.sum() == pytest.approx(1.0)
    assert schedule[25:30].sum() == pytest.approx(34.7 / 99.7)
    asfr = age_specific_fertility([1.0, 2.1], schedule)
    assert total_fertility(asfr) == pytest.approx([1.0, 2.1])
    women = np.full((2, 101), 10.0)
    births = (women * asfr).sum(-1)
    assert implied_total_fertility(births, women, schedule) == pytest.approx([1.0, 2.1])


def test_even_schedule_is_flat_inside_a_group():
    schedule = single_year_schedule([20, 80], ["20-24", "25-29"], method="even")
    assert schedule[20:30] == pytest.approx([0.04] * 5 + [0.16] * 5)


@pytest.mark.parametrize(
    ("shares", "labels", "words"),
    [
        ([20, -80], ["20-24", "25-29"], "age 25-29: -80 is negative"),
        ([0, 0], ["20-24", "25-29"], "sums to zero"),
        ([1, 1], ["20-24", "30-34"], "ages 25 to 29 are missing"),
    ],
)
def test_bad_schedules(shares, labels, words):
    with pytest.raises(InvalidInput, match=words):
        single_year_schedule(shares, labels)


def test_rogers_castro_matches_its_formula_and_its_childhood_term():
    shares = rogers_castro()
    assert shares.sum() == pytest.approx(1)
    assert 18 <= int(shares.argmax()) <= 26
    assert shares[80:].sum() == 0
    alone = rogers_castro(childhood=0)
    assert alone[:10].sum() < shares[:10].sum() / 3
    # ratio of two ages where only the constant and the childhood term count
    x = np.array([2.5, 6.5])
    by_hand = 0.02 * np.exp(-0.1 * x) + 0.003
    assert shares[2] / shares[6] == pytest.approx(by_hand[0] / by_hand[1], rel=1e-3)


def test_net_migration_is_spread_by_sex():
    spread = spread_net_migration([100.0, -50.0], rogers_castro(), male_share=0.6)
    assert spread.sum(axis=(1, 2)) == pytest.approx([100, -50])
    assert spread[0, 1].sum() == pytest.approx(60)


def test_internal_flows_lose_nobody():
    residents = np.random.default_rng(1).uniform(0, 100, (3, 2, 5))
    rates = np.zeros((3, 3, 2, 5))
    rates[0, 1], rates[2, 0] = 0.1, 0.3
    leaving, arriving = flow_balance(residents, rates)
    assert leaving.sum() == pytest.approx(arriving.sum())
    assert arriving[1] == pytest.approx(0.1 * residents[0])
