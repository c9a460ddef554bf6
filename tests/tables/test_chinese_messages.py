"""What is wrong with a county's files, said to a planner who reads Chinese."""

import json

import openpyxl
import pytest

from capsim.core.errors import InvalidInput
from capsim.scenario.load import load


def said(*overrides: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        load("baseline.yaml", overrides)
    return caught.value.said("zh")


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "enrolment.class_cup=1",
            "--set: enrolment.class_cup：没有这项设定（是否应为“class_cap”？）",
        ),
        ("replicates=many", "--set: replicates：“many”不是数字"),
        ("replicates=0", "--set: replicates：0超出范围（应不小于1）"),
        ("replicates=1.5", "--set: replicates：1.5不是整数"),
        ("place.code=511126", "--set: place.code：511126不是文字（请加引号）"),
        ("years=2", "--set: years：应为一组“键: 值”（现为2）"),
        ("years.horizon=2019", "--set: years：终止年2019不晚于基准年2020"),
        ("language=fr", "--set: language：“fr”不在可选值之中：en, zh"),
        ("data.rolls=roll.csv", "--set: data.rolls：找不到文件roll.csv（是否应为“rolls.csv”？）"),
        ("seed", "--set：“seed”没有设定任何值（应写成 键=值）"),
    ],
)
def test_faults_of_a_scenario_in_chinese(county, override, words):
    assert said(override).splitlines()[0] == words


def test_slips_of_a_chinese_keyboard_are_named(county):
    change(county / "baseline.yaml", "replicates: 100", "replicates：100")
    assert "冒号应为半角" in said()
    change(county / "baseline.yaml", "replicates：100", "replicates:\n\t- 1")
    assert "制表符" in said()


def test_faults_of_cells_stand_under_the_users_own_header(county):
    rolls = county / "tables" / "rolls.csv"
    change(rolls, "school,grade,pupils,year", "学校,年级,在校生,年份")
    change(rolls, "north-primary-1,1,101", "north-primary-1,1,约百人")
    change(rolls, "north-primary-1,2,", "north-primery-1,2,")
    lines = said().splitlines()
    assert lines[0] == "rolls.csv:2: 在校生：“约百人”不是数字"
    assert lines[1] == (
        "rolls.csv:3: 学校：没有名为“north-primery-1”的学校（是否应为“north-primary-1”？）"
    )


def test_a_missing_column_is_named_as_the_file_names_its_columns(county):
    rolls = county / "tables" / "rolls.csv"
    change(rolls, "school,grade,pupils,year", "学校,年级,合计人头,年份")
    assert "缺少“人数”列（可用的表头：人数、学生数、在校生、pupils）" in said()
    change(rolls, "学校,年级,合计人头,年份", "school,grade,heads,year")
    assert "缺少“pupils”列" in said()


def test_words_for_kinds_are_those_a_chinese_table_may_use(county):
    change(county / "tables" / "schools.csv", ",primary,", ",完小,")
    assert "“完小”不在可选值之中：小学、初中、九年一贯制学校、完全中学、教学点" in said()


def test_a_missing_sheet_and_many_rows_with_one_fault(county):
    book = openpyxl.Workbook()
    book.active.title = "在校生"
    book.save(county / "tables" / "county.xlsx")
    missing = "没有名为“班级”的工作表（现有工作表：在校生）"
    assert missing in said("data.classes=county.xlsx#班级")
    rolls = county / "tables" / "rolls.csv"
    rolls.write_text(rolls.read_text(encoding="utf-8").replace("north-primary-1", "nobody"))
    assert "——另有5行同样有误，末行为第7行" in said()


def test_the_same_faults_as_strings_are_english_and_survive_a_process(county):
    import pickle

    with pytest.raises(InvalidInput) as caught:
        load("baseline.yaml", ["replicates=many"])
    problem = caught.value.problems[0]
    assert str(caught.value) == '--set: replicates: "many" is not a number'
    again = pickle.loads(pickle.dumps(problem))
    assert again == problem and again.said("zh") == problem.said("zh")
    assert json.dumps(problem.what) == '"\\"many\\" is not a number"'
