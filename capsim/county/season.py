"""The admission season: who applies for grades 1 and 7, the rounds they go through, the result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim import draws
from capsim.choice.expectations import expected_tiers
from capsim.choice.outcomes import ZONE
from capsim.choice.rule_set import MIGRANT
from capsim.choice.rules import Admission, AdmissionStreams, Applicants, Demand, Offer
from capsim.choice.rules import admit as admit_level
from capsim.choice.together import admit_together
from capsim.county.families import NO_SCHOOL, PRIVATE, PUBLIC
from capsim.county.lookup import among, first_row_of_each
from capsim.county.private_schools import without_private
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
    public = families.state == PUBLIC
    entrants = [((grade == entry) & public).nonzero()[0] for entry in ENTRY_GRADES]
    # Both levels apply before either is admitted: a sibling is one who was at school already.
    siblings = _sibling_schools(model, entrants)
    applying = [
        _applicants(model, rows, level, sibling)
        for level, (rows, sibling) in enumerate(zip(entrants, siblings, strict=True))
    ]
    results = _results(model, entrants, applying)
    model.seasons = []
    for level, (rows, result) in enumerate(zip(entrants, results, strict=True)):
        families.school[rows] = result.school
        model.flows.add("entered", result.school, grade[rows])
        model.seats_left[:, level] = result.seats_left
        model.seasons.append(_season(model, applying[level], rows, level, result))
        model.zone_cutoffs[level].append(result.cutoff_tier[:, ZONE])
    schools.roll += model.flows.of("entered")


def _results(
    model: CountyModel, entrants: list[Rows], applying: list[Applicants]
) -> list[Admission]:
    """Hold the rounds: of both levels at once where neither looks at the other."""
    levels = range(len(applying))
    beds: NDArray[np.integer] = model.free_beds()
    offers = [_offer(model, level, beds) for level in levels]
    demands = [_demand(model, level) for level in levels]
    rules = model.county.rules
    streams = [_streams(model, level) for level in levels]
    boarding = sum(bool(one.boards.any()) for one in applying)
    if model.county.levels_alike and boarding <= 1:
        ways, seen = model.ways.joined, model.ways.outlooks[-1]
        whole = admit_together(applying, offers, ways, demands, rules[0], streams, seen)
    else:
        whole = []
        for level, applicants in enumerate(applying):
            # The entrants of both levels share the beds of a school.
            left = replace(offers[level], beds=whole[-1].beds_left) if whole else offers[level]
            ways, demand = model.ways.at_entry[level], demands[level]
            whole.append(admit_level(applicants, left, ways, demand, rules[level], streams[level]))
    if model.county.private is None:
        return whole
    return [
        _public(model, level, rows, result)
        for level, (rows, result) in enumerate(zip(entrants, whole, strict=True))
    ]


def _public(model: CountyModel, level: int, rows: Rows, whole: Admission) -> Admission:
    """Let those whom a private school admits leave; return the admission of public schools."""
    result, won = without_private(whole, len(model.schools))
    model.families.state[rows[won]] = PRIVATE
    model.families.destination[rows[won], level] = PRIVATE
    return result


def _offer(model: CountyModel, level: int, beds: NDArray[np.integer]) -> Offer:
    public = Offer(model.offer.seats[:, level], model.offer.emergency_seats[:, level], beds)
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


def _applicants(model: CountyModel, rows: Rows, level: int, sibling_school: I32) -> Applicants:
    families = model.families
    return Applicants(
        identity=families.identity.take(rows),
        household=families.household.take(rows),
        settlement=families.settlement.take(rows),
        registration=families.registration.take(rows),
        points=_points(model, rows, level),
        direct_school=_direct_school(model, rows, level),
        sibling_school=sibling_school,
        income=families.income.take(rows),
        boards=families.boards.take(rows) & _may_board(model, level),
    )


def _may_board(model: CountyModel, level: int) -> bool:
    """Whether entrants of a level are old enough to board, where pupils board at all."""
    options = model.scenario.programme.boarding
    return bool(options.enabled and ENTRY_GRADES[level] >= options.lowest_grade)


def _points(model: CountyModel, rows: Rows, level: int) -> NDArray[np.float32]:
    """Points of each household, drawn once for ever; left at 0 for whom no rule asks for them."""
    rules = model.county.rules[level]
    points = np.zeros(len(rows), np.float32)
    if rules.score == "points":
        asked = np.arange(len(rows))
    elif rules.migrant_round:
        asked = np.flatnonzero(model.families.registration[rows] == MIGRANT)
    else:
        return points
    stream = draws.stream(model.scenario.seed, model.replicate, "migrant points")
    points[asked] = 100.0 * stream.uniform(model.families.household[rows[asked]])
    return points


def _direct_school(model: CountyModel, rows: Rows, level: int) -> I32:
    """The school whose place at grade 7 is guaranteed: the nine-year school or the fed one."""
    if level == 0:
        return np.full(len(rows), NO_SCHOOL, np.int32)
    admits = model.schools.is_open & model.schools.teaches[:, ENTRY_GRADES[1] - 1]
    return model.county.rules.direct_schools(model.families.came_from[rows], admits)


def _sibling_schools(model: CountyModel, entrants: list[Rows]) -> list[I32]:
    """By level the school, teaching its entry grade, of another child of the household."""
    families = model.families
    related = among(families.kin, families.kin[np.concatenate(entrants)])
    school = families.school[related]
    at_school = school >= 0
    school, kin = school[at_school], families.kin[related[at_school]]
    found = []
    for rows, entry in zip(entrants, ENTRY_GRADES, strict=True):
        taught = model.schools.teaches[:, entry - 1].take(school)
        there = school[taught]
        # Of several siblings at school the first of the table counts, whoever else is in it.
        elder = first_row_of_each(families.kin[rows], kin[taught])
        found.append(np.append(there, np.int32(NO_SCHOOL)).take(elder, mode="wrap"))
    return found


def _season(
    model: CountyModel, applicants: Applicants, rows: Rows, level: int, result: Admission
) -> Season:
    """Note the admission of a level; a direct place counts as one in the zone."""
    settlement, school = applicants.settlement, result.school
    in_zone = model.alternatives[level].in_zone(settlement, school)
    in_zone |= applicants.direct_school == school
    in_zone &= school >= 0
    return Season(
        rows=rows,
        settlement=settlement,
        school=school,
        outcome=result.outcome,
        in_zone=in_zone,
        first_choice=result.rank == 0,
        cutoff_tier=result.cutoff_tier,
        cutoff_score=result.cutoff_score,
        seats_left=result.seats_left,
    )
