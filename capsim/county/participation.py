"""The public share of resident children where a scenario does not give it: rolls over residents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import LEVELS, SCHOOL_AGES
from capsim.county.schools import Schools
from capsim.scenario.options.entry import DestinationShares
from capsim.scenario.schema import Scenario
from capsim.texts import Message, message

LEVEL_GRADES = (slice(0, 6), slice(6, 9))
# Within half a per cent rolls and residents agree: a census is not more exact than that.
AGREE = 0.995


def with_participation(
    scenario: Scenario, persons: NDArray[np.float64], schools: Schools
) -> tuple[Scenario, list[Message]]:
    """Return the scenario with public shares for the levels whose participation it leaves open.

    Children who live in the county and are on no roll of the base year go to school elsewhere (or
    to private schools that nobody reported): a next cohort does so in the same proportion.
    Otherwise all of them would enter public schools at the next stage. More pupils than residents
    leave the share at 1.

    Parameters
    ----------
    scenario : Scenario
    persons : ndarray, shape (..., 2, 101)
        Residents of the base year.
    schools : Schools
        With the rolls of the base year.

    Returns
    -------
    Scenario
    list of Message
        What was derived, with the numbers behind it.
    """
    children = persons.reshape(-1, persons.shape[-1]).sum(axis=0)[list(SCHOOL_AGES)]
    given = scenario.participation
    shares: dict[str, DestinationShares] = {}
    notes: list[Message] = []
    for level, grades in zip(LEVELS, LEVEL_GRADES, strict=True):
        pupils, residents = float(schools.roll[:, grades].sum()), float(children[grades].sum())
        is_set = any(key.startswith(f"participation.{level}") for key in scenario.provenance.set_at)
        if is_set or not 0 < pupils < AGREE * residents:
            continue
        share = pupils / residents
        shares[level] = DestinationShares(out_of_county=round(1.0 - share, 4))
        notes.append(
            message(
                "notes.participation",
                level=level,
                pupils=pupils,
                children=residents,
                share=share,
            )
        )
    if not shares:
        return scenario, notes
    derived = given.model_copy(update=shares)
    return scenario.model_copy(update={"participation": derived}), notes
