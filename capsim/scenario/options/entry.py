"""Scenario sections of children on their way to school: participation, coverage, housing."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from capsim.scenario.options.base import Section, Share, parameter

_YIELDS = "pupils per dwelling differ widely between places: fit them to a new estate nearby"


_COMPLETION = {"planned": 0.3, "approved": 0.6, "under_construction": 0.9, "completed": 1.0}


class DestinationShares(Section):
    """Shares of the resident children of a level who do not go to a public school here."""

    private: float = parameter(
        0.0, unit="share", source="no private school unless stated", mark="assumed", ge=0, le=1
    )
    """In a private school of the county."""
    out_of_county: float = parameter(
        0.0, unit="share", source="none unless stated", mark="assumed", ge=0, le=1
    )
    """Living here, in a school elsewhere."""

    @model_validator(mode="after")
    def _leave_a_public_share(self) -> Self:
        if self.private + self.out_of_county > 1.0 + 1e-9:
            raise ValueError(
                f"private {self.private} and out_of_county {self.out_of_county} are more than all"
            )
        return self

    @property
    def public(self) -> float:
        """Share in public schools: the rest."""
        return max(0.0, 1.0 - self.private - self.out_of_county)


class ParticipationOptions(Section):
    """Where resident children go to school. A child draws its destination once per level."""

    private: Literal["shares", "mechanism"] = parameter(
        "shares", source="seats and fees of private schools are seldom known", mark="assumed"
    )
    """`shares`: who goes to a private school is drawn by the shares below. `mechanism`: families
    may list the schools of the table `private_schools` and a lottery admits; the private share
    then only says how many resident children are no demand for public seats."""

    derived: bool = parameter(
        False, source="off: a level that is left open sends all children to public schools",
        mark="assumed",
    )  # fmt: skip
    """Whether a level that is left open takes the public share of the base year: pupils on the
    rolls over resident children of these ages; the others count as out of the county."""
    primary: DestinationShares = parameter(
        source="see its parts", mark="assumed", factory=DestinationShares
    )
    """Primary, grades 1-6."""
    junior: DestinationShares = parameter(
        source="see its parts", mark="assumed", factory=DestinationShares
    )
    """Junior, grades 7-9."""

    def at(self, level: str) -> DestinationShares:
        """Return the shares of a level named ``primary`` or ``junior``."""
        return self.primary if level == "primary" else self.junior


class CoverageOptions(Section):
    """Children at school entry over those that births, survival and migration lead to expect.

    Covers late registration, births registered elsewhere and moves that no rate describes.
    """

    basis: Literal["hukou", "resident", "hospital"] | None = parameter(
        None, source="the table's only basis", mark="assumed"
    )
    """Which births of the table to use; needed where it holds several bases."""
    by: Literal["county", "township"] = parameter(
        "county",
        source="rolls say where children go to school, not where they live",
        mark="assumed",
    )
    """One coverage for the county, or one for each township; by township only where children go
    to school in their own township."""
    factor: float | None = parameter(
        None, unit="ratio", source="fitted to past entrants; 1 without them", mark="derived", gt=0
    )
    """Fixed coverage for all areas in place of the fitted one."""
    years: int = parameter(
        3, unit="years", source="as pooled entry ratios are used by planners", mark="assumed", ge=1
    )
    """Number of last entry years that are fitted."""
    exclude_years: tuple[int, ...] = parameter((), source="none", mark="assumed")
    """Entry years that do not count, such as those of an epidemic or a change of rules; neither for
    coverage nor for the ratio of entrants to kindergarten rolls."""
    prior_children: float = parameter(
        200.0, unit="children", source="a township's cohort or two", mark="assumed", ge=0
    )
    """Partial pooling: the county's coverage counts as much as this many expected children."""
    limits: tuple[float, float] = parameter(
        (0.5, 2.0), unit="ratio", source="beyond them births are of another place", mark="assumed"
    )
    """Least and greatest coverage of an area."""

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if not 0.0 < self.limits[0] <= self.limits[1]:
            raise ValueError(f"limits {self.limits} are not a least and a greatest coverage")
        return self


class PupilYield(Section):
    """Pupils in public schools per occupied dwelling."""

    primary: float = parameter(
        0.20, unit="pupils per dwelling", source=_YIELDS, mark="assumed", ge=0
    )
    """Primary, grades 1-6."""
    junior: float = parameter(
        0.08, unit="pupils per dwelling", source=_YIELDS, mark="assumed", ge=0
    )
    """Junior, grades 7-9."""


class HousingOptions(Section):
    """How dwellings in the pipeline become pupils."""

    completion: dict[str, Share] = parameter(
        source="planning judgement",
        mark="assumed",
        unit="probability",
        factory=_COMPLETION.copy,
    )
    """Probability that a development of a status is completed, by status; a status left out keeps
    its starting value."""
    ramp: tuple[float, ...] = parameter(
        (0.3, 0.6, 0.85, 1.0), unit="share", source="planning judgement", mark="assumed"
    )
    """Share of the final occupancy in the year of completion and those that follow."""
    occupancy: float = parameter(
        0.7, unit="share", source="planning judgement", mark="assumed", ge=0, le=1
    )
    """Share of dwellings lived in once a development has filled."""
    pupil_yield: dict[str, PupilYield] = parameter(
        source=_YIELDS, mark="assumed", factory=lambda: {"flat": PupilYield()}
    )
    """Pupils per occupied dwelling by type of dwelling."""
    usual_years: int = parameter(
        5,
        unit="years",
        source="the years that rates of arrival are usually taken from",
        mark="assumed",
        ge=0,
        le=30,
    )
    """Guard against counting twice: where rates of arrival are set (`choice.arriving`, or a
    preschool net migration above 0), they hold the usual building, which is that of the table's
    dwellings completed in so many years up to the base year; only building beyond it adds
    children. 0 switches the guard off."""

    @field_validator("completion")
    @classmethod
    def _of_every_status(cls, given: dict[str, float]) -> dict[str, float]:
        unknown = [status for status in given if status not in _COMPLETION]
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is no status (known: {', '.join(_COMPLETION)})")
        return _COMPLETION | given

    @model_validator(mode="after")
    def _shares(self) -> Self:
        rising = list(self.ramp) == sorted(self.ramp)
        if not self.ramp or not rising or self.ramp[0] < 0 or self.ramp[-1] > 1:
            raise ValueError(f"ramp {self.ramp} must rise from at least 0 to at most 1")
        return self
