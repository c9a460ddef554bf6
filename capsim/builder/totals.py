"""Published totals of a county, from which the builder makes its tables."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from capsim.core.errors import InvalidInput, Problems
from capsim.scenario.options.base import (
    AmountsByLevel,
    ByLevel,
    Section,
    SharesByLevel,
    SizesByLevel,
    parameter,
)
from capsim.scenario.schema import Place
from capsim.scenario.schema_errors import problems_of
from capsim.scenario.yaml_tree import plain, read_yaml


class SchoolCounts(Section):
    """Number of public schools by kind, as the official count has them."""

    primary: int = parameter(source="reported by the county", mark="found", ge=1)
    """Primary schools."""
    junior: int = parameter(source="reported by the county", mark="found", ge=0)
    """Junior middle schools."""
    nine_year: int = parameter(0, source="reported by the county", mark="found", ge=0)
    """Nine-year schools."""
    complete_middle: int = parameter(0, source="reported by the county", mark="found", ge=0)
    """Complete middle schools (junior and senior)."""
    teaching_points: int = parameter(0, source="often not reported", mark="assumed", ge=0)
    """Teaching points, which the official number of schools leaves out; their pupils, teachers
    and areas are inside the totals."""

    @model_validator(mode="after")
    def _both_levels(self) -> Self:
        if not self.junior + self.nine_year + self.complete_middle:
            raise ValueError("no school teaches the junior level")
        return self


class GradeShares(Section):
    """Share of each grade in the pupils of its level; each list sums to 1."""

    primary: tuple[float, float, float, float, float, float]
    """Grades 1 to 6."""
    junior: tuple[float, float, float]
    """Grades 7 to 9."""

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        for shares in (self.primary, self.junior):
            if min(shares) <= 0 or abs(sum(shares) - 1) > 0.002:
                raise ValueError(f"shares of grades sum to {sum(shares):.4f}, not 1")
        return self


class Residents(Section):
    """Residents at the start of the base year."""

    total: int = parameter(unit="persons", source="census", mark="derived", gt=0)
    """All residents."""
    urban: int = parameter(unit="persons", source="census", mark="derived", gt=0)
    """Residents of the county town and of the seats of towns."""

    @model_validator(mode="after")
    def _part(self) -> Self:
        if self.urban >= self.total:
            raise ValueError(f"urban residents {self.urban} are not below the total {self.total}")
        return self


class TotalsTownship(Section):
    """A township; list them from the largest to the smallest where populations are not known."""

    township: str
    """Identifier: letters, digits and hyphens."""
    name: str
    """Name in Latin letters."""
    name_zh: str = ""
    """Chinese name."""
    kind: Literal["county_seat", "town", "rural_township"]
    """The township of the county town, a town (镇, its seat counts as urban) or a rural township
    (乡, its seat counts as a village)."""
    population: int | None = parameter(
        None, unit="persons", source="given by the user", mark="found", gt=0
    )
    """Residents, if known for all townships; else the rank-size rule is used."""


class NamedSchool(Section):
    """A school whose name and township are known."""

    name: str
    """Name in Latin letters."""
    name_zh: str = ""
    """Chinese name."""
    kind: Literal["primary", "junior", "nine_year", "complete_middle"]
    """Kind of school."""
    township: str
    """Township it stands in."""


class BuilderAssumptions(Section):
    """What nobody publishes; every value is assumed and may be changed."""

    rank_size_exponent: float = parameter(
        0.5, source="flatter than Zipf's 1, as in rural settlement systems", mark="assumed", ge=0
    )
    """Population of the k-th township or village is proportional to (k + 1) ** -exponent."""
    county_town_share_of_urban: float = parameter(
        0.62, unit="share", source="chosen", mark="assumed", gt=0, le=1
    )
    """Part of the urban residents who live in the county town."""
    village_persons: float = parameter(1500, unit="persons", source="chosen", mark="assumed", gt=50)
    """Mean size of a village."""
    community_persons: float = parameter(
        8000, unit="persons", source="chosen", mark="assumed", gt=50
    )
    """Mean size of a community of the county town."""
    school_count_exponent: float = parameter(
        0.6, source="chosen so that town schools are larger", mark="assumed", ge=0, le=1
    )
    """Number of schools of a township grows with this power of its population."""
    town_pull: SharesByLevel = parameter(
        source="chosen", mark="assumed", factory=lambda: ByLevel(primary=0.15, junior=0.20)
    )
    """Part of the pupils living beside the county town, but outside it, who attend school in it."""
    town_pull_distance_km: float = parameter(8.0, unit="km", source="chosen", mark="assumed", gt=0)
    """Distance over which the pull of the county town falls by the factor e."""
    seat_pull: float = parameter(0.2, unit="share", source="chosen", mark="assumed", ge=0, le=1)
    """Part of the pupils of a village campus's zone who attend the seat of their township."""
    smallest_point: int = parameter(5, unit="pupils", source="chosen", mark="assumed", ge=1)
    """Smallest teaching point."""
    largest_point: int = parameter(40, unit="pupils", source="chosen", mark="assumed", ge=1)
    """Largest teaching point."""
    smallest_school: int = parameter(36, unit="pupils", source="chosen", mark="assumed", ge=6)
    """Smallest school."""
    largest_school: int = parameter(
        2000, unit="pupils", source="JD2017 limit of school size", mark="found", ge=100
    )
    """Largest school."""
    largest_town_class: int = parameter(
        55, unit="pupils", source="hard cap", mark="recalled", ge=20
    )
    """Size up to which classes above the entry grade are filled in the county town."""
    shared_class_below: int = parameter(8, unit="pupils", source="chosen", mark="assumed", ge=0)
    """Neighbouring grades with fewer pupils than this share a class (复式班), up to three."""
    largest_shared_class: int = parameter(
        30, unit="pupils", source="JB109: classes of incomplete rural primary schools",
        mark="found", ge=1,
    )  # fmt: skip
    """Largest class that grades share."""
    spare_rooms_seat: float = parameter(0.15, unit="share", source="chosen", mark="assumed", ge=0)
    """Rooms beyond the classes in schools of township seats."""
    spare_rooms_village: float = parameter(
        0.20, unit="share", source="chosen", mark="assumed", ge=0
    )
    """Rooms beyond the classes in village schools."""
    boarding_share: SharesByLevel = parameter(
        source="chosen", mark="assumed", factory=lambda: ByLevel(primary=0.05, junior=0.35)
    )
    """Beds per pupil in schools outside the county town."""
    female_teachers: SharesByLevel = parameter(
        source="chosen", mark="assumed", factory=lambda: ByLevel(primary=0.60, junior=0.50)
    )
    """Share of women among teachers."""
    teacher_ages: tuple[tuple[int, float], ...] = parameter(
        ((22, 0.4), (28, 1.0), (35, 2.2), (42, 3.2), (48, 3.0), (54, 2.2), (59, 1.2)),
        source="an ageing staff with about 20 recruits a year", mark="assumed",
    )  # fmt: skip
    """Age profile of teachers: (age, weight) pairs, straight lines between them; women stop
    at 54."""
    village_age_tilt: float = parameter(
        0.02, unit="per year of age", source="chosen", mark="assumed", ge=0, le=0.2
    )
    """How much older teachers of villages are: weights times exp(tilt x (age - 40))."""
    pe_arts_share: float = parameter(
        0.10, unit="share", source="chosen", mark="assumed", ge=0, le=1
    )
    """Teachers of physical education and arts."""
    backbone_share: float = parameter(
        0.10, unit="share", source="chosen", mark="assumed", ge=0, le=0.5
    )
    """Backbone teachers in township seats; half more in the county town, half less in villages."""
    degree_share: SharesByLevel = parameter(
        source="chosen", mark="assumed", factory=lambda: ByLevel(primary=0.55, junior=0.70)
    )
    """Teachers with a degree above the required one, at age 40; 1.5 points less a year of age."""
    teaching_area_share: float = parameter(
        0.60, unit="share", source="chosen", mark="assumed", gt=0, le=1
    )
    """Teaching and auxiliary rooms in the building area."""
    sports_area_share: float = parameter(
        0.35, unit="share", source="chosen", mark="assumed", gt=0, le=1
    )
    """Sports grounds in the site area."""
    equipment_yuan_per_pupil: AmountsByLevel = parameter(
        unit="yuan", source="chosen", mark="assumed",
        factory=lambda: ByLevel(primary=1500, junior=2300),
    )  # fmt: skip
    """Teaching equipment per pupil."""
    multimedia_share: float = parameter(
        0.8, unit="share", source="chosen", mark="assumed", ge=0, le=1
    )
    """Classrooms with networked multimedia."""


class Totals(Section):
    """Everything the builder is told."""

    place: Place
    """The county; its area is needed."""
    year: int = parameter(source="reported by the county", mark="found", ge=1950, le=2100)
    """Entry year of the totals: the base year."""
    seed: int = parameter(1, source="any number serves", mark="assumed", ge=0)
    """Seed of positions and of the teachers' qualities."""
    information_date: dt.date | None = None
    """Last day whose observations may be used; 1 September of the year if absent."""
    population: tuple[str, ...] = parameter(source="census", mark="found", min_length=1)
    """Census tables (CSV) by sex and age, beside the file of totals; they enter unaltered."""
    residents: Residents
    """Residents."""
    schools: SchoolCounts
    """Schools by kind."""
    pupils: AmountsByLevel
    """Public pupils by level."""
    grade_shares: GradeShares
    """Grades in the pupils of a level, from the sizes of the cohorts."""
    teachers: AmountsByLevel
    """Full-time teachers by level."""
    site_area_m2: AmountsByLevel
    """Site area by level."""
    building_area_m2: AmountsByLevel
    """Building area by level."""
    class_cap: SizesByLevel
    """Class size that classes are formed with."""
    townships: tuple[TotalsTownship, ...] = parameter(
        source="given by the user", mark="found", min_length=1
    )
    """Townships, the largest first."""
    school_names: tuple[NamedSchool, ...] = ()
    """Schools whose names are known."""
    assumptions: BuilderAssumptions = BuilderAssumptions()
    """What nobody publishes."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [township.township for township in self.townships]
        if len(set(names)) < len(names):
            raise ValueError("two townships have the same identifier")
        if sum(township.kind == "county_seat" for township in self.townships) != 1:
            raise ValueError("exactly one township must be the county_seat")
        known = [township.population for township in self.townships]
        if any(known) and not all(known):
            raise ValueError("give the population of all townships or of none")
        if self.place.area_km2 is None:
            raise ValueError("place.area_km2 is missing")
        strangers = [s.name for s in self.school_names if s.township not in names]
        if strangers:
            raise ValueError(f"unknown township of {', '.join(strangers)}")
        return self


def read_totals(path: str | os.PathLike[str]) -> Totals:
    """Read a file of totals.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    problems = Problems()
    tree = read_yaml(Path(path), os.fspath(path), problems)
    problems.raise_if_any()
    assert tree is not None
    try:
        return Totals.model_validate(plain(tree))
    except ValidationError as error:
        raise InvalidInput(problems_of(error, Totals, tree)) from None
