"""Scenario sections of families' choices: travel, tastes, moving and leaving."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from capsim.scenario.options.base import Amount, Section, Share, parameter

_STARTING_VALUES: dict[str, float | tuple[float, ...]] = {
    "distance": 1.0,
    "quality": 1.0,
    "zone": 0.5,
    "sibling": 1.5,
    "fee": 2.0,
    "crowding": 0.5,
}
_SLOPES = "facts on distance decay of school choice; see model description"


class DistanceOptions(Section):
    """How distance enters utility."""

    form: Literal["piecewise", "sigmoid"] = parameter("piecewise", source=_SLOPES, mark="recalled")
    """`piecewise`: straight pieces; `sigmoid`: a smooth step around `midpoint_km`."""
    breaks_km: tuple[float, ...] = parameter((1.6, 8.0), unit="km", source=_SLOPES, mark="recalled")
    """Where the slope changes."""
    slopes_per_km: tuple[float, ...] = parameter(
        (-1.0, -0.35, -0.13), unit="utility per km", source=_SLOPES, mark="recalled"
    )
    """Slope before the first break, between breaks and beyond the last."""
    midpoint_km: float = parameter(
        3.0, unit="km", source="planning judgement", mark="assumed", gt=0
    )
    """Distance at which the sigmoid has fallen by half."""
    scale_km: float = parameter(1.0, unit="km", source="planning judgement", mark="assumed", gt=0)
    """Width of the sigmoid."""
    drop: float = parameter(8.0, unit="utility", source="planning judgement", mark="assumed", ge=0)
    """Total fall of the sigmoid."""

    @model_validator(mode="after")
    def _pieces_fit(self) -> Self:
        if len(self.slopes_per_km) != len(self.breaks_km) + 1:
            raise ValueError(
                f"{len(self.slopes_per_km)} slopes for {len(self.breaks_km)} breaks: "
                "one slope more than breaks is needed"
            )
        rising = list(self.breaks_km) == sorted(set(self.breaks_km))
        if not rising or min(self.breaks_km, default=1.0) <= 0:
            raise ValueError("breaks_km must rise from above zero")
        return self


class MovingOptions(Section):
    """Families who move to the county town for its schools."""

    enabled: bool = parameter(True, source="the town's pull is observed", mark="found")
    """Whether families move."""
    constant: float = parameter(
        -4.8, unit="log odds", source="about 1 % of village families a year", mark="assumed"
    )
    """`a`: log odds of a family to whom town and home offer the same."""
    utility: float = parameter(0.4, unit="per utility", source="assumed", mark="assumed", ge=0)
    """`b`: effect of the best town school being better than the best here."""
    small_class: float = parameter(0.3, source="assumed", mark="assumed")
    """`c`: effect of the home school being small."""
    closed: float = parameter(0.9, source="assumed", mark="assumed")
    """`d`: effect of the home school having closed."""
    parent_in_town: float = parameter(0.8, source="assumed", mark="assumed")
    """`e`: effect of a parent working in the town."""
    parent_in_town_share: float = parameter(
        0.25, unit="share of village families", source="assumed", mark="assumed", ge=0, le=1
    )
    """Share of families with a parent working in the town."""
    small_school_pupils: float = parameter(
        100.0, unit="pupils", source="small rural school, 小规模学校", mark="found", gt=0
    )
    """A home school below this counts as small."""
    income_factor: tuple[Amount, ...] = parameter(
        (0.4, 1.0, 1.6), unit="factor by income group", source="assumed", mark="assumed"
    )
    """Multiplies the probability: who can afford to move."""
    adult_share: float = parameter(
        0.5, unit="adults per moving family", source="assumed (陪读)", mark="assumed", ge=0, le=2
    )
    """Adults who go along."""


class LeavingOptions(Section):
    """Children who leave the county's schools: with their family, or altogether."""

    enabled: bool = parameter(True, source="reported rolls fall faster than cohorts", mark="found")
    """Whether children leave the county and drop out."""
    leave_by_grade: tuple[Share, ...] = parameter(
        (0.012, 0.012, 0.012, 0.012, 0.014, 0.016, 0.016, 0.016, 0.016),
        unit="probability a year before each grade",
        source="assumed",
        mark="assumed",
        min_length=9,
        max_length=9,
    )
    """Probability of leaving the county before grade 1, 2 ... 9."""
    leave_per_km: float = parameter(
        0.05, unit="log odds per km", source="assumed", mark="assumed", ge=0
    )
    """Effect of the distance to school beyond `near_km` on leaving."""
    near_km: float = parameter(3.0, unit="km", source="rural walking radius", mark="recalled", ge=0)
    """Distance up to which nobody leaves for distance."""
    drop_out_by_grade: tuple[Share, ...] = parameter(
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.001, 0.004, 0.006, 0.004),
        unit="probability a year before each grade",
        source="nine-year retention of about 0.96 to 0.99",
        mark="assumed",
        min_length=9,
        max_length=9,
    )
    """Probability of dropping out before grade 1, 2 ... 9."""
    drop_out_male_factor: float = parameter(
        1.2, unit="odds ratio", source="assumed", mark="assumed", gt=0
    )
    """Odds of boys over those of girls."""
    drop_out_per_km: float = parameter(
        0.05, unit="log odds per km", source="assumed", mark="assumed", ge=0
    )
    """Effect of the distance to school beyond `near_km` on dropping out."""
    boarding_factor: float = parameter(
        0.6, unit="factor on the distance effect", source="assumed", mark="assumed", ge=0, le=1
    )
    """What remains of the effect of distance for boarders."""


class ArrivingOptions(Section):
    """Children of school age who come to live in the county from outside.

    Adults who come with them belong to the net migration of the projection.
    """

    rate_by_grade: tuple[Share, ...] | None = parameter(
        None,
        unit="arrivals a year per resident child of each grade",
        source="none unless stated; with `uncertainty` as many as leave",
        mark="assumed",
        min_length=9,
        max_length=9,
    )
    """Arrivals before grade 1, 2 ... 9. Left open, nobody comes, or with `uncertainty.enabled` as
    many as leave by `choice.leaving.leave_by_grade`, to the places they leave, and rolls of past
    years say how many more or fewer; all 0 switches arrivals off."""
    share_by_kind: tuple[float, float, float] = parameter(
        (0.7, 0.2, 0.1), unit="shares", source="planning judgement", mark="assumed"
    )
    """Where those of `rate_by_grade` settle: county town, township seats, villages; by population
    within a kind."""
    registration: tuple[float, float, float, float] = parameter(
        (0.25, 0.0, 0.35, 0.40), unit="shares", source="planning judgement", mark="assumed"
    )
    """Shares of hukou-and-home, hukou, home and migrant among children who arrive."""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        for name in ("share_by_kind", "registration"):
            shares = getattr(self, name)
            if min(shares) < 0 or abs(sum(shares) - 1.0) > 1e-6:
                raise ValueError(f"shares of {name} sum to {sum(shares):g} instead of 1")
        return self

    @property
    def enabled(self) -> bool:
        """Whether any children arrive."""
        return self.rate_by_grade is not None and any(self.rate_by_grade)


class IncomeGroup(Section):
    """A group of families by income."""

    name: str
    """Name."""
    share: float = parameter(unit="share of families", source="given", mark="assumed", ge=0, le=1)
    """Share of families."""
    income_yuan: float = parameter(unit="yuan a year", source="given", mark="assumed", gt=0)
    """Mean income of a household."""


_INCOME_GROUPS = (
    IncomeGroup(name="low", share=0.3, income_yuan=40_000),
    IncomeGroup(name="middle", share=0.5, income_yuan=80_000),
    IncomeGroup(name="high", share=0.2, income_yuan=160_000),
)


class FamilyOptions(Section):
    """What families are like."""

    income_groups: tuple[IncomeGroup, ...] = parameter(
        _INCOME_GROUPS, source="planning judgement", mark="assumed", min_length=1, max_length=9
    )
    """Income groups, lowest first."""
    registration_town: tuple[float, float, float, float] = parameter(
        (0.60, 0.10, 0.20, 0.10), unit="shares", source="planning judgement", mark="assumed"
    )
    """Shares of hukou-and-home, hukou, home and migrant in the county town."""
    registration_seat: tuple[float, float, float, float] = parameter(
        (0.80, 0.05, 0.11, 0.04), unit="shares", source="planning judgement", mark="assumed"
    )
    """The same in township seats."""
    registration_village: tuple[float, float, float, float] = parameter(
        (0.96, 0.02, 0.01, 0.01), unit="shares", source="planning judgement", mark="assumed"
    )
    """The same in villages."""
    sibling_share: float = parameter(
        0.35, unit="share of children", source="planning judgement", mark="assumed", ge=0, le=1
    )
    """Share of children with an elder sibling of school age."""
    boarding_share: float = parameter(
        0.5, unit="share of families", source="planning judgement", mark="assumed", ge=0, le=1
    )
    """Share of families who accept boarding."""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        totals = {
            "income_groups": sum(group.share for group in self.income_groups),
            "registration_town": sum(self.registration_town),
            "registration_seat": sum(self.registration_seat),
            "registration_village": sum(self.registration_village),
        }
        for name, total in totals.items():
            if abs(total - 1.0) > 1e-6:
                raise ValueError(f"shares of {name} sum to {total:g} instead of 1")
        return self


class ChoiceOptions(Section):
    """How families value schools: the utility, candidate schools and travel."""

    terrain_factor: float = parameter(
        1.3, unit="km of road per km", source="roads in hilly counties", mark="recalled", ge=1
    )
    """Road distance over straight-line distance, where no travel table is given."""
    travel_speed_kmh: float = parameter(
        20.0, unit="km/h", source="school bus on county roads", mark="assumed", gt=0
    )
    """Turns minutes of a travel table into km."""
    candidates: int = parameter(
        10, unit="schools", source="planning judgement", mark="assumed", ge=1, le=200
    )
    """Nearest schools a family considers, beside those of its zone."""
    distance: DistanceOptions = DistanceOptions()
    """How distance enters."""
    coefficients: dict[str, float | tuple[float, ...]] = parameter(
        _STARTING_VALUES,
        unit="utility per unit of the term",
        source="starting values, to be estimated where lists or rolls are known",
        mark="assumed",
    )
    """Coefficient of each term by name; several numbers are one for each income group. Terms left
    out keep their starting values, 0 switches one off; `km` takes the place of `distance`."""
    consider_past_cutoffs: bool = parameter(False, source="assumed", mark="assumed")
    """Whether families skip schools whose cutoffs of recent years rule them out."""
    past_cutoff_years: int = parameter(
        3, unit="years", source="planning judgement", mark="assumed", ge=1, le=10
    )
    """Years over which families average cutoffs."""
    quality_lag_years: int = parameter(
        1, unit="years", source="reputation follows quality", mark="assumed", ge=0, le=10
    )
    """Years by which reputation lags: at 0 a year's change of quality enters the next year's
    choices, at 1 those of the year after."""
    families: FamilyOptions = FamilyOptions()
    """What families are like."""
    moving: MovingOptions = MovingOptions()
    """Moving to the county town."""
    leaving: LeavingOptions = LeavingOptions()
    """Leaving the county and dropping out."""
    arriving: ArrivingOptions = ArrivingOptions()
    """Children who arrive from outside the county."""

    @field_validator("coefficients")
    @classmethod
    def _others_as_they_start(
        cls, given: dict[str, float | tuple[float, ...]]
    ) -> dict[str, float | tuple[float, ...]]:
        left_out = {
            k: v for k, v in _STARTING_VALUES.items() if k != "distance" or "km" not in given
        }
        return left_out | given
