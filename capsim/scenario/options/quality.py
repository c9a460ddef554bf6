"""Scenario sections of school quality, and of the groups through which it flows."""

from __future__ import annotations

from typing import Literal

from capsim.scenario.options.base import Section, parameter


class QualityOptions(Section):
    """How the quality of schools, in standard deviations between schools, moves each year."""

    change: bool = parameter(True, source="quality moves", mark="assumed")
    """Whether quality moves at all; off keeps the base year's."""
    speed: float = parameter(
        0.20,
        unit="share of the distance per year",
        source="planning judgement: reputation follows within about five years",
        mark="assumed",
        ge=0,
        le=1,
    )
    """Share r of the distance to the value its causes imply that quality moves in a year."""
    backbone: float = parameter(
        0.12,
        unit="per standard deviation of the share of backbone teachers",
        source="a standard deviation of teacher effects moves results by 0.10-0.15",
        mark="recalled",
        ge=0,
    )
    """Effect of the share of backbone teachers."""
    high_degree: float = parameter(
        0.05,
        unit="per standard deviation of the share above the required degree",
        source="effects of degrees are small where measured",
        mark="recalled",
        ge=0,
    )
    """Effect of the share of teachers above the required degree."""
    staffing: float = parameter(
        0.50,
        unit="per teacher lacking or spare, as a share of the need",
        source="planning judgement",
        mark="assumed",
        ge=0,
    )
    """Effect of teachers above or below the need by classes, counted within a quarter of it."""
    class_size: float = parameter(
        0.02,
        unit="per pupil of mean class size",
        source="0.02-0.03 in the Tennessee experiment, about 0 in others",
        mark="recalled",
        ge=0,
    )
    """Loss for each pupil more in the mean class."""
    smallest_class_that_matters: float = parameter(
        25.0,
        unit="pupils",
        source="planning judgement: below it nothing is gained",
        mark="assumed",
        ge=0,
    )
    """Classes smaller than this count as this large."""
    multigrade: float = parameter(
        0.20,
        unit="per share of pupils in multi-grade classes",
        source="planning judgement: families avoid them",
        mark="assumed",
        ge=0,
    )
    """Loss of a school that teaches all its pupils in multi-grade classes."""
    resources: float = parameter(
        0.05,
        unit="per doubling of resources per pupil",
        source="effects of buildings and equipment are small where measured",
        mark="recalled",
        ge=0,
    )
    """Effect of floor area, equipment and other resources per pupil."""
    noise: float = parameter(
        0.05, unit="standard deviations per year", source="planning judgement", mark="assumed", ge=0
    )
    """Standard deviation of the yearly change that nothing explains."""
    bound: float = parameter(
        3.0, unit="standard deviations", source="planning judgement", mark="assumed", gt=0
    )
    """Quality stays within plus and minus this."""


class GroupForm(Section):
    """What a form of group does; the rates are assumed, so show results as a function of them."""

    flow: float = parameter(unit="share of the gap", source="assumed", mark="assumed", ge=0, le=1)
    """Share of the quality gap to the lead that enters a member's quality equation."""
    dilution: float = parameter(
        unit="share of the gap", source="assumed", mark="assumed", ge=0, le=1
    )
    """Share of the gap, weighted by the members' pupils, that the lead loses."""
    shared_teachers: float = parameter(
        unit="share of the lead's teaching time", source="assumed", mark="assumed", ge=0, le=0.5
    )
    """Teaching time of the lead that is given to the members."""


class GroupForms(Section):
    """The forms of groups and their assumed rates."""

    one_legal_person: GroupForm = parameter(
        factory=lambda: GroupForm(flow=0.30, dilution=0.10, shared_teachers=0.06),
        source="planning judgement: one budget, one staff",
        mark="assumed",
    )
    """Close group under one legal person (一个法人)."""
    community: GroupForm = parameter(
        factory=lambda: GroupForm(flow=0.15, dilution=0.04, shared_teachers=0.03),
        source="planning judgement",
        mark="assumed",
    )
    """Education community (教共体): a county school, a township centre school, village schools."""
    pairing: GroupForm = parameter(
        factory=lambda: GroupForm(flow=0.08, dilution=0.01, shared_teachers=0.01),
        source="planning judgement",
        mark="assumed",
    )
    """Pairing of two schools."""
    video_link: GroupForm = parameter(
        factory=lambda: GroupForm(flow=0.03, dilution=0.0, shared_teachers=0.0),
        source="planning judgement: weak and cheap",
        mark="assumed",
    )
    """Teaching together by video link (同步课堂)."""


class Group(Section):
    """An education group: schools under a lead."""

    name: str
    """Name, for reports."""
    lead: str
    """The lead school."""
    members: tuple[str, ...] = parameter(source="given by the user", mark="assumed", min_length=1)
    """The other schools."""
    form: Literal["one_legal_person", "community", "pairing", "video_link"] = parameter(
        "community", source="given by the user", mark="assumed"
    )
    """Form of the group."""
    start_year: int = parameter(source="given by the user", mark="assumed", ge=1950, le=2150)
    """School year from which it works."""
    joins: dict[str, int] = parameter(factory=dict, source="given by the user", mark="assumed")
    """Members that join later, with their year."""


class GroupOptions(Section):
    """Education groups and communities, and what their forms do."""

    groups: tuple[Group, ...] = parameter(
        (), source="no groups unless a scenario has them", mark="assumed"
    )
    """The groups."""
    years_to_full_effect: int = parameter(
        3, unit="years", source="planning judgement", mark="assumed", ge=1, le=20
    )
    """Years over which a group's rates grow evenly to their full size; 1 starts at full size."""
    forms: GroupForms = parameter(
        factory=GroupForms, source="sections of the forms", mark="assumed"
    )
    """Rates of each form."""
