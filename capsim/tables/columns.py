"""What a column of a table is: its name, the headers it may have, its type and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Choices = Mapping[str, tuple[str, ...]]

ColumnType = Literal["id", "text", "count", "number", "choice", "flag", "year", "date", "age"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Canonical header.
    type : str
        ``id`` (a name that other tables refer to), ``text``, ``count`` (whole, not negative),
        ``number``, ``choice``, ``flag`` (0 or 1), ``year``, ``date``, or ``age`` (``7``, ``5-9``,
        ``85+``).
    meaning : str
        One line of documentation, with the unit.
    required : bool
        Whether the header must be there and every cell filled.
    zh : tuple of str
        Chinese headers that are accepted as well.
    low, high : float
        Limits of numbers, both included.
    choices : dict of str to tuple of str
        For ``choice``: each canonical value with the Chinese words accepted for it.
    default : str
        What an empty cell or a missing column means, in words.
    """

    name: str
    type: ColumnType
    meaning: str
    required: bool = False
    zh: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1e12
    choices: Choices | None = None
    default: str = "missing"


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes
    ----------
    name : str
        Its key under ``data``.
    title_zh : str
        Chinese name.
    meaning : str
        What a row is.
    columns : tuple of Column
        All columns it may have.
    key : tuple of str
        Columns whose combination may occur once; empty where rows of a kind are added up.
    """

    name: str
    title_zh: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def column(self, name: str) -> Column:
        """Return a column by its canonical name."""
        return next(column for column in self.columns if column.name == name)


SETTLEMENT_KIND: Final[Choices] = {
    "county_town": ("城区", "县城"),
    "township_seat": ("镇区",),
    "village": ("乡村", "村庄", "村"),
}
SCHOOL_KIND: Final[Choices] = {
    "primary": ("小学", "完全小学"),
    "junior": ("初中", "初级中学"),
    "nine_year": ("九年一贯制学校", "九年一贯制"),
    "complete_middle": ("完全中学",),
    "teaching_point": ("教学点",),
}
# Lowest and highest grade where a table of schools does not give them.
GRADES_BY_KIND: Final = {
    "primary": (1, 6),
    "junior": (7, 9),
    "nine_year": (1, 9),
    "complete_middle": (7, 9),
    "teaching_point": (1, 3),
}
LEVEL: Final[Choices] = {"primary": ("小学",), "junior": ("初中",)}
SEX: Final[Choices] = {"female": ("女",), "male": ("男",)}
SUBJECT_GROUP: Final[Choices] = {"general": ("其他", "普通"), "pe_arts": ("体育艺术", "体艺")}
BASIS: Final[Choices] = {
    "hukou": ("户籍",),
    "resident": ("常住",),
    "hospital": ("医院", "住院分娩"),
}
PRESCHOOL_AGE: Final[Choices] = {
    "3": ("小班", "3岁"),
    "4": ("中班", "4岁"),
    "5": ("大班", "学前班", "5岁"),
}
STATUS: Final[Choices] = {
    "planned": ("规划",),
    "approved": ("已批", "已批准"),
    "under_construction": ("在建",),
    "completed": ("竣工", "建成"),
}

_SCHOOL_ZH: Final = ("学校", "学校代码", "学校标识码")
_SETTLEMENT_ZH: Final = ("村社区", "村/社区", "居住地", "居民点")
_LEVEL: Final = Column(
    "level", "choice", "level", True, ("学段",), choices=LEVEL
)  # fmt: skip


def _by_level(
    stem: str,
    meaning: str,
    zh: str,
    kind: ColumnType = "number",
    low: float = 0.0,
    high: float = 1e12,
    default: str = "missing",
) -> tuple[Column, Column]:
    """Return the two columns ``stem_primary`` and ``stem_junior``."""
    first, second = (
        Column(
            f"{stem}_{level}",
            kind,
            f"{meaning}, {level}",
            zh=(f"{level_zh}{zh}",),
            low=low,
            high=high,
            default=default,
        )
        for level, level_zh in (("primary", "小学"), ("junior", "初中"))
    )
    return first, second


SETTLEMENTS: Final = Table(
    "settlements", "居民点", "a place with people",
    (
        Column("settlement", "id", "identifier", True, _SETTLEMENT_ZH),
        Column("township", "id", "township it lies in", True, ("乡镇", "乡镇街道", "乡镇/街道")),
        Column("kind", "choice", "county town, township seat or village", True,
               ("类型", "城乡类型", "城乡分类"), choices=SETTLEMENT_KIND),
        Column("x_km", "number", "easting in km in any plane grid", True, ("x", "横坐标"),
               low=-1e5, high=1e5),
        Column("y_km", "number", "northing in km in the same grid", True, ("y", "纵坐标"),
               low=-1e5, high=1e5),
        Column("population", "count", "residents, persons", True, ("人口", "常住人口"), high=5e6),
        Column("name", "text", "name", zh=("英文名",), default="the identifier"),
        Column("name_zh", "text", "Chinese name", zh=("名称",), default="the name"),
    ),
    ("settlement",),
)  # fmt: skip

TOWNSHIPS: Final = Table(
    "townships", "乡镇", "a township",
    (
        Column("township", "id", "identifier", True, ("乡镇", "乡镇街道", "乡镇/街道")),
        Column("name", "text", "name", zh=("英文名",), default="the identifier"),
        Column("name_zh", "text", "Chinese name", zh=("名称",), default="the name"),
    ),
    ("township",),
)  # fmt: skip

SCHOOLS: Final = Table(
    "schools", "学校", "a public school or teaching point",
    (
        Column("school", "id", "identifier", True, _SCHOOL_ZH),
        Column("kind", "choice", "kind of school", True, ("类型", "办学类型"), choices=SCHOOL_KIND),
        Column("settlement", "id", "settlement it stands in", True, _SETTLEMENT_ZH),
        Column("name", "text", "name", zh=("英文名",), default="the identifier"),
        Column("name_zh", "text", "Chinese name", zh=("名称", "学校名称"), default="the name"),
        Column("parent", "id", "parent school of a teaching point", zh=("中心校", "主校"),
               default="none"),
        Column("lowest_grade", "count", "lowest grade taught", zh=("最低年级",), low=1, high=9,
               default="by kind: 1; junior and complete middle schools 7"),
        Column("highest_grade", "count", "highest grade taught", zh=("最高年级",), low=1, high=9,
               default="by kind: primary 6, teaching point 3, others 9"),
        *_by_level("rooms", "classrooms", "教室数", kind="count", high=400.0,
                   default="0 where the level is not taught, else required or split from `rooms`"),
        Column("rooms", "count", "classrooms of all levels, split by roll where a school of two "
               "levels does not give them by level", zh=("教室数",), high=400, default="not used"),
        Column("beds", "count", "beds for boarders", zh=("床位", "寄宿床位"), high=20000,
               default="0"),
        Column("x_km", "number", "easting in km", zh=("x", "横坐标"), low=-1e5, high=1e5,
               default="the settlement's"),
        Column("y_km", "number", "northing in km", zh=("y", "纵坐标"), low=-1e5, high=1e5,
               default="the settlement's"),
        *_by_level("posts", "approved posts of teachers", "编制", kind="count", high=2000.0),
        *_by_level("quality", "quality, standardised", "质量", low=-5.0, high=5.0),
        *_by_level("site_area_m2", "site area in m2", "占地面积"),
        *_by_level("building_area_m2", "building area in m2", "校舍面积"),
        *_by_level("teaching_area_m2", "teaching and auxiliary rooms in m2", "教学及辅助用房面积"),
        *_by_level("sports_area_m2", "sports grounds and halls in m2", "体育运动场馆面积"),
        *_by_level("equipment_yuan", "teaching equipment in yuan", "教学仪器设备值"),
        *_by_level("multimedia_rooms", "networked multimedia classrooms", "网络多媒体教室数",
                   kind="count", high=400.0),
    ),
    ("school",),
)  # fmt: skip

ROLLS: Final = Table(
    "rolls", "在校生", "pupils of a grade of a school",
    (
        Column("school", "id", "school", True, _SCHOOL_ZH),
        Column("grade", "count", "grade", True, ("年级",), low=1, high=9),
        Column("pupils", "count", "pupils on 1 September", True, ("人数", "学生数", "在校生"),
               high=20000),
        Column("year", "year", "entry year", zh=("年份", "学年"), default="the base year"),
    ),
    ("school", "grade", "year"),
)  # fmt: skip

CLASSES: Final = Table(
    "classes", "班级", "classes of a grade of a school in the base year",
    (
        Column("school", "id", "school", True, _SCHOOL_ZH),
        Column("grade", "count", "grade", True, ("年级",), low=1, high=9),
        Column("classes", "count", "classes", True, ("班级数", "班数"), high=400),
    ),
    ("school", "grade"),
)  # fmt: skip

TEACHERS: Final = Table(
    "teachers", "专任教师", "full-time teachers of one school, level, sex, age and qualities",
    (
        Column("school", "id", "school", True, _SCHOOL_ZH),
        _LEVEL,
        Column("sex", "choice", "sex", True, ("性别",), choices=SEX),
        Column("age", "count", "completed years on 31 August", True, ("年龄",), low=16, high=75),
        Column("teachers", "count", "number of teachers", True, ("人数", "教师数"), high=20000),
        Column("subject_group", "choice", "PE and arts, or general", zh=("学科组", "学科"),
               choices=SUBJECT_GROUP, default="general"),
        Column("backbone", "flag", "1 for backbone teachers of county rank and above",
               zh=("骨干教师", "骨干")),
        Column("degree", "flag", "1 for a degree above the required one", zh=("高于规定学历",)),
        Column("years_at_school", "count", "years at this school", zh=("本校任教年限",), high=60),
    ),
    (),
)  # fmt: skip

POPULATION: Final = Table(
    "population", "人口", "residents of one sex and age",
    (
        Column("date", "date", "day of the census or estimate", True, ("日期", "时点")),
        Column("area", "id", "a township, or the county by name or code", True, ("地区", "区域")),
        Column("sex", "choice", "sex", True, ("性别",), choices=SEX),
        Column("age", "age", "completed years: 7, 5-9 or 85+", True, ("年龄", "年龄组")),
        Column("persons", "count", "persons", True, ("人数", "人口"), high=5e7),
    ),
    ("date", "area", "sex", "age"),
)  # fmt: skip

BIRTHS: Final = Table(
    "births", "出生人数", "births of a calendar year",
    (
        Column("year", "year", "calendar year", True, ("年份",)),
        Column("area", "id", "a township, or the county by name or code", True, ("地区", "区域")),
        Column("births", "count", "births", True, ("出生人数", "出生"), high=5e6),
        Column("basis", "choice", "who is counted", True, ("口径",), choices=BASIS),
    ),
    ("year", "area", "basis"),
)  # fmt: skip

PRESCHOOL: Final = Table(
    "preschool", "在园幼儿",
    "children of one age in the kindergartens of an area, or in one kindergarten",
    (
        Column("year", "year", "school year, counted in September", True, ("年份", "学年")),
        Column("area", "id", "a township, or the county by name, code or *", True,
               ("地区", "区域", "乡镇", "乡镇街道")),
        Column("age", "choice", "completed years on 31 August, or the class", True,
               ("年龄", "班别", "年级"), choices=PRESCHOOL_AGE),
        Column("pupils", "count", "children", True, ("人数", "幼儿数", "在园幼儿"), high=1e6),
        Column("kindergarten", "text", "kindergarten; those of an area are added up",
               zh=("幼儿园",), default="all of the area"),
    ),
    ("year", "area", "age", "kindergarten"),
)  # fmt: skip

ZONES: Final = Table(
    "zones", "学区划片", "one school of the zone of a settlement; several rows for several schools",
    (
        Column("settlement", "id", "settlement", True, _SETTLEMENT_ZH),
        _LEVEL,
        Column("school", "id", "school of the zone", True, _SCHOOL_ZH),
    ),
    ("settlement", "level", "school"),
)  # fmt: skip

PLANNING_AREAS: Final = Table(
    "planning_areas", "学位规划片区", "planning area of a township at a level",
    (
        Column("township", "id", "township", True, ("乡镇", "乡镇街道", "乡镇/街道")),
        _LEVEL,
        Column("planning_area", "id", "planning area", True, ("片区", "学位规划片区")),
    ),
    ("township", "level"),
)  # fmt: skip

TRAVEL: Final = Table(
    "travel", "出行", "distance or time from a settlement to a school",
    (
        Column("settlement", "id", "settlement", True, _SETTLEMENT_ZH),
        Column("school", "id", "school", True, _SCHOOL_ZH),
        Column("km", "number", "way in km", zh=("公里", "距离"), high=2000),
        Column("minutes", "number", "time one way in minutes", zh=("分钟", "时间"), high=6000),
    ),
    ("settlement", "school"),
)  # fmt: skip

PRIVATE_SCHOOLS: Final = Table(
    "private_schools", "民办学校", "a private school at a level",
    (
        Column("school", "id", "identifier", True, _SCHOOL_ZH),
        _LEVEL,
        Column("settlement", "id", "settlement it stands in", True, _SETTLEMENT_ZH),
        Column("seats", "count", "seats at the entry grade", True, ("招生计划", "学位"),
               high=20000),
        Column("fee_yuan", "number", "fee in yuan a year", zh=("学费",), high=1e6, default="0"),
        Column("quality", "number", "quality, standardised", zh=("质量",), low=-5, high=5),
        Column("lottery", "flag", "1 if seats are drawn by lot", zh=("摇号",), default="1"),
        Column("name", "text", "name", zh=("英文名",), default="the identifier"),
        Column("name_zh", "text", "Chinese name", zh=("名称", "学校名称"), default="the name"),
    ),
    ("school", "level"),
)  # fmt: skip

HOUSING: Final = Table(
    "housing", "住房项目", "a housing development that is planned, being built or completed",
    (
        Column("development", "id", "identifier", True, ("项目", "楼盘", "小区")),
        Column("township", "id", "township it lies in", True, ("乡镇", "乡镇街道", "乡镇/街道")),
        Column("settlement", "id", "settlement it lies in", zh=_SETTLEMENT_ZH,
               default="spread over the township by population"),
        Column("units", "count", "dwellings", True, ("套数", "户数"), high=1e6),
        Column("status", "choice", "how far it has got", True, ("状态", "进度"), choices=STATUS),
        Column("completion_year", "year", "calendar year of completion, expected or past", True,
               ("竣工年份", "交付年份")),
        Column("type", "text", "type of dwelling, a key of `housing.pupil_yield`",
               zh=("类型", "住房类型"), default="flat"),
    ),
    ("development",),
)  # fmt: skip

TABLES: Final = (
    SETTLEMENTS, TOWNSHIPS, SCHOOLS, ROLLS, CLASSES, TEACHERS, POPULATION, BIRTHS, PRESCHOOL,
    ZONES, PLANNING_AREAS, TRAVEL, PRIVATE_SCHOOLS, HOUSING,
)  # fmt: skip
BY_NAME: Final = {table.name: table for table in TABLES}
REQUIRED: Final = ("settlements", "schools", "rolls", "teachers", "population")
