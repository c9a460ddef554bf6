"""Bus routes against hand calculation and an exhaustive search."""

from __future__ import annotations

from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import capsim
from capsim.county.county import build_county
from capsim.results.recorder import Recorder
from capsim.scenario.options.programme import BusOptions
from capsim.schools.buses import (
    BusPlan,
    BusService,
    felt_distance_km,
    plan_routes,
    plan_years,
)
from capsim.year.model import CountyModel

MERGERS = Path(__file__).parents[2] / "scenarios" / "jiajiang" / "merge_50.yaml"
OPTIONS = BusOptions()
# 30 km/h: two minutes a kilometre; 1.5 minutes a stop; 30 minutes at most.


def roads(*points):
    """Distances between points in km, the last of which is the school."""
    xy = np.array(points, float).reshape(len(points), -1)
    return np.sqrt(((xy[:, None] - xy[None]) ** 2).sum(-1))


def length(way, road):
    return sum(road[a, b] for a, b in pairwise(way))


def test_two_villages_on_one_road_share_a_bus():
    plan = plan_routes(roads([4], [9], [0]), [10, 12], OPTIONS)
    (route,) = plan.routes
    assert route.stops == (1, 0)
    assert route.riders == plan.riders == 22
    assert route.km == 9
    assert route.minutes == 9 * 2 + 2 * 1.5
    assert route.approach_km == 9
    assert plan.longest_minutes == 21


def test_the_cost_is_buses_and_kilometres():
    plan = plan_routes(roads([4], [9], [0]), [10, 12], OPTIONS)
    # Morning and afternoon: 9 km loaded and 9 km empty, 200 days at 2.5 yuan, and one bus.
    assert plan.cost_yuan(OPTIONS) == 120_000 + 2 * (9 + 9) * 200 * 2.5
    assert BusPlan().cost_yuan(OPTIONS) == 0


def test_seats_make_a_second_bus():
    plan = plan_routes(roads([4], [9], [0]), [20, 20], OPTIONS)
    assert sorted(r.riders for r in plan.routes) == [20, 20]


def test_a_large_village_fills_buses_of_its_own():
    plan = plan_routes(roads([4], [0]), [80], OPTIONS)
    assert sorted(r.riders for r in plan.routes) == [8, 36, 36]


def test_time_makes_a_second_bus():
    # Opposite sides of the school: 7 km each; together 21 km, over 30 minutes.
    plan = plan_routes(roads([7], [-7], [0]), [5, 5], OPTIONS)
    assert len(plan.routes) == 2
    near = plan_routes(roads([3], [-3], [0]), [5, 5], OPTIONS)
    assert len(near.routes) == 1
    assert near.routes[0].minutes == 9 * 2 + 3


def test_villages_beyond_the_limit_are_named():
    plan = plan_routes(roads([14], [15], [0]), [5, 6], OPTIONS)
    assert plan.unserved == (1,)
    assert plan.riders == 5


def test_empty_stops_are_left_out():
    assert plan_routes(roads([4], [9], [0]), [0, 7], OPTIONS).routes[0].stops == (1,)
    assert plan_routes(roads([4], [0]), [0], OPTIONS).routes == ()


@st.composite
def villages(draw):
    n = draw(st.integers(1, 6))
    points = draw(
        st.lists(
            st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=n, max_size=n, unique=True
        )
    )
    riders = draw(st.lists(st.integers(0, 60), min_size=n, max_size=n))
    return roads(*points, (0.0, 0.0)), riders


@given(villages())
@settings(max_examples=150, deadline=None)
def test_everyone_rides_once_within_seats_and_time(case):
    road, riders = case
    plan = plan_routes(road, riders, OPTIONS)
    unserved = sum(riders[s] for s in plan.unserved)
    assert plan.riders + unserved == sum(riders)
    for route in plan.routes:
        assert route.riders <= OPTIONS.seats_per_bus
        assert route.minutes <= OPTIONS.limit_minutes + 1e-9
        way = [*route.stops, len(road) - 1]
        assert route.km == pytest.approx(length(way, road))
    for stop in plan.unserved:
        alone = road[stop, -1] * 2 + 1.5
        assert alone > OPTIONS.limit_minutes


@given(villages())
@settings(max_examples=100, deadline=None)
def test_one_roomy_bus_is_at_most_twice_the_best_route(case):
    # Each insertion costs at most twice the way to the nearest stop on the route; stops join in
    # the order of Prim's algorithm, so the route is at most twice the minimum spanning tree,
    # and that is at most the best route.
    road, riders = case
    roomy = BusOptions(seats_per_bus=10**6, limit_minutes=10**6)
    plan = plan_routes(road, riders, roomy)
    stops = [s for s, r in enumerate(riders) if r > 0]
    if not stops:
        assert plan.routes == ()
        return
    (route,) = plan.routes
    assert sorted(route.stops) == stops
    best = min(length([*order, len(road) - 1], road) for order in permutations(stops))
    assert best - 1e-9 <= route.km <= 2 * best + 1e-9


class TestYears:
    to_school = np.array([[1.0, 9.0], [5.0, 4.0], [8.0, 3.0]])
    between = np.array([[0, 4, 7], [4, 0, 3], [7, 3, 0]], float)

    def plans(self, stops):
        return plan_years(stops, self.to_school, self.between, OPTIONS)

    def test_no_stops_no_routes(self):
        assert self.plans({}) == {}

    def test_every_school_has_the_routes_of_its_stops(self):
        plans = self.plans({(1, 1): {0: 3}, (0, 1): {1: 8}, (0, 0): {2: 5, 1: 6}})
        assert list(plans) == [(0, 0), (0, 1), (1, 1)]
        road = np.array([[0, 3, 5], [3, 0, 8], [5, 8, 0]], float)
        assert plans[0, 0] == plan_routes(road, [6, 5], OPTIONS)
        assert plans[0, 1] == plan_routes(roads([4], [0]), [8], OPTIONS)
        assert plans[1, 1] == plan_routes(roads([9], [0]), [3], OPTIONS)

    def test_routes_are_planned_again_only_for_other_pupils(self):
        stops = {(0, 0): {1: 5}, (1, 0): {1: 5}, (2, 0): {1: 6}, (3, 0): {1: 6, 2: 1}}
        plans = self.plans(stops)
        assert plans[1, 0] is plans[0, 0]
        assert [plans[year, 0].riders for year in range(4)] == [5, 5, 6, 7]


class TestService:
    def test_villages_are_served_from_then_on(self):
        service = BusService.none(3, 2)
        assert not service.served.any()
        service.serve(np.array([False, True, False]), 0)
        service.serve(np.array([False, False, True]), 0)
        assert service.served.tolist() == [[False, False], [True, False], [True, False]]

    def test_service_follows_a_merger(self):
        service = BusService.none(3, 2)
        service.serve(np.array([False, True, True]), 0)
        service.follow(0, 1)
        assert service.served.tolist() == [[False, False], [False, True], [False, True]]
        service.follow(1, -1)
        assert not service.served.any()


def test_pupils_served_beyond_the_walking_limit_ride():
    scenario = capsim.load(MERGERS, {"years.horizon": 2021, "programme.buses.limit_minutes": 600})
    county = build_county(scenario, replicates=1)
    recorder = Recorder(county)
    model = CountyModel(county, 0, observers=[recorder])
    wanted = []
    while model.state.year < 2021:
        model.step()
        pupils = model.state.families.school >= 0
        home, school = model.state.families.settlement[pupils], model.state.families.school[pupils]
        far = county.distance_km[home, school] > scenario.programme.buses.walk_limit_km
        rides = model.state.bus.served[home, school] & far
        wanted.append(np.bincount(school[rides], minlength=len(model.state.schools)))
    record = recorder.conclude(model.state)
    riders = record["bus_riders"]
    assert not riders[0].any() and riders[-1].any()
    np.testing.assert_array_equal(riders[1:], wanted)
    paid = record["bus_cost_yuan"]
    assert ((paid > 0) == riders.any(axis=1)).all()


def test_a_bus_takes_off_its_share_beyond_the_walking_limit():
    km = np.array([1.0, 6.0, 6.0])
    felt = felt_distance_km(km, np.array([True, True, False]), OPTIONS)
    assert felt.tolist() == [1.0, 6.0 - 0.5 * (6 - 2), 6.0]
    off = BusOptions(relief_share=0.0)
    assert np.array_equal(felt_distance_km(km, np.array([True] * 3), off), km)
