"""One fire-rescue episode played by the scripted policy."""

from __future__ import annotations

import torch

from nucleolus_lib.envs.episode import Episode, record_episode
from nucleolus_lib.envs.fire_rescue import FireRescue
from nucleolus_lib.envs.rescue_policy import GreedyAssignment


def scripted_rescue(world: FireRescue, seed: int = 0) -> Episode:
    """Play the greedy assignment to the end of the episode.

    Parameters
    ----------
    world
        The world.
    seed
        Of the slips and, on a map without ``S``, of the first places.
    """
    generator = torch.Generator(world.device)
    generator.manual_seed(seed)
    return record_episode(world, GreedyAssignment(world), generator)
