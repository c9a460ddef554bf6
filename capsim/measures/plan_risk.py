"""What a plan risks if births turn out otherwise: seats that stand empty, and regret.

Replicates are futures. With common random numbers replicate k is the same demographic future
under every plan, so plans are compared future by future; stress paths (``plan@path``) are further
futures and are never mixed with the replicates of the forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.measures.budget import present_value
from capsim.measures.indicators import share_of
from capsim.measures.standards import options_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from capsim.scenario.options.budget import BudgetOptions

F64 = NDArray[np.float64]

FORECAST: Final = "forecast"
# Births of the same future differ a little between plans, because families leave otherwise.
SAME_BIRTHS_WITHIN: Final = 0.02


def plan_and_path(scenario: str) -> tuple[str, str]:
    """Split the name of a scenario into its plan and its stress path (``forecast`` if none)."""
    plan, _, path = scenario.partition("@")
    return plan, path or FORECAST


def empty_new_seats(
    new_seats: ArrayLike, spare_seats: ArrayLike, *, lag_years: int, axis: int = -1
) -> F64:
    """Return how many of the seats added by a year are empty some years later.

    A new seat counts as empty while its planning area has that many spare seats: the smaller of
    the two.

    Parameters
    ----------
    new_seats, spare_seats : array_like, same shape
        Seats added by the programme since the base year, and spare seats, by consecutive years
        along `axis`.
    lag_years : int
        Years between adding and looking.
    axis : int
        Axis of the years.

    Returns
    -------
    ndarray, same shape
        At year t the empty ones of the seats that stood at t - lag; missing in the first years.
    """
    added = np.moveaxis(np.asarray(new_seats, dtype=np.float64), axis, -1)
    spare = np.moveaxis(np.asarray(spare_seats, dtype=np.float64), axis, -1)
    result = np.full(added.shape, np.nan)
    years = added.shape[-1]
    if years > lag_years:
        earlier = added[..., : years - lag_years]
        result[..., lag_years:] = np.minimum(np.maximum(earlier, 0.0), spare[..., lag_years:])
    return np.asarray(np.moveaxis(result, -1, axis))


def deciles(values: ArrayLike) -> NDArray[np.int64]:
    """Return the decile (1 to 10) of each value among all; equal values share one.

    With fewer than ten values some deciles stay empty.
    """
    found = np.asarray(values, dtype=np.float64)
    # The mean rank of equal values; scipy.stats.rankdata would take a second to import.
    _, which, size = np.unique(found, return_inverse=True, return_counts=True)
    rank = np.cumsum(size) - (size - 1) / 2
    place = (rank[which] - 0.5) / max(len(found), 1)
    return np.minimum((place * 10).astype(np.int64) + 1, 10)


def regret(loss: ArrayLike) -> F64:
    """Return how much more each plan loses than the best plan of the same future.

    Parameters
    ----------
    loss : array_like, shape (plans, futures)

    Returns
    -------
    ndarray, shape (plans, futures)
        Never negative; 0 for the best plan of each future.
    """
    losses = np.asarray(loss, dtype=np.float64)
    return np.asarray(losses - losses.min(axis=0, keepdims=True))


def surplus_risk(
    data: xr.Dataset, options: BudgetOptions | Mapping[str, BudgetOptions]
) -> pd.DataFrame:
    """Return how many new seats stand empty ten years later, by births and stress path.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``new_seats``, ``spare_seats`` and ``births``.
    options : BudgetOptions or mapping by scenario
        `surplus_lag_years`.

    Returns
    -------
    DataFrame
        ``plan, path, level, births_decile`` (1 the fewest births over the horizon; 0 for all
        replicates together), ``replicates, births`` (mean per year), ``added_by`` (year by which
        the seats were added), ``year`` (in which they are looked at, the last of the run),
        ``new_seats``, ``empty_seats``, ``empty_share``. Without rows where the run is shorter than
        the lag or the plan adds no seats by then.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    years = data["year"].values.astype(int)
    for scenario in data["scenario"].values.tolist():
        lag = options_of(options, scenario).surplus_lag_years
        if lag < len(years):
            rows += _surplus_of(data.sel(scenario=scenario), scenario, years, lag)
    return pd.DataFrame(rows, columns=_SURPLUS_COLUMNS)


def _surplus_of(
    data: xr.Dataset, scenario: str, years: NDArray[np.int64], lag: int
) -> list[dict[str, object]]:
    """Return the rows of one scenario: all replicates together, then by decile of births."""
    order = ("replicate", "level", "planning_area", "year")
    births = data["births"].sum("township").mean("year").values.astype(np.float64)
    added = data["new_seats"].transpose(*order).fillna(0.0).values.astype(np.float64)
    spare = data["spare_seats"].transpose(*order).fillna(0.0).values.astype(np.float64)
    empty = empty_new_seats(added, spare, lag_years=lag)[..., -1].sum(axis=-1)
    stood = np.maximum(added[..., -1 - lag], 0.0).sum(axis=-1)
    plan, path = plan_and_path(scenario)
    decile = deciles(births)
    rows: list[dict[str, object]] = []
    for k, level in enumerate(data["level"].values.tolist()):
        if not stood[:, k].any():
            continue
        for group in (0, *np.unique(decile).tolist()):
            chosen = np.ones(len(decile), dtype=bool) if group == 0 else decile == group
            seats, left = stood[chosen, k].mean(), empty[chosen, k].mean()
            values = (
                *(plan, path, level, group, int(chosen.sum()), births[chosen].mean()),
                *(int(years[-1 - lag]), int(years[-1]), seats, left, float(share_of(left, seats))),
            )
            rows.append(dict(zip(_SURPLUS_COLUMNS, values, strict=True)))
    return rows


_SURPLUS_COLUMNS: Final = [
    "plan",
    "path",
    "level",
    "births_decile",
    "replicates",
    "births",
    "added_by",
    "year",
    "new_seats",
    "empty_seats",
    "empty_share",
]


def plan_regret(
    data: xr.Dataset, options: BudgetOptions | Mapping[str, BudgetOptions]
) -> pd.DataFrame:
    """Return the regret of each plan across demographic futures.

    The loss of a plan in a future is its capital and running cost plus the price of every lacking
    seat and year, all real and discounted to the base year. Plans are compared where they meet the
    same births under the same prices; a plan that has no other to be compared with has no row.

    Parameters
    ----------
    data : xarray.Dataset
        Results with ``capital_cost``, ``running_cost``, ``seat_gap``, ``spare_seats`` and
        ``births``.
    options : BudgetOptions or mapping by scenario

    Returns
    -------
    DataFrame
        ``path, group`` (plans with the same births), ``plan, replicates, cost_yuan`` (present
        value, mean), ``gap_seat_years``, ``spare_seat_years`` (means), ``loss_yuan`` (mean),
        ``regret_mean_yuan, regret_p90_yuan, regret_max_yuan`` and ``best_share`` (of the futures in
        which no plan loses less).
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for group, names in enumerate(_comparable(data, options), start=1):
        parts = [_loss_parts(data.sel(scenario=n), options_of(options, n)) for n in names]
        loss = np.stack([part["loss_yuan"] for part in parts])
        regrets = regret(loss)
        for i, name in enumerate(names):
            plan, path = plan_and_path(name)
            rows.append(
                {
                    "path": path,
                    "group": group,
                    "plan": plan,
                    "replicates": loss.shape[1],
                    **{key: float(values.mean()) for key, values in parts[i].items()},
                    "regret_mean_yuan": float(regrets[i].mean()),
                    "regret_p90_yuan": float(np.quantile(regrets[i], 0.9)),
                    "regret_max_yuan": float(regrets[i].max()),
                    "best_share": float((regrets[i] <= 0).mean()),
                }
            )
    return pd.DataFrame(rows, columns=_REGRET_COLUMNS)


_REGRET_COLUMNS: Final = [
    "path",
    "group",
    "plan",
    "replicates",
    "cost_yuan",
    "gap_seat_years",
    "spare_seat_years",
    "loss_yuan",
    "regret_mean_yuan",
    "regret_p90_yuan",
    "regret_max_yuan",
    "best_share",
]


def _comparable(
    data: xr.Dataset, options: BudgetOptions | Mapping[str, BudgetOptions]
) -> list[list[str]]:
    """Return groups of two and more scenarios with the same path, prices and births."""
    births = data["births"].sum(["township", "year"]).transpose("scenario", "replicate").values
    groups: list[tuple[int, list[str]]] = []
    for i, name in enumerate(data["scenario"].values.tolist()):
        for first, members in groups:
            alike = np.allclose(births[i], births[first], rtol=SAME_BIRTHS_WITHIN, atol=0.5)
            same_path = plan_and_path(name)[1] == plan_and_path(members[0])[1]
            same_prices = options_of(options, name) == options_of(options, members[0])
            if alike and same_path and same_prices:
                members.append(name)
                break
        else:
            groups.append((i, [name]))
    return [members for _, members in groups if len(members) > 1]


def _loss_parts(data: xr.Dataset, options: BudgetOptions) -> dict[str, F64]:
    """Return cost, lacking and spare seat-years and loss of one scenario by replicate."""
    years = data["year"].values
    order = ("replicate", "year")
    real = data.sel(price_basis="real")
    capital = real["capital_cost"].sum(["project", "funding_source"])
    cost = capital + real["running_cost"].sum("cost_item")
    gap = data["seat_gap"].sum(["level", "planning_area"]).transpose(*order).values
    spare = data["spare_seats"].sum(["level", "planning_area"]).transpose(*order).values
    base, rate = int(years[0]), options.discount_rate_per_year
    cost_yuan = present_value(cost.transpose(*order).values, years, base, rate)
    lacking = present_value(gap, years, base, rate) * options.gap_cost_yuan_per_seat_year
    return {
        "cost_yuan": cost_yuan,
        "gap_seat_years": gap.sum(axis=-1).astype(np.float64),
        "spare_seat_years": spare.sum(axis=-1).astype(np.float64),
        "loss_yuan": cost_yuan + lacking,
    }
