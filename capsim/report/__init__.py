"""Documents: one content model written to HTML, DOCX, PDF and XLSX."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "build_report": "capsim.report.build",
    "build_workbook": "capsim.report.workbook",
    "write_report": "capsim.report.write",
    "write_document": "capsim.report.write",
    "read_scores": "capsim.report.write",
    "check_formats": "capsim.report.write",
    "Written": "capsim.report.write",
    "FILES": "capsim.report.write",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
