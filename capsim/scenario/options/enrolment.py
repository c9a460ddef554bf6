"""Scenario sections of the enrolment rules: class caps, zones, tiers, lotteries, rounds."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from capsim.scenario.options.base import AmountsByLevel, ByLevel, Section, SharesByLevel, parameter

ZoneMode = Literal["single", "multi"]
TieBreak = Literal["lottery", "points", "distance"]
TierName = Literal["sibling", "hukou_and_home", "hukou", "home", "migrant", "other"]

_ORDER_OF_TIERS: tuple[TierName, ...] = (
    "sibling",
    "hukou_and_home",
    "hukou",
    "home",
    "migrant",
    "other",
)
_RULE = "a rule of the scenario, to be set from the county's enrolment notice"


class SeatLockOptions(Section):
    """One seat per address in so many years (六年一学位): as a stated share, without addresses."""

    enabled: bool = parameter(False, source=_RULE, mark="assumed")
    """Whether the rule is in force."""
    share: SharesByLevel = parameter(
        factory=lambda: ByLevel(primary=0.05, junior=0.05),
        unit="share of the applicants of these tiers",
        source="planning judgement: share of homes sold within the lock's term",
        mark="assumed",
    )
    """Share of applicants whose address has used its seat; they drop one tier."""
    tiers: tuple[TierName, ...] = parameter(("home",), source=_RULE, mark="assumed")
    """Tiers that hang on a home; younger siblings are exempt."""


class Reserve(Section):
    """Seats of one school kept for some applicants; seats they leave go to the others."""

    school: str
    """School."""
    level: Literal["primary", "junior"]
    """Level."""
    share: float = parameter(unit="share of seats", source=_RULE, mark="assumed", ge=0, le=1)
    """Share of the school's seats that are kept."""
    tiers: tuple[TierName, ...] = ()
    """Applicants of these tiers may take the reserved seats; empty for any tier."""
    settlements: tuple[str, ...] = ()
    """Applicants living here may take the reserved seats; empty for any home."""


class Feeder(Section):
    """A primary school whose leavers are promoted to one junior school (对口直升)."""

    primary: str
    """Primary or nine-year school."""
    junior: str
    """Junior, complete or nine-year school."""


class PrivateOptions(Section):
    """Private schools that admit at the same time as public schools (公民同招)."""

    enabled: bool = parameter(True, source="national rule from 2020", mark="recalled")
    """Whether families may apply to private schools of the table `private_schools`, where the
    scenario's destinations leave the private share to the mechanism."""
    most_choices: int = parameter(
        1, unit="schools", source="most cities allow one or two", mark="recalled", ge=1, le=5
    )
    """Private schools a family may list."""
    range_km: float = parameter(
        15.0, unit="km", source="planning judgement: a bus ride", mark="assumed", gt=0
    )
    """Families consider private schools within this distance."""


class MigrantOptions(Section):
    """Children of migrant workers (随迁子女)."""

    round: Literal["points", "with_tiers"] = parameter("points", source=_RULE, mark="assumed")
    """`points`: a round of their own after the zone families, by points; `with_tiers`: in the
    zone round, in the tier `migrant`."""
    reserved_share: SharesByLevel = parameter(
        factory=lambda: ByLevel(primary=0.0, junior=0.0),
        unit="share of seats",
        source=_RULE,
        mark="assumed",
    )
    """Share of every public school's seats that zone families leave to the points round."""


class PlacementOptions(Section):
    """Placing children whom their zone cannot take (统筹)."""

    enabled: bool = parameter(True, source="compulsory schooling is guaranteed", mark="found")
    """Whether the bureau places them in free seats, nearest first."""
    travel_limit_km: AmountsByLevel = parameter(
        factory=lambda: ByLevel(primary=10.0, junior=20.0),
        unit="km",
        source="30 and 60 minutes at 20 km/h by bus; the 30 minutes from GBF2018",
        mark="assumed",
    )
    """Nobody is placed at a day school farther than this."""
    emergency: bool = parameter(True, source=_RULE, mark="assumed")
    """Whether classes may be filled to the hard cap for children still without a seat."""


class BoardingBedOptions(Section):
    """Boarders beyond daily reach."""

    limit_admission: bool = parameter(
        False, source="beds are rarely reported school by school", mark="assumed"
    )
    """Children who board and live beyond the travel limit are admitted only while beds last."""
    place_beyond_limit: bool = parameter(True, source=_RULE, mark="assumed")
    """Whether children who accept boarding may be placed at schools beyond the travel limit."""


class TransferOptions(Section):
    """Transfers of continuing grades (转学)."""

    one_out_one_in: bool = parameter(
        True, source="Jiajiang, from September 2017, all grades of town schools", mark="found"
    )
    """A town school's grade takes at most as many as left it this year (一出一进)."""
    order: Literal["lottery", "distance"] = parameter("lottery", source=_RULE, mark="assumed")
    """Who goes first where places are short."""


class EnrolmentOptions(Section):
    """The enrolment rules of the county."""

    class_cap: ByLevel = parameter(
        factory=lambda: ByLevel(primary=45, junior=50),
        unit="pupils a class",
        source="Ministry of Education, county standard for quality balance (JD2017)",
        mark="found",
    )
    """Planned class size."""
    hard_cap: ByLevel = parameter(
        factory=lambda: ByLevel(primary=55, junior=55),
        unit="pupils a class",
        source="classes from 56 count as large",
        mark="recalled",
    )
    """Size no admission may exceed."""
    zones: ZoneMode = parameter("single", source="the rule of most counties", mark="recalled")
    """`single`: one school a zone (单校划片); `multi`: families list the schools of their zone
    (多校划片)."""
    tiers: tuple[TierName, ...] = parameter(
        _ORDER_OF_TIERS, source="order of most enrolment notices", mark="recalled", min_length=1
    )
    """Applicants in the order in which they are admitted; who is in no tier is not admitted in
    the zone round."""
    tie_break: TieBreak = parameter("lottery", source=_RULE, mark="assumed")
    """What decides within a tier."""
    lottery_per_school: bool = parameter(False, source=_RULE, mark="assumed")
    """Whether a child draws a new number at every school instead of one for all."""
    twins_share_number: bool = parameter(True, source=_RULE, mark="recalled")
    """Whether children of one household who apply in the same year share a lottery number."""
    first_choice_first: bool = parameter(False, source="for comparison", mark="assumed")
    """Whether schools prefer whoever lists them higher (immediate acceptance), in `multi`."""
    direct_promotion: bool = parameter(True, source=_RULE, mark="recalled")
    """Whether nine-year schools promote their own pupils to grade 7 (直升)."""
    feeders: tuple[Feeder, ...] = ()
    """Feeder pairs from primary to junior."""
    seat_lock: SeatLockOptions = SeatLockOptions()
    """One seat per address in so many years."""
    reserves: tuple[Reserve, ...] = ()
    """Seats kept for some applicants."""
    private: PrivateOptions = PrivateOptions()
    """Private schools that admit at the same time."""
    migrants: MigrantOptions = MigrantOptions()
    """Children of migrant workers."""
    placement: PlacementOptions = PlacementOptions()
    """Placing children whom their zone cannot take."""
    beds: BoardingBedOptions = BoardingBedOptions()
    """Boarders beyond daily reach."""
    transfers: TransferOptions = TransferOptions()
    """Transfers of continuing grades."""

    @model_validator(mode="after")
    def _caps_in_order(self) -> Self:
        for level in ("primary", "junior"):
            cap, hard = self.class_cap.at(level), self.hard_cap.at(level)
            if not 1 <= cap <= hard:
                raise ValueError(
                    f"class_cap.{level}: {cap:g} is not between 1 and the hard cap {hard:g}"
                )
        if len(set(self.tiers)) != len(self.tiers):
            raise ValueError(f"tiers: a name is repeated: {', '.join(self.tiers)}")
        return self
