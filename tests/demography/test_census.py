import datetime

import numpy as np
import pytest

from capsim.core.errors import InvalidInput
from capsim.demography.census import (
    DatedPopulation,
    annual_migration_rates,
    backcast,
    cohort_change,
    exposed_years,
    interpolate_cohorts,
    population_between,
    single_year_population,
    to_31_august,
)
from capsim.demography.cohort import survivors_one_year
from capsim.demography.implied_births import births_behind_cohorts, calendar_births
from capsim.demography.rates import survival_over, survival_ratio
from capsim.demography.schedules import china_death_rates

LABELS = ["0", "1-4", *[f"{a}-{a + 4}" for a in range(5, 85, 5)], "85+"]
# Jiajiang, census tables of 1 November by sex (female, male) and age group.
CENSUS_2010 = [
    [
        1173,
        4609,
        5387,
        7645,
        10119,
        11124,
        8633,
        11451,
        19068,
        19808,
        14910,
        9341,
        13546,
        9274,
        8083,
        5752,
        4001,
        2763,
        2126,
    ],
    [
        1206,
        4748,
        5735,
        8008,
        10288,
        10349,
        7895,
        11456,
        20329,
        21237,
        15784,
        9551,
        12777,
        9180,
        8240,
        5615,
        3680,
        2213,
        1242,
    ],
]
CENSUS_2020 = [
    [
        917,
        4920,
        6151,
        5525,
        3676,
        4828,
        8227,
        9075,
        7082,
        10005,
        17522,
        18505,
        13547,
        8357,
        12369,
        8196,
        6693,
        3943,
        3172,
    ],
    [
        989,
        5100,
        6572,
        5947,
        4028,
        5076,
        8371,
        9133,
        6854,
        9906,
        17854,
        19203,
        14254,
        8537,
        11216,
        7746,
        6249,
        3430,
        2266,
    ],
]
SURVIVAL = survival_ratio(china_death_rates())
NOVEMBER = {year: datetime.date(year, 11, 1) for year in (2010, 2020)}


def dated(year: int, method: str = "smooth") -> DatedPopulation:
    table = CENSUS_2010 if year == 2010 else CENSUS_2020
    single = single_year_population(table, LABELS, survival=SURVIVAL, method=method)
    return to_31_august(single, NOVEMBER[year])


def test_single_years_keep_the_census_groups():
    single = single_year_population(CENSUS_2020, LABELS, survival=SURVIVAL)
    assert single.sum() == pytest.approx(305_441)  # persons counted in the county
    assert single[:, 5:10].sum(axis=1) == pytest.approx([6151, 6572])
    assert single[:, 85:].sum(axis=1) == pytest.approx([3172, 2266])
    assert (np.diff(single[:, 85:100], axis=1) < 0).all()  # a stationary tail falls with age


def test_first_of_november_is_moved_by_two_months():
    single = single_year_population(CENSUS_2020, LABELS, survival=SURVIVAL)
    year, august = to_31_august(single, NOVEMBER[2020])
    assert year == 2020
    assert august[:, 6] == pytest.approx(10 / 12 * single[:, 6] + 2 / 12 * single[:, 7])
    # only the births of September and October drop out
    assert single.sum() - august.sum() == pytest.approx(2 / 12 * single[:, 0].sum())


@pytest.mark.parametrize(
    ("date", "year", "share"),
    [((2020, 8, 31), 2020, 0.0), ((2020, 7, 1), 2019, 10 / 12), ((2020, 9, 1), 2020, 0.0)],
)
def test_other_census_dates(date, year, share):
    persons = np.arange(202, dtype=float).reshape(2, 101)
    found = to_31_august(persons, datetime.date(*date))
    assert found.year == year
    assert found.persons[:, 3] == pytest.approx((1 - share) * persons[:, 3] + share * persons[:, 4])


def forward(persons, leaving, years):
    """The slow obvious way: one year at a time, deaths then leaving at the age before the year."""
    for _ in range(years):
        older = survivors_one_year(persons, SURVIVAL, np.zeros(2))
        older[:, 1:-1] *= 1 - leaving[:, :-2]
        persons = older
    return persons


def test_backcast_reverses_the_forward_year():
    rng = np.random.default_rng(3)
    start = rng.uniform(50, 100, (2, 101))
    leaving = np.zeros((2, 101))
    leaving[:, 6:15] = rng.uniform(0, 0.05, (2, 9))
    later = forward(start, leaving, 3)
    assert backcast(later, SURVIVAL, 3, leaving=leaving)[:, :12] == pytest.approx(start[:, :12])
    assert np.isnan(backcast(later, SURVIVAL, 3)[:, -3:]).all()


def test_backcast_refuses_total_leaving():
    with pytest.raises(InvalidInput, match="everybody leaves"):
        backcast(np.ones((2, 101)), SURVIVAL, 3, leaving=np.ones(101))


def test_cohort_change_agrees_with_the_derived_ratios_of_jiajiang():
    # Ten-year net migration ratios by age reached in 2020, derived elsewhere from the two
    # censuses with national survival ratios: -0.32 at 15-19, -0.37 at 20-24, -0.13 at 30-34,
    # -0.14 at 35-39.
    before, after = dated(2010, "even"), dated(2020, "even")
    expected = np.zeros_like(after.persons)
    expected[:, 10:] = (before.persons * survival_over(SURVIVAL, 10))[:, :-10]
    ratio = {
        a: after.persons[:, a : a + 5].sum() / expected[:, a : a + 5].sum() - 1
        for a in (15, 20, 30, 35)
    }
    assert ratio == pytest.approx({15: -0.32, 20: -0.37, 30: -0.13, 35: -0.14}, abs=0.03)
    change = cohort_change(before.persons, after.persons, SURVIVAL, 10)
    assert np.isnan(change[:, :10]).all()
    assert change[0, 22] == pytest.approx(after.persons[0, 22] / expected[0, 22] - 1)


def test_exposed_years_begin_when_fifteen_is_reached():
    # aged 5: reaches 15 in the tenth year; aged 8: 15, 16, 17, 18; aged 20: always; aged 2: never
    assert exposed_years([5, 8, 20, 2], 10) == pytest.approx([1, 4, 10, 0])
    assert exposed_years([5, 8, 20], 7) == pytest.approx([0, 1, 7])


def test_interpolation_meets_both_censuses():
    before, after = dated(2010).persons, dated(2020).persons
    ends = interpolate_cohorts(before, after, SURVIVAL, years_between=10, years_passed=10)
    assert ends[:, 10:99] == pytest.approx(after[:, 10:99])
    begins = interpolate_cohorts(before, after, SURVIVAL, years_between=10, years_passed=0)
    assert begins == pytest.approx(before)


def test_nobody_under_fifteen_has_left_by_2017():
    before, after = dated(2010, "even"), dated(2020, "even")
    population = population_between(before, after, 2017, SURVIVAL)
    survivors = before.persons * survival_over(SURVIVAL, 7)
    assert population[:, 12:15] == pytest.approx(survivors[:, 5:8])
    # ages 5-7 of 2010 become the junior ages of 2017: about 6,700 residents
    assert population[:, 12:15].sum() == pytest.approx(6700, rel=0.01)
    assert population[:, :12] == pytest.approx(backcast(after.persons, SURVIVAL, 3)[:, :12])
    assert not np.isnan(population).any()
    # by 2020 the same cohort has lost those who went to senior school
    assert after.persons[:, 15:18].sum() < 0.85 * population[:, 12:15].sum()


def test_leaving_raises_the_backcast_children():
    before, after = dated(2010), dated(2020)
    leaving = np.zeros((2, 101))
    leaving[:, 6:15] = 0.01
    plain = population_between(before, after, 2017, SURVIVAL)
    raised = population_between(before, after, 2017, SURVIVAL, leaving=leaving)
    assert raised[:, :4] == pytest.approx(plain[:, :4])  # aged 0-3 reach at most six: none left yet
    assert raised[:, 8] == pytest.approx(plain[:, 8] / 0.99**3)
    assert raised[:, 4] == pytest.approx(plain[:, 4] / 0.99)


def test_years_outside_or_out_of_reach_are_refused():
    with pytest.raises(InvalidInput, match="outside the two censuses"):
        population_between(dated(2010), dated(2020), 2021, SURVIVAL)
    with pytest.raises(InvalidInput, match="ages 5 to 6 of 2017"):
        population_between(dated(2010), dated(2020), 2017, SURVIVAL, backcast_to_age=4)


def test_annual_rates_reproduce_a_constant_loss():
    rng = np.random.default_rng(5)
    before = rng.uniform(50, 100, (2, 101))
    after = before.copy()
    for _ in range(10):
        after = survivors_one_year(after, SURVIVAL, np.zeros(2))
        after[:, 15:] *= 0.96
    rates = annual_migration_rates(before, after, SURVIVAL, 10)
    assert rates[:, 15:99] == pytest.approx(-0.04)
    assert (rates[:, :15] == 0).all()


def test_calendar_births_give_back_every_cohort():
    births = births_behind_cohorts(dated(2020).persons[:, :12], SURVIVAL)
    years, calendar = calendar_births(births, 2020)
    assert years.tolist() == list(range(2008, 2021))
    # the cohort that reaches six by 31 August of 2026 was 0 in 2020: 4/12 of 2019, 8/12 of 2020
    assert 4 / 12 * calendar[-2] + 8 / 12 * calendar[-1] == pytest.approx(births[0])
    back = (4 / 12 * calendar[:-1] + 8 / 12 * calendar[1:])[::-1]
    assert back == pytest.approx(births)
    assert births[0] > dated(2020).persons[:, 0].sum()  # the dead were born too


def test_calendar_births_of_a_straight_line_are_a_straight_line():
    truth = 100.0 + 5 * np.arange(9)
    cohorts = (4 / 12 * truth[:-1] + 8 / 12 * truth[1:])[::-1]
    assert calendar_births(cohorts, 2020)[1] == pytest.approx(truth)


def test_uneven_small_areas_are_refused():
    with pytest.raises(InvalidInput, match="too uneven"):
        calendar_births([0.0, 90.0, 0.0, 90.0, 0.0], 2020)
    with pytest.raises(InvalidInput, match="too few"):
        calendar_births([1.0, 2.0], 2020)
