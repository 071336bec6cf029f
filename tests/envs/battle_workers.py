"""Battles for worker processes: the simulator's, and a stand-in of a few numbers that fails on demand."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

LENGTH = 5


def simulated_battle(map_name: str, seed: int, options: dict[str, Any]) -> Any:
    """The simulator behind SMAC's class, in place of the game."""
    import torch

    from nucleolus_lib.envs.single_battle import SingleBattleEnv

    torch.set_num_threads(1)
    return SingleBattleEnv(map_name, seed=seed, **options)


class StandIn:
    """Two agents and one enemy, five steps; the state says which seed, episode and step it belongs to.

    ``trouble`` is what happens to the battle with seed ``seed_in_trouble`` at ``moment`` = (episode, step):
    "die", "hang", "raise", or "restart", SMAC's own answer after it had to start the game anew.
    """

    def __init__(
        self, seed: int, trouble: str = "", seed_in_trouble: int = 1, moment: tuple[int, int] = (1, 2)
    ) -> None:
        self._seed, self._episode, self._step = seed, 0, 0
        self._trouble = trouble if seed == seed_in_trouble else ""
        self._moment = tuple(moment)

    def reset(self) -> None:
        self._episode, self._step = self._episode + 1, 0
        self._maybe_fail()

    def step(self, actions: list[int]) -> tuple[float, bool, dict[str, Any]]:
        self._step += 1
        if self._maybe_fail():
            return 0, True, {}
        over = self._step == LENGTH
        won = over and self._episode % 2 == 1
        return 1.0, over, {"battle_won": won, "dead_allies": 0, "dead_enemies": int(won)}

    def _maybe_fail(self) -> bool:
        if (self._episode, self._step) == self._moment:
            if self._trouble == "die":
                os._exit(7)
            if self._trouble == "hang":
                time.sleep(60)
            if self._trouble == "raise":
                raise RuntimeError("the dropship is late")
        return self._trouble == "restart" and (self._episode, self._step) == self._moment

    def get_obs(self) -> list[np.ndarray]:
        return [np.array([i, 0.1 * self._step], dtype=np.float32) for i in range(2)]

    def get_state(self) -> np.ndarray:
        return np.array([self._seed, self._episode, self._step, 0, 0, 0, 0.5, 0.1, 0.2], dtype=np.float32)

    def get_avail_actions(self) -> list[list[int]]:
        return [[0, 1, 1, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0]]

    def get_env_info(self) -> dict[str, Any]:
        return {
            "state_shape": 9,
            "obs_shape": 2,
            "n_actions": 7,
            "n_agents": 2,
            "episode_limit": LENGTH + 1,
            "agent_features": ["health", "rel_x", "rel_y"],
            "enemy_features": ["health", "rel_x", "rel_y"],
        }

    def close(self) -> None:
        pass


def stand_in(map_name: str, seed: int, options: dict[str, Any]) -> StandIn:
    return StandIn(seed, **options)


def broken_start(map_name: str, seed: int, options: dict[str, Any]) -> StandIn:
    raise OSError("no barracks on this map")


def silent_start(map_name: str, seed: int, options: dict[str, Any]) -> StandIn:
    time.sleep(60)
    return StandIn(seed)
