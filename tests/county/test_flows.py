"""The ledger of pupils: what is counted, where and with which sign, and who is seated in turn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from capsim.choice.admission import fill
from capsim.county.flows import CAUSE, PupilFlows
from capsim.county.placement import _in_turn


def test_rolls_move_up_and_pupils_are_lost_by_their_own_cause():
    roll = np.arange(18, dtype=np.int32).reshape(2, 9)
    flows = PupilFlows(2)
    flows.promote(roll)
    expected = np.zeros_like(roll)
    expected[:, 1:6], expected[:, 7:] = roll[:, :5], roll[:, 6:8]
    assert np.array_equal(roll + flows.total(), expected)
    assert flows.of("graduated")[:, [5, 8]].tolist() == [[-5, -8], [-14, -17]]

    causes = [CAUSE["died"], CAUSE["dropped_out"], CAUSE["dropped_out"], CAUSE["left_county"]]
    flows.lose(np.array(causes), np.array([0, 1, 1, -1]), np.array([2, 9, 9, 4], np.int32))
    assert flows.of("died")[0, 1] == -1
    assert flows.of("dropped_out")[1, 8] == -2
    assert not flows.of("left_county").any()
    flows.add("arrived", np.array([1, -1]), np.array([9, 9], np.int32))
    expected[0, 1] -= 1
    expected[1, 8] -= 1
    assert np.array_equal(roll + flows.total(), expected)


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 3)), max_size=40), st.data())
def test_who_asks_for_one_class_is_seated_as_by_deferred_acceptance(asking, data):
    cell = np.array([one for one, _ in asking], np.intp)
    key = np.array([number for _, number in asking], np.uint32)
    places = np.array(data.draw(st.lists(st.integers(0, 6), min_size=5, max_size=5)), np.int32)
    assert _in_turn(cell, key, places).tolist() == fill(cell, key, places).school.tolist()
