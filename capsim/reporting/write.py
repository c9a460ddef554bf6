"""The documents of a report written to a folder, format by format."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import xarray as xr

from capsim.core.errors import InvalidInput, Problems
from capsim.figures.words import check_lang
from capsim.reporting.build import report_of
from capsim.reporting.content import Report
from capsim.reporting.facts import View, view
from capsim.reporting.formats.docx import write_docx
from capsim.reporting.formats.html import write_html
from capsim.reporting.formats.pdf import pdf_available, write_pdf
from capsim.reporting.formats.xlsx import write_xlsx
from capsim.reporting.workbook.build import build_workbook
from capsim.results.results import Results, as_dataset
from capsim.texts import say

if TYPE_CHECKING:
    import pandas as pd


FILES: Final = {
    "html": "report.html",
    "docx": "report.docx",
    "xlsx": "projection.xlsx",
    "pdf": "report.pdf",
}
DEFAULT_FORMATS: Final = ("html", "docx", "xlsx")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes
    ----------
    files : tuple of pathlib.Path
        Documents, in the order of the formats asked for.
    notes : tuple of str
        One line for each format that could not be written and why.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def write_report(
    data: xr.Dataset,
    out_dir: str | Path,
    *,
    lang: str = "en",
    formats: Iterable[str] = DEFAULT_FORMATS,
    scenario: str | None = None,
    backtest: pd.DataFrame | None = None,
    dated: dt.date | None = None,
) -> Written:
    """Write a report of a run.

    Parameters
    ----------
    data : Dataset
        Results of a run, as ``core.catalogue`` declares them; several scenarios stand side
        by side.
    out_dir : str or pathlib.Path
        Folder; made if it is missing. ``report.html``, ``report.docx``, ``report.pdf`` and
        ``projection.xlsx`` are replaced, each when it is whole.
    lang : {"en", "zh"}
        Language.
    formats : iterable of {"html", "docx", "xlsx", "pdf"}
        Documents to write.
    scenario : str, optional
        Scenario that the report is about; default the first.
    backtest : DataFrame, optional
        ``scores`` of a backtest of earlier forecasts.
    dated : datetime.date, optional
        Date printed under the title.

    Returns
    -------
    Written
        Files, and a line for each format left out because an optional package is missing.

    Raises
    ------
    InvalidInput
        If a format, the language or the scenario is unknown.
    """
    asked = check_formats(formats)
    v = view(data, lang=check_lang(lang), scenario=scenario)
    report = report_of(v, backtest=backtest, dated=dated)
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    files, notes = [], []
    for name in asked:
        if name == "pdf" and not pdf_available():
            notes.append(say("nothing.typst", v.lang))
            continue
        files.append(_write_whole(folder / FILES[name], _writer(name, v, report)))
    return Written(tuple(files), tuple(notes))


def write_document(
    data: xr.Dataset,
    path: str | Path,
    *,
    lang: str = "en",
    scenario: str | None = None,
    backtest: pd.DataFrame | None = None,
    dated: dt.date | None = None,
) -> Path:
    """Write one document of a report; the suffix of the path chooses its format.

    Parameters
    ----------
    data, lang, scenario, backtest, dated
        As for :func:`write_report`.
    path : str or pathlib.Path
        Target ending in ``.html``, ``.docx``, ``.xlsx`` or ``.pdf``.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InvalidInput
        If the suffix is none of these, or PDF is asked for without typst.
    """
    target = Path(path)
    (name,) = check_formats([target.suffix.lstrip(".").lower()])
    v = view(data, lang=check_lang(lang), scenario=scenario)
    report = report_of(v, backtest=backtest, dated=dated)
    target.parent.mkdir(parents=True, exist_ok=True)
    return _write_whole(target, _writer(name, v, report))


def report(
    results: Results | xr.Dataset | str | Path,
    path: str | Path,
    *,
    lang: str = "en",
    scenario: str | None = None,
    backtest: pd.DataFrame | None = None,
    dated: dt.date | None = None,
) -> Path:
    """Write one document about a run: ``capsim.report(results, "proposal.docx", lang="zh")``.

    Parameters
    ----------
    results : Results, Dataset or path
        Outcome of :func:`capsim.run`, its dataset, or the folder of a run.
    path : str or pathlib.Path
        Target ending in ``.html``, ``.docx``, ``.xlsx`` or ``.pdf``.
    lang, scenario, backtest, dated
        As for :func:`write_report`.

    Raises
    ------
    InvalidInput
        If the suffix is none of these, or PDF is asked for without typst.
    """
    return write_document(
        as_dataset(results), path, lang=lang, scenario=scenario, backtest=backtest, dated=dated
    )


def read_scores(path: str | Path) -> pd.DataFrame:
    """Return the scores that ``capsim backtest --out`` writes.

    Raises
    ------
    InvalidInput
        If there is no such file, or it holds no scores of a backtest.
    """
    import pandas as pd

    from capsim.figures.backtest import COLUMNS

    file = Path(path)
    if not file.is_file():
        raise InvalidInput.of(str(path), "there is no such file")
    try:
        scores = pd.read_csv(file, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InvalidInput.of(str(path), f"cannot be read as CSV: {error}") from error
    missing = [name for name in COLUMNS if name not in scores.columns]
    if missing:
        raise InvalidInput.of(
            str(path), f"has no column {', '.join(missing)}", "use backtest.csv of capsim backtest"
        )
    return scores


def check_formats(formats: Iterable[str]) -> list[str]:
    """Return the formats, each once, in the order asked for.

    Raises
    ------
    InvalidInput
        Naming every format that is unknown.
    """
    problems = Problems()
    asked = list(dict.fromkeys(name.strip().lower() for name in formats))
    for name in asked:
        if name not in FILES:
            problems.add("format", f'"{name}" is not a format', f"one of {', '.join(FILES)}")
    if not asked:
        problems.add("format", "no format is asked for", f"one of {', '.join(FILES)}")
    problems.raise_if_any()
    return asked


def _writer(name: str, v: View, report: Report) -> Callable[[Path], None]:
    def workbook(path: Path) -> None:
        write_xlsx(build_workbook(v, report), path, lang=v.lang, title=report.title)

    if name == "xlsx":
        return workbook
    write = {"html": write_html, "docx": write_docx, "pdf": write_pdf}[name]
    return lambda path: write(report, path)


def _write_whole(target: Path, write: Callable[[Path], None]) -> Path:
    """Write under a temporary name beside the target and put it in place when it is whole.

    Raises
    ------
    InvalidInput
        If the target cannot be replaced, as when a document is open in Word.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".report.") as folder:
        part = Path(folder) / target.name
        write(part)
        try:
            part.replace(target)
        except PermissionError as error:
            raise InvalidInput.of(
                str(target), "cannot be replaced", "close it in other programs and try again"
            ) from error
    return target
