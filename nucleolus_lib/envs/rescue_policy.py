"""A scripted policy for fire rescue: greedy assignment of agents to tasks.

In every step, the open tasks are taken in order of requirement, largest first (reading order on
ties). Each takes the q_k unassigned agents with the shortest walk to it (lowest index on ties), if so
many are left. An assigned agent takes a step of a shortest path, and works once it is there; an agent
without a task stays. Nothing is remembered between steps.

The first task served is reached after finitely many steps unless every move slips: the sum of the
q_k shortest walks to it falls by one per walking agent and step. So every task gets done.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.fire_rescue import NOOP, WORK, FireRescue, RescueState


class GreedyAssignment:
    """The policy; call it with a state to get actions (B, N)."""

    def __init__(self, world: FireRescue) -> None:
        tasks = world.layout.tasks
        self._world = world
        self._order = sorted(range(len(tasks)), key=lambda k: (-tasks[k].requirement, k))
        self._distance = torch.as_tensor(world.layout.distances(), device=world.device)
        self._neighbour = torch.as_tensor(world.layout.neighbour, device=world.device)
        self._task_cell = torch.tensor([task.cell for task in tasks], device=world.device)
        self._farthest = int(self._distance.max()) + 1

    def assignment(self, state: RescueState) -> Tensor:
        """The task of each agent, (B, N) int64, -1 for none."""
        n = self._world.spec.n_agents
        is_open = self._world.open_tasks(state)
        index = torch.arange(n, device=state.cell.device)
        free = torch.ones_like(state.cell, dtype=torch.bool)
        task = torch.full_like(state.cell, -1)
        for k in self._order:
            needed = self._world.layout.tasks[k].requirement
            walk = self._distance[state.cell, self._task_cell[k]]
            # Distance first, index on ties, the assigned last: one integer orders all three.
            rank = (torch.where(free, walk, self._farthest) * n + index).argsort(-1).argsort(-1)
            taken = (rank < needed) & is_open[:, k, None] & (free.sum(-1, keepdim=True) >= needed)
            task = torch.where(taken, k, task)
            free = free & ~taken
        return task

    def __call__(self, state: RescueState, generator: torch.Generator | None = None) -> Tensor:
        """Actions (B, N) int64; the generator is not used."""
        task = self.assignment(state)
        goal = self._task_cell[task.clamp(min=0)]
        ahead = self._distance[self._neighbour[state.cell], goal[..., None]]
        move = ahead[..., 1:].argmin(-1) + 1
        action = torch.where(state.cell == goal, WORK, move)
        return torch.where(task < 0, NOOP, action)
