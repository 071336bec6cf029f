"""One-step matrix games as batched worlds.

All n agents choose one action each, the team is paid the table's entry, and the episode is over:

    R = payoff[a_1 - 1, ..., a_n - 1],    a_i = 1, 2, ...

The games are played for what they do to value factorisation: the best joint action is surrounded by
losses, so an agent that averages over the others turns away from it. The tables are those of
:mod:`nucleolus_lib.markov.matrix_games`.

*The no-op* is an added action, number 0 as in :mod:`nucleolus_lib.markov.matrix_games`. The published
games do not have it, so it is masked for agents that play; it stands for agents outside a coalition
whose own value is asked for. The game needs everybody: if somebody is absent the team is paid 0.

There is one subtask, the game, and every agent that is not absent takes part in it. So the induced
structure of full play is the grand coalition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec
from nucleolus_lib.envs.structure import structure_from_participants

if TYPE_CHECKING:
    from nucleolus_lib.markov.tabular import ECMDP


NOOP = 0


@dataclass(frozen=True)
class MatrixState:
    """``over`` (B,) bool."""

    over: Tensor


class MatrixGameWorld:
    """A one-step game for n agents as a batched world.

    Parameters
    ----------
    payoff
        One axis per agent: ``payoff[a_1 - 1, ..., a_n - 1]`` is the team reward for actions a_i >= 1. Agents
        may have different numbers of actions; actions that an agent does not have are masked.
    name
        What the game is called.
    device
        Where the tensors live.

    Raises
    ------
    WorldParameterError
        If the table has no axis, an empty axis, or an entry that is not finite.
    """

    def __init__(self, payoff: ArrayLike, name: str = "matrix_game", *, device: str | torch.device = "cpu") -> None:
        table = np.asarray(payoff, dtype=np.float64)
        if table.ndim == 0 or 0 in table.shape or not np.isfinite(table).all():
            raise WorldParameterError(
                f"a matrix game is a table of finite payoffs with one axis per agent; got shape {table.shape}"
                + ("" if np.isfinite(table).all() else " with entries that are not finite")
            )
        self.payoff = table
        n, most = table.ndim, max(table.shape)
        # The no-op pays 0, and so do joint actions that nobody can choose.
        padded = np.pad(table, [(1, most - size) for size in table.shape])
        self._device = torch.device(device)
        self._payoff = torch.as_tensor(padded.ravel(), dtype=torch.float32, device=device)
        self._stride = torch.tensor([(most + 1) ** (n - 1 - i) for i in range(n)], device=device)
        self._has = torch.tensor([[1 <= a <= size for a in range(most + 1)] for size in table.shape], device=device)
        self._noop_only = torch.arange(most + 1, device=device) == NOOP
        self._spec = Spec(
            name=name,
            n_agents=n,
            action_names=("noop", *(f"action_{a}" for a in range(1, most + 1))),
            noop=NOOP,
            observation_size=1,
            state_size=1,
            observation_low=0.0,
            observation_high=1.0,
            entities=tuple(EntitySpec(f"agent_{i}", "agent") for i in range(n)),
            entity_features=("playing",),
            subtasks=(SubtaskSpec("game", tuple(range(n)), required=n, reward=float(table.max())),),
            horizon=1,
        )

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        return self._spec

    @property
    def device(self) -> torch.device:
        """Where the world's tensors live."""
        return self._device

    def initial(self, draws: Tensor) -> MatrixState:
        """Nothing played yet."""
        return MatrixState(torch.zeros(draws.shape[0], dtype=torch.bool, device=self._device))

    def available_actions(self, state: MatrixState) -> Tensor:
        """The game's actions before it is played, only the no-op after, (B, n, A)."""
        return torch.where(state.over[:, None, None], self._noop_only, self._has)

    def transition(self, state: MatrixState, actions: Tensor, draws: Tensor) -> Step[MatrixState]:
        """Pay the table's entry and end."""
        can = self.available_actions(state).gather(-1, actions[..., None])[..., 0]
        action = torch.where(can, actions, NOOP)
        playing = action != NOOP
        reward = self._payoff[(action * self._stride).sum(1)]
        over = torch.ones_like(state.over)
        return Step(
            state=MatrixState(over),
            reward=reward,
            subtask_rewards=reward[:, None].clone(),
            participants=playing[:, None, :],
            requirement=torch.full_like(reward[:, None], self._spec.n_agents, dtype=torch.int64),
            terminated=over,
            truncated=torch.zeros_like(over),
        )

    def observation(self, state: MatrixState) -> Tensor:
        """1 while the game is on, (B, n, 1): nothing to see but that."""
        return (~state.over).float()[:, None, None].repeat(1, self._spec.n_agents, 1)

    def global_state(self, state: MatrixState) -> Tensor:
        """1 while the game is on, (B, 1)."""
        return (~state.over).float()[:, None]

    def entities(self, state: MatrixState) -> Tensor:
        """1 while the game is on, (B, n, 1)."""
        return self.observation(state)

    def induced_structure(self, step: Step[MatrixState]) -> Tensor:
        """All agents that play are together."""
        return structure_from_participants(step.participants)

    def to_ecmdp(self, gamma: float = 0.9, max_bytes: int | None = None) -> ECMDP:
        """The same rules as exact tables with two states, the game and its end."""
        from nucleolus_lib.envs.finite_world import to_ecmdp

        return to_ecmdp(self, _MatrixStates(self), gamma, max_bytes)


def climbing(device: str | torch.device = "cpu") -> MatrixGameWorld:
    """The climbing game of Claus and Boutilier (1998)."""
    from nucleolus_lib.markov import matrix_games

    return MatrixGameWorld(_published_payoff(matrix_games.climbing()), "climbing", device=device)


def penalty(fine: float = -10.0, device: str | torch.device = "cpu") -> MatrixGameWorld:
    """The penalty game of Claus and Boutilier (1998) with k = ``fine``, at most 0."""
    from nucleolus_lib.markov import matrix_games

    return MatrixGameWorld(_published_payoff(matrix_games.penalty(fine)), "penalty", device=device)


def qtran(device: str | torch.device = "cpu") -> MatrixGameWorld:
    """QTRAN's non-monotonic game, 8 / -12 (Son et al. 2019)."""
    from nucleolus_lib.markov import matrix_games

    return MatrixGameWorld(_published_payoff(matrix_games.qtran()), "qtran", device=device)


def _published_payoff(game: ECMDP) -> NDArray[np.float64]:
    """The payoff table of a one-step game without its no-op, one axis per agent."""
    # Joint actions are numbered with agent 0 fastest.
    padded = game.reward[0].reshape(game.n_actions, order="F")
    return np.asarray(padded[(slice(1, None),) * game.n_agents])


class _MatrixStates:
    """The enumeration of the two states."""

    n_states = 2

    def __init__(self, world: MatrixGameWorld) -> None:
        self._world = world

    def state_of(self, index: Tensor) -> MatrixState:
        return MatrixState(index == 1)

    def index_of(self, state: MatrixState) -> Tensor:
        return state.over.long()

    def branches(self) -> tuple[Tensor, Tensor]:
        device = self._world.device
        return torch.zeros((1, 0), device=device), torch.ones(1, dtype=torch.float64, device=device)

    def initial_distribution(self) -> NDArray[np.float64]:
        return np.array([1.0, 0.0])

    def state_names(self) -> tuple[str, ...]:
        return ("game", "over")
