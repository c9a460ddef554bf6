"""Stress paths beside a scenario: the same scenario and seed with births that collapse.

A stress path is a scenario of its own, called ``<name>@<path>``, and is never mixed into the
bands of the scenario it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capsim.core.errors import Problems
from capsim.demography.stress import check_stress_path
from capsim.scenario.schema import Scenario

STRESS_MARK: Final = "@"
"""Stands between the name of a scenario and that of the path."""


def with_stress_paths(
    scenarios: Sequence[Scenario], more: Sequence[str] = (), *, where: str = "stress"
) -> list[Scenario]:
    """Return scenarios, each followed by itself under the stress paths it names.

    Parameters
    ----------
    scenarios : sequence of Scenario
    more : sequence of str
        Paths to run beside every scenario, besides those it names itself in
        ``demography.births.stress_paths``.
    where : str
        Where `more` comes from, for the messages.

    Returns
    -------
    list of Scenario
        Those given, in their order, and after each its own under stress. A scenario that is one
        already, or that stands in the list already, is not made again.

    Raises
    ------
    InvalidInput
        If one of `more` is not known.
    """
    problems = Problems()
    for path in more:
        check_stress_path(path, where, problems)
    problems.raise_if_any()
    names = {scenario.name for scenario in scenarios}
    every: list[Scenario] = []
    for scenario in scenarios:
        every.append(scenario)
        if STRESS_MARK in scenario.name:
            continue
        for path in dict.fromkeys((*scenario.demography.births.stress_paths, *more)):
            name = f"{scenario.name}{STRESS_MARK}{path}"
            if name not in names:
                every.append(_under_stress(scenario, path, name))
    return every


def _under_stress(scenario: Scenario, path: str, name: str) -> Scenario:
    changes = {
        "demography.births.method": "stress",
        "demography.births.stress": path,
        "demography.births.stress_paths": None,
    }
    return scenario.with_(changes, name=name)
