# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, misc"
"""The game loop of :mod:`~nucleolus_lib.envs.battle_loop` compiled for processors: battle by battle, unit by unit.

The rules and their order are those of ``one_loop``, in single precision as there, and they are written down there and
in the modules it names. What is different is that a loop here runs over the units of one battle and leaves out what
does not happen in it, where ``one_loop`` does everything for all battles at once. Sums are taken in another order, so
places agree to rounding (1e-5 after a step) and a decision that hangs on less may fall differently; decisions do not
differ otherwise.

Shots and hits are in :mod:`~nucleolus_lib.envs.battle_combat_kernels`, collision avoidance in
:mod:`~nucleolus_lib.envs.battle_avoidance_kernels`. numba's cache notices a change in this file, not in those two:
after a change there, delete ``__pycache__``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nucleolus_lib.envs.battle_avoidance import NEIGHBOURS
from nucleolus_lib.envs.battle_avoidance_kernels import avoid
from nucleolus_lib.envs.battle_combat_kernels import fight, shots
from nucleolus_lib.envs.battle_kernel_data import ALIVE, ATTACKS, INLINE, OPTIONS, WALKS, WOUNDED, F, Moving
from nucleolus_lib.envs.battle_lanes import AIMS_KEY, OUT_KEY
from nucleolus_lib.envs.battle_movement import MOST, PASSES
from nucleolus_lib.envs.battle_targets import KEPT
from nucleolus_lib.envs.battle_units import LOOPS_PER_STEP, SHIELD_REGENERATION

ZERO, ONE, HALF = F(0.0), F(1.0), F(0.5)
_AIMS, _OUT, _KEPT, _MOST = F(AIMS_KEY), F(OUT_KEY), F(KEPT), F(MOST)
_GROWTH = F(SHIELD_REGENERATION)


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
        if ally and order[i] >= 0 and (c.shoots_the_dead or m.flags[ALIVE, n + order[i]]):
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
        share = ONE
        if apart > c.speed[i] or not c.slows_at_goal:
            share = min(c.speed[i] / apart, _MOST)
        m.step[0, i], m.step[1, i] = dx * share, dy * share


@njit(**INLINE)
def _brake(c, m, i, dx, dy):
    """As :func:`~nucleolus_lib.envs.battle_terrain.brake`."""
    here = int(m.x[i]) * c.height + int(m.y[i])
    dx = min(max(dx, (c.wall[0, here] - m.x[i]) / c.foresight), (c.wall[1, here] - m.x[i]) / c.foresight)
    dy = min(max(dy, (c.wall[2, here] - m.y[i]) / c.foresight), (c.wall[3, here] - m.y[i]) / c.foresight)
    return dx, dy


@njit(**INLINE)
def _give_way(c, m):
    """Steps by collision avoidance."""
    units = m.x.shape[0]
    widest = c.radius.max()
    new_x, new_y = m.step[2], m.step[3]
    for i in range(units):
        new_x[i] = new_y[i] = ZERO
        if m.flags[WALKS, i]:
            wish_x, wish_y = _brake(c, m, i, m.step[0, i], m.step[1, i])
            dx, dy = avoid(
                *(i, m.x, m.y, m.velocity_x, m.velocity_y, m.flags[ALIVE], m.flags[WALKS], c.radius, widest),
                *(c.speed[i], c.foresight, wish_x, wish_y, m.lines[0], m.lines[1]),
            )
            new_x[i], new_y[i] = _brake(c, m, i, dx, dy)
    for i in range(units):
        m.step[0, i] = m.velocity_x[i] = new_x[i]
        m.step[1, i] = m.velocity_y[i] = new_y[i]


@njit(**INLINE)
def _push(c, m):
    """Steps by pushes, as :func:`~nucleolus_lib.envs.battle_movement.move` does them."""
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
        dx, dy = m.step[0, i], m.step[1, i]
        length = np.sqrt(dx * dx + dy * dy)
        if length > c.speed[i]:
            m.step[0, i], m.step[1, i] = dx * (c.speed[i] / length), dy * (c.speed[i] / length)


@njit(**INLINE)
def _walk(c, m):
    """As :func:`~nucleolus_lib.envs.battle_terrain.walk`."""
    for i in range(m.x.shape[0]):
        if m.flags[WALKS, i]:
            row = int(m.y[i])
            here = int(m.x[i]) * c.height + row + c.offset[i]
            m.x[i] = min(max(m.x[i] + m.step[0, i], c.bounds[0, here]), c.bounds[1, here])
            there = int(m.x[i]) * c.height + row + c.offset[i]
            m.y[i] = min(max(m.y[i] + m.step[1, i], c.bounds[2, there]), c.bounds[3, there])


@njit(**INLINE)
def one_battle_loop(c, m, order, goal, stands, period, ally_first):
    """One game loop of one battle."""
    for i in range(m.x.shape[0]):
        m.flags[ALIVE, i] = m.health[i] > ZERO
        m.flags[WOUNDED, i] = False
    _choose_targets(c, m, order)
    _purposes(c, m, order, goal, stands)
    if c.foresight > ZERO:
        _give_way(c, m)
    else:
        _push(c, m)
    _walk(c, m)
    if shots(c, m, period):
        fight(c, m, ally_first)
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
    c,
    place,
    velocity,
    health,
    shield,
    cooldown,
    shield_wait,
    shot_left,
    shot_target,
    enemy_target,
    dealt,
    order,
    goal,
    draws,
):
    """The loops of a step of B battles; all but the orders (B, A), (B, A, 2) and draws (B, U + 1) are changed."""
    n, units = c.n_allies, place.shape[1]
    enemies = units - n
    x, y, velocity_x, velocity_y = np.empty(units, F), np.empty(units, F), np.empty(units, F), np.empty(units, F)
    period, stands, lines = np.empty(units, F), np.empty(n, np.bool_), np.empty((2, NEIGHBOURS, 4), F)
    target, apart = np.empty(units, np.int64), np.empty(units, F)
    flags, step = np.empty((5, units), np.bool_), np.empty((6, units), F)
    by_allies, by_enemies = np.zeros((n, enemies), F), np.zeros((enemies, n), F)
    for b in range(place.shape[0]):
        for i in range(units):
            x[i], y[i] = place[b, i, 0], place[b, i, 1]
            velocity_x[i], velocity_y[i] = velocity[b, i, 0], velocity[b, i, 1]
            period[i] = c.period[i] + c.jitter_range[i] * draws[b, i]
        for i in range(n):
            stands[i] = goal[b, i, 0] == x[i] and goal[b, i, 1] == y[i]
        m = Moving(
            *(
                x,
                y,
                velocity_x,
                velocity_y,
                health[b],
                shield[b],
                cooldown[b],
                shield_wait[b],
                shot_left[b],
                shot_target[b],
                enemy_target[b],
            ),
            *(dealt[b], target, apart, flags, step, by_allies, by_enemies, lines),
        )
        coin = int(draws[b, units] * F(1 << LOOPS_PER_STEP))
        for turn in range(LOOPS_PER_STEP):
            one_battle_loop(c, m, order[b], goal[b], stands, period, (coin >> turn) & 1 == 0)
        for i in range(units):
            place[b, i, 0], place[b, i, 1] = x[i], y[i]
            velocity[b, i, 0], velocity[b, i, 1] = velocity_x[i], velocity_y[i]
