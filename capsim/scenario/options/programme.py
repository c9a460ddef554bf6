"""Scenario sections of the building programme, small schools, buses and boarding."""

from __future__ import annotations

from typing import Literal

from capsim.scenario.options.base import ByLevel, Section, SizesByLevel, parameter
from capsim.scenario.options.projects import (
    Build,
    Close,
    Convert,
    Expand,
    LeadTime,
    Lease,
    Merge,
    Phase,
    Project,
    ProjectBase,
    Renovate,
    Size,
)

__all__ = [
    "BoardingOptions",
    "Build",
    "BusOptions",
    "Close",
    "Convert",
    "DemandLedOptions",
    "Expand",
    "LeadTime",
    "Lease",
    "Measure",
    "Merge",
    "Phase",
    "ProgrammeOptions",
    "Project",
    "ProjectBase",
    "Renovate",
    "Size",
    "SmallSchoolOptions",
]

Measure = Literal["merge", "bus", "board", "teaching_point"]


class DemandLedOptions(Section):
    """Schools that are built when a planning area has been short of seats for some years."""

    enabled: bool = parameter(False, source="off unless stated", mark="assumed")
    """Whether the rule is in force."""
    shortfall_seats: SizesByLevel = parameter(
        factory=lambda: ByLevel(primary=270, junior=300),
        unit="seats",
        source="planning judgement: a school of 6 classes (JB109-2008) must be full",
        mark="assumed",
    )
    """Seat gap of a planning area, less the seats already being built there, that counts."""
    years: int = parameter(
        2, unit="consecutive years", source="planning judgement", mark="assumed", ge=1, le=20
    )
    """Years in a row with such a gap before a school is started."""
    rooms: SizesByLevel = parameter(
        factory=lambda: ByLevel(primary=12, junior=12),
        unit="classrooms",
        source="JB109-2008: smallest complete school of both levels with several forms",
        mark="found",
    )
    """Size of each school."""
    most_schools_per_area: int = parameter(
        2, unit="schools", source="planning judgement", mark="assumed", ge=1, le=20
    )
    """Most schools the rule may start in a planning area and level."""
    lead_time: LeadTime = parameter(
        factory=lambda: LeadTime(low_months=24, high_months=36, delay_probability=0.2),
        source="24 to 36 months including approval; delay risk a planning judgement",
        mark="recalled",
    )
    """Months from the January after the decision to the opening."""
    funding_source: str = parameter(
        "county", source="counties build compulsory schools", mark="assumed", min_length=1
    )
    """Who pays."""


class SmallSchoolOptions(Section):
    """The yearly review of small village schools (小规模学校)."""

    enabled: bool = parameter(
        False, source="closing on review alone was halted in 2012", mark="assumed"
    )
    """Whether the review is in force."""
    threshold_pupils: int = parameter(
        30, unit="pupils", source="reviews at 30 to 50 pupils", mark="recalled", ge=1
    )
    """A village school with a smaller roll is counted."""
    teaching_point_threshold_pupils: int = parameter(
        10, unit="pupils", source="planning judgement", mark="assumed", ge=1
    )
    """A teaching point with a smaller roll is counted."""
    years: int = parameter(
        3, unit="consecutive years", source="planning judgement", mark="assumed", ge=1, le=20
    )
    """Years in a row below the threshold before a measure is taken."""
    measures: tuple[Measure, ...] = parameter(
        ("merge", "bus", "teaching_point"),
        source="national guidance on small and boarding schools: distance first",
        mark="derived",
    )
    """Measures tried in this order; the first that can be done is taken, a school for which none
    can be done stays. ``merge``: another school within walking distance takes all grades.
    ``bus``: another school within the bus limit takes all grades and a bus runs. ``board``:
    grades from the lowest boarding grade board at another school with free beds, the lower ones
    stay as a teaching point. ``teaching_point``: grades 1-3 stay, the others go to another school
    within the bus limit."""
    walk_limit_km: float = parameter(
        3.0, unit="km", source="2.5 to 3 km in the country", mark="recalled", gt=0
    )
    """Farthest receiving school for ``merge``, by road from the school that ends."""
    board_limit_km: float = parameter(
        30.0, unit="km", source="planning judgement: within the county", mark="assumed", gt=0
    )
    """Farthest receiving school for ``board``."""


class BusOptions(Section):
    """School buses: capacity, speed, limits and cost."""

    seats_per_bus: int = parameter(
        36, unit="seats", source="planning judgement: a medium school bus", mark="assumed", ge=1
    )
    """Pupils a bus takes."""
    speed_km_per_hour: float = parameter(
        30.0, unit="km per hour", source="planning judgement: village roads", mark="assumed", gt=0
    )
    """Mean speed between stops."""
    stop_minutes: float = parameter(
        1.5, unit="minutes", source="planning judgement", mark="assumed", ge=0
    )
    """Time lost at each stop."""
    limit_minutes: float = parameter(
        30.0,
        unit="minutes one way",
        source="国办发〔2018〕27号: grades 1-3 within 30 minutes",
        mark="found",
        gt=0,
    )
    """Longest ride of the pupil picked up first."""
    walk_limit_km: float = parameter(
        2.0,
        unit="km",
        source="planning judgement: below this no seat is offered",
        mark="assumed",
        ge=0,
    )
    """Pupils who live nearer walk."""
    cost_yuan_per_bus_year: float = parameter(
        120_000.0,
        unit="yuan per bus and year",
        source="planning judgement: driver, attendant, insurance, depreciation",
        mark="assumed",
        ge=0,
    )
    """Fixed cost of a bus."""
    cost_yuan_per_km: float = parameter(
        2.5, unit="yuan per km", source="planning judgement: fuel and repair", mark="assumed", ge=0
    )
    """Running cost."""
    school_days: int = parameter(
        200, unit="days per year", source="40 weeks of five days", mark="assumed", ge=1, le=366
    )
    """Days on which buses run, there and back."""
    relief_share: float = parameter(
        0.5,
        unit="share",
        source="planning judgement: a bus takes half of the burden of distance",
        mark="assumed",
        ge=0,
        le=1,
    )
    """Share of the distance beyond the walking limit that a bus takes off in families' choices."""


class BoardingOptions(Section):
    """Boarding at school."""

    enabled: bool = parameter(True, source="beds that exist are used", mark="assumed")
    """Whether pupils board; beds stay empty otherwise."""
    lowest_grade: int = parameter(
        4,
        unit="grade",
        source="国办发〔2018〕27号: grades 1-3 do not board",
        mark="found",
        ge=1,
        le=9,
    )
    """Lowest grade that boards."""
    beyond_km: float = parameter(
        5.0,
        unit="km",
        source="planning judgement: an hour and a quarter on foot",
        mark="assumed",
        ge=0,
    )
    """Pupils who live farther from school than this, and have no bus, ask for a bed."""


class ProgrammeOptions(Section):
    """The building programme and what the bureau does about small schools."""

    projects: tuple[Project, ...] = ()
    """Planned projects."""
    demand_led: DemandLedOptions = DemandLedOptions()
    """Schools built when a shortfall lasts."""
    small_schools: SmallSchoolOptions = SmallSchoolOptions()
    """Yearly review of small village schools."""
    buses: BusOptions = BusOptions()
    """School buses."""
    boarding: BoardingOptions = BoardingOptions()
    """Boarding."""
    merger_limit_km: float = parameter(
        15.0,
        unit="km",
        source="30 minutes one way (国办发〔2018〕27号) at 30 km per hour",
        mark="derived",
        gt=0,
    )
    """A planned merger with a receiver farther away by road is refused before the run."""
    area_norm: Literal["basic", "planning"] = parameter(
        "planning", source="construction standard for urban schools", mark="found"
    )
    """Floor area by the norm of the required rooms alone, or of a complete school."""
    cost_yuan_per_m2: float = parameter(
        3120.0, unit="yuan per m2", source="published county project", mark="found", ge=0
    )
    """Construction cost of projects that give neither a total nor a cost per m2."""
