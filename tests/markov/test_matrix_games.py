"""The one-step games of the literature, as published, with a no-op added."""

import numpy as np
import pytest

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.errors import TableShapeError
from nucleolus_lib.markov.joint_actions import joint_index
from nucleolus_lib.markov.matrix_games import climbing, matrix_game, penalty, qtran
from nucleolus_lib.markov.nucleolus_q import nucleolus_q


def _published(world):
    counts = tuple(count - 1 for count in world.n_actions)
    table = np.empty(counts)
    for actions in np.ndindex(counts):
        table[actions] = world.reward[0, joint_index([a + 1 for a in actions], world.n_actions)]
    return table


@pytest.mark.parametrize(
    ("world", "table", "best"),
    [
        (climbing(), [[11, -30, 0], [-30, 7, 6], [0, 0, 5]], 11),
        (penalty(-100), [[10, 0, -100], [0, 2, 0], [-100, 0, 10]], 10),
        (qtran(), [[8, -12, -12], [-12, 0, 0], [-12, 0, 0]], 8),
    ],
)
def test_published_tables_and_values(world, table, best):
    np.testing.assert_array_equal(_published(world), table)
    values = coalition_values(world)
    np.testing.assert_allclose(values.state_values[0], [0, 0, 0, best], atol=1e-8)
    np.testing.assert_allclose(values.state_values[1], 0, atol=1e-8)
    # Both agents are needed and equally so, so the best joint action is shared in halves.
    np.testing.assert_allclose(nucleolus_q(values).q[0, values.greedy_joint[0]], [best / 2, best / 2], atol=1e-8)


def test_nobody_is_paid_for_a_noop():
    world = climbing()
    for actions in np.ndindex(4, 4):
        if 0 in actions:
            assert world.reward[0, joint_index(actions, (4, 4))] == 0


def test_agents_are_not_swapped():
    world = matrix_game([[1, 2, 3], [4, 5, 6]])
    assert world.n_actions == (3, 4)
    assert world.reward[0, joint_index((2, 1), (3, 4))] == 4
    three = matrix_game(np.arange(8).reshape(2, 2, 2))
    assert three.reward[0, joint_index((2, 1, 2), (3, 3, 3))] == 5


@pytest.mark.parametrize("payoffs", [3.0, [], [[]]])
def test_no_table(payoffs):
    with pytest.raises(TableShapeError, match="one axis per agent"):
        matrix_game(payoffs)


def test_a_fine_is_not_a_bonus():
    with pytest.raises(TableShapeError, match="must not be positive"):
        penalty(1.0)
