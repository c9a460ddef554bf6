"""Births from the total fertility rate: the county's own women, those to come as the run has them.

The births of a year are the rate times the women of each age, weighted by the fertility schedule.
Past rates are what known births imply; rates to come are forecast from them, or given. Women from
15 on are followed by the rates of the run, daughters born on the way among them, so that births
fall where mothers become fewer whatever the rate does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.core.dims import AGES, SCHOOL_AGES, SEXES
from capsim.core.errors import InvalidInput
from capsim.county.geography import Geography
from capsim.county.known_births import KnownBirths
from capsim.county.population import MOTHER_AGES, PopulationRules
from capsim.demography.births import forecast_births
from capsim.demography.census import DatedPopulation, backcast, population_between
from capsim.demography.cohort import survivors_one_year
from capsim.demography.fertility import FERTILE_AGES, single_year_schedule
from capsim.demography.implied_births import AUTUMN_SHARE
from capsim.demography.schedules import china_fertility_schedule
from capsim.scenario.options.demography import BirthsOptions
from capsim.scenario.schema import Scenario
from capsim.texts import Message, message

F64 = NDArray[np.float64]
FEMALE = SEXES.index("female")
FIRST_ADULT_AGE = SCHOOL_AGES[-1] + 1
LAST_FERTILE_AGE = FERTILE_AGES[-1]

FOLLOW_WOMEN: Final = ("women",)
"""Methods whose births to come are a rate times the women of each place in the replicate."""

# Years of known births, the last ones, that tell how fertile a place is beside the county; and
# expected births that count as much as what a place is known to have.
PLACE_YEARS, PLACE_PRIOR_BIRTHS = 5, 100.0

# Of a calendar year's middle between two 31 Augusts: two of twelve months before the later one.
EARLIER_SHARE = 2.0 / 12.0


@dataclass(frozen=True)
class Mothers:
    """Women of the county by single age, as far as births need them.

    Attributes
    ----------
    first : int
        Year of the first row of `past`.
    past : ndarray, shape (years, 101)
        Women on 31 August, the last row those of the base year.
    kept : ndarray, shape (102,)
        Share of each age that reaches the next one and stays, by age reached; the first entry is
        for births.
    daughters : float
        Girls who live in the county for each birth.
    schedule : ndarray, shape (101,)
        Fertility by age of the mother, summing to one.
    """

    first: int
    past: F64
    kept: F64
    daughters: float
    schedule: F64

    def ahead(self) -> F64:
        """Fertility of a calendar year by the age of women on 31 August of the year before.

        Two months of the year are lived by the women as they stood, ten by those a year older who
        are still there; shape (101,).
        """
        later = np.append(self.schedule[1:], 0.0) * self.kept[1:]
        return np.asarray(EARLIER_SHARE * self.schedule + (1.0 - EARLIER_SHARE) * later)

    @property
    def base(self) -> int:
        """Base year of the run."""
        return self.first + len(self.past) - 1

    def exposure(self, year: int) -> float:
        """Women of a calendar year up to the base year, weighted by the schedule.

        Raises
        ------
        InvalidInput
            If there are no women of fertile age.
        """
        row = year - self.first
        women = EARLIER_SHARE * self.past[row - 1] + (1.0 - EARLIER_SHARE) * self.past[row]
        weighted = float(women @ self.schedule)
        if weighted <= 0:
            raise InvalidInput.of(
                "population", f"no women of fertile age in {year}",
                "births to come follow women by age: check the population's sexes and ages, or set "
                "demography.births.method to trend",
            )  # fmt: skip
        return weighted

    def follow(self, known: Mapping[int, float], rates: F64) -> tuple[F64, F64]:
        """Return births and weighted women of all years, those with known births first.

        Parameters
        ----------
        known : mapping of int to float
            Births by calendar year.
        rates : ndarray, shape (draws, years)
            Total fertility rates of the years after the last known one.

        Returns
        -------
        births, exposure : ndarray, shape (draws, years)
            From the first known year on; women weighted by the schedule.
        """
        draws, ahead = rates.shape
        start, last = min(known), max(known)
        born: dict[int, F64] = {}
        exposed: dict[int, F64] = {}
        women = np.repeat(self.past[-1][None], draws, axis=0)
        for year in range(start, last + ahead + 1):
            older = women
            if year <= self.base:
                exposed[year] = np.full(draws, self.exposure(year))
            else:
                older = survivors_one_year(women, self.kept, np.zeros(draws))
                mean = EARLIER_SHARE * women + (1.0 - EARLIER_SHARE) * older
                # Row by row: the same for a draw whatever the number of draws.
                exposed[year] = (mean * self.schedule).sum(axis=1)
            if year <= last:
                born[year] = np.full(draws, known.get(year, np.nan))
            else:
                born[year] = rates[:, year - last - 1] * exposed[year]
            if year > self.base:
                cohort = AUTUMN_SHARE * born[year - 1] + (1.0 - AUTUMN_SHARE) * born[year]
                older[:, 0] = cohort * self.daughters * self.kept[0]
            women = older
        return np.stack(list(born.values()), axis=1), np.stack(list(exposed.values()), axis=1)


def mothers_of(
    scenario: Scenario,
    censuses: Sequence[DatedPopulation],
    rules: PopulationRules,
    persons: F64,
    leaving: F64,
    *,
    first_year: int,
) -> Mothers:
    """Return the women of a county from a first year of births on.

    Parameters
    ----------
    scenario : Scenario
    censuses : sequence of DatedPopulation
        On 31 August, oldest first.
    rules : PopulationRules
    persons : ndarray, shape (cells, 2, 101)
        Residents of the base year.
    leaving : ndarray, shape (2, 101)
        Share of each school age that the run expects to leave before the next age.
    first_year : int
        First calendar year with births.

    Raises
    ------
    InvalidInput
        If the fertility schedule of the scenario cannot be used.
    """
    base = scenario.years.base
    gone = leaving.copy()
    gone[:, FIRST_ADULT_AGE - 1 : -1] -= rules.net_migration[:, FIRST_ADULT_AGE:]
    years = range(min(first_year, base) - 1, base)
    past = [_women(censuses, year, rules.survival, gone) for year in years]
    kept = rules.survival[FEMALE].copy()
    kept[1 : len(AGES)] *= 1.0 - leaving[FEMALE, :-1]
    kept[: len(AGES)] *= 1.0 + rules.net_migration[FEMALE]
    mothers = persons[:, FEMALE, MOTHER_AGES].sum(axis=1)
    coverage = np.average(np.broadcast_to(rules.coverage, mothers.shape), weights=mothers)
    return Mothers(
        first=years[0],
        past=np.array([*past, persons[:, FEMALE].sum(axis=0)]),
        kept=kept,
        daughters=float(coverage) / (1.0 + rules.sex_ratio_at_birth),
        schedule=_schedule(scenario),
    )


def place_fertility(
    known: KnownBirths | None, persons: F64, schedule: F64, geography: Geography
) -> F64:
    """Return the fertility of each cell over the county's, from the births known of townships.

    The births of the last years over those that the township's women would have at the county's
    rate, shrunk to 1 by a prior; 1 where no births of townships are known.

    Parameters
    ----------
    known : KnownBirths or None
    persons : ndarray, shape (cells, 2, 101)
        Residents of the base year.
    schedule : ndarray, shape (101,)
    geography : Geography

    Returns
    -------
    ndarray, shape (cells,)
        Its mean weighted by women is 1.
    """
    women = persons[:, FEMALE] @ schedule
    factor = np.ones(len(women))
    if known is None or women.sum() <= 0:
        return factor
    complete = np.flatnonzero(np.isfinite(known.by_township).all(axis=1))
    if not len(complete):
        return factor
    townships = len(geography.townships)
    found = known.by_township[complete[-PLACE_YEARS:]].sum(axis=0)
    there = np.bincount(geography.cell_township, weights=women, minlength=townships)
    expected = found.sum() * there / there.sum()
    factor = ((found + PLACE_PRIOR_BIRTHS) / (expected + PLACE_PRIOR_BIRTHS))[
        geography.cell_township
    ]
    return np.asarray(factor * women.sum() / (factor @ women))


def _schedule(scenario: Scenario) -> F64:
    """The fertility schedule of the scenario; China's where it gives none."""
    given = scenario.demography.births.fertility_schedule
    if not given:
        return china_fertility_schedule()
    where = f"{scenario.provenance.file}: demography.births.fertility_schedule"
    return single_year_schedule(list(given.values()), list(given), where=where)


def _women(censuses: Sequence[DatedPopulation], year: int, survival: F64, leaving: F64) -> F64:
    """Women of a past year: between censuses interpolated, else carried back or on, (101,)."""
    earlier = [c for c in censuses if c.year <= year]
    later = [c for c in censuses if c.year >= year]
    if earlier and earlier[-1].year == year:
        return np.asarray(earlier[-1].persons[FEMALE])
    if earlier and later:
        # Those born between the censuses can only be told by the later one.
        children = max(FIRST_ADULT_AGE - 1 - (later[0].year - year), year - earlier[-1].year - 1)
        whole = population_between(
            earlier[-1], later[0], year, survival, leaving=leaving, backcast_to_age=children
        )
        return np.asarray(whole[FEMALE])
    if later:
        first = later[0].persons
        before = backcast(first, survival, later[0].year - year, leaving=leaving)[FEMALE]
        return np.asarray(np.where(np.isnan(before), first[FEMALE], before))
    women = np.asarray(earlier[-1].persons[FEMALE])
    for _ in range(year - earlier[-1].year):
        # As the run carries its base year from the last census: without migration.
        women = survivors_one_year(women, survival[FEMALE], women[0] / survival[FEMALE, 0])
    return women


def births_by_fertility(
    options: BirthsOptions,
    observed: Mapping[int, float],
    mothers: Mothers,
    *,
    ahead: int,
    draws: int,
    seed: int,
    volatility_from: str | None,
    where: str = "demography.births.tfr",
) -> tuple[F64, F64, Message]:
    """Return rates and births of the years after the last known one, and a note on the rates.

    Parameters
    ----------
    options : BirthsOptions
    observed : mapping of int to float
        Known births by calendar year, without gaps.
    mothers : Mothers
    ahead, draws, seed : int
    volatility_from : str or None
        As in :func:`~capsim.demography.births.forecast_births`.
    where : str
        Place of given rates, for the message.

    Returns
    -------
    rates : ndarray, shape (draws, ahead)
        Total fertility rates, within the limits of the scenario.
    births : ndarray, shape (draws, ahead)
        What they give with the women that the county's projection expects.
    note : Message

    Raises
    ------
    InvalidInput
        If known births are too few or leave out years, there are no women of fertile age, or no
        given rate is of a year to come.
    """
    years = sorted(observed)
    last = years[-1]
    _, exposed = mothers.follow(observed, np.zeros((1, 0)))
    women = exposed[0, [year - years[0] for year in years]]
    implied = np.array([observed[year] for year in years]) / women
    if options.tfr and max(options.tfr) <= last:
        raise InvalidInput.of(
            where, f"holds no year after {last}, the last whose births are known",
            "give the rate of a later year",
        )  # fmt: skip
    if options.tfr:
        given = _given_rates(options.tfr, last, float(implied[-1]), ahead)
        rates = np.broadcast_to(given, (draws, ahead))
    else:
        # The rate as births of as many women as there were at last: the spread and the noise of
        # counting depend on the size of a series.
        series = pd.Series(implied * women[-1], index=pd.Index(years, name="year"))
        drawn = forecast_births(
            series, ahead, draws=draws, seed=seed, volatility_from=volatility_from
        )
        rates = drawn.transpose("draw", "year").to_numpy() / women[-1]
    if options.method in FOLLOW_WOMEN and not options.tfr:
        rates = np.clip(rates, *_limits(options, float(implied[-1])))
    born, exposed = mothers.follow(observed, rates)
    fewer = 100.0 * (float(np.median(exposed[:, -1])) / women[-1] - 1.0)
    note = message(
        "notes.births_follow_women",
        first=last,
        first_rate=float(implied[-1]),
        last=last + ahead,
        last_rate=float(np.median(rates[:, -1])),
        change=fewer,
    )
    return rates, born[:, -ahead:], note


def _limits(options: BirthsOptions, last: float) -> tuple[float, float]:
    """Limits of the rate; a rate that is outside already stays where it is."""
    low, high = options.tfr_limits
    return min(low, last), max(high, last)


def _given_rates(given: Mapping[int, float], last: int, rate: float, ahead: int) -> F64:
    """Rates of a scenario: straight lines between its years, the last one for ever."""
    points = {last: rate} | {year: value for year, value in given.items() if year > last}
    years = sorted(points)
    wanted = np.arange(last + 1, last + ahead + 1)
    return np.asarray(np.interp(wanted, years, [points[year] for year in years]))
