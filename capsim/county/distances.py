"""Distances by road between homes and schools: straight lines times a factor, or a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.choice.travel import travel_km, with_travel_table
from capsim.county.geography import Geography
from capsim.county.schools import Schools
from capsim.scenario.schema import Scenario

F64 = NDArray[np.float64]


def home_to_school_km(
    scenario: Scenario, geography: Geography, schools: Schools
) -> NDArray[np.float32]:
    """Return km from every settlement to every school, (settlements, schools).

    The travel table of the scenario takes the place of straight lines where it has a pair.
    """
    km = travel_km(
        geography.x_km,
        geography.y_km,
        schools.x_km,
        schools.y_km,
        terrain_factor=scenario.choice.terrain_factor,
    )
    table = scenario.tables().travel
    if table is None:
        return km
    return with_travel_table(
        km,
        table,
        geography.settlements,
        schools.ids,
        speed_kmh=scenario.choice.travel_speed_kmh,
    )


def between_schools_km(scenario: Scenario, schools: Schools) -> F64:
    """Return km between schools, (schools, schools)."""
    factor = scenario.choice.terrain_factor
    x, y = schools.x_km, schools.y_km
    return np.asarray(travel_km(x, y, x, y, terrain_factor=factor), np.float64)


def between_homes_km(scenario: Scenario, geography: Geography) -> F64:
    """Return km between settlements, (settlements, settlements)."""
    factor = scenario.choice.terrain_factor
    x, y = geography.x_km, geography.y_km
    return np.asarray(travel_km(x, y, x, y, terrain_factor=factor), np.float64)
