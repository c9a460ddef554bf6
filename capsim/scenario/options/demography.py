"""Scenario sections of the demography: births to come, mortality, migration."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from capsim.scenario.options.base import Amount, Section, Share, parameter

BirthsMethod = Literal[
    "default",
    "tfr",
    "women",
    "low",
    "medium",
    "high",
    "last_value",
    "random_walk",
    "path",
    "stress",
]
StressPathName = Literal["china_2016", "korea_2015", "east_germany_1989", "russia_1987"]
FertilityRate = Annotated[float, Field(ge=0, le=12)]


class BirthsOptions(Section):
    """Births of calendar years that are not known at the information date."""

    method: BirthsMethod = parameter(
        "default", source="tested out of sample on births of 86 countries", mark="derived"
    )
    """`default`: the calibrated forecast, one draw a replicate; `tfr`: the total fertility rate,
    forecast in the same way or given in `tfr`, times the women of the run by age; `women`: the
    same rate times the women of each place in each replicate, moves included; `low`, `medium`,
    `high`: the 10th, 50th and 90th percentile of the default; `last_value` and `random_walk`:
    baselines; `path`: the births given in `path`; `stress`: the named collapse in `stress`."""
    path: dict[int, Amount] = parameter(
        source="given by the user", mark="assumed", unit="births", factory=dict
    )
    """Births by calendar year for the method `path`: every year after the last known one."""
    tfr: dict[int, FertilityRate] = parameter(
        source="forecast from the rates that known births imply",
        mark="derived",
        unit="children per woman",
        factory=dict,
    )
    """Total fertility rates by calendar year for the method `tfr`, in place of a forecast: straight
    lines from the last known year over those given, the last one for ever. They are rates of the
    births that are counted, whatever their basis."""
    tfr_limits: tuple[FertilityRate, FertilityRate] = parameter(
        (0.5, 2.2),
        unit="children per woman",
        source="below Korea's lowest provinces (0.6); above the highest of China's provinces "
        "in the census of 2020 (2.1)",
        mark="recalled",
    )
    """Lowest and highest total fertility rate of a forecast. A rate that is outside when the run
    begins may stay where it is."""
    fertility_schedule: dict[str, float] = parameter(
        source="China 2023 (UN 2024)",
        mark="found",
        unit="share or percentage by age group of the mother",
        factory=dict,
    )
    """Fertility by age of the mother for the method `tfr`, such as `15-19: 2.1`; only proportions
    count. China's where it is empty."""
    stress: StressPathName | None = parameter(
        None, source="births of other places after their last peak", mark="found"
    )
    """Named path of a real collapse for the method `stress`, for example `china_2016`."""
    stress_paths: tuple[StressPathName, ...] = parameter(
        (), source="births of other places after their last peak", mark="found"
    )
    """Real collapses to run beside the scenario, each as a scenario `<name>@<path>` with the same
    seed: shown beside its bands, never mixed into them."""
    volatility_from: Literal["new_zealand_regions"] | None = parameter(
        "new_zealand_regions",
        source="births read back from age groups are falsely smooth",
        mark="found",
    )
    """Register whose volatility is added where births are read back from a census; null adds
    none. Births of a table keep their own volatility."""
    area_noise: bool = parameter(
        True, source="births of small places vary by chance", mark="assumed"
    )
    """Whether births of townships vary around their share of the county's."""

    @model_validator(mode="after")
    def _method_has_what_it_needs(self) -> Self:
        if self.tfr_limits[0] >= self.tfr_limits[1]:
            raise ValueError("tfr_limits must rise: the lowest rate first")
        if self.method == "path" and not self.path:
            raise ValueError("method path needs births by year under path")
        if self.method == "stress" and not self.stress:
            raise ValueError("method stress needs the name of a collapse under stress")
        return self


class MigrationOptions(Section):
    """Migration of preschool children and adults; school ages move with `choice`."""

    outside: Literal["censuses", "none"] = parameter(
        "censuses", source="net migration by age between two censuses", mark="derived"
    )
    """Net migration of adults with the outside: from the two last censuses, or none (which also
    holds where there is only one census)."""
    preschool_per_year: float = parameter(
        0.0,
        unit="net share of residents aged 0-5 a year",
        source="censuses do not tell it: ages 0-4 are undercounted",
        mark="assumed",
        gt=-0.5,
        lt=0.5,
    )
    """Net migration of preschool children; negative where more leave."""
    village_to_town: float = parameter(
        0.012,
        unit="share of residents a year",
        source="planning judgement",
        mark="assumed",
        ge=0,
        le=0.5,
    )
    """Village residents who move to the county town in a year, over all ages."""
    village_to_seat: float = parameter(
        0.004,
        unit="share of residents a year",
        source="planning judgement",
        mark="assumed",
        ge=0,
        le=0.5,
    )
    """Village residents who move to the seat of their township."""
    seat_to_town: float = parameter(
        0.006,
        unit="share of residents a year",
        source="planning judgement",
        mark="assumed",
        ge=0,
        le=0.5,
    )
    """Residents of township seats who move to the county town."""
    history_years: int = parameter(
        0,
        unit="years",
        source="off: every place has the county's ages; 20 years are a generation of moves",
        mark="assumed",
        ge=0,
        le=60,
    )
    """Years of such moves behind the base year: they make the towns younger and the villages older
    than the county, where no census by township says how old they are. 0 gives every place the
    county's age structure."""
    childhood: float = parameter(
        0.5,
        unit="factor",
        source="children under hukou rules do not simply follow parents",
        mark="assumed",
        ge=0,
    )
    """Factor on the propensity of preschool children to move inside the county."""


_NO_SERIES = "no county with kindergarten rolls was at hand to test it on"
Ratio = Annotated[float, Field(gt=0)]
"""A number for children who enter school in one, two and three years."""


class PreschoolOptions(Section):
    """Kindergarten rolls of the table `preschool` as a leading indicator of school entry.

    The children already in a kindergarten, who enter school in one to three years, are moved
    towards what the roll of their cohort leads to expect. Without the table nothing happens.
    """

    weight: tuple[Share, Share, Share] = parameter(
        (0.8, 0.6, 0.4),
        unit="share, by years to entry: one, two, three",
        source=f"planning judgement: {_NO_SERIES}",
        mark="assumed",
    )
    """Weight of the roll against births, survival and migration; 0 switches it off."""
    by: Literal["township", "county"] = parameter(
        "township", source="kindergartens are nearer to homes than schools", mark="assumed"
    )
    """`township`: the rolls of townships also move children between them, where the table gives
    all townships and years that a ratio can be fitted to; `county`: they only move the county."""
    ratio: tuple[Ratio, Ratio, Ratio] | None = parameter(
        None,
        unit="entrants to public schools per child in kindergarten one, two, three years before",
        source="fitted to past entrants",
        mark="derived",
    )
    """Fixed ratios in place of the fitted ones; needed where the table holds no past years."""
    years: int = parameter(
        3, unit="years", source="as pooled entry ratios are used by planners", mark="assumed", ge=1
    )
    """Number of last entry years whose ratio is pooled."""
    error: tuple[Share, Share, Share] = parameter(
        (0.03, 0.05, 0.08),
        unit="standard deviation of the log, by years to entry",
        source=f"planning judgement: {_NO_SERIES}",
        mark="assumed",
    )
    """Error of the entrants of the county that follow from a roll. It counts as much as three past
    years; the misses of the same rule in the years of the table count one each."""
    township_error: tuple[Share, Share, Share] = parameter(
        (0.05, 0.08, 0.10),
        unit="standard deviation of the log, by years to entry",
        source=f"planning judgement: {_NO_SERIES}",
        mark="assumed",
    )
    """Error of each township beside that of the county."""
    prior_children: float = parameter(
        100.0, unit="children", source="a township's cohort", mark="assumed", ge=0
    )
    """Partial pooling: a township of so many kindergarten children is moved half as far from the
    county as its roll says."""


class DemographyOptions(Section):
    """Births, deaths and migration outside school ages."""

    births: BirthsOptions = BirthsOptions()
    """Births to come."""
    migration: MigrationOptions = MigrationOptions()
    """Migration."""
    preschool: PreschoolOptions = PreschoolOptions()
    """Kindergarten rolls as a leading indicator of school entry."""
    mortality: Literal["china_2020", "none"] = parameter(
        "china_2020", source="UN WPP, China 2020-2025", mark="found"
    )
    """Death rates by sex and age; `none` switches deaths off."""
    sex_ratio_at_birth: float = parameter(
        1.112, unit="boys per girl", source="census 2020, age 0", mark="found", gt=0.9, lt=1.4
    )
    """Boys born for each girl."""
