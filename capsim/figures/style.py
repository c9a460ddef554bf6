"""One visual style: colours that survive grey print, integer years, direct labels, files.

Colours are the colour-blind safe set of Okabe and Ito (2008), ordered so that neighbours differ
in lightness; every series also has its own line style or marker, so nothing rests on hue alone.
Figures are built from ``Figure`` and ``Axes`` objects; no global state of pyplot is touched.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from capsim.figures import fonts

INK: Final = "#222222"
MUTED: Final = "#6b6b6b"
GRID: Final = "#dddddd"
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
VERMILION: Final = "#D55E00"
SKY: Final = "#56B4E9"
PURPLE: Final = "#CC79A7"
BLACK: Final = "#000000"

# Light hues are darkened where they colour text, to keep a contrast of 4.5 to 1 on white.
TEXT_TONES: Final = {ORANGE: "#8a5f00", SKY: "#1f6f9c", PURPLE: "#9c4a75", GREEN: "#00755a"}

CYCLE: Final = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, BLACK)
DASHES: Final[tuple[Any, ...]] = (
    "-",
    (0, (6, 2)),
    (0, (2, 1.5)),
    (0, (6, 2, 1.5, 2)),
    (0, (1, 1)),
    (0, (8, 3)),
    "-",
)
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")

SETTLEMENT_STYLES: Final = {
    "county_town": (BLUE, "-", "o"),
    "township_seat": (ORANGE, (0, (6, 2)), "s"),
    "village": (GREEN, (0, (2, 1.5)), "^"),
}
LEVEL_STYLES: Final = {"primary": (BLUE, "-", "o"), "junior": (ORANGE, (0, (6, 2)), "s")}

PNG_DPI: Final = 200

_RC: Final[dict[str, Any]] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "capsim",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.size": 9.5,
    "font.weight": "normal",
    "axes.titlesize": 10,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "text.color": INK,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style while a figure is built or drawn."""
    settings: Any = {**_RC, "font.family": fonts.families()}
    with rc_context(settings):
        yield


class StyledFigure(Figure):
    """A figure that is drawn in the capsim style wherever it is drawn.

    matplotlib creates tick labels when it draws, with the settings of that moment, so the style
    has to hold then too. Notebooks show the figure by ``_repr_png_``.
    """

    def draw(self, renderer: RendererBase) -> None:
        """Draw in the capsim style."""
        with styled():
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        return figure_bytes(self, "png", dpi=110)


@contextmanager
def new_figure(width_in: float, height_in: float) -> Iterator[StyledFigure]:
    """Give an empty styled figure to build; the style holds inside the ``with`` block.

    Parameters
    ----------
    width_in, height_in : float
        Size in inches.
    """
    with styled():
        figure = StyledFigure(figsize=(width_in, height_in), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def figure_bytes(figure: Figure, kind: str, *, dpi: int = PNG_DPI) -> bytes:
    """Return a figure as the bytes of a PNG or SVG file.

    Parameters
    ----------
    figure : Figure
        Figure.
    kind : {"png", "svg"}
        File format; SVG text is drawn as paths, so no font is needed to see it.
    dpi : int
        Resolution of PNG, dots per inch.

    Raises
    ------
    UserWarning
        If a glyph is missing: names are checked before they are drawn, so this is a bug.
    """
    buffer = io.BytesIO()
    shown_on, shown_at = figure.canvas, figure.dpi
    with warnings.catch_warnings(), styled():
        warnings.filterwarnings("error", message="Glyph .* missing from font")
        figure.set_dpi(dpi)
        try:
            # ``savefig`` draws twice, the first time for the layout alone; drawing lays out too.
            if kind == "svg":
                canvas: Any = FigureCanvasSVG(figure)
                canvas.print_svg(buffer, metadata={"Date": None})
            else:
                canvas = FigureCanvasAgg(figure)
                canvas.print_png(buffer)
        finally:
            figure.set_canvas(shown_on)
            figure.set_dpi(shown_at)
    return buffer.getvalue()


def save_figure(figure: Figure, path_without_suffix: str | Path) -> tuple[Path, Path]:
    """Write a figure as PNG and SVG.

    Parameters
    ----------
    figure : Figure
        Figure.
    path_without_suffix : str or pathlib.Path
        Target without suffix; dots in the name are kept.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the SVG file.
    """
    base = Path(path_without_suffix)
    written = []
    for kind in ("png", "svg"):
        path = base.with_name(f"{base.name}.{kind}")
        path.write_bytes(figure_bytes(figure, kind))
        # Arranging a figure takes as long as drawing it; the other format keeps the arrangement.
        figure.set_layout_engine("none")
        written.append(path)
    return written[0], written[1]


def heading(figure: Figure, title: str, subtitle: str = "") -> None:
    """Set title and subtitle at the top left of a figure.

    The packaged font has one weight, so the title is set off by size and a thin outline in the
    text colour instead of a bold face.
    """
    from matplotlib.patheffects import withStroke

    text = figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    text.set_path_effects([withStroke(linewidth=0.5, foreground=INK)])
    if subtitle:
        # The subtitle takes part in the layout as the figure's upper label.
        text.set_text(f"{title}\n")
        text.set_linespacing(1.5)
        figure.text(
            0.01, 0.985 - 19 / 72 / figure.get_figheight(), subtitle,
            ha="left", va="top", fontsize=8.5, color=MUTED,
        )  # fmt: skip


def notes(figure: Figure, title: str, subtitle: str, footnote: str, *, titled: bool) -> None:
    """Set title and subtitle, or, where a document carries the title, the footnote alone."""
    if titled:
        heading(figure, title, subtitle)
    elif footnote:
        figure.supxlabel(footnote, fontsize=8.5, color=MUTED, x=0.01, ha="left")


def year_axis(axes: Axes, years: Sequence[int] | np.ndarray, *, most: int = 8) -> None:
    """Show years as integers, whole years only."""
    steps = [1, 2, 5, 10]
    axes.xaxis.set_major_locator(MaxNLocator(nbins=most, integer=True, steps=steps, min_n_ticks=1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value):d}"))
    first, last = int(min(years)), int(max(years))
    if first == last:
        axes.set_xlim(first - 1, last + 1)
    else:
        axes.set_xlim(first, last)


def count_axis(axes: Axes, unit: str, *, from_zero: bool = True) -> None:
    """Show counts with thousands separated; the unit stands above the axis."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_count_label))
    if from_zero:
        axes.set_ylim(bottom=0)
    unit_above(axes, unit)


def share_axis(axes: Axes, unit: str, *, top: float | None = None) -> None:
    """Show shares in per cent from zero; the unit stands above the axis."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}"))
    axes.set_ylim(0, top)
    unit_above(axes, unit)


def unit_above(axes: Axes, unit: str) -> None:
    """Write the unit of the y axis above it, to be read without turning the head."""
    axes.text(
        0, 1.015, unit, transform=axes.transAxes, ha="left", va="bottom", fontsize=8.5, color=MUTED
    )


def inside(axes: Axes, text: str) -> None:
    """Write into the middle of a panel what its lines along the axis mean."""
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=MUTED
    )


def _count_label(value: float, _: int | None = None) -> str:
    text = f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.3g}"
    return text.replace("-", "\u2212")


@dataclass(frozen=True, slots=True)
class EndLabel:
    """A label to set at the right end of a line: its height, text and colour."""

    y: float
    text: str
    color: str


def label_ends(axes: Axes, labels: Sequence[EndLabel], *, size: float = 8.5) -> None:
    """Write labels right of the axes at the height of their lines, pushed apart if they touch.

    Call it when the y limits are final.
    """
    bottom, top = axes.get_ylim()
    finite = [label for label in labels if np.isfinite(label.y)]
    if not finite or top == bottom:
        return
    finite.sort(key=lambda label: label.y)
    height_in = axes.figure.get_figheight() * axes.get_position().height  # type: ignore[union-attr]
    lines = np.array([label.text.count("\n") + 1 for label in finite], dtype=float)
    extents = lines * size * 1.3 / 72 / max(height_in, 0.5)
    wanted = np.array([(label.y - bottom) / (top - bottom) for label in finite])
    places = spread(wanted, extents)
    # Labels of lines near zero would run into the years under the axis.
    floor = 0.0
    for i, extent in enumerate(extents):
        places[i] = max(places[i], floor + 0.4 * extent)
        floor = places[i] + 0.5 * extent
    for label, place in zip(finite, places, strict=True):
        axes.annotate(
            label.text, (1, float(place)), xycoords="axes fraction", xytext=(5, 0),
            textcoords="offset points", va="center", ha="left", fontsize=size,
            color=TEXT_TONES.get(label.color, label.color), annotation_clip=False,
        )  # fmt: skip


def spread(wanted: np.ndarray, extents: np.ndarray) -> np.ndarray:
    """Move ascending centres apart until their extents do not overlap, as little as possible.

    Parameters
    ----------
    wanted : ndarray, shape (n,)
        Wanted centres, ascending.
    extents : ndarray, shape (n,)
        Heights.

    Returns
    -------
    ndarray, shape (n,)
        Centres; touching labels form blocks centred on the mean of their wanted places.
    """
    # Pool neighbours that overlap, as in isotonic regression: a block keeps its members'
    # offsets and sits at the mean of the places they want.
    blocks: list[tuple[list[int], float]] = []
    for i, place in enumerate(wanted):
        members, centre = [i], float(place)
        while blocks and _top(blocks[-1], extents) > centre - extents[members].sum() / 2 + 1e-12:
            members = blocks.pop()[0] + members
            offsets = _offsets(extents[members])
            centre = float(np.mean(wanted[members] - offsets))
        blocks.append((members, centre))
    out = np.empty(len(wanted))
    for members, centre in blocks:
        out[members] = centre + _offsets(extents[members])
    return out


def _offsets(extents: np.ndarray) -> np.ndarray:
    tops = np.cumsum(extents)
    return np.asarray(tops - extents / 2 - tops[-1] / 2)


def _top(block: tuple[list[int], float], extents: np.ndarray) -> float:
    members, centre = block
    return centre + float(extents[members].sum()) / 2


def text_width(text: str) -> int:
    """Return the width of a text in half-width characters: a Chinese one counts two."""
    return sum(2 if ord(character) >= 0x2E80 else 1 for character in text)


def legend_columns(labels: Sequence[str], width_in: float) -> int:
    """Return how many columns a legend can have so that it is not wider than the figure."""
    longest = max((text_width(label) for label in labels), default=1)
    return max(1, min(4, int(width_in * 72 / (longest * 4.5 + 40))))


def wrapped(text: str, width: int) -> str:
    """Break a text into lines of at most `width` half-width characters, at spaces if it has any."""
    lines, line = [], ""
    words = text.split(" ") if " " in text else list(text)
    glue = " " if " " in text else ""
    for word in words:
        longer = f"{line}{glue}{word}" if line else word
        if line and text_width(longer) > width:
            lines.append(line)
            longer = word
        line = longer
    return "\n".join([*lines, line])


def scenario_style(index: int) -> tuple[str, Any, str]:
    """Return colour, dash pattern and marker of the scenario at a position."""
    i = index % len(CYCLE)
    return CYCLE[i], DASHES[i], MARKERS[i]
