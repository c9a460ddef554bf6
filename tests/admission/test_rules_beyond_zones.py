"""Private schools, points, placement, beds and transfers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from rules_cases import QUIET, Place, child, named, options, tastes

from capsim.admission.admit import (
    REGISTRATIONS,
    ROUNDS,
)
from capsim.admission.transfers import transfer


def test_private_school_admits_at_the_same_time_and_its_losers_come_after_zone_families():
    """Public school 0 (two seats) at home, private school 1 (one seat) at 1 km, of quality 5.

    The families of home 0 like the private school better (-1 + 5 against 0); home 1, at -20 km, is
    out of its range. Children 0 and 1 (home 0) apply to the private school; 0 wins, 1 loses.
    Children 2 and 3 (home 1) take both public seats, although child 1 has the better number: it
    applies after them and finds no seat.
    """
    place = Place([0, -20], [0, 1], [0, 0], [2, 1], private=[1])
    children = [child(0), child(0), child(1), child(1)]
    known = tastes([0.0, 5.0])
    result = place.admit(children, options(**QUIET), demand=known)
    assert named(result) == ["private", "unplaced_full", "zone", "zone"]
    assert result.cutoff_score[1, ROUNDS.index("private")] == 0.0
    off = options(private={"enabled": False}, **QUIET)
    assert place.admit(children, off, demand=known).school.tolist() == [0, 0, -1, -1]
    # A third public seat goes to the child who lost.
    roomy = Place([0, -20], [0, 1], [0, 0], [3, 1], private=[1])
    again = roomy.admit(children, options(**QUIET), demand=known)
    assert named(again) == ["private", "zone_after_private", "zone", "zone"]


def test_nobody_applies_to_a_private_school_without_seats():
    """Private school 1 is liked best and offers none: of its one application a family sends the
    child to private school 2 (-2 + 4 against 0 at the public one)."""
    place = Place([0], [0, 1, 2], [0], [2, 0, 1], private=[1, 2])
    result = place.admit([child()], options(**QUIET), demand=tastes([0.0, 5.0, 4.0]))
    assert (named(result), result.school.tolist()) == (["private"], [2])
    offered = Place([0], [0, 1, 2], [0], [2, 1, 1], private=[1, 2])
    assert offered.admit([child()], options(**QUIET), demand=tastes([0.0, 5.0, 4.0])).school == [1]


def test_a_fee_keeps_families_away():
    """As above with a fee of 40,000 yuan against an income of 40,000 and a coefficient of 6:
    utility of the private school -1 + 5 - 6 is below the public one's 0, so nobody applies."""
    place = Place([0], [0, 1], [0], [2, 1], private=[1])
    dear = tastes([0.0, 5.0], np.array([0.0, 40_000.0]), distance=1.0, quality=1.0, fee=6.0)
    assert named(place.admit([child()] * 2, demand=dear)) == ["zone", "zone"]
    cheap = tastes([0.0, 5.0], np.array([0.0, 20_000.0]), distance=1.0, quality=1.0, fee=6.0)
    assert named(place.admit([child()] * 2, demand=cheap)) == ["private", "zone_after_private"]


def test_migrant_children_by_points():
    """Three seats, one zone child with the worst number, three migrants with 10, 30, 20 points.

    The zone child goes first, then the migrants with 30 and 20 points; the last has too few. The
    cutoff of the round is 20 points. In the tier instead, the lottery decides among migrants.
    """
    place = Place([0], [0], [0], [3])
    migrants = [child(reg="migrant", points=p) for p in (10, 30, 20)]
    children = [*migrants, child()]
    result = place.admit(children, options(placement={"emergency": False}))
    assert named(result) == ["unplaced_full", "migrant_points", "migrant_points", "zone"]
    assert result.cutoff_score[0, ROUNDS.index("migrant_points")] == 20.0
    tier = options(migrants={"round": "with_tiers"}, **QUIET)
    assert place.admit(children, tier).school.tolist() == [0, 0, -1, 0]


def test_public_seats_kept_for_migrant_children():
    """Two seats, half kept: of two zone children one gives way to a migrant child.

    Without migrants the kept seat is free again for placement, where the zone child gets it.
    """
    keep = {"migrants": {"reserved_share": {"primary": 0.5, "junior": 0.0}}}
    place = Place([0], [0], [0], [2])
    children = [child(), child(), child(reg="migrant", points=1)]
    result = place.admit(children, options(**keep))
    assert named(result) == ["zone", "unplaced_full", "migrant_points"]
    assert named(place.admit(children[:2], options(**keep))) == ["zone", "placed_zone_full"]
    assert named(place.admit(children)) == ["zone", "zone", "unplaced_full"]


def test_placement_by_distance_under_the_limit():
    """Zone school 0 has one seat for the children of homes at 0, 1 and 2 km; school 1 at 12 km.

    By number child 0 is admitted. Of the others, both within the 11.5 km limit of school 1 with
    one seat, child 2 is nearer (10 km against 11) and placed; child 1 is left. With placement
    off, both are left; with a limit of 9 km nobody reaches school 1.
    """
    place = Place([0, 1, 2], [0, 12], [0, 0, 0], [1, 1])
    children = [child(0), child(1), child(2)]
    limit = {"placement": {"travel_limit_km": {"primary": 11.5, "junior": 20}, "emergency": False}}
    result = place.admit(children, options(**limit))
    assert named(result) == ["zone", "unplaced_full", "placed_zone_full"]
    assert result.cutoff_score[1, ROUNDS.index("placement")] == 10.0
    assert place.admit(children, options(**QUIET)).school.tolist() == [0, -1, -1]
    short = {"placement": {"travel_limit_km": {"primary": 9, "junior": 20}, "emergency": False}}
    assert place.admit(children, options(**short)).school.tolist() == [0, -1, -1]


def test_zone_families_are_placed_before_those_who_tried_a_private_school():
    """One seat is left at school 1; child 1 lost the private lottery, child 3 its zone school.

    Children 0 and 1 (home 0) try the private school and 0 wins. Of children 2 and 3 (home 1) the
    zone school takes 2. The placement seat goes to child 3, although child 1 lives nearer to it.
    """
    place = Place([0, -20], [0, 2, 1], [0, 0], [1, 1, 1], private=[2])
    limit = {"placement": {"travel_limit_km": {"primary": 30, "junior": 30}, "emergency": False}}
    children = [child(0), child(0), child(1), child(1)]
    result = place.admit(children, options(**limit), demand=tastes([0.0, 0.0, 5.0]))
    assert named(result) == ["private", "unplaced_full", "zone", "placed_zone_full"]


def test_emergency_seats_own_zone_first():
    """No seats below the cap, one emergency seat at school 0 (zone of home 0) and one at school 1.

    Child 0 of home 1 (zone school 1) and children 1, 2 of home 0: each zone's first child takes
    its own school; child 2 finds nothing. Without child 0, child 2 gets the seat of school 1.
    """
    place = Place([0, 5], [0, 5], [0, 1], [0, 0], emergency=[1, 1])
    children = [child(1), child(0), child(0)]
    result = place.admit(children)
    assert named(result) == ["emergency_zone", "emergency_zone", "unplaced_full"]
    fewer = place.admit(children[1:])
    assert named(fewer) == ["emergency_zone", "emergency_elsewhere"]
    off = options(placement={"emergency": False})
    assert place.admit(children, off).school.tolist() == [-1, -1, -1]


def test_unplaced_out_of_reach():
    """The zone school, 50 km away, is full, and no school lies within the limit."""
    result = Place([0], [50], [0], [0], emergency=[3]).admit([child()], options())
    assert named(result) == ["emergency_zone"]
    none = Place([0], [50], [0], [0]).admit([child()], options())
    assert named(none) == ["unplaced_out_of_reach"]


def test_boarders_are_placed_beyond_the_limit_while_beds_last():
    """Zone school full; school 1 at 40 km has three seats and one bed; both children would board.

    The bed goes to number 0. A child who does not board stays. Switched off, nobody goes.
    """
    place = Place([0], [0, 40], [0], [0, 3], beds=[0, 1])
    children = [child(boards=True), child(boards=True), child()]
    result = place.admit(children)
    assert named(result) == ["boarding", "unplaced_full", "unplaced_full"]
    assert place.beds_left(children, result) == [0, 0]
    off = options(beds={"place_beyond_limit": False})
    assert place.admit(children, off).school.tolist() == [-1, -1, -1]


def test_beds_limit_admission():
    """Zone school with three seats and one bed; children 0 and 1 (home 1, 30 km away) board,
    children 2 and 3 live beside it.

    By number 0, 1, 2 would be admitted. With one bed child 1 cannot stay, and 0, 2, 3 are in.
    """
    place = Place([0, 30], [0], [0, 0], [3], beds=[1])
    children = [child(1, boards=True), child(1, boards=True), child(0), child(0)]
    limited = options(beds={"limit_admission": True}, placement={"emergency": False})
    result = place.admit(children, limited)
    assert result.school.tolist() == [0, -1, 0, 0]
    assert result.rank.tolist() == [0, -1, 0, 0]
    assert place.beds_left(children, result) == [0]
    off = options(placement={"emergency": False})
    assert place.admit(children, off).school.tolist() == [0, 0, 0, -1]


def test_one_out_one_in():
    """Town school 0 has room for five in grade 3, but one pupil left; three children want in.

    Under the rule the best number gets the place; without it all three find room.
    """
    room = np.zeros((2, 9), int)
    left = np.zeros((2, 9), int)
    room[0, 2], left[0, 2] = 5, 1
    movers = {"wanted": [0, 0, 0], "current": [1, 1, 1], "grade": [3, 3, 3], "priority": [2, 0, 1]}
    ruled = transfer(**movers, room=room, vacated=left, one_out_one_in=[True, False])
    assert ruled.tolist() == [False, True, False]
    free = transfer(**movers, room=room, vacated=left, one_out_one_in=[False, False])
    assert free.all()


def test_a_place_left_by_a_transfer_can_be_taken():
    """A pupil of town school 0 moves to school 1, which has room: the place at 0 can be filled.

    School 0 is above its cap by two (room -2): its leaver brings it to -1, and nobody comes in.
    """
    room = np.zeros((2, 9), int)
    left = np.zeros((2, 9), int)
    room[1, 0] = 1
    movers = {"wanted": [1, 0], "current": [0, -1], "grade": [1, 1], "priority": [0, 0]}
    both = transfer(**movers, room=room, vacated=left, one_out_one_in=[True, False])
    assert both.tolist() == [True, True]
    room[0, 0] = -2
    crowded = transfer(**movers, room=room, vacated=left, one_out_one_in=[True, False])
    assert crowded.tolist() == [True, False]


def test_no_applicants():
    result = Place([0], [0], [0], [2]).admit([])
    assert result.school.shape == (0,)
    assert result.seats_left.tolist() == [2]


@pytest.mark.parametrize("zones", ["single", "multi"])
def test_seats_are_never_exceeded_and_everybody_has_an_outcome(zones):
    """A crowded place at random: seats and emergency seats add up, codes fit the schools."""
    rng = np.random.default_rng(3)
    homes, schools, count = rng.uniform(0, 20, 12), rng.uniform(0, 20, 6), 300
    near = np.argsort(np.abs(np.subtract.outer(homes, schools)), axis=1)
    zone = near[:, :3] if zones == "multi" else near[:, :1]
    place = Place(homes, schools, zone, [30] * 5 + [20], private=[5], emergency=[10] * 5 + [0])
    place.zone[place.zone == 5] = 0
    children = [
        child(int(rng.integers(12)), str(rng.choice(REGISTRATIONS)), points=rng.uniform(0, 99),
              boards=bool(rng.integers(2)))
        for _ in range(count)
    ]  # fmt: skip
    result = place.admit(children, options(zones=zones), demand=tastes([0.0] * 5 + [2.0]))
    taken = np.bincount(result.school[result.school >= 0], minlength=6)
    assert (taken <= np.array([40] * 5 + [20])).all()
    left = result.seats_left + result.emergency_left
    assert (taken + left == np.array([40] * 5 + [20])).all()
    names = np.array(named(result))
    assert ((result.school < 0) == np.char.startswith(names, "unplaced")).all()
    assert ((result.school == 5) == (names == "private")).all()
