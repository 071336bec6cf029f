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
    ahead = state.position[:, :n, None] + view.ahead
    return cell_values(view.walkable, ahead.long()) & (state.health[:, :n, None] > 0)


def attackable(view: BattleView, state: Places) -> Tensor:
    """Which enemies each living agent can attack, (B, N, E) bool."""
    n = view.n_agents
    distance = distances(state.position[:, :n], state.position[:, n:])[2]
    living = state.health > 0
    return (distance <= ATTACK_DISTANCE) & living[:, None, n:] & living[:, :n, None]


def distances(places: Tensor, others: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Offsets along x and y, and distances, from places (B, I, 2) to others (B, J, 2): (B, I, J) each."""
    (x, y), (other_x, other_y) = places.unbind(-1), others.unbind(-1)
    dx, dy = other_x[:, None] - x[..., None], other_y[:, None] - y[..., None]
    return dx, dy, (dx * dx + dy * dy).sqrt()


def cell_values(padded: Tensor, cell: Tensor) -> Tensor:
    """The entries of a padded grid at cells (..., 2) int64; all cells beyond the map count as its rim."""
    width, height = padded.shape
    x, y = cell.unbind(-1)
    return padded.flatten()[(x + 1).clamp(0, width - 1) * height + (y + 1).clamp(0, height - 1)]
