"""Speed of the projection and of the births forecast, beside a peer in the same run.

Run with one BLAS thread (``OPENBLAS_NUM_THREADS=1``); figures are printed with ``-s``.
"""

import sys
import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from capsim.core.dims import AGES, SEXES
from capsim.demography import forecast_births, project_quantiles
from capsim.demography.cohort import step
from capsim.demography.rates import survival_ratio
from capsim.demography.schedules import china_death_rates, china_fertility_schedule

pytestmark = pytest.mark.benchmark
AREAS, DRAWS, YEARS = 2000, 100, 30


def median_seconds(work, times=5):
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken))


def inputs():
    rng = np.random.default_rng(0)
    population = xr.DataArray(
        rng.uniform(5, 50, (AREAS, 2, 101)),
        dims=("area", "sex", "age"),
        coords={"area": range(AREAS), "sex": list(SEXES), "age": list(AGES)},
    )
    tfr = xr.DataArray(
        rng.uniform(0.8, 1.5, (DRAWS, YEARS)),
        dims=("draw", "year"),
        coords={"draw": range(DRAWS), "year": range(2020, 2020 + YEARS)},
    )
    shape = xr.DataArray(china_fertility_schedule(), dims="age", coords={"age": list(AGES)})
    death = xr.DataArray(
        china_death_rates(), dims=("sex", "age"), coords={"sex": list(SEXES), "age": list(AGES)}
    )
    return population, tfr * shape, death


@pytest.mark.parametrize("migration", [False, True])
def test_projection_of_two_thousand_areas_and_a_hundred_draws(migration):
    population, asfr, death = inputs()

    def work():
        project_quantiles(
            population,
            asfr=asfr,
            mx=death,
            sex_ratio_at_birth=1.1,
            net_migration=-0.002 * population if migration else None,
            years=range(2020, 2020 + YEARS),
            groups={"0-5": (0, 5), "6-11": (6, 11), "12-14": (12, 14), "all": (0, 100)},
        )

    cells = AREAS * 2 * 101 * YEARS * DRAWS
    speed = cells / median_seconds(work) / 1e6
    table = np.ones((10, AREAS, 2, 101), np.float32)
    peer = table.size / median_seconds(lambda: table * np.float32(0.99)) / 1e6
    print(f"{speed:.0f} million cells a second; one multiplication alone: {peer:.0f}")
    assert speed > 150
    assert speed > 0.05 * peer
    peak = _peak_gigabytes()
    assert peak is None or peak < 2


def _peak_gigabytes():
    """Largest memory of this process so far, where the system tells it."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1e9 if sys.platform == "darwin" else 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def test_year_of_a_county_is_a_small_part_of_its_budget():
    rng = np.random.default_rng(0)
    population = rng.uniform(0, 100, (22, 2, 101))
    survival = survival_ratio(china_death_rates())
    asfr = 1.2 * china_fertility_schedule()
    net = rng.uniform(-1, 1, population.shape)

    def years():
        for _ in range(100):
            step(population, survival, sex_ratio_at_birth=1.1, asfr=asfr, net_migration=net)

    milliseconds = median_seconds(years) * 10
    print(f"one year of 22 townships: {milliseconds:.3f} ms")
    assert milliseconds < 1


def test_births_of_2800_series():
    rng = np.random.default_rng(0)
    births = 3000 * np.exp(np.cumsum(rng.normal(0, 0.04, (25, 2800)), axis=0))
    table = pd.DataFrame(births, index=range(1996, 2021), columns=[f"c{i}" for i in range(2800)])
    begin = time.perf_counter()
    forecast_births(table, 20, draws=500)
    taken = time.perf_counter() - begin
    print(f"2,800 series, 20 years, 500 draws: {taken:.1f} s")
    assert taken < 60
