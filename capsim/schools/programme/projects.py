"""What a project is worth: rooms, floor area, cost, and the school rows that projects may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.core.dims import GRADES_OF_LEVEL, LEVELS
from capsim.county.geography import Geography
from capsim.reference.standards import area_norm_m2_per_pupil, national_standards
from capsim.scenario.options.programme import (
    Build,
    Close,
    Convert,
    Expand,
    Lease,
    Merge,
    Phase,
    ProgrammeOptions,
    Project,
    Renovate,
    Size,
)
from capsim.texts import LANGUAGES, field, say

Pair = tuple[int, int]
_MOST_ROOMS = 500

GRADES_OF_KIND = {
    "primary": GRADES_OF_LEVEL["primary"],
    "junior": GRADES_OF_LEVEL["junior"],
    "complete_middle": GRADES_OF_LEVEL["junior"],
    "nine_year": (*GRADES_OF_LEVEL["primary"], *GRADES_OF_LEVEL["junior"]),
    "teaching_point": (1, 2, 3),
}


def levels_of_kind(kind: str) -> tuple[str, ...]:
    """Return the levels that a kind of school teaches."""
    grades = GRADES_OF_KIND[kind]
    return tuple(lv for lv in LEVELS if any(g in GRADES_OF_LEVEL[lv] for g in grades))


def floor_area_m2(
    rooms: Pair, class_cap: Sequence[float] | NDArray[np.float64], norm: str
) -> float:
    """Return the floor area that classrooms imply, by the construction standard for urban schools.

    Seats (rooms x class cap) of each level times the norm of that level for so many classes;
    schools of both levels are the sum of the two. Below and above the published school sizes the
    norm of the nearest size is used (see :func:`area_norm_m2_per_pupil`).

    Parameters
    ----------
    rooms : (int, int)
        Classrooms, primary and junior.
    class_cap : sequence of two floats
        Planned class size by level.
    norm : {"basic", "planning"}
        Which norm.

    Returns
    -------
    float
        m2.
    """
    total = 0.0
    for level, name in enumerate(LEVELS):
        if rooms[level]:
            seats = rooms[level] * float(class_cap[level])
            per_pupil = area_norm_m2_per_pupil(
                name, rooms[level], norm="basic" if norm == "basic" else "planning"
            )
            total += seats * per_pupil
    return total


def rooms_within_area(area_m2: float, level: int, class_cap: Sequence[float], norm: str) -> int:
    """Return the most classrooms of one level whose floor area by the norm fits into an area."""
    rooms = 0
    while rooms < _MOST_ROOMS:
        pair = (rooms + 1, 0) if level == 0 else (0, rooms + 1)
        if floor_area_m2(pair, class_cap, norm) > area_m2:
            break
        rooms += 1
    return rooms


def rooms_of(size: Size, levels: Sequence[str], class_cap: Sequence[float], norm: str) -> Pair:
    """Return the classrooms of a piece of work, primary and junior.

    Rooms as given; else those the given seats need at the class cap; else, where the school has
    one level, those that fit into the given floor area by the norm.
    """
    rooms = [0, 0]
    for level, name in enumerate(LEVELS):
        given = getattr(size, f"rooms_{name}")
        seats = getattr(size, f"seats_{name}")
        if given is not None:
            rooms[level] = given
        elif seats is not None:
            rooms[level] = int(np.ceil(seats / float(class_cap[level]) - 1e-9))
    if not is_sized(size) and size.area_m2 is not None and len(levels) == 1:
        level = LEVELS.index(levels[0])
        rooms[level] = rooms_within_area(size.area_m2, level, class_cap, norm)
    return rooms[0], rooms[1]


def is_sized(size: Size) -> bool:
    """Return whether rooms or seats are given."""
    names = ("rooms_primary", "rooms_junior", "seats_primary", "seats_junior")
    return any(getattr(size, name) is not None for name in names)


def cost_of(
    project: Project, rooms: Pair, class_cap: Sequence[float], options: ProgrammeOptions
) -> int:
    """Return the cost of the first phase of a project, in whole yuan.

    The total as given; else the floor area (given, or by the norm for building work) times the
    project's or the programme's cost per m2; 0 for work without floor area.
    """
    if project.cost_yuan is not None:
        return project.cost_yuan
    area = _area(project, rooms, class_cap, options)
    return round(area * _price(project, options))


def phase_cost(
    phase: Phase,
    project: Build | Expand,
    rooms: Pair,
    class_cap: Sequence[float],
    options: ProgrammeOptions,
) -> int:
    """Return the cost of a later phase, in whole yuan; as :func:`cost_of`."""
    if phase.cost_yuan is not None:
        return phase.cost_yuan
    area = phase.area_m2
    if area is None:
        area = floor_area_m2(rooms, class_cap, options.area_norm)
    return round(area * _price(project, options))


def _price(project: Project, options: ProgrammeOptions) -> float:
    given = project.cost_yuan_per_m2
    return options.cost_yuan_per_m2 if given is None else given


def _area(
    project: Project, rooms: Pair, class_cap: Sequence[float], options: ProgrammeOptions
) -> float:
    """Floor area that has to be paid for, m2."""
    if isinstance(project, Build | Expand):
        given = project.area_m2
        return floor_area_m2(rooms, class_cap, options.area_norm) if given is None else given
    if isinstance(project, Renovate):
        return project.area_m2 or 0.0
    # Mergers, closures, conversions and leases build nothing.
    assert isinstance(project, Merge | Close | Convert | Lease)
    return 0.0


def posts_from_norm(rooms: Pair, class_cap: Sequence[float] | NDArray[np.float64]) -> Pair:
    """Return the teaching posts that the staff norm of 2014 gives to the seats, by level.

    Seats / pupils per staff x teaching share of staff, rounded.
    """
    norm = national_standards()
    posts = [
        round(
            rooms[level]
            * float(class_cap[level])
            / norm.limit("pupils_per_staff", name)
            * norm.limit("teaching_share_of_staff", name)
        )
        for level, name in enumerate(LEVELS)
    ]
    return posts[0], posts[1]


def posts_of(project: Build, rooms: Pair, class_cap: Sequence[float]) -> Pair:
    """Return the teaching posts approved with a new school: as given, else by the staff norm."""
    primary, junior = posts_from_norm(rooms, class_cap)
    return (
        primary if project.posts_primary is None else project.posts_primary,
        junior if project.posts_junior is None else project.posts_junior,
    )


@dataclass(frozen=True, slots=True)
class DemandLedSite:
    """A row kept for a school that the demand-led rule may open.

    Attributes
    ----------
    school : str
        Identifier.
    area : int
        Row of its planning area.
    level : int
        0 primary, 1 junior.
    settlement : int
        Row of the settlement in which it would stand.
    """

    school: str
    area: int
    level: int
    settlement: int


def demand_led_sites(options: ProgrammeOptions, geography: Geography) -> list[DemandLedSite]:
    """Return the possible sites of the demand-led rule; none when it is off.

    The first school of a planning area stands in its most populous settlement, the next in the
    second, and so on, beginning again when there are fewer settlements than schools.
    """
    rule = options.demand_led
    if not rule.enabled:
        return []
    sites: list[DemandLedSite] = []
    for area, name in enumerate(geography.planning_areas):
        level = int(geography.level_of_area()[area])
        members = np.flatnonzero(geography.planning_area[level][geography.township] == area)
        order = members[np.lexsort((members, -geography.population[members]))]
        sites += [
            DemandLedSite(f"{name}-new-{k + 1}", area, level, int(order[k % len(order)]))
            for k in range(rule.most_schools_per_area if len(order) else 0)
        ]
    return sites


def new_school_rows(options: ProgrammeOptions, geography: Geography) -> pd.DataFrame:
    """Return the schools that a scenario's programme may open, as rows of the schools table.

    The rows are closed (``is_open`` 0) and have no rooms, beds or posts: opening brings them.
    Append them to the schools table, so that the county is built on the union.

    Parameters
    ----------
    options : ProgrammeOptions
    geography : Geography
        Places and planning areas of the county.

    Returns
    -------
    DataFrame
        Columns of the schools table and ``is_open``; no rows when nothing is built.
    """
    rows = [_planned_row(p) for p in options.projects if isinstance(p, Build)]
    rows += [_demand_led_row(site, geography) for site in demand_led_sites(options, geography)]
    columns = ["school", "kind", "settlement", "name", "name_zh", "x_km", "y_km"]
    frame = pd.DataFrame(rows, columns=columns).astype({"x_km": float, "y_km": float})
    for name in ("rooms_primary", "rooms_junior", "beds", "posts_primary", "posts_junior"):
        frame[name] = 0
    frame["is_open"] = 0
    return frame


def _planned_row(project: Build) -> dict[str, object]:
    return {
        "school": project.school,
        "kind": project.school_kind,
        "settlement": project.settlement,
        "name": project.name or project.school,
        "name_zh": project.name_zh or project.name or project.school,
        "x_km": np.nan if project.x_km is None else project.x_km,
        "y_km": np.nan if project.y_km is None else project.y_km,
    }


def _demand_led_row(site: DemandLedSite, geography: Geography) -> dict[str, object]:
    number, kind = site.school.rsplit("-", 1)[1], LEVELS[site.level]
    names = {}
    for lang, area in zip(LANGUAGES, geography.planning_area_names[site.area], strict=True):
        level = say(f"common.level.{kind}", lang)
        names[field("name", lang)] = say(
            "common.new_school", lang, level=level, number=number, area=area
        )
    return {
        "school": site.school,
        "kind": kind,
        "settlement": geography.settlements[site.settlement],
        **names,
        "x_km": np.nan,
        "y_km": np.nan,
    }


def union_of_schools(table: pd.DataFrame, additions: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the schools table with the rows of several scenarios appended, each school once.

    Parameters
    ----------
    table : DataFrame
        Schools of the county.
    additions : sequence of DataFrame
        Results of :func:`new_school_rows`. A school that several scenarios build has one row, as
        the first of them describes it.

    Returns
    -------
    DataFrame
        With a column ``is_open``: 1 for schools of the table, 0 for the others.
    """
    parts = [table.assign(is_open=1), *(frame for frame in additions if len(frame))]
    joined = pd.concat(parts, ignore_index=True)
    return joined.drop_duplicates("school", keep="first", ignore_index=True)


def months_index(year: int, month: int) -> int:
    """Return the number of a month counted from January of year 0."""
    return 12 * year + month - 1


def september_on_or_after(months: NDArray[np.float64] | float) -> NDArray[np.int64]:
    """Return the year of the first 1 September on or after a time in months from year 0."""
    # September is month 8 of the year, counted from 0; the tolerance keeps whole months whole.
    return np.asarray(np.ceil((np.asarray(months) - 8.0) / 12.0 - 1e-9), dtype=np.int64)
