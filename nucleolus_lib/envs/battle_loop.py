"""One game loop, and the eight of an environment step.

A loop is a pipeline of pure functions, each in its own module:

1. distances between the sides at the start of the loop (once; everything below uses them);
2. enemies keep, drop and choose targets (:mod:`battle_targets`);
3. units in range stand, others walk, push and slide (:mod:`battle_movement`);
4. shots begin, strikes land, one side after the other (:mod:`battle_combat`);
5. the living regenerate.

*Chance.* ``draws`` (B, U + 1), uniform on [0, 1): one number per unit for the jitter of the period of a shot it begins
in this step, and one whose first eight binary digits say which side's hits count first in each loop (0: the allies'). A
unit whose period is shorter than a step uses its number for all shots of the step; no unit of the rulesets is so fast.

The loop may be compiled, ``play_loops(..., loop=compiled_loop())``: it is compiled once and called eight times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_combat import beam_hits, begin_shots, harm, regenerate, strike_hits
from nucleolus_lib.envs.battle_lanes import Lanes, Plan, from_lanes, make_plan, to_lanes
from nucleolus_lib.envs.battle_movement import move, wish
from nucleolus_lib.envs.battle_state import NO_TARGET, BattleState, DamageRecord, Orders
from nucleolus_lib.envs.battle_tables import BattleTables
from nucleolus_lib.envs.battle_targets import choose_targets, squared_distances
from nucleolus_lib.envs.battle_units import LOOPS_PER_STEP

Loop = Callable[[BattleTables, Plan, Lanes, Tensor], Lanes]


def n_step_draws(tables: BattleTables) -> int:
    """Uniform numbers one battle uses in one environment step."""
    return tables.n_units + 1


def initial_state(tables: BattleTables, batch: int) -> BattleState:
    """B battles at the start: full health and shields, weapons ready, everybody in place."""

    def filled(value: float, dtype: torch.dtype, *shape: int) -> Tensor:
        return torch.full((batch, *shape), value, dtype=dtype, device=tables.device)

    n_units = tables.n_units
    return BattleState(
        position=tables.start.expand(batch, -1, -1).clone(),
        velocity=filled(0, torch.float32, n_units, 2),
        health=tables.max_health.T.expand(batch, -1).clone(),
        shield=tables.max_shield.T.expand(batch, -1).clone(),
        cooldown=filled(0, torch.float32, n_units),
        shield_wait=filled(0, torch.float32, n_units),
        strike_in=filled(0, torch.float32, n_units),
        strikes_left=filled(0, torch.int64, n_units),
        shot_target=filled(NO_TARGET, torch.int64, n_units),
        enemy_target=filled(NO_TARGET, torch.int64, tables.n_enemies),
        last_action=filled(0, torch.int64, tables.n_allies),
        elapsed=filled(0, torch.int64),
        ended=filled(0, torch.bool),
        won=filled(0, torch.bool),
        episode_return=filled(0, torch.float32),
    )


def play_loops(
    tables: BattleTables, state: BattleState, orders: Orders, draws: Tensor, loop: Loop | None = None
) -> tuple[BattleState, DamageRecord]:
    """The eight loops of an environment step.

    Parameters
    ----------
    tables
        Constants of the scenario.
    state
        B battles. Trackers (``last_action``, ``elapsed``, ``ended``, ``won``, ``episode_return``) are handed on
        unchanged.
    orders
        See :func:`~nucleolus_lib.envs.battle_state.orders_from_actions`.
    draws
        (B, U + 1), see the module's docstring.
    loop
        :func:`one_loop` or a compiled form of it.
    """
    play = loop or one_loop
    plan = make_plan(tables, state, orders, draws)
    lanes = to_lanes(tables, state)
    for turn in range(LOOPS_PER_STEP):
        lanes = play(tables, plan, lanes, plan.ally_first[turn])
    fields, record = from_lanes(lanes)
    return replace(state, **fields), record


def compiled_loop(tables: BattleTables) -> Loop:
    """:func:`one_loop` compiled for one scenario; the first call takes some seconds per batch size."""

    def loop(plan: Plan, lanes: Lanes, ally_first: Tensor) -> Lanes:
        return one_loop(tables, plan, lanes, ally_first)

    compiled = cast(Callable[[Plan, Lanes, Tensor], Lanes], torch.compile(loop, dynamic=False))
    return lambda _, plan, lanes, ally_first: compiled(plan, lanes, ally_first)


def one_loop(tables: BattleTables, plan: Plan, lanes: Lanes, ally_first: Tensor) -> Lanes:
    """One game loop; ``ally_first`` (B,) bool says whose hits count first."""
    n_allies = tables.n_allies
    alive = lanes.health > 0.0
    parked = torch.where(alive, lanes.place, tables.park)
    enemy_target = choose_targets(tables, plan, squared_distances(parked, n_allies), lanes.enemy_target)
    ally_engaged = plan.attacks
    if not tables.rules.shoots_the_dead:
        ally_engaged = ally_engaged & alive.gather(0, plan.ally_target)
    engaged = torch.cat([ally_engaged, enemy_target != NO_TARGET])
    target = torch.cat([plan.ally_target, torch.where(engaged[n_allies:], enemy_target, tables.own[n_allies:])])

    goal = torch.where(engaged, lanes.place.gather(1, target.expand(2, -1, -1)), plan.goal)
    offset = goal - lanes.place
    apart = torch.addcmul(offset[0] * offset[0], offset[1], offset[1])
    attacks = engaged & alive & (apart <= _reach_squared(tables, target))
    walks = (engaged | plan.free) & alive & ~attacks
    wanted = wish(tables, lanes.place, goal, offset, apart, walks)
    place, velocity = move(tables, lanes, parked, wanted, walks)

    cooldown, begins = begin_shots(tables, plan, lanes.cooldown, attacks)
    lanes = lanes._replace(place=place, velocity=velocity, cooldown=cooldown, enemy_target=enemy_target)
    lanes, lands = _strikes(tables, lanes, begins, target, apart)
    lanes, wounded = _hits(tables, lanes, lands, ally_first)
    health, shield, wait = regenerate(tables, lanes, wounded)
    return lanes._replace(health=health, shield=shield, shield_wait=wait)


def _reach_squared(tables: BattleTables, target: Tensor) -> Tensor:
    """(range + radius + radius of the target) squared, (U, 1) or (U, B)."""
    if tables.same_radii:
        n_allies = tables.n_allies
        other = torch.cat([tables.radius[-1:].expand(n_allies, 1), tables.radius[:1].expand(tables.n_enemies, 1)])
        return (tables.reach + other).square()
    return (tables.reach + tables.radius[:, 0][target]).square()


def _strikes(tables: BattleTables, lanes: Lanes, begins: Tensor, target: Tensor, apart: Tensor) -> tuple[Lanes, Tensor]:
    """Shots that begin are queued; which units' strikes land in this loop, (U, B)."""
    shot_target = torch.where(begins, target, lanes.shot_target)
    if not tables.has_delays:
        return lanes._replace(shot_target=shot_target), begins
    delay = tables.hit_delay
    if tables.has_missiles:
        delay = delay + tables.flight * apart.sqrt()
    strike_in = torch.where(begins, delay, lanes.strike_in)
    strikes_left = torch.where(begins, tables.strikes, lanes.strikes_left)
    lands = (strikes_left > 0.0) & (strike_in <= 0.0)
    lanes = lanes._replace(
        shot_target=shot_target,
        strike_in=strike_in - 1.0 + tables.strike_gap * lands,
        strikes_left=strikes_left - lands.float(),
    )
    return lanes, lands & (lanes.health > 0.0)


def _hits(tables: BattleTables, lanes: Lanes, lands: Tensor, ally_first: Tensor) -> tuple[Lanes, Tensor]:
    """Health, shield and damage record after the hits of a loop, and which units were hit, (U, B)."""
    n_allies = tables.n_allies
    ally_health, enemy_health = lanes.health[:n_allies], lanes.health[n_allies:]
    ally_shield, enemy_shield = lanes.shield[:n_allies], lanes.shield[n_allies:]
    enemy_hit = _who_hits(tables, lanes, lands, allies=False)
    ally_hit = _who_hits(tables, lanes, lands, allies=True)
    # Enemies first: what they do before the allies' hits, in the battles where they are first.
    early = enemy_hit & ~ally_first
    ally_health, ally_shield, _ = harm(tables.enemy_weapons, early, ally_health, ally_shield)
    ally_hit = ally_hit & (ally_health > 0.0)[:, None]
    left, enemy_shield, dealt = harm(tables.ally_weapons, ally_hit, enemy_health, enemy_shield)
    killed = (left <= 0.0) & (enemy_health > 0.0)
    late = enemy_hit & ally_first & (left > 0.0)[:, None]
    ally_health, ally_shield, _ = harm(tables.enemy_weapons, late, ally_health, ally_shield)
    wounded = torch.cat([(early | late).any(0), ally_hit.any(0)])
    lanes = lanes._replace(
        health=torch.cat([ally_health, left]),
        shield=torch.cat([ally_shield, enemy_shield]),
        dealt=lanes.dealt + dealt,
        kills=lanes.kills | (ally_hit & killed),
    )
    return lanes, wounded


def _who_hits(tables: BattleTables, lanes: Lanes, lands: Tensor, allies: bool) -> Tensor:
    """Which attackers of a side hit which units of the other, (I, K, B)."""
    n_allies, n_units = tables.n_allies, tables.n_units
    mine, theirs = (
        (slice(0, n_allies), slice(n_allies, n_units)) if allies else (slice(n_allies, n_units), slice(0, n_allies))
    )
    weapons = tables.ally_weapons if allies else tables.enemy_weapons
    hit = strike_hits(weapons, lands[mine], lanes.shot_target[mine], tables.own[theirs])
    if weapons.beams:
        chosen = list(weapons.beams)
        shots = (lanes.shot_target[mine][chosen] - theirs.start).clamp(min=0, max=theirs.stop - theirs.start - 1)
        beams = beam_hits(
            tables, weapons, lands[mine][chosen], lanes.place[:, mine][:, chosen], lanes.place[:, theirs], shots
        )
        hit = hit.index_put((torch.tensor(chosen, device=hit.device),), beams)
    return hit & (lanes.health[theirs] > 0.0)
