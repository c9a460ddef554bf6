"""What an admission decided and why: by school, and by the homes whose children applied.

Reads a run's results only: seats, entrants and cutoffs by round at a school, outcomes with their
reasons by township. All figures are medians over replicates with the 80 % band.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from capsim.admission.outcomes import OUTCOMES, ROUNDS, ZONE_OUTCOMES
from capsim.core.dims import LEVELS
from capsim.core.errors import Problems
from capsim.reporting.explanation import FEWEST_SHOWN, Cells, Explanation, band
from capsim.reporting.summary_words import joined
from capsim.texts import Lang as Language
from capsim.texts import field, has, say

if TYPE_CHECKING:
    import xarray as xr

_POINTS_ROUND = "migrant_points"
_BY_DISTANCE = ("placement", "boarding", "emergency")


def explain_school(
    data: xr.Dataset,
    school: str,
    *,
    level: str,
    year: int,
    scenario: str | None = None,
    lang: Language = "en",
) -> Explanation:
    """Say who got in at a school, in which rounds, and at which cutoff.

    Parameters
    ----------
    data : Dataset
        Results of a run.
    school : str
    level : {"primary", "junior"}
    year : int
        Entry year, after the base year.
    scenario : str, optional
        The first by default.
    lang : {"en", "zh"}

    Returns
    -------
    Explanation

    Raises
    ------
    InvalidInput
        Naming every argument that the results do not hold.
    """
    name = _checked(data, scenario, level, year, {"school": school})
    at = {"scenario": name, "school": school, "level": level, "year": year}
    tier = data["cutoff_tier"].sel(at).transpose("replicate", "round").values
    score = data["cutoff_score"].sel(at).transpose("replicate", "round").values
    seats = data["seats_offered"].sel(at).values
    entrants = data["entrants"].sel(at).values
    rules = _enrolment(data, name)
    present = [n for n in data["round"].values.tolist() if n in ROUNDS]
    columns = _heads(lang, "round", "full", "last")
    table: Cells = {head: [] for head in columns}
    for round_name in present:
        column = data["round"].values.tolist().index(round_name)
        full = np.isfinite(score[:, column])
        if full.any():
            cells = (
                say(f"admission.round.{round_name}", lang),
                f"{full.mean():.0%}",
                _cutoff(round_name, tier[full, column], score[full, column], rules, lang),
            )
            for head, cell in zip(columns, cells, strict=True):
                table[head].append(cell)
    text = _school_sentences(seats, entrants, table, columns, lang)
    title = _title(_named(data, "name", school, lang), level, year, name, lang)
    return Explanation(title, text, table)


def explain_area(
    data: xr.Dataset,
    township: str,
    *,
    level: str,
    year: int,
    scenario: str | None = None,
    lang: Language = "en",
) -> Explanation:
    """Say where a township's children were admitted, and why some were placed elsewhere.

    Parameters
    ----------
    data : Dataset
        Results of a run.
    township : str
    level : {"primary", "junior"}
    year : int
        Entry year, after the base year.
    scenario : str, optional
        The first by default.
    lang : {"en", "zh"}

    Returns
    -------
    Explanation

    Raises
    ------
    InvalidInput
        Naming every argument that the results do not hold.
    """
    name = _checked(data, scenario, level, year, {"township": township})
    at = {"scenario": name, "township": township, "level": level, "year": year}
    counted = data["outcomes"].sel(at).sum("settlement_kind")
    counts = counted.transpose("replicate", "outcome").values
    names = data["outcome"].values.tolist()
    total = counts.sum(axis=1)
    columns = _heads(lang, "outcome", "children", "share")
    table: Cells = {head: [] for head in columns}
    for column in np.argsort(-np.median(counts, axis=0), kind="stable"):
        found = counts[:, column]
        if not found.any():
            continue
        share = float(np.median(found)) / max(float(np.median(total)), 1.0)
        hidden = np.median(found) < FEWEST_SHOWN
        cells = (
            say(f"admission.outcome.{names[column]}", lang),
            band(found),
            "" if hidden else f"{share:.0%}",
        )
        for head, cell in zip(columns, cells, strict=True):
            table[head].append(cell)
    sentences = _area_sentences(counts, names, lang)
    sentences += _closed_schools(data, township, level, year, name, lang)
    title = _title(_named(data, "township_name", township, lang), level, year, name, lang)
    return Explanation(title, sentences, table)


def _title(label: str, level: str, year: int, scenario: str, lang: Language) -> str:
    level = say(f"common.level.{level}", lang)
    return say("explain.title", lang, name=label, level=level, year=year, scenario=scenario)


def _school_sentences(
    seats: Any, entrants: Any, table: Cells, columns: Sequence[str], lang: Language
) -> tuple[str, ...]:
    first = say("explain.school.offered", lang, offered=band(seats), admitted=band(entrants))
    return (first, say(f"explain.school.{'full' if table[columns[0]] else 'never_full'}", lang))


def _area_sentences(counts: Any, names: Sequence[str], lang: Language) -> tuple[str, ...]:
    """How many got a school of their zone, and the main reasons of the others."""
    total = counts.sum(axis=1)
    if not total.any():
        return (say("explain.area.nobody", lang),)
    zone_names = {OUTCOMES[code] for code in ZONE_OUTCOMES}
    zone_names |= {"direct_promotion", "emergency_zone"}
    in_zone = np.array([name in zone_names for name in names])
    share = float(np.median(counts[:, in_zone].sum(axis=1) / np.maximum(total, 1.0)))
    elsewhere = counts[:, ~in_zone]
    others = [name for name, inside in zip(names, in_zone, strict=True) if not inside]
    order = np.argsort(-np.median(elsewhere, axis=0), kind="stable")
    reasons = [
        say(
            "explain.area.other",
            lang,
            outcome=say(f"admission.outcome.{others[column]}", lang),
            children=band(elsewhere[:, column]),
        )
        for column in order
        if np.median(elsewhere[:, column]) > 0
    ]
    first = say("explain.area.zone", lang, total=band(total), share=share)
    if not reasons:
        return first, say("explain.area.no_others", lang)
    return first, say("explain.area.others", lang, parts=joined(reasons, lang, "semicolon"))


def _closed_schools(
    data: xr.Dataset, township: str, level: str, year: int, scenario: str, lang: Language
) -> tuple[str, ...]:
    """Which schools of the township were full after the zone round, and at which cutoff."""
    if "school_township" not in data.coords:
        return ()
    here = data["school"].values[data["school_township"].values == township]
    at = {"scenario": scenario, "level": level, "year": year, "round": "zone", "school": here}
    tier = data["cutoff_tier"].sel(at).transpose("school", "replicate").values
    score = data["cutoff_score"].sel(at).transpose("school", "replicate").values
    rules = _enrolment(data, scenario)
    told = []
    for school, tiers, scores in zip(here, tier, score, strict=True):
        full = np.isfinite(scores)
        if full.mean() >= 0.5:
            last = _cutoff("zone", tiers[full], scores[full], rules, lang)
            label = _named(data, "name", str(school), lang)
            told.append(say("explain.area.full_school", lang, school=label, last=last))
    if not told:
        return ()
    return (say("explain.area.full", lang, parts=joined(told, lang, "semicolon")),)


def _cutoff(round_name: str, tier: Any, score: Any, rules: dict[str, Any], lang: Language) -> str:
    """The last admitted in words: tier by name, and lottery number, points or km."""
    kind = "lottery"
    if round_name in ("zone", "private_losers"):
        kind = str(rules.get("tie_break", "lottery"))
    elif round_name == _POINTS_ROUND:
        kind = "points"
    elif round_name in _BY_DISTANCE:
        kind = "distance"
    text = say(f"explain.cutoff.{kind}", lang, value=float(np.median(score)))
    known = tier[np.isfinite(tier)]
    if not known.size:
        return text
    values, times = np.unique(known.astype(int), return_counts=True)
    usual = int(values[times.argmax()])
    tiers = list(rules.get("tiers", ()))
    if usual > len(tiers):
        return say("explain.cutoff.place", lang, place=usual, score=text)
    key = f"admission.tier.{tiers[usual - 1]}"
    name = say(key, lang) if has(key, lang) else tiers[usual - 1]
    return say("explain.cutoff.tier", lang, place=usual, tier=name, score=text)


def _checked(
    data: xr.Dataset, scenario: str | None, level: str, year: int, labels: dict[str, str]
) -> str:
    """Return the scenario's name, or raise with everything that the results do not hold."""
    import difflib

    problems = Problems()
    names = [str(s) for s in data["scenario"].values]
    name = names[0] if scenario is None else scenario
    years = [int(y) for y in data["year"].values]
    if name not in names:
        problems.add("scenario", f"{name} is not among the results", ", ".join(names))
    if level not in LEVELS:
        problems.add("level", f"{level} is no level", " or ".join(LEVELS))
    if year not in years:
        problems.add("year", f"{year} is not among the results", f"{years[0]} to {years[-1]}")
    elif year == years[0]:
        problems.add("year", f"{year} is the base year, in which nothing runs", f"from {year + 1}")
    for dim, label in labels.items():
        known = [str(k) for k in data[dim].values]
        if label not in known:
            close = difflib.get_close_matches(label, known, 1)
            problems.add(dim, f"unknown {label}", f'did you mean "{close[0]}"?' if close else "")
    missing = [v for v in ("outcomes", "cutoff_tier", "cutoff_score") if v not in data]
    if missing:
        problems.add("results", f"lack {', '.join(missing)}")
    problems.raise_if_any()
    return name


def _enrolment(data: xr.Dataset, scenario: str) -> dict[str, Any]:
    """The enrolment rules of a scenario as the provenance holds them; empty without provenance."""
    text = data.attrs.get("provenance")
    if text is None:
        return {}
    scenarios = json.loads(text).get("scenarios", {})
    resolved = scenarios.get(scenario, {})
    section = resolved.get("resolved", resolved).get("enrolment", {})
    return dict(section)


def _named(data: xr.Dataset, coordinate: str, label: str, lang: Language) -> str:
    wanted = field(coordinate, lang)
    if wanted not in data.coords:
        return label
    values = data.coords[wanted]
    return str(values.sel({values.dims[0]: label}).item()) or label


def _heads(lang: Language, *keys: str) -> tuple[str, ...]:
    return tuple(say(f"explain.head.{key}", lang) for key in keys)


__all__ = ["FEWEST_SHOWN", "Explanation", "explain_area", "explain_school"]
