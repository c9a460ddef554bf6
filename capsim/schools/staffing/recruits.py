"""Recruits: teachers who join, drawn by their identity for several years at once.

Who joins in a year is drawn by year and number alone. Single years are small, so the recruits of
several years are drawn together, as many a year as were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core import draws
from capsim.scenario.options.staffing import StaffingOptions
from capsim.schools.staffing.retirement import AUGUST, MONTHS, month_index, retirement_month
from capsim.schools.staffing.teachers import ORDINARY, Teachers

I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

YEARS_DRAWN: Final = 20
_SHIFTS: Final = np.array([48, 32, 16, 0], dtype=np.uint64)[:, None]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Recruits of some years, as many a year, one below another; who is posted where is left open.

    `arts` and `degree` are the uniforms below which a recruit teaches PE or arts and has a high
    degree, whose shares hang on the level.
    """

    first: int
    each_year: int
    people: Teachers
    arts: F64
    degree: F64

    def has(self, year: int, number: int) -> bool:
        return self.first <= year < self.first + YEARS_DRAWN and number <= self.each_year


class Recruits:
    """Teachers who join from one source.

    Parameters
    ----------
    source : str
        Different sources draw different people.
    options : StaffingOptions
    seed, replicate : int
    """

    def __init__(self, source: str, options: StaffingOptions, *, seed: int, replicate: int) -> None:
        self._source = source
        self._options = options
        self._stream = draws.stream(seed, replicate, "recruit")
        stock = options.stock
        self._degree_share = np.array(stock.recruit_high_degree_share.as_tuple())
        self._arts_share = np.array(stock.pe_arts_share.as_tuple())
        self._drawn: _Drawn | None = None

    def posted(self, year: int, cells: NDArray[np.integer]) -> Teachers:
        """Return the recruits of a year, the n-th of them in the n-th place.

        Parameters
        ----------
        year : int
            School year in which they start.
        cells : ndarray of int, shape (recruits,)
            Where they are posted, ``2 x school + level``.
        """
        n = len(cells)
        drawn = self._drawn
        if drawn is None or not drawn.has(year, n):
            drawn = self._drawn = self._draw(year, n + n // 2)
        start = (year - drawn.first) * drawn.each_year
        at = slice(start, start + n)
        level = cells & 1
        posted = drawn.people.take(at)
        posted.cell[:], posted.level[:] = cells, level
        posted.high_degree[:] = drawn.degree[at] < self._degree_share.take(level)
        posted.subject_group[:] = drawn.arts[at] < self._arts_share.take(level)
        return posted

    def _draw(self, first: int, number: int) -> _Drawn:
        """Draw the sex, age, subject and degree of the recruits of some years."""
        people = Teachers.empty(YEARS_DRAWN * number)
        people.identity[:], people.mixed[:] = _identities(self._source, first, number)
        # One draw of 64 bits gives four uniforms of 16 bits, enough for months and shares.
        bits = (self._stream.words_of(people.mixed) >> _SHIFTS) & np.uint64(0xFFFF)
        age, sex, arts, degree = (bits.astype(np.float64) + 0.5) / 65536.0
        recruits = self._options.recruits
        span = recruits.oldest_years + 1 - recruits.youngest_years
        months = recruits.youngest_years * MONTHS + age * span * MONTHS
        people.since[:] = year = np.arange(first, first + YEARS_DRAWN).repeat(number)
        people.birth_month[:] = month_index(year, AUGUST) - months.astype(np.int32)
        people.male[:] = sex < recruits.male_share
        people.retires[:] = retirement_month(
            people.birth_month, people.male, self._options.retirement
        )
        people.backbone[:], people.status[:] = False, ORDINARY
        people.until[:], people.home[:] = 0, -1
        return _Drawn(first, number, people, arts, degree)


@lru_cache(maxsize=64)
def _identities(source: str, first: int, number: int) -> tuple[U64, U64]:
    """Return the identities of new teachers, the same in all replicates and scenarios, and mixed.

    As many a year as asked for, year by year from the first on.
    """
    numbers = np.arange(number)
    years = range(first, first + YEARS_DRAWN)
    words = np.concatenate([draws.stream(0, 0, source, year).words(numbers) for year in years])
    mixed = draws.mix(words)
    words.flags.writeable = mixed.flags.writeable = False
    return words, mixed
