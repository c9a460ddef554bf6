"""Education groups and communities: a lead school whose quality and teachers reach its members.

A group works from its start year and grows evenly to its full rates. A member's quality equation
gains a share of its gap to the lead, the lead loses a share of the same gap weighted by the
members' pupils, and part of the lead's teaching time is given at the members. Nothing flows from
a lead that is worse than its member. All rates are assumed: results are to be shown as a function
of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import LEVELS
from capsim.core.errors import Problems
from capsim.scenario.options.quality import Group, GroupOptions

F64 = NDArray[np.float64]
Rows = NDArray[np.intp]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Groups:
    """Membership in groups, one row per member; all of shape (members,).

    Attributes
    ----------
    member, lead : ndarray of intp
        Rows of the schools.
    group : ndarray of intp
        Number of the group.
    start : ndarray of int64
        School year from which the member takes part.
    flow, dilution, shared_teachers : ndarray of float64
        Full rates of the group's form.
    years_to_full_effect : int
    """

    member: Rows
    lead: Rows
    group: Rows
    start: NDArray[np.int64]
    flow: F64
    dilution: F64
    shared_teachers: F64
    years_to_full_effect: int

    def __len__(self) -> int:
        return len(self.member)

    def strength(self, year: int, open_cells: Bool) -> F64:
        """Return the share of its full rates at which each membership works this year.

        Parameters
        ----------
        year : int
        open_cells : ndarray of bool, shape (schools, 2)
            Levels taught at open schools; a membership works where both schools teach the level.

        Returns
        -------
        ndarray of float64, shape (members, 2)
        """
        ramp = self._ramps.get(year)
        if ramp is None:
            grown = (year - self.start + 1) / self.years_to_full_effect
            ramp = self._ramps[year] = np.minimum(np.maximum(grown, 0.0), 1.0)[:, None]
        both = open_cells.take(self.member_cells) & open_cells.take(self.lead_cells)
        return np.asarray(ramp * both, dtype=np.float64)

    @cached_property
    def _ramps(self) -> dict[int, F64]:
        """By year how far memberships have grown, shape (members, 1)."""
        return {}

    @cached_property
    def member_cells(self) -> Rows:
        """Cells ``2 x school + level`` of the members, shape (members, 2)."""
        return _cells(self.member)

    @cached_property
    def lead_cells(self) -> Rows:
        """Cells of their leads, shape (members, 2)."""
        return _cells(self.lead)

    @cached_property
    def group_cells(self) -> Rows:
        """Cells ``2 x group + level`` of their groups, shape (members, 2)."""
        return _cells(self.group)

    def cells_of_tables(self, cells: int, of_one: int) -> tuple[Rows, Rows]:
        """Return the cells of leads and of members in tables that lie one below another.

        Parameters
        ----------
        cells, of_one : int
            Cells of all tables, and of one.

        Returns
        -------
        leads, members : ndarray of intp, shape (tables, members, 2)
        """
        known = self._tables.get((cells, of_one))
        if known is None:
            first = np.arange(0, cells, of_one)[:, None, None]
            known = (first + self.lead_cells, first + self.member_cells)
            self._tables[cells, of_one] = known
        return known

    @cached_property
    def _tables(self) -> dict[tuple[int, int], tuple[Rows, Rows]]:
        """By cells of all tables and of one what :meth:`cells_of_tables` returns."""
        return {}

    def in_year(self, year: int, pupils: ArrayLike, open_cells: Bool) -> GroupsInYear:
        """Return how the groups work in a year.

        Parameters
        ----------
        year : int
        pupils : array_like, shape (schools, 2)
        open_cells : ndarray of bool, shape (schools, 2)
        """
        strength = self.strength(year, open_cells)
        if not np.count_nonzero(strength):
            return GroupsInYear(self, *np.zeros((3, 0, 2)))
        size = np.asarray(pupils, dtype=np.float64)
        return GroupsInYear(self, strength, size, size.take(self.member_cells) * (strength > 0))


def _cells(rows: Rows) -> Rows:
    """Cells of both levels of some rows of a (rows, 2) table."""
    cells: Rows = 2 * rows[:, None] + np.arange(2)
    return cells


def compile_groups(options: GroupOptions, row_of_school: Mapping[str, int]) -> Groups:
    """Return the memberships of checked groups.

    Parameters
    ----------
    options : GroupOptions
    row_of_school : mapping
        Row of each school by its id.
    """
    rows = [
        (
            row_of_school[school],
            row_of_school[group.lead],
            number,
            max(group.start_year, group.joins.get(school, group.start_year)),
            getattr(options.forms, group.form),
        )
        for number, group in enumerate(options.groups)
        for school in group.members
    ]
    return Groups(
        member=np.array([row[0] for row in rows], dtype=np.intp),
        lead=np.array([row[1] for row in rows], dtype=np.intp),
        group=np.array([row[2] for row in rows], dtype=np.intp),
        start=np.array([row[3] for row in rows], dtype=np.int64),
        flow=np.array([row[4].flow for row in rows], dtype=np.float64),
        dilution=np.array([row[4].dilution for row in rows], dtype=np.float64),
        shared_teachers=np.array([row[4].shared_teachers for row in rows], dtype=np.float64),
        years_to_full_effect=options.years_to_full_effect,
    )


@dataclass(frozen=True, slots=True)
class GroupsInYear:
    """The groups at work in one year.

    Attributes
    ----------
    groups : Groups
    strength : ndarray of float64, shape (members, 2)
        See :meth:`Groups.strength`; all tables are empty where no group works.
    pupils : ndarray of float64, shape (schools, 2)
    member_pupils : ndarray of float64, shape (members, 2)
        0 where a membership does not work.
    """

    groups: Groups
    strength: F64
    pupils: F64
    member_pupils: F64

    def effect(self, quality: ArrayLike) -> F64:
        """Return the groups' term of the quality equation.

        Member: ``flow x max(0, q_lead - q_member)``. Lead: minus the sum over its members of
        ``dilution x w x max(0, q_lead - q_member)``, where ``w`` is the member's part of the
        pupils of the lead and all its members.

        Parameters
        ----------
        quality : array_like of float, shape (schools, 2)

        Returns
        -------
        ndarray of float64, shape (schools, 2)
        """
        groups, q = self.groups, np.asarray(quality, dtype=np.float64)
        effect = np.zeros(q.shape)
        if not len(self.strength):  # no group works
            return effect
        gap = np.maximum(q.take(groups.lead_cells) - q.take(groups.member_cells), 0.0)
        gap *= self.strength
        effect.put(groups.member_cells, groups.flow[:, None] * gap)
        whole = self.pupils.copy()
        _at_cells(np.add, whole, groups.lead_cells, self.member_pupils)
        weight = self.member_pupils / np.maximum(whole.take(groups.lead_cells), 1.0)
        lost = groups.dilution[:, None] * weight * gap
        _at_cells(np.subtract, effect, groups.lead_cells, lost)
        return effect

    def share_teaching(self, counts: ArrayLike) -> F64:
        """Return teachers where they teach: the lead's shared time counted at the members.

        The shared time is split over the members of a group by their pupils.

        Parameters
        ----------
        counts : array_like, shape (schools, 2) or (counts, schools, 2)
            Teachers, or those of a quality (backbone teachers), by the school they belong to.

        Returns
        -------
        ndarray of float64, shape of `counts`
            Full-time equivalents with the same total at each level.
        """
        groups, taught = self.groups, np.array(counts, dtype=np.float64)
        if not len(self.strength):
            return taught
        of_group = groups.group_cells
        whole = np.bincount(of_group.ravel(), self.member_pupils.ravel())
        part = self.member_pupils / np.maximum(whole.take(of_group), 1.0)
        share = groups.shared_teachers[:, None] * self.strength * part
        leads, members = groups.cells_of_tables(taught.size, self.pupils.size)
        given = share * taught.take(leads)
        _at_cells(np.subtract, taught, leads, given)
        _at_cells(np.add, taught, members, given)
        return taught


def _at_cells(change: np.ufunc, table: F64, cells: Rows, values: F64) -> None:
    """Change cells of a table in place, a cell as often as it is named."""
    change.at(table.reshape(-1), cells.ravel(), values.ravel())


def check_groups(
    options: GroupOptions,
    problems: Problems,
    *,
    schools: Sequence[str],
    teaches_level: ArrayLike,
    base_year: int,
    horizon: int,
    where: str = "groups",
) -> None:
    """Add every fault of the groups to `problems`.

    Parameters
    ----------
    options : GroupOptions
    problems : Problems
    schools : sequence of str
        Ids of the schools, those that projects build included.
    teaches_level : array_like of bool, shape (schools, 2)
    base_year, horizon : int
        First and last year of the run.
    where : str
        Key of the groups' section in the scenario.
    """
    row_of = {name: row for row, name in enumerate(schools)}
    levels = np.asarray(teaches_level, dtype=bool)
    member_of: dict[str, str] = {}
    leads = {group.lead: group.name for group in options.groups}
    names: set[str] = set()
    for number, group in enumerate(options.groups):
        place = f"{where}.groups[{number}] ({group.name})"
        if group.name in names:
            problems.add(place, f"the name {group.name!r} is given twice", "give each its own")
        names.add(group.name)
        if group.lead not in row_of:
            problems.add(
                f"{place}: lead", f"{group.lead!r} is no school", "give the id of a school"
            )
        _check_start(group, problems, place, base_year, horizon)
        for school in group.members:
            _check_member(school, group, problems, place, row_of, levels)
            if school in member_of:
                problems.add(
                    f"{place}: members",
                    f"{school!r} is a member twice: also in {member_of[school]!r}",
                    "a school belongs to one group",
                )
            elif school in leads and school != group.lead:
                problems.add(
                    f"{place}: members",
                    f"{school!r} leads the group {leads[school]!r}",
                    "a lead is no member of another group",
                )
            member_of.setdefault(school, group.name)
        for school in sorted(set(group.joins) - set(group.members)):
            problems.add(f"{place}: joins", f"{school!r} is no member", "add it to members")
    _check_shared_time(options, problems, where)


def _check_start(
    group: Group, problems: Problems, place: str, base_year: int, horizon: int
) -> None:
    """Add faults of a group's years: groups may be older than the run, but must fall within it."""
    if group.start_year > horizon:
        problems.warn(
            f"{place}: start_year", f"{group.start_year} is after the last year {horizon}"
        )
    for school, year in group.joins.items():
        if year < group.start_year:
            problems.add(
                f"{place}: joins",
                f"{school!r} joins in {year}, before the group starts in {group.start_year}",
                "give a later year",
            )
        elif year <= base_year:
            problems.warn(f"{place}: joins", f"{school!r} joins in {year}, before the run starts")


def _check_member(
    school: str,
    group: Group,
    problems: Problems,
    place: str,
    row_of: Mapping[str, int],
    levels: Bool,
) -> None:
    """Add faults of one member: unknown, its own lead, or with no level in common with it."""
    if school not in row_of:
        problems.add(f"{place}: members", f"{school!r} is no school", "give the id of a school")
    elif school == group.lead:
        problems.add(f"{place}: members", f"{school!r} is also the lead", "list it as lead only")
    elif group.lead in row_of and not (levels[row_of[school]] & levels[row_of[group.lead]]).any():
        taught = [lv for lv, here in zip(LEVELS, levels[row_of[group.lead]], strict=True) if here]
        problems.add(
            f"{place}: members",
            f"{school!r} teaches no level of its lead {group.lead!r} ({', '.join(taught)})",
            "a lead reaches only members that teach one of its levels",
        )


def _check_shared_time(options: GroupOptions, problems: Problems, where: str) -> None:
    """Add a fault for each lead whose groups take more than half of its teaching time."""
    taken: dict[str, float] = {}
    for group in options.groups:
        form = getattr(options.forms, group.form)
        taken[group.lead] = taken.get(group.lead, 0.0) + float(form.shared_teachers)
    for lead, share in taken.items():
        if share > 0.5:
            problems.add(
                where,
                f"{lead!r} gives {share:.0%} of its teaching time to members",
                "lead fewer groups or lower shared_teachers of their forms",
            )
