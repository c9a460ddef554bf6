"""The county's education bureau: the agent that decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import ClassVar
from weakref import WeakKeyDictionary

import mesa

from capsim.county.county import County
from capsim.scenario.bureau import DecidesForCounty
from capsim.schools.programme.demand_led import sites_to_start
from capsim.schools.programme.schedule import Event
from capsim.schools.small_schools import review_small_schools
from capsim.schools.staffing.allocation import Moves
from capsim.schools.staffing.exchange import Exchanged
from capsim.year.state import State
from capsim.year.year import Rows, Year


class _Numbers(WeakKeyDictionary["mesa.Model", Iterator[int]]):
    """The numbers that agents of each model get; mesa 3.3's own table keeps models for ever."""

    def __getitem__(self, model: mesa.Model) -> Iterator[int]:
        return self.setdefault(model, count(1))


class Institution(mesa.Agent):  # type: ignore[misc]
    """An agent that does not keep its model in memory; later mesa numbers agents itself."""

    _ids: ClassVar[_Numbers] = _Numbers()


class Bureau(Institution, DecidesForCounty):
    """The education bureau; it decides by the rules of the scenario.

    A subclass that a scenario names (``bureau: my_module:MyBureau``) replaces what it overrides
    and inherits the rest. Steps of the year ask and carry out the answer; ``county``, ``state``
    and ``year`` are there to be read.
    """

    def programme(
        self, county: County, state: State, year: Year, due: Sequence[Event]
    ) -> Sequence[Event]:
        """Return the events to carry out this September, in their order: those that are due."""
        return due

    def recruit(self, county: County, state: State, year: Year, lost: int) -> Rows:
        """Return the places of new teachers, ``2 x school + level`` each: within posts, to need.

        Asked when `lost` teachers have retired or left. ``year.staffing`` holds posts and need by
        school and level, ``state.staff.present`` the teachers who are left.
        """
        return state.staff.recruits(state.year, year.staffing, lost)

    def reallocate(self, county: County, state: State, year: Year) -> Moves:
        """Return how many teachers move between schools for good: none unless county-managed."""
        return state.staff.reallocation(year.staffing)

    def exchange(self, county: County, state: State, year: Year) -> Exchanged:
        """Return who takes part in the teacher exchange, and where they go."""
        return state.staff.exchange(state.year, year.staffing)

    def review_small_schools(self, county: County, state: State, year: Year) -> Sequence[Event]:
        """Return what becomes of schools that have been small for years, as events to come.

        Asked where the scenario switches ``programme.small_schools`` on; ``year.reviewed`` holds
        the schools, ``state.years_small`` the years below the threshold.
        """
        options = county.scenario.programme
        return review_small_schools(
            options.small_schools,
            options.buses,
            options.boarding,
            year.reviewed,
            year=state.year,
            years_small=state.years_small,
            distance_km=county.between_schools_km,
            class_cap=county.class_cap,
        ).events

    def start_schools(self, county: County, state: State, year: Year) -> Sequence[int]:
        """Return the rows of ``county.programme.sites`` where building begins in January.

        Asked where the scenario switches ``programme.demand_led`` on and has sites;
        ``state.demand_rule`` holds the years each planning area has been short.
        """
        return sites_to_start(state.demand_rule, county.scenario.programme, county.programme)
