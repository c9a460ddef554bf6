"""A programme beside the tables: where schools stand, when they open and when they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capsim.core.dims import GRADES_OF_LEVEL, LEVELS
from capsim.core.errors import Problems
from capsim.scenario.options.programme import (
    Build,
    Close,
    Convert,
    Merge,
    ProgrammeOptions,
    Project,
)
from capsim.schools.programme.projects import GRADES_OF_KIND, months_index, september_on_or_after

ALWAYS = -(10**6)  # a year before all years: schools of the tables have always been open


@dataclass(frozen=True, slots=True)
class Site:
    """A school as the check of a programme sees it.

    Attributes
    ----------
    kind : str
    grades : tuple of int
        Grades taught.
    x_km, y_km : float
    """

    kind: str
    grades: tuple[int, ...]
    x_km: float
    y_km: float

    def levels(self) -> tuple[str, ...]:
        """Return the levels taught."""
        return tuple(lv for lv in LEVELS if any(g in GRADES_OF_LEVEL[lv] for g in self.grades))


@dataclass(frozen=True, slots=True)
class Ending:
    """When a project ends a school altogether.

    Attributes
    ----------
    index : int
        Index of the project.
    earliest, latest : int
        Years between which it may happen.
    receiver : str or None
    """

    index: int
    earliest: int
    latest: int
    receiver: str | None


def sites_of_schools(
    schools: pd.DataFrame, settlements: pd.DataFrame, options: ProgrammeOptions
) -> dict[str, Site]:
    """Return the schools of the table and those that projects build, by identifier.

    Parameters
    ----------
    schools, settlements : DataFrame
        Tables of the county. Schools without a position of their own stand in their settlement.
    options : ProgrammeOptions
        Projects at unknown settlements are left out; the check reports them.
    """
    ids = settlements["settlement"].astype(str)
    places = dict(zip(ids, zip(settlements["x_km"], settlements["y_km"], strict=True), strict=True))
    sites: dict[str, Site] = {}
    for row in schools.to_dict("records"):
        kind = str(row["kind"])
        default = GRADES_OF_KIND[kind]
        low = int(_given(row.get("lowest_grade"), default[0]))
        high = int(_given(row.get("highest_grade"), default[-1]))
        x, y = places[str(row["settlement"])]
        sites[str(row["school"])] = Site(
            kind,
            tuple(range(low, high + 1)),
            _given(row.get("x_km"), x),
            _given(row.get("y_km"), y),
        )
    for project in options.projects:
        if isinstance(project, Build) and project.school not in sites:
            x, y = places.get(project.settlement, (0.0, 0.0))
            sites[project.school] = Site(
                project.school_kind,
                GRADES_OF_KIND[project.school_kind],
                _given(project.x_km, x),
                _given(project.y_km, y),
            )
    return sites


def _given(value: object, default: float) -> float:
    missing = value is None or value != value or value is pd.NA
    return float(default) if missing else float(str(value))


class Plan:
    """A programme beside the tables, and the collector of what is wrong with it.

    Attributes
    ----------
    sites : dict of str to Site
        Schools that stand or are built.
    opening : dict of str to (int, int)
        Earliest and latest year in which a built school opens.
    endings : dict of str to list of Ending
        Projects that end a school altogether.
    """

    def __init__(
        self,
        options: ProgrammeOptions,
        *,
        schools: pd.DataFrame,
        settlements: pd.DataFrame,
        base_year: int,
        horizon_year: int,
        class_cap: Sequence[float],
        terrain_factor: float,
        problems: Problems,
        where: str,
    ) -> None:
        self.options = options
        self.sites = sites_of_schools(schools, settlements, options)
        self.standing = set(schools["school"].astype(str))
        self.settlements = set(settlements["settlement"].astype(str))
        self.base_year = base_year
        self.horizon_year = horizon_year
        self.class_cap = class_cap
        self.terrain_factor = terrain_factor
        self.problems = problems
        self.where = where
        self.opening = self._openings()
        self.endings = self._endings()

    def add(self, index: int, field: str, what: str, remedy: str = "") -> None:
        """Add a problem of one project."""
        name = self.options.projects[index].project
        self.problems.add(f"{self.where}.projects.{index}.{field}", f"{name}: {what}", remedy)

    def warn(self, index: int, field: str, what: str, remedy: str = "") -> None:
        """Add a warning of one project."""
        name = self.options.projects[index].project
        self.problems.warn(f"{self.where}.projects.{index}.{field}", f"{name}: {what}", remedy)

    def years_of(self, project: Project) -> tuple[int, int]:
        """Return the earliest and latest year in which a project takes effect."""
        start = months_index(project.start_year, project.start_month)
        first = int(september_on_or_after(start + project.lead_time.shortest_months()))
        last = int(september_on_or_after(start + project.lead_time.longest_months()))
        return first, last

    def _openings(self) -> dict[str, tuple[int, int]]:
        return {p.school: self.years_of(p) for p in self.options.projects if isinstance(p, Build)}

    def _endings(self) -> dict[str, list[Ending]]:
        endings: dict[str, list[Ending]] = {}
        for index, project in enumerate(self.options.projects):
            whole = isinstance(project, Merge) or (
                isinstance(project, Close) and project.level is None
            )
            if not whole:
                continue
            first, last = self.years_of(project)
            if isinstance(project, Close) and project.gradual and project.school in self.sites:
                grades = self.sites[project.school].grades
                steps = max(len([g for g in grades if g <= 6]), len([g for g in grades if g > 6]))
                first, last = first + steps - 1, last + steps - 1
            receiver = getattr(project, "receiver", None)
            ending = Ending(index, first, last, receiver)
            endings.setdefault(project.school, []).append(ending)
        return endings

    def ended_grades(self, project: Project) -> set[int]:
        """Return the grades that the school no longer teaches after a project."""
        grades = set(self.sites[project.school].grades)
        if isinstance(project, Close) and project.level is not None:
            return grades & set(GRADES_OF_LEVEL[project.level])
        if isinstance(project, Convert):
            if project.to == "teaching_point":
                return {g for g in grades if g > project.highest_grade}
            return grades - set(GRADES_OF_KIND[project.to])
        return grades

    def distance_km(self, a: str, b: str) -> float:
        """Return the road distance between two schools."""
        first, second = self.sites[a], self.sites[b]
        straight = float(np.hypot(first.x_km - second.x_km, first.y_km - second.y_km))
        return straight * self.terrain_factor
