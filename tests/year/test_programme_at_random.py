"""The building programme: lead times and delays, and programmes at random."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from programme_cases import BASE, CAP, STANDING, County, build, project
from scipy import stats

from capsim.core.catalogue import CAPACITY_CAUSES
from capsim.schools.programme.programme import (
    apply_events,
    draw_schedule,
    due_events,
)


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
