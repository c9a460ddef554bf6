"""Fonts of every picture and document: one packaged CJK font, so that Chinese shows anywhere.

The packaged Noto Sans CJK comes first, so that pictures are the same on every machine; a system
font is taken only if the package cannot be imported. DejaVu Sans stands second for signs that
the CJK font lacks. Variable fonts are refused: matplotlib draws them at their default instance,
which for CJK families is Thin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from capsim.core.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.font_manager import FontEntry

PACKAGED_FAMILY: Final = "Noto Sans CJK SC"
SECOND_FAMILY: Final = "DejaVu Sans"

# Static families with simplified Chinese that systems commonly carry, in order of preference.
SYSTEM_FAMILIES: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimSun",
)


@dataclass(frozen=True, slots=True)
class CjkFont:
    """The font file that draws Chinese text.

    Attributes
    ----------
    family : str
        Family name as matplotlib, typst and Word know it.
    path : pathlib.Path
        Font file; a collection holds several faces.
    face_index : int
        Face of the family within the file.
    packaged : bool
        Whether it is the packaged font (the same on every machine).
    """

    family: str
    path: Path
    face_index: int
    packaged: bool


def packaged_font_file() -> Path | None:
    """Return the packaged font collection, or None if the package is not installed."""
    try:
        from noto_cjk_sans_otc import FONT_PATH
    except ImportError:
        return None
    path = Path(str(FONT_PATH))
    return path if path.is_file() else None


def is_variable(path: Path, face_index: int = 0) -> bool:
    """Return whether a face of a font file has variation axes.

    Parameters
    ----------
    path : pathlib.Path
        Font file.
    face_index : int
        Face within a collection.
    """
    from matplotlib import ft2font

    face = ft2font.FT2Font(str(path), face_index=face_index)
    return bool(face.face_flags & ft2font.FaceFlags.MULTIPLE_MASTERS)


@cache
def cjk_font() -> CjkFont:
    """Register the CJK font with matplotlib and return it.

    Raises
    ------
    InvalidInput
        If neither the packaged font nor a static system font with Chinese can be found.
    """
    from matplotlib import font_manager

    manager = font_manager.fontManager
    path = packaged_font_file()
    if path is not None:
        manager.addfont(str(path))
        for entry in reversed(manager.ttflist):
            if entry.name == PACKAGED_FAMILY and Path(entry.fname) == path:
                return _checked(entry, packaged=True)
    by_family = {entry.name: entry for entry in reversed(manager.ttflist)}
    for family in SYSTEM_FAMILIES:
        found = by_family.get(family)
        if found is not None and not is_variable(Path(found.fname), found.index):
            return _checked(found, packaged=False)
    raise InvalidInput.of(
        "fonts",
        "no font with Chinese characters was found",
        "install the package noto-cjk-sans-otc",
    )


def _checked(entry: FontEntry, *, packaged: bool) -> CjkFont:
    path = Path(entry.fname)
    if is_variable(path, entry.index):
        raise InvalidInput.of(
            str(path), "is a variable font, which would be drawn too thin", "use a static font"
        )
    return CjkFont(entry.name, path, entry.index, packaged)


def families() -> list[str]:
    """Return the font families of all figures, first choice first."""
    return [cjk_font().family, SECOND_FAMILY]


def second_font_file() -> Path:
    """Return the font file of the second family, which matplotlib ships."""
    from matplotlib import font_manager

    return Path(str(font_manager.fontManager.findfont(SECOND_FAMILY)))


@cache
def _faces() -> tuple[object, ...]:
    from matplotlib import ft2font

    font = cjk_font()
    return (
        ft2font.FT2Font(str(font.path), face_index=font.face_index),
        ft2font.FT2Font(str(second_font_file())),
    )


@cache
def can_draw(character: str) -> bool:
    """Return whether the figures' fonts hold a glyph for one character."""
    if character.isspace():
        return character == " " or character == "\u3000"
    if not character.isprintable():
        return False
    code = ord(character)
    return any(face.get_char_index(code) != 0 for face in _faces())  # type: ignore[attr-defined]


def undrawable_characters(names: Iterable[str]) -> list[str]:
    """Return the characters of `names` that no figure or document can show.

    Meant for the check of input tables, so that a rare character is named before the run and
    not found as an empty box in a printed report.

    Parameters
    ----------
    names : iterable of str
        Names of schools, townships, areas, scenarios.

    Returns
    -------
    list of str
        Distinct characters in code-point order; empty if all can be drawn.
    """
    distinct = {character for name in names for character in name}
    return sorted(character for character in distinct if not can_draw(character))


def drawable(name: str, instead: str) -> str:
    """Return `name`, or `instead` where the name holds a character that cannot be drawn.

    Parameters
    ----------
    name : str
        Name from the data.
    instead : str
        Identifier to show in its place.
    """
    return instead if undrawable_characters([name]) else name
