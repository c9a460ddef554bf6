"""capsim: forecasts of school capacity for county education bureaus.

``load`` a scenario, ``run`` it, look at ``results.data``; see the user guide in ``docs``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from capsim.core import version

__version__ = version.VERSION

_PUBLIC = {
    "load": "capsim.scenario.load",
    "diff": "capsim.scenario.load",
    "run": "capsim.ensemble.run",
    "Results": "capsim.results.results",
    "open_results": "capsim.results.results",
    "model": "capsim.year.model",
    "compare": "capsim.results.compare",
    "report": "capsim.reporting.write",
    "backtest": "capsim.forecasting.backtesting",
}

__all__ = [*sorted(_PUBLIC), "__version__"]


def __getattr__(name: str) -> Any:
    """Import public names on first use, so that ``import capsim`` costs nothing."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "demography", "choice", "county"])
