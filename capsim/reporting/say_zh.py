"""Sentences of the report in Chinese, made from its facts.

The functions are those of :mod:`capsim.reporting.say_en`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from capsim.reporting import numbers
from capsim.reporting.content import Estimate
from capsim.reporting.facts import AreaNeed, LevelNeed, LevelYear, Peak
from capsim.reporting.facts_plans import Money, Stress
from capsim.reporting.facts_schools import Staffing, VillageState

LANG = "zh"
LEVEL = {"primary": "小学", "junior": "初中"}
NEED = {
    "teacher_need_classes": "按班级测算",
    "teacher_need_norm": "按编制标准测算",
}


def quantity(value: float, unit: str) -> str:
    """Return a count with its measure word, ``312个学位``."""
    return f"{numbers.count(value)}{unit}"


def banded(e: Estimate, unit: str) -> str:
    """Return an estimate with its measure word and band, ``312个学位（250–400）``."""
    text = quantity(e.mid, unit)
    low, high = numbers.count(e.low), numbers.count(e.high)
    if e.replicates < 2 or low == high:
        return text
    return f"{text}（{low}–{high}）"


def listed(items: Sequence[str]) -> str:
    """Join items as in running text."""
    if len(items) < 2:
        return "".join(items)
    return f"{'、'.join(items[:-1])}和{items[-1]}"


def futures(replicates: int) -> str:
    """Name the futures behind a statement."""
    return "一次模拟" if replicates == 1 else f"{replicates:,}次模拟"


def in_share(probability: float, replicates: int) -> str:
    """Say in how many futures something happens."""
    if replicates == 1:
        return "在这一次模拟中"
    if probability >= 1:
        return "在所有模拟中"
    return f"在{numbers.share(probability, LANG)}的模拟中"


def title(place: str, first: int, last: int) -> str:
    """Return the title of the report."""
    return f"{place or '本县'}义务教育学位供需报告（{first}—{last}年）"


def subtitle(scenario: str, replicates: int, information: str, dated: str) -> str:
    """Return the line under the title."""
    parts = [f"方案：{scenario}", futures(replicates)]
    if information:
        parts.append(f"数据截至{numbers.date_text(information, LANG)}")
    if dated:
        parts.append(f"编制日期：{numbers.date_text(dated, LANG)}")
    return "；".join(parts)


def how_to_read(replicates: int) -> str:
    """Explain the notation of medians and bands."""
    if replicates == 1:
        return "全部数字出自一次模拟，不反映不确定性，不能当作有误差范围的预测使用。"
    return (
        f"数字为{futures(replicates)}的中位数，括号内为80%区间。学位缺口按片区和学段分别计算，"
        "不以其他片区或学段的富余抵扣。金额为平均值，可以相加。"
    )


def gap(need: LevelNeed, horizon: int) -> str:
    """Say how many seats a level lacks at worst."""
    worst, level = need.worst, LEVEL[need.level]
    if need.possible == 0:
        return f"{level}：到{horizon}年，各片区在所有年份均不缺学位。"
    if need.spans:
        return (
            f"{level}：缺口最大的{worst.year}年缺{banded(worst.gap, '个学位')}"
            f"{_against_capacity(worst)}。"
        )
    return (
        f"{level}：大概率不缺学位。缺口最大的{worst.year}年，"
        f"{in_share(worst.probability, worst.gap.replicates)}有片区缺学位；"
        f"有十分之一的可能缺{numbers.count(worst.gap.high)}个以上。"
    )


def _against_capacity(worst: LevelYear) -> str:
    total = worst.capacity.mid
    if not total:
        return ""
    return f"，相当于该学段全部学位的{numbers.share(worst.gap.mid / total, LANG)}"


def where(level: str, areas: Sequence[AreaNeed], most: int = 3) -> str:
    """Say which planning areas lack seats."""
    likely = [a for a in areas if a.first is not None and a.gap.mid >= 0.5]
    if not likely:
        if areas:
            names = listed([a.name for a in areas[:most]])
            return f"{LEVEL[level]}：没有大概率缺学位的片区，需关注{names}。"
        return f"{LEVEL[level]}：没有缺学位的片区。"
    shown = [f"{a.name}（{a.worst_year}年{numbers.count(a.gap.mid)}个）" for a in likely[:most]]
    more = len(likely) - len(shown)
    tail = f"等{len(likely)}个片区" if more else ""
    return f"{LEVEL[level]}：{'、'.join(shown)}{tail}。"


def when(need: LevelNeed, horizon: int) -> str:
    """Say when a level lacks seats and what stands empty afterwards."""
    level = LEVEL[need.level]
    still = "全县仍" if need.spans and need.spans[-1][1] == horizon else ""
    empty = f"{horizon}年该学段{still}富余{banded(need.empty_at_end, '个学位')}。"
    if not need.spans:
        return f"{level}：各年出现缺口的可能性均不过半。{empty}"
    spans = listed([f"{a}年" if a == b else f"{a}–{b}年" for a, b in need.spans])
    if need.spans == ((need.spans[0][0], need.spans[0][0]),):
        return f"{level}：仅{spans}大概率有缺口。{empty}"
    tail = "（至测算期末）" if need.spans[-1][1] == horizon else ""
    return f"{level}：{spans}{tail}大概率有缺口。{empty}"


def sure(year: int, demand: Estimate, born_until: int | None) -> str:
    """Say how wide the demand of a year is."""
    if demand.replicates == 1:
        return (
            f"没有把握可言：只模拟了一次（{year}年需求{numbers.count(demand.mid)}个学位）。"
            "决策前请至少模拟100次。"
        )
    if demand.mid == 0:
        return f"{year}年需求的中位数为零。"
    down, up = demand.low / demand.mid - 1, demand.high / demand.mid - 1
    text = (
        f"{year}年需求为{banded(demand, '个学位')}，80%的模拟落在中位数的"
        f"{signed(down)}至{signed(up)}之间。"
    )
    if born_until is not None:
        text += f"{born_until}年及以前入学的儿童均已出生。"
    return text


def signed(value: float) -> str:
    """Return a share with its sign."""
    sign = numbers.MINUS if value < 0 else "+"
    return f"{sign}{numbers.share(abs(value), LANG)}"


def cost(name: str, seats: Estimate | None, amount: Money | None, horizon: int) -> str:
    """Say what a scenario costs."""
    parts = []
    if amount is not None and amount.capital is not None:
        if amount.capital.high == 0:
            parts.append("无建设投资")
        else:
            parts.append(f"建设投资{money_band(amount.capital)}")
            if seats is not None and seats.mid >= 0.5:
                parts[-1] += f"，新增{quantity(seats.mid, '个学位')}"
            if amount.per_seat is not None:
                parts.append(f"每个学位{numbers.count(amount.per_seat.mid)}元（可比价）")
    if amount is not None and amount.running is not None:
        parts.append(f"{horizon}年运行成本（可比价）{money_band(amount.running)}")
    return f"{name}：{'；'.join(parts)}。" if parts else "本次结果不含费用。"


def money_band(e: Estimate) -> str:
    """Return an amount with its band."""
    return numbers.money_band(e, LANG)


def fewer_births(rows: Sequence[Stress], horizon: int, names: Sequence[str]) -> str:
    """Say what the stress paths do."""
    if not rows:
        return "本方案未模拟压力情景，对超出预测区间的出生人口骤降不作判断。"
    out = []
    for row, name in zip(rows, names, strict=True):
        size = numbers.share(abs(row.change), LANG)
        side = "低" if row.change < 0 else "高"
        fall = "与预测中位数持平" if abs(row.change) < 0.005 else f"比预测中位数{side}{size}"
        out.append(f"{name}：{horizon}年需求{fall}，富余{banded(row.empty, '个学位')}。")
    return "".join(out)


def peak(p: Peak, horizon: int) -> str:
    """Say when demand of a level is highest."""
    level = LEVEL[p.level]
    size = banded(p.size, "个学位")
    if p.passed:
        return f"{level}需求在基年最高（{size}），此后均低于基年。"
    year = f"{int(p.year.mid)}年"
    if p.year.low != p.year.high:
        year += f"（{int(p.year.low)}–{int(p.year.high)}）"
    return f"{level}需求在{year}达到高峰，为{size}。"


def children(first: int, a: Estimate, last: int, b: Estimate) -> str:
    """Say how the number of children of school age changes."""
    if not a.mid:
        return f"{last}年6–14岁常住儿童{banded(b, '人')}。"
    return (
        f"6–14岁常住儿童：{first}年{quantity(a.mid, '人')}，{last}年{banded(b, '人')}"
        f"（{signed(b.mid / a.mid - 1)}）。"
    )


def class_sizes(level: str, year: int, counts: dict[str, Estimate], cap: float) -> str:
    """Say how many classes are too large."""
    total, over, large = counts["all"], counts["over_cap"], counts["large"]
    if total.high == 0:
        return f"{LEVEL[level]}，{year}年：没有班级。"
    head = f"{LEVEL[level]}，{year}年：共{quantity(total.mid, '个班')}，"
    if over.high < 0.5:
        return f"{head}没有超过{cap:g}人标准的班级。"
    tail = (
        "没有56人及以上的大班额" if large.high < 0.5 else f"56人及以上的大班额{banded(large, '个')}"
    )
    if numbers.count(over.mid) == "0":
        band = f"（0–{numbers.count(over.high)}个）" if over.replicates > 1 else ""
        return f"{head}大概率没有超过{cap:g}人标准的班级{band}，{tail}。"
    return f"{head}其中超过{cap:g}人标准的{banded(over, '个班')}，{tail}。"


def villages(first: VillageState, last: VillageState) -> str:
    """Say how village schools change."""
    if first.pupils.high == 0 and last.pupils.high == 0:
        return "乡村学校没有在校生。"
    text = (
        f"乡村学校在校生{first.year}年为{quantity(first.pupils.mid, '人')}（占全县"
        f"{numbers.share(first.share, LANG)}），{last.year}年为{banded(last.pupils, '人')}（占"
        f"{numbers.share(last.share, LANG)}）。"
    )
    if first.small is not None and last.small is not None:
        text += (
            f"不足100人的学校：{first.year}年{quantity(first.small.mid, '所')}，"
            f"{last.year}年{banded(last.small, '所')}。"
        )
    return text


def watch_list_empty() -> str:
    """Say that no village school is small or closes."""
    return "在所有模拟中，没有乡村学校不足100人或撤并。"


def shortened(shown: int, total: int) -> str:
    """Say that a table shows a part; the workbook has all."""
    return f"列出前{shown}项，共{total}项，全部见工作簿。"


def switched_off(count: int) -> str:
    """Say how many settings are left out because they are off or empty."""
    return f"另有{count}项未取值或未启用的参数，见工作簿。"


def teachers(s: Staffing) -> str:
    """Say how the stock of teachers stands against each need."""
    head = f"{LEVEL[s.level]}，{s.year}年：专任教师{banded(s.stock, '人')}"
    if not s.balance:
        return f"{head}。"
    parts = [
        posts(e) if name == "posts" else f"{NEED[name]}{balance(e)}"
        for name, e in s.balance.items()
    ]
    return f"{head}；{'，'.join(parts)}。"


def posts(e: Estimate) -> str:
    """Say how many approved posts are not filled."""
    size = numbers.count(abs(e.mid))
    if size == "0":
        return "编制已满"
    return f"空编{size}个" if e.mid < 0 else f"超编{size}人"


def balance(e: Estimate) -> str:
    """Name a surplus or shortage."""
    size = numbers.count(abs(e.mid))
    if size == "0":
        return "正好够用"
    return f"缺{size}人" if e.mid < 0 else f"富余{size}人"


def better(
    name: str, other: str, share: float, worse: float, replicates: int, change: float, slight: bool
) -> str:
    """Say how often a plan lacks fewer, or more, seats than another, and by how much."""
    name, other = f"“{name}”", f"“{other}”"
    size = numbers.count(abs(change))
    median = "中位数相同" if size == "0" else f"中位数{'少' if change < 0 else '多'}{size}个·年"
    if share + worse > 0 and slight:
        return f"{name}的累计缺学位数与{other}相差很小（{median}）。"
    if share == 0 and worse == 0:
        return f"{in_share(1.0, replicates)}，{name}的累计缺学位数与{other}相同。"
    if share == 0:
        often = in_share(worse, replicates)
        return f"{often}，{name}的累计缺学位数多于{other}，没有更少的情形（{median}）。"
    tail = "" if worse == 0 or replicates == 1 else f"，{in_share(worse, replicates)}多于{other}"
    return f"{in_share(share, replicates)}，{name}的累计缺学位数少于{other}{tail}（{median}）。"


def surplus(
    plan: str, path: str, level: str, added_by: int, year: int, seats: float, empty: float
) -> str:
    """Say how many of the new seats stand empty later."""
    under = f"（{path}）" if path else ""
    head = f"{plan}，{LEVEL[level]}{under}：{added_by}年前新增的{numbers.count(seats)}个学位，"
    if empty < 0.5:
        return f"{head}到{year}年预计没有闲置。"
    return (
        f"{head}到{year}年预计闲置{numbers.count(empty)}个"
        f"（{numbers.share(empty / seats, LANG)}）。"
    )


def new_seats_empty(plan: str, seats: float, cases: Sequence[tuple[str, float]], year: int) -> str:
    """Say how many of the new seats of a plan stand empty, in the forecast and on stress paths."""
    parts = []
    for path, empty in cases:
        part = numbers.share(empty / seats, LANG)
        parts.append(f"{path or '预测情形'}闲置{numbers.count(empty)}个（{part}）")
    return f"{plan}：新增{numbers.count(seats)}个学位，{year}年{'，'.join(parts)}。"


def earlier_forecast(model: str, horizon: int, error: float, coverage: float) -> str:
    """Say how good earlier forecasts of a model were."""
    text = f"{model}提前{horizon}年的平均误差为{numbers.share(error, LANG)}"
    if math.isfinite(coverage):
        text += f"，实际值有{numbers.share(coverage, LANG)}落入80%区间"
    return f"{text}。"


def driver(name: str, outcome: str, year: int, share: float) -> str:
    """Say how much of the spread of an outcome goes with an input."""
    return f"{year}年{outcome}的不确定性中，{numbers.share(share, LANG)}与{name}相伴变动。"


def left_out(what: str, why: str) -> str:
    """Say that a part is left out and why."""
    return f"未列入{what}：{why}。"
