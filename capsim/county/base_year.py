"""Year 0: residents and pupils as reported, joined into one ledger.

The residents of the base year come from the census (or censuses); the pupils from the rolls. The
two are joined grade by grade: as many resident children of the grade's age are public pupils as
the rolls hold, and they are given schools so that every roll is met exactly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.admission.matching import deferred_acceptance
from capsim.core import draws
from capsim.core.dims import AGES, ENTRY_AGE, SCHOOL_AGES, SEXES
from capsim.core.errors import InvalidInput
from capsim.core.rounding import largest_remainder
from capsim.county.age_structure import carried_to
from capsim.county.families import (
    BASE_REPLICATE,
    OUT_OF_COUNTY,
    PRIVATE,
    PUBLIC,
    Families,
    FamilyTraits,
    join_siblings,
    make_cohort,
    number_kin,
)
from capsim.county.geography import Geography
from capsim.county.schools import Schools
from capsim.demography.births_point import FEWEST_YEARS
from capsim.demography.census import (
    DatedPopulation,
    backcast,
    population_between,
    single_year_population,
    to_31_august,
)
from capsim.demography.cohort import split_by_sex, survivors_one_year
from capsim.demography.implied_births import births_behind_cohorts, calendar_births
from capsim.tables.county_tables import COUNTY_AREA

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

# Distance at which a school loses as much appeal as one standard Gumbel draw can make up, for the
# homes of pupils whose school is reported and whose home is not.
HOME_DECAY_PER_KM = 0.6
HOME_ZONE_BONUS = 3.0


def dated_populations(
    table: pd.DataFrame, survival: F64, *, until: dt.date | None = None
) -> list[DatedPopulation]:
    """Return the censuses of the population table by single years, on 31 August, oldest first.

    Areas are added up to the county; its places get their ages in :mod:`.age_structure`.

    Parameters
    ----------
    table : DataFrame
        The population table; a day is counted by its rows of the county, else by all townships.
    survival : ndarray, shape (2, 102)
    until : datetime.date, optional
        Censuses taken after this day are not known yet and are left out.

    Raises
    ------
    InvalidInput
        If no census is known at that date.
    """
    found = []
    for date, part in table.groupby("date", sort=True):
        day = pd.Timestamp(str(date)).date()
        if until is not None and day > until:
            continue
        whole = part[part["area"] == COUNTY_AREA]
        # Townships of the same day are parts of the county's own rows, not people beside them.
        part = whole if len(whole) else part
        found.append(_single_years(part, day, survival))
    if not found:
        raise InvalidInput.of(
            "population",
            f"no census is known at the information date {until}",
            "give an earlier census or a later date",
        )
    return found


def _single_years(rows: pd.DataFrame, day: dt.date, survival: F64) -> DatedPopulation:
    """The residents of one day, by single years and on 31 August."""
    wide = rows.pivot_table(index="sex", columns="age", values="persons", aggfunc="sum")
    labels = [str(a) for a in wide.columns]
    persons = wide.loc[list(SEXES)].to_numpy(np.float64)
    # Even within groups: a curve through them would read trends into the youngest cohorts
    # (fewer of school age beside many infants) that the table does not tell.
    single = single_year_population(
        persons, labels, survival=survival, method="even", where=f"population of {day}"
    )
    return to_31_august(single, day)


def base_population(
    censuses: Sequence[DatedPopulation], year: int, survival: F64, leaving: F64
) -> F64:
    """Return the county's residents of the base year by sex and single age.

    Parameters
    ----------
    censuses : sequence of DatedPopulation
        On 31 August, oldest first.
    year : int
        Base year.
    survival : ndarray, shape (2, 102)
    leaving : ndarray, shape (2, 101)
        Share of each age that the run expects to leave before the next age.

    Returns
    -------
    ndarray, shape (2, 101)
        Between two censuses: interpolated. After the last one: survived. Before the first one:
        backcast, the oldest ages taken as they stood later.
    """
    exact = [c for c in censuses if c.year == year]
    if exact:
        return exact[-1].persons
    earlier = [c for c in censuses if c.year < year]
    later = [c for c in censuses if c.year > year]
    if earlier and later:
        return population_between(earlier[-1], later[0], year, survival, leaving=leaving)
    if later:
        first = later[0]
        before = backcast(first.persons, survival, first.year - year, leaving=leaving)
        return np.where(np.isnan(before), first.persons, before)
    last = earlier[-1]
    persons = last.persons
    born = births_behind_cohorts(persons[:, :1], survival)[0]
    ratio = float(persons[1, 0] / max(persons[0, 0], 1e-300))
    for _ in range(year - last.year):
        persons = survivors_one_year(persons, survival, split_by_sex(born, ratio))
    return persons


def implied_births(census: DatedPopulation, survival: F64, ages: int) -> dict[int, float]:
    """Return births by calendar year behind the youngest ages of a census."""
    cohorts = births_behind_cohorts(census.persons[:, :ages], survival)
    years, births = calendar_births(cohorts, census.year)
    return {int(y): float(b) for y, b in zip(years, births, strict=True)}


def observed_births(
    reported: Mapping[int, float],
    censuses: Sequence[DatedPopulation],
    survival: F64,
    *,
    until: dt.date,
) -> tuple[dict[int, float], str]:
    """Return the county's births by calendar year that are known at the information date.

    Births of a table come first; without them, births are read back from the latest census. A
    table too short for a forecast is continued into the past by the census's, scaled to the
    years that both hold.

    Parameters
    ----------
    reported : mapping of int to float
        Births of the county in a table, known at the information date; may be empty.
    censuses : sequence of DatedPopulation
    survival : ndarray, shape (2, 102)
    until : date
        Information date.

    Returns
    -------
    births : dict of int to float
    source : str
        ``"table"``, ``"census"`` or ``"both"``.
    """
    if len(reported) >= FEWEST_YEARS:
        return dict(reported), "table"
    # A census taken before the information date but moved back to 31 August is known by then.
    usable = [c for c in censuses if dt.date(c.year, 8, 31) <= until] or list(censuses[:1])
    implied = implied_births(usable[-1], survival, ages=10)
    if not reported:
        return implied, "census"
    both = [year for year in reported if year in implied]
    scale = sum(reported[y] for y in both) / sum(implied[y] for y in both) if both else 1.0
    first = min(reported)
    return {y: b * scale for y, b in implied.items() if y < first} | dict(reported), "both"


def township_residents(
    table: pd.DataFrame,
    townships: tuple[str, ...],
    survival: F64,
    *,
    year: int,
    until: dt.date,
) -> F64 | None:
    """Return the residents of townships by age, from the latest census that gives any.

    Parameters
    ----------
    table : DataFrame
        The population table.
    townships : tuple of str
    survival : ndarray, shape (2, 102)
    year : int
        Base year, to which cohorts are carried.
    until : date
        Information date.

    Returns
    -------
    ndarray, shape (townships, 2, 101), or None
        Missing where the census has no rows of a township; None where it has none at all.
    """
    rows = table[table["area"].isin(townships)]
    days = sorted(day for day in map(pd.Timestamp, rows["date"].unique()) if day.date() <= until)
    if not days:
        return None
    found = np.full((len(townships), 2, len(AGES)), np.nan)
    of_day = rows[pd.to_datetime(rows["date"]) == days[-1]]
    for number, name in enumerate(townships):
        part = of_day[of_day["area"] == name]
        if len(part):
            census = _single_years(part, days[-1].date(), survival)
            found[number] = carried_to(census.persons, year - census.year)
    return found


@dataclass(frozen=True)
class BaseFamilies:
    """The ledger of year 0.

    Attributes
    ----------
    families : Families
    added : int
        Children added because the rolls of a grade hold more pupils than the census has resident
        children of that age.
    """

    families: Families
    added: int


def base_families(
    geography: Geography,
    schools: Schools,
    persons: F64,
    traits: FamilyTraits,
    *,
    year: int,
    seed: int,
    distance_km: NDArray[np.float32],
) -> BaseFamilies:
    """Create the children of year 0 and seat the public pupils so that all rolls are met.

    Parameters
    ----------
    geography : Geography
    schools : Schools
        With the reported rolls.
    persons : ndarray, shape (cells, 2, 101)
        Residents of the base year.
    traits : FamilyTraits
    year, seed : int
    distance_km : ndarray of float32, shape (settlements, schools)
    """
    blocks = []
    added = 0
    for grade, age in enumerate(SCHOOL_AGES, start=1):
        expected = persons[:, :, age].sum(axis=1)[geography.cell] * geography.share_of_cell
        counts = largest_remainder(expected)
        pupils = int(schools.roll[:, grade - 1].sum())
        short = max(0, pupils - int(counts.sum()))
        if short:
            counts = counts + largest_remainder(geography.population, totals=np.array([short]))
            added += short
        block = make_cohort(
            geography, counts, year - grade + 1, traits, seed=seed, replicate=BASE_REPLICATE
        )
        _seat(block, grade, geography, schools, traits, seed, distance_km)
        blocks.append(block)
    families = blocks[-1]
    for block in reversed(blocks[:-1]):
        families = families.append(join_siblings(families, block))
    number_kin(families)
    return BaseFamilies(families, added)


def _seat(
    block: Families,
    grade: int,
    geography: Geography,
    schools: Schools,
    traits: FamilyTraits,
    seed: int,
    distance_km: NDArray[np.float32],
) -> None:
    """Decide who of one grade is a public pupil, and where, in place."""
    level = 0 if grade <= 6 else 1
    roll = schools.roll[:, grade - 1]
    pupils = int(roll.sum())
    rank = draws.stream(seed, BASE_REPLICATE, "reported participation").uniform(block.identity)
    order = np.argsort(rank, kind="stable")
    outside = order[pupils:]
    private = traits.outside_private[level]
    choice = draws.stream(seed, BASE_REPLICATE, "reported destination")
    is_private = choice.occurs(block.identity[outside], private)
    block.state[:] = PUBLIC
    block.state[outside] = np.where(is_private, PRIVATE, OUT_OF_COUNTY)
    block.destination[:, level] = block.state
    public = np.sort(order[:pupils])
    teaching = np.flatnonzero(roll > 0).astype(np.int32)
    if pupils:
        block.school[public] = _homes_to_schools(
            block, public, teaching, level, geography, schools, roll, seed, distance_km
        )


def _homes_to_schools(
    block: Families,
    public: NDArray[np.intp],
    teaching: I32,
    level: int,
    geography: Geography,
    schools: Schools,
    roll: I32,
    seed: int,
    distance_km: NDArray[np.float32],
) -> I32:
    """Match pupils' homes to the reported rolls of one grade.

    Every child lists all schools of the grade by distance, zone and a drawn taste; schools prefer
    their own zone, then the nearer child; seats are the reported roll. As seats and pupils are
    equally many and lists are complete, every roll is met.
    """
    home = block.settlement[public]
    km = distance_km[home[:, None], teaching[None, :]]
    zone = geography.zone[level][home]
    in_zone = (zone[:, None, :] == teaching[None, :, None]).any(axis=2)
    pair = draws.combine(block.identity[public][:, None], schools.identity[teaching][None, :])
    u = draws.stream(seed, BASE_REPLICATE, "reported home").uniform(pair)
    appeal = -HOME_DECAY_PER_KM * km + HOME_ZONE_BONUS * in_zone - np.log(-np.log(u))
    order = np.argsort(-appeal, axis=1, kind="stable")
    key = np.where(in_zone, 0, 1 << 24) + np.minimum(km * 1000, (1 << 24) - 1)
    matched = deferred_acceptance(
        order.astype(np.int32),
        np.take_along_axis(key, order, axis=1).astype(np.uint32),
        roll[teaching],
    )
    return teaching[matched.school]


def children_by_cell(families: Families, geography: Geography, year: int) -> F64:
    """Count the ledger by cell, sex and age 6-14: shape (cells, 2, 9)."""
    ages, homes, cells = len(SCHOOL_AGES), len(geography.cell), len(geography.cell_kind)
    first = SCHOOL_AGES[0] + 1 - ENTRY_AGE  # grade of the youngest
    # By home first: looking up the cell of every child would take longer than counting does.
    flat = families.settlement * np.int32(2 * ages)
    flat += families.sex * np.int8(ages)
    flat += families.grade(year)
    of_home = np.bincount(flat, minlength=first + homes * 2 * ages)[first:]
    counted: F64 = geography.homes_of_cell @ of_home.reshape(homes, 2 * ages)
    return counted.reshape(cells, 2, ages)
