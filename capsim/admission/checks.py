"""Faults of enrolment rules and choice settings that would make a run meaningless.

All are found before the run and reported together.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.admission.rules import REGISTRATIONS
from capsim.choice.utility import term_names
from capsim.core.dims import LEVELS
from capsim.core.errors import Problems
from capsim.scenario.options.choice import ChoiceOptions
from capsim.scenario.options.enrolment import EnrolmentOptions, Reserve

Flags = NDArray[np.bool_]

_MOST_TIERS = 15


def check_choice(options: ChoiceOptions, *, where: str = "choice") -> Problems:
    """Return what is wrong with the settings of families' choices.

    Parameters
    ----------
    options : ChoiceOptions
    where : str
        Place of the section, for the messages.

    Returns
    -------
    Problems
    """
    problems = Problems()
    groups = len(options.families.income_groups)
    for name, value in options.coefficients.items():
        place = f"{where}.coefficients.{name}"
        if name not in term_names():
            close = difflib.get_close_matches(name, term_names(), 1)
            hint = f'did you mean "{close[0]}"?' if close else f"known: {', '.join(term_names())}"
            problems.add(place, "unknown term of utility", hint)
        if isinstance(value, tuple) and len(value) != groups:
            problems.add(place, f"{len(value)} numbers", f"one, or {groups}: one an income group")
    factors = len(options.moving.income_factor)
    if factors != groups:
        problems.add(
            f"{where}.moving.income_factor", f"{factors} numbers", f"{groups}: one an income group"
        )
    return problems


def check_rules(
    options: EnrolmentOptions,
    *,
    schools: Sequence[str],
    settlements: Sequence[str],
    teaches: ArrayLike,
    zone: Sequence[ArrayLike],
    km: ArrayLike,
    beds: ArrayLike,
    where: str = "enrolment",
) -> Problems:
    """Return what is wrong with enrolment rules in a county.

    Parameters
    ----------
    options : EnrolmentOptions
    schools, settlements : sequence of str
        Identifiers.
    teaches : array_like of bool, shape (schools, 2)
        Whether a school admits at each level in the base year or will by the programme.
    zone : sequence of two array_like of int, shape (settlements, z)
        Zone schools by level, padded with -1.
    km : array_like, shape (settlements, schools)
    beds : array_like of int, shape (schools,)
    where : str
        Place of the section, for the messages.

    Returns
    -------
    Problems
        Faults, and warnings about homes that depend on boarding.
    """
    problems = Problems()
    admits = np.asarray(teaches, dtype=bool)
    _check_tiers(options, where, problems)
    _check_feeders(options, schools, admits, where, problems)
    for number, reserve in enumerate(options.reserves):
        _check_reserve(
            options, reserve, schools, settlements, admits, f"{where}.reserves[{number}]", problems
        )
    _check_reserve_sums(options, where, problems)
    if (np.asarray(beds) < 0).any():
        name = schools[int(np.argmax(np.asarray(beds) < 0))]
        problems.add("schools: beds", f"beds of {name} are below zero")
    for index, level in enumerate(LEVELS):
        table = np.asarray(zone[index])
        _check_zone(options, level, table, admits[:, index], settlements, where, problems)
        _check_reach(
            options, level, np.asarray(km), admits[:, index], np.asarray(beds), settlements,
            where, problems,
        )  # fmt: skip
    return problems


def _check_tiers(options: EnrolmentOptions, where: str, problems: Problems) -> None:
    in_zone = set(REGISTRATIONS)
    if options.migrants.round == "points":
        in_zone.discard("migrant")
    if "other" not in options.tiers and not in_zone & set(options.tiers):
        problems.add(
            f"{where}.tiers",
            f"{', '.join(options.tiers)}: zones would admit nobody but siblings",
            "name at least one registration, or other",
        )
    if len(options.tiers) > _MOST_TIERS:
        problems.add(f"{where}.tiers", f"{len(options.tiers)} tiers", f"at most {_MOST_TIERS}")
    if options.seat_lock.enabled:
        unknown = [name for name in options.seat_lock.tiers if name not in options.tiers]
        if unknown:
            problems.add(f"{where}.seat_lock.tiers", f"{', '.join(unknown)} is not among the tiers")


def _check_feeders(
    options: EnrolmentOptions,
    schools: Sequence[str],
    admits: Flags,
    where: str,
    problems: Problems,
) -> None:
    row = {name: number for number, name in enumerate(schools)}
    target: dict[str, str] = {}
    for number, pair in enumerate(options.feeders):
        place = f"{where}.feeders[{number}]"
        for name in (pair.primary, pair.junior):
            if name not in row:
                problems.add(place, f"unknown school {name}", _closest(name, schools))
        if pair.primary in target:
            problems.add(place, f"{pair.primary} already feeds {target[pair.primary]}")
        target[pair.primary] = pair.junior
        if pair.junior in row and not admits[row[pair.junior], 1]:
            problems.add(place, f"{pair.junior} does not admit to grade 7")
        if pair.primary in row and not admits[row[pair.primary], 0]:
            problems.add(place, f"{pair.primary} has no primary grades")
    for start in target:
        seen = [start]
        while seen[-1] in target and target[seen[-1]] not in seen:
            seen.append(target[seen[-1]])
        after = target.get(seen[-1])
        if after == start and start == min(seen):
            problems.add(f"{where}.feeders", f"cycle {' -> '.join([*seen, start])}")


def _check_reserve(
    options: EnrolmentOptions,
    reserve: Reserve,
    schools: Sequence[str],
    settlements: Sequence[str],
    admits: Flags,
    place: str,
    problems: Problems,
) -> None:
    if reserve.school not in schools:
        problems.add(place, f"unknown school {reserve.school}", _closest(reserve.school, schools))
    elif not admits[list(schools).index(reserve.school), LEVELS.index(reserve.level)]:
        problems.add(place, f"{reserve.school} does not admit at level {reserve.level}")
    for name in reserve.settlements:
        if name not in settlements:
            problems.add(place, f"unknown settlement {name}", _closest(name, settlements))
    missing = [name for name in reserve.tiers if name not in options.tiers]
    if missing:
        problems.add(place, f"{', '.join(missing)} is not among the tiers: nobody could use it")
    if options.beds.limit_admission:
        problems.add(
            place,
            "cannot stand beside enrolment.beds.limit_admission: both divide the school's seats",
            "switch one of them off",
        )
    if not reserve.tiers and not reserve.settlements:
        problems.add(place, "is for everybody", "name tiers or settlements")


def _check_reserve_sums(options: EnrolmentOptions, where: str, problems: Problems) -> None:
    total: dict[tuple[str, str], float] = {}
    for reserve in options.reserves:
        key = (reserve.school, reserve.level)
        total[key] = total.get(key, 0.0) + reserve.share
    for (school, level), share in total.items():
        if share > 1.0 + 1e-9:
            problems.add(
                f"{where}.reserves", f"{school}, {level}: shares sum to {share:g}, above 1"
            )


def _check_zone(
    options: EnrolmentOptions,
    level: str,
    zone: NDArray[np.integer],
    admits: Flags,
    settlements: Sequence[str],
    where: str,
    problems: Problems,
) -> None:
    given = zone >= 0
    teaching = given & admits[np.maximum(zone, 0)]
    without = np.flatnonzero(~teaching.any(axis=1))
    if without.size:
        problems.add(
            "zones", f"no school of level {level} for {_names(without, settlements)}",
            "every settlement needs one",
        )  # fmt: skip
    several = np.flatnonzero(teaching.sum(axis=1) > 1)
    if options.zones == "single" and several.size:
        problems.add(
            f"{where}.zones",
            f"single, but {_names(several, settlements)} have several schools of level {level}",
            "multi, or one school a settlement",
        )


def _check_reach(
    options: EnrolmentOptions,
    level: str,
    km: NDArray[np.floating],
    admits: Flags,
    beds: NDArray[np.integer],
    settlements: Sequence[str],
    where: str,
    problems: Problems,
) -> None:
    if not options.placement.enabled:
        return
    limit = options.placement.travel_limit_km.at(level)
    near = (km <= limit) & admits
    out = np.flatnonzero(~near.any(axis=1))
    if not out.size:
        return
    what = f"no school of level {level} within {limit:g} km of {_names(out, settlements)}"
    place = f"{where}.placement.travel_limit_km.{level}"
    if options.beds.place_beyond_limit and (beds[admits] > 0).any():
        problems.warn(place, what, "only boarders can be placed")
    else:
        problems.add(place, what, "raise the limit or provide beds")


def _names(rows: NDArray[np.intp], names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[row] for row in rows[:most])
    return shown if len(rows) <= most else f"{shown} and {len(rows) - most} more"


def _closest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f'did you mean "{close[0]}"?' if close else ""
