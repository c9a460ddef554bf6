"""The profession's other method beside the run: grade progression from the county's own rolls.

Where the table of rolls holds earlier years, progression ratios of the last years carry the base
year's roll upwards; grade 1 is filled by the run's own median entrants, so that what differs is
the way through the grades - leaving, dropping out, moving between private and public schools -
and not the births.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from capsim.core.dims import GRADES_OF_LEVEL, LEVELS
from capsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import xarray as xr

FEWEST_YEARS = 3
COUNTY = "county"


def progression_check(scenario: Scenario, data: xr.Dataset) -> list[dict[str, Any]]:
    """Return county rolls by level as grade progression would have them, beside the run's median.

    Parameters
    ----------
    scenario : Scenario
        Its table of rolls gives the history.
    data : Dataset
        Results that hold the scenario.

    Returns
    -------
    list of dict
        ``year, level, progression, run`` in pupils; empty where the rolls hold fewer than three
        years up to the base year.
    """
    from capsim.forecasting.progression import progression_ratios, project_rolls

    base = scenario.years.base
    rolls = scenario.tables().rolls
    history = (
        rolls[rolls["year"] <= base].groupby(["year", "grade"], as_index=False)["pupils"].sum()
    )
    years = sorted(int(y) for y in history["year"].unique())
    if len(years) < FEWEST_YEARS or years != list(range(years[0], base + 1)):
        return []
    history = history.assign(area=COUNTY)
    ratios = progression_ratios(
        history, average="weighted", years=min(FEWEST_YEARS, len(years) - 1)
    )
    run = data.roll_by_kind.sel(scenario=scenario.name).sum("settlement_kind").median("replicate")
    projected = project_rolls(history, ratios, _entrants(scenario, data))
    rows = []
    for year in projected.year.values.tolist():
        for level in LEVELS:
            grades = list(GRADES_OF_LEVEL[level])
            pupils = float(projected.sel(year=year, grade=grades).sum())
            rows.append(
                {
                    "year": int(year),
                    "level": level,
                    "progression": round(pupils, 1),
                    "run": float(run.sel(year=year, level=level)),
                }
            )
    return rows


def _entrants(scenario: Scenario, data: xr.Dataset) -> xr.DataArray:
    """The run's median grade-1 entrants of every coming year, for one area: the county."""
    import xarray as xr

    entered = data.entrants.sel(scenario=scenario.name, level=LEVELS[0]).sum("school")
    coming = entered.sel(year=entered.year > scenario.years.base).median("replicate")
    return xr.DataArray(
        np.asarray(coming.values, dtype=np.float64)[:, None],
        dims=("year", "area"),
        coords={"year": coming.year.values, "area": [COUNTY]},
    )


def check_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the cross-check as a table with the difference in per cent."""
    table = pd.DataFrame(rows, columns=["year", "level", "progression", "run"])
    table["difference_percent"] = 100.0 * (table["run"] / table["progression"] - 1.0)
    return table
