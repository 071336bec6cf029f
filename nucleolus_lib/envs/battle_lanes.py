"""What one game loop reads and writes, with the battles as last axis.

Inside the loop battles come last, so that every kernel runs along them whatever the number of units. ``Lanes`` is the
part of :class:`~nucleolus_lib.envs.battle_state.BattleState` that a loop changes, with the damage done so far in the
step; ``Plan`` is what stays the same during the loops of a step. Units are numbered over both sides here: the target of
a unit is an index in 0, ..., U - 1, its own index if it has none.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_state import NO_TARGET, BattleState, DamageRecord, Orders
from nucleolus_lib.envs.battle_tables import BattleTables
from nucleolus_lib.envs.battle_units import LOOPS_PER_STEP

AIMS_KEY, OUT_KEY = 1e6, 1e9
"""Added to squared distances when an enemy looks for a target: allies beyond its scan that attack it come after all
others, and those that do not are no candidates (parked units are farther than any key)."""


class Lanes(NamedTuple):
    """The changing part: ``place``, ``velocity`` (2, U, B); then (U, B) each; ``enemy_target`` (E, B); the damage
    record."""

    place: Tensor
    velocity: Tensor
    health: Tensor
    shield: Tensor
    cooldown: Tensor
    shield_wait: Tensor
    shot_left: Tensor
    shot_target: Tensor
    enemy_target: Tensor
    dealt: Tensor


class Plan(NamedTuple):
    """The fixed part of an environment step.

    Parameters
    ----------
    ally_target
        (A, B) int64, unit to attack, or the ally itself.
    attacks
        (A, B) bool, whether the ally has an order to attack.
    free
        (U, B) bool, whether the unit walks to its goal when it has no target.
    goal
        (2, U, B) float32.
    aims
        (A, E, B) bool, whether the ally's order is to attack the enemy.
    far
        (A, E, B) float32, what is added to the squared distance beyond the scan range.
    period
        (U, B) float32, loops until the next shot if one begins in this step.
    ally_first
        (8, B) bool, which side's hits count first in each loop.
    """

    ally_target: Tensor
    attacks: Tensor
    free: Tensor
    goal: Tensor
    aims: Tensor
    far: Tensor
    period: Tensor
    ally_first: Tensor


def make_plan(tables: BattleTables, state: BattleState, orders: Orders, draws: Tensor) -> Plan:
    """Orders and chance of a step, laid out for the loop; draws (B, U + 1) as in ``battle_loop``."""
    n_allies, n_enemies = tables.n_allies, tables.n_enemies
    batch = state.health.shape[0]
    target = orders.target.T
    attacks = target != NO_TARGET
    own = tables.own[:n_allies]
    place = state.position.permute(2, 1, 0)
    ally_goal = orders.goal.permute(2, 1, 0)
    stands = (ally_goal == place[:, :n_allies]).all(0)
    marches = tables.scenario.attack_point is not None
    march = tables.attack_point[:, None, None].expand(2, n_enemies, batch)
    enemy_goal = march if marches else place[:, n_allies:]
    aims = target[:, None] == tables.own[:n_enemies]
    coin = (draws[:, -1] * 2**LOOPS_PER_STEP).long()
    loops = torch.arange(LOOPS_PER_STEP, device=coin.device)
    return Plan(
        ally_target=torch.where(attacks, target + n_allies, own),
        attacks=attacks,
        # Enemies told to attack the allied group lack a target only when it is dead, and then stand where they are.
        free=torch.cat([~attacks & ~stands, torch.full_like(state.enemy_target.T, marches, dtype=torch.bool)]),
        goal=torch.cat([ally_goal, enemy_goal], 1),
        aims=aims,
        far=torch.where(aims, AIMS_KEY, OUT_KEY),
        period=tables.period + tables.jitter_low + tables.jitter_range * draws[:, :-1].T,
        ally_first=(coin >> loops[:, None]) & 1 == 0,
    )


def to_lanes(tables: BattleTables, state: BattleState) -> Lanes:
    """The state with battles last and an empty damage record."""
    n_allies, n_enemies, batch = tables.n_allies, tables.n_enemies, state.health.shape[0]
    return Lanes(
        place=state.position.permute(2, 1, 0).contiguous(),
        velocity=state.velocity.permute(2, 1, 0),
        health=state.health.T.contiguous(),
        shield=state.shield.T.contiguous(),
        cooldown=state.cooldown.T.contiguous(),
        shield_wait=state.shield_wait.T.contiguous(),
        shot_left=state.shot_left.T.contiguous(),
        shot_target=state.shot_target.T.contiguous(),
        enemy_target=state.enemy_target.T.contiguous(),
        dealt=torch.zeros((n_allies, n_enemies, batch), device=tables.device),
    )


def from_lanes(lanes: Lanes, before: Tensor) -> tuple[dict[str, Tensor], DamageRecord]:
    """The changed fields of the state, battles first, and the damage record; ``before`` (B, U) is the old health."""
    fields = {
        "position": lanes.place.permute(2, 1, 0).contiguous(),
        "velocity": lanes.velocity.permute(2, 1, 0).contiguous(),
        "health": lanes.health.T.contiguous(),
        "shield": lanes.shield.T.contiguous(),
        "cooldown": lanes.cooldown.T.contiguous(),
        "shield_wait": lanes.shield_wait.T.contiguous(),
        "shot_left": lanes.shot_left.T.contiguous(),
        "shot_target": lanes.shot_target.T.contiguous(),
        "enemy_target": lanes.enemy_target.T.contiguous(),
    }
    dealt = lanes.dealt.permute(2, 0, 1).contiguous()
    n_allies = dealt.shape[1]
    died = (before[:, n_allies:] > 0) & (fields["health"][:, n_allies:] <= 0)
    return fields, DamageRecord(dealt=dealt, kills=died[:, None] & (dealt > 0))
