"""The admission season: who applies for grades 1 and 7, the rounds they go through, the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.admission.admit import Admission, AdmissionStreams, Applicants, Demand, Offer
from capsim.admission.admit import admit as admit_level
from capsim.admission.outcomes import ZONE
from capsim.admission.rules import MIGRANT
from capsim.admission.state import beds_left
from capsim.choice.expectations import expected_tiers
from capsim.core import draws
from capsim.core.dims import ENTRY_GRADES, LEVELS
from capsim.core.lookup import among
from capsim.county.families import NO_SCHOOL, PRIVATE, free_kin

if TYPE_CHECKING:
    from capsim.year.model import CountyModel

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]
Beds = NDArray[np.integer] | Callable[[], NDArray[np.integer]]


@dataclass(frozen=True)
class Season:
    """The admission of one level in one year, for the record.

    Attributes
    ----------
    rows : ndarray of int, shape (applicants,)
        Rows of the applicants in the table of families at that time.
    settlement : ndarray of int32, shape (applicants,)
        Homes from which they applied.
    school, outcome : ndarray, shape (applicants,)
    in_zone, first_choice : ndarray of bool, shape (applicants,)
    cutoff_tier, cutoff_score : ndarray, shape (schools, rounds)
    seats_left : ndarray of int64, shape (schools,)
    """

    rows: Rows
    settlement: I32
    school: I32
    outcome: NDArray[np.int8]
    in_zone: NDArray[np.bool_]
    first_choice: NDArray[np.bool_]
    cutoff_tier: NDArray[np.float64]
    cutoff_score: NDArray[np.float64]
    seats_left: NDArray[np.int64]


def admit(model: CountyModel) -> None:
    """Hold the admission of grade 1 and grade 7, round after round."""
    families = model.families
    # Both levels apply before either is admitted: a sibling is one who was at school already.
    applicants = [_applicants(model, level, rows) for level, rows in enumerate(model.entrants)]
    beds, model.seasons = _free_beds(model), []
    for level, (rows, own) in enumerate(zip(model.entrants, applicants, strict=True)):
        ways, rules = model.ways.at_entry[level], model.county.rules[level]
        offer, demand = _offer(model, level, beds), _demand(model, level)
        result = admit_level(own, offer, ways, demand, rules, _streams(model, level))
        # The entrants of both levels share the beds of a school.
        beds = beds_left(beds, own, result.school, ways)
        if model.county.private is not None:
            _leave(model, level, rows, result.school)
        families.school[rows] = result.school
        season = _season(model, level, rows, own, result)
        model.seasons.append(season)
        model.seats_left[:, level] = season.seats_left
        model.zone_cutoffs[level].append(season.cutoff_tier[:, ZONE])
        _enter(model, level, result)


def _leave(model: CountyModel, level: int, rows: Rows, school: I32) -> None:
    """Let those whom a private school admits leave; they have no school from then on."""
    won = school >= len(model.schools)
    model.families.state[rows[won]] = PRIVATE
    model.families.destination[rows[won], level] = PRIVATE
    school[won] = NO_SCHOOL


def _enter(model: CountyModel, level: int, result: Admission) -> None:
    """Enter as many pupils as seats are taken, in the rolls and in the ledger."""
    schools, offer = model.schools, model.offer
    entered = np.zeros_like(schools.roll)
    taken = offer.seats[:, level] + offer.emergency_seats[:, level]
    taken = taken - (result.seats_left + result.emergency_left)[: len(schools)]
    entered[:, ENTRY_GRADES[level] - 1] = taken
    model.flows.add_table("entered", entered)
    schools.roll += entered


def _offer(model: CountyModel, level: int, beds: NDArray[np.integer]) -> Offer:
    """What schools offer at a level, private ones after the public ones."""
    private = model.county.private
    seats, further = model.offer.seats, model.offer.emergency_seats
    if private is None:
        return Offer(seats[:, level], further[:, level], beds)
    is_private = private.after(np.zeros(seats.shape, np.bool_), True)
    seats, further = private.after(seats, private.seats), private.after(further, 0)
    return Offer(seats[:, level], further[:, level], beds, is_private[:, level])


def _demand(model: CountyModel, level: int) -> Demand:
    """What families know of the schools of a level when they choose."""
    private = model.county.private
    quality, crowding, fee = model.perceived_quality(), model.crowding, None
    if private is not None:
        fee = private.after(np.zeros(crowding.shape), private.fee_yuan)[:, level]
        quality, crowding = private.after(quality, private.quality), private.after(crowding, 0.0)
    return Demand(
        model.county.tastes,
        quality[:, level],
        fee_yuan=fee,
        crowding=crowding[:, level],
        expected_tier=_expected_tier(model, level),
    )


def _expected_tier(model: CountyModel, level: int) -> NDArray[np.float64] | None:
    """Cutoff tiers families expect from recent years, where they look at them."""
    options, private = model.scenario.choice, model.county.private
    if not (options.consider_past_cutoffs and model.zone_cutoffs[level]):
        return None
    tiers = expected_tiers(model.zone_cutoffs[level], options.past_cutoff_years)
    if private is not None:
        both = np.repeat(tiers[:-1, None], len(LEVELS), axis=1)
        tiers = np.append(private.after(both, np.inf)[:, level], np.inf)
    return tiers


def _free_beds(model: CountyModel) -> NDArray[np.integer]:
    """Beds by school; private schools have none."""
    beds, private = model.free_beds(), model.county.private
    return beds if private is None else private.after(beds, 0)


def _streams(model: CountyModel, level: int) -> AdmissionStreams:
    def stream(process: str, year: int) -> draws.Stream:
        name = f"{process} {LEVELS[level]}"
        return draws.stream(model.scenario.seed, model.replicate, name, year)

    return AdmissionStreams(
        lottery=stream("lottery", model.year),
        private_lottery=stream("private lottery", model.year),
        seat_lock=stream("seat lock", model.year),
        taste=stream("taste", 0),
    )


def _applicants(model: CountyModel, level: int, rows: Rows) -> Applicants:
    """Return the entrants of a level."""
    families = model.families
    household, registration = families.household.take(rows), families.registration.take(rows)
    none = np.full(len(rows), NO_SCHOOL, np.int32)
    boards = families.boards.take(rows)
    return Applicants(
        identity=families.identity.take(rows),
        household=household,
        settlement=families.settlement.take(rows),
        registration=registration,
        points=_points(model, household, registration),
        direct_school=_direct_school(model, rows) if level else none,
        sibling_school=_sibling_schools(model, level, rows),
        income=families.income.take(rows),
        boards=boards if _may_board(model, level) else np.zeros_like(boards),
    )


def _may_board(model: CountyModel, level: int) -> bool:
    """Whether entrants of a level are old enough to board, where pupils board at all."""
    options = model.scenario.programme.boarding
    return bool(options.enabled and ENTRY_GRADES[level] >= options.lowest_grade)


def _points(
    model: CountyModel, household: NDArray[np.uint64], registration: NDArray[np.int8]
) -> NDArray[np.float32]:
    """Points of each household, drawn once for ever; left at 0 for whom no rule asks for them."""
    rules = model.county.rules[0]  # which do not differ in this between levels
    points = np.zeros(len(household), np.float32)
    if rules.score == "points":
        asked = np.arange(len(household))
    elif rules.migrant_round:
        asked = (registration == MIGRANT).nonzero()[0]
    else:
        return points
    stream = draws.stream(model.scenario.seed, model.replicate, "migrant points")
    points[asked] = 100.0 * stream.uniform(household.take(asked))
    return points


def _direct_school(model: CountyModel, rows: Rows) -> I32:
    """The school whose place at grade 7 is guaranteed: the nine-year school or the fed one."""
    admits = model.schools.is_open & model.schools.teaches[:, ENTRY_GRADES[1] - 1]
    return model.county.rules.direct_schools(model.families.came_from.take(rows), admits)


def _sibling_schools(model: CountyModel, level: int, rows: Rows) -> I32:
    """The school, teaching the grade that a child enters, of another child of its household."""
    families = model.families
    kin = families.kin.take(rows)
    related = among(families.kin, kin)
    school = families.school.take(related)
    taught = model.schools.teaches[:, ENTRY_GRADES[level] - 1].take(school, mode="wrap")
    # Of several siblings at school the first of the table counts, so it is written last.
    at_school = ((school >= 0) & taught).nonzero()[0][::-1]
    of_kin = np.full(free_kin(families), NO_SCHOOL, np.int32)
    of_kin[families.kin.take(related.take(at_school))] = school.take(at_school)
    found: I32 = of_kin.take(kin)
    return found


def _season(
    model: CountyModel, level: int, rows: Rows, applicants: Applicants, result: Admission
) -> Season:
    """Note the admission; a direct place counts as one in the zone."""
    settlement, school = applicants.settlement, result.school
    direct = (applicants.direct_school == school) & (school >= 0)
    public = slice(len(model.schools))
    return Season(
        rows=rows,
        settlement=settlement,
        school=school,
        outcome=result.outcome,
        in_zone=direct | model.alternatives[level].in_zone(settlement, school),
        first_choice=result.rank == 0,
        cutoff_tier=result.cutoff_tier[public],
        cutoff_score=result.cutoff_score[public],
        seats_left=result.seats_left[public],
    )
