"""Replicates x scenarios: in this process or in a pool, with the same arrays either way.

A replicate is a pure function of the county and its number, so the result does not depend on how
many workers share the work or in which order they finish.
"""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.core.errors import CapsimError, InvalidInput, Problems
from capsim.county.county import County, build_county
from capsim.ensemble.provenance import provenance_of
from capsim.ensemble.stress import with_stress_paths
from capsim.forecasting.cross_check import progression_check
from capsim.measures import inputs as measures
from capsim.results.assemble import assemble, describe
from capsim.results.recorder import Recorder
from capsim.results.results import Results
from capsim.scenario.schema import Scenario
from capsim.year.model import CountyModel

if TYPE_CHECKING:
    import xarray as xr

Arrays = dict[str, NDArray[np.float32]]
Progress = Callable[[int, int], None]

_COUNTIES: list[County] = []


@dataclass(frozen=True)
class Task:
    """Some replicates of one scenario."""

    scenario: int
    replicates: tuple[int, ...]


def run(
    scenarios: Scenario | Sequence[Scenario],
    *,
    replicates: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    stress: Sequence[str] = (),
) -> Results:
    """Run scenarios and return their results.

    Parameters
    ----------
    scenarios : Scenario or sequence of Scenario
        The first one gives the planning areas, and the seed and number of replicates unless they
        are given here; all scenarios share them, so that they differ by policy and not by luck.
    replicates : int, optional
        Number of random futures.
    seed : int, optional
    jobs : int
        Worker processes; 1 runs in this process.
    progress : callable, optional
        Called with (replicates done, replicates in all).
    stress : sequence of str
        Stress paths of births to run beside every scenario, besides those that it names itself;
        each is a scenario ``<name>@<path>`` of the results.

    Returns
    -------
    Results

    Raises
    ------
    InvalidInput
        With everything that is wrong with any of the scenarios or their tables.
    """
    chosen = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    number = replicates if replicates is not None else chosen[0].replicates
    chosen = with_stress_paths(_with_common_seed(chosen, seed), stress)
    _check_request(chosen, number, jobs)
    counties = prepare(chosen, number)
    records = _run_all(counties, number, jobs, progress)
    years = list(chosen[0].years.all())
    data = assemble(counties, records, years)
    data = describe(measures.add_measures(data, counties, records))
    data.attrs["title"] = "capsim results"
    known = provenance_of(counties, number)
    known["progression_check"] = _progression_checks(counties, data)
    data.attrs["provenance"] = json.dumps(known, ensure_ascii=False)
    return Results(data)


def _progression_checks(counties: Sequence[County], data: xr.Dataset) -> dict[str, object]:
    """Grade progression beside each scenario whose rolls have a history; births aside."""
    checks = {c.scenario.name: progression_check(c.scenario, data) for c in counties}
    return {name: rows for name, rows in checks.items() if rows}


def prepare(scenarios: Sequence[Scenario], replicates: int) -> list[County]:
    """Build the county of every scenario; all must share places and planning areas.

    Raises
    ------
    InvalidInput
        With the problems of all scenarios.
    """
    problems = Problems()
    counties: list[County] = []
    for scenario in scenarios:
        try:
            partition = counties[0] if counties else None
            counties.append(build_county(scenario, replicates=replicates, partition=partition))
        except InvalidInput as error:
            problems.extend(scenario.locate(problem) for problem in error.problems)
    problems.raise_if_any()
    first = counties[0].geography
    for county in counties[1:]:
        if county.geography.townships != first.townships:
            problems.add(
                county.scenario.name,
                f"has other townships than {counties[0].scenario.name}",
                "compare scenarios of one county",
            )
        if county.scenario.years != counties[0].scenario.years:
            problems.add(
                county.scenario.name,
                f"has other years than {counties[0].scenario.name}",
                "give all scenarios of a run the same base year and horizon",
            )
    problems.raise_if_any()
    return counties


def run_replicate(county: County, replicate: int) -> Arrays:
    """Run one replicate of one scenario and return its record."""
    recorder = Recorder(county)
    model = CountyModel(county, replicate, observers=[recorder])
    model.run_model()
    arrays = recorder.conclude(model.state)
    model.release()
    return arrays


def _with_common_seed(scenarios: Sequence[Scenario], seed: int | None) -> list[Scenario]:
    common = seed if seed is not None else scenarios[0].seed
    return [s if s.seed == common else s.with_({"seed": common}) for s in scenarios]


def _check_request(scenarios: Sequence[Scenario], replicates: int, jobs: int) -> None:
    problems = Problems()
    if replicates < 1:
        problems.add("replicates", f"{replicates} is not a number of replicates", "at least 1")
    if jobs < 1:
        problems.add("jobs", f"{jobs} is not a number of workers", "at least 1")
    names = [s.name for s in scenarios]
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.add("scenarios", f"two scenarios are called {name!r}", "give them other names")
    problems.raise_if_any()


def _tasks(scenarios: int, replicates: int, jobs: int) -> Iterator[Task]:
    """Split the work: about ten tasks a worker and scenario, so that the last ones even out."""
    size = max(1, -(-replicates // (10 * jobs)))
    for scenario in range(scenarios):
        for start in range(0, replicates, size):
            yield Task(scenario, tuple(range(start, min(start + size, replicates))))


def _run_all(
    counties: list[County], replicates: int, jobs: int, progress: Progress | None
) -> list[list[Arrays]]:
    records: list[dict[int, Arrays]] = [{} for _ in counties]
    total = len(counties) * replicates
    done = 0
    for task, arrays in _finished(counties, replicates, jobs):
        records[task.scenario].update(zip(task.replicates, arrays, strict=True))
        done += len(task.replicates)
        if progress is not None:
            progress(done, total)
    return [[runs[r] for r in range(replicates)] for runs in records]


def _finished(
    counties: list[County], replicates: int, jobs: int
) -> Iterator[tuple[Task, list[Arrays]]]:
    """Yield tasks with their records as they finish."""
    tasks = list(_tasks(len(counties), replicates, jobs))
    if jobs == 1:
        for task in tasks:
            for replicate in task.replicates:
                single = Task(task.scenario, (replicate,))
                yield single, [run_replicate(counties[task.scenario], replicate)]
        return
    workers = min(jobs, len(tasks))
    with TemporaryDirectory(prefix="capsim-") as folder:
        # A file, because workers that are handed the counties themselves start one after another.
        file = Path(folder) / "counties.pickle"
        file.write_bytes(pickle.dumps(counties, pickle.HIGHEST_PROTOCOL))
        with ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_start, initargs=(file,)
        ) as pool:
            with _without_main():
                waiting = {pool.submit(_work, task): task for task in tasks}
            try:
                for future in as_completed(waiting):
                    yield waiting[future], future.result()
            except BrokenProcessPool as error:
                raise CapsimError(
                    "a worker was ended from outside, most likely for want of memory "
                    "(run with fewer jobs)"
                ) from error


@contextmanager
def _without_main() -> Iterator[None]:
    """Let workers start without importing the user's script again.

    A spawned process imports the main module of its parent, and a script without a main guard
    would start its run there once more. Workers need nothing of it.
    """
    main = sys.modules["__main__"]
    hidden = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    for name in hidden:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in hidden.items():
            setattr(main, name, value)


def _start(file: Path) -> None:
    """Let a worker read the counties, once."""
    _COUNTIES[:] = pickle.loads(file.read_bytes())


def _work(task: Task) -> list[Arrays]:
    return [run_replicate(_COUNTIES[task.scenario], r) for r in task.replicates]
