"""What SMAC's interface shows of a scenario: its sizes, and the constants its numbers are divided by.

With N agents, E enemies and U = N + E units, agents first:

* a side has a shield column if its race is Protoss: sh_A for the agents, sh_E for the enemies;
* units have a type, one-hot in K columns, where the scenario says so. Types are numbered in alphabetical
  order, which is the order of SMAC's own unit ids. But where the types are just stalker and zealot, SMAC
  numbers the enemies' the other way round;
* an agent has n = 6 + E actions: no-op, stop, north, south, east, west, and an attack on each enemy;
* the blocks of the observation and the rows of the state have the widths below.

=====================  =========================================================================
moves                  4, + 8 with ``obs_pathing_grid``, + 9 with ``obs_terrain_height``
one enemy              4 + K, + 1 + sh_E with ``obs_all_health``
one ally               4 + K, + 1 + sh_A with ``obs_all_health``, + n with ``obs_last_action``
own                    K, + 1 + sh_A with ``obs_own_health``, + 1 with ``obs_timestep_number``
state, one agent       4 + sh_A + K
state, one enemy       3 + sh_E + K
=====================  =========================================================================

With ``obs_timestep_number`` SMAC counts the step number among the agent's own features and appends it
once more, so the vectors it returns are longer by one than the size it states: ``stated_observation_size``
is the one, ``observation_size`` the other.

Source: ``StarCraft2Env`` in oxwhirl/smac, commit d6aab33.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.battle_options import BattleOptions
from nucleolus_lib.envs.battle_scenarios import Scenario
from nucleolus_lib.envs.errors import WorldParameterError

SIGHT = 9.0
"""A unit is seen at a distance below this."""

ATTACK_DISTANCE = 6.0
"""An enemy can be attacked up to this distance, whatever the weapon."""

N_OTHER_ACTIONS = 6
"""Actions that are no attack: no-op, stop and four moves."""

DIRECTIONS = ((0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0))
"""North, south, east, west: actions 2 to 5."""

AROUND = ((0, 2), (0, -2), (2, 0), (-2, 0), (1, 1), (-1, -1), (1, -1), (-1, 1), (0, 0))
"""Points about a unit whose ground it observes, in units of ``move_amount``."""


@dataclass(frozen=True)
class BattleView:
    """Sizes and constants of the interface to one scenario; see the module's docstring.

    Parameters
    ----------
    options
        SMAC's options.
    episode_limit
        Steps.
    n_agents, n_enemies
        N and E.
    shield_agents, shield_enemies, n_types
        sh_A, sh_E and K.
    max_reward
        Kills, victory and every enemy's health and shield: the return without regeneration.
    health_max, shield_scale
        (U,) what health and shield are divided by (1 for a unit without a shield).
    cooldown_scale
        (N,) what SMAC divides the agents' weapon cooldown by.
    types
        (U, K) float32, one-hot.
    walkable
        (W + 2, H + 2) bool by cell x and y, with a rim of False: where one can go.
    pathing
        The same with a rim of True: what is observed.
    height
        (W + 2, H + 2) float32 between 0 and 1 with a rim of 1, or None where it is not known.
    ahead
        (4, 2) the offsets of the points whose cells decide about moves.
    around
        (9, 2) the offsets of the points whose ground is observed; the last is the unit's own.
    size
        (2,) width and height of the map, which is also the playable area.
    """

    options: BattleOptions
    episode_limit: int
    n_agents: int
    n_enemies: int
    shield_agents: int
    shield_enemies: int
    n_types: int
    max_reward: float
    health_max: Tensor
    shield_scale: Tensor
    cooldown_scale: Tensor
    types: Tensor
    walkable: Tensor
    pathing: Tensor
    height: Tensor | None
    ahead: Tensor
    around: Tensor
    size: Tensor

    @property
    def n_units(self) -> int:
        """U."""
        return self.n_agents + self.n_enemies

    @property
    def n_actions(self) -> int:
        """6 + E."""
        return N_OTHER_ACTIONS + self.n_enemies

    @property
    def reward_divisor(self) -> float:
        """What SMAC divides every reward by."""
        return self.max_reward / self.options.reward_scale_rate if self.options.reward_scale else 1.0

    @property
    def move_size(self) -> int:
        """Entries about moves at the head of an observation."""
        return 4 + 8 * self.options.obs_pathing_grid + 9 * self.options.obs_terrain_height

    @property
    def enemy_block(self) -> int:
        """Entries about one enemy."""
        return 4 + self.n_types + (1 + self.shield_enemies) * self.options.obs_all_health

    @property
    def ally_block(self) -> int:
        """Entries about one other agent."""
        known = (1 + self.shield_agents) * self.options.obs_all_health
        return 4 + self.n_types + known + self.n_actions * self.options.obs_last_action

    @property
    def own_size(self) -> int:
        """Entries about the agent itself, as SMAC counts them."""
        options = self.options
        return self.n_types + (1 + self.shield_agents) * options.obs_own_health + options.obs_timestep_number

    @property
    def stated_observation_size(self) -> int:
        """What SMAC's ``get_obs_size`` says."""
        return (
            self.move_size + self.n_enemies * self.enemy_block + (self.n_agents - 1) * self.ally_block + self.own_size
        )

    @property
    def observation_size(self) -> int:
        """F, the length of the vectors themselves."""
        return self.stated_observation_size + self.options.obs_timestep_number

    @property
    def agent_row(self) -> int:
        """Entries about one agent in the state."""
        return 4 + self.shield_agents + self.n_types

    @property
    def enemy_row(self) -> int:
        """Entries about one enemy in the state."""
        return 3 + self.shield_enemies + self.n_types

    @property
    def stated_state_size(self) -> int:
        """What SMAC's ``get_state_size`` says."""
        if self.options.obs_instead_of_state:
            return self.n_agents * self.stated_observation_size
        rows = self.n_agents * self.agent_row + self.n_enemies * self.enemy_row
        actions = self.n_agents * self.n_actions * self.options.state_last_action
        return rows + actions + self.options.state_timestep_number

    @property
    def state_size(self) -> int:
        """D, the length of the state vector itself."""
        return self.n_agents * self.observation_size if self.options.obs_instead_of_state else self.stated_state_size

    def env_info(self) -> dict[str, Any]:
        """What SMAC's ``get_env_info`` returns."""
        kinds = [f"type_{k}" for k in range(self.n_types)]
        agent = ["health", "energy/cooldown", "rel_x", "rel_y"] + ["shield"] * self.shield_agents
        enemy = ["health", "rel_x", "rel_y"] + ["shield"] * self.shield_enemies
        return {
            "state_shape": self.stated_state_size,
            "obs_shape": self.stated_observation_size,
            "n_actions": self.n_actions,
            "n_agents": self.n_agents,
            "episode_limit": self.episode_limit,
            "agent_features": agent + kinds,
            "enemy_features": enemy + kinds,
        }


def battle_view(
    scenario: Scenario,
    options: BattleOptions,
    *,
    height: NDArray[np.floating[Any]] | None = None,
    device: torch.device | str = "cpu",
) -> BattleView:
    """The view of a scenario under ``options``.

    Raises
    ------
    WorldParameterError
        If ``obs_terrain_height`` is asked for and ``height`` is missing or not of the map's shape, or the
        scenario has more unit types than type columns.
    """
    walkable = np.array(scenario.walkable, dtype=bool)
    if options.obs_terrain_height and (height is None or np.shape(height) != walkable.shape):
        raise WorldParameterError(
            f"obs_terrain_height needs the height of every cell, terrain_height={walkable.shape} between 0 and 1 "
            f"(those of the game's maps are not known here); got {None if height is None else np.shape(height)}"
        )
    units = [*scenario.ally_types, *scenario.enemy_types]

    def tensor(values: Any) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device)

    def rimmed(grid: NDArray[Any], outside: float) -> Tensor:
        return torch.as_tensor(np.pad(grid, 1, constant_values=outside), device=device)

    strength = sum(unit.health + unit.shield for unit in scenario.enemy_types)
    return BattleView(
        options=options,
        episode_limit=scenario.episode_limit,
        n_agents=scenario.n_allies,
        n_enemies=scenario.n_enemies,
        shield_agents=int(scenario.ally_race == "P"),
        shield_enemies=int(scenario.enemy_race == "P"),
        n_types=scenario.unit_type_bits,
        max_reward=scenario.n_enemies * options.reward_death_value + options.reward_win + strength,
        health_max=tensor([unit.health for unit in units]),
        shield_scale=tensor([unit.shield or 1.0 for unit in units]),
        cooldown_scale=tensor([unit.smac_max_cooldown for unit in scenario.ally_types]),
        types=torch.as_tensor(_one_hot_types(scenario), device=device),
        walkable=rimmed(walkable, False),
        pathing=rimmed(walkable, True),
        height=None if height is None else rimmed(np.array(height, dtype=np.float32), 1.0),
        ahead=tensor(DIRECTIONS) * (options.move_amount / 2),
        around=tensor(AROUND) * options.move_amount,
        size=tensor(walkable.shape),
    )


def _one_hot_types(scenario: Scenario) -> NDArray[np.float32]:
    bits = scenario.unit_type_bits
    if not bits:
        return np.zeros((scenario.n_allies + scenario.n_enemies, 0), np.float32)
    names = sorted({*scenario.allies, *scenario.enemies})
    if len(names) > bits:
        raise WorldParameterError(
            f"{scenario.name} has the unit types {', '.join(names)} and unit_type_bits={bits}; "
            f"set it to {len(names)}, or to 0 to leave types out"
        )
    enemy_names = names[::-1] if names == ["stalker", "zealot"] else names
    number = [names.index(name) for name in scenario.allies] + [enemy_names.index(name) for name in scenario.enemies]
    return np.eye(bits, dtype=np.float32)[number]
