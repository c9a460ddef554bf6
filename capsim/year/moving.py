"""Families who change home within the county."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import SETTLEMENT_KINDS
from capsim.county.county import County
from capsim.year.state import State
from capsim.year.year import HomeMoves, Year

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]

TOWN: Final = SETTLEMENT_KINDS.index("county_town")


def move_home(county: County, state: State, year: Year, rows: Rows, new_home: I32) -> None:
    """Move children to new homes; a share of one adult goes with each household."""
    if not len(rows):
        return
    families, geography = state.families, county.geography
    kin = families.kin.take(rows)
    order = kin.argsort(kind="stable")
    kin = kin.take(order)
    leads = np.empty(len(rows), np.bool_)
    leads[0] = True
    np.not_equal(kin[1:], kin[:-1], out=leads[1:])
    first = order[leads]
    state.population.move_companions(
        geography.cell.take(families.settlement.take(rows.take(first))),
        geography.cell.take(new_home.take(first)),
        county.scenario.choice.moving.adult_share,
    )
    year.home_moves.append(HomeMoves(rows, families.settlement.take(rows)))
    families.settlement[rows] = new_home
