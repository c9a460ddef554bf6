from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from capsim.core.errors import InvalidInput
from capsim.figures import FIGURES, PLANNER_FIGURES, draw_figures, grids, maps, series, style
from capsim.results.reading import NothingToShow

NEEDS = {
    "children_and_births": ("births", "children"),
    "demand_and_capacity": ("demand",),
    "rolls_by_settlement_kind": ("roll_by_kind",),
    "classes_over_cap": ("class_size",),
    "utilisation_map": ("roll",),
    "seat_gap": ("seat_gap",),
    "class_sizes": ("class_size",),
    "cohort_wave": ("roll",),
    "travel_by_home": ("travel_km",),
    "travel_map": ("travel_km_by_township",),
    "what_changed": ("attrition",),
    "teachers": ("teachers",),
    "capital_cost": ("capital_cost",),
    "scenario_differences": (),
}

PNG = b"\x89PNG"


def test_the_registry_holds_every_figure_and_the_planners_five():
    assert set(FIGURES) == set(NEEDS)
    assert set(PLANNER_FIGURES) <= set(FIGURES)
    assert len(PLANNER_FIGURES) == 5


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", sorted(NEEDS))
def test_every_figure_is_drawn_in_both_languages(many, name, lang):
    figure = FIGURES[name](many, lang=lang)
    assert isinstance(figure, Figure)
    png = style.figure_bytes(figure, "png", dpi=40)  # a missing glyph raises here
    assert png.startswith(b"\x89PNG")
    texts = " ".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")))
    assert bool(re.search(r"[\u4e00-\u9fff]", texts)) == (lang == "zh")


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_one_replicate_and_one_scenario_draw_or_say_why_not(plain, name):
    try:
        figure = FIGURES[name](plain, lang="en", titled=False)
    except NothingToShow as reason:
        assert name in ("capital_cost", "scenario_differences")
        assert len(reason.problems) == 1
    else:
        style.figure_bytes(figure, "png", dpi=30)


@pytest.mark.parametrize(("name", "needs"), [(n, d) for n, d in NEEDS.items() if d])
def test_a_missing_variable_leaves_the_figure_out_with_one_line(plain, name, needs):
    data = plain.drop_vars([n for n in needs if n in plain])
    with pytest.raises(NothingToShow) as reason:
        FIGURES[name](data)
    assert len(str(reason.value).splitlines()) == 1


def test_short_runs_and_no_gap(make_results):
    short = make_results(replicates=3, years=range(2017, 2019), seats_factor=9.0)
    for name in PLANNER_FIGURES:
        FIGURES[name](short, lang="zh")
    with pytest.raises(NothingToShow, match="no planning area lacks seats"):
        FIGURES["seat_gap"](make_results(replicates=2, seats_factor=99.0, drop=()).assign(
            seat_gap=lambda d: d.seat_gap * 0
        ))  # fmt: skip


def test_a_figure_without_marks_of_shortfall_is_laid_out(make_results):
    plenty = make_results(replicates=2, years=range(2017, 2020), seats_factor=99.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an empty line of marks made the layout collapse
        drawn = style.figure_bytes(FIGURES["demand_and_capacity"](plenty), "png", dpi=30)
    assert drawn.startswith(PNG)


def test_labels_of_lines_near_zero_stay_above_the_years():
    with style.new_figure(4, 3) as figure:
        axes = figure.subplots()
        axes.set_ylim(0, 5)
        style.label_ends(
            axes, [style.EndLabel(0, "one", style.BLUE), style.EndLabel(0, "two", style.INK)]
        )
    places = sorted(text.xy[1] for text in axes.texts)
    assert places[0] > 0.02
    assert places[1] - places[0] > 0.03


def test_a_figure_keeps_its_canvas_and_resolution_when_it_is_saved(plain):
    figure = FIGURES["teachers"](plain)
    before = figure.canvas, figure.dpi
    style.figure_bytes(figure, "svg")
    style.figure_bytes(figure, "png", dpi=40)
    assert (figure.canvas, figure.dpi) == before


def test_unknown_language_and_scenario_are_refused(plain):
    with pytest.raises(InvalidInput, match='"fr"'):
        FIGURES["cohort_wave"](plain, lang="fr")
    with pytest.raises(InvalidInput, match="not in the results"):
        FIGURES["cohort_wave"](plain, scenario="nowhere")


def test_files_are_written_as_png_and_svg_with_text_as_paths(many, tmp_path):
    written, left_out = draw_figures(many, tmp_path, lang="zh", names=["demand_and_capacity"])
    assert [p.name for p in written] == ["demand_and_capacity.png", "demand_and_capacity.svg"]
    assert left_out == []
    svg = written[1].read_text(encoding="utf-8")
    assert "<text" not in svg
    assert "<path" in svg


def test_the_same_figure_is_the_same_file(many):
    first = style.figure_bytes(FIGURES["cohort_wave"](many), "svg")
    assert first == style.figure_bytes(FIGURES["cohort_wave"](many), "svg")


def test_a_figure_left_out_is_named_and_the_others_are_written(plain, tmp_path):
    written, left_out = draw_figures(plain, tmp_path, names=["capital_cost", "cohort_wave"])
    assert [p.suffix for p in written] == [".png", ".svg"]
    assert len(left_out) == 1
    assert "capital_cost" in left_out[0]


def test_names_that_cannot_be_drawn_or_look_like_formulas_do_no_harm(make_results):
    data = make_results(replicates=2, names=["\uf8ff小学", "$x_1$ & <b>", "a" * 80])
    data = data.assign_coords(
        township_name_zh=("township", ["$\\frac{1}{0}$", "\uf8ff", *["村"] * 5]),
        planning_area_name_zh=("planning_area", ["=1+1", "\ufff0", *["区"] * 12]),
    )
    for name in ("utilisation_map", "seat_gap"):
        drawn = style.figure_bytes(FIGURES[name](data, lang="zh"), "png", dpi=30)
        assert drawn.startswith(PNG)


def _lines(axes):
    return [line.get_ydata() for line in axes.get_lines()]


def test_demand_line_is_the_median_over_replicates(many):
    figure = FIGURES["demand_and_capacity"](many, lang="en")
    demand = many.demand.sel(scenario="baseline", level="primary").sum("planning_area")
    median = np.median(demand.values, axis=0)
    np.testing.assert_allclose(_lines(figure.axes[0])[0], median)


def test_shortfall_marks_stand_in_years_with_a_likely_gap(many):
    gap = many.seat_gap.sel(scenario="baseline", level="junior").max("planning_area")
    expected = many.year.values[(gap > 0).mean("replicate").values >= 0.5]
    figure = FIGURES["demand_and_capacity"](many, lang="en")
    marks = [line for line in figure.axes[1].get_lines() if line.get_marker() == "v"]
    np.testing.assert_array_equal(marks[0].get_xdata(), expected)


def test_stress_paths_are_laid_over_and_not_mixed_in(many):
    births = FIGURES["children_and_births"](many, lang="en").axes[0]
    own = many.births.sum("township")
    lines = _lines(births)
    np.testing.assert_allclose(lines[0], own.sel(scenario="baseline").median("replicate"))
    np.testing.assert_allclose(
        lines[1], own.sel(scenario="baseline@korea_2015").median("replicate")
    )


def test_years_are_whole_numbers(many):
    for name in ("children_and_births", "teachers", "seat_gap"):
        figure = FIGURES[name](many, lang="en")
        figure.draw_without_rendering()
        labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
        assert labels
        assert all(re.fullmatch(r"\d{4}", text) for text in labels)


def test_difference_of_a_scenario_with_itself_is_zero(make_results):
    data = make_results(("a", "b"), replicates=3)
    data = data.sel(scenario=["a", "a"]).assign_coords(scenario=["a", "b"])
    figure = FIGURES["scenario_differences"](data, lang="en")
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert shown
    assert all(np.nanmax(np.abs(y)) == 0 for axes in shown for y in _lines(axes)[:1])


def test_causes_of_village_change_add_up(many):
    from capsim.figures.differences import village_change

    start, causes, end = village_change(many, "baseline")
    assert start - sum(causes.values()) == pytest.approx(end)


def test_share_of_classes_above_a_limit_by_hand(make_results):
    data = make_results(replicates=1, years=range(2017, 2020))
    sizes = data.class_size.sel(scenario="baseline", level="primary").copy(
        data=np.zeros((1, 3, 80))
    )
    sizes[0, 0, 44] = 3  # 45 pupils: at the cap
    sizes[0, 0, 45] = 1  # 46
    sizes[0, 1, 79] = 2  # 80 and over
    share = series.share_of_classes_above(sizes, 45).values[0]
    assert share[0] == pytest.approx(0.25)
    assert share[1] == 1.0
    assert np.isnan(share[2])
    groups = grids.class_size_shares(sizes)
    np.testing.assert_allclose(groups[:, 0], [0, 0, 0.75, 0.25, 0, 0, 0])
    np.testing.assert_allclose(groups[:, 1], [0, 0, 0, 0, 0, 0, 1])
    assert np.isnan(groups[:, 2]).all()


def test_a_panel_without_classes_above_the_cap_says_so(make_results):
    data = make_results(replicates=20, years=range(2017, 2020))
    sizes = data["class_size"].values
    sizes[...] = 0
    sizes[..., 29] = 4  # all classes have 30 pupils
    junior = data["class_size"].sel(level="junior").values
    junior[0, 1, 2, 79] = 1  # but for one of one future

    def said() -> list[set[str]]:
        return [{t.get_text() for t in axes.texts} for axes in series.classes_over_cap(data).axes]

    assert ["no class above the cap" in texts for texts in said()] == [True, False]
    assert "classes above the cap in 1 of 20 futures" in said()[1]
    junior[0, :, 2, 79] = 1
    assert not any("cap" in text for text in said()[1])


def test_fullness_of_schools_counts_both_levels(make_results):
    data = make_results(replicates=1)
    roll, use, is_open = maps.fullness_by_school(data, "baseline", 2040)
    at = data.sel(scenario="baseline", year=2040, replicate=0)
    seats = at.school_capacity.sum("level").values
    np.testing.assert_allclose(roll, at["roll"].sum("grade").values)
    np.testing.assert_allclose(use[seats > 0], (roll / np.where(seats, seats, 1))[seats > 0])
    assert not is_open[-1]


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=8),
    st.floats(0.01, 0.2),
)
def test_labels_are_spread_without_overlap_and_in_order(wanted, extent):
    places = style.spread(np.sort(np.array(wanted)), np.full(len(wanted), extent))
    assert np.all(np.diff(places) >= extent - 1e-9)
    if len(wanted) == 1:
        assert places[0] == pytest.approx(wanted[0])


def _lightness(color):
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y


def test_colours_stay_apart_in_grey_and_labels_readable():
    kinds = [_lightness(style.SETTLEMENT_STYLES[k][0]) for k in ("county_town", "township_seat")]
    assert abs(kinds[0] - kinds[1]) > 15
    for scale in (maps.FULLNESS, grids.DEPTH, grids.WAVE):
        steps = [_lightness(scale(x)) for x in np.linspace(0, 1, 9)]
        assert np.all(np.diff(steps) < 0)
    for color in style.CYCLE:
        assert _lightness(style.TEXT_TONES.get(color, color)) < 57  # contrast on white about 4


def test_pyplot_is_never_imported():
    folder = Path(style.__file__).parent
    for path in folder.glob("*.py"):
        names = {
            getattr(node, "module", None) or alias.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        assert not any("pyplot" in name for name in names), path.name


def test_importing_the_package_does_not_import_matplotlib():
    code = "import sys, capsim.figures, capsim.reporting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_figures_show_themselves_in_notebooks(plain):
    assert FIGURES["cohort_wave"](plain)._repr_png_().startswith(b"\x89PNG")
