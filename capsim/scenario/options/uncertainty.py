"""Scenario section of what is not known: drawn once a replicate, the same for all scenarios."""

from __future__ import annotations

from capsim.scenario.options.base import Section, parameter

_POOLED = "rolls of New Zealand's regions 1996-2007 and of Eau Claire's schools 1998-2008"


class UncertaintyOptions(Section):
    """How wrong rates may be that a run takes for given.

    Every replicate draws each of them once. Where a county hands in rolls of several years, those
    on school children are fitted to them and these values only weigh as prior.
    """

    enabled: bool = parameter(
        False,
        source="coverage, moves and participation are not drawn yet",
        mark="assumed",
    )
    """Whether school children come and go as the values below and past rolls say; without it bands
    hold births, families and events alone, and nobody comes unless `choice.arriving` says so."""
    coverage: float = parameter(
        0.03,
        unit="standard deviation of the log",
        source="planning judgement",
        mark="assumed",
        ge=0,
    )
    """Children at school entry over known births."""
    outside_migration: float = parameter(
        0.5, unit="standard deviation of a factor", source="net migration of two censuses holds "
        "for ten years that are over", mark="assumed", ge=0,
    )  # fmt: skip
    """Net migration of adults with the outside."""
    preschool_migration: float = parameter(
        0.008,
        unit="share a year",
        source=f"as for school children: {_POOLED}",
        mark="derived",
        ge=0,
    )
    """Net migration of children under six, a constant for all years."""
    inside_migration: float = parameter(
        0.3, unit="standard deviation of the log", source="planning judgement", mark="assumed", ge=0
    )
    """Moves from villages and seats to the town, and the factor of childhood on them."""
    moving: float = parameter(
        0.4, unit="log odds", source="planning judgement", mark="assumed", ge=0
    )
    """The constant of moving to the county town for its schools."""
    participation: float = parameter(
        0.15, unit="standard deviation of the log odds", source="planning judgement",
        mark="assumed", ge=0,
    )  # fmt: skip
    """Public share of the cohorts that enter a level."""
    child_migration: float = parameter(
        0.008, unit="share a year", source=f"persistent part: {_POOLED}", mark="derived", ge=0
    )
    """Net migration of school children of the county, a constant for all years."""
    child_migration_yearly: float = parameter(
        0.008, unit="share", source=f"yearly part: {_POOLED}", mark="derived", ge=0
    )
    """The same, anew each year."""
    place_migration: float = parameter(
        0.02, unit="share a year", source="Eau Claire's schools 1998-2008", mark="derived", ge=0
    )
    """Net migration of school children of each settlement beside the county's, for all years."""
    place_migration_yearly: float = parameter(
        0.03, unit="share", source="Eau Claire's schools 1998-2008", mark="derived", ge=0
    )
    """The same, anew each year."""
    entry_drift: float = parameter(
        0.06, unit="standard deviation of the log, a year", source="Eau Claire's kindergartens "
        "1998-2008", mark="derived", ge=0,
    )  # fmt: skip
    """Drift of each settlement's share of the children who enter school."""
    turnover: float = parameter(
        0.01, unit="share a year", source="children who leave are replaced by others who come",
        mark="assumed", ge=0, le=0.5,
    )  # fmt: skip
    """Children of a settlement who leave and are replaced by as many who come, beside those whom
    `choice.leaving` loses; fitted to the rolls where they tell."""
