"""Each enrolment rule with a handful of children whose outcome is worked out by hand.

The lottery number of a household is its own number (lower is better), tastes are not random, and
places lie on a line, so that every case can be followed with a pencil.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from capsim.choice.rules import (
    OUTCOMES,
    REGISTRATIONS,
    ROUNDS,
    AdmissionStreams,
    Applicants,
    Demand,
    Offer,
    admit,
    compile_rules,
)
from capsim.choice.transfers import transfer
from capsim.choice.travel import alternatives
from capsim.choice.utility import Tastes
from capsim.draws import identity_of
from capsim.scenario.choice_options import ChoiceOptions
from capsim.scenario.enrolment_options import EnrolmentOptions


@dataclass(frozen=True)
class Numbered:
    """Random numbers that are the identities themselves."""

    chosen: tuple[int, ...] = ()

    def words(self, identity):
        return np.asarray(identity, np.uint64) << np.uint64(36)

    def pair_words(self, identity, alternative):
        # The school decides: at schools of an odd word the order of the numbers is reversed.
        number = np.asarray(identity, np.uint64).astype(np.uint32)
        odd = (np.asarray(alternative) & np.uint32(1)).astype(bool)
        return np.where(odd, 100 - number, number).astype(np.uint32) << np.uint32(4)

    def pair_gumbel(self, identity, alternative):
        shape = np.broadcast_shapes(np.shape(identity), np.shape(alternative))
        return np.zeros(shape, np.float32)

    def occurs(self, identity, probability):
        return np.isin(np.asarray(identity), self.chosen)


class Place:
    """Homes and schools on a line, with one zone school a home unless said otherwise."""

    def __init__(self, homes, schools, zone, seats, *, private=None, emergency=None, beds=None):
        self.schools = len(schools)
        self.km = np.abs(np.subtract.outer(homes, schools)).astype(np.float32)
        self.zone = np.atleast_2d(np.array(zone).T).T if np.ndim(zone) == 1 else np.array(zone)
        self.private = np.zeros(self.schools, bool)
        if private is not None:
            self.private[private] = True
        zeros = np.zeros(self.schools, int)
        self.offer = Offer(
            np.array(seats),
            zeros if emergency is None else np.array(emergency),
            zeros if beds is None else np.array(beds),
            self.private,
        )
        self.names = [f"school {number}" for number in range(self.schools)]
        self.homes = [f"home {number}" for number in range(len(homes))]

    def admit(self, children, options=None, *, level=0, demand=None, locked=()):
        options = options or EnrolmentOptions()
        around = alternatives(
            self.km,
            self.zone,
            ~self.private,
            identity_of(self.names),
            candidates=10,
            limit_km=options.placement.travel_limit_km.at(("primary", "junior")[level]),
            open_private=self.private,
            private_range_km=options.private.range_km,
        )
        rules = compile_rules(options, self.names, self.homes).by_level[level]
        lot = Numbered()
        return admit(
            columns(children),
            self.offer,
            around,
            demand or tastes(np.zeros(self.schools)),
            rules,
            AdmissionStreams(lot, lot, Numbered(tuple(locked)), lot),
        )


def tastes(values, fee_yuan=None, /, **coefficients):
    options = ChoiceOptions(coefficients=coefficients or {"distance": 1.0, "quality": 1.0})
    return Demand(Tastes.from_options(options), np.array(values, float), fee_yuan=fee_yuan)


def child(home=0, reg="hukou_and_home", **traits):
    usual = {"points": 0.0, "direct": -1, "sibling": -1, "house": None, "boards": False}
    return {"home": home, "reg": reg, **usual, **traits}


def columns(children):
    def column(name, dtype):
        return np.array([c[name] for c in children], dtype)

    number = np.arange(len(children), dtype=np.uint64)
    house = [n if c["house"] is None else c["house"] for n, c in enumerate(children)]
    return Applicants(
        identity=number,
        household=np.array(house, np.uint64),
        settlement=column("home", np.int32),
        registration=np.array([REGISTRATIONS.index(c["reg"]) for c in children], np.int8),
        points=column("points", np.float32),
        direct_school=column("direct", np.int32),
        sibling_school=column("sibling", np.int32),
        income=np.zeros(len(children), np.int8),
        boards=column("boards", bool),
    )


def named(admission):
    return [OUTCOMES[code] for code in admission.outcome]


def options(**changes):
    """Options with sections changed by name: ``options(migrants={"round": "with_tiers"})``."""
    return EnrolmentOptions.model_validate(changes)


QUIET = {"placement": {"enabled": False, "emergency": False}}


def test_single_school_zone_by_lottery():
    """One school, two seats, three children with numbers 0, 1, 2: the last stays out.

    The school is full, so its cutoff is the number of the last admitted, 1 of 2**28.
    """
    result = Place([0], [0], [0], [2]).admit([child()] * 3, options(**QUIET))
    assert result.school.tolist() == [0, 0, -1]
    assert named(result) == ["zone", "zone", "unplaced_full"]
    zone = ROUNDS.index("zone")
    # Tier 2 of the default order is hukou-and-home.
    assert result.cutoff_tier[0, zone] == 2
    assert result.cutoff_score[0, zone] == 1 / 2**28
    assert np.isnan(np.delete(result.cutoff_tier, zone, axis=1)).all()


def test_tiers_in_the_order_of_the_scenario():
    """One seat each time; a home-only child has the best number, a hukou-and-home child the worst.

    By default hukou-and-home goes before hukou and home; with the order home first, home wins.
    """
    children = [child(reg="home"), child(reg="hukou"), child(reg="hukou_and_home")]
    place = Place([0], [0], [0], [1])
    assert place.admit(children, options(**QUIET)).school.tolist() == [-1, -1, 0]
    other = options(tiers=["home", "hukou", "hukou_and_home"], **QUIET)
    assert place.admit(children, other).school.tolist() == [0, -1, -1]


def test_who_is_in_no_tier_is_placed_by_the_bureau():
    """Tiers name only hukou-and-home, two seats: the home-only child is placed in the second."""
    children = [child(reg="home"), child()]
    result = Place([0], [0], [0], [2]).admit(children, options(tiers=["hukou_and_home"]))
    assert named(result) == ["placed_no_zone", "zone"]
    everybody = options(tiers=["hukou_and_home", "other"])
    assert named(Place([0], [0], [0], [2]).admit(children, everybody)) == ["zone", "zone"]


def test_siblings_go_first():
    """One seat; child 1 has a sibling at the school, child 0 the better number.

    Without the tier the number decides. A sibling elsewhere gives nothing.
    """
    place = Place([0], [0, 5], [0], [1, 0])
    children = [child(), child(sibling=0)]
    assert place.admit(children, options(**QUIET)).school.tolist() == [-1, 0]
    off = options(tiers=["hukou_and_home", "other"], **QUIET)
    assert place.admit(children, off).school.tolist() == [0, -1]
    elsewhere = [child(), child(sibling=1)]
    assert place.admit(elsewhere, options(**QUIET)).school.tolist() == [0, -1]


def test_twins_share_a_number():
    """Two seats; children 0 and 2 are twins of household 0, child 1 is of household 1.

    With one number for the twins both go before child 1; otherwise child 2 has number 2 and goes
    after it.
    """
    children = [child(house=0), child(house=1), child(house=0)]
    place = Place([0], [0], [0], [2])
    assert place.admit(children, options(**QUIET)).school.tolist() == [0, -1, 0]
    off = options(twins_share_number=False, **QUIET)
    assert place.admit(children, off).school.tolist() == [0, 0, -1]


def test_a_number_of_its_own_at_every_school():
    """Two schools in one zone, one seat each, two children who like school 0 better.

    With one number child 0 wins everywhere. With a number for each school, those with an odd word
    reverse the order here.
    """
    place = Place([0], [0, 1], [[0, 1]], [1, 1])
    children = [child(), child()]
    multi = options(zones="multi", **QUIET)
    assert place.admit(children, multi).school.tolist() == [0, 1]
    reversed_at = (np.array(alternatives_words(place)) & 1).astype(bool)
    per_school = options(zones="multi", lottery_per_school=True, **QUIET)
    expected = [1, 0] if reversed_at[0] else [0, 1]
    assert place.admit(children, per_school).school.tolist() == expected


def alternatives_words(place):
    from capsim.draws import alternative_words

    return alternative_words(identity_of(place.names))


def test_multi_school_zone_by_utility():
    """Home at 0, schools at 0, 1 and 2 km, of quality 0, 3 and 0; zone of schools 0 and 1.

    Utility is -1 per km plus quality: school 1 (2.0) before school 0 (0.0). One seat each: child
    0 gets its first choice, child 1 its second, child 2 is placed at school 2.
    """
    place = Place([0], [0, 1, 2], [[0, 1]], [1, 1, 1])
    result = place.admit([child()] * 3, options(zones="multi"), demand=tastes([0.0, 3.0, 0.0]))
    assert result.school.tolist() == [1, 0, 2]
    assert result.rank.tolist() == [0, 1, -1]
    assert named(result) == ["zone", "zone_later_choice", "placed_zone_full"]


def test_first_choice_first():
    """Two homes, two schools of one seat; both homes share the zone.

    Children 0 and 1 live at school 0, child 2 at school 1; numbers are 0, 1, 2. Child 1 loses
    school 0 and, by its number, takes school 1 from child 2; first choice first keeps child 2.
    """
    place = Place([0, 1], [0, 1], [[0, 1], [0, 1]], [1, 1])
    children = [child(0), child(0), child(1)]
    honest = place.admit(children, options(zones="multi", **QUIET))
    assert honest.school.tolist() == [0, 1, -1]
    boston = place.admit(children, options(zones="multi", first_choice_first=True, **QUIET))
    assert boston.school.tolist() == [0, -1, 1]
    assert boston.cutoff_tier[:, ROUNDS.index("zone")].tolist() == [2, 2]


def test_families_skip_schools_that_past_cutoffs_rule_out():
    """Schools at 0 and 1 km, one seat each; a home-tier child (tier 4) and school 0 expected to
    close at tier 2: the child lists only school 1. Without expectations it lists school 0 first.
    """
    place = Place([0], [0, 1], [[0, 1]], [1, 1])
    informed = replace(tastes([0, 0]), expected_tier=np.array([2.0, np.inf, np.inf]))
    multi = options(zones="multi", **QUIET)
    assert place.admit([child(reg="home")], multi, demand=informed).school.tolist() == [1]
    assert place.admit([child(reg="home")], multi).school.tolist() == [0]


def test_who_is_left_without_hope_lists_the_zone_all_the_same():
    """School 0 is expected to close at tier 2, and the zone of a home-tier child (tier 4) holds
    no other: it applies there, whether or not longer zones elsewhere pad its list.
    """
    place = Place([0, 0], [0, 1], [[0, -1], [0, 1]], [1, 1])
    informed = replace(tastes([0, 0]), expected_tier=np.array([2.0, np.inf, np.inf]))
    multi = options(zones="multi", **QUIET)
    result = place.admit([child(reg="home")], multi, demand=informed)
    assert named(result) == ["zone"]


def test_score_by_distance_and_by_points():
    """One seat, homes at 2 and 1 km: by distance child 1 wins, by points child 0, who has more."""
    place = Place([2, 1], [0], [0, 0], [1])
    children = [child(0, points=50), child(1, points=10)]
    near = place.admit(children, options(tie_break="distance", **QUIET))
    assert near.school.tolist() == [-1, 0]
    assert near.cutoff_score[0, ROUNDS.index("zone")] == 1.0
    points = place.admit(children, options(tie_break="points", **QUIET))
    assert points.school.tolist() == [0, -1]
    assert points.cutoff_score[0, ROUNDS.index("zone")] == 50.0


def test_direct_promotion_goes_before_everybody_up_to_the_hard_cap():
    """School 0 has one seat and one more up to the hard cap; children 0-2 are its own pupils.

    Children 0 and 1 (by number) are promoted, the second above the class cap; child 2 and the
    zone child 3 find no seat. Without guarantees numbers decide alone: child 0 gets the seat.
    """
    place = Place([0], [0], [0], [1], emergency=[1])
    own = [child(direct=0), child(direct=0), child(direct=0), child()]
    result = place.admit(own, options(**QUIET), level=1)
    assert named(result) == ["direct_promotion"] * 2 + ["unplaced_full"] * 2
    assert (result.seats_left[0], result.emergency_left[0]) == (0, 0)
    off = place.admit([child()] * 4, options(**QUIET), level=1)
    assert named(off) == ["zone"] + ["unplaced_full"] * 3


def test_who_is_guaranteed_a_place_where():
    """Schools: 0 primary, 1 nine-year, 2 junior; 1 and 2 admit to grade 7.

    Leavers of 1 stay if nine-year promotion is on. A feeder pair sends leavers of 0 to 2, and
    stands above promotion within the school. A closed junior school guarantees nothing.
    """
    names = ["a", "b", "c"]
    admits = [False, True, True]
    now = [0, 1, -1]

    def schools(**changes):
        return compile_rules(options(**changes), names).direct_schools(now, admits).tolist()

    assert schools() == [-1, 1, -1]
    assert schools(direct_promotion=False) == [-1, -1, -1]
    assert schools(feeders=[{"primary": "a", "junior": "c"}]) == [2, 1, -1]
    assert schools(feeders=[{"primary": "b", "junior": "c"}]) == [-1, 2, -1]
    pair = compile_rules(options(feeders=[{"primary": "a", "junior": "c"}]), names)
    assert pair.direct_schools(now, [False, True, False]).tolist() == [-1, 1, -1]


def test_seat_lock_drops_home_tier_children_one_tier():
    """Two seats; children 0 and 1 are of the home tier, child 2 of the tier after it (migrant).

    The address of child 0 has used its seat: it falls among the migrants, where its number 0
    still beats 2, so child 2 stays out; with one seat child 1 gets it. A locked child with a
    sibling at school stays exempt.
    """
    rule = {"seat_lock": {"enabled": True}, "migrants": {"round": "with_tiers"}, **QUIET}
    children = [child(reg="home"), child(reg="home"), child(reg="migrant")]
    one = Place([0], [0], [0], [1])
    assert one.admit(children, options(**rule), locked=[0]).school.tolist() == [-1, 0, -1]
    off = {**rule, "seat_lock": {"enabled": False}}
    assert one.admit(children, options(**off), locked=[0]).school.tolist() == [0, -1, -1]
    two = Place([0], [0], [0], [2])
    assert two.admit(children, options(**rule), locked=[0]).school.tolist() == [0, 0, -1]
    exempt = [child(reg="home", sibling=0), *children[1:]]
    assert one.admit(exempt, options(**rule), locked=[0]).school.tolist() == [0, -1, -1]


def test_reserved_seats_for_a_settlement():
    """Two seats, half reserved for home 1; children 0 and 1 live at home 0, child 2 at home 1.

    Numbers alone admit 0 and 1. With the reserve child 2 takes the kept seat and child 1 stays
    out. If nobody of home 1 applies, the kept seat goes to child 1.
    """
    place = Place([0, 1], [0], [0, 0], [2])
    kept = {"school": "school 0", "level": "primary", "share": 0.5, "settlements": ["home 1"]}
    children = [child(0), child(0), child(1)]
    assert place.admit(children, options(**QUIET)).school.tolist() == [0, 0, -1]
    rule = options(reserves=[kept], **QUIET)
    assert place.admit(children, rule).school.tolist() == [0, -1, 0]
    assert place.admit(children[:2], rule).school.tolist() == [0, 0]
    assert place.admit(children[:2], rule).rank.tolist() == [0, 0]


def test_reserved_seats_for_a_tier():
    """Two seats, half kept for home-tier children: one hukou-and-home child gives way."""
    kept = {"school": "school 0", "level": "primary", "share": 0.5, "tiers": ["home"]}
    children = [child(), child(), child(reg="home")]
    result = Place([0], [0], [0], [2]).admit(children, options(reserves=[kept], **QUIET))
    assert result.school.tolist() == [0, -1, 0]


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
    assert result.beds_left.tolist() == [0, 0]
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
    assert result.beds_left.tolist() == [0]
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
