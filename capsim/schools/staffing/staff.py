"""The yearly staffing of a county: staff in and out, posting, allocation and exchange.

:class:`Staff` holds the teachers of one replicate and the flows of the year. Flows are signed:
``teachers(t) = teachers(t - 1) + sum of all causes`` for every school and level. Nobody is
dismissed: a surplus stays and is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.core import draws
from capsim.core.catalogue import TEACHER_CAUSES
from capsim.scenario.options.staffing import OutsideExchangeOptions, StaffingOptions
from capsim.schools.staffing.allocation import (
    Moves,
    destinations,
    fair_targets,
    first_of_each_cell,
    from_closed,
    lowest,
    no_moves,
    surplus_to_shortage,
    to_largest_need,
)
from capsim.schools.staffing.exchange import Exchanged, choose_exchange
from capsim.schools.staffing.needs import SchoolsThisYear
from capsim.schools.staffing.recruits import Recruits
from capsim.schools.staffing.retirement import born_by, reached_by
from capsim.schools.staffing.teachers import (
    AWAY,
    LENT_IN,
    ON_TERM,
    ORDINARY,
    Teachers,
    count_by_cell,
    quality_counts,
)

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Rows = NDArray[np.intp]
Cells = NDArray[np.integer]
Bool = NDArray[np.bool_]

CAUSE: Final = {name: column for column, name in enumerate(TEACHER_CAUSES)}
_NO_LIMIT: Final = 1 << 30
_BACKBONE: Final = np.array(2, np.int8)


class Staff:
    """The teachers of one replicate and their flows of the year.

    Parameters
    ----------
    teachers : Teachers
        Teachers of the base year; copied.
    schools : int
        Number of schools, those that may be built included.
    options : StaffingOptions
    seed, replicate : int

    Attributes
    ----------
    present : ndarray of int64, shape (schools, 2)
        Teachers present, kept up with the flows (:meth:`heads` counts them).
    """

    def __init__(
        self,
        teachers: Teachers,
        schools: int,
        options: StaffingOptions,
        *,
        seed: int,
        replicate: int,
    ) -> None:
        self.teachers = teachers.copy()
        self.schools = schools
        self.options = options
        self.seed = seed
        self.replicate = replicate
        self._flows = np.zeros((len(TEACHER_CAUSES), 2 * schools), dtype=np.int64)
        heads = np.bincount(teachers.level, minlength=2)
        strong = np.bincount(teachers.level[teachers.backbone], minlength=2)
        self._backbone_share: list[float] = (strong / np.maximum(heads, 1)).tolist()
        self._leaving_rate = np.array(options.leaving_rate.as_tuple())
        self._most_leaving = float(self._leaving_rate.max())
        self._heads = self.heads().astype(np.int64).ravel()
        self.present = self._heads.reshape(schools, 2)
        self._recruits: dict[str, Recruits] = {}
        self._counted: I32 | None = None  # between the two steps that change teachers

    @property
    def flows(self) -> I32:
        """Signed changes of this year by school, level and the catalogue's teacher causes."""
        return self._flows.T.astype(np.int32, order="C").reshape(self.schools, 2, -1)

    def heads(self) -> I32:
        """Return the teachers present by school and level, shape (schools, 2)."""
        return count_by_cell(self.teachers, self.schools)

    def payroll(self) -> I32:
        """Return the teachers the county pays by school and level, shape (schools, 2)."""
        return count_by_cell(self.teachers, self.schools, self.teachers.on_payroll())

    def quality_counts(self) -> I32:
        """Return the teachers present by school, level and qualities (:func:`quality_counts`)."""
        if self._counted is None:
            self._counted = quality_counts(self.teachers, self.schools)
        return self._counted

    def staff_in_and_out(
        self,
        year: int,
        schools: SchoolsThisYear,
        recruit: Callable[[int], Rows] | None = None,
    ) -> None:
        """Let stays end, teachers retire, leave, be posted and recruited.

        Parameters
        ----------
        year : int
        schools : SchoolsThisYear
        recruit : callable, optional
            Told the teachers lost, gives the places of the new ones, ``2 x school + level`` each;
            by default :meth:`recruits`.
        """
        self._flows[:] = 0
        self._counted = None
        self._end_stays(year, schools)
        lost = self._retire_and_leave(year, schools)
        self._post_from_closed(year, schools)
        self._post_to_opening(year, schools)
        wanted = self.recruits(year, schools, lost) if recruit is None else recruit(lost)
        self._arrive(np.asarray(wanted, np.intp), year, "recruited", "recruited")
        self._post_to_uncovered(year, schools)
        self._name_backbone(year)
        for number, programme in enumerate(self.options.outside):
            if programme.from_year <= year <= programme.to_year:
                self._send_out(year, programme)
                self._lend_in(year, schools, programme, number)

    def allocate(
        self,
        year: int,
        schools: SchoolsThisYear,
        reallocate: Callable[[], Moves] | None = None,
        exchange: Callable[[], Exchanged] | None = None,
    ) -> None:
        """Move teachers between schools for good, then by exchange.

        Parameters
        ----------
        year : int
        schools : SchoolsThisYear
        reallocate, exchange : callable, optional
            Who moves; by default :meth:`reallocation` and :meth:`exchange`.
        """
        self._counted = None
        moves = self.reallocation(schools) if reallocate is None else reallocate()
        self._carry_out(moves, "reallocated", year)
        exchanged = self.exchange(year, schools) if exchange is None else exchange()
        term = None if self.options.exchange is None else self.options.exchange.term_years
        if term is not None and exchanged.rows.size:
            staff = self.teachers
            staff.home[exchanged.rows] = staff.school[exchanged.rows]
            staff.status[exchanged.rows] = ON_TERM
            staff.until[exchanged.rows] = year + term
        self._move(exchanged.rows, exchanged.cells, "exchanged", year)

    # ------------------------------------------------------------------ what the rules decide

    def recruits(self, year: int, schools: SchoolsThisYear, lost: int) -> Rows:
        """Return recruits within posts, each for the school and level that lacks most.

        Returns
        -------
        ndarray of intp, shape (recruits,)
            Their places, ``2 x school + level``.
        """
        paid = self.present if self.teachers.ordinary() else self.payroll()
        vacant = schools.posts - paid
        ceiling = max(int(np.add.reduce(vacant, axis=None)), 0)
        shortage = schools.need - self.present
        most: int | I64 = ceiling
        if self.options.allocation == "school_based":
            most = np.maximum(vacant, 0)
        planned = self._planned_recruits(year)
        if planned is None:
            most = np.minimum(most, np.floor(np.maximum(shortage, 0.0) + 0.5).astype(np.int64))
            planned = lost
        most = (most * schools.open_cells).ravel()
        return to_largest_need(shortage.ravel(), most, min(planned, ceiling))

    def reallocation(self, schools: SchoolsThisYear) -> Moves:
        """Return the moves of county management, from surplus to schools that lack."""
        heads, share = self.present, self.options.county_moves_share
        if self.options.allocation != "county_managed" or share <= 0:
            return no_moves()
        return surplus_to_shortage(
            heads,
            fair_targets(schools.need, heads),
            schools.km,
            most=[floor(share * number + 1e-9) for number in np.add.reduce(heads).tolist()],
            farthest_km=self.options.county_moves_km,
        )

    def exchange(self, year: int, schools: SchoolsThisYear) -> Exchanged:
        """Return who takes part in the teacher exchange of the scenario, and where they go."""
        options = self.options.exchange
        if options is None or options.share <= 0:
            return Exchanged(np.zeros(0, np.intp), np.zeros(0, np.intp))
        return choose_exchange(
            self.teachers,
            year=year,
            options=options,
            settlement_kind=schools.settlement_kind,
            quality=schools.quality,
            need=schools.need,
            open_cells=schools.open_cells,
            stream=self._stream("teacher_exchange", year),
        )

    # ------------------------------------------------------------------ in and out

    def _end_stays(self, year: int, schools: SchoolsThisYear) -> None:
        """End terms at other schools, loans from outside and training, as they fall due."""
        staff = self.teachers
        if staff.ordinary():
            return
        due = (staff.status != ORDINARY) & (staff.until <= year)
        if not due.any():
            return
        back = np.flatnonzero(due & (staff.status == AWAY))
        term = np.flatnonzero(due & (staff.status == ON_TERM))
        lent = due & (staff.status == LENT_IN)
        staff.status[back] = ORDINARY
        staff.status[term] = ORDINARY
        self._record("sent_back", staff.cell[back], 1)
        home = staff.home[term] * 2 + staff.level[term]
        returns = schools.open_cells.ravel()[home]
        self._move(term[returns], home[returns], "exchanged", year)
        staff.home[term] = -1
        self._record("lent_back", staff.cell[lent], -1)
        staff.keep(~lent)

    def _retire_and_leave(self, year: int, schools: SchoolsThisYear) -> int:
        """Let teachers retire by age and leave by chance; return the number lost.

        Who has reached the retirement age by 31 August retires; of the others present, those
        whose draw falls below the rate of the place leave.
        """
        staff, ordinary = self.teachers, self.teachers.ordinary()
        stays = ~reached_by(staff.retires, year)
        if not ordinary:
            stays |= staff.status == LENT_IN
        old = (~stays).nonzero()[0]
        cell = staff.cell.take(old)
        if not ordinary:
            self._record("sent_back", cell[staff.status.take(old) == AWAY], 1)
        self._record("retired", cell, -1)
        gone = 0
        if self._most_leaving:
            stream = self._stream("teacher_leaving", year)
            rows, u = stream.below_of(staff.mixed, self._most_leaving, stays)
            cell = staff.cell.take(rows)
            leaves = u < self._leaving_rate.take(schools.settlement_kind.take(cell >> 1))
            if not ordinary:
                leaves &= staff.status.take(rows) <= ON_TERM  # neither lent in nor away
            stays[rows[leaves]] = False
            cell = cell[leaves]
            self._record("left", cell, -1)
            gone = cell.size
        staff.keep(stays)
        return old.size + gone

    def _post_from_closed(self, year: int, schools: SchoolsThisYear) -> None:
        """Post the teachers of schools and levels that ended."""
        stranded = np.logical_or.reduce(self.present[~schools.open_cells])
        if not stranded and self.teachers.ordinary():  # nobody is away
            return
        rows, cells = from_closed(
            self.teachers.cell,
            schools.receiver,
            schools.open_cells,
            schools.shortage(self.present),
        )
        self._move(rows, cells, "posted", year)

    def _post_to_opening(self, year: int, schools: SchoolsThisYear) -> None:
        """Staff the schools that open, up to the county's fair share, from schools above it."""
        if not np.count_nonzero(schools.opening):
            return
        moves = surplus_to_shortage(
            self.present,
            fair_targets(schools.need, self.present),
            schools.km,
            most=(_NO_LIMIT, _NO_LIMIT),
            farthest_km=np.inf,
            receivers=schools.opening[:, None],
        )
        self._carry_out(moves, "posted", year)

    def _post_to_uncovered(self, year: int, schools: SchoolsThisYear) -> None:
        """Send teachers where fewer are left than the least share of the need."""
        need, heads = schools.need, self.present
        least = self.options.least_cover * need
        bare = least - heads + 0.5 >= 1
        if not np.count_nonzero(bare):
            return
        moves = surplus_to_shortage(
            heads,
            np.where(bare, least, np.maximum(fair_targets(need, heads), least)),
            schools.km,
            most=(_NO_LIMIT, _NO_LIMIT),
            farthest_km=np.inf,
            receivers=bare,
        )
        self._carry_out(moves, "posted", year)

    def _planned_recruits(self, year: int) -> int | None:
        """Return the recruits planned for the year; None where leavers are replaced."""
        planned = self.options.recruits.per_year
        if planned == "replacement":
            return None
        if isinstance(planned, dict):
            listed = [y for y in planned if y <= year]
            return planned[max(listed)] if listed else 0
        assert isinstance(planned, int)
        return planned

    def _arrive(self, cells: Rows, year: int, source: str, cause: str, until: int = 0) -> None:
        """Add new teachers in the given cells; `until` is given for those lent in."""
        if not cells.size:
            return
        if source not in self._recruits:
            self._recruits[source] = Recruits(
                source, self.options, seed=self.seed, replicate=self.replicate
            )
        arrived = self._recruits[source].posted(year, cells)
        if until:
            arrived.status[:] = LENT_IN
            arrived.until[:] = until
        self._record(cause, cells, 1)
        self.teachers.append(arrived)

    def _name_backbone(self, year: int) -> None:
        """Name backbone teachers in place of those who left, to the county's share by level."""
        staff = self.teachers
        kind = staff.backbone * _BACKBONE
        kind += staff.level
        if not staff.ordinary():
            kind[staff.status == LENT_IN] = 4  # whom another county pays
        counted = np.bincount(kind, minlength=5).tolist()
        lacking = [
            floor(share * (other + strong) + 0.5) - strong
            for share, other, strong in zip(
                self._backbone_share, counted[:2], counted[2:4], strict=True
            )
        ]
        if max(lacking) <= 0:
            return
        able = kind < 2
        able &= staff.birth_month <= born_by(year, self.options.stock.backbone_from_age_years)
        pool = able.nonzero()[0]
        words = self._stream("backbone", year).words_of(staff.mixed.take(pool))
        level_of = staff.level.take(pool)
        for level, number in enumerate(lacking):
            if number > 0:
                mine = (level_of == level).nonzero()[0]
                first = lowest(words.take(mine), number)
                staff.backbone[pool.take(mine.take(first))] = True

    def _send_out(self, year: int, programme: OutsideExchangeOptions) -> None:
        """Send teachers out for training; they keep their post but do not teach."""
        staff = self.teachers
        pool = np.flatnonzero(staff.status == ORDINARY)
        words = self._stream("sent_out", year).words_of(staff.mixed.take(pool))
        chosen = pool[np.argsort(words, kind="stable")[: programme.sent_out_per_year]]
        self._record("sent_out", staff.cell.take(chosen), -1)
        staff.status[chosen] = AWAY
        staff.until[chosen] = year + programme.years_away

    def _lend_in(
        self, year: int, schools: SchoolsThisYear, programme: OutsideExchangeOptions, source: int
    ) -> None:
        """Place teachers lent in from outside where teachers lack most."""
        number = programme.lent_in_per_year
        shortage = schools.shortage(self.present)
        most = np.where(schools.open_cells, number, 0)
        cells = to_largest_need(shortage.ravel(), most.ravel(), number)
        self._arrive(cells, year, f"lent_in {source}", "lent_in", year + programme.years_away)

    # ------------------------------------------------------------------ between schools

    def _carry_out(self, moves: Moves, cause: str, year: int) -> None:
        """Draw who moves among the ordinary teachers of each giving cell, and move them."""
        if not moves.number.size:
            return
        staff = self.teachers
        leaving = np.bincount(moves.origin, moves.number, 2 * self.schools).astype(np.int64)
        may = (leaving > 0).take(staff.cell)
        if not staff.ordinary():
            may &= staff.status == ORDINARY
        pool = may.nonzero()[0]
        words = self._stream(f"teacher_{cause}", year).words_of(staff.mixed.take(pool))
        chosen = pool.take(first_of_each_cell(staff.cell.take(pool), words, leaving))
        self._move(chosen, destinations(staff.cell.take(chosen), moves), cause, year)

    def _move(self, rows: Rows, cells: Cells, cause: str, year: int) -> None:
        """Move teachers to other cells and record it; those away move without being counted."""
        if not rows.size:
            return
        staff = self.teachers
        leaving, coming = staff.cell.take(rows), cells
        if not staff.ordinary():
            here = staff.status.take(rows) != AWAY
            leaving, coming = leaving[here], coming[here]
        self._record(f"{cause}_out", leaving, -1)
        self._record(f"{cause}_in", coming, 1)
        staff.cell[rows] = cells
        staff.since[rows] = year

    def _record(self, cause: str, cells: Cells, sign: int) -> None:
        """Add `sign` for each teacher to the year's flows."""
        if not cells.size:
            return
        counted = np.bincount(cells, minlength=2 * self.schools)
        flows, heads = self._flows[CAUSE[cause]], self._heads
        if sign > 0:
            flows += counted
            heads += counted
        else:
            flows -= counted
            heads -= counted

    def _stream(self, process: str, year: int) -> draws.Stream:
        return draws.stream(self.seed, self.replicate, process, year)
