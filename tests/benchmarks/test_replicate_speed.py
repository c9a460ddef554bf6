"""Speed of a replicate of the demonstration county, beside the draws that any such run must make.

It is taken as it is, and with all measures at once: new schools, communities, county-managed
teachers with exchange, mergers and buses.

The floor is one uniform for every child of school age, year and process that is drawn for each
child; what the replicate does besides - schools, admission, staff, record - is what the ratio
counts. Run with one BLAS thread (``OPENBLAS_NUM_THREADS=1``); figures are printed with ``-s``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.core.draws import mix, stream
from capsim.county.county import County, build_county
from capsim.ensemble.run import run_replicate

pytestmark = pytest.mark.benchmark

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"
YEARS = 20
REPEATS = 7
DRAWN_FOR_EACH_CHILD = ("leaving", "moving", "lottery")
MOST_FLOORS = 32.0


@pytest.fixture(scope="module", params=["baseline", "all_measures"])
def county(request: pytest.FixtureRequest) -> County:
    scenario = capsim.load(JIAJIANG / f"{request.param}.yaml")
    horizon = scenario.years.base + YEARS
    longer = scenario.with_({"years.horizon": horizon}, name=scenario.name)
    return build_county(longer, replicates=REPEATS + 1)


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def test_a_replicate_of_twenty_years_is_a_bounded_multiple_of_its_draws(county: County) -> None:
    identity = mix(np.arange(len(county.families)))

    def floor() -> None:
        for year in range(YEARS):
            for process in DRAWN_FOR_EACH_CHILD:
                stream(1, 0, process, year).uniform(identity)

    run_replicate(county, 0)
    floor()
    taken = []
    for replicate in range(1, REPEATS + 1):
        # One beside the other, so that a busy machine slows both.
        below = cpu_seconds(floor)
        taken.append((cpu_seconds(lambda r=replicate: run_replicate(county, r)), below))
    seconds, below = np.median(taken, axis=0)
    ratio = float(np.median([run / least for run, least in taken]))
    print(
        f"{county.scenario.name}, {YEARS} years, {len(county.families)} children, "
        f"{len(county.schools)} campuses, {len(county.teachers)} teachers: "
        f"{seconds:.3f} s of CPU a replicate, {ratio:.1f} times its draws ({below:.4f} s)"
    )
    assert ratio < MOST_FLOORS
