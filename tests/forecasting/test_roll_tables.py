from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.forecasting.roll_tables import births_array, roll_array


def table() -> pd.DataFrame:
    rows = [
        {"year": y, "area": a, "age": g, "pupils": 10 * g + y - 2000}
        for y in (2001, 2002, 2003)
        for a in ("north", "east")
        for g in (5, 6)
    ]
    return pd.DataFrame(rows)


def born() -> pd.DataFrame:
    return pd.DataFrame(
        [{"year": y, "area": a, "births": 9} for y in (2001, 2002) for a in ("north", "east")]
    )


def test_areas_keep_the_order_of_the_table() -> None:
    assert roll_array(table())["area"].values.tolist() == ["north", "east"]


def test_regions_are_areas_and_sexes_are_added_up() -> None:
    frame = pd.concat([table().assign(sex=s) for s in "fm"]).rename(columns={"area": "region"})
    np.testing.assert_array_equal(roll_array(frame).values, 2 * roll_array(table()).values)


def test_labelled_array_in_any_order() -> None:
    array = roll_array(table())
    again = roll_array(array.transpose("age", "area", "year").isel(year=[2, 0, 1]))
    xr.testing.assert_identical(array, again)


def test_open_age_group_and_preschool_are_left_out_with_a_warning() -> None:
    frame = table().assign(age=lambda f: f["age"].astype(str))
    more = frame[frame["age"] == "6"].assign(age="7+")
    with pytest.warns(UserWarning, match=r"open age group 7\+: left out"):
        assert roll_array(pd.concat([frame, more]))["age"].values.tolist() == [5, 6]
    with pytest.warns(UserWarning, match="age 5 before entry at 6"):
        assert roll_array(table(), first_stage=6)["age"].values.tolist() == [6]


def test_births_of_other_areas_are_left_out_with_a_warning() -> None:
    more = pd.concat([born(), born().assign(area=lambda f: f["area"] + " sea")])
    with pytest.warns(UserWarning, match="north sea, east sea, which has no rolls"):
        array = births_array(more, roll_array(table())["area"])
    assert array["area"].values.tolist() == ["north", "east"]


def _changed(frame: pd.DataFrame, row: int, **values: Any) -> pd.DataFrame:
    changed = frame.copy().astype(object)
    for column, value in values.items():
        changed.loc[row, column] = value
    return changed


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table().drop(columns="pupils"), "rolls: lacks the column pupils"),
        (table().drop(columns="age"), "needs one of the columns grade and age"),
        (table().assign(grade=1), "needs one of the columns grade and age"),
        (_changed(table(), 3, pupils=-4), "pupils: -4 is negative"),
        (_changed(table(), 3, pupils="many"), "pupils: many is not a number"),
        (_changed(table(), 3, year="x"), "year: x is not a number"),
        (table().drop(index=3), "pupils missing: year 2001, area east, age 6"),
        (table()[table()["year"] != 2002], "year 2002 missing between 2001 and 2003"),
        (pd.concat([table(), table().head(1)]), "repeats the row of year 2001, area north, age 5"),
        ([1, 2], "rolls: is a list"),
    ],
)
def test_bad_rolls(frame: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words), warnings.catch_warnings():
        warnings.simplefilter("error")
        roll_array(frame)


def test_bad_labelled_rolls() -> None:
    array = roll_array(table())
    for wrong, words in (
        (array.rename(area="place"), "lacks the dimension area"),
        (array.drop_vars("year"), "no labels on dimension year"),
        (array.isel(year=[0, 0, 1]), "repeats a label of year"),
    ):
        with pytest.raises(InvalidInput, match=words):
            roll_array(wrong)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (born()[born()["area"] == "east"], "no births for area north"),
        (born().assign(births=-1), "births: -1 is negative"),
        (born().assign(year=lambda f: 2 * f["year"]), "year 4003 missing"),
    ],
)
def test_bad_births(frame: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        births_array(frame, roll_array(table())["area"])


def test_entry_stage_must_be_in_the_rolls() -> None:
    with pytest.raises(InvalidInput, match="age 4, the entry age, is not in the rolls"):
        roll_array(table(), first_stage=4)
