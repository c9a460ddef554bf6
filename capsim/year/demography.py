"""Births, deaths and migration outside school ages; the families of the entering cohort."""

from __future__ import annotations

from capsim.county.county import County
from capsim.county.families import make_cohort
from capsim.year.state import State
from capsim.year.year import Year


def demography(county: County, state: State, year: Year) -> None:
    """Births, deaths and migration outside school ages; the families of the entering cohort."""
    cohort = state.population.advance(state.year)
    mobility = state.mobility
    if mobility is None:
        counts = state.population.cohort_by_settlement(cohort)
    else:
        stream = state.draw("entry by settlement")
        counts = state.population.drawn_by_settlement(cohort, mobility.entry_in(state.year), stream)
    year.newcomers = make_cohort(
        county.geography,
        counts,
        state.year,
        county.traits,
        seed=state.seed,
        replicate=state.replicate,
    )
