"""The tables of a budget: capital by year, project and source, totals, cost per seat and per m2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS
from capsim.core.quantiles import BAND
from capsim.measures.budget import PRICE_BASES, cost_per_new_seat, present_value
from capsim.measures.standards import RUN, options_of
from capsim.reference.costs import published_costs
from capsim.reference.standards import area_norm_m2_per_pupil

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from capsim.scenario.options.budget import BudgetOptions

F64 = NDArray[np.float64]

QUANTILES: Final = tuple(zip(("p10", "median", "p90"), BAND, strict=True))
CAPITAL: Final = "capital"


def capital_table(data: xr.Dataset) -> pd.DataFrame:
    """Return capital by scenario, year, project and funding source.

    Returns
    -------
    DataFrame
        ``scenario, year, project, funding_source`` and, for each price basis, the mean over
        replicates (``nominal_yuan``, ``real_yuan``): means add up over projects, sources and years,
        medians would not. Rows in which no replicate pays anything are left out.
    """
    mean = data["capital_cost"].fillna(0.0).mean("replicate")
    frame = _by_basis(mean, ("scenario", "year", "project", "funding_source"))
    paid = (frame["nominal_yuan"] != 0) | (frame["real_yuan"] != 0)
    return frame[paid].reset_index(drop=True)


def yearly_costs(data: xr.Dataset) -> pd.DataFrame:
    """Return capital and each running cost item by scenario and year, mean over replicates.

    Returns
    -------
    DataFrame
        ``scenario, year, item, nominal_yuan, real_yuan``; the item ``capital`` and those of
        ``cost_item``. Missing where the run has no flow (the base year).
    """
    import pandas as pd

    capital = data["capital_cost"].sum(["project", "funding_source"], min_count=1)
    if data.sizes["project"] == 0:
        capital = capital.fillna(0.0).where(data["running_cost"].count("cost_item") > 0)
    running = data["running_cost"].mean("replicate")
    amounts = {CAPITAL: capital.mean("replicate")}
    amounts |= {item: running.sel(cost_item=item) for item in running["cost_item"].values.tolist()}
    keys = ("scenario", "year")
    frames = [_by_basis(array, keys).assign(item=item) for item, array in amounts.items()]
    table = pd.concat(frames, ignore_index=True)
    return table[["scenario", "year", "item", "nominal_yuan", "real_yuan"]]


def _by_basis(array: xr.DataArray, keys: tuple[str, ...]) -> pd.DataFrame:
    """Return an array as rows of `keys` in the order of their labels, one column a price basis."""
    plain = array.reset_coords(drop=True).transpose(*keys, "price_basis")
    frame = plain.to_dataset("price_basis").to_dataframe(dim_order=list(keys)).reset_index()
    frame = frame.rename(columns={basis: f"{basis}_yuan" for basis in PRICE_BASES})
    return frame[[*keys, *(f"{basis}_yuan" for basis in PRICE_BASES)]]


def cost_totals(
    data: xr.Dataset, options: BudgetOptions | Mapping[str, BudgetOptions]
) -> pd.DataFrame:
    """Return totals over the horizon by scenario and item.

    Returns
    -------
    DataFrame
        ``scenario, item, measure, mean, p10, median, p90`` in yuan. Items: ``capital``, those of
        ``cost_item``, and ``all``. Measures: ``nominal``, ``real``, and ``present_value`` (real,
        discounted to the base year at the scenario's rate).
    """
    import pandas as pd

    years = data["year"].values
    rows = []
    for scenario in data["scenario"].values.tolist():
        rate = options_of(options, scenario).discount_rate_per_year
        for item, amounts in _items(data.sel(scenario=scenario)).items():
            measures = {
                "nominal": amounts[..., 0].sum(axis=-1),
                "real": amounts[..., 1].sum(axis=-1),
                "present_value": present_value(amounts[..., 1], years, int(years[0]), rate),
            }
            for measure, values in measures.items():
                bands = {name: float(np.quantile(values, q)) for name, q in QUANTILES}
                row = {"scenario": scenario, "item": item, "measure": measure}
                rows.append({**row, "mean": float(values.mean()), **bands})
    return pd.DataFrame(rows)


def _items(data: xr.Dataset) -> dict[str, F64]:
    """Return amounts of one scenario by item, each (replicate, year, price_basis)."""
    order = (*RUN[1:], "price_basis")
    capital = data["capital_cost"].sum(["project", "funding_source"]).transpose(*order).values
    running = data["running_cost"].fillna(0.0).transpose(*order, "cost_item").values
    items = {CAPITAL: capital.astype(np.float64)}
    for k, name in enumerate(data["cost_item"].values.tolist()):
        items[str(name)] = running[..., k].astype(np.float64)
    items["all"] = capital + running.sum(axis=-1)
    return items


def unit_costs(
    data: xr.Dataset,
    options: BudgetOptions | Mapping[str, BudgetOptions],
    *,
    construction_cost_yuan_per_m2: Mapping[str, float],
    built_m2: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return the plan's cost per new seat and per m2 beside norms and published figures.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``capital_cost`` and ``new_seats``.
    options : BudgetOptions or mapping by scenario
    construction_cost_yuan_per_m2 : mapping of str to float
        The programme's construction cost by scenario, for the cost of a seat by area norm.
    built_m2 : mapping of str to float, optional
        Floor area that the programme builds, by scenario.

    Returns
    -------
    DataFrame
        ``scenario`` (empty for published figures), ``figure``, ``unit``, ``p10``, ``median``,
        ``p90``, ``bound`` (``upper`` for outlays that include other works), ``mark``, ``source``.
        Real yuan. The plan's rows are missing where it adds no seats.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    seats = data["new_seats"].sum(["level", "planning_area"]).isel(year=-1)
    for scenario in data["scenario"].values.tolist():
        capital = _items(data.sel(scenario=scenario))[CAPITAL][..., 1].sum(axis=-1)
        added = seats.sel(scenario=scenario).values
        rows.append(
            _unit_row(scenario, "capital_per_new_seat", cost_per_new_seat(capital, added), "seat")
        )
        if built_m2 and built_m2.get(scenario):
            per_m2 = cost_per_new_seat(capital, built_m2[scenario])
            rows.append(_unit_row(scenario, "capital_per_m2", per_m2, "m2"))
        classes = options_of(options, scenario).norm_school_classes
        for level in LEVELS:
            area = area_norm_m2_per_pupil(level, classes.at(level))
            norm = np.array([area * options_of(construction_cost_yuan_per_m2, scenario)])
            row = _unit_row(scenario, f"norm_per_seat_{level}", norm, "seat")
            source = f"{area:.1f} m2 per pupil in a school of {classes.at(level):g} classes"
            rows.append({**row, "source": f"{source} x construction cost per m2"})
    for cost in published_costs().values():
        if cost.unit in ("yuan per new seat", "yuan per m2"):
            unit = "seat" if cost.unit == "yuan per new seat" else "m2"
            row = _unit_row("", cost.name, np.array([cost.at()]), unit)
            known = {"bound": cost.bound, "mark": cost.mark, "source": cost.source}
            rows.append({**row, **known})
    return pd.DataFrame(rows)


def _unit_row(scenario: str, figure: str, values: F64, unit: str) -> dict[str, object]:
    known = values[~np.isnan(values)]
    bands = {n: float(np.quantile(known, q)) if len(known) else np.nan for n, q in QUANTILES}
    return {
        "scenario": scenario,
        "figure": figure,
        "unit": f"yuan per {unit}",
        **bands,
        "bound": "",
        "mark": "derived",
        "source": "this run",
    }
