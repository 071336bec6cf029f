"""Whom the enemies fight.

In every loop each living enemy k, with d(i, k) the distance to ally i at the start of the loop,

1. keeps its target i while i is alive and (i has the order to attack k, or d(i, k) is within k's weapon range);
2. otherwise takes the nearest living ally with d(i, k) < ``scan`` + radius of i; failing that, the nearest living ally
   that has the order to attack it;
3. otherwise has no target and follows its order.

With the order to attack the allied group the scan has no limit. Ranges of weapons count from edge to edge, the scan
from centre to edge. Ties go to the lowest index. The rule is the one measured on SMAClite @ 0d6abbe; the game's own is
not documented (see the table of differences in chapter 07).
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_lanes import OUT_KEY, Plan
from nucleolus_lib.envs.battle_state import NO_TARGET
from nucleolus_lib.envs.battle_tables import BattleTables

KEPT = 4 * OUT_KEY
"""Taken from the key of a kept target: more than the key of any candidate, less than the distance of a parked one."""


def squared_distances(place: Tensor, n_allies: int) -> Tensor:
    """Squared distances of allies and enemies, (A, E, B), from places (2, U, B)."""
    offset = place[:, :n_allies, None] - place[:, None, n_allies:]
    return torch.addcmul(offset[0] * offset[0], offset[1], offset[1])


def choose_targets(tables: BattleTables, plan: Plan, apart: Tensor, enemy_target: Tensor) -> Tensor:
    """The target of every enemy, (E, B), from squared distances (A, E, B) and its target so far.

    Distances to dead units must exceed any on the map: see ``PARK``.
    """
    key = torch.where(apart < tables.scan_squared, apart, apart + plan.far)
    keeps = (enemy_target == tables.own[: tables.n_allies, :, None]) & (
        plan.aims | (apart <= tables.enemy_reach_squared)
    )
    least, nearest = torch.add(key, keeps, alpha=-KEPT).min(0)
    return torch.where(least < OUT_KEY / 2, nearest, NO_TARGET)
