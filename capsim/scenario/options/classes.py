"""Scenario sections of classes: how they are formed, shared between grades, and merged."""

from __future__ import annotations

from capsim.scenario.options.base import AmountsByLevel, ByLevel, Section, SizesByLevel, parameter


class MultigradeOptions(Section):
    """When grades of a tiny school share a class (复式班)."""

    below: int = parameter(
        8,
        unit="pupils",
        source="planning judgement: a grade of fewer pupils is not taught alone",
        mark="assumed",
        ge=0,
    )
    """Grades with fewer pupils than this share a class with a neighbour as small; 0 shares none
    by choice."""
    largest_class: int = parameter(
        30,
        unit="pupils",
        source="JB109-2008: 30 pupils a class in incomplete rural primary schools",
        mark="found",
        ge=1,
    )
    """Most pupils of a class that several grades share."""
    most_grades: int = parameter(
        3,
        unit="grades",
        source="planning judgement; want of rooms or teachers may join more",
        mark="assumed",
        ge=1,
        le=6,
    )
    """Most grades that share a class by choice."""


class ClassOptions(Section):
    """How classes are formed, split and merged; the class cap stands with the enrolment rules."""

    merge_size: SizesByLevel | None = parameter(
        None,
        unit="pupils",
        source="off: classes stay together to the end of the level",
        mark="assumed",
    )
    """Merge the classes of a grade when its pupils fit into fewer classes of this size; none
    merges no classes."""
    merge_when_rooms_lack: bool = parameter(
        True, source="planning judgement: classes need a room each", mark="assumed"
    )
    """Merge classes of a grade, up to the class cap, when a level has more classes than rooms."""
    multigrade: MultigradeOptions | None = parameter(
        factory=MultigradeOptions, source="sections of multi-grade classes", mark="assumed"
    )
    """When grades of a tiny school share a class; none lets no grades share."""
    least_teachers_per_class: AmountsByLevel = parameter(
        factory=lambda: ByLevel(primary=1.0, junior=1.5),
        unit="teachers per class",
        source="planning judgement: below this a class cannot be kept open",
        mark="assumed",
    )
    """Fewest teachers with whom a class can be opened; it limits the seats offered, 0 does not."""
