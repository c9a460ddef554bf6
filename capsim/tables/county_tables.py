"""The checked tables of a county."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

COUNTY_AREA: Final = "county"
"""Area of rows that stand for the whole county."""
WHOLE: Final = "*"
"""Another way to write it in a table."""


@dataclass(frozen=True, eq=False)
class Tables:
    """All tables of a county, checked, with canonical columns; see docs/data.md.

    Identifiers are text, counts int64, other numbers float64. Every optional column is there:
    filled by its documented default, else missing (NaN, or an empty text). Optional tables that
    the scenario does not name are None.

    Attributes
    ----------
    settlements : DataFrame
        ``settlement, township, kind, x_km, y_km, population, name, name_zh``.
    townships : DataFrame
        ``township, name, name_zh``; the townships of the settlements in their order if no table
        is given.
    schools : DataFrame
        One row a campus, teaching points included; ``lowest_grade``, ``highest_grade``,
        ``rooms_primary``, ``rooms_junior``, ``beds`` and the position are always filled.
    rolls : DataFrame
        ``school, grade, pupils, year``; all years that were given.
    teachers : DataFrame
        ``school, level, sex, age, teachers, subject_group, backbone, degree, years_at_school``
        (the last three float64, NaN where unknown).
    population : DataFrame
        ``date`` (datetime.date), ``area`` (a township, or "county"), ``sex``, ``age`` (as
        written), ``age_low``, ``age_high`` (int64; 100 for an open group), ``persons``.
    preschool : DataFrame or None
        ``year, area`` (a township, or "county"), ``age`` (int64, 3 to 5), ``pupils``; kindergartens
        of an area are added up.
    classes, births, zones, planning_areas, travel, private_schools, housing : DataFrame or None
        As described in docs/data.md.
    marks : mapping of (table, column) to (mark, note)
        How each column came about: reported, derived or assumed; empty if no file says so.
    hashes : mapping of str to str
        SHA-256 of each file, by its path below the scenario's folder.
    """

    settlements: pd.DataFrame
    townships: pd.DataFrame
    schools: pd.DataFrame
    rolls: pd.DataFrame
    teachers: pd.DataFrame
    population: pd.DataFrame
    classes: pd.DataFrame | None = None
    births: pd.DataFrame | None = None
    preschool: pd.DataFrame | None = None
    zones: pd.DataFrame | None = None
    planning_areas: pd.DataFrame | None = None
    travel: pd.DataFrame | None = None
    private_schools: pd.DataFrame | None = None
    housing: pd.DataFrame | None = None
    marks: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)

    def zones_or_nearest(self) -> pd.DataFrame:
        """Return the zones; without the table, the nearest campus of each level.

        The nearest by straight line in the settlement's township, or in the county where the
        township has none.

        Returns
        -------
        DataFrame
            ``settlement, level, school``.
        """
        if self.zones is not None:
            return self.zones
        from capsim.tables.nearest_zones import nearest_zones

        return nearest_zones(self.schools, self.settlements)
