"""What an admission decided and why: by school, and by the homes whose children applied.

Reads a run's results only: seats, entrants and cutoffs by round at a school, outcomes with their
reasons by township. All figures are medians over replicates with the 80 % band.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from capsim.admission.outcomes import (
    OUTCOME_LABELS,
    ROUND_LABELS,
    ZONE_OUTCOMES,
    Label,
)
from capsim.core.dims import LEVELS
from capsim.core.errors import Problems
from capsim.reporting.explanation import FEWEST_SHOWN, Cells, Explanation, band

if TYPE_CHECKING:
    import xarray as xr

Language = Literal["en", "zh"]

_POINTS_ROUND = "migrant_points"
_BY_DISTANCE = ("placement", "boarding", "emergency")
_LEVEL_ZH = {"primary": "小学", "junior": "初中"}
_TIER_ZH = {
    "sibling": "多孩同校",
    "hukou_and_home": "户籍与住房一致",
    "hukou": "仅有户籍",
    "home": "仅有住房",
    "migrant": "随迁子女",
    "other": "其他",
}
_TIER_EN = {
    "sibling": "siblings at the school",
    "hukou_and_home": "hukou and home in the zone",
    "hukou": "hukou in the zone",
    "home": "home in the zone",
    "migrant": "migrant children",
    "other": "others",
}


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
    rounds = {label.name: number for number, label in enumerate(ROUND_LABELS)}
    present = [n for n in data["round"].values.tolist() if n in rounds]
    columns = _heads(
        lang, ("Round", "轮次"), ("Full in", "满额比例"), ("Last admitted", "末位录取")
    )
    table: Cells = {head: [] for head in columns}
    for round_name in present:
        column = data["round"].values.tolist().index(round_name)
        full = np.isfinite(score[:, column])
        if full.any():
            cells = (
                _label(ROUND_LABELS[rounds[round_name]], lang),
                f"{full.mean():.0%}",
                _cutoff(round_name, tier[full, column], score[full, column], rules, lang),
            )
            for head, cell in zip(columns, cells, strict=True):
                table[head].append(cell)
    label = _school_label(data, school, lang)
    text = _school_sentences(seats, entrants, table, columns, lang)
    level_label = level if lang == "en" else _LEVEL_ZH[level]
    title = f"{label}, {level_label}, {year} ({name})"
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
    labels = {label.name: label for label in OUTCOME_LABELS}
    total = counts.sum(axis=1)
    columns = _heads(lang, ("Outcome", "录取结果"), ("Children", "人数"), ("Share", "占比"))
    table: Cells = {head: [] for head in columns}
    for column in np.argsort(-np.median(counts, axis=0), kind="stable"):
        found = counts[:, column]
        if not found.any():
            continue
        share = float(np.median(found)) / max(float(np.median(total)), 1.0)
        hidden = np.median(found) < FEWEST_SHOWN
        cells = (
            _label(labels[names[column]], lang),
            band(found),
            "" if hidden else f"{share:.0%}",
        )
        for head, cell in zip(columns, cells, strict=True):
            table[head].append(cell)
    sentences = _area_sentences(counts, names, labels, lang)
    sentences += _closed_schools(data, township, level, year, name, lang)
    label = _named(data, "township_name", township, lang)
    level_label = level if lang == "en" else _LEVEL_ZH[level]
    return Explanation(f"{label}, {level_label}, {year} ({name})", sentences, table)


def _school_sentences(
    seats: Any, entrants: Any, table: Cells, columns: Sequence[str], lang: Language
) -> tuple[str, ...]:
    offered, admitted = band(seats), band(entrants)
    if lang == "zh":
        first = f"提供学位 {offered} 个，录取 {admitted} 人。"
        none = "各轮次均未满额，申请者全部录取。"
        cut = "学位满额的轮次及末位录取者见下表；排在其后者未被录取。"
    else:
        first = f"{offered} seats offered, {admitted} children admitted."
        none = "No round filled the school: everybody who applied was admitted."
        cut = "The rounds that filled it, and the last child admitted; whoever came after was not."
    return (first, cut if table[columns[0]] else none)


def _area_sentences(
    counts: Any, names: Sequence[str], labels: dict[str, Label], lang: Language
) -> tuple[str, ...]:
    """How many got a school of their zone, and the main reasons of the others."""
    total = counts.sum(axis=1)
    if not total.any():
        return ("没有申请者。" if lang == "zh" else "Nobody applied.",)
    zone_names = {OUTCOME_LABELS[code].name for code in ZONE_OUTCOMES}
    zone_names |= {"direct_promotion", "emergency_zone"}
    in_zone = np.array([name in zone_names for name in names])
    share = float(np.median(counts[:, in_zone].sum(axis=1) / np.maximum(total, 1.0)))
    elsewhere = counts[:, ~in_zone]
    others = [name for name, inside in zip(names, in_zone, strict=True) if not inside]
    order = np.argsort(-np.median(elsewhere, axis=0), kind="stable")
    reasons = [
        f"{_label(labels[others[column]], lang)}: {band(elsewhere[:, column])}"
        for column in order
        if np.median(elsewhere[:, column]) > 0
    ]
    if lang == "zh":
        first = f"申请者 {band(total)} 人，{share:.0%} 在片区学校或直升学校入学。"
        rest = "其余：" + "；".join(reasons) + "。" if reasons else "没有其他去向。"
    else:
        first = (
            f"{band(total)} children applied; {share:.0%} entered a school of their zone or the "
            "one that promised them a place."
        )
        rest = "The others: " + "; ".join(reasons) + "." if reasons else "There were no others."
    return first, rest


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
            label = _school_label(data, str(school), lang)
            told.append(f"{label}（{last}）" if lang == "zh" else f"{label} ({last})")
    if not told:
        return ()
    if lang == "zh":
        return ("划片轮次满额的本地学校（末位录取）：" + "；".join(told) + "。",)
    return (
        "Its schools that the zone round filled, with the last admitted: " + "; ".join(told) + ".",
    )


def _cutoff(round_name: str, tier: Any, score: Any, rules: dict[str, Any], lang: Language) -> str:
    """The last admitted in words: tier by name, and lottery number, points or km."""
    kind = "lottery"
    if round_name in ("zone", "private_losers"):
        kind = str(rules.get("tie_break", "lottery"))
    elif round_name == _POINTS_ROUND:
        kind = "points"
    elif round_name in _BY_DISTANCE:
        kind = "distance"
    middle = _middle(score)
    if kind == "lottery":
        text = f"lottery {middle(2)}" if lang == "en" else f"摇号 {middle(2)}"
    elif kind == "points":
        text = f"{middle(1)} points" if lang == "en" else f"{middle(1)} 分"
    else:
        text = f"{middle(1)} km" if lang == "en" else f"{middle(1)} 公里"
    known = tier[np.isfinite(tier)]
    if not known.size:
        return text
    values, times = np.unique(known.astype(int), return_counts=True)
    usual = int(values[times.argmax()])
    tiers = list(rules.get("tiers", ()))
    if usual > len(tiers):
        return f"tier {usual}, {text}" if lang == "en" else f"第{usual}顺位，{text}"
    name = tiers[usual - 1]
    if lang == "zh":
        return f"第{usual}顺位（{_TIER_ZH.get(name, name)}），{text}"
    return f"tier {usual} ({_TIER_EN.get(name, name)}), {text}"


def _middle(values: Any) -> Callable[[int], str]:
    median = float(np.median(values))
    return lambda digits: f"{median:.{digits}f}"


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


def _school_label(data: xr.Dataset, school: str, lang: Language) -> str:
    return _named(data, "name", school, lang)


def _named(data: xr.Dataset, coordinate: str, label: str, lang: Language) -> str:
    wanted = f"{coordinate}_zh" if lang == "zh" else coordinate
    if wanted not in data.coords:
        return label
    values = data.coords[wanted]
    return str(values.sel({values.dims[0]: label}).item()) or label


def _label(label: Label, lang: Language) -> str:
    return label.zh if lang == "zh" else label.en


def _heads(lang: Language, *heads: tuple[str, str]) -> tuple[str, ...]:
    return tuple(zh if lang == "zh" else en for en, zh in heads)


__all__ = ["FEWEST_SHOWN", "Explanation", "explain_area", "explain_school"]
