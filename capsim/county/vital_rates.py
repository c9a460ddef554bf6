"""Rates and births of a scenario, as the county's projection uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import AGES, SCHOOL_AGES
from capsim.core.errors import InvalidInput
from capsim.county.births_from_women import FOLLOW_WOMEN, Mothers, births_by_fertility
from capsim.county.population import FIRST_ADULT_AGE, FIRST_SCHOOL_AGE, PopulationRules
from capsim.demography.births import forecast_births
from capsim.demography.census import DatedPopulation, annual_migration_rates
from capsim.demography.migration import rogers_castro
from capsim.demography.rates import survival_ratio
from capsim.demography.schedules import china_death_rates
from capsim.scenario.options.choice import LeavingOptions
from capsim.scenario.options.demography import DemographyOptions
from capsim.scenario.schema import Scenario
from capsim.texts import Message

F64 = NDArray[np.float64]

# Migration schedules end at age 79: a mean of 1 over these ages keeps rates those of residents.
MOVING_AGES = 80


def survival_of(options: DemographyOptions) -> F64:
    """Return survival ratios by sex, shape (2, 102); ones where deaths are switched off."""
    if options.mortality == "none":
        return np.ones((2, len(AGES) + 1))
    return survival_ratio(china_death_rates())


def school_age_deaths(survival: F64) -> F64:
    """Return the probability of dying on the way to each school age, shape (2, 9).

    Entry ``x`` of the survival ratios is the share of those aged ``x - 1`` who reach ``x``; a
    child of six has survived to the entry year in the projection already, so grade 1 has none.
    """
    deaths = 1.0 - survival[:, list(SCHOOL_AGES)]
    deaths[:, 0] = 0.0
    return deaths


def expected_leaving(options: LeavingOptions) -> F64:
    """Return the share of each age that the run expects to leave before the next age, (2, 101).

    The hazard of the grade that is entered next, without the effect of distance.
    """
    leaving = np.zeros((2, len(AGES)))
    if options.enabled:
        for grade, hazard in enumerate(options.leave_by_grade, start=1):
            leaving[:, SCHOOL_AGES[0] + grade - 2] = hazard
    return leaving


def population_rules(
    scenario: Scenario, censuses: Sequence[DatedPopulation], survival: F64
) -> PopulationRules:
    """Return the rates of the projection for a scenario."""
    options = scenario.demography
    moving = options.migration
    internal = np.zeros((3, 3))
    internal[2, 0] = moving.village_to_town
    internal[2, 1] = moving.village_to_seat
    internal[1, 0] = moving.seat_to_town
    profile = rogers_castro(childhood=moving.childhood)
    return PopulationRules(
        survival=survival,
        sex_ratio_at_birth=options.sex_ratio_at_birth,
        net_migration=_net_migration(scenario, censuses, survival),
        internal=internal,
        internal_profile=profile * MOVING_AGES,
        area_noise=options.births.area_noise,
    )


def _net_migration(scenario: Scenario, censuses: Sequence[DatedPopulation], survival: F64) -> F64:
    rates = np.zeros((2, len(AGES)))
    options = scenario.demography.migration
    if options.outside == "censuses" and len(censuses) > 1:
        earlier, later = censuses[-2], censuses[-1]
        rates = annual_migration_rates(
            earlier.persons, later.persons, survival, later.year - earlier.year
        )
        rates = np.nan_to_num(rates)
    rates[:, :FIRST_SCHOOL_AGE] = options.preschool_per_year
    rates[:, FIRST_SCHOOL_AGE:FIRST_ADULT_AGE] = 0.0
    return rates


@dataclass(frozen=True)
class BirthsToCome:
    """Births of a run to the horizon.

    Attributes
    ----------
    first : int
        First of the years: the one before the base year, or the last with known births.
    births : ndarray, shape (replicates, years)
        Known births, and those that are expected or given.
    rates : ndarray, shape (replicates, years)
        Total fertility rates of the years after the base year whose births follow the women of
        the run; missing in the others.
    known_until : int
        Last calendar year whose births are observed.
    notes : list of Message
    """

    first: int
    births: F64
    rates: F64
    known_until: int
    notes: list[Message]


def births_draws(
    scenario: Scenario,
    observed: dict[int, float],
    source: str,
    replicates: int,
    mothers: Mothers | None = None,
) -> BirthsToCome:
    """Return births by replicate and calendar year, and the rates of those that follow women.

    Parameters
    ----------
    scenario : Scenario
    observed : dict of int to float
        Births of the county by calendar year known at the information date.
    source : {"table", "census", "both"}
        Where they come from; births read back from a census are falsely smooth.
    replicates : int
    mothers : Mothers, optional
        Women of the county, for the methods whose births follow them.
    """
    last, horizon = max(observed), scenario.years.horizon
    first = min(scenario.years.base - 1, last)
    wanted = range(first, horizon + 1)
    missing = [y for y in wanted if y <= last and y not in observed]
    if missing:
        raise InvalidInput.of(
            scenario.data.births or "births",
            f"no births of {missing[0]}" + (f" to {missing[-1]}" if len(missing) > 1 else ""),
            f"births are needed from {first} (the year before the base year) on",
        )
    table = np.zeros((replicates, len(wanted)))
    for column, year in enumerate(wanted):
        if year <= last:
            table[:, column] = observed[year]
    ahead = horizon - last
    notes: list[Message] = []
    rates = np.full(table.shape, np.nan)
    if ahead > 0:
        start, skipped = max(0, last + 1 - first), max(0, first - last - 1)
        if mothers is not None:
            future_rates, future, note = births_by_fertility(
                scenario.demography.births,
                observed,
                mothers,
                ahead=ahead,
                draws=replicates,
                seed=scenario.seed,
                volatility_from=_volatility_from(scenario, source),
                where=f"{scenario.provenance.file}: demography.births.tfr",
            )
            notes.append(note)
            if scenario.demography.births.method in FOLLOW_WOMEN:
                rates[:, start:] = future_rates[:, skipped:]
        else:
            future = _future_births(scenario, observed, source, ahead, replicates)
        table[:, start:] = future[:, skipped:]
    rates[:, : max(0, scenario.years.base + 1 - first)] = np.nan
    return BirthsToCome(first, table, rates, last, notes)


def _volatility_from(scenario: Scenario, source: str) -> str | None:
    """The register whose volatility births read back from a census are given."""
    return scenario.demography.births.volatility_from if source != "table" else None


def _future_births(
    scenario: Scenario, observed: dict[int, float], source: str, ahead: int, replicates: int
) -> F64:
    """Draw the births of the years after the last known one, shape (replicates, ahead)."""
    import pandas as pd

    options = scenario.demography.births
    assert options.method != "women"
    series = pd.Series(observed).sort_index()
    series.index.name = "year"
    if options.method == "path":
        _check_path(scenario, int(series.index[-1]) + 1, ahead)
    path = options.stress if options.method == "stress" else options.path or None
    drawn = forecast_births(
        series,
        ahead,
        draws=replicates,
        seed=scenario.seed,
        method=options.method,
        volatility_from=_volatility_from(scenario, source),
        path=path,
        counting_noise=True,
    )
    return np.asarray(drawn.transpose("draw", "year").values, dtype=np.float64)


def _check_path(scenario: Scenario, first: int, ahead: int) -> None:
    """Refuse a path of births that leaves out years of the forecast."""
    path = scenario.demography.births.path
    missing = [year for year in range(first, first + ahead) if year not in path]
    if missing:
        raise InvalidInput.of(
            f"{scenario.provenance.file}: demography.births.path",
            f"holds no births of {len(missing)} years, the first of them {missing[0]}",
            f"give those of every year from {first} to {first + ahead - 1}",
        )
