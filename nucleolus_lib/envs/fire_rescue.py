"""Fire rescue: fires on a grid, each of which needs one, two or three agents at once.

State s = (c, w): c_i is the cell of agent i, w_k the effort that task k still takes, from ``effort``
down to 0, done. (The clock t is kept beside it for the time limit only.) The map and its signs are in
:mod:`nucleolus_lib.envs.rescue_layout`.

Rules of one step, for action u_i in {noop, up, down, left, right, work}:

1. *Open tasks.* A fire is open until it is done. A rescue is open until it is done and once every
   fire is.
2. *Available actions.* noop always; a move if the cell there is free; work if the agent stands on the
   cell of an open task. Any other action is carried out as noop.
3. *Work.* The participants of task k are the agents on its cell that work. If it is open and has at
   least q_k participants, its requirement, w_k falls by 1, whatever the number beyond q_k; with fewer
   nothing happens. The step in which w_k reaches 0 pays r_k.
4. *Moves.* A moving agent reaches the next cell with probability 1 - slip and stays with probability
   slip, independently. Agents do not block each other.
5. *End.* Terminated when all tasks are done, truncated at the horizon.

The subtasks of the paper's Section 3.1 are the tasks, and R = sum_k r_k. Agents on their way work on
nothing and stay in the residual coalition, so an episode starts in the grand coalition, splits where
fires are fought, and returns to the grand coalition in the end.

*Observation* of agent i, everything in [-1, 1]: own row and column; whether each of the four moves is
free; for every other agent (seen, row offset, column offset); for every task (seen, row offset,
column offset, w_k / effort if open, q_k / N). What is farther than ``view_radius`` in rows or in columns is all zeros.

The world is exported exactly, from these same rules, by :meth:`FireRescue.to_ecmdp`; the number of
states is given in :mod:`nucleolus_lib.envs.rescue_states`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nucleolus_lib.envs.errors import LayoutError, WorldParameterError
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.rescue_layout import TOWN, parse_layout
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec
from nucleolus_lib.envs.structure import structure_from_participants

if TYPE_CHECKING:
    from nucleolus_lib.markov.tabular import ECMDP

ACTIONS = ("noop", "up", "down", "left", "right", "work")
NOOP, WORK = 0, 5


@dataclass(frozen=True)
class RescueState:
    """``cell`` (B, N) int64, ``left`` (B, M) int64 (the effort w_k), ``clock`` (B,) int64."""

    cell: Tensor
    left: Tensor
    clock: Tensor


class FireRescue:
    """The batched fire-rescue world.

    Parameters
    ----------
    layout
        Rows of a map.
    n_agents
        N, 1 to 8.
    view_radius
        How far an agent sees, in cells; None sees everything.
    effort
        Steps of work, by enough agents, that every task takes.
    slip
        Probability that a move fails, 0 <= slip < 1.
    task_rewards
        r_k per task, fires in reading order, then rescues. Default: the number of agents it needs.
    horizon
        Time limit in steps.
    device
        Where the tensors live.

    Raises
    ------
    LayoutError, WorldParameterError
    """

    def __init__(
        self,
        layout: Sequence[str] = TOWN,
        n_agents: int = 5,
        *,
        view_radius: int | None = None,
        effort: int = 1,
        slip: float = 0.0,
        task_rewards: Sequence[float] | None = None,
        horizon: int = 50,
        device: str | torch.device = "cpu",
    ) -> None:
        if not 1 <= n_agents <= 8:
            raise WorldParameterError(f"fire rescue is made for 1 to 8 agents; got n_agents={n_agents}")
        if not 0.0 <= slip < 1.0:
            raise WorldParameterError(f"slip is the probability that a move fails, 0 <= slip < 1; got {slip}")
        if view_radius is not None and view_radius < 0:
            raise WorldParameterError(f"view_radius counts cells, 0 or more, or None for full view; got {view_radius}")
        if effort < 1:
            raise WorldParameterError(f"effort is the number of steps of work a task takes, 1 or more; got {effort}")
        self.layout = parse_layout(layout, n_agents)
        self.effort = effort
        self.slip = float(slip)
        self.view_radius = view_radius
        tasks = self.layout.tasks
        rewards = [float(r) for r in (task_rewards or [task.requirement for task in tasks])]
        if len(rewards) != len(tasks):
            raise LayoutError(
                f"task_rewards needs one number per task, {[task.name for task in tasks]}; got {len(rewards)}"
            )
        self._device = torch.device(device)
        self._positions = torch.as_tensor(self.layout.positions, device=device)
        self._neighbour = torch.as_tensor(self.layout.neighbour, device=device)
        self._task_cell = torch.tensor([task.cell for task in tasks], device=device)
        self._requirement = torch.tensor([task.requirement for task in tasks], device=device)
        self._is_rescue = torch.tensor([task.is_rescue for task in tasks], device=device)
        self._rewards = torch.tensor(rewards, dtype=torch.float32, device=device)
        self._obstacles = torch.as_tensor(self.layout.obstacles, dtype=torch.float32, device=device)
        starts = self.layout.start_cells
        here = [starts[i % len(starts)] for i in range(n_agents)] if starts else []
        self._start = torch.tensor(here, dtype=torch.int64, device=device)
        self._others = torch.tensor(
            [[j for j in range(n_agents) if j != i] for i in range(n_agents)], dtype=torch.int64, device=device
        ).reshape(n_agents, n_agents - 1)
        self._scale = torch.tensor(
            [max(self.layout.height - 1, 1), max(self.layout.width - 1, 1)], dtype=torch.float32, device=device
        )
        agents = tuple(EntitySpec(f"agent_{i}", "agent") for i in range(n_agents))
        goals = tuple(EntitySpec(task.name, "rescue" if task.is_rescue else "fire") for task in tasks)
        walls = tuple(EntitySpec(f"obstacle_{k}", "obstacle") for k in range(len(self.layout.obstacles)))
        self._spec = Spec(
            name="fire_rescue",
            n_agents=n_agents,
            action_names=ACTIONS,
            noop=NOOP,
            observation_size=6 + 3 * (n_agents - 1) + 5 * len(tasks),
            state_size=2 * n_agents + len(tasks) + 1,
            observation_low=-1.0,
            observation_high=1.0,
            entities=agents + goals + walls,
            entity_features=("x", "y", "to_do", "requirement"),
            subtasks=tuple(
                SubtaskSpec(task.name, (n_agents + k,), task.requirement, reward)
                for k, (task, reward) in enumerate(zip(tasks, rewards, strict=True))
            ),
            horizon=horizon,
            n_initial_draws=0 if starts else n_agents,
            n_step_draws=n_agents if slip > 0 else 0,
        )

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        return self._spec

    @property
    def device(self) -> torch.device:
        """Where the world's tensors live."""
        return self._device

    def initial(self, draws: Tensor) -> RescueState:
        """Agents on their start cells, every fire burning."""
        batch, n_cells = draws.shape[0], self.layout.n_cells
        if self.layout.start_cells:
            cell = self._start.expand(batch, -1).clone()
        else:
            # A draw just below 1 times P can round up to P.
            cell = (draws * n_cells).long().clamp(max=n_cells - 1)
        left = torch.full((batch, self._spec.n_subtasks), self.effort, device=self._device)
        return RescueState(cell, left, torch.zeros(batch, dtype=torch.int64, device=self._device))

    def open_tasks(self, state: RescueState) -> Tensor:
        """Rule 1: which tasks can be worked on, (B, M) bool."""
        done = state.left == 0
        fires_out = (done | self._is_rescue).all(1, keepdim=True)
        return ~done & (fires_out | ~self._is_rescue)

    def available_actions(self, state: RescueState) -> Tensor:
        """Rule 2, (B, N, 6) bool."""
        moves = self._neighbour[state.cell][..., 1:] != state.cell[..., None]
        on_task = state.cell[:, :, None] == self._task_cell
        work = (on_task & self.open_tasks(state)[:, None, :]).any(-1, keepdim=True)
        return torch.cat([torch.ones_like(work), moves, work], -1)

    def transition(self, state: RescueState, actions: Tensor, draws: Tensor) -> Step[RescueState]:
        """Rules 1 to 5. A move fails when its agent's draw is below ``slip``."""
        chosen = self.available_actions(state).gather(-1, actions[..., None])[..., 0]
        action = torch.where(chosen, actions, NOOP)
        on_task = state.cell[:, None, :] == self._task_cell[:, None]
        participants = on_task & (action == WORK)[:, None, :] & self.open_tasks(state)[:, :, None]
        left = state.left - (participants.sum(-1) >= self._requirement).long()
        finished = (left == 0) & (state.left > 0)
        target = self._neighbour[state.cell, torch.where(action == WORK, NOOP, action)]
        cell = torch.where(draws < self.slip, state.cell, target) if self.slip else target
        clock = state.clock + 1
        terminated = (left == 0).all(1)
        subtask_rewards = self._rewards * finished
        return Step(
            state=RescueState(cell, left, clock),
            reward=subtask_rewards.sum(1),
            subtask_rewards=subtask_rewards,
            participants=participants,
            requirement=self._requirement.expand_as(left).clone(),
            terminated=terminated,
            truncated=~terminated & (clock >= self._spec.horizon),
        )

    def observation(self, state: RescueState) -> Tensor:
        """See the module's docstring, (B, N, 6 + 3 (N - 1) + 5 M)."""
        batch, n = state.cell.shape
        place = self._positions[state.cell]
        own = 2 * place / self._scale - 1
        free = self.available_actions(state)[..., 1:5].float()
        others = self._seen(place, place[:, self._others])[0]
        goals, seen = self._seen(place, self._positions[self._task_cell].expand(batch, n, -1, -1))
        to_do = self._to_do(state)[:, None, :] * seen
        need = (self._requirement / n) * seen
        tasks = torch.cat([goals, to_do[..., None], need[..., None]], -1)
        return torch.cat([own, free, others.flatten(2), tasks.flatten(2)], -1)

    def _to_do(self, state: RescueState) -> Tensor:
        """w_k / effort of open tasks, 0 for others, (B, M) float32."""
        return self.open_tasks(state) * (state.left / self.effort)

    def _seen(self, place: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        """(seen, row offset, column offset) of places (B, N, L, 2) from agents (B, N, 2), and the mask."""
        offset = other - place[:, :, None, :]
        radius = max(self.layout.height, self.layout.width) if self.view_radius is None else self.view_radius
        seen = offset.abs().amax(-1) <= radius
        features = torch.cat([torch.ones_like(offset[..., :1]), offset / self._scale], -1)
        return features * seen[..., None], seen

    def global_state(self, state: RescueState) -> Tensor:
        """Rows and columns of the agents in [-1, 1], w_k / effort, t / horizon."""
        own = (2 * self._positions[state.cell] / self._scale - 1).flatten(1)
        return torch.cat([own, state.left / self.effort, state.clock[:, None] / self._spec.horizon], 1)

    def entities(self, state: RescueState) -> Tensor:
        """x (column), y (row); for tasks also what is left to do (0 if not open) and the requirement."""
        batch = state.cell.shape[0]
        agents = self._positions[state.cell].flip(-1).float()
        goals = self._positions[self._task_cell].flip(-1).float().expand(batch, -1, -1)
        status = torch.stack([self._to_do(state), self._requirement.float().expand(batch, -1)], -1)
        walls = self._obstacles.flip(-1).expand(batch, -1, -1)
        blank = torch.zeros((batch, 1, 2), device=self._device)
        return torch.cat(
            [
                torch.cat([agents, blank.expand(-1, agents.shape[1], -1)], -1),
                torch.cat([goals, status], -1),
                torch.cat([walls, blank.expand(-1, walls.shape[1], -1)], -1),
            ],
            1,
        )

    def induced_structure(self, step: Step[RescueState]) -> Tensor:
        """Agents fighting the same fire are together, all others in one residual coalition."""
        return structure_from_participants(step.participants)

    def to_ecmdp(self, gamma: float, max_bytes: int | None = None) -> ECMDP:
        """The same rules as exact tables; the time limit is left out.

        Raises
        ------
        nucleolus_lib.markov.errors.TableTooLargeError
            With the number of states and the bytes, before anything is allocated.
        """
        from nucleolus_lib.envs.finite_world import to_ecmdp
        from nucleolus_lib.envs.rescue_states import RescueStates

        return to_ecmdp(self, RescueStates(self), gamma, max_bytes)
