# numba infers the types of the compiled functions itself
# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"
"""V_C of all 2**n coalitions on a CPU, compiled: z is never written to memory.

With the players split in two halves, C = (p, q), the layer of a coalition is z_C = low_p + high_q, where low_p = psi +
the sum of phi_i over p and high_q = the sum over q (:mod:`nucleolus_lib.learners.coalition_value_rows`). Forward, one
pass adds the two, keeps what is positive and multiplies by u:

    V_C = sum_h u_h max(0, low_ph + high_qh).

Backward, with g_C the gradient of V_C, one pass makes z again and sums

    A_p = sum_q g_C [z_C > 0],   B_q = sum_p g_C [z_C > 0],   d/du = sum_C g_C max(0, z_C);

then d/dpsi = u sum_p A_p, and d/dphi_i = u times the sum of A_p (or B_q) over the p (or q) that hold i.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

OPTIONS: dict[str, Any] = {"fastmath": {"contract", "nsz", "arcp", "reassoc"}, "error_model": "numpy", "cache": True}


@njit(**OPTIONS)
def _fill(table, start, phi):
    """table[p] = start + the sum of phi over p, for the 2**m subsets p of m players."""
    table[0] = start
    size = 1
    for i in range(phi.shape[0]):
        for p in range(size):
            for h in range(start.shape[0]):
                table[size + p, h] = table[p, h] + phi[i, h]
        size *= 2


@njit(**OPTIONS)
def coalition_rows_forward(psi, phi, last, values):
    """Write V_C, (R, 2**n), into ``values`` from psi (R, H), phi (R, N, H) and u (H,)."""
    n, width = phi.shape[1], psi.shape[1]
    half = n // 2
    low = np.empty((1 << half, width), psi.dtype)
    high = np.empty((1 << (n - half), width), psi.dtype)
    nothing = np.zeros(width, psi.dtype)
    for r in range(psi.shape[0]):
        _fill(low, psi[r], phi[r, :half])
        _fill(high, nothing, phi[r, half:])
        k = 0
        for q in range(high.shape[0]):
            for p in range(low.shape[0]):
                total = psi.dtype.type(0)
                for h in range(width):
                    z = low[p, h] + high[q, h]
                    # A z that is not a number must stay one, so that a broken run is noticed.
                    total += last[h] * (psi.dtype.type(0) if z < 0 else z)
                values[r, k] = total
                k += 1


@njit(**OPTIONS)
def coalition_rows_backward(psi, phi, last, gradient, for_psi, for_phi, for_last):
    """Write the gradients of psi, phi and u, given that of the values (R, 2**n); ``for_last`` must be zeros."""
    n, width = phi.shape[1], psi.shape[1]
    half = n // 2
    low = np.empty((1 << half, width), psi.dtype)
    high = np.empty((1 << (n - half), width), psi.dtype)
    for_low, for_high = np.empty_like(low), np.empty_like(high)
    nothing = np.zeros(width, psi.dtype)
    zero = psi.dtype.type(0)
    for r in range(psi.shape[0]):
        _fill(low, psi[r], phi[r, :half])
        _fill(high, nothing, phi[r, half:])
        for_low[:] = 0
        k = 0
        for q in range(high.shape[0]):
            for_high[q] = 0
            for p in range(low.shape[0]):
                g = gradient[r, k]
                k += 1
                for h in range(width):
                    z = low[p, h] + high[q, h]
                    passed = g if z > 0 else zero
                    for_low[p, h] += passed
                    for_high[q, h] += passed
                    for_last[h] += g * (zero if z < 0 else z)
        for h in range(width):
            for_psi[r, h] = 0
            for i in range(n):
                for_phi[r, i, h] = 0
        for p in range(low.shape[0]):
            for h in range(width):
                for_psi[r, h] += for_low[p, h]
            for i in range(half):
                if p >> i & 1:
                    for h in range(width):
                        for_phi[r, i, h] += for_low[p, h]
        for q in range(high.shape[0]):
            for i in range(n - half):
                if q >> i & 1:
                    for h in range(width):
                        for_phi[r, half + i, h] += for_high[q, h]
        for h in range(width):
            for_psi[r, h] *= last[h]
            for i in range(n):
                for_phi[r, i, h] *= last[h]
