"""What the tables report of the base year stands in year 0, and its history is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from runs import recorded

import capsim
from capsim.county.county import build_county
from capsim.schools.classes.formation import class_pupils
from capsim.schools.classes.sizes import class_sizes
from capsim.year.model import CountyModel

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"
SCHOOL, POINT = "yancheng-primary-2", "xinchang-point-1"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(JIAJIANG, tmp_path / "county"))


def model_of(folder):
    scenario = capsim.load(folder / "baseline.yaml", {"years.horizon": 2018})
    county = build_county(scenario, replicates=1)
    return CountyModel(county, 0)


def test_reported_classes_stand_whatever_their_size(folder):
    """A class far above the hard cap with rooms free, and tiny grades taught apart, are kept."""
    table = folder / "tables" / "classes.csv"
    classes = pd.read_csv(table)
    classes.loc[(classes.school == SCHOOL) & (classes.grade == 2), "classes"] = 1
    classes = classes[classes.school != POINT]
    apart = pd.DataFrame({"school": POINT, "grade": [1, 2, 3], "classes": [1, 1, 1]})
    pd.concat([classes, apart]).to_csv(table, index=False)
    model = model_of(folder)
    schools = model.state.schools
    row, point = schools.ids.index(SCHOOL), schools.ids.index(POINT)
    pupils = schools.roll[row, 1]
    assert schools.rooms[row, 0] > schools.classes[row].sum()  # a room is free
    np.testing.assert_array_equal(model.state.class_plan.classes[row, :6], [3, 1, 3, 3, 3, 3])
    sizes = class_sizes(
        class_pupils(schools.roll, model.state.class_plan), model.state.class_plan.classes
    )
    assert sizes.small[row, 1] == pupils > 100
    taught = schools.roll[point] > 0
    np.testing.assert_array_equal(model.state.class_plan.classes[point][taught], 1)
    np.testing.assert_array_equal(model.state.class_plan.class_grade[point], np.arange(9))


def test_a_grade_without_a_class_of_its_own_shares_a_lower_one(folder):
    table = folder / "tables" / "classes.csv"
    classes = pd.read_csv(table)
    classes = classes[classes.school != POINT]
    shared = pd.DataFrame({"school": POINT, "grade": [1, 2, 3], "classes": [1, 0, 0]})
    pd.concat([classes, shared]).to_csv(table, index=False)
    model = model_of(folder)
    row = model.state.schools.ids.index(POINT)
    assert model.state.class_plan.classes[row].sum() == 1
    taught = model.state.schools.roll[row] > 0
    assert (model.state.class_plan.class_grade[row][taught] == 0).all()


def test_retention_counts_from_the_history_of_the_rolls(folder):
    table = folder / "tables" / "rolls.csv"
    rolls = pd.read_csv(table)
    rolls["year"] = 2017
    before = pd.DataFrame(
        {"school": [SCHOOL, SCHOOL], "grade": [1, 2], "pupils": [3000, 9], "year": [2009, 2009]}
    )
    pd.concat([rolls, before]).to_csv(table, index=False)
    _, recorder = recorded(model_of(folder).county)
    last = rolls[rolls.grade == 9]["pupils"].sum()
    assert recorder.record.get("retention", 0) == pytest.approx(last / 3000)
    assert np.isnan(recorder.record.get("retention", 1))
