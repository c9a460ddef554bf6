"""The ledger of pupils: what is counted, where and with which sign."""

from __future__ import annotations

import numpy as np

from capsim.year.flows import CAUSE, PupilFlows


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
