"""Who is concerned by a plan: tables against cases worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.measures.consequences import (
    crowded_schools,
    school_closures,
    teacher_balance,
    travel_changes,
    unplaced_children,
)


@pytest.fixture
def data():
    """Two scenarios, four replicates, 2017-2020, schools: town, hill (village), new (town)."""
    run = ("scenario", "replicate", "year")
    is_open = np.ones((2, 4, 4, 3))
    is_open[:, :, :2, 2] = 0  # opens in 2019
    is_open[1, 0, 2:, 1] = 0  # hill closes in 2019, 2020, 2020 and never
    is_open[1, 1:3, 3:, 1] = 0
    roll = np.zeros((2, 4, 4, 3, 9))
    roll[..., 0] = 10 * is_open
    roll[1, 1, 2, 1, 0] = 22
    teachers = np.zeros((2, 4, 4, 3, 2))
    teachers[..., 0, 0] = 20
    teachers[..., 1, 0] = 5
    need = np.zeros_like(teachers)
    need[..., 0, 0] = 22
    need[..., 1, 0] = 2
    need[:, :2, :, 2, 0] = np.nan
    need[:, 2:, :, 2, 0] = 4
    over = np.zeros((2, 4, 4, 3, 2))
    over[0, :2, 3, 0, 0] = 12
    over[0, :, 3, 1, 0] = 1
    travel = np.zeros((2, 4, 4, 2, 3)) + 2
    travel[1, :, 2:, 0, 2] += 1.5
    return xr.Dataset(
        {
            "is_open": ((*run, "school"), is_open),
            "roll": ((*run, "school", "grade"), roll),
            "teachers": ((*run, "school", "level"), teachers),
            "teacher_need_norm": ((*run, "school", "level"), need),
            "teacher_need_classes": ((*run, "school", "level"), need + 1),
            "posts": ((*run, "school", "level"), teachers),
            "over_cap": ((*run, "school", "level"), over),
            "travel_km": ((*run, "level", "settlement_kind"), travel),
            "travel_km_p90": ((*run, "level", "settlement_kind"), 2 * travel),
        },
        coords={
            "scenario": ["base", "plan"],
            "replicate": range(4),
            "year": range(2017, 2021),
            "school": ["town", "hill", "new"],
            "grade": range(1, 10),
            "level": ["primary", "junior"],
            "settlement_kind": ["county_town", "township_seat", "village"],
            "name": ("school", ["Town", "Hill", "New"]),
            "name_zh": ("school", ["城", "山", "新"]),
            "school_settlement_kind": ("school", ["county_town", "village", "county_town"]),
        },
    )


def test_which_schools_close_when(data):
    table = school_closures(data)
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["scenario"], row["school"], row["name_zh"]) == ("plan", "hill", "山")
    assert row["settlement_kind"] == "village"
    assert row["share"] == 0.75
    assert (row["p10"], row["p50"], row["p90"]) == (2019, 2020, 2020)
    assert row["pupils"] == pytest.approx((10 + 22 + 10) / 3)


def test_a_school_that_opens_late_is_not_closed(data):
    assert "new" not in set(school_closures(data)["school"])


def test_no_closures_give_an_empty_table_with_its_columns(data):
    table = school_closures(data.sel(scenario=["base"]))
    assert table.empty and "p50" in table


def test_who_travels_how_much_further(data):
    table = travel_changes(data, "base", years=[2019]).table
    further = table[table["mean"] != 0]
    assert set(further["settlement_kind"]) == {"village"} and set(further["level"]) == {"primary"}
    means = dict(zip(further["variable"], further["mean"], strict=True))
    assert means == {"travel_km": 1.5, "travel_km_p90": 3.0}


def test_teachers_by_place_and_measure_are_not_netted(data):
    table = teacher_balance(data, [2020])
    town = table.query(
        "scenario == 'base' and level == 'primary' and measure == 'norm'"
        " and settlement_kind == 'county_town'"
    ).iloc[0]
    # Town: 2 short; the new school is 4 short in half of the replicates.
    assert town["teachers"] == 20 and town["need"] == 22 + 2
    assert town["short"] == 2 + 2 and town["surplus"] == 0
    assert (town["p10"], town["p90"]) == (-6, -2)
    hill = table.query(
        "scenario == 'base' and level == 'primary' and measure == 'norm'"
        " and settlement_kind == 'village'"
    ).iloc[0]
    assert hill["surplus"] == 3 and hill["short"] == 0
    posts = table[table["measure"] == "posts"]
    assert not posts[["short", "surplus", "p10", "p90"]].to_numpy().any()
    assert len(table) == 2 * 1 * 2 * 3 * 3


def test_where_classes_exceed_the_cap(data):
    table = crowded_schools(data, [2019, 2020])
    assert table["school"].tolist() == ["town", "hill"]
    assert table["share"].tolist() == [0.5, 1.0]
    assert table["pupils"].tolist() == [6.0, 1.0]
    assert crowded_schools(data, [2020], least_share=0.6)["school"].tolist() == ["hill"]
    assert crowded_schools(data, [2019]).empty


def without_seats(data, *, rooms=3, least=1.0):
    """Seven children of hill township without a seat in 2019 and four in 2020, in one future."""
    run = ("scenario", "replicate", "year")
    children = np.zeros((2, 4, 4, 2, 2))
    children[0, 2, 2, 0, 1], children[0, 2, 3, 0, 1] = 7, 4
    seats = np.zeros((2, 4, 4, 3, 2))
    seats[..., 1, 0] = 45 * (5 + rooms)  # hill has five teachers
    settings = {"classes": {"least_teachers_per_class": {"primary": least, "junior": least}}}
    names = [str(name) for name in data["scenario"].values]
    data = data.assign(
        unplaced=((*run, "level", "township"), children),
        school_capacity=((*run, "school", "level"), seats),
    ).assign_coords(
        township=["town", "hill"], class_cap=(("scenario", "level"), np.full((2, 2), 45.0))
    )
    data.attrs["provenance"] = json.dumps({"scenarios": dict.fromkeys(names, settings)})
    return data


def test_children_without_a_seat_by_hand(data):
    name = str(data["scenario"].values[0])
    found = unplaced_children(without_seats(data), name)
    assert (found.futures, found.years, found.most) == (1, (2019, 2020), 7)
    assert (found.year, found.level, found.township) == (2019, "primary", "hill")
    assert found.rooms_without_teachers == 3
    # No room stands idle for want of teachers, or no rule asks for teachers.
    assert unplaced_children(without_seats(data, rooms=0), name).rooms_without_teachers == 0
    assert unplaced_children(without_seats(data, least=0.0), name).rooms_without_teachers == 0
    assert unplaced_children(without_seats(data), str(data["scenario"].values[1])) is None
    assert unplaced_children(data, name) is None


def test_unknown_years_are_refused(data):
    with pytest.raises(InvalidInput, match="2050 not in the results"):
        teacher_balance(data, [2020, 2050])
    with pytest.raises(InvalidInput, match="2051"):
        crowded_schools(data, [2051])
