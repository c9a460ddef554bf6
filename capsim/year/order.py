"""The order of a school year, readable as a list; ``docs/model.md`` describes each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from capsim.county.county import County
from capsim.year.admit import admit
from capsim.year.allocate import allocate
from capsim.year.arrive import arrive
from capsim.year.classes import classes
from capsim.year.demography import demography
from capsim.year.leave import leave
from capsim.year.offer import offer
from capsim.year.programme import programme
from capsim.year.promote import promote
from capsim.year.quality import quality
from capsim.year.reassign import reassign
from capsim.year.review import review
from capsim.year.staff import staff
from capsim.year.state import State
from capsim.year.transfer import transfer
from capsim.year.wish import wish
from capsim.year.year import Decisions, Year

Step = Callable[[County, State, Year], None]

ORDER: Final[tuple[Step, ...]] = (
    programme,
    demography,
    staff,
    promote,
    leave,
    arrive,
    wish,
    reassign,
    offer,
    admit,
    transfer,
    classes,
    allocate,
    quality,
    review,
)
"""What happens in a school year from 1 September; nothing happens in the base year."""


class Observer(Protocol):
    """Reads a run and changes nothing: the same state is reached without it."""

    def begin(self, county: County, state: State) -> None:
        """Read the base year."""
        ...

    def before(self, county: County, state: State) -> None:
        """Read the state that a year begins with."""
        ...

    def after(self, county: County, state: State, year: Year) -> None:
        """Read what a year has made."""
        ...


def run_year(
    county: County, state: State, bureau: Decisions, observers: Sequence[Observer] = ()
) -> Year:
    """Let one school year pass.

    Parameters
    ----------
    county : County
    state : State
        Changed in place, to the next year.
    bureau : Decisions
        Who decides where the county's institutions do.
    observers : sequence of Observer

    Returns
    -------
    Year
        What the year made.
    """
    for observer in observers:
        observer.before(county, state)
    state.year += 1
    year = Year(len(state.schools), bureau)
    for step in ORDER:
        step(county, state, year)
    for observer in observers:
        observer.after(county, state, year)
    return year
