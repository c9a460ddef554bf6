"""The lists of assumptions and data in Chinese."""

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from capsim.builder.marks import MARKS
from capsim.reporting.settings import (
    data_row,
    place_text,
    setting_row,
    source_text,
    unit_text,
    value_text,
)
from capsim.scenario.schema import Scenario
from capsim.texts import subject

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def _classes(annotation):
    for part in typing.get_args(annotation):
        yield from _classes(part)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation


def _declared(section, seen):
    """All parameters declared in a section and those below it: (unit, source)."""
    if section in seen:
        return
    seen.add(section)
    for field in section.model_fields.values():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "mark" in extra:
            yield str(extra["unit"]), str(extra["source"])
        for below in _classes(field.annotation):
            yield from _declared(below, seen)


def test_every_unit_and_source_of_a_setting_is_said_in_chinese():
    units, sources = (set(column) for column in zip(*_declared(Scenario, set()), strict=True))
    assert len(units) > 50 and len(sources) > 100
    assert sorted(u for u in units if u and not CHINESE.search(unit_text(u, "zh"))) == []
    assert sorted(s for s in sources if not CHINESE.search(source_text(s, "zh"))) == []


def test_every_source_of_the_shipped_county_is_said_in_chinese():
    columns = {source for table in MARKS.values() for _, source in table.values()}
    assert sorted(columns - set(subject("declared", "zh")["data"])) == []
    folder = Path(__file__).parents[2] / "scenarios" / "jiajiang"
    stated = {
        source
        for path in folder.glob("*.yaml")
        if path.name not in ("totals.yaml", "reported.yaml")
        for source in re.findall(r'mark: \w+, source: "([^"]+)"', path.read_text("utf-8"))
    }
    assert len(stated) >= 5
    assert sorted(s for s in stated if not CHINESE.search(source_text(s, "zh"))) == []


@pytest.mark.parametrize(
    ("source", "chinese"),
    [
        ("planning judgement: village roads", "规划判断：乡村道路"),
        ("教育局提供", "教育局提供"),
    ],
)
def test_sources(source, chinese):
    assert source_text(source, "zh") == chinese


@pytest.mark.parametrize(
    ("place", "english", "chinese"),
    [
        ("baseline.yaml:37:12", "set in baseline.yaml:37:12", "由baseline.yaml第37行设定"),
        ("--set", "set in --set", "由--set设定"),
    ],
)
def test_what_a_scenario_sets_names_its_line(place, english, chinese):
    assert (place_text(place, "en"), place_text(place, "zh")) == (english, chinese)
    row = {"key": "a", "source": english, "set_in": place}
    assert (setting_row(row, "en")[-1], setting_row(row, "zh")[-1]) == (english, chinese)


def test_years_of_age_have_a_word_of_their_own():
    assert unit_text("years", "zh", "staffing.retirement.male_age_years") == "岁"
    assert unit_text("years", "zh", "budget.surplus_lag_years") == "年"


def test_rows_of_both_lists():
    setting = {
        "key": "enrolment.class_cap",
        "value": {"primary": 45, "junior": 50},
        "unit": "pupils a class",
        "source": "assumed",
        "mark": "found",
    }
    assert setting_row(setting, "zh") == (
        "enrolment.class_cap", "小学45，初中50", "人/班", "已查证", "假定",
    )  # fmt: skip
    column = {"table": "schools", "column": "beds", "mark": "assumed", "source": "per pupil"}
    assert data_row(column, "zh") == ("学校", "床位", "假定", "按学生数")
    assert data_row(column | {"table": "else"}, "zh")[:2] == ("else", "beds")


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        ([0.003] * 9, "9 times 0.003", "9个0.003"),
        ([0, 0, 1, 1, 1, 0.5], "0, 0, 3 times 1, 0.5", "0，0，3个1，0.5"),
        (True, "true", "是"),
        ("lottery", "lottery", "摇号"),
        ({"low": 1}, "low: 1", "低1"),
        ({"name": "low", "share": 0.3}, "name: low, share: 0.3", "组别：低，比例0.3"),
    ],
)
def test_values(value, en, zh):
    assert (value_text(value), value_text(value, "zh")) == (en, zh)
