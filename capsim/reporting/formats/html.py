"""The report as one HTML file: no link, no script, pictures and font inside."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

from capsim.reporting.content import Picture, Report, Table
from capsim.reporting.formats.webfont import subset_font
from capsim.reporting.numbers import cell_text, clean
from capsim.texts import say

TEMPLATE: Final = "report.html.j2"
# Figures of this width fill the page; narrower ones keep the same size of type.
FULL_WIDTH_IN: Final = 8.4
# Above this size a drawing is embedded as PNG: many thousands of paths make a page slow.
LARGEST_SVG: Final = 260_000


def render_html(report: Report) -> str:
    """Return the report as an HTML page.

    Every text of the data is escaped; SVG pictures stand in ``img`` elements, where nothing in
    them can run. The page holds the glyphs it needs as a font, so that Chinese shows on a machine
    without any Chinese font.

    Parameters
    ----------
    report : Report
        Content.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("capsim.reporting.formats", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: clean(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    labels = report.numbered()

    def captions(block: Table | Picture) -> str:
        return say("documents.caption", report.lang, label=labels[id(block)], text=block.caption)

    def render(font: str) -> str:
        return environment.get_template(TEMPLATE).render(
            report=report,
            word=lambda key: say(f"documents.{key}", report.lang),
            captions=captions,
            image=image_source,
            width_of=lambda picture: f"{100 * min(1.0, picture.width_in / FULL_WIDTH_IN):.0f}",
            share_of=lambda column, table: (
                f"{100 * column.width / sum(c.width for c in table.columns):.1f}"
            ),
            text_of=lambda cell, column: cell_text(cell, column, report.lang),
            font=font,
        )

    page = render("")
    font = subset_font(page)
    return render(base64.b64encode(font).decode("ascii")) if font else page


def image_source(picture: Picture) -> str:
    """Return a picture as a data address: SVG, or PNG where the SVG would be very large."""
    svg = picture.svg
    if len(svg) <= LARGEST_SVG:
        return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode('ascii')}"


def write_html(report: Report, path: Path) -> None:
    """Write the report as one HTML file (UTF-8)."""
    path.write_text(render_html(report), encoding="utf-8")
