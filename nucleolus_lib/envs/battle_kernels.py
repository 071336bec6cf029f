# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, misc"
"""The game loop of :mod:`~nucleolus_lib.envs.battle_loop` compiled for processors: battle by battle, unit by unit.

The rules and their order are those of ``one_loop``, in single precision as there, and they are written down there and
in the modules it names. What is different is that a loop here runs over the units of one battle and leaves out what
does not happen in it, where ``one_loop`` does everything for all battles at once. Sums are taken in another order, so
places agree to rounding (1e-5 after a step) and a decision that hangs on less may fall differently; decisions do not
differ otherwise. Collision avoidance (ruleset ``smaclite``) is not part of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from nucleolus_lib.envs.battle_kernel_data import Moving
from nucleolus_lib.envs.battle_lanes import AIMS_KEY, OUT_KEY
from nucleolus_lib.envs.battle_movement import MOST, PASSES
from nucleolus_lib.envs.battle_targets import KEPT
from nucleolus_lib.envs.battle_units import LOOPS_PER_STEP, SHIELD_REGENERATION

OPTIONS: dict[str, Any] = {"fastmath": {"contract", "nsz", "arcp"}, "error_model": "numpy", "cache": True}
# A call hands on several dozen arrays and counts who uses them, which takes longer than what most of these do.
INLINE: dict[str, Any] = {**OPTIONS, "forceinline": True}

F = np.float32
ZERO, ONE, HALF = F(0.0), F(1.0), F(0.5)
_AIMS, _OUT, _KEPT, _MOST = F(AIMS_KEY), F(OUT_KEY), F(KEPT), F(MOST)
_LEAST_WEIGHT, _TINY, _GROWTH = F(1e-9), F(1e-12), F(SHIELD_REGENERATION)

ALIVE, ATTACKS, WALKS, LANDS, WOUNDED = 0, 1, 2, 3, 4


@njit(**INLINE)
def _choose_targets(c, m, order):
    """As :func:`~nucleolus_lib.envs.battle_targets.choose_targets`."""
    n = c.n_allies
    for k in range(m.enemy_target.shape[0]):
        best, chosen = _OUT * HALF, -1
        if m.flags[ALIVE, n + k]:
            for i in range(n):
                if not m.flags[ALIVE, i]:
                    continue
                dx, dy = m.x[i] - m.x[n + k], m.y[i] - m.y[n + k]
                apart = dx * dx + dy * dy
                key = apart
                if apart >= c.scan_squared[i, k]:
                    key += _AIMS if order[i] == k else _OUT
                if m.enemy_target[k] == i and (order[i] == k or apart <= c.enemy_reach_squared[i, k]):
                    key -= _KEPT
                if key < best:
                    best, chosen = key, i
        m.enemy_target[k] = chosen


@njit(**INLINE)
def _stop(c, x, y, goal_x, goal_y):
    """Where to walk now to reach a goal, as :func:`~nucleolus_lib.envs.battle_terrain.next_stop`."""
    here = c.cells[int(x) * c.height + int(y)]
    there = c.cells[int(goal_x) * c.height + int(goal_y)]
    if np.isinf(c.waypoint[0, here, there]):
        return goal_x, goal_y
    return c.waypoint[0, here, there], c.waypoint[1, here, there]


@njit(**INLINE)
def _purposes(c, m, order, goal, stands):
    """Who attacks and who walks, and the wishes of those who walk."""
    n, units = c.n_allies, m.x.shape[0]
    for i in range(units):
        ally = i < n
        target = -1
        if ally and order[i] >= 0 and m.flags[ALIVE, n + order[i]]:
            target = n + order[i]
        elif not ally:
            target = m.enemy_target[i - n]
        m.target[i] = target
        m.flags[ATTACKS, i] = m.flags[WALKS, i] = False
        m.step[0, i] = m.step[1, i] = ZERO
        if not m.flags[ALIVE, i]:
            continue
        if target >= 0:
            goal_x, goal_y = m.x[target], m.y[target]
        elif ally:
            goal_x, goal_y = goal[i, 0], goal[i, 1]
        else:
            goal_x, goal_y = c.attack_point[0], c.attack_point[1]
        dx, dy = goal_x - m.x[i], goal_y - m.y[i]
        apart = np.sqrt(dx * dx + dy * dy)
        m.apart[i] = apart
        if target >= 0 and apart <= c.reach[i, target]:
            m.flags[ATTACKS, i] = True
            continue
        if target < 0 and ((ally and (order[i] >= 0 or stands[i])) or (not ally and not c.marches)):
            continue
        m.flags[WALKS, i] = True
        if c.cells.shape[0]:
            stop_x, stop_y = _stop(c, m.x[i], m.y[i], goal_x, goal_y)
            dx, dy = stop_x - m.x[i], stop_y - m.y[i]
            apart = np.sqrt(dx * dx + dy * dy)
        share = c.speed[i] / apart if apart > c.speed[i] else ONE
        m.step[0, i], m.step[1, i] = dx * share, dy * share


@njit(**INLINE)
def _move(c, m):
    """As :func:`~nucleolus_lib.envs.battle_movement.move`."""
    units = m.x.shape[0]
    at_x, at_y, push_x, push_y = m.step[2], m.step[3], m.step[4], m.step[5]
    for _ in range(PASSES):
        for i in range(units):
            at_x[i], at_y[i] = m.x[i] + m.step[0, i], m.y[i] + m.step[1, i]
            push_x[i] = push_y[i] = ZERO
        touched = False
        for i in range(units):
            if not m.flags[ALIVE, i]:
                continue
            for j in range(i):
                dx, dy = at_x[i] - at_x[j], at_y[i] - at_y[j]
                square = dx * dx + dy * dy
                if square >= c.separation_squared[i, j] or square == ZERO or not m.flags[ALIVE, j]:
                    continue
                touched = True
                overlap = min(c.separation[i, j] / np.sqrt(square) - ONE, _MOST)
                dx, dy = dx * overlap, dy * overlap
                if m.flags[WALKS, i]:
                    share = HALF if m.flags[WALKS, j] else ONE
                    push_x[i] += dx * share
                    push_y[i] += dy * share
                if m.flags[WALKS, j]:
                    share = HALF if m.flags[WALKS, i] else ONE
                    push_x[j] -= dx * share
                    push_y[j] -= dy * share
        if not touched:
            break
        for i in range(units):
            m.step[0, i] += push_x[i]
            m.step[1, i] += push_y[i]
    for i in range(units):
        if not m.flags[WALKS, i]:
            continue
        dx, dy = m.step[0, i], m.step[1, i]
        length = np.sqrt(dx * dx + dy * dy)
        cut = c.speed[i] / length if length > c.speed[i] else ONE
        row = int(m.y[i])
        here = int(m.x[i]) * c.height + row + c.offset[i]
        m.x[i] = min(max(m.x[i] + dx * cut, c.bounds[0, here]), c.bounds[1, here])
        there = int(m.x[i]) * c.height + row + c.offset[i]
        m.y[i] = min(max(m.y[i] + dy * cut, c.bounds[2, there]), c.bounds[3, there])


@njit(**INLINE)
def _shots(c, m, period):
    """As :func:`~nucleolus_lib.envs.battle_combat.begin_shots` and ``strikes``; whether any strike lands."""
    any_lands = False
    for i in range(m.x.shape[0]):
        begins = m.flags[ATTACKS, i] and m.cooldown[i] < ONE
        after = m.cooldown[i] - ONE
        m.cooldown[i] = after + period[i] if begins else max(after, ZERO)
        lands = begins
        if begins:
            m.shot_target[i] = m.target[i]
        if c.has_delays:
            left = c.shot_length[i] + c.flight[i] * m.apart[i] if begins else m.shot_left[i]
            lands = np.ceil(left) == ONE or np.ceil(left - c.strike_gap[i]) == ONE
            m.shot_left[i] = max(left - ONE, ZERO)
        m.flags[LANDS, i] = lands and m.flags[ALIVE, i]
        any_lands = any_lands or m.flags[LANDS, i]
    return any_lands


@njit(**INLINE)
def _weigh(side, m, attackers, victims, weights):
    """The weights of the strikes that land, (I, K); whether there are any."""
    some = False
    for i in range(attackers[0], attackers[1]):
        row = weights[i - attackers[0]]
        row[:] = ZERO
        if not m.flags[LANDS, i]:
            continue
        some = True
        own = i - attackers[0]
        aim = m.shot_target[i]
        if not side.beam[own]:
            row[aim - victims[0]] = side.weight[own, aim - victims[0]]
            continue
        along_x, along_y = m.x[aim] - m.x[i], m.y[aim] - m.y[i]
        scale = ONE / np.sqrt(along_x * along_x + along_y * along_y + _TINY)
        along_x, along_y = along_x * scale, along_y * scale
        for k in range(victims[1] - victims[0]):
            dx, dy = m.x[victims[0] + k] - m.x[aim], m.y[victims[0] + k] - m.y[aim]
            ahead = max(abs(dx * along_x + dy * along_y) - side.half_width, ZERO)
            aside = max(abs(dy * along_x - dx * along_y) - side.half_length, ZERO)
            if ahead * ahead + aside * aside <= side.radius[k] * side.radius[k]:
                row[k] = side.weight[own, k]
    return some


@njit(**INLINE)
def _harm(side, weights, n_attackers, k, health, shield):
    """Health and shield that the hits on victim k leave, and the sum of their weights; cf. ``battle_combat.harm``."""
    total = loss = ZERO
    for i in range(n_attackers):
        weight = weights[i, k]
        if weight == ZERO:
            continue
        total += weight
        if side.shielded:
            part = max(total - shield, ZERO) - max(total - weight - shield, ZERO)
            if part > ZERO:
                whole = max(np.ceil(part / side.damage[i, k]) - ONE, ZERO)
                loss += max(part - whole * side.damage[i, k] - side.armour[k], side.least)
                loss += whole * max(side.damage[i, k] - side.armour[k], side.least)
    if side.shielded:
        return max(health - loss, ZERO), max(shield - total, ZERO), total
    return max(health - total, ZERO), shield, total


@njit(**INLINE)
def _fight(c, m, ally_first):
    """Both sides' strikes of one loop, as ``battle_loop`` does them."""
    n, units = c.n_allies, m.x.shape[0]
    enemies = units - n
    by_allies, by_enemies = m.by_allies, m.by_enemies
    struck = _weigh(c.allies, m, (0, n), (n, units), by_allies)
    suffered = _weigh(c.enemies, m, (n, units), (0, n), by_enemies)
    if suffered and not ally_first:
        for i in range(n):
            if _harm(c.enemies, by_enemies, enemies, i, m.health[i], m.shield[i])[0] <= ZERO:
                by_allies[i] = ZERO
    if struck:
        for k in range(enemies):
            u = n + k
            health, shield, total = _harm(c.allies, by_allies, n, k, m.health[u], m.shield[u])
            if total > ZERO:
                share = ((m.health[u] - health) + (m.shield[u] - shield)) / max(total, _LEAST_WEIGHT)
                for i in range(n):
                    m.dealt[i, k] += by_allies[i, k] * share
                m.health[u], m.shield[u], m.flags[WOUNDED, u] = health, shield, True
    if suffered:
        if ally_first:
            for k in range(enemies):
                if m.health[n + k] <= ZERO:
                    by_enemies[k] = ZERO
        for i in range(n):
            health, shield, total = _harm(c.enemies, by_enemies, enemies, i, m.health[i], m.shield[i])
            m.health[i], m.shield[i], m.flags[WOUNDED, i] = health, shield, total > ZERO


@njit(**INLINE)
def one_battle_loop(c, m, order, goal, stands, period, ally_first):
    """One game loop of one battle."""
    for i in range(m.x.shape[0]):
        m.flags[ALIVE, i] = m.health[i] > ZERO
        m.flags[WOUNDED, i] = False
    _choose_targets(c, m, order)
    _purposes(c, m, order, goal, stands)
    _move(c, m)
    if _shots(c, m, period):
        _fight(c, m, ally_first)
    if not (c.regenerates or c.has_shields):
        return
    for i in range(m.x.shape[0]):
        alive = m.health[i] > ZERO
        if alive:
            m.health[i] = min(m.health[i] + c.health_regeneration[i], c.max_health[i])
        if c.has_shields:
            wait = c.shield_delay[i] if m.flags[WOUNDED, i] else m.shield_wait[i]
            if alive and wait <= ZERO:
                m.shield[i] = min(m.shield[i] + _GROWTH, c.max_shield[i])
            m.shield_wait[i] = max(wait - ONE, ZERO)


@njit(**OPTIONS)
def play(
    c, place, health, shield, cooldown, shield_wait, shot_left, shot_target, enemy_target, dealt, order, goal, draws
):
    """The loops of a step of B battles; all but the orders (B, A), (B, A, 2) and draws (B, U + 1) are changed."""
    n, units = c.n_allies, place.shape[1]
    enemies = units - n
    x, y, period, stands = np.empty(units, F), np.empty(units, F), np.empty(units, F), np.empty(n, np.bool_)
    target, apart = np.empty(units, np.int64), np.empty(units, F)
    flags, step = np.empty((5, units), np.bool_), np.empty((6, units), F)
    by_allies, by_enemies = np.zeros((n, enemies), F), np.zeros((enemies, n), F)
    for b in range(place.shape[0]):
        for i in range(units):
            x[i], y[i] = place[b, i, 0], place[b, i, 1]
            period[i] = c.period[i] + c.jitter_range[i] * draws[b, i]
        for i in range(n):
            stands[i] = goal[b, i, 0] == x[i] and goal[b, i, 1] == y[i]
        m = Moving(
            *(x, y, health[b], shield[b], cooldown[b], shield_wait[b], shot_left[b], shot_target[b], enemy_target[b]),
            *(dealt[b], target, apart, flags, step, by_allies, by_enemies),
        )
        coin = int(draws[b, units] * F(1 << LOOPS_PER_STEP))
        for turn in range(LOOPS_PER_STEP):
            one_battle_loop(c, m, order[b], goal[b], stands, period, (coin >> turn) & 1 == 0)
        for i in range(units):
            place[b, i, 0], place[b, i, 1] = x[i], y[i]
