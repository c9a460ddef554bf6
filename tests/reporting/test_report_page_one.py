"""What the first page and the section on earlier forecasts owe to the run's own records."""

from __future__ import annotations

import numpy as np
import pytest
from openpyxl import load_workbook

from capsim.figures.labels import scenario_label
from capsim.reporting import build_report, sentences, write_document
from capsim.reporting.content import Picture, Table
from capsim.reporting.facts import VARIABLES
from capsim.reporting.numbers import cell_text
from capsim.results.reading import rooms_are_assumed
from capsim.results.results import Results, open_results
from capsim.texts import message

LANGUAGES = ("en", "zh")


def section(report, key):
    (found,) = [s for s in report.sections if s.key == key]
    return found


def answers(report):
    return dict(section(report, "answer").blocks[0].pairs)


def text_of(report):
    """Everything the report says as it is printed, pictures by their captions."""
    said = [report.title, report.subtitle, report.colophon]
    for block in report.blocks():
        if isinstance(block, Picture):
            said.append((block.name, block.caption))
        elif isinstance(block, Table):
            rows = [
                [cell_text(c, k, report.lang) for c, k in zip(row, block.columns, strict=True)]
                for row in block.rows
            ]
            said.append((block.caption, block.columns, rows, block.note))
        else:
            said.append(block)
    return said


def unplaced(data, **where):
    """Nobody without a seat but one future's children."""
    values = data["unplaced"].copy(data=np.zeros(data["unplaced"].shape))
    for year, children in ((2024, 12), (2025, 287)):
        values.loc[{"year": year, "replicate": 3, "level": "primary", "township": "T02"}] = children
    return data.assign(unplaced=values)


def test_children_without_a_seat_in_some_futures_stand_on_page_one(one, no_figures):
    data = unplaced(one)
    english = answers(build_report(data, lang="en"))["How many seats are lacking?"]
    assert (
        "Children without a seat: in 1 of 12 futures, between 2024 and 2025; at most 287 (primary, "
        "2025, most in Huangtu), where no seat within reach is free." in english
    )
    chinese = answers(build_report(data, lang="zh"))["缺多少学位？"]
    assert "12次模拟中有1次在2024—2025年出现，最多287人（2025年，小学，主要在黄土镇）" in chinese


def test_nobody_without_a_seat_needs_no_word(one, no_figures):
    data = one.assign(unplaced=one["unplaced"] * 0)
    for lang, word in (("en", "without a seat"), ("zh", "未能安置")):
        assert not any(word in text for text in answers(build_report(data, lang=lang)).values())


@pytest.mark.parametrize(
    ("marks", "assumed"),
    [(("assumed", "assumed"), True), (("assumed", "reported"), False), ((), False)],
)
def test_assumed_classrooms_stand_beside_empty_seats(
    make_results, default_provenance, no_figures, marks, assumed
):
    rows = [
        {"table": "schools", "column": f"rooms_{level}", "mark": mark, "source": ""}
        for level, mark in zip(("primary", "junior"), marks, strict=False)
    ]
    content = {**default_provenance(("baseline",)), "data": rows}
    data = make_results(replicates=3, provenance=content)
    assert rooms_are_assumed(data) is assumed
    english = answers(build_report(data, lang="en"))["When, and for how long?"]
    chinese = answers(build_report(data, lang="zh"))["何时缺、缺多久？"]
    assert ("Classrooms are assumed" in english) is assumed
    assert ("教室数为假定值" in chinese) is assumed


def with_check(make_results, default_provenance):
    rows = [
        {"year": year, "level": level, "progression": 1000.0, "run": run}
        for year in range(2018, 2041)
        for level, run in (("primary", 1010.0), ("junior", 950.0 if year == 2030 else 1000.0))
    ]
    content = {**default_provenance(("baseline",)), "progression_check": {"baseline": rows}}
    return make_results(replicates=3, provenance=content)


def test_grade_progression_stands_beside_the_run(make_results, default_provenance, no_figures):
    data = with_check(make_results, default_provenance)
    for lang, head, words in (
        ("en", "Difference", "in 2030, junior: this run is 5.0 % below grade progression"),
        ("zh", "相差", "2030年初中：本次模拟比升级比率法低5.0%"),
    ):
        blocks = section(build_report(data, lang=lang), "backtest").blocks
        (table,) = [b for b in blocks if isinstance(b, Table)]
        assert [c.header for c in table.columns][-1] == head
        row = {(r[0], r[1]): r[2:] for r in table.rows}
        level = "Primary" if lang == "en" else "小学"
        assert row[level, 2018][:2] == (1000.0, 1010.0)
        assert row[level, 2018][2] == pytest.approx(0.01)
        assert any(words in b.text for b in blocks if not isinstance(b, Table))


def test_the_report_reads_no_more_than_the_variables_it_declares(many, no_figures):
    unread = [name for name in many.data_vars if name not in VARIABLES]
    assert len(unread) > 8
    short = many.drop_vars(unread)
    assert text_of(build_report(short)) == text_of(build_report(many))


def test_the_first_table_holds_the_last_year(many, no_figures):
    page = section(build_report(many), "answer")
    first = next(block for block in page.blocks if isinstance(block, Table))
    assert [row[1] for row in first.rows] == [2025, 2030, 2035, 2040] * 2


def test_new_seats_that_stand_empty_are_said_where_births_fall(many, no_figures):
    said = answers(build_report(many))["What if births fall further?"]
    assert "this many stand empty in 2040" in said
    assert sentences.new_seats_empty("A", 200, [("", 50.0), ("As in B", 200.0)], 2040, "en") == (
        "A: of 200 new seats, this many stand empty in 2040: 50 (25 %) in the forecast, "
        "200 (100 %) as in B."
    )
    assert sentences.new_seats_empty("甲", 200, [("", 50.0), ("按乙", 200.0)], 2040, "zh") == (
        "甲：新增200个学位，2040年预测情形闲置50个（25%），按乙闲置200个（100%）。"
    )


def test_a_run_saved_and_reopened_gives_the_same_report(many, tmp_path, no_figures):
    Results(many).save(tmp_path)
    reopened = open_results(tmp_path).data
    for lang in LANGUAGES:
        assert text_of(build_report(reopened, lang=lang)) == text_of(build_report(many, lang=lang))


def test_plans_are_named_without_the_place(make_results, default_provenance):
    content = default_provenance(("baseline",))
    content["scenarios"]["baseline"]["title"] = {
        "en": "Testshire: no new policy",
        "zh": "测试县：维持现状",
    }
    data = make_results(replicates=2, provenance=content)
    assert scenario_label(data, "baseline", "en") == "No new policy"
    assert scenario_label(data, "baseline", "zh") == "维持现状"


def test_notes_of_the_run_are_in_the_language_of_the_report(
    make_results, default_provenance, no_figures
):
    spread = {"ages": 6, "low": 0.912, "high": 1.043}
    content = default_provenance(("baseline",))
    content["notes"]["baseline"] = [
        message("notes.births_read_back", year=2020).plain(),
        message("notes.births_of_table_by_township", **spread).plain(),
        {"key": "notes.of_another_version", "values": {}, "text": "as it was said"},
        "schools.csv:3: another note",
    ]
    data = make_results(replicates=2, provenance=content)
    en, zh = (section(build_report(data, lang=lang), "limits").blocks[0].items[-4:]
              for lang in LANGUAGES)  # fmt: skip
    assert en[0] == "Births to 2020 are read back from census ages."
    assert zh[0] == "2020年及以前的出生人数由普查分年龄人口回推。"
    assert "覆盖系数为0.912至1.043" in zh[1]
    assert en[2] == "As it was said." and "As it was said" in zh[2]
    assert en[3] == zh[3] == "schools.csv:3: another note"


def test_rows_of_long_answers_are_as_high_as_their_text(many, tmp_path, no_pictures):
    path = write_document(many, tmp_path / "a.xlsx", lang="zh")
    page = load_workbook(path).worksheets[0]
    width = page.column_dimensions["B"].width
    many_lines = 0
    for row in page.iter_rows(min_row=5):
        lines = len(str(row[1].value)) / width  # at least: Chinese takes two columns a character
        height = page.row_dimensions[row[0].row].height or 15
        assert height >= 15 * lines
        many_lines += height > 15
    assert many_lines >= 1
