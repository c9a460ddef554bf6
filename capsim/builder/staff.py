"""Teachers, areas and equipment of the built schools; sums by level are the totals'."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.builder.rounding import Floats, Ints, apportion
from capsim.builder.totals import Totals
from capsim.core.dims import GRADES_OF_LEVEL, LEVELS
from capsim.core.draws import U64, identity_of, stream
from capsim.scenario.options.base import ByLevel

Bools = NDArray[np.bool_]


def load_by_level(
    schools: pd.DataFrame, rolls: pd.DataFrame, classes: pd.DataFrame, level: str
) -> pd.DataFrame:
    """Return pupils and classes of a level by school, in the order of `schools`; 0 where none."""
    grades = GRADES_OF_LEVEL[level]
    found = {}
    for name, table in (("pupils", rolls), ("classes", classes)):
        own = table[table["grade"].isin(grades)].groupby("school")[name].sum()
        found[name] = schools["school"].map(own).fillna(0).astype(np.int64)
    return pd.DataFrame(found)


def teacher_counts(
    totals: Totals, schools: pd.DataFrame, rolls: pd.DataFrame, classes: pd.DataFrame
) -> pd.DataFrame:
    """Return teachers by school and level.

    Half of the teachers follow pupils and half classes (those of teaching points, where grades
    share a room, count a third), with at least one for three classes: village schools have fewer
    pupils a teacher.

    Returns
    -------
    DataFrame
        ``school, level, teachers``; campuses without the level are left out.
    """
    parts = []
    for level in LEVELS:
        load = load_by_level(schools, rolls, classes, level)
        rooms = load["classes"] * np.where(schools["kind"] == "teaching_point", 1 / 3, 1.0)
        weight = load["pupils"] / load["pupils"].sum() + rooms / rooms.sum()
        least = np.ceil(load["classes"] / 3).astype(np.int64)
        count = apportion(int(totals.teachers.at(level)), weight, least)
        part = pd.DataFrame({"school": schools["school"], "level": level, "teachers": count})
        parts.append(part[load["classes"].to_numpy() > 0])
    return pd.concat(parts, ignore_index=True)


def teacher_table(totals: Totals, schools: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return teachers by school, level, sex, age and qualities, one row a combination.

    Every teacher's sex, age, subject group, backbone rank, degree and years at the school are
    drawn from the assumed profiles, keyed by school, level and position, so that a change in one
    school leaves the others as they are.

    Returns
    -------
    DataFrame
        The columns of the table of teachers.
    """
    assumed = totals.assumptions
    each = counts.loc[counts.index.repeat(counts["teachers"])].reset_index(drop=True)
    each["ordinal"] = each.groupby(["school", "level"]).cumcount()
    identity = identity_of(
        f"{row.school}/{row.level}/{row.ordinal}" for row in each.itertuples(index=False)
    )
    kind = each["school"].map(schools.set_index("school")["settlement_kind"]).to_numpy()
    level = each["level"].to_numpy()
    female = _uniform(totals, "sex", identity) < _by_level(assumed.female_teachers, level)
    village = kind == "village"
    age = _ages(totals, _uniform(totals, "age", identity), female, village)
    rank = assumed.backbone_share * np.select(
        [kind == "county_town", village], [1.5, 0.5], default=1.0
    )
    degree = _by_level(assumed.degree_share, level) - 0.015 * (age - 40.0)
    served = np.floor(_uniform(totals, "years", identity) ** 1.5 * (age - 21.0)).astype(np.int64)
    table = pd.DataFrame(
        {
            "school": each["school"],
            "level": level,
            "sex": np.where(female, "female", "male"),
            "age": age,
            "teachers": 1,
            "subject_group": np.where(
                _uniform(totals, "subject", identity) < assumed.pe_arts_share, "pe_arts", "general"
            ),
            # Backbone rank comes with years of service: nobody holds it before 30.
            "backbone": ((_uniform(totals, "backbone", identity) < rank) & (age >= 30)) * 1,
            "degree": (_uniform(totals, "degree", identity) < degree) * 1,
            "years_at_school": served,
        }
    )
    keys = [column for column in table.columns if column != "teachers"]
    summed = table.groupby(keys, sort=False)["teachers"].sum().reset_index()
    return summed[list(table.columns)]


def resource_columns(
    totals: Totals,
    schools: pd.DataFrame,
    rolls: pd.DataFrame,
    classes: pd.DataFrame,
    rooms: pd.DataFrame,
    counts: pd.DataFrame,
) -> pd.DataFrame:
    """Return areas, equipment, posts, quality and beds of each school, in the order of `schools`.

    Site and building areas are the totals, shared by rooms: empty rooms have area too. All posts
    are filled. Quality falls from the county town to the villages.
    """
    assumed = totals.assumptions
    columns: dict[str, pd.Series[float] | Floats] = {}
    beds = np.zeros(len(schools))
    outside = schools["settlement_kind"].to_numpy() != "county_town"
    for level in LEVELS:
        load = load_by_level(schools, rolls, classes, level)
        taught = load["classes"].to_numpy() > 0
        room = rooms[f"rooms_{level}"].to_numpy()
        site = apportion(int(totals.site_area_m2.at(level)), room)
        building = apportion(int(totals.building_area_m2.at(level)), room)
        own = counts[counts["level"] == level].set_index("school")["teachers"]
        per_pupil = assumed.equipment_yuan_per_pupil.at(level)
        found = {
            "posts": schools["school"].map(own).to_numpy(),
            "quality": np.round(_quality(totals, schools, level), 2),
            "site_area_m2": site,
            "building_area_m2": building,
            "teaching_area_m2": np.rint(building * assumed.teaching_area_share),
            "sports_area_m2": np.rint(site * assumed.sports_area_share),
            "equipment_yuan": np.rint(load["pupils"].to_numpy() * per_pupil / 100) * 100,
            "multimedia_rooms": np.rint(room * assumed.multimedia_share),
        }
        for name, values in found.items():
            columns[f"{name}_{level}"] = np.where(taught, values, np.nan)
        share = assumed.boarding_share.at(level) * load["pupils"].to_numpy()
        beds += np.where(outside & (schools["kind"] != "teaching_point"), share, 0.0)
    # Dormitories come in rooms of eight.
    columns["beds"] = np.ceil(beds / 8) * 8
    return pd.DataFrame(columns)


def _uniform(totals: Totals, what: str, identity: U64) -> Floats:
    return stream(totals.seed, 0, f"builder teacher {what}").uniform(identity)


def _by_level(values: ByLevel, level: Iterable[str]) -> Floats:
    return np.array([values.at(name) for name in level], dtype=np.float64)


def _ages(totals: Totals, u: Floats, female: Bools, village: Bools) -> Ints:
    """Ages by inversion of the profile; women stop at 54, villages are older."""
    assumed = totals.assumptions
    points = np.array(assumed.teacher_ages, dtype=np.float64)
    ages = np.arange(points[0, 0], points[-1, 0] + 1)
    profile = np.interp(ages, points[:, 0], points[:, 1])
    tilted = profile * np.exp(assumed.village_age_tilt * (ages - 40))
    found = np.zeros(len(u), dtype=np.int64)
    for is_village, weights in ((False, profile), (True, tilted)):
        for is_female in (False, True):
            own = weights * (ages <= 54) if is_female else weights
            edges = np.cumsum(own / own.sum())
            chosen = (village == is_village) & (female == is_female)
            found[chosen] = ages[np.minimum(np.searchsorted(edges, u[chosen]), len(ages) - 1)]
    return found


def _quality(totals: Totals, schools: pd.DataFrame, level: str) -> Floats:
    """Quality by the kind of place with a keyed deviation of 0.3 between schools."""
    mean = (
        schools["settlement_kind"]
        .map({"county_town": 0.9, "township_seat": 0.0, "village": -0.4})
        .to_numpy()
    )
    identity = identity_of(f"{school}/{level}" for school in schools["school"])
    noise = stream(totals.seed, 0, "builder quality").normal(identity)
    point = np.where(schools["kind"] == "teaching_point", -0.4, 0.0)
    result: Floats = np.clip(mean + point + 0.3 * noise, -2.0, 2.0)
    return result
