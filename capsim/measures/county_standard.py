"""The county's side of the standard: sizes, spread, exchange, enrolment and retention by year.

One tidy table over the replicates of a run; a rule whose data a run does not have stands in it as
unknown, never as met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS
from capsim.core.quantiles import BAND
from capsim.measures.compliance import school_verdicts
from capsim.measures.indicators import (
    composite_variation_coefficient,
    retention,
    share_of,
    variation_coefficient,
)
from capsim.measures.standards import RUN, options_of, roll_by_level
from capsim.reference.standards import RESOURCE_INDICATORS, Standards

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from capsim.scenario.options.budget import StandardsOptions

F64 = NDArray[np.float64]

# Counts by level that a run may record for the rules on teachers and migrant children.
COUNTS: Final = (
    "teachers_exchanged",
    "teachers_eligible_for_exchange",
    "backbone_teachers_exchanged",
    "migrant_children",
    "migrant_children_in_public_or_purchased_seats",
)
# Of the eight indicators of the earlier measures a run has the stocks of these, and teachers.
COMPOSITE_INDICATORS: Final = (
    "teaching_floor_area",
    "sports_area",
    "equipment_value",
    "high_degree_teachers",
)
_COMPOSITE_NOTE: Final = (
    "mean of five of the eight indicators (floor area, sports area, equipment, degrees, teachers "
    "per pupil); computers, books and senior titles are not in the tables"
)
_URBAN: Final = ["county_town", "township_seat"]
_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Check:
    """One rule computed for one scenario: values by replicate and year.

    Attributes
    ----------
    figure : str
        Name of the figure of the standard.
    level : str
        ``primary``, ``junior``, ``nine_year`` or ``all``.
    values : ndarray, shape (replicate, year)
        Missing where unknown.
    limit : float
        Limit that the values are held to.
    direction : {"min", "max"}
    indicator : str
        Resource indicator, for rules by indicator.
    over : ndarray, shape (replicate, year), optional
        Number of schools or classes beyond the limit.
    note : str
        What to know about the value.
    """

    figure: str
    level: str
    values: F64
    limit: float
    direction: Literal["min", "max"]
    indicator: str = ""
    over: F64 | None = None
    note: str = ""


def county_checks(
    data: xr.Dataset,
    options: StandardsOptions | Mapping[str, StandardsOptions],
    counts: xr.Dataset | None = None,
) -> pd.DataFrame:
    """Return every rule on the county by scenario and year.

    Parameters
    ----------
    data : xarray.Dataset
        Results with the variables ``add_indicators`` adds; ``class_size``,
        ``zone_school_share``, ``outcomes``, ``teachers`` and ``teacher_flows`` where they exist.
    options : StandardsOptions or mapping by scenario
    counts : xarray.Dataset, optional
        Variables of `COUNTS` by run dimensions and level.

    Returns
    -------
    DataFrame
        ``scenario, year, rule, level, indicator, value`` (median of the replicates), ``p10, p90,
        limit, direction, beyond`` (median number of schools or classes beyond the limit),
        ``probability_met, label, label_zh, unit, source, mark, note``.
    """
    import pandas as pd

    verdicts = school_verdicts(data, options)
    frames = []
    for scenario in data["scenario"].values.tolist():
        standards = options_of(options, scenario).standards()
        one = data.sel(scenario=scenario).transpose("replicate", "year", ...)
        extra = None if counts is None else _of_scenario(counts, scenario)
        verdict = verdicts.sel(scenario=scenario).transpose("replicate", "year", ...)
        checks = [
            *_size_checks(one, standards),
            *_class_checks(one, standards),
            *_resource_checks(one, standards, verdict.values),
            *_composite_checks(one, standards),
            *_exchange_checks(one, standards, extra),
            *_enrolment_checks(one, standards, extra),
            *_retention_checks(one, standards),
        ]
        years = one["year"].values
        frames += [_rows(check, scenario, years, standards) for check in checks]
    return pd.concat(frames, ignore_index=True)


def _of_scenario(counts: xr.Dataset, scenario: str) -> xr.Dataset:
    one = counts.sel(scenario=scenario) if "scenario" in counts.dims else counts
    return one.transpose("replicate", "year", ...)


def _rows(check: Check, scenario: str, years: F64, standards: Standards) -> pd.DataFrame:
    """Return the rows of one check: bands over replicates by year."""
    import pandas as pd

    known = ~np.isnan(check.values)
    slack = _TOLERANCE * max(1.0, abs(check.limit))
    sign = 1.0 if check.direction == "min" else -1.0
    met = (sign * (check.values - check.limit) >= -slack) & known
    low, middle, high = _bands(check.values)
    figure = standards[check.figure]
    return pd.DataFrame(
        {
            "scenario": scenario,
            "year": years,
            "rule": check.figure,
            "level": check.level,
            "indicator": check.indicator,
            "value": middle,
            "p10": low,
            "p90": high,
            "limit": check.limit,
            "direction": check.direction,
            "beyond": np.full(len(years), np.nan) if check.over is None else _bands(check.over)[1],
            "probability_met": share_of(met.sum(axis=0), known.sum(axis=0)),
            "label": figure.label,
            "label_zh": figure.label_zh,
            "unit": figure.unit,
            "source": standards.title(check.figure),
            "mark": figure.mark,
            "note": check.note or figure.note,
        }
    )


def _bands(values: F64) -> tuple[F64, F64, F64]:
    """Return the 10, 50 and 90 % quantiles over replicates of what is known, by year."""
    bands = np.full((3, values.shape[1]), np.nan)
    some = ~np.isnan(values).all(axis=0)
    if some.any():
        bands[:, some] = np.nanquantile(values[:, some], BAND, axis=0)
    return bands[0], bands[1], bands[2]


def _size_checks(data: xr.Dataset, standards: Standards) -> Iterator[Check]:
    """School size: a school with pupils at both levels is held to the nine-year limit."""
    by_level = roll_by_level(data).transpose("replicate", "year", "school", "level")
    roll = by_level.values.astype(np.float64)
    both = (roll > 0).all(axis=-1)
    rolls = {
        "primary": np.where(both, 0.0, roll[..., 0]),
        "junior": np.where(both, 0.0, roll[..., 1]),
        "nine_year": np.where(both, roll.sum(axis=-1), 0.0),
    }
    for kind, pupils in rolls.items():
        limit = standards.limit("school_size", kind)
        over = (pupils > limit).sum(axis=-1).astype(np.float64)
        largest = pupils.max(axis=-1)
        values = np.where(largest > 0, largest, np.nan)
        yield Check("school_size", kind, values, limit, "max", over=over, note="largest school")


def _class_checks(data: xr.Dataset, standards: Standards) -> Iterator[Check]:
    """Class size, and the counts of large and super-large classes."""
    if "class_size" not in data:
        return
    bins = data["class_size_bin"].values.astype(np.float64)
    array = data["class_size"].transpose("replicate", "year", "level", "class_size_bin")
    for i, level in enumerate(LEVELS):
        classes = array.values[:, :, i].astype(np.float64)
        any_class = (classes > 0).any(axis=-1)
        largest = np.where(any_class, np.where(classes > 0, bins, 0).max(axis=-1), np.nan)
        limit = standards.limit("class_size", level)
        over = classes[..., bins > limit].sum(axis=-1)
        yield Check("class_size", level, largest, limit, "max", over=over, note="largest class")
        for flag in ("large_class", "super_large_class"):
            size = standards.limit(flag, level)
            flagged = np.where(any_class, classes[..., bins >= size].sum(axis=-1), np.nan)
            note = f"classes of {size:g} and more"
            yield Check(flag, level, flagged, 0.0, "max", over=flagged, note=note)


def _resource_checks(data: xr.Dataset, standards: Standards, verdict: F64) -> Iterator[Check]:
    """Variation coefficients, and the share of schools that meet six of seven."""
    spread = data["variation_coefficient"].transpose(
        "replicate", "year", "level", "resource_indicator"
    )
    for i, level in enumerate(LEVELS):
        known = ~np.isnan(verdict[..., i])
        share = share_of((verdict[..., i] == 1).sum(axis=-1), known.sum(axis=-1))
        over = (verdict[..., i] == 0).sum(axis=-1).astype(np.float64)
        note = "share of schools that meet six of seven, the rest at 85 %"
        yield Check("indicators_met_per_school", level, share, 1.0, "min", over=over, note=note)
        limit = standards.limit("variation_coefficient_each", level)
        for k, name in enumerate(RESOURCE_INDICATORS):
            values = spread.values[:, :, i, k].astype(np.float64)
            yield Check("variation_coefficient_each", level, values, limit, "max", indicator=name)


def _composite_checks(data: xr.Dataset, standards: Standards) -> Iterator[Check]:
    """Compute the composite of the earlier measures from the stocks a run has, for comparison."""
    if "teachers" not in data:
        return
    assessed = data["indicator"].count("resource_indicator") > 0
    pupils = roll_by_level(data).where(assessed, 0)
    order = ("replicate", "year", "level", "school")
    teachers = variation_coefficient(
        data["teachers"].transpose(*order).values, pupils.transpose(*order).values
    )
    chosen = data["variation_coefficient"].sel(resource_indicator=list(COMPOSITE_INDICATORS))
    others = chosen.transpose("replicate", "year", "level", "resource_indicator").values
    composite = composite_variation_coefficient(
        np.concatenate([others, teachers[..., None]], axis=-1)
    )
    name = "variation_coefficient_composite"
    for i, level in enumerate(LEVELS):
        limit = standards.limit(name, level)
        yield Check(name, level, composite[..., i], limit, "max", note=_COMPOSITE_NOTE)


def _count(counts: xr.Dataset | None, name: str) -> F64 | None:
    """Return a recorded count over both levels, shape (replicate, year); None if not recorded."""
    if counts is None or name not in counts:
        return None
    return np.asarray(counts[name].sum("level", skipna=False).values, dtype=np.float64)


def _unknown(data: xr.Dataset) -> F64:
    return np.full((data.sizes["replicate"], data.sizes["year"]), np.nan)


def _share_if_known(data: xr.Dataset, part: F64 | None, whole: F64 | None) -> tuple[F64, str]:
    """Return a share by replicate and year, or missing values and the words for it."""
    if part is None or whole is None:
        return _unknown(data), "no data"
    return share_of(part, whole), ""


def _exchange_checks(
    data: xr.Dataset, standards: Standards, counts: xr.Dataset | None
) -> Iterator[Check]:
    """Exchange of teachers over those eligible, or over all where the eligible are not recorded."""
    moved = _count(counts, "teachers_exchanged")
    if moved is None and "teacher_flows" in data:
        flows = data["teacher_flows"].sel(teacher_cause="exchanged_out")
        # Flows out of a school are recorded as negative numbers.
        moved = np.abs(flows.sum(["school", "level"], min_count=1).values.astype(np.float64))
    base, note = _count(counts, "teachers_eligible_for_exchange"), "over eligible teachers"
    if base is None and "teachers" in data:
        base = data["teachers"].sum(["school", "level"]).values.astype(np.float64)
        note = "over all full-time teachers"
    limit = standards.limit("teacher_exchange")
    if moved is None or base is None:
        yield Check("teacher_exchange", "all", _unknown(data), limit, "min", note="no data")
    else:
        yield Check("teacher_exchange", "all", share_of(moved, base), limit, "min", note=note)
    backbone = _count(counts, "backbone_teachers_exchanged")
    limit = standards.limit("backbone_share_of_exchanged")
    values, note = _share_if_known(data, backbone, moved)
    yield Check("backbone_share_of_exchanged", "all", values, limit, "min", note=note)


def _enrolment_checks(
    data: xr.Dataset, standards: Standards, counts: xr.Dataset | None
) -> Iterator[Check]:
    """Zone-enrolment share of town homes, and migrant children in public or purchased seats."""
    shares = _town_zone_share(data)
    for i, level in enumerate(LEVELS):
        limit = standards.limit("nearby_enrolment", level)
        values = _unknown(data) if shares is None else shares[..., i]
        note = "no data" if shares is None else "entrants who live in the county town or a seat"
        yield Check("nearby_enrolment", level, values, limit, "min", note=note)
    name = "migrant_children_in_public_or_purchased_seats"
    values, note = _share_if_known(data, _count(counts, name), _count(counts, "migrant_children"))
    yield Check(name, "all", values, standards.limit(name), "min", note=note)


def _town_zone_share(data: xr.Dataset) -> F64 | None:
    """Return the zone school share of town homes by replicate, year and level.

    Homes in the county town and in township seats are weighted by their applicants.
    """
    if "zone_school_share" not in data or "outcomes" not in data:
        return None
    town = data["zone_school_share"].sel(settlement_kind=_URBAN)
    applicants = data["outcomes"].sel(settlement_kind=_URBAN).sum(["township", "outcome"])
    weight = applicants.where(town.notnull(), 0)  # noqa: PD004 - xarray has no notna
    part = (town.fillna(0) * weight).sum("settlement_kind")
    order = ("replicate", "year", "level")
    whole = weight.sum("settlement_kind").transpose(*order).values
    return share_of(part.transpose(*order).values, whole)


def _retention_checks(data: xr.Dataset, standards: Standards) -> Iterator[Check]:
    """Nine-year and junior three-year retention."""
    nine = data["retention"].transpose(*RUN[1:]).values.astype(np.float64)
    limit = standards.limit("nine_year_retention")
    yield Check("nine_year_retention", "all", nine, limit, "min")
    grades = data["roll"].sum("school").transpose("replicate", "grade", "year")
    seventh = grades.sel(grade=7).values.astype(np.float64)
    ninth = grades.sel(grade=9).values.astype(np.float64)
    limit = standards.limit("junior_three_year_retention")
    yield Check(
        "junior_three_year_retention", "junior", retention(ninth, seventh, years=2), limit, "min"
    )
