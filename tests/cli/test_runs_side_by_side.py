"""Runs of several folders put side by side: the same as one run of all their scenarios."""

import shutil

import numpy as np
import pytest

from capsim.cli.runs import open_runs, side_by_side
from capsim.core.errors import InvalidInput

SHORT = ("--replicates", "2", "--set", "years.horizon=2021")
BUILD = """extends: baseline.yaml
name: one_school
programme:
  projects:
    - project: new_primary
      kind: build
      school: NEW1
      school_kind: primary
      settlement: {settlement}
      rooms_primary: 6
      start_year: 2020
      lead_time: {{low_months: 12, high_months: 12, delay_probability: 0}}
      cost_yuan: 5000000
"""


@pytest.fixture(scope="module")
def folders(county, call, tmp_path_factory):
    """Folders of the baseline, of a plan that builds a school, and of both in one run."""
    place = tmp_path_factory.mktemp("side") / "county"
    shutil.copytree(county, place)
    settlements = (place / "tables" / "settlements.csv").read_text("utf-8-sig").splitlines()
    (place / "plan.yaml").write_text(BUILD.format(settlement=settlements[1].split(",")[0]), "utf-8")
    out = {}
    for name, files in {
        "base": ["baseline.yaml"],
        "plan": ["plan.yaml"],
        "both": ["baseline.yaml", "plan.yaml"],
    }.items():
        said = call("run", *files, *SHORT, "--out", name, folder=place)
        assert said.code == 0, said.err
        out[name] = place / name
    return out


def test_two_folders_are_the_same_as_one_run_of_both(folders):
    alone = open_runs([folders["base"], folders["plan"]]).data
    together = open_runs([folders["both"]]).data
    assert alone.sizes == together.sizes
    assert together.sizes["school"] > open_runs([folders["base"]]).data.sizes["school"]
    for name, expected in together.data_vars.items():
        found = alone[name]
        assert found.dims == expected.dims and found.dtype == expected.dtype, name
        at = {dim: expected[dim] for dim in expected.dims if dim in expected.coords}
        assert np.array_equal(found.sel(at).values, expected.values, equal_nan=True), name
    for name, expected in together.coords.items():
        at = {dim: together[dim] for dim in expected.dims if dim in together.coords}
        assert (alone[name].sel(at).values == expected.values).all(), name


def test_only_the_variables_asked_for_are_read(folders):
    data = open_runs([folders["base"], folders["plan"]], variables=["roll", "capital_cost"]).data
    assert set(data.data_vars) == {"roll", "capital_cost"}


def test_a_variable_that_one_plan_lacks_is_a_flow_of_nothing(folders):
    base, plan = (open_runs([folders[name]]).data for name in ("base", "plan"))
    joined = side_by_side([base.drop_vars(["entrants", "utilisation"]), plan])
    entrants = joined["entrants"].sel(scenario="baseline").transpose("year", ...).values
    assert np.isnan(entrants[0]).all() and (entrants[1:] == 0).all()
    assert joined["utilisation"].sel(scenario="baseline").isnull().all()
    assert (
        joined["entrants"].sel(scenario="one_school", school=plan.school).sum()
        == plan.entrants.sum()
    )


def test_runs_of_other_seeds_cannot_be_paired(folders, county, call, tmp_path):
    said = call("run", county / "baseline.yaml", *SHORT, "--seed", "7", "--out", tmp_path / "other")
    assert said.code == 0, said.err
    with pytest.raises(InvalidInput, match="differ in seed"):
        open_runs([folders["base"], tmp_path / "other"])
