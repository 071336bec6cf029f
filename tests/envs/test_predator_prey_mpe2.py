"""Without walls and capture, predator-prey is mpe2's simple_tag: same motion, observation and predators' reward."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nucleolus_lib.envs.predator_prey import PredatorPrey
from nucleolus_lib.envs.predator_prey_rules import pp_8v4

simple_tag_v3 = pytest.importorskip("mpe2.simple_tag_v3")

N, G, STEPS = 8, 4, 25


def random_moves(rng, position):
    """Everybody at random."""
    return rng.integers(5, size=len(position))


def crowd(rng, position):
    """Everybody to the origin, so that all of them touch."""
    axis = np.abs(position).argmax(1)
    beyond = np.take_along_axis(position, axis[:, None], 1)[:, 0] > 0
    return 1 + 2 * axis + ~beyond


def side_by_side(n_obstacles, seed, moves, precision=torch.float64, **changes):
    """Largest differences in positions and velocities, observations, and the predators' reward over 25 steps."""
    rules = replace(
        pp_8v4(),
        n_landmarks=n_obstacles,
        wall=None,
        capture=False,
        prey="random",
        shaping_scale=0.0,
        horizon=STEPS,
        **changes,
    )
    world = PredatorPrey(rules, precision=precision)
    theirs = simple_tag_v3.parallel_env(
        num_good=G, num_adversaries=N, num_obstacles=n_obstacles, max_cycles=STEPS, terminate_on_success=False
    )
    theirs.reset(seed=seed)
    their_world = theirs.unwrapped.world

    def their_bodies():
        return np.array([[*agent.state.p_vel, *agent.state.p_pos] for agent in their_world.agents])

    landmarks = np.array([landmark.state.p_pos for landmark in their_world.landmarks]).reshape(n_obstacles, 2)
    state = replace(
        world.initial(torch.zeros(1, world.spec.n_initial_draws)),
        position=torch.tensor(their_bodies()[None, :, 2:], dtype=precision),
        landmarks=torch.tensor(landmarks[None], dtype=precision),
    )
    rng, worst = np.random.default_rng(seed), np.zeros(3)
    for t in range(STEPS):
        actions = moves(rng, their_bodies()[:, 2:])
        seen, rewards, _, truncations, _ = theirs.step(
            {name: int(action) for name, action in zip(theirs.possible_agents, actions, strict=True)}
        )
        # The middle of the interval of draws that means this action.
        draws = torch.tensor((actions[None, N:] + 0.5) / 5, dtype=torch.float32)
        result = world.transition(state, torch.tensor(actions[None, :N]), draws)
        state = result.state
        predators = theirs.possible_agents[:N]
        differences = (
            torch.cat([state.velocity, state.position], -1)[0].numpy() - their_bodies(),
            world.observation(state)[0].numpy() - np.array([seen[name] for name in predators]),
            float(result.reward) - rewards[predators[0]],
        )
        worst = np.maximum(worst, [np.abs(difference).max() for difference in differences])
        assert bool(result.truncated) == all(truncations.values()) == (t + 1 == STEPS)
        assert not bool(result.terminated)
    return worst


@pytest.mark.parametrize("n_obstacles", [0, 2])
@pytest.mark.parametrize("moves", [random_moves, crowd])
def test_follows_simple_tag_for_25_steps(n_obstacles, moves):
    for seed in range(3):
        bodies, seen, reward = side_by_side(n_obstacles, seed, moves)
        assert bodies < 1e-5
        assert seen < 1e-5
        assert reward == 0


@pytest.mark.parametrize(
    "change",
    [{"damping": 0.2501}, {"integration": "openai"}, {"contact_margin": 1.1e-3}, {"predator_acceleration": 3.01}],
    ids=str,
)
def test_other_physics_is_told_apart(change):
    assert side_by_side(0, 0, crowd, **change)[0] > 1e-4


def test_the_reward_is_compared_where_there_is_some():
    """In a crowd predators touch prey; with another reward per touch the comparison fails."""
    assert side_by_side(0, 0, crowd, capture_reward=11.0)[2] > 0


def test_in_float32_one_step_agrees_and_a_crowd_drifts_apart():
    """Why bodies are kept in float64: contact is stiff, and amplifies what rounding loses."""
    assert side_by_side(0, 0, random_moves, torch.float32)[0] < 1e-3
    worst = max(side_by_side(0, seed, crowd, torch.float32)[0] for seed in range(3))
    assert worst > 1e-5
