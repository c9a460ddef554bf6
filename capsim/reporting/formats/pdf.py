"""The report as PDF, set by typst from the same content and with the packaged font alone."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from capsim.core.errors import InvalidInput
from capsim.figures.fonts import SECOND_FAMILY, cjk_font, second_font_file
from capsim.reporting.content import Answers, Block, Bullets, Picture, Report, Table, Text
from capsim.reporting.numbers import cell_text, clean
from capsim.texts import say

TEMPLATE: Final = "report.typ"
FULL_WIDTH_IN: Final = 8.4
# A drawing above this size goes in as PNG: tens of thousands of paths make a heavy file.
LARGEST_SVG: Final = 400_000


def pdf_available() -> bool:
    """Return whether the optional package typst can be imported."""
    from importlib.util import find_spec

    return find_spec("typst") is not None


def write_pdf(report: Report, path: Path) -> None:
    """Write the report as PDF.

    The template reads the content as data, so no text of a table or scenario is ever read as
    markup.

    Parameters
    ----------
    report : Report
        Content.
    path : pathlib.Path
        Target.

    Raises
    ------
    InvalidInput
        If the optional package typst is not installed.
    """
    if not pdf_available():
        raise InvalidInput.of(
            "report", "PDF needs the package typst", "install capsim with the extra [pdf]"
        )
    import typst

    font = cjk_font()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        content = _as_data(report, work, [font.family, SECOND_FAMILY])
        (work / "content.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        template = files("capsim.reporting.formats").joinpath("templates", TEMPLATE)
        (work / TEMPLATE).write_text(template.read_text("utf-8"), "utf-8")
        fonts = work / "fonts"
        fonts.mkdir()
        for file in (font.path, second_font_file()):
            _place_font(file, fonts)
        pdf = typst.compile(
            str(work / TEMPLATE),
            root=str(work),
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            format="pdf",
        )
    path.write_bytes(pdf)


def _place_font(source: Path, folder: Path) -> None:
    """Put the font alone into a folder, so that no other font is found beside it."""
    target = folder / source.name
    try:
        target.symlink_to(source)
    except OSError:  # systems and accounts without links
        shutil.copyfile(source, target)


def _as_data(report: Report, folder: Path, families: list[str]) -> dict[str, Any]:
    captions = {
        key: say("documents.caption", report.lang, label=label, text="")
        for key, label in report.numbered().items()
    }
    return {
        "title": clean(report.title),
        "subtitle": clean(report.subtitle),
        "colophon": clean(report.colophon),
        "lang": report.lang,
        "region": say("documents.region", report.lang),
        "fonts": families,
        "sections": [
            {
                "title": clean(section.title),
                "blocks": [
                    _block_data(block, captions, folder, report.lang) for block in section.blocks
                ],
            }
            for section in report.sections
        ],
    }


def _block_data(block: Block, captions: dict[int, str], folder: Path, lang: str) -> dict[str, Any]:
    match block:
        case Text():
            return {"kind": "text", "style": block.kind, "text": clean(block.text)}
        case Bullets():
            return {"kind": "bullets", "items": [clean(item) for item in block.items]}
        case Answers():
            return {"kind": "answers", "pairs": [[clean(q), clean(a)] for q, a in block.pairs]}
        case Table():
            return {
                "kind": "table",
                "caption": clean(f"{captions[id(block)]}{block.caption}"),
                "columns": [
                    {"header": clean(c.header), "width": c.width, "numeric": c.kind != "text"}
                    for c in block.columns
                ],
                "rows": [
                    [clean(cell_text(v, c, lang)) for v, c in zip(row, block.columns, strict=True)]
                    for row in block.rows
                ],
                "note": clean(block.note),
                "total_rows": block.total_rows,
            }
        case Picture():
            return {
                "kind": "picture",
                "file": _picture_file(block, folder),
                "share": min(1.0, block.width_in / FULL_WIDTH_IN),
                "alt": clean(block.alt),
                "caption": clean(f"{captions[id(block)]}{block.caption}"),
            }


def _picture_file(picture: Picture, folder: Path) -> str:
    svg = picture.svg
    name = f"{picture.name}.svg" if len(svg) <= LARGEST_SVG else f"{picture.name}.png"
    (folder / name).write_bytes(svg if name.endswith("svg") else picture.png)
    return name
