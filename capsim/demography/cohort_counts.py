"""The cohort-component year in whole persons: deaths, births and moves drawn, keyed by the cell.

Every draw is for a cell (area, sex, age) of one year and one draw; the identity of an area is its
name, so the same area has the same luck whichever others stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.draws import combine, identity_of, stream
from capsim.demography.cohort import YearResult, shift_ages

F64 = NDArray[np.float64]
U64 = NDArray[np.uint64]


class CellDraws:
    """Keyed draws of one year of one future for the cells (area, sex, age).

    Parameters
    ----------
    areas : sequence
        Names of the areas.
    ages : int
        Number of single ages.
    """

    def __init__(self, areas: Sequence[Any], ages: int) -> None:
        self.area: U64 = identity_of([str(a) for a in areas])
        self.cell: U64 = combine(
            self.area[:, None, None],
            np.arange(2)[None, :, None],
            np.arange(ages)[None, None, :],
        )


def whole_persons(persons: F64) -> F64:
    """Round to whole persons by largest remainders; each area and sex keeps its rounded total.

    Parameters
    ----------
    persons : ndarray, shape (..., ages)
    """
    low = np.floor(persons)
    short = np.rint(persons.sum(axis=-1)) - low.sum(axis=-1)
    order = np.argsort(np.argsort(-(persons - low), axis=-1, kind="stable"), axis=-1)
    rounded: F64 = low + (order < short[..., None])
    return rounded


def step_counts(
    population: F64,
    survival: F64,
    *,
    asfr: F64,
    sex_ratio_at_birth: F64,
    net_migration: F64 | None,
    draws: CellDraws,
    seed: int,
    draw: int,
    year: int,
) -> YearResult:
    """Draw one year of one future.

    Deaths are binomial, births Poisson, boys among them binomial; net migrants given as numbers
    are rounded up or down by chance. Half of them move at the beginning of the year.

    Parameters
    ----------
    population : ndarray, shape (area, 2, ages)
        Whole persons.
    survival : ndarray, broadcasting against (area, 2, ages + 1)
    asfr : ndarray, broadcasting against (area, ages)
    sex_ratio_at_birth : ndarray, broadcasting against (area,)
    net_migration : ndarray, broadcasting against (area, 2, ages), optional
    draws : CellDraws
    seed, draw, year : int
        Key of the draws.

    Returns
    -------
    YearResult
        In whole persons.
    """

    def source(process: str) -> Any:
        return stream(seed, draw, f"projection {process}", year)

    moving = _whole_moves(net_migration, population.shape, draws, source("migration"))
    early = np.trunc(moving / 2)
    start = np.maximum(population + early, 0.0)
    alive = np.broadcast_to(survival, (*population.shape[:-1], population.shape[-1] + 1))
    dying = source("deaths").binomial(draws.cell, start, 1.0 - alive[..., 1:])
    aged = shift_ages(start - dying)
    late = moving - early
    women = start[:, 0] + np.maximum(aged[:, 0] + late[:, 0], 0.0)
    mean = 0.5 * (women * asfr).sum(axis=-1)
    born = source("births").poisson(draws.area, mean)
    ratio = np.broadcast_to(sex_ratio_at_birth, born.shape)
    boys = source("sex of births").binomial(draws.area, born, ratio / (1.0 + ratio))
    births = np.stack([born - boys, boys], axis=-1).astype(np.float64)
    infant = source("infant deaths").binomial(draws.cell[..., 0], births, 1.0 - alive[..., 0])
    aged[..., 0] = births - infant
    deaths = shift_ages(dying.astype(np.float64), infant.astype(np.float64))
    end = np.maximum(aged + late, 0.0)
    migrants = (end - aged) + shift_ages(start - population)
    return YearResult(end, births, deaths, migrants)


def _whole_moves(net: F64 | None, shape: tuple[int, ...], draws: CellDraws, source: Any) -> F64:
    """Round net migrants to whole persons so that the mean is kept."""
    if net is None:
        return np.zeros(shape)
    wanted = np.broadcast_to(net, shape)
    low = np.floor(wanted)
    rounded: F64 = low + (source.uniform(draws.cell) < wanted - low)
    return rounded


def flow_counts(
    residents: F64, rates: F64, draws: CellDraws, *, seed: int, draw: int, year: int
) -> tuple[F64, F64]:
    """Draw who leaves for which destination: a multinomial as a chain of binomials.

    Parameters
    ----------
    residents : ndarray, shape (area, 2, ages)
        Whole persons.
    rates : ndarray, shape (area, destination, 2, ages)
        Shares that move; destinations are the areas, then places outside.

    Returns
    -------
    leaving, arriving : ndarray, shape (area, 2, ages)
    """
    remaining = residents.copy()
    chance = np.ones(residents.shape)
    arriving = np.zeros(residents.shape)
    source = stream(seed, draw, "projection moves", year)
    for place in range(rates.shape[1]):
        share = np.divide(rates[:, place], chance, out=np.zeros(residents.shape), where=chance > 0)
        if not share.any():
            continue
        moved = source.binomial(combine(draws.cell, place), remaining, np.clip(share, 0.0, 1.0))
        remaining -= moved
        chance = np.maximum(chance - rates[:, place], 0.0)
        if place < len(residents):
            arriving[place] += moved.sum(axis=0)
    return residents - remaining, arriving
