"""What a year leaves in the record: stocks on 1 September and the flows of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from capsim.choice.outcomes import OUTCOMES, ROUNDS
from capsim.county.class_sizes import class_sizes
from capsim.county.families import NO_SCHOOL, PUBLIC, share_by_destination
from capsim.county.programme import leases_in_force
from capsim.county.teachers import composition
from capsim.dims import LEVELS, SCHOOL_AGES, SETTLEMENT_KINDS

if TYPE_CHECKING:
    from capsim.county.model import CountyModel

F64 = NDArray[np.float64]
Rows = NDArray[np.intp]

KINDS = len(SETTLEMENT_KINDS)
VILLAGE = SETTLEMENT_KINDS.index("village")
SMALL_SCHOOL_PUPILS = 100
TRAVEL_STEP_KM = 0.05
TRAVEL_STEPS = 2000
LEVEL_AGES = (slice(6, 12), slice(12, 15))
OBSERVED_AGES = 16


def observe(model: CountyModel) -> None:
    """Write the state of the year, and its flows except in the base year, into the record."""
    children = children_by_township(model)
    _people(model, children)
    _seats(model, demand_by_township(children, model.county.public_share))
    _rolls(model)
    _journeys(model)
    _staff(model)
    _money(model)
    _preschool(model)
    if model.year > model.scenario.years.base:
        _flows(model)
        _admissions(model)


def _put(model: CountyModel, name: str, values: object) -> None:
    model.record.put(name, model.index, values)


def children_by_township(model: CountyModel) -> F64:
    """Return resident children by township and age 0-15: shape (townships, 16)."""
    geography = model.county.geography
    by_cell = model.population.persons[:, :, :OBSERVED_AGES].sum(axis=1)
    total = np.zeros((len(geography.townships), OBSERVED_AGES))
    np.add.at(total, geography.cell_township, by_cell)
    return total


def _people(model: CountyModel, children: F64) -> None:
    geography = model.county.geography
    townships = len(geography.townships)
    births = np.zeros(townships)
    np.add.at(births, geography.cell_township, model.population.births_of_year(model.year))
    people = np.zeros(townships)
    np.add.at(people, geography.cell_township, model.population.persons.sum(axis=(1, 2)))
    _put(model, "births", births)
    _put(model, "children", children)
    _put(model, "population", people)
    counted = share_by_destination(model.families, model.year)
    _put(model, "participation", counted / np.maximum(counted.sum(axis=1, keepdims=True), 1))
    waiting = np.flatnonzero(model.families.school == NO_SCHOOL)
    waiting = waiting[model.families.state[waiting] == PUBLIC]
    level = (model.families.grade(model.year)[waiting] >= 7).astype(np.intp)
    home = geography.township[model.families.settlement[waiting]]
    _put(
        model,
        "unplaced",
        np.bincount(level * townships + home, minlength=2 * townships).reshape(2, townships),
    )


def _preschool(model: CountyModel) -> None:
    """What kindergarten rolls added; recorded by counties that have such rolls."""
    if model.county.preschool is None:
        return
    geography = model.county.geography
    change = np.full(len(geography.townships), np.nan)
    by_cell = model.population.preschool_change
    if by_cell is not None:
        change = np.bincount(geography.cell_township, weights=by_cell, minlength=len(change))
    _put(model, "preschool_change", change)


def _seats(model: CountyModel, wanted: F64) -> None:
    geography, schools = model.county.geography, model.schools
    capacity = schools.capacity(np.asarray(model.county.class_cap))
    new = model.ledger.new_seats()
    areas = len(geography.planning_areas)
    tables = {name: np.full((2, areas), np.nan) for name in ("demand", "capacity", "new_seats")}
    level_of_area = geography.level_of_area()
    for level in range(2):
        mine = level_of_area == level
        of_township = geography.planning_area[level]
        for name, values in (("capacity", capacity), ("new_seats", new)):
            total = np.bincount(
                of_township[schools.township], weights=values[:, level], minlength=areas
            )
            tables[name][level, mine] = total[mine]
        demand = np.bincount(of_township, weights=wanted[level], minlength=areas)
        tables["demand"][level, mine] = demand[mine]
    for name, table in tables.items():
        _put(model, name, table)
    _put(model, "seat_gap", np.maximum(tables["demand"] - tables["capacity"], 0.0))
    _put(model, "spare_seats", np.maximum(tables["capacity"] - tables["demand"], 0.0))
    _put(model, "school_capacity", capacity)
    roll = schools.roll_by_level()
    ratio = np.full(capacity.shape, np.nan)
    np.divide(roll, capacity, out=ratio, where=capacity > 0)
    _put(model, "utilisation", ratio)
    _put(model, "is_open", schools.is_open)
    taught = schools.teaches_level() & schools.is_open[:, None]
    _put(model, "quality", np.where(taught, schools.quality, np.nan))


def _rolls(model: CountyModel) -> None:
    schools = model.schools
    _put(model, "roll", schools.roll)
    _put(model, "classes", model.plan.classes)
    sizes = class_sizes(schools.roll, model.plan)
    _put(model, "class_size", sizes.distribution())
    _put(model, "over_cap", sizes.pupils_above(model.county.class_rules.cap))
    by_kind = np.zeros((2, KINDS))
    roll = schools.roll_by_level()
    for level in range(2):
        by_kind[level] = np.bincount(
            schools.settlement_kind, weights=roll[:, level], minlength=KINDS
        )
    _put(model, "roll_by_kind", by_kind)
    teaches = schools.teaches_level()
    small = (
        schools.is_open
        & (schools.settlement_kind == VILLAGE)
        & (roll.sum(axis=1) < SMALL_SCHOOL_PUPILS)
    )
    primary = (small & teaches[:, 0]).sum()
    _put(model, "small_schools", [primary, (small & ~teaches[:, 0]).sum()])
    _put(model, "retention", model.retention())
    _put(model, "boarders", model.boarders())
    _put(model, "bus_riders", model.bus_riders())


def _journeys(model: CountyModel) -> None:
    """Mean and 90th percentile of distance by level and home, from a histogram of 50 m steps."""
    families, km = model.families, model.county.distance_km
    homes, schools = km.shape
    # Children of a level with the same home and school are counted first; column 0 is for none.
    trip = (families.grade(model.year) >= 7) * np.int32(homes)
    trip += families.settlement
    trip *= np.int32(schools + 1)
    trip += families.school
    trip += 1
    pupils = np.bincount(trip, minlength=2 * homes * (schools + 1)).reshape(2, homes, -1)[:, :, 1:]
    level, home, school = np.nonzero(pupils)
    weight = pupils[level, home, school]
    distance = km[home, school].astype(np.float64)
    group = level * KINDS + model.county.geography.kind[home]
    number = np.bincount(group, weight, minlength=2 * KINDS)
    total = np.bincount(group, weight * distance, minlength=2 * KINDS)
    mean = np.full(2 * KINDS, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    step = np.minimum((distance / TRAVEL_STEP_KM).astype(np.intp), TRAVEL_STEPS - 1)
    cell = group * TRAVEL_STEPS + step
    table = np.bincount(cell, weight, minlength=2 * KINDS * TRAVEL_STEPS)
    reached = table.reshape(2 * KINDS, TRAVEL_STEPS).cumsum(axis=1)
    at = (reached >= 0.9 * number[:, None]).argmax(axis=1)
    p90 = np.where(number > 0, (at + 0.5) * TRAVEL_STEP_KM, np.nan)
    _put(model, "travel_km", mean.reshape(2, KINDS))
    _put(model, "travel_km_p90", p90.reshape(2, KINDS))
    _put(model, "travel_km_by_township", _by_township(model, level, home, weight, distance))


def _by_township(
    model: CountyModel, level: Rows, home: Rows, pupils: NDArray[np.int64], km: F64
) -> F64:
    """Mean distance by level and township of the home; missing where no pupil lives."""
    geography = model.county.geography
    townships = len(geography.townships)
    cell = level * townships + geography.township[home]
    number = np.bincount(cell, pupils, minlength=2 * townships)
    total = np.bincount(cell, pupils * km, minlength=2 * townships)
    mean = np.full(2 * townships, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean.reshape(2, townships)


def _staff(model: CountyModel) -> None:
    schools = model.schools
    counted = composition(model.teachers, len(schools))
    _put(model, "teachers", counted.heads)
    _put(model, "teachers_backbone", counted.backbone)
    _put(model, "teachers_high_degree", counted.high_degree)
    _put(model, "teachers_pe_arts", counted.pe_arts)
    _put(model, "posts", schools.posts)
    by_norm, by_classes = model.teacher_needs()
    _put(model, "teacher_need_norm", by_norm)
    _put(model, "teacher_need_classes", by_classes)


def _money(model: CountyModel) -> None:
    leased, rent = leases_in_force(model.county.programme, model.schedule, model.county.class_cap)
    model.yearly_money["bus_cost_yuan"].append(model.bus_cost_yuan)
    model.yearly_money["lease_cost_yuan"].append(rent)
    model.yearly_money["leased_seats"].append(leased)


def _flows(model: CountyModel) -> None:
    _put(model, "pupil_flows", model.flows.counts)
    _put(model, "seats_offered", model.offer.seats)
    entered = model.flows.of("entered")
    _put(model, "entrants", entered[:, [0, 6]])
    cap = np.asarray(model.county.class_cap)
    _put(model, "capacity_change", model.rooms_change * cap[None, :, None])
    _put(model, "closures", model.closures)
    _put(model, "attrition", model.attrition)
    _put(model, "teacher_flows", model.teacher_flows)


def _admissions(model: CountyModel) -> None:
    geography = model.county.geography
    shape = (2, len(geography.townships), KINDS, len(OUTCOMES))
    outcomes = np.zeros(shape)
    zone_share = np.full((2, KINDS), np.nan)
    first_share = np.full((2, KINDS), np.nan)
    tiers = np.full((len(model.schools), 2, len(ROUNDS)), np.nan)
    scores = np.full_like(tiers, np.nan)
    for level, season in enumerate(model.seasons):
        home = season.settlement
        kind = geography.kind[home]
        flat = (geography.township[home] * KINDS + kind) * len(OUTCOMES) + season.outcome
        outcomes[level] = np.bincount(flat, minlength=outcomes[level].size).reshape(shape[1:])
        seated = season.school >= 0
        number = np.bincount(kind[seated], minlength=KINDS)
        for share, flag in ((zone_share, season.in_zone), (first_share, season.first_choice)):
            hits = np.bincount(kind[seated & flag], minlength=KINDS)
            np.divide(hits, number, out=share[level], where=number > 0)
        tiers[:, level], scores[:, level] = season.cutoff_tier, season.cutoff_score
    _put(model, "outcomes", outcomes)
    _put(model, "zone_school_share", zone_share)
    _put(model, "first_choice_share", first_share)
    _put(model, "cutoff_tier", tiers)
    _put(model, "cutoff_score", scores)


def seat_gap(model: CountyModel) -> F64:
    """Return the seat gap of each planning area, both levels in one array."""
    geography, schools = model.county.geography, model.schools
    capacity = schools.capacity(np.asarray(model.county.class_cap))
    areas = len(geography.planning_areas)
    gap = np.zeros(areas)
    for level, wanted in enumerate(model.demand()):
        of_township = geography.planning_area[level]
        gap += np.bincount(of_township, weights=wanted, minlength=areas)
        gap -= np.bincount(
            of_township[schools.township], weights=capacity[:, level], minlength=areas
        )
    return np.maximum(gap, 0.0)


def demand_by_township(children: F64, public_share: F64) -> F64:
    """Return seat demand by level and township: resident children x public share.

    Parameters
    ----------
    children : ndarray, shape (townships, 16)
    public_share : ndarray, shape (2,)
    """
    return np.stack(
        [children[:, ages].sum(axis=1) * public_share[i] for i, ages in enumerate(LEVEL_AGES)]
    )


assert (LEVEL_AGES[0].start, LEVEL_AGES[1].stop - 1) == (SCHOOL_AGES[0], SCHOOL_AGES[-1])
assert len(LEVELS) == len(LEVEL_AGES)
