"""The report as an editable Word document: real styles, real tables, numbered captions."""

from __future__ import annotations

import io
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from capsim.reporting.content import Answers, Bullets, Column, Picture, Report, Table, Text
from capsim.reporting.formats.docx_styles import (
    ANSWER_STYLE,
    GAP_STYLE,
    NOTE_STYLE,
    QUESTION_STYLE,
    set_up_styles,
)
from capsim.reporting.numbers import cell_text, clean
from capsim.texts import say

if TYPE_CHECKING:
    from docx.document import Document

TEXT_WIDTH_CM: Final = 17.0
TALLEST_PICTURE_CM: Final = 20.0
# Figures of this width fill the text width; narrower ones keep the same size of type.
FULL_WIDTH_IN: Final = 8.4
# Tables up to this length stay whole on a page.
SHORT_TABLE: Final = 12


def write_docx(report: Report, path: Path) -> None:
    """Write the report as DOCX.

    Headings are the built-in heading styles, so they stand in the navigation pane; captions are
    numbered by fields; the header row of each table is repeated on every page; pictures carry an
    alternative text.

    Parameters
    ----------
    report : Report
        Content.
    path : pathlib.Path
        Target.
    """
    import docx

    document = docx.Document()
    set_up_styles(document)
    document.core_properties.title = clean(report.title)
    document.core_properties.author = "capsim"
    document.core_properties.comments = clean(report.colophon)
    document.add_paragraph(clean(report.title), style="Title")
    document.add_paragraph(clean(report.subtitle), style="Subtitle")
    labels = report.numbered()
    for position, section in enumerate(report.sections):
        heading = document.add_paragraph(clean(section.title), style="Heading 1")
        # The answer fills the first page by itself.
        heading.paragraph_format.page_break_before = position == 1
        for block, following in zip_longest(section.blocks, section.blocks[1:]):
            _add_block(document, block, labels, report)
            if isinstance(block, Text) and isinstance(following, (Table, Picture)):
                # What leads to a table or a figure does not stand alone at the foot of a page.
                document.paragraphs[-1].paragraph_format.keep_with_next = True
    document.add_paragraph(clean(report.colophon), style=NOTE_STYLE)
    _page_numbers(document)
    document.save(str(path))


def _add_block(document: Document, block: Any, labels: dict[int, str], report: Report) -> None:
    match block:
        case Text():
            style = NOTE_STYLE if block.kind == "note" else "Normal"
            document.add_paragraph(clean(block.text), style=style)
        case Bullets():
            for item in block.items:
                document.add_paragraph(clean(item), style="List Bullet")
        case Answers():
            for question, text in block.pairs:
                document.add_paragraph(clean(question), style=QUESTION_STYLE)
                document.add_paragraph(clean(text), style=ANSWER_STYLE)
        case Table():
            _add_caption(document, labels[id(block)], block.caption, report, above=True)
            _add_table(document, block, report.lang)
        case Picture():
            _add_picture(document, block)
            _add_caption(document, labels[id(block)], block.caption, report, above=False)


def _add_caption(document: Document, label: str, text: str, report: Report, *, above: bool) -> None:
    """Add a caption whose number is a field: ``Figure 3: ...``, renumbered when edited."""
    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = above
    number = label.lstrip("".join({c for c in label if not c.isdigit()}))
    word = label[: len(label) - len(number)]
    paragraph.add_run(word)
    add_field(paragraph, f"SEQ {word.strip()} \\* ARABIC", number)
    paragraph.add_run(say("documents.caption", report.lang, label="", text=clean(text)))


def add_field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field with the text that is shown until it is updated."""
    from docx.oxml.ns import qn
    from docx.oxml.shared import OxmlElement

    for kind in ("begin", "instr", "separate", "text", "end"):
        run = paragraph.add_run()
        if kind == "text":
            run.text = shown
            continue
        if kind == "instr":
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {instruction} "
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _page_numbers(document: Document) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_field(paragraph, "PAGE", "1")
    paragraph.add_run(" / ")
    add_field(paragraph, "NUMPAGES", "1")


def _add_picture(document: Document, picture: Picture) -> None:
    from docx.shared import Cm

    width = min(TEXT_WIDTH_CM, TEXT_WIDTH_CM * picture.width_in / FULL_WIDTH_IN)
    height = width * picture.height_in / picture.width_in
    if height > TALLEST_PICTURE_CM:
        width *= TALLEST_PICTURE_CM / height
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    shape = paragraph.add_run().add_picture(io.BytesIO(picture.png), width=Cm(width))
    shape._inline.docPr.set("descr", clean(picture.alt))


def _add_table(document: Document, table: Table, lang: str) -> None:
    from docx.shared import Cm

    rows = len(table.rows) + 1
    shown = document.add_table(rows, len(table.columns))
    shown.style = document.styles["Report Table"]
    shown.autofit = False
    total = sum(column.width for column in table.columns)
    widths = [Cm(TEXT_WIDTH_CM * column.width / total) for column in table.columns]
    # python-docx looks every cell up anew; the rows' XML is walked once instead.
    for i, row in enumerate(shown._tbl.tr_lst):
        texts = (
            [column.header for column in table.columns]
            if i == 0
            else [
                cell_text(c, k, lang) for c, k in zip(table.rows[i - 1], table.columns, strict=True)
            ]
        )
        last = i > 0 and i > rows - 1 - table.total_rows
        after_number = False
        for cell, text, column, width in zip(row.tc_lst, texts, table.columns, widths, strict=True):
            cell.width = width
            # A header is never alone at the foot of a page, nor a note at the head of one.
            keep = i == 0 or (rows <= SHORT_TABLE and i < rows - 1)
            keep = keep or (bool(table.note) and i == rows - 1)
            _fill(cell, text, column, strong=i == 0 or last, keep=keep, apart=after_number)
            after_number = column.kind != "text"
        _row_rules(row, header=i == 0)
    for column, width in zip(shown.columns, widths, strict=True):
        column.width = width
    if table.note:
        document.add_paragraph(clean(table.note), style=NOTE_STYLE)
    else:
        document.add_paragraph(style=GAP_STYLE)


def _fill(cell: Any, text: str, column: Column, *, strong: bool, keep: bool, apart: bool) -> None:
    """Write one cell: its paragraph style, alignment and text.

    Text that follows a number is set ``apart`` from it.
    """
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt
    from docx.text.paragraph import Paragraph

    paragraph = Paragraph(cell.p_lst[0], None)
    properties = paragraph._p.get_or_add_pPr()
    properties.style = "TableHead" if strong else "TableText"
    if keep:
        paragraph.paragraph_format.keep_with_next = True
    if column.kind != "text":
        paragraph.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    elif apart:
        paragraph.paragraph_format.left_indent = Pt(8)
    paragraph.add_run(clean(text))


def _row_rules(row: Any, *, header: bool) -> None:
    """Keep a row whole on one page; repeat the header row on every page."""
    from docx.oxml.shared import OxmlElement

    properties = row.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if header:
        properties.append(OxmlElement("w:tblHeader"))
