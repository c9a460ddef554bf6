"""Every output variable of a run, declared once: dimensions, unit, names and how it adds up.

The dataset, the tables, the figures and the report all read this list; a variable that is not in
it cannot be written. All variables have ``scenario, replicate, year`` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Aggregation = Literal["sum", "share", "mean", "none"]

RUN_DIMS: Final = ("scenario", "replicate", "year")


@dataclass(frozen=True, slots=True)
class Variable:
    """One output variable.

    Attributes
    ----------
    name : str
        Name in the dataset.
    dims : tuple of str
        Dimensions after ``scenario, replicate, year``.
    unit : str
        Unit as shown on axes and in headers.
    long_name, long_name_zh : str
        Names for people.
    adds : {"sum", "share", "mean", "none"}
        ``sum``: adds over every further dimension; otherwise it must not be added up.
    flow : bool
        Flows are missing in the base year, where nothing runs.
    large : bool
        Large variables are kept as quantiles over replicates when results are reduced.
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    long_name: str
    long_name_zh: str
    adds: Aggregation = "sum"
    flow: bool = False
    large: bool = False


_V = Variable

CATALOGUE: Final[tuple[Variable, ...]] = (
    _V(
        "births",
        ("township",),
        "persons",
        "Births to residents, calendar year",
        "常住出生人数（日历年）",
    ),
    _V(
        "children",
        ("township", "age"),
        "persons",
        "Resident children by completed age on 31 August",
        "常住儿童（8月31日周岁）",
    ),
    _V(
        "preschool_change",
        ("township",),
        "persons",
        "Children added or taken away by kindergarten rolls",
        "按在园幼儿数调整的儿童数",
        flow=True,
    ),
    _V(
        "population",
        ("township",),
        "persons",
        "Resident population on 31 August",
        "常住人口（8月31日）",
    ),
    _V(
        "participation",
        ("level", "destination"),
        "share",
        "Resident children by destination",
        "适龄儿童就学去向构成",
        "share",
    ),
    _V(
        "demand",
        ("level", "planning_area"),
        "seats",
        "Seat demand (resident children x public share)",
        "公办学位需求",
    ),
    _V(
        "capacity",
        ("level", "planning_area"),
        "seats",
        "Seat capacity (classrooms x class cap)",
        "公办学位供给",
    ),
    _V(
        "seat_gap",
        ("level", "planning_area"),
        "seats",
        "Seat gap (demand above capacity, never netted)",
        "学位缺口",
    ),
    _V(
        "spare_seats",
        ("level", "planning_area"),
        "seats",
        "Spare seats (capacity above demand)",
        "富余学位",
    ),
    _V(
        "new_seats",
        ("level", "planning_area"),
        "seats",
        "New seats added by the programme since the base year",
        "新增学位",
    ),
    _V(
        "is_open",
        ("school",),
        "yes or no",
        "School is open (1 yes, 0 no)",
        "学校是否开办（1是，0否）",
        "none",
    ),
    _V(
        "school_capacity",
        ("school", "level"),
        "seats",
        "Capacity of the school (classrooms x class cap)",
        "学校学位容量",
    ),
    _V(
        "seats_offered",
        ("school", "level"),
        "seats",
        "Seats offered at the entry grade",
        "起始年级招生学位",
        flow=True,
    ),
    _V(
        "entrants",
        ("school", "level"),
        "pupils",
        "Entrants at the entry grade",
        "起始年级新生",
        flow=True,
    ),
    _V("over_cap", ("school", "level"), "pupils", "Pupils above the class cap", "超班额标准学生数"),
    _V(
        "utilisation",
        ("school", "level"),
        "share",
        "Utilisation (roll / capacity)",
        "学位使用率",
        "share",
    ),
    _V(
        "quality",
        ("school", "level"),
        "standardised",
        "School quality (standardised)",
        "学校质量（标准化）",
        "none",
    ),
    _V(
        "capacity_change",
        ("school", "level", "capacity_cause"),
        "seats",
        "Change of capacity by cause",
        "学位容量变动（按原因）",
        flow=True,
    ),
    _V("roll", ("school", "grade"), "pupils", "Roll", "在校生数"),
    _V("classes", ("school", "grade"), "classes", "Classes", "班级数"),
    _V(
        "pupil_flows",
        ("school", "grade", "pupil_cause"),
        "pupils",
        "Pupil flows by cause",
        "学生变动（按原因）",
        flow=True,
        large=True,
    ),
    _V("class_size", ("level", "class_size_bin"), "classes", "Classes by size", "班额分布"),
    _V(
        "travel_km",
        ("level", "settlement_kind"),
        "km",
        "Mean distance to school by home",
        "平均上学距离（按居住地）",
        "mean",
    ),
    _V(
        "travel_km_p90",
        ("level", "settlement_kind"),
        "km",
        "90th percentile of distance to school by home",
        "上学距离第90百分位",
        "none",
    ),
    _V(
        "travel_km_by_township",
        ("level", "township"),
        "km",
        "Mean distance to school by township of the home",
        "平均上学距离（按家庭所在乡镇）",
        "mean",
    ),
    _V(
        "zone_school_share",
        ("level", "settlement_kind"),
        "share",
        "Zone school share of entrants",
        "划片就近入学率",
        "share",
        flow=True,
    ),
    _V(
        "first_choice_share",
        ("level", "settlement_kind"),
        "share",
        "Entrants admitted to their first choice",
        "第一志愿录取率",
        "share",
        flow=True,
    ),
    _V(
        "outcomes",
        ("level", "township", "settlement_kind", "outcome"),
        "children",
        "Applicants by admission outcome",
        "招生录取结果",
        flow=True,
    ),
    _V(
        "unplaced",
        ("level", "township"),
        "children",
        "Children without a seat, by home",
        "未安置学生（按居住地）",
    ),
    _V(
        "cutoff_tier",
        ("school", "level", "round"),
        "tier",
        "Last tier admitted",
        "最后录取顺位",
        "none",
        flow=True,
    ),
    _V(
        "cutoff_score",
        ("school", "level", "round"),
        "score",
        "Last score admitted within the tier",
        "末位录取分值",
        "none",
        flow=True,
    ),
    _V(
        "roll_by_kind",
        ("level", "settlement_kind"),
        "pupils",
        "Roll by the school's settlement kind",
        "在校生（按学校所在地类型）",
    ),
    _V(
        "attrition",
        ("level", "attrition_cause"),
        "pupils",
        "Rural attrition: village pupils last year minus this year",
        "乡村生源流失（上年减本年）",
        flow=True,
    ),
    _V(
        "small_schools",
        ("level",),
        "schools",
        "Village schools under 100 pupils",
        "乡村小规模学校数（不足100人）",
    ),
    _V("closures", ("level",), "schools", "Campuses closed this year", "当年撤并校点数", flow=True),
    _V("boarders", ("school",), "pupils", "Boarders", "寄宿生"),
    _V("bus_riders", ("school",), "pupils", "Bus riders", "校车乘坐学生"),
    _V("teachers", ("school", "level"), "teachers", "Full-time teachers", "专任教师"),
    _V(
        "teachers_high_degree",
        ("school", "level"),
        "teachers",
        "Teachers above the required degree",
        "高于规定学历教师",
    ),
    _V(
        "teachers_backbone",
        ("school", "level"),
        "teachers",
        "Backbone teachers (county level and above)",
        "县级以上骨干教师",
    ),
    _V(
        "teachers_pe_arts",
        ("school", "level"),
        "teachers",
        "Teachers of physical education and arts",
        "体育、艺术专任教师",
    ),
    _V(
        "teacher_need_norm",
        ("school", "level"),
        "teachers",
        "Teachers needed by the pupil-staff norm",
        "按编制标准测算教师需求",
    ),
    _V(
        "teacher_need_classes",
        ("school", "level"),
        "teachers",
        "Teachers needed by classes",
        "按班级测算教师需求",
    ),
    _V("posts", ("school", "level"), "teachers", "Approved posts", "核定编制"),
    _V(
        "teacher_flows",
        ("school", "level", "teacher_cause"),
        "teachers",
        "Teacher flows by cause",
        "教师变动（按原因）",
        flow=True,
    ),
    _V(
        "indicator",
        ("school", "level", "resource_indicator"),
        "as the standard says",
        "Resource indicator",
        "资源配置指标",
        "none",
    ),
    _V(
        "indicator_met",
        ("school", "level", "resource_indicator"),
        "share",
        "Resource indicator met (1 yes, 0 no)",
        "资源配置指标达标（1是，0否）",
        "none",
    ),
    _V(
        "variation_coefficient",
        ("level", "resource_indicator"),
        "ratio",
        "Variation coefficient between schools",
        "校际差异系数",
        "none",
    ),
    _V(
        "retention",
        (),
        "share",
        "Nine-year retention (grade-9 pupils over their grade-1 entrants)",
        "九年巩固率",
        "share",
    ),
    _V(
        "capital_cost",
        ("project", "funding_source", "price_basis"),
        "yuan",
        "Capital cost",
        "建设投资",
        flow=True,
    ),
    _V(
        "running_cost",
        ("cost_item", "price_basis"),
        "yuan",
        "Running cost",
        "年度运行成本",
        flow=True,
    ),
)

BY_NAME: Final = {variable.name: variable for variable in CATALOGUE}

ATTRITION_CAUSES: Final = (
    "fewer_births",
    "left_county",
    "moved_to_town",
    "closure",
    "chose_elsewhere",
    "dropped_out_or_died",
    "arrivals",
)
PUPIL_CAUSES: Final = (
    "entered",
    "promoted_in",
    "promoted_out",
    "graduated",
    "died",
    "dropped_out",
    "left_county",
    "moved_in",
    "moved_out",
    "reassigned_in",
    "reassigned_out",
    "arrived",
)
CAPACITY_CAUSES: Final = (
    "build",
    "expand",
    "renovate",
    "merge",
    "close",
    "convert",
    "lease",
)
TEACHER_CAUSES: Final = (
    "retired",
    "left",
    "recruited",
    "posted_in",
    "posted_out",
    "exchanged_in",
    "exchanged_out",
    "reallocated_in",
    "reallocated_out",
    "lent_in",
    "lent_back",
    "sent_out",
    "sent_back",
)
