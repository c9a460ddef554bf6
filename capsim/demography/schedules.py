"""Shipped schedules of the demography: China's death rates and fertility by age."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import AGES, SEXES
from capsim.demography.fertility import single_year_schedule

F64 = NDArray[np.float64]


def read_reference(name: str) -> list[dict[str, str]]:
    """Return the rows of a table in ``capsim/reference``; lines beginning with ``#`` are comments.

    Parameters
    ----------
    name : str
        File name, e.g. ``"china_death_rates.csv"``.
    """
    text = resources.files("capsim.reference").joinpath(name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines))


@cache
def china_death_rates() -> F64:
    """Return China's death rates about 2020-2025, shape (2, 101): deaths per person-year.

    Sexes in the order of ``SEXES``, single ages, 100 open. The source stands in
    ``capsim/reference/china_death_rates.csv``. Read-only.
    """
    rates = np.full((len(SEXES), len(AGES)), np.nan)
    for row in read_reference("china_death_rates.csv"):
        rates[SEXES.index(row["sex"]), int(row["age"])] = float(row["mx"])
    rates.setflags(write=False)
    return rates


@cache
def china_fertility_schedule() -> F64:
    """Return China's fertility by single age of the mother in 2023, shape (101,), summing to 1.

    The source stands in ``capsim/reference/china_fertility_schedule.csv``. Read-only.
    """
    rows = read_reference("china_fertility_schedule.csv")
    schedule = single_year_schedule(
        [float(row["percent"]) for row in rows], [row["mother_age"] for row in rows]
    )
    schedule.setflags(write=False)
    return schedule
