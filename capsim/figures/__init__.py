"""Figures: one visual style in English and Chinese, from the dataset of a run.

``FIGURES`` maps the name of each figure to the function that draws it; every function takes
``(data, *, lang="en", scenario=None, titled=True)`` and returns a matplotlib ``Figure``, or raises
:class:`~capsim.results.reading.NothingToShow` where the results lack what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "FIGURES": "capsim.figures.registry",
    "PLANNER_FIGURES": "capsim.figures.registry",
    "FigureFunction": "capsim.figures.registry",
    "draw_figures": "capsim.figures.registry",
    "NothingToShow": "capsim.results.reading",
    "save_figure": "capsim.figures.style",
    "figure_bytes": "capsim.figures.style",
    "undrawable_characters": "capsim.figures.fonts",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
