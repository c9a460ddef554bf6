"""Families who want to move to the county town for its schools.

A household moves together or not at all. An entrant without an elder sibling at school applies
from the new home; a household with pupils in continuing grades waits for their places in town.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.choice.expectations import perceived_quality
from capsim.choice.moving import most_likely_to_move, odds_of_moving, p_move_to_town
from capsim.choice.utility import choice_set, logsum, systematic_utility
from capsim.core import draws
from capsim.core.dims import ENTRY_GRADES
from capsim.core.lookup import among
from capsim.county.county import County
from capsim.county.families import PUBLIC, in_entry_grade
from capsim.year.moving import TOWN, move_home
from capsim.year.state import State
from capsim.year.year import Year

I32 = NDArray[np.int32]
Rows = NDArray[np.intp]


def wish(county: County, state: State, year: Year) -> None:
    """Record which families want to move to the county town; entrants' families move now."""
    families = state.families
    year.moved_entrants = np.zeros(len(families), np.bool_)
    options = county.scenario.choice.moving
    towns = county.geography.town
    if not options.enabled or not len(towns):
        return
    kin = families.kin
    rows = among(kin, kin.take(_wanting(county, state)))
    rows = rows[county.geography.kind.take(families.settlement.take(rows)) != TOWN]
    _move_entrants(county, state, year, rows, towns)


def _wanting(county: County, state: State) -> Rows:
    """Draw which children's families want to move, from what they have and could have."""
    families, schools, geography = state.families, state.schools, county.geography
    options = county.scenario.choice.moving
    value = _expected_best(county, state)
    town = np.maximum.reduce(value.take(geography.town, axis=2), axis=2)
    # The last cell stands for children without a school.
    small, closed = np.zeros((2, len(schools) + 1), np.bool_)
    pupils = np.add.reduce(schools.roll, axis=1)
    small[:-1] = pupils < options.small_school_pupils
    closed[:-1] = ~schools.is_open & (pupils > 0)
    # Whose draw is above the largest probability of the home stays, whatever else is the case.
    odds = odds_of_moving(options, v_town=town[:, :, None], v_here=value)
    most = most_likely_to_move(options, odds, closed=bool(np.logical_or.reduce(closed)))
    most *= geography.kind != TOWN
    rows, u = state.draw("moving").below(
        families.household, np.maximum.reduce(most, axis=None), where=families.state == PUBLIC
    )
    groups, homes = value.shape[1:]
    cell = (families.grade(state.year).take(rows) >= ENTRY_GRADES[1]) * np.intp(groups)
    cell += families.income.take(rows)
    cell *= homes
    cell += families.settlement.take(rows)
    few = (u < most.ravel().take(cell)).nonzero()[0]
    rows, cell, u = rows.take(few), cell.take(few), u.take(few)
    came_from = families.came_from.take(rows)
    parent = draws.stream(state.seed, state.replicate, "parent in town").occurs(
        families.household.take(rows), options.parent_in_town_share
    )
    chance = p_move_to_town(
        options,
        odds.take(cell),
        small_class=small.take(came_from, mode="wrap"),
        closed=closed.take(came_from, mode="wrap"),
        parent_in_town=parent,
        income=families.income.take(rows),
    )
    return rows[u < chance]


def _expected_best(county: County, state: State) -> NDArray[np.float32]:
    """Expected best utility by level, income group and home."""
    levels = range(len(ENTRY_GRADES))
    return np.array([logsum(utility_of_candidates(county, state, level)) for level in levels])


def utility_of_candidates(county: County, state: State, level: int) -> NDArray[np.float32]:
    """Return the systematic utility of a level by income group, settlement and candidate."""
    alternatives, lag = state.choice_sets.by_level[level], county.scenario.choice.quality_lag_years
    seen = choice_set(
        alternatives,
        alternatives.candidates,
        tastes=county.tastes,
        quality=perceived_quality(state.quality_history, lag)[:, level],
        crowding=state.crowding[:, level],
    )
    return systematic_utility(seen, county.tastes.coefficients)


def _move_entrants(county: County, state: State, year: Year, rows: Rows, towns: I32) -> None:
    """Let wishing households without pupils in continuing grades move before they apply."""
    families = state.families
    new_home = _new_home(county, state, rows, towns)
    public = families.state.take(rows) == PUBLIC
    applying = in_entry_grade(families.grade(state.year).take(rows))
    kin = families.kin.take(rows)
    waits = np.zeros(len(rows), np.bool_)
    waits[among(kin, kin[~applying & public])] = True
    year.wishing, year.new_home = rows[waits], new_home[waits]
    free = ~waits
    movers = rows[free]
    year.moved_entrants[movers] = (applying & public)[free]
    move_home(county, state, year, movers, new_home[free])


def _new_home(county: County, state: State, rows: Rows, towns: I32) -> I32:
    """Draw the town settlement of each household, by population."""
    u = state.draw("new home").uniform(state.families.household.take(rows))
    # A town may have more settlements than categories have codes.
    drawn: I32 = towns.take(county.geography.town_shares.searchsorted(u, side="right"))
    return drawn
