"""Scripted policies: what hand-written play achieves, to stand beside learning curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from nucleolus_lib.envs.protocol import random_actions
from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.device import describe_device, resolve_device
from nucleolus_lib.experiments.errors import UnknownWorldError, nearest
from nucleolus_lib.experiments.evaluate import Policy, evaluate_policy, outcome_names
from nucleolus_lib.experiments.origin import origin
from nucleolus_lib.experiments.training_state import derived_seed
from nucleolus_lib.experiments.worlds import World, make_world, parse_world

EPISODES = 1024
"""Episodes of one reference: standard errors of about 3 % of a standard deviation."""


def scripted_policies(world: World) -> dict[str, Policy]:
    """The scripted policies of a world by name; every world has ``random``."""
    found: dict[str, Policy] = {"random": partial(random_actions, world)}
    find = _SCRIPTS.get(type(world).__name__)
    return found if find is None else found | find(world)


def evaluate_scripted(world: str, policy: str, episodes: int = EPISODES, seed: int = 0) -> runs.RunResult:
    """Play a scripted policy.

    Parameters
    ----------
    world
        Name and options, ``pp-8v4,prey=random``.
    policy
        A name of :func:`scripted_policies`.

    Returns
    -------
    RunResult
        One row per episode, one column per outcome.

    Raises
    ------
    UnknownWorldError
        No such world, or no such policy of it.
    """
    env, options = parse_world(world)
    device = resolve_device("cpu")
    made = make_world(env, device, **options)
    policies = scripted_policies(made)
    if policy not in policies:
        raise UnknownWorldError(f"{env} has no scripted policy {policy!r}; it has {nearest(policy, policies)}")
    started, wall = time.process_time(), time.perf_counter()
    generator = torch.Generator(device).manual_seed(derived_seed(seed))
    found = evaluate_policy(made, policies[policy], episodes, generator)
    names = outcome_names(made)
    record = {
        "schema_version": runs.SCHEMA_VERSION,
        "kind": "scripted",
        "world": world,
        "name": policy,
        "seed": seed,
        "complete": True,
        "rows": episodes,
        "config": {"env": env, "env_options": options, "policy": policy, "episodes": episodes},
        "outcomes": list(names),
        "device": describe_device(device),
        "cpu_s": round(time.process_time() - started, 1),
        "wall_s": round(time.perf_counter() - wall, 1),
        **origin(),
    }
    return runs.RunResult(pd.DataFrame(found.numpy(), columns=pd.Index(names)), record)


def write_scripted(out: Path | str, world: str, episodes: int = EPISODES, seed: int = 0) -> list[runs.RunResult]:
    """Play every scripted policy of a world and write the results below the suite's folder ``out``."""
    env, options = parse_world(world)
    names = scripted_policies(make_world(env, **options))
    results = [evaluate_scripted(world, name, episodes, seed) for name in names]
    for result in results:
        runs.write(result, runs.scripted_stem(out, world, result.name))
    return results


def _predators(world: World) -> dict[str, Policy]:
    from nucleolus_lib.envs.scripted_predators import SCRIPTED

    return {name: partial(policy, world) for name, policy in SCRIPTED.items()}  # type: ignore[arg-type]


def _grid(world: World) -> dict[str, Policy]:
    from nucleolus_lib.envs.predator_prey_grid_policy import SCRIPTED_GRID

    return {name: partial(policy, world) for name, policy in SCRIPTED_GRID.items()}  # type: ignore[arg-type]


def _battle(world: World) -> dict[str, Policy]:
    from nucleolus_lib.envs.battle_scripts import SCRIPTS, scripted_actions

    def play(script: str, state: Any, generator: torch.Generator) -> Tensor:
        available = world.available_actions(state)
        draws = torch.rand((*available.shape[:2], 2), generator=generator, device=available.device)
        return scripted_actions(script, state, available, draws)

    return {script: partial(play, script) for script in SCRIPTS}


def _rescue(world: World) -> dict[str, Policy]:
    from nucleolus_lib.envs.rescue_policy import GreedyAssignment

    return {"greedy_assignment": GreedyAssignment(world)}  # type: ignore[arg-type]


_SCRIPTS: Mapping[str, Callable[[World], dict[str, Policy]]] = {
    "PredatorPrey": _predators,
    "PredatorPreyGrid": _grid,
    "FireRescue": _rescue,
    "Battle": _battle,
}
"""By the world's class, which is not imported before it is needed."""
