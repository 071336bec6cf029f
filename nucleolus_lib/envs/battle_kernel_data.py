"""What the compiled game loop (:mod:`~nucleolus_lib.envs.battle_kernels`) reads and writes, as arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from nucleolus_lib.envs.battle_tables import BattleTables, Weapons

Floats = NDArray[np.float32]
F = np.float32
OPTIONS: dict[str, Any] = {"fastmath": {"contract", "nsz", "arcp"}, "error_model": "numpy", "cache": True}
"""How the loop is compiled."""
INLINE: dict[str, Any] = {**OPTIONS, "forceinline": True}
"""How its parts are. A call hands on several dozen arrays and counts who uses them, which takes longer than what most
parts do."""
ALIVE, ATTACKS, WALKS, LANDS, WOUNDED = 0, 1, 2, 3, 4
"""Rows of ``Moving.flags``."""


class Side(NamedTuple):
    """:class:`~nucleolus_lib.envs.battle_tables.Weapons` without their last axis; ``weight`` is what a strike counts,
    ``beam`` marks the attackers with a beam."""

    damage: Floats
    weight: Floats
    armour: Floats
    least: np.float32
    shielded: bool
    beam: NDArray[np.bool_]
    half_length: np.float32
    half_width: np.float32
    radius: Floats


class Constants(NamedTuple):
    """:class:`~nucleolus_lib.envs.battle_tables.BattleTables` without axes of length 1; ``reach`` is (U, U), ``cells``
    and ``waypoint`` (2, C, C) are empty where no way round is needed; the flags of the ruleset stand beside them, with
    a ``foresight`` of 0 for none."""

    n_allies: int
    period: Floats
    jitter_range: Floats
    max_health: Floats
    max_shield: Floats
    shield_delay: Floats
    health_regeneration: Floats
    speed: Floats
    shot_length: Floats
    strike_gap: Floats
    flight: Floats
    reach: Floats
    separation: Floats
    separation_squared: Floats
    scan_squared: Floats
    enemy_reach_squared: Floats
    attack_point: Floats
    marches: bool
    has_delays: bool
    has_shields: bool
    regenerates: bool
    height: int
    bounds: Floats
    offset: NDArray[np.int64]
    cells: NDArray[np.int64]
    waypoint: Floats
    keeps_remainder: bool
    slows_at_goal: bool
    shoots_the_dead: bool
    beam_needs_centre: bool
    foresight: np.float32
    wall: Floats
    radius: Floats
    allies: Side
    enemies: Side


class Moving(NamedTuple):
    """What changes during a loop, for one battle.

    The fields up to ``dealt`` are those of :class:`~nucleolus_lib.envs.battle_lanes.Lanes`. Of the rest, which holds
    nothing from one loop to the next, ``target`` and ``apart`` (U,) are the unit fought and the distance to it or to
    the goal, ``flags`` (5, U) what is true of a unit in the loop, ``step`` (6, U) its displacement and room for places
    and pushes, ``by_allies`` (A, E) and ``by_enemies`` (E, A) the weights of strikes, ``lines`` (2, 10, 4) room for
    half-planes.
    """

    x: Floats
    y: Floats
    velocity_x: Floats
    velocity_y: Floats
    health: Floats
    shield: Floats
    cooldown: Floats
    shield_wait: Floats
    shot_left: Floats
    shot_target: NDArray[np.int64]
    enemy_target: NDArray[np.int64]
    dealt: Floats
    target: NDArray[np.int64]
    apart: Floats
    flags: NDArray[np.bool_]
    step: Floats
    by_allies: Floats
    by_enemies: Floats
    lines: Floats


def constants(tables: BattleTables) -> Constants:
    """The tables of a scenario for the compiled loop."""

    def column(tensor: torch.Tensor) -> Floats:
        return np.ascontiguousarray(tensor[..., 0].numpy())

    n, units = tables.n_allies, tables.n_units
    terrain, ways = tables.terrain, tables.terrain.ways
    reach = column(tables.reach)[:, None].repeat(units, 1)
    if not tables.same_radii:
        reach = reach + column(tables.radius)
    cells, waypoint = np.zeros(0, np.int64), np.zeros((2, 0, 0), np.float32)
    if ways is not None and tables.rules.finds_ways:
        count = round(ways.waypoint.shape[1] ** 0.5)
        cells, waypoint = ways.cell.numpy(), ways.waypoint.numpy().reshape(2, count, count)
    return Constants(
        n_allies=n,
        period=column(tables.period + tables.jitter_low),
        jitter_range=column(tables.jitter_range),
        max_health=column(tables.max_health),
        max_shield=column(tables.max_shield),
        shield_delay=column(tables.shield_delay),
        health_regeneration=column(tables.health_regeneration),
        speed=column(tables.speed),
        shot_length=column(tables.shot_length),
        strike_gap=column(tables.strike_gap),
        flight=column(tables.flight),
        reach=np.ascontiguousarray(reach, dtype=np.float32),
        separation=column(tables.separation),
        separation_squared=column(tables.separation.clamp(min=0).square()),
        scan_squared=column(tables.scan_squared),
        enemy_reach_squared=column(tables.enemy_reach_squared),
        attack_point=tables.attack_point.numpy(),
        marches=tables.scenario.attack_point is not None,
        has_delays=tables.has_delays,
        has_shields=tables.has_shields,
        regenerates=tables.regenerates,
        height=terrain.height,
        bounds=np.ascontiguousarray(terrain.bounds.numpy()),
        offset=np.ascontiguousarray(terrain.offset[:, 0].numpy()),
        cells=cells,
        waypoint=waypoint,
        keeps_remainder=tables.rules.keeps_remainder,
        slows_at_goal=tables.rules.slows_at_goal,
        shoots_the_dead=tables.rules.shoots_the_dead,
        beam_needs_centre=tables.rules.beam_needs_centre,
        foresight=np.float32(tables.rules.foresight or 0.0),
        wall=np.ascontiguousarray(terrain.wall.numpy()),
        radius=column(tables.radius),
        allies=_side(tables.ally_weapons, n),
        enemies=_side(tables.enemy_weapons, tables.n_enemies),
    )


def _side(weapons: Weapons, attackers: int) -> Side:
    beam = np.zeros(attackers, dtype=np.bool_)
    if weapons.beams is not None:
        beam[weapons.beams.numpy()] = True
    return Side(
        damage=np.ascontiguousarray(weapons.damage[..., 0].numpy()),
        weight=np.ascontiguousarray((weapons.raw if weapons.shielded else weapons.strike)[..., 0].numpy()),
        armour=np.ascontiguousarray(weapons.armour[:, 0].numpy().astype(np.float32)),
        least=np.float32(weapons.least),
        shielded=weapons.shielded,
        beam=beam,
        half_length=np.float32(weapons.beam[0]),
        half_width=np.float32(weapons.beam[1]),
        radius=np.ascontiguousarray(weapons.radius[:, 0].numpy().astype(np.float32)),
    )
