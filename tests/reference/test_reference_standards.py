"""The shipped figures: complete, sourced, marked, and replaceable from a scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from capsim.reference.costs import published_costs
from capsim.reference.standards import (
    CHECKED,
    RESOURCE_INDICATORS,
    area_norm_m2_per_pupil,
    national_standards,
)
from capsim.scenario.options.budget import BudgetOptions, StandardsOptions
from capsim.scenario.options.programme import ProgrammeOptions

MARKS = {"found", "derived", "recalled", "assumed"}


def test_the_seven_thresholds_are_those_of_the_measures_of_2017() -> None:
    assert national_standards().thresholds().tolist() == [
        [4.2, 1.0, 0.9, 4.5, 7.5, 2000, 2.3],
        [5.3, 1.0, 0.9, 5.8, 10.2, 2500, 2.4],
    ]


@pytest.mark.parametrize(
    ("name", "level", "value", "mark"),
    [
        ("variation_coefficient_each", "primary", 0.50, "found"),
        ("variation_coefficient_each", "junior", 0.45, "found"),
        ("variation_coefficient_composite", "primary", 0.65, "recalled"),
        ("variation_coefficient_composite", "junior", 0.55, "recalled"),
        ("class_size", "primary", 45, "found"),
        ("class_size", "junior", 50, "found"),
        ("school_size", "primary", 2000, "found"),
        ("school_size", "nine_year", 2500, "found"),
        ("indicators_met_per_school", "all", 6, "found"),
        ("remaining_indicator_floor", "primary", 0.85, "found"),
        ("excluded_teaching_point_below", "all", 50, "found"),
        ("small_school_funding_floor", "all", 100, "found"),
        ("teacher_exchange", "all", 0.10, "found"),
        ("backbone_share_of_exchanged", "all", 0.20, "found"),
        ("nearby_enrolment", "primary", 1.00, "found"),
        ("nearby_enrolment", "junior", 0.95, "found"),
        ("migrant_children_in_public_or_purchased_seats", "all", 0.85, "found"),
        ("junior_three_year_retention", "all", 0.95, "found"),
        ("large_class", "all", 56, "found"),
        ("super_large_class", "all", 66, "recalled"),
        ("pupils_per_staff", "junior", 13.5, "found"),
    ],
)
def test_figures_of_the_rules(name: str, level: str, value: float, mark: str) -> None:
    figure = national_standards()[name]
    assert figure.at(level) == value
    assert figure.mark == mark


def test_every_figure_has_source_mark_unit_and_both_names() -> None:
    standards = national_standards()
    assert set(CHECKED) <= set(standards.figures)
    for name, figure in standards.figures.items():
        assert figure.name == name
        assert figure.source in standards.sources, name
        assert figure.mark in MARKS, name
        assert figure.unit and figure.unit_zh and figure.label and figure.label_zh, name
        assert figure.values, name
        assert any("\u4e00" <= c <= "\u9fff" for c in figure.label_zh), name
    for figure in published_costs().values():
        assert figure.mark in MARKS and figure.source and figure.values


def test_a_level_the_figure_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        national_standards()["class_size"].at("senior")


def test_area_norm_at_between_and_beyond_published_sizes() -> None:
    assert area_norm_m2_per_pupil("primary", 24) == pytest.approx(7.9)
    assert area_norm_m2_per_pupil("primary", 21) == pytest.approx((8.3 + 7.9) / 2)
    assert area_norm_m2_per_pupil("junior", 6) == pytest.approx(11.4)
    assert area_norm_m2_per_pupil("junior", 60, norm="basic") == pytest.approx(6.4)
    with pytest.raises(KeyError):
        area_norm_m2_per_pupil("nine_year", 24, norm="planning")


def test_published_outlays_per_seat_are_upper_bounds_and_no_default() -> None:
    costs = published_costs()
    bounds = {name: c.at() for name, c in costs.items() if c.bound == "upper"}
    assert bounds == {"chongqing_yuan_per_new_seat": 93559, "yunyang_yuan_per_new_seat": 102051}
    # arithmetic of the published totals
    assert round(52.58e9 / 562_000) == 93559
    assert round(2.0e9 / 19_598) == 102051
    assert round(52.58e9 / (11.716e6 + 8.616e6)) == costs["chongqing_yuan_per_m2"].at()
    defaults = BudgetOptions().model_dump()
    assert not set(bounds.values()) & {v for v in defaults.values() if isinstance(v, int | float)}


def test_defaults_of_the_budget_are_the_shipped_figures() -> None:
    costs, options = published_costs(), BudgetOptions()
    for level in ("primary", "junior"):
        assert options.public_funds_yuan.at(level) == costs["public_fund_2023"].at(level)
        middle = (costs["teacher_cost_low"].at() + costs["teacher_cost_high"].at()) / 2
        assert options.teacher_cost_yuan.at(level) == middle
    assert options.boarder_supplement_yuan == costs["boarder_supplement_2023"].at()
    assert ProgrammeOptions().cost_yuan_per_m2 == costs["construction_cost_county"].at()
    floor = national_standards().limit("small_school_funding_floor")
    assert options.public_funds_least_pupils == floor


def test_a_scenario_replaces_a_figure_with_its_own_source_and_mark() -> None:
    options = StandardsOptions.model_validate(
        {"figures": {"class_size": {"primary": 50, "source": "county report", "mark": "found"}}}
    )
    standards = options.standards()
    assert standards.limit("class_size", "primary") == 50
    assert standards.limit("class_size", "junior") == 50  # as the national figure
    assert standards.title("class_size") == "county report"
    assert standards["class_size"].mark == "found"
    assert national_standards().limit("class_size", "primary") == 45  # the shipped one is untouched


def test_one_value_for_all_levels_replaces_each_of_them() -> None:
    options = StandardsOptions.model_validate(
        {"figures": {"variation_coefficient_each": {"all": 0.4, "junior": 0.35}}}
    )
    assert options.standards()["variation_coefficient_each"].values == {
        "primary": 0.4,
        "junior": 0.35,
    }
    assert options.standards()["variation_coefficient_each"].mark == "assumed"


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"clas_size": {"primary": 50}}, 'did you mean "class_size"'),
        ({"pupils_per_staff": {"primary": 20}}, "no figure that a check reads"),
        ({"class_size": {}}, "class_size has no value"),
        ({"class_size": {"nine_year": 50}}, "class_size has no value for nine_year"),
        ({"large_class": {"all": -1}}, "negative"),
        ({"large_class": {"al": 1}}, "al"),
    ],
)
def test_wrong_figures_are_refused(figures: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        StandardsOptions.model_validate({"figures": figures})


def test_all_wrong_figures_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        StandardsOptions.model_validate({"figures": {"nonsense": {"all": 1}, "class_size": {}}})
    assert "nonsense" in str(caught.value)
    assert "class_size has no value" in str(caught.value)


def test_thresholds_follow_the_order_of_the_indicators() -> None:
    options = StandardsOptions.model_validate({"figures": {"sports_area": {"junior": 9.0}}})
    thresholds = options.standards().thresholds()
    assert thresholds[1, RESOURCE_INDICATORS.index("sports_area")] == 9.0
    assert thresholds[0, RESOURCE_INDICATORS.index("sports_area")] == 7.5


def test_the_page_on_standards_shows_the_thresholds_in_force() -> None:
    page = (Path(__file__).parents[2] / "docs" / "standards.md").read_text(encoding="utf-8")
    rows = {
        line.split("|")[1].strip(" `"): [cell.strip() for cell in line.split("|")[2:5]]
        for line in page.splitlines()
        if line.startswith("| `") and line.count("|") == 6
    }
    for name in RESOURCE_INDICATORS:
        figure = national_standards()[name]
        label, primary, junior = rows[name]
        assert label == figure.label_zh
        assert float(primary.replace(",", "")) == figure.at("primary")
        assert float(junior.replace(",", "")) == figure.at("junior")
