"""The states of the fire-rescue world, numbered.

A state that is not over is a pair (c, w): N cells out of P, and what is left of every task, 0 to
``effort`` = H. A rescue is worked on only after every fire is out, so with F fires and L rescues the
w that occur before the end are the (H + 1)**F - 1 in which some fire burns (nothing done on the
rescues), and the (H + 1)**L - 1 in which all fires are out and some rescue is not done. All states
with every task done are one absorbing state. Hence

    S = P**N * ((H + 1)**F - 1 + (H + 1)**L - 1) + 1,

and the state (c, w) has the number w_number * P**N + sum_i c_i P**i, where w_number is found by
writing what has been done, H - w_k, as digits in base H + 1: of the fires while one burns, else of
the rescues.

The chance of a step is which agents slip: 2**N outcomes, or one if ``slip`` is 0.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.finite_world import digits, from_digits

if TYPE_CHECKING:
    from nucleolus_lib.envs.fire_rescue import FireRescue, RescueState


class RescueStates:
    """The enumeration of a :class:`~nucleolus_lib.envs.fire_rescue.FireRescue` world."""

    def __init__(self, world: FireRescue) -> None:
        self._world = world
        self._n_agents = world.spec.n_agents
        self._n_fires = sum(not task.is_rescue for task in world.layout.tasks)
        self._n_rescues = len(world.layout.tasks) - self._n_fires
        self._n_fire_stages = (world.effort + 1) ** self._n_fires - 1
        self._n_rescue_stages = (world.effort + 1) ** self._n_rescues - 1
        self._n_placements = world.layout.n_cells**self._n_agents

    @property
    def n_states(self) -> int:
        """S; state S - 1 is the absorbing one."""
        return int(self._n_placements * (self._n_fire_stages + self._n_rescue_stages)) + 1

    def state_of(self, index: Tensor) -> RescueState:
        """The states with the given numbers (L,), clock at 0; the absorbing one has every agent on cell 0."""
        from nucleolus_lib.envs.fire_rescue import RescueState

        effort = self._world.effort
        over = index == self.n_states - 1
        live = torch.where(over, 0, index)
        stage = live // self._n_placements
        burning = stage < self._n_fire_stages
        fires = effort - digits(torch.where(burning, stage, 0), effort + 1, self._n_fires)
        rescues = effort - digits(torch.where(burning, 0, stage - self._n_fire_stages), effort + 1, self._n_rescues)
        left = torch.cat([fires * burning[:, None], rescues], 1) * ~over[:, None]
        cell = digits(live % self._n_placements, self._world.layout.n_cells, self._n_agents) * ~over[:, None]
        return RescueState(cell, left, torch.zeros_like(index))

    def index_of(self, state: RescueState) -> Tensor:
        """The numbers (L,) of L states."""
        done = self._world.effort - state.left
        fires, rescues = done[:, : self._n_fires], done[:, self._n_fires :]
        burning = (state.left[:, : self._n_fires] > 0).any(1)
        base = self._world.effort + 1
        stage = torch.where(burning, from_digits(fires, base), self._n_fire_stages + from_digits(rescues, base))
        index = stage * self._n_placements + from_digits(state.cell, self._world.layout.n_cells)
        return torch.where((state.left == 0).all(1), self.n_states - 1, index)

    def branches(self) -> tuple[Tensor, Tensor]:
        """Who slips: draws 0 (below ``slip``) or 1, and the probability of each combination."""
        slip, device = self._world.slip, self._world.device
        if not slip:
            return torch.zeros((1, 0), device=device), torch.ones(1, dtype=torch.float64, device=device)
        draws = torch.tensor(list(product((0.0, 1.0), repeat=self._n_agents)), device=device)
        each = torch.full_like(draws, 1.0 - slip, dtype=torch.float64).masked_fill(draws < slip, slip)
        return draws, each.prod(1)

    def initial_distribution(self) -> NDArray[np.float64]:
        """All fires burning; agents on their start cells, or anywhere if the map has none."""
        distribution = np.zeros(self.n_states)
        starts = self._world.layout.start_cells
        if starts:
            n_cells = self._world.layout.n_cells
            first = sum(starts[i % len(starts)] * n_cells**i for i in range(self._n_agents))
            distribution[first] = 1.0
        else:
            distribution[: self._n_placements] = 1.0 / self._n_placements
        return distribution

    def state_names(self) -> tuple[str, ...]:
        """Numbers: the states are too many to name."""
        return ()
