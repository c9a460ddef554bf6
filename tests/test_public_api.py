"""The names a user imports exist and do what the guide says, and importing them costs nothing."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pandas.testing import assert_frame_equal

import capsim as cs
from capsim.core.errors import InvalidInput
from capsim.results.assemble import COORDINATES

JIAJIANG = Path(__file__).parents[1] / "scenarios" / "jiajiang"
SHORT = {"years.horizon": 2019, "demography.births.stress_paths": []}
HEAVY = ["statsmodels", "matplotlib", "mesa", "xarray", "pandas", "numpy", "scipy", "typst", "docx"]


@pytest.fixture(scope="module")
def base():
    return cs.load(JIAJIANG / "baseline.yaml", SHORT)


@pytest.fixture(scope="module")
def plan():
    return cs.load(JIAJIANG / "two_schools.yaml", SHORT)


@pytest.fixture(scope="module")
def results(base, plan):
    cap_40 = base.with_({"enrolment.class_cap.primary": 40}, name="cap 40")
    return cs.run([base, plan, cap_40], replicates=2, seed=42)


def test_every_public_name_exists():
    for name in cs.__all__:
        assert getattr(cs, name) is not None, name
    assert set(cs.__all__) <= set(dir(cs))
    with pytest.raises(AttributeError, match="lod"):
        _ = cs.lod


@pytest.mark.parametrize("room", ["demography", "figures", "reporting"])
def test_every_name_a_package_offers_exists(room):
    package = __import__(f"capsim.{room}", fromlist=["__all__"])
    for name in package.__all__:
        assert getattr(package, name) is not None, name


@pytest.mark.parametrize(
    "code",
    [
        "import capsim",
        "import capsim.cli.app",
        "import capsim.demography, capsim.choice, capsim.county, capsim.forecasting.backtesting",
        "import capsim.core.errors, capsim.core.catalogue",
    ],
)
def test_importing_loads_nothing_heavy(code):
    check = f"import sys\n{code}\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_loading_a_scenario_draws_no_figures():
    code = (
        f"import sys, capsim\ncapsim.load({str(JIAJIANG / 'baseline.yaml')!r})\n"
        "print(*[m for m in ('matplotlib', 'statsmodels', 'mesa', 'docx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_a_scenario_cannot_be_changed(base):
    with pytest.raises(Exception, match="frozen"):
        base.replicates = 5
    changed = base.with_({"replicates": 5})
    assert changed.replicates == 5 and base.replicates == 100
    assert changed.name == base.name


def test_with_refuses_what_load_refuses(base):
    with pytest.raises(InvalidInput, match='did you mean "primary"'):
        base.with_({"enrolment.class_cap.primry": 40})
    with pytest.raises(InvalidInput, match="hard cap"):
        base.with_({"enrolment.class_cap.primary": 90})


def test_diff_says_what_differs(base, plan):
    text = str(cs.diff(base, plan))
    assert "programme.projects" in text
    assert str(cs.diff(base, base)) == "no difference in the inputs"
    cap = base.with_({"enrolment.class_cap.primary": 40}, name="other")
    assert str(cs.diff(base, cap)) == "enrolment.class_cap.primary: 50.0 -> 40.0"


def test_results_hold_all_scenarios_side_by_side(results):
    assert isinstance(results.data, xr.Dataset)
    assert results.data.scenario.values.tolist() == ["baseline", "two_schools", "cap 40"]
    assert results.data.sizes["replicate"] == 2
    assert results.data.year.values.tolist() == [2017, 2018, 2019]
    gap = results.data.seat_gap.sel(level="primary").quantile([0.1, 0.5, 0.9], "replicate")
    assert gap.sizes["quantile"] == 3
    assert "baseline" in repr(results.provenance["scenarios"]) and "3 scenario" in repr(results)


def test_a_table_is_tidy_and_has_bands(results):
    table = results.table("seat_gap", by=["planning_area", "level", "year"])
    assert list(table) == [
        "scenario",
        "planning_area",
        "level",
        "year",
        "mean",
        "p10",
        "p50",
        "p90",
    ]
    known = table.dropna()
    assert (known["p10"] <= known["p50"]).all() and (known["p50"] <= known["p90"]).all()
    single = results.table("seat_gap", by=["level", "year", "replicate"])
    assert list(single) == ["scenario", "level", "year", "replicate", "value"]
    mean = single.groupby(["scenario", "level", "year"], sort=False)["value"].mean().reset_index()
    both = results.table("seat_gap", by=["level", "year"]).merge(mean)
    assert both["mean"].to_numpy() == pytest.approx(both["value"].to_numpy())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda r: r.table("seatgap"), 'did you mean "seat_gap"'),
        (lambda r: r.table("seat_gap", by=["school"]), "has no dimension school"),
        (lambda r: r.table("utilisation", by=["year"]), "does not add up over"),
        (lambda r: r.delta("base"), "unknown scenario 'base'"),
        (lambda r: cs.open_results("nowhere"), "there are no results here"),
        (lambda r: cs.load("nowhere.yaml"), "file not found"),
    ],
)
def test_a_mistake_is_an_invalid_input_that_says_what_is_right(results, call, words):
    with pytest.raises(InvalidInput, match=words.replace('"', ".")):
        call(results)


def test_a_delta_is_paired_by_replicate(results):
    delta = results.delta("baseline")
    assert delta.scenario.values.tolist() == ["two_schools", "cap 40"]
    data = results.data["capacity"]
    expected = data.sel(scenario="cap 40") - data.sel(scenario="baseline")
    np.testing.assert_allclose(delta["capacity"].sel(scenario="cap 40"), expected, atol=1e-3)
    assert abs(delta["births"].sum("township")).max() < 0.1


def test_saving_and_opening_loses_nothing(results, tmp_path):
    path = results.save(tmp_path / "运行 1")
    again = cs.open_results(tmp_path / "运行 1")
    xr.testing.assert_identical(again.data, results.data)
    assert {n: a.dtype for n, a in again.data.data_vars.items()} == {
        n: a.dtype for n, a in results.data.data_vars.items()
    }
    assert again.provenance == results.provenance
    xr.testing.assert_identical(cs.open_results(path).data, results.data)


def test_a_file_that_is_no_result_is_refused(tmp_path):
    (tmp_path / "results.nc").write_bytes(b"not NetCDF")
    with pytest.raises(InvalidInput):
        cs.open_results(tmp_path)
    xr.Dataset({"a": ("x", np.arange(3))}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(InvalidInput):
        cs.open_results(tmp_path / "other.nc")


def test_plots_are_listed_and_drawn(results):
    import matplotlib.pyplot as plt

    names = dir(results.plot)
    assert {"seat_gap", "demand_and_capacity"} <= set(names)
    figure = results.plot.demand_and_capacity(lang="zh")
    assert figure.axes
    plt.close(figure)
    with pytest.raises(AttributeError, match="there are"):
        _ = results.plot.seat_gaps


def test_any_number_of_workers_gives_the_same_arrays(base):
    one = cs.run(base, replicates=2, jobs=1)
    two = cs.run(base, replicates=2, jobs=2)
    xr.testing.assert_identical(one.data, two.data)


def test_shipped_scenarios_run_together():
    """All plans of the demonstration are paired in one run: same places, areas and children."""
    files = sorted(JIAJIANG.glob("*.yaml"))
    plans = [f for f in files if f.name not in ("totals.yaml", "reported.yaml")]
    loaded = [cs.load(f, SHORT) for f in plans]
    assert "baseline" in {s.name for s in loaded} and len(loaded) >= 6
    data = cs.run(loaded, replicates=1).data
    assert data.scenario.values.tolist() == [s.name for s in loaded]
    rolls = data["roll"].sum(["school", "grade"])
    assert (rolls.sel(year=2017) == 17551).all()
    assert (rolls > 15_000).all()
    births = data["births"].sum("township")
    assert abs(births - births.isel(scenario=0)).max() < 0.1


def test_types_of_public_names_are_those_that_run():
    """What an editor and mypy read in the block for types is what is imported lazily."""
    tree = ast.parse(Path(cs.__file__).read_text(encoding="utf-8"))
    typed = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for inner in node.body:
                typed |= {alias.name: inner.module for alias in inner.names}
    assert set(typed) == set(cs._HOMES) == set(cs.__all__) - {"__version__"}
    for name in set(typed) - {"demography"}:
        assert getattr(import_module(typed[name]), name) is getattr(cs, name)


def test_a_script_without_a_main_guard_may_use_workers(tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(
        "import capsim as cs\n"
        f"s = cs.load({str(JIAJIANG / 'baseline.yaml')!r}, "
        "{'years.horizon': 2018, 'demography.births.stress_paths': []})\n"
        "print(len(cs.run(s, replicates=2, jobs=2).data.replicate))\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "2", done.stderr


def test_results_are_taken_in_all_their_forms(results, tmp_path):
    results.save(tmp_path)
    tables = [cs.compare(form, "baseline").table for form in (results, results.data, tmp_path)]
    for other in tables[1:]:
        assert_frame_equal(tables[0], other)
    assert "baseline" in repr(cs.compare(results, "baseline"))


def test_a_variable_is_never_confused_with_a_method_of_xarray(results):
    assert results["roll"].dims[-2:] == ("school", "grade")
    with pytest.raises(InvalidInput, match="unknown variable"):
        _ = results["rolls"]
    assert "<table>" in results._repr_html_()


def test_coordinates_and_the_file_follow_conventions(results):
    assert results.data.attrs["Conventions"].startswith("CF-")
    assert results.data["x_km"].attrs["units"] == "km"
    assert set(results.data["roll"].coords) <= set(COORDINATES)
    for name in COORDINATES:
        assert results.data[name].attrs["long_name"], name


def test_entry_may_be_a_mapping_everywhere():
    years, grades = range(2000, 2008), range(1, 4)
    rolls = pd.DataFrame(
        [(y, "a", g, 100 + y - 2000) for y in years for g in grades],
        columns=["year", "area", "grade", "pupils"],
    )
    births = pd.DataFrame(
        [(y, "a", 100) for y in range(1993, 2008)], columns=["year", "area", "births"]
    )
    drawn = cs.demography.forecast_rolls(
        rolls, births, entry={"grade": 1, "lag": 6}, horizon=2, draws=4
    )
    assert drawn.sizes["grade"] == 3
    cohorts = cs.demography.entry_cohorts(
        xr.DataArray(
            [100.0] * 8, dims="year", coords={"year": range(2000, 2008)}, attrs={"units": "births"}
        )
    )
    assert cohorts.attrs["units"] == "children"
