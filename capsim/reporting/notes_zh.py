"""Notes of a run in Chinese; runs write them in English."""

from __future__ import annotations

import re
from typing import Final

PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (
        r"births to (\d+) are read back from census ages",
        r"\1年及以前的出生人数由普查分年龄人口回推。",
    ),
    (
        r"births before (\d+) are read back from census ages, scaled to the table",
        r"\1年以前的出生人数由普查分年龄人口回推，并按出生数据表调整。",
    ),
    (
        r"(\d+) children were added in the base year: .*",
        r"基年补入\1名儿童：部分年级的在校生多于普查中同龄常住儿童。",
    ),
    (
        r"births of (\d+): townships add up to ([\d,]+), the county has ([\d,]+); .*",
        r"\1年出生人数：各乡镇合计\2人，全县\3人，乡镇数已按全县数调整。",
    ),
    (
        r"births of the table give the children of (\d+) of the ages 0-5 in the base year; "
        r"coverage ([\d.]+) to ([\d.]+) by township",
        r"基年0–5岁中有\1个年龄的儿童取自出生数据表，各乡镇覆盖系数为\2至\3。",
    ),
    (
        r"births of the table give the children of (\d+) of the ages 0-5 in the base year; "
        r"coverage ([\d.]+)",
        r"基年0–5岁中有\1个年龄的儿童取自出生数据表，覆盖系数为\2。",
    ),
    (
        r"kindergarten roll of (\d+), entry (\d+): ([\d,]+) children expected to turn six, "
        r"([\d,]+) by births, survival and migration; "
        r"ratio ([\d.]+), weight ([\d.]+), error ([\d.]+) %",
        r"\2年入学批次：按\1年在园幼儿数预计满六周岁\3人，按出生、存活和迁移推算\4人；"
        r"升学比\5，在园数权重\6，误差\7%。",
    ),
    (
        r"kindergarten roll of (\d+), entry (\d+): ([\d,]+) children expected to turn six; "
        r"ratio ([\d.]+), weight ([\d.]+), error ([\d.]+) %",
        r"\2年入学批次：按\1年在园幼儿数预计满六周岁\3人；升学比\4，在园数权重\5，误差\6%。",
    ),
    (
        r"births follow women by age: total fertility rate ([\d.]+) in (\d+), "
        r"([\d.]+) in (\d+) \(median\); women weighted by fertility ([+-]\d+) % by \d+",
        r"出生人数按分年龄妇女推算：总和生育率\2年为\1，\4年为\3（中位数）；"
        r"按生育模式加权的妇女数到\4年变动\5%。",
    ),
    (
        r"kindergarten rolls of age (\d) are not used: .*",
        r"未使用\1岁在园幼儿数：没有其后的小学一年级新生数可供拟合。",
    ),
    (
        r"kindergarten rolls are not used: all are later than (\S+)",
        r"未使用在园幼儿数：均晚于信息截止日\1。",
    ),
)


def note_text(note: str, lang: str) -> str:
    """Return a note of a run as a sentence of the report; in its own words if it is not known."""
    if lang == "zh":
        for pattern, words in PATTERNS:
            found = re.fullmatch(pattern, note)
            if found:
                return found.expand(words)
        return note
    sentence = note[:1].upper() + note[1:]
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
