"""School buses: who is served, routes by nearest insertion, seats, minutes and cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capsim.scenario.options.programme import BusOptions

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Route:
    """One bus in the morning: the stops in order, then the school.

    Attributes
    ----------
    stops : tuple of int
        Indices of the stops; the last one is nearest to the school along the route.
    riders : int
        Pupils on arrival.
    minutes : float
        Ride of the pupil picked up first, stops included.
    km : float
        Length from the first stop to the school.
    approach_km : float
        Way of the empty bus from the school to the first stop.
    """

    stops: tuple[int, ...]
    riders: int
    minutes: float
    km: float
    approach_km: float


@dataclass(frozen=True, slots=True)
class BusPlan:
    """The buses of one school.

    Attributes
    ----------
    routes : tuple of Route
    unserved : tuple of int
        Stops too far for the time limit.
    """

    routes: tuple[Route, ...] = ()
    unserved: tuple[int, ...] = ()

    @property
    def riders(self) -> int:
        """Pupils who ride."""
        return sum(route.riders for route in self.routes)

    @property
    def longest_minutes(self) -> float:
        """Longest ride; 0 without routes."""
        return max((route.minutes for route in self.routes), default=0.0)

    def cost_yuan(self, options: BusOptions) -> float:
        """Return the cost of a year: a bus for each route, there and back on each school day."""
        km_per_day = sum(2.0 * (route.km + route.approach_km) for route in self.routes)
        fixed = options.cost_yuan_per_bus_year * len(self.routes)
        return fixed + km_per_day * options.school_days * options.cost_yuan_per_km


def plan_routes(distance_km: F64, riders: Sequence[int] | I64, options: BusOptions) -> BusPlan:
    """Plan the morning routes of a school by nearest insertion.

    Each route begins as the way from the nearest stop that still has pupils to the school. Then,
    again and again, the waiting stop nearest to any stop of the route (or to the school) is put
    into the place where it lengthens the route least, if the bus still has seats and the pupil
    picked up first still arrives in time; stops that do not fit are passed over. When none fits,
    another bus begins. A stop with more pupils than seats fills whole buses of its own first.
    Source of the method: nearest insertion for the travelling salesman problem (Rosenkrantz,
    Stearns and Lewis 1977), with capacity and time limit.

    Parameters
    ----------
    distance_km : ndarray, shape (stops + 1, stops + 1)
        Road distances; the school is the last row and column.
    riders : sequence of int, length stops
        Pupils at each stop; stops without pupils are left out.
    options : BusOptions

    Returns
    -------
    BusPlan
    """
    return _plan(np.asarray(distance_km, dtype=np.float64).tolist(), riders, options)


def _plan(road: list[list[float]], riders: Iterable[int], options: BusOptions) -> BusPlan:
    """Plan as :func:`plan_routes` does."""
    school = len(road) - 1
    waiting = {stop: int(count) for stop, count in enumerate(riders) if count > 0}
    most = options.limit_minutes
    unserved = [s for s in waiting if _minutes(road[s][school], 1, options) > most]
    for stop in unserved:
        del waiting[stop]
    routes: list[Route] = []
    for stop in list(waiting):
        while waiting[stop] >= options.seats_per_bus:
            routes.append(_route([stop], options.seats_per_bus, road, school, options))
            waiting[stop] -= options.seats_per_bus
        if not waiting[stop]:
            del waiting[stop]
    while waiting:
        first = min(waiting, key=lambda s: (road[s][school], s))
        order, aboard = [first], waiting.pop(first)
        while found := _next_insertion(order, aboard, waiting, road, school, options):
            stop, order = found
            aboard += waiting.pop(stop)
        routes.append(_route(order, aboard, road, school, options))
    return BusPlan(tuple(routes), tuple(unserved))


def _next_insertion(
    order: list[int],
    aboard: int,
    waiting: dict[int, int],
    road: list[list[float]],
    school: int,
    options: BusOptions,
) -> tuple[int, list[int]] | None:
    """Return the nearest stop that fits and the route with it; None when none fits."""
    fitting = [stop for stop in waiting if aboard + waiting[stop] <= options.seats_per_bus]
    on_route = [*order, school]
    for stop in sorted(fitting, key=lambda s: (min([road[s][k] for k in on_route]), s)):
        # The school stays last, so a stop can be put before any stop or just before the school.
        trials = [[*order[:place], stop, *order[place:]] for place in range(len(order) + 1)]
        lengths = [_length(trial, road, school) for trial in trials]
        km = min(lengths)
        if _minutes(km, len(on_route), options) <= options.limit_minutes:
            return stop, trials[lengths.index(km)]
    return None


def _length(order: Sequence[int], road: list[list[float]], school: int) -> float:
    km, here = 0.0, order[0]
    for there in order[1:]:
        km += road[here][there]
        here = there
    return km + road[here][school]


def _minutes(km: float, stops: int, options: BusOptions) -> float:
    return km / options.speed_km_per_hour * 60.0 + options.stop_minutes * stops


def _route(
    order: Sequence[int], aboard: int, road: list[list[float]], school: int, options: BusOptions
) -> Route:
    km = _length(order, road, school)
    minutes = _minutes(km, len(order), options)
    return Route(tuple(order), aboard, minutes, km, road[school][order[0]])


@dataclass
class BusService:
    """Which villages have a bus to which school.

    Attributes
    ----------
    served : ndarray of bool, shape (settlements, schools)
        Whether pupils of a settlement who attend a school are offered a bus.
    """

    served: NDArray[np.bool_]

    @classmethod
    def none(cls, settlements: int, schools: int) -> BusService:
        """Return a county without buses."""
        return cls(np.zeros((settlements, schools), dtype=np.bool_))

    def serve(self, settlements: NDArray[np.bool_], school: int) -> None:
        """Offer a bus from settlements (a mask) to a school from now on."""
        self.served[:, school] |= settlements

    def follow(self, ended: int, receiver: int) -> None:
        """Pass the villages served of a school that ended on to its receiver, if it has one."""
        if receiver >= 0:
            self.served[:, receiver] |= self.served[:, ended]
        self.served[:, ended] = False


def plan_years(
    stops: Mapping[tuple[int, int], Mapping[int, int]],
    to_school_km: NDArray[np.floating],
    between_km: F64,
    options: BusOptions,
) -> dict[tuple[int, int], BusPlan]:
    """Return the routes of each year and school that has bus pupils, in their order.

    Parameters
    ----------
    stops : mapping
        By year and school row, the pupils who ride by home.
    to_school_km : ndarray, shape (settlements, schools)
    between_km : ndarray, shape (settlements, settlements)
        Road distances.
    options : BusOptions

    Returns
    -------
    dict of (int, int) to BusPlan
        A school's routes are planned again only where its pupils have changed.
    """
    plans: dict[tuple[int, int], BusPlan] = {}
    known: dict[int, tuple[list[tuple[int, int]], BusPlan]] = {}
    for year, school in sorted(stops):
        waiting = sorted(stops[year, school].items())
        if school not in known or known[school][0] != waiting:
            homes, riders = zip(*waiting, strict=True)
            km = [to_school_km.item(home, school) for home in homes]
            road = [
                [*(between_km.item(home, other) for other in homes), last]
                for home, last in zip(homes, km, strict=True)
            ]
            known[school] = waiting, _plan([*road, [*km, 0.0]], riders, options)
        plans[year, school] = known[school][1]
    return plans


def felt_distance_km(distance_km: F64, served: NDArray[np.bool_], options: BusOptions) -> F64:
    """Return the distances that families feel: a bus takes off a share beyond the walking limit.

    Parameters
    ----------
    distance_km : ndarray
    served : ndarray of bool, shape of `distance_km`
        Where a bus is offered.
    options : BusOptions
        ``relief_share`` 0 leaves the distances as they are.

    Returns
    -------
    ndarray of float64
    """
    beyond = np.maximum(distance_km - options.walk_limit_km, 0.0)
    felt: F64 = distance_km - np.where(served, options.relief_share * beyond, 0.0)
    return felt
