"""Styles of the Word document: fonts for both scripts on every style, no theme fonts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from docx.document import Document

QUESTION_STYLE: Final = "Question"
ANSWER_STYLE: Final = "Answer"
NOTE_STYLE: Final = "Note"
GAP_STYLE: Final = "Table Gap"

# Fonts that Office has on every system; the East Asian one is used for Chinese characters in
# either language.
LATIN_FONT: Final = "Arial"
BODY_CJK: Final = "SimSun"
HEADING_CJK: Final = "SimHei"

_HEADINGS: Final = ("Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", QUESTION_STYLE)
_BLUE: Final = "005A8D"
_THEME_ATTRIBUTES: Final = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")


def set_up_styles(document: Document) -> None:
    """Set page, fonts, sizes and the styles of tables and notes.

    Parameters
    ----------
    document : docx.document.Document
        New document.
    """
    from docx.shared import Cm

    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.0)
    page.top_margin = page.bottom_margin = Cm(1.8)
    _add_styles(document)
    _set_sizes(document)
    _set_fonts(document)


def _add_styles(document: Document) -> None:
    from docx.enum.style import WD_STYLE_TYPE

    styles = document.styles
    for name, base in (
        (QUESTION_STYLE, "Normal"), (ANSWER_STYLE, "Normal"), (NOTE_STYLE, "Normal"),
        (GAP_STYLE, "Normal"),
        ("TableText", "Normal"), ("TableHead", "Normal"),
    ):  # fmt: skip
        styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles[base]
    table = styles.add_style("Report Table", WD_STYLE_TYPE.TABLE)
    table.base_style = styles["Normal Table"]
    _table_lines(table.element)


def _table_lines(style: Any) -> None:
    """Give a table style its lines: above, below and thin ones between the rows."""
    from docx.oxml.ns import qn
    from docx.oxml.shared import OxmlElement

    properties = OxmlElement("w:tblPr")
    borders = OxmlElement("w:tblBorders")
    for side, size, color in (
        ("top", "8", "555555"), ("bottom", "8", "555555"), ("insideH", "4", "CCCCCC"),
    ):  # fmt: skip
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "single")
        line.set(qn("w:sz"), size)
        line.set(qn("w:space"), "0")
        line.set(qn("w:color"), color)
        borders.append(line)
    properties.append(borders)
    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", "15"), ("left", "60"), ("bottom", "15"), ("right", "60")):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), width)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.append(margins)
    style.append(properties)


def _set_sizes(document: Document) -> None:
    """Set size, colour and spacing of the styles the report uses."""
    from docx.shared import Pt, RGBColor

    blue = RGBColor.from_string(_BLUE)
    grey = RGBColor.from_string("555555")
    # style: size pt, bold, colour, space before pt, space after pt
    # line spacing (a factor, or points above 3)
    plan = {
        "Normal": (10.5, False, None, 0, 6, 1.25),
        "Title": (18, True, blue, 0, 2, 1.1),
        "Subtitle": (9.5, False, grey, 0, 2, 1.1),
        "Heading 1": (15, True, blue, 14, 5, 1.1),
        "Heading 2": (12, True, blue, 12, 4, 1.1),
        "Caption": (9, False, grey, 4, 4, 1.1),
        "List Bullet": (10.5, False, None, 0, 3, 1.2),
        QUESTION_STYLE: (10.5, True, blue, 3, 0, 14.0),
        ANSWER_STYLE: (10, False, None, 0, 2, 13.5),
        NOTE_STYLE: (8.5, False, grey, 2, 6, 11.5),
        GAP_STYLE: (4, False, None, 0, 0, 6.0),
        "TableText": (8, False, None, 0, 0, 10.5),
        "TableHead": (8, True, None, 0, 0, 10.5),
    }
    for name, (size, bold, color, before, after, spacing) in plan.items():
        style = document.styles[name]
        style.font.size = Pt(size)
        style.font.bold = bold
        style.font.italic = False
        if color is not None:
            style.font.color.rgb = color
        layout = style.paragraph_format
        layout.space_before, layout.space_after = Pt(before), Pt(after)
        # Lines of the dense parts have a fixed height in points: Chinese fonts differ widely in
        # theirs, and the first page must hold the answer whatever font the reader has.
        layout.line_spacing = Pt(spacing) if spacing > 3 else spacing
        if name in (QUESTION_STYLE, "Heading 1", "Heading 2"):
            layout.keep_with_next = True
    _plain_titles(document)


def _plain_titles(document: Document) -> None:
    """Take the line under the built-in title and the wide letters of the titles away."""
    from docx.oxml.ns import qn

    for name in ("Title", "Subtitle"):
        for wide in list(document.styles[name].element.iter(qn("w:spacing"))):
            if wide.get(qn("w:val")) is not None:  # spacing of letters, not of paragraphs
                wide.getparent().remove(wide)

    properties = document.styles["Title"].element.find(qn("w:pPr"))
    line = None if properties is None else properties.find(qn("w:pBdr"))
    if properties is not None and line is not None:
        properties.remove(line)


def _set_fonts(document: Document) -> None:
    """Name a Latin and an East Asian font on every style and drop the theme fonts.

    A style without ``w:eastAsia`` shows Chinese in whatever the reader's theme says.
    """
    from docx.oxml.ns import qn
    from docx.oxml.shared import OxmlElement

    root = document.styles.element
    holders = [(None, holder) for holder in root.iter(qn("w:rPrDefault"))]
    holders += [(style.name, style.element) for style in document.styles]
    for name, element in holders:
        properties = element.find(qn("w:rPr"))
        if properties is None:
            if element.tag == qn("w:style") and element.get(qn("w:type")) == "numbering":
                continue
            properties = element.get_or_add_rPr() if hasattr(element, "get_or_add_rPr") else None
        if properties is None:
            continue
        fonts = properties.find(qn("w:rFonts"))
        if fonts is None:
            fonts = OxmlElement("w:rFonts")
            properties.insert(0, fonts)
        _name_fonts(fonts, HEADING_CJK if name in _HEADINGS else BODY_CJK)
    for fonts in root.iter(qn("w:rFonts")):  # parts of table styles hold fonts of their own
        _name_fonts(fonts, BODY_CJK if fonts.get(qn("w:eastAsia")) is None else None)
    for language in root.iter(qn("w:lang")):
        # The language of Latin text: as Chinese, some programs break years and numbers in two.
        language.set(qn("w:val"), "en-GB")
        language.set(qn("w:eastAsia"), "zh-CN")


def _name_fonts(fonts: Any, east_asian: str | None) -> None:
    """Set the fonts of one element; the East Asian one stays where None is given."""
    from docx.oxml.ns import qn

    for attribute in _THEME_ATTRIBUTES:
        fonts.attrib.pop(qn(f"w:{attribute}"), None)
    for attribute in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{attribute}"), LATIN_FONT)
    if east_asian is not None:
        fonts.set(qn("w:eastAsia"), east_asian)
