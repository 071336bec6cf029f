"""Made-up moments of battles, as the batched state and as the plain-Python twin of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from nucleolus_lib.envs.battle_scenarios import scenario
from nucleolus_lib.envs.battle_state import BattleState
from tests.reference.smac_interface_by_hand import HEALTH, SHIELD, SMAC_MAPS, BattleByHand, Unit

HEIGHTS = (np.arange(32 * 32).reshape(32, 32) % 7 / 7).astype(np.float32)


def random_moment(map_name: str, seed: int, batch: int = 3, dead: float = 0.3) -> BattleState:
    """Units anywhere in a square of 14 (some of it off the map), each dead with probability ``dead``."""
    rng = np.random.default_rng(seed)
    agents, enemies = SMAC_MAPS[map_name][:2]
    kinds = agents + enemies
    u, n = len(kinds), len(agents)
    corner = rng.uniform(-3, 20, (batch, 1, 2))
    health_max = np.array([HEALTH[k] for k in kinds])
    living = rng.random((batch, u)) >= dead
    return battle_state(
        position=corner + rng.uniform(0, 14, (batch, u, 2)),
        health=living * rng.uniform(0.1, 1, (batch, u)) * health_max,
        shield=rng.uniform(0, 1, (batch, u)) * np.array([SHIELD[k] for k in kinds]),
        cooldown=rng.uniform(0, 30, (batch, u)),
        last_action=rng.integers(-1, 6 + len(enemies), (batch, n)),
        elapsed=rng.integers(0, 60, batch),
    )


def battle_state(position, health, shield, cooldown, last_action, elapsed) -> BattleState:
    """A state from the arrays the interface looks at; the rest is empty."""
    b, u = health.shape
    n = last_action.shape[1]

    def floats(values):
        return torch.tensor(np.asarray(values, dtype=np.float32))

    def whole(values):
        return torch.tensor(np.asarray(values, dtype=np.int64))

    seen = {
        "position": floats(position),
        "health": floats(health),
        "shield": floats(shield),
        "cooldown": floats(cooldown),
        "last_action": whole(last_action),
        "elapsed": whole(elapsed),
        "enemy_target": torch.full((b, u - n), -1),
    }
    names = [field.name for field in dataclasses.fields(BattleState)]
    return BattleState(**{name: seen.get(name, torch.zeros(b, u)) for name in names})


def by_hand(map_name: str, state: BattleState, b: int, **options) -> BattleByHand:
    """World ``b`` of a batch for the twin."""
    agents, enemies = SMAC_MAPS[map_name][:2]
    place, health = state.position[b].tolist(), state.health[b].tolist()
    shield, cooldown = state.shield[b].tolist(), state.cooldown[b].tolist()
    units = [Unit(kind, *place[j], health[j], shield[j], cooldown[j]) for j, kind in enumerate(agents + enemies)]
    return BattleByHand(
        map_name=map_name,
        agents=units[: len(agents)],
        enemies=units[len(agents) :],
        ground=scenario(map_name).walkable.tolist(),
        last_action=[None if action < 0 else action for action in state.last_action[b].tolist()],
        time=int(state.elapsed[b]),
        heights=HEIGHTS.tolist(),
        options=options,
    )
