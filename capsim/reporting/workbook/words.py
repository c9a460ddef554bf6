"""Names of sheets and headers that only the workbook has, in English and Chinese."""

from __future__ import annotations

from typing import Final

from capsim.figures.words import check_lang
from capsim.reporting.labels import label
from capsim.reporting.workbook.sheets import NumberFormat, SheetColumn

WORDS: Final[dict[str, tuple[str, str]]] = {
    "s_summary": ("Summary", "结论"),
    "s_by_year": ("By year", "分年度"),
    "s_by_school": ("By school", "分学校"),
    "s_by_township": ("By township", "分乡镇"),
    "s_gap": ("Gap", "学位缺口"),
    "s_gap_bands": ("Gap with bands", "缺口区间"),
    "s_classes": ("Classes", "班级"),
    "s_teachers": ("Teachers", "教师"),
    "s_standards": ("Indicators", "指标"),
    "s_failures": ("Schools failing", "未达标学校"),
    "s_budget": ("Budget", "预算"),
    "s_running": ("Running cost", "运行成本"),
    "s_surplus": ("Surplus risk", "闲置风险"),
    "t_surplus": (
        "New seats that stand empty years later, by decile of births (1 the fewest) and path",
        "新增学位日后闲置情况（按出生人数十分位和情景，1为最少）",
    ),
    "decile": ("Births, decile", "出生人数十分位"),
    "every_birth": ("all futures", "全部模拟"),
    "futures": ("Futures", "模拟次数"),
    "births_mean": ("Births a year", "年均出生人数"),
    "added_by": ("Added by", "新增截至"),
    "looked_at": ("Looked at in", "观察年份"),
    "empty_seats": ("Empty seats", "闲置学位"),
    "empty_share": ("Share empty", "闲置比例"),
    "s_assumptions": ("Assumptions", "假设"),
    "s_data": ("Data sources", "数据来源"),
    "t_by_year": ("The county by scenario and year", "各方案分年度全县数据"),
    "t_by_school": ("Pupils by school and year: {name}", "分学校分年度在校生（{name}）"),
    "t_by_township": (
        "Births and children by township and year: {name}",
        "分乡镇分年度出生与儿童（{name}）",
    ),
    "t_gap": ("Expected seat gap by planning area and year", "分片区分年度预期学位缺口"),
    "t_gap_bands": (
        "Demand, capacity and gap by planning area and year, with bands",
        "分片区分年度需求、供给与缺口（含区间）",
    ),
    "t_classes": ("Classes by size", "班额情况"),
    "t_teachers": ("Teachers and needs", "教师与需求"),
    "t_standards": ("Rules on the county by year", "分年度县级标准"),
    "t_failures": ("Schools failing a resource indicator", "资源配置指标未达标的学校"),
    "n_failures": (
        "Under each year the share of the simulated futures in which the school fails.",
        "各年份下为该校不达标的模拟占比。",
    ),
    "value_then": ("Value then", "当年数值"),
    "n_assumptions": (
        "All settings of the scenario of the report; of the other plans those that they change.",
        "列出本报告方案的全部参数；其他方案只列不同于该方案的参数。",
    ),
    "n_gap_bands": (
        "The other plans: areas whose capacity or gap differs.",
        "其他方案只列供给或缺口不同的片区。",
    ),
    "t_budget": (
        "Expected capital by project, funding source and year, yuan",
        "分项目、分来源、分年度预期建设投资（元）",
    ),
    "t_running": (
        "Expected running cost by item and year, yuan",
        "分项目、分年度预期运行成本（元）",
    ),
    "t_assumptions": ("Settings with their source", "参数及其来源"),
    "t_data": ("Data with their source", "数据及其来源"),
    "means": (
        "Means over the simulated futures: they add up. Sums are formulas over the cells shown.",
        "数字为各次模拟的平均值，可以相加；合计为对所列单元格求和的公式。",
    ),
    "hidden": (
        "Counts of children from 1 to 4 are shown as <5. Where one such cell could be worked out "
        "from a total, the next smallest is shown as *.",
        "1至4人的儿童数以“少于5”表示；如可由合计推得，则次小的一格以“*”表示。",
    ),
    "question": ("Question", "问题"),
    "answer": ("Answer", "回答"),
    "id": ("Identifier", "编号"),
    "pupils": ("Pupils", "在校生"),
    "demand": ("Demand", "需求"),
    "capacity": ("Capacity", "供给"),
    "seat_gap": ("Gap", "缺口"),
    "spare_seats": ("Spare seats", "富余学位"),
    "new_seats": ("New seats", "新增学位"),
    "over_cap": ("Pupils above the cap", "超班额学生"),
    "teachers": ("Teachers", "专任教师"),
    "seats_base": ("Seats, base year", "基年学位"),
    "use_base": ("Roll / seats, base year", "基年学位使用率"),
    "open_at_end": ("Open in {year}", "{year}年开办的可能性"),
    "pupils_year": ("Pupils {year}", "{year}年在校生"),
    "children_primary": ("Children aged 6-11", "6–11岁儿童"),
    "children_junior": ("Children aged 12-14", "12–14岁儿童"),
    "unplaced": ("Children without a seat", "未安置学生"),
    "measure": ("Measure", "指标"),
    "gap_mean": ("Gap, mean", "缺口平均值"),
    "p10": ("Gap, 10 %", "缺口10%分位"),
    "p50": ("Gap, median", "缺口中位数"),
    "p90": ("Gap, 90 %", "缺口90%分位"),
    "share_over": ("Share above the cap", "超标准占比"),
    "balance": ("Balance: ", "余缺："),
    "basis": ("Price basis", "价格口径"),
    "nominal": ("prices of the year", "当年价"),
    "real": ("constant prices", "可比价"),
    "probability_fails": ("Probability of failing", "未达标的可能性"),
    "file": ("File", "文件"),
    "hash": ("SHA-256", "SHA-256"),
    "direction_min": ("at least", "不低于"),
    "direction_max": ("at most", "不高于"),
    "direction": ("Direction", "方向"),
}


def sheet_word(key: str, lang: str, **values: object) -> str:
    """Return a word of the workbook in a language."""
    phrase = WORDS[key][0 if check_lang(lang) == "en" else 1]
    return phrase.format(**values) if values else phrase


def head(key: str, lang: str, kind: NumberFormat = "count", width: float = 11.0) -> SheetColumn:
    """Return a column whose header is a word of the workbook, or else of the report."""
    text = sheet_word(key, lang) if key in WORDS else label(key, lang)
    return SheetColumn(text, kind, width)
