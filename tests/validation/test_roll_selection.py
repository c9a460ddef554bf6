"""The settings of the roll forecast are what outcomes to 2007 say, and nothing later.

Rolls and births are cut at 2007 before anything is computed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from capsim.demography.entrants import Entry
from capsim.forecasting.backtesting.selection import Selection, select_roll_settings
from capsim.forecasting.roll_forecast import BIRTHS_CORRELATION, known_at
from capsim.forecasting.roll_levels import RollSettings
from capsim.forecasting.roll_spread import PRIOR_VARIANCES, PartVariances, measure_variances

FOLDER = Path(
    os.environ.get(
        "CAPSIM_VALIDATION_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"
    )
)
ROLLS, BIRTHS = FOLDER / "nz_rolls_to_2011.csv", FOLDER / "nz_births_to_2011.csv"
THROUGH = 2007
ENTRY = Entry(5, {5: 1.0}, "age")

pytestmark = [
    pytest.mark.validate,
    pytest.mark.skipif(
        not (ROLLS.exists() and BIRTHS.exists()),
        reason="validation data not found: set CAPSIM_VALIDATION_DATA to its folder",
    ),
]


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rolls, births = pd.read_csv(ROLLS), pd.read_csv(BIRTHS)
    compulsory = rolls["age"].isin([str(age) for age in range(5, 15)])
    named = births["region"] != "Area Outside Region"
    return (
        rolls[compulsory & (rolls["year"] <= THROUGH)],
        births[named & (births["year"] <= THROUGH)],
    )


@pytest.fixture(scope="module")
def selection(tables: tuple[pd.DataFrame, pd.DataFrame]) -> Selection:
    return select_roll_settings(*tables, entry=ENTRY, through=THROUGH)


def test_shipped_settings_are_the_selection(selection: Selection, capsys: Any) -> None:
    with capsys.disabled():
        print(f"\nSettings of the point forecast, outcomes to {THROUGH}")
        print(selection.point.round(3).to_string(index=False))
        print(f"\nSettings of the spread, outcomes to {THROUGH}")
        columns = [c for c in selection.spread if "coverage" not in c]
        print(selection.spread[columns].round(3).to_string(index=False))
        print(selection.spread.drop(columns="chosen").iloc[0].round(2).to_string())
    assert selection.settings == RollSettings()


def test_shipped_prior_variances_are_measured_on_the_same_rolls(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    history = known_at(*tables, ENTRY, THROUGH).history
    measured = measure_variances(history, RollSettings())

    def rounded(variances: PartVariances) -> list[str]:
        parts = (variances.area, variances.cell, variances.entry_area)
        whole = (variances.whole, variances.entry, variances.grade)
        deviations = np.sqrt([*whole, *(part.steady for part in parts)])
        return [f"{x:.2g}" for x in (*deviations, *(part.per_pupil for part in parts))]

    assert rounded(measured) == rounded(PRIOR_VARIANCES)


def test_shipped_correlation_of_births_is_measured(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """Mean correlation between regions of changes of log births over one to three years."""
    births = tables[1].pivot_table(index="year", columns="region", values="births")
    logs, pairs = np.log(births), ~np.eye(births.shape[1], dtype=bool)
    found = [logs.diff(years).corr().to_numpy()[pairs].mean() for years in (1, 2, 3)]
    assert round(float(np.mean(found)), 1) == BIRTHS_CORRELATION
