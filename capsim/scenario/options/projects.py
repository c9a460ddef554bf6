"""The projects of a building programme: what a scenario may plan for a school.

Every project has an identifier that is its identity for random numbers: the same project in two
scenarios is finished in the same year of the same replicate.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from capsim.scenario.options.base import Section, parameter

_USER = "given by the user"
_SHARES_TOLERANCE = 1e-6


class LeadTime(Section):
    """Months from the start of a project to its use, drawn once for each replicate.

    Uniform between `low_months` and `high_months`, or triangular when `mode_months` is given;
    equal bounds make it certain.
    """

    low_months: float = parameter(unit="months", source=_USER, mark="assumed", ge=0, le=240)
    """Shortest time."""
    high_months: float = parameter(unit="months", source=_USER, mark="assumed", ge=0, le=240)
    """Longest time without a delay."""
    mode_months: float | None = parameter(None, unit="months", source=_USER, mark="assumed", ge=0)
    """Most likely time; uniform if absent."""
    delay_probability: float = parameter(
        0.0, unit="share", source="no delay unless stated", mark="assumed", ge=0, le=1
    )
    """Probability that the project is delayed."""
    delay_low_months: float = parameter(
        6.0, unit="months", source="planning judgement", mark="assumed", ge=0, le=240
    )
    """Shortest delay, where there is one."""
    delay_high_months: float = parameter(
        12.0, unit="months", source="planning judgement", mark="assumed", ge=0, le=240
    )
    """Longest delay."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.high_months < self.low_months:
            raise ValueError(
                f"high_months {self.high_months:g} is below low_months {self.low_months:g}"
            )
        if self.mode_months is not None and not (
            self.low_months <= self.mode_months <= self.high_months
        ):
            raise ValueError(f"mode_months {self.mode_months:g} is outside the bounds")
        if self.delay_high_months < self.delay_low_months:
            raise ValueError("delay_high_months is below delay_low_months")
        return self

    def shortest_months(self) -> float:
        """Return the shortest time possible."""
        certain = self.delay_low_months if self.delay_probability == 1.0 else 0.0
        return self.low_months + certain

    def longest_months(self) -> float:
        """Return the longest time possible, delay included."""
        return self.high_months + (self.delay_high_months if self.delay_probability > 0 else 0.0)


def at_once() -> LeadTime:
    """Return the lead time of a decision that takes effect when it starts."""
    return LeadTime(low_months=0, high_months=0)


class Size(Section):
    """How large the work is: classrooms, or seats, or floor area of one level."""

    rooms_primary: int | None = parameter(
        None, unit="classrooms", source=_USER, mark="assumed", ge=0, le=500
    )
    """Classrooms for primary grades."""
    rooms_junior: int | None = parameter(
        None, unit="classrooms", source=_USER, mark="assumed", ge=0, le=500
    )
    """Classrooms for junior grades."""
    seats_primary: int | None = parameter(
        None, unit="seats", source=_USER, mark="assumed", ge=0, le=20000
    )
    """Primary seats; without classrooms, as many rooms as the seats need at the class cap."""
    seats_junior: int | None = parameter(
        None, unit="seats", source=_USER, mark="assumed", ge=0, le=20000
    )
    """Junior seats; without classrooms, as many rooms as the seats need at the class cap."""
    area_m2: float | None = parameter(None, unit="m2", source=_USER, mark="assumed", gt=0)
    """Floor area. Where neither rooms nor seats are given, the rooms that this area holds by the
    area norm; otherwise it is only priced. By the norm if absent."""


class Phase(Size):
    """A later phase of a project: more rooms at the same school, priced and timed for itself."""

    start_year: int = parameter(unit="year", source=_USER, mark="assumed", ge=1950, le=2150)
    """Calendar year in which the phase starts."""
    start_month: int = parameter(1, unit="month", source=_USER, mark="assumed", ge=1, le=12)
    """Month in which it starts."""
    cost_yuan: int | None = parameter(None, unit="yuan", source=_USER, mark="assumed", ge=0)
    """Cost of the phase; from the floor area if absent."""


class ProjectBase(Section):
    """What all projects have."""

    project: str = Field(min_length=1)
    """Identifier, unique in the scenario; the same in every scenario that holds the project."""
    start_year: int = parameter(unit="year", source=_USER, mark="assumed", ge=1950, le=2150)
    """Calendar year in which the project starts (approval included in its lead time)."""
    start_month: int = parameter(
        1, unit="month", source="budgets start in January", mark="assumed", ge=1, le=12
    )
    """Month in which it starts. It takes effect on the first 1 September after its lead time."""
    lead_time: LeadTime = parameter(
        factory=at_once, source="decisions take effect at once", mark="assumed"
    )
    """Months from the start to the use."""
    cost_yuan: int | None = parameter(None, unit="yuan", source=_USER, mark="assumed", ge=0)
    """Total cost; where absent, floor area x cost per m2, and 0 for work without floor area."""
    cost_yuan_per_m2: float | None = parameter(
        None, unit="yuan per m2", source="the programme's cost per m2", mark="assumed", ge=0
    )
    """Cost per m2 of this project."""
    payment_shares: tuple[float, ...] = parameter(
        (), unit="shares of the cost by calendar year from the start", source=_USER, mark="assumed"
    )
    """Shares paid in the first, second, ... calendar year; evenly over the months if empty."""
    funding: dict[str, float] = parameter(
        factory=lambda: {"county": 1.0},
        unit="shares of the cost by funding source",
        source="counties build compulsory schools",
        mark="assumed",
    )
    """Who pays which share: ``{county: 0.6, province: 0.4}``."""

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        for name, shares in (
            ("payment_shares", self.payment_shares),
            ("funding", tuple(self.funding.values())),
        ):
            if any(share < 0 for share in shares):
                raise ValueError(f"{name} holds a negative share")
            if (shares or name == "funding") and abs(sum(shares) - 1) > _SHARES_TOLERANCE:
                raise ValueError(f"{name} adds up to {sum(shares):g}, not to 1")
        return self


class Build(ProjectBase, Size):
    """A new school."""

    kind: Literal["build"]
    """Kind of project."""
    school: str = Field(min_length=1)
    """Identifier of the new school, not in the schools table."""
    school_kind: Literal["primary", "junior", "nine_year", "complete_middle"]
    """Kind of the new school."""
    settlement: str
    """Settlement in which it is built."""
    name: str = ""
    """Name; the identifier if absent."""
    name_zh: str = ""
    """Chinese name."""
    x_km: float | None = parameter(None, unit="km", source="the settlement's", mark="assumed")
    """Site, eastwards; the settlement's if absent."""
    y_km: float | None = parameter(None, unit="km", source="the settlement's", mark="assumed")
    """Site, northwards; the settlement's if absent."""
    lead_time: LeadTime = parameter(
        factory=lambda: LeadTime(low_months=24, high_months=36, delay_probability=0.2),
        source="24 to 36 months including approval; delay risk a planning judgement",
        mark="recalled",
    )
    """Months from the start to the opening."""
    beds: int = parameter(0, unit="beds", source=_USER, mark="assumed", ge=0)
    """Boarding beds."""
    posts_primary: int | None = parameter(
        None,
        unit="posts",
        source="19 pupils per staff, 91 % of them teachers",
        mark="derived",
        ge=0,
    )
    """Approved teaching posts; from the seats by the staff norm if absent."""
    posts_junior: int | None = parameter(
        None,
        unit="posts",
        source="13.5 pupils per staff, 85 % of them teachers",
        mark="derived",
        ge=0,
    )
    """Approved teaching posts; from the seats by the staff norm if absent."""
    zone_settlements: tuple[str, ...] = ()
    """Settlements zoned to the school from its opening; its own settlement if empty."""
    zone_replaces: bool = parameter(False, source="the new school joins the zone", mark="assumed")
    """Whether it takes the place of the schools these settlements were zoned to; otherwise it is
    added to their zones."""
    transfer_from: tuple[str, ...] = ()
    """Schools from which grades are filled by transfer in the year of opening."""
    transfer_grades: tuple[int, ...] = ()
    """Grades filled by transfer (as counted after promotion that September); without them the
    school fills upward from its entry grade."""
    transfer_share: float = parameter(
        0.5, unit="share of the pupils of these grades", source=_USER, mark="assumed", gt=0, le=1
    )
    """Share of the pupils of these grades who move over."""
    phases: tuple[Phase, ...] = ()
    """Later phases."""


class Expand(ProjectBase, Size):
    """More classrooms or beds at a school that stands."""

    kind: Literal["expand"]
    """Kind of project."""
    school: str
    """School that grows."""
    lead_time: LeadTime = parameter(
        factory=lambda: LeadTime(low_months=12, high_months=24, delay_probability=0.2),
        source="planning judgement: half of a new school's",
        mark="assumed",
    )
    """Months from the start to the use."""
    beds: int = parameter(0, unit="beds", source=_USER, mark="assumed", ge=0)
    """Boarding beds added."""
    phases: tuple[Phase, ...] = ()
    """Later phases."""


class Renovate(ProjectBase):
    """Repair of a school that stands; rooms may be out of use while it lasts."""

    kind: Literal["renovate"]
    """Kind of project."""
    school: str
    """School that is repaired."""
    lead_time: LeadTime = parameter(
        factory=lambda: LeadTime(low_months=6, high_months=12, delay_probability=0.1),
        source="planning judgement: one or two summers",
        mark="assumed",
    )
    """Months from the start to the end of the work."""
    area_m2: float | None = parameter(None, unit="m2", source=_USER, mark="assumed", gt=0)
    """Floor area repaired, to price the work."""
    rooms_change_primary: int = parameter(
        0, unit="classrooms", source=_USER, mark="assumed", ge=-500, le=500
    )
    """Primary classrooms gained for good by the work; negative where unsafe rooms are given up."""
    rooms_change_junior: int = parameter(
        0, unit="classrooms", source=_USER, mark="assumed", ge=-500, le=500
    )
    """Junior classrooms gained for good; negative where unsafe rooms are given up."""
    rooms_out_of_use_primary: int = parameter(
        0, unit="classrooms", source=_USER, mark="assumed", ge=0, le=500
    )
    """Primary classrooms closed on each 1 September on which the work is under way."""
    rooms_out_of_use_junior: int = parameter(
        0, unit="classrooms", source=_USER, mark="assumed", ge=0, le=500
    )
    """Junior classrooms closed on each 1 September on which the work is under way."""


class Merge(ProjectBase):
    """A school becomes part of another one: its pupils and posts go to the receiver."""

    kind: Literal["merge"]
    """Kind of project."""
    school: str
    """School that ends."""
    receiver: str
    """School that takes its pupils; it may be one that the programme builds."""
    keep_rooms: bool = parameter(False, source="the campus is given up", mark="assumed")
    """Whether the receiver keeps the campus as its own: rooms and beds are handed over and the
    receiver also teaches the grades taught there. A primary and a junior school merged this way
    become one nine-year school."""
    bus: bool = parameter(False, source="no bus unless stated", mark="assumed")
    """Whether the villages of the ended school get a bus to the receiver."""


class Close(ProjectBase):
    """A school, or one level of it, ends."""

    kind: Literal["close"]
    """Kind of project."""
    school: str
    """School that ends."""
    receiver: str | None = None
    """School that takes its pupils first; without one they are placed at the nearest schools."""
    level: Literal["primary", "junior"] | None = None
    """Level that ends; the whole school if absent."""
    gradual: bool = parameter(False, source="closed at once", mark="assumed")
    """Whether only the intake stops, so that the school empties grade by grade."""
    bus: bool = parameter(False, source="no bus unless stated", mark="assumed")
    """Whether the villages of the ended school get a bus to the receiver."""


class Convert(ProjectBase):
    """A school changes what it teaches."""

    kind: Literal["convert"]
    """Kind of project."""
    school: str
    """School that changes."""
    to: Literal["primary", "junior", "nine_year", "teaching_point"]
    """What it becomes. ``junior`` for a primary school as the wave of births passes on."""
    gradual: bool = parameter(False, source="changed at once", mark="assumed")
    """Whether grades of the old level end one a year (no intake), their rooms passing to the new
    level as they empty; otherwise they end at once and their pupils go to the receiver."""
    receiver: str | None = None
    """School that takes the pupils of grades that end; the parent of a teaching point."""
    rooms_moved: int | None = parameter(
        None, unit="classrooms", source=_USER, mark="assumed", ge=0, le=500
    )
    """Classrooms that pass to the level the school begins to teach; all of them where the old
    level ends. Needed when it becomes a nine-year school."""
    highest_grade: int = parameter(
        3, unit="grade", source="teaching points keep grades 1-3", mark="found", ge=1, le=6
    )
    """Last grade of a teaching point."""
    rooms_kept: int | None = parameter(
        None, unit="classrooms", source="one for each grade", mark="assumed", ge=1, le=100
    )
    """Classrooms a teaching point keeps; one for each grade if absent."""
    bus: bool = parameter(False, source="no bus unless stated", mark="assumed")
    """Whether the villages get a bus to the receiver of the grades that end."""


class Lease(ProjectBase, Size):
    """Rooms rented for a time."""

    kind: Literal["lease"]
    """Kind of project."""
    school: str
    """School that uses the rooms."""
    end_year: int | None = parameter(None, unit="year", source=_USER, mark="assumed", le=2150)
    """Year on whose 1 September the rooms are handed back; never if absent."""
    rent_yuan_per_year: float | None = parameter(
        None, unit="yuan per year", source="the budget's rent per leased seat", mark="assumed", ge=0
    )
    """Rent of all the rooms in a year; by the budget's price per leased seat if absent."""


Project = Annotated[
    Build | Expand | Renovate | Merge | Close | Convert | Lease, Field(discriminator="kind")
]
