"""Words of the figures in English and Chinese."""

from __future__ import annotations

from typing import Final, Literal

from capsim.errors import InvalidInput

Lang = Literal["en", "zh"]
LANGUAGES: Final[tuple[Lang, ...]] = ("en", "zh")

WORDS: Final[dict[str, tuple[str, str]]] = {
    # terms
    "primary": ("Primary", "小学"),
    "junior": ("Junior", "初中"),
    "county_town": ("County town", "城区"),
    "township_seat": ("Township seats", "镇区"),
    "village": ("Villages", "乡村"),
    "school_year": ("School year from September", "学年（9月起）"),
    "year": ("Year", "年份"),
    "class_size_axis": ("Pupils in the class", "班额（人）"),
    "grade": ("Grade", "年级"),
    # units
    "persons": ("persons", "人"),
    "children": ("children", "人"),
    "seats": ("seats", "个学位"),
    "pupils": ("pupils", "人"),
    "per_cent": ("per cent", "%"),
    "classes": ("classes", "个班"),
    "teachers": ("teachers", "人"),
    "km": ("km", "公里"),
    "million_yuan": ("million yuan", "万元"),
    # subtitles
    "band": (
        "Line: median of {n} simulated futures; bands: 50 % and 80 % of them",
        "线：{n}次模拟的中位数；色带：50%和80%区间",
    ),
    "band_80": (
        "Line: median of {n} simulated futures; band: 80 % of them",
        "线：{n}次模拟的中位数；色带：80%区间",
    ),
    "one_future": ("One simulated future: no band can be shown", "仅一次模拟，无法给出区间"),
    "scenario_is": ("Scenario: {name}", "方案：{name}"),
    "known_to": ("information to {date}", "数据截至{date}"),
    "stress": ("Stress: {name}", "压力情景：{name}"),
    "median": ("median", "中位数"),
    # children and births
    "children_and_births": ("Births and children of school age", "出生人数与学龄儿童"),
    "births": ("Births in the year", "当年出生人数"),
    "children_primary": ("Children of primary age (6-11)", "小学学龄儿童（6–11岁）"),
    "children_junior": ("Children of junior age (12-14)", "初中学龄儿童（12–14岁）"),
    # demand and capacity
    "demand_and_capacity": (
        "Seat demand against capacity, whole county",
        "全县学位需求与供给",
    ),
    "demand": ("Demand", "需求"),
    "capacity": ("Capacity", "供给"),
    "gap_years": (
        "▼ years in which at least one planning area more likely than not lacks seats",
        "▼ 至少一个片区缺学位的可能性过半的年份",
    ),
    # rolls
    "rolls_by_settlement_kind": (
        "Pupils by where the school stands",
        "在校生（按学校所在地）",
    ),
    # classes
    "classes_over_cap": ("Share of classes above the class cap", "超班额班级占比"),
    "over_cap_of": ("above {cap}", "超过{cap}人"),
    "from_56": ("56 and more", "56人及以上"),
    "no_classes_over": ("no class above the cap", "无超班额班级"),
    # maps
    "utilisation_map": ("How full the schools are", "学校学位使用率"),
    "utilisation_legend": ("Roll / capacity, per cent", "在校生/学位容量（%）"),
    "map_note": (
        "Circle area: pupils; black ring: above 100 %; cross: closed",
        "圆面积：在校生数；黑圈：超过100%；叉：已停办",
    ),
    "travel_by_home": ("Distance to school by where the family lives", "上学距离（按居住地）"),
    "mean_distance": ("mean", "平均"),
    "p90_distance": ("nine in ten within", "九成学生以内"),
}


def check_lang(lang: str) -> Lang:
    """Return `lang` if it is a language of the figures.

    Raises
    ------
    InvalidInput
        If it is not ``"en"`` or ``"zh"``.
    """
    if lang == "en":
        return "en"
    if lang == "zh":
        return "zh"
    raise InvalidInput.of("lang", f'"{lang}" is not a language of the reports', 'use "en" or "zh"')


def word(key: str, lang: str, **values: object) -> str:
    """Return a phrase in a language, with `values` filled in."""
    phrase = WORDS[key][0 if check_lang(lang) == "en" else 1]
    return phrase.format(**values) if values else phrase
