"""The building programme: each kind of project alone, by hand."""

from __future__ import annotations

import numpy as np
from programme_cases import BASE, CAP, CAUSE, County, build, project

from capsim.core.dims import SCHOOL_KINDS
from capsim.schools.programme.programme import (
    leases_in_force,
    zone_changes,
)


def test_build_opens_the_school_with_its_rooms_beds_and_posts():
    county = County([build(rooms_primary=24, beds=80)])
    before = county.step(2018)
    assert not before and not county.state.is_open[-1]
    applied = county.step(2019)
    assert applied.opened == [county.row("new")]
    assert county.state.is_open[-1]
    assert county.rooms("new") == [24, 0]
    assert county.grades("new") == [1, 2, 3, 4, 5, 6]
    assert county.state.beds[-1] == 80
    # 24 x 45 seats / 19 pupils a member of staff x 0.91 of them teachers = 51.7
    assert county.state.posts[-1].tolist() == [52, 0]
    assert applied.rooms_change[-1, 0, CAUSE["build"]] == 24
    assert applied.rooms_change.sum() == 24
    assert county.ledger.new_seats()[-1].tolist() == [24 * 45, 0]


def test_a_year_with_nothing_due_changes_nothing():
    county = County([build(start=2025)])
    copy = county.state.rooms.copy()
    applied = county.step(2018)
    assert applied.rooms_change is None and not applied.closed and not applied.receiver
    assert np.array_equal(copy, county.state.rooms)


def test_an_empty_programme_leaves_everything_alone():
    county = County([])
    assert all(not applied for applied in county.run(2030).values())


def test_phases_add_rooms_later_and_cost_for_themselves():
    county = County(
        [
            build(
                rooms_primary=12,
                cost_yuan=10_000_000,
                phases=[{"start_year": 2021, "rooms_primary": 6, "cost_yuan": 4_000_000}],
            )
        ]
    )
    county.run(2020)
    assert county.rooms("new") == [12, 0]
    county.step(2021)
    assert county.rooms("new") == [18, 0]
    cost = county.programme.capital_cost(county.schedule, range(BASE, 2031))
    assert cost[2019 - BASE, 0, 0] == 10_000_000
    assert cost[2021 - BASE, 0, 0] == 4_000_000
    assert cost.sum() == 14_000_000


def test_transfers_are_announced_with_the_opening():
    county = County([build(transfer_from=["town"], transfer_grades=[2, 3], transfer_share=0.4)])
    applied = county.run(2019)[2019]
    (event,) = applied.transfers
    assert event.school == county.row("new")
    assert event.transfer_from == (county.row("town"),)
    assert event.transfer_grades == (2, 3)
    assert event.transfer_share == 0.4


def test_expand_adds_rooms_to_a_standing_school():
    county = County([project("expand", "town", rooms_primary=6, beds=10)])
    applied = county.run(2019)[2019]
    assert county.rooms("town") == [30, 0]
    assert county.state.beds[0] == 30
    assert applied.rooms_change[0, 0, CAUSE["expand"]] == 6


def test_seats_become_the_rooms_they_need_at_the_class_cap():
    county = County([project("expand", "town", seats_primary=181)])
    county.run(2019)
    assert county.rooms("town") == [24 + 5, 0]  # 181 / 45 = 4.02


def test_renovation_takes_rooms_out_of_use_and_gives_them_back_with_the_gain():
    county = County(
        [
            project(
                "renovate",
                "town",
                start=2018,
                lead_time={"low_months": 30, "high_months": 30},
                rooms_out_of_use_primary=8,
                rooms_change_primary=2,
            )
        ]
    )
    years = county.run(2021)
    # January 2018 + 30 months: closed in September 2018 and 2019, back in September 2020.
    assert years[2018].rooms_change[0, 0, CAUSE["renovate"]] == -8
    assert not years[2019]
    assert years[2020].rooms_change[0, 0, CAUSE["renovate"]] == 10
    assert county.rooms("town") == [26, 0]
    assert county.ledger.new_seats()[0, 0] == 2 * 45


def test_work_over_one_summer_closes_no_rooms():
    county = County(
        [project("renovate", "town", lead_time={"low_months": 6, "high_months": 6},
                 rooms_out_of_use_primary=8)]
    )  # fmt: skip
    assert county.run(2020)[2019].rooms_change.sum() == 0
    assert county.rooms("town") == [24, 0]


def test_merge_moves_posts_and_names_the_receiver_but_gives_the_campus_up():
    county = County([project("merge", "north", receiver="town")])
    applied = county.run(2019)[2019]
    north, town = county.row("north"), county.row("town")
    assert applied.closed == [north]
    assert applied.receiver == {north: town}
    assert not county.state.is_open[north]
    assert county.rooms("north") == [0, 0]
    assert county.rooms("town") == [24, 0]
    assert county.state.posts[north].tolist() == [0, 0]
    assert county.state.posts[town].tolist() == [48 + 12, 0]
    assert applied.rooms_change[north, 0, CAUSE["merge"]] == -6
    assert applied.rooms_change.sum() == -6


def test_a_primary_and_a_junior_school_merge_into_one_nine_year_school():
    county = County([project("merge", "town", receiver="middle", keep_rooms=True)])
    applied = county.run(2019)[2019]
    assert county.rooms("middle") == [24, 18]
    assert county.grades("middle") == list(range(1, 10))
    assert SCHOOL_KINDS[county.state.kind[county.row("middle")]] == "nine_year"
    assert county.state.posts[county.row("middle")].tolist() == [48, 36]
    assert county.state.beds[county.row("middle")] == 40
    assert applied.rooms_change.sum() == 0
    assert county.ledger.new_seats().sum() == 0


def test_close_without_receiver_releases_the_posts():
    county = County([project("close", "north")])
    applied = county.run(2019)[2019]
    assert applied.receiver == {county.row("north"): -1}
    assert applied.posts_released.tolist() == [12, 0]
    assert applied.rooms_change[county.row("north"), 0, CAUSE["close"]] == -6


def test_close_one_level_keeps_the_other():
    county = County([project("close", "both", level="junior", receiver="middle")])
    applied = county.run(2019)[2019]
    assert county.rooms("both") == [12, 0]
    assert county.grades("both") == [1, 2, 3, 4, 5, 6]
    assert county.state.is_open[county.row("both")]
    assert SCHOOL_KINDS[county.state.kind[county.row("both")]] == "primary"
    assert applied.receiver == {county.row("both"): county.row("middle")}
    assert applied.closed == []


def test_gradual_closure_stops_the_intake_and_keeps_the_rooms_to_the_end():
    county = County([project("close", "north", gradual=True)])
    county.run(2019)
    assert county.grades("north") == [2, 3, 4, 5, 6]
    assert county.rooms("north") == [6, 0]
    for year in range(2020, 2024):
        county.step(year)
    assert county.grades("north") == [6]
    applied = county.step(2024)
    assert applied.closed == [county.row("north")]
    assert county.rooms("north") == [0, 0]


def test_a_primary_school_becomes_junior_at_once():
    county = County([project("convert", "north", to="junior", receiver="south")])
    applied = county.run(2019)[2019]
    assert county.rooms("north") == [0, 6]
    assert county.grades("north") == [7, 8, 9]
    assert applied.receiver == {county.row("north"): county.row("south")}
    assert applied.rooms_change[county.row("north"), :, CAUSE["convert"]].tolist() == [-6, 6]


def test_a_primary_school_becomes_junior_as_the_wave_passes():
    county = County([project("convert", "town", to="junior", gradual=True)])
    seen = []
    for year in range(2018, 2026):
        county.step(year)
        seen.append((county.rooms("town"), county.grades("town")))
    assert seen[0] == ([24, 0], [1, 2, 3, 4, 5, 6])
    assert seen[1] == ([20, 4], [2, 3, 4, 5, 6, 7, 8, 9])
    assert seen[2] == ([16, 8], [3, 4, 5, 6, 7, 8, 9])
    assert seen[5] == ([4, 20], [6, 7, 8, 9])
    assert seen[6] == seen[7] == ([0, 24], [7, 8, 9])
    assert SCHOOL_KINDS[county.state.kind[0]] == "junior"


def test_a_primary_school_grows_into_a_nine_year_school():
    county = County([project("convert", "town", to="nine_year", rooms_moved=9)])
    county.run(2019)
    assert county.rooms("town") == [15, 9]
    assert county.grades("town") == list(range(1, 10))


def test_a_teaching_point_keeps_grades_1_to_3_and_a_room_for_each():
    county = County([project("convert", "north", to="teaching_point", receiver="town")])
    applied = county.run(2019)[2019]
    north = county.row("north")
    assert county.rooms("north") == [3, 0]
    assert county.grades("north") == [1, 2, 3]
    assert county.state.parent[north] == county.row("town")
    assert SCHOOL_KINDS[county.state.kind[north]] == "teaching_point"
    assert applied.teaching_points == [north]
    assert applied.receiver == {north: county.row("town")}
    assert county.state.is_open[north]


def test_lease_ends():
    county = County([project("lease", "town", rooms_primary=4, end_year=2022)])
    county.run(2021)
    assert county.rooms("town") == [28, 0]
    assert leases_in_force(county.programme, county.schedule, CAP) == (180.0, 0.0)
    applied = county.step(2022)
    assert county.rooms("town") == [24, 0]
    assert applied.rooms_change[0, 0, CAUSE["lease"]] == -4
    assert leases_in_force(county.programme, county.schedule, CAP) == (0.0, 0.0)
    assert county.ledger.new_seats().sum() == 0


def test_a_stated_rent_replaces_the_price_per_seat():
    county = County([project("lease", "town", rooms_primary=4, rent_yuan_per_year=90_000)])
    assert leases_in_force(county.programme, county.schedule, CAP) == (0.0, 0.0)
    county.run(2019)
    assert leases_in_force(county.programme, county.schedule, CAP) == (0.0, 90_000.0)


def test_zones_of_a_new_school():
    county = County([build(zone_settlements=["a", "b"], zone_replaces=True)])
    applied = county.run(2019)[2019]
    (change,) = zone_changes(county.programme, applied)
    assert (change.settlements, change.replaces) == (("a", "b"), True)
    plain = County([build()])
    (change,) = zone_changes(plain.programme, plain.run(2019)[2019])
    assert (change.settlements, change.replaces) == (("s",), False)
