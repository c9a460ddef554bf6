"""Distances and candidate schools."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from capsim.choice.travel import alternatives, travel_km, with_travel_table
from capsim.core.draws import identity_of

IDS = identity_of(["a", "b", "c", "d"])


def around(km, zone, is_open=(True,) * 4, **options):
    settings = {"candidates": 2, "limit_km": 5.0, **options}
    return alternatives(
        np.array(km, np.float32), np.array(zone), np.array(is_open), IDS, **settings
    )


def test_straight_lines_times_the_terrain_factor():
    """From (0, 0) to (3, 4) are 5 km; by 1.3 they are 6.5."""
    assert travel_km([0], [0], [3, 0], [4, 2], terrain_factor=1.3) == pytest.approx(
        np.array([[6.5, 2.6]])
    )


def test_a_travel_table_replaces_the_pairs_it_holds():
    """Minutes become km at 30 km/h: 10 minutes are 5 km; a stated km goes first."""
    km = np.full((2, 2), 9.0, np.float32)
    table = pd.DataFrame(
        {
            "settlement": ["h0", "h1", "h1"],
            "school": ["a", "b", "elsewhere"],
            "minutes": [10.0, 10.0, 1.0],
            "km": [np.nan, 2.5, 1.0],
        }
    )
    got = with_travel_table(km, table, ("h0", "h1"), ("a", "b"), speed_kmh=30)
    assert got.tolist() == [[5.0, 9.0], [9.0, 2.5]]
    assert km.tolist() == [[9.0, 9.0], [9.0, 9.0]]


def test_candidates_are_the_nearest_and_the_zone():
    """Distances 1, 2, 3, 4 km to a-d; two nearest and zone school d: a, b, d."""
    options = around([[1, 2, 3, 4]], [[3]])
    assert options.candidates.tolist() == [[0, 1, 3]]
    assert options.candidate_km.tolist() == [[1.0, 2.0, 4.0]]
    assert options.candidate_in_zone.tolist() == [[False, False, True]]
    assert options.in_zone([0, 0, 0], [3, 0, -1]).tolist() == [True, False, False]


def test_closed_schools_are_nobodys_alternative():
    """Without a and zone school d: b and c remain, the zone is empty."""
    options = around([[1, 2, 3, 4]], [[3]], (False, True, True, False))
    assert options.candidates.tolist() == [[1, 2]]
    assert options.zone.tolist() == [[-1]]
    assert not options.in_zone([0], [-1]).any()
    assert not options.candidate_in_zone.any()


def test_the_limit_divides_near_from_far():
    """Limit 2.5 km: a and b near; c and d only for boarders. Rows are padded."""
    options = around([[1, 2, 3, 4], [9, 9, 1, 9]], [[0], [2]], limit_km=2.5)
    assert options.nearest.tolist() == [[0, 1], [2, -1]]
    assert options.beyond.tolist() == [[2, 3, -1], [0, 1, 3]]


def test_private_schools_in_range():
    """d is private: no candidate, but in private reach of home 0 (4 km) and not of home 1."""
    private = np.array([False, False, False, True])
    options = around(
        [[1, 2, 3, 4], [1, 2, 3, 40]],
        [[0], [0]],
        ~private,
        open_private=private,
        private_range_km=15,
    )
    assert options.private.tolist() == [[3], [-1]]
    assert 3 not in options.candidates
    assert 3 not in options.nearest


def test_a_zone_of_several_schools_keeps_its_order():
    options = around([[1, 2, 3, 4]], [[2, 0, -1]], (True, True, True, True))
    assert options.zone.tolist() == [[2, 0]]


def test_no_school_is_open():
    options = around([[1, 2, 3, 4]], [[0]], (False,) * 4)
    assert options.candidates.shape == (1, 0)
    assert options.nearest.shape == (1, 0)
    assert options.zone.tolist() == [[-1]]
