"""Joint actions as integers: agent 0 fastest, and coalitions numbered the same way."""

from itertools import product

import numpy as np
import pytest

from nucleolus_lib.markov.joint_actions import (
    actions_of_joint,
    coalition_of_joint,
    joint_index,
    joint_of_coalition,
    n_coalition_columns,
    n_joint_actions,
    strides,
)

SHAPES = [((2,), (0,)), ((2, 3), (1, 2)), ((3, 1, 4), (0, 0, 3)), ((2, 2, 2, 2), (0, 1, 0, 1))]


@pytest.mark.parametrize(("n_actions", "noop"), SHAPES)
def test_index_and_actions_are_inverse(n_actions, noop):
    spelt = actions_of_joint(n_actions)
    assert len(spelt) == n_joint_actions(n_actions)
    assert [joint_index(a, n_actions) for a in spelt] == list(range(len(spelt)))
    by_hand = [tuple(reversed(a)) for a in product(*(range(c) for c in reversed(n_actions)))]
    assert [tuple(a) for a in spelt] == by_hand


def test_agent_zero_moves_fastest():
    assert joint_index((1, 0, 0), (3, 2, 2)) == 1
    assert joint_index((0, 1, 0), (3, 2, 2)) == 3
    assert strides((3, 2, 2)).tolist() == [1, 3, 6]


@pytest.mark.parametrize(("n_actions", "noop"), SHAPES)
def test_coalition_columns(n_actions, noop):
    n = len(n_actions)
    columns = 0
    for coalition in range(1 << n):
        joint = joint_of_coalition(coalition, n_actions, noop)
        columns += len(joint)
        for j in joint:
            spelt = actions_of_joint(n_actions)[j]
            assert all(spelt[i] == noop[i] for i in range(n) if not coalition >> i & 1)
        # Numbering a coalition's actions and reading its part of the joint action are inverse.
        np.testing.assert_array_equal(coalition_of_joint(coalition, n_actions)[joint], np.arange(len(joint)))
    assert columns == n_coalition_columns(n_actions)
