import numpy as np
import pytest
import xarray as xr

from capsim.core.dims import AGES, SEXES
from capsim.core.errors import InvalidInput
from capsim.demography import project_population, project_quantiles
from capsim.demography.period_drivers import (
    annual_driver,
    annual_net_migration,
    period_years,
    population_from_groups,
    project_periods,
)
from capsim.demography.schedules import china_death_rates, china_fertility_schedule

AREAS = ["north", "south"]


def base(seed=0, areas=AREAS, high=200.0):
    rng = np.random.default_rng(seed)
    return xr.DataArray(
        rng.uniform(high / 2, high, (len(areas), 2, 101)),
        dims=("area", "sex", "age"),
        coords={"area": areas, "sex": list(SEXES), "age": list(AGES), "year": 2020},
    )


def asfr(tfr=1.3):
    return xr.DataArray(tfr * china_fertility_schedule(), dims="age", coords={"age": list(AGES)})


def mx():
    return xr.DataArray(
        china_death_rates(),
        dims=("sex", "age"),
        coords={"sex": list(SEXES), "age": list(AGES)},
    )


def moves(seed=1, size=3.0):
    rng = np.random.default_rng(seed)
    return xr.DataArray(
        rng.uniform(-size, size, (2, 2, 101)),
        dims=("area", "sex", "age"),
        coords={"area": AREAS, "sex": list(SEXES), "age": list(AGES)},
    )


def flows(outside=True):
    places = [*AREAS, "outside"] if outside else AREAS
    table = xr.DataArray(
        np.zeros((len(places), len(places), 2, 101)),
        dims=("origin", "destination", "sex", "age"),
        coords={"origin": places, "destination": places, "sex": list(SEXES), "age": list(AGES)},
    )
    table.loc[{"origin": "north", "destination": "south", "age": slice(15, 40)}] = 0.05
    if outside:
        table.loc[{"origin": "south", "destination": "outside", "age": slice(18, 30)}] = 0.02
        table.loc[{"origin": "outside", "destination": "north", "age": slice(20, 24)}] = 1.0
    return table


def run(population=None, **changes):
    arguments = {
        "asfr": asfr(),
        "mx": mx(),
        "sex_ratio_at_birth": 1.1,
        "years": range(2020, 2030),
    } | changes
    return project_population(base() if population is None else population, **arguments)


def check_balance(result, exact=False):
    before = result.population.shift(year=1)
    older = before.shift(age=1)
    older.loc[{"age": 100}] += before.sel(age=100)
    older.loc[{"age": 0}] = result.births
    gap = (result.population - (older + result.migrants - result.deaths)).isel(year=slice(1, None))
    assert not gap.isnull().any()
    assert float(np.abs(gap).max()) < (1e-300 if exact else 1e-9)
    total = result.population.sum(["sex", "age"]).diff("year")
    flow = result.births.sum("sex") + (result.migrants - result.deaths).sum(["sex", "age"])
    assert total.values == pytest.approx(flow.transpose(*total.dims).sel(year=total.year).values)


@pytest.mark.parametrize("mode", ["expected", "integer"])
@pytest.mark.parametrize("net", [None, moves()], ids=["closed", "net"])
@pytest.mark.parametrize("with_flows", [False, True])
def test_every_cell_balances_exactly(mode, net, with_flows):
    result = run(
        net_migration=net, flows=flows() if with_flows else None, mode=mode, years=range(2020, 2026)
    )
    check_balance(result, exact=mode == "integer")
    assert result.population.year.values.tolist() == list(range(2020, 2027))
    assert result.births.sel(year=2020).isnull().all()  # nothing happened before the base year
    if mode == "integer":
        for name in ("population", "births", "deaths", "migrants"):
            values = result[name].isel(year=slice(1, None)).values
            assert np.array_equal(values, np.rint(values))


def test_flows_between_areas_lose_nobody():
    closed = run(flows=flows(outside=False))
    assert closed.migrants.sel(age=slice(15, 50)).sum("area").values[1:] == pytest.approx(0.0)
    assert float(closed.migrants.sel(area="south").isel(year=5).sum()) > 0


def test_drawn_persons_have_the_expected_mean():
    net = moves()
    expected = run(net_migration=net, flows=flows())
    drawn = run(net_migration=net, flows=flows(), mode="integer", draws=60, seed=4)
    assert drawn.sizes["draw"] == 60
    total = drawn.population.sum(["sex", "age", "area"])
    error = total.std("draw") / np.sqrt(60)
    away = (total.mean("draw") - expected.population.sum(["sex", "age", "area"])) / error
    assert float(np.abs(away.isel(year=slice(1, None))).max()) < 4
    births = drawn.births.sum("sex").isel(year=1).mean("draw").values
    assert births == pytest.approx(expected.births.sum("sex").isel(year=1).values, rel=0.02)


def test_draws_are_keyed_by_area_and_number():
    both = run(mode="integer", draws=4, seed=9)
    fewer = run(mode="integer", draws=2, seed=9)
    assert np.array_equal(both.population.values[:2], fewer.population.values)
    alone = run(base().sel(area=["south"]), mode="integer", draws=2, seed=9)
    assert np.array_equal(
        alone.population.sel(area="south").values, both.population.sel(area="south").values[:2]
    )
    assert not np.array_equal(both.population.values[0], both.population.values[1])


def test_rates_by_year_area_and_draw():
    years = list(range(2020, 2026))
    rates = (
        asfr()
        * xr.DataArray([1.0, 0.5], dims="draw", coords={"draw": [0, 1]})
        * xr.DataArray(np.linspace(1, 0.5, 6), dims="year", coords={"year": years})
        * xr.DataArray([1.0, 2.0], dims="area", coords={"area": AREAS})
    )
    death = mx() * xr.DataArray(np.linspace(1, 0.8, 6), dims="year", coords={"year": years})
    result = run(asfr=rates, mx=death, years=years)
    for draw in (0, 1):
        single = run(asfr=rates.sel(draw=draw, drop=True), mx=death, years=years)
        assert result.population.sel(draw=draw).values == pytest.approx(single.population.values)
    births = result.births.sum("sex")
    first = births.isel(year=1)
    assert first.sel(draw=1).values == pytest.approx(first.sel(draw=0).values / 2)
    check_balance(result)


def test_labels_in_another_order_change_nothing():
    plain = run()
    turned = run(
        base().isel(sex=[1, 0], age=slice(None, None, -1)).transpose("age", "area", "sex"),
        mx=mx().isel(sex=[1, 0]),
        asfr=asfr().sel(age=slice(15, 49)),
    )
    assert turned.population.values == pytest.approx(plain.population.values)


def test_stable_population_grows_at_its_rate():
    # a hundred years of constant rates: growth is the same at every age (ergodicity)
    result = run(years=range(2020, 2170))
    last = result.population.isel(year=[-2, -1]).sel(area="north", age=slice(0, 90))
    growth = last.isel(year=1) / last.isel(year=0)
    assert float(growth.std() / growth.mean()) < 5e-3


def test_quantiles_of_age_groups_agree_with_the_whole_projection():
    factor = xr.DataArray(np.linspace(0.5, 1.5, 11), dims="draw", coords={"draw": range(11)})
    arguments = {
        "asfr": asfr() * factor,
        "mx": mx(),
        "sex_ratio_at_birth": 1.1,
        "net_migration": moves(),
        "years": range(2020, 2030),
    }
    whole = project_population(base(), **arguments).population
    children = whole.sel(age=slice(0, 5)).sum(["sex", "age"])
    found = project_quantiles(
        base(),
        **arguments,
        groups={"0-5": (0, 5), "all": (0, 100)},
        quantiles=[0.1, 0.5],
        cells_at_once=1000,
    )
    wanted = children.quantile([0.1, 0.5], "draw").transpose("quantile", "year", "area")
    assert found.sel(group="0-5").values == pytest.approx(wanted.values, rel=1e-5)
    assert found.sel(group="all").sel(quantile=0.5).values == pytest.approx(
        whole.sum(["sex", "age"]).median("draw").values, rel=1e-5
    )


def replaced(array, value, **where):
    changed = array.copy()
    changed.loc[where] = value
    return changed


@pytest.mark.parametrize(
    ("population", "changes", "words"),
    [
        (base().drop_sel(age=37), {}, "population: age lacks 37"),
        (replaced(base(), -4.0, area="south", sex="male", age=3), {}, "south, sex male, age 3: -4"),
        (base().rename(area="place"), {}, "lacks the dimension"),
        (base().assign_coords(area=["x", "x"]), {}, "area repeats"),
        (base().assign_coords(sex=["f", "m"]), {}, "sex has unknown f, m"),
        (base(), {"mx": replaced(mx(), 1.2, sex="male", age=8)}, "mx: age 8: 1.2 is above one"),
        (base(), {"mx": mx().drop_sel(age=9)}, "mx: age lacks 9"),
        (base(), {"asfr": replaced(asfr(), 1.7, age=30)}, "asfr: age 30: 1.7 is above one"),
        (base(), {"asfr": asfr().drop_sel(age=30)}, "asfr: age lacks 30"),
        (base(), {"net_migration": moves().assign_coords(area=["north", "east"])}, "unknown east"),
        (base(), {"years": [2020, 2022]}, "years: has gaps"),
        (base(), {"years": range(2021, 2025)}, "begins in 2021 but the population is of 2020"),
        (base(), {"years": 30}, "years: 30 is one number"),
        (base(), {"sex_ratio_at_birth": 0.488}, "boys born for each girl"),
        (base(), {"flows": flows().drop_sel(origin="south")}, "flows: origin lacks south"),
        (base(), {"flows": flows() * 30}, "is above one"),
        (base(), {"mode": "guess"}, "unknown mode"),
        (base(), {"draws": 3}, "expected values have no draws"),
    ],
)
def test_bad_input_has_one_clear_line(population, changes, words):
    with pytest.raises(InvalidInput, match=words) as caught:
        run(population, **changes)
    assert all("\n" not in str(p) for p in caught.value.problems)


def test_rates_that_lack_years_say_which():
    rates = asfr().expand_dims(year=[2020, 2021, 2023])
    with pytest.raises(InvalidInput, match="asfr: year lacks 2022"):
        run(asfr=rates, years=range(2020, 2024))


def test_all_problems_come_at_once():
    with pytest.raises(InvalidInput) as caught:
        run(asfr=asfr() * -1, mx=mx() + 1.0, sex_ratio_at_birth=105.0, years=[2020, 2022])
    told = {str(p).split(":")[0] for p in caught.value.problems}
    assert told == {"asfr", "mx", "sex_ratio_at_birth", "years"}


# --- period tables ------------------------------------------------------------------------------


def tables():
    import pandas as pd

    ages = [*(f"{a}-{a + 4}" for a in range(0, 100, 5)), "100+"]
    abridged = ["0", "1-4", *ages[1:]]
    periods = ["2020-2025", "2025-2030"]
    population = pd.DataFrame(
        [("A", 2020, s, a, 50.0) for s in SEXES for a in ages],
        columns=["area", "year", "sex", "age", "population"],
    )
    drivers = pd.DataFrame(
        [("A", p, 1.5, 1.05, 10.0) for p in periods],
        columns=["area", "period", "tfr", "sex_ratio_at_birth", "net_migration"],
    )
    percent = pd.DataFrame(
        [("A", p, f"{a}-{a + 4}", 100 / 7) for p in periods for a in range(15, 50, 5)],
        columns=["area", "period", "mother_age", "percent_asfr"],
    )
    death = pd.DataFrame(
        [("A", p, s, a, 0.01) for p in periods for s in SEXES for a in abridged],
        columns=["area", "period", "sex", "age", "mx"],
    )
    schedule = pd.DataFrame(
        [(s, a, 1 / 42) for s in SEXES for a in ages], columns=["sex", "age", "share"]
    )
    return population, drivers, percent, death, schedule


def test_period_tables_become_years():
    population, drivers, percent, death, schedule = tables()
    result = project_periods(population, drivers, percent, death, schedule)
    check_balance(result)
    assert result.year.values.tolist() == list(range(2020, 2031))
    # 10 net migrants in five years are 2 a year; 35 women-years at 1.5 / 35 each give births
    assert float(result.migrants.isel(year=1).sum()) == pytest.approx(2.0)
    assert float(annual_driver(drivers, "tfr").sel(year=2027).item()) == 1.5
    assert annual_net_migration(drivers, schedule).sel(year=2024).sum().item() == pytest.approx(2)
    women = result.population.sel(sex="female", age=slice(15, 49)).sum("age")
    mean = (women.values[0] + women.values[1]) / 2
    assert result.births.isel(year=1).sum("sex").values == pytest.approx(mean * 1.5 / 35, rel=2e-3)


def test_bad_period_tables():
    population, drivers, percent, death, schedule = tables()
    with pytest.raises(InvalidInput, match="lacks male"):
        population_from_groups(population.query("sex == 'female'"))
    with pytest.raises(InvalidInput, match="30-34 is missing"):
        population_from_groups(population.drop(index=6))
    with pytest.raises(InvalidInput, match="stands twice"):
        population_from_groups(population.iloc[[0, *range(len(population))]])
    with pytest.raises(InvalidInput, match="has no column tfr"):
        project_periods(population, drivers.drop(columns="tfr"), percent, death, schedule)
    with pytest.raises(InvalidInput, match="other periods"):
        project_periods(population, drivers.head(1), percent, death, schedule)
    with pytest.raises(InvalidInput, match="shares sum to"):
        annual_net_migration(drivers, schedule.assign(share=0.5))
    with pytest.raises(InvalidInput, match="not a period"):
        period_years("2020/25")
