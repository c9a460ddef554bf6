from __future__ import annotations

import re
from functools import partial

import pytest

from capsim.reporting import numbers, sentences
from capsim.reporting.content import Estimate
from capsim.reporting.facts import AreaNeed, LevelNeed, LevelYear, Peak
from capsim.reporting.facts_plans import Money, Stress
from capsim.reporting.facts_schools import Staffing, VillageState


class In:
    """The sentences in one language."""

    def __init__(self, lang):
        self._lang = lang

    def __getattr__(self, name):
        return partial(getattr(sentences, name), lang=self._lang)


say_en, say_zh = In("en"), In("zh")


def e(mid, low=None, high=None, n=100):
    return Estimate(mid if low is None else low, mid, mid if high is None else high, n)


def need(gap, *, spans=(), possible=1.0, empty=None, n=100, level="primary"):
    worst = LevelYear(level, 2027, e(1000, n=n), e(900, n=n), gap, e(0, n=n), possible)
    return LevelNeed(level, spans, worst, possible, empty or e(50, 40, 60, n=n))


def area(name, gap, first=2025):
    return AreaNeed("primary", name, name, first, 2024, 3, 2027, gap, 0.9)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "no seats"), (0.4, "no seats"), (0.6, "1 seat"), (1, "1 seat"), (1234, "1,234 seats")],
)
def test_plurals(value, text):
    assert numbers.quantity(value, "seat", "en") == text


def test_lists():
    assert numbers.joined([], "names", "en") == ""
    assert numbers.joined(["A"], "names", "en") == "A"
    assert numbers.joined(["A", "B", "C"], "names", "en") == "A, B and C"
    assert numbers.joined(["甲", "乙", "丙"], "names", "zh") == "甲、乙和丙"


def test_a_likely_gap():
    n = need(e(312, 250, 400), spans=((2025, 2029),))
    assert say_en.gap(n, 2040) == (
        "Primary: 312 seats (250–400) short in 2027, the worst year (35 % of all seats of the "
        "level)."
    )
    assert say_zh.gap(n, 2040) == (
        "小学：缺口最大的2027年缺312个学位（250–400），相当于该学段全部学位的35%。"
    )
    assert say_en.gap(need(e(1), spans=((2025, 2025),)), 2040).startswith("Primary: 1 seat short")


def test_no_gap_in_any_future():
    n = need(e(0), possible=0.0)
    assert say_en.gap(n, 2040) == "Primary: no planning area lacks seats in any year to 2040."
    assert say_zh.gap(n, 2040) == "小学：到2040年，各片区在所有年份均不缺学位。"


def test_a_possible_gap_is_not_called_likely():
    n = need(e(0, 0, 120), possible=0.23)
    assert "most likely no shortage" in say_en.gap(n, 2040)
    assert "in 23 % of the simulated futures" in say_en.gap(n, 2040)
    assert "120 or more" in say_en.gap(n, 2040)
    assert "在23%的模拟中" in say_zh.gap(n, 2040)


def test_one_replicate_has_no_band_and_no_certainty():
    n = need(e(312, n=1), spans=((2025, 2025),), n=1)
    for lang in ("en", "zh"):
        assert "–" not in sentences.gap(n, 2040, lang)
        assert "%" not in sentences.sure(2035, e(1000, n=1), 2026, lang)
    assert "one simulated future" in say_en.how_to_read(1)
    assert "一次模拟" in say_zh.how_to_read(1)


def test_where():
    assert say_en.where("primary", []) == "Primary: nowhere."
    one = [area("Huangtu", e(44, 30, 50))]
    assert say_en.where("primary", one) == "Primary: Huangtu (44 seats in 2027)."
    four = [area(x, e(1)) for x in "ABCD"]
    assert say_en.where("primary", four).endswith("C (1 seat in 2027), and 1 further area.")
    assert say_zh.where("primary", four).endswith("等4个片区。")
    unsure = [area("Huangtu", e(0, 0, 60), first=None)]
    assert say_en.where("primary", unsure) == "Primary: nowhere for certain; watch Huangtu."
    assert say_zh.where(
        "primary", unsure
    ) == "小学：没有大概率缺学位的片区，需关注黄土镇。".replace("黄土镇", "Huangtu")


@pytest.mark.parametrize(
    ("spans", "en", "zh"),
    [
        ((), "in no year is a gap more likely than not", "均不过半"),
        (((2025, 2025),), "likely in 2025 only", "仅2025年大概率"),
        (((2025, 2040),), "in 2025–2040, to the end of the run", "2025–2040年（至测算期末）"),
        (((2025, 2030),), "likely in 2025–2030. ", "：2025–2030年大概率"),
        (((2024, 2026), (2030, 2030)), "in 2024–2026 and 2030. ", "2024–2026年和2030年大概率"),
    ],
)
def test_when(spans, en, zh):
    n = need(e(9), spans=spans)
    assert en in say_en.when(n, 2040)
    assert zh in say_zh.when(n, 2040)
    assert "50 seats (40–60)" in say_en.when(n, 2040)


def test_one_empty_seat_is_singular():
    assert "1 seat of this level stands empty" in say_en.when(need(e(0), empty=e(1)), 2040)


def test_sure_says_how_wide_and_who_is_born():
    text = say_en.sure(2035, e(1000, 900, 1150), 2026)
    assert "1,000 seats (900–1,150)" in text
    assert "−10 % to +15 %" in text
    assert "up to 2026 are born already" in text
    assert "已出生" not in say_zh.sure(2035, e(1000, 900, 1150), None)
    assert say_en.sure(2035, e(0, 0, 0), None) == "Demand in 2035 is zero in the median future."


def test_costs():
    money = Money(e(2e7), e(1.8e7), e(66_678), e(5e7))
    assert say_en.cost("A", e(270), money, 2040) == (
        "A: 20.0 million yuan of capital for 270 new seats; 66,678 yuan a seat at constant "
        "prices; running cost of 50.0 million yuan a year in 2040, at constant prices."
    )
    assert "新增270个学位；每个学位66,678元（可比价）" in say_zh.cost("甲", e(270), money, 2040)
    free = Money(e(0), e(0), None, None)
    assert say_en.cost("A", e(0), free, 2040) == "A: no capital."
    assert say_en.cost("A", None, None, 2040) == "These results hold no costs."
    assert say_zh.cost("甲", None, None, 2040) == "本次结果不含费用。"


def test_stress_paths():
    row = Stress("korea_2015", e(500, 450, 600), -0.5, e(0), e(900, 800, 999), e(400))
    assert "demand in 2040 is 50 % below the forecast's median" in say_en.fewer_births(
        [row], 2040, ["K"]
    )
    assert "900 seats (800–999) stand empty" in say_en.fewer_births([row], 2040, ["K"])
    assert "比预测中位数低50%" in say_zh.fewer_births([row], 2040, ["韩国"])
    assert "No stress path was run" in say_en.fewer_births([], 2040, [])
    assert "未模拟压力情景" in say_zh.fewer_births([], 2040, [])


def test_peaks():
    passed = Peak("primary", e(2017), e(1200), True)
    assert "highest in the base year" in say_en.peak(passed)
    ahead = Peak("primary", e(2023, 2022, 2025), e(1200, 1100, 1300), False)
    assert say_en.peak(ahead) == (
        "Primary demand peaks in 2023 (2022–2025) at 1,200 seats (1,100–1,300)."
    )
    assert "2023年（2022–2025）" in say_zh.peak(ahead)


def test_class_sizes():
    def sizes(total, over, large):
        return {"all": e(total), "over_cap": over, "large": large, "super_large": e(0)}

    def en(*counts):
        return say_en.class_sizes("junior", 2025, sizes(*counts), 50.0)

    assert (
        en(10, e(0), e(0))
        == "Junior, 2025: of 10 classes none holds more than the cap of 50 pupils."
    )
    assert (
        en(10, e(1), e(0))
        == "Junior, 2025: of 10 classes 1 is above the cap of 50; none holds 56 or more pupils."
    )
    assert en(10, e(3, 1, 5), e(2)).endswith(
        "3 (1–5) are above the cap of 50; 2 hold 56 or more pupils."
    )
    assert en(10, e(0, 0, 2), e(1)).endswith(
        "none (0–2) is above the cap of 50; 1 holds 56 or more pupils."
    )
    assert en(0, e(0), e(0)) == "Junior, 2025: there are no classes."
    assert "没有班级" in say_zh.class_sizes("junior", 2025, sizes(0, e(0), e(0)), 50.0)


def test_villages():
    nobody = VillageState(2017, e(0), e(0), 0.0)
    assert say_en.villages(nobody, nobody) == "There are no pupils in village schools."
    a, b = VillageState(2017, e(300), e(1), 0.1), VillageState(2040, e(1), None, 0.001)
    assert "and 1 pupil in 2040" in say_en.villages(a, b)
    assert "Under 100" not in say_en.villages(a, b)
    assert "1 school in 2017" in say_en.villages(a, VillageState(2040, e(9), e(3, 2, 4), 0.1))


def test_teachers():
    s = Staffing("primary", 2035, e(440), {}, {"teacher_need_classes": e(-97), "posts": e(0)})
    assert say_en.teachers(s) == (
        "Primary, 2035: 440 teachers; 97 short by classes and all approved posts filled."
    )
    assert "按班级测算缺97人，编制已满" in say_zh.teachers(s)
    assert say_en.teachers(Staffing("primary", 2035, e(1), {}, {})) == "Primary, 2035: 1 teacher."


@pytest.mark.parametrize(
    ("share", "worse", "n", "en"),
    [
        (0.0, 0.0, 100, 'as many seat-years as "B" in every simulated future'),
        (1.0, 0.0, 100, 'fewer seat-years than "B" in every simulated future;'),
        (0.7, 0.1, 100, "in 70 % of the simulated futures and more in 10 %"),
        (0.0, 0.4, 100, 'more seat-years than "B" in 40 % of the simulated futures, never fewer'),
        (1.0, 0.0, 1, 'fewer seat-years than "B" in the one simulated future;'),
    ],
)
def test_better(share, worse, n, en):
    assert en in say_en.better("A", "B", share, worse, n, -120.0, False)
    assert say_zh.better("甲", "乙", share, worse, n, -120.0, False).endswith("。")


def test_better_says_by_how_much_and_when_that_is_hardly_anything():
    assert say_en.better("A", "B", 1.0, 0.0, 100, -1200.0, False).endswith(
        "; the median difference is −1,200 seat-years."
    )
    assert say_zh.better("甲", "乙", 1.0, 0.0, 100, -1200.0, False) == (
        "在所有模拟中，“甲”的累计缺学位数少于“乙”（中位数少1,200个·年）。"
    )
    assert say_en.better("A", "B", 0.75, 0.17, 12, -1.0, True) == (
        '"A" lacks about as many seat-years as "B": the median difference is −1 seat-year.'
    )
    assert say_zh.better("甲", "乙", 0.75, 0.17, 12, 0.2, True) == (
        "“甲”的累计缺学位数与“乙”相差很小（中位数相同）。"
    )


def test_a_band_of_money_keeps_the_unit_of_its_middle():
    assert numbers.money_band(e(9.828e7, 9.542e7, 1.01e8), "zh") == "9,828万元（9,542–10,100）"
    assert numbers.money_band(e(1.2e6, 9e5, 2e6), "en") == "1.2 million yuan (0.9–2.0)"
    assert numbers.money_band(e(3000, 2000, 4000), "en") == "3,000 yuan (2,000–4,000)"
    assert numbers.money_band(e(3000, -2000, 4000), "en") == "3,000 yuan (−2,000 to 4,000)"
    assert numbers.money_band(e(2.5e8, 2.4e8, 2.6e8), "zh") == "2.50亿元（2.40–2.60）"
    assert numbers.money_band(e(0, 0, 0), "zh") == "0元"


def test_dates_are_written_out():
    text = say_zh.subtitle("甲", 12, "2020-11-01", "2026-11-21")
    assert text == "方案：甲；12次模拟；数据截至2020年11月1日；编制日期：2026年11月21日"
    assert say_en.subtitle("A", 12, "2020-11-01", "2026-11-21").endswith(
        "information up to 1 November 2020; dated 21 November 2026"
    )


def test_surplus():
    assert "270 (100 %) are expected" in say_en.surplus("A", "", "primary", 2030, 2040, 270, 270)
    assert "none is expected" in say_en.surplus("A", "x", "primary", 2030, 2040, 270, 0)
    assert "of 1 new seat added" in say_en.surplus("A", "", "primary", 2030, 2040, 1, 0)
    assert "没有闲置" in say_zh.surplus("甲", "", "primary", 2030, 2040, 270, 0)


def test_english_sentences_hold_no_chinese_and_end_well():
    n = need(e(312, 250, 400), spans=((2025, 2029),))
    for text in (say_en.gap(n, 2040), say_en.when(n, 2040), say_en.how_to_read(100)):
        assert not re.search(r"[\u3000-\u9fff]", text)
        assert text.endswith(".")
    for text in (say_zh.gap(n, 2040), say_zh.when(n, 2040), say_zh.how_to_read(100)):
        assert text.endswith("。")
        assert "  " not in text
