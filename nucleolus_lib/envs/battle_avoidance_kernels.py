# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"
"""The collision avoidance of :mod:`~nucleolus_lib.envs.battle_avoidance` for the compiled game loop, unit by unit.

The rule and its letters are there. Half-planes are rows (x, y of the point, x, y of the direction), nearest unit first;
what a half-plane permits lies to the left of its direction.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nucleolus_lib.envs.battle_avoidance import NEIGHBOURS, PARALLEL, TINY
from nucleolus_lib.envs.battle_kernel_data import INLINE, F

ZERO, ONE, HALF = F(0.0), F(1.0), F(0.5)
_PARALLEL, _TINY = F(PARALLEL), F(TINY)


@njit(**INLINE)
def _outside(line, x, y):
    """How far (x, y) lies beyond the edge of a half-plane."""
    return line[2] * (line[1] - y) - line[3] * (line[0] - x)


@njit(**INLINE)
def _on_line(lines, i, speed, wish_x, wish_y, as_direction):
    """As ``battle_avoidance._on_line``: whether there is a point, and the point."""
    px, py, dx, dy = lines[i, 0], lines[i, 1], lines[i, 2], lines[i, 3]
    middle = px * dx + py * dy
    room = middle * middle + speed * speed - (px * px + py * py)
    if room < ZERO:
        return False, ZERO, ZERO
    half = np.sqrt(room)
    low, high = -middle - half, -middle + half
    for j in range(i):
        across = dx * lines[j, 3] - dy * lines[j, 2]
        inside = lines[j, 2] * (py - lines[j, 1]) - lines[j, 3] * (px - lines[j, 0])
        if abs(across) < _PARALLEL:
            if inside < ZERO:
                return False, ZERO, ZERO
        elif across > ZERO:
            high = min(high, inside / across)
        else:
            low = max(low, inside / across)
    if low > high:
        return False, ZERO, ZERO
    if as_direction:
        where = high if wish_x * dx + wish_y * dy > ZERO else low
    else:
        where = min(max(dx * (wish_x - px) + dy * (wish_y - py), low), high)
    return True, px + where * dx, py + where * dy


@njit(**INLINE)
def _nearest_permitted(lines, count, speed, wish_x, wish_y, x, y, as_direction):
    """As ``battle_avoidance.nearest_permitted``, from (x, y): the velocity, and the first line that failed."""
    for i in range(count):
        if _outside(lines[i], x, y) > ZERO:
            found, new_x, new_y = _on_line(lines, i, speed, wish_x, wish_y, as_direction)
            if not found:
                return x, y, i
            x, y = new_x, new_y
    return x, y, count


@njit(**INLINE)
def _least_violation(lines, count, failed, speed, x, y, between):
    """As ``battle_avoidance.least_violation``; ``between`` is room for as many lines."""
    violation = ZERO
    for i in range(failed, count):
        if _outside(lines[i], x, y) <= violation:
            continue
        px, py, dx, dy = lines[i, 0], lines[i, 1], lines[i, 2], lines[i, 3]
        n = 0
        for j in range(i):
            across = dx * lines[j, 3] - dy * lines[j, 2]
            if abs(across) <= _PARALLEL:
                if dx * lines[j, 2] + dy * lines[j, 3] > ZERO:
                    continue
                between[n, 0], between[n, 1] = HALF * (px + lines[j, 0]), HALF * (py + lines[j, 1])
            else:
                at = (lines[j, 2] * (py - lines[j, 1]) - lines[j, 3] * (px - lines[j, 0])) / across
                between[n, 0], between[n, 1] = px + at * dx, py + at * dy
            bisector_x, bisector_y = lines[j, 2] - dx, lines[j, 3] - dy
            length = np.sqrt(bisector_x * bisector_x + bisector_y * bisector_y + _TINY)
            between[n, 2], between[n, 3] = bisector_x / length, bisector_y / length
            n += 1
        new_x, new_y, unsolved = _nearest_permitted(between, n, speed, -dy, dx, -dy * speed, dx * speed, True)
        if unsolved == n:
            x, y = new_x, new_y
        violation = _outside(lines[i], x, y)
    return x, y


@njit(**INLINE)
def _edge(line, px, py, vx, vy, radii, tau):
    """As ``battle_avoidance._edge``; the change is put where the point of the line will be."""
    square = px * px + py * py
    apart = square > radii * radii
    horizon = tau if apart else ONE
    wx, wy = vx - px / horizon, vy - py / horizon
    length_squared = wx * wx + wy * wy + _TINY
    length = np.sqrt(length_squared)
    ahead = wx * px + wy * py
    if not apart or (ahead < ZERO and ahead * ahead > radii * radii * length_squared):
        unit_x, unit_y = wx / length, wy / length
        grow = radii / horizon - length
        line[0], line[1], line[2], line[3] = grow * unit_x, grow * unit_y, unit_y, -unit_x
        return
    leg = np.sqrt(max(square - radii * radii, ZERO))
    side, sign = (radii, ONE) if px * wy - py * wx > ZERO else (-radii, -ONE)
    cone_x, cone_y = sign * (px * leg - py * side) / square, sign * (px * side + py * leg) / square
    along = vx * cone_x + vy * cone_y
    line[0], line[1], line[2], line[3] = along * cone_x - vx, along * cone_y - vy, cone_x, cone_y


@njit(**INLINE)
def avoid(i, x, y, velocity_x, velocity_y, alive, walks, radius, widest, speed, tau, wish_x, wish_y, lines, room):
    """The new velocity of a walking unit i; ``lines`` and ``room`` (10, 4), ``room[:, 0]`` first holds distances."""
    count = 0
    limit = (radius[i] + widest) * (radius[i] + widest)
    nearest = np.empty(NEIGHBOURS, np.int64)
    for j in range(x.shape[0]):
        if j == i or not alive[j]:
            continue
        dx, dy = x[j] - x[i], y[j] - y[i]
        square = dx * dx + dy * dy
        if square > limit or (count == NEIGHBOURS and square >= room[count - 1, 0]):
            continue
        at = min(count, NEIGHBOURS - 1)
        while at > 0 and room[at - 1, 0] > square:
            room[at, 0], nearest[at] = room[at - 1, 0], nearest[at - 1]
            at -= 1
        room[at, 0], nearest[at] = square, j
        count = min(count + 1, NEIGHBOURS)
    for k in range(count):
        j = nearest[k]
        line = lines[k]
        vx, vy = velocity_x[i] - velocity_x[j], velocity_y[i] - velocity_y[j]
        _edge(line, x[j] - x[i], y[j] - y[i], vx, vy, radius[i] + radius[j], tau)
        share = HALF if walks[j] else ONE
        line[0], line[1] = velocity_x[i] + share * line[0], velocity_y[i] + share * line[1]
    new_x, new_y, failed = _nearest_permitted(lines, count, speed, wish_x, wish_y, wish_x, wish_y, False)
    if failed < count:
        return _least_violation(lines, count, failed, speed, new_x, new_y, room)
    return new_x, new_y
