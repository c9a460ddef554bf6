"""Rolls, classes and rooms: town schools full, village schools not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.builder.rounding import (
    Floats,
    Ints,
    apportion,
    bounded,
    controlled_rounding,
)
from capsim.builder.schools import KINDS_OF_LEVEL
from capsim.builder.totals import Totals
from capsim.core.dims import GRADES_OF_LEVEL
from capsim.core.draws import identity_of, stream
from capsim.core.errors import InvalidInput
from capsim.tables.nearest_zones import distances

POINT_GRADES = (1, 2, 3)


def roll_table(
    totals: Totals, settlements: pd.DataFrame, schools: pd.DataFrame, zones: pd.DataFrame
) -> pd.DataFrame:
    """Return pupils by school and grade; sums by level and by grade are the totals'.

    Pupils live where residents live. Part of them attend the county town, falling with distance;
    part of those of a village campus attend the seat of their township; the others their zone
    school. Sizes are kept within the limits of the assumptions, and grades follow the shares of
    the cohorts in every school. A teaching point takes half of its zone's pupils of grades 1 to 3
    at least five and at most forty; the others go to the parent.

    Returns
    -------
    DataFrame
        ``school, grade, pupils``; every grade that a campus teaches.
    """
    parts = []
    for level in ("primary", "junior"):
        taught = schools[schools["kind"].isin(KINDS_OF_LEVEL[level])].reset_index(drop=True)
        units = taught[taught["kind"] != "teaching_point"].reset_index(drop=True)
        flow = _flows(totals, level, settlements, taught, zones)
        own = pd.Series(flow, index=taught["school"])
        unit_of = taught["parent"].where(taught["parent"] != "", taught["school"])
        whole = own.groupby(unit_of.to_numpy()).sum().reindex(units["school"])
        sizes = _unit_sizes(totals, level, units, np.asarray(whole, dtype=np.float64))
        by_grade = _by_grade(totals, level, units, sizes)
        points = taught[taught["kind"] == "teaching_point"]
        parts.append(_split_points(totals, level, units, points, by_grade, own))
    return pd.concat(parts, ignore_index=True)


def _flows(
    totals: Totals,
    level: str,
    settlements: pd.DataFrame,
    taught: pd.DataFrame,
    zones: pd.DataFrame,
) -> Floats:
    """Expected pupils of each campus of a level, before limits."""
    assumed = totals.assumptions
    pupils = settlements["population"].to_numpy() / totals.residents.total
    pupils = pupils * totals.pupils.at(level)
    number = {school: i for i, school in enumerate(taught["school"])}
    zone = zones[zones["level"] == level].set_index("settlement")["school"]
    zoned = settlements["settlement"].map(zone).map(number).to_numpy()
    in_town = taught["settlement_kind"].to_numpy() == "county_town"
    attends = np.zeros((len(settlements), len(taught)))
    rows = np.arange(len(settlements))
    pulled = np.zeros(len(settlements))
    if in_town.any():
        town = taught[in_town]
        away = distances(settlements, town).min(axis=1)
        outside = settlements["kind"].to_numpy() != "county_town"
        pull = assumed.town_pull.at(level) * np.exp(-away / assumed.town_pull_distance_km)
        pulled = np.where(outside, pull, 0.0)
        attends[:, in_town] = pulled[:, None] / in_town.sum()
    seat = _seat_campus(taught, settlements, zoned)
    to_seat = np.where(seat != zoned, assumed.seat_pull, 0.0) * (1 - pulled)
    np.add.at(attends, (rows, seat), to_seat)
    np.add.at(attends, (rows, zoned), 1 - pulled - to_seat)
    flow: Floats = pupils @ attends
    return flow


def _seat_campus(taught: pd.DataFrame, settlements: pd.DataFrame, zoned: Ints) -> Ints:
    """Campus at the seat of each settlement's zone school: the first school of its township."""
    first: dict[str, int] = {}
    for index, row in enumerate(taught.to_dict("records")):
        if row["kind"] != "teaching_point":
            first.setdefault(row["township"], index)
    campus_township = taught["township"].to_numpy()[zoned]
    kind = taught["settlement_kind"].to_numpy()[zoned]
    seats = np.array(
        [
            first.get(t, z) if k != "county_town" else z
            for t, k, z in zip(campus_township, kind, zoned, strict=True)
        ],
        dtype=np.int64,
    )
    return seats


def _unit_sizes(totals: Totals, level: str, units: pd.DataFrame, flow: Floats) -> Ints:
    """Whole rolls of the schools (with their points) within the limits of school size."""
    assumed = totals.assumptions
    total = int(totals.pupils.at(level))
    try:
        exact = bounded(
            total, np.maximum(flow, 1e-6), assumed.smallest_school, assumed.largest_school
        )
    except ValueError as error:
        raise InvalidInput.of(
            f"pupils.{level}", f"cannot be spread over {len(units)} schools: {error}",
            "change assumptions.smallest_school or largest_school",
        ) from None  # fmt: skip
    return apportion(total, exact)


def _by_grade(totals: Totals, level: str, units: pd.DataFrame, sizes: Ints) -> Ints:
    """Pupils by unit and grade with the sums of both."""
    shares: tuple[float, ...] = getattr(totals.grade_shares, level)
    grades = apportion(int(sizes.sum()), shares)
    exact = sizes[:, None] * grades[None, :] / sizes.sum()
    identity = identity_of(f"{s}/{g}" for s in units["school"] for g in range(len(shares)))
    ties = stream(totals.seed, 0, "builder rounding").uniform(identity)
    return controlled_rounding(exact, ties.reshape(exact.shape))


def _split_points(
    totals: Totals,
    level: str,
    units: pd.DataFrame,
    points: pd.DataFrame,
    by_grade: Ints,
    own: pd.Series[float],
) -> pd.DataFrame:
    """Give teaching points their part of grades 1 to 3; the parent keeps the rest."""
    assumed = totals.assumptions
    grades = GRADES_OF_LEVEL[level]
    left = dict(zip(units["school"], by_grade.copy(), strict=True))
    children = Counter(points["parent"])
    rows: list[tuple[str, int, int]] = []
    for point in points.to_dict("records"):
        parent = left[point["parent"]]
        whole = by_grade[units.index[units["school"] == point["parent"]][0]]
        wanted = np.clip(own[point["school"]] / 2, assumed.smallest_point, assumed.largest_point)
        # Together the points of a school take at most 60 % of its pupils of these grades.
        most = 0.6 * whole[: len(POINT_GRADES)].sum() / children[point["parent"]]
        taken = apportion(int(min(wanted, most)), whole[: len(POINT_GRADES)])
        parent[: len(POINT_GRADES)] -= taken
        rows += [(point["school"], g, int(n)) for g, n in zip(POINT_GRADES, taken, strict=True)]
    kept = [
        (school, grade, int(n))
        for school, pupils in left.items()
        for grade, n in zip(grades, pupils, strict=True)
    ]
    return pd.DataFrame(kept + rows, columns=["school", "grade", "pupils"])


def class_table(totals: Totals, schools: pd.DataFrame, rolls: pd.DataFrame) -> pd.DataFrame:
    """Return classes by school and grade.

    Entry grades are formed with the class cap. Above them classes of the county town are filled
    to the largest town class, those of other schools to the cap. Tiny neighbouring grades share
    a class, which is counted at the lowest of them.

    Returns
    -------
    DataFrame
        ``school, grade, classes``.
    """
    kind = rolls["school"].map(schools.set_index("school")["settlement_kind"])
    level = np.where(rolls["grade"] <= 6, "primary", "junior")
    cap = np.array([totals.class_cap.at(name) for name in level])
    above = (kind == "county_town") & ~rolls["grade"].isin((1, 7))
    size = np.where(above, max(totals.assumptions.largest_town_class, cap.max()), cap)
    classes = np.ceil(rolls["pupils"].to_numpy() / size).astype(np.int64)
    table = rolls[["school", "grade"]].assign(classes=classes)
    shares = _shares_class_below(totals, rolls.assign(level=level))
    table.loc[shares, "classes"] = 0
    return table


def _shares_class_below(totals: Totals, rolls: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a grade sits in the class of a lower grade of its school and level."""
    assumed = totals.assumptions
    shares = np.zeros(len(rolls), np.bool_)
    order = np.lexsort((rolls["grade"].to_numpy(), rolls["level"], rolls["school"]))
    pupils = rolls["pupils"].to_numpy()
    unit = (rolls["school"].astype(str) + " " + rolls["level"]).to_numpy()
    held, width, before = 0, 0, ""
    for row in order.tolist():
        if unit[row] != before:
            held, width, before = 0, 0, unit[row]
        tiny = 0 < pupils[row] < assumed.shared_class_below
        fits = 0 < width < 3 and held + pupils[row] <= assumed.largest_shared_class
        shares[row] = tiny and fits
        held, width = (held + pupils[row], width + 1) if shares[row] else (pupils[row], int(tiny))
    return shares


def room_counts(totals: Totals, schools: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """Return classrooms by school and level, in the order of `schools`.

    A room for each class, and spare rooms: none in the county town, a share in seats and villages.

    Returns
    -------
    DataFrame
        ``rooms_primary, rooms_junior``.
    """
    assumed = totals.assumptions
    spare = schools["settlement_kind"].map(
        {
            "county_town": 0.0,
            "township_seat": assumed.spare_rooms_seat,
            "village": assumed.spare_rooms_village,
        }
    )
    rooms = {}
    for level, grades in GRADES_OF_LEVEL.items():
        own = classes[classes["grade"].isin(grades)].groupby("school")["classes"].sum()
        count = schools["school"].map(own).fillna(0).to_numpy()
        rooms[f"rooms_{level}"] = np.ceil(count * (1 + spare.to_numpy()) - 1e-9).astype(np.int64)
    return pd.DataFrame(rooms)
