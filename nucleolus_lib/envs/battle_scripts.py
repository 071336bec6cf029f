"""Scripted play of the allies in a battle: the policies whose results are compared with other simulators.

Every living ally on its own,

``nearest``
    attacks the nearest enemy (between centres) that it may attack; if there is none, it walks towards the nearest
    living enemy, wherever it is, along the axis of the larger distance (east or west if it is strictly larger, else
    north or south), along the other axis if that way is blocked, and stops if both are.
``focus``
    is the same, but attacks the enemy with the least health and shield among those it may attack (the nearest of
    equals).
``random``
    takes each available action with the same probability.

``exploration_rate`` replaces an action by a random available one with this probability. Ties go to the lowest index.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_state import EAST, FIRST_ATTACK, NORTH, SOUTH, STOP, WEST, BattleState

SCRIPTS = ("nearest", "focus", "random")
_FAR = 1e9


def scripted_actions(
    script: str, state: BattleState, available: Tensor, draws: Tensor, exploration_rate: float = 0.0
) -> Tensor:
    """Actions (B, A) int64 of a script.

    Parameters
    ----------
    script
        One of ``SCRIPTS``.
    state
        B battles.
    available
        (B, A, 6 + E) bool, the mask of actions.
    draws
        (B, A, 2), uniform on [0, 1).
    exploration_rate
        Probability of a random available action.
    """
    if script not in SCRIPTS:
        raise ValueError(f"scripts are {', '.join(SCRIPTS)}; got {script!r}")
    scripted = attack_or_approach(state, available, focus=script == "focus")
    count = available.sum(-1)
    chosen = (draws[..., 1] * count).long().clamp(max=count - 1)
    anything = (available.cumsum(-1) > chosen[..., None]).int().argmax(-1)
    rate = 1.0 if script == "random" else exploration_rate
    return torch.where(draws[..., 0] < rate, anything, scripted)


def attack_or_approach(state: BattleState, available: Tensor, focus: bool) -> Tensor:
    """The actions of ``nearest`` or ``focus``, (B, A) int64."""
    n_allies = available.shape[1]
    offset = state.position[:, None, n_allies:] - state.position[:, :n_allies, None]
    apart = offset.square().sum(-1).sqrt()
    living = state.health[:, None, n_allies:] > 0
    attackable = available[..., FIRST_ATTACK:]
    key = torch.where(attackable, apart, _FAR)
    if focus:
        points = (state.health + state.shield)[:, None, n_allies:].expand_as(apart)
        least = torch.where(attackable, points, _FAR).amin(-1, keepdim=True)
        key = torch.where(attackable & (points <= least), apart, _FAR)
    attack = FIRST_ATTACK + key.argmin(-1)
    nearest = torch.where(living, apart, _FAR).argmin(-1)
    towards = offset.gather(2, nearest[..., None, None].expand(-1, -1, 1, 2))[..., 0, :]
    along_x = torch.where(towards[..., 0] > 0, EAST, WEST)
    along_y = torch.where(towards[..., 1] > 0, NORTH, SOUTH)
    x_first = towards[..., 0].abs() > towards[..., 1].abs()
    first = torch.where(x_first, along_x, along_y)
    second = torch.where(x_first, along_y, along_x)

    def has(action: Tensor) -> Tensor:
        return available.gather(-1, action[..., None])[..., 0]

    walk = torch.where(has(first), first, torch.where(has(second), second, STOP))
    action = torch.where(attackable.any(-1), attack, walk)
    return torch.where(available[..., STOP], action, 0)
