"""Zones by distance, where no table of zones is given."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.core.dims import GRADES_OF_LEVEL, LEVELS

_ELSEWHERE_KM = 1e6  # added to schools of other townships, so that they come last


def distances(a: pd.DataFrame, b: pd.DataFrame) -> NDArray[np.float64]:
    """Return straight-line distances in km between the rows of two tables with x_km and y_km."""
    x = a["x_km"].to_numpy()[:, None] - b["x_km"].to_numpy()[None, :]
    y = a["y_km"].to_numpy()[:, None] - b["y_km"].to_numpy()[None, :]
    result: NDArray[np.float64] = np.hypot(x, y)
    return result


def nearest_zones(
    schools: pd.DataFrame, settlements: pd.DataFrame, *, count: int = 1
) -> pd.DataFrame:
    """Return zones by distance: the nearest campuses that teach the entry grade of the level.

    Campuses of the settlement's township come before all others. A settlement beside a teaching
    point has the teaching point as its primary zone: children go on to the parent school after
    the point's last grade.

    Parameters
    ----------
    schools : DataFrame
        ``school, settlement, lowest_grade, highest_grade, x_km, y_km``.
    settlements : DataFrame
        ``settlement, township, x_km, y_km``.
    count : int
        Most schools of a zone: 1 for single-school zones. Further ones are taken from the
        settlement's township only.

    Returns
    -------
    DataFrame
        ``settlement, level, school``, the nearest first; no row for a level that no school
        teaches.
    """
    township = schools["settlement"].map(settlements.set_index("settlement")["township"])
    parts = []
    for level in LEVELS:
        entry = GRADES_OF_LEVEL[level][0]
        teaches = (schools["lowest_grade"] <= entry) & (schools["highest_grade"] >= entry)
        there = schools[teaches].reset_index(drop=True)
        if there.empty:
            continue
        at_home = (
            settlements["township"].to_numpy()[:, None] == township[teaches].to_numpy()[None, :]
        )
        far = distances(settlements, there) + np.where(at_home, 0.0, _ELSEWHERE_KM)
        order = np.argsort(far, axis=1, kind="stable")[:, :count]
        ranked = np.take_along_axis(far, order, axis=1)
        kept = ranked < _ELSEWHERE_KM
        kept[:, 0] = True
        rows, _ = np.nonzero(kept)
        parts.append(
            pd.DataFrame(
                {
                    "settlement": settlements["settlement"].to_numpy()[rows],
                    "level": level,
                    "school": there["school"].to_numpy()[order[kept]],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
