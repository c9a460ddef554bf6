from __future__ import annotations

import io

import pytest

from capsim.core.errors import InvalidInput
from capsim.figures import fonts

RARE = "埇塱漷漹蔈骨直"


@pytest.fixture
def fresh_fonts():
    """Forget the registered font before and after a test that changes what can be found."""
    caches = (fonts.cjk_font, fonts._faces, fonts.can_draw)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_packaged_font_comes_first():
    font = fonts.cjk_font()
    assert font.packaged
    assert font.family == "Noto Sans CJK SC"
    assert font.path.is_file()
    assert fonts.families() == ["Noto Sans CJK SC", "DejaVu Sans"]


def test_the_face_is_the_simplified_chinese_one():
    from matplotlib.ft2font import FT2Font

    font = fonts.cjk_font()
    assert FT2Font(str(font.path), face_index=font.face_index).family_name == "Noto Sans CJK SC"


@pytest.mark.parametrize("character", [*RARE, "A", "é", "−", "–", "≥", "²", "　", "（"])
def test_rare_characters_and_signs_can_be_drawn(character):
    assert fonts.can_draw(character)


def test_undrawable_characters_are_named_once_in_order():
    names = ["中心小学\uf8ff", "\U000e0100村", "\uf8ff", "埇小学"]
    assert fonts.undrawable_characters(names) == ["\uf8ff", "\U000e0100"]
    assert fonts.undrawable_characters([RARE, "Central primary"]) == []
    assert fonts.undrawable_characters([]) == []


@pytest.mark.parametrize("character", ["\n", "\t", "\x07", "\u200b"])
def test_control_characters_cannot_be_drawn(character):
    assert not fonts.can_draw(character)


def test_a_name_that_cannot_be_drawn_gives_way_to_its_identifier():
    assert fonts.drawable("埇小学", "S1") == "埇小学"
    assert fonts.drawable("\uf8ff小学", "S1") == "S1"


def _variable_font(path):
    """Write a font with one glyph and a weight axis."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 700))
    pen.lineTo((500, 0))
    pen.closePath()
    glyph = pen.glyph()
    builder.setupGlyf({".notdef": glyph, "A": glyph})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "A": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Noto Sans CJK SC", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.setupFvar([("wght", 100, 100, 900, "Weight")], [])
    builder.setupGvar({"A": [], ".notdef": []})
    buffer = io.BytesIO()
    builder.save(buffer)
    path.write_bytes(buffer.getvalue())
    return path


def test_variable_fonts_are_recognised_and_refused(tmp_path):
    from matplotlib.font_manager import FontEntry

    path = _variable_font(tmp_path / "variable.ttf")
    assert fonts.is_variable(path)
    font = fonts.cjk_font()
    assert not fonts.is_variable(font.path, font.face_index)
    with pytest.raises(InvalidInput, match="variable font"):
        fonts._checked(FontEntry(str(path), 0, "Noto Sans CJK SC"), packaged=False)


def test_a_static_system_font_stands_in_and_variable_ones_are_passed_over(
    monkeypatch, tmp_path, fresh_fonts
):
    from matplotlib import font_manager
    from matplotlib.font_manager import FontEntry

    packaged = fonts.packaged_font_file()
    variable = _variable_font(tmp_path / "variable.ttf")
    entries = [
        FontEntry(str(variable), 0, "Noto Sans CJK SC"),
        FontEntry(str(packaged), 2, "WenQuanYi Micro Hei"),
    ]
    monkeypatch.setattr(fonts, "packaged_font_file", lambda: None)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries)
    font = fonts.cjk_font()
    assert (font.family, font.packaged) == ("WenQuanYi Micro Hei", False)


def test_without_any_chinese_font_the_remedy_is_named(monkeypatch, fresh_fonts):
    from matplotlib import font_manager

    monkeypatch.setattr(fonts, "packaged_font_file", lambda: None)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    with pytest.raises(InvalidInput, match="install the package noto-cjk-sans-otc"):
        fonts.cjk_font()
