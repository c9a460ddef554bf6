"""What a county's kindergarten rolls say: known at the information date, with ratios to the past.

A roll times its ratio gives entrants to public schools; over the share of children who stay and go
to public schools it gives the children of the cohort. The ratio is fitted to past entrants, and,
between townships, to the homes of past cohorts, since a kindergarten takes children of others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.dims import ENTRY_AGE, SCHOOL_AGES
from capsim.core.errors import InvalidInput
from capsim.county.births_coverage import past_entrants, past_stay
from capsim.county.geography import Geography
from capsim.county.mobility import net_leaving
from capsim.county.population import PopulationRules
from capsim.county.preschool import CohortSignal, PreschoolIndicator
from capsim.county.vital_rates import school_age_deaths
from capsim.demography.coverage import preschool_entrants
from capsim.scenario.options.demography import PreschoolOptions
from capsim.scenario.schema import Scenario
from capsim.tables.county_tables import COUNTY_AREA
from capsim.texts import Message, message

F64 = NDArray[np.float64]

LONGEST_AHEAD: Final = 3
ASSUMED_MISSES: Final = 3
"""Number of past years that the assumed error of a roll counts as much as."""


@dataclass(frozen=True)
class _KnownRolls:
    """Rolls known at the information date, by year from `first` and age 3-5."""

    first: int
    county: F64
    townships: F64

    def at(self, entry: int, ahead: int) -> tuple[int, int] | None:
        """Return the position of the roll of a cohort some years before its entry, if known."""
        year, age = entry - ahead - self.first, LONGEST_AHEAD - ahead
        inside = 0 <= year < len(self.county)
        return (year, age) if inside and np.isfinite(self.county[year, age]) else None


def preschool_indicator(
    scenario: Scenario,
    geography: Geography,
    persons: F64,
    rules: PopulationRules,
) -> tuple[PreschoolIndicator | None, list[Message]]:
    """Return what the kindergarten rolls of a scenario say, and notes for the log.

    Parameters
    ----------
    scenario : Scenario
    geography : Geography
    persons : ndarray, shape (cells, 2, 101)
        Residents of the base year, school ages as in the ledger.
    rules : PopulationRules

    Returns
    -------
    indicator : PreschoolIndicator or None
        None without a table, with all weights 0, or where no roll is known.
    notes : list of Message

    Raises
    ------
    InvalidInput
        If no ratio is given and none can be fitted.
    """
    options, table = scenario.demography.preschool, scenario.tables().preschool
    if table is None or not any(options.weight):
        return None, []
    until = scenario.known_until()
    rolls = _known_rolls(table, geography.townships, until)
    if rolls is None:
        return None, [message("notes.kindergarten_too_late", date=until.isoformat())]
    base = scenario.years.base
    notes: list[Message] = []
    rule = _Rule(scenario, rolls, persons, rules, geography)
    signals: dict[int, list[CohortSignal]] = {}
    for entry, ahead in _latest(rolls, base):
        if options.weight[ahead - 1] > 0 and rule.ratio(ahead) is not None:
            signals.setdefault(max(entry - ahead, base), []).append(rule.signal(entry, ahead))
    given = np.asarray(np.isfinite(rolls.county).any(axis=0))[::-1]
    left = [
        ahead
        for ahead in range(1, LONGEST_AHEAD + 1)
        if given[ahead - 1] and rule.ratio(ahead) is None
    ]
    if not signals and left:
        raise InvalidInput.of(
            f"{scenario.provenance.file}: data.preschool",
            "no entrants to grade 1 on record follow a kindergarten roll",
            "give rolls of earlier years, or set demography.preschool.ratio",
        )
    notes += [
        message("notes.kindergarten_without_entrants", age=ENTRY_AGE - ahead) for ahead in left
    ]
    indicator = PreschoolIndicator(
        {year: tuple(found) for year, found in signals.items()},
        _reach(rules),
        options.prior_children,
        geography.cell_township,
        draws.identity_of(geography.townships),
        scenario.seed,
    )
    return indicator, [*notes, *_told(indicator, persons, base)]


def _known_rolls(
    table: pd.DataFrame, townships: tuple[str, ...], until: dt.date
) -> _KnownRolls | None:
    """Rolls counted by the information date; the county is its own row or all townships."""
    known = table[[dt.date(int(year), 9, 1) <= until for year in table["year"]]]
    if not len(known):
        return None
    years = range(int(known["year"].min()), int(known["year"].max()) + 1)
    ages = range(ENTRY_AGE - LONGEST_AHEAD, ENTRY_AGE)
    wide = known.pivot_table(index=["year", "age"], columns="area", values="pupils")
    wide = wide.reindex(pd.MultiIndex.from_product([years, ages]))
    parts = wide.reindex(columns=list(townships)).to_numpy(np.float64).copy()
    whole = wide.reindex(columns=[COUNTY_AREA]).to_numpy(np.float64)[:, 0]
    complete = np.isfinite(parts).all(axis=1)
    parts[~complete] = np.nan
    county = np.where(np.isnan(whole), parts.sum(axis=1), whole)
    shape = (len(years), LONGEST_AHEAD)
    return _KnownRolls(years[0], county.reshape(shape), parts.reshape(*shape, -1))


def _latest(rolls: _KnownRolls, base: int) -> Iterator[tuple[int, int]]:
    """Yield each cohort yet to enter that has a roll, with the years from the latest to entry."""
    for entry in range(base + 1, rolls.first + len(rolls.county) + LONGEST_AHEAD):
        for ahead in range(1, LONGEST_AHEAD + 1):
            if rolls.at(entry, ahead) is not None:
                yield entry, ahead
                break


def _reach(rules: PopulationRules) -> F64:
    """Share of each sex and age 0-5 who turn six: survival and migration, none in the last year."""
    kept = rules.survival[:, : ENTRY_AGE + 1].copy()
    kept[:, :ENTRY_AGE] *= 1.0 + rules.net_migration[:, :ENTRY_AGE]
    return np.asarray(np.cumprod(kept[:, ::-1], axis=1)[:, ENTRY_AGE - 1 :: -1])


class _Rule:
    """From rolls to children: ratios to past entrants and to past homes, fitted once each."""

    def __init__(
        self,
        scenario: Scenario,
        rolls: _KnownRolls,
        persons: F64,
        rules: PopulationRules,
        geography: Geography,
    ) -> None:
        self._rolls, self._persons, self._geography = rolls, persons, geography
        self._options: PreschoolOptions = scenario.demography.preschool
        self._base = scenario.years.base
        choice = scenario.choice
        stay = past_stay(net_leaving(scenario), school_age_deaths(rules.survival))
        came = past_entrants(scenario.tables().rolls, self._base, scenario.known_until(), stay)
        if came is not None:
            came = came[~came["year"].isin(scenario.coverage.exclude_years)]
        self._entrants = None if came is None else came.groupby("year")["pupils"].sum()
        given = choice.arriving.rate_by_grade
        arrive = 0.0 if given is None else given[0]
        # Children who turn six for each entrant of a public school.
        share = scenario.participation.primary.public * float(stay[0]) * (1.0 + arrive)
        self._children_per_entrant = 1.0 / share if share > 0 else 0.0
        ahead = range(1, LONGEST_AHEAD + 1)
        self._ratios = {years: self._fitted(years) for years in ahead}

    def ratio(self, ahead: int) -> tuple[float, float] | None:
        """Return entrants per child of a roll and its error; None where none can be fitted."""
        return self._ratios[ahead]

    def signal(self, entry: int, ahead: int) -> CohortSignal:
        """Return what the roll of a cohort says."""
        found, place = self._ratios[ahead], self._rolls.at(entry, ahead)
        assert found is not None and place is not None
        options = self._options
        return CohortSignal(
            entry=entry,
            roll_year=entry - ahead,
            children=float(self._rolls.county[place]) * found[0] * self._children_per_entrant,
            ratio=found[0],
            weight=options.weight[ahead - 1],
            error=found[1],
            township_error=options.township_error[ahead - 1],
            pupils=self._rolls.townships[place],
            homes=self._homes(ahead),
        )

    def _fitted(self, ahead: int) -> tuple[float, float] | None:
        options = self._options
        assumed = options.error[ahead - 1]
        if options.ratio is not None:
            return options.ratio[ahead - 1], assumed
        column = self._rolls.county[:, LONGEST_AHEAD - ahead]
        rolls = {self._rolls.first + i: n for i, n in enumerate(column) if n > 0}
        if self._entrants is None:
            return None
        misses = sum(year + ahead in self._entrants.index for year in rolls) - 1
        if misses < 0:
            return None
        estimate, measured = preschool_entrants(
            _series(pd.Series(rolls, dtype=np.float64)),
            _series(self._entrants),
            years=options.years,
            ahead=ahead,
        )
        year = next(iter(rolls))
        ratio = float(estimate.sel(year=year + ahead).item()) / rolls[year]
        if not misses:
            return ratio, assumed
        squares = ASSUMED_MISSES * assumed**2 + misses * measured**2
        return ratio, float(np.sqrt(squares / (ASSUMED_MISSES + misses)))

    def _homes(self, ahead: int) -> F64:
        """Resident children per child of a roll of past cohorts, by township; missing if none."""
        geography, base = self._geography, self._base
        townships = len(geography.townships)
        live, attended = np.zeros(townships), np.zeros(townships)
        if self._options.by == "township":
            for passed in range(min(self._options.years, len(SCHOOL_AGES))):
                place = self._rolls.at(base - passed, ahead)
                if place is None or np.isnan(self._rolls.townships[place]).any():
                    continue
                here = self._persons[:, :, ENTRY_AGE + passed].sum(axis=1)
                live += np.bincount(geography.cell_township, weights=here, minlength=townships)
                attended += self._rolls.townships[place]
        ratio = np.full(townships, np.nan)
        np.divide(live, attended, out=ratio, where=attended > 0)
        return ratio


def _series(values: pd.Series[float]) -> xr.DataArray:
    """The county as the only area of a labelled table."""
    years = [int(year) for year in values.index]
    return xr.DataArray(
        values.to_numpy(np.float64)[:, None],
        dims=("year", "area"),
        coords={"year": years, "area": [COUNTY_AREA]},
    ).sortby("year")


def _told(indicator: PreschoolIndicator, persons: F64, base: int) -> list[Message]:
    """One note for each cohort that is moved."""
    notes = []
    for year, found in sorted(indicator.signals.items()):
        for signal in found:
            values: dict[str, float] = {
                "roll_year": int(signal.roll_year),
                "entry": int(signal.entry),
                "children": float(signal.children),
                "ratio": float(signal.ratio),
                "weight": float(signal.weight),
                "error": 100.0 * float(signal.error),
            }
            key = "notes.kindergarten_cohort"
            if year == base:
                key = "notes.kindergarten_cohort_here"
                modelled = indicator.modelled(persons, ENTRY_AGE - (signal.entry - base)).sum()
                values["modelled"] = float(modelled)
            notes.append(message(key, **values))
    return notes
