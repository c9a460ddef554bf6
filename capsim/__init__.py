"""capsim: forecasts of school capacity for county education bureaus.

``load`` a scenario, ``run`` it, look at ``results.data``; see the user guide in ``docs``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from capsim.core.version import VERSION

if TYPE_CHECKING:
    from capsim import demography
    from capsim.admission.matching import deferred_acceptance
    from capsim.ensemble.run import run
    from capsim.forecasting.backtesting import backtest
    from capsim.measures.indicators import variation_coefficient
    from capsim.reporting.write import report
    from capsim.results.compare import compare
    from capsim.results.results import Results, open_results
    from capsim.scenario.load import diff, load
    from capsim.scenario.schema import Scenario
    from capsim.year.model import model

__version__ = VERSION

__all__ = [
    "Results",
    "Scenario",
    "__version__",
    "backtest",
    "compare",
    "deferred_acceptance",
    "demography",
    "diff",
    "load",
    "model",
    "open_results",
    "report",
    "run",
    "variation_coefficient",
]

# Module of each public name; `capsim.demography` is a package of its own.
_HOMES = {
    "Results": "capsim.results.results",
    "Scenario": "capsim.scenario.schema",
    "backtest": "capsim.forecasting.backtesting",
    "compare": "capsim.results.compare",
    "deferred_acceptance": "capsim.admission.matching",
    "demography": "capsim.demography",
    "diff": "capsim.scenario.load",
    "load": "capsim.scenario.load",
    "model": "capsim.year.model",
    "open_results": "capsim.results.results",
    "report": "capsim.reporting.write",
    "run": "capsim.ensemble.run",
    "variation_coefficient": "capsim.measures.indicators",
}

if not TYPE_CHECKING:

    def __getattr__(name):
        """Import public names on first use, so that ``import capsim`` costs nothing."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = import_module(_HOMES[name])
        return home if name == "demography" else getattr(home, name)


def __dir__() -> list[str]:
    return sorted(__all__)
