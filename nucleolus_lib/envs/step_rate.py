"""How many steps a world makes in a second of processor time.

A step of a batch of B worlds counts as B steps. What is counted is what a rollout needs: the transition, the chance it
takes, the observations, the global state and the available actions; the actions are drawn uniformly. Seconds are
processor seconds of the whole process, so that other work on the machine counts less; with several threads they add up.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from nucleolus_lib.envs.errors import WorldParameterError
from nucleolus_lib.envs.protocol import random_actions, reset, step


def steps_per_cpu_second(world: Any, batch: int, least_seconds: float = 0.3, seed: int = 0) -> float:
    """World steps in a second of processor time, all the views of a state included.

    Parameters
    ----------
    world
        Any batched world on the CPU.
    batch
        B, at least 1.
    least_seconds
        Goes on until at least this much processor time is spent.
    seed
        Of all chance.

    Raises
    ------
    WorldParameterError
        If the batch is empty, or the world is not on the CPU, whose clock says nothing about other devices.
    """
    if batch < 1:
        raise WorldParameterError(f"batch must be at least 1; got {batch}")
    if world.device.type != "cpu":
        raise WorldParameterError(f"processor time measures worlds on the CPU; {world.spec.name} is on {world.device}")
    generator = torch.Generator().manual_seed(seed)
    state = reset(world, batch, generator)
    clock, n_steps = 0, 0
    # The first step pays for memory that later ones find ready.
    state = _one_step(world, state, generator)
    started = time.process_time()
    spent = 0.0
    while spent < least_seconds or n_steps < 3:
        state = _one_step(world, state, generator)
        n_steps, clock = n_steps + 1, clock + 1
        if clock >= world.spec.horizon - 1:
            state, clock = reset(world, batch, generator), 0
        spent = time.process_time() - started
    return batch * n_steps / spent


def _one_step(world: Any, state: Any, generator: torch.Generator) -> Any:
    actions = random_actions(world, state, generator)
    after = step(world, state, actions, generator).state
    world.observation(after)
    world.global_state(after)
    return after
