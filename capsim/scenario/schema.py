"""The top of a scenario: what place, which years, which tables, and one key per mechanism.

A section of a mechanism lives in ``options/<name>.py`` and enters the scenario by
one line in :class:`Scenario`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from capsim.core.errors import Problem
from capsim.scenario.options.base import Mark, Section
from capsim.scenario.options.budget import BudgetOptions, StandardsOptions
from capsim.scenario.options.choice import ChoiceOptions
from capsim.scenario.options.classes import ClassOptions
from capsim.scenario.options.demography import DemographyOptions
from capsim.scenario.options.enrolment import EnrolmentOptions
from capsim.scenario.options.entry import CoverageOptions, HousingOptions, ParticipationOptions
from capsim.scenario.options.programme import ProgrammeOptions
from capsim.scenario.options.quality import GroupOptions, QualityOptions
from capsim.scenario.options.staffing import StaffingOptions
from capsim.scenario.options.uncertainty import UncertaintyOptions
from capsim.scenario.provenance import Provenance
from capsim.scenario.yaml_tree import Tree, place_of
from capsim.tables.county_tables import Tables
from capsim.texts import Lang, text

SCHEMA_VERSION = 1
_NOT_IN_FILES = frozenset('/\\:*?"<>|')
_LONGEST_NAME = 80
_NOT_LOADED = "the scenario was not made by capsim.load and has no tables"
Change = Callable[["Scenario", Mapping[str, Any], str | None], "Scenario"]


class Title(Section):
    """A title in both languages."""

    en: str = ""
    """English."""
    zh: str = ""
    """Chinese."""


class Place(Section):
    """The county or city."""

    name: str
    """Name; also accepted as the area of county rows in the tables of population and births."""
    name_zh: str = ""
    """Chinese name."""
    code: str = ""
    """Division code of six digits, quoted."""
    area_km2: float | None = Field(None, gt=0)
    """Land area; shown in reports."""


class Years(Section):
    """Base year and horizon, as entry years: 2017 is the school year from 1 September 2017."""

    base: int = Field(ge=1950, le=2100)
    """Year 0: the state that the tables report."""
    horizon: int = Field(ge=1950, le=2150)
    """Last year of the run."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.horizon <= self.base:
            raise ValueError(text("messages.schema.years_in_order", **dict(self)))
        if self.horizon - self.base > 60:
            raise ValueError(text("messages.schema.years_too_many", **dict(self)))
        return self

    def all(self) -> range:
        """Return every year of the run, the base year first."""
        return range(self.base, self.horizon + 1)


class DataFiles(Section):
    """Files of the tables, relative to `folder`; ``workbook.xlsx#sheet`` names a sheet."""

    folder: str = "tables"
    """Folder of the tables, relative to the file that names it; never outside the folder of the
    scenario that is loaded."""
    settlements: str = "settlements.csv"
    """Places with people."""
    schools: str = "schools.csv"
    """Public schools and teaching points."""
    rolls: str = "rolls.csv"
    """Pupils by school and grade, of the base year and, if known, of earlier years."""
    teachers: str = "teachers.csv"
    """Full-time teachers by school, level, sex and age."""
    population: tuple[str, ...] = ("population.csv",)
    """Residents by sex and age: one or more files, one or more dates."""
    townships: str | None = None
    """Names of the townships."""
    classes: str | None = None
    """Classes by school and grade in the base year."""
    births: str | None = None
    """Births by calendar year with their basis."""
    preschool: str | None = None
    """Children in kindergartens by year, area and age."""
    zones: str | None = None
    """Attendance zones: the schools of a settlement at each level."""
    planning_areas: str | None = None
    """Planning area of each township and level."""
    travel: str | None = None
    """Distances or times between settlements and schools."""
    private_schools: str | None = None
    """Private schools with their seats and fees."""
    housing: str | None = None
    """Housing developments with their dwellings, status and year of completion."""
    columns: str | None = None
    """YAML file that marks each column as reported, derived or assumed."""


def _for_editors(schema: dict[str, Any]) -> None:
    """Make the JSON Schema fit files: ``extends`` is a key, and a file need not be whole."""
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "capsim scenario"
    schema["properties"]["extends"] = {
        "description": "File or files of this folder tree that this file changes.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    schema.pop("required", None)


class KeySource(Section):
    """Where a value that the scenario sets comes from."""

    mark: Mark | Literal["reported"]
    """How well it is known: reported, found, derived, recalled or assumed."""
    source: str
    """Publication, page, person."""


class Scenario(Section):
    """A scenario: everything a run needs, checked and immutable.

    Make one with :func:`capsim.load`.
    """

    model_config = ConfigDict(json_schema_extra=_for_editors)

    schema_version: Literal[1]
    """Version of the vocabulary; 1."""
    name: str
    """Short name, used in results; the file's name without its ending if it is not given."""
    title: Title = Title()
    """Title for people."""
    language: Lang | None = None
    """Language in which commands speak: faults, summary, figures and reports; the computer's if
    absent."""
    description: str = ""
    """What the scenario is about."""
    place: Place
    """The county or city."""
    years: Years
    """Base year and horizon."""
    information_date: dt.date | None = None
    """Only observations up to this date enter forecasts; the base year's 1 September if absent."""
    seed: int = Field(20170901, ge=0, le=2**63 - 1)
    """Seed of all random numbers."""
    replicates: int = Field(100, ge=1, le=100_000)
    """Number of random futures; bands of 80 % need about 100."""
    data: DataFiles = DataFiles()
    """Files of the tables."""
    sources: dict[str, KeySource] = Field(default_factory=dict)
    """Where values that the scenario sets come from, by dotted key."""
    demography: DemographyOptions = DemographyOptions()
    """Births, deaths and migration outside school ages."""
    uncertainty: UncertaintyOptions = UncertaintyOptions()
    """How wrong rates may be: drawn once a replicate, the same for all scenarios."""
    coverage: CoverageOptions = CoverageOptions()
    """Which births of a table count, and the children at school entry they stand for."""
    participation: ParticipationOptions = ParticipationOptions()
    """Where resident children go to school."""
    housing: HousingOptions = HousingOptions()
    """How dwellings of the table `housing` become pupils."""
    enrolment: EnrolmentOptions = EnrolmentOptions()
    """Class caps, zones, tiers and rounds of admission, transfers."""
    choice: ChoiceOptions = ChoiceOptions()
    """How families choose, move and leave."""
    classes: ClassOptions = ClassOptions()
    """How classes are formed, split and merged."""
    staffing: StaffingOptions = StaffingOptions()
    """Teachers: retirement, recruits, allocation, exchange."""
    quality: QualityOptions = QualityOptions()
    """How the quality of schools moves."""
    groups: GroupOptions = GroupOptions()
    """Education groups and communities."""
    programme: ProgrammeOptions = ProgrammeOptions()
    """Building projects, small schools, buses and boarding."""
    standards: StandardsOptions = StandardsOptions()
    """The standards that schools are measured by."""
    budget: BudgetOptions = BudgetOptions()
    """Prices and costs."""
    bureau: str | None = None
    """Who decides in place of the usual education bureau, as ``module:Class``; the module stands
    beside the scenario or is installed."""

    _provenance: Provenance = PrivateAttr(default_factory=Provenance)
    _tree: Tree = PrivateAttr(default_factory=lambda: Tree({}, ""))
    _tables: Tables | None = PrivateAttr(default=None)
    _change: Change | None = PrivateAttr(default=None)

    @field_validator("name")
    @classmethod
    def _name_of_a_file(cls, name: str) -> str:
        """Results are written to files of this name, on any system."""
        if not name.strip():
            raise ValueError("is empty")
        wrong = [sign for sign in name if sign in _NOT_IN_FILES or not sign.isprintable()]
        if wrong or name.startswith(".") or name != name.strip() or len(name) > _LONGEST_NAME:
            raise ValueError(
                f"{name!r} cannot name a file (letters, digits, spaces, - and _, "
                f"at most {_LONGEST_NAME})"
            )
        return name

    @property
    def provenance(self) -> Provenance:
        """Files, hashes, the line that set each key, overrides and warnings."""
        return self._provenance

    def known_until(self) -> dt.date:
        """Return the last day whose observations may be used."""
        return self.information_date or dt.date(self.years.base, 9, 1)

    def input_hashes(self) -> dict[str, str]:
        """Return the SHA-256 of every file that was read, by its path below the folder."""
        return dict(self._provenance.hashes)

    def tables(self) -> Tables:
        """Return the checked tables.

        Raises
        ------
        ValueError
            If the scenario was not made by :func:`capsim.load`.
        """
        if self._tables is None:
            raise ValueError(_NOT_LOADED)
        return self._tables

    def with_(self, changes: Mapping[str, Any], *, name: str | None = None) -> Scenario:
        """Return a scenario with some keys changed; this one stays as it is.

        Parameters
        ----------
        changes : mapping of str to object
            Dotted keys and their new values; None deletes a key, so that its default holds.
        name : str, optional
            Name of the new scenario; the old name if absent.

        Raises
        ------
        InvalidInput
            If a key is unknown or a value is not allowed.
        ValueError
            If the scenario was not made by :func:`capsim.load`.
        """
        if self._change is None:
            raise ValueError(_NOT_LOADED)
        return self._change(self, changes, name)

    def locate(self, problem: Problem) -> Problem:
        """Return a problem of this scenario with the line that set the key it is about.

        Parameters
        ----------
        problem : Problem
            Its `where` is ``file: key``, as in ``plan.yaml: programme.projects.0.receiver``.

        Returns
        -------
        Problem
            With ``file:line:col: key``; as it was if no line of the files set the key.
        """
        file, colon, key = problem.where.partition(": ")
        if not colon or file != self._provenance.file:
            return problem
        path = [int(part) if part.isdigit() else part for part in re.findall(r"[\w-]+", key)]
        where, _ = place_of(self._tree, path)
        return problem if where == self._tree.where else replace(problem, where=f"{where}: {key}")

    def _attach(self, provenance: Provenance, tree: Tree, tables: Tables, change: Change) -> None:
        """Give the loaded scenario its origin, its tables and the loader's way to change it."""
        self._provenance = provenance
        self._tree = tree
        self._tables = tables
        self._change = change
