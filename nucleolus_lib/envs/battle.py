"""Battles in the manner of SMAC, B at once: the batched world.

A step is SMAC's step: every agent gets one order, eight game loops are played, and the reward, the
observations, the state and the masks are SMAC's. Where each part is:

=====================================================  ===============================================
units, maps                                            :mod:`battle_units`, :mod:`battle_scenarios`
eight loops of movement and combat                     :mod:`battle_loop`
which actions an agent has                             :mod:`battle_masks`
observation and state vectors                          :mod:`battle_observation`
reward and subtasks                                    :mod:`battle_reward`
options, sizes                                         :mod:`battle_options`, :mod:`battle_view`
=====================================================  ===============================================

*Actions.* 0 no-op, 1 stop, 2 to 5 north, south, east, west, 6 + k attack enemy k. The no-op is for the
dead. An action that is not available is carried out and recorded as the no-op, and a living agent with
the no-op stops.

*End.* Won when all enemies are dead and an agent lives, lost the other way round, drawn when all are
dead. At the time limit the episode is terminated, as SMAC does by default; with
``continuing_episode=True`` it is truncated. A battle that is over stays as it is.

*As an EC-POMDP.* Entities are the units; every enemy is a subtask, and the agents that damaged it in a
step form a coalition; see :mod:`battle_reward`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleolus_lib.envs.batched_state import select
from nucleolus_lib.envs.battle_loop import compiled_loop, initial_state, n_step_draws, play_loops
from nucleolus_lib.envs.battle_masks import available_actions
from nucleolus_lib.envs.battle_memory import check_memory
from nucleolus_lib.envs.battle_observation import global_state, observation, observation_columns
from nucleolus_lib.envs.battle_options import battle_options
from nucleolus_lib.envs.battle_reward import Points, battle_reward, battle_subtasks
from nucleolus_lib.envs.battle_scenarios import Scenario, scenario
from nucleolus_lib.envs.battle_state import NO_TARGET, BattleState, Orders
from nucleolus_lib.envs.battle_tables import build_tables
from nucleolus_lib.envs.battle_view import N_OTHER_ACTIONS, BattleView, battle_view
from nucleolus_lib.envs.errors import ActionsError, WorldParameterError
from nucleolus_lib.envs.protocol import Step
from nucleolus_lib.envs.spec import EntitySpec, Spec
from nucleolus_lib.envs.structure import structure_from_participants

NOOP = 0

OUTCOMES = ("won", "return", "dead_allies", "dead_enemies", "length")


class Battle:
    """The batched battle world.

    Parameters
    ----------
    map_name
        A map of :mod:`battle_scenarios`, or a scenario of one's own.
    rules
        Name of the ruleset; a scenario of one's own brings its own.
    device
        Where the tensors live.
    compiled
        Compile the game loop with ``torch.compile``; the first step of each batch size then takes some seconds.
    terrain_height
        (W, H) between 0 and 1, only for ``obs_terrain_height=True``.
    **smac_options
        See :class:`nucleolus_lib.envs.battle_options.BattleOptions`.

    Raises
    ------
    ScenarioError
        If the map or the ruleset is unknown.
    WorldParameterError
        If an option is unknown or out of range.
    """

    outcome_names: tuple[str, ...] = OUTCOMES

    def __init__(
        self,
        map_name: str | Scenario,
        rules: str = "liberty",
        device: torch.device | str = "cpu",
        *,
        compiled: bool = False,
        terrain_height: NDArray[np.floating[Any]] | None = None,
        **smac_options: Any,
    ) -> None:
        if isinstance(map_name, Scenario) and rules not in ("liberty", map_name.rules):
            raise WorldParameterError(
                f"the scenario {map_name.name!r} has rules={map_name.rules!r}; make it with {rules!r} instead of "
                "passing rules= here"
            )
        self.scenario = map_name if isinstance(map_name, Scenario) else scenario(map_name, rules)
        self.options = battle_options(smac_options)
        self._device = torch.device(device)
        self.view: BattleView = battle_view(self.scenario, self.options, height=terrain_height, device=device)
        self._columns = observation_columns(self.view)
        self._tables = build_tables(self.scenario, device)
        self._loop = compiled_loop(self._tables) if compiled else None
        self._spec = _spec(self.scenario, self.view, n_step_draws(self._tables))
        moves = torch.zeros((self.view.n_actions, 2), device=device)
        moves[2:N_OTHER_ACTIONS] = 2 * self.view.ahead
        self._moves = moves
        self._forms = torch.tensor([subtask.forms_coalition for subtask in self._spec.subtasks], device=device)
        kinds = self.scenario.enemies
        self._enemy_kind = torch.tensor([kinds.index(kind) for kind in kinds], dtype=torch.float32, device=device)
        self._largest_batch = 0

    @property
    def spec(self) -> Spec:
        """Sizes and names."""
        return self._spec

    @property
    def device(self) -> torch.device:
        """Where the world's tensors live."""
        return self._device

    def initial(self, draws: Tensor) -> BattleState:
        """Every unit at its starting point.

        Raises
        ------
        WorldParameterError
            If the batch does not fit on the device; the message says how many bytes it takes.
        """
        batch = draws.shape[0]
        if batch > self._largest_batch:
            check_memory(self._spec.name, batch, self.view.n_units, self._device)
            self._largest_batch = batch
        state = initial_state(self._tables, batch)
        state = dataclasses.replace(state, last_action=torch.full_like(state.last_action, -1))
        if not self.options.shuffle_enemy_ids:
            return state
        n = self.view.n_agents
        # Ranks of type number + draw: units change places within their type only.
        order = (self._enemy_kind + draws).argsort(1)
        enemies = state.position[:, n:].gather(1, order[..., None].expand(-1, -1, 2))
        return dataclasses.replace(state, position=torch.cat([state.position[:, :n], enemies], 1))

    def available_actions(self, state: BattleState) -> Tensor:
        """See :mod:`nucleolus_lib.envs.battle_masks`, (B, N, 6 + E) bool."""
        return available_actions(self.view, state)

    def transition(self, state: BattleState, actions: Tensor, draws: Tensor) -> Step[BattleState]:
        """One step of SMAC.

        Raises
        ------
        ActionsError
            If the actions or draws have the wrong shape or type.
        """
        self._check(state, actions, draws)
        view, n, going = self.view, self.view.n_agents, ~state.ended
        available = available_actions(view, state).gather(-1, actions[..., None])[..., 0]
        action = torch.where(available, actions, NOOP)
        orders = Orders(
            target=torch.where(action >= N_OTHER_ACTIONS, action - N_OTHER_ACTIONS, NO_TARGET),
            goal=state.position[:, :n] + self._moves[action],
        )
        played, record = play_loops(self._tables, state, orders, draws, self._loop)
        living = played.health > 0
        agents_live, enemies_live = living[:, :n].any(1), living[:, n:].any(1)
        won, lost = agents_live & ~enemies_live, enemies_live & ~agents_live
        elapsed = state.elapsed + 1
        timeout = agents_live & enemies_live & (elapsed >= view.episode_limit)
        over = ~(agents_live & enemies_live)
        pay = battle_reward(
            view,
            Points(state.health, state.shield),
            Points(played.health, played.shield),
            (record.dealt > 0) & going[:, None, None],
            won,
            lost,
        )
        reward = torch.where(going, pay.reward, 0.0)
        terminated = state.ended | over if self.options.continuing_episode else state.ended | over | timeout
        after = dataclasses.replace(
            played,
            last_action=action,
            elapsed=elapsed,
            ended=terminated,
            won=won,
            episode_return=state.episode_return + reward,
        )
        return Step(
            state=select(going, after, state),
            reward=reward,
            subtask_rewards=torch.where(going[:, None], pay.subtask_rewards, 0.0),
            participants=pay.participants,
            requirement=pay.requirement,
            terminated=terminated,
            truncated=timeout & ~terminated,
        )

    def observation(self, state: BattleState) -> Tensor:
        """See :mod:`nucleolus_lib.envs.battle_observation`, (B, N, F) float32."""
        return observation(self.view, self._columns, state)

    def global_state(self, state: BattleState) -> Tensor:
        """See :mod:`nucleolus_lib.envs.battle_observation`, (B, D) float32."""
        return global_state(self.view, self._columns, state)

    def entities(self, state: BattleState) -> Tensor:
        """Place, health and shield as shares, cooldown in loops, and whom the unit was told to attack (-1: nobody)."""
        n = self.view.n_agents
        ally_target = torch.where(state.last_action >= N_OTHER_ACTIONS, state.last_action - N_OTHER_ACTIONS + n, -1)
        target = torch.cat([ally_target, state.enemy_target], 1)
        columns = [
            state.health / self.view.health_max,
            state.shield / self.view.shield_scale,
            state.cooldown,
            torch.where(state.health > 0, target, -1).float(),
        ]
        return torch.cat([state.position, torch.stack(columns, -1)], -1)

    def induced_structure(self, step: Step[BattleState]) -> Tensor:
        """Agents that damaged the same enemy are together, all others in one residual coalition."""
        return structure_from_participants(step.participants, self._forms)

    def outcome(self, state: BattleState) -> Tensor:
        """``outcome_names`` of finished battles, (B, 5) float32."""
        dead = state.health <= 0
        n = self.view.n_agents
        columns = (
            state.won.float(),
            state.episode_return,
            dead[:, :n].sum(1).float(),
            dead[:, n:].sum(1).float(),
            state.elapsed.float(),
        )
        return torch.stack(columns, 1)

    def _check(self, state: BattleState, actions: Tensor, draws: Tensor) -> None:
        spec, batch = self._spec, state.health.shape[0]
        if actions.shape != (batch, spec.n_agents) or actions.dtype != torch.int64:
            raise ActionsError(
                f"{spec.name} takes one action index per agent, an int64 tensor {(batch, spec.n_agents)}; "
                f"got {actions.dtype} {tuple(actions.shape)}"
            )
        if draws.shape != (batch, spec.n_step_draws) or draws.dtype != torch.float32:
            raise ActionsError(
                f"a step of {spec.name} takes draws in [0, 1), a float32 tensor {(batch, spec.n_step_draws)}; "
                f"got {draws.dtype} {tuple(draws.shape)}"
            )


def _spec(battle: Scenario, view: BattleView, step_draws: int) -> Spec:
    enemies = tuple(f"enemy_{kind}_{k}" for k, kind in enumerate(battle.enemies))
    return Spec(
        name=battle.name,
        n_agents=view.n_agents,
        action_names=("noop", "stop", "north", "south", "east", "west", *(f"attack {name}" for name in enemies)),
        noop=NOOP,
        observation_size=view.observation_size,
        state_size=view.state_size,
        observation_low=-1.0,
        observation_high=1.0,
        entities=(
            *(EntitySpec(f"{kind}_{i}", "agent") for i, kind in enumerate(battle.allies)),
            *(EntitySpec(name, "enemy") for name in enemies),
        ),
        entity_features=("x", "y", "health", "shield", "cooldown", "target"),
        subtasks=battle_subtasks(view, enemies),
        horizon=view.episode_limit,
        n_initial_draws=view.n_enemies * view.options.shuffle_enemy_ids,
        n_step_draws=step_draws,
    )
