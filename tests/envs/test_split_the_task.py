"""The dial and its threshold: closed forms against value iteration on the exact tables."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleolus_lib.envs import SplitTheTask, reset, step
from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.split_the_task import coalition_value, grand_value, split_value, threshold
from nucleolus_lib.games.coalitions import coalition_sizes
from nucleolus_lib.markov.coalition_values import coalition_values

SPLIT, GRAND = 1 + 3 * 2, 1 + 3 * 1
"""Joint actions of two agents: A and B, or both A (agent 0 is the fast digit)."""


def value_iteration(dial, gamma, team_size=1):
    """Optimal values by plain repetition on the exact tables: (S,) and (S, J)."""
    table = SplitTheTask(dial, team_size).to_ecmdp(gamma)
    transition, values = table.transition.dense().table, np.zeros(4)
    for _ in range(3000):
        action_values = table.reward + gamma * transition @ values
        values = action_values.max(1)
    return values, action_values


@given(st.floats(0.0, 1.0), st.floats(0.0, 0.97))
@settings(max_examples=40, deadline=None)
def test_the_value_is_the_better_of_the_two(dial, gamma):
    values, _ = value_iteration(dial, gamma)
    assert values[0] == pytest.approx(max(grand_value(gamma), split_value(dial, gamma)), abs=1e-9)
    assert values[1] == values[2] == pytest.approx(1.0)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9, 0.99])
def test_the_right_structure_changes_at_the_threshold(gamma):
    dial = threshold(gamma)
    assert split_value(dial, gamma) == pytest.approx(grand_value(gamma), abs=1e-12)
    for nudge, better, worse in ((-1e-3, SPLIT, GRAND), (1e-3, GRAND, SPLIT)):
        _, action_values = value_iteration(dial + nudge, gamma)
        assert action_values[0, better] > action_values[0, worse]
        assert action_values[0, better] == pytest.approx(action_values[0].max())


def test_a_threshold_that_is_a_little_off_is_noticed():
    wrong = threshold(0.9) + 0.02
    assert split_value(wrong, 0.9) < grand_value(0.9) - 1e-3


def test_the_dial_at_its_ends():
    assert split_value(0.0, 0.9) == pytest.approx(2.0)
    assert split_value(1.0, 0.9) == 0.0
    assert threshold(0.0) == 0.5


@pytest.mark.parametrize("team_size", [1, 2])
@pytest.mark.parametrize("dial", [0.0, 0.3, 0.6, 1.0])
def test_what_every_coalition_earns_alone(team_size, dial):
    values = coalition_values(SplitTheTask(dial, team_size).to_ecmdp(0.9), 1e-10)
    for coalition, size in enumerate(coalition_sizes(2 * team_size)):
        expected = coalition_value(int(size), team_size, dial, 0.9)
        assert values.state_values[0, coalition] == pytest.approx(expected, abs=1e-9)


def test_the_structures_of_the_two_choices():
    world = SplitTheTask(0.0, team_size=2)
    generator = torch.Generator().manual_seed(0)
    state = reset(world, 1, generator)
    split = step(world, state, torch.tensor([[1, 1, 2, 2]]), generator)
    grand = step(world, state, torch.tensor([[1, 1, 1, 1]]), generator)
    assert world.induced_structure(split).tolist() == [[0, 0, 2, 2]]
    assert world.induced_structure(grand).tolist() == [[0, 0, 0, 0]]
    assert float(split.reward) == 2.0
    assert float(grand.reward) == 1.0


def test_views_show_what_is_open_and_the_time():
    world, generator = SplitTheTask(0.0, horizon=4), torch.Generator()
    state = step(world, reset(world, 1, generator), torch.tensor([[1, 0]]), generator).state
    assert world.observation(state).tolist() == [[[0.0, 1.0], [0.0, 1.0]]]
    assert world.global_state(state).tolist() == [[0.0, 1.0, 0.25]]
    assert world.entities(state).flatten().tolist() == [0.0, 0.0, 0.0, 1.0]


def test_the_batched_world_needs_everybody_as_often_as_the_dial_says():
    world, generator = SplitTheTask(0.3), torch.Generator().manual_seed(1)
    state = reset(world, 20_000, generator)
    result = step(world, state, torch.tensor([[1, 2]]).expand(20_000, -1), generator)
    hard = (result.requirement == 2).float().mean(0)
    assert (hard - 0.3).abs().max() < 5 * (0.3 * 0.7 / 20_000) ** 0.5
    assert torch.equal(result.subtask_rewards == 1.0, result.requirement == 1)
    both = (result.reward == 2.0).float().mean()
    assert abs(float(both) - 0.49) < 5 * (0.49 * 0.51 / 20_000) ** 0.5


def test_state_names_say_what_is_open():
    table = SplitTheTask(0.3).to_ecmdp(0.9)
    assert table.state_names == ("A and B open", "B open", "A open", "done")
    assert table.terminal.tolist() == [False, False, False, True]
    # A alone can be finished by both agents for certain.
    assert table.transition.row(0, GRAND)[1] == 1.0


@pytest.mark.parametrize(("dial", "team_size", "match"), [(-0.1, 1, "dial"), (1.1, 1, "dial"), (0.5, 0, "team_size")])
def test_bad_parameters(dial, team_size, match):
    with pytest.raises(WorldParameterError, match=match):
        SplitTheTask(dial, team_size)
