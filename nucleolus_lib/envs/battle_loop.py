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

The loop may be compiled, ``play_loops(..., loop=compiled_loop(tables))``: one loop is compiled and called eight times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, cast, runtime_checkable

import torch
from torch import Tensor

from nucleolus_lib.envs.battle_combat import beam_hits, begin_shots, harm, regenerate, strikes
from nucleolus_lib.envs.battle_lanes import Lanes, Plan, from_lanes, make_plan, to_lanes
from nucleolus_lib.envs.battle_movement import move, wish
from nucleolus_lib.envs.battle_state import NO_TARGET, BattleState, DamageRecord, Orders
from nucleolus_lib.envs.battle_tables import BattleTables
from nucleolus_lib.envs.battle_targets import choose_targets, squared_distances
from nucleolus_lib.envs.battle_units import LOOPS_PER_STEP

_LEAST_WEIGHT = 1e-9

Loop = Callable[[BattleTables, Plan, Lanes, Tensor], Lanes]


@runtime_checkable
class LoopsOfStep(Protocol):
    """All loops of a step at once, as :class:`~nucleolus_lib.envs.battle_compiled.KernelLoops` plays them."""

    def play(self, state: BattleState, orders: Orders, draws: Tensor) -> tuple[BattleState, DamageRecord]:
        """The state after the step, and what was done in it."""
        ...


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
        shot_left=filled(0, torch.float32, n_units),
        shot_target=filled(NO_TARGET, torch.int64, n_units),
        enemy_target=filled(NO_TARGET, torch.int64, tables.n_enemies),
        last_action=filled(0, torch.int64, tables.n_allies),
        elapsed=filled(0, torch.int64),
        ended=filled(0, torch.bool),
        won=filled(0, torch.bool),
        episode_return=filled(0, torch.float32),
    )


def play_loops(
    tables: BattleTables, state: BattleState, orders: Orders, draws: Tensor, loop: Loop | LoopsOfStep | None = None
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
    if isinstance(loop, LoopsOfStep):
        return loop.play(state, orders, draws)
    play = loop or one_loop
    plan = make_plan(tables, state, orders, draws)
    lanes = to_lanes(tables, state)
    for turn in range(LOOPS_PER_STEP):
        lanes = play(tables, plan, lanes, plan.ally_first[turn])
    fields, record = from_lanes(lanes, state.health)
    return replace(state, **fields), record


def compiled_loop(tables: BattleTables) -> Loop | LoopsOfStep:
    """The loop compiled for one scenario: with numba on a processor, which compiles once and keeps it on disk.

    On other devices :func:`one_loop` goes through ``torch.compile``; the first call then takes some seconds per batch
    size.
    """
    if tables.device.type == "cpu":
        # Only who asks for it needs numba.
        from nucleolus_lib.envs.battle_compiled import KernelLoops

        return KernelLoops(tables)

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
    apart = torch.hypot(offset[0], offset[1])
    active = engaged & alive
    attacks = active & (apart <= _reach(tables, target))
    walks = (active | (plan.free & alive)) ^ attacks
    wanted = wish(tables, lanes.place, goal, offset, apart, walks)
    place, velocity = move(tables, lanes, parked, wanted, walks)

    cooldown, begins = begin_shots(tables, plan, lanes.cooldown, attacks)
    shot_left, lands = strikes(tables, lanes, begins, apart)
    lanes = lanes._replace(
        place=place,
        velocity=velocity,
        cooldown=cooldown,
        shot_left=shot_left,
        shot_target=torch.where(begins, target, lanes.shot_target),
        enemy_target=enemy_target,
    )
    lanes, wounded = _hits(tables, lanes, lands & alive, ally_first)
    health, shield, wait = regenerate(tables, lanes, wounded)
    return lanes._replace(health=health, shield=shield, shield_wait=wait)


def _reach(tables: BattleTables, target: Tensor) -> Tensor:
    """Distance between centres within which a unit hits its target, (U, 1) or (U, B)."""
    return tables.reach if tables.same_radii else tables.reach + tables.radius[:, 0][target]


def _hits(tables: BattleTables, lanes: Lanes, lands: Tensor, ally_first: Tensor) -> tuple[Lanes, Tensor]:
    """Health, shield and damage record after the strikes that land in a loop, and which units were hit, (U, B)."""
    n_allies = tables.n_allies
    ally_health, enemy_health = lanes.health[:n_allies], lanes.health[n_allies:]
    ally_shield, enemy_shield = lanes.shield[:n_allies], lanes.shield[n_allies:]
    ally_weight, enemy_weight = _weights(tables, lanes, lands)
    # Allies that would die of the enemies' hits do not strike where the enemies are first.
    survives = harm(tables.enemy_weapons, enemy_weight, ally_health, ally_shield)[0] > 0.0
    ally_weight = ally_weight * (ally_first | survives)[:, None]
    enemy_left, enemy_shield_left, total = harm(tables.ally_weapons, ally_weight, enemy_health, enemy_shield)
    removed = (enemy_health - enemy_left) + (enemy_shield - enemy_shield_left)
    # And the other way round.
    enemy_weight = enemy_weight * (~ally_first | (enemy_left > 0.0))[:, None]
    ally_left, ally_shield_left, suffered = harm(tables.enemy_weapons, enemy_weight, ally_health, ally_shield)
    lanes = lanes._replace(
        health=torch.cat([ally_left, enemy_left]),
        dealt=torch.addcmul(lanes.dealt, ally_weight, removed / total.clamp(min=_LEAST_WEIGHT)),
    )
    if not tables.has_shields:
        return lanes, lands
    shield = torch.cat([ally_shield_left, enemy_shield_left])
    return lanes._replace(shield=shield), torch.cat([suffered, total]) > 0.0


def _weights(tables: BattleTables, lanes: Lanes, lands: Tensor) -> tuple[Tensor, Tensor]:
    """The weights of the strikes that land: of allies on enemies (A, E, B), and of enemies on allies (E, A, B)."""
    n_allies, n_units = tables.n_allies, tables.n_units
    sides = slice(0, n_allies), slice(n_allies, n_units)
    weights = []
    for mine, theirs, weapons in (
        (sides[0], sides[1], tables.ally_weapons),
        (sides[1], sides[0], tables.enemy_weapons),
    ):
        hit = (lanes.shot_target[mine, None] == tables.own[theirs]) & lands[mine, None]
        if weapons.beams is not None:
            shooters = weapons.beams
            number = theirs.stop - theirs.start
            target = (lanes.shot_target[mine][shooters] - theirs.start).clamp(0, number - 1)
            place = lanes.place[:, mine][:, shooters]
            beams = beam_hits(tables, weapons, lands[mine][shooters], place, lanes.place[:, theirs], target)
            hit = hit.index_copy(0, shooters, beams)
        weights.append(hit * (weapons.raw if weapons.shielded else weapons.strike))
    return weights[0], weights[1]
