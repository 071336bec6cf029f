"""How units walk, push and slide.

*Wish.* A unit whose target is within its weapon range stands and attacks. Otherwise it walks towards its target, or its
goal if it has none, by the way of :mod:`~nucleolus_lib.envs.battle_terrain`, at its full speed, and stops at a goal.

*Giving way.* Let c_i be the place of i after its wish, r_ij the sum of the separation radii, d_ij = |c_i - c_j|. Where
d_ij < r_ij, a walking unit i is pushed by (c_i - c_j) / d_ij * (r_ij - d_ij): fully by a standing j, by half by a
walking j. Standing units are not pushed. This is done ``PASSES`` times, each time from the places after the last, since
in a crowd one push leads into another neighbour. Wish and pushes are added up and cut to the unit's speed. Then walls
stop it.

Under ``smaclite`` the rule of :mod:`~nucleolus_lib.envs.battle_avoidance` takes the place of the pushes.

The game's own rule is not documented; this one keeps units apart, lets them slide round each other, and lets standing
units block. Dead units neither push nor are pushed.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_avoidance import avoid
from nucleolus_lib.envs.battle_lanes import Lanes
from nucleolus_lib.envs.battle_tables import BattleTables
from nucleolus_lib.envs.battle_terrain import brake, next_stop, walk

PASSES = 2
"""How often overlaps are looked for in one loop. With one pass, zerglings in a crowd stand at half the distance they
need; with two, at about the distance that collision avoidance gives them."""
MOST = 1e6
"""Bound of overlaps relative to the distance, for units in exactly the same place: they do not push each other."""


def wish(tables: BattleTables, place: Tensor, goal: Tensor, offset: Tensor, apart: Tensor, walks: Tensor) -> Tensor:
    """Displacements (2, U, B) of walking units towards their goals.

    Parameters
    ----------
    place, goal
        (2, U, B).
    offset, apart
        ``goal - place`` and its length (U, B).
    walks
        (U, B) bool.
    """
    if tables.terrain.ways is not None and tables.rules.finds_ways:
        offset = next_stop(tables.terrain, place, goal) - place
        apart = torch.hypot(offset[0], offset[1])
    # At the goal itself the share is infinite; a unit that stops there needs 1 at most, others must be near it to stop.
    share = (tables.speed / apart).clamp(max=1.0 if tables.rules.slows_at_goal else MOST)
    wanted = torch.where(walks, offset * share, 0.0)
    if tables.rules.foresight is not None:
        wanted = brake(tables.terrain, place, wanted, tables.rules.foresight)
    return wanted


def pushes(tables: BattleTables, place: Tensor, walks: Tensor) -> Tensor:
    """Pushes (2, U, B) on walking units at these places (2, U, B); dead units must be parked."""
    offset = place[:, :, None] - place[:, None]
    overlap = torch.addcmul(offset[0] * offset[0], offset[1], offset[1])
    overlap.rsqrt_().mul_(tables.separation).sub_(1.0).clamp_(0.0, MOST)
    overlap.mul_(torch.where(walks, 0.5, 1.0))
    return torch.where(walks, offset.mul_(overlap).sum(2), 0.0)


def move(tables: BattleTables, lanes: Lanes, parked: Tensor, wanted: Tensor, walks: Tensor) -> tuple[Tensor, Tensor]:
    """Places (2, U, B) after the wishes, the pushes and the walls, and the velocities that led there.

    ``parked`` are the places with the dead far away. Velocities are kept only where the ruleset needs them.
    """
    foresight = tables.rules.foresight
    if foresight is not None:
        step = brake(tables.terrain, lanes.place, avoid(tables, parked, lanes.velocity, wanted, walks), foresight)
        return walk(tables.terrain, lanes.place, step), step
    step = wanted
    for _ in range(PASSES):
        step = step + pushes(tables, parked + step, walks)
    step = step * (tables.speed / torch.hypot(step[0], step[1])).clamp(max=1.0)
    return walk(tables.terrain, lanes.place, step), lanes.velocity
