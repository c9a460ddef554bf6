from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from capsim.core.errors import InvalidInput
from capsim.reporting import build_report
from capsim.reporting.content import Answers, Column, Estimate, Picture, Table, Text
from capsim.reporting.facts import area_needs, demand_peak, estimate_of, level_need, view
from capsim.reporting.facts_plans import expected, plan_rows, stress_rows
from capsim.reporting.facts_schools import village_watch_list
from capsim.reporting.sections.sources import demand_drivers
from capsim.reporting.settings import value_text
from capsim.results.reading import focus_years

ORDER = [
    "answer", "demand", "gap", "classes", "villages", "teachers", "plans", "standards",
    "backtest", "drivers", "sources", "limits",
]  # fmt: skip
OPTIONAL = [
    "births", "children", "demand", "seat_gap", "spare_seats", "new_seats", "capacity",
    "class_size", "roll_by_kind", "attrition", "small_schools", "travel_km", "travel_km_p90",
    "teachers", "teacher_need_classes", "teacher_need_norm", "posts", "indicator",
    "indicator_met", "variation_coefficient", "capital_cost", "running_cost", "roll",
    "school_capacity", "is_open", "over_cap", "unplaced", "population", "retention",
]  # fmt: skip


def blocks(report, kind):
    return [block for block in report.blocks() if isinstance(block, kind)]


def all_text(report):
    out = [report.title, report.subtitle, report.colophon]
    for block in report.blocks():
        if isinstance(block, Text):
            out.append(block.text)
        elif isinstance(block, Answers):
            out += [part for pair in block.pairs for part in pair]
        elif hasattr(block, "items"):
            out += list(block.items)
    return out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sections_stand_in_the_order_a_committee_reads(reports, lang):
    report = reports[lang]
    assert [section.key for section in report.sections] == ORDER
    assert all(section.blocks for section in report.sections)
    (answers,) = blocks(report, Answers)
    assert len(answers.pairs) == 6
    assert all(text for pair in answers.pairs for text in pair)


def test_place_and_scenario_stand_in_the_title(reports):
    assert reports["en"].title == "School seats in Testshire, 2017 to 2040"
    assert reports["zh"].title.startswith("测试县")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_sentence_shows_a_placeholder_or_a_python_value(reports, lang):
    for text in all_text(reports[lang]):
        assert not re.search(r"\b(nan|None|inf|Estimate)\b|[{}]", text)
        assert "  " not in text


def test_focus_years_are_those_of_the_printed_summary(many, make_results):
    assert focus_years(many) == [2025, 2030, 2035]
    assert focus_years(make_results(replicates=1, years=range(2018, 2022))) == [2019, 2020, 2021]
    assert focus_years(make_results(replicates=1, years=[2018])) == [2018]


@pytest.mark.parametrize("name", OPTIONAL)
def test_any_variable_may_be_absent(tiny, name, no_figures):
    report = build_report(tiny.drop_vars(name), lang="zh")
    assert all_text(report)


def test_with_nothing_but_a_roll_every_section_says_what_is_missing(tiny, no_figures):
    report = build_report(tiny[["roll"]].assign_attrs(tiny.attrs), lang="en")
    notes = [block.text for block in blocks(report, Text) if block.kind == "note"]
    assert sum("is left out" in note for note in notes) >= 8


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_edges_one_replicate_one_scenario_short_run_no_gap(make_results, lang, no_figures):
    small = make_results(replicates=1, years=range(2017, 2020), schools=6, seats_factor=50.0)
    report = build_report(small.assign(seat_gap=small.seat_gap * 0), lang=lang)
    text = " ".join(all_text(report))
    assert ("no planning area lacks seats" if lang == "en" else "均不缺学位") in text
    assert ("one simulated future" if lang == "en" else "一次模拟") in text
    single = make_results(replicates=2, years=[2017], schools=6)
    build_report(single, lang=lang)


def test_results_without_provenance_are_reported_too(tiny, no_figures):
    bare = tiny.copy()
    bare.attrs = {}
    report = build_report(bare, lang="en")
    assert report.title.startswith("School seats in the county")


def test_unknown_scenario_and_language(tiny):
    with pytest.raises(InvalidInput, match="not in the results"):
        build_report(tiny, scenario="x")
    with pytest.raises(InvalidInput, match="not a language"):
        build_report(tiny, lang="de")


def test_level_need_by_hand(one):
    gap = one.seat_gap.copy(data=np.zeros(one.seat_gap.shape))
    years = list(one.year.values)
    # Two areas lack 10 and 5 seats in 2025 in every replicate; in 2026 in a third of them.
    gap[0, :, years.index(2025), 0, 0] = 10
    gap[0, :, years.index(2025), 0, 1] = 5
    gap[0, :4, years.index(2026), 0, 0] = 90
    v = view(one.assign(seat_gap=gap), lang="en")
    need = level_need(v, "primary")
    assert (need.spans, need.worst.year) == (((2025, 2025),), 2025)
    assert need.worst.gap == Estimate(15.0, 15.0, 15.0, 12)
    assert need.possible == 1.0
    areas = {a.area: a for a in area_needs(v, "primary")}
    assert set(areas) == {"primary:T01", "primary:T02"}
    # By the median, as the level's worst year is: a third of the futures do not move it.
    assert areas["primary:T01"].worst_year == 2025
    assert areas["primary:T01"].first == 2025
    assert level_need(v, "junior").spans == ()


def test_the_base_year_is_not_called_a_forecast(one):
    gap = one.seat_gap.copy(data=np.zeros(one.seat_gap.shape))
    gap[0, :, 0, 0, 0] = 500
    v = view(one.assign(seat_gap=gap), lang="en")
    assert level_need(v, "primary").possible == 0
    assert area_needs(v, "primary") == []


def test_peak_year_is_the_median_of_the_replicates_peaks(one):
    demand = one.demand.copy(data=np.where(np.isnan(one.demand.values), np.nan, 1.0))
    years = list(one.year.values)
    for k in range(12):
        demand[0, k, years.index(2022 if k < 7 else 2024), 0, 0] = 100
    peak = demand_peak(view(one.assign(demand=demand), lang="en"), "primary")
    assert peak.year.mid == 2022
    assert peak.year.high == 2024
    assert not peak.passed


def test_money_is_the_mean_so_that_it_adds_up():
    values = np.array([1.0, 2.0, 9.0])
    assert expected(values).mid == 4.0
    assert estimate_of(values).mid == 2.0


def test_plans_are_paired_by_replicate(many):
    gap = many.seat_gap.copy(data=many.seat_gap.values.copy())
    gap[1, :9] = gap[1, :9] * 0.5
    rows = plan_rows(view(many.assign(seat_gap=gap), lang="en"))
    assert [r.scenario for r in rows] == ["baseline", "two_schools"]
    assert rows[0].better is None
    assert rows[1].better == pytest.approx(0.75)
    assert rows[1].worse == 0


def test_stress_paths_stand_beside_the_scenario(many):
    rows = stress_rows(view(many, lang="en"))
    assert [r.path for r in rows] == ["korea_2015", "half"]
    own = many.demand.sel(scenario="baseline", year=2040).sum(["level", "planning_area"])
    under = many.demand.sel(scenario="baseline@korea_2015", year=2040).sum(
        ["level", "planning_area"]
    )
    assert rows[0].change == pytest.approx(float(under.median() / own.median()) - 1)


def test_drivers_add_up_to_all_of_the_spread(make_results):
    data = make_results(replicates=60)
    year, parts = demand_drivers(view(data, lang="en"))
    assert year == 2040
    assert sum(parts.values()) == pytest.approx(1.0)
    assert parts["births"] > 0.9
    assert demand_drivers(view(make_results(replicates=3), lang="en")) is None


def _scores(models=("capsim", "last_value")):
    return pd.DataFrame(
        [
            {"model": m, "series": "area", "size": "all", "origin": "pooled", "horizon": h,
             "mape": 2.0 * h * (k + 1), "bias": -0.5 * h, "coverage_80": 80.0 - k}
            for k, m in enumerate(models)
            for h in (1, 3, 5)
        ]
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_earlier_forecasts_are_reported_where_they_were_tested(tiny, lang, no_figures):
    report = build_report(tiny, lang=lang, backtest=_scores())
    (section,) = [s for s in report.sections if s.key == "backtest"]
    lead, picture, table, without = section.blocks
    assert "three years" in without.text or "三年" in without.text
    assert (
        "capsim, 5 years ahead: 10 % off" if lang == "en" else "提前5年的平均误差为10%"
    ) in lead.text
    assert picture.png.startswith(b"\x89PNG")
    assert table.rows[0] == (table.rows[0][0], 1, 0.02, -0.005, 0.8)
    assert len(table.rows) == 6


def test_scores_of_another_kind_are_refused(tiny, no_figures):
    with pytest.raises(InvalidInput, match="no column"):
        build_report(tiny, backtest=pd.DataFrame({"series": ["area"], "rmse": [1.0]}))


def test_watch_list_holds_small_and_closing_village_schools(one):
    watched = village_watch_list(view(one, lang="en"))
    assert watched[0].name == "School 24"  # closes in 2029
    assert watched[0].closed_at_end == 1.0
    assert all(w.small_at_end > 0 or w.closed_at_end > 0 for w in watched)


def test_undrawable_names_are_named_in_the_limits(make_results, no_figures):
    data = make_results(replicates=2, names=["\uf8ff小学"])
    text = " ".join(all_text(build_report(data, lang="en")))
    assert "U+F8FF" in text
    assert "\uf8ff" not in text


def test_numbering_runs_through_the_report(reports):
    report = reports["zh"]
    labels = list(report.numbered().values())
    figures = [x for x in labels if x.startswith("图")]
    tables = [x for x in labels if x.startswith("表")]
    assert figures == [f"图{i + 1}" for i in range(len(blocks(report, Picture)))]
    assert tables == [f"表{i + 1}" for i in range(len(blocks(report, Table)))]


def test_tables_are_rectangular():
    with pytest.raises(ValueError, match="a row has 1 cells"):
        Table("x", (Column("a"), Column("b")), (("1",),))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"), (0.5, "0.5"), (None, ""), ([1, 2], "1, 2"),
        ({"primary": 45}, "primary: 45"), ("x" * 99, "x" * 89 + "…"),
    ],
)  # fmt: skip
def test_values_of_settings_are_one_line(value, text):
    assert value_text(value) == text
