"""Backtests of roll forecasts from rolling origins: models, scores, table and figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capsim.backtesting.rolling import Backtest, backtest

__all__ = ["Backtest", "backtest"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from capsim.backtesting import rolling

    return getattr(rolling, name)
