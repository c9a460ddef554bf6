"""The admission season: who applies for grades 1 and 7, the rounds they go through, the result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim import draws
from capsim.choice.book import beds_left
from capsim.choice.expectations import expected_tiers
from capsim.choice.outcomes import ZONE
from capsim.choice.rule_set import MIGRANT
from capsim.choice.rules import Admission, AdmissionStreams, Applicants, Demand, Offer
from capsim.choice.rules import admit as admit_level
from capsim.choice.together import admit_together, joined_admissions, parts_of
from capsim.county.families import NO_SCHOOL, PRIVATE, free_kin
from capsim.county.lookup import among
from capsim.dims import ENTRY_GRADES, LEVELS

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]


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
    families, schools = model.families, model.schools
    grade = families.grade(model.year)
    rows, parts = np.concatenate(model.entrants), parts_of(model.entrants)
    # Both levels apply before either is admitted: a sibling is one who was at school already.
    applicants = _applicants(model, rows, parts)
    result = _admitted(model, applicants, parts)
    if model.county.private is not None:
        result = _without_private(model, rows, parts, result)
    families.school[rows] = result.school
    model.flows.add("entered", result.school, grade.take(rows))
    schools.roll += model.flows.of("entered")
    model.seasons = _seasons(model, applicants, parts, rows, result)
    for level, season in enumerate(model.seasons):
        model.seats_left[:, level] = season.seats_left
        model.zone_cutoffs[level].append(season.cutoff_tier[:, ZONE])


def _admitted(model: CountyModel, applicants: Applicants, parts: list[slice]) -> Admission:
    """Hold the rounds: of both levels at once where neither looks at the other."""
    levels = range(len(parts))
    offers = [_offer(model, level) for level in levels]
    demands = [_demand(model, level) for level in levels]
    rules = model.county.rules
    streams = [_streams(model, level) for level in levels]
    boarding = sum(bool(applicants.boards[part].any()) for part in parts)
    if model.county.levels_alike and boarding <= 1:
        ways, seen = model.ways.joined, model.ways.outlooks[-1]
        return admit_together(applicants, parts, offers, ways, demands, rules[0], streams, seen)
    found: list[Admission] = []
    beds = offers[0].free_beds()
    for level, part in enumerate(parts):
        own, ways, demand = applicants.part(part), model.ways.at_entry[level], demands[level]
        offer = replace(offers[level], beds=beds)
        found.append(admit_level(own, offer, ways, demand, rules[level], streams[level]))
        # The entrants of both levels share the beds of a school.
        beds = beds_left(beds, own, found[-1].school, ways)
    return joined_admissions(found)


def _without_private(
    model: CountyModel, rows: Rows, parts: list[slice], result: Admission
) -> Admission:
    """Let those whom a private school admits leave; return the admission without their schools."""
    won = result.school >= len(model.schools)
    model.families.state[rows[won]] = PRIVATE
    for level, part in enumerate(parts):
        model.families.destination[rows[part][won[part]], level] = PRIVATE
    return replace(result, school=np.where(won, np.int32(NO_SCHOOL), result.school))


def _offer(model: CountyModel, level: int) -> Offer:
    seats, further = model.offer.seats[:, level], model.offer.emergency_seats[:, level]
    # Few years leave anybody to be placed as a boarder.
    public = Offer(seats, further, model.free_beds)
    private = model.county.private
    return public if private is None else private.offer(public, level)


def _demand(model: CountyModel, level: int) -> Demand:
    public = Demand(
        model.county.tastes,
        model.perceived_quality(level),
        crowding=model.crowding[:, level],
        expected_tier=_expected_tier(model, level),
        outlooks=model.ways.outlooks[level],
    )
    private = model.county.private
    return public if private is None else private.demand(public, level)


def _expected_tier(model: CountyModel, level: int) -> NDArray[np.float64] | None:
    """Cutoff tiers families expect from recent years, where they look at them."""
    options = model.scenario.choice
    history = model.zone_cutoffs[level]
    if not (options.consider_past_cutoffs and history):
        return None
    return expected_tiers(history, options.past_cutoff_years)


def _streams(model: CountyModel, level: int) -> AdmissionStreams:
    def of(process: str, year: int) -> draws.Stream:
        name = f"{process} {LEVELS[level]}"
        return draws.stream(model.scenario.seed, model.replicate, name, year)

    return AdmissionStreams(
        lottery=of("lottery", model.year),
        private_lottery=of("private lottery", model.year),
        seat_lock=of("seat lock", model.year),
        taste=of("taste", 0),
    )


def _applicants(model: CountyModel, rows: Rows, parts: list[slice]) -> Applicants:
    """Return the entrants of both levels, in one table."""
    families = model.families
    household, registration = families.household.take(rows), families.registration.take(rows)
    boards = families.boards.take(rows)
    direct = np.full(len(rows), NO_SCHOOL, np.int32)
    for level, part in enumerate(parts):
        if not _may_board(model, level):
            boards[part] = False
        if level:
            direct[part] = _direct_school(model, rows[part])
    return Applicants(
        identity=families.identity.take(rows),
        household=household,
        settlement=families.settlement.take(rows),
        registration=registration,
        points=_points(model, household, registration),
        direct_school=direct,
        sibling_school=_sibling_schools(model, rows, parts),
        income=families.income.take(rows),
        boards=boards,
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


def _sibling_schools(model: CountyModel, rows: Rows, parts: list[slice]) -> I32:
    """The school, teaching the grade that a child enters, of another child of its household."""
    families = model.families
    related = among(families.kin, families.kin.take(rows))
    school = families.school.take(related)
    # Of several siblings at school the first of the table counts, so it is written last.
    at_school = (school >= 0).nonzero()[0][::-1]
    kin, school = families.kin.take(related.take(at_school)), school.take(at_school)
    found = np.empty(len(rows), np.int32)
    of_kin = np.empty(free_kin(families), np.int32)
    for part, entry in zip(parts, ENTRY_GRADES, strict=True):
        own = families.kin.take(rows[part])
        of_kin[own] = NO_SCHOOL
        taught = model.schools.teaches[:, entry - 1].take(school).nonzero()[0]
        of_kin[kin.take(taught)] = school.take(taught)
        found[part] = of_kin.take(own)
    return found


def _seasons(
    model: CountyModel,
    applicants: Applicants,
    parts: list[slice],
    rows: Rows,
    result: Admission,
) -> list[Season]:
    """Note the admission by level; a direct place counts as one in the zone."""
    settlement, school = applicants.settlement, result.school
    in_zone = applicants.direct_school == school
    in_zone &= school >= 0
    first_choice = result.rank == 0
    by_school = [
        table.reshape(len(parts), -1, *table.shape[1:])[:, : len(model.schools)]
        for table in (result.cutoff_tier, result.cutoff_score, result.seats_left)
    ]
    seasons = []
    for level, part in enumerate(parts):
        tier, score, left = (table[level] for table in by_school)
        in_zone[part] |= model.alternatives[level].in_zone(settlement[part], school[part])
        seasons.append(
            Season(
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
    return seasons
