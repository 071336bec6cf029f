"""One-step games: the batched world against the published tables and their exact form."""

from itertools import product

import numpy as np
import pytest
import torch

from nucleolus_lib.envs import MatrixGameWorld, reset, step
from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.matrix_game_world import climbing, penalty, qtran
from nucleolus_lib.markov import matrix_games

PUBLISHED = {
    climbing: [[11, -30, 0], [-30, 7, 6], [0, 0, 5]],
    penalty: [[10, 0, -10], [0, 2, 0], [-10, 0, 10]],
    qtran: [[8, -12, -12], [-12, 0, 0], [-12, 0, 0]],
}


@pytest.mark.parametrize("game", PUBLISHED)
def test_every_joint_action_pays_the_published_number(game):
    world, generator = game(), torch.Generator()
    pairs = list(product(range(1, 4), repeat=2))
    result = step(world, reset(world, 9, generator), torch.tensor(pairs), generator)
    assert result.reward.reshape(3, 3).tolist() == PUBLISHED[game]
    assert bool(result.terminated.all())
    assert world.induced_structure(result).unique().tolist() == [0]


@pytest.mark.parametrize("name", ["climbing", "penalty", "qtran"])
def test_exact_export_is_the_one_of_the_markov_layer(name):
    world = {"climbing": climbing, "penalty": penalty, "qtran": qtran}[name]()
    ours, theirs = world.to_ecmdp(), getattr(matrix_games, name)()
    np.testing.assert_array_equal(ours.reward, theirs.reward)
    np.testing.assert_array_equal(ours.transition.dense().table, theirs.transition.dense().table)
    assert ours.noop == theirs.noop


def test_absence_pays_nothing_and_is_masked():
    world, generator = climbing(), torch.Generator()
    state = reset(world, 1, generator)
    assert world.available_actions(state)[0, 0].tolist() == [False, True, True, True]
    result = step(world, state, torch.tensor([[0, 1]]), generator)
    assert float(result.reward) == 0.0
    assert result.participants[0, 0].tolist() == [False, True]


def test_views_show_whether_the_game_is_on():
    world, generator = qtran(), torch.Generator()
    state = reset(world, 1, generator)
    over = step(world, state, torch.tensor([[1, 1]]), generator).state
    for view in (world.observation, world.global_state, world.entities):
        assert view(state).unique().tolist() == [1.0]
        assert view(over).unique().tolist() == [0.0]


def test_agents_with_different_numbers_of_actions():
    world, generator = MatrixGameWorld([[1.0, 2.0, 3.0]]), torch.Generator()
    state = reset(world, 1, generator)
    assert world.available_actions(state)[0].tolist() == [[False, True, False, False], [False, True, True, True]]
    assert float(step(world, state, torch.tensor([[1, 3]]), generator).reward) == 3.0
    assert float(step(world, state, torch.tensor([[2, 3]]), generator).reward) == 0.0


@pytest.mark.parametrize("payoff", [5.0, [[]], [[1.0, float("nan")]]])
def test_bad_tables(payoff):
    with pytest.raises(WorldParameterError, match="axis per agent"):
        MatrixGameWorld(payoff)
