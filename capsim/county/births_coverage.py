"""Coverage of known births: what past entrants say beyond births, survival and migration."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from capsim.core.dims import ENTRY_AGE
from capsim.core.errors import InvalidInput
from capsim.county.geography import Geography
from capsim.county.known_births import FEMALE, KnownBirths
from capsim.county.population import MOTHER_AGES, PopulationRules, reaching_age, share_births
from capsim.demography.coverage import fit_coverage
from capsim.demography.entrants import CHINA_ENTRY
from capsim.scenario.options.choice import LeavingOptions
from capsim.scenario.options.entry import CoverageOptions
from capsim.tables.county_tables import COUNTY_AREA

F64 = NDArray[np.float64]


def coverage_of_births(
    known: KnownBirths,
    rolls: pd.DataFrame,
    school_township: dict[str, str],
    geography: Geography,
    persons: F64,
    rules: PopulationRules,
    options: CoverageOptions,
    *,
    base_year: int,
    until: dt.date,
    leaving: LeavingOptions,
    deaths: F64,
    public_share: float,
) -> F64:
    """Return the coverage of births by township, fitted to past entrants.

    Parameters
    ----------
    known : KnownBirths
    rolls : DataFrame
        ``school, grade, pupils, year``.
    school_township : dict of str to str
        Township of each school.
    geography : Geography
    persons : ndarray, shape (cells, 2, 101)
        Residents of the base year, for the mothers that births are shared by.
    rules : PopulationRules
    options : CoverageOptions
    base_year : int
    until : date
        Information date.
    leaving : LeavingOptions
        Hazards of leaving and dropping out that the run applies.
    deaths : ndarray, shape (2, 9)
        Probability of dying on the way to each grade.
    public_share : float
        Of primary age.

    Returns
    -------
    ndarray, shape (townships,)
        1 where there is nothing to fit to.

    Raises
    ------
    InvalidInput
        If coverage by township is wanted and the births of some townships are not known.
    """
    townships = list(geography.townships)
    births = _births_by_area(known, townships, options)
    if births is None:
        return np.full(len(townships), options.factor if options.factor is not None else 1.0)
    areas = [str(area) for area in births["area"].values]
    by_township = options.by == "township"
    stay = past_stay(leaving, deaths)
    entrants = past_entrants(rolls, base_year, until, stay)
    entered: xr.DataArray | None = None
    enough = len(known.years) > max(CHINA_ENTRY.lags) - min(CHINA_ENTRY.lags)
    if entrants is not None and enough:
        place = entrants["school"].map(school_township) if by_township else COUNTY_AREA
        entered = _entrants_by_area(entrants.assign(area=place), areas)
    mothers = persons[:, FEMALE, MOTHER_AGES].sum(axis=1)
    reach = _share_reaching_entry(known, mothers, rules, geography, by_township)
    factor = fit_coverage(
        entered,
        births,
        migration=xr.DataArray(reach * stay[0] - 1.0, dims="area", coords={"area": areas}),
        participation=public_share,
        options=options,
    )
    return np.broadcast_to(np.asarray(factor.sel(area=areas).values), (len(townships),)).copy()


def _births_by_area(
    known: KnownBirths, townships: list[str], options: CoverageOptions
) -> xr.DataArray | None:
    """Known births of the areas that coverage is fitted to; None where the county has none."""
    areas, table = townships, known.by_township
    if options.by == "township":
        if not np.isfinite(table).all():
            raise InvalidInput.of(
                "coverage.by", "township, but births of some townships are not known",
                "give births of every township and year, or fit coverage by county",
            )  # fmt: skip
    elif not known.county:
        return None
    else:
        areas = [COUNTY_AREA]
        table = np.array([[known.county.get(int(y), np.nan)] for y in known.years])
    return xr.DataArray(table, dims=("year", "area"), coords={"year": known.years, "area": areas})


def _entrants_by_area(entrants: pd.DataFrame, areas: list[str]) -> xr.DataArray:
    """Add up past entrants by year and area; an area whose schools have none has 0."""
    summed = entrants.groupby(["year", "area"])["pupils"].sum()
    entered: xr.DataArray = xr.DataArray.from_series(summed)
    return entered if areas == [COUNTY_AREA] else entered.reindex(area=areas, fill_value=0.0)


def _share_reaching_entry(
    known: KnownBirths,
    mothers: F64,
    rules: PopulationRules,
    geography: Geography,
    by_township: bool,
) -> F64:
    """Children who reach six over births, modelled, by township or for the county: (areas,)."""
    count = len(geography.townships)
    parts = np.nanmean(known.by_township, axis=0) if by_township else None
    born = share_births(1.0 if parts is None else parts.sum(), mothers, parts,
                        geography.cell_township)  # fmt: skip
    six = reaching_age(born, ENTRY_AGE, rules, geography).sum(axis=1)
    if not by_township:
        return np.array([six.sum() / born.sum()])
    here = [np.bincount(geography.cell_township, weights=w, minlength=count) for w in (six, born)]
    return np.divide(here[0], here[1], out=np.ones(count), where=here[1] > 0)


def past_stay(leaving: LeavingOptions, deaths: F64) -> F64:
    """Return the modelled share of children who stay on the way to each grade, shape (9,)."""
    died = deaths.mean(axis=0)
    if not leaving.enabled:
        return np.asarray(1.0 - died)
    gone = np.asarray(leaving.leave_by_grade) + np.asarray(leaving.drop_out_by_grade)
    return np.asarray(1.0 - died - gone)


def past_entrants(
    rolls: pd.DataFrame, base_year: int, until: dt.date, stay: F64
) -> pd.DataFrame | None:
    """Return past entrants to grade 1 by school and year.

    Years whose grade 1 is on record for every school that has one in the base year count as they
    are; for other years, pupils of grades 2-6 of the base year are the survivors of their entry.

    Parameters
    ----------
    rolls : DataFrame
        ``school, grade, pupils, year``.
    base_year : int
    until : date
        Information date; rolls are counted on 1 September.
    stay : ndarray, shape (9,)
        From :func:`past_stay`.

    Returns
    -------
    DataFrame or None
        ``school, year, pupils``; None without pupils.
    """
    first = rolls[(rolls["grade"] == 1) & (rolls["pupils"] > 0)]
    needed = set(first["school"][first["year"] == base_year])
    parts = []
    for year, part in rolls[rolls["grade"] == 1].groupby("year"):
        known = dt.date(int(str(year)), 9, 1) <= max(until, dt.date(base_year, 9, 1))
        if known and needed <= set(part["school"]):
            parts.append(part[["school", "year", "pupils"]])
    found = {int(part["year"].iloc[0]) for part in parts}
    base = rolls[rolls["year"] == base_year]
    kept = 1.0
    for grade in range(2, 7):
        kept *= float(stay[grade - 1])
        entry = base_year - grade + 1
        here = base[(base["grade"] == grade) & (base["pupils"] > 0)]
        if entry not in found and len(here):
            survivors = here["pupils"].to_numpy(np.float64) / kept
            parts.append(
                pd.DataFrame({"school": here["school"], "year": entry, "pupils": survivors})
            )
    return pd.concat(parts, ignore_index=True) if parts else None
