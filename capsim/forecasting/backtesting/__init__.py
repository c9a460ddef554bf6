"""Backtests of roll forecasts from rolling origins: models, scores, table and figure."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capsim.forecasting.backtesting.rolling import Backtest, backtest
    from capsim.forecasting.backtesting.selection import Selection, select_roll_settings

_ROOMS = {
    "Backtest": "rolling",
    "backtest": "rolling",
    "Selection": "selection",
    "select_roll_settings": "selection",
}

__all__ = ["Backtest", "Selection", "backtest", "select_roll_settings"]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"capsim.forecasting.backtesting.{_ROOMS[name]}"), name)
