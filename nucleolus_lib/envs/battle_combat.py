"""Shots, hits, shields and regeneration.

*Cooldown.* In every loop the cooldown c falls by 1, to 0 at least. A unit that stands with its target in range and
whose cooldown has run out begins a shot, and c = P (plus the negative remainder of the loop in which it ran out, if the
ruleset keeps it). So over many loops there is a shot every P loops, not every ceil(P).

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
    remainder = cooldown - 1.0
    begins = attacks & (remainder <= 0.0)
    period = plan.period
    if tables.rules.keeps_remainder:
        period = period + remainder * (cooldown > 0.0)
    return torch.where(begins, period, remainder.clamp(min=0.0)), begins


def strike_hits(weapons: Weapons, lands: Tensor, target: Tensor, index: Tensor) -> Tensor:
    """Which attacker hits which victim, (I, K, B), from whose strike lands (I, B) on whom (I, B)."""
    return (target[:, None] == index) & lands[:, None]


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


def harm(weapons: Weapons, hit: Tensor, health: Tensor, shield: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What hits (I, K, B) leave of health and shield (K, B), and what the attackers removed, (I, K, B)."""
    if not weapons.shielded:
        weight = hit * weapons.strike
        total = weight.sum(0)
        left = (health - total).clamp(min=0.0)
        return left, shield, weight * ((health - left) / (total + _TINY))
    weight = hit * (weapons.damage * weapons.hits)
    total = weight.sum(0)
    rest = (total - shield).clamp(min=0.0)
    if weapons.uniform:
        loss = _health_loss(weapons.damage[0], weapons.armour, weapons.least, rest)
    else:
        before = weight.cumsum(0)
        beyond = (before - shield).clamp(min=0.0)
        part = beyond - (before - weight - shield).clamp(min=0.0)
        loss = _health_loss(weapons.damage, weapons.armour, weapons.least, part).sum(0)
    left = (health - loss).clamp(min=0.0)
    shield_left = (shield - total).clamp(min=0.0)
    removed = (health - left) + (shield - shield_left)
    return left, shield_left, weight * (removed / (total + _TINY))


def _health_loss(damage: Tensor, armour: Tensor, least: float, rest: Tensor) -> Tensor:
    """Health lost to the part ``rest`` of hits of ``damage`` each that the shield did not take."""
    whole = ((rest / damage).ceil() - 1.0).clamp(min=0.0)
    first = (rest - whole * damage - armour).clamp(min=least) * (rest > 0.0)
    return first + whole * (damage - armour).clamp(min=least)


def regenerate(tables: BattleTables, lanes: Lanes, wounded: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Health, shield and shield wait (U, B) at the end of a loop, with ``wounded`` (U, B) the units hit in it."""
    health, shield, wait = lanes.health, lanes.shield, lanes.shield_wait
    alive = health > 0.0
    if tables.regenerates:
        health = torch.minimum(health + tables.health_regeneration * alive, tables.max_health)
    if tables.has_shields:
        wait = torch.where(wounded, tables.shield_delay, wait)
        grows = alive & (wait <= 0.0)
        shield = torch.minimum(shield + SHIELD_REGENERATION * grows, tables.max_shield)
        wait = (wait - 1.0).clamp(min=0.0)
    return health, shield, wait
