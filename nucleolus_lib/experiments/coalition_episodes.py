"""Greedy battles of a trained learner, with the value it gives to every coalition at every step (register, row I7).

At step t, with state s_t and the greedy joint action a_t, the value of coalition C is

    v_t(C) = V(s_t, a_C; omega) - V(s_t, empty; omega),

from the coalition-value network of the nucleolus learner. So that it can be seen what these values are worth, the same
states and actions are also shown to other networks of the same shape:

* ``target``, omega-: what omega was at most ``target_period`` gradient steps before;
* ``untrained <k>``: fresh weights, which know nothing of battles;
* ``beside <k>``: those of further checkpoints, for example of the same run at an earlier step.

``python -m nucleolus_lib.experiments.coalition_episodes CHECKPOINT`` plays and writes them; figures read them with
:mod:`nucleolus_lib.experiments.coalition_files`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_scene import battle_scene
from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.experiments.checkpoint import load_trained
from nucleolus_lib.experiments.coalition_files import SUFFIX, UNTRAINED, CoalitionEpisode, write_coalition_episodes
from nucleolus_lib.experiments.errors import ExperimentError, RunConfigError
from nucleolus_lib.experiments.origin import origin
from nucleolus_lib.experiments.runs import run_stem
from nucleolus_lib.experiments.worlds import world_text
from nucleolus_lib.learners.q_learning import Learner

FRESH_SEED = 2_000_000
"""Seed of the first untrained network; a run's own seeds are small, so none of them began like this."""

ValuesOf = Callable[[Tensor, Tensor], Tensor]
"""From states (B, D) and joint actions (B, N) to V(s, a_C), (B, 2**N)."""


def coalition_values(learner: Learner, target: bool = False) -> ValuesOf:
    """V(s, a_C; omega) of every coalition, or V(s, a_C; omega-).

    Raises
    ------
    RunConfigError
        If the learner has no values of coalitions.
    """
    algorithm = learner.target_algorithm if target else learner.algorithm
    critic: Any = getattr(getattr(algorithm, "credit", None), "critic", None)
    if critic is None:
        raise RunConfigError(
            "coalition values are those of the nucleolus learner with credit lagrangian, pull or shares; "
            f"got a checkpoint of {learner.config.algorithm!r}"
        )

    def values(state: Tensor, action: Tensor) -> Tensor:
        every: Tensor = critic(state, action)
        return every

    return values


def play_coalition_episodes(
    world: Battle,
    learner: Learner,
    episodes: int,
    seed: int,
    others: Mapping[str, ValuesOf] | None = None,
    reward_scale: float = 1.0,
) -> list[CoalitionEpisode]:
    """Play ``episodes`` greedy battles, with chance from ``seed``.

    Parameters
    ----------
    world, learner
        Where, and with what.
    episodes, seed
        How many battles, and of their chance.
    others
        Further values, asked about the same states and actions.
    reward_scale
        What the rewards were multiplied by in training.

    Raises
    ------
    RunConfigError
        If the world is no battle, or the learner has no values of coalitions.
    """
    if not isinstance(world, Battle):
        raise RunConfigError(f"coalitions are recorded in battles; got the world {type(world).__name__}")
    asked = {"": coalition_values(learner), **(others or {})}
    generator = torch.Generator(world.device).manual_seed(seed)
    spec, n = world.spec, world.spec.n_agents
    with torch.inference_mode():
        state = world.initial(torch.rand((episodes, spec.n_initial_draws), generator=generator, device=world.device))
        hidden = learner.initial_hidden(episodes)
        last = torch.full((episodes, n), -1, dtype=torch.int64, device=world.device)
        nothing = torch.zeros((episodes, n, 2), device=world.device)
        entities, rows = [world.entities(state)], []
        for _ in range(spec.horizon):
            available = world.available_actions(state)
            last, hidden = learner.act(world.observation(state), last, available, hidden, 0.0, nothing)
            seen = world.global_state(state)
            values = torch.stack([values_of(seen, last) for values_of in asked.values()], 1)
            draws = torch.rand((episodes, spec.n_step_draws), generator=generator, device=world.device)
            step = world.transition(state, last, draws)
            state = step.state
            entities.append(world.entities(state))
            rows.append({
                "values": values,
                "reward": step.reward * reward_scale,
                "actions": last,
                "subtask_rewards": step.subtask_rewards,
                "participants": step.participants,
                "requirement": step.requirement,
                "structure": world.induced_structure(step),
            })  # fmt: skip
            if bool((step.terminated | step.truncated).all()):
                break
        outcome = dict(zip(world.outcome_names, world.outcome(state).T, strict=True))
    arrays = {name: torch.stack([row[name] for row in rows], 1).cpu().numpy() for name in rows[0]}
    places = torch.stack(entities, 1).cpu().numpy()
    every, reward = arrays.pop("values").astype(np.float32), arrays.pop("reward").astype(np.float32)
    games = every - every[..., :1]
    found = []
    for e, length in enumerate(int(steps) for steps in outcome["length"]):
        cut = {name: array[e, :length] for name, array in arrays.items()}
        episode = Episode(spec, places[e, : length + 1], **cut, terminated=True, truncated=False)
        own, *theirs = np.moveaxis(games[e, :length], 1, 0)
        found.append(
            CoalitionEpisode(
                battle_scene(episode, world),
                own,
                bool(outcome["won"][e]),
                every[e, :length, 0, 0],
                reward[e, :length],
                dict(zip(list(asked)[1:], theirs, strict=True)),
            )
        )
    return found


def record_coalition_episodes(
    checkpoint: Path,
    out: Path,
    episodes: int,
    seed: int,
    device: str = "cpu",
    n_untrained: int = 9,
    beside: Sequence[Path] = (),
) -> Path:
    """Play with what a checkpoint holds and write the episodes below ``out``, the folder of a suite.

    Raises
    ------
    CheckpointError, DeviceAbsentError, RunConfigError
    """
    config, world, learner, trained = load_trained(checkpoint, device)
    others: dict[str, ValuesOf] = {"target": coalition_values(learner, target=True)}
    about: dict[str, Any] = {"target": {"target_period": config.learner.target_period}}
    for k in range(1, n_untrained + 1):
        fresh = Learner(config.learner, learner.sizes, learner.device, FRESH_SEED + k)
        others[f"{UNTRAINED} {k}"] = coalition_values(fresh)
        about[f"{UNTRAINED} {k}"] = {"seed": FRESH_SEED + k}
    for k, path in enumerate(beside, 1):
        other, _, another, theirs = load_trained(path, device)
        if (other.env, another.sizes) != (config.env, learner.sizes):
            raise RunConfigError(f"{path} was trained on {other.env}, but {checkpoint} on {config.env}")
        others[f"beside {k}"] = coalition_values(another)
        about[f"beside {k}"] = {"seed": other.seed, **theirs}
    played = play_coalition_episodes(world, learner, episodes, seed, others, config.reward_scale)  # type: ignore[arg-type]
    world_name, name = world_text(config.env, config.env_options), config.label or config.algorithm
    stem = run_stem(out, world_name, name, config.seed)
    path = stem.with_name(stem.name + SUFFIX)
    record = {
        "world": world_name,
        "name": name,
        "seed": config.seed,
        "chance_seed": seed,
        **trained,
        "others": about,
        "config": config.to_dict(),
        **origin(),
    }
    write_coalition_episodes(path, played, record)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m nucleolus_lib.experiments.coalition_episodes")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--episodes", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the battles' chance")
    parser.add_argument("--out", type=Path, default=Path("data/runs/battle"), help="folder of the suite")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--untrained", type=int, default=9, help="networks with fresh weights to compare with")
    parser.add_argument("--beside", type=Path, action="append", default=[], help="another checkpoint to compare with")
    chosen = parser.parse_args(arguments)
    try:
        path = record_coalition_episodes(
            chosen.checkpoint,
            chosen.out,
            chosen.episodes,
            chosen.seed,
            chosen.device,
            chosen.untrained,
            chosen.beside,
        )
    except ExperimentError as error:
        parser.exit(2, f"{error}\n")
    print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
