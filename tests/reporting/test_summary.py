"""The summary says what the results hold, in both languages, and is right at the edges."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from capsim.admission.outcomes import OUTCOMES
from capsim.measures.consequences import teacher_balance
from capsim.reporting.summary import summary_lines
from capsim.reporting.summary_plans import plan_lines
from capsim.reporting.summary_schools import closure_line, crowded_part, place_line
from capsim.reporting.summary_words import cell, signed
from capsim.results.compare import compare

LANGUAGES = ("en", "zh")


def _synthetic():
    path = Path(__file__).parent / "synthetic.py"
    spec = importlib.util.spec_from_file_location("summary_tests_synthetic", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_make = _synthetic().make_results


def make_results(scenarios, **changes):
    data = _make(scenarios, **changes)
    cap = np.tile([45.0, 50.0], (len(scenarios), 1))
    run = ("scenario", "replicate", "year", "level", "township", "settlement_kind", "outcome")
    sizes = [data.sizes[dim] for dim in run[:-1]]
    nobody = np.zeros((*sizes, len(OUTCOMES)))
    return data.assign(outcomes=(run, nobody)).assign_coords(
        outcome=list(OUTCOMES), class_cap=(("scenario", "level"), cap)
    )


@cache
def _twins(**changes):
    data = make_results(("base", "plan"), replicates=5, **changes)
    for name in data.data_vars:
        data[name][1] = data[name][0]
    return data


def two(**changes):
    """Two scenarios that are the same in everything, to be changed by a test."""
    return _twins(**changes).copy(deep=True)


def add(data, variable, amount, **where):
    """Add to one variable of the plan where the coordinates say."""
    data[variable].loc[{"scenario": "plan", **where}] += amount
    return data


def only(lines, start):
    found = [line for line in lines if line.startswith(start)]
    assert len(found) == 1, lines
    return found[0]


@pytest.mark.parametrize(("lang", "words"), [("en", "assumed classrooms"), ("zh", "教室数为假定")])
def test_empty_seats_on_assumed_rooms_are_said_to_be_so(lang, words):
    data = make_results(("base",), replicates=4)
    assert not any(words in line for line in summary_lines(data, lang=lang))
    known = json.loads(data.attrs["provenance"])
    known["data"] = [{"table": "schools", "column": "rooms_primary", "mark": "assumed"}]
    data.attrs["provenance"] = json.dumps(known)
    assert sum(words in line for line in summary_lines(data, lang=lang)) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_scenario_takes_ten_to_twelve_lines(lang):
    lines = summary_lines(make_results(("base",), replicates=4), lang=lang)
    assert 10 <= len(lines) <= 12
    ends = "。" if lang == "zh" else "."
    assert all(line.endswith(ends) for line in lines)
    assert not any("nan" in line for line in lines)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_only_plans_after_the_first_are_compared_and_never_stress_twins(lang):
    names = ("base", "plan", "base@korea_2015", "plan@korea_2015")
    lines = summary_lines(make_results(names, replicates=4), lang=lang)
    against = [line for line in lines if re.search("(against|of) base[ :,.]|与base", line)]
    # One sentence on what changes, one on the way to school; both about the plan.
    assert len(against) == 2
    assert lines.index("== plan ==") < lines.index(against[0])
    assert not any("against base@" in line or "与base@" in line for line in lines)


def test_the_same_plan_under_another_name_changes_nothing():
    data = two()
    assert plan_lines(data, "base", "plan") == [
        "Seats, rolls, classes, teachers and costs in 2030 and 2040 are those of base.",
        "Way to school in 2040: on average within 50 m of base, whatever the home and level.",
    ]
    assert plan_lines(data, "base", "plan", lang="zh") == [
        "2030、2040年学位、在校生、班级、教师和经费与base相同。",
        "2040年上学距离：各类居住地、各学段平均与base相差不到50米。",
    ]


def test_differences_that_futures_do_not_agree_on_are_not_named():
    data = two()
    luck = np.array([-40.0, -20.0, 0.0, 20.0, 40.0])
    data["seat_gap"].loc[{"scenario": "plan", "level": "primary", "year": 2040}] += luck[:, None]
    assert plan_lines(data, "base", "plan")[0].startswith("No clear difference from base")
    assert plan_lines(data, "base", "plan", lang="zh")[0].endswith("与base无明显差异。")


def test_the_two_largest_differences_are_named_with_band_and_for_whom():
    data = two()
    village = data["roll_by_kind"].sel(
        scenario="base", level="primary", settlement_kind="village", year=2040
    )
    amounts = -np.array([0.3, 0.4, 0.5, 0.6, 0.7])[:, None] * village.values[:, None]
    data["roll_by_kind"].loc[
        {"scenario": "plan", "level": "primary", "settlement_kind": ["village"], "year": 2040}
    ] += amounts
    add(data, "zone_school_share", -0.2, level="junior", settlement_kind="county_town", year=2030)
    add(data, "teachers", 0.02, level="junior", year=2040)
    row = compare(data, "base", variables=["roll_by_kind"], years=[2040]).table
    row = row[(row["level"] == "primary") & (row["settlement_kind"] == "village")].iloc[0]
    share = f"{100 * row['mean'] / row['baseline_mean']:+.0f}"
    numbers = [f"{row[k]:+,.0f}" for k in ("mean", "p10", "p90")]
    assert plan_lines(data, "base", "plan")[0] == (
        "What changes most against base, ways to school aside: pupils in schools (villages, "
        f"primary) {numbers[0]} [{numbers[1]} to {numbers[2]}] ({share} %) in 2040; entrants in a "
        "school of their zone (homes in county town, junior) -20.0 points [-20.0 to -20.0] in 2030."
    )
    assert plan_lines(data, "base", "plan", lang="zh")[0] == (
        f"除上学距离外，与base相比变化最大：2040年乡村小学在校生{numbers[0]}[{numbers[1]}至"
        f"{numbers[2]}]（{share}%）；2030年城区家庭初中划片就近入学率-20.0个百分点[-20.0至-20.0]。"
    )


def test_one_replicate_has_no_band():
    data = add(two().isel(replicate=[0]).copy(deep=True), "travel_km", 1.25, year=2040)
    add(data, "classes", 1.0, grade=1)
    for lang in LANGUAGES:
        change, journey = plan_lines(data, "base", "plan", lang=lang)
        assert "[" not in change + journey
        assert "+24" in change  # one class more at each of 24 schools
        assert "+1.2" in journey
    for lang in LANGUAGES:
        assert not any(re.search(r"\[|%至| % to ", x) for x in summary_lines(data, lang=lang))
    assert summary_lines(data)[1] == "base: 1 future of 2017-2040; one future has no band."


def test_capital_adds_up_over_the_years():
    data = add(two(), "capital_cost", 3e6, year=[2025, 2027], funding_source="county_budget")
    change = plan_lines(data, "base", "plan")[0]
    # Two projects, two years, 3 million each, at the prices of the price year.
    assert "capital spent so far +12.0 million yuan [+12.0 to +12.0] in 2040" in change
    assert "累计建设投资+1,200.0万元" in plan_lines(data, "base", "plan", lang="zh")[0]


def test_results_without_costs_are_compared_all_the_same():
    data = add(two(costs=False), "new_seats", 30.0, level="primary", year=2040)
    assert "new seats (primary) +210" in plan_lines(data, "base", "plan")[0]


def test_who_travels_further_is_named_by_home_and_level():
    data = add(two(), "travel_km", 0.8, level="primary", settlement_kind="village", year=2040)
    add(data, "travel_km_p90", 2.1, level="primary", settlement_kind="village", year=2040)
    add(data, "travel_km", -0.2, level="junior", settlement_kind="township_seat", year=2040)
    assert plan_lines(data, "base", "plan")[1] == (
        "Way to school in 2040 against base: homes in villages, primary +0.8 km [+0.8 to +0.8], "
        "farthest tenth +2.1 km; homes in township seats, junior -0.2 km [-0.2 to -0.2], farthest "
        "tenth 0.0 km."
    )
    assert plan_lines(data, "base", "plan", lang="zh")[1] == (
        "2040年上学距离与base相比：乡村家庭小学+0.8公里[+0.8至+0.8]，最远一成+2.1公里；"
        "镇区家庭初中-0.2公里[-0.2至-0.2]，最远一成0.0公里。"
    )


def test_which_schools_close_when():
    data = two()
    data["is_open"][:] = 1
    assert closure_line(data, "plan") == "Schools that close: none."
    assert closure_line(data, "plan", lang="zh") == "撤并停办的学校：无。"
    data["is_open"].loc[{"scenario": "plan", "school": "S024", "year": slice(2031, None)}] = 0
    late = {"scenario": "plan", "school": "S023", "year": slice(2035, None)}
    data["is_open"].loc[{**late, "replicate": [0, 1, 2]}] = 0
    data["is_open"].loc[{**late, "replicate": [0], "year": 2034}] = 0
    data["is_open"].loc[{**late, "replicate": [3], "school": "S001"}] = 0
    assert closure_line(data, "base") == "Schools that close: none."
    assert closure_line(data, "plan") == (
        "Schools that close (2): School 24 2031, School 23 2035 [2034-2035]; 1 more in fewer than "
        "half of the futures."
    )
    assert closure_line(data, "plan", lang="zh") == (
        "撤并停办的学校2所：第24小学（2031年）、第23小学（2035年[2034-2035]）；"
        "另有1所仅在不到半数的模拟中停办。"
    )


def test_many_closing_schools_are_counted():
    data = two()
    data["is_open"][:] = 1
    data["is_open"].loc[{"scenario": "plan", "year": 2040}] = 0
    assert closure_line(data, "plan").endswith("School 6 2040 and 18 more.")
    assert closure_line(data, "plan", lang="zh").endswith("等，另有18所。")


def test_where_classes_are_crowded():
    data = two()
    data["over_cap"][:] = 0
    assert crowded_part(data, "plan", 2030) == "in 2030 at no school in most futures"
    add(data, "over_cap", 12.0, school="S002", level="junior", year=2030)
    assert crowded_part(data, "plan", 2030) == "most pupils above it in 2030: School 2, junior (12)"
    assert crowded_part(data, "plan", 2030, lang="zh") == "2030年超额学生最多：第2小学初中（12人）"


def test_teachers_by_place_and_measure_are_the_tables():
    data = two()
    table = teacher_balance(data.sel(scenario=["plan"]), [2035])
    english = place_line(data, "plan", 2035)
    chinese = place_line(data, "plan", 2035, lang="zh")
    for measure in ("norm", "classes", "posts"):
        own = table[table["measure"] == measure]
        for column in ("short", "surplus"):
            top = own.loc[own[column].idxmax()]
            if top[column] >= 0.5:
                for line, lang in ((english, "en"), (chinese, "zh")):
                    assert cell(top["settlement_kind"], top["level"], lang) in line
                    assert f"{top[column]:,.0f}" in line
    data["teachers"][:] = 0
    data["teacher_need_classes"][:] = 0
    assert "by classes lacking nowhere, to spare nowhere" in place_line(data, "plan", 2035)
    assert "按班级各地均不缺、各地均无富余" in place_line(data, "plan", 2035, lang="zh")


def test_signs():
    assert signed(1234.4, 0) == "+1,234"
    assert signed(-0.04, 1) == "0.0"
    assert signed(-0.06, 1) == "-0.1"
