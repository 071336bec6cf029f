"""Scripted hunters for the grid of :mod:`nucleolus_lib.envs.predator_prey_grid`.

They see the whole board, remember nothing and differ in two choices: whom to go for, and when to catch.

=============  ============================================  ====================================================
policy         goes for                                      catches
=============  ============================================  ====================================================
``eager``      the living prey nearest to itself             whenever it can
``careful``    the same                                      where at least two hunters stand beside a prey
``pairs``      the living prey nearest to a pair of agents   there, too, but only the two with the lowest numbers
``random``     nobody                                        uniformly random among the available actions
=============  ============================================  ====================================================

An agent beside its prey waits there. On its way it mostly takes a free cell that is nearer; if there is none it stays
or steps aside. Since whoever helps to catch a prey leaves with it, a third hunter at a capture is wasted: that is what
``pairs`` avoids. Its pairs are the first and second of the agents that still hunt, the third and fourth, and so on.
``careful`` and ``pairs`` are fined only for the second of two prey that a catching agent stands beside.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nucleolus_lib.envs.predator_prey_grid import CATCH, NEEDED, STAY, GridState, PredatorPreyGrid
from nucleolus_lib.envs.protocol import random_actions

GridHunters = Callable[[PredatorPreyGrid, GridState, torch.Generator], Tensor]
"""From a world, its state and chance to actions (B, N) int64."""

NOISE = 2.0
"""Agents add noise on [0, NOISE) to what an action brings them nearer (1, 0 or -1), so that none is stuck for ever."""


def eager(world: PredatorPreyGrid, state: GridState, generator: torch.Generator) -> Tensor:
    """Each after the nearest prey; catch whenever possible."""
    distance = _distance(world, state)
    return _hunt(world, state, distance.argmin(-1), (distance == 1).any(-1), generator)


def careful(world: PredatorPreyGrid, state: GridState, generator: torch.Generator) -> Tensor:
    """Each after the nearest prey; catch only where a second hunter stands."""
    distance = _distance(world, state)
    return _hunt(world, state, distance.argmin(-1), _supported(distance), generator)


def pairs(world: PredatorPreyGrid, state: GridState, generator: torch.Generator) -> Tensor:
    """Those who still hunt pair up, each pair after the prey nearest to the two; no third one joins a catch."""
    distance = _distance(world, state)
    pair = (state.hunts.cumsum(1) - 1) // NEEDED
    together = (pair[:, :, None] == pair[:, None, :]) & state.hunts[:, None, :]
    from_both = (together[..., None] * distance[:, None]).sum(2)
    return _hunt(world, state, from_both.argmin(-1), _chosen_two(distance), generator)


def random_hunters(world: PredatorPreyGrid, state: GridState, generator: torch.Generator) -> Tensor:
    """Uniformly random available actions."""
    return random_actions(world, state, generator)


SCRIPTED_GRID: dict[str, GridHunters] = {
    "eager": eager,
    "careful": careful,
    "pairs": pairs,
    "random": random_hunters,
}


def _distance(world: PredatorPreyGrid, state: GridState) -> Tensor:
    """Steps between every hunter and every living prey, (B, N, P) int64; a large number if one of them has left."""
    there = state.hunts[:, :, None] & state.lives[:, None, :]
    apart = _steps_apart(world, state.agent_cell[:, :, None], state.prey_cell[:, None, :])
    return torch.where(there, apart, 4 * world.size)


def _steps_apart(world: PredatorPreyGrid, one: Tensor, other: Tensor) -> Tensor:
    rows = (one // world.size - other // world.size).abs()
    return rows + (one % world.size - other % world.size).abs()


def _supported(distance: Tensor) -> Tensor:
    """Which agents stand beside a prey that has at least two hunters beside it, (B, N) bool."""
    beside = distance == 1
    return (beside & (beside.sum(1, keepdim=True) >= NEEDED)).any(-1)


def _chosen_two(distance: Tensor) -> Tensor:
    """Which agents are among the first two beside such a prey, by their numbers, (B, N) bool."""
    beside = distance == 1
    first = beside & (beside.cumsum(1) <= NEEDED)
    return (first & (beside.sum(1, keepdim=True) >= NEEDED)).any(-1)


def _hunt(
    world: PredatorPreyGrid, state: GridState, target: Tensor, catches: Tensor, generator: torch.Generator
) -> Tensor:
    """Catch where told to, wait beside the target, and walk towards it otherwise, (B, N)."""
    goal = state.prey_cell.gather(1, target)
    apart = _steps_apart(world, state.agent_cell, goal)
    to = world.neighbours(state.agent_cell)
    nearer = apart[..., None] - _steps_apart(world, to, goal[..., None])
    blocked = world.occupied(state).gather(1, to.flatten(1)).view(to.shape)
    wish = torch.cat([torch.where(blocked, -4, nearer), torch.zeros_like(nearer[..., :1])], -1)
    noise = torch.rand(wish.shape, generator=generator, device=world.device) * NOISE
    walk = (wish + noise).argmax(-1)
    waits = ~state.hunts | (apart == 1)
    return torch.where(catches, CATCH, torch.where(waits, STAY, walk))
