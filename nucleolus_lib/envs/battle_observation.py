"""What the agents of a battle see, and the state that training may use.

An agent's observation is one vector, all zeros when it is dead:

    moves | enemy 1 ... enemy E | the other agents in order | own

With d the distance of two centres, a unit is in sight if it lives and d < 9; blocks of units out of
sight are zeros.

* *moves*: north, south, east, west free, 0 or 1; then, where asked for, whether the ground is walkable at
  8 points about the agent, and how high it is there and at the agent's own cell (1 beyond the map);
* *enemy*: attack available, d / 9, dx / 9, dy / 9, health, shield, type;
* *other agent*: 1, d / 9, dx / 9, dy / 9, health, shield, type, last action;
* *own*: health, shield, type; with ``obs_timestep_number`` a 0 and t / limit, for the dead too.

The state has a row per agent (health, cooldown, x, y, shield, type) and per enemy (the same without
cooldown), zeros for the dead; then the last actions of all agents, one-hot, all zeros before the first
step; then t / limit where asked for. x and y are measured from the middle of the map in units of its
size. A dead agent's last action is the no-op, so its row is not zeros.

Health and shield are shares of their maximum; the cooldown is divided by SMAC's own table and may be
above 1. What is in which column, and which columns there are, is in :mod:`nucleolus_lib.envs.battle_view`.

*How it is computed.* Each feature is computed for all agents and all units at once, an agent itself
included; one selection with a constant index then puts the entries of the observation in order.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_masks import Places, cell_values, distances, free_moves
from nucleolus_lib.envs.battle_view import ATTACK_DISTANCE, SIGHT, BattleView


class Seen(Places, Protocol):
    """The part of a battle's state that observations and the state vector depend on."""

    @property
    def shield(self) -> Tensor:
        """(B, U) float32."""
        ...

    @property
    def cooldown(self) -> Tensor:
        """(B, U) float32, game loops."""
        ...

    @property
    def last_action(self) -> Tensor:
        """(B, N) int64, -1 before the first step."""
        ...

    @property
    def elapsed(self) -> Tensor:
        """(B,) int64, steps."""
        ...


def observation_columns(view: BattleView) -> Tensor:
    """Where each entry of each agent's observation stands among all that was computed, (N * F,) int64.

    For every agent that is a vector of L entries: moves | planes of U entries each | 0 | t / limit, where the
    planes are flag, d, dx, dy, health, shield, types and last actions of all units. Agent i's own
    features are in its planes at unit i.
    """
    options = view.options
    n, u = view.n_agents, view.n_units
    health, shield, kind = 4, 5, list(range(6, 6 + view.n_types))
    last = list(range(6 + view.n_types, _n_planes(view)))
    of_enemy = [0, 1, 2, 3] + ([health] + [shield] * view.shield_enemies) * options.obs_all_health + kind
    of_ally = [0, 1, 2, 3] + ([health] + [shield] * view.shield_agents) * options.obs_all_health + kind + last
    own = ([health] + [shield] * view.shield_agents) * options.obs_own_health + kind

    columns = []
    for i in range(n):
        row = list(range(view.move_size))
        for unit in [*range(n, u), *(j for j in range(n) if j != i), i]:
            block = own if unit == i else of_ally if unit < n else of_enemy
            row += [view.move_size + plane * u + unit for plane in block]
        row += [_end(view), _end(view) + 1] * options.obs_timestep_number
        columns += [i * _length(view) + column for column in row]
    return torch.tensor(columns, dtype=torch.int64, device=view.health_max.device)


def _n_planes(view: BattleView) -> int:
    return 6 + view.n_types + view.n_actions * view.options.obs_last_action


def _end(view: BattleView) -> int:
    """Where the planes end."""
    return view.move_size + view.n_units * _n_planes(view)


def _length(view: BattleView) -> int:
    """L."""
    return _end(view) + 2 * view.options.obs_timestep_number


def observation(view: BattleView, columns: Tensor, state: Seen) -> Tensor:
    """Every agent's observation, (B, N, F) float32; ``columns`` from :func:`observation_columns`."""
    n, options, batch = view.n_agents, view.options, state.health.shape[0]
    living = state.health > 0
    dx, dy, distance = distances(state.position[:, :n], state.position)
    in_sight = ((distance < SIGHT) & living[:, None]).float() * living[:, :n, None]
    scale = in_sight / SIGHT
    about = [(state.health / view.health_max)[:, None], (state.shield / view.shield_scale)[:, None]]
    about.append(view.types.T.expand(batch, -1, -1))
    if options.obs_last_action:
        nothing = torch.zeros((batch, view.n_actions, view.n_enemies), device=distance.device)
        about.append(torch.cat([_last_actions(view, state).mT, nothing], -1))

    # Written in place: putting the parts together afterwards takes longer than computing them.
    everything = torch.empty((batch, n, _length(view)), device=distance.device)
    everything[..., : view.move_size] = _moves(view, state, living[:, :n, None])
    planes = everything[..., view.move_size : _end(view)].view(batch, n, -1, view.n_units)
    planes[:, :, 0, :n] = in_sight[..., :n]
    torch.mul(in_sight[..., n:], distance[..., n:] <= ATTACK_DISTANCE, out=planes[:, :, 0, n:])
    for plane, values in enumerate((distance, dx, dy), start=1):
        torch.mul(values, scale, out=planes[:, :, plane])
    torch.mul(torch.cat(about, 1)[:, None], in_sight[:, :, None], out=planes[:, :, 4:])
    if options.obs_timestep_number:
        everything[..., -2] = 0.0
        everything[..., -1] = (state.elapsed / view.episode_limit)[:, None]
    return everything.flatten(1).index_select(1, columns).reshape(batch, n, view.observation_size)


def _moves(view: BattleView, state: Seen, living: Tensor) -> Tensor:
    """The entries about moves, (B, N, 4 to 21)."""
    parts = [free_moves(view, state).float()]
    if view.options.obs_pathing_grid or view.options.obs_terrain_height:
        cell = (state.position[:, : view.n_agents, None].long() + view.around).long()
        if view.options.obs_pathing_grid:
            parts.append((cell_values(view.pathing, cell[:, :, :-1]) & living).float())
        if view.options.obs_terrain_height and view.height is not None:
            parts.append(cell_values(view.height, cell) * living)
    return torch.cat(parts, -1)


def _last_actions(view: BattleView, state: Seen) -> Tensor:
    """One-hot last actions, (B, N, n); zeros where there is none yet."""
    index = torch.arange(view.n_actions, device=state.last_action.device)
    return (state.last_action[..., None] == index).float()


def global_state(view: BattleView, columns: Tensor, state: Seen) -> Tensor:
    """The state vector, (B, D) float32."""
    if view.options.obs_instead_of_state:
        return observation(view, columns, state).flatten(1)
    n, batch = view.n_agents, state.health.shape[0]
    size = view.size
    living = (state.health > 0)[..., None]
    place = (state.position - size / 2) / size
    health, shield = state.health / view.health_max, state.shield / view.shield_scale
    cooldown = state.cooldown[:, :n] / view.cooldown_scale
    kind = view.types.expand(batch, -1, -1)
    agents = [health[:, :n, None], cooldown[..., None], place[:, :n]]
    enemies = [health[:, n:, None], place[:, n:]]
    if view.shield_agents:
        agents.append(shield[:, :n, None])
    if view.shield_enemies:
        enemies.append(shield[:, n:, None])
    parts = [
        torch.where(living[:, :n], torch.cat([*agents, kind[:, :n]], -1), 0.0).flatten(1),
        torch.where(living[:, n:], torch.cat([*enemies, kind[:, n:]], -1), 0.0).flatten(1),
    ]
    if view.options.state_last_action:
        parts.append(_last_actions(view, state).flatten(1))
    if view.options.state_timestep_number:
        parts.append((state.elapsed / view.episode_limit)[:, None])
    return torch.cat(parts, -1)


def visibility(view: BattleView, state: Places) -> Tensor:
    """SMAC's visibility matrix, (B, N, U) bool.

    Enemies: alive and in sight of a living agent. Agents: likewise, and then mutual; no agent is in its
    own row.
    """
    n = view.n_agents
    living = state.health > 0
    distance = distances(state.position[:, :n], state.position)[2]
    seen = (distance < SIGHT) & living[:, None, :] & living[:, :n, None]
    itself = torch.eye(n, view.n_units, dtype=torch.bool, device=seen.device)
    return seen & ~itself
