"""Age groups: reading their labels and splitting them into single years, totals kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import OLDEST_AGE
from capsim.core.errors import InvalidInput, Problems

F64 = NDArray[np.float64]
SplitMethod = Literal["smooth", "even"]

_LABEL = re.compile(r"^\s*(\d{1,3})\s*(?:-\s*(\d{1,3})|(\+))?\s*$")


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """Completed years from `first` to `last`, both included; `last` is None for an open group."""

    first: int
    last: int | None

    @property
    def label(self) -> str:
        """The label as tables write it: ``7``, ``5-9`` or ``85+``."""
        if self.last is None:
            return f"{self.first}+"
        return str(self.first) if self.last == self.first else f"{self.first}-{self.last}"


def parse_age_group(label: object, *, where: str = "age") -> AgeGroup:
    """Read an age label: ``"7"`` (one year), ``"5-9"`` or ``"85+"``.

    Raises
    ------
    InvalidInput
        If the label is none of these or runs backwards.
    """
    found = _LABEL.match(str(label))
    if found is None:
        raise InvalidInput.of(where, f"{label!r} is not an age", 'write "7", "5-9" or "85+"')
    first = int(found.group(1))
    if found.group(3):
        return AgeGroup(first, None)
    last = int(found.group(2)) if found.group(2) else first
    if last < first:
        raise InvalidInput.of(where, f"{label!r} runs backwards", f'write "{last}-{first}"')
    return AgeGroup(first, last)


def read_age_groups(
    labels: Sequence[object], *, where: str = "age", first_age: int = 0, must_be_open: bool = True
) -> tuple[list[AgeGroup], list[int]]:
    """Read the labels of a table's age groups and the order that sorts them.

    Parameters
    ----------
    labels : sequence
        Labels in any order.
    where : str
        Name used in messages.
    first_age : int
        Age at which the groups must begin.
    must_be_open : bool
        Whether the oldest group must be open (``85+``).

    Returns
    -------
    groups : list of AgeGroup
        From the youngest to the oldest.
    order : list of int
        ``labels[order[i]]`` is the label of ``groups[i]``.

    Raises
    ------
    InvalidInput
        If labels cannot be read, ages are missing between groups, or groups overlap.
    """
    parsed = [parse_age_group(label, where=where) for label in labels]
    order = sorted(range(len(parsed)), key=lambda i: parsed[i].first)
    groups = [parsed[i] for i in order]
    problems = Problems()
    expected: int | None = first_age
    for group in groups:
        if expected is None:
            problems.add(where, f"group {group.label} follows the open group")
            break
        if group.first > expected:
            problems.add(where, f"ages {expected} to {group.first - 1} are missing")
        elif group.first < expected:
            problems.add(where, f"group {group.label} overlaps the one before it")
        expected = None if group.last is None else group.last + 1
    if not groups:
        problems.add(where, "has no age groups")
    elif must_be_open and groups[-1].last is not None:
        problems.add(
            where,
            f"the oldest group {groups[-1].label} is closed",
            f'write "{groups[-1].first}+" for the open group',
        )
    problems.raise_if_any()
    return groups, order


def split_groups(
    values: ArrayLike,
    labels: Sequence[object],
    *,
    method: SplitMethod = "smooth",
    oldest: int = OLDEST_AGE,
    open_pattern: ArrayLike | None = None,
    where: str = "population",
) -> F64:
    """Split age groups into single years; every group keeps its total.

    Parameters
    ----------
    values : array_like, shape (..., groups)
        Persons by age group, in the order of `labels`.
    labels : sequence
        Age labels; they must cover every age from 0 once, the last group open.
    method : {"smooth", "even"}
        ``smooth`` draws a monotone cubic (Fritsch and Carlson 1980, as in
        :class:`scipy.interpolate.PchipInterpolator`) through the cumulative persons, so that no
        year is negative; ``even`` gives each year of a group the same number, which is what
        projections in five-year steps assume.
    oldest : int
        Age at which the result's own open group begins.
    open_pattern : array_like, shape (..., oldest + 1), optional
        How an open group that begins below `oldest` is spread, for instance person-years lived
        from a life table. Evenly where left out.
    where : str
        Name used in messages.

    Returns
    -------
    ndarray, shape (..., oldest + 1)

    Raises
    ------
    InvalidInput
        If ages are missing or overlap, a value is negative or missing, or the open group begins
        above `oldest`.
    """
    table = np.asarray(values, dtype=np.float64)
    groups, order = read_age_groups(labels, where=where)
    table = table[..., order]
    _check_persons(table, groups, oldest, where)
    single = np.zeros((*table.shape[:-1], oldest + 1))
    starts = np.array([g.first for g in groups])
    if method == "smooth" and len(groups) > 2:
        single[..., : starts[-1]] = _smooth_years(table[..., :-1], starts)
    else:
        for i, group in enumerate(groups[:-1]):
            assert group.last is not None
            width = group.last - group.first + 1
            single[..., group.first : group.last + 1] = table[..., i : i + 1] / width
    pattern = np.ones(oldest + 1) if open_pattern is None else np.asarray(open_pattern, np.float64)
    tail = pattern[..., starts[-1] :]
    single[..., starts[-1] :] = table[..., -1:] * tail / tail.sum(axis=-1, keepdims=True)
    return single


def _smooth_years(closed: F64, starts: NDArray[np.int64]) -> F64:
    """Single years of the closed groups from a monotone cubic through the cumulative persons."""
    from scipy.interpolate import PchipInterpolator

    cumulative = np.concatenate([np.zeros((*closed.shape[:-1], 1)), closed.cumsum(axis=-1)], -1)
    curve = PchipInterpolator(starts, cumulative, axis=-1)
    return np.asarray(np.diff(curve(np.arange(starts[-1] + 1)), axis=-1), dtype=np.float64)


def _check_persons(table: F64, groups: Sequence[AgeGroup], oldest: int, where: str) -> None:
    problems = Problems()
    for i, group in enumerate(groups):
        column = table[..., i]
        if not np.isfinite(column).all():
            problems.add(where, f"age {group.label} has a missing value")
        elif (column < 0).any():
            problems.add(where, f"age {group.label}: {column.min():g} is negative")
    if groups[-1].first > oldest:
        problems.add(where, f"the open group {groups[-1].label} begins above age {oldest}")
    problems.raise_if_any()


def check_group_totals(
    single: ArrayLike, totals: ArrayLike, labels: Sequence[object], *, where: str = "population"
) -> None:
    """Raise unless single years sum to the group totals given beside them.

    Parameters
    ----------
    single : array_like, shape (..., ages)
        Persons by single year, the last age open.
    totals : array_like, shape (..., groups)
        Persons by group, in the order of `labels`.

    Raises
    ------
    InvalidInput
        Naming each group whose years do not add up (a difference above half a person).
    """
    years = np.asarray(single, dtype=np.float64)
    wanted = np.asarray(totals, dtype=np.float64)
    groups, order = read_age_groups(labels, where=where)
    problems = Problems()
    for i, group in enumerate(groups):
        stop = None if group.last is None else group.last + 1
        found = years[..., group.first : stop].sum(axis=-1)
        if (np.abs(found - wanted[..., order[i]]) > 0.5).any():
            problems.add(where, f"single years of age {group.label} do not sum to their group")
    problems.raise_if_any()
