"""Documents: one content model written to HTML, DOCX, PDF and XLSX."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "build_report": "capsim.reporting.build",
    "build_workbook": "capsim.reporting.workbook.build",
    "write_report": "capsim.reporting.write",
    "write_document": "capsim.reporting.write",
    "read_scores": "capsim.reporting.write",
    "check_formats": "capsim.reporting.write",
    "Written": "capsim.reporting.write",
    "FILES": "capsim.reporting.write",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
