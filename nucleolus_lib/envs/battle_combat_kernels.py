# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"
"""Shots and hits for the compiled game loop, unit by unit; the rules are those of ``battle_combat``."""

from __future__ import annotations

import numpy as np
from numba import njit

from nucleolus_lib.envs.battle_kernel_data import ALIVE, ATTACKS, INLINE, LANDS, WOUNDED, F

ZERO, ONE = F(0.0), F(1.0)
_LEAST_WEIGHT, _TINY = F(1e-9), F(1e-12)


@njit(**INLINE)
def shots(c, m, period):
    """As :func:`~nucleolus_lib.envs.battle_combat.begin_shots` and ``strikes``; whether any strike lands."""
    any_lands = False
    for i in range(m.x.shape[0]):
        begins = m.flags[ATTACKS, i] and m.cooldown[i] < ONE
        after = m.cooldown[i] - ONE
        m.cooldown[i] = (after if c.keeps_remainder else ZERO) + period[i] if begins else max(after, ZERO)
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
def _weigh(c, side, m, attackers, victims, weights):
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
            if c.beam_needs_centre and dx * dx + dy * dy > side.half_length**2 + side.half_width**2:
                continue
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
def fight(c, m, ally_first):
    """Both sides' strikes of one loop, as ``battle_loop`` does them."""
    n, units = c.n_allies, m.x.shape[0]
    enemies = units - n
    by_allies, by_enemies = m.by_allies, m.by_enemies
    struck = _weigh(c, c.allies, m, (0, n), (n, units), by_allies)
    suffered = _weigh(c, c.enemies, m, (n, units), (0, n), by_enemies)
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
