"""Private schools as a mechanism: families may list them, a lottery admits, losers go on.

Private schools stand beside the public ones in the admission only: as further columns of
distances, seats and fees. A child that wins a seat leaves the public schools for the level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.choice.travel import Alternatives, nearest_first, travel_km, with_travel_table
from capsim.core import draws
from capsim.core.dims import LEVELS
from capsim.core.draws import alternative_words
from capsim.core.errors import Problems
from capsim.county.geography import Geography
from capsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class PrivateSchools:
    """Columns of the private schools of a county.

    Attributes
    ----------
    ids : tuple of str
    words : ndarray of uint32, shape (private,)
        For the draws of families' tastes.
    km : ndarray of float32, shape (settlements, private)
    seats : ndarray of int64, shape (private, 2)
        At the entry grade of each level, every year; 0 where the level is not taught.
    fee_yuan, quality : ndarray, shape (private, 2)
    nearest : tuple of two ndarrays of int32, shape (settlements, private in range)
        Private schools of each level in range of each settlement, nearest first, padded with -1.
    """

    ids: tuple[str, ...]
    words: NDArray[np.uint32]
    km: F32
    seats: I64
    fee_yuan: F64
    quality: F64
    nearest: tuple[I32, I32]

    def alternatives(self, public: Alternatives, level: int) -> Alternatives:
        """Return what is open to families at a level if these schools stand beside `public`."""
        nearest, first = self.nearest[level], public.km.shape[1]
        return replace(
            public,
            km=np.concatenate([public.km, self.km], axis=1),
            words=np.concatenate([public.words, self.words]),
            private=np.where(nearest >= 0, nearest + np.int32(first), nearest),
        )

    def after(self, public: NDArray[Any], own: ArrayLike) -> NDArray[Any]:
        """Return a table of public schools by level with the rows of these schools below it."""
        count = len(public)
        whole = np.empty((count + len(self.ids), *public.shape[1:]), public.dtype)
        whole[:count], whole[count:] = public, own
        return whole


def private_schools(scenario: Scenario, geography: Geography) -> PrivateSchools | None:
    """Return the private schools of a scenario; None unless they are a mechanism.

    Raises
    ------
    InvalidInput
        If there is no table of them, or a school does not draw its seats by lot.
    """
    if scenario.participation.private != "mechanism":
        return None
    table = scenario.tables().private_schools
    problems = Problems()
    file = scenario.provenance.file
    if table is None or not len(table):
        problems.add(
            f"{file}: participation.private",
            "mechanism needs the table of private schools",
            "name it in data.private_schools, or choose shares",
        )
    problems.raise_if_any()
    assert table is not None
    for row in table[table["lottery"] == 0].to_dict("records"):
        problems.add(
            "private_schools: lottery",
            f"{row['school']} ({row['level']}) does not draw its seats by lot",
            "only the lottery is modelled: write 1, or choose shares in participation.private",
        )
    problems.raise_if_any()
    return _columns(scenario, geography, table)


def _columns(scenario: Scenario, geography: Geography, table: pd.DataFrame) -> PrivateSchools:
    ids = tuple(dict.fromkeys(table["school"]))
    row = {name: i for i, name in enumerate(ids)}
    home = np.zeros(len(ids), np.intp)
    seats = np.zeros((len(ids), len(LEVELS)), np.int64)
    fees, quality = np.zeros(seats.shape), np.zeros(seats.shape)
    for item in table.to_dict("records"):
        at = row[item["school"]], LEVELS.index(item["level"])
        home[at[0]] = geography.settlements.index(item["settlement"])
        seats[at], fees[at] = item["seats"], item["fee_yuan"]
        # Unknown quality is that of the mean school.
        quality[at] = np.nan_to_num(item["quality"])
    km = travel_km(
        geography.x_km,
        geography.y_km,
        geography.x_km[home],
        geography.y_km[home],
        terrain_factor=scenario.choice.terrain_factor,
    )
    ways = scenario.tables().travel
    if ways is not None:
        km = with_travel_table(
            km, ways, geography.settlements, ids, speed_kmh=scenario.choice.travel_speed_kmh
        )
    reach = scenario.enrolment.private.range_km
    primary, junior = (nearest_first(km, (seats[:, i] > 0) & (km <= reach)) for i in (0, 1))
    words = alternative_words(draws.identity_of(ids))
    return PrivateSchools(ids, words, km, seats, fees, quality, (primary, junior))
