"""Many tiny worlds at once, for statements that are put to the test on thousands of them.

W worlds of the same shape: n agents with two actions each (0 = no-op, 1 = act), so that a joint action is
the bitmask a of the agents that act, and S states with dense transitions. Then (a_C, noop) is the bitmask
a & C, and everything a coalition can do is a submask of C.

Values come from policy iteration: evaluate every coalition's policy by solving its linear equations,
improve it, stop when no policy changes. That is exact up to the rounding of the solve, and takes a
handful of rounds whatever the discount.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.markov.ec_pomdp import Subtask
from nucleolus_lib.markov.errors import TableShapeError, UnreachableToleranceError
from nucleolus_lib.markov.tabular import ECMDP
from nucleolus_lib.markov.transitions import DenseTransition

TIE = 1e-12
"""A policy changes only where another action is better by this times the largest value."""

MAX_ROUNDS = 200


@dataclass(frozen=True, eq=False)
class WorldBatch:
    """W worlds of n two-action agents."""

    transition: NDArray[np.float64]
    """(W, S, J, S), J = 2**n."""
    subtask_rewards: NDArray[np.float64]
    """(W, S, J, M) r_k."""
    gamma: float
    groups: tuple[int, ...]
    """M bitmasks: the agents that can work on each subtask. An agent that acts works on all of its subtasks."""

    def __post_init__(self) -> None:
        shape = self.subtask_rewards.shape
        if (
            len(shape) != 4
            or shape[2] < 2
            or shape[2] & (shape[2] - 1)
            or shape[3] != len(self.groups)
            or self.transition.shape != (*shape[:3], shape[1])
        ):
            raise TableShapeError(
                "a batch of worlds has rewards (W, S, 2**n, M), one group per subtask and transitions "
                f"(W, S, 2**n, S); got {shape}, {len(self.groups)} groups and {self.transition.shape}"
            )

    @cached_property
    def reward(self) -> NDArray[np.float64]:
        """(W, S, J) the team reward."""
        return np.asarray(self.subtask_rewards.sum(axis=-1))

    @property
    def n_worlds(self) -> int:
        """W."""
        return int(self.subtask_rewards.shape[0])

    @property
    def n_agents(self) -> int:
        """n."""
        return int(self.subtask_rewards.shape[2]).bit_length() - 1

    def world(self, number: int) -> ECMDP:
        """One of the worlds."""
        n = self.n_agents
        agents = [tuple(i for i in range(n) if group >> i & 1) for group in self.groups]
        return ECMDP(
            transition=DenseTransition(self.transition[number]),
            subtask_rewards=self.subtask_rewards[number],
            gamma=self.gamma,
            n_actions=(2,) * n,
            noop=(0,) * n,
            subtasks=tuple(Subtask(f"task {k + 1}", agents=members) for k, members in enumerate(agents)),
        )


@dataclass(frozen=True, eq=False)
class BatchValues:
    """The values of every coalition in every world."""

    batch: WorldBatch
    state_values: NDArray[np.float64]
    """(W, S, 2**n) V_C(s)."""
    action_values: NDArray[np.float64]
    """(W, S, J, 2**n) V_C(s, a & C) at joint action a."""
    greedy_joint: NDArray[np.int64]
    """(W, S) the optimal joint action of the grand coalition."""

    def action_games(self) -> NDArray[np.float64]:
        """v(C) = V_C(s, a_C) - V_empty(s), shape (W, S, J, 2**n)."""
        games = self.action_values - self.state_values[:, :, None, :1]
        games[..., 0] = 0.0
        return games

    def state_games(self) -> NDArray[np.float64]:
        """v(C) = V_C(s) - V_empty(s), shape (W, S, 2**n)."""
        return self.state_values - self.state_values[..., :1]


def batch_coalition_values(batch: WorldBatch) -> BatchValues:
    """The optimal value of every coalition of every world, by policy iteration.

    Raises
    ------
    UnreachableToleranceError
        If the policies still change after ``MAX_ROUNDS`` rounds.
    """
    n_worlds, n_states, n_joint = batch.reward.shape
    coalitions = np.arange(n_joint)
    is_legal = (coalitions[:, None] & ~coalitions[None, :]) == 0
    worlds, states = np.arange(n_worlds)[:, None, None], np.arange(n_states)[:, None]
    policy = np.zeros((n_worlds, n_states, n_joint), dtype=np.int64)
    identity = np.eye(n_states)
    for _ in range(MAX_ROUNDS):
        chain = batch.transition[worlds, states, policy].swapaxes(1, 2)
        reward = batch.reward[worlds, states, policy].swapaxes(1, 2)
        values = np.linalg.solve(identity - batch.gamma * chain, reward[..., None])[..., 0].swapaxes(1, 2)
        flat = batch.transition.reshape(n_worlds, n_states * n_joint, n_states) @ values
        look_ahead = batch.reward[..., None] + batch.gamma * flat.reshape(n_worlds, n_states, n_joint, n_joint)
        legal = np.where(is_legal, look_ahead, -np.inf)
        best = legal.argmax(axis=2)
        gain = legal.max(axis=2) - np.take_along_axis(legal, policy[:, :, None, :], axis=2)[:, :, 0]
        improves = gain > TIE * max(1.0, float(np.abs(values).max()))
        if not improves.any():
            own_part = coalitions[:, None] & coalitions[None, :]
            taken = np.take_along_axis(look_ahead, np.broadcast_to(own_part, look_ahead.shape), axis=2)
            return BatchValues(batch, np.asarray(values, dtype=np.float64), taken, policy[..., -1])
        policy = np.where(improves, best, policy)
    raise UnreachableToleranceError(
        f"policies still change after {MAX_ROUNDS} rounds of policy iteration; "
        f"the discount {batch.gamma} is too close to 1 for these rewards"
    )
