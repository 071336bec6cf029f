"""What the learners learn where the answer is known: their own observation, and one-step games of two agents.

The game of Son et al. (2019, table 1): both agents' first action pays 8, a lone first action -12, all else 0. From
uniform data a sum or a monotonic mixture puts the first action last; weighted QMIX does not.
"""

from __future__ import annotations

import dataclasses

import pytest
import torch

from nucleolus_lib.learners import EpisodeBatch, Learner, LearnerConfig, Sizes
from nucleolus_lib.learners.exploration import greedy

IDENTITY = Sizes(n_agents=2, n_actions=4, observation_size=4, state_size=8, n_subtasks=2, horizon=1)
PAYOFF = torch.tensor([[8.0, -12.0, -12.0], [-12.0, 0.0, 0.0], [-12.0, 0.0, 0.0]])
GAME = Sizes(n_agents=2, n_actions=3, observation_size=1, state_size=1, n_subtasks=1, horizon=1)


def one_step(
    sizes: Sizes, observation: torch.Tensor, action: torch.Tensor, subtask_rewards: torch.Tensor, participants
):
    """Episodes of one step that ends the task, from observation (B, N, F) and action (B, N)."""
    count = len(action)
    seen = torch.stack([observation, torch.zeros_like(observation)], 1)
    return EpisodeBatch(
        observation=seen,
        state=seen.reshape(count, 2, -1)[..., : sizes.state_size],
        available=torch.ones(count, 2, sizes.n_agents, sizes.n_actions, dtype=torch.bool),
        action=action[:, None],
        reward=subtask_rewards.sum(-1)[:, None],
        terminated=torch.ones(count, 1, dtype=torch.bool),
        filled=torch.ones(count, 1, dtype=torch.bool),
        subtask_rewards=subtask_rewards[:, None],
        participants=participants[:, None],
        requirement=torch.ones(count, 1, sizes.n_subtasks, dtype=torch.uint8),
    )


def identity_batch(draw: torch.Generator) -> tuple[torch.Tensor, EpisodeBatch]:
    """Each agent sees a number and is paid for choosing the action of that number; actions at random."""
    index, action = (torch.randint(4, (64, 2), generator=draw) for _ in range(2))
    observation = torch.nn.functional.one_hot(index, 4).float()
    own = torch.eye(2, dtype=torch.bool).expand(64, 2, 2)
    return index, one_step(IDENTITY, observation, action, (action == index).float(), own)


@pytest.mark.parametrize(
    ("algorithm", "agent"),
    [
        ("vdn", "recurrent"),
        ("vdn", "feed_forward"),
        ("qmix", "recurrent"),
        ("ow_qmix", "recurrent"),
        ("shaq", "recurrent"),
        ("oracle_credit", "recurrent"),
    ],
)
def test_the_identity_task_is_learnt(algorithm, agent):
    sizes = dataclasses.replace(IDENTITY, forms_coalition=(False, False))
    learner = Learner(LearnerConfig(algorithm=algorithm, agent=agent, learning_rate=3e-3), sizes, seed=1)
    draw = torch.Generator().manual_seed(0)
    for _ in range(150):
        learner.update(identity_batch(draw)[1])
    index, batch = identity_batch(draw)
    with torch.no_grad():
        q = learner.agent.unroll(batch.observation, batch.action)[:, 0]
    assert float((q.argmax(-1) == index).float().mean()) > 0.95
    action, _ = learner.act(
        batch.observation[:, 0],
        torch.full((64, 2), -1),
        batch.available[:, 0],
        learner.initial_hidden(64),
        0.0,
        torch.rand(64, 2, 2),
    )
    assert torch.equal(action, q.argmax(-1))


def game_batch() -> EpisodeBatch:
    """Each of the nine joint actions twice."""
    action = torch.cartesian_prod(torch.arange(3), torch.arange(3)).repeat(2, 1)
    reward = PAYOFF[action[:, 0], action[:, 1]][:, None]
    return one_step(GAME, torch.ones(18, 2, 1), action, reward, torch.ones(18, 1, 2, dtype=torch.bool))


def play(algorithm: str, seed: int, **fields) -> float:
    """The payoff of the greedy joint action after learning from uniform data."""
    batch = game_batch()
    config = LearnerConfig(algorithm=algorithm, agent="feed_forward", learning_rate=1e-2, **fields)
    learner = Learner(config, GAME, seed=seed)
    for _ in range(150):
        learner.update(batch)
    with torch.no_grad():
        best = greedy(learner.agent.unroll(batch.observation, batch.action), batch.available)[0, 0]
    return float(PAYOFF[best[0], best[1]])


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_sums_and_monotonic_mixtures_fail_the_game(seed):
    assert play("vdn", seed) == 0
    assert play("qmix", seed) == 0


@pytest.mark.parametrize("weighting", ["optimistic", "central"])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_weighted_qmix_solves_it(seed, weighting):
    assert play("ow_qmix", seed, weighting=weighting) == 8


def test_it_is_the_weight_that_solves_it():
    assert play("ow_qmix", 0, optimistic_weight=1.0) == 0


def test_vdn_finds_the_best_sum():
    """The fitted values are the least-squares sum r_i + c_j: row means plus column means minus the mean."""
    batch = game_batch()
    learner = Learner(LearnerConfig(algorithm="vdn", agent="feed_forward", learning_rate=1e-2), GAME)
    for _ in range(150):
        learner.update(batch)
    with torch.no_grad():
        q = learner.agent.unroll(batch.observation, batch.action)[0, 0]
    fitted = q[0][:, None] + q[1][None, :]
    best = PAYOFF.mean(1, keepdim=True) + PAYOFF.mean(0, keepdim=True) - PAYOFF.mean()
    assert (fitted - best).abs().max() < 0.1
