"""What is known of battles that are played by the game itself: their state, their sizes, their units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.battle_view import N_OTHER_ACTIONS
from nucleolus_lib.envs.smac_worker import Ready
from nucleolus_lib.envs.spec import EntitySpec, Spec, SubtaskSpec

NOOP, STOP = 0, 1


@dataclass(frozen=True)
class SmacState:
    """What was last seen of B battles.

    Parameters
    ----------
    observation, global_state, available
        (B, N, F) float32, (B, D) float32, (B, N, A) bool.
    elapsed
        (B,) int64, steps played.
    ended, won, cut
        (B,) bool; ``cut``: the episode was lost with its process.
    episode_return, dead_allies, dead_enemies
        (B,) float32.
    moment
        (B,) int64, counts the adapter's steps: only the latest state can be played on.
    """

    observation: Tensor
    global_state: Tensor
    available: Tensor
    elapsed: Tensor
    ended: Tensor
    won: Tensor
    cut: Tensor
    episode_return: Tensor
    dead_allies: Tensor
    dead_enemies: Tensor
    moment: Tensor


def smac_orders(available: NDArray[np.bool_], actions: list[int]) -> list[int]:
    """Actions that SMAC takes: an unavailable one becomes the no-op, which for the living is to stop."""
    return [
        action if mask[action] else NOOP if mask[NOOP] else STOP
        for action, mask in zip(actions, available, strict=True)
    ]


def smac_spec(map_name: str, ready: Ready) -> Spec:
    """The sizes and names of a battle that has been started."""
    info, first = ready
    n, n_actions = info["n_agents"], info["n_actions"]
    enemies = [f"enemy_{k}" for k in range(n_actions - N_OTHER_ACTIONS)]
    return Spec(
        name=map_name,
        n_agents=n,
        action_names=("noop", "stop", "north", "south", "east", "west", *(f"attack {name}" for name in enemies)),
        noop=NOOP,
        observation_size=first.observation.shape[1],
        state_size=len(first.state),
        observation_low=-1.0,
        observation_high=1.0,
        entities=(
            *(EntitySpec(f"agent_{i}", "agent") for i in range(n)),
            *(EntitySpec(name, "enemy") for name in enemies),
        ),
        entity_features=("x", "y", "health"),
        subtasks=(SubtaskSpec("battle", tuple(range(n, n + len(enemies))), forms_coalition=False),),
        horizon=info["episode_limit"],
    )


def smac_entities(info: dict[str, Any], spec: Spec, state: Tensor) -> Tensor:
    """Place (from the middle of the map, in units of its size) and health of every unit, (B, U, 3), from the state."""
    batch, rows, start = state.shape[0], [], 0
    n = spec.n_agents
    for features, count in ((info["agent_features"], n), (info["enemy_features"], spec.n_entities - n)):
        block = state[:, start : start + count * len(features)].reshape(batch, count, -1)
        rows.append(block[:, :, [features.index(name) for name in ("rel_x", "rel_y", "health")]])
        start += count * len(features)
    return torch.cat(rows, 1)
