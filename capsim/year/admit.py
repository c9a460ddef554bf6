"""Admission to grades 1 and 7: who applies, the rounds they go through, the result."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.admission.admit import Admission, AdmissionStreams, Applicants, Demand, Offer
from capsim.admission.admit import admit as admit_level
from capsim.admission.outcomes import ZONE
from capsim.admission.rules import MIGRANT
from capsim.admission.state import beds_left
from capsim.admission.together import (
    JoinedStream,
    admit_together,
    joined_admissions,
    levels_of,
    parts_of,
)
from capsim.choice.expectations import expected_tiers, perceived_quality
from capsim.core import draws
from capsim.core.dims import ENTRY_GRADES, LEVELS
from capsim.core.lookup import among
from capsim.county.county import County
from capsim.county.families import NO_SCHOOL, PRIVATE, PUBLIC, free_kin
from capsim.schools.classes.formation import ENTRY
from capsim.year.state import State
from capsim.year.year import AdmissionRecord, Year

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]
Beds = NDArray[np.integer] | Callable[[], NDArray[np.integer]]


def admit(county: County, state: State, year: Year) -> None:
    """Hold the admission of grade 1 and grade 7, round after round."""
    families, schools = state.families, state.schools
    grade, public = families.grade(state.year), families.state == PUBLIC
    entrants = [((grade == entry) & public).nonzero()[0] for entry in ENTRY_GRADES]
    rows, parts = np.concatenate(entrants), parts_of(entrants)
    # Both levels apply before either is admitted: a sibling is one who was at school already.
    applicants = _applicants(county, state, rows, parts)
    result = _admitted(county, state, year, applicants, parts)
    if county.private is not None:
        _leave(state, rows, parts, result.school)
    families.school[rows] = result.school
    entered = _entered(state, year, result)
    year.flows.add_table("entered", entered)
    schools.roll += entered
    year.admissions = _records(state, applicants, parts, rows, result)
    for level, record in enumerate(year.admissions):
        year.seats_left[:, level] = record.seats_left
        state.zone_cutoffs[level].append(record.cutoff_tier[:, ZONE])


def _admitted(
    county: County, state: State, year: Year, applicants: Applicants, parts: list[slice]
) -> Admission:
    """Hold the rounds: of both levels at once where neither looks at the other."""
    rules, levels = county.rules, range(len(parts))
    boarding = sum(bool(applicants.boards[part].any()) for part in parts)
    if county.levels_alike and boarding <= 1:
        level_of = levels_of(parts)

        def both(process: str, drawn_in: int) -> draws.Stream:
            own = partial(_stream, state, process, drawn_in)
            return JoinedStream(0, lambda: [own(level) for level in levels], level_of)

        offer = _offer(county, year, None, lambda: np.tile(_free_beds(county, state), len(parts)))
        ways, demand, streams = (
            state.choice_sets.joined,
            _demand(county, state, None),
            _streams(state, both),
        )
        return admit_together(applicants, parts, offer, ways, demand, rules[0], streams)
    found: list[Admission] = []
    beds = _free_beds(county, state)
    for level, part in enumerate(parts):
        own, ways, demand = (
            applicants.part(part),
            state.choice_sets.at_entry[level],
            _demand(county, state, level),
        )
        streams = _streams(state, partial(_stream, state, level=level))
        offer = _offer(county, year, level, beds)
        found.append(admit_level(own, offer, ways, demand, rules[level], streams))
        # The entrants of both levels share the beds of a school.
        beds = beds_left(beds, own, found[-1].school, ways)
    return joined_admissions(found)


def _leave(state: State, rows: Rows, parts: list[slice], school: I32) -> None:
    """Let those whom a private school admits leave; they have no school from then on."""
    won = (school >= len(state.schools)).nonzero()[0]
    winners, junior = rows.take(won), won >= parts[1].start
    state.families.state[winners] = PRIVATE
    state.families.destination[winners, junior.view(np.int8)] = PRIVATE
    school[won] = NO_SCHOOL


def _entered(state: State, year: Year, result: Admission) -> I32:
    """Pupils who enter, by school and grade: as many as seats that are taken."""
    left = (result.seats_left + result.emergency_left).reshape(len(ENTRY_GRADES), -1)
    entered = np.zeros_like(state.schools.roll)
    entered[:, ENTRY] = year.offer.seats + year.offer.emergency_seats
    entered[:, ENTRY] -= left.T[: len(entered)]
    return entered


def _offer(county: County, year: Year, level: int | None, beds: Beds) -> Offer:
    """What schools offer at a level (:func:`_of`), private ones after the public ones."""
    private = county.private
    seats, further = year.offer.seats, year.offer.emergency_seats
    if private is None:
        return Offer(_of(seats, level), _of(further, level), beds)
    is_private = private.after(np.zeros(seats.shape, np.bool_), True)
    seats, further = private.after(seats, private.seats), private.after(further, 0)
    return Offer(_of(seats, level), _of(further, level), beds, _of(is_private, level))


def _demand(county: County, state: State, level: int | None) -> Demand:
    """What families know of the schools of a level (:func:`_of`) when they choose."""
    private = county.private
    lag = county.scenario.choice.quality_lag_years
    quality, crowding, fee = perceived_quality(state.quality_history, lag), state.crowding, None
    if private is not None:
        fee = _of(private.after(np.zeros(crowding.shape), private.fee_yuan), level)
        quality, crowding = private.after(quality, private.quality), private.after(crowding, 0.0)
    return Demand(
        county.tastes,
        _of(quality, level),
        fee_yuan=fee,
        crowding=_of(crowding, level),
        expected_tier=_expected_tier(county, state, level),
        outlooks=state.choice_sets.outlooks[-1 if level is None else level],
    )


def _expected_tier(county: County, state: State, level: int | None) -> NDArray[np.float64] | None:
    """Cutoff tiers families expect from recent years, where they look at them."""
    options, private = county.scenario.choice, county.private
    if not (options.consider_past_cutoffs and state.zone_cutoffs[0]):
        return None
    years = options.past_cutoff_years
    tiers = np.array([expected_tiers(history, years)[:-1] for history in state.zone_cutoffs]).T
    if private is not None:
        tiers = private.after(tiers, np.inf)
    return np.append(_of(tiers, level), np.inf)


def _of(table: NDArray[Any], level: int | None) -> NDArray[Any]:
    """One level of a table by school and level; for None both, one after the other."""
    return table.T.ravel() if level is None else table[:, level]


def _free_beds(county: County, state: State) -> NDArray[np.integer]:
    """Beds by school; private schools have none."""
    boarding, private = county.scenario.programme.boarding, county.private
    beds = np.maximum(state.schools.beds - state.boarders(boarding), 0)
    return beds if private is None else private.after(beds, 0)


def _streams(state: State, of: Callable[[str, int], draws.Stream]) -> AdmissionStreams:
    return AdmissionStreams(
        lottery=of("lottery", state.year),
        private_lottery=of("private lottery", state.year),
        seat_lock=of("seat lock", state.year),
        taste=of("taste", 0),
    )


def _stream(state: State, process: str, drawn_in: int, level: int) -> draws.Stream:
    return draws.stream(state.seed, state.replicate, f"{process} {LEVELS[level]}", drawn_in)


def _applicants(county: County, state: State, rows: Rows, parts: list[slice]) -> Applicants:
    """Return the entrants of both levels, in one table."""
    families = state.families
    household, registration = families.household.take(rows), families.registration.take(rows)
    boards = families.boards.take(rows)
    direct = np.full(len(rows), NO_SCHOOL, np.int32)
    for level, part in enumerate(parts):
        if not _may_board(county, level):
            boards[part] = False
        if level:
            direct[part] = _direct_school(county, state, rows[part])
    return Applicants(
        identity=families.identity.take(rows),
        household=household,
        settlement=families.settlement.take(rows),
        registration=registration,
        points=_points(county, state, household, registration),
        direct_school=direct,
        sibling_school=lambda some: _sibling_schools(state, rows.take(some)),
        income=families.income.take(rows),
        boards=boards,
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


def _sibling_schools(state: State, rows: Rows) -> I32:
    """The school, teaching the grade that a child enters, of another child of its household."""
    families = state.families
    kin, grade = families.kin.take(rows), families.grade(state.year).take(rows)
    related = among(families.kin, kin)
    school = families.school.take(related)
    # Of several siblings at school the first of the table counts, so it is written last.
    at_school = (school >= 0).nonzero()[0][::-1]
    their_kin, school = families.kin.take(related.take(at_school)), school.take(at_school)
    households = free_kin(families)
    asks = kin + (grade == ENTRY_GRADES[1]) * np.int32(households)
    of_kin = np.empty(len(ENTRY_GRADES) * households, np.int32)
    of_kin[asks] = NO_SCHOOL
    for level, entry in enumerate(ENTRY_GRADES):
        taught = state.schools.teaches[:, entry - 1].take(school).nonzero()[0]
        of_kin[level * households + their_kin.take(taught)] = school.take(taught)
    found: I32 = of_kin.take(asks)
    return found


def _records(
    state: State,
    applicants: Applicants,
    parts: list[slice],
    rows: Rows,
    result: Admission,
) -> list[AdmissionRecord]:
    """Note the admission by level; a direct place counts as one in the zone."""
    settlement, school = applicants.settlement, result.school
    in_zone = applicants.direct_school == school
    in_zone &= school >= 0
    first_choice = result.rank == 0
    by_school = [
        table.reshape(len(parts), -1, *table.shape[1:])[:, : len(state.schools)]
        for table in (result.cutoff_tier, result.cutoff_score, result.seats_left)
    ]
    records = []
    for level, part in enumerate(parts):
        tier, score, left = (table[level] for table in by_school)
        in_zone[part] |= state.choice_sets.by_level[level].in_zone(settlement[part], school[part])
        records.append(
            AdmissionRecord(
                rows=rows[part],
                settlement=settlement[part],
                school=school[part],
                outcome=result.outcome[part],
                in_zone=in_zone[part],
                first_choice=first_choice[part],
                cutoff_tier=tier,
                cutoff_score=score,
                seats_left=left,
            )
        )
    return records
