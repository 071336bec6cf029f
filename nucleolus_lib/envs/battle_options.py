"""The options of a battle: SMAC's names and SMAC's defaults.

The source of both is ``StarCraft2Env`` in oxwhirl/smac, commit d6aab33. Every name that its
constructor takes is accepted, so that configurations written for SMAC can be passed on as they are.
What belongs to the game program and not to the battle (its version, its window, its built-in script)
has one accepted value here, the default; another value is refused rather than ignored.

``shuffle_enemy_ids`` is the only option that SMAC has not. In the game, the order in which enemies are
listed is the game's affair and may change between episodes; here it is fixed unless this is set.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from dataclasses import dataclass
from typing import Any

from nucleolus_lib.envs.errors import WorldParameterError


@dataclass(frozen=True)
class BattleOptions:
    """Options of a battle, with SMAC's names and defaults.

    Parameters
    ----------
    move_amount
        How far ahead a move order points; a move is available if the cell half that far ahead is walkable.
    continuing_episode
        Whether reaching the time limit truncates the episode. By default it terminates it, as in SMAC.
    obs_all_health
        Observations hold the health and shield of every unit in sight.
    obs_own_health
        Observations hold the agent's own health; always so with ``obs_all_health``.
    obs_last_action
        Observations hold the last actions of the allies in sight.
    obs_pathing_grid, obs_terrain_height
        Observations hold what is walkable, or how high the ground is, at points around the agent.
    obs_instead_of_state
        The state is all observations one after the other.
    obs_timestep_number, state_timestep_number
        Observations, or the state, end with the step number divided by the time limit.
    state_last_action
        The state holds the last action of every agent.
    reward_sparse
        1 for a win, -1 for a defeat and nothing else; still divided by the scale.
    reward_only_positive
        The absolute value of what was done to the enemies; if False, what was done to the agents is
        subtracted instead.
    reward_death_value
        For every enemy killed; with ``reward_only_positive=False`` also lost for every agent killed.
    reward_win, reward_defeat
        At the end of the battle.
    reward_negative_scale
        Weight of the agents' losses.
    reward_scale, reward_scale_rate
        Whether to divide by (greatest reward / rate).
    replay_dir, replay_prefix
        Where ``save_replay`` writes and how its files begin; default: here, and the map's name.
    shuffle_enemy_ids
        Draw the order of the enemies of one type anew in every episode. Not an option of SMAC.
    step_mul, difficulty, game_version, window_size_x, window_size_y, heuristic_ai, heuristic_rest, debug
        Of the game program; accepted at their defaults only. ``step_mul`` is the number of game loops per step.

    Raises
    ------
    WorldParameterError
    """

    step_mul: int = 8
    move_amount: float = 2
    difficulty: str = "7"
    game_version: str | None = None
    continuing_episode: bool = False
    obs_all_health: bool = True
    obs_own_health: bool = True
    obs_last_action: bool = False
    obs_pathing_grid: bool = False
    obs_terrain_height: bool = False
    obs_instead_of_state: bool = False
    obs_timestep_number: bool = False
    state_last_action: bool = True
    state_timestep_number: bool = False
    reward_sparse: bool = False
    reward_only_positive: bool = True
    reward_death_value: float = 10
    reward_win: float = 200
    reward_defeat: float = 0
    reward_negative_scale: float = 0.5
    reward_scale: bool = True
    reward_scale_rate: float = 20
    replay_dir: str = ""
    replay_prefix: str = ""
    window_size_x: int = 1920
    window_size_y: int = 1200
    heuristic_ai: bool = False
    heuristic_rest: bool = False
    debug: bool = False
    shuffle_enemy_ids: bool = False

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value, default = getattr(self, field.name), field.default
            if field.name in GAME_ONLY and value != default:
                raise WorldParameterError(
                    f"{field.name} is {default!r} here, as only the game program can do otherwise; got {value!r}. "
                    f"{GAME_ONLY[field.name]}"
                )
            if isinstance(default, bool) and not isinstance(value, bool):
                raise WorldParameterError(f"{field.name} is True or False; got {value!r}")
            number = isinstance(default, int | float) and not isinstance(default, bool)
            if number and (isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)):
                raise WorldParameterError(f"{field.name} is a finite number; got {value!r}")
        for name in ("move_amount", "reward_scale_rate"):
            if getattr(self, name) <= 0:
                raise WorldParameterError(f"{name} must be above 0; got {getattr(self, name)}")
        if self.obs_all_health:
            object.__setattr__(self, "obs_own_health", True)


GAME_ONLY = {
    "step_mul": "A step of the simulator is 8 game loops.",
    "difficulty": "The enemies' behaviour is part of the simulator.",
    "game_version": "The unit data are chosen by rules= instead.",
    "window_size_x": "",
    "window_size_y": "",
    "heuristic_ai": "Play a scripted policy from outside instead.",
    "heuristic_rest": "Play a scripted policy from outside instead.",
    "debug": "",
}
"""Options that only the game program can follow, with what to do instead."""


def battle_options(options: dict[str, Any]) -> BattleOptions:
    """Options from keywords.

    Raises
    ------
    WorldParameterError
        If a name is unknown (the nearest is suggested), or a value is out of range.
    """
    names = [field.name for field in dataclasses.fields(BattleOptions)]
    for name in options:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" The options are {', '.join(names)}."
            raise WorldParameterError(f"a battle has no option {name!r}.{hint}")
    return BattleOptions(**options)
