"""Teacher exchange (交流轮岗): who is exchanged this year, and to which school.

``both_ways`` swaps places, so that the heads of every school stay what they were: those chosen
are ranked by the place they leave (county town first, then by quality) and the first takes the
place of the last. ``town_to_village`` sends teachers of the county town to the village schools
that lack most.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core import draws
from capsim.scenario.options.staffing import ExchangeOptions
from capsim.schools.staffing.allocation import to_largest_need
from capsim.schools.staffing.retirement import born_by
from capsim.schools.staffing.teachers import ORDINARY, Teachers, count_by_cell

Rows = NDArray[np.intp]
Cells = NDArray[np.integer]
Bool = NDArray[np.bool_]

TOWN = 0
VILLAGE = 2


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Teachers exchanged.

    Attributes
    ----------
    rows : ndarray of intp
        Rows of the teachers.
    cells : ndarray of intp
        Their new places, ``2 x school + level``.
    """

    rows: Rows
    cells: Cells


def eligible(teachers: Teachers, year: int, options: ExchangeOptions) -> Bool:
    """Return who may be exchanged: under the age limit, longer at the school than required.

    Parameters
    ----------
    teachers : Teachers
    year : int
        Ages are completed years on 31 August of this year; years at the school are those since
        the teacher joined it.
    options : ExchangeOptions
    """
    may: Bool = teachers.since < year - options.more_than_years_at_school
    if not teachers.ordinary():
        may &= teachers.status == ORDINARY
    born = teachers.birth_month
    men, women = born_by(year, options.men_under_years), born_by(year, options.women_under_years)
    may &= (teachers.male & (born > men)) | (~teachers.male & (born > women))
    return may


def exchange_size(teachers: Teachers, pool: Rows, options: ExchangeOptions) -> list[int]:
    """Return the teachers to be exchanged at each level: share x base, rounded.

    Parameters
    ----------
    teachers : Teachers
    pool : ndarray of intp
        Rows of the eligible (:func:`eligible`).
    options : ExchangeOptions

    Returns
    -------
    list of int
        By level; never more than the eligible.
    """
    base = most = np.bincount(teachers.level.take(pool), minlength=2).tolist()
    if options.base != "eligible":
        counted = teachers.present() & teachers.on_payroll()
        base = np.bincount(teachers.level[counted], minlength=2).tolist()
    share = options.share
    return [min(floor(share * number + 0.5), m) for number, m in zip(base, most, strict=True)]


def choose_exchange(
    teachers: Teachers,
    *,
    year: int,
    options: ExchangeOptions,
    settlement_kind: ArrayLike,
    quality: ArrayLike,
    need: ArrayLike,
    open_cells: Bool,
    stream: draws.Stream,
) -> Exchanged:
    """Choose who is exchanged and where they go.

    Among the eligible the lowest draws are chosen, after a quota for backbone teachers.

    Parameters
    ----------
    teachers : Teachers
    year : int
    options : ExchangeOptions
    settlement_kind : array_like of int, shape (schools,)
        0 county town, 1 township seat, 2 village.
    quality, need : array_like of float, shape (schools, 2)
    open_cells : ndarray of bool, shape (schools, 2)
        Levels taught at open schools.
    stream : draws.Stream

    Returns
    -------
    Exchanged
    """
    pool = eligible(teachers, year, options).nonzero()[0]
    size = exchange_size(teachers, pool, options)
    kind = np.asarray(settlement_kind)
    one_way = options.direction == "town_to_village"
    if one_way:
        pool = pool[kind.take(teachers.cell.take(pool) >> 1) == TOWN]
        heads = count_by_cell(teachers, len(kind))
        limit = _most_received(heads, kind, open_cells, options.most_received_share)
        shortage = (np.asarray(need, dtype=np.float64) - heads).ravel()
    pool = pool.take(stream.words_of(teachers.mixed.take(pool)).argsort(kind="stable"))
    level_of = teachers.level.take(pool)
    chosen: list[Rows] = []
    for level in range(2):
        drawn = pool.take((level_of == level).nonzero()[0])
        share = options.backbone_share
        chosen.append(_within_quota(teachers.backbone, drawn, size[level], share))
    if not one_way:
        return _swapped(teachers, chosen, kind, np.asarray(quality))
    cells: list[Cells] = []
    for level in range(2):
        at_level = np.where(np.arange(limit.size) % 2 == level, limit, 0)
        places = to_largest_need(shortage, at_level, chosen[level].size)
        chosen[level] = chosen[level][: places.size]
        cells.append(places)
    return Exchanged(np.concatenate(chosen), np.concatenate(cells))


def _within_quota(backbone: Bool, drawn: Rows, size: int, backbone_share: float) -> Rows:
    """Take `size` teachers in the order drawn, backbone teachers up to their quota first."""
    quota = ceil(backbone_share * min(size, drawn.size) - 1e-9)
    strong = backbone.take(drawn).nonzero()[0][:quota]
    taken = np.zeros(drawn.size, np.bool_)
    taken[strong] = True
    taken[(~taken).nonzero()[0][: size - strong.size]] = True
    # Not by quota but in the order drawn: no place gets the backbone first.
    return drawn[taken]


def _swapped(
    teachers: Teachers,
    chosen: list[Rows],
    kind: NDArray[np.generic],
    quality: NDArray[np.float64],
) -> Exchanged:
    """Let the first by kind and quality of their school take the place of the last, by level."""
    rows = np.concatenate(chosen)
    cell = teachers.cell.take(rows)
    keys = (teachers.identity.take(rows), -quality.take(cell), kind.take(cell >> 1), cell & 1)
    rank = np.lexsort(keys)
    rows, origin = rows.take(rank), cell.take(rank)
    primary = chosen[0].size
    places = np.concatenate((origin[:primary][::-1], origin[primary:][::-1]))
    moved = (places != origin).nonzero()[0]
    return Exchanged(rows.take(moved), places.take(moved))


def _most_received(
    heads: NDArray[np.int32], kind: NDArray[np.generic], open_cells: Bool, share: float
) -> NDArray[np.int64]:
    """Most teachers each village cell receives one way, by cell."""
    most = np.maximum(np.floor(share * heads + 1e-9), 1) if share > 0 else np.zeros(heads.shape)
    allowed = open_cells & (kind == VILLAGE)[:, None]
    return np.where(allowed, most, 0).astype(np.int64).ravel()
