"""The constants of one scenario as tensors: what the game loop looks up.

Unit columns have shape (U, 1), so that they broadcast over battles, which come last inside the loop. Questions whose
answer is the same for the whole scenario (does any unit have a shield, does any weapon strike twice) are answered here,
in Python, so that the loop leaves out what cannot happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_rules import RULESETS, Ruleset
from nucleolus_lib.envs.battle_scenarios import Scenario
from nucleolus_lib.envs.battle_terrain import Terrain, build_terrain
from nucleolus_lib.envs.battle_units import SHIELD_DELAY, UnitType

NEVER = 1e9
"""A gap between strikes that does not come."""
_SLACK = 1e-3
"""Taken from the length of a shot, so that rounding does not delay a strike by a loop."""
PARK = 1e5
"""Dead units are thought this far away, and farther, when distances decide."""


@dataclass(frozen=True)
class Weapons:
    """What one side's weapons do to the other, attackers I by victims K.

    Parameters
    ----------
    damage
        (I, K, 1) float32, w per hit, with its bonus.
    strike
        (I, K, 1) float32, what a strike takes from a victim without shield: hits times max(w - armour, least damage).
    raw
        (I, K, 1) float32, hits times w.
    armour
        (K, 1) float32.
    least
        The least damage of the ruleset.
    uniform
        Whether all attackers do the same to all victims.
    shielded
        Whether any victim has a shield.
    beams
        (J,) int64, indices of the attackers with a beam, or None if there are none.
    beam
        (half length, half width) of their beam.
    radius
        (K, 1) float32, radius of the victims.
    """

    damage: Tensor
    strike: Tensor
    raw: Tensor
    armour: Tensor
    least: float
    uniform: bool
    shielded: bool
    beams: Tensor | None
    beam: tuple[float, float]
    radius: Tensor


@dataclass(frozen=True)
class BattleTables:
    """Constants of a scenario; build with :func:`build_tables`. Columns are (U, 1) float32 unless said otherwise.

    Parameters
    ----------
    scenario, rules, terrain, device
        What the tables were made from, and the ground.
    n_allies, n_enemies
        A and E.
    start
        (U, 2), starting points.
    max_health, max_shield, shield_delay, health_regeneration, speed, period, jitter_low, jitter_range, radius
        As in :class:`~nucleolus_lib.envs.battle_units.UnitType`; the delay is 0 for units without shield.
    shot_length
        Loops from the loop in which a shot begins, which counts, to its last strike, without the flight of a missile.
    strike_gap
        Loops between the two strikes of a shot, ``NEVER`` if it has one.
    flight
        Loops a missile takes per unit of distance.
    reach
        Range and own radius; if ``same_radii``, with the radius of any target, else without.
    same_radii
        Whether all units of a side have the same radius.
    scan_squared, enemy_reach_squared
        (A, E, 1), squared distances up to which enemies see and hit allies.
    separation
        (U, U, 1), the sum of the separation radii, -1 for pairs that do not collide.
    park
        (2, U, 1), where dead units are thought to be.
    own
        (U, 1) int64, the unit's number.
    attack_point
        (2,).
    ally_weapons, enemy_weapons
        What the sides do to each other.
    has_delays, strikes_twice, has_missiles, has_shields, regenerates
        Whether any unit's strikes land later than the shot, strike twice, fly; has a shield; regenerates health.
    """

    scenario: Scenario
    rules: Ruleset
    terrain: Terrain
    device: torch.device
    n_allies: int
    n_enemies: int
    start: Tensor
    max_health: Tensor
    max_shield: Tensor
    shield_delay: Tensor
    health_regeneration: Tensor
    speed: Tensor
    period: Tensor
    jitter_low: Tensor
    jitter_range: Tensor
    shot_length: Tensor
    strike_gap: Tensor
    flight: Tensor
    reach: Tensor
    radius: Tensor
    same_radii: bool
    scan_squared: Tensor
    enemy_reach_squared: Tensor
    separation: Tensor
    park: Tensor
    own: Tensor
    attack_point: Tensor
    ally_weapons: Weapons
    enemy_weapons: Weapons
    has_delays: bool
    strikes_twice: bool
    has_missiles: bool
    has_shields: bool
    regenerates: bool

    @property
    def n_units(self) -> int:
        """U = A + E."""
        return self.n_allies + self.n_enemies


def build_tables(scenario: Scenario, device: torch.device | str = "cpu") -> BattleTables:
    """The tables of a scenario on a device."""
    device = torch.device(device)
    allies, enemies = scenario.ally_types, scenario.enemy_types
    units = allies + enemies
    n_allies = len(allies)

    def column(value: Callable[[UnitType], float]) -> Tensor:
        return torch.tensor([[value(unit)] for unit in units], dtype=torch.float32, device=device)

    separation = _pairs(
        units,
        units,
        lambda a, b: a.separation + b.separation if a.collides_with_ground == b.collides_with_ground else -1.0,
        device,
    )
    index = torch.arange(len(units), device=device)
    separation[index, index] = -1.0
    radius = column(lambda unit: unit.radius)
    same_radii = len({unit.radius for unit in allies}) == 1 and len({unit.radius for unit in enemies}) == 1
    reach = column(lambda unit: unit.range + unit.radius)
    if same_radii:
        reach[:n_allies] += enemies[0].radius
        reach[n_allies:] += allies[0].radius
    order = scenario.attack_point
    chases = order is None
    return BattleTables(
        scenario=scenario,
        rules=RULESETS[scenario.rules],
        terrain=build_terrain(scenario.walkable, scenario.cliff, [unit.crosses_cliffs for unit in units], device),
        device=device,
        n_allies=n_allies,
        n_enemies=len(enemies),
        start=torch.tensor(scenario.ally_positions + scenario.enemy_positions, dtype=torch.float32, device=device),
        max_health=column(lambda unit: unit.health),
        max_shield=column(lambda unit: unit.shield),
        shield_delay=column(lambda unit: SHIELD_DELAY if unit.shield > 0 else 0.0),
        health_regeneration=column(lambda unit: unit.health_regeneration),
        speed=column(lambda unit: unit.speed),
        period=column(lambda unit: unit.period),
        jitter_low=column(lambda unit: unit.jitter[0]),
        jitter_range=column(lambda unit: unit.jitter[1] - unit.jitter[0]),
        shot_length=column(lambda unit: unit.hit_delay + (unit.strikes - 1) * unit.strike_gap + 1.0 - _SLACK),
        strike_gap=column(lambda unit: unit.strike_gap if unit.strikes == 2 else NEVER),
        flight=column(lambda unit: 1.0 / unit.missile_speed if unit.missile_speed else 0.0),
        reach=reach,
        radius=radius,
        same_radii=same_radii,
        scan_squared=_pairs(allies, enemies, lambda a, e: float("inf") if chases else (e.scan + a.radius) ** 2, device),
        enemy_reach_squared=_pairs(allies, enemies, lambda a, e: (e.range + e.radius + a.radius) ** 2, device),
        separation=separation,
        park=(PARK * (1 + index))[None, :, None].expand(2, -1, 1).float().contiguous(),
        own=index[:, None],
        attack_point=torch.tensor(order or (0.0, 0.0), dtype=torch.float32, device=device),
        ally_weapons=_weapons(allies, enemies, RULESETS[scenario.rules].least_damage, device),
        enemy_weapons=_weapons(enemies, allies, RULESETS[scenario.rules].least_damage, device),
        has_delays=any(unit.strikes > 1 or unit.hit_delay > 0 or unit.missile_speed for unit in units),
        strikes_twice=any(unit.strikes == 2 for unit in units),
        has_missiles=any(unit.missile_speed for unit in units),
        has_shields=any(unit.shield > 0 for unit in units),
        regenerates=any(unit.health_regeneration > 0 for unit in units),
    )


def _pairs(
    rows: tuple[UnitType, ...],
    columns: tuple[UnitType, ...],
    value: Callable[[UnitType, UnitType], float],
    device: torch.device,
) -> Tensor:
    table = [[[value(row, other)] for other in columns] for row in rows]
    return torch.tensor(table, dtype=torch.float32, device=device)


def _weapons(
    attackers: tuple[UnitType, ...], victims: tuple[UnitType, ...], least: float, device: torch.device
) -> Weapons:
    def hit(attacker: UnitType, victim: UnitType) -> float:
        return attacker.damage + attacker.bonus_armoured * victim.armoured + attacker.bonus_light * victim.light

    kinds = {(hit(a, v), a.hits, v.armour) for a in attackers for v in victims}
    beams = {a.beam for a in attackers if a.beam is not None}
    shooters = [i for i, a in enumerate(attackers) if a.beam is not None]
    return Weapons(
        damage=_pairs(attackers, victims, hit, device),
        strike=_pairs(attackers, victims, lambda a, v: a.hits * max(hit(a, v) - v.armour, least), device),
        raw=_pairs(attackers, victims, lambda a, v: a.hits * hit(a, v), device),
        armour=torch.tensor([[v.armour] for v in victims], device=device),
        least=least,
        uniform=len(kinds) == 1,
        shielded=any(v.shield > 0 for v in victims),
        beams=torch.tensor(shooters, device=device) if shooters else None,
        beam=beams.pop() if beams else (0.0, 0.0),
        radius=torch.tensor([[v.radius] for v in victims], device=device),
    )
