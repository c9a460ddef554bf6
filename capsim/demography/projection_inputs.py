"""Labelled inputs of a projection, checked and brought to plain arrays year by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.dims import SEXES
from capsim.core.errors import InvalidInput, Problems
from capsim.demography.rates import survival_ratio

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]

#: Place outside all areas, in the dimensions ``origin`` and ``destination`` of flows.
OUTSIDE = "outside"

_ORDER = ("draw", "area", "sex", "age")


@dataclass(frozen=True)
class ProjectionInputs:
    """Checked inputs; arrays broadcast against (draw, area, sex, age).

    Attributes
    ----------
    population : ndarray, shape (draws or 1, areas, 2, ages)
    years : tuple of int
        Years whose rates are applied; the population is that of the first.
    areas : tuple
    draws : ndarray or None
        Labels of the draws; None where no input has any.
    asfr, survival, sex_ratio, net_migration : tuple of ndarray, or None
        One array a year (the same object where rates do not change): (draw, area, age),
        (draw, area, sex, age + 1), (draw, area) and (draw, area, sex, age).
    flows : tuple of ndarray, or None
        Shares by year, (area, destination, sex, age); destinations are the areas, then others.
    arrivals : tuple of ndarray, or None
        Persons from outside by year, (area, sex, age).
    """

    population: F64
    years: tuple[int, ...]
    areas: tuple[Any, ...]
    draws: NDArray[Any] | None
    asfr: tuple[F64, ...]
    survival: tuple[F64, ...]
    sex_ratio: tuple[F64, ...]
    net_migration: tuple[F64, ...] | None
    flows: tuple[F64, ...] | None
    arrivals: tuple[F64, ...] | None


class _Reader:
    """Aligns one labelled array after another to the same labels, collecting every problem."""

    def __init__(self, population: xr.DataArray, years: Sequence[int]) -> None:
        self.problems = Problems()
        self.years = self._read_years(years, population)
        self.areas: tuple[Any, ...] = ()
        self.ages: tuple[int, ...] = ()
        self.draws: NDArray[Any] | None = None

    def _read_years(self, years: Sequence[int], population: xr.DataArray) -> tuple[int, ...]:
        if isinstance(years, int):
            self.problems.add(
                "years", f"{years} is one number", "give every year whose rates apply"
            )
            return (0,)
        found = tuple(int(y) for y in years)
        if not found:
            self.problems.add("years", "is empty")
            return (0,)
        if any(b - a != 1 for a, b in pairwise(found)):
            self.problems.add("years", "has gaps or is out of order", "give every year once")
        if "year" in population.coords and "year" not in population.dims:
            base = int(population["year"].item())
            if base != found[0]:
                self.problems.add(
                    "years",
                    f"begins in {found[0]} but the population is of {base}",
                    "the first year is that of the population; its rates lead to the next",
                )
        return found

    def labels(self, array: xr.DataArray, dim: str, name: str) -> list[Any]:
        if dim not in array.coords:
            self.problems.add(name, f"has no labels on dimension {dim}")
            return []
        return list(array[dim].values.tolist())

    def population(self, array: xr.DataArray) -> F64:
        """Take the labels of the population; without them nothing else can be checked."""
        before = len(self.problems)
        if not self._dims(array, ("area", "sex", "age"), ("draw",), "population"):
            self.problems.raise_if_any()
        ages = self.labels(array, "age", "population")
        self.areas = tuple(self.labels(array, "area", "population"))
        whole = [a for a in ages if isinstance(a, int)]
        if len(whole) != len(ages) or not whole:
            self.problems.add("population", "age must have single years 0, 1, 2 ... as labels")
            self.problems.raise_if_any()
        missing = sorted(set(range(max(whole) + 1)) - set(whole))
        if missing:
            self.problems.add("population", f"age lacks {_some(missing)}")
        if len(set(self.areas)) != len(self.areas):
            self.problems.add("population", "area repeats a label")
        self.ages = tuple(range(max(whole) + 1))
        tables = () if len(self.problems) > before else self.read(array, "population", lowest=0.0)
        if not tables:
            self.problems.raise_if_any()
        return tables[0]

    def _dims(
        self, array: xr.DataArray, needed: Sequence[str], allowed: Sequence[str], name: str
    ) -> bool:
        missing = [d for d in needed if d not in array.dims]
        unknown = [str(d) for d in array.dims if d not in (*needed, *allowed)]
        if missing:
            self.problems.add(name, f"lacks the dimension(s) {', '.join(missing)}")
        if unknown:
            self.problems.add(name, f"has unexpected dimension(s) {', '.join(unknown)}")
        return not missing and not unknown

    def read(
        self,
        array: xr.DataArray,
        name: str,
        *,
        needed: Sequence[str] = (),
        lowest: float | None = None,
        highest: float | None = None,
        some_ages: bool = False,
    ) -> tuple[F64, ...]:
        """Return one array a year, its axes draw, area, sex, age (as far as `array` has them)."""
        if not self._dims(array, needed, ("draw", "area", "year", "sex", "age"), name):
            return ()
        wanted = {"area": self.areas, "sex": SEXES, "age": self.ages, "year": self.years}
        before = len(self.problems)
        for dim, labels in wanted.items():
            if dim in array.dims:
                array = self._align(array, dim, labels, name, some=some_ages and dim == "age")
        if "draw" in array.dims:
            self._take_draws(array, name)
        if len(self.problems) > before:
            return ()
        array = array.transpose(*[d for d in ("year", *_ORDER) if d in array.dims])
        self._check_values(array, name, lowest, highest)
        table = np.asarray(array.values, dtype=np.float64)
        kept = [d for d in _ORDER if d in array.dims or d in ("draw", "area")]
        if "year" in array.dims:
            return tuple(_insert(year, array.dims[1:], kept) for year in table)
        return (_insert(table, array.dims, kept),) * len(self.years)

    def _align(
        self, array: xr.DataArray, dim: str, labels: Sequence[Any], name: str, *, some: bool
    ) -> xr.DataArray:
        found = self.labels(array, dim, name)
        unknown = [x for x in found if x not in set(labels)]
        missing = [x for x in labels if x not in set(found)]
        if dim == "year":
            unknown = []  # rates may reach further than the projection
        if unknown:
            self.problems.add(name, f"{dim} has unknown {_some(unknown)}")
        if len(set(found)) != len(found):
            self.problems.add(name, f"{dim} repeats a label")
        if some and not unknown:
            # fertility is zero outside the ages given, which must be a run without gaps
            gaps = sorted(set(range(min(found), max(found) + 1)) - set(found))
            if gaps:
                self.problems.add(name, f"age lacks {_some(gaps)}")
            return array.reindex({dim: list(labels)}, fill_value=0.0)
        if missing:
            self.problems.add(name, f"{dim} lacks {_some(missing)}")
        if unknown or missing or found == list(labels):
            return array
        return array.sel({dim: list(labels)})

    def _take_draws(self, array: xr.DataArray, name: str) -> None:
        labels = np.asarray(self.labels(array, "draw", name))
        if self.draws is None:
            self.draws = labels
        elif not np.array_equal(self.draws, labels):
            self.problems.add(name, "has other draws than the inputs before it")

    def _check_values(
        self, array: xr.DataArray, name: str, lowest: float | None, highest: float | None
    ) -> None:
        values = np.asarray(array.values, dtype=np.float64)
        for wrong, what, remedy in (
            (~np.isfinite(values), "is missing", ""),
            (values < lowest if lowest is not None else None, "is negative", ""),
            (
                values > highest if highest is not None else None,
                "is above one",
                "rates are per person, not per thousand",
            ),
        ):
            if wrong is None or not wrong.any():
                continue
            where = np.argwhere(wrong)[0]
            place = ", ".join(
                f"{dim} {array[dim].values[i]}"
                for dim, i in zip(array.dims, where, strict=True)
                if dim in array.coords
            )
            value = values[tuple(where)]
            shown = f"{value:g} {what}" if np.isfinite(value) else what
            more = int(wrong.sum()) - 1
            tail = f" and {more} more cells" if more else ""
            self.problems.add(name, f"{place}: {shown}{tail}", remedy)


def read_inputs(
    population: xr.DataArray,
    *,
    asfr: xr.DataArray,
    mx: xr.DataArray,
    sex_ratio_at_birth: xr.DataArray | float,
    net_migration: xr.DataArray | None,
    flows: xr.DataArray | None,
    years: Sequence[int],
) -> ProjectionInputs:
    """Check and align the inputs of :func:`capsim.demography.project_population`.

    Raises
    ------
    InvalidInput
        With every problem of every input.
    """
    import xarray as xr

    reader = _Reader(population, years)
    start = reader.population(population)
    fertility = reader.read(asfr, "asfr", needed=("age",), lowest=0.0, highest=1.0, some_ages=True)
    death = reader.read(mx, "mx", needed=("sex", "age"), lowest=0.0)
    ratio = (
        sex_ratio_at_birth
        if isinstance(sex_ratio_at_birth, xr.DataArray)
        else xr.DataArray(float(sex_ratio_at_birth))
    )
    ratios = reader.read(ratio, "sex_ratio_at_birth", lowest=0.0)
    if ratios and min(float(r.min()) for r in ratios) < 0.5:
        reader.problems.add("sex_ratio_at_birth", "is below 0.5", "give boys born for each girl")
    if ratios and max(float(r.max()) for r in ratios) > 2.0:
        reader.problems.add("sex_ratio_at_birth", "is above 2", "give boys born for each girl")
    net = None
    if net_migration is not None:
        net = reader.read(net_migration, "net_migration", needed=("sex", "age"))
    moves = arrivals = None
    if flows is not None:
        moves, arrivals = _read_flows(reader, flows)
    survival: tuple[F64, ...] = ()
    if death:
        try:
            survival = _survival_by_year(death)
        except InvalidInput as found:
            reader.problems.extend(found.problems)
    reader.problems.raise_if_any()
    return ProjectionInputs(
        start,
        reader.years,
        reader.areas,
        reader.draws,
        fertility,
        survival,
        ratios,
        net,
        moves,
        arrivals,
    )


def _survival_by_year(death: tuple[F64, ...]) -> tuple[F64, ...]:
    """Survival ratios of each year's rates, computed once where the rates stay the same."""
    if all(year is death[0] for year in death):
        return (survival_ratio(death[0]),) * len(death)
    return tuple(survival_ratio(year) for year in death)


def _read_flows(
    reader: _Reader, flows: xr.DataArray
) -> tuple[tuple[F64, ...] | None, tuple[F64, ...] | None]:
    """Shares that move by origin and destination, and persons who come from outside."""
    if not reader._dims(flows, ("origin", "destination", "sex", "age"), ("year",), "flows"):
        return None, None
    origins = reader.labels(flows, "origin", "flows")
    destinations = reader.labels(flows, "destination", "flows")
    before = len(reader.problems)
    for dim, found in (("origin", origins), ("destination", destinations)):
        unknown = [x for x in found if x not in {*reader.areas, OUTSIDE}]
        missing = [x for x in reader.areas if x not in set(found)]
        if unknown:
            reader.problems.add("flows", f"{dim} has unknown {_some(unknown)}")
        if missing:
            reader.problems.add("flows", f"{dim} lacks {_some(missing)}")
    for dim, labels in (("sex", SEXES), ("age", reader.ages), ("year", reader.years)):
        if dim in flows.dims:
            flows = reader._align(flows, dim, labels, "flows", some=False)
    if len(reader.problems) > before:
        return None, None
    outside = [OUTSIDE] if OUTSIDE in destinations else []
    lead = [d for d in ("year",) if d in flows.dims]
    ordered = flows.transpose(*lead, "origin", "destination", "sex", "age")
    inner = ordered.sel(origin=list(reader.areas), destination=[*reader.areas, *outside])
    reader._check_values(inner, "flows", 0.0, 1.0)
    shares = np.asarray(inner.values, dtype=np.float64)
    if not lead:
        shares = np.broadcast_to(shares, (len(reader.years), *shares.shape))
    if (shares.sum(axis=2) > 1.0 + 1e-12).any():
        reader.problems.add("flows", "more than everybody leaves an area at some age")
    arrivals = None
    if OUTSIDE in origins:
        came = ordered.sel(origin=OUTSIDE, destination=list(reader.areas))
        reader._check_values(came, "flows from outside", 0.0, None)
        persons = np.asarray(came.values, dtype=np.float64)
        if not lead:
            persons = np.broadcast_to(persons, (len(reader.years), *persons.shape))
        arrivals = tuple(persons)
    return tuple(shares), arrivals


def _insert(table: F64, dims: Sequence[Any], kept: Sequence[str]) -> F64:
    """Give `table` an axis of one for each of `kept` that it lacks."""
    shape = [table.shape[list(dims).index(d)] if d in dims else 1 for d in kept]
    return table.reshape(shape)


def _some(items: Sequence[Any], most: int = 6) -> str:
    shown = ", ".join(str(x) for x in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"


def check_request(mode: str, draws: int | None, has_draws: bool) -> None:
    """Raise unless the mode is known and the number of draws fits the inputs."""
    problems = Problems()
    if mode not in ("expected", "integer"):
        problems.add("mode", f"unknown mode {mode!r}", 'known: "expected", "integer"')
    if draws is not None and mode == "expected":
        problems.add("draws", "expected values have no draws of their own", 'use mode="integer"')
    if draws is not None and has_draws:
        problems.add("draws", "the inputs already have draws", "leave out one of the two")
    if draws is not None and draws < 1:
        problems.add("draws", f"{draws} is not a number of futures", "give at least 1")
    problems.raise_if_any()


__all__ = ["OUTSIDE", "InvalidInput", "ProjectionInputs", "check_request", "read_inputs"]
