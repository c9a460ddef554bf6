"""Scenario sections of teachers; those of classes, quality and groups are imported here."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from capsim.scenario.options.base import (
    AmountsByLevel,
    ByLevel,
    Section,
    Share,
    SharesByLevel,
    SizesByLevel,
    parameter,
)
from capsim.scenario.options.classes import ClassOptions, MultigradeOptions
from capsim.scenario.options.quality import (
    Group,
    GroupForm,
    GroupForms,
    GroupOptions,
    QualityOptions,
)

__all__ = [
    "ByKind",
    "ClassOptions",
    "ExchangeOptions",
    "Group",
    "GroupForm",
    "GroupForms",
    "GroupOptions",
    "MultigradeOptions",
    "OutsideExchangeOptions",
    "QualityOptions",
    "RecruitOptions",
    "RetirementOptions",
    "StaffingOptions",
    "StockOptions",
]


class ByKind(Section):
    """A share for each kind of settlement."""

    county_town: Share
    """The county town."""
    township_seat: Share
    """Township seats."""
    village: Share
    """Villages."""

    def as_tuple(self) -> tuple[float, float, float]:
        """Return (county town, township seat, village)."""
        return (self.county_town, self.township_seat, self.village)


class RetirementOptions(Section):
    """At what age teachers retire."""

    male_age_years: int = parameter(
        60, unit="years", source="retirement age before 2025", mark="recalled", ge=40, le=80
    )
    """Men, before the reform."""
    female_age_years: int = parameter(
        55, unit="years", source="retirement age before 2025", mark="recalled", ge=40, le=80
    )
    """Women, before the reform (the group of 55, to which teachers belong)."""
    gradual_from_2025: bool = parameter(
        True, source="retirement reform from January 2025, by birth month", mark="recalled"
    )
    """Whether those who reach the age from January 2025 retire later by their birth month."""
    birth_months_per_month_later: int = parameter(
        4,
        unit="months of birth date per month later",
        source="retirement reform from January 2025",
        mark="recalled",
        ge=1,
    )
    """Retirement is one month later for each started span of so many months of birth date."""
    male_target_years: int = parameter(
        63,
        unit="years",
        source="retirement reform from January 2025",
        mark="recalled",
        ge=40,
        le=80,
    )
    """Men, at the end of the reform."""
    female_target_years: int = parameter(
        58,
        unit="years",
        source="retirement reform from January 2025",
        mark="recalled",
        ge=40,
        le=80,
    )
    """Women of the group of 55, at the end of the reform."""

    @model_validator(mode="after")
    def _later(self) -> Self:
        for sex in ("male", "female"):
            age, target = getattr(self, f"{sex}_age_years"), getattr(self, f"{sex}_target_years")
            if target < age:
                raise ValueError(f"{sex}_target_years {target} is below {sex}_age_years {age}")
        return self


class ExchangeOptions(Section):
    """Teacher exchange between schools (交流轮岗)."""

    share: float = parameter(
        0.10,
        unit="share of the base per year",
        source="JD2017: at least 10 % of eligible teachers a year",
        mark="found",
        ge=0,
        le=1,
    )
    """Share exchanged a year; 0 exchanges none."""
    base: Literal["eligible", "all_full_time"] = parameter(
        "eligible",
        source="JD2017 counts the eligible; Jiajiang's report counts all full-time teachers",
        mark="found",
    )
    """What the share is counted on; only eligible teachers move either way."""
    men_under_years: int = parameter(
        53, unit="years", source="Jiajiang county report 2017", mark="found", ge=0
    )
    """Eligible men are younger than this."""
    women_under_years: int = parameter(
        48, unit="years", source="Jiajiang county report 2017", mark="found", ge=0
    )
    """Eligible women are younger than this."""
    more_than_years_at_school: int = parameter(
        9, unit="years", source="Jiajiang county report 2017", mark="found", ge=0
    )
    """Eligible teachers have been at their school for longer than this."""
    backbone_share: float = parameter(
        0.20,
        unit="share of those exchanged",
        source="JD2017: at least 20 % of those exchanged are backbone teachers",
        mark="found",
        ge=0,
        le=1,
    )
    """Least share of backbone teachers among those exchanged, as far as there are any."""
    direction: Literal["both_ways", "town_to_village"] = parameter(
        "both_ways",
        source="exchange swaps places; support of villages goes one way",
        mark="assumed",
    )
    """``both_ways``: those exchanged swap places, schools of the county town and of high quality
    with villages and low quality. ``town_to_village``: teachers of the county town go to village
    schools."""
    term_years: int | None = parameter(
        None,
        unit="years",
        source="moves are permanent unless a term is given",
        mark="assumed",
        ge=1,
    )
    """Years after which those exchanged return to the school they came from; none: they stay."""
    most_received_share: float = parameter(
        0.25,
        unit="share of a school's teachers",
        source="planning judgement",
        mark="assumed",
        ge=0,
        le=1,
    )
    """One way: most teachers a village school receives in a year, at least one."""


class OutsideExchangeOptions(Section):
    """Exchange with places outside the county: teachers lent in, and sent out for training."""

    from_year: int = parameter(source="given by the user", mark="assumed", ge=1950)
    """First year."""
    to_year: int = parameter(source="given by the user", mark="assumed", ge=1950)
    """Last year in which teachers come or go."""
    lent_in_per_year: int = parameter(
        0, unit="teachers", source="given by the user", mark="assumed", ge=0
    )
    """Teachers from outside who come each year; they hold no post of the county and go to the
    schools that lack most."""
    sent_out_per_year: int = parameter(
        0, unit="teachers", source="given by the user", mark="assumed", ge=0
    )
    """Teachers sent out for training each year, drawn from all schools; they keep their post."""
    years_away: int = parameter(
        1, unit="years", source="a school year", mark="assumed", ge=1, le=10
    )
    """Length of a stay, in and out."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_year < self.from_year:
            raise ValueError(f"to_year {self.to_year} is before from_year {self.from_year}")
        return self


class RecruitOptions(Section):
    """How many teachers are recruited, and who they are."""

    per_year: Literal["replacement"] | int | dict[int, int] = parameter(
        "replacement",
        unit="teachers",
        source="those who left are replaced where teachers lack",
        mark="assumed",
    )
    """``replacement``: as many as retired or left, but no more than the schools lack; a number;
    or numbers by year (a year that is not listed takes the last listed before it, or none).
    Always within posts."""
    youngest_years: int = parameter(
        22, unit="years", source="age at first degree", mark="assumed", ge=18, le=60
    )
    """Youngest recruits."""
    oldest_years: int = parameter(
        28, unit="years", source="planning judgement", mark="assumed", ge=18, le=60
    )
    """Oldest recruits; ages are drawn evenly."""
    male_share: float = parameter(
        0.25,
        unit="share",
        source="planning judgement: most recruits are women",
        mark="assumed",
        ge=0,
        le=1,
    )
    """Men among recruits."""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.oldest_years < self.youngest_years:
            raise ValueError(
                f"oldest_years {self.oldest_years} is below youngest_years {self.youngest_years}"
            )
        planned = self.per_year
        by_year = planned if isinstance(planned, dict) else {None: planned}
        for year, number in by_year.items():
            if isinstance(number, int) and number < 0:
                of_year = "" if year is None else f"of {year} "
                raise ValueError(f"per_year: {number} {of_year}is negative")
        return self


class StockOptions(Section):
    """What teachers are like where the table of teachers does not say, and recruits."""

    pe_arts_share: SharesByLevel = parameter(
        factory=lambda: ByLevel(primary=0.12, junior=0.12),
        unit="share",
        source="planning judgement: about the standard of 0.9 per 100 pupils",
        mark="assumed",
    )
    """Teachers of physical education and arts."""
    backbone_share: SharesByLevel = parameter(
        factory=lambda: ByLevel(primary=0.10, junior=0.10),
        unit="share",
        source="planning judgement: about the standard of 1.0 per 100 pupils",
        mark="assumed",
    )
    """Backbone teachers in the base year; recruits are none."""
    high_degree_share: SharesByLevel = parameter(
        factory=lambda: ByLevel(primary=0.45, junior=0.45),
        unit="share",
        source="planning judgement",
        mark="assumed",
    )
    """Teachers above the required degree in the base year."""
    recruit_high_degree_share: SharesByLevel = parameter(
        factory=lambda: ByLevel(primary=0.80, junior=0.80),
        unit="share",
        source="planning judgement: recent recruits hold first degrees or more",
        mark="assumed",
    )
    """Recruits above the required degree."""
    backbone_from_age_years: int = parameter(
        30, unit="years", source="planning judgement", mark="assumed", ge=18, le=60
    )
    """Teachers of at least this age are named backbone teachers in place of those who retired or
    left, so that the county keeps their share."""
    school_change_rate: float = parameter(
        0.07,
        unit="per year",
        source="planning judgement: about seven in a hundred change school a year",
        mark="assumed",
        gt=0,
        le=1,
    )
    """Yearly chance of having joined the school, from which years at the school are drawn."""


class StaffingOptions(Section):
    """Teachers: needs, retirement, leavers, recruits, allocation and exchange."""

    pupils_per_staff: SizesByLevel = parameter(
        factory=lambda: ByLevel(primary=19.0, junior=13.5),
        unit="pupils per member of staff",
        source="BB2014",
        mark="found",
    )
    """Pupils per member of staff, teachers and others."""
    teaching_share_of_staff: SharesByLevel = parameter(
        factory=lambda: ByLevel(primary=0.91, junior=0.85),
        unit="share",
        source="staffing norms",
        mark="recalled",
    )
    """Teachers among staff."""
    teachers_per_class: AmountsByLevel = parameter(
        factory=lambda: ByLevel(primary=2.0, junior=3.0),
        unit="teachers per class",
        source="provincial practice",
        mark="recalled",
    )
    """Teachers needed per class."""
    allocate_by: Literal["classes", "norm", "posts"] = parameter(
        "classes", source="planning judgement: a class must be taught", mark="assumed"
    )
    """The need by which recruits are allotted and teachers are moved."""
    allocation: Literal["school_based", "county_managed"] = parameter(
        "school_based", source="practice before county management (县管校聘)", mark="assumed"
    )
    """``school_based``: a teacher belongs to a school and posts are the school's;
    ``county_managed``: the county pools posts and moves surplus teachers to schools that lack."""
    least_cover: float = parameter(
        0.5,
        unit="share of the need",
        source="planning judgement: no class is left without a teacher",
        mark="assumed",
        ge=0,
        le=1,
    )
    """Schools with fewer teachers than this share of their need are sent some from schools above
    theirs, even if allocation is school-based; 0 sends none."""
    county_moves_share: float = parameter(
        0.05,
        unit="share of teachers per year",
        source="planning judgement",
        mark="assumed",
        ge=0,
        le=1,
    )
    """County-managed: most teachers moved in a year; 0 moves none."""
    county_moves_km: float = parameter(
        30.0, unit="km", source="planning judgement", mark="assumed", ge=0
    )
    """County-managed: farthest move between schools."""
    leaving_rate: ByKind = parameter(
        factory=lambda: ByKind(county_town=0.005, township_seat=0.010, village=0.015),
        unit="per year",
        source="planning judgement",
        mark="assumed",
    )
    """Yearly chance that a teacher leaves the county's schools before retirement."""
    retirement: RetirementOptions = parameter(
        factory=RetirementOptions, source="sections of retirement", mark="recalled"
    )
    """The rule of retirement."""
    recruits: RecruitOptions = parameter(
        factory=RecruitOptions, source="sections of recruits", mark="assumed"
    )
    """Recruitment."""
    stock: StockOptions = parameter(
        factory=StockOptions, source="sections of the stock", mark="assumed"
    )
    """Attributes the tables do not give."""
    exchange: ExchangeOptions | None = parameter(
        None, source="no exchange unless a scenario has it", mark="assumed"
    )
    """Exchange between schools of the county; none exchanges none."""
    outside: tuple[OutsideExchangeOptions, ...] = parameter(
        (), source="no outside exchange unless a scenario has it", mark="assumed"
    )
    """Exchange with places outside the county."""
