"""A hand-made county in which every indicator is known, as a run's results."""

from __future__ import annotations

import numpy as np
import xarray as xr

from capsim.core.dims import LEVELS
from capsim.scenario.options.budget import StandardsOptions

SCHOOLS = ["town", "nine_year", "tiny_point", "large_point", "new"]
YEARS = [2017, 2018, 2019]
OPTIONS = StandardsOptions()
EXACT = StandardsOptions(resources_of_new_seats_share=1.0)
NAN = float("nan")


def grades(primary: float, junior: float) -> list[float]:
    return [primary / 6] * 6 + [junior / 3] * 3


# Pupils in the base year: town 1200 primary, nine-year 600 + 300, points of 48 and 60; the new
# school opens in 2018 and takes 120 from the town school.
BASE = [grades(1200, 0), grades(600, 300), grades(48, 0), grades(60, 0), grades(0, 0)]
LATER = [grades(1080, 0), grades(600, 300), grades(48, 0), grades(60, 0), grades(120, 0)]


def county(scenarios: tuple[str, ...] = ("plan",), replicates: int = 2) -> xr.Dataset:
    roll = np.array([BASE, LATER, LATER])
    roll = np.broadcast_to(roll, (len(scenarios), replicates, *roll.shape)).copy()
    is_open = np.ones((len(scenarios), replicates, 3, 5), dtype=bool)
    is_open[:, :, 0, 4] = False
    change = np.zeros((len(scenarios), replicates, 3, 5, 2, 2))
    change[:, :, 0] = np.nan
    change[:, :, 1, 4, 0, 0] = 270  # build: 6 rooms x 45
    run = ("scenario", "replicate", "year")
    return xr.Dataset(
        {
            "roll": ((*run, "school", "grade"), roll),
            "is_open": ((*run, "school"), is_open),
            "capacity_change": ((*run, "school", "level", "capacity_cause"), change),
        },
        coords={
            "scenario": list(scenarios),
            "replicate": np.arange(replicates),
            "year": YEARS,
            "school": SCHOOLS,
            "grade": np.arange(1, 10),
            "level": list(LEVELS),
            "capacity_cause": ["build", "close"],
        },
    )


def stocks() -> xr.Dataset:
    """Stocks by school and level: rows town, nine-year, tiny, large, new; columns levels."""

    def table(*rows: tuple[float, float]) -> tuple[tuple[str, str], list[tuple[float, float]]]:
        return ("school", "level"), list(rows)

    nothing = (NAN, NAN)
    return xr.Dataset(
        {
            "teachers_high_degree": table((48, 0), (30, 18), (0, 0), (3, 0), (6, 0)),
            "teachers_backbone": table((12, 0), (6, 3), (0, 0), (0, 0), (1, 0)),
            "teachers_pe_arts": table((12, 0), (6, 2), (0, 0), (1, 0), (2, 0)),
            "teaching_area_m2": table((4800, 0), (3600, 2100), (400, 0), (500, 0), nothing),
            "sports_area_m2": table((9000, 0), (4500, 3060), (500, 0), (600, 0), nothing),
            "equipment_yuan": table((2.4e6, 0), (1.2e6, 7.5e5), (0, 0), (1.5e5, 0), nothing),
            "multimedia_rooms": table((30, 0), (15, 8), (1, 0), (2, 0), nothing),
            "is_teaching_point": ("school", [False, False, True, True, False]),
        },
        coords={"school": SCHOOLS, "level": list(LEVELS)},
    )


def at(data: xr.Dataset, name: str, **labels: object) -> float:
    return float(data[name].sel(scenario="plan", replicate=0, **labels))
