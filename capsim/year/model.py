"""One replicate of a county as a mesa model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import mesa

from capsim.core.errors import InvalidInput
from capsim.county.county import County, build_county
from capsim.county.families import NO_SCHOOL, PUBLIC
from capsim.scenario.bureau import named_bureau
from capsim.scenario.load import load
from capsim.scenario.schema import Scenario
from capsim.year.bureau import Bureau
from capsim.year.order import Observer, run_year
from capsim.year.school import School
from capsim.year.state import State
from capsim.year.year import Year


class CountyModel(mesa.Model):  # type: ignore[misc]
    """A county and its state in one replicate; a step is a school year.

    ``random`` and ``rng`` of mesa are not used: every draw is keyed (:mod:`capsim.core.draws`).

    Parameters
    ----------
    county : County, optional
        A county built before, which any number of replicates may share.
    replicate : int
        Number of the replicate, from 0.
    scenario : Scenario or path-like, optional
        In place of `county`: it is built here.
    observers : sequence of Observer
        Read each year; the state is the same without them.
    datacollector : mesa.DataCollector, optional
        Collects after the base year and after each step; by default a few totals.
    rng : optional
        For mesa's own generators, which nothing here uses.

    Attributes
    ----------
    county : County
        What is fixed.
    state : State
        What survives the year; the base year until the first step.
    this_year : Year or None
        What the last step made; None until there was one.
    bureau : Bureau
        Who decides; the class that the scenario names, where it names one.

    Raises
    ------
    InvalidInput
        With what is wrong with the scenario.
    """

    def __init__(
        self,
        county: County | None = None,
        replicate: int = 0,
        *,
        scenario: Scenario | str | os.PathLike[str] | None = None,
        observers: Sequence[Observer] = (),
        datacollector: mesa.DataCollector | None = None,
        rng: Any = None,
    ) -> None:
        super().__init__(rng=0 if rng is None else rng)
        if (county is None) == (scenario is None):
            raise TypeError("give either a county or a scenario")
        if scenario is not None:
            chosen = scenario if isinstance(scenario, Scenario) else load(scenario)
            county = build_county(chosen, replicates=replicate + 1)
        assert county is not None
        self.county = county
        self.state = State(county, replicate)
        self.this_year: Year | None = None
        self.bureau = _bureau_class(county.scenario)(self)
        self._observers = tuple(observers)
        self.datacollector = _totals() if datacollector is None else datacollector
        if self.datacollector.agent_reporters or self.datacollector.agenttype_reporters:
            _ = self.school_agents
        for observer in self._observers:
            observer.begin(county, self.state)
        self.datacollector.collect(self)

    def __repr__(self) -> str:
        scenario = self.county.scenario
        return (
            f"<CountyModel {scenario.name!r}, {scenario.years.base}-{scenario.years.horizon}: "
            f"{self.state!r}>"
        )

    @cached_property
    def school_agents(self) -> list[School]:
        """The schools as agents in the order of their rows; made when first asked for."""
        return [School(self, self.state, row) for row in range(len(self.state.schools))]

    def step(self) -> None:
        """Let one school year pass.

        Raises
        ------
        ValueError
            At the horizon of the scenario, up to which births are known or forecast.
        """
        horizon = self.county.scenario.years.horizon
        if self.state.year >= horizon:
            raise ValueError(f"{horizon} is the last year of the scenario")
        self.this_year = run_year(self.county, self.state, self.bureau, self._observers)
        self.running = self.state.year < horizon
        self.datacollector.collect(self)

    def release(self) -> None:
        """Let go of everything. Agents and mesa's own methods hold the model in circles.

        Without this the memory of a replicate is free only after the next full search for such
        circles, many replicates later. The model cannot be used afterwards.
        """
        self.__dict__.clear()

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("a replicate is rebuilt from its county, not pickled")


def model(
    scenario: Scenario | str | os.PathLike[str],
    replicate: int = 0,
    *,
    observers: Sequence[Observer] = (),
) -> CountyModel:
    """Return one replicate of a scenario in its base year, to step through by hand.

    ``run`` with the same seed takes replicate `replicate` through the same years.

    Parameters
    ----------
    scenario : Scenario or path-like
    replicate : int
        From 0.
    observers : sequence of Observer
        For instance a :class:`capsim.results.recorder.Recorder`.

    Examples
    --------
    >>> import capsim as cs
    >>> model = cs.model("scenarios/jiajiang/baseline.yaml")  # doctest: +SKIP
    >>> model.step()  # doctest: +SKIP
    >>> model.state.year, model.this_year  # doctest: +SKIP
    """
    return CountyModel(scenario=scenario, replicate=replicate, observers=observers)


def _bureau_class(scenario: Scenario) -> type[Bureau]:
    if scenario.bureau is None:
        return Bureau
    found = named_bureau(scenario.bureau, scenario.provenance.folder)
    if not issubclass(found, Bureau):
        raise InvalidInput.of(
            f"{scenario.provenance.file}: bureau",
            f"{scenario.bureau!r} decides nothing",
            "let the class inherit from capsim.year.bureau.Bureau",
        )
    return found


def _totals() -> mesa.DataCollector:
    """A collector of what a batch of runs usually asks for."""
    return mesa.DataCollector(
        model_reporters={
            "year": lambda model: model.state.year,
            "children": lambda model: len(model.state.families),
            "pupils": lambda model: int(model.state.schools.roll.sum()),
            "without_school": lambda model: _without_school(model.state),
            "teachers": lambda model: int(model.state.staff.present.sum()),
        }
    )


def _without_school(state: State) -> int:
    families = state.families
    return int(((families.state == PUBLIC) & (families.school == NO_SCHOOL)).sum())
