"""Words of the figures in English and Chinese."""

from __future__ import annotations

from typing import Final, Literal

from capsim.core.errors import InvalidInput

Lang = Literal["en", "zh"]
LANGUAGES: Final[tuple[Lang, ...]] = ("en", "zh")

WORDS: Final[dict[str, tuple[str, str]]] = {
    # terms
    "primary": ("Primary", "小学"),
    "junior": ("Junior", "初中"),
    "county_town": ("County town", "城区"),
    "township_seat": ("Township seats", "镇区"),
    "village": ("Villages", "乡村"),
    "year": ("Year", "年份"),
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
    "classes_over_in_few": (
        "classes above the cap in {n} of {total} futures",
        "{total}次模拟中仅{n}次出现超班额班级",
    ),
    # maps
    "utilisation_map": ("How full the schools are", "学校学位使用率"),
    "utilisation_legend": ("Roll / capacity, per cent", "在校生/学位容量（%）"),
    "map_note": (
        "Circle area: pupils; black ring: above 100 %; cross: closed",
        "圆面积：在校生数；黑圈：超过100%；叉：已停办",
    ),
    "travel_by_home": ("Distance to school by where the family lives", "上学距离（按居住地）"),
    "travel_map": ("Distance to school by township", "各乡镇上学距离"),
    "travel_map_note": (
        "mean distance of public pupils by the township of their home",
        "公办学生平均上学距离（按家庭所在乡镇）",
    ),
    "travel_note": (
        "Thick: mean; thin with markers: distance that nine in ten pupils stay under",
        "粗线：平均；细线带标记：九成学生不超过的距离",
    ),
    "travel_mean_note": ("Mean distance", "平均距离"),
    # grids
    "seat_gap": ("Seat gap by planning area and year", "各片区各年学位缺口"),
    "gap_scale": ("Median gap, seats", "缺口中位数（个学位）"),
    "gap_dot": (
        "Dot: the median is no gap, but at least one future in five has one",
        "圆点：中位数无缺口，但至少五分之一的模拟有缺口",
    ),
    "gap_more": ("; the {n} areas with the largest gaps", "；仅列缺口最大的{n}个片区"),
    "class_sizes": ("Classes by size", "班额分布"),
    "share_of_classes": ("per cent of classes", "占班级数（%）"),
    "size_to": ("up to {n}", "{n}人及以下"),
    "size_between": ("{a}–{b}", "{a}–{b}人"),
    "size_from": ("{n} and more", "{n}人及以上"),
    "mean_of_futures": ("Mean of {n} simulated futures", "{n}次模拟的平均值"),
    "cohort_wave": ("Pupils by grade: cohorts moving up", "各年级在校生：人口波的推移"),
    "pupils_median": ("Pupils, median", "在校生（中位数）"),
    "wave_note": (
        "A cohort moves up one grade a year: follow the diagonals",
        "同一批学生每年升一级，沿对角线观察",
    ),
    # teachers and money
    "teachers_title": ("Teachers: stock and needs", "教师：现有与需求"),
    "stock": ("Stock", "专任教师"),
    "teacher_need_norm": ("Need by norm", "按编制标准"),
    "teacher_need_classes": ("Need by classes", "按班级需求"),
    "posts": ("Posts", "核定编制"),
    "capital_cost": ("Capital by year and funding source", "分年度、分来源的建设投资"),
    "capital_note": (
        "Expected spending at the prices of each year",
        "预期支出，按当年价格",
    ),
    "code_county": ("county", "县级"),
    "code_city": ("city", "市级"),
    "code_province": ("province", "省级"),
    "code_central": ("central government", "中央"),
    "code_county_budget": ("county budget", "县级财政"),
    "code_provincial_grant": ("provincial grant", "省级补助"),
    "code_central_grant": ("central grant", "中央补助"),
    "code_bonds": ("bonds", "专项债券"),
    # backtest
    "backtest_mape": ("Mean error of earlier forecasts", "历史预测的平均误差"),
    "backtest_coverage_80": ("Outcomes inside the 80 % band", "实际值落入80%区间的比例"),
    "years_ahead": ("Years ahead", "预测年限（年）"),
    "model_capsim": ("capsim", "capsim"),
    "model_last_value": ("last value", "沿用上年"),
    "model_progression_ratios": ("progression ratios", "升级比率法"),
    # differences
    "scenario_differences": ("What the plans change", "各方案带来的变化"),
    "difference_note": (
        "Difference from {name} in the same futures; line: median, band: 80 %",
        "与{name}在相同模拟下之差；线：中位数，色带：80%区间",
    ),
    "measure_seat_gap": ("Seat gap", "学位缺口"),
    "measure_spare_seats": ("Spare seats", "富余学位"),
    "measure_over_cap": ("Pupils above the class cap", "超班额标准学生"),
    "measure_village_roll": ("Pupils of village schools", "乡村学校在校生"),
    "measure_small_schools": ("Village schools under 100 pupils", "不足100人的乡村学校"),
    "measure_teachers": ("Teachers", "专任教师"),
    "unit_seat_gap": ("seats", "个学位"),
    "unit_spare_seats": ("seats", "个学位"),
    "unit_over_cap": ("pupils", "人"),
    "unit_village_roll": ("pupils", "人"),
    "unit_small_schools": ("schools", "所"),
    "unit_teachers": ("teachers", "人"),
    "what_changed": (
        "Where the pupils of village schools go",
        "乡村学校在校生变化的原因",
    ),
    "village_pupils_in": ("Pupils of village schools, {year}", "乡村学校在校生，{year}年"),
    "cause_fewer_births": ("fewer children entering", "入学儿童减少"),
    "cause_left_county": ("left the county", "离开本县"),
    "cause_moved_to_town": ("moved to the town", "迁往城镇"),
    "cause_closure": ("school closed", "学校撤并"),
    "cause_chose_elsewhere": ("chose or were placed elsewhere", "选择或统筹到其他学校"),
    "cause_dropped_out_or_died": ("dropped out or died", "辍学或死亡"),
    "cause_arrivals": ("arrivals", "转入"),
}


PATHS: Final[dict[str, tuple[str, str]]] = {
    "china_2016": ("As in China after 2016", "按2016年后全国降幅"),
    "korea_2015": ("As in Korea after 2015", "按2015年后韩国降幅"),
    "east_germany_1989": ("As in East Germany after 1989", "按1989年后东德降幅"),
    "russia_1987": ("As in Russia after 1987", "按1987年后俄罗斯降幅"),
}


def path_label(path: str, lang: str) -> str:
    """Return the name of a stress path of births; the code as text if it is not a shipped one."""
    if path in PATHS:
        return PATHS[path][0 if check_lang(lang) == "en" else 1]
    return path.replace("_", " ")


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
