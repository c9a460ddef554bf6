from __future__ import annotations

import base64
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser

import docx
import numpy as np
import openpyxl
import pytest
from matplotlib.figure import Figure

from capsim.core.errors import InvalidInput
from capsim.reporting import build_report, read_scores, write_document, write_report
from capsim.reporting import write as write_module
from capsim.reporting.content import Column, Picture, Report, Section, Table, Text
from capsim.reporting.formats.html import render_html
from capsim.reporting.numbers import cell_text, clean

NASTY = ["=HYPERLINK(1)", "+1", "-cmd|x", "@SUM(A1)", "<script>alert(1)</script>", "A & B"]


@pytest.fixture(scope="module")
def nasty(make_results):
    """Results whose first schools have names that spreadsheets and browsers might act on."""
    return make_results(("baseline", "<b>=2+2</b>"), replicates=4, schools=16, names=NASTY)


# Every figure is drawn in the tests of figures; the documents need a few of each kind.
DRAWN = ("demand_and_capacity", "utilisation_map", "seat_gap", "capital_cost")


@pytest.fixture(scope="module", params=["en", "zh"])
def written(request, nasty, tmp_path_factory):
    """The report of the nasty results in every format, one language at a time."""
    from capsim.figures import registry

    folder = tmp_path_factory.mktemp(f"report 报告 {request.param}")
    blank = dict.fromkeys(registry.FIGURES, lambda data, **_: Figure(figsize=(1, 1)))
    blank |= {name: registry.FIGURES[name] for name in DRAWN}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "FIGURES", blank)
        result = write_report(
            nasty, folder, lang=request.param, formats=("html", "docx", "xlsx", "pdf")
        )
        return request.param, folder, result, build_report(nasty, lang=request.param)


class Cells(HTMLParser):
    """Text of the table cells, captions and headings of a page."""

    def __init__(self):
        super().__init__()
        self.rows, self.row, self.open, self.tags = [], None, None, set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.row = []
        elif tag in ("td", "th"):
            self.open = ""

    def handle_data(self, data):
        if self.open is not None:
            self.open += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.row.append(self.open)
            self.open = None
        elif tag == "tr":
            self.rows.append(self.row)


def printed_rows(report):
    """Rows of every table as they must be printed."""
    return [
        [
            clean(cell_text(cell, column, report.lang))
            for cell, column in zip(row, t.columns, strict=True)
        ]
        for t in report.blocks()
        if isinstance(t, Table)
        for row in t.rows
    ]


def test_all_formats_are_written_and_nothing_else(written):
    _, folder, result, _ = written
    names = ["report.html", "report.docx", "projection.xlsx", "report.pdf"]
    assert [f.name for f in result.files] == names
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)
    assert result.notes == ()


def test_html_and_word_print_the_same_numbers(written):
    _, folder, _, report = written
    expected = printed_rows(report)
    page = Cells()
    page.feed((folder / "report.html").read_text(encoding="utf-8"))
    body = [row for row in page.rows if row not in ([],)]
    heads = [[c.header for c in t.columns] for t in report.blocks() if isinstance(t, Table)]
    assert [row for row in body if row not in heads] == expected
    document = docx.Document(str(folder / "report.docx"))
    rows = [[cell.text for cell in row.cells] for t in document.tables for row in t.rows[1:]]
    assert rows == expected


def test_pdf_prints_the_same_numbers(written):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    _, folder, _, report = written
    command = ["pdftotext", "-raw", str(folder / "report.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8")
    squeezed = re.sub(r"\s", "", text)
    numbers = [c for row in printed_rows(report) for c in row if re.search(r"\d,\d", c)]
    assert len(numbers) > 40
    assert all(re.sub(r"\s", "", number) in squeezed for number in numbers)


def test_html_has_no_script_link_or_foreign_address_and_escapes_names(written):
    _, folder, _, _ = written
    page = (folder / "report.html").read_text(encoding="utf-8")
    bare = re.sub(r"data:[a-z/+]+;base64,[A-Za-z0-9+/=]+", "", page)
    assert "http:" not in bare
    assert "https:" not in bare
    assert "//" not in bare.replace("<!--", "")
    parser = Cells()
    parser.feed(page)
    assert not parser.tags & {"script", "link", "iframe", "object", "embed"}
    assert "<script>alert" not in page
    assert len(page.encode()) < 5e6
    for image in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page):
        svg = base64.b64decode(image).decode("utf-8")
        assert "<script" not in svg
        assert "<text" not in svg


def test_chinese_page_carries_the_glyphs_it_needs(written):
    lang, folder, _, _ = written
    page = (folder / "report.html").read_text(encoding="utf-8")
    found = re.search(r"font/otf;base64,([A-Za-z0-9+/=]+)", page)
    if lang == "en" and found is None:
        return  # English names alone need no Chinese font
    from io import BytesIO

    from fontTools.ttLib import TTFont

    glyphs = TTFont(BytesIO(base64.b64decode(found[1])))["cmap"].getBestCmap()
    text = re.sub(r"<style>.*?</style>|data:[^\"]*", "", page, flags=re.S)
    needed = {ord(c) for c in text if "\u4e00" <= c <= "\u9fff"}
    assert needed <= set(glyphs)


def test_word_has_real_styles_headings_captions_and_repeated_headers(written):
    lang, folder, _, report = written
    document = docx.Document(str(folder / "report.docx"))
    styles = [p.style.name for p in document.paragraphs]
    titles = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert titles == [section.title for section in report.sections]
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert len(captions) == len(report.numbered())
    assert "Title" in styles
    first = "Table 1: " if lang == "en" else "表1"
    assert captions[0].startswith(first)
    for table in document.tables:
        assert table._tbl.tr_lst[0].trPr.xpath("./w:tblHeader")
        assert all(tr.trPr.xpath("./w:cantSplit") for tr in table._tbl.tr_lst)
    pictures = [b for b in report.blocks() if isinstance(b, Picture)]
    alts = document.element.xpath("//wp:docPr/@descr")
    assert alts == [p.alt for p in pictures]


def test_word_names_an_east_asian_font_on_every_style_and_no_theme_font(written):
    _, folder, _, _ = written
    with zipfile.ZipFile(folder / "report.docx") as archive:
        styles = archive.read("word/styles.xml").decode("utf-8")
        body = archive.read("word/document.xml").decode("utf-8")
    fonts = re.findall(r"<w:rFonts[^>]*>", styles)
    assert not any("heme" in font for font in fonts)
    assert "asciiTheme" not in styles
    assert "eastAsiaTheme" not in styles
    assert "Theme" not in "".join(re.findall(r"<w:rFonts[^>]*>", body))
    fonts = re.findall(r"<w:rFonts[^>]*>", styles)
    assert fonts
    assert all("w:eastAsia=" in font for font in fonts)
    document = docx.Document(str(folder / "report.docx"))
    for style in document.styles:
        if style.type == docx.enum.style.WD_STYLE_TYPE.LIST:
            continue
        assert style.element.xpath("./w:rPr/w:rFonts/@w:eastAsia"), style.name


def test_text_columns_and_page_fit_the_paper(written):
    _, folder, _, _ = written
    document = docx.Document(str(folder / "report.docx"))
    page = document.sections[0]
    room = page.page_width - page.left_margin - page.right_margin
    for table in document.tables:
        widths = [int(w) for w in table._tbl.xpath("./w:tblGrid/w:gridCol/@w:w")]
        assert sum(widths) * 635 <= room * 1.01  # twentieths of a point to EMU
    for shape in document.inline_shapes:
        assert shape.width <= room


def test_pdf_embeds_the_packaged_font_alone(written):
    _, folder, _, _ = written
    content = (folder / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    names = set(re.findall(rb"/FontName\s*/[A-Z]{6}\+([A-Za-z]+)", content))
    assert names <= {b"NotoSansCJKsc", b"DejaVuSans"}


def test_workbook_shows_names_and_never_executes_them(written, nasty):
    _, folder, _, _ = written
    workbook = openpyxl.load_workbook(folder / "projection.xlsx")
    shown = {}
    for sheet in workbook:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert re.fullmatch(r"=(SUM\([A-Z0-9:,]+\)|[A-Z]+\d+[-/][A-Z]+\d+)", cell.value)
                elif isinstance(cell.value, str):
                    shown[cell.value] = cell.data_type
    for name in [*NASTY, "<b>=2+2</b>"]:
        assert shown[name] == "s"


def test_workbook_is_set_up_for_the_office(written):
    lang, folder, _, _ = written
    workbook = openpyxl.load_workbook(folder / "projection.xlsx")
    assert len(workbook.sheetnames) == 15
    assert workbook.sheetnames[0] == ("Summary" if lang == "en" else "结论")
    for sheet in workbook:
        assert sheet.freeze_panes is not None
        assert sheet.print_title_rows == "$4:$4"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
        if sheet.title not in ("Summary", "结论"):
            assert sheet.auto_filter.ref.startswith("A4:")
    school = workbook["By school" if lang == "en" else "分学校"]
    assert school["H5"].number_format == "#,##0"
    assert school["G5"].number_format == "0.0%"


def test_counts_of_children_below_five_are_shown_nowhere(
    make_results, tmp_path, no_figures, by_header
):
    data = make_results(replicates=4)
    school = 20  # a village school
    shrunk = data["roll"].copy(data=data["roll"].values.copy())
    shrunk[:, :, :, school, :] = 0
    shrunk[:, :, :, school, 0] = 3
    data = data.assign(roll=shrunk, unplaced=data.unplaced * 0 + 1)
    report = build_report(data, lang="en")
    (table,) = [
        t for t in report.blocks() if isinstance(t, Table) and "Village schools" in t.caption
    ]
    (row,) = [r for r in table.rows if r[0] == "School 21"]
    assert "<5" in cell_text(row[2], table.columns[2], "en")
    printed = [cell_text(c, k, "en") for c, k in zip(row, table.columns, strict=True)]
    assert printed[3:6] == ["<5", "<5", "<5"]
    book = openpyxl.load_workbook(write_document(data, tmp_path / "w.xlsx"), data_only=True)
    (cells,) = [r for r in by_header(book["By school"]) if r["School"] == "School 21"]
    pupils = [value for head, value in cells.items() if head.startswith("Pupils")]
    assert set(pupils) == {"<5"}
    assert cells["Roll / seats, base year"] is None
    # A single hidden cell could be worked out from the total, so a second one is hidden.
    column = [r["Pupils 2017"] for r in by_header(book["By school"]) if r["Level"] == "Primary"]
    assert column.count("<5") == 1
    assert column.count("*") == 1
    for row in by_header(book["By township"]):
        if row["Measure"] == "Children without a seat" and row["Identifier"] != "Total":
            assert set(list(row.values())[3:]) == {"<5"}


def test_the_worked_example_is_the_same_number_in_every_format(
    tiny, tmp_path, no_pictures, by_header
):
    """0.5153, the example of the rule, printed as 0.52 beside its limit."""
    spread = tiny.variation_coefficient.copy(data=np.full(tiny.variation_coefficient.shape, 0.5153))
    data = tiny.assign(variation_coefficient=spread)
    files = write_report(data, tmp_path, lang="en", formats=("html", "docx", "xlsx")).files
    page = files[0].read_text(encoding="utf-8")
    assert page.count(">0.52<") >= 14
    tables = docx.Document(str(files[1])).tables
    text = [cell.text for table in tables for row in table.rows for cell in row.cells]
    assert text.count("0.52") >= 14
    book = openpyxl.load_workbook(files[2])["Indicators"]
    values = [row["Value"] for row in by_header(book) if row["Indicator"]]
    assert values
    assert set(values) == {0.5153}


def test_without_typst_there_is_one_line_and_the_rest_is_written(
    tiny, tmp_path, monkeypatch, no_pictures
):
    monkeypatch.setattr(write_module, "pdf_available", lambda: False)
    result = write_report(tiny, tmp_path, formats=("pdf", "html"))
    assert [f.name for f in result.files] == ["report.html"]
    assert len(result.notes) == 1
    assert "typst" in result.notes[0]


def test_scores_of_a_backtest_are_read_and_checked(tmp_path):
    good = tmp_path / "backtest.csv"
    heads = "model,series,size,origin,horizon,mape,coverage_80"
    good.write_text(f"{heads}\ncapsim,area,all,pooled,1,2.5,80\n", encoding="utf-8-sig")
    assert read_scores(good)["mape"].tolist() == [2.5]
    bad = tmp_path / "other.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="has no column model"):
        read_scores(bad)
    with pytest.raises(InvalidInput, match="no such file"):
        read_scores(tmp_path / "missing.csv")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_scores(tmp_path / "empty.csv")


def test_bad_formats_are_all_named(tiny, tmp_path):
    with pytest.raises(InvalidInput) as error:
        write_report(tiny, tmp_path / "x", formats=("html", "odt", "rtf"))
    assert len(error.value.problems) == 2
    assert not (tmp_path / "x").exists()
    with pytest.raises(InvalidInput, match='"txt"'):
        write_document(tiny, tmp_path / "a.txt")
    with pytest.raises(InvalidInput, match="no format"):
        write_report(tiny, tmp_path, formats=())


def test_a_document_is_replaced_only_when_the_new_one_is_whole(
    tiny, tmp_path, monkeypatch, no_figures
):
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")

    def broken(report, path):
        path.write_text("half", encoding="utf-8")
        raise RuntimeError("stop")

    monkeypatch.setattr(write_module, "write_html", broken)
    with pytest.raises(RuntimeError):
        write_report(tiny, tmp_path, formats=("html",))
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_picture_with_very_many_paths_goes_in_as_png(tiny, monkeypatch):
    from capsim.reporting.formats import html

    monkeypatch.setattr(html, "LARGEST_SVG", 10)
    figure = next(b for b in build_report(tiny, lang="en").blocks() if isinstance(b, Picture))
    assert html.image_source(figure).startswith("data:image/png")


def test_empty_tables_and_reports_are_written(tmp_path):
    from capsim.reporting.formats.docx import write_docx
    from capsim.reporting.formats.pdf import write_pdf

    table = Table("Nothing", (Column("A"), Column("B", "count")), ())
    section = Section("a", "A", (table, Text("x")))
    report = Report("T", "S", "en", (section,), "C")
    assert "Nothing" in render_html(report)
    write_docx(report, tmp_path / "a.docx")
    write_pdf(report, tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").stat().st_size > 1000


def test_what_leads_to_a_table_stays_with_it(tmp_path):
    from capsim.reporting.formats.docx import write_docx

    table = Table("Sizes", (Column("A"), Column("B", "count")), (("a", 1),))
    blocks = (Text("alone"), Text("leads"), table, Text("after"))
    report = Report("T", "S", "en", (Section("a", "A", blocks),), "C")
    write_docx(report, tmp_path / "a.docx")
    document = docx.Document(str(tmp_path / "a.docx"))
    kept = {p.text: p.paragraph_format.keep_with_next for p in document.paragraphs}
    assert kept["leads"]
    assert not kept["alone"]
    assert not kept["after"]
