"""From the records of a run to its standards and its budget: the inputs both need, put together.

The formulas know nothing of counties and records; this is the one place that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS
from capsim.county.schools import TEACHING_POINT
from capsim.measures.budget import add_budget
from capsim.measures.standards import PLACE_RESOURCES, RUN, TEACHER_RESOURCES, add_indicators

if TYPE_CHECKING:
    import xarray as xr

    from capsim.county.county import County

F64 = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

# Money a replicate leaves beside the catalogue's variables, yuan of the price year: `payments`
# (years, projects, funding sources) in whole yuan, the others (years,).
PAYMENTS: Final = "payments"
YEARLY_MONEY: Final = ("bus_cost_yuan", "lease_cost_yuan", "leased_seats")


def add_measures(
    data: xr.Dataset, counties: Sequence[County], records: Sequence[Sequence[Arrays]]
) -> xr.Dataset:
    """Return the results with the standards' variables and the costs added.

    Parameters
    ----------
    data : xarray.Dataset
        As :func:`capsim.results.assemble.assemble` makes it.
    counties : sequence of County
        One per scenario, in the order of `data`.
    records : sequence of sequence of mapping
        ``records[scenario][replicate][name]`` with `PAYMENTS` and `YEARLY_MONEY`.
    """
    scenarios = {c.scenario.name: c.scenario for c in counties}
    measured = add_indicators(
        data,
        indicator_inputs(data, counties),
        {name: scenario.standards for name, scenario in scenarios.items()},
        entrants_before=entrants_before(counties[0]),
    )
    return add_budget(
        measured,
        budget_inputs(data, counties, records),
        {name: scenario.budget for name, scenario in scenarios.items()},
    )


def indicator_inputs(data: xr.Dataset, counties: Sequence[County]) -> xr.Dataset:
    """Return the stocks behind the indicators: teachers of the run, places of the tables.

    A place resource that no table reports is left out, so that its indicator is missing and not 0.
    """
    import xarray as xr

    schools = data["school"].values.tolist()
    known: dict[str, Any] = {name: data[name] for name in TEACHER_RESOURCES if name in data}
    for name in PLACE_RESOURCES:
        table = np.stack([_on_union(c, c.schools.resources.get(name), schools) for c in counties])
        if not np.isnan(table).all():
            known[name] = (("scenario", "school", "level"), table)
    kinds = {
        school: int(county.schools.kind[row]) == TEACHING_POINT
        for county in reversed(counties)
        for row, school in enumerate(county.schools.ids)
    }
    known["is_teaching_point"] = ("school", [kinds[school] for school in schools])
    coords = {"scenario": data["scenario"], "school": data["school"], "level": list(LEVELS)}
    return xr.Dataset(known, coords=coords).reset_coords(drop=True)


def _on_union(county: County, table: F64 | None, schools: list[str]) -> F64:
    """Place a table by school and level on the union of schools, missing where there is none."""
    full = np.full((len(schools), len(LEVELS)), np.nan)
    if table is not None:
        row = {school: i for i, school in enumerate(schools)}
        full[[row[school] for school in county.schools.ids]] = table
    return full


def entrants_before(county: County) -> dict[int, float]:
    """Return the county's grade-1 pupils in school years before the base year, where reported."""
    rolls = county.scenario.tables().rolls
    first = rolls[(rolls["grade"] == 1) & (rolls["year"] < county.scenario.years.base)]
    totals = first.groupby("year")["pupils"].sum()
    years, pupils = totals.index.to_numpy(), totals.to_numpy()
    return {int(year): float(count) for year, count in zip(years, pupils, strict=True)}


def budget_inputs(
    data: xr.Dataset, counties: Sequence[County], records: Sequence[Sequence[Arrays]]
) -> xr.Dataset:
    """Return the money of the run over the union of projects and funding sources."""
    import xarray as xr

    projects = _union([county.programme.project_ids for county in counties])
    sources = _union([county.programme.funding_sources for county in counties])
    shape = tuple(data.sizes[d] for d in RUN)
    payments = np.zeros((*shape, len(projects), len(sources)))
    yearly = {name: np.zeros(shape) for name in YEARLY_MONEY}
    for s, (county, runs) in enumerate(zip(counties, records, strict=True)):
        mine = [projects.index(p) for p in county.programme.project_ids]
        paying = [sources.index(f) for f in county.programme.funding_sources]
        for r, run in enumerate(runs):
            payments[s, r][np.ix_(range(shape[2]), mine, paying)] = run[PAYMENTS]
            for name, table in yearly.items():
                table[s, r] = np.nan_to_num(run[name])
    coords = {d: data[d] for d in RUN} | {"project": projects, "funding_source": sources}
    variables: dict[str, Any] = {name: (RUN, table) for name, table in yearly.items()}
    variables[PAYMENTS] = ((*RUN, "project", "funding_source"), payments)
    return xr.Dataset(variables, coords=coords).reset_coords(drop=True)


def _union(lists: Sequence[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in lists for name in names))
