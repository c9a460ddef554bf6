"""The building programme: projects that meet each other, by hand."""

from __future__ import annotations

import pytest
from programme_cases import CAUSE, County, build, project


def test_a_school_may_open_and_close_in_one_year():
    county = County([build(), project("close", "new", receiver="town")])
    applied = county.run(2019)[2019]
    new = county.row("new")
    assert applied.opened == [new] and applied.closed == [new]
    assert not county.state.is_open[new]
    assert applied.rooms_change[new, 0, CAUSE["build"]] == 12
    assert applied.rooms_change[new, 0, CAUSE["close"]] == -12
    assert county.rooms("new") == [0, 0]


def test_receivers_are_followed_through_a_chain_in_one_year():
    county = County(
        [
            project("merge", "north", receiver="south"),
            project("merge", "south", receiver="town"),
        ]
    )
    applied = county.run(2019)[2019]
    town = county.row("town")
    assert applied.receiver == {county.row("north"): town, county.row("south"): town}
    assert county.state.posts[town, 0] == 48 + 12 + 12


@pytest.mark.parametrize("order", [(2019, 2021), (2021, 2019)])
def test_merging_into_a_school_that_has_closed_goes_to_its_receiver(order):
    first, second = order
    county = County(
        [
            project("merge", "south", start=first, receiver="town"),
            project("merge", "north", start=second, receiver="south"),
        ]
    )
    years = county.run(2022)
    expected = county.row("town") if second > first else county.row("south")
    assert years[second].receiver[county.row("north")] == expected
    north = county.row("north")
    assert county.schedule.final_receiver(north, county.state.is_open) == county.row("town")


def test_a_merger_waits_for_a_receiver_that_is_late():
    county = County([build(start=2021), project("merge", "north", start=2019, receiver="new")])
    years = county.run(2021)
    assert years[2019].closed == [] and "waits" in years[2019].skipped[0][1]
    assert years[2021].closed == [county.row("north")]
    assert years[2021].receiver == {county.row("north"): county.row("new")}


def test_a_merger_whose_receiver_is_gone_does_not_happen():
    county = County(
        [
            project("close", "south", start=2019),
            project("merge", "north", start=2020, receiver="south"),
        ]
    )
    years = county.run(2020)
    assert county.state.is_open[county.row("north")]
    assert "receiver has closed" in years[2020].skipped[0][1]


def test_work_at_a_campus_that_was_handed_over_serves_its_new_owner():
    county = County(
        [
            project("merge", "north", start=2019, receiver="town", keep_rooms=True),
            project("expand", "north", start=2020, rooms_primary=3),
        ]
    )
    county.run(2020)
    assert county.rooms("town") == [24 + 6 + 3, 0]


def test_work_at_a_closed_school_is_dropped():
    county = County(
        [project("close", "north"), project("expand", "north", start=2020, rooms_primary=3)]
    )
    applied = county.run(2020)[2020]
    assert applied.rooms_change.sum() == 0
    assert applied.skipped[0][1] == "the school has closed"


def test_rooms_out_of_use_come_back_to_the_heir_or_not_at_all():
    works = {
        "start": 2018,
        "lead_time": {"low_months": 40, "high_months": 40},
        "rooms_out_of_use_primary": 4,
    }
    kept = County(
        [
            project("renovate", "north", **works),
            project("merge", "north", start=2020, receiver="town", keep_rooms=True),
        ]
    )
    kept.run(2022)
    assert kept.rooms("town") == [30, 0]
    gone = County(
        [
            project("renovate", "north", **works),
            project("merge", "north", start=2020, receiver="town"),
        ]
    )
    gone.run(2022)
    assert gone.rooms("town") == [24, 0]


def test_leased_rooms_are_given_back_from_the_level_they_passed_to():
    county = County(
        [
            project("lease", "north", start=2018, rooms_primary=4, end_year=2022),
            project("convert", "north", start=2019, to="junior"),
        ]
    )
    county.run(2021)
    assert county.rooms("north") == [0, 10]
    county.step(2022)
    assert county.rooms("north") == [0, 6]


def test_leased_rooms_are_given_back_from_both_levels_where_one_has_too_few():
    county = County(
        [
            project("lease", "north", start=2018, rooms_primary=4, end_year=2022),
            project("convert", "north", start=2019, to="nine_year", rooms_moved=8),
        ]
    )
    county.run(2021)
    assert county.rooms("north") == [2, 8]
    county.step(2022)
    assert county.rooms("north") == [0, 6]


def test_rooms_that_return_serve_the_level_that_is_left():
    county = County(
        [
            project(
                "renovate",
                "both",
                start=2018,
                lead_time={"low_months": 40, "high_months": 40},
                rooms_out_of_use_junior=2,
            ),
            project("convert", "both", start=2020, to="primary", receiver="middle"),
        ]
    )
    county.run(2020)
    assert county.rooms("both") == [12 + 4, 0]
    county.step(2021)
    assert county.rooms("both") == [12 + 6, 0]


def test_work_begun_before_the_base_year_closes_rooms_from_the_year_after_it():
    county = County(
        [
            project(
                "renovate",
                "town",
                start=2016,
                lead_time={"low_months": 40, "high_months": 40},
                rooms_out_of_use_primary=5,
            )
        ]
    )
    county.step(2018)
    assert county.rooms("town") == [19, 0]
    county.step(2019)
    assert county.rooms("town") == [24, 0]


def test_teaching_points_follow_their_parent_into_a_merger():
    county = County(
        [
            project("convert", "north", start=2018, to="teaching_point", receiver="south"),
            project("merge", "south", start=2020, receiver="town"),
        ]
    )
    county.run(2020)
    assert county.state.parent[county.row("north")] == county.row("town")
