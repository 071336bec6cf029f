"""Scripted predators: what hand-written play is worth, beside every learning curve.

A predator picks a target among the free prey and accelerates along the axis on which the target is
farther away (x on ties), towards it. The policies differ in the target alone:

=====================  ==================================================================================
``chase_nearest``      the free prey nearest to the predator itself
``pairs``              predators 2k and 2k + 1 go for prey k (modulo G); once it is caught, for the free
                       prey nearest to the two (by their added distances)
``grand_coalition``    all predators go for the free prey with the lowest index
``random``             no target: uniformly random actions
=====================  ==================================================================================

They read positions only, and remember nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nucleolus_lib.envs.predator_prey import PredatorPrey, PredatorPreyState
from nucleolus_lib.envs.protocol import random_actions

ScriptedPredators = Callable[[PredatorPrey, PredatorPreyState, torch.Generator], Tensor]
"""From a world, its state and chance to actions (B, N) int64."""


def chase_nearest(world: PredatorPrey, state: PredatorPreyState, generator: torch.Generator) -> Tensor:
    """Every predator after the free prey nearest to it."""
    return _toward(world, state, _distance_to_free(world, state).argmin(-1))


def pairs(world: PredatorPrey, state: PredatorPreyState, generator: torch.Generator) -> Tensor:
    """Predators 2k and 2k + 1 after prey k; after its capture, after the free prey nearest to the two.

    With an odd number of predators the last one is alone.
    """
    n, g = world.rules.n_predators, world.rules.n_prey
    distance = _distance_to_free(world, state)
    index = torch.arange(n, device=world.device)
    partner = torch.where((index ^ 1) < n, index ^ 1, index)
    nearest = (distance + distance[:, partner]).argmin(-1)
    own = ((index // 2) % g).expand_as(nearest)
    return _toward(world, state, torch.where(state.alive.gather(1, own), own, nearest))


def grand_coalition(world: PredatorPrey, state: PredatorPreyState, generator: torch.Generator) -> Tensor:
    """All predators after one prey, the free one with the lowest index."""
    first = state.alive.long().argmax(-1, keepdim=True)
    return _toward(world, state, first.expand(-1, world.rules.n_predators))


def random_predators(world: PredatorPrey, state: PredatorPreyState, generator: torch.Generator) -> Tensor:
    """Uniformly random actions."""
    return random_actions(world, state, generator)


SCRIPTED: dict[str, ScriptedPredators] = {
    "chase_nearest": chase_nearest,
    "pairs": pairs,
    "grand_coalition": grand_coalition,
    "random": random_predators,
}


def _distance_to_free(world: PredatorPrey, state: PredatorPreyState) -> Tensor:
    """(B, N, G), infinite for a caught prey."""
    n, position = world.rules.n_predators, state.position
    distance = (position[:, n:][:, None] - position[:, :n, None]).norm(dim=-1)
    return torch.where(state.alive[:, None], distance, torch.inf)


def _toward(world: PredatorPrey, state: PredatorPreyState, target: Tensor) -> Tensor:
    """The action that accelerates towards prey ``target`` (B, N) along the longer axis."""
    n, position = world.rules.n_predators, state.position
    goal = position[:, n:].gather(1, target[..., None].expand(-1, -1, 2))
    x, y = (goal - position[:, :n]).unbind(-1)
    return torch.where(x.abs() >= y.abs(), 1 + (x > 0).long(), 3 + (y > 0).long())
