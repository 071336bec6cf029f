"""SMAC's reward, and the same reward as a sum over subtasks.

With p_k = health + shield of enemy k (0 when dead), let d_k be the fall of p_k in this step and
z_k = 1 if the enemy was killed in it. In SMAC's words, with its options in parentheses:

    b_k = d_k + (reward_death_value) z_k,      S = sum_k b_k
    R = ( |S| + (reward_win) [won] + (reward_defeat) [lost] ) / c

where c = max_reward / (reward_scale_rate), or 1 without (reward_scale), and max_reward is what kills,
victory and the enemies' health and shields add up to. Shields and zerglings heal themselves, so d_k and S can be
negative; the absolute value then pays for it. That is SMAC's own default and is kept.

* (reward_only_positive) off: |S| becomes S - w sum_i ( fall of agent i's health + shield
  + (reward_death_value) [i died] ), w = (reward_negative_scale).
* (reward_sparse): R = ( [won] - [lost] ) / c. The division is SMAC's, too.

*Subtasks.* There are E + 2, and their rewards add up to R:

=============  ==============================  =========================  ===================================
subtask        pays c times                    participants P             requirement
=============  ==============================  =========================  ===================================
enemy k        b_k, if P is not empty          agents that damaged k      1
victory        (reward_win) [won]              living agents              all of them
rest           what is left of R               all agents                 1
=============  ==============================  =========================  ===================================

The rest is what no agent did: an untouched enemy that heals, what the absolute value changes, and with
other options losses and defeat. In the default mode it is 0 in every step in which no untouched enemy
heals. Only the enemies form coalitions. Victory takes all the living: no part of them won on its own.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_view import BattleView
from nucleolus_lib.envs.spec import SubtaskSpec


class Points(NamedTuple):
    """Health and shield of all units, (B, U) each."""

    health: Tensor
    shield: Tensor


class BattlePay(NamedTuple):
    """What one step pays; the shapes are those of :class:`nucleolus_lib.envs.protocol.Step`."""

    reward: Tensor
    subtask_rewards: Tensor
    participants: Tensor
    requirement: Tensor


def battle_subtasks(view: BattleView, enemy_names: tuple[str, ...]) -> tuple[SubtaskSpec, ...]:
    """The E + 2 subtasks, in the order of the rewards."""
    n, options, divisor = view.n_agents, view.options, view.reward_divisor
    win = (1.0 if options.reward_sparse else options.reward_win) / divisor
    return (
        *(SubtaskSpec(f"fight {name}", (n + k,)) for k, name in enumerate(enemy_names)),
        SubtaskSpec("victory", tuple(range(n, view.n_units)), reward=win, forms_coalition=False),
        SubtaskSpec("rest", forms_coalition=False),
    )


def battle_reward(
    view: BattleView, before: Points, after: Points, damaged: Tensor, won: Tensor, lost: Tensor
) -> BattlePay:
    """The pay of a step of B battles that were not over before it.

    Parameters
    ----------
    before, after
        Health and shield around the step; the shield of the dead is not looked at.
    damaged
        (B, N, E) bool, which agent damaged which enemy.
    won, lost
        (B,) bool, whether the battle ended so in this step.
    """
    n, options, divisor = view.n_agents, view.options, view.reward_divisor
    living_before, living = before.health > 0, after.health > 0
    fall = torch.where(living_before, before.health + before.shield, 0.0)
    fall = fall - torch.where(living, after.health + after.shield, 0.0)
    died = living_before & ~living
    worth = fall + options.reward_death_value * died
    team = damaged.any(1)
    if options.reward_sparse:
        by_enemy = torch.zeros_like(worth[:, n:])
        victory, rest = won.float(), -lost.float()
    else:
        battle = worth[:, n:].sum(1)
        by_enemy = torch.where(team, worth[:, n:], 0.0)
        if options.reward_only_positive:
            battle = battle.abs()
        else:
            battle = battle - options.reward_negative_scale * worth[:, :n].sum(1)
        victory = options.reward_win * won
        rest = battle - by_enemy.sum(1) + options.reward_defeat * lost
    agents = living[:, :n]
    everybody = torch.ones_like(agents)
    one = torch.ones_like(damaged[:, 0], dtype=torch.int64)
    rewards = torch.cat([by_enemy, victory[:, None], rest[:, None]], 1) / divisor
    return BattlePay(
        reward=rewards.sum(1),
        subtask_rewards=rewards,
        participants=torch.cat([damaged.mT, agents[:, None], everybody[:, None]], 1),
        requirement=torch.cat([one, agents.sum(1, keepdim=True).clamp(min=1), one[:, :1]], 1),
    )
