"""The constants of the births forecast are what outcomes to 1999 say, and nothing later."""

import os
from pathlib import Path

import pandas as pd
import pytest

from capsim.demography.births_calibration import WIDENING_PER_YEAR
from capsim.demography.births_draws import CORRELATION_EXPONENT
from capsim.demography.births_point import SHIPPED
from capsim.forecasting.births_selection import select_births_settings

FOLDER = Path(
    os.environ.get(
        "CAPSIM_VALIDATION_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"
    )
)
COUNTRIES = FOLDER / "births_by_country_to_2012.csv"
THROUGH = 1999
pytestmark = [
    pytest.mark.validate,
    pytest.mark.skipif(
        not COUNTRIES.exists(),
        reason="validation data not found: set CAPSIM_VALIDATION_DATA to its folder",
    ),
]


def test_shipped_constants_are_the_selection(capsys):
    table = pd.read_csv(COUNTRIES).pivot_table(index="year", columns="country", values="births")
    found = select_births_settings(
        table.loc[table.index <= THROUGH], through=THROUGH, first_origin=1975
    )
    with capsys.disabled():
        print(f"\nConstants of the median, origins 1975-1998, outcomes to {THROUGH}")
        print(found.candidates.round(4).to_string(index=False))
        print(f"\nWidening of the spread, the same\n{found.widenings.round(3).to_string()}")
        print(f"\nCorrelation over horizons, outcomes to {THROUGH}")
        print(found.correlations.round(4).to_string(index=False))
    assert found.median == SHIPPED
    assert found.widening_per_year == WIDENING_PER_YEAR
    assert found.correlation_exponent == CORRELATION_EXPONENT
