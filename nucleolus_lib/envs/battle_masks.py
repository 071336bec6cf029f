"""Which actions the agents of a battle have.

A living agent may stop, go where the way is free, and attack whom it is close to; a dead one has the
no-op and nothing else.

* *Move.* The cell of the point ``move_amount / 2`` ahead must be on the map and walkable. Its
  coordinates are cut off to whole numbers, towards zero, as SMAC does.
* *Attack.* The enemy lives and its centre is at most 6 away. That is the same for every weapon: a unit
  with a short one walks up to its target.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_view import ATTACK_DISTANCE, BattleView


class Places(Protocol):
    """The part of a battle's state that masks depend on."""

    @property
    def position(self) -> Tensor:
        """(B, U, 2) float32."""
        ...

    @property
    def health(self) -> Tensor:
        """(B, U) float32, 0 for the dead."""
        ...


def available_actions(view: BattleView, state: Places) -> Tensor:
    """The mask of actions, (B, N, 6 + E) bool."""
    living = (state.health[:, : view.n_agents] > 0)[..., None]
    return torch.cat([~living, living, free_moves(view, state), attackable(view, state)], -1)


def free_moves(view: BattleView, state: Places) -> Tensor:
    """Which of north, south, east and west each living agent can take, (B, N, 4) bool."""
    n = view.n_agents
    free = cell_values(view.walkable, (state.position[:, :n, None] + view.ahead).long(), False)
    return free & (state.health[:, :n, None] > 0)


def attackable(view: BattleView, state: Places) -> Tensor:
    """Which enemies each living agent can attack, (B, N, E) bool."""
    n = view.n_agents
    offset = state.position[:, None, n:] - state.position[:, :n, None]
    near = offset.square().sum(-1).sqrt() <= ATTACK_DISTANCE
    return near & (state.health[:, None, n:] > 0) & (state.health[:, :n, None] > 0)


def cell_values(grid: Tensor, cell: Tensor, outside: bool | float) -> Tensor:
    """The entries of ``grid`` (W, H) at cells (..., 2) int64, and ``outside`` beyond the map."""
    width, height = grid.shape
    x, y = cell.unbind(-1)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    flat = x.clamp(0, width - 1) * height + y.clamp(0, height - 1)
    return torch.where(inside, grid.flatten()[flat], outside)
