"""Teachers between schools: reallocation by the county, and the exchange."""

from __future__ import annotations

from capsim.county.county import County
from capsim.schools.staffing.allocation import Moves
from capsim.schools.staffing.exchange import Exchanged
from capsim.year.staff import schools_this_year
from capsim.year.state import State
from capsim.year.year import Year


def allocate(county: County, state: State, year: Year) -> None:
    """Move teachers between schools as the bureau decides."""
    year.staffing = schools_this_year(county, state, [])

    def reallocate() -> Moves:
        return year.bureau.reallocate(county, state, year)

    def exchange() -> Exchanged:
        return year.bureau.exchange(county, state, year)

    state.staff.allocate(state.year, year.staffing, reallocate, exchange)
