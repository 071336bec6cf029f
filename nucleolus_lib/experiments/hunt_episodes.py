"""Follow the hunts of a policy on the plane: how near do predators come, and when do they catch a prey, if ever?

``python -m nucleolus_lib.experiments.hunt_episodes CHECKPOINT`` plays greedy episodes with what a checkpoint holds,
``... --script chase_nearest --world pp-8v4-paper`` with a scripted policy. What they write is described in
:mod:`nucleolus_lib.experiments.hunt_files`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.envs.predator_prey import DIRECTIONS, PredatorPrey, PredatorPreyState
from nucleolus_lib.envs.predator_prey_scene import predator_prey_scene
from nucleolus_lib.envs.protocol import reset, step
from nucleolus_lib.experiments.checkpoint import load_trained
from nucleolus_lib.experiments.errors import ExperimentError, RunConfigError, UnknownWorldError, nearest
from nucleolus_lib.experiments.evaluate import Policy
from nucleolus_lib.experiments.greedy_policy import GreedyPolicy
from nucleolus_lib.experiments.hunt_files import SUFFIX, HuntCourses, HuntFile, write_hunts
from nucleolus_lib.experiments.origin import origin
from nucleolus_lib.experiments.runs import run_stem, scripted_stem
from nucleolus_lib.experiments.scripted import scripted_policies
from nucleolus_lib.experiments.worlds import make_world, parse_world, world_text

STRIDE = 5
"""Steps between the states that are written."""


class Closeness(NamedTuple):
    """Of B worlds, each (B,), what :class:`.HuntCourses` has under the same names."""

    gap: Tensor
    nearest_distance: Tensor
    middle_distance: Tensor
    spread: Tensor
    toward_nearest: Tensor
    toward_middle: Tensor


def closeness(world: PredatorPrey, state: PredatorPreyState, actions: Tensor) -> Closeness:
    """Look at a state with at least one free prey, and at the joint actions (B, N) taken in it."""
    n = world.rules.n_predators
    predators, prey = state.position[:, :n], state.position[:, n:]
    free = state.alive[..., None].to(prey.dtype)
    way = prey[:, None] - predators[:, :, None]
    distance = way.norm(dim=-1).masked_fill(~state.alive[:, None], torch.inf)
    nearest_distance, target = distance.min(-1)
    to_nearest = way.gather(2, target[..., None, None].expand(-1, -1, 1, 2))[:, :, 0]
    middle = (prey * free).sum(1, keepdim=True) / free.sum(1, keepdim=True)
    to_middle = middle - predators
    from_middle = (prey - middle).norm(dim=-1) * free[..., 0]
    chosen = torch.tensor(DIRECTIONS, dtype=way.dtype, device=way.device)[actions]

    def steering(to: Tensor) -> Tensor:
        return torch.nn.functional.cosine_similarity(chosen, to, dim=-1).mean(-1)

    return Closeness(
        gap=distance.sort(1).values[:, world.rules.capture_requirement - 1].amin(-1),
        nearest_distance=nearest_distance.mean(-1),
        middle_distance=to_middle.norm(dim=-1).mean(-1),
        spread=from_middle.sum(-1) / free[..., 0].sum(-1),
        toward_nearest=steering(to_nearest),
        toward_middle=steering(to_middle),
    )


def follow_hunts(world: PredatorPrey, policy: Policy, episodes: int, seed: int, stride: int = STRIDE) -> HuntFile:
    """Play ``episodes`` hunts side by side, with all chance from ``seed``, and look at them every ``stride`` steps.

    Returns
    -------
    HuntFile
        Without a record.

    Raises
    ------
    RunConfigError
        If the world is not predator-prey on the plane.
    """
    if not isinstance(world, PredatorPrey):
        raise RunConfigError(
            f"hunts are followed in the worlds of predator-prey on the plane; got {type(world).__name__}"
        )
    spec = world.spec
    generator = torch.Generator(world.device).manual_seed(seed)
    with torch.inference_mode():
        state = reset(world, episodes, generator)
        over = torch.zeros(episodes, dtype=torch.bool, device=world.device)
        least = torch.full((episodes,), torch.inf, dtype=state.position.dtype, device=world.device)
        seen: list[Tensor] = []
        entities, rows = [world.entities(state)], []
        for t in range(spec.horizon):
            actions = policy(state, generator)
            close = closeness(world, state, actions)
            least = torch.where(over, least, torch.minimum(least, close.gap))
            if t % stride == 0:
                seen.append(torch.stack(close).masked_fill(over, torch.nan))
            result = step(world, state, actions, generator)
            state, over = result.state, over | result.terminated
            entities.append(world.entities(state))
            rows.append({
                "actions": actions,
                "subtask_rewards": result.subtask_rewards,
                "participants": result.participants,
                "requirement": result.requirement,
                "structure": world.induced_structure(result),
            })  # fmt: skip
        outcome = dict(zip(world.outcome_names, world.outcome(state).T, strict=True))
    caught = (outcome["captures"] > 0).cpu().numpy()
    looks = torch.stack(seen, -1).float().cpu().numpy()
    courses = HuntCourses(
        times=np.arange(0, spec.horizon, stride),
        **dict(zip(Closeness._fields, looks, strict=True)),
        least_gap=least.float().cpu().numpy(),
        caught=caught,
        turns=outcome["steps_to_first_capture"].long().cpu().numpy(),
        horizon=spec.horizon,
    )
    arrays = {name: torch.stack([row[name] for row in rows], 1).cpu().numpy() for name in rows[0]}
    places = torch.stack(entities, 1).cpu().numpy()

    def scene(e: int) -> dict[str, Any]:
        end = int(outcome["length"][e])
        kept = {name: array[e, :end] for name, array in arrays.items()}
        episode = Episode(spec, places[e, : end + 1], **kept, terminated=bool(over[e]), truncated=not bool(over[e]))
        return predator_prey_scene(episode)

    return HuntFile(
        courses,
        missed={} if caught.all() else scene(int(np.argmin(caught))),
        caught=scene(best_hunt(outcome["captures"], outcome["length"])) if caught.any() else {},
    )


def best_hunt(captures: Tensor, length: Tensor) -> int:
    """The first of the shortest episodes with the most captures."""
    return int(torch.where(captures == captures.max(), length, torch.inf).argmin())


def record_learned_hunts(checkpoint: Path, out: Path, episodes: int, seed: int, device: str = "cpu") -> Path:
    """Follow the hunts of what a checkpoint holds and write them below ``out``, the folder of its suite.

    Raises
    ------
    CheckpointError, DeviceAbsentError, RunConfigError
    """
    config, world, learner, trained = load_trained(checkpoint, device)
    hunts = follow_hunts(world, GreedyPolicy(world, learner), episodes, seed)  # type: ignore[arg-type]
    name = config.label or config.algorithm
    record = {
        "world": world_text(config.env, config.env_options),
        "name": name,
        "seed": config.seed,
        "chance_seed": seed,
        **trained,
        "config": config.to_dict(),
        **origin(),
    }
    stem = run_stem(out, record["world"], name, config.seed)
    return _write(stem, replace(hunts, record=record))


def record_scripted_hunts(world: str, policy: str, out: Path, episodes: int, seed: int) -> Path:
    """The same for a scripted policy of a world.

    Raises
    ------
    UnknownWorldError, RunConfigError
    """
    env, options = parse_world(world)
    made = make_world(env, torch.device("cpu"), **options)
    policies = scripted_policies(made)
    if policy not in policies:
        raise UnknownWorldError(f"{env} has no scripted policy {policy!r}; it has {nearest(policy, policies)}")
    hunts = follow_hunts(made, policies[policy], episodes, seed)  # type: ignore[arg-type]
    record = {"world": world, "name": policy, "seed": 0, "chance_seed": seed, **origin()}
    return _write(scripted_stem(out, world, policy), replace(hunts, record=record))


def _write(stem: Path, hunts: HuntFile) -> Path:
    path = stem.with_name(stem.name + SUFFIX)
    write_hunts(path, hunts)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m nucleolus_lib.experiments.hunt_episodes")
    parser.add_argument("checkpoint", type=Path, nargs="*", help="of runs on predator-prey on the plane")
    parser.add_argument("--script", help="a scripted policy, instead of checkpoints")
    parser.add_argument("--world", default="pp-8v4-paper", help="where the scripted policy hunts")
    parser.add_argument("--episodes", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the episodes' chance")
    parser.add_argument("--out", type=Path, default=Path("data/runs/pp"), help="folder of the suite")
    parser.add_argument("--device", default="cpu")
    chosen = parser.parse_args(arguments)
    if bool(chosen.checkpoint) == bool(chosen.script):
        parser.error("give checkpoints, or a scripted policy with --script")
    try:
        for checkpoint in chosen.checkpoint:
            print(record_learned_hunts(checkpoint, chosen.out, chosen.episodes, chosen.seed, chosen.device))
        if chosen.script:
            print(record_scripted_hunts(chosen.world, chosen.script, chosen.out, chosen.episodes, chosen.seed))
    except ExperimentError as error:
        parser.exit(2, f"{error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
