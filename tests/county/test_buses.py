"""Bus routes against hand calculation and an exhaustive search."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.county.buses import (
    BusPlan,
    BusService,
    felt_distance_km,
    plan_routes,
    riders_by_school,
)
from capsim.scenario.programme_options import BusOptions

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


class TestService:
    to_school = np.array([[1.0, 9.0], [5.0, 4.0], [8.0, 3.0]])
    between = np.array([[0, 4, 7], [4, 0, 3], [7, 3, 0]], float)
    pupils = np.array([[9, 0], [5, 1], [6, 2]])

    def plans(self, service):
        return service.plans(self.pupils, self.to_school, self.between, OPTIONS)

    def test_no_service_no_riders(self):
        assert self.plans(BusService.none(3, 2)) == {}

    def test_served_villages_beyond_the_walking_limit_ride(self):
        service = BusService.none(3, 2)
        service.serve(np.array([True, True, True]), 0)
        plans = self.plans(service)
        # The nearest village walks 1 km.
        assert riders_by_school(plans, 2).tolist() == [11, 0]
        assert self.plans(service)[0] is plans[0]  # nothing changed: not planned again

    def test_new_pupils_make_new_routes(self):
        service = BusService.none(3, 2)
        service.serve(np.array([False, True, False]), 0)
        before = self.plans(service)[0]
        service.serve(np.array([False, False, True]), 0)
        assert self.plans(service)[0] is not before

    def test_service_follows_a_merger(self):
        service = BusService.none(3, 2)
        service.serve(np.array([False, True, True]), 0)
        service.follow(0, 1)
        assert service.served.tolist() == [[False, False], [False, True], [False, True]]
        service.follow(1, -1)
        assert not service.served.any()


def test_a_bus_takes_off_its_share_beyond_the_walking_limit():
    km = np.array([1.0, 6.0, 6.0])
    felt = felt_distance_km(km, np.array([True, True, False]), OPTIONS)
    assert felt.tolist() == [1.0, 6.0 - 0.5 * (6 - 2), 6.0]
    off = BusOptions(relief_share=0.0)
    assert np.array_equal(felt_distance_km(km, np.array([True] * 3), off), km)
