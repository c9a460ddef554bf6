"""The building programme: each kind of project alone, by hand, and programmes at random."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from capsim.catalogue import CAPACITY_CAUSES
from capsim.county.ledger import SeatLedger
from capsim.county.programme import (
    apply_events,
    compile_programme,
    draw_schedule,
    due_events,
    leases_in_force,
    zone_changes,
)
from capsim.county.projects import GRADES_OF_KIND
from capsim.dims import SCHOOL_KINDS
from capsim.scenario.programme_options import ProgrammeOptions

CAP = np.array([45.0, 50.0])
BASE = 2017
CAUSE = {name: k for k, name in enumerate(CAPACITY_CAUSES)}
AT_ONCE = {"low_months": 0, "high_months": 0}


@dataclass
class Columns:
    """The least a state must have."""

    rooms: np.ndarray
    posts: np.ndarray
    teaches: np.ndarray
    is_open: np.ndarray
    beds: np.ndarray
    parent: np.ndarray
    kind: np.ndarray


STANDING = {
    "town": ("primary", 24, 0),
    "middle": ("junior", 0, 18),
    "north": ("primary", 6, 0),
    "south": ("primary", 6, 0),
    "both": ("nine_year", 12, 6),
}


@dataclass
class County:
    """Schools by name, with a programme run year by year."""

    projects: list[dict]
    replicate: int = 0
    seed: int = 1
    log: list = field(default_factory=list)

    def __post_init__(self):
        options = ProgrammeOptions(projects=self.projects)
        built = [(p.school, p.school_kind) for p in options.projects if p.kind == "build"]
        self.ids = [*STANDING, *(name for name, _ in built)]
        kinds = [*(k for k, _, _ in STANDING.values()), *(k for _, k in built)]
        n, m = len(self.ids), len(STANDING)
        grades = np.zeros((n, 9), bool)
        for row, kind in enumerate(kinds):
            grades[row, [g - 1 for g in GRADES_OF_KIND[kind]]] = True
        rooms = np.zeros((n, 2), np.int32)
        rooms[:m] = [r[1:] for r in STANDING.values()]
        self.state = Columns(
            rooms=rooms,
            posts=(2 * rooms).astype(np.int32),
            teaches=grades,
            is_open=np.arange(n) < m,
            beds=np.where(np.arange(n) < m, 20, 0).astype(np.int32),
            parent=np.full(n, -1, np.int32),
            kind=np.array([SCHOOL_KINDS.index(k) for k in kinds], np.int32),
        )
        self.programme = compile_programme(
            options, school_ids=self.ids, school_kinds=kinds, class_cap=CAP, base_year=BASE
        )
        self.schedule = draw_schedule(self.programme, self.seed, self.replicate)
        self.ledger = SeatLedger(self.state.rooms, CAP)

    def row(self, name):
        return self.ids.index(name)

    def rooms(self, name):
        return self.state.rooms[self.row(name)].tolist()

    def grades(self, name):
        return (np.flatnonzero(self.state.teaches[self.row(name)]) + 1).tolist()

    def step(self, year):
        applied = apply_events(self.state, self.schedule, due_events(self.schedule, year))
        self.ledger.record(applied.rooms_change)
        assert self.ledger.balances(self.state.rooms)
        return applied

    def run(self, last):
        return {year: self.step(year) for year in range(BASE + 1, last + 1)}


def project(kind, school, start=2019, **more):
    more.setdefault("lead_time", AT_ONCE)
    name = more.pop("project", f"{kind}-{school}")
    return {"kind": kind, "project": name, "school": school, "start_year": start, **more}


def build(school="new", start=2019, **more):
    more.setdefault("school_kind", "primary")
    more.setdefault("settlement", "s")
    if not any(k.startswith(("rooms", "seats", "area")) for k in more):
        more["rooms_primary"] = 12
    return project("build", school, start, **more)


# One kind at a time -------------------------------------------------------------------------


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


# Together -----------------------------------------------------------------------------------


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


# Random numbers -----------------------------------------------------------------------------


def opening_years(projects, replicates=2000, seed=1):
    programme = County(projects).programme
    years = []
    for replicate in range(replicates):
        schedule = draw_schedule(programme, seed, replicate)
        years.append(next(y for y in range(BASE, 2050) if due_events(schedule, y)))
    return np.array(years)


def test_the_opening_is_the_first_september_after_the_lead_time():
    # January 2018 + 24 to 36 months: by 1 September 2020 with probability 8/12, else 2021.
    years = opening_years([build(start=2018, lead_time={"low_months": 24, "high_months": 36})])
    assert set(years) == {2020, 2021}
    result = stats.binomtest(int((years == 2020).sum()), len(years), 8 / 12)
    assert result.pvalue > 0.001


def test_delay_risk_moves_the_share_it_says():
    lead = {
        "low_months": 20,
        "high_months": 20,
        "delay_probability": 0.3,
        "delay_low_months": 1,
        "delay_high_months": 12,
    }
    years = opening_years([build(start=2018, lead_time=lead)])
    # January 2018 + 20 months is 1 September 2019 exactly; any delay costs a year.
    assert set(years) == {2019, 2020}
    assert stats.binomtest(int((years == 2020).sum()), len(years), 0.3).pvalue > 0.001


def test_triangular_lead_times_have_the_distribution_they_say():
    lead = {"low_months": 10, "mode_months": 15, "high_months": 30}
    programme = County([build(start=2018, lead_time=lead)]).programme
    drawn = np.array([programme.lead_times.draw(3, r)[0] for r in range(2000)])
    reference = stats.triang(c=5 / 20, loc=10, scale=20)
    assert stats.kstest(drawn, reference.cdf).pvalue > 0.001


def test_the_same_project_takes_as_long_in_another_scenario():
    lead = {"low_months": 12, "high_months": 60, "delay_probability": 0.5}
    one = County([build("new", lead_time=lead)]).programme
    two = County([build("other", lead_time=lead, project="x"), build("new", lead_time=lead)])
    for replicate in range(20):
        alone = one.lead_times.draw(1, replicate)[0]
        beside = two.programme.lead_times.draw(1, replicate)[1]
        assert alone == beside
    assert one.lead_times.draw(1, 0)[0] != one.lead_times.draw(1, 1)[0]


def test_what_is_not_finished_in_the_base_year_opens_a_year_later_at_the_earliest():
    lead = {"low_months": 6, "high_months": 48}
    years = opening_years([build(start=2016, lead_time=lead)], replicates=200)
    assert years.min() == BASE + 1


# At random ----------------------------------------------------------------------------------

NAMES = [*STANDING, "new1", "new2"]


@st.composite
def programmes(draw):
    """Projects without regard to sense: the accounts must hold all the same."""
    lead = st.builds(
        lambda low, more, p: {
            "low_months": low,
            "high_months": low + more,
            "delay_probability": p,
        },
        st.integers(0, 30),
        st.integers(0, 12),
        st.sampled_from([0.0, 0.5]),
    )
    start = st.integers(2017, 2024)
    projects = [
        build("new1", draw(start), lead_time=draw(lead), beds=10),
        build("new2", draw(start), lead_time=draw(lead), school_kind="nine_year",
              rooms_primary=6, rooms_junior=3),
    ]  # fmt: skip
    school = st.sampled_from(NAMES)
    for k in range(draw(st.integers(1, 8))):
        name = draw(school)
        other = draw(school.filter(lambda s, name=name: s != name))
        flag = draw(st.booleans())
        small = draw(st.integers(0, 5))
        kind = draw(st.sampled_from(["expand", "renovate", "merge", "close", "convert", "lease"]))
        extra = {
            "expand": {"rooms_primary": small, "rooms_junior": 5 - small, "beds": small},
            "renovate": {
                "rooms_out_of_use_primary": small,
                "rooms_out_of_use_junior": 5 - small,
                "rooms_change_primary": draw(st.integers(-4, 4)),
            },
            "merge": {"receiver": other, "keep_rooms": flag},
            "close": {"receiver": other if flag else None, "gradual": draw(st.booleans()),
                      "level": draw(st.sampled_from([None, "primary", "junior"]))},
            "convert": {
                "to": draw(st.sampled_from(["primary", "junior", "nine_year", "teaching_point"])),
                "gradual": flag,
                "receiver": other,
                "rooms_moved": small,
            },
            "lease": {"rooms_primary": small, "rooms_junior": 5 - small,
                      "end_year": draw(st.integers(2018, 2028)) if flag else None},
        }[kind]  # fmt: skip
        projects.append(
            project(kind, name, draw(start), lead_time=draw(lead), project=f"p{k}",
                    cost_yuan=draw(st.integers(0, 10**8)), **extra)
        )  # fmt: skip
    return projects


@given(programmes(), st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_random_programmes_balance(projects, replicate):
    county = County(projects, replicate=replicate)
    state = county.state
    capacity = county.ledger.capacity()
    for year in range(BASE + 1, 2036):
        posts = state.posts.sum(axis=0).copy()
        rooms = state.rooms.copy()
        was_open = state.is_open.copy()
        due = list(due_events(county.schedule, year))
        applied = apply_events(state, county.schedule, due)
        county.ledger.record(applied.rooms_change)
        # Seats: capacity is last year's plus the causes, in every school and level.
        change = (
            np.zeros((*rooms.shape, len(CAPACITY_CAUSES)), np.int64)
            if applied.rooms_change is None
            else applied.rooms_change
        )
        assert np.array_equal(state.rooms, rooms + change.sum(axis=2))
        assert np.array_equal(county.ledger.capacity(), capacity + change.sum(axis=2) * CAP)
        capacity = county.ledger.capacity()
        assert (state.rooms >= 0).all() and (state.beds >= 0).all() and (state.posts >= 0).all()
        # A closed school has nothing and teaches nobody; an open one teaches somebody.
        assert not state.rooms[~state.is_open].any() and not state.beds[~state.is_open].any()
        assert not state.posts[~state.is_open].any()
        assert state.teaches[state.is_open].any(axis=1).all()
        # Openings and closures are all reported.
        expected = was_open.copy()
        expected[applied.opened] = True
        expected[applied.closed] = False
        assert np.array_equal(state.is_open, expected)
        # Whoever receives is open and another school.
        for row, receiver in applied.receiver.items():
            assert receiver == -1 or (state.is_open[receiver] and receiver != row)
        # Posts: none appear but with a new school, none are lost but those released; posts may
        # pass between levels where a school changes its level.
        brought = sum(
            (np.array(e.posts) for e in due if e.opens), start=np.zeros(2, dtype=np.int64)
        )
        after = state.posts.sum(axis=0) + applied.posts_released
        assert after.sum() == (posts + brought).sum()
    # Money: all costs are paid, whatever happened.
    total = sum(work.cost_yuan for work in county.programme.works)
    assert county.schedule.accounts.total_yuan() == total
    table = county.programme.capital_cost(county.schedule, range(2000, 2060))
    assert table.sum() == total


def test_the_programme_step_of_a_normal_year_costs_microseconds():
    import timeit

    county = County([build(start=2045)])
    schedule, state = county.schedule, county.state
    seconds = timeit.timeit(
        lambda: apply_events(state, schedule, due_events(schedule, 2018)), number=2000
    )
    assert seconds / 2000 < 100e-6  # about 2 microseconds; the margin is for busy machines
