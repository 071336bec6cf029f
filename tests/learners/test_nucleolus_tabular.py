"""What nucleolus Q-learning finds in worlds small enough to be solved exactly.

*Two shifts* is a world in which the exact V_C and the learned one mean the same: what others do touches neither a
coalition's own reward nor its next state, and one action is best for every coalition. Three agents work two shifts.
Each waits (0), works alone (1) or joins the crew (2). Agent i earns own_i alone, and 1.5 own_i in the crew; if at least
two are in the crew it earns a bonus. The batch has every joint action once in either shift. With one-step targets that
is all that the uniform distribution has to say, since where a step leads does not depend on what is done.

Tolerances are absolute, on values between 0 and about 20.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from nucleolus_lib.learners import EpisodeBatch, Learner, LearnerConfig, Sizes
from nucleolus_lib.learners.nucleolus_config import NucleolusConfig
from nucleolus_lib.learners.nucleolus_credit import exact_shares
from nucleolus_lib.learners.q_values import q_values
from nucleolus_lib.markov import matrix_games
from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.tabular import ECMDP
from nucleolus_lib.markov.transitions import DenseTransition

OWN = np.array([1.0, 2.0, 3.0])
BONUS = (4.0, 8.0)
GAMMA = 0.9
JOINT = np.array([a[::-1] for a in product(range(3), repeat=3)])
"""(27, 3), agent 0 fastest, as joint actions are numbered."""


def shift_rewards(shift: int) -> np.ndarray:
    """r_k of every joint action, (27, 4): three own earnings, then the bonus."""
    own = OWN * np.array([0.0, 1.0, 1.5])[JOINT]
    return np.concatenate([own, BONUS[shift] * ((JOINT == 2).sum(1, keepdims=True) >= 2)], 1)


def two_shifts() -> ECMDP:
    rewards = np.stack([shift_rewards(0), shift_rewards(1), np.zeros((27, 4))])
    transition = np.zeros((3, 27, 3))
    transition[[0, 1, 2], :, [1, 2, 2]] = 1.0
    return ECMDP(
        DenseTransition(transition), rewards, GAMMA, (3, 3, 3), (0, 0, 0), terminal=np.array([False, False, True])
    )


def every_episode() -> EpisodeBatch:
    """27 episodes; each shift sees every joint action once."""
    first = torch.arange(27)
    index = torch.stack([first, (5 * first + 7) % 27], 1)
    action = torch.from_numpy(JOINT)[index]
    rewards = torch.stack([torch.from_numpy(shift_rewards(t))[index[:, t]] for t in range(2)], 1).float()
    alone = torch.eye(3, dtype=torch.bool) & (action != 0)[:, :, None, :]
    participants = torch.cat([alone, (action == 2)[:, :, None, :]], 2)
    state = torch.eye(3).expand(27, 3, 3).contiguous()
    return EpisodeBatch(
        observation=state[:, :, None, :].expand(-1, -1, 3, -1).contiguous(),
        state=state,
        available=torch.ones(27, 3, 3, 3, dtype=torch.bool),
        action=action,
        reward=rewards.sum(-1),
        terminated=torch.tensor([False, True]).expand(27, 2),
        filled=torch.ones(27, 2, dtype=torch.bool),
        subtask_rewards=rewards,
        participants=participants,
        requirement=torch.tensor([1, 1, 1, 2], dtype=torch.uint8).expand(27, 2, 4),
    )


SHIFTS = Sizes(n_agents=3, n_actions=3, observation_size=3, state_size=3, n_subtasks=4, horizon=2)


def trained(batch: EpisodeBatch, sizes: Sizes, updates: int, **options: Any) -> tuple[Learner, dict[str, float]]:
    config = LearnerConfig(
        algorithm="nucleolus",
        agent="feed_forward",
        use_last_action=False,
        hidden_size=64,
        discount=GAMMA,
        td_lambda=0.0,
        learning_rate=3e-3,
        target_period=20,
        nucleolus=NucleolusConfig(value_learning_rate=3e-3, **options),
    )
    learner = Learner(config, sizes)
    for _ in range(updates):
        metrics = learner.update(batch)
    return learner, {name: float(value) for name, value in metrics.items()}


def exact_games() -> np.ndarray:
    """V_C(s, a_C) - V_empty(s) of both shifts, (2, 27, 8)."""
    return coalition_values(two_shifts()).action_games()[:2]


def errors(width: int, updates: int, **options: Any) -> tuple[float, float, bool]:
    """Largest error of V and of Q against the exact ones, and whether everybody joins the crew, which is best."""
    batch, exact = every_episode(), torch.from_numpy(exact_games()).float()
    options = {"credit": "shares", "coalition_reward": "own", "credit_samples": 0, **options}
    learner, _ = trained(batch, SHIFTS, updates, value_hidden_size=width, agent_embedding="one_hot", **options)
    action = torch.from_numpy(JOINT)
    critic = learner.algorithm.credit.critic  # type: ignore[attr-defined]
    with torch.no_grad():
        learned = torch.stack([critic(torch.eye(3)[s].expand(27, -1), action) for s in range(2)])
        all_q = learner.agent.unroll(batch.observation[:1], batch.action[:1])[0, :2]
    share = exact_shares(exact.flatten(0, 1), "nucleolus").payoff.reshape(2, 27, 3)
    wanted = torch.stack(
        [torch.stack([share[:, action[:, i] == a, i].mean(1) for a in range(3)], -1) for i in range(3)], 1
    )
    joins = bool((all_q.argmax(-1) == 2).all())
    return float((learned - exact).abs().max()), float((all_q - wanted).abs().max()), joins


@pytest.mark.slow
def test_coalition_values_and_credits_approach_the_exact_ones() -> None:
    # Measured: 0.023 and 0.003, on values up to 28.
    value_error, credit_error, joins = errors(256, 2000)
    assert value_error < 0.3
    assert credit_error < 0.1
    assert joins
    # The check can fail: Shapley credit of the same games is twice as far away as is allowed, 0.29 as measured.
    _, other, _ = errors(256, 2000, credit_rule="shapley")
    assert other > 0.2


@pytest.mark.slow
def test_sixty_four_units_miss_that_a_third_worker_adds_nothing() -> None:
    # Measured: 8.6 after 2000 updates. A finding about the default width, not a wish.
    value_error, _, _ = errors(64, 2000)
    assert value_error > 1.0


def matrix_episodes(payoff: np.ndarray) -> EpisodeBatch:
    """Every joint action of a one-step game of two agents once, action 0 being the no-op that nobody has."""
    rows, columns = payoff.shape
    joint = torch.tensor([(a + 1, b + 1) for a in range(rows) for b in range(columns)])
    count = len(joint)
    reward = torch.from_numpy(payoff.ravel()).float()[:, None]
    available = torch.ones(count, 2, 2, max(rows, columns) + 1, dtype=torch.bool)
    available[..., 0] = False
    return EpisodeBatch(
        observation=torch.ones(count, 2, 2, 1),
        state=torch.ones(count, 2, 1),
        available=available,
        action=joint[:, None, :],
        reward=reward,
        terminated=torch.ones(count, 1, dtype=torch.bool),
        filled=torch.ones(count, 1, dtype=torch.bool),
        subtask_rewards=reward[..., None],
        participants=torch.ones(count, 1, 1, 2, dtype=torch.bool),
        requirement=torch.full((count, 1, 1), 2, dtype=torch.uint8),
    )


MATRIX = Sizes(n_agents=2, n_actions=4, observation_size=1, state_size=1, n_subtasks=1, horizon=1)


def payoff_of(name: str) -> np.ndarray:
    game = getattr(matrix_games, name)()
    return game.reward[0].reshape(game.n_actions, order="F")[1:, 1:]


def greedy_reward(learner: Learner, batch: EpisodeBatch, payoff: np.ndarray) -> float:
    greedy = q_values(learner.agent, learner.target_agent, batch, learner.generator).greedy[0, 0]
    return float(payoff[int(greedy[0]) - 1, int(greedy[1]) - 1])


@pytest.mark.parametrize("name", ["climbing", "penalty", "qtran"])
def test_one_step_matrix_games_are_not_solved_by_the_paper_s_credit(name: str) -> None:
    """Measured: Q_tot is a weighted sum, so the greedy action is the safe one, as for VDN.

    The optimum is moved off the first action, because equal values choose the first one and the published tables have
    their optimum there: a learner that learns nothing would seem to solve them.
    """
    payoff = np.roll(payoff_of(name), (1, 1), (0, 1))
    batch = matrix_episodes(payoff)
    learner, _ = trained(batch, MATRIX, 150, value_hidden_size=16)
    q = q_values(learner.agent, learner.target_agent, batch, learner.generator).all[0, 0, :, 1:]
    top = q.topk(2, -1).values
    assert greedy_reward(learner, batch, payoff) < payoff.max()
    if name == "climbing":
        # Decided, not a tie.
        assert (top[:, 0] - top[:, 1]).min() > 0.5
