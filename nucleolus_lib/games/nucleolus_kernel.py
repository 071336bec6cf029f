# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""The nucleolus as a sequence of linear programmes, each by a dual simplex on (x, t).

With y the payoff above the singletons' values, w(S) = (v(S) - sum_{i in S} v({i})) / scale, level k is

    min t   s.t.   y(S) + t >= w(S)  for S outside span(E),    y(S) = rhs_S  for S in E,    y_i >= 0,

where E are the rows fixed so far, at first N alone (or the blocks of a coalition structure). A basis
is n + 1 of these rows; ``inverse[j]`` is column j of the inverse of the matrix whose rows they are, so
that its last entry is the dual of row j. A violated row enters; the ratio test on the duals says
which inequality leaves; one rank-1 update costs (n + 1)**2.

Choosing the violated row needs all 2**n coalitions. y(S) splits into a sum over the low players and
one over the high players, so that a pass reads w once and adds one number per coalition. Up to
``DIRECT_PLAYERS`` every pivot makes a pass; beyond, a pass leaves the worst coalition of every block
in a pool, pivots look at the pool only, and a last pass proves that nothing is violated.

Rows with a positive dual hold with equality in every optimal solution, so they join E; one of them is
then redundant and its place in the basis goes to the row t >= floor, which is dual feasible; the floor
is set just below the last level and lowered while it binds. A random
combination of the inverse's columns of the rows outside E vanishes on exactly the coalitions in
span(E), up to a chance of about 1e-11 that two such vectors make negligible; those coalitions are
masked. Tiny random costs make every pivot progress, so that it cannot cycle; what is fixed is
decided by the unperturbed duals.

Memory: the values and one working copy, 16 * 2**n bytes, and less than 64 MiB besides (n = 25: 512 MiB; n = 27: 2 GiB).

One file on purpose: numba's cache notices a change in the file a function stands in, not in functions it
calls elsewhere.

The idea to fix only rows with positive dual, and to test the span rather than to enumerate it, is
that of Derks and Kuipers (1997) and of Benedek, Fliege and Nguyen (2020).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from nucleolus_lib.games.fixing_record import CONVERGED, EMPTY_IMPUTATION_SET, NOT_CONVERGED, FixingRecord

DIRECT_PLAYERS = 11  # up to here a pass over all coalitions costs no more than the bookkeeping of a pool
POOL_BLOCKS = 12  # larger games are cut into 2**12 blocks of coalitions, each with one candidate per pass
EXCESS, EQUAL, BOUND, FLOOR = 0, 1, 2, 3  # kinds of row

# Tolerances for a game scaled to max |w| = 1. Positive duals of 0/1 matrices of this size are far above POSITIVE_DUAL,
# which is far above the perturbation, which is far above round-off.
VIOLATION = 1e-12  # ten times more in every further attempt
POSITIVE_DUAL = 1e-8
PERTURBATION = 1e-9
PIVOT = 1e-9
IN_SPAN = 1e-9
SNAP = 1e-14  # surplus below this is zero
ROUND_OFF = 1e-15  # times n and the values involved: what zero-normalising can leave of a zero
IMPUTATION_SLACK = 1e-9  # how far sum v({i}) may pass v(N), relative to the largest |v|

MASKED = -1e30
ATTEMPTS = 4  # a game that fails is tried again with other random costs and a wider tolerance
CHUNK = 64  # games per parallel task
FRESH_UPDATES = 24  # of a small game's inverse, before it is computed again against drift
FLOOR_DEPTH = 0.01
DEEPEST_FLOOR = -1e3

_FAST = {"nnan", "nsz", "reassoc", "contract", "arcp"}


@njit(cache=True)
def _uniform(rng):
    """A number in [0, 1) from a 64-bit linear congruential generator; its state is ``rng[0]``."""
    rng[0] = rng[0] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    return float(rng[0] >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, fastmath=_FAST)
def _fill_sums(table, y, first, count):
    """table[S] = sum of y[first + i] over the bits i of S."""
    table[0] = 0.0
    for i in range(count):
        half = 1 << i
        share = y[first + i]
        below, above = table[:half], table[half : 2 * half]
        for j in range(half):
            above[j] = below[j] + share


@njit(cache=True, fastmath=_FAST)
def _count_above(block, low, threshold):
    """How many entries of block - low pass the threshold. A count is vectorised where a maximum is not."""
    count = 0
    for j in range(block.size):
        count += block[j] - low[j] > threshold
    return count


@njit(cache=True, fastmath=_FAST)
def _argmax_above(block, low):
    """Place of the largest entry of block - low."""
    best, place = MASKED, 0
    for j in range(block.size):
        entry = block[j] - low[j]
        if entry > best:
            best, place = entry, j
    return place


@njit(cache=True)
def _invert(kind, mask, n, matrix, inverse):
    """Gauss-Jordan with partial pivoting; ``inverse[j]`` becomes column j of the inverse. False if singular."""
    d = n + 1
    for j in range(d):
        for i in range(n):
            matrix[j, i] = float(mask[j] >> i & 1)
        matrix[j, n] = 1.0 if kind[j] == EXCESS or kind[j] == FLOOR else 0.0
        for i in range(d):
            inverse[j, i] = 1.0 if i == j else 0.0
    # Row operations on [matrix | identity] turn the right half into the inverse; it is transposed below.
    for c in range(d):
        p = c
        for j in range(c + 1, d):
            if abs(matrix[j, c]) > abs(matrix[p, c]):
                p = j
        if abs(matrix[p, c]) < 1e-9:
            return False
        if p != c:
            for i in range(d):
                matrix[c, i], matrix[p, i] = matrix[p, i], matrix[c, i]
                inverse[c, i], inverse[p, i] = inverse[p, i], inverse[c, i]
        scale = 1.0 / matrix[c, c]
        for i in range(d):
            matrix[c, i] *= scale
            inverse[c, i] *= scale
        for j in range(d):
            factor = matrix[j, c]
            if j != c and factor != 0.0:
                for i in range(d):
                    matrix[j, i] -= factor * matrix[c, i]
                    inverse[j, i] -= factor * inverse[c, i]
    for j in range(d):
        for i in range(j):
            inverse[i, j], inverse[j, i] = inverse[j, i], inverse[i, j]
    return True


@njit(cache=True)
def _vertex(rhs, inverse, d, z):
    z[:] = 0.0
    for j in range(d):
        if rhs[j] != 0.0:
            for i in range(d):
                z[i] += rhs[j] * inverse[j, i]


@njit(cache=True)
def _mask_span(w, n, kind, inverse, low_bits, low, high, probe, second, low2, high2, bound_active, rng):
    """Mask the coalitions, and drop the bounds, that lie in the span of the EQUAL rows."""
    probe[:] = 0.0
    second[:] = 0.0
    for j in range(n + 1):
        if kind[j] != EQUAL:
            a, b = 0.5 + _uniform(rng), 0.5 + _uniform(rng)
            for i in range(n):
                probe[i] += a * inverse[j, i]
                second[i] += b * inverse[j, i]
    largest = max(np.max(np.abs(probe[:n])), 1e-300)
    probe[:n] /= largest
    largest = max(np.max(np.abs(second[:n])), 1e-300)
    second[:n] /= largest
    for i in range(n):
        bound_active[i] = bound_active[i] and (abs(probe[i]) > IN_SPAN or abs(second[i]) > IN_SPAN)
    size = 1 << low_bits
    _fill_sums(low, probe, 0, low_bits)
    _fill_sums(high, probe, low_bits, n - low_bits)
    _fill_sums(low2, second, 0, low_bits)
    _fill_sums(high2, second, low_bits, n - low_bits)
    for h in range(1 << (n - low_bits)):
        start = h << low_bits
        block, upper, upper2 = w[start : start + size], high[h], high2[h]
        hits = 0
        for j in range(size):
            hits += abs(low[j] + upper) < IN_SPAN
        if hits:
            for j in range(size):
                if abs(low[j] + upper) < IN_SPAN and abs(low2[j] + upper2) < IN_SPAN:
                    block[j] = MASKED


@njit(cache=True)
def _ratio_test(u, dual, kind, d):
    """Leaving row by the two-pass (Harris) test: the largest pivot among nearly minimal ratios; -1 if none."""
    bound = np.inf
    for j in range(d):
        if kind[j] != EQUAL and u[j] > PIVOT:
            bound = min(bound, (dual[j] + 1e-2 * PERTURBATION) / u[j])
    leaving = -1
    for j in range(d):
        if kind[j] != EQUAL and u[j] > PIVOT and dual[j] <= bound * u[j] and (leaving < 0 or u[j] > u[leaving]):
            leaving = j
    return leaving


@njit(cache=True)
def _pivot(row_mask, row_has_t, gap, n, kind, inverse, z, dual, u):
    """Bring a violated row into the basis; returns the place it took, or -1 if no row can leave."""
    d = n + 1
    for j in range(d):
        total = inverse[j, n] if row_has_t else 0.0
        for i in range(n):
            if row_mask >> i & 1:
                total += inverse[j, i]
        u[j] = total
    leaving = _ratio_test(u, dual, kind, d)
    if leaving < 0:
        return -1
    scale = 1.0 / u[leaving]
    step = max(dual[leaving], 0.0) * scale
    for i in range(d):
        inverse[leaving, i] *= scale
        z[i] += gap * inverse[leaving, i]
    for j in range(d):
        if j != leaving and u[j] != 0.0:
            for i in range(d):
                inverse[j, i] -= u[j] * inverse[leaving, i]
            dual[j] -= u[j] * step
    dual[leaving] = step
    return leaving


@njit(cache=True)
def _start_level(n, kind, mask, dual, cost, rng):
    """Perturbed duals of a basis in which only t >= floor carries weight, and the costs they belong to."""
    d = n + 1
    cost[:] = 0.0
    for j in range(d):
        dual[j] = 0.0
        if kind[j] != EQUAL:
            dual[j] = PERTURBATION * (0.5 + _uniform(rng)) + (1.0 if kind[j] == FLOOR else 0.0)
            for i in range(n):
                if mask[j] >> i & 1:
                    cost[i] += dual[j]
            if kind[j] != BOUND:
                cost[n] += dual[j]


@njit(cache=True)
def _refresh(n, kind, mask, rhs, matrix, inverse, z, dual, cost):
    """Recompute inverse, vertex and perturbed duals from the basis, against drift."""
    d = n + 1
    if not _invert(kind, mask, n, matrix, inverse):
        return False
    _vertex(rhs, inverse, d, z)
    for j in range(d):
        total = 0.0
        for i in range(d):
            total += cost[i] * inverse[j, i]
        dual[j] = total
    return True


@njit(cache=True)
def _first_floor(w, n, equal):
    """A little below what the single players and the coalitions of all but one prove about t at the first level."""
    total = 0.0
    for k in range(len(equal)):
        total += w[equal[k]]
    rest = -(n - 1) * total
    for i in range(n):
        rest += w[w.size - 1 - (1 << i)]
    return max(-total, rest) / n - FLOOR_DEPTH


@njit(cache=True)
def _lower_floor(kind, rhs, inverse, n, step):
    """Lower a floor that holds t up. False if none does, or if it is lower than any t of a scaled game can be."""
    for j in range(n + 1):
        if kind[j] == FLOOR and inverse[j, n] > POSITIVE_DUAL and rhs[j] > DEEPEST_FLOOR:
            rhs[j] -= step
            return True
    return False


@njit(cache=True)
def _fix_rows(inverse, is_converted, last, d):
    """Update the inverse when row ``last`` becomes t >= floor and the converted rows (1_S, 1) become (1_S, 0).

    With f = (0, ..., 0, 1) = sum_j dual_j row_j, f first takes the place of ``last``, one rank-1 update; then f
    is subtracted from the converted rows, which adds their columns to that of ``last``.
    """
    t = d - 1
    scale = 1.0 / inverse[last, t]
    for i in range(d):
        inverse[last, i] *= scale
    for j in range(d):
        weight = inverse[j, t]
        if j != last and weight != 0.0:
            for i in range(d):
                inverse[j, i] -= weight * inverse[last, i]
    for j in range(d):
        if is_converted[j] > 0.0:
            for i in range(d):
                inverse[last, i] += inverse[j, i]


@njit(cache=True)
def _solve(w, n, equal, individually_rational, max_levels, seed, record, g):
    """Solve one scaled, zero-normalised game, masking w, into place ``g`` of the record."""
    payoff, rows, row_level, row_is_bound = (
        record.payoff[g],
        record.rows[g],
        record.row_level[g],
        record.row_is_bound[g],
    )
    redundant, levels, duals = record.row_is_redundant[g], record.levels[g], record.duals[g]
    rng = np.array([seed + 1], dtype=np.uint64)
    d = n + 1
    direct = n <= DIRECT_PLAYERS
    low_bits = n if direct else max(8, n - POOL_BLOCKS)
    low, high = np.empty(1 << low_bits), np.empty(1 << (n - low_bits))
    low2, high2 = np.empty(1 << low_bits), np.empty(1 << (n - low_bits))
    n_low, n_high = low.size, high.size
    pool = np.empty(0 if direct else 4 * n_high + 1024, np.int64)
    n_pool = 0
    kind, mask = np.empty(d, np.int64), np.zeros(d, np.int64)
    rhs, z, dual, cost, u = np.zeros(d), np.zeros(d), np.zeros(d), np.zeros(d), np.zeros(d)
    probe, second = np.zeros(d), np.zeros(d)
    inverse, matrix = np.empty((d, d)), np.empty((d, d))
    row_of = np.full(d, -1, np.int64)
    bound_active = np.full(n, individually_rational)
    floor = _first_floor(w, n, equal)

    # First basis: the equations, every player but the first of each block alone, and t >= floor.
    rank = len(equal)
    place = 0
    for k in range(rank):
        kind[place], mask[place], rhs[place], row_of[place] = EQUAL, equal[k], w[equal[k]], place
        rows[place], row_level[place], row_is_bound[place], redundant[place] = equal[k], -1, False, False
        place += 1
    n_rows = rank
    for k in range(len(equal)):
        first = True
        for i in range(n):
            if equal[k] >> i & 1:
                if not first:
                    kind[place], mask[place], rhs[place] = EXCESS, 1 << i, w[1 << i]
                    place += 1
                first = False
    kind[place], mask[place], rhs[place] = FLOOR, 0, floor
    if not _invert(kind, mask, n, matrix, inverse):
        return NOT_CONVERGED, n_rows, 0
    _vertex(rhs, inverse, d, z)
    n_levels = 0
    budget = 200 * d + 2000
    violation = VIOLATION * 10.0**seed
    updates = 0

    while rank < n and n_levels < max_levels:
        _mask_span(w, n, kind, inverse, low_bits, low, high, probe, second, low2, high2, bound_active, rng)
        kept = 0
        for p in range(n_pool):
            if w[pool[p]] > MASKED:
                pool[kept] = pool[p]
                kept += 1
        n_pool = kept
        _start_level(n, kind, mask, dual, cost, rng)
        _vertex(rhs, inverse, d, z)
        full_pass = n_pool == 0
        floor_step = 4.0 * FLOOR_DEPTH
        pivots = 0
        while True:
            entering, is_bound, gap = -1, False, violation
            _fill_sums(low, z, 0, low_bits)
            t = z[n]
            if direct:
                s = _argmax_above(w, low)
                if w[s] - low[s] - t > gap:
                    gap, entering = w[s] - low[s] - t, s
            else:
                _fill_sums(high, z, low_bits, n - low_bits)
                if full_pass:
                    if n_pool + n_high > pool.size:
                        n_pool = 0
                    for h in range(n_high):
                        start = h << low_bits
                        block = w[start : start + n_low]
                        if _count_above(block, low, high[h] + t + violation):
                            s = start + _argmax_above(block, low)
                            pool[n_pool] = s
                            n_pool += 1
                            excess = w[s] - low[s - start] - high[h] - t
                            if excess > gap:
                                gap, entering = excess, s
                else:
                    for p in range(n_pool):
                        s = pool[p]
                        excess = w[s] - low[s & (n_low - 1)] - high[s >> low_bits] - t
                        if excess > gap:
                            gap, entering = excess, s
            if individually_rational:
                for i in range(n):
                    if bound_active[i] and -z[i] > gap:
                        gap, entering, is_bound = -z[i], 1 << i, True
            if entering < 0:
                if not direct and not full_pass:
                    full_pass = True
                    continue
                if not _lower_floor(kind, rhs, inverse, n, floor_step):
                    break
                floor_step *= 4.0
                _vertex(rhs, inverse, d, z)
                continue
            full_pass = False
            place = _pivot(entering, not is_bound, gap, n, kind, inverse, z, dual, u)
            pivots += 1
            if place < 0 or pivots > budget:
                return NOT_CONVERGED, n_rows, n_levels
            kind[place], mask[place] = BOUND if is_bound else EXCESS, entering
            rhs[place] = 0.0 if is_bound else w[entering]
            if pivots % 40 == 0 and not _refresh(n, kind, mask, rhs, matrix, inverse, z, dual, cost):
                return NOT_CONVERGED, n_rows, n_levels

        # Optimal: read the unperturbed duals, fix every row whose dual is positive.
        updates += pivots + 1
        if not direct or updates > FRESH_UPDATES:
            updates = 0
            if not _invert(kind, mask, n, matrix, inverse):
                return NOT_CONVERGED, n_rows, n_levels
        _vertex(rhs, inverse, d, z)
        last, n_positive = -1, 0
        for j in range(d):
            weight = inverse[j, n]
            if kind[j] == EQUAL:
                duals[n_levels, row_of[j]] = weight
            elif weight < -POSITIVE_DUAL or (kind[j] == FLOOR and weight > POSITIVE_DUAL):
                return NOT_CONVERGED, n_rows, n_levels
            elif weight > POSITIVE_DUAL:
                n_positive += 1
                if kind[j] == EXCESS and (last < 0 or weight > inverse[last, n]):
                    last = j
        if last < 0 or n_positive < 2:
            return NOT_CONVERGED, n_rows, n_levels
        levels[n_levels] = z[n]
        u[:] = 0.0
        for j in range(d):
            if kind[j] != EQUAL and j != last and inverse[j, n] > POSITIVE_DUAL:
                rows[n_rows], row_level[n_rows], row_is_bound[n_rows], redundant[n_rows] = (
                    mask[j],
                    n_levels,
                    kind[j] == BOUND,
                    False,
                )
                duals[n_levels, n_rows] = inverse[j, n]
                if kind[j] == EXCESS:
                    rhs[j] -= z[n]
                    u[j] = 1.0
                kind[j], row_of[j] = EQUAL, n_rows
                n_rows += 1
                rank += 1
        rows[n_rows], row_level[n_rows], row_is_bound[n_rows], redundant[n_rows] = mask[last], n_levels, False, True
        duals[n_levels, n_rows] = inverse[last, n]
        n_rows += 1
        kind[last], mask[last], rhs[last] = FLOOR, 0, levels[n_levels] - FLOOR_DEPTH
        n_levels += 1
        _fix_rows(inverse, u, last, d)
        if rank == n or n_levels == max_levels:
            if rank == n:
                if not _invert(kind, mask, n, matrix, inverse):
                    return NOT_CONVERGED, n_rows, n_levels
                _vertex(rhs, inverse, d, z)
            break
    for i in range(n):
        payoff[i] = z[i]
    return CONVERGED, n_rows, n_levels


@njit(cache=True)
def _normalise(values, n, equal, individually_rational, w):
    """w(S) = (v(S) - sum of v({i})) / scale; returns the scale and the least w of a block.

    Round-off is snapped to zero, per coalition, and a block that falls short of its singletons by no more than
    ``IMPUTATION_SLACK`` of the largest value counts as having one imputation. Coalitions too bad ever to matter
    are raised (:func:`_never_matters_below`), so that a "forbidden" one does not set the scale for all others.
    """
    y = values[1 << np.arange(n)]
    _fill_sums(w, y, 0, n)
    alone = np.max(np.abs(y))
    top, lowest, magnitude = -np.inf, np.inf, 0.0
    for s in range(w.size):
        w[s] = values[s] - w[s]
        if abs(w[s]) <= ROUND_OFF * n * (alone + abs(values[s])):
            w[s] = 0.0
        top = max(top, w[s])
        lowest = min(lowest, w[s])
        magnitude = max(magnitude, abs(values[s]))
    least = np.inf
    for k in range(len(equal)):
        block = equal[k]
        if individually_rational and -IMPUTATION_SLACK * magnitude <= w[block] < 0.0:
            w[block] = 0.0
        least = min(least, w[block])
    cut = _never_matters_below(w, n, equal, individually_rational, top, lowest)
    scale = max(top, -max(lowest, cut))
    if scale == 0.0:
        scale = 1.0
    factor = 1.0 / scale
    for s in range(w.size):
        w[s] = max(w[s], cut) * factor
    return scale, least


@njit(cache=True)
def _never_matters_below(w, n, equal, individually_rational, top, lowest):
    """A value to which worse coalitions can be raised without any effect on the solution.

    As long as x is not determined some singleton is free, so no level lies below the least excess a singleton can
    have. Nucleolus: 0 <= y(S) <= y(N), so singletons stay above -y(N) and S below w(S). Prenucleolus:
    e({i}) + e(N - {i}) = w(N - {i}) - w(N) bounds the levels from below, and the first level t_1, at most
    the largest excess of the equal split, bounds y_i >= -t_1.
    """
    if top <= 0.0:
        top = -lowest
    total = 0.0
    for k in range(len(equal)):
        total += w[equal[k]]
    if individually_rational:
        return -total - top
    if len(equal) > 1 or lowest >= -top:
        return lowest
    level = np.inf
    for i in range(n):
        level = min(level, 0.5 * (w[w.size - 1 - (1 << i)] - total))
    split = -np.inf
    for s in range(w.size):
        members = 0
        for i in range(n):
            members += s >> i & 1
        split = max(split, w[s] - total / n * members)
    return level - n * split - top


@njit(cache=True)
def _solve_one(values, n, equal, individually_rational, max_levels, w, record, g):
    """Scale, solve, retry if need be, scale back; into place ``g`` of the record."""
    payoff, levels = record.payoff[g], record.levels[g]
    status, n_rows, n_levels = NOT_CONVERGED, 0, 0
    for attempt in range(ATTEMPTS):
        scale, least = _normalise(values, n, equal, individually_rational, w)
        record.rows[g, :], record.row_level[g, :] = -1, -1
        record.row_is_bound[g, :], record.row_is_redundant[g, :] = False, False
        levels[:], record.duals[g, :, :] = np.nan, 0.0
        if individually_rational and least < 0.0:
            status, n_rows, n_levels = EMPTY_IMPUTATION_SET, 0, 0
            break
        status, n_rows, n_levels = _solve(w, n, equal, individually_rational, max_levels, attempt, record, g)
        if status == CONVERGED:
            break
    for i in range(n):
        surplus = 0.0 if abs(payoff[i]) < SNAP else payoff[i]
        payoff[i] = values[1 << i] + scale * surplus if status == CONVERGED else np.nan
    for k in range(n_levels):
        levels[k] *= scale
    record.status[g], record.n_rows[g], record.n_levels[g] = status, n_rows, n_levels


@njit(cache=True, parallel=True)
def _solve_all(values, n, individually_rational, record, payoff, status):
    """Solve every game. A record shorter than the batch is scratch space, one place per chunk."""
    games, kept = values.shape[0], record.payoff.shape[0]
    equal = np.array([(1 << n) - 1], dtype=np.int64)
    for chunk in prange((games + CHUNK - 1) // CHUNK):
        c = np.int64(chunk)  # numba's parallel index is unsigned; mixed with a signed one it would turn into a float
        w = np.empty(1 << n)
        for g in range(c * CHUNK, min(games, (c + 1) * CHUNK)):
            place = g if kept == games else c
            _solve_one(values[g], n, equal, individually_rational, n, w, record, place)
            payoff[g], status[g] = record.payoff[place], record.status[place]


def _empty_record(games: int, n: int) -> FixingRecord:
    return FixingRecord(
        payoff=np.empty((games, n)),
        rows=np.empty((games, 2 * n), np.int64),
        row_level=np.empty((games, 2 * n), np.int64),
        row_is_bound=np.empty((games, 2 * n), np.bool_),
        row_is_redundant=np.empty((games, 2 * n), np.bool_),
        n_rows=np.zeros(games, np.int64),
        levels=np.empty((games, n)),
        n_levels=np.zeros(games, np.int64),
        duals=np.empty((games, n, 2 * n)),
        status=np.zeros(games, np.int64),
    )


def solve_batch(values: NDArray[np.float64], individually_rational: bool = True) -> FixingRecord:
    """Nucleoli (or prenucleoli) of B small games, with their records, on all CPU threads numba may use.

    ``values`` is (B, 2**n) finite float64 with ``values[:, 0] == 0``; not checked here.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    n = values.shape[1].bit_length() - 1
    record = _empty_record(values.shape[0], n)
    _solve_all(values, n, individually_rational, record, np.empty_like(record.payoff), np.empty_like(record.status))
    return record


def solve_batch_payoffs(
    values: NDArray[np.float64], individually_rational: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Payoffs (B, n) and statuses (B,) only: the records of large batches would fill the memory."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    games, n = values.shape[0], values.shape[1].bit_length() - 1
    payoff, status = np.empty((games, n)), np.zeros(games, np.int64)
    scratch = _empty_record(-(-games // CHUNK), n)
    _solve_all(values, n, individually_rational, scratch, payoff, status)
    return payoff, status


def solve_single(
    values: NDArray[np.float64], equations: tuple[int, ...], individually_rational: bool, max_levels: int
) -> FixingRecord:
    """One game of up to 27 players with x(S) = v(S) for every S in ``equations`` (N, or a partition of it).

    Stops after ``max_levels`` levels; one level is the least core. The record has B = 1.
    """
    n = values.size.bit_length() - 1
    record = _empty_record(1, n)
    values = np.ascontiguousarray(values, dtype=np.float64)
    equal = np.array(equations, dtype=np.int64)
    _solve_one(values, n, equal, individually_rational, max_levels, np.empty(values.size), record, 0)
    return record
