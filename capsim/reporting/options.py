"""The scenarios' options for standards and budget, read back from the provenance of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from capsim.results.reading import STRESS_MARK, all_scenarios, resolved
from capsim.scenario.options.budget import BudgetOptions, StandardsOptions


def standards_options(data: xr.Dataset) -> dict[str, StandardsOptions]:
    """Return the standards options of every scenario; the defaults where none are recorded."""
    return {
        name: StandardsOptions.model_validate(_section(data, name, "standards"))
        for name in all_scenarios(data)
    }


def budget_options(data: xr.Dataset) -> dict[str, BudgetOptions]:
    """Return the budget options of every scenario; the defaults where none are recorded."""
    return {
        name: BudgetOptions.model_validate(_section(data, name, "budget"))
        for name in all_scenarios(data)
    }


def construction_costs(data: xr.Dataset) -> dict[str, float]:
    """Return the programme's construction cost of every scenario, yuan per m2."""
    from capsim.scenario.options.programme import ProgrammeOptions

    default = float(ProgrammeOptions().cost_yuan_per_m2)
    found = {}
    for name in all_scenarios(data):
        programme = _section(data, name, "programme")
        given = programme.get("cost_yuan_per_m2")
        found[name] = float(given) if isinstance(given, (int, float)) else default
    return found


def _section(data: xr.Dataset, scenario: str, key: str) -> Mapping[str, Any]:
    settings = resolved(data, scenario) or resolved(data, scenario.split(STRESS_MARK)[0])
    section = settings.get(key, {})
    return section if isinstance(section, Mapping) else {}
