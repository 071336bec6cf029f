"""What a method makes of a one-step game when it sees every joint action equally often.

The game pays R(a) for the joint action a and ends, so the target of every method is R(a) itself: no bootstrap, no
exploration, no chance but the initial weights. What is left is the question which tables Q_tot(a) the
factorisation can represent, and which of them it prefers where it cannot represent R. With the weighting of
:mod:`~nucleolus_lib.learners.ow_qmix` the preference changes, and nothing else.

One update is one gradient step on the whole table, one episode per joint action. The *greedy* joint action consists of
every agent's own best action; its *regret* is max R - R(greedy).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.matrix_game_world import NOOP, MatrixGameWorld
from nucleolus_lib.experiments.worlds import sizes_of
from nucleolus_lib.learners.episode_batch import EpisodeBatch
from nucleolus_lib.learners.learner_config import LearnerConfig
from nucleolus_lib.learners.nucleolus import Nucleolus
from nucleolus_lib.learners.nucleolus_lagrangian import LagrangianCredit
from nucleolus_lib.learners.ow_qmix import OWQMIX
from nucleolus_lib.learners.q_learning import Learner
from nucleolus_lib.learners.q_values import q_values
from nucleolus_lib.learners.qmix import QMIX
from nucleolus_lib.learners.shaq import SHAQ

Table = NDArray[np.float64]


@dataclass(frozen=True)
class LearnedGame:
    """What one learner holds of a one-step game; tables have one axis per agent and no no-op."""

    algorithm: str
    payoff: Table
    """R(a)."""
    team: Table
    """Q_tot(a)."""
    central: Table | None
    """Q*(a) of OW-QMIX, otherwise None."""
    weight: Table | None
    """alpha of SHAQ, with a last axis for the agents, the mean over all orders; otherwise None."""
    individual: tuple[Table, ...]
    """q_i(a_i), one list per agent."""

    @property
    def greedy(self) -> tuple[int, ...]:
        """The joint action of every agent's best action, counted from 0 without the no-op."""
        return tuple(int(q.argmax()) for q in self.individual)

    @property
    def regret(self) -> float:
        """What the greedy joint action loses."""
        return float(self.payoff.max() - self.payoff[self.greedy])


def every_joint_action(world: MatrixGameWorld) -> EpisodeBatch:
    """One episode per joint action of the game, agent 0 slowest."""
    joint = torch.tensor(list(itertools.product(*(range(1, size + 1) for size in world.payoff.shape))))
    count = len(joint)
    start = world.initial(torch.zeros((count, world.spec.n_initial_draws)))
    step = world.transition(start, joint, torch.zeros((count, world.spec.n_step_draws)))
    before_after = [
        (world.observation(s), world.global_state(s), world.available_actions(s)) for s in (start, step.state)
    ]
    observation, state, available = (torch.stack(pair, 1) for pair in zip(*before_after, strict=True))
    return EpisodeBatch(
        observation=observation,
        state=state,
        available=available,
        action=joint[:, None],
        reward=step.reward[:, None],
        terminated=step.terminated[:, None],
        filled=torch.ones((count, 1), dtype=torch.bool),
        subtask_rewards=step.subtask_rewards[:, None],
        participants=step.participants[:, None],
        requirement=step.requirement[:, None].to(torch.uint8),
    )


def learn_game(world: MatrixGameWorld, config: LearnerConfig, n_updates: int, seed: int = 0) -> LearnedGame:
    """Fit a learner to the whole table of a game.

    Parameters
    ----------
    world
        The game, on the CPU.
    config
        Algorithm and settings.
    n_updates
        Gradient steps.
    seed
        Of the initial weights, and of SHAQ's orders.
    """
    learner = Learner(config, sizes_of(world.spec), seed=seed)
    batch = every_joint_action(world)
    for _ in range(n_updates):
        learner.update(batch)
    return learned_game(learner, world)


@torch.no_grad()
def learned_game(learner: Learner, world: MatrixGameWorld) -> LearnedGame:
    """The tables that ``learner`` holds now."""
    batch = every_joint_action(world)
    qs = q_values(learner.agent, learner.agent, batch, learner.generator)
    taken, state, algorithm = qs.taken[:, 0], batch.state[:, 0], learner.algorithm
    team, central, weight = taken.sum(-1), None, None
    if isinstance(algorithm, QMIX | OWQMIX):
        team = algorithm.mixer(taken, state)
    if isinstance(algorithm, Nucleolus) and isinstance(algorithm.credit, LagrangianCredit):
        team = algorithm.credit.split(taken, state, torch.zeros_like(taken[:, 0]))[0]
    if isinstance(algorithm, OWQMIX):
        central = algorithm.central_value(batch, batch.action, batch.state[:, :-1])[:, 0]
    if isinstance(algorithm, SHAQ) and algorithm.weights is not None:
        weight = algorithm.weights(taken, state, _all_orders(taken))
        is_greedy = batch.action[:, 0] == qs.greedy[:, 0]
        team = (torch.where(is_greedy, 1.0, weight) * taken).sum(-1)
    shape = world.payoff.shape
    return LearnedGame(
        algorithm=learner.config.algorithm,
        payoff=world.payoff,
        team=_numbers(team).reshape(shape),
        central=None if central is None else _numbers(central).reshape(shape),
        weight=None if weight is None else _numbers(weight).reshape(*shape, len(shape)),
        individual=tuple(_numbers(qs.all[0, 0, i, NOOP + 1 : size + 1]) for i, size in enumerate(shape)),
    )


def _all_orders(taken: Tensor) -> Tensor:
    """Keys of every order of the agents once, for each row of ``taken`` (rows, N)."""
    n = taken.shape[-1]
    orders = torch.tensor(list(itertools.permutations(range(n))), dtype=taken.dtype) / n
    return orders.expand(taken.shape[0], *orders.shape)


def _numbers(tensor: Tensor) -> Table:
    return tensor.double().numpy()
