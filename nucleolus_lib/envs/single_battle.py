"""One battle behind SMAC's own class: code written for ``StarCraft2Env`` runs on it unchanged.

The methods, their names and what they return are those of ``MultiAgentEnv`` and ``StarCraft2Env`` in
oxwhirl/smac, commit d6aab33: observations are a list of float32 arrays, masks are lists of 0 and 1,
``step`` returns (reward, terminated, info). The battle is :class:`nucleolus_lib.envs.battle.Battle` with
B = 1; the same seed gives the same episodes as that class with a generator of that seed.

Differences, all of them where the game program would be needed or SMAC would fail:

* an action that is not available raises :class:`ActionsError` (SMAC: an AssertionError without the mask),
  and so does a step after the end of an episode;
* ``get_stats`` before the end of the first battle says win_rate 0.0 (SMAC divides by zero);
* ``save_replay`` writes the latest episode as an npz file, see :mod:`nucleolus_lib.envs.battle_replay`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.battle import Battle
from nucleolus_lib.envs.battle_observation import visibility
from nucleolus_lib.envs.battle_replay import Recording, save_recording
from nucleolus_lib.envs.battle_scenarios import Scenario
from nucleolus_lib.envs.battle_state import BattleState
from nucleolus_lib.envs.entity_picture import entity_picture
from nucleolus_lib.envs.errors import ActionsError, WorldParameterError


class SingleBattleEnv:
    """A battle with SMAC's methods.

    Parameters
    ----------
    map_name
        A map of :mod:`nucleolus_lib.envs.battle_scenarios`, or a scenario of one's own.
    rules
        Name of the ruleset.
    seed
        Of all chance; None takes a fresh one.
    **smac_options
        See :class:`nucleolus_lib.envs.battle_options.BattleOptions`.
    """

    def __init__(
        self, map_name: str | Scenario, rules: str = "liberty", seed: int | None = 0, **smac_options: Any
    ) -> None:
        self.world = Battle(map_name, rules, **smac_options)
        view = self.world.view
        self.map_name = self.world.spec.name
        self.n_agents, self.n_enemies, self.n_actions = view.n_agents, view.n_enemies, view.n_actions
        self.episode_limit = view.episode_limit
        self.max_reward = view.max_reward
        self.battles_won = self.battles_game = self.timeouts = self.force_restarts = 0
        self._seed = secrets.randbits(63) if seed is None else seed
        self._generator = torch.Generator().manual_seed(self._seed)
        self._state: BattleState | None = None
        self._over = True
        self._episodes = 0
        self._recording: Recording | None = None

    def reset(self) -> tuple[list[NDArray[np.float32]], NDArray[np.float32]]:
        """Start an episode; returns all observations and the state."""
        draws = torch.rand((1, self.world.spec.n_initial_draws), generator=self._generator)
        self._look(self.world.initial(draws))
        self._over = False
        self._episodes += 1
        self._recording = Recording(initial_draws=draws[0].numpy())
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[Any]) -> tuple[float, bool, dict[str, Any]]:
        """One step of every agent; returns reward, terminated and info.

        ``info`` has battle_won, dead_allies and dead_enemies, and ``episode_limit: True`` when the time
        limit ended the episode and ``continuing_episode`` is set.

        Raises
        ------
        ActionsError
            If an action is not available, their number is wrong, or no episode is running.
        """
        state = self._running()
        if self._over:
            raise ActionsError("the episode is over; call reset() before the next step()")
        chosen = [int(action) for action in actions]
        self._check(chosen)
        draws = torch.rand((1, self.world.spec.n_step_draws), generator=self._generator)
        result = self.world.transition(state, torch.tensor([chosen]), draws)
        reward, truncated = float(result.reward[0]), bool(result.truncated[0])
        self._over = bool(result.terminated[0]) or truncated
        assert self._recording is not None
        self._recording.add(chosen, draws[0].numpy(), reward)
        self._look(result.state)
        won, _, dead_allies, dead_enemies, _ = self.world.outcome(result.state)[0].tolist()
        info: dict[str, Any] = {
            "battle_won": bool(won),
            "dead_allies": int(dead_allies),
            "dead_enemies": int(dead_enemies),
        }
        if truncated:
            info["episode_limit"] = True
        if self._over:
            self.battles_game += 1
            self.battles_won += bool(won)
            self.timeouts += dead_allies < self.n_agents and dead_enemies < self.n_enemies
        return reward, self._over, info

    def get_obs(self) -> list[NDArray[np.float32]]:
        """Every agent's observation."""
        self._running()
        return list(self._observation)

    def get_obs_agent(self, agent_id: int) -> NDArray[np.float32]:
        """One agent's observation."""
        return self.get_obs()[agent_id]

    def get_obs_size(self) -> int:
        """Length of an observation, as SMAC states it."""
        return self.world.view.stated_observation_size

    def get_obs_move_feats_size(self) -> int:
        """How many entries about moves an observation has."""
        return self.world.view.move_size

    def get_obs_enemy_feats_size(self) -> tuple[int, int]:
        """Number of enemies, and entries about each."""
        return self.n_enemies, self.world.view.enemy_block

    def get_obs_ally_feats_size(self) -> tuple[int, int]:
        """Number of other agents, and entries about each."""
        return self.n_agents - 1, self.world.view.ally_block

    def get_obs_own_feats_size(self) -> int:
        """How many entries an observation has about the agent itself, as SMAC states it."""
        return self.world.view.own_size

    def get_state(self) -> NDArray[np.float32]:
        """The state vector."""
        return self.world.global_state(self._running())[0].numpy()

    def get_state_size(self) -> int:
        """Length of the state vector, as SMAC states it."""
        return self.world.view.stated_state_size

    def get_avail_actions(self) -> list[list[int]]:
        """For every agent, 1 for each action it has and 0 for the others."""
        self._running()
        return [list(row) for row in self._available]

    def get_avail_agent_actions(self, agent_id: int) -> list[int]:
        """The same for one agent."""
        return self.get_avail_actions()[agent_id]

    def get_total_actions(self) -> int:
        """Number of actions, available or not."""
        return self.n_actions

    def get_visibility_matrix(self) -> NDArray[np.bool_]:
        """Which agents and enemies each agent sees, (N, N + E)."""
        return visibility(self.world.view, self._running())[0].numpy()

    def get_env_info(self) -> dict[str, Any]:
        """Sizes and names of features."""
        return self.world.view.env_info()

    def get_stats(self) -> dict[str, Any]:
        """Counts over all battles so far. SMAC calls a battle that ran out of time a draw."""
        return {
            "battles_won": self.battles_won,
            "battles_game": self.battles_game,
            "battles_draw": self.timeouts,
            "win_rate": self.battles_won / max(self.battles_game, 1),
            "timeouts": self.timeouts,
            "restarts": self.force_restarts,
        }

    @property
    def last_action(self) -> NDArray[np.float64]:
        """One-hot actions of the latest step, (N, n_actions); zeros before the first."""
        index = self._running().last_action[0]
        one_hot = index[:, None] == torch.arange(self.n_actions)
        return one_hot.double().numpy()

    def seed(self) -> int:
        """The seed of the chance."""
        return self._seed

    def render(self, mode: str = "rgb_array") -> NDArray[np.uint8]:
        """A picture of the battle, (height, width, 3)."""
        if mode != "rgb_array":
            raise WorldParameterError(f"a battle is rendered as mode='rgb_array'; got {mode!r}")
        return entity_picture(self.world.spec, self.world.entities(self._running())[0].numpy())

    def save_replay(self) -> Path:
        """Write the latest episode, as far as it was played; returns the file's path."""
        self._running()
        assert self._recording is not None
        options = self.world.options
        name = f"{options.replay_prefix or self.map_name}_{self._episodes:06d}.npz"
        return save_recording(Path(options.replay_dir) / name, self.world, self._recording)

    def close(self) -> None:
        """Nothing to close."""

    def _look(self, state: BattleState) -> None:
        self._state = state
        self._observation = self.world.observation(state)[0].numpy()
        self._available: list[list[int]] = self.world.available_actions(state)[0].int().tolist()

    def _running(self) -> BattleState:
        if self._state is None:
            raise ActionsError("there is no battle yet; call reset() first")
        return self._state

    def _check(self, actions: list[int]) -> None:
        if len(actions) != self.n_agents:
            raise ActionsError(f"{self.map_name} takes one action for each of {self.n_agents} agents; got {actions}")
        for agent, (action, mask) in enumerate(zip(actions, self._available, strict=True)):
            if not 0 <= action < self.n_actions or not mask[action]:
                names = self.world.spec.action_names
                named = names[action] if 0 <= action < self.n_actions else f"none of 0..{self.n_actions - 1}"
                raise ActionsError(
                    f"agent {agent} ({self.world.spec.entities[agent].name}) cannot take action {action} ({named}) "
                    f"now; its mask is {mask}: available are "
                    f"{', '.join(f'{a} ({names[a]})' for a in range(self.n_actions) if mask[a])}"
                )
