"""What a plan does to whom: schools that close, journeys, teachers by place, crowded schools.

Tidy tables from a results dataset, one row for each scenario and case, with bands over
replicates; the comparison of whole scenarios is in :mod:`capsim.results.compare`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS, SETTLEMENT_KINDS
from capsim.core.errors import InvalidInput
from capsim.core.quantiles import BAND
from capsim.results.compare import Comparison, compare

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

F64 = NDArray[np.float64]

# The measures of teachers needed, from the one that counts pupils to the one that counts posts.
MEASURES: Final = {
    "norm": "teacher_need_norm",
    "classes": "teacher_need_classes",
    "posts": "posts",
}


def school_closures(data: xr.Dataset, quantiles: Sequence[float] = BAND) -> pd.DataFrame:
    """Return which schools close when.

    A school closes in the first year in which it is shut after having been open, and is not
    opened again.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``is_open`` and ``roll`` by replicate.
    quantiles : sequence of float
        Quantiles of the year of closing, over the replicates in which the school closes.

    Returns
    -------
    DataFrame
        Schools that close in some replicate, by scenario: ``scenario, school, name, name_zh,
        settlement_kind, share`` (of replicates in which it closes), the quantiles of the year
        (``p10, p50, p90``, whole years) and ``pupils`` (mean roll in the year before).
    """
    import pandas as pd

    is_open = data["is_open"].transpose("scenario", "replicate", "school", "year").values > 0
    roll = data["roll"].sum("grade").transpose("scenario", "replicate", "school", "year").values
    years = data["year"].values.astype(np.int64)
    shut_at_end = is_open.any(axis=-1) & ~is_open[..., -1]
    last_open = is_open.shape[-1] - 1 - is_open[..., ::-1].argmax(axis=-1)
    rows = []
    for s, scenario in enumerate(data["scenario"].values):
        for k in np.flatnonzero(shut_at_end[s].any(axis=0)):
            ends = shut_at_end[s, :, k]
            last = last_open[s, ends, k]
            when = np.quantile(years[last + 1], list(quantiles), method="nearest")
            rows.append(
                {
                    "scenario": str(scenario),
                    **_school(data, int(k)),
                    "share": float(ends.mean()),
                    **{
                        f"p{round(100 * q):02d}": int(y)
                        for q, y in zip(quantiles, when, strict=True)
                    },
                    "pupils": float(roll[s, ends, k][np.arange(len(last)), last].mean()),
                }
            )
    columns = ["scenario", "school", "name", "name_zh", "settlement_kind", "share"]
    columns += [f"p{round(100 * q):02d}" for q in quantiles] + ["pupils"]
    return pd.DataFrame(rows, columns=columns)


def travel_changes(
    data: xr.Dataset, baseline: str, years: Sequence[int] | None = None
) -> Comparison:
    """Return who travels how much further than in the baseline, by level and kind of home.

    Parameters
    ----------
    data : xarray.Dataset
    baseline : str
    years : sequence of int, optional
        All if absent.

    Returns
    -------
    Comparison
        Of the mean and the 90th percentile of distance, km.
    """
    return compare(data, baseline, variables=["travel_km", "travel_km_p90"], years=years)


def teacher_balance(
    data: xr.Dataset, years: Sequence[int], quantiles: Sequence[float] = BAND
) -> pd.DataFrame:
    """Return teachers above or below need by place, level and measure.

    Surpluses and shortages of schools are not netted: ``short`` adds up the schools that have too
    few, ``surplus`` those that have too many.

    Parameters
    ----------
    data : xarray.Dataset
    years : sequence of int
    quantiles : sequence of float
        Quantiles of the balance over replicates.

    Returns
    -------
    DataFrame
        ``scenario, year, level, settlement_kind, measure`` (norm, classes, posts), the means of
        ``teachers, need, short, surplus``, and the quantiles of the balance (teachers less need).
    """
    import pandas as pd

    _known_years(data, years)
    kinds = data["school_settlement_kind"].values.astype(str)
    rows = []
    for measure, name in MEASURES.items():
        dims = ("scenario", "year", "level", "school", "replicate")
        heads = _values(data["teachers"].sel(year=list(years)), dims)
        need = _values(data[name].sel(year=list(years)), dims)
        for k, kind in enumerate(SETTLEMENT_KINDS):
            here = kinds == kind
            balance = heads[:, :, :, here] - need[:, :, :, here]
            total = balance.sum(axis=3)
            for s, y, lv in np.ndindex(total.shape[:3]):
                rows.append(
                    {
                        "scenario": str(data["scenario"].values[s]),
                        "year": int(years[y]),
                        "level": LEVELS[lv],
                        "settlement_kind": SETTLEMENT_KINDS[k],
                        "measure": measure,
                        "teachers": heads[s, y, lv, here].sum(axis=0).mean(),
                        "need": need[s, y, lv, here].sum(axis=0).mean(),
                        "short": np.maximum(-balance[s, y, lv], 0).sum(axis=0).mean(),
                        "surplus": np.maximum(balance[s, y, lv], 0).sum(axis=0).mean(),
                        **{
                            f"p{round(100 * q):02d}": float(np.quantile(total[s, y, lv], q))
                            for q in quantiles
                        },
                    }
                )
    return pd.DataFrame(rows)


def crowded_schools(
    data: xr.Dataset, years: Sequence[int], *, least_share: float = 0.1
) -> pd.DataFrame:
    """Return where classes exceed the cap.

    Parameters
    ----------
    data : xarray.Dataset
    years : sequence of int
    least_share : float
        Schools are listed where pupils sit above the class cap in at least this share of the
        replicates.

    Returns
    -------
    DataFrame
        ``scenario, year, level, school, name, name_zh, settlement_kind, share`` (of replicates
        with pupils above the cap) and ``pupils`` (mean number above the cap), most crowded first.
    """
    import pandas as pd

    _known_years(data, years)
    dims = ("scenario", "year", "level", "school", "replicate")
    over = _values(data["over_cap"].sel(year=list(years)), dims)
    share = (over > 0).mean(axis=-1)
    mean = over.mean(axis=-1)
    rows = [
        {
            "scenario": str(data["scenario"].values[s]),
            "year": int(years[y]),
            "level": LEVELS[lv],
            **_school(data, int(k)),
            "share": float(share[s, y, lv, k]),
            "pupils": float(mean[s, y, lv, k]),
        }
        for s, y, lv, k in np.argwhere(share >= max(least_share, 1e-12))
    ]
    columns = ["scenario", "year", "level", "school", "name", "name_zh", "settlement_kind"]
    frame = pd.DataFrame(rows, columns=[*columns, "share", "pupils"])
    return frame.sort_values(
        ["scenario", "year", "level", "pupils", "school"],
        ascending=[True, True, True, False, True],
        ignore_index=True,
    )


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Children left without a seat in some futures.

    Attributes
    ----------
    futures : int
        Replicates in which some year leaves children without a seat.
    years : tuple of (int, int)
        First and last year in which that happens in some replicate.
    most : int
        Most children of one level without a seat in one year of one replicate.
    year, level : int, str
        Where that is.
    township : str
        Township where most of them live, identifier.
    rooms_without_teachers : int
        Classrooms of the whole county of that level, year and replicate that the teachers of
        their schools cannot staff; 0 where these rooms would not have held the children, so that
        teachers cannot be the reason. Whether they stand within reach is not known here.
    """

    futures: int
    years: tuple[int, int]
    most: int
    year: int
    level: str
    township: str
    rooms_without_teachers: int


def unplaced_children(data: xr.Dataset, scenario: str) -> Unplaced | None:
    """Return how many futures of a scenario leave children without a seat, and the worst case.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``unplaced``; ``school_capacity`` and ``teachers`` for the reason.
    scenario : str
        Name in the results.

    Returns
    -------
    Unplaced or None
        None where every child has a seat in every replicate, or the results do not say.
    """
    if "unplaced" not in data.data_vars:
        return None
    children = data["unplaced"].sel(scenario=scenario).sum("township")
    values = children.transpose("replicate", "year", "level").values
    if not (values > 0).any():
        return None
    replicate, year, level = np.unravel_index(int(np.nanargmax(values)), values.shape)
    most = int(values[replicate, year, level])
    years = data["year"].values[(values > 0).any(axis=(0, 2))]
    at = {"replicate": int(replicate), "year": int(year), "level": int(level)}
    name = str(data["level"].values[level])
    homes = data["unplaced"].sel(scenario=scenario).isel(at)
    return Unplaced(
        int((values > 0).any(axis=(1, 2)).sum()),
        (int(years[0]), int(years[-1])),
        most,
        int(data["year"].values[year]),
        name,
        str(data["township"].values[int(np.nanargmax(homes.values))]),
        _rooms_without_teachers(data, scenario, name, at, most),
    )


def _rooms_without_teachers(
    data: xr.Dataset, scenario: str, level: str, at: Mapping[str, int], children: int
) -> int:
    """Rooms that teachers cannot staff, where they would hold the children; else 0."""
    from capsim.results.reading import class_cap, setting

    least = setting(data, scenario, ["classes", "least_teachers_per_class", level])
    if not least or not {"school_capacity", "teachers"} <= set(data.data_vars):
        return 0
    one = data[["school_capacity", "teachers"]].sel(scenario=scenario).isel(at)
    cap = class_cap(data, scenario, level)
    rooms = np.nan_to_num(one["school_capacity"].values.astype(float)) / cap
    staffed = np.floor(np.nan_to_num(one["teachers"].values.astype(float)) / float(least) + 1e-9)
    idle = int(np.maximum(0.0, rooms - staffed).sum())
    return idle if idle * cap >= children else 0


def _values(array: xr.DataArray, dims: tuple[str, ...]) -> F64:
    """Return an array in a given order of dimensions; cells of closed schools count as 0."""
    return np.nan_to_num(array.transpose(*dims).values.astype(np.float64))


def _school(data: xr.Dataset, row: int) -> dict[str, str]:
    return {
        "school": str(data["school"].values[row]),
        "name": str(data["name"].values[row]),
        "name_zh": str(data["name_zh"].values[row]),
        "settlement_kind": str(data["school_settlement_kind"].values[row]),
    }


def _known_years(data: xr.Dataset, years: Sequence[int]) -> None:
    known = {int(y) for y in data["year"].values}
    unknown = [str(y) for y in years if int(y) not in known]
    if unknown:
        raise InvalidInput.of("years", f"{', '.join(unknown)} not in the results")
