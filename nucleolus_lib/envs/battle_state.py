"""The state of B battles, the orders of one environment step, and what the step did.

Units are numbered 0, ..., U - 1 with U = A + E, the A allies first. A dead unit has health 0 and keeps its slot. Times
are in game loops.

*A shot under way.* ``shot_left`` is the time until the last strike of a unit's shot has landed, 0 if no strike is to
come, and ``shot_target`` the number of the unit that it strikes.

*Trackers.* ``episode_return`` and ``elapsed`` stop when ``ended`` is set. They belong to the environment step
(:mod:`nucleolus_lib.envs.battle`); :func:`nucleolus_lib.envs.battle_loop.play_loops` leaves them alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NO_TARGET = -1
"""Stands for no unit in ``Orders.target``, ``enemy_target`` and ``shot_target``."""
MOVE_AMOUNT = 2.0
"""How far ahead of the unit a move action orders it to go (SMAC's ``move_amount``)."""
STOP, NORTH, SOUTH, EAST, WEST, FIRST_ATTACK = 1, 2, 3, 4, 5, 6
"""SMAC's action numbers; 0 is the no-op of the dead, and FIRST_ATTACK + k attacks enemy k."""


@dataclass(frozen=True)
class BattleState:
    """B battles between two steps.

    Parameters
    ----------
    position
        (B, U, 2) float32, x to the east and y to the north.
    velocity
        (B, U, 2) float32, displacement in the last loop; kept only where the ruleset needs it, else 0.
    health, shield
        (B, U) float32.
    cooldown
        (B, U) float32, loops until the weapon is ready; below 1 a shot can begin in the next loop.
    shield_wait
        (B, U) float32, loops until the shield regenerates.
    shot_left
        (B, U) float32, loops until the shot under way is over.
    shot_target
        (B, U) int64, number of a unit in 0, ..., U - 1, or NO_TARGET before the first shot.
    enemy_target
        (B, E) int64, the ally each enemy fights, or NO_TARGET.
    last_action
        (B, A) int64, the actions of the latest step.
    elapsed
        (B,) int64, environment steps played.
    ended, won
        (B,) bool.
    episode_return
        (B,) float32, the sum of rewards so far.
    """

    position: Tensor
    velocity: Tensor
    health: Tensor
    shield: Tensor
    cooldown: Tensor
    shield_wait: Tensor
    shot_left: Tensor
    shot_target: Tensor
    enemy_target: Tensor
    last_action: Tensor
    elapsed: Tensor
    ended: Tensor
    won: Tensor
    episode_return: Tensor


@dataclass(frozen=True)
class Orders:
    """What the allies are told to do during the loops of one environment step.

    Parameters
    ----------
    target
        (B, A) int64, the enemy to attack, or NO_TARGET.
    goal
        (B, A, 2) float32, the point to walk to; the unit's own position for "stop". Ignored where there is a target.
    """

    target: Tensor
    goal: Tensor


@dataclass(frozen=True)
class DamageRecord:
    """What the loops of one environment step did.

    Parameters
    ----------
    dealt
        (B, A, E) float32, health and shield that ally i took from enemy k. Allies whose hits land in the same loop
        share what they took in proportion to the damage of their hits.
    kills
        (B, A, E) bool, whether enemy k died in the step and ally i took something from it in the step.
    """

    dealt: Tensor
    kills: Tensor


def orders_from_actions(position: Tensor, actions: Tensor) -> Orders:
    """SMAC's actions as orders; they are fixed until the next step.

    Parameters
    ----------
    position
        (B, U, 2), positions at the start of the step.
    actions
        (B, A) int64, each of them available.
    """
    moves = torch.zeros((FIRST_ATTACK, 2), dtype=position.dtype, device=position.device)
    moves[NORTH, 1], moves[SOUTH, 1] = MOVE_AMOUNT, -MOVE_AMOUNT
    moves[EAST, 0], moves[WEST, 0] = MOVE_AMOUNT, -MOVE_AMOUNT
    own = position[:, : actions.shape[1]]
    return Orders(
        target=torch.where(actions >= FIRST_ATTACK, actions - FIRST_ATTACK, NO_TARGET),
        goal=own + moves[actions.clamp(max=STOP + 4) * (actions < FIRST_ATTACK)],
    )
