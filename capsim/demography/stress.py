"""Stress paths of births: real collapses, as ratios to the last value before them.

No method foresees such a fall, so a stress path is never mixed into the bands of a forecast: it
stands beside them, as a births path of a scenario of its own.
"""

from __future__ import annotations

import difflib
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from capsim.core.errors import InvalidInput, Problems
from capsim.demography.schedules import read_reference

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]


class StressPath(NamedTuple):
    """A real collapse of births.

    Attributes
    ----------
    name : str
        Place and year of the last value before the fall.
    year : int
        That year.
    ratios : ndarray, shape (years,)
        Births of the following years over those of `year`.
    mark : str
        How well the figures are known: ``found`` or ``recalled``.
    """

    name: str
    year: int
    ratios: F64
    mark: str


@cache
def _paths() -> MappingProxyType[str, StressPath]:
    births: dict[str, list[tuple[int, float, str]]] = {}
    for row in read_reference("births_stress_paths.csv"):
        found = births.setdefault(row["path"], [])
        found.append((int(row["year"]), float(row["births_thousand"]), row["mark"]))
    paths = {}
    for name, rows in births.items():
        ratios = np.array([value for _, value, _ in rows[1:]]) / rows[0][1]
        paths[name] = StressPath(name, rows[0][0], ratios, rows[0][2])
    return MappingProxyType(paths)


def stress_path_names() -> tuple[str, ...]:
    """Return the names of the shipped stress paths."""
    return tuple(_paths())


def check_stress_path(name: str, where: str, problems: Problems) -> None:
    """Add a problem if a name is not that of a shipped stress path.

    Parameters
    ----------
    name : str
    where : str
        Place of the name, for the message.
    problems : Problems
        Receives the fault.
    """
    paths = _paths()
    if name not in paths:
        near = difflib.get_close_matches(name, paths, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(paths)}"
        problems.add(where, f"unknown path {name!r}", hint)


def _named(name: str) -> StressPath:
    problems = Problems()
    check_stress_path(name, "stress path", problems)
    problems.raise_if_any()
    return _paths()[name]


def stress_path(name: str) -> pd.Series[float]:
    """Return the ratios of a stress path to its last value, indexed by calendar year.

    Parameters
    ----------
    name : str
        ``china_2016``, ``korea_2015``, ``east_germany_1989``, ``russia_1987``: place and year of
        the last value before the fall. The source of each stands in
        ``capsim/reference/births_stress_paths.csv``.

    Raises
    ------
    InvalidInput
        If the name is not known.
    """
    import pandas as pd

    path = _named(name)
    years = pd.RangeIndex(path.year + 1, path.year + 1 + len(path.ratios), name="year")
    series = pd.Series(path.ratios, index=years, name=name)
    series.attrs["mark"] = path.mark
    return series


def stress_ratios(name: str, horizon: int) -> F64:
    """Return the ratios of the first `horizon` years; later years keep the last ratio.

    Raises
    ------
    InvalidInput
        If the name is not known or the horizon is not positive.
    """
    if horizon < 1:
        raise InvalidInput.of("horizon", f"{horizon} is not a number of years", "give at least 1")
    ratios = _named(name).ratios
    return ratios[np.minimum(np.arange(horizon), len(ratios) - 1)]


def apply_stress(last_value: float, name: str, horizon: int) -> F64:
    """Return births of the next years if a collapse like the named one began now.

    Parameters
    ----------
    last_value : float
        Births of the last year known.
    name : str
        Stress path.
    horizon : int
        Years ahead. After the years that the path was observed for it stays at its last ratio:
        a path says nothing about a recovery.

    Returns
    -------
    ndarray, shape (horizon,)

    Raises
    ------
    InvalidInput
        If the name is not known, or a number makes no sense.
    """
    if not last_value >= 0:
        raise InvalidInput.of("last_value", f"{last_value} is not a number of births")
    path: F64 = last_value * stress_ratios(name, horizon)
    return path
