"""Shots, hits, shields and regeneration.

*Cooldown.* c is the time until the weapon is ready, counted from the beginning of a loop. A unit that stands with its
target in range begins a shot in the loop if c < 1, and c becomes c + P at that time: so over many loops there is a
shot every P loops, not every ceil(P). (A ruleset that does not keep the remainder begins P at the end of the loop
instead.) In every loop c falls by 1, to 0 at least.

*Strikes* of a shot land as :mod:`~nucleolus_lib.envs.battle_units` says; a shot dies with its shooter, and a strike on
a dead target is lost, but a beam still sweeps the place.

*Order.* Hits of one loop count one side after the other; which side is first is drawn for every loop. Units of the
second side that have died do not strike any more. So two last units do not both die of hits of the same loop, unless
a ruleset's delays let the dead shooter's side be first.

*One victim's hits* in a loop, with S the shield, a the armour, w_i the damage of a hit: hits count in the order of the
attackers. The shield takes hits until it is used up; of the hit that uses it up the rest p goes on. The health loses
max(w_i - a, least) for each further hit and max(p - a, least) for the rest, if p > 0. What was removed is credited to
the attackers in proportion to the damage of their hits.

*Regeneration*, at the end of a loop: a hit sets the shield's wait to 160 loops; a shield with no wait grows by 1/8;
health of some types grows by a constant. Neither grows beyond its maximum, and only the living regenerate.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_lanes import Lanes, Plan
from nucleolus_lib.envs.battle_tables import BattleTables, Weapons
from nucleolus_lib.envs.battle_units import SHIELD_REGENERATION

_TINY = 1e-12


def begin_shots(tables: BattleTables, plan: Plan, cooldown: Tensor, attacks: Tensor) -> tuple[Tensor, Tensor]:
    """The cooldowns (U, B) after this loop, and which units (U, B) begin a shot."""
    begins = attacks & (cooldown < 1.0)
    after = cooldown - 1.0
    shot = after + plan.period if tables.rules.keeps_remainder else plan.period
    return torch.where(begins, shot, after.clamp(min=0.0)), begins


def strikes(tables: BattleTables, lanes: Lanes, begins: Tensor, apart: Tensor) -> tuple[Tensor, Tensor]:
    """``shot_left`` after this loop, and which units' strikes land in it, (U, B) each.

    ``apart`` (U, B) is the distance to the target, for the flight of missiles.
    """
    if not tables.has_delays:
        return lanes.shot_left, begins
    length = tables.shot_length
    if tables.has_missiles:
        length = torch.addcmul(length, tables.flight, apart)
    left = torch.where(begins, length, lanes.shot_left)
    lands = left.ceil() == 1.0
    if tables.strikes_twice:
        lands = lands | ((left - tables.strike_gap).ceil() == 1.0)
    return (left - 1.0).clamp(min=0.0), lands


def beam_hits(
    tables: BattleTables, weapons: Weapons, lands: Tensor, shooter: Tensor, victims: Tensor, target: Tensor
) -> Tensor:
    """Victims touched by the beams of attackers J, (J, K, B).

    Parameters
    ----------
    lands, target
        (J, B), whether the beam lands and on which victim it is centred.
    shooter
        (2, J, B), places of the attackers.
    victims
        (2, K, B).
    """
    half_length, half_width = weapons.beam
    centre = victims.gather(1, target.expand(2, -1, -1))
    along = centre - shooter
    along = along * (along.square().sum(0) + _TINY).rsqrt()
    offset = victims[:, None] - centre[:, :, None]
    ahead = (offset * along[:, :, None]).sum(0).abs()
    aside = (offset[1] * along[0][:, None] - offset[0] * along[1][:, None]).abs()
    outside = (ahead - half_width).clamp(min=0.0).square() + (aside - half_length).clamp(min=0.0).square()
    touched = (outside <= weapons.radius.square()) & lands[:, None]
    if tables.rules.beam_needs_centre:
        touched = touched & (offset.square().sum(0) <= half_length**2 + half_width**2)
    return touched


def harm(weapons: Weapons, weight: Tensor, health: Tensor, shield: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Health and shield (K, B) that hits of these weights (I, K, B) leave, and the sum of the weights (K, B).

    The weight of a strike is ``weapons.strike`` against a side without shields, else ``weapons.raw``.
    """
    total = weight.sum(0)
    if not weapons.shielded:
        return (health - total).clamp(min=0.0), shield, total
    if weapons.uniform:
        rest = (total - shield).clamp(min=0.0)
        loss = _health_loss(weapons.damage[0], weapons.armour, weapons.least, rest)
    else:
        before = weight.cumsum(0)
        part = (before - shield).clamp(min=0.0) - (before - weight - shield).clamp(min=0.0)
        loss = _health_loss(weapons.damage, weapons.armour, weapons.least, part).sum(0)
    return (health - loss).clamp(min=0.0), (shield - total).clamp(min=0.0), total


def _health_loss(damage: Tensor, armour: Tensor, least: float, rest: Tensor) -> Tensor:
    """Health lost to the part ``rest`` of hits of ``damage`` each that the shield did not take."""
    whole = ((rest / damage).ceil() - 1.0).clamp(min=0.0)
    first = (rest - whole * damage - armour).clamp(min=least) * (rest > 0.0)
    return first + whole * (damage - armour).clamp(min=least)


def regenerate(tables: BattleTables, lanes: Lanes, wounded: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Health, shield and shield wait (U, B) at the end of a loop, with ``wounded`` (U, B) the units hit in it."""
    health, shield, wait = lanes.health, lanes.shield, lanes.shield_wait
    if not (tables.regenerates or tables.has_shields):
        return health, shield, wait
    alive = health > 0.0
    if tables.regenerates:
        health = torch.minimum(health + tables.health_regeneration * alive, tables.max_health)
    if tables.has_shields:
        wait = torch.where(wounded, tables.shield_delay, wait)
        grows = alive & (wait <= 0.0)
        shield = torch.minimum(shield + SHIELD_REGENERATION * grows, tables.max_shield)
        wait = (wait - 1.0).clamp(min=0.0)
    return health, shield, wait
