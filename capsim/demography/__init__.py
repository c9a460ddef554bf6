"""Forecasts of children: projection, births, progression ratios, entry cohorts."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Public name -> module that holds it; loaded on first use, because pandas and xarray are heavy.
_HOMES = {
    "project_population": "projection",
    "project_quantiles": "projection_quantiles",
    "project_periods": "period_drivers",
    "population_from_groups": "period_drivers",
    "annual_death_rates": "period_drivers",
    "annual_driver": "period_drivers",
    "annual_fertility": "period_drivers",
    "annual_net_migration": "period_drivers",
    "forecast_births": "births",
    "reference_volatility": "births",
    "calibrate_births": "births_calibration",
    "past_errors": "births_calibration",
    "shipped_calibration": "births_calibration",
    "score_births": "capsim.forecasting.births_validation",
    "summarise_scores": "capsim.forecasting.births_validation",
    "stress_path": "stress",
    "stress_path_names": "stress",
    "apply_stress": "stress",
    "CHINA_ENTRY": "entrants",
    "Entry": "entrants",
    "entry_cohorts": "entrants",
    "largest_remainder": "capsim.core.rounding",
    "expected_entrants": "coverage",
    "fit_coverage": "coverage",
    "fit_public_share": "coverage",
    "preschool_entrants": "coverage",
    "combine_estimates": "coverage",
    "housing_pupils": "housing",
    "progression_ratios": "capsim.forecasting.progression",
    "entry_ratios": "capsim.forecasting.progression",
    "project_rolls": "capsim.forecasting.progression",
    "forecast_rolls": "capsim.forecasting.roll_forecast",
    "life_table": "rates",
    "survival_ratio": "rates",
    "single_year_mx": "rates",
    "split_groups": "age_groups",
    "age_specific_fertility": "fertility",
    "single_year_schedule": "fertility",
    "rogers_castro": "migration",
    "spread_net_migration": "migration",
    "reconcile": "reconcile",
    "reconcile_to_total": "reconcile",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES[name]
    return getattr(import_module(home if "." in home else f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
