"""Headings, column headers and captions of the report in English and Chinese."""

from __future__ import annotations

from typing import Final

from capsim.figures.words import check_lang

LABELS: Final[dict[str, tuple[str, str]]] = {
    # words the writers need
    "figure": ("Figure", "图"),
    "table": ("Table", "表"),
    "page": ("Page", "第"),
    "contents": ("Contents", "目录"),
    # sections
    "answer": ("The answer on one page", "结论（一页）"),
    "demand": ("Demand and births", "需求与出生人口"),
    "gap": ("Seat gap by planning area", "分片区学位缺口"),
    "classes": ("Class sizes", "班额"),
    "villages": ("Village schools to watch", "需关注的乡村学校"),
    "teachers": ("Teachers", "教师"),
    "plans": ("The plan, its alternatives and their cost", "方案比选与费用"),
    "standards": ("National standards", "国家标准达标情况"),
    "backtest": ("How good earlier forecasts were", "历史预测的准确度"),
    "drivers": ("What drives the result", "结果的主要影响因素"),
    "sources": ("Assumptions and data", "假设与数据来源"),
    "limits": ("Limits", "局限"),
    # questions of the first page
    "q_seats": ("How many seats are lacking?", "缺多少学位？"),
    "q_where": ("Where?", "缺在哪里？"),
    "q_when": ("When, and for how long?", "何时缺、缺多久？"),
    "q_sure": ("How sure is this?", "有多大把握？"),
    "q_cost": ("What does it cost?", "需要多少钱？"),
    "q_fewer": ("What if births fall further?", "出生人口继续下降怎么办？"),
    # column headers
    "level": ("Level", "学段"),
    "primary": ("Primary", "小学"),
    "junior": ("Junior", "初中"),
    "nine_year": ("Nine-year", "九年一贯制"),
    "all": ("Both levels", "两个学段"),
    "both": ("Both levels", "合计"),
    "county": ("Whole county", "全县"),
    "year": ("Year", "年份"),
    "area": ("Planning area", "片区"),
    "township": ("Township", "乡镇"),
    "school": ("School", "学校"),
    "scenario": ("Scenario", "方案"),
    "path": ("Path of births", "出生情景"),
    "demand_seats": ("Demand, seats", "需求（个）"),
    "capacity_seats": ("Capacity, seats", "供给（个）"),
    "gap_seats": ("Gap, seats", "缺口（个）"),
    "spare_seats": ("Spare seats", "富余（个）"),
    "new_seats": ("New seats", "新增学位（个）"),
    "probability": ("Probability of a gap", "出现缺口的可能性"),
    "first_warning": ("Warned from", "预警起始年"),
    "first_likely": ("Likely from", "大概率缺起始年"),
    "years_likely": ("Years likely", "大概率缺的年数"),
    "worst_year": ("Worst year", "缺口最大年"),
    "gap_then": ("Gap then, seats", "当年缺口（个）"),
    "births": ("Births", "出生人数"),
    "school_age": ("Children aged 6-14", "6–14岁儿童"),
    "median": ("Forecast", "预测"),
    "classes_all": ("Classes", "班级数"),
    "classes_over": ("Above the cap", "超标准"),
    "classes_large": ("56 and more", "56人及以上"),
    "classes_super": ("66 and more", "66人及以上"),
    "cap": ("Cap, pupils", "班额标准（人）"),
    "pupils_in": ("Pupils {year}", "{year}年在校生"),
    "small_at_end": ("Under 100 in {year}", "{year}年不足100人的可能性"),
    "closed_at_end": ("Closed by {year}", "{year}年前撤并的可能性"),
    "stock": ("Teachers", "专任教师"),
    "teacher_need_classes": ("Need by classes", "按班级需求"),
    "teacher_need_norm": ("Need by norm", "按编制标准"),
    "posts": ("Posts", "核定编制"),
    "balance_classes": ("Balance by classes", "按班级余缺"),
    "place": ("Schools in", "学校所在地"),
    "county_town": ("County town", "城区"),
    "township_seat": ("Township seats", "镇区"),
    "village": ("Villages", "乡村"),
    "worst_gap": ("Largest yearly gap, seats", "最大年缺口（个）"),
    "seat_years": ("Seat-years lacking", "累计缺学位（个·年）"),
    "empty_at": ("Empty {year}, seats", "{year}年富余（个）"),
    "over_cap_at": ("Above cap {year}, pupils", "{year}年超班额（人）"),
    "small_at": ("Village schools <100, {year}", "{year}年不足百人村校（所）"),
    "travel_at": ("Village travel {year}, km", "{year}年乡村上学距离（公里）"),
    "rooms_assumed": (
        "Classrooms are assumed, not reported: count them before relying on empty seats.",
        "教室数为假定值而非上报数，富余学位须经核实后使用。",
    ),
    "check": ("Cross-check by grade progression", "升级比率法对照"),
    "progression": ("Grade progression, pupils", "升级比率法（人）"),
    "run_median": ("This run, median", "本次模拟中位数（人）"),
    "difference": ("Difference", "相差"),
    "retention_note": (
        "Retention exceeds 100 % where more children move into public schools than leave them "
        "between the two grades.",
        "因中途转入公办学校的学生多于流出，巩固率可超过100%。",
    ),
    "six_of_seven": (
        "Schools with six of seven indicators met, the rest at 85 %",
        "七项指标达标六项、其余不低于85%的学校占比",
    ),
    "seat_years_note": (
        "Seat-years lacking: the gaps of all years after the base year added up.",
        "累计缺学位：基年之后各年缺口之和（缺1个学位1年计1个·年）。",
    ),
    "worst_gap_note": (
        "Largest yearly gap: both levels together, each future in its own worst year.",
        "最大年缺口：两个学段合计，每次模拟各取其缺口最大的一年。",
    ),
    "regret_note": (
        "Regret: how much more a plan costs, lacking seats included, than the best of these plans "
        "would in the same future.",
        "后悔值：在同一次模拟中，某方案的费用与缺学位损失比其中最优方案多出的金额。",
    ),
    "demand_primary": ("Primary demand, seats", "小学需求（个）"),
    "demand_junior": ("Junior demand, seats", "初中需求（个）"),
    "capital": ("Capital, million yuan", "建设投资（万元）"),
    "capital_real": ("Capital, constant prices, million yuan", "建设投资（可比价，万元）"),
    "running_at": (
        "Running {year}, constant prices, million yuan",
        "{year}年运行成本（可比价，万元）",
    ),
    "per_seat": ("Yuan per new seat, constant prices", "每个新增学位（可比价，元）"),
    "better_than": ("Fewer seat-years than {name}", "累计缺口少于{name}的可能性"),
    "project": ("Project", "项目"),
    "source_of_funds": ("Funding source", "资金来源"),
    "amount_nominal": ("Prices of the year, million yuan", "当年价（万元）"),
    "amount_real": ("Constant prices, million yuan", "可比价（万元）"),
    "item": ("Item", "项目"),
    "total": ("Total", "合计"),
    "unit_cost": ("Figure", "指标"),
    "yuan": ("Yuan", "元"),
    "per": ("Per", "计量"),
    "bound": ("Reading", "说明"),
    "upper_bound": ("upper bound: all works", "上限：含全部投入"),
    "this_plan": ("this plan", "本方案"),
    "comparison": ("comparison", "对照"),
    "loss": ("Cost and lacking seats, million yuan", "费用与缺学位损失（万元）"),
    "regret_mean": ("Mean regret, million yuan", "平均后悔值（万元）"),
    "regret_p90": ("Regret, one in ten, million yuan", "十分之一可能的后悔值（万元）"),
    "best_share": ("Best in", "最优的模拟占比"),
    "rule": ("Rule", "标准"),
    "value": ("Value", "数值"),
    "limit": ("Limit", "限值"),
    "met": ("Met in", "达标的模拟占比"),
    "beyond": ("Beyond it", "超限数"),
    "mark": ("Mark", "依据"),
    "source": ("Source", "来源"),
    "indicator": ("Indicator", "指标"),
    "fails_from": ("Fails from", "不达标起始年"),
    "years_failing": ("Years", "年数"),
    "threshold": ("Threshold", "标准值"),
    "schools_assessed": ("Schools assessed", "参评学校（所）"),
    "schools_meeting": ("Meeting the rule", "达标学校（所）"),
    "key": ("Setting", "参数"),
    "unit": ("Unit", "单位"),
    "data_table": ("Table", "数据表"),
    "column": ("Column", "列"),
    "driver": ("Source of uncertainty", "不确定性来源"),
    "share_of_spread": ("Share of the spread", "占不确定性的比例"),
    "driver_births": ("births", "出生人数"),
    "driver_moves": (
        "moves, deaths and timing between birth and school",
        "出生至入学间的迁移、死亡与时点",
    ),
    "driver_public": ("share attending public schools", "公办学校就读比例"),
    # captions of tables
    "t_answer": ("Demand, capacity and gap", "学位需求、供给与缺口"),
    "t_plans_first": ("The plans at a glance", "各方案一览"),
    "t_demand": ("Births, children and demand", "出生、儿童与需求"),
    "t_stress": ("Under stress paths, {year}", "压力情景下的{year}年"),
    "t_warning": ("Seat warning list", "学位预警"),
    "t_classes": ("Classes by size", "班额情况"),
    "t_villages": ("Village schools that become small or close", "规模偏小或撤并的乡村学校"),
    "t_teachers": ("Teachers and needs", "教师与需求"),
    "t_teachers_place": ("Teachers by place, {year}", "{year}年分城乡教师余缺"),
    "t_plans": ("What each plan achieves", "各方案的效果"),
    "t_costs": ("What each plan costs", "各方案的费用"),
    "t_capital": ("Expected capital by project and source", "分项目、分来源预期建设投资"),
    "t_running": (
        "Expected running cost at constant prices: {name}",
        "预期运行成本（可比价，{name}）",
    ),
    "t_unit": (
        "Cost of a seat beside norms and published figures",
        "单位学位成本与标准、公开数据对照",
    ),
    "t_regret": ("Regret across futures", "各方案的后悔值"),
    "t_checks": ("Rules on the county, {year}", "{year}年县级标准"),
    "t_meeting": ("Schools that meet six of seven indicators", "达到“七项达标六项”的学校"),
    "t_failing": (
        "Schools more likely than not below the threshold of an indicator",
        "资源配置指标大概率不达标的学校数",
    ),
    "t_new_failures": (
        "Schools that fall below a threshold after {year}",
        "{year}年以后开始不达标的学校",
    ),
    "schools_in": ("Schools {year}", "{year}年（所）"),
    "t_backtest": ("Errors of earlier forecasts", "历史预测误差"),
    "t_drivers": ("Where the spread of demand in {year} comes from", "{year}年需求不确定性的来源"),
    "t_assumptions": ('Settings of "{name}"', "“{name}”方案的参数"),
    "t_data": ("Columns of the data", "数据各列的来源"),
    "f_backtest": (
        "Error and coverage of earlier forecasts by years ahead",
        "历史预测的误差与区间覆盖率（按预测年限）",
    ),
    "model": ("Method", "方法"),
    "years_ahead": ("Years ahead", "预测年限"),
    "error": ("Mean error", "平均误差"),
    "bias": ("Bias", "偏差"),
    "coverage": ("Inside the 80 % band", "落入80%区间"),
    # marks
    "mark_found": ("found", "已查证"),
    "mark_derived": ("derived", "推算"),
    "mark_recalled": ("recalled", "未核实"),
    "mark_assumed": ("assumed", "假定"),
    "mark_reported": ("reported", "上报"),
    # running cost items
    "cost_teachers": ("teachers", "教师"),
    "cost_public_funds": ("public funds", "公用经费"),
    "cost_boarding": ("boarding", "寄宿"),
    "cost_buses": ("school buses", "校车"),
    "cost_leases": ("leases", "租赁"),
    "cost_capital": ("capital", "建设投资"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "unknown": ("not known", "数据不足"),
}

CAPTIONS: Final[dict[str, tuple[str, str]]] = {
    "children_and_births": (
        "Births and resident children of the two school ages",
        "出生人数与两个学段的学龄儿童",
    ),
    "demand_and_capacity": (
        "Seat demand against capacity of the whole county by level",
        "全县分学段学位需求与供给",
    ),
    "cohort_wave": (
        "Pupils by grade and year: large cohorts move up along the diagonals",
        "各年级在校生：人口波沿对角线推移",
    ),
    "seat_gap": ("Seat gap by planning area and year", "各片区各年学位缺口"),
    "classes_over_cap": ("Share of classes above the class cap", "超班额班级占比"),
    "class_sizes": ("Classes by size over the years", "历年班额分布"),
    "rolls_by_settlement_kind": (
        "Pupils by where the school stands",
        "在校生（按学校所在地）",
    ),
    "utilisation_map": ("How full the schools are", "学校学位使用率"),
    "travel_by_home": (
        "Distance to school by where the family lives",
        "上学距离（按居住地）",
    ),
    "travel_map": ("Distance to school by township", "各乡镇上学距离"),
    "what_changed": (
        "Why pupils of village schools become fewer",
        "乡村学校在校生变化的原因",
    ),
    "teachers": ("Teachers: stock, needs and posts", "教师：现有、需求与编制"),
    "capital_cost": (
        "Expected capital by year and funding source",
        "分年度、分来源的预期建设投资",
    ),
    "scenario_differences": (
        "What the plans change, paired by simulated future",
        "各方案带来的变化（同一模拟下配对比较）",
    ),
}


def label(key: str, lang: str, **values: object) -> str:
    """Return a heading, header or word in a language."""
    phrase = LABELS[key][0 if check_lang(lang) == "en" else 1]
    return phrase.format(**values) if values else phrase


def caption(name: str, lang: str) -> str:
    """Return the caption of a figure."""
    return CAPTIONS[name][0 if check_lang(lang) == "en" else 1]


def mark_word(mark: str, lang: str) -> str:
    """Return the word for how well a figure is known; the mark itself if it is not one of ours."""
    key = f"mark_{mark}"
    return label(key, lang) if key in LABELS else mark


def cost_word(item: str, lang: str) -> str:
    """Return the word for a cost item; the code as text if it is not one of ours."""
    key = f"cost_{item}"
    return label(key, lang) if key in LABELS else item.replace("_", " ")
