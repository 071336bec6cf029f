"""SMAC's interface for one battle in plain Python: one unit after the other, no tensors.

Written from the rules of ``StarCraft2Env`` (oxwhirl/smac, commit d6aab33). Numbers that SMAC keeps in tables of its own
(largest shields and cooldowns, unit type numbers) are written out again here, so that they are not taken from the code
under test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

SMAC_MAPS = {
    # map: (agents, enemies, limit, race of the agents, race of the enemies, type bits)
    "2s3z": ("sszzz", "sszzz", 120, "P", "P", 2),
    "3s_vs_5z": ("sss", "zzzzz", 250, "P", "P", 0),
    "2c_vs_64zg": ("cc", "l" * 64, 400, "P", "Z", 0),
    "5m_vs_6m": ("mmmmm", "mmmmmm", 70, "T", "T", 0),
    "8m_vs_9m": ("m" * 8, "m" * 9, 120, "T", "T", 0),
    "corridor": ("zzzzzz", "l" * 24, 400, "P", "Z", 0),
}
HEALTH = {"s": 80, "z": 100, "c": 200, "m": 45, "l": 35}
SHIELD = {"s": 80, "z": 50, "c": 150, "m": 0, "l": 0}
COOLDOWN = {"s": 35, "z": 22, "c": 24, "m": 15, "l": 11}
AGENT_TYPE = {"s": 0, "z": 1}
ENEMY_TYPE = {"z": 0, "s": 1}
DEFAULTS = {
    "move_amount": 2,
    "obs_all_health": True,
    "obs_own_health": True,
    "obs_last_action": False,
    "obs_pathing_grid": False,
    "obs_terrain_height": False,
    "obs_instead_of_state": False,
    "obs_timestep_number": False,
    "state_last_action": True,
    "state_timestep_number": False,
    "reward_sparse": False,
    "reward_only_positive": True,
    "reward_death_value": 10,
    "reward_win": 200,
    "reward_defeat": 0,
    "reward_negative_scale": 0.5,
    "reward_scale": True,
    "reward_scale_rate": 20,
}


@dataclass
class Unit:
    kind: str
    x: float
    y: float
    health: float
    shield: float
    cooldown: float = 0.0


@dataclass
class BattleByHand:
    """One moment of one battle; ``ground[x][y]`` says what is walkable."""

    map_name: str
    agents: list[Unit]
    enemies: list[Unit]
    ground: list[list[bool]]
    last_action: list[int | None]
    time: int = 0
    heights: list[list[float]] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def option(self, name: str) -> Any:
        return self.options.get(name, DEFAULTS[name])

    @property
    def races(self) -> tuple[str, str]:
        return SMAC_MAPS[self.map_name][3:5]

    @property
    def bits(self) -> int:
        return SMAC_MAPS[self.map_name][5]

    @property
    def limit(self) -> int:
        return SMAC_MAPS[self.map_name][2]


def far(a: Unit, b: Unit) -> float:
    return math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2)


def walkable(battle: BattleByHand, x: float, y: float) -> bool:
    column, row = int(x), int(y)
    return 0 <= column < 32 and 0 <= row < 32 and battle.ground[column][row]


def mask_of(battle: BattleByHand, i: int) -> list[int]:
    """Available actions of agent i as 0 and 1."""
    me = battle.agents[i]
    if me.health <= 0:
        return [1] + [0] * (5 + len(battle.enemies))
    step = battle.option("move_amount") / 2
    moves = [
        int(walkable(battle, me.x, me.y + step)),
        int(walkable(battle, me.x, me.y - step)),
        int(walkable(battle, me.x + step, me.y)),
        int(walkable(battle, me.x - step, me.y)),
    ]
    return [0, 1, *moves, *(int(enemy.health > 0 and far(me, enemy) <= 6) for enemy in battle.enemies)]


def one_hot(index: int | None, length: int) -> list[float]:
    return [1.0 if k == index else 0.0 for k in range(length)]


def observation_of(battle: BattleByHand, i: int) -> list[float]:
    """The vector that agent i gets."""
    me, mask = battle.agents[i], mask_of(battle, i)
    alive = me.health > 0
    n_actions = 6 + len(battle.enemies)
    vector = [float(m) for m in mask[2:6]]
    x, y, step = int(me.x), int(me.y), int(battle.option("move_amount"))
    around = [(0, 2), (0, -2), (2, 0), (-2, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)]
    points = [(x + step * dx, y + step * dy) for dx, dy in around]
    if battle.option("obs_pathing_grid"):
        for px, py in points:
            inside = 0 <= px < 32 and 0 <= py < 32
            vector.append(float(battle.ground[px][py] if inside else True) if alive else 0.0)
    if battle.option("obs_terrain_height"):
        for px, py in [*points, (x, y)]:
            inside = 0 <= px < 32 and 0 <= py < 32
            vector.append((battle.heights[px][py] if inside else 1.0) if alive else 0.0)
    for k, enemy in enumerate(battle.enemies):
        block = [float(mask[6 + k]), far(me, enemy) / 9, (enemy.x - me.x) / 9, (enemy.y - me.y) / 9]
        if battle.option("obs_all_health"):
            block.append(enemy.health / HEALTH[enemy.kind])
            if battle.races[1] == "P":
                block.append(enemy.shield / SHIELD[enemy.kind])
        if battle.bits:
            block += one_hot(ENEMY_TYPE[enemy.kind], 2)
        seen = alive and enemy.health > 0 and far(me, enemy) < 9
        vector += block if seen else [0.0] * len(block)
    for j, ally in enumerate(battle.agents):
        if j == i:
            continue
        block = [1.0, far(me, ally) / 9, (ally.x - me.x) / 9, (ally.y - me.y) / 9]
        if battle.option("obs_all_health"):
            block.append(ally.health / HEALTH[ally.kind])
            if battle.races[0] == "P":
                block.append(ally.shield / SHIELD[ally.kind])
        if battle.bits:
            block += one_hot(AGENT_TYPE[ally.kind], 2)
        if battle.option("obs_last_action"):
            block += one_hot(battle.last_action[j], n_actions)
        seen = alive and ally.health > 0 and far(me, ally) < 9
        vector += block if seen else [0.0] * len(block)
    own = []
    if battle.option("obs_all_health") or battle.option("obs_own_health"):
        own.append(me.health / HEALTH[me.kind])
        if battle.races[0] == "P":
            own.append(me.shield / SHIELD[me.kind])
    if battle.bits:
        own += one_hot(AGENT_TYPE[me.kind], 2)
    vector += own if alive else [0.0] * len(own)
    if battle.option("obs_timestep_number"):
        vector += [0.0, battle.time / battle.limit]
    return vector


def state_of(battle: BattleByHand) -> list[float]:
    """The state vector."""
    if battle.option("obs_instead_of_state"):
        return [value for i in range(len(battle.agents)) for value in observation_of(battle, i)]
    vector = []
    for unit in battle.agents:
        row = [unit.health / HEALTH[unit.kind], unit.cooldown / COOLDOWN[unit.kind]]
        row += [(unit.x - 16) / 32, (unit.y - 16) / 32]
        if battle.races[0] == "P":
            row.append(unit.shield / SHIELD[unit.kind])
        if battle.bits:
            row += one_hot(AGENT_TYPE[unit.kind], 2)
        vector += row if unit.health > 0 else [0.0] * len(row)
    for unit in battle.enemies:
        row = [unit.health / HEALTH[unit.kind], (unit.x - 16) / 32, (unit.y - 16) / 32]
        if battle.races[1] == "P":
            row.append(unit.shield / SHIELD[unit.kind])
        if battle.bits:
            row += one_hot(ENEMY_TYPE[unit.kind], 2)
        vector += row if unit.health > 0 else [0.0] * len(row)
    if battle.option("state_last_action"):
        for action in battle.last_action:
            vector += one_hot(action, 6 + len(battle.enemies))
    if battle.option("state_timestep_number"):
        vector.append(battle.time / battle.limit)
    return vector


def sees(battle: BattleByHand) -> list[list[bool]]:
    """The visibility matrix."""
    n, e = len(battle.agents), len(battle.enemies)
    matrix = [[False] * (n + e) for _ in range(n)]
    for i, me in enumerate(battle.agents):
        if me.health <= 0:
            continue
        for k, enemy in enumerate(battle.enemies):
            matrix[i][n + k] = enemy.health > 0 and far(me, enemy) < 9
        for j in range(i + 1, n):
            if battle.agents[j].health > 0 and far(me, battle.agents[j]) < 9:
                matrix[i][j] = matrix[j][i] = True
    return matrix


def max_reward(battle: BattleByHand) -> float:
    strength = sum(HEALTH[enemy.kind] + SHIELD[enemy.kind] for enemy in battle.enemies)
    return strength + len(battle.enemies) * battle.option("reward_death_value") + battle.option("reward_win")


def reward_of(before: BattleByHand, after: BattleByHand) -> float:
    """The reward of the step that leads from one moment to the next."""
    agents_left = any(unit.health > 0 for unit in after.agents)
    enemies_left = any(unit.health > 0 for unit in after.enemies)
    won, lost = agents_left and not enemies_left, enemies_left and not agents_left
    if after.option("reward_sparse"):
        reward = 1.0 if won else -1.0 if lost else 0.0
    else:
        harm = kills = own_harm = own_deaths = 0.0
        for old, new in zip(before.enemies, after.enemies, strict=True):
            if old.health > 0 and new.health <= 0:
                harm += old.health + old.shield
                kills += after.option("reward_death_value")
            elif old.health > 0:
                harm += old.health + old.shield - new.health - new.shield
        for old, new in zip(before.agents, after.agents, strict=True):
            if old.health > 0 and new.health <= 0:
                own_harm += old.health + old.shield
                own_deaths += after.option("reward_death_value")
            elif old.health > 0:
                own_harm += old.health + old.shield - new.health - new.shield
        if after.option("reward_only_positive"):
            reward = abs(harm + kills)
        else:
            reward = harm + kills - after.option("reward_negative_scale") * (own_harm + own_deaths)
        reward += after.option("reward_win") * won + after.option("reward_defeat") * lost
    if after.option("reward_scale"):
        reward /= max_reward(after) / after.option("reward_scale_rate")
    return reward
