"""The glyphs that a page needs, cut out of the packaged Chinese font."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from typing import Final

# Everything below is in the fonts of every system; the packaged font is not needed for it.
LAST_LATIN: Final = 0x24F


def needed_characters(text: str) -> set[int]:
    """Return the code points of a text that a system without Chinese fonts may lack."""
    return {ord(character) for character in set(text) if ord(character) > LAST_LATIN}


def subset_font(text: str) -> bytes | None:
    """Return an OpenType font with the glyphs of a text, or None if it needs none.

    Parameters
    ----------
    text : str
        Text of the page.

    Returns
    -------
    bytes or None
        Font file; None as well where the packaged font is not installed.
    """
    from capsim.figures.fonts import PACKAGED_FAMILY, cjk_font, packaged_font_file

    codes = needed_characters(text)
    if not any(code >= 0x2E80 for code in codes) or packaged_font_file() is None:
        return None
    font = cjk_font()
    assert font.family == PACKAGED_FAMILY
    return _cut(str(font.path), font.face_index, codes)


def _cut(path: str, face: int, codes: Iterable[int]) -> bytes:
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    logging.getLogger("fontTools").setLevel(logging.ERROR)
    options = Options()
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 13, 14]  # names and the licence stay in the font
    options.notdef_outline = True
    options.hinting = False
    options.desubroutinize = False
    options.drop_tables += ["vhea", "vmtx", "VORG", "GSUB", "GPOS", "BASE", "DSIG"]
    # The font keeps its date: the same page is the same file.
    with TTFont(path, fontNumber=face, lazy=True, recalcTimestamp=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=set(codes))
        subsetter.subset(font)
        buffer = io.BytesIO()
        font.save(buffer)
    return buffer.getvalue()
