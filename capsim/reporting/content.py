"""The content of a report, once, for every format: sections of text, tables and pictures.

Sentences are finished text; tables keep their numbers as numbers, with a kind for each column, and
:mod:`capsim.reporting.numbers` turns them into the same text in every format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from capsim.texts import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ColumnKind = Literal[
    "text", "count", "children", "decimal", "share", "money", "year", "band", "children_band"
]
"""How cells are written: ``children`` and ``children_band`` are counts of children, of which those
below five are not shown."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Median and 80 % band over replicates.

    Attributes
    ----------
    low, mid, high : float
        10, 50 and 90 per cent quantile.
    replicates : int
        Replicates behind it; with one there is no band.
    """

    low: float
    mid: float
    high: float
    replicates: int


Cell = str | float | int | Estimate | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    header : str
        Header, unit included.
    kind : ColumnKind
        How its cells are written; numbers stand at the right.
    width : float
        Share of the table's width relative to the other columns.
    """

    header: str
    kind: ColumnKind = "text"
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption.

    Attributes
    ----------
    caption : str
        What it shows; the number is set by the writer.
    columns : tuple of Column
        Columns.
    rows : tuple of tuple of Cell
        Rows, as wide as `columns`.
    note : str
        Note under the table.
    total_rows : int
        Number of last rows that are totals and set off by a line.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    total_rows: int = 0

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"table {self.caption!r}: a row has {len(wrong[0])} cells")


@dataclass(frozen=True)
class Picture:
    """A figure with its caption.

    Attributes
    ----------
    name : str
        Name in ``FIGURES``.
    caption : str
        What it shows and how to read it; the number is set by the writer.
    alt : str
        Text for readers who cannot see it.
    draw : callable
        Returns the figure; called once for each format that needs it.
    """

    name: str
    caption: str
    alt: str
    draw: Callable[[], Figure]

    @cached_property
    def _figure(self) -> Figure:
        return self.draw()

    @cached_property
    def svg(self) -> bytes:
        """The figure as SVG."""
        return self._saved("svg")

    @cached_property
    def png(self) -> bytes:
        """The figure as PNG."""
        return self._saved("png")

    def _saved(self, kind: str) -> bytes:
        from capsim.figures.style import figure_bytes

        saved = figure_bytes(self._figure, kind)
        # Arranging a figure takes as long as drawing it; the other format keeps the arrangement.
        self._figure.set_layout_engine("none")
        return saved

    @property
    def width_in(self) -> float:
        """Width as drawn, inches."""
        return float(self._figure.get_figwidth())

    @property
    def height_in(self) -> float:
        """Height as drawn, inches."""
        return float(self._figure.get_figheight())


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    kind: Literal["body", "lead", "note"] = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Questions with their answers, for the first page."""

    pairs: tuple[tuple[str, str], ...]


Block = Text | Bullets | Answers | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A section: heading and blocks.

    Attributes
    ----------
    key : str
        Identifier, the same in every language.
    title : str
        Heading.
    blocks : tuple of Block
        Content in order.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Attributes
    ----------
    title, subtitle : str
        Title and the line under it.
    lang : str
        Language code, ``en`` or ``zh``.
    sections : tuple of Section
        Sections in reading order.
    colophon : str
        Last line: versions, seed, information date.
    """

    title: str
    subtitle: str
    lang: str
    sections: tuple[Section, ...]
    colophon: str

    def blocks(self) -> list[Block]:
        """Return the blocks of all sections in reading order."""
        return [block for section in self.sections for block in section.blocks]

    def numbered(self) -> dict[int, str]:
        """Return the label of every picture and table, ``Figure 3`` or ``表2``, by ``id``."""
        labels: dict[int, str] = {}
        count = {"figure": 0, "table": 0}
        for block in self.blocks():
            kind = {Picture: "figure", Table: "table"}.get(type(block))
            if kind is not None:
                count[kind] += 1
                labels[id(block)] = say(f"documents.{kind}", self.lang, n=count[kind])
        return labels
