"""What follows from how schools stood in each year, worked out for all years at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import SETTLEMENT_KINDS
from capsim.core.lookup import sum_by
from capsim.county.county import County
from capsim.results.record import Record
from capsim.schools.classes.formation import by_level
from capsim.schools.classes.sizes import class_sizes
from capsim.schools.staffing.needs import needed_by_classes, needed_by_norm
from capsim.schools.staffing.teachers import composition_of

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]
Years = NDArray[Any]

KINDS = len(SETTLEMENT_KINDS)
VILLAGE = SETTLEMENT_KINDS.index("village")
SMALL_SCHOOL_PUPILS = 100


def write_schools(record: Record, county: County, notes: dict[str, Years]) -> None:
    """Write what follows from the notes of all years on schools, seats, classes and teachers."""
    shape = notes["posts"].shape
    teaches, roll = notes["teaches"].reshape(-1, 9), notes["roll"].reshape(-1, 9)
    notes["teaches_level"] = (by_level(teaches) > 0).reshape(shape)
    notes["roll_by_level"] = by_level(roll).reshape(shape)
    _seats(record, county, notes)
    _schools(record, county, notes)
    _classes_and_staff(record, county, notes)


def _seats(record: Record, county: County, notes: dict[str, Years]) -> None:
    """Seats and demand by level and planning area, and what schools have themselves."""
    geography = county.geography
    years, areas = len(notes["demand"]), len(geography.planning_areas)
    tables = {n: np.full((years, 2, areas), np.nan) for n in ("demand", "capacity", "new_seats")}
    level_of_area = geography.level_of_area()
    for level, of_township in enumerate(geography.planning_area):
        mine = level_of_area == level
        of_school = of_township[county.schools.township]
        for name in ("capacity", "new_seats"):
            total = sum_by(of_school, notes[name][..., level], areas)
            tables[name][:, level, mine] = total[:, mine]
        total = sum_by(of_township, notes["demand"][:, level], areas)
        tables["demand"][:, level, mine] = total[:, mine]
    for name, table in tables.items():
        record.put_years(name, table)
    demand, capacity = tables["demand"], tables["capacity"]
    record.put_years("seat_gap", np.maximum(demand - capacity, 0.0))
    record.put_years("spare_seats", np.maximum(capacity - demand, 0.0))


def _schools(record: Record, county: County, notes: dict[str, Years]) -> None:
    """Capacity, use, quality, and rolls by kind of place."""
    capacity, roll, is_open = notes["capacity"], notes["roll_by_level"], notes["is_open"]
    record.put_years("school_capacity", capacity)
    ratio = np.full(capacity.shape, np.nan)
    np.divide(roll, capacity, out=ratio, where=capacity > 0)
    record.put_years("utilisation", ratio)
    record.put_years("is_open", is_open)
    teaches = notes["teaches_level"]
    taught = teaches & is_open[..., None]
    record.put_years("quality", np.where(taught, notes["quality"], np.nan))
    kind = county.schools.settlement_kind
    by_kind = [sum_by(kind, roll[..., level], KINDS) for level in range(2)]
    record.put_years("roll_by_kind", np.stack(by_kind, axis=1))
    small = is_open & (kind == VILLAGE) & (roll.sum(axis=2) < SMALL_SCHOOL_PUPILS)
    primary = small & teaches[..., 0]
    numbers = [primary.sum(axis=1), (small & ~primary).sum(axis=1)]
    record.put_years("small_schools", np.stack(numbers, axis=1))


def _classes_and_staff(record: Record, county: County, notes: dict[str, Years]) -> None:
    years, schools = notes["is_open"].shape
    shape = (years, schools, 2)
    roll, classes, held = (notes[name].reshape(-1, 9) for name in ("roll", "classes", "held"))
    record.put_years("roll", notes["roll"])
    record.put_years("classes", notes["classes"])
    sizes = class_sizes(held, classes)
    record.put_years("class_size", sizes.distributions(years))
    record.put_years("over_cap", sizes.pupils_above(county.class_rules.cap).reshape(shape))
    counted = composition_of(notes["teachers"])
    record.put_years("teachers", counted.heads)
    record.put_years("teachers_backbone", counted.backbone)
    record.put_years("teachers_high_degree", counted.high_degree)
    record.put_years("teachers_pe_arts", counted.pe_arts)
    record.put_years("posts", notes["posts"])
    options = county.scenario.staffing
    record.put_years("teacher_need_norm", needed_by_norm(roll, options).reshape(shape))
    record.put_years("teacher_need_classes", needed_by_classes(classes, options).reshape(shape))
