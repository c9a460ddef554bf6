"""Admission to grades 1 and 7: who applies, the rounds they go through, the result."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.admission.admit import Admission, AdmissionStreams, Applicants, Demand, Offer
from capsim.admission.admit import admit as admit_level
from capsim.admission.outcomes import ZONE
from capsim.admission.rules import MIGRANT
from capsim.admission.state import beds_left
from capsim.choice.expectations import expected_tiers, perceived_quality
from capsim.core import draws
from capsim.core.dims import ENTRY_GRADES, LEVELS
from capsim.core.lookup import among
from capsim.county.county import County
from capsim.county.families import NO_SCHOOL, PRIVATE, PUBLIC, free_kin
from capsim.year.state import State
from capsim.year.year import AdmissionRecord, Year

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]


def admit(county: County, state: State, year: Year) -> None:
    """Hold the admission of grade 1 and grade 7, round after round."""
    families, grade = state.families, state.families.grade(state.year)
    public = families.state == PUBLIC
    entrants = [((grade == entry) & public).nonzero()[0] for entry in ENTRY_GRADES]
    # Both levels apply before either is admitted: a sibling is one who was at school already.
    applicants = [_applicants(county, state, level, rows) for level, rows in enumerate(entrants)]
    beds = _free_beds(county, state)
    for level, (rows, own) in enumerate(zip(entrants, applicants, strict=True)):
        ways, rules = state.choice_sets.at_entry[level], county.rules[level]
        offer, demand = _offer(county, year, level, beds), _demand(county, state, level)
        result = admit_level(own, offer, ways, demand, rules, _streams(state, level))
        # The entrants of both levels share the beds of a school.
        beds = beds_left(beds, own, result.school, ways)
        if county.private is not None:
            _leave(state, level, rows, result.school)
        families.school[rows] = result.school
        record = _record(state, level, rows, own, result)
        year.admissions.append(record)
        year.seats_left[:, level] = record.seats_left
        state.zone_cutoffs[level].append(record.cutoff_tier[:, ZONE])
        _enter(state, year, level, result)


def _leave(state: State, level: int, rows: Rows, school: I32) -> None:
    """Let those whom a private school admits leave; they have no school from then on."""
    won = school >= len(state.schools)
    state.families.state[rows[won]] = PRIVATE
    state.families.destination[rows[won], level] = PRIVATE
    school[won] = NO_SCHOOL


def _enter(state: State, year: Year, level: int, result: Admission) -> None:
    """Enter as many pupils as seats are taken, in the rolls and in the ledger."""
    schools, offer = state.schools, year.offer
    entered = np.zeros_like(schools.roll)
    taken = offer.seats[:, level] + offer.emergency_seats[:, level]
    taken = taken - (result.seats_left + result.emergency_left)[: len(schools)]
    entered[:, ENTRY_GRADES[level] - 1] = taken
    year.flows.add_table("entered", entered)
    schools.roll += entered


def _offer(county: County, year: Year, level: int, beds: NDArray[np.integer]) -> Offer:
    """What schools offer at a level, private ones after the public ones."""
    private = county.private
    seats, further = year.offer.seats, year.offer.emergency_seats
    if private is None:
        return Offer(seats[:, level], further[:, level], beds)
    is_private = private.after(np.zeros(seats.shape, np.bool_), True)
    seats, further = private.after(seats, private.seats), private.after(further, 0)
    return Offer(seats[:, level], further[:, level], beds, is_private[:, level])


def _demand(county: County, state: State, level: int) -> Demand:
    """What families know of the schools of a level when they choose."""
    private = county.private
    lag = county.scenario.choice.quality_lag_years
    quality, crowding, fee = perceived_quality(state.quality_history, lag), state.crowding, None
    if private is not None:
        fee = private.after(np.zeros(crowding.shape), private.fee_yuan)[:, level]
        quality, crowding = private.after(quality, private.quality), private.after(crowding, 0.0)
    return Demand(
        county.tastes,
        quality[:, level],
        fee_yuan=fee,
        crowding=crowding[:, level],
        expected_tier=_expected_tier(county, state, level),
    )


def _expected_tier(county: County, state: State, level: int) -> NDArray[np.float64] | None:
    """Cutoff tiers families expect from recent years, where they look at them."""
    options, private = county.scenario.choice, county.private
    if not (options.consider_past_cutoffs and state.zone_cutoffs[level]):
        return None
    tiers = expected_tiers(state.zone_cutoffs[level], options.past_cutoff_years)
    if private is not None:
        both = np.repeat(tiers[:-1, None], len(LEVELS), axis=1)
        tiers = np.append(private.after(both, np.inf)[:, level], np.inf)
    return tiers


def _free_beds(county: County, state: State) -> NDArray[np.integer]:
    """Beds by school; private schools have none."""
    boarding, private = county.scenario.programme.boarding, county.private
    beds = np.maximum(state.schools.beds - state.boarders(boarding), 0)
    return beds if private is None else private.after(beds, 0)


def _streams(state: State, level: int) -> AdmissionStreams:
    def stream(process: str, drawn_in: int) -> draws.Stream:
        return state.draw(f"{process} {LEVELS[level]}", drawn_in)

    return AdmissionStreams(
        lottery=stream("lottery", state.year),
        private_lottery=stream("private lottery", state.year),
        seat_lock=stream("seat lock", state.year),
        taste=stream("taste", 0),
    )


def _applicants(county: County, state: State, level: int, rows: Rows) -> Applicants:
    """Return the entrants of a level."""
    families = state.families
    household, registration = families.household.take(rows), families.registration.take(rows)
    none = np.full(len(rows), NO_SCHOOL, np.int32)
    boards = families.boards.take(rows)
    return Applicants(
        identity=families.identity.take(rows),
        household=household,
        settlement=families.settlement.take(rows),
        registration=registration,
        points=_points(county, state, household, registration),
        direct_school=_direct_school(county, state, rows) if level else none,
        sibling_school=_sibling_schools(state, level, rows),
        income=families.income.take(rows),
        boards=boards if _may_board(county, level) else np.zeros_like(boards),
    )


def _may_board(county: County, level: int) -> bool:
    """Whether entrants of a level are old enough to board, where pupils board at all."""
    options = county.scenario.programme.boarding
    return bool(options.enabled and ENTRY_GRADES[level] >= options.lowest_grade)


def _points(
    county: County, state: State, household: NDArray[np.uint64], registration: NDArray[np.int8]
) -> NDArray[np.float32]:
    """Points of each household, drawn once for ever; left at 0 for whom no rule asks for them."""
    rules = county.rules[0]  # which do not differ in this between levels
    points = np.zeros(len(household), np.float32)
    if rules.score == "points":
        asked = np.arange(len(household))
    elif rules.migrant_round:
        asked = (registration == MIGRANT).nonzero()[0]
    else:
        return points
    stream = draws.stream(state.seed, state.replicate, "migrant points")
    points[asked] = 100.0 * stream.uniform(household.take(asked))
    return points


def _direct_school(county: County, state: State, rows: Rows) -> I32:
    """The school whose place at grade 7 is guaranteed: the nine-year school or the fed one."""
    admits = state.schools.is_open & state.schools.teaches[:, ENTRY_GRADES[1] - 1]
    return county.rules.direct_schools(state.families.came_from.take(rows), admits)


def _sibling_schools(state: State, level: int, rows: Rows) -> I32:
    """The school, teaching the grade that a child enters, of another child of its household."""
    families = state.families
    kin = families.kin.take(rows)
    related = among(families.kin, kin)
    school = families.school.take(related)
    taught = state.schools.teaches[:, ENTRY_GRADES[level] - 1].take(school, mode="wrap")
    # Of several siblings at school the first of the table counts, so it is written last.
    at_school = ((school >= 0) & taught).nonzero()[0][::-1]
    of_kin = np.full(free_kin(families), NO_SCHOOL, np.int32)
    of_kin[families.kin.take(related.take(at_school))] = school.take(at_school)
    found: I32 = of_kin.take(kin)
    return found


def _record(
    state: State, level: int, rows: Rows, applicants: Applicants, result: Admission
) -> AdmissionRecord:
    """Note the admission; a direct place counts as one in the zone."""
    settlement, school = applicants.settlement, result.school
    direct = (applicants.direct_school == school) & (school >= 0)
    public = slice(len(state.schools))
    return AdmissionRecord(
        rows=rows,
        settlement=settlement,
        school=school,
        outcome=result.outcome,
        in_zone=direct | state.choice_sets.by_level[level].in_zone(settlement, school),
        first_choice=result.rank == 0,
        cutoff_tier=result.cutoff_tier[public],
        cutoff_score=result.cutoff_score[public],
        seats_left=result.seats_left[public],
    )
