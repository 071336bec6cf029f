"""Split the task: the smallest world in which two small coalitions beat the grand coalition.

There are 2m agents and two subtasks, A and B, each worth 1. In every step each agent works on A, works
on B, or does nothing. In every step each open subtask turns out *easy* (it needs m agents) with
probability q = 1 - dial, or *hard* (it needs all 2m), independently, and nobody knows beforehand. A
subtask with enough workers is done. With m = 1 there are two agents, three actions and four states.

*Which structure is right?* With both subtasks open, two choices are worth considering: m agents on
each ("split"), or all on one ("grand"). Fewer than m on a subtask is wasted, and leaving some idle
beside m workers is worse than sending all. Once one subtask is left, everybody does it, for certain:
value 1. Write G for the value of the grand coalition and W for the value of splitting until
something is done:

    G = 1 + gamma,
    W = 2 q**2 + 2 q (1 - q) (1 + gamma) + gamma (1 - q)**2 W.

Splitting is right if splitting once and then doing G is worth at least G (policy improvement):

    2 q**2 + 2 q (1 - q) G + gamma (1 - q)**2 G >= G.

With G = 1 + gamma, every term has the factor 1 - gamma > 0; divided by it,

    gamma q**2 - 2 (1 + gamma) q + (1 + gamma) <= 0.

Its smaller root is q* = u / (1 + u) with u = sqrt(1 + gamma), and the larger one exceeds 1. So

    dial* = 1 - q* = 1 / (1 + sqrt(1 + gamma)):

below it two coalitions of m are right, above it the grand coalition is. It falls from 1/2 at gamma = 0
to 1 / (1 + sqrt(2)) = 0.414... at gamma -> 1: who is patient can afford to do one thing after the other.

*What a coalition earns alone* (all others at no-op): nothing with fewer than m agents. With m to
2m - 1 it does one subtask after the other, each by attempts that succeed with probability q, so that

    v_1 = q / (1 - gamma (1 - q)),    V = v_1 (1 + gamma v_1),

and with all 2m it earns max(G, W).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec
from nucleolus_lib.envs.structure import structure_from_participants

if TYPE_CHECKING:
    from nucleolus_lib.markov.tabular import ECMDP

SUBTASKS = ("A", "B")
ACTIONS = ("noop", "work_on_A", "work_on_B")
NOOP = 0


def threshold(gamma: float) -> float:
    """dial*, below which splitting is right and above which the grand coalition is."""
    return 1.0 / (1.0 + math.sqrt(1.0 + gamma))


def grand_value(gamma: float) -> float:
    """G, the value of doing one subtask after the other with everybody."""
    return 1.0 + gamma


def split_value(dial: float, gamma: float) -> float:
    """W, the value of splitting until something is done and then finishing together."""
    q = 1.0 - dial
    return (2 * q * q + 2 * q * (1 - q) * (1 + gamma)) / (1 - gamma * (1 - q) ** 2)


def coalition_value(size: int, team_size: int, dial: float, gamma: float) -> float:
    """What a coalition of ``size`` agents earns while all others do nothing, from both subtasks open."""
    if size < team_size:
        return 0.0
    if size < 2 * team_size:
        q = 1.0 - dial
        one = q / (1 - gamma * (1 - q))
        return one * (1 + gamma * one)
    return max(grand_value(gamma), split_value(dial, gamma))


@dataclass(frozen=True)
class SplitState:
    """``done`` (B, 2) bool, ``clock`` (B,) int64."""

    done: Tensor
    clock: Tensor


class SplitTheTask:
    """The batched world.

    Parameters
    ----------
    dial
        Probability, in [0, 1], that a subtask turns out to need everybody.
    team_size
        m: a small coalition has m agents and there are 2m, 1 <= m <= 4.
    horizon
        Time limit in steps.
    device
        Where the tensors live.

    Raises
    ------
    WorldParameterError
    """

    def __init__(
        self, dial: float, team_size: int = 1, *, horizon: int = 20, device: str | torch.device = "cpu"
    ) -> None:
        if not 0.0 <= dial <= 1.0:
            raise WorldParameterError(f"dial is a probability, 0 (split) to 1 (stay together); got {dial}")
        if not 1 <= team_size <= 4:
            raise WorldParameterError(f"team_size is the size of a small coalition, 1 to 4; got {team_size}")
        self.dial = float(dial)
        self.team_size = team_size
        self._device = torch.device(device)
        self._number = torch.arange(1, 3, device=device)
        n = 2 * team_size
        self._spec = Spec(
            name="split_the_task",
            n_agents=n,
            action_names=ACTIONS,
            noop=NOOP,
            observation_size=2,
            state_size=3,
            observation_low=0.0,
            observation_high=1.0,
            entities=(
                *(EntitySpec(f"agent_{i}", "agent") for i in range(n)),
                *(EntitySpec(name, "subtask") for name in SUBTASKS),
            ),
            entity_features=("open",),
            subtasks=tuple(SubtaskSpec(name, (n + k,), team_size, 1.0) for k, name in enumerate(SUBTASKS)),
            horizon=horizon,
            n_step_draws=2,
        )

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        return self._spec

    @property
    def device(self) -> torch.device:
        """Where the world's tensors live."""
        return self._device

    def initial(self, draws: Tensor) -> SplitState:
        """Both subtasks open."""
        batch = draws.shape[0]
        return SplitState(
            torch.zeros((batch, 2), dtype=torch.bool, device=self._device),
            torch.zeros(batch, dtype=torch.int64, device=self._device),
        )

    def available_actions(self, state: SplitState) -> Tensor:
        """The no-op, and work on what is open, (B, 2m, 3)."""
        options = torch.cat([torch.ones_like(state.done[:, :1]), ~state.done], 1)
        return options[:, None, :].expand(-1, self._spec.n_agents, -1).clone()

    def transition(self, state: SplitState, actions: Tensor, draws: Tensor) -> Step[SplitState]:
        """Work on the open subtasks. Subtask k is hard in this step when its draw is below the dial."""
        participants = (actions[:, None, :] == self._number[:, None]) & ~state.done[:, :, None]
        requirement = torch.where(draws < self.dial, 2 * self.team_size, self.team_size)
        finished = participants.sum(-1) >= requirement
        done, clock = state.done | finished, state.clock + 1
        terminated = done.all(1)
        return Step(
            state=SplitState(done, clock),
            reward=finished.sum(1).float(),
            subtask_rewards=finished.float(),
            participants=participants,
            requirement=requirement,
            terminated=terminated,
            truncated=~terminated & (clock >= self._spec.horizon),
        )

    def observation(self, state: SplitState) -> Tensor:
        """Which subtasks are open, the same for every agent, (B, 2m, 2)."""
        return (~state.done).float()[:, None, :].expand(-1, self._spec.n_agents, -1).clone()

    def global_state(self, state: SplitState) -> Tensor:
        """Which subtasks are open, and t / horizon, (B, 3)."""
        return torch.cat([(~state.done).float(), state.clock[:, None] / self._spec.horizon], 1)

    def entities(self, state: SplitState) -> Tensor:
        """Whether a subtask is open; an agent has no state of its own, (B, 2m + 2, 1)."""
        blank = torch.zeros((state.done.shape[0], self._spec.n_agents), device=self._device)
        return torch.cat([blank, (~state.done).float()], 1)[..., None]

    def induced_structure(self, step: Step[SplitState]) -> Tensor:
        """Agents working on the same subtask are together, all others in one residual coalition."""
        return structure_from_participants(step.participants)

    def to_ecmdp(self, gamma: float, max_bytes: int | None = None) -> ECMDP:
        """The same rules as exact tables with four states; the time limit is left out."""
        from nucleolus_lib.envs.finite_world import to_ecmdp

        return to_ecmdp(self, _SplitStates(self), gamma, max_bytes)


class _SplitStates:
    """The enumeration of the four states: number = [A done] + 2 [B done]."""

    n_states = 4

    def __init__(self, world: SplitTheTask) -> None:
        self._world = world

    def state_of(self, index: Tensor) -> SplitState:
        return SplitState(torch.stack([index % 2, index // 2], 1).bool(), torch.zeros_like(index))

    def index_of(self, state: SplitState) -> Tensor:
        return state.done[:, 0].long() + 2 * state.done[:, 1].long()

    def branches(self) -> tuple[Tensor, Tensor]:
        dial, device = self._world.dial, self._world.device
        # A draw of 0 means hard and a draw of 1 easy; where a dial of 0 contradicts this, its probability is 0.
        draws = torch.tensor(list(product((0.0, 1.0), repeat=2)), device=device)
        each = torch.full_like(draws, 1.0 - dial, dtype=torch.float64).masked_fill(draws == 0.0, dial)
        return draws, each.prod(1)

    def initial_distribution(self) -> NDArray[np.float64]:
        return np.array([1.0, 0.0, 0.0, 0.0])

    def state_names(self) -> tuple[str, ...]:
        return ("A and B open", "B open", "A open", "done")
