"""The rules of the zone round with a handful of children whose outcome is worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from rules_cases import QUIET, Place, child, named, options, tastes

from capsim.admission.admit import (
    ROUNDS,
    compile_rules,
)
from capsim.core.draws import identity_of


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
    from capsim.core.draws import alternative_words

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
