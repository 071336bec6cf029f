"""Battles on file: enough to play an episode again, exactly.

A replay is an npz file that any numpy reads, with T steps, N agents and U units:

=================  ================================================================================
``schema``         version of this list, 1
``map_name``       name of the map
``rules``          name of the ruleset
``options``        SMAC's options as JSON
``entity_names``   (U,) names, agents first
``features``       names of the columns of ``entities``
``entities``       (T + 1, U, G) float32, place, health and the rest, see ``Battle.entities``
``actions``        (T, N) int64
``rewards``        (T,) float64, as they were returned
``initial_draws``  the chance of the start
``draws``          (T, n_step_draws) float32, the chance of every step
=================  ================================================================================

:func:`replay_episode` plays it again in the simulator and compares what happens with what is on file.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_scenarios import Scenario
from nucleolus_lib.envs.battle_state import BattleState
from nucleolus_lib.envs.episode import Episode
from nucleolus_lib.envs.errors import EpisodeError

SCHEMA = 1


@dataclass
class Recording:
    """What was played so far in one episode: its chance, its actions and its rewards."""

    initial_draws: NDArray[np.float32]
    draws: list[NDArray[np.float32]] = field(default_factory=list)
    actions: list[list[int]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)

    def add(self, actions: list[int], draws: NDArray[np.float32], reward: float) -> None:
        """One more step."""
        self.actions.append(actions)
        self.draws.append(draws)
        self.rewards.append(reward)


def save_recording(path: Path, world: Battle, recording: Recording) -> Path:
    """Write a recording and what it looked like; returns the path."""
    actions = np.array(recording.actions, dtype=np.int64).reshape(-1, world.spec.n_agents)
    draws = np.array(recording.draws, dtype=np.float32).reshape(-1, world.spec.n_step_draws)
    episode = _play(world, recording.initial_draws, actions, draws)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        schema=np.array(SCHEMA),
        map_name=np.array(world.spec.name),
        rules=np.array(world.scenario.rules),
        options=np.array(json.dumps(dataclasses.asdict(world.options))),
        entity_names=np.array([entity.name for entity in world.spec.entities]),
        features=np.array(world.spec.entity_features),
        entities=episode.entities,
        actions=actions,
        rewards=np.array(recording.rewards, dtype=np.float64),
        initial_draws=recording.initial_draws,
        draws=draws,
    )
    return path


def replay_episode(path: str | Path, scenario: Scenario | None = None) -> Episode:
    """Play a replay again.

    Parameters
    ----------
    path
        An npz file written by ``save_replay``.
    scenario
        The scenario, if it is not one of the named maps.

    Raises
    ------
    EpisodeError
        If the file is no replay, is of another version, or what happens now is not what is on file.
    """
    try:
        with np.load(path) as file:
            parts: dict[str, Any] = dict(file)
        schema, options = int(parts["schema"]), json.loads(str(parts["options"]))
        map_name, rules, entities = str(parts["map_name"]), str(parts["rules"]), parts["entities"]
    except (OSError, KeyError, ValueError) as error:
        raise EpisodeError(f"{path} is not a replay written by save_replay: {error}") from error
    if schema != SCHEMA:
        raise EpisodeError(f"{path} has replay version {schema}; this library reads {SCHEMA}. Save the episode again")
    world = Battle(map_name if scenario is None else scenario, rules, **options)
    if len(parts["actions"]) < 1:
        raise EpisodeError(f"{path} holds no step; save a replay after step()")
    episode = _play(world, parts["initial_draws"], parts["actions"], parts["draws"])
    if episode.entities.shape != entities.shape or not np.allclose(episode.entities, entities, atol=1e-4):
        raise EpisodeError(
            f"{path}: the same actions and chance lead elsewhere now; the simulator's rules have changed since it was "
            "written. The arrays on file still show the episode"
        )
    return episode


def _play(
    world: Battle, initial_draws: NDArray[np.float32], actions: NDArray[np.int64], draws: NDArray[np.float32]
) -> Episode:
    """The episode of given actions and chance."""
    state: BattleState = world.initial(torch.as_tensor(initial_draws)[None])
    entities, steps = [world.entities(state)], []
    for action, chance in zip(actions, draws, strict=True):
        step = world.transition(state, torch.as_tensor(action)[None], torch.as_tensor(chance)[None])
        state = step.state
        entities.append(world.entities(state))
        steps.append(step)

    def stack(tensors: list[torch.Tensor], *shape: int) -> NDArray[Any]:
        return torch.cat(tensors).numpy() if tensors else np.zeros((0, *shape))

    n, m = world.spec.n_agents, world.spec.n_subtasks
    return Episode(
        spec=world.spec,
        entities=stack(entities),
        actions=np.asarray(actions),
        subtask_rewards=stack([step.subtask_rewards for step in steps], m),
        participants=stack([step.participants for step in steps], m, n),
        requirement=stack([step.requirement for step in steps], m),
        structure=stack([world.induced_structure(step) for step in steps], n),
        terminated=bool(steps and steps[-1].terminated[0]),
        truncated=bool(steps and steps[-1].truncated[0]),
    )
