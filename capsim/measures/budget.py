"""What a plan costs: capital by project and source, running cost by item, nominal and real.

Amounts come in prices of the price year. *Real* amounts stay in these prices (with growth above
inflation where the scenario has some), *nominal* amounts carry general inflation as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.catalogue import BY_NAME
from capsim.core.errors import Problems
from capsim.measures.standards import RUN, options_of, roll_by_level

if TYPE_CHECKING:
    import xarray as xr

    from capsim.scenario.options.budget import BudgetOptions

F64 = NDArray[np.float64]

PRICE_BASES: Final = ("nominal", "real")
COST_ITEMS: Final = ("teachers", "public_funds", "boarding", "buses", "leases")
# Amounts and seats the run records for the budget, by scenario, replicate and year; yuan of the
# price year. `payments` has project and funding_source as well.
INPUTS: Final = ("payments", "bus_cost_yuan", "lease_cost_yuan", "leased_seats")


def price_index(years: ArrayLike, price_year: int, rate: float) -> F64:
    """Return the price level of each year, 1 in the price year.

    Parameters
    ----------
    years : array_like of int
    price_year : int
    rate : float
        Rise per year, e.g. 0.02.
    """
    steps = np.asarray(years, dtype=np.float64) - price_year
    index: F64 = (1.0 + rate) ** steps
    return index


def present_value(
    real: ArrayLike, years: ArrayLike, base_year: int, rate: float, *, axis: int = -1
) -> F64:
    """Return the sum of real amounts discounted to the base year.

    Parameters
    ----------
    real : array_like
        Amounts in constant prices; missing amounts count nothing.
    years : array_like of int, shape (years,)
    base_year : int
    rate : float
        Real discount rate per year.
    axis : int
        Axis of the years.
    """
    weights = price_index(years, base_year, rate) ** -1.0
    amounts = np.moveaxis(np.nan_to_num(np.asarray(real, dtype=np.float64)), axis, -1)
    return np.asarray(amounts @ weights, dtype=np.float64)


def public_funds(pupils: ArrayLike, rate_yuan: ArrayLike, *, least_pupils: float = 100) -> F64:
    """Return the public funds (公用经费) of each school.

    A school with fewer than `least_pupils` pupils of both levels together is funded as if it had
    that many, in the proportion of its levels; a school without pupils gets nothing.

    Parameters
    ----------
    pupils : array_like, shape (..., 2)
        Pupils by level.
    rate_yuan : array_like, shape (2,)
        Yuan per pupil and year by level.
    least_pupils : float
        The floor; 0 switches it off.

    Returns
    -------
    ndarray, shape (...)
        Yuan per year.
    """
    roll = np.asarray(pupils, dtype=np.float64)
    total = roll.sum(axis=-1)
    factor = np.ones(total.shape)
    np.divide(least_pupils, total, out=factor, where=(total > 0) & (total < least_pupils))
    funds: F64 = (roll * np.asarray(rate_yuan, dtype=np.float64)).sum(axis=-1) * factor
    return funds


def cost_per_new_seat(capital_yuan: ArrayLike, new_seats: ArrayLike) -> F64:
    """Return capital over seats, missing where no seat is added."""
    capital, seats = np.broadcast_arrays(
        np.asarray(capital_yuan, dtype=np.float64), np.asarray(new_seats, dtype=np.float64)
    )
    result = np.full(capital.shape, np.nan)
    np.divide(capital, seats, out=result, where=seats > 0)
    return result


def add_budget(
    data: xr.Dataset,
    inputs: xr.Dataset,
    options: BudgetOptions | Mapping[str, BudgetOptions],
) -> xr.Dataset:
    """Return the results with ``capital_cost`` and ``running_cost`` added.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``roll``, ``teachers`` and, where there are such, ``boarders`` and
        ``bus_riders``.
    inputs : xarray.Dataset
        ``payments`` by project, funding source and year, and ``bus_cost_yuan``,
        ``lease_cost_yuan`` and ``leased_seats`` (seats whose project gives no rent) by year, all
        in yuan of the price year; each may have the run's other dimensions. What is absent is
        nothing spent.
    options : BudgetOptions or mapping by scenario

    Returns
    -------
    xarray.Dataset
        Costs are missing in the base year, where nothing runs; payments that fall into it stay.

    Raises
    ------
    InvalidInput
        If `data` or `inputs` lack what is needed or do not align.
    """
    import xarray as xr

    _check(data, inputs)
    parts = []
    for scenario in data["scenario"].values.tolist():
        chosen = options_of(options, scenario)
        one = data.sel(scenario=[scenario])
        amounts = inputs.sel(scenario=[scenario]) if "scenario" in inputs.dims else inputs
        capital = _capital(one, amounts, chosen)
        parts.append(
            xr.Dataset({"capital_cost": capital, "running_cost": _running(one, amounts, chosen)})
        )
    added = xr.concat(parts, dim="scenario") if len(parts) > 1 else parts[0]
    _blank_base_year(added)
    for name in added.data_vars:
        variable = BY_NAME[str(name)]
        added[name].attrs = {
            "units": variable.unit,
            "long_name": variable.long_name,
            "long_name_zh": variable.long_name_zh,
        }
    return data.assign(added.data_vars)


def _check(data: xr.Dataset, inputs: xr.Dataset) -> None:
    problems = Problems()
    for name in ("roll", "teachers"):
        if name not in data:
            problems.add("results", f"hold no variable {name}")
    for given in inputs.data_vars:
        if given not in INPUTS:
            problems.add("budget inputs", f"unknown variable {given}", ", ".join(INPUTS))
    for dim in inputs.dims:
        if dim in RUN and inputs[dim].values.tolist() != data[dim].values.tolist():
            problems.add("budget inputs", f"labels of {dim} differ from those of the results")
    riders = data.get("bus_riders")
    if riders is not None and "bus_cost_yuan" not in inputs and bool((riders > 0).any()):
        problems.add("budget inputs", "there are bus riders but no bus_cost_yuan")
    problems.raise_if_any()


def _blank_base_year(costs: xr.Dataset) -> None:
    """Mark the base year as missing, in place; capital stays where something is paid in it."""
    first = {"year": costs["year"].values[0]}
    costs["running_cost"].loc[first] = np.nan
    if not bool((costs["capital_cost"].loc[first] != 0).any()):
        costs["capital_cost"].loc[first] = np.nan


def _by_run(array: xr.DataArray, data: xr.Dataset) -> xr.DataArray:
    """Return an array with scenario, replicate and year first, repeated where it has none."""
    missing = {d: data[d] for d in RUN if d not in array.dims}
    return array.expand_dims(missing).transpose(*RUN, ...).astype(np.float64)


def _in_both_bases(real: xr.DataArray, options: BudgetOptions, growth: float) -> xr.DataArray:
    """Return amounts of the price year as nominal and real amounts, ``price_basis`` last."""
    import xarray as xr

    years = real["year"]
    start = int(years.values[0])
    price_year = options.price_year if options.price_year is not None else start
    above = price_index(years.values, price_year, growth)
    general = price_index(years.values, price_year, options.inflation_per_year)
    factors = xr.DataArray(
        np.stack([above * general, above], axis=-1),
        coords={"year": years, "price_basis": list(PRICE_BASES)},
        dims=("year", "price_basis"),
    )
    return (real * factors).transpose(*RUN, ..., "price_basis")


def _capital(data: xr.Dataset, inputs: xr.Dataset, options: BudgetOptions) -> xr.DataArray:
    """Return capital by project, funding source and price basis, yuan."""
    import xarray as xr

    if "payments" in inputs:
        payments = _by_run(inputs["payments"], data).transpose(*RUN, "project", "funding_source")
    else:
        shape = tuple(data.sizes[d] for d in RUN)
        payments = xr.DataArray(
            np.zeros((*shape, 0, 0)),
            coords={**{d: data[d] for d in RUN}, "project": [], "funding_source": []},
            dims=(*RUN, "project", "funding_source"),
        )
    growth = options.construction_growth_above_inflation_per_year
    return _in_both_bases(payments.fillna(0.0), options, growth)


def _running(data: xr.Dataset, inputs: xr.Dataset, options: BudgetOptions) -> xr.DataArray:
    """Return running cost by item and price basis, yuan."""
    import xarray as xr

    pupils = roll_by_level(data).transpose(*RUN, "school", "level")
    funds = public_funds(
        pupils.values,
        options.public_funds_yuan.as_tuple(),
        least_pupils=options.public_funds_least_pupils,
    ).sum(axis=-1)
    teachers = data["teachers"].sum("school").transpose(*RUN, "level").values.astype(np.float64)
    pay = teachers @ np.array(options.teacher_cost_yuan.as_tuple())
    boarders = _total(data, data, "boarders")
    leases = _total(data, inputs, "lease_cost_yuan")
    leases += _total(data, inputs, "leased_seats") * options.lease_yuan_per_seat
    general = np.stack(
        [
            funds,
            boarders * options.boarder_supplement_yuan,
            _total(data, inputs, "bus_cost_yuan"),
            leases,
        ],
        axis=-1,
    )
    coords = {d: data[d] for d in RUN}

    def labelled(values: F64, items: tuple[str, ...]) -> xr.DataArray:
        return xr.DataArray(
            values, coords={**coords, "cost_item": list(items)}, dims=(*RUN, "cost_item")
        )

    growth = options.teacher_cost_growth_above_inflation_per_year
    parts = [
        _in_both_bases(labelled(pay[..., None], COST_ITEMS[:1]), options, growth),
        _in_both_bases(labelled(general, COST_ITEMS[1:]), options, 0.0),
    ]
    return xr.concat(parts, dim="cost_item").transpose(*RUN, "cost_item", "price_basis")


def _total(data: xr.Dataset, holder: xr.Dataset, name: str) -> F64:
    """Return a recorded amount added up over schools, shape of the run; 0 where not recorded."""
    if name not in holder:
        return np.zeros(tuple(data.sizes[d] for d in RUN))
    amount = _by_run(holder[name], data).fillna(0.0)
    extra = [d for d in amount.dims if d not in RUN]
    return np.asarray(amount.sum(extra).values, dtype=np.float64)
