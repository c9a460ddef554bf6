"""What can be wrong with the teachers of a scenario, found before the run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import LEVELS, SETTLEMENT_KINDS
from capsim.core.errors import Problems
from capsim.scenario.options.staffing import StaffingOptions

Bool = NDArray[np.bool_]


def check_staffing(
    options: StaffingOptions,
    problems: Problems,
    *,
    teachers: pd.DataFrame,
    schools: Sequence[str],
    teaches_level: ArrayLike,
    settlement_kind: ArrayLike,
    posts: ArrayLike,
    base_year: int,
    horizon: int,
    where: str = "staffing",
) -> None:
    """Add every fault of the teachers and their rules to `problems`.

    Parameters
    ----------
    options : StaffingOptions
    problems : Problems
    teachers : DataFrame
        The teachers table: ``school, level, sex, age, teachers``.
    schools : sequence of str
        Ids of the schools.
    teaches_level : array_like of bool, shape (schools, 2)
    settlement_kind : array_like of int, shape (schools,)
        0 county town, 1 township seat, 2 village.
    posts : array_like of float, shape (schools, 2)
        Approved posts; missing (NaN) where not reported.
    base_year, horizon : int
        First and last year of the run.
    where : str
        Key of the section in the scenario.
    """
    kinds = np.asarray(settlement_kind)
    _check_table(teachers, problems, schools, np.asarray(teaches_level, dtype=bool))
    _check_posts(teachers, problems, schools, np.asarray(posts, dtype=np.float64))
    _check_ages(options, problems, teachers)
    _check_exchange(options, problems, kinds, f"{where}.exchange")
    _check_years(options, problems, base_year, horizon, where)


def _check_table(
    teachers: pd.DataFrame, problems: Problems, schools: Sequence[str], teaches: Bool
) -> None:
    """Teachers at unknown schools, or at a level that the school does not teach."""
    row_of = {name: row for row, name in enumerate(schools)}
    for (school, level), rows in teachers.groupby(["school", "level"], sort=True):
        number = int(rows["teachers"].sum())
        if school not in row_of:
            problems.add(
                "teachers: school", f"{school!r} is no school ({number} teachers)",
                "give the id of a school",
            )  # fmt: skip
        elif number and not teaches[row_of[str(school)], LEVELS.index(str(level))]:
            problems.add(
                f"teachers: {school}", f"{number} teachers of a level it does not teach: {level}",
                "move them to a school that teaches it",
            )  # fmt: skip


def _check_posts(
    teachers: pd.DataFrame, problems: Problems, schools: Sequence[str], posts: NDArray[np.floating]
) -> None:
    """Warn where posts are fewer than teachers: nobody is recruited until they fall below."""
    row_of = {name: row for row, name in enumerate(schools)}
    known = teachers[teachers["school"].isin(row_of)]
    heads = np.zeros(posts.shape)
    rows = known["school"].map(row_of).to_numpy(np.intp)
    columns = known["level"].map(LEVELS.index).to_numpy(np.intp)
    np.add.at(heads, (rows, columns), known["teachers"].to_numpy(np.float64))
    reported = ~np.isnan(posts)
    held, approved = int(heads[reported].sum()), int(posts[reported].sum())
    if approved < held:
        problems.warn(
            "schools: posts",
            f"{approved} posts for {held} teachers: nobody is recruited before teachers are fewer",
            "give posts_primary and posts_junior",
        )


def _check_ages(options: StaffingOptions, problems: Problems, teachers: pd.DataFrame) -> None:
    """Warn of teachers beyond every retirement age, who all retire in the first year."""
    rule = options.retirement
    for sex, age in (("male", rule.male_target_years), ("female", rule.female_target_years)):
        old = teachers[(teachers["sex"] == sex) & (teachers["age"] >= age)]
        number = int(old["teachers"].sum())
        if number:
            problems.warn(
                "teachers: age", f"{number} {sex} teachers are {age} or older and retire at once"
            )


def _check_exchange(
    options: StaffingOptions, problems: Problems, kinds: NDArray[np.integer], where: str
) -> None:
    """One-way exchange needs a county town that sends and a village that receives."""
    if options.exchange is None or options.exchange.direction != "town_to_village":
        return
    for kind in (0, 2):
        if not (kinds == kind).any():
            problems.add(
                f"{where}.direction",
                f"town_to_village, but no school lies in a {SETTLEMENT_KINDS[kind]}",
                "use both_ways",
            )


def _check_years(
    options: StaffingOptions, problems: Problems, base_year: int, horizon: int, where: str
) -> None:
    """Plans for years outside the run have no effect: refuse them before, warn after."""
    for number, programme in enumerate(options.outside):
        place = f"{where}.outside[{number}]"
        if programme.to_year <= base_year:
            problems.add(
                f"{place}.to_year", f"{programme.to_year} is not after the base year {base_year}",
                "the base year is reported, nothing runs in it",
            )  # fmt: skip
        if programme.from_year > horizon:
            problems.warn(
                f"{place}.from_year", f"{programme.from_year} is after the last year {horizon}"
            )
    planned = options.recruits.per_year
    if isinstance(planned, dict):
        for year in sorted(planned):
            if year > horizon:
                problems.warn(
                    f"{where}.recruits.per_year", f"{year} is after the last year {horizon}"
                )
