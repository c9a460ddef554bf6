"""Births that are known: a county's table of births, by township where it gives them.

Known births override the model. They drive the children already born when the run begins, and
those born later up to the information date. Their coverage stands in
:mod:`capsim.county.births_coverage`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from capsim.core.dims import ENTRY_AGE
from capsim.core.errors import Problems
from capsim.county.geography import Geography
from capsim.county.population import MOTHER_AGES, PopulationRules, reaching_age, share_births
from capsim.demography.births import FEWEST_YEARS, forecast_births
from capsim.demography.coverage import births_of_basis
from capsim.demography.reconcile import reconcile_to_total
from capsim.scenario.options.entry import CoverageOptions
from capsim.tables.check.births import last_year_known
from capsim.tables.county_tables import COUNTY_AREA
from capsim.texts import Message, message

F64 = NDArray[np.float64]
FEMALE = 0


@dataclass(frozen=True)
class KnownBirths:
    """Births of a table that are known at the information date.

    Attributes
    ----------
    county : dict of int to float
        Births of the whole county by calendar year: its own row, or the sum of all townships.
        Empty where the table holds some townships only.
    years : ndarray of int, shape (years,)
        Calendar years of `by_township`, without gaps.
    by_township : ndarray, shape (years, townships)
        Births of each township, missing where they are not known; made to add up to the county.
    notes : tuple of Message
    """

    county: dict[int, float]
    years: NDArray[np.int64]
    by_township: F64
    notes: tuple[Message, ...] = ()

    @property
    def has_townships(self) -> bool:
        """Whether births of any township are known."""
        return bool(np.isfinite(self.by_township).any())

    def parts(self, year: int) -> F64 | None:
        """Return the births of the townships in a year, missing where unknown; None if all are."""
        row = year - int(self.years[0])
        if not 0 <= row < len(self.years) or np.isnan(self.by_township[row]).all():
            return None
        return np.asarray(self.by_township[row])


def known_births(
    table: pd.DataFrame | None,
    townships: tuple[str, ...],
    options: CoverageOptions,
    *,
    until: dt.date,
) -> KnownBirths | None:
    """Return the births of a table that are known at the information date.

    Parameters
    ----------
    table : DataFrame or None
        ``year, area, births, basis``; the area is a township or the county.
    townships : tuple of str
    options : CoverageOptions
        Says which basis to use.
    until : date
        Information date: the births of a calendar year are known on its last day.

    Returns
    -------
    KnownBirths or None
        None where nothing is known.

    Raises
    ------
    InvalidInput
        If the basis is not clear, or townships have more births than the county.
    """
    rows = None if table is None else table[table["year"] <= last_year_known(until)]
    if rows is None or not len(rows):
        return None
    births = births_of_basis(rows, options)
    years = np.arange(int(births["year"].min()), int(births["year"].max()) + 1)
    births = births.reindex(year=years)
    parts = births.reindex(area=list(townships)).transpose("year", "area").to_numpy().copy()
    whole = births.reindex(area=[COUNTY_AREA]).isel(area=0).to_numpy()
    complete = np.isfinite(parts).all(axis=1)
    total = np.where(np.isnan(whole) & complete, parts.sum(axis=1), whole)
    problems = Problems()
    notes = []
    for row, year in enumerate(years):
        given = np.nansum(parts[row])
        if np.isnan(total[row]) or not np.isfinite(parts[row]).any():
            continue
        if complete[row]:
            if abs(given - total[row]) > 0.5:
                said = {"townships": float(given), "county": float(total[row])}
                notes.append(message("notes.births_scaled", year=int(year), **said))
            parts[row] = reconcile_to_total(np.maximum(parts[row], 1e-9), total[row])
        elif given > total[row] + 0.5:
            problems.add(
                f"births: {year}",
                f"townships have {given:,.0f} births, the county {total[row]:,.0f}",
                "give both on one basis",
            )
    problems.raise_if_any()
    county = {int(y): float(b) for y, b in zip(years, total, strict=True) if np.isfinite(b)}
    return KnownBirths(county, years, parts, tuple(notes))


def births_by_township(
    known: KnownBirths | None,
    births: F64,
    first_year: int,
    *,
    follow_women: bool = False,
    seed: int,
    noise: bool,
) -> F64 | None:
    """Return births by township in every year of a run, as far as something is known of them.

    Years after the last known one are forecast for each township where all townships have at
    least six years, and reconciled with the county's births draw by draw.

    Parameters
    ----------
    known : KnownBirths or None
    births : ndarray, shape (replicates, years)
        Births of the county from `first_year` on.
    first_year, seed : int
    follow_women : bool
        Whether births to come follow the women of each place: then only known ones are returned.
    noise : bool
        Whether townships vary by chance; without it they keep to their medians.

    Returns
    -------
    ndarray, shape (replicates, years, townships), or None
        Missing where a township's births are left to the model. None where none is known.
    """
    if known is None or not known.has_townships:
        return None
    replicates, count = births.shape
    townships = known.by_township.shape[1]
    table = np.full((replicates, count, townships), np.nan)
    for column in range(count):
        parts = known.parts(first_year + column)
        if parts is not None:
            table[:, column] = parts
    ahead = first_year + count - 1 - int(known.years[-1])
    complete = np.asarray(np.isfinite(known.by_township).all(axis=1))
    history = len(complete) if complete.all() else int(complete[::-1].argmin())
    if follow_women or ahead < 1 or history < FEWEST_YEARS:
        return table
    series = xr.DataArray(
        known.by_township[-history:],
        dims=("year", "township"),
        coords={"year": known.years[-history:], "township": np.arange(townships).astype(str)},
    )
    drawn = forecast_births(
        series,
        ahead,
        draws=replicates,
        seed=seed,
        method="default" if noise else "medium",
        counting_noise=noise,
    ).transpose("draw", "year", "township")
    start = max(0, count - ahead)
    future = drawn.to_numpy()[:, ahead - (count - start) :]
    table[:, start:] = reconcile_to_total(np.maximum(future, 1e-9), births[:, start:])
    return table


def children_already_born(
    persons: F64,
    known: KnownBirths,
    county: dict[int, float],
    rules: PopulationRules,
    geography: Geography,
    base_year: int,
    coverage: F64,
) -> int:
    """Put the children of known births in place of the census's at ages 0-5, in place.

    The part of the youngest cohort that is born in the running year counts as in the year before,
    where it is not known yet.

    Parameters
    ----------
    persons : ndarray, shape (cells, 2, 101)
        Residents of the base year; changed.
    known : KnownBirths
    county : dict of int to float
        Births of the county by calendar year.
    rules : PopulationRules
    geography : Geography
    base_year : int
    coverage : ndarray, shape (cells,)

    Returns
    -------
    int
        Ages that were replaced.
    """
    mothers = persons[:, FEMALE, MOTHER_AGES].sum(axis=1)
    last = int(known.years[-1])
    replaced = 0
    for age in range(ENTRY_AGE):
        years = [base_year - age - 1, base_year - age]
        if years[0] not in county or years[0] > last:
            continue
        if years[1] not in county or years[1] > last:
            if age > 0:
                continue
            years[1] = years[0]
        cells = [
            share_births(county[y], mothers, known.parts(y), geography.cell_township) for y in years
        ]
        cohort = (cells[0] * (4 / 12) + cells[1] * (8 / 12)) * coverage
        persons[:, :, age] = reaching_age(cohort, age, rules, geography)
        replaced += 1
    return replaced
